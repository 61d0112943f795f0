"""Retention: what somebody still needs stays, everything else goes at its time, in bites."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from rows_read import rows_read
from services.postgres import Server
from sitting import NOON, Clock, store_delivery, store_event
from sqlalchemy import Connection

from leverframe.core.audit_chain import Signer
from leverframe.core.errors import Refused
from leverframe.store import audit, audit_chain, retention, tables
from leverframe.store.database import Database
from leverframe.store.deliveries import State
from leverframe.store.postgres import open_postgres
from leverframe.store.retention import BITE, RECENT, first_id_at
from leverframe.work.sweep import EVERY_S, PAUSE_S, Kept, Sweeper

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


def _small(number: int, past: datetime, end: datetime) -> list[tuple[sa.Table, dict[str, Any]]]:
    """Return one row of each small kind: what was made at ``past``, and what ends at ``end``."""
    key, name = number.to_bytes(32, "big"), str(number)
    return [
        (tables.cards, {"destination": "d", "subject": name, "remote_id": "1", "delivery_id": 1, "posted_at": past}),
        (tables.label_waits, {"route": "r", "subject": name, "event_id": first_id_at(past)}),
        (tables.playground_messages, {"id": first_id_at(past) + number, "room": "#dev", "author": "hub", "message": "{}", "posted_at": past}),
        (tables.inbox, {"id": first_id_at(past) + number, "key": key[16:], "actor": "a", "room": "r", "kind": "Said", "heard": b"", "received_at": past, "ended_at": past}),
        (tables.invitations, {"digest": key, "person": "ann", "role": "admin", "expires_at": end}),
        (tables.api_tokens, {"digest": key, "name": name, "grants": "[]", "by": "ann", "created_at": past, "expires_at": end}),
        (tables.hook_tokens, {"digest": key, "name": name, "rooms": "[]", "by": "ann", "created_at": past, "expires_at": end}),
        (tables.sessions, {"digest": key, "person": "ann", "csrf": "", "created_at": past, "expires_at": end}),
        (tables.mutes, {"target": name, "until": end, "reason": "", "by": ""}),
    ]  # fmt: skip


SMALL = [table for table, _ in _small(0, NOON, NOON)]


def _store_small(connection: Connection, number: int, past: datetime, end: datetime) -> None:
    for table, values in _small(number, past, end):
        connection.execute(table.insert().values(**values))


async def counts(database: Database) -> list[int]:
    """Return how many rows of each small kind there are."""
    return [await database.read(lambda connection: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()) for table in SMALL]  # noqa: B023


async def swept(database: Database) -> list[int]:
    """Sweep until nothing is left to sweep; return how many went with each bite."""
    bites: list[int] = []
    while bite := await database.write(retention.sweep_small, before=BEFORE, now=NOON):
        bites.append(bite)
    return bites


async def test_small_things_that_are_over_go(database: Database) -> None:
    """Links, tokens, cards, waits for labels, what people said and the playground's messages of long ago; the rest stays."""
    second = timedelta(seconds=1)
    await database.write(_store_small, number=1, past=BEFORE - second, end=BEFORE - second)
    await database.write(_store_small, number=2, past=BEFORE, end=NOON)
    assert await swept(database) == [1] * len(SMALL)
    assert await counts(database) == [1] * len(SMALL)
    assert await ids(database, tables.api_tokens.c.name) == await ids(database, tables.hook_tokens.c.name) == ["2"]


async def test_sessions_and_mutes_go_when_they_end(database: Database) -> None:
    """They are of no use then; an ended link or token is still shown for a while."""
    await database.write(_store_small, number=1, past=BEFORE, end=BEFORE)
    await swept(database)
    assert {table.name: count for table, count in zip(SMALL, await counts(database), strict=True) if not count} == {"sessions": 0, "mutes": 0}


async def test_a_token_that_was_revoked_goes_and_one_without_an_end_stays(database: Database) -> None:
    """Counted from when it was revoked, whatever its end; and what somebody said stays until it has been answered."""
    for number, revoked_at in enumerate([BEFORE - timedelta(seconds=1), BEFORE, None]):
        for table, scope in ((tables.api_tokens, "grants"), (tables.hook_tokens, "rooms")):
            values = {"digest": bytes([number]) * 32, "name": str(number), scope: "[]", "by": "ann", "created_at": BEFORE - 2 * DAY, "revoked_at": revoked_at}
            await database.write(lambda connection: connection.execute(table.insert().values(**values)))  # noqa: B023
    unanswered = {"id": 1, "key": b"k" * 16, "actor": "a", "room": "r", "kind": "Said", "heard": b"", "received_at": BEFORE - 2 * DAY}
    await database.write(lambda connection: connection.execute(tables.inbox.insert().values(**unanswered)))
    assert await swept(database) == [1, 1]
    assert await ids(database, tables.api_tokens.c.name) == await ids(database, tables.hook_tokens.c.name) == ["1", "2"]
    assert await ids(database, tables.inbox.c.id) == [1]


async def test_many_small_things_go_in_bites(database: Database) -> None:
    """However many there are, a transaction forgets no more than a bite of them."""

    def fill(connection: Connection) -> None:
        rows = [{"destination": "d", "subject": str(number), "remote_id": "1", "delivery_id": 1, "posted_at": BEFORE - DAY} for number in range(2 * BITE + 7)]
        connection.execute(tables.cards.insert(), rows)
        connection.execute(tables.label_waits.insert(), [{"route": "r", "subject": str(number), "event_id": 1} for number in range(BITE + 1)])

    await database.write(fill)
    assert await swept(database) == [BITE, BITE, 7, BITE, 1]
    assert await counts(database) == [0] * len(SMALL)


@pytest.mark.parametrize("table", [tables.cards, tables.label_waits])
async def test_what_is_kept_is_not_looked_through_for_what_goes(database: Database, table: sa.Table) -> None:
    """There may be as many cards as issues, and as many that wait for a label."""

    def fill(connection: Connection) -> None:
        if table is tables.cards:
            rows = [{"destination": "d", "subject": str(number), "remote_id": "1", "delivery_id": 1, "posted_at": NOON} for number in range(20 * BITE)]
        else:
            rows = [{"route": "r", "subject": str(number), "event_id": first_id_at(NOON)} for number in range(20 * BITE)]
        connection.execute(table.insert(), rows)
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"ANALYZE {table.name}"))

    await database.write(fill)
    assert (await rows_read(database, table, retention.sweep_small, before=BEFORE, now=NOON))[1] < BITE


async def test_deployments_go_but_for_those_that_a_rollback_needs(database: Database) -> None:
    """Of each environment the last fifty stay, and the one that is live; what has not ended, or ended late, stays however old it is."""
    ages = range(RECENT + 30, 0, -1)
    states = {RECENT + 29: "succeeded", RECENT + 20: "unknown", RECENT + 10: "waiting"}
    rows = [_deployment("staging", age, states.get(age, "failed")) for age in ages] + [_deployment("production", age, "succeeded") for age in range(RECENT, 0, -1)]
    late = _deployment("preview", 99, "failed") | {"changed_at": BEFORE + DAY}
    many = [_deployment("preview", age, "succeeded") for age in range(RECENT + 1, 0, -1)]

    def store(connection: Connection) -> None:
        connection.execute(tables.deployments.insert(), [*rows, late, *many])
        questions = [{"id": row["id"], "deployment_id": row["id"], "digest": "", "result": "won", "version": 1, "document": b"{}"} for row in rows]
        connection.execute(tables.approvals.insert(), questions)
        connection.execute(tables.lever_effects.insert(), [{"id": rows[0]["id"], "deployment_id": rows[0]["id"], "name": "Wake", "document": b"{}", "due_at": NOON}])

    await database.write(store)
    assert await database.write(retention.sweep_deployments, before=BEFORE) == 30 - 3 + 1
    stays = sorted([row["id"] for row in rows if row["environment"] == "production" or (age := _age(row)) <= RECENT or age in states])
    assert await ids(database, tables.approvals.c.id) == stays
    assert [id for id in await ids(database, tables.deployments.c.id) if id in {row["id"] for row in rows}] == stays
    assert len(await ids(database, tables.deployments.c.id)) == len(stays) + 1 + RECENT and await ids(database, tables.lever_effects.c.id) == []
    assert await database.write(retention.sweep_deployments, before=BEFORE) == 0


def _deployment(environment: str, age: int, state: str) -> dict[str, Any]:
    """Return a deployment that ended ``age`` hours before the boundary."""
    at = BEFORE - timedelta(hours=age)
    number = {"staging": 0, "production": 1, "preview": 2}[environment]
    return {
        "id": first_id_at(at) + number, "service": "web-app", "environment": environment, "lane": f"{environment}/{age}", "state": state, "version": 1,
        "asked_at": at, "changed_at": at, "document": b"{}",
    }  # fmt: skip


def _age(row: dict[str, Any]) -> int:
    return round((BEFORE - row["asked_at"]) / timedelta(hours=1))


async def test_a_sweep_takes_bites_and_lets_others_in_between(database: Database, clock: Clock) -> None:
    """Each bite is a transaction of its own, with a pause after it; all is gone in the end, each kind at its own age."""
    kept = Kept(events_days=90, bodies_days=30, dead_days=60, audit_days=400)
    await database.write(_many, first=first_id_at(NOON - timedelta(days=91)), count=BITE + 1)
    await database.write(_many, first=first_id_at(NOON - timedelta(days=31)), count=3)
    await database.write(_many, first=first_id_at(NOON - timedelta(days=29)), count=2)
    for days in (401, 399):
        await database.write(audit.append, id=first_id_at(NOON - timedelta(days=days)), at=NOON, actor="x", act="x")
        await database.write(audit_chain.extend, signer=Signer(), now=NOON - timedelta(days=days), new_id=database.new_id)
    await database.write(_store_small, number=1, past=NOON - timedelta(days=91), end=NOON - timedelta(days=91))
    await database.write(_store_small, number=2, past=NOON - timedelta(days=89), end=NOON + DAY)
    began = clock.now()
    assert await Sweeper(database, clock, kept, Signer()).sweep() == {"dead": 0, "bodies": BITE + 4, "events": BITE + 1, "deployments": 0, "changes": 0, "audit": 1, "small": len(SMALL)}
    assert (clock.now() - began).total_seconds() == pytest.approx(PAUSE_S * (2 + 2 + 1 + len(SMALL)))
    assert len(await ids(database, tables.events.c.id)) == 5 and len(await ids(database, tables.bodies.c.event_id)) == 2
    assert await Sweeper(database, clock, kept, Signer()).sweep() == dict.fromkeys(["dead", "bodies", "events", "deployments", "changes", "audit", "small"], 0)


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
        await Sweeper(database, clock, Kept(), Signer()).run()
    assert came == [EVERY_S * turn for turn in (1, 2, 3, 4)]


async def test_two_hubs_sweep_one_database(postgres_server: Server, postgres_template: str, clock: Clock) -> None:
    """Both at the same time, and nothing stops either: they take turns. Each once chose what the other was removing, and waited for nothing."""
    url = postgres_server.lend(postgres_template)
    stores = [await open_postgres(url, clock, connections=2) for _ in range(2)]
    await stores[0].write(_many, first=first_id_at(NOON - timedelta(days=91)), count=3 * BITE)
    swept = await asyncio.gather(*(Sweeper(store, clock, Kept(), Signer()).sweep() for store in stores))
    assert [sum(one[what] for one in swept) for what in ("bodies", "events")] == [3 * BITE] * 2
    assert await ids(stores[0], tables.events.c.id) == [] and await ids(stores[0], tables.attempts.c.delivery_id) == []
    for store in stores:
        await store.close()
    postgres_server.take_back(url)
