"""What every source is held to, and how a source takes part: write a :class:`Harness` and name it in :data:`HARNESSES`."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from leverframe.ports import Source
from leverframe.sources.gitea.source import GiteaSource
from leverframe.sources.github.source import GithubSource
from leverframe.sources.gitlab.source import GitlabSource

SECRET = "one of two secrets"
REPO = "acme/web"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """One source under test."""

    make: Callable[[Sequence[str]], Source]
    """A source that takes what is signed with any of these secrets. Raises ``ValueError`` for none and for an empty one."""
    headers: Callable[[bytes, str], dict[bytes, bytes]]
    """The headers of a request with this body, signed with this secret, as the vendor sends them."""
    body: bytes
    """An ordinary event: an object that names the repository ``acme/web``, where this vendor has repositories."""
    name: str
    """What it becomes: ``event`` or ``event.action``."""
    repo: str | None = REPO
    unknown: Mapping[bytes, bytes] = field(default_factory=dict)
    """Headers that make it an event of a kind that does not exist yet …"""
    unknown_body: bytes = b""
    """… or a body that does."""
    signature: bytes
    """The header that proves the sender."""
    prefix: bytes = b""
    """What a signature begins with, before the part that is computed."""
    covers_body: bool = True
    """Whether it proves the body; a token does not."""
    required: tuple[bytes, ...]
    """The other headers without which nothing is taken."""
    types: tuple[bytes, ...] = (b"application/json; charset=utf-8", b"application/json;charset=UTF-8", b"Application/JSON")
    """Ways to write the content type."""


def spliced(body: bytes, members: bytes) -> bytes:
    """Return the JSON object ``body`` with these members (``b'"n": 1'``) before its own."""
    return b"{" + members + b", " + body.strip()[1:]


def _now() -> datetime:
    return NOW


def _hex(body: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), body, "sha256").hex().encode()


def _github_headers(body: bytes, secret: str) -> dict[bytes, bytes]:
    return {
        b"content-type": b"application/json",
        b"user-agent": b"GitHub-Hookshot/044aadd",
        b"x-github-delivery": b"72d3162e-cc78-11e3-81ab-4c9367dc0958",
        b"x-github-event": b"issues",
        b"x-github-hook-id": b"292430182",
        b"x-hub-signature-256": b"sha256=" + _hex(body, secret),
    }


GITHUB = Harness(
    make=lambda secrets: GithubSource("github", secrets),
    headers=_github_headers,
    body='{"action": "opened", "issue": {"number": 1, "title": "한글 제목"}, "repository": {"full_name": "acme/web"}}'.encode(),
    name="issues.opened",
    unknown={b"x-github-event": b"tea_break"},
    signature=b"x-hub-signature-256",
    prefix=b"sha256=",
    required=(b"content-type", b"x-github-event", b"x-github-delivery"),
)



def _gitea_headers(product: str) -> Callable[[bytes, str], dict[bytes, bytes]]:
    def headers(body: bytes, secret: str) -> dict[bytes, bytes]:
        parts = {"event": b"issues", "delivery": b"f6266f16-1bf3-46a5-9ea4-602e06ead473", "signature": _hex(body, secret)}
        return {b"content-type": b"application/json", **{f"x-{product}-{name}".encode(): value for name, value in parts.items()}}

    return headers


def _gitea(product: str) -> Harness:
    return Harness(
        make=lambda secrets: GiteaSource("gitea", secrets),
        headers=_gitea_headers(product),
        body=GITHUB.body,
        name="issues.opened",
        unknown={f"x-{product}-event".encode(): b"tea_break"},
        signature=f"x-{product}-signature".encode(),
        required=(b"content-type", f"x-{product}-event".encode(), f"x-{product}-delivery".encode()),
    )


def _gitlab_headers(body: bytes, secret: str) -> dict[bytes, bytes]:
    return {
        b"content-type": b"application/json", b"user-agent": b"GitLab/18.9.0", b"x-gitlab-event": b"Issue Hook", b"x-gitlab-instance": b"https://gitlab.com",
        b"idempotency-key": b"f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
        b"x-gitlab-token": secret.encode(),
    }  # fmt: skip


GITLAB = Harness(
    make=lambda secrets: GitlabSource("gitlab", secrets, _now),
    headers=_gitlab_headers,
    body='{"object_kind": "issue", "object_attributes": {"iid": 1, "title": "한글 제목", "action": "open"}, "project": {"path_with_namespace": "acme/web"}}'.encode(),
    name="issues.opened",
    unknown_body=b'{"object_kind": "tea_break", "project": {"path_with_namespace": "acme/web"}}',
    signature=b"x-gitlab-token",
    covers_body=False,
    required=(b"content-type", b"idempotency-key"),
)


def _whsec(secret: str) -> str:
    return f"whsec_{b64encode(secret.encode()).decode()}" if secret else ""


def _standard_headers(body: bytes, secret: str) -> dict[bytes, bytes]:
    id, at = b"f5e5f430-f57b-4e6e-9fac-d9128cd7232f", str(int(NOW.timestamp())).encode()
    signature = b64encode(hmac.digest(secret.encode(), id + b"." + at + b"." + body, "sha256"))
    return {b"content-type": b"application/json", b"webhook-id": id, b"webhook-timestamp": at, b"webhook-signature": b"v1," + signature}


GITLAB_SIGNED = replace(
    GITLAB,
    make=lambda secrets: GitlabSource("gitlab", [_whsec(secret) for secret in secrets], _now),
    headers=_standard_headers,
    signature=b"webhook-signature",
    prefix=b"v1,",
    covers_body=True,
    required=(b"content-type", b"webhook-timestamp"),
)

HARNESSES = {
    "github": GITHUB,
    **{product: _gitea(product) for product in ("gitea", "forgejo", "gogs")},
    "gitlab": GITLAB,
    "gitlab signed": GITLAB_SIGNED,
}
