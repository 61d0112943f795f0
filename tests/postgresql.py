"""Fixtures of a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from services.postgres import Server
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import LRUCache

from leverframe.store import schema

# Every hub that a test opens has an engine of its own. They share what was compiled, which takes longer than running it: SQLAlchemy
# keeps it by dialect, and that of one engine is like that of another.
_COMPILED: LRUCache[object, object] = LRUCache(1000)
PGDialect_asyncpg.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
PGDialect_asyncpg.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]


@sa.event.listens_for(sa.Engine, "engine_connect")
def _share(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execution_options(compiled_cache=_COMPILED)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One PostgreSQL for the whole run, started by the first test that asks. A test that kills it makes a ``Server`` of its own."""
    with Server(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> str:
    """The name of a database with every table and nothing in them: a copy of it is made in a tenth of the time."""
    url = postgres_server.create_database()

    async def make() -> None:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.begin() as connection:
            await connection.run_sync(schema.prepare)
        await engine.dispose()

    with ThreadPoolExecutor(1) as beside:  # a loop may be running here
        beside.submit(asyncio.run, make()).result()
    return url.rpartition("/")[2]


@pytest.fixture(scope="module")
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of an empty database, fresh for this module."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)
