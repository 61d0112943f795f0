"""An ordinary event to change one thing of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from leverframe.core.events import Actor, Event, Subject

PULL_REQUEST = Subject(kind="pull_request", key="acme/web#12", number=12, title="Faster", url="https://github.com/acme/web/pull/12")


def event(full_name: str = "pull_request.opened", **changes: Any) -> Event:
    """Return ann's pull request 12 to main of acme/web, with ``changes``."""
    name, _, action = full_name.partition(".")
    fields: dict[str, Any] = {
        "id": 1, "source": "github", "kind": "github", "name": name, "action": action or None, "delivery_id": "d-1",
        "received_at": datetime(2026, 5, 1, 12, 0, tzinfo=UTC), "repo": "acme/web", "actor": Actor(login="ann"), "subject": PULL_REQUEST,
        "branches": ("main",), "labels": (), "paths": None, "conclusion": None, "environment": None, "url": None, "payload": {},
    }  # fmt: skip
    return Event(**(fields | changes))
