"""Standard Webhooks: who is speaking, and what happened, of any service that follows the specification.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.payload import mapping, text
from leverframe.core.requests import clipped, delivery_id, json_object, kept_object, named
from leverframe.core.signing import standard_webhook_key
from leverframe.core.verifying import live_secrets, verify_standard_webhook
from leverframe.ports import Accepted


class StandardWebhooksSource:
    """The webhooks of one service, with the secrets of its endpoint."""

    kind = "standard_webhooks"

    def __init__(self, name: str, secrets: Sequence[str], now: Callable[[], datetime]) -> None:
        """Take the source's key in the configuration, the secrets, and what tells the time. Raises ``ValueError`` for none and for an empty one."""
        live_secrets(name, secrets)
        self.name, self._now = name, now
        self._keys = [standard_webhook_key(secret) for secret in secrets]
        if not all(self._keys):
            raise ValueError(f"source {name}: a secret holds nothing after whsec_")

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the signature is looked at before anything else."""
        verify_standard_webhook(self._keys, headers, body, self._now().timestamp())
        payload = json_object(headers, body)
        kind = named(text(payload, "type"))
        if not kind:
            raise Refused("event_missing", "type")
        name, _, action = kind.partition(".")
        repo = clipped(text(payload, "data", "repository", "full_name"))
        return Accepted(name=name or "event", action=action or None, delivery_id=delivery_id(headers, b"webhook-id"), body=body, repo=repo)

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            _shaped(accepted.action, kept_object(accepted.body)), id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action,
            delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip


def _shaped(action: str | None, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message's ``data``, which is its sender's own, with the message itself as ``original``; ``data`` in GitHub's shape is at home."""
    return {**mapping(payload, "data"), "action": action, "original": payload}
