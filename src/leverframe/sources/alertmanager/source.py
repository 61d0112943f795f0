"""Alertmanager's webhooks: who is speaking, and which alerts fire or are over.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.requests import digest_of, json_object, kept_object
from leverframe.core.verifying import live_secrets, verify_token
from leverframe.ports import Accepted
from leverframe.sources.alertmanager import shape

REPEATED_S = 300
"""A notification has no id, and is the same each time it is repeated on purpose, hours later: what came within so many seconds is a retry."""


class AlertmanagerSource:
    """One Alertmanager."""

    kind = "alertmanager"

    def __init__(
        self, name: str, secrets: Sequence[str], now: Callable[[], datetime], *, user: str | None = None, repository_label: str = "repository"
    ) -> None:
        """Take the source's key in the configuration, tokens (passwords, with ``user``), and what tells the time.

        Raises ``ValueError`` for no secret and for an empty one.
        """
        live = live_secrets(name, secrets)
        self.name, self._now, self._label = name, now, repository_label
        self._proofs = [b"Bearer " + secret if user is None else b"Basic " + b64encode(user.encode() + b":" + secret) for secret in live]

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); who is speaking is looked at before anything else."""
        verify_token(self._proofs, headers.get(b"authorization"))
        payload = json_object(headers, body)
        if not isinstance(payload.get("alerts"), list):
            raise Refused("event_missing", "alerts")
        moment = int(self._now().timestamp()) // REPEATED_S
        return Accepted(
            name="alert", action=shape.action(payload), delivery_id=digest_of(body, b"%d" % moment), body=body, repo=shape.repository(payload, self._label)
        )

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            shape.shaped(kept_object(accepted.body), accepted.action, accepted.repo), id=id, source=self.name, kind=self.kind, name=accepted.name,
            action=accepted.action, delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip
