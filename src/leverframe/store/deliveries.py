"""Deliveries as the engine moves them: planned, claimed by destination, ended or postponed, revived.

A process holds a *destination*, not a row: whoever holds it sends everything owed there, in order, paced. So a dead
channel costs one row whatever it owes, and nothing is written to say that a message is being tried.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.subscriptions import CHAT
from leverframe.store import parking
from leverframe.store.events import alive
from leverframe.store.rows import insert_rows, upsert
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


_ROLES = tuple(Role)
"""By their numbers: asking the enumeration takes ten times as long."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that routing decided on."""

    id: int
    event_id: int
    destination: str
    order_key: str
    role: Role
    route: str
    state: State
    scheduled_at: datetime


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The message in a room that a subject's updates and replies belong to."""

    remote_id: str
    """Empty: it is dead, and a reply that comes now is a message of its own."""
    remote_room: str | None
    anchor_only: bool
    delivery_id: int
    """The delivery that it shows."""


class Owed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery to be tried now."""

    id: int
    event_id: int
    destination: str
    order_key: str
    attempt: int
    scheduled_at: datetime
    role: Role = Role.ALONE
    route: str = ""
    card: Card | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A destination that this process holds now."""

    name: str
    failures: int
    """Retryable failures in a row."""
    owed: list[Owed]
    next_send_at: datetime | None = None
    """Where the room is paced: nothing is sent before."""


class Ended(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What a process did at a destination that it holds."""

    name: str
    ended: Sequence[Ended]
    failures: int
    error: str | None
    stop_until: datetime | None
    """When to go on, if something stopped it."""
    full: bool = False
    """Whether the window was full: then there may be more to send now."""
    leaving: bool = False
    """Whether to let it go all the same."""
    next_send_at: datetime | None = None
    """Where the room is paced: whoever takes it next sends nothing before."""


def plan(
    connection: Connection, *, boot: int, routed: Collection[int], planned: Sequence[Planned], now: datetime, asleep: Collection[str] = ()
) -> None:
    """Replace the routing rows of ``routed`` events by their deliveries; raises :class:`LateWorker` when another has one of them now."""
    gone = connection.execute(routing.delete().where(routing.c.event_id.in_(list(routed)), routing.c.boot == boot))
    if gone.rowcount != len(routed):
        raise LateWorker(f"{len(routed) - gone.rowcount} events were routed elsewhere")
    owe(connection, planned=planned, now=now, asleep=asleep)


class LateWorker(Exception):
    """This process lost its lease meanwhile: what it decided is dropped, because another process decides it."""


def owe(connection: Connection, *, planned: Sequence[Planned], now: datetime, asleep: Collection[str] = ()) -> None:
    """Write deliveries and see to it that their destinations are due, but for those that are ``asleep``."""
    if not planned:
        return
    insert_rows(
        connection, deliveries,
        ("id", "event_id", "destination", "order_key", "role", "route", "state", "attempt", "created_at", "scheduled_at", "later", "ended_at", "code"),
        [
            (
                one.id, one.event_id, one.destination, one.order_key, int(one.role), one.route, int(one.state), 0, now, one.scheduled_at,
                int(one.scheduled_at > now), None if one.state is State.OWED else now, None,
            )
            for one in planned
        ],
    )  # fmt: skip
    due: dict[str, datetime] = {}
    for one in planned:
        if one.state is State.OWED and one.destination not in asleep:
            due[one.destination] = min(due.get(one.destination, one.scheduled_at), one.scheduled_at)
    wake(connection, due)


def wake(connection: Connection, due: Mapping[str, datetime]) -> None:
    """See to it that each destination is looked at by its moment; one that backs off keeps its later moment."""
    if not due:
        return
    connection.execute(
        _wake(connection.dialect.name),
        # Sorted: two processes that lock the same rows lock them in the same order.
        [{"name": name, "due_at": due[name], "failures": 0} for name in sorted(due)],
    )


@cache
def _wake(dialect: str) -> Any:
    insert = upsert(dialect)(destinations)
    return insert.on_conflict_do_update(
        index_elements=["name"],
        set_={"due_at": insert.excluded.due_at},
        where=sa.or_(destinations.c.due_at.is_(None), sa.and_(destinations.c.due_at > insert.excluded.due_at, destinations.c.failures == 0)),
    )


def take(connection: Connection, *, boot: int, now: datetime, limit: int, window: int, holding: Collection[str] | None = None) -> list[Taken]:
    """Take up to ``limit`` due destinations that no living process holds, longest due first, each with its first ``window`` of owed deliveries.

    What this process holds by its own ``boot`` it is still sending to, also when its lease ran out meanwhile. With ``holding``
    it says what that is: the others under its boot are of a ``take`` whose answer was lost, and are taken now.
    """
    return [
        Taken(name=name, failures=failures, owed=owed(connection, destination=name, now=now, limit=window), next_send_at=next_send_at)
        for name, failures, next_send_at in claim(connection, boot=boot, now=now, limit=limit, holding=holding)
    ]


def claim(
    connection: Connection, *, boot: int, now: datetime, limit: int, holding: Collection[str] | None = None, hooks: bool = False
) -> list[tuple[str, int, datetime | None]]:
    """Take destinations as :func:`take` does, of chats or of ``hooks``; return their names, failures, and when they may be sent to next."""
    asked = {"b_boot": boot, "b_now": now, "b_limit": limit} | ({} if holding is None else {"b_holding": list(holding)})
    return [(row.name, row.failures, row.next_send_at) for row in connection.execute(_take(holding is not None, hooks), asked)]


def next_due_at(connection: Connection, *, boot: int, now: datetime, hooks: bool = False) -> datetime | None:
    """Return when the next destination (of chats, or of ``hooks``) that no living process holds is due; ``None`` when none is."""
    found: datetime | None = connection.execute(_NEXT_DUE_AT[hooks], {"b_boot": boot, "b_now": now}).scalar()
    return found


def _of_hooks(hooks: bool) -> sa.ColumnElement[bool]:
    head = sa.func.substr(destinations.c.name, sa.literal_column("1"), sa.literal_column(str(len(CHAT) + 1)))
    named: sa.ColumnElement[str] = sa.literal_column(f"'{CHAT}:'")
    return head == named if hooks else head != named


def _free(unsure: bool) -> sa.ColumnElement[bool]:
    boot = sa.bindparam("b_boot", type_=sa.BigInteger)
    dead = sa.and_(destinations.c.boot != boot, destinations.c.boot.not_in(alive(sa.bindparam("b_now", type_=destinations.c.due_at.type))))
    lost = [sa.and_(destinations.c.boot == boot, destinations.c.name.not_in(sa.bindparam("b_holding", expanding=True)))] if unsure else []
    return sa.or_(destinations.c.boot.is_(None), dead, *lost)


@cache
def _take(unsure: bool, hooks: bool) -> Any:
    free = (
        sa.select(destinations.c.name)
        .where(destinations.c.due_at <= sa.bindparam("b_now", type_=destinations.c.due_at.type), _free(unsure), _of_hooks(hooks))
        .order_by(destinations.c.due_at)
        .limit(sa.bindparam("b_limit", type_=sa.Integer))
        .with_for_update(skip_locked=True)
        .cte("free")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # or the planner may run it once a row, and take more than the limit
    )
    ours = destinations.update().where(destinations.c.name.in_(sa.select(free.c.name)))
    return ours.values(boot=sa.bindparam("b_boot", type_=sa.BigInteger)).returning(destinations.c.name, destinations.c.failures, destinations.c.next_send_at)


_NEXT_DUE_AT = {hooks: sa.select(sa.func.min(destinations.c.due_at)).where(_free(False), _of_hooks(hooks)) for hooks in (False, True)}


def _of(later: int) -> sa.ColumnElement[bool]:
    """Return what is owed in its turn (0), or from its moment on (1): each has its index."""
    return sa.and_(deliveries.c.state == sa.literal_column("0"), deliveries.c.later == sa.literal_column(str(later)))


def _first(later: int, *order: sa.Column[Any]) -> sa.Select[Any]:
    """Return the query for the first of those that a destination is owed and may be sent now."""
    which = [_of(later), deliveries.c.destination == sa.bindparam("b_destination")] + [deliveries.c.scheduled_at <= sa.bindparam("b_now")] * later
    columns = (
        deliveries.c.id, deliveries.c.destination, deliveries.c.event_id, deliveries.c.order_key, deliveries.c.role, deliveries.c.route,
        deliveries.c.attempt, deliveries.c.scheduled_at,
    )  # fmt: skip
    return sa.select(sa.select(*columns).where(*which).order_by(*order).limit(sa.bindparam("b_limit", type_=sa.Integer)).subquery())


# Apart: a hundred thousand that wait for the end of quiet hours are not looked through for one that may be sent now.
DUE = sa.union_all(_first(0, deliveries.c.id), _first(1, deliveries.c.scheduled_at, deliveries.c.id)).subquery()
_OWED = (
    sa.select(
        DUE.c.id, DUE.c.event_id, DUE.c.order_key, DUE.c.role, DUE.c.route, DUE.c.attempt, DUE.c.scheduled_at,
        cards.c.remote_id, cards.c.remote_room, cards.c.anchor_only, cards.c.delivery_id,
    )
    .outerjoin(cards, sa.and_(cards.c.destination == DUE.c.destination, cards.c.subject == DUE.c.order_key))
    .order_by(DUE.c.id)
    .limit(sa.bindparam("b_limit", type_=sa.Integer))
)  # fmt: skip


def owed(connection: Connection, *, destination: str, now: datetime, limit: int) -> list[Owed]:
    """Return what the destination is owed and may be sent now, oldest first, each with the card of its thread."""
    return [
        Owed(
            id=id, event_id=event_id, destination=destination, order_key=order_key, role=_ROLES[role], route=route, attempt=attempt, scheduled_at=scheduled_at,
            card=None if remote_id is None else Card(remote_id=remote_id, remote_room=remote_room, anchor_only=anchor_only, delivery_id=shows),
        )
        for id, event_id, order_key, role, route, attempt, scheduled_at, remote_id, remote_room, anchor_only, shows in connection.execute(
            _OWED, {"b_destination": destination, "b_now": now, "b_limit": limit}
        ).all()
    ]  # fmt: skip


_RECORD = (
    deliveries.update()
    .where(deliveries.c.id == sa.bindparam("b_id"), deliveries.c.attempt == sa.bindparam("b_attempt"), deliveries.c.state == sa.literal_column("0"))
    .values(
        state=sa.bindparam("b_state"), attempt=sa.bindparam("b_next"), ended_at=sa.bindparam("b_ended", type_=deliveries.c.ended_at.type), code=sa.bindparam("b_code")
    )
)  # fmt: skip
_SENT = (
    deliveries.update()
    # Not pairs of id and attempt: for those SQLite reads everything that is owed.
    .where(deliveries.c.id.in_(sa.bindparam("b_ids", expanding=True)), deliveries.c.attempt == sa.bindparam("b_attempt"), deliveries.c.state == sa.literal_column("0"))
    .values(state=sa.literal_column("1"), attempt=sa.bindparam("b_attempt") + 1, ended_at=sa.bindparam("b_ended", type_=deliveries.c.ended_at.type), code=None)
)  # fmt: skip
_SENT_WHICH = _SENT.returning(deliveries.c.id)
"""SQLite takes twice as long when it is to say which: asked only where a card hangs on it."""


def record(connection: Connection, *, ended: Sequence[Ended], now: datetime) -> None:
    """Write what attempts came to: states, the attempts themselves, and the cards that now stand."""
    sent: dict[tuple[int, bool], list[int]] = {}
    for one in ended:
        if one.state is State.SENT and one.code is None:
            sent.setdefault((one.attempt, one.card is not None), []).append(one.delivery_id)
    counted: set[int] = set()
    for (attempt, with_card), ids in sent.items():
        done = connection.execute(_SENT_WHICH if with_card else _SENT, {"b_ids": ids, "b_attempt": attempt, "b_ended": now})
        if with_card:
            counted.update(done.scalars())
    others = [one for one in ended if one.state is not State.SENT or one.code is not None]
    if silent := [one for one in others if one.card is None]:
        connection.execute(_RECORD, [_values(one, now) for one in silent])
    counted.update(one.delivery_id for one in others if one.card is not None and connection.execute(_RECORD, _values(one, now)).rowcount)
    insert_rows(
        connection, attempts, ("delivery_id", "number", "started_at", "duration_ms", "outcome", "status", "code", "detail"),
        [
            (one.delivery_id, one.attempt + 1, one.started_at, one.duration_ms, one.outcome, one.status, one.code, one.detail.replace("\0", ""))
            for one in ended if one.outcome >= 0
        ],
        ignoring_repeats=True,
    )  # fmt: skip
    standing = [one.card for one in ended if one.card is not None and one.delivery_id in counted]  # not a late worker's
    if standing:
        connection.execute(_stand(connection.dialect.name), [
            {
                "destination": destination, "subject": subject, "remote_id": card.remote_id, "remote_room": card.remote_room,
                "anchor_only": card.anchor_only, "delivery_id": card.delivery_id, "posted_at": now,
            }
            for destination, subject, card in standing
        ])  # fmt: skip


@cache
def _stand(dialect: str) -> Any:
    insert = upsert(dialect)(cards)
    shown = ("remote_id", "remote_room", "anchor_only", "delivery_id", "posted_at")
    return insert.on_conflict_do_update(index_elements=["destination", "subject"], set_={column: insert.excluded[column] for column in shown})


def _values(one: Ended, now: datetime) -> dict[str, Any]:
    return {
        "b_id": one.delivery_id, "b_attempt": one.attempt, "b_state": int(one.state),
        "b_next": one.attempt + (one.outcome >= 0), "b_ended": None if one.state is State.OWED else now, "b_code": one.code,
    }  # fmt: skip


def settle(connection: Connection, *, rounds: Sequence[Round], boot: int, now: datetime, window: int) -> dict[str, list[Owed]]:
    """Write what rounds came to; return the next owed deliveries of the destinations that go on, and let the others go."""
    ended = [one for each in rounds for one in each.ended]
    if ended:
        record(connection, ended=ended, now=now)
    # The rows are locked first: a delivery planned meanwhile either is seen below, or finds due_at empty and fills it.
    ours = held(connection, names=[each.name for each in rounds], boot=boot)
    going_on: dict[str, list[Owed]] = {}
    emptied: list[str] = []
    for each in rounds:
        if each.name not in ours:
            continue  # another process took it when our lease had run out
        if each.stop_until is None and each.full and not each.leaving:
            going_on[each.name] = owed(connection, destination=each.name, now=now, limit=window)
        elif each.stop_until is None:
            emptied.append(each.name)
    emptied += [name for name, more in going_on.items() if not more]
    next_at = next_owed_at(connection, emptied, now)
    release(connection, boot=boot, rows=[
        (each.name, each.stop_until or next_at.get(each.name), each.failures, each.error, each.next_send_at)
        for each in rounds if each.name in ours and not going_on.get(each.name)
    ])  # fmt: skip
    return {name: more for name, more in going_on.items() if more}


def held(connection: Connection, *, names: Sequence[str], boot: int) -> set[str]:
    """Return those of the destinations that ``boot`` holds; their rows are locked."""
    return set(connection.execute(_HELD, {"b_names": names, "b_boot": boot}).scalars())


def next_owed_at(connection: Connection, names: Sequence[str], now: datetime) -> dict[str, datetime | None]:
    """Return when what is still owed at destinations (it came just now, or waits for its moment) is to be sent; not for those with nothing."""
    looked = connection.execute(_NEXT_OWED_AT, {"b_destinations": names}).all() if names else []
    return {name: now if in_turn is not None else later for name, in_turn, later in looked}


def release(connection: Connection, *, boot: int, rows: Sequence[tuple[str, datetime | None, int, str | None, datetime | None]]) -> None:
    """Let destinations go: each with when it is due, its failures, what it refused with, and when it may be sent to next."""
    if rows:
        connection.execute(_RELEASE, [
            {"b_name": name, "b_boot": boot, "b_due": due_at, "b_failures": failures, "b_error": error, "b_next": next_send_at}
            for name, due_at, failures, error, next_send_at in rows
        ])  # fmt: skip


_HELD = (
    sa.select(destinations.c.name)
    .where(destinations.c.name.in_(sa.bindparam("b_names", expanding=True)), destinations.c.boot == sa.bindparam("b_boot"))
    .order_by(destinations.c.name)
    .with_for_update()
)
_RELEASE = (
    destinations.update()
    .where(destinations.c.name == sa.bindparam("b_name"), destinations.c.boot == sa.bindparam("b_boot"))
    .values(
        boot=None, due_at=sa.bindparam("b_due", type_=destinations.c.due_at.type), failures=sa.bindparam("b_failures"), last_error=sa.bindparam("b_error"),
        next_send_at=sa.bindparam("b_next", type_=destinations.c.next_send_at.type),
    )
)  # fmt: skip


def _moment(later: int, order: sa.Column[Any]) -> sa.ScalarSelect[datetime]:
    which = sa.and_(_of(later), deliveries.c.destination == destinations.c.name)
    return sa.select(deliveries.c.scheduled_at).where(which).order_by(order).limit(1).scalar_subquery()


_NEXT_OWED_AT = sa.select(destinations.c.name, _moment(0, deliveries.c.id), _moment(1, deliveries.c.scheduled_at)).where(
    destinations.c.name.in_(sa.bindparam("b_destinations", expanding=True))
)  # fmt: skip


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
    rows = connection.execute(sa.select(deliveries.c.id, deliveries.c.destination, deliveries.c.order_key).where(which).order_by(deliveries.c.id)).all()
    if rows:
        connection.execute(
            deliveries.update().where(deliveries.c.id == sa.bindparam("b_id")).values(
                state=int(State.OWED), ended_at=None, code=None, later=int(every_s > 0),
                scheduled_at=sa.bindparam("b_at", type_=deliveries.c.scheduled_at.type),
            ),
            [{"b_id": row.id, "b_at": now + timedelta(seconds=count * every_s)} for count, row in enumerate(rows)],
        )  # fmt: skip
    parking.unpark(connection, sorted({(row.destination, row.order_key) for row in rows if row.destination.startswith(f"{CHAT}:")}))
    for name in sorted({row.destination for row in rows}):
        # Somebody asks for it now: what the destination had to wait for is over.
        connection.execute(destinations.update().where(destinations.c.name == name, destinations.c.failures > 0).values(due_at=now, failures=0))
        wake(connection, {name: now})
    return len(rows)
