"""What every source is held to, and how a source takes part: write a :class:`Harness` and name it in :data:`HARNESSES`."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from leverframe.ports import Source
from leverframe.samples import vendors
from leverframe.sources.alertmanager.source import AlertmanagerSource
from leverframe.sources.argocd_notifications.source import ArgocdNotificationsSource
from leverframe.sources.bitbucket.source import BitbucketSource
from leverframe.sources.bucket.source import BucketSource
from leverframe.sources.cloudevents.source import CloudEventsSource
from leverframe.sources.generic.source import GenericSource, Mapped, Proof
from leverframe.sources.git.source import GitSource
from leverframe.sources.gitea.source import GiteaSource
from leverframe.sources.github.source import GithubSource
from leverframe.sources.gitlab.source import GitlabSource
from leverframe.sources.jenkins.source import JenkinsSource
from leverframe.sources.standard_webhooks.source import StandardWebhooksSource

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
    foreign_types: tuple[bytes, ...] = (b"", b"text/plain", b"application/xml", b"application/jsonp", b"\xff\xfe", b";application/json")
    """Content types that this vendor does not send."""
    any_json: bool = False
    """Whether a body may be any JSON, or none at all: it is data of which the rest of the request tells."""
    open_ended: bool = True
    """Whether there are events of other kinds."""


def real(kind: str, name: str, project: str) -> bytes:
    """Return a vendor's own payload, with its project called ``acme/web``."""
    body = vendors.sample(kind, name)
    assert project.encode() in body
    return body.replace(project.encode(), REPO.encode())


def spliced(body: bytes, members: bytes) -> bytes:
    """Return the JSON object ``body`` with these members (``b'"n": 1'``) before its own."""
    return b"{" + members + b", " + body.strip()[1:]


async def _nowhere(url: str) -> bytes:
    raise AssertionError(url)


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
    body=(Path(__file__).parents[1] / "sources" / "github" / "fixtures" / "issues__edited.json").read_bytes().replace(b"Codertocat/Hello-World", b"acme/web"),
    name="issues.edited",
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
        body=real("gitea", "issues.opened", "gogits/hello-world"),
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
    body=real("gitlab", "issue", "gitlabhq/gitlab-test"),
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

def _git_headers(body: bytes, secret: str) -> dict[bytes, bytes]:
    id, at = b"0123456789abcdef0123456789abcdef", str(int(NOW.timestamp())).encode()
    key = hmac.digest(secret.encode(), b"leverframe git link\0acme/web", "sha256")
    signature = b64encode(hmac.digest(key, id + b"." + at + b"." + body, "sha256"))
    return {
        b"content-type": b"application/json", b"x-leverframe-project": b"acme/web", b"webhook-id": id, b"webhook-timestamp": at,
        b"webhook-signature": b"v1," + signature,
    }  # fmt: skip


GIT = Harness(
    make=lambda secrets: GitSource("git", secrets, _now),
    headers=_git_headers,
    body=vendors.sample("git", "push"),
    name="push",
    unknown_body=b'{"event": "tea_break"}',
    signature=b"webhook-signature",
    prefix=b"v1,",
    required=(b"content-type", b"x-leverframe-project"),
)

STANDARD = Harness(
    make=lambda secrets: StandardWebhooksSource("standard", secrets, _now),
    headers=_standard_headers,
    body='{"type": "issues.opened", "timestamp": "2026-05-01T12:00:00Z", "data": {"title": "한글", "repository": {"full_name": "acme/web"}}}'.encode(),
    name="issues.opened",
    unknown_body=b'{"type": "tea_break", "data": {"repository": {"full_name": "acme/web"}}}',
    signature=b"webhook-signature",
    prefix=b"v1,",
    required=(b"content-type", b"webhook-timestamp"),
)


def _generic(proof: Proof) -> Callable[[Sequence[str]], Source]:
    fields = {"action": ("what",), "repository": ("project",), "title": ("subject", "title")}
    mapped = Mapped(event=("kind",), id_header=b"x-id", fields=fields)
    return lambda secrets: GenericSource("generic", secrets, _now, proof, mapped)


def _generic_headers(body: bytes, secret: str) -> dict[bytes, bytes]:
    at = str(int(NOW.timestamp())).encode()
    signature = b64encode(hmac.digest(secret.encode(), at + b"." + body, "sha512"))
    return {b"content-type": b"application/json", b"x-id": b"17", b"x-at": at, b"x-signature": b"sha512=" + signature}


def _token_headers(header: bytes, prefix: bytes, type_: bytes = b"application/json", **more: bytes) -> Callable[[bytes, str], dict[bytes, bytes]]:
    return lambda _, secret: {
        b"content-type": type_, header: prefix + secret.encode(), **{name.replace("_", "-").encode(): value for name, value in more.items()}
    }  # fmt: skip


GENERIC = Harness(
    make=_generic(Proof(header=b"x-signature", prefix=b"sha512=", algorithm="sha512", encoding="base64", timestamp_header=b"x-at")),
    headers=_generic_headers,
    body='{"kind": "ticket", "what": "opened", "project": "acme/web", "subject": {"title": "한글"}}'.encode(),
    name="ticket.opened",
    unknown_body=b'{"kind": "tea_break", "project": "acme/web"}',
    signature=b"x-signature",
    prefix=b"sha512=",
    required=(b"content-type", b"x-id", b"x-at"),
)
GENERIC_TOKEN = replace(
    GENERIC,
    make=_generic(Proof(header=b"x-token", by="token", prefix=b"Token ")),
    headers=_token_headers(b"x-token", b"Token ", x_id=b"17"),
    signature=b"x-token",
    prefix=b"Token ",
    covers_body=False,
    required=(b"content-type", b"x-id"),
)
ALERTMANAGER = Harness(
    make=lambda secrets: AlertmanagerSource("alerts", secrets, _now),
    headers=_token_headers(b"authorization", b"Bearer "),
    body='{"status": "firing", "groupKey": "1", "commonLabels": {"alertname": "온도", "repository": "acme/web"}, "alerts": [{"status": "firing"}]}'.encode(),
    name="alert.firing",
    unknown_body=b'{"status": "asleep", "commonLabels": {"repository": "acme/web"}, "alerts": []}',
    signature=b"authorization",
    prefix=b"Bearer ",
    covers_body=False,
    required=(b"content-type",),
)
CLOUDEVENTS = Harness(
    make=lambda secrets: CloudEventsSource("events", secrets),
    headers=_token_headers(b"authorization", b"Bearer ", b"application/cloudevents+json"),
    body='{"specversion": "1.0", "id": "1", "source": "/x", "type": "issues.opened", "subject": "한글", "data": {"repository": {"full_name": "acme/web"}}}'.encode(),
    name="issues.opened",
    unknown_body=b'{"id": "1", "type": "tea_break", "data": {"repository": {"full_name": "acme/web"}}}',
    signature=b"authorization",
    prefix=b"Bearer ",
    covers_body=False,
    required=(b"content-type",),
    types=(b"application/cloudevents+json; charset=utf-8", b"Application/CloudEvents+JSON"),
)
CLOUDEVENTS_BINARY = replace(
    CLOUDEVENTS,
    headers=_token_headers(b"authorization", b"Bearer ", ce_specversion=b"1.0", ce_id=b"1", ce_source=b"/x", ce_type=b"issues.opened"),
    body='{"about": {"title": "한글"}, "repository": {"full_name": "acme/web"}}'.encode(),
    unknown={b"ce-type": b"tea_break"},
    unknown_body=b"",
    any_json=True,
    required=(b"ce-id", b"ce-type"),
    types=(b"application/json; charset=utf-8", b"Application/JSON"),
    foreign_types=(),
)
JENKINS = Harness(
    make=lambda secrets: JenkinsSource("jenkins", secrets),
    headers=lambda _, secret: {b"content-type": b"application/json;charset=UTF-8", b"authorization": b"Basic " + b64encode(b"jenkins:" + secret.encode())},
    body=real("jenkins", "completed", "evgeny-goldin/asgard"),
    name="workflow_run.completed",
    unknown_body=b'{"name": "x", "build": {"phase": "QUEUED", "scm": {"url": "https://git.example.com/acme/web.git"}}}',
    signature=b"authorization",
    prefix=b"Basic ",
    covers_body=False,
    required=(b"content-type",),
)
ARGOCD = Harness(
    make=lambda secrets: ArgocdNotificationsSource("argocd", secrets),
    headers=_token_headers(b"authorization", b"Bearer "),
    body=real("argocd_notifications", "succeeded", "argoproj/argocd-example-apps"),
    name="deployment_status.created",
    signature=b"authorization",
    prefix=b"Bearer ",
    covers_body=False,
    required=(b"content-type",),
    open_ended=False,
)

BITBUCKET = Harness(
    make=lambda secrets: BitbucketSource("bitbucket", secrets),
    headers=lambda body, secret: {
        b"content-type": b"application/json", b"x-event-key": b"pullrequest:created", b"x-request-uuid": b"17", b"x-hub-signature": b"sha256=" + _hex(body, secret)
    },
    body=real("bitbucket", "pullrequest:created", "brydzewski/foo"),
    name="pull_request.opened",
    unknown={b"x-event-key": b"tea:break"},
    signature=b"x-hub-signature",
    prefix=b"sha256=",
    required=(b"content-type", b"x-event-key", b"x-request-uuid"),
)

BUCKET = Harness(
    make=lambda secrets: BucketSource("bucket", secrets, topics=(), fetch=_nowhere, now=_now),
    headers=lambda body, secret: {b"content-type": b"application/json", b"authorization": b"Bearer " + secret.encode()},
    body='{"EventName": "s3:ObjectCreated:Put", "Key": "blog/posts/한글.md", "Records": [{"s3": {"bucket": {"name": "blog"}, "object": {"key": "posts%2F%ED%95%9C%EA%B8%80.md"}}}]}'.encode(),
    name="object.created",
    repo=None,
    unknown_body=b'{"EventName": "s3:TeaBreak", "Records": []}',
    signature=b"authorization",
    prefix=b"Bearer ",
    covers_body=False,
    required=(b"content-type",),
)

# What is no repository's: the examples of the specifications, and alerts without a label for one.
STANDARD_REAL = replace(STANDARD, body=vendors.sample("standard_webhooks", "contact.created"), name="contact.created", repo=None, unknown_body=b'{"type": "tea_break"}')
CLOUDEVENTS_REAL = replace(
    CLOUDEVENTS, body=vendors.sample("cloudevents", "Microsoft.Storage.BlobCreated"), name="Microsoft.Storage.BlobCreated", repo=None,
    unknown_body=b'{"id": "1", "type": "tea_break"}',
)  # fmt: skip
ALERTMANAGER_REAL = replace(ALERTMANAGER, body=vendors.sample("alertmanager", "firing"), repo=None, unknown_body=b'{"status": "asleep", "alerts": []}')

HARNESSES = {
    "standard_webhooks, the specification's example": STANDARD_REAL,
    "cloudevents, Azure's example": CLOUDEVENTS_REAL,
    "alertmanager, an alert of its own": ALERTMANAGER_REAL,
    "bucket": BUCKET,
    "bitbucket": BITBUCKET,
    "standard_webhooks": STANDARD,
    "generic": GENERIC,
    "generic token": GENERIC_TOKEN,
    "alertmanager": ALERTMANAGER,
    "cloudevents": CLOUDEVENTS,
    "cloudevents binary": CLOUDEVENTS_BINARY,
    "jenkins": JENKINS,
    "argocd_notifications": ARGOCD,
    "git": GIT,
    "github": GITHUB,
    **{product: _gitea(product) for product in ("gitea", "forgejo", "gogs")},
    "gitlab": GITLAB,
    "gitlab signed": GITLAB_SIGNED,
}
