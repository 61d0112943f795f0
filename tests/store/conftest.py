"""Every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from databases import open_new_sqlite
from services.postgres import Server
from sitting import Clock

from leverframe.store.database import Database
from leverframe.store.postgres import open_postgres


@pytest.fixture
def clock() -> Clock:
    """A clock that only a test turns."""
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        opened = await open_new_sqlite(tmp_path / "hub.db", clock)
        yield opened
        await opened.close()
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.lend(request.getfixturevalue("postgres_template"))
    on_server = await open_postgres(url, clock)
    yield on_server
    await on_server.close()
    server.take_back(url)
