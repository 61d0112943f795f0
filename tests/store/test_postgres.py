"""What only PostgreSQL can do wrong."""

from __future__ import annotations

import asyncio
import os

import pytest
from services.postgres import Server
from sitting import Clock

from leverframe.store.ingest import NewEvent
from leverframe.store.postgres import PostgresDatabase, open_postgres

pytestmark = pytest.mark.anyio


async def some_event(database: PostgresDatabase) -> int:
    """Take an event in."""
    id = database.new_id()
    return await database.ingest(
        NewEvent(id=id, dedupe=os.urandom(16), source="github", delivery_id=str(id), name="push", action=None, repo=None, carried=None,
                 received_us=0, codec=0, headers=b"[]", body=b"{}")
    )  # fmt: skip


async def test_the_first_events_share_one_pool(postgres_server: Server, clock: Clock) -> None:
    """Events that come together before there is a connection open one pool, not one each whose connections nobody closes."""
    url = postgres_server.create_database()
    database = await open_postgres(url, clock)
    await asyncio.gather(*(some_event(database) for _ in range(300)))
    await database.close()
    postgres_server.sql(f'DROP DATABASE "{url.rpartition("/")[2]}"')  # PostgreSQL refuses while anybody is connected
