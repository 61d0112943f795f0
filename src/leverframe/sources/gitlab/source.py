"""GitLab's webhooks: who is speaking, and what happened.

https://docs.gitlab.com/user/project/integrations/webhooks/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.requests import clipped, delivery_id, digest_of, json_object, kept_object
from leverframe.core.signing import standard_webhook_key
from leverframe.core.verifying import live_secrets, verify_standard_webhook, verify_token
from leverframe.ports import Accepted
from leverframe.sources.gitlab.shape import told

_SIGNING = "whsec_"


class GitlabSource:
    """The webhooks of one GitLab, with their secret tokens and signing tokens."""

    kind = "gitlab"

    def __init__(self, name: str, secrets: Sequence[str], now: Callable[[], datetime]) -> None:
        """Take the source's key in the configuration, its tokens (those that sign begin with ``whsec_``), and what tells the time.

        Raises ``ValueError`` for no secret, an empty one and a ``whsec_`` that is not base64.
        """
        live_secrets(name, secrets)
        self.name, self._now = name, now
        self._keys = [standard_webhook_key(secret) for secret in secrets if secret.startswith(_SIGNING)]
        self._tokens = [secret.encode() for secret in secrets if not secret.startswith(_SIGNING)]
        if not all(self._keys):
            raise ValueError(f"source {name}: a secret holds nothing after {_SIGNING}")

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); who is speaking is looked at before anything else.

        A request that is signed is not taken for its secret token instead: the signature covers the body, the token does not.
        """
        signed = bool(self._keys) and b"webhook-signature" in headers
        if signed or not self._tokens:
            verify_standard_webhook(self._keys, headers, body, self._now().timestamp())
        else:
            verify_token(self._tokens, headers.get(b"x-gitlab-token"))
        payload = json_object(headers, body)
        happened = told(payload)
        if not happened.name:
            raise Refused("event_missing", "object_kind")
        id = delivery_id(headers, b"webhook-id") if signed else _repeated(headers, body)
        return Accepted(name=happened.name, action=happened.action, delivery_id=id, body=body, repo=clipped(happened.repo))

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            told(kept_object(accepted.body)).payload, id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action,
            delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip


def _repeated(headers: Mapping[bytes, bytes], body: bytes) -> str:
    """Return what stays the same when GitLab sends a request again. Before 17.4 it sent only an id that requests share which one request
    set off: with the body beside it, it tells them apart.
    """
    if b"idempotency-key" in headers or b"x-gitlab-event-uuid" not in headers:
        return delivery_id(headers, b"idempotency-key")
    return f"{delivery_id(headers, b'x-gitlab-event-uuid')[:60]}:{digest_of(body)}"
