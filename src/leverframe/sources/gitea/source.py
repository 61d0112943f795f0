"""Webhooks of Gitea, and of Forgejo and Gogs, which are its kin: who is speaking, and what happened.

https://docs.gitea.com/usage/webhooks, https://forgejo.org/docs/latest/user/webhooks/, https://gogs.io/advancing/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.payload import text
from leverframe.core.requests import clipped, delivery_id, json_object, kept_object
from leverframe.core.verifying import live_secrets, verify_hmac
from leverframe.ports import Accepted
from leverframe.sources.gitea import shape

_PRODUCTS = (b"x-forgejo-", b"x-gitea-", b"x-gogs-")
"""Each sends its own headers and, for older receivers, those of the ones after it."""
_NAME = re.compile(rb"[a-z0-9_]{1,100}")


class GiteaSource:
    """One forge's webhooks with their secrets."""

    kind = "gitea"

    def __init__(self, name: str, secrets: Sequence[str]) -> None:
        """Take the source's key in the configuration and the secrets themselves. Raises ``ValueError`` for none and for an empty one."""
        self.name, self._secrets = name, live_secrets(name, secrets)

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the signature is looked at before anything else.

        It is bare hexadecimal digits. A webhook without a secret sends an empty one, which proves nothing.
        """
        product = next((product for product in _PRODUCTS if product + b"signature" in headers), _PRODUCTS[1])
        verify_hmac(self._secrets, body, headers.get(product + b"signature"))
        payload = json_object(headers, body)
        event = headers.get(product + b"event")
        if not event:
            raise Refused("event_missing", (product + b"event").decode())
        if not _NAME.fullmatch(event):
            raise Refused("header_invalid", (product + b"event").decode())
        id = delivery_id(headers, product + b"delivery")
        name, action = shape.named(event.decode(), payload)
        return Accepted(name=name, action=action, delivery_id=id, body=body, repo=clipped(text(shape.repository(name, payload), "full_name")))

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        payload = shape.shaped(accepted.name, accepted.action, kept_object(accepted.body))
        return event_of(
            payload, id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action, delivery_id=accepted.delivery_id,
            received_at=received_at, repo=accepted.repo,
        )  # fmt: skip
