"""The store under test: SQLite on a file, and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock

from leverframe.store.postgres import open_postgres
from leverframe.store.sqlite import open_sqlite


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
        store: Any = await open_sqlite(Path(url.removeprefix("sqlite:///")), clock)
    else:
        store = await open_postgres(url, clock, connections=4)
    try:
        yield store
    finally:
        await store.close()
