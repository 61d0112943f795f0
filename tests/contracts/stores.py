"""What every store is held to, and how a kind of store takes part.

A harness opens the store of an empty database, shows it to an outsider, and has it die. To add a kind, write an async
context manager that yields a :class:`Harness` and name it in :data:`HARNESSES`.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from clock import VirtualClock
from databases import open_new_sqlite
from services.postgres import Server
from sqlalchemy import Connection

from leverframe.store.deliveries import Ended, Planned, Role, Round, State
from leverframe.store.ingest import NewEvent
from leverframe.store.postgres import open_postgres
from leverframe.store.tables import metadata, processes, to_us


@dataclass
class Harness:
    """One store under test."""

    store: Any
    clock: VirtualClock
    outside: Callable[[str], Any]
    """Run one statement on a connection that is not the store's."""
    restart: Callable[[], Awaitable[Any]]
    """Have the process end without a word and another one open the store; returns the new one."""

    def event(self, mark: object = None, **changes: Any) -> NewEvent:
        """Return an event of its own identifier and repository; the same ``mark`` is the same event."""
        id = self.store.new_id()
        fields: dict[str, Any] = {
            "id": id, "dedupe": blake2b(repr(id if mark is None else mark).encode(), digest_size=16).digest(), "source": "github",
            "delivery_id": f"guid-{id}", "name": "push", "action": None, "repo": f"acme/{id}", "carried": None,
            "received_us": to_us(self.clock.now()), "headers": b"[]", "body": b"{}",
        }  # fmt: skip
        return NewEvent(**{**fields, **changes})

    async def routed(self, count: int = 1) -> list[int]:
        """Take ``count`` events in; return their ids."""
        return [await self.store.ingest(self.event()) for _ in range(count)]

    def planned(self, destination: str = "slack:#dev", event_id: int = 1, **changes: Any) -> Planned:
        """Return a delivery that is owed now."""
        fields: dict[str, Any] = {
            "id": self.store.new_id(), "event_id": event_id, "destination": destination, "order_key": "", "role": Role.ALONE, "route": "r",
            "state": State.OWED, "scheduled_at": self.clock.now(),
        }  # fmt: skip
        return Planned(**{**fields, **changes})

    def ended(self, delivery_id: int, state: State = State.SENT, attempt: int = 0, **changes: Any) -> Ended:
        """Return what an attempt came to."""
        fields: dict[str, Any] = {
            "delivery_id": delivery_id, "attempt": attempt, "state": state, "code": None, "started_at": self.clock.now(), "duration_ms": 3,
            "outcome": 0 if state is State.SENT else 1, "status": 200, "detail": "",
        }  # fmt: skip
        return Ended(**{**fields, **changes})

    def round(self, name: str, *ended: Ended, **changes: Any) -> Round:
        """Return what was done at a destination."""
        return Round(**{"name": name, "ended": ended, "failures": 0, "error": None, "stop_until": None, **changes})

    async def boot(self, *, dead: bool = False) -> int:
        """Register another process, alive or dead since this moment, and return its boot."""
        boot: int = self.store.new_id()
        until = self.clock.now() + timedelta(seconds=-1 if dead else 3600)
        await self.store.write(_register, boot=boot, until=until)
        return boot

    async def rows(self, query: Any) -> list[Any]:
        """Return what the store holds: bare values for one column, else tuples."""
        found = [tuple(row) for row in await self.store.read(lambda connection: connection.execute(query).all())]
        return [row[0] if len(row) == 1 else row for row in found]

    async def count(self, table: sa.Table) -> int:
        """Return how many rows a table has."""
        (number,) = await self.rows(sa.select(sa.func.count()).select_from(table))
        return int(number)


def _register(connection: Connection, *, boot: int, until: datetime) -> None:
    node = (connection.execute(sa.select(sa.func.max(processes.c.node))).scalar() or 0) + 1
    connection.execute(processes.insert().values(boot=boot, node=node, started_at=until, alive_until=until))


def _empty(connection: Connection) -> None:
    for table in metadata.tables.values():
        if table is not processes:
            connection.execute(table.delete())


@asynccontextmanager
async def sqlite(folder: Path, server: Server, url: str) -> AsyncIterator[Harness]:
    """SQLite, on a file."""
    clock, path = VirtualClock(), folder / "hub.db"

    def outside(statement: str) -> Any:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    async def restart() -> Any:
        await harness.store.close()  # no lease is let go
        clock.advance(seconds=1)
        harness.store = await open_new_sqlite(path, clock)
        return harness.store

    harness = Harness(await open_new_sqlite(path, clock), clock, outside, restart)
    yield harness
    await harness.store.close()


@asynccontextmanager
async def postgresql(folder: Path, server: Server, url: str) -> AsyncIterator[Harness]:
    """PostgreSQL, a real one."""
    clock = VirtualClock()
    store = await open_postgres(url, clock, connections=4)
    await store.write(_empty)

    async def restart() -> Any:
        await harness.store.close()
        clock.advance(seconds=16)  # its lease runs out
        harness.store = await open_postgres(url, clock, connections=4)
        return harness.store

    harness = Harness(store, clock, lambda statement: server.sql(statement, url.rpartition("/")[2]), restart)
    yield harness
    await harness.store.write(lambda connection: connection.execute(processes.delete()))
    await harness.store.close()


HARNESSES: dict[str, Callable[[Path, Server, str], AbstractAsyncContextManager[Harness]]] = {"sqlite": sqlite, "postgresql": postgresql}


async def together(*asked: Awaitable[Any]) -> list[Any]:
    """Return what all came to, errors too, started in one turn of the loop."""
    return list(await asyncio.gather(*asked, return_exceptions=True))
