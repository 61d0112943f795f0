"""Standard Webhooks 1.0.0: a type, a moment and data, with the three headers that every other format carries too.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import re

from leverframe.core.ids import show
from leverframe.core.json_objects import written
from leverframe.core.signing import standard_headers
from leverframe.ports.payloads import Ignored, Occasion, Payload, Sending

_NOT_IN_TYPE = re.compile(r"[^A-Za-z0-9_.]")


class StandardWebhooks:
    """``{"type": "pull_request.opened", "timestamp": "…", "data": {…}}``. Satisfies ``ports.payloads.Format``."""

    name = "standard_webhooks"
    topics: frozenset[str] | None = None
    sends = ("type, timestamp and data, as Standard Webhooks 1.0.0 says", "Standard Webhooks 1.0.0의 type, timestamp, data")

    def render(self, occasion: Occasion) -> Payload | Ignored:
        """Return the event: ``data`` says what every event has, and holds GitHub's payload under ``payload``."""
        event, actor, subject = occasion.event, occasion.event.actor, occasion.event.subject
        data = {
            "id": show("evt", event.id),
            "source": event.source,
            "project": occasion.project.name,
            "event": event.name,
            "action": event.action,
            "url": event.url,
            "actor": None if actor is None else {"login": actor.login, "url": actor.url},
            "subject": None if subject is None else {
                "kind": subject.kind, "key": subject.key, "number": subject.number, "title": subject.title, "url": subject.url},
            "payload": event.payload,
        }  # fmt: skip
        moment = event.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            body = written({"type": _NOT_IN_TYPE.sub("_", event.full_name), "timestamp": moment, "data": data})
        except ValueError as error:
            return Ignored(str(error))
        return Payload(body=body, headers={"Content-Type": "application/json"})

    def sign(self, payload: Payload, sending: Sending) -> dict[str, str]:
        """Return the headers of one try."""
        return {**payload.headers, **standard_headers(sending.secrets, sending.delivery_id, sending.attempt_at, payload.body)}
