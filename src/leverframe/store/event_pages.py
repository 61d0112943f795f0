"""Events as people look at them: pages of a list without bodies, and one with its body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.cards import TEAMS, masking
from leverframe.core.headers import is_secret
from leverframe.core.wording.levers import HUB, LEVER
from leverframe.store.ingest import ZSTANDARD
from leverframe.store.tables import bodies, deliveries, events, routing, to_us

_LARGEST_BODY = 64 * 1024 * 1024
_GREATEST_ID = 2**63 - 1
_CAPITALS = re.compile("[A-Z]")


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list."""

    id: int
    source: str
    delivery_id: str
    name: str
    action: str | None
    repo: str | None
    received_at: datetime

    @property
    def full_name(self) -> str:
        """``pull_request.opened``, or the bare name where there is no action."""
        return f"{self.name}.{self.action}" if self.action else self.name


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A route that made a delivery of an event; ``state`` is the delivery's."""

    route: str
    destination: str
    state: int


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What came in: headers (none that proves who sent it) and the bytes."""

    headers: Mapping[str, str]
    body: bytes


def first_id_at(instant: datetime) -> int:
    """Return the least identifier that an instant can have: identifiers begin with their milliseconds. After 278 years it is the greatest there is."""
    return min(ids.following(0, max(to_us(instant) // 1000, ids.EPOCH_MS + 1), 0), _GREATEST_ID)


def page(
    conn: Connection, *, source: str | None = None, event: str | None = None, repo: str | None = None, before: int | None = None,
    since: datetime | None = None, limit: int = 50,
) -> list[EventRow]:
    """Return events, newest first, older than ``before``; ``event`` is a name (``push``) or name and action (``issues.opened``)."""
    found = sa.select(
        events.c.id, events.c.source, events.c.delivery_id, events.c.name, events.c.action, events.c.repo, events.c.received_at)
    if source is not None:
        found = found.where(events.c.source == source)
    if event is not None:
        name, dot, action = event.partition(".")
        found = found.where(events.c.name == name)
        if dot:
            found = found.where(events.c.action == action)
    if repo is not None:
        found = found.where(events.c.repo == repo)
    if before is not None:
        found = found.where(events.c.id < before)
    if since is not None:
        found = found.where(events.c.id >= first_id_at(since))
    return [_row(row) for row in conn.execute(found.order_by(events.c.id.desc()).limit(limit))]


def of_project(
    conn: Connection, project: str, *, since: datetime | None = None, before: int | None = None, limit: int = 50
) -> list[tuple[EventRow, bool]]:
    """Return a project's events, the newest first, whatever the case of its name; each with whether it carried its own routing.

    What the hub tells in rooms (cards, notes) is none of them.
    """
    # SQLite, and PostgreSQL where its locale is C, know capitals of ASCII alone.
    names = {project.lower(), _CAPITALS.sub(lambda letter: letter[0].lower(), project)}
    found = sa.select(events).where(sa.func.lower(events.c.repo).in_(sorted(names)), sa.or_(events.c.source != HUB, events.c.name == LEVER))
    if since is not None:
        found = found.where(events.c.id >= first_id_at(since))
    if before is not None:
        found = found.where(events.c.id < before)
    return [(_row(row), row.carried is not None) for row in conn.execute(found.order_by(events.c.id.desc()).limit(limit))]


def one(conn: Connection, event_id: int) -> EventRow | None:
    """Return the event of this id."""
    row = conn.execute(sa.select(events).where(events.c.id == event_id)).first()
    return None if row is None else _row(row)


def _row(row: Any) -> EventRow:
    return EventRow(id=row.id, source=row.source, delivery_id=row.delivery_id, name=row.name, action=row.action, repo=row.repo,
                    received_at=row.received_at)


def fired(conn: Connection, event_ids: Sequence[int]) -> dict[int, list[Fired]]:
    """Return, by event, the routes that made deliveries of it."""
    found: dict[int, list[Fired]] = {event_id: [] for event_id in event_ids}
    if event_ids:
        wanted = sa.select(deliveries.c.event_id, deliveries.c.route, deliveries.c.destination, deliveries.c.state).where(
            deliveries.c.event_id.in_(event_ids)).order_by(deliveries.c.id)
        for row in conn.execute(wanted):
            found[row.event_id].append(Fired(route=row.route, destination=row.destination, state=row.state))
    return found


def waits_for_routing(conn: Connection, event_id: int) -> bool:
    """Return whether the event was not yet turned into deliveries."""
    return conn.execute(sa.select(routing.c.event_id).where(routing.c.event_id == event_id)).first() is not None


def body(conn: Connection, event_id: int) -> Body | None:
    """Return what came in, or ``None`` when retention has removed it. Signatures, tokens and cookies are left out, and what the buttons of a
    card send with them is masked."""
    row = conn.execute(sa.select(bodies, events.c.source).join(events, events.c.id == bodies.c.event_id).where(bodies.c.event_id == event_id)).first()
    if row is None:
        return None
    raw = bytes(row.body)
    if row.codec == ZSTANDARD:
        raw = zstandard.ZstdDecompressor().decompress(raw, max_output_size=_LARGEST_BODY)
    headers = {name: value for name, value in json.loads(bytes(row.headers)) if not is_secret(name)}
    return Body(headers=headers, body=masking.shown(raw) if row.source == TEAMS else raw)


def has_body(conn: Connection, event_id: int) -> bool:
    """Return whether what came in is still kept."""
    return conn.execute(sa.select(bodies.c.event_id).where(bodies.c.event_id == event_id)).first() is not None


def count_between(conn: Connection, since: datetime, until: datetime) -> int:
    """Return how many events came from ``since`` up to, not including, ``until``."""
    found = sa.select(sa.func.count()).select_from(events).where(events.c.id >= first_id_at(since), events.c.id < first_id_at(until))
    return conn.execute(found).scalar_one()
