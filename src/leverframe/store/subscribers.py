"""Subscribers as the engine serves them: taken by destination as chats are, with keys that wait apart, and their subscriptions beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.subscriptions import SealedSecret, Subscription, destination_of, subscription_of
from leverframe.store import deliveries, subscriptions
from leverframe.store.deliveries import DUE, Ended, Owed, State
from leverframe.store.parking import Park, behind, park, put_behind, unpark
from leverframe.store.tables import deliveries as table
from leverframe.store.tables import destinations, parked_keys

REMOVED = "hook_removed"
DUE_KEYS = 32
"""Keys that are tried again in one round."""
BITE = 500
"""Deliveries given up on in one transaction, where a subscription is over."""
_LOOKS = 8
"""Windows looked through for something that is not parked; the rest is looked through next time."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent next: ``owed`` in its turn, ``again`` the first of keys that have waited, each with its key's failures."""

    subscription: Subscription | None
    """``None``: it was removed."""
    secrets: tuple[SealedSecret, ...] = ()
    owed: Sequence[Owed] = ()
    again: Sequence[tuple[Owed, int]] = ()
    full: bool = False
    """Whether there may be more."""
    over: str | None = None
    """The code with which everything that is owed there is to be given up."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A destination that this process holds now."""

    name: str
    failures: int
    next_send_at: datetime | None
    window: Window


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What was done at a subscriber."""

    name: str
    ended: Sequence[Ended]
    failures: int
    error: str | None
    stop_until: datetime | None
    next_send_at: datetime | None
    parks: Sequence[Park] = ()
    unparks: Collection[str] = ()
    window: int
    """So many are looked at together next."""
    full: bool = False
    """Whether there may be more to send now."""
    busy: bool = False
    """Whether something is still under way: then it is not let go."""
    leaving: bool = False
    health: Subscription | None = None
    """Where it has changed how it is doing: what it is now."""
    turned: bool = False
    """Whether that is worth telling."""


def take(connection: Connection, *, boot: int, now: datetime, limit: int, window: int, holding: Collection[str] | None = None) -> list[Taken]:
    """Take subscribers that are due, as :func:`leverframe.store.deliveries.take` takes rooms."""
    taken = deliveries.claim(connection, boot=boot, now=now, limit=limit, holding=holding, hooks=True)
    windows = _windows(connection, {name: window for name, _, _ in taken}, now=now)
    return [Taken(name=name, failures=failures, next_send_at=next_send_at, window=windows[name]) for name, failures, next_send_at in taken]


def _windows(connection: Connection, limits: Mapping[str, int], *, now: datetime) -> dict[str, Window]:
    names = sorted(limits)
    if not names:
        return {}
    found = subscriptions.with_secrets(connection, [subscription_of(name) for name in names])
    parking = set(connection.execute(sa.select(parked_keys.c.destination).where(parked_keys.c.destination.in_(names)).distinct()).scalars())
    made = {}
    for name in names:
        subscription, secrets = found.get(subscription_of(name), (None, ()))
        over = REMOVED if subscription is None else subscription.over
        if subscription is None or not subscription.sends:
            owes = over is not None and connection.execute(sa.select(table.c.id).where(_owes(name)).limit(1)).first() is not None
            made[name] = Window(subscription=subscription, over=over if owes else None)
            continue
        owed, full = (_free if name in parking else _owed)(connection, name, now, limits[name])
        again = _again(connection, name, now) if name in parking else []
        made[name] = Window(subscription=subscription, secrets=secrets, owed=owed, again=again, full=full or len(again) == DUE_KEYS)
    return made


def _owes(name: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.destination == name, table.c.state == sa.literal_column("0"))


def _owed(connection: Connection, name: str, now: datetime, limit: int) -> tuple[list[Owed], bool]:
    found = [
        Owed(id=id, event_id=event_id, destination=name, order_key=order_key, attempt=attempt, scheduled_at=scheduled_at)
        for id, event_id, order_key, attempt, scheduled_at in connection.execute(_OWED, {"b_destination": name, "b_now": now, "b_limit": limit}).all()
    ]
    return found, len(found) == limit


def _free(connection: Connection, name: str, now: datetime, limit: int) -> tuple[list[Owed], bool]:
    """Return what is owed of keys that are not parked; what is of those that are is put behind them, each once."""
    for _ in range(_LOOKS):
        found, full = _owed(connection, name, now, limit)
        keys = {one.order_key for one in found}
        parked = set(connection.execute(
            sa.select(parked_keys.c.order_key).where(parked_keys.c.destination == name, parked_keys.c.order_key.in_(keys))).scalars())
        strays = [one.id for one in found if one.order_key in parked]
        if strays:
            put_behind(connection, strays)
        free = [one for one in found if one.order_key not in parked]
        if free or not full:
            break
    return free, full


def _again(connection: Connection, name: str, now: datetime) -> list[tuple[Owed, int]]:
    """Return the first delivery of each key that has waited; a key with none is parked no more."""
    due = connection.execute(
        sa.select(parked_keys.c.order_key, parked_keys.c.failures).where(parked_keys.c.destination == name, parked_keys.c.due_at <= now)
        .order_by(parked_keys.c.due_at).limit(DUE_KEYS)
    ).all()
    found = []
    for key, failures in due:
        row = connection.execute(_HEAD, {"b_destination": name, "b_key": key}).first()
        if row is None:
            unpark(connection, [(name, key)])
            continue
        found.append((Owed(id=row.id, event_id=row.event_id, destination=name, order_key=key, attempt=row.attempt, scheduled_at=row.scheduled_at), failures))
    return found


_OWED = (  # without the cards of its threads, which rooms have: looking for them takes as long as the rest
    sa.select(DUE.c.id, DUE.c.event_id, DUE.c.order_key, DUE.c.attempt, DUE.c.scheduled_at)
    .order_by(DUE.c.id)
    .limit(sa.bindparam("b_limit", type_=sa.Integer))
)
_HEAD = (
    sa.select(table.c.id, table.c.event_id, table.c.attempt, table.c.scheduled_at)
    .where(behind(table.c.destination == sa.bindparam("b_destination"), table.c.order_key == sa.bindparam("b_key")))
    .order_by(table.c.id).limit(1)
)  # fmt: skip


def settle(connection: Connection, *, rounds: Sequence[Round], boot: int, now: datetime) -> tuple[dict[str, Window], list[Subscription]]:
    """Write what rounds came to, and let those go that do not go on; return what is to be sent next to the others, and whose health has turned."""
    ended = [one for each in rounds for one in each.ended]
    if ended:
        deliveries.record(connection, ended=ended, now=now)
    # The rows are locked first: a delivery planned meanwhile either is seen below, or finds due_at empty and fills it.
    held = deliveries.held(connection, names=[each.name for each in rounds], boot=boot)
    ours = [each for each in rounds if each.name in held]  # another process took the others when our lease had run out
    turned: list[Subscription] = []
    for each in ours:
        if each.parks:
            park(connection, each.name, each.parks)
        if each.unparks:
            unpark(connection, [(each.name, key) for key in each.unparks])
        if each.health is not None and subscriptions.set_health(connection, each.health) and each.turned:
            turned.append(each.health)
    going_on = {each.name: each.window for each in ours if each.busy or (each.full and each.stop_until is None and not each.leaving)}
    windows = _windows(connection, going_on, now=now)
    busy = {each.name for each in ours if each.busy}
    goes_on = {name: one for name, one in windows.items() if name in busy or one.owed or one.again or one.over}
    emptied = [each for each in ours if each.name not in goes_on]
    next_at = _next(connection, [each.name for each in emptied if each.stop_until is None], now)
    deliveries.release(connection, boot=boot, rows=[
        (each.name, each.stop_until or next_at.get(each.name), each.failures, each.error, each.next_send_at) for each in emptied
    ])  # fmt: skip
    over = [each.name for each in emptied if each.stop_until is None and next_at.get(each.name) is None]
    _forget(connection, over)
    return goes_on, turned


def _forget(connection: Connection, names: Sequence[str]) -> None:
    """Keep nothing of destinations whose subscriptions were removed."""
    if names:
        there = subscriptions.by_id(connection, [subscription_of(name) for name in names])
        if gone := [name for name in names if subscription_of(name) not in there]:
            connection.execute(destinations.delete().where(destinations.c.name.in_(gone)))


def _next(connection: Connection, names: Sequence[str], now: datetime) -> dict[str, datetime | None]:
    """Return when there may be something to send next: nothing for one that is paused."""
    if not names:
        return {}
    found = subscriptions.by_id(connection, [subscription_of(name) for name in names])
    waiting = {name for name in names if (one := found.get(subscription_of(name))) is not None and not one.sends}
    moments = deliveries.next_owed_at(connection, [name for name in names if name not in waiting], now)
    for name, due_at in connection.execute(
        sa.select(parked_keys.c.destination, sa.func.min(parked_keys.c.due_at)).where(parked_keys.c.destination.in_(names)).group_by(parked_keys.c.destination)
    ):
        if name not in waiting:
            before = moments.get(name)
            moments[name] = due_at if before is None else min(before, due_at)
    return moments


def bury(connection: Connection, *, destination: str, code: str, boot: int, now: datetime, but_newest: bool = False) -> int:
    """Give up on up to :data:`BITE` deliveries of a subscription that is over; with ``but_newest`` one is left, to try it with. Return how many."""
    if destination not in deliveries.held(connection, names=[destination], boot=boot):
        return 0  # it is another process's by now
    owed = _owes(destination)
    newest = connection.execute(sa.select(sa.func.max(table.c.id)).where(owed)).scalar() if but_newest else None
    some = sa.select(table.c.id).where(owed, table.c.id != (newest or 0)).order_by(table.c.id).limit(BITE)
    gone = connection.execute(table.update().where(table.c.id.in_(some.scalar_subquery())).values(state=int(State.DEAD), ended_at=now, code=code)).rowcount
    if gone < BITE:
        connection.execute(parked_keys.delete().where(parked_keys.c.destination == destination))
        if newest:
            connection.execute(table.update().where(table.c.id == newest).values(later=0))
    return gone


def keys_of(connection: Connection, subscription_id: int, *, limit: int = 100) -> list[Any]:
    """Return the keys of a subscription that wait apart, those that are tried first at first: ``order_key``, ``due_at``, ``failures``, ``code``."""
    found = sa.select(parked_keys.c.order_key, parked_keys.c.due_at, parked_keys.c.failures, parked_keys.c.code)
    return list(connection.execute(found.where(parked_keys.c.destination == destination_of(subscription_id)).order_by(parked_keys.c.due_at).limit(limit)))
