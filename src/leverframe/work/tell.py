"""Tell what the hub did itself: an event of its own, and the deliveries that are owed for it, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from leverframe.core.ids import show
from leverframe.core.subscriptions import CHAT
from leverframe.core.wording.levers import HUB
from leverframe.store import deliveries
from leverframe.store.deliveries import Planned, Role, State
from leverframe.store.ingest import PLAIN
from leverframe.store.rows import insert_rows
from leverframe.store.tables import bodies, events
from leverframe.work.receive import dedupe_digest

_NO_HEADERS = b"[]"


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell, and where."""

    name: str
    """``lever_deployment`` is a card, ``lever_note`` a line below it; every other is a message of its own."""
    action: str
    subject: str
    """What it is about (``dep_…``): the card's thread."""
    payload: Mapping[str, Any]
    to: Sequence[str]
    """Destinations: ``slack:C0123``."""
    role: Role
    repo: str | None = None
    alone: Sequence[str] = msgspec.field(default_factory=tuple)
    """Destinations that get it as a message of its own, whatever its role is."""
    source: str = HUB
    """Whose event it is: the source whose card changes."""


def tell(connection: Connection, new_id: Callable[[], int], telling: Telling, *, now: datetime) -> None:
    """Write the event and what is owed for it; where nobody is to hear it, nothing."""
    tell_all(connection, new_id, [telling], now=now)


def tell_all(connection: Connection, new_id: Callable[[], int], tellings: Sequence[Telling], *, now: datetime) -> None:
    """Write several, in this order, as :func:`tell` does."""
    heard, kept, planned = [], [], []
    for telling in tellings:
        where = list(dict.fromkeys([*telling.to, *telling.alone]))
        if not where:
            continue
        id = new_id()
        delivery_id = show("evt", id)
        heard.append((id, dedupe_digest(telling.source, delivery_id), telling.source, delivery_id, telling.name, telling.action, telling.repo, None, now))
        kept.append((id, PLAIN, _NO_HEADERS, msgspec.json.encode(telling.payload)))
        for destination in where:
            threaded = destination in telling.to and telling.role is not Role.ALONE
            planned.append(Planned(
                id=new_id(), event_id=id, destination=destination,
                order_key=f"{telling.source}:{telling.subject}" if threaded else _key(telling, id) if destination.startswith(f"{CHAT}:") else "",
                role=telling.role if threaded else Role.ALONE, route="", state=State.OWED, scheduled_at=now,
            ))  # fmt: skip
    insert_rows(connection, events, ("id", "dedupe", "source", "delivery_id", "name", "action", "repo", "carried", "received_at"), heard)
    insert_rows(connection, bodies, ("event_id", "codec", "headers", "body"), kept)
    deliveries.owe(connection, planned=planned, now=now)


def _key(telling: Telling, id: int) -> str:
    """Return what a subscriber's delivery keeps its order with: one that fails waits apart, with all that follows about its subject."""
    return f"{telling.source}:{telling.subject}" if telling.subject else f"evt:{id}"
