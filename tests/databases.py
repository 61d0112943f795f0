"""The store under test: SQLite on a file, and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock

from leverframe.ports import Clock
from leverframe.store import schema
from leverframe.store.postgres import open_postgres
from leverframe.store.sqlite import SqliteDatabase, open_sqlite


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The address of an empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/hub.db"
        return
    server = request.getfixturevalue("postgres_server")
    url = server.lend(request.getfixturevalue("postgres_template"))
    yield url
    server.take_back(url)


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that the test turns."""
    return VirtualClock()


@pytest.fixture
async def database(database_url: str, clock: VirtualClock) -> AsyncIterator[Any]:
    """A store that is open and empty."""
    async with opened(database_url, clock) as store:
        yield store


@asynccontextmanager
async def opened(url: str, clock: VirtualClock) -> AsyncIterator[Any]:
    """Open the store at ``url``, and close it afterwards."""
    if url.startswith("sqlite:///"):
        store: Any = await open_new_sqlite(Path(url.removeprefix("sqlite:///")), clock)
    else:
        store = await open_postgres(url, clock, connections=4)
    try:
        yield store
    finally:
        await store.close()


async def open_new_sqlite(path: Path, clock: Clock) -> SqliteDatabase:
    """Open the database at ``path``; a new one has every table already, which is done in a quarter of the time."""
    if not path.exists():
        path.write_bytes(_tables())
    return await open_sqlite(path, clock)


@cache
def _tables() -> bytes:
    """Return a database file with every table and nothing in them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "hub.db"
        engine = sa.create_engine(f"sqlite:///{path}")
        with closing(engine.connect()) as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            schema.prepare(connection)
            connection.commit()
        engine.dispose()
        return path.read_bytes()
