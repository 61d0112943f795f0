"""Bitbucket Cloud's webhooks: who is speaking, and what happened.

https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
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
from leverframe.sources.bitbucket import shape

_KEY = re.compile(rb"[a-z_]{1,50}(:[a-z_]{1,50})?")


class BitbucketSource:
    """The webhooks of repositories and workspaces with their secrets."""

    kind = "bitbucket"

    def __init__(self, name: str, secrets: Sequence[str]) -> None:
        """Take the source's key in the configuration and the secrets. Raises ``ValueError`` for none and for an empty one."""
        self.name, self._secrets = name, live_secrets(name, secrets)

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the signature is looked at before anything else."""
        verify_hmac(self._secrets, body, headers.get(b"x-hub-signature"), prefix=b"sha256=")
        payload = json_object(headers, body)
        key = headers.get(b"x-event-key")
        if not key:
            raise Refused("event_missing", "x-event-key")
        if not _KEY.fullmatch(key):
            raise Refused("header_invalid", "x-event-key")
        name, action = shape.named(key.decode(), payload)
        id = delivery_id(headers, b"x-request-uuid")
        return Accepted(name=name, action=action, delivery_id=id, body=body, repo=clipped(text(payload, "repository", "full_name")))

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            shape.shaped(accepted.name, accepted.action, kept_object(accepted.body)), id=id, source=self.name, kind=self.kind, name=accepted.name,
            action=accepted.action, delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip
