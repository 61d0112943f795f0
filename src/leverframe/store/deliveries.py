"""Deliveries as the engine moves them: planned, claimed by destination, ended or postponed, revived.

A process holds a *destination*, not a row: whoever holds it sends everything owed there, in order, paced. So a dead
channel costs one row whatever it owes, and nothing is written to say that a message is being tried.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.events import alive
from leverframe.store.tables import attempts, cards, deliveries, destinations, routing


class State(IntEnum):
    """Where a delivery stands; the numbers are stored."""

    OWED = 0
    SENT = 1
    DEAD = 2
    COALESCED = 3
    MUTED = 4


class Role(IntEnum):
    """What a delivery is in its thread; the numbers are stored."""

    ALONE = 0
    CARD = 1
    REPLY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A delivery that routing decided on."""

    id: int
    event_id: int
    destination: str
    order_key: str
    role: Role
    route: str
    state: State
    scheduled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The message in a room that a subject's updates and replies belong to."""

    remote_id: str
    remote_room: str | None
    anchor_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A delivery to be tried now."""

    id: int
    event_id: int
    destination: str
    order_key: str
    role: Role
    route: str
    attempt: int
    scheduled_at: datetime
    card: Card | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What one attempt came to. ``attempt`` is the count before it: it fences a worker that comes late."""

    delivery_id: int
    attempt: int
    state: State
    code: str | None
    started_at: datetime
    duration_ms: int
    outcome: int
    status: int | None
    detail: str
    card: tuple[str, str, Card] | None = None
    """Destination, subject and the card that now stands there."""


def plan(connection: Connection, *, boot: int, routed: Collection[int], planned: Sequence[Planned], now: datetime) -> bool:
    """Replace the routing rows of ``routed`` events by their deliveries; ``False``, and nothing done, when another has them now."""
    gone = connection.execute(routing.delete().where(routing.c.event_id.in_(list(routed)), routing.c.boot == boot))
    if gone.rowcount != len(routed):
        raise LateWorker(f"{len(routed) - gone.rowcount} events were routed elsewhere")
    owe(connection, planned=planned, now=now)
    return True


class LateWorker(Exception):
    """This process lost its lease meanwhile: what it decided is dropped, because another process decides it."""


def owe(connection: Connection, *, planned: Sequence[Planned], now: datetime) -> None:
    """Write deliveries and see to it that their destinations are due."""
    if not planned:
        return
    connection.execute(
        deliveries.insert(),
        [
            {
                "id": one.id, "event_id": one.event_id, "destination": one.destination, "order_key": one.order_key, "role": int(one.role),
                "route": one.route, "state": int(one.state), "attempt": 0, "created_at": now, "scheduled_at": one.scheduled_at,
                "ended_at": None if one.state is State.OWED else now, "code": None,
            }
            for one in planned
        ],
    )  # fmt: skip
    due: dict[str, datetime] = {}
    for one in planned:
        if one.state is State.OWED:
            due[one.destination] = min(due.get(one.destination, one.scheduled_at), one.scheduled_at)
    # Sorted: two processes that lock the same rows lock them in the same order.
    for name in sorted(due):
        wake(connection, name=name, at=due[name])


def wake(connection: Connection, *, name: str, at: datetime) -> None:
    """See to it that the destination is looked at by ``at``; one that backs off keeps its later moment."""
    insert = _upsert(connection)(destinations).values(name=name, due_at=at, failures=0)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["name"],
            set_={"due_at": at},
            where=sa.or_(destinations.c.due_at.is_(None), sa.and_(destinations.c.due_at > at, destinations.c.failures == 0)),
        )
    )


def _upsert(connection: Connection) -> Any:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert


def claim(connection: Connection, *, boot: int, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Take up to ``limit`` due destinations that no living process holds, longest due first; return (name, failures in a row)."""
    free = (
        sa.select(destinations.c.name)
        .where(destinations.c.due_at <= now, sa.or_(destinations.c.boot.is_(None), destinations.c.boot.not_in(alive(now))))
        .order_by(destinations.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = connection.execute(
        destinations.update().where(destinations.c.name.in_(free.scalar_subquery())).values(boot=boot).returning(destinations.c.name, destinations.c.failures)
    )
    return [(row.name, row.failures) for row in taken]


def next_due_at(connection: Connection, *, boot: int) -> datetime | None:
    """Return when the next destination that this process does not hold is due; ``None`` when none is."""
    free = sa.or_(destinations.c.boot.is_(None), destinations.c.boot != boot)
    found: datetime | None = connection.execute(sa.select(sa.func.min(destinations.c.due_at)).where(free)).scalar()
    return found


def owed(connection: Connection, *, destination: str, now: datetime, limit: int) -> list[Owed]:
    """Return what the destination is owed and may be sent now, oldest first, each with the card of its thread."""
    rows = connection.execute(
        sa.select(
            deliveries.c.id, deliveries.c.event_id, deliveries.c.order_key, deliveries.c.role, deliveries.c.route, deliveries.c.attempt,
            deliveries.c.scheduled_at, cards.c.remote_id, cards.c.remote_room, cards.c.anchor_only,
        )
        .outerjoin(cards, sa.and_(cards.c.destination == deliveries.c.destination, cards.c.subject == deliveries.c.order_key))
        .where(deliveries.c.destination == destination, deliveries.c.state == sa.literal_column("0"), deliveries.c.scheduled_at <= now)
        .order_by(deliveries.c.id)
        .limit(limit)
    )  # fmt: skip
    return [
        Owed(
            id=row.id, event_id=row.event_id, destination=destination, order_key=row.order_key, role=Role(row.role), route=row.route,
            attempt=row.attempt, scheduled_at=row.scheduled_at,
            card=Card(remote_id=row.remote_id, remote_room=row.remote_room, anchor_only=row.anchor_only) if row.remote_id else None,
        )
        for row in rows
    ]  # fmt: skip


def record(connection: Connection, *, ended: Sequence[Ended], now: datetime) -> None:
    """Write what attempts came to: states, the attempts themselves, and the cards that now stand."""
    connection.execute(
        deliveries.update()
        .where(deliveries.c.id == sa.bindparam("b_id"), deliveries.c.attempt == sa.bindparam("b_attempt"), deliveries.c.state == 0)
        .values(state=sa.bindparam("b_state"), attempt=sa.bindparam("b_next"), ended_at=sa.bindparam("b_ended"), code=sa.bindparam("b_code")),
        [
            {
                "b_id": one.delivery_id, "b_attempt": one.attempt, "b_state": int(one.state),
                "b_next": one.attempt + (one.outcome >= 0), "b_ended": None if one.state is State.OWED else now, "b_code": one.code,
            }
            for one in ended
        ],
    )  # fmt: skip
    tried = [
        {
            "delivery_id": one.delivery_id, "number": one.attempt + 1, "started_at": one.started_at, "duration_ms": one.duration_ms,
            "outcome": one.outcome, "status": one.status, "code": one.code, "detail": one.detail,
        }
        for one in ended if one.outcome >= 0
    ]  # fmt: skip
    if tried:
        insert = _upsert(connection)(attempts)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["delivery_id", "number"]), tried)
    for one in ended:
        if one.card is not None:
            destination, subject, card = one.card
            values = {
                "remote_id": card.remote_id, "remote_room": card.remote_room, "anchor_only": card.anchor_only,
                "delivery_id": one.delivery_id, "posted_at": now,
            }  # fmt: skip
            insert = _upsert(connection)(cards).values(destination=destination, subject=subject, **values)
            connection.execute(insert.on_conflict_do_update(index_elements=["destination", "subject"], set_=values))


def release(connection: Connection, *, name: str, boot: int, now: datetime, due_at: datetime | None, failures: int, error: str | None) -> None:
    """Let the destination go until ``due_at``; without one, until its next owed delivery, which may have come just now."""
    if due_at is None:
        # The row is locked first: a delivery planned meanwhile either is seen here or finds due_at empty and fills it.
        connection.execute(sa.select(destinations.c.name).where(destinations.c.name == name).with_for_update())
        next_at = connection.execute(
            sa.select(sa.func.min(deliveries.c.scheduled_at)).where(deliveries.c.destination == name, deliveries.c.state == sa.literal_column("0"))
        ).scalar()
        due_at = next_at
    connection.execute(
        destinations.update()
        .where(destinations.c.name == name, destinations.c.boot == boot)
        .values(boot=None, due_at=due_at, failures=failures, last_error=error)
    )


def has_dead(connection: Connection, *, event_id: int) -> bool:
    """Return whether any delivery of the event is dead."""
    dead = sa.select(deliveries.c.id).where(deliveries.c.event_id == event_id, deliveries.c.state == int(State.DEAD)).limit(1)
    return connection.execute(dead).first() is not None


def revive(connection: Connection, *, now: datetime, event_id: int | None = None, ids: Collection[int] = (), every_s: float = 0.0) -> int:
    """Owe deliveries again, with the full retry schedule; return how many.

    With ``event_id`` the dead ones of that event; with ``ids`` those, whatever became of them (one still owed is tried
    at once). ``every_s`` spreads them: the first at ``now``, each next one so many seconds later.
    """
    if event_id is not None:
        which = sa.and_(deliveries.c.event_id == event_id, deliveries.c.state == int(State.DEAD))
    else:
        which = deliveries.c.id.in_(list(ids))
    rows = connection.execute(sa.select(deliveries.c.id, deliveries.c.destination).where(which).order_by(deliveries.c.id)).all()
    if rows:
        connection.execute(
            deliveries.update().where(deliveries.c.id == sa.bindparam("b_id")).values(
                state=int(State.OWED), ended_at=None, code=None, scheduled_at=sa.bindparam("b_at", type_=deliveries.c.scheduled_at.type)
            ),
            [{"b_id": row.id, "b_at": now + timedelta(seconds=count * every_s)} for count, row in enumerate(rows)],
        )  # fmt: skip
    for name in sorted({row.destination for row in rows}):
        # Somebody asks for it now: what the destination had to wait for is over.
        connection.execute(destinations.update().where(destinations.c.name == name).values(due_at=now, failures=0))
        wake(connection, name=name, at=now)
    return len(rows)
