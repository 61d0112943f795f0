"""What other sources than GitHub send: real payloads, under the headers that prove each as its vendor does.

GitLab's, Gitea's, Bitbucket's, Jenkins' and Alertmanager's payloads are theirs, Standard Webhooks' and CloudEvents' those of the
specification and of Azure, ``git`` what a linked repository told, Argo CD's what the template of the how-to makes.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import msgspec

from leverframe.core.git_links import link_key
from leverframe.core.json_objects import read_object
from leverframe.core.payload import text
from leverframe.core.signing import sign_standard_webhook, standard_webhook_key

PROJECT = "acme/web"
"""For which a linked repository speaks."""
Payload = dict[str, Any]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One request that is to be proven."""

    event: str
    """The event, as the vendor names it."""
    body: bytes
    secret: str
    id: str
    """The delivery's id, where the vendor gives one."""
    at: datetime
    settings: Any
    """Those of the source, where a configuration was read."""


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of source. ``headers`` prove a request, ``renew`` makes a payload that says itself what it repeats another one."""

    samples: Mapping[str, str]
    """What there is to send: the vendor's name of the event, and what it is."""
    headers: Callable[[Sent], dict[str, str]]
    renew: Callable[[Payload, Sent], None] | None = None


def sample(kind: str, name: str) -> bytes:
    """Return a vendor's payload by the event's name. Raises ``FileNotFoundError`` when there is none."""
    return files("leverframe.samples").joinpath("vendors", f"{kind}.{name.replace(':', '.')}.json").read_bytes()


def renewed(kind: str, sent: Sent) -> bytes:
    """Return a sample's body as that of an event which has not been sent before."""
    renew = VENDORS[kind].renew
    if renew is None:
        return sent.body
    payload = read_object(sent.body)
    renew(payload, sent)
    return json.dumps(payload, ensure_ascii=False).encode()


def _hex(sent: Sent) -> str:
    return hmac.digest(sent.secret.encode(), sent.body, "sha256").hex()


def _standard(key: bytes, sent: Sent) -> dict[str, str]:
    return sign_standard_webhook([key], sent.id, int(sent.at.timestamp()), sent.body)


def _bearer(sent: Sent) -> dict[str, str]:
    return {"Authorization": f"Bearer {sent.secret}"}


def _basic(user: str, sent: Sent) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{sent.secret}'.encode()).decode()}"}


def _gitlab(sent: Sent) -> dict[str, str]:
    kind = text(read_object(sent.body), "object_kind") or sent.event
    headers = {"X-Gitlab-Event": f"{kind.replace('_', ' ').title()} Hook", "X-Gitlab-Event-UUID": sent.id, "Idempotency-Key": sent.id}
    if sent.secret.startswith("whsec_"):
        return headers | _standard(standard_webhook_key(sent.secret), sent)
    return headers | {"X-Gitlab-Token": sent.secret}


def _gitea(sent: Sent) -> dict[str, str]:
    return {"X-Gitea-Event": sent.event.partition(".")[0], "X-Gitea-Delivery": sent.id, "X-Gitea-Signature": _hex(sent)}


def _bitbucket(sent: Sent) -> dict[str, str]:
    return {"X-Event-Key": sent.event, "X-Request-UUID": sent.id, "X-Hub-Signature": f"sha256={_hex(sent)}"}


def _git(sent: Sent) -> dict[str, str]:
    return {"X-Leverframe-Project": quote(PROJECT)} | _standard(link_key(sent.secret.encode(), PROJECT), sent)


def _alertmanager(sent: Sent) -> dict[str, str]:
    user = sent.settings.user if sent.settings is not None else None
    return _bearer(sent) if user is None else _basic(user, sent)


def _jenkins(sent: Sent) -> dict[str, str]:
    return _basic("jenkins" if sent.settings is None else sent.settings.user, sent)


def _cloudevents(sent: Sent) -> dict[str, str]:
    header = "authorization" if sent.settings is None else sent.settings.header
    proof = _bearer(sent) if header == "authorization" else {header: sent.secret}
    return {"Content-Type": "application/cloudevents+json; charset=utf-8"} | proof


def _generic(sent: Sent) -> dict[str, str]:
    """Return what a source of kind ``generic`` is configured to ask for."""
    asked, at = sent.settings, str(int(sent.at.timestamp()))
    headers = {header: value for header, value in ((asked.id_header, sent.id), (asked.event_header, sent.event), (asked.timestamp_header, at)) if header}
    if asked.proof == "token":
        return headers | {asked.header: f"{asked.prefix}{sent.secret}"}
    between = asked.signed.removeprefix("timestamp").removesuffix("body")
    content = f"{at}{between}".encode() + sent.body if asked.timestamp_header else sent.body
    digest = hmac.digest(sent.secret.encode(), content, asked.algorithm)
    return headers | {asked.header: asked.prefix + (digest.hex() if asked.encoding == "hex" else b64encode(digest).decode())}


def _later_alerts(payload: Payload, sent: Sent) -> None:
    for alert in payload["alerts"]:
        alert["startsAt"] = sent.at.isoformat()


def _next_build(payload: Payload, sent: Sent) -> None:
    payload["build"]["number"] = int(sent.at.timestamp())


def _next_sync(payload: Payload, sent: Sent) -> None:
    payload["started_at"] = sent.at.isoformat()


def _next_id(payload: Payload, sent: Sent) -> None:
    payload["id"] = sent.id


VENDORS: Mapping[str, Vendor] = {
    "gitlab": Vendor(samples={"push": "Push", "merge_request": "Merge request", "issue": "Issue", "pipeline": "Pipeline"}, headers=_gitlab),
    "gitea": Vendor(samples={"push": "Push", "pull_request.opened": "Pull request opened", "issues.opened": "Issue opened"}, headers=_gitea),
    "bitbucket": Vendor(samples={"repo:push": "Push", "pullrequest:created": "Pull request created"}, headers=_bitbucket),
    "git": Vendor(samples={"push": f"Push of a branch and a tag to {PROJECT}"}, headers=_git),
    "alertmanager": Vendor(samples={"firing": "Alerts firing", "resolved": "Alerts resolved"}, headers=_alertmanager, renew=_later_alerts),
    "argocd_notifications": Vendor(samples={"succeeded": "Sync succeeded"}, headers=_bearer, renew=_next_sync),
    "jenkins": Vendor(samples={"completed": "Build completed"}, headers=_jenkins, renew=_next_build),
    "standard_webhooks": Vendor(samples={"contact.created": "The specification's example"}, headers=lambda sent: _standard(standard_webhook_key(sent.secret), sent)),
    "cloudevents": Vendor(samples={"Microsoft.Storage.BlobCreated": "Azure's example"}, headers=_cloudevents, renew=_next_id),
    "generic": Vendor(samples={}, headers=_generic),
}
"""By kind. What a ``generic`` source sends only its configuration knows: it takes a payload of yours."""
