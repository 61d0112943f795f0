"""Deliveries as people look at them: pages of a list, one with its attempts, and how each destination is doing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.core.subscriptions import CHAT, subscription_of
from leverframe.store.deliveries import Role, State
from leverframe.store.event_pages import first_id_at
from leverframe.store.tables import attempts, bodies, deliveries, destinations, events, parked_keys, subscriptions


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list, with what it tells of its event (``None`` when retention has removed that)."""

    id: int
    event_id: int
    event: str | None
    repo: str | None
    destination: str
    order_key: str
    role: Role
    route: str
    state: State
    attempt: int
    created_at: datetime
    scheduled_at: datetime
    ended_at: datetime | None
    code: str | None


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """One try."""

    number: int
    started_at: datetime
    duration_ms: int
    outcome: int
    """0 delivered, 1 to be retried, 2 rejected."""
    status: int | None
    code: str | None
    detail: str


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries; ``since`` and ``until`` are when they were made, ``sayable`` leaves out those whose event's body is gone."""

    state: State | None = None
    destination: str | None = None
    route: str | None = None
    event_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    sayable: bool = False


class DestinationRow(msgspec.Struct, frozen=True, kw_only=True):
    """How a destination is doing. ``due_at`` with ``failures`` is when it is tried again."""

    name: str
    owed: int
    dead: int
    failures: int
    due_at: datetime | None
    last_error: str | None


Reason: TypeAlias = Literal["backing_off", "parked", "paused", "quiet_hours", "spread", "turn"]


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Why a delivery that is owed was not sent yet, and when it is tried next."""

    next_at: datetime
    reason: Reason
    """Its destination backs off; what it belongs to waits apart; its webhook is paused; quiet hours hold it; a retry at a rate put it later; or
    it is its turn now."""
    code: str | None
    """What the destination refused with, when it or the key backs off."""


def waits(conn: Connection, rows: Sequence[DeliveryRow], now: datetime) -> dict[int, Wait]:
    """Return, by id, why those of ``rows`` that are owed wait."""
    owed = [row for row in rows if row.state is State.OWED]
    if not owed:
        return {}
    found = conn.execute(sa.select(destinations).where(destinations.c.name.in_({row.destination for row in owed})))
    known = {row.name: row for row in found}
    return {row.id: _wait(row, known.get(row.destination), now) for row in owed} | _waits_of_hooks(conn, owed, now)


def _waits_of_hooks(conn: Connection, owed: Sequence[DeliveryRow], now: datetime) -> dict[int, Wait]:
    """Return why those wait that are owed to subscribers, where it is not as with a room."""
    theirs = [row for row in owed if row.destination.startswith(f"{CHAT}:")]
    if not theirs:
        return {}
    names = {row.destination: subscription_of(row.destination) for row in theirs}
    paused = set(conn.execute(sa.select(subscriptions.c.id).where(subscriptions.c.id.in_(names.values()), subscriptions.c.paused)).scalars())
    parked = {
        (row.destination, row.order_key): Wait(next_at=max(now, row.due_at), reason="parked", code=row.code)
        for row in conn.execute(sa.select(parked_keys).where(
            parked_keys.c.destination.in_(names), parked_keys.c.order_key.in_({row.order_key for row in theirs})))
    }  # fmt: skip
    found = {row.id: wait for row in theirs if (wait := parked.get((row.destination, row.order_key))) is not None}
    return found | {row.id: Wait(next_at=now, reason="paused", code=None) for row in theirs if names[row.destination] in paused}


def _wait(delivery: DeliveryRow, destination: Any, now: datetime) -> Wait:
    earliest = max(now, delivery.scheduled_at)
    if destination is not None and destination.failures and destination.due_at is not None:
        return Wait(next_at=max(earliest, destination.due_at), reason="backing_off", code=destination.last_error)
    if delivery.scheduled_at > now:
        # Only quiet hours make a delivery later from its beginning; a replay does it to one that was tried.
        return Wait(next_at=delivery.scheduled_at, reason="spread" if delivery.attempt else "quiet_hours", code=None)
    return Wait(next_at=max(earliest, destination.due_at) if destination is not None and destination.due_at else earliest, reason="turn", code=None)


def state_of(word: str) -> State:
    """Return the state of a word (``owed``, ``sent``, ``dead``, ``coalesced``, ``muted``); raises ``Refused("request_invalid")``."""
    try:
        return State[word.upper()]
    except KeyError:
        raise Refused("request_invalid", about("state", "one_of", known=", ".join(state.name.lower() for state in State))) from None


def _where(which: Filter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if which.state is not None:
        # Written out, so that the planner sees that a partial index holds the rows.
        found.append(deliveries.c.state == sa.literal_column(str(int(which.state))))
    if which.destination is not None:
        found.append(deliveries.c.destination == which.destination)
    if which.route is not None:
        found.append(deliveries.c.route == which.route)
    if which.event_id is not None:
        found.append(deliveries.c.event_id == which.event_id)
    if which.since is not None:
        found.append(deliveries.c.id >= first_id_at(which.since))
    if which.until is not None:
        found.append(deliveries.c.id < first_id_at(which.until))
    if which.sayable:
        found.append(sa.select(bodies.c.event_id).where(bodies.c.event_id == deliveries.c.event_id).exists())
    return found


def _select() -> sa.Select[Any]:
    return sa.select(deliveries, events.c.name, events.c.action, events.c.repo).outerjoin(events, events.c.id == deliveries.c.event_id)


def page(conn: Connection, which: Filter, *, before: int | None = None, limit: int = 50) -> list[DeliveryRow]:
    """Return deliveries, newest first, older than ``before``."""
    found = _select().where(*_where(which)).order_by(deliveries.c.id.desc()).limit(limit)
    if before is not None:
        found = found.where(deliveries.c.id < before)
    return [_row(row) for row in conn.execute(found)]


def bite(conn: Connection, which: Filter, *, after: int, limit: int) -> list[int]:
    """Return the ids of deliveries, oldest first, made later than ``after``."""
    return list(conn.execute(sa.select(deliveries.c.id).where(*_where(which), deliveries.c.id > after).order_by(deliveries.c.id).limit(limit)).scalars())


def one(conn: Connection, delivery_id: int) -> DeliveryRow | None:
    """Return the delivery of this id."""
    row = conn.execute(_select().where(deliveries.c.id == delivery_id)).first()
    return None if row is None else _row(row)


def count(conn: Connection, which: Filter) -> int:
    """Return how many deliveries match: what a retry of the same query would take."""
    return conn.execute(sa.select(sa.func.count()).select_from(deliveries).where(*_where(which))).scalar_one()


def tries(conn: Connection, delivery_id: int) -> list[AttemptRow]:
    """Return the attempts of a delivery, the first one first."""
    found = sa.select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.number)
    return [AttemptRow(number=row.number, started_at=row.started_at, duration_ms=row.duration_ms, outcome=row.outcome, status=row.status,
                       code=row.code, detail=row.detail) for row in conn.execute(found)]


def by_destination(conn: Connection) -> list[DestinationRow]:
    """Return every destination that was ever written to, with what it is owed and what died."""
    owed, dead = _counts(conn, State.OWED), _counts(conn, State.DEAD)
    known = {row.name: row for row in conn.execute(sa.select(destinations))}
    return [
        DestinationRow(
            name=name, owed=owed.get(name, 0), dead=dead.get(name, 0), failures=known[name].failures if name in known else 0,
            due_at=known[name].due_at if name in known else None,
            last_error=known[name].last_error if name in known else None)
        for name in sorted({*owed, *dead, *known})
    ]


def counts_of(conn: Connection, names: Sequence[str], state: State) -> dict[str, int]:
    """Return how many deliveries of a state these destinations have, where they have any."""
    which = [*_where(Filter(state=state)), deliveries.c.destination.in_(list(names))]
    found = sa.select(deliveries.c.destination, sa.func.count()).where(*which).group_by(deliveries.c.destination)
    return {name: number for name, number in conn.execute(found)}


def _counts(conn: Connection, state: State) -> dict[str, int]:
    found = sa.select(deliveries.c.destination, sa.func.count()).where(*_where(Filter(state=state))).group_by(deliveries.c.destination)
    return {name: number for name, number in conn.execute(found)}


def _row(row: Any) -> DeliveryRow:
    event = None if row.name is None else f"{row.name}.{row.action}" if row.action else row.name
    return DeliveryRow(
        id=row.id, event_id=row.event_id, event=event, repo=row.repo, destination=row.destination, order_key=row.order_key,
        role=Role(row.role), route=row.route, state=State(row.state), attempt=row.attempt, created_at=row.created_at,
        scheduled_at=row.scheduled_at, ended_at=row.ended_at, code=row.code)
