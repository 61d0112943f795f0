"""Fixtures of a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from services.postgres import Server
from sqlalchemy.ext.asyncio import create_async_engine

from leverframe.store import schema


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
