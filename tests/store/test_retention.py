"""Retention: what somebody still needs stays, everything else goes at its time, in bites."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from services.postgres import Server
from sitting import NOON, Clock, store_delivery, store_event
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.store import audit, retention, tables
from leverframe.store.database import Database
from leverframe.store.deliveries import State
from leverframe.store.postgres import open_postgres
from leverframe.store.retention import BITE, first_id_at
from leverframe.work.sweep import EVERY_S, Kept, Sweeper

pytestmark = pytest.mark.anyio
BEFORE = NOON - timedelta(days=30)
DAY = timedelta(days=1)


def old(number: int = 0, age: timedelta = timedelta(seconds=1)) -> int:
    """Return an identifier of ``age`` before the boundary."""
    return first_id_at(BEFORE - age) + number


async def ids(database: Database, column: sa.Column[Any]) -> list[Any]:
    """Return the values of a column."""
    found: list[Any] = await database.read(lambda connection: list(connection.execute(sa.select(column).order_by(column)).scalars()))
    return found


def _many(connection: Connection, *, first: int, count: int) -> None:
    """Store events with all that belongs to them."""
    numbers = range(first, first + count)
    connection.execute(tables.events.insert(), [
        {"id": id, "dedupe": id.to_bytes(16, "big"), "source": "github", "delivery_id": str(id), "name": "push", "received_at": NOON} for id in numbers])
    connection.execute(tables.bodies.insert(), [{"event_id": id, "codec": 0, "headers": b"[]", "body": b"{}"} for id in numbers])
    connection.execute(tables.deliveries.insert(), [
        {"id": id, "event_id": id, "destination": "slack:#dev", "order_key": "", "role": 0, "route": "r", "state": 1, "attempt": 1, "created_at": NOON,
         "scheduled_at": NOON} for id in numbers])
    connection.execute(tables.attempts.insert(), [
        {"delivery_id": id, "number": 1, "started_at": NOON, "duration_ms": 1, "outcome": 0, "detail": ""} for id in numbers])


@pytest.mark.parametrize("sweep", [retention.sweep_bodies, retention.sweep_events])
async def test_what_is_still_needed_stays(database: Database, sweep: Callable[..., int]) -> None:
    """An event that waits for routing, that is owed somewhere, or that died somewhere can still be said."""
    states = [State.OWED, State.DEAD, State.SENT, State.COALESCED, State.MUTED]
    for number, state in enumerate(states):
        await database.write(store_event, id=old(number))
        await database.write(store_delivery, id=old(number), event_id=old(number), state=state)
        await database.write(store_delivery, id=old(number + 50), event_id=old(number), state=State.SENT)
    await database.write(store_event, id=old(10))
    await database.write(store_event, id=old(11))
    await database.write(lambda connection: connection.execute(tables.routing.insert().values(event_id=old(11))))
    assert await database.write(sweep, before=BEFORE) == 4
    assert await ids(database, tables.bodies.c.event_id) == [old(0), old(1), old(11)]
    assert await database.write(sweep, before=BEFORE) == 0


async def test_time_is_up_at_the_boundary_and_not_before(database: Database) -> None:
    """What was accepted at the very instant, or later, stays."""
    given = [old(age=DAY), old(age=timedelta(milliseconds=1)), first_id_at(BEFORE), first_id_at(BEFORE + DAY)]
    for id in given:
        await database.write(store_event, id=id)
    assert await database.write(retention.sweep_bodies, before=BEFORE) == 2
    assert await ids(database, tables.bodies.c.event_id) == given[2:] and await ids(database, tables.events.c.id) == given
    assert await database.write(retention.sweep_events, before=BEFORE) == 2
    assert await ids(database, tables.events.c.id) == given[2:]


async def test_an_event_goes_with_everything_of_its_own(database: Database) -> None:
    """Deliveries, attempts and body; those of other events stay."""
    await database.write(_many, first=old(), count=3)
    await database.write(_many, first=first_id_at(BEFORE), count=2)
    assert await database.write(retention.sweep_events, before=BEFORE) == 3
    for column in (tables.events.c.id, tables.bodies.c.event_id, tables.deliveries.c.id, tables.attempts.c.delivery_id):
        assert await ids(database, column) == [first_id_at(BEFORE), first_id_at(BEFORE) + 1]


async def test_dead_letters_go_by_the_day_they_died(database: Database) -> None:
    """However old their event is; then nothing holds the event any more."""
    await database.write(store_event, id=old())
    for number, age in enumerate([DAY, timedelta(seconds=1), timedelta(0)]):
        await database.write(store_delivery, id=old(number), event_id=old(), state=State.DEAD)
        await database.write(
            lambda connection, id, at: connection.execute(tables.deliveries.update().where(tables.deliveries.c.id == id).values(ended_at=at)), old(number), BEFORE - age
        )
    assert await database.write(retention.sweep_dead, before=BEFORE) == 2
    assert await ids(database, tables.attempts.c.delivery_id) == [old(2)]
    assert await database.write(retention.sweep_events, before=BEFORE) == 0
    assert await database.write(retention.sweep_dead, before=BEFORE + DAY) == 1
    assert await database.write(retention.sweep_events, before=BEFORE) == 1


async def test_small_things_that_are_over_go(database: Database) -> None:
    """Sessions and mutes that ended, links, tokens, cards, waits for labels and the playground's messages of long ago; the rest stays."""
    long_ago, soon = BEFORE - DAY, NOON + DAY

    def fill(connection: Connection) -> None:
        for number, (past, at) in enumerate([(long_ago, long_ago), (BEFORE, soon)]):
            key = bytes([number]) * 32
            rows: list[tuple[sa.Table, dict[str, Any]]] = [
                (tables.cards, {"destination": "d", "subject": str(number), "remote_id": "1", "delivery_id": 1, "posted_at": past}),
                (tables.label_waits, {"route": "r", "subject": str(number), "event_id": first_id_at(past)}),
                (tables.playground_messages, {"id": first_id_at(past), "room": "#dev", "author": "hub", "message": "{}", "posted_at": past}),
                (tables.sessions, {"digest": key, "person": "ann", "csrf": "", "created_at": past, "expires_at": at}),
                (tables.invitations, {"digest": key, "person": "ann", "role": "admin", "expires_at": at}),
                (tables.api_tokens, {"digest": key, "name": str(number), "grants": "[]", "by": "ann", "created_at": past, "expires_at": at}),
                (tables.mutes, {"target": str(number), "until": at, "reason": "", "by": ""}),
            ]  # fmt: skip
            for table, values in rows:
                connection.execute(table.insert().values(**values))
        connection.execute(tables.api_tokens.insert().values(digest=b"f" * 32, name="for ever", grants="[]", by="ann", created_at=long_ago))

    await database.write(fill)
    await database.write(retention.sweep_small, before=BEFORE, now=NOON)
    for column in (tables.cards.c.subject, tables.label_waits.c.subject, tables.mutes.c.target):
        assert await ids(database, column) == ["1"]
    assert await ids(database, tables.api_tokens.c.name) == ["1", "for ever"]
    assert await ids(database, tables.playground_messages.c.id) == [first_id_at(BEFORE)]
    for column in (tables.sessions.c.digest, tables.invitations.c.digest):
        assert await ids(database, column) == [b"\1" * 32]


async def test_a_sweep_takes_bites_and_lets_others_in_between(database: Database, clock: Clock) -> None:
    """Each bite is a transaction of its own, with a pause after it; all is gone in the end, each kind at its own age."""
    kept = Kept(events_days=90, bodies_days=30, dead_days=60, audit_days=400)
    await database.write(_many, first=first_id_at(NOON - timedelta(days=91)), count=BITE + 1)
    await database.write(_many, first=first_id_at(NOON - timedelta(days=31)), count=3)
    await database.write(_many, first=first_id_at(NOON - timedelta(days=29)), count=2)
    for days in (401, 399):
        await database.write(audit.append, id=first_id_at(NOON - timedelta(days=days)), at=NOON, actor="x", act="x")
    began = clock.now()
    assert await Sweeper(database, clock, kept).sweep() == {"dead": 0, "bodies": BITE + 4, "events": BITE + 1, "audit": 1}
    assert clock.now() > began
    assert len(await ids(database, tables.events.c.id)) == 5 and len(await ids(database, tables.bodies.c.event_id)) == 2
    assert await Sweeper(database, clock, kept).sweep() == {"dead": 0, "bodies": 0, "events": 0, "audit": 0}


async def test_the_sweeper_comes_every_hour_whatever_happens(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away, or an error that nobody thought of, puts it off by an hour."""
    came: list[float] = []
    began = clock.now()
    errors: list[Exception | None] = [None, Refused("storage_unavailable"), ValueError("unthought of"), None]

    async def sweep(self: Sweeper) -> dict[str, int]:
        came.append((clock.now() - began).total_seconds())
        await asyncio.sleep(0)
        if error := errors[len(came) - 1]:
            raise error
        if len(came) == len(errors):
            raise asyncio.CancelledError
        return {}

    monkeypatch.setattr(Sweeper, "sweep", sweep)
    with pytest.raises(asyncio.CancelledError):
        await Sweeper(database, clock, Kept()).run()
    assert came == [EVERY_S * turn for turn in (1, 2, 3, 4)]


async def test_two_hubs_sweep_one_database(postgres_server: Server, clock: Clock) -> None:
    """Both at the same time, and nothing stops either."""
    url = postgres_server.create_database()
    stores = [await open_postgres(url, clock, connections=2) for _ in range(2)]
    await stores[0].write(_many, first=first_id_at(NOON - timedelta(days=91)), count=3 * BITE)
    await asyncio.gather(*(Sweeper(store, clock, Kept()).sweep() for store in stores))
    await Sweeper(stores[0], clock, Kept()).sweep()
    assert await ids(stores[0], tables.events.c.id) == [] and await ids(stores[0], tables.attempts.c.delivery_id) == []
    for store in stores:
        await store.close()
    postgres_server.drop_database(url)
