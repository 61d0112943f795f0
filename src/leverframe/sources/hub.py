"""What the hub itself has to tell, as events like any other: deployments, approvals, locks. Nobody sends them; they have no door.

``payload.deployment`` is the deployment's snapshot (``core.deployments.snapshot``), ``payload.lock`` a lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from leverframe.core.errors import Refused
from leverframe.core.events import Actor, Event, Subject
from leverframe.core.json_objects import read_object
from leverframe.core.payload import mapping, text, web
from leverframe.core.wording.levers import DEPLOYMENT, HUB
from leverframe.ports import Accepted


class HubSource:
    """Reads the hub's own events. Satisfies ``ports.Source``."""

    name = kind = HUB

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Refuse: nobody but the hub speaks for the hub."""
        raise Refused("source_unknown", HUB)

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        try:
            payload = read_object(accepted.body)
        except ValueError:
            payload = {}
        about = mapping(payload, "deployment")
        key = text(about, "id")
        title = f"{text(about, 'service')} → {text(about, 'environment')}"
        by = text(payload, "by_name") or text(about, "requested_by")
        return Event(
            id=id, source=HUB, kind=HUB, name=accepted.name, action=accepted.action, delivery_id=accepted.delivery_id, received_at=received_at,
            repo=accepted.repo, actor=Actor(login=by) if by else None,
            subject=Subject(kind=DEPLOYMENT, key=key, title=title, url=web(about, "run_url")) if key else None,
            branches=(text(about, "ref"),) if text(about, "ref") else None, labels=None, paths=None, conclusion=None,
            environment=text(about, "environment") or None, url=web(about, "run_url"), payload=payload,
        )  # fmt: skip
