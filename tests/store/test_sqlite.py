"""What only SQLite can do wrong: one file, one process, its neighbours in the folder, and a disk."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sitting import Clock
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.store import schema
from leverframe.store.ingest import NewEvent
from leverframe.store.sqlite import LARGE_BYTES, STEADY, AlreadyServed, SqliteDatabase, open_sqlite

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteDatabase]:
    """A store that is open and empty."""
    opened = await open_sqlite(tmp_path / "hub.db", clock)
    yield opened
    await opened.close()


async def some_event(database: SqliteDatabase, **changes: Any) -> int:
    """Take an event in."""
    id = database.new_id()
    fields: dict[str, Any] = {
        "id": id, "dedupe": os.urandom(16), "source": "github", "delivery_id": str(id), "name": "push", "action": None, "repo": None, "carried": None,
        "received_us": 0, "headers": b"[]", "body": b"{}",
    }  # fmt: skip
    return await database.ingest(NewEvent(**{**fields, **changes}))


def count(connection: Connection) -> int:
    """Return how many events there are."""
    found: int = connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
    return found


async def test_only_its_owner_reads_the_files(tmp_path: Path, clock: Clock) -> None:
    """The database, its log, its index and its lock, however generous the umask."""
    before = os.umask(0)
    try:
        database = await open_sqlite(tmp_path / "hub.db", clock)
        await some_event(database)
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        await database.close()
    finally:
        os.umask(before)
    assert files == dict.fromkeys(["hub.db", "hub.db-wal", "hub.db-shm", "hub.db.lock"], 0o600)


async def test_a_file_is_served_once(tmp_path: Path, clock: Clock) -> None:
    """A second server is told so, and the first one's leases are left alone; when the first has ended, another may."""
    first = await open_sqlite(tmp_path / "hub.db", clock)
    with pytest.raises(AlreadyServed, match=r"hub\.db.*stop it first"):
        await open_sqlite(tmp_path / "hub.db", clock)
    assert await first.write(schema.heartbeat, boot=first.boot, now=clock.now())
    await first.close()
    second = await open_sqlite(tmp_path / "hub.db", clock)
    await second.close()


@pytest.mark.parametrize("name", ["my hub.db", "허브.db", "a?b#c.db", "100%25.db", "a%2fb%.db", "a&b=c;d.db", ":memory:", "-x", "file:hub.db", "it's \"it\".db"])
async def test_a_file_may_have_any_name(tmp_path: Path, clock: Clock, name: str) -> None:
    """What is written is read again, and it is in the file of that name."""
    for expected in (1, 2):
        database = await open_sqlite(tmp_path / name, clock)
        clock.turn(seconds=1)
        await some_event(database)
        assert await database.read(count) == expected
        await database.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"{name}.lock"])


async def test_the_folder_of_the_file_is_made(tmp_path: Path, clock: Clock) -> None:
    """A first start needs no preparation."""
    database = await open_sqlite(tmp_path / "a" / "b" / "hub.db", clock)
    await database.close()
    assert (tmp_path / "a" / "b" / "hub.db").exists()


async def test_what_is_answered_is_on_the_disk(database: SqliteDatabase) -> None:
    """The log is synchronised at every commit."""
    assert database._raw.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database._raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_copy_taken_by_another_program_holds_nobody_up(database: SqliteDatabase, tmp_path: Path) -> None:
    """While somebody reads the file for long, events are taken in."""
    await some_event(database)
    outside = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    outside.execute("BEGIN")
    assert outside.execute("SELECT count(*) FROM events").fetchone() == (1,)
    await some_event(database)
    assert outside.execute("SELECT count(*) FROM events").fetchone() == (1,)
    outside.close()
    assert await database.read(count) == 2


async def test_a_full_disk_is_a_refusal_and_no_more(database: SqliteDatabase) -> None:
    """Nothing of what was refused is kept, small or large; when there is room again, the same process goes on."""
    await some_event(database)
    (pages,) = database._raw.execute("PRAGMA page_count").fetchone()
    database._raw.execute(f"PRAGMA max_page_count={pages + 4}")
    body = os.urandom(LARGE_BYTES + 1)
    done = await asyncio.gather(*(some_event(database, body=body[:size]) for size in (100_000, len(body), 100_000)), return_exceptions=True)
    assert [getattr(one, "code", None) for one in done] == ["storage_unavailable"] * 3 and database.failure is not None
    assert await database.read(count) == 1
    database._raw.execute("PRAGMA max_page_count=1000000")
    assert isinstance(await some_event(database, body=body), int) and database.failure is None
    assert database._raw.in_transaction is False
    assert await database.read(count) == 2


async def test_readiness_stays_red_while_the_disk_is_full(database: SqliteDatabase, clock: Clock) -> None:
    """A commit that writes nothing does not make it ready again, nor does a small one that still found room; some steady seconds do."""
    assert database.ready()
    (pages,) = database._raw.execute("PRAGMA page_count").fetchone()
    database._raw.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Refused, match="storage_unavailable"):
        await some_event(database, body=os.urandom(LARGE_BYTES))
    clock.turn(minutes=1)
    assert await database.write(count) == 0 and not database.ready()
    with pytest.raises(Refused, match="storage_unavailable"):
        await some_event(database, body=os.urandom(LARGE_BYTES))
    assert await database.write(schema.heartbeat, boot=database.boot, now=clock.now())
    assert database.failure is None and not database.ready()
    clock.turn(seconds=STEADY.total_seconds())
    assert not database.ready()
    clock.turn(seconds=0.001)
    assert database.ready()


async def test_readiness_does_not_wait_for_a_clock_that_was_set_back(database: SqliteDatabase, clock: Clock) -> None:
    """An hour earlier than the failure is as good as later."""
    database._raw.execute("PRAGMA max_page_count=1")
    with pytest.raises(Refused, match="storage_unavailable"):
        await some_event(database, body=os.urandom(LARGE_BYTES))
    database._raw.execute("PRAGMA max_page_count=1000000")
    await some_event(database)
    assert not database.ready()
    clock.turn(hours=-1)
    assert database.ready()


async def test_an_event_that_cannot_be_written_is_refused_alone(database: SqliteDatabase) -> None:
    """Text that is no text, a number that is too large: the others of its moment are kept, and so are the later ones."""
    broken: list[dict[str, Any]] = [{"repo": "half \ud800"}, {"received_us": 1 << 70}]
    asked = [some_event(database), *(some_event(database, **changes) for changes in broken), some_event(database), some_event(database, body=b"x" * LARGE_BYTES * 2)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in done] == [int, Refused, Refused, int, int]
    assert isinstance(await some_event(database), int) and database.ready()


async def test_who_stands_at_a_door_is_written_first(database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit takes works on for a moment only; before those that are left comes what a door waits for, and nothing is left undone."""
    monkeypatch.setattr("leverframe.store.sqlite.TURN_S", -1.0)
    done: list[str] = []
    doors: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()

    def work(connection: sa.Connection, name: str) -> None:
        if name == "a":
            loop.call_soon_threadsafe(lambda: doors.append(asyncio.create_task(database.write_first(work, "door"))))
        done.append(name)

    await asyncio.gather(*(database.write(work, name) for name in ("a", "b", "c")))
    await asyncio.gather(*doors)
    assert done == ["a", "door", "b", "c"]


async def test_closing_lets_nobody_wait(tmp_path: Path, clock: Clock) -> None:
    """What waits is written; whoever comes afterwards is refused."""
    database = await open_sqlite(tmp_path / "hub.db", clock)
    asked = [asyncio.create_task(some_event(database, body=b"x" * (LARGE_BYTES * 2 if number % 100 == 0 else 9))) for number in range(1500)]
    await asyncio.sleep(0)
    await database.close()
    assert all(isinstance(one, int) for one in await asyncio.gather(*asked))
    for late in (some_event(database), database.write(count), database.read(count)):
        with pytest.raises(Refused, match="storage_unavailable"):
            await late


@pytest.mark.parametrize("content", [b"this is a letter, not a database. " * 200, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_of_something_else_is_left_alone(tmp_path: Path, clock: Clock, content: bytes) -> None:
    """It is refused with SQLite's words, nothing is written to it, and nothing keeps it."""
    path = tmp_path / "hub.db"
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(Refused, match=r"storage_unavailable: .*(not a database|malformed)"):
            await open_sqlite(path, clock)
    assert path.read_bytes() == content


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, clock: Clock) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="storage_unavailable: .*file"):
        await open_sqlite(tmp_path / "file" / "hub.db", clock)


async def test_a_newer_database_is_let_go(tmp_path: Path, clock: Clock) -> None:
    """Refused, it is free for the program that it belongs to."""
    first = await open_sqlite(tmp_path / "hub.db", clock)
    await first.write(lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    await first.close()
    for _ in range(2):
        with pytest.raises(Refused, match="database_newer"):
            await open_sqlite(tmp_path / "hub.db", clock)
