"""What only PostgreSQL can do wrong."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from services.postgres import Server
from sitting import Clock
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.store import postgres, schema
from leverframe.store.events import claim_routing
from leverframe.store.ingest import NewEvent
from leverframe.store.postgres import PostgresDatabase, open_postgres
from leverframe.store.tables import processes

pytestmark = pytest.mark.anyio


async def some_event(database: PostgresDatabase, **changes: Any) -> int:
    """Take an event in."""
    id = database.new_id()
    fields: dict[str, Any] = {
        "id": id, "dedupe": os.urandom(16), "source": "github", "delivery_id": str(id), "name": "push", "action": None, "repo": None, "carried": None,
        "received_us": 0, "headers": b"[]", "body": b"{}",
    }  # fmt: skip
    return await database.ingest(NewEvent(**{**fields, **changes}))


@pytest.fixture
def url(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    """The address of a database with tables and nothing in them."""
    made = postgres_server.create_database(postgres_template)
    yield made
    postgres_server.drop_database(made)


@pytest.fixture
async def database(url: str, clock: Clock) -> AsyncIterator[PostgresDatabase]:
    """A store with one connection and four in reserve."""
    opened = await open_postgres(url, clock, connections=1)
    yield opened
    await opened.close()


def run(connection: Connection, *statements: str) -> Any:
    """Run statements; return the last one's first value."""
    done = [connection.execute(sa.text(statement)) for statement in statements]
    return done[-1].scalar()


async def test_who_sleeps_in_a_transaction_keeps_nothing_from_the_others(url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that was frozen in the middle of a write, or whose machine lost its power, kept its rows for as long as the server took it to be
    there, which is hours: the other hub sent nothing all that time. Now it is a lease. Who wakes again starts anew."""
    other = await open_postgres(url, clock, connections=1)
    monkeypatch.setattr(schema, "LEASE_S", 2)
    sleeper = await open_postgres(url, clock, connections=1)
    try:
        async with sleeper._engine.connect() as asleep:
            await asleep.execute(sa.update(processes).where(processes.c.boot == sleeper.boot).values(started_at=clock.now()))
            async with asyncio.timeout(20):
                await other.write(lambda connection: connection.execute(sa.update(processes).where(processes.c.boot == sleeper.boot).values(started_at=clock.now())))
            with pytest.raises(sa.exc.DBAPIError):
                await asleep.execute(sa.select(sa.literal(1)))
            await asleep.invalidate()
        assert await sleeper.write(lambda connection: run(connection, "SELECT 1")) == 1

        def frozen(connection: Connection) -> None:
            run(connection, "SELECT 1")
            time.sleep(3)
            run(connection, "SELECT 1")

        with pytest.raises(Refused, match="storage_unavailable"):  # nothing of it is kept, and it is done again later, as when the server was away
            await sleeper.write(frozen)
    finally:
        await sleeper.close()
        await other.close()


async def test_the_first_events_share_one_pool(postgres_server: Server, clock: Clock) -> None:
    """Events that come together before there is a connection open one pool, not one each whose connections nobody closes."""
    url = postgres_server.create_database()
    database = await open_postgres(url, clock)
    await asyncio.gather(*(some_event(database) for _ in range(300)))
    await database.close()
    postgres_server.sql(f'DROP DATABASE "{url.rpartition("/")[2]}"')  # PostgreSQL refuses while anybody is connected


@pytest.mark.parametrize(
    "changes", ["?sslmode=disable", "?sslmode=prefer&application_name=a%20hub", "?target_session_attrs=read-write", "?user=leverframe&options=-c%20work_mem%3D1MB"]
)
async def test_an_address_says_what_those_of_postgresql_say(url: str, clock: Clock, changes: str) -> None:
    """Parameters after the question mark mean for every connection what PostgreSQL's own clients take them for."""
    database = await open_postgres(url + changes, clock)
    assert isinstance(await some_event(database), int)
    if "application_name" in changes:
        names = await database.read(lambda connection: connection.execute(sa.text("SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()")).scalars().all())
        assert names == ["a hub"]
    if "options" in changes:
        assert await database.read(run, "SHOW work_mem") == "1MB"
    await database.close()


async def test_names_and_passwords_may_hold_any_character(postgres_server: Server, clock: Clock) -> None:
    """Written in an address with percent signs."""
    postgres_server.sql("CREATE ROLE \"웹 @/:%?#\" SUPERUSER LOGIN PASSWORD 'p@ss/w:rd%?#'")
    postgres_server.sql('CREATE DATABASE "데이터 %/?#"')
    user, database = "%EC%9B%B9%20%40%2F%3A%25%3F%23", "%EB%8D%B0%EC%9D%B4%ED%84%B0%20%25%2F%3F%23"
    store = await open_postgres(f"postgresql://{user}:p%40ss%2Fw%3Ard%25%3F%23@127.0.0.1:{postgres_server.port}/{database}", clock)
    assert await store.read(run, "SELECT current_user || '|' || current_database()") == "웹 @/:%?#|데이터 %/?#"
    await store.close()
    postgres_server.sql('DROP DATABASE "데이터 %/?#"')


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("postgresql://leverframe@127.0.0.1:{port}/nowhere", "does not exist"), ("postgresql://nobody@127.0.0.1:{port}/postgres", "nobody"),
        ("postgresql://leverframe@127.0.0.1:1/postgres", "Connection refused"), ("postgresql://leverframe@127.0.0.1:{port}/postgres?sslmode=maybe", "sslmode"),
        ("postgresql://leverframe@127.0.0.1:{port}/postgres?sslmode=require", "SSL"), ("postgresql://leverframe@127.0.0.1:{port}/postgres?no_such=1", "no_such"),
    ],
)  # fmt: skip
async def test_a_hub_that_cannot_open_its_database_says_why(postgres_server: Server, clock: Clock, broken: str, words: str) -> None:
    """With the server's or the system's own words, and by a code."""
    with pytest.raises(Refused, match=f"storage_unavailable.*{words}"):
        await open_postgres(broken.format(port=postgres_server.port), clock)


async def test_who_may_not_make_tables_is_told(postgres_server: Server, url: str, clock: Clock) -> None:
    """The role lacks a right on the schema: the commonest reason of all on a new server."""
    name = url.rpartition("/")[2]
    postgres_server.sql("DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN")
    postgres_server.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC", name)
    with pytest.raises(Refused, match=r"storage_unavailable: .*(permission denied|no schema)"):
        await open_postgres(url.replace("leverframe@", "plain@"), clock)


async def test_connections_that_the_server_closed_are_made_anew(database: PostgresDatabase, postgres_server: Server, url: str) -> None:
    """A restart of the server between two requests is noticed by nobody."""
    name = url.rpartition("/")[2]
    for _ in range(2):
        await asyncio.gather(*(some_event(database) for _ in range(200)), *(database.write(run, "SELECT 1") for _ in range(4)))
        # In a thread: the loop hears of the ends meanwhile.
        await asyncio.to_thread(postgres_server.sql, f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()")
    await some_event(database)
    assert await database.read(run, "SELECT count(*) FROM events") == 401
    assert database.failure is None


async def test_an_event_survives_a_cut_connection(database: PostgresDatabase, postgres_server: Server, url: str) -> None:
    """GitHub does not send again: an event whose connection ends under it is written on another one, and once."""
    name = url.rpartition("/")[2]
    await some_event(database)
    locking = await asyncpg.connect(url)
    async with locking.transaction():
        await locking.execute("LOCK TABLE events IN EXCLUSIVE MODE")
        taken = [asyncio.create_task(some_event(database)) for _ in range(100)]
        while await asyncio.to_thread(postgres_server.sql, "SELECT count(*) FROM pg_locks WHERE NOT granted") == "0":
            await asyncio.sleep(0)
        await asyncio.to_thread(
            postgres_server.sql, f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'")
    await locking.close()
    assert len({await one for one in taken}) == 100
    assert await database.read(run, "SELECT count(*) FROM events") == 101


async def test_a_connection_cut_in_the_middle_is_a_refusal(database: PostgresDatabase) -> None:
    """Nothing is known of the commit, so the asker is refused; the next one is served."""
    with pytest.raises(Refused, match="storage_unavailable"):
        await database.write(run, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert database.failure is not None
    assert await database.write(run, "SELECT 1") == 1
    assert database.failure is None


async def test_a_standby_is_not_ready(database: PostgresDatabase, postgres_server: Server, url: str) -> None:
    """A server that answers questions and takes nothing is away: a read does not make the hub ready again, a write does."""
    name = url.rpartition("/")[2]
    assert database.ready()
    await database.write(run, "SELECT set_config('default_transaction_read_only', 'on', false)")
    with pytest.raises(Refused, match="storage_unavailable"):
        await database.write(run, "UPDATE processes SET node = node RETURNING 1")
    assert not database.ready()
    assert await database.read(run, "SELECT 1") == 1
    assert not database.ready()
    await asyncio.to_thread(postgres_server.sql, f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()")
    await database.write(run, "UPDATE processes SET node = node RETURNING 1")
    assert database.ready()


async def test_an_event_does_not_overtake_one_that_is_being_claimed(database: PostgresDatabase, url: str, clock: Clock) -> None:
    """Another process has locked an older event of the repository, and its claim is not yet committed: the newer one is left alone."""
    older, newer, of_another = [await some_event(database, repo=repo) for repo in ("acme/web", "acme/web", "acme/api")]
    await database.write(lambda connection: connection.execute(processes.insert().values(boot=1, node=9, started_at=clock.now(), alive_until=clock.now())))
    claiming = await asyncpg.connect(url)
    async with claiming.transaction():
        await claiming.execute("UPDATE routing SET boot = 1 WHERE event_id = $1", older)
        assert await database.write(claim_routing, boot=database.boot, now=clock.now(), limit=9) == [of_another]
    assert await database.write(claim_routing, boot=database.boot, now=clock.now(), limit=9) == [of_another]
    await claiming.execute("DELETE FROM routing WHERE event_id = $1", older)
    await claiming.close()
    assert await database.write(claim_routing, boot=database.boot, now=clock.now(), limit=9) == [newer, of_another]


async def test_an_event_that_waits_for_another_process_is_not_locked(database: PostgresDatabase, clock: Clock) -> None:
    """Who leaves it alone does not stand in the way of the process that it waits for, which would take it for claimed."""
    older, newer = [await some_event(database, repo="acme/web") for _ in range(2)]
    await database.write(lambda connection: connection.execute(processes.insert().values(boot=1, node=9, started_at=clock.now(), alive_until=clock.now())))
    assert await database.write(claim_routing, boot=1, now=clock.now(), limit=1) == [older]
    assert await database.write(claim_routing, boot=database.boot, now=clock.now(), limit=9) == []
    assert await database.read(run, f"SELECT xmax::text FROM routing WHERE event_id = {newer}") == "0"


async def test_a_full_pool_is_a_refusal(database: PostgresDatabase) -> None:
    """More want a connection than there are, for too long: those left over are refused, not kept waiting for ever."""
    database._engine.sync_engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    done = await asyncio.gather(*(database.write(run, "SELECT pg_sleep(0.3)") for _ in range(7)), return_exceptions=True)
    assert [getattr(one, "code", None) for one in done] == [None] * 5 + ["storage_unavailable"] * 2
    assert await database.write(run, "SELECT 1") == 1


async def test_a_server_that_does_not_answer_is_given_up(url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement has its time; the connection is not used again."""
    database = await open_postgres(url, clock, connections=1)
    await database.close()
    monkeypatch.setattr(postgres, "STATEMENT_S", 3.0)  # the others have to be answered in it too
    database = await open_postgres(url, clock, connections=1)
    before = await database.write(run, "SELECT pg_backend_pid()")
    with pytest.raises(Refused, match="storage_unavailable"):
        await database.write(run, "SELECT pg_sleep(60)")
    assert await database.write(run, "SELECT pg_backend_pid()") != before
    await database.close()


async def test_works_that_wait_for_each_other_are_done_again(database: PostgresDatabase) -> None:
    """PostgreSQL ends one of two that lock the same rows in different orders; it runs once more, and both are kept."""

    def lock(connection: Connection, first: int, second: int) -> str:
        connection.execute(sa.text("SET LOCAL deadlock_timeout = '20ms'"))
        return str(run(connection, f"SELECT pg_advisory_xact_lock({first})", "SELECT pg_sleep(0.05)",
                       f"SELECT pg_advisory_xact_lock({second})", "SELECT 'done'"))  # fmt: skip

    assert await asyncio.gather(database.write(lock, 1, 2), database.write(lock, 2, 1)) == ["done", "done"]


async def test_a_value_that_cannot_be_kept_is_its_askers_own(database: PostgresDatabase) -> None:
    """A NUL, which PostgreSQL has no place for, fails who brings it; nobody takes the database for broken."""
    with pytest.raises(sa.exc.DBAPIError):
        await database.write(lambda connection: connection.execute(sa.text("SELECT CAST(:x AS text)"), {"x": "a\0b"}))
    assert database.failure is None
    done = await asyncio.gather(some_event(database), some_event(database, repo="a\0b"), some_event(database), return_exceptions=True)
    assert [type(one) for one in done] == [int, Refused, int]


async def test_closing_lets_nobody_wait(url: str, clock: Clock) -> None:
    """What waits is written; whoever comes afterwards is refused."""
    database = await open_postgres(url, clock, connections=1)
    asked = [asyncio.create_task(some_event(database)) for _ in range(500)]
    await asyncio.sleep(0)
    await database.close()
    assert all(isinstance(one, int) for one in await asyncio.gather(*asked))
    with pytest.raises(Refused, match="storage_unavailable"):
        await some_event(database)


async def test_a_clock_that_was_set_back_gives_no_identifier_twice(url: str, clock: Clock) -> None:
    """A process that starts after all others were stopped goes on behind the last identifier that is stored."""
    first = await open_postgres(url, clock, connections=1)
    ids = [await some_event(first) for _ in range(5)]
    await first.write(schema.stop_process, boot=first.boot)
    await first.close()
    clock.turn(hours=-1)
    second = await open_postgres(url, clock, connections=1)
    assert second.boot > max(ids) and await some_event(second) > max(ids)
    await second.close()
