"""What every source is held to, and how a source takes part: write a :class:`Harness` and name it in :data:`HARNESSES`."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from leverframe.ports import Source
from leverframe.sources.github.source import GithubSource

SECRET = "one of two secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """One source under test."""

    make: Callable[[Sequence[str]], Source]
    """A source that takes what is signed with any of these secrets. Raises ``ValueError`` for none and for an empty one."""
    headers: Callable[[bytes, str], dict[bytes, bytes]]
    """The headers of a request with this body, signed with this secret, as the vendor sends them."""
    body: bytes
    """An ordinary event."""
    repo: str
    """The repository that it names."""
    unknown: dict[bytes, bytes]
    """Headers that make it an event of a kind that does not exist yet."""
    signature: bytes
    """The header that proves the sender."""
    prefix: bytes
    """What a signature begins with, before the part that is computed."""
    required: tuple[bytes, ...]
    """The other headers without which nothing is taken."""


def _github_headers(body: bytes, secret: str) -> dict[bytes, bytes]:
    return {
        b"content-type": b"application/json",
        b"user-agent": b"GitHub-Hookshot/044aadd",
        b"x-github-delivery": b"72d3162e-cc78-11e3-81ab-4c9367dc0958",
        b"x-github-event": b"issues",
        b"x-github-hook-id": b"292430182",
        b"x-hub-signature-256": b"sha256=" + hmac.digest(secret.encode(), body, "sha256").hex().encode(),
    }


GITHUB = Harness(
    make=lambda secrets: GithubSource("github", secrets),
    headers=_github_headers,
    body='{"action": "opened", "issue": {"number": 1, "title": "한글 제목"}, "repository": {"full_name": "acme/web"}}'.encode(),
    repo="acme/web",
    unknown={b"x-github-event": b"tea_break"},
    signature=b"x-hub-signature-256",
    prefix=b"sha256=",
    required=(b"content-type", b"x-github-event", b"x-github-delivery"),
)

HARNESSES = {"github": GITHUB}
