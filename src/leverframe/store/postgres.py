"""PostgreSQL: several processes, each with a few connections; asyncpg on the way in, SQLAlchemy for everything else.

Whoever commits something that must happen wakes its own loops; the other processes look every few seconds, and take over
what a dead one held when its lease ends. So no ``LISTEN`` is needed (``docs/decisions/0002-destination-leases.md``).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from leverframe.core.errors import Refused
from leverframe.core.ids import following
from leverframe.ports import Clock
from leverframe.store import ingest, schema
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import to_us

P = ParamSpec("P")
T = TypeVar("T")

INGEST_CONNECTIONS = 3
BATCH = 64
"""A smaller share of those who wait for each connection measured faster than one connection taking all."""
RETRY_AFTER_S = 5
_GONE = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError, asyncpg.InsufficientResourcesError,
         asyncpg.OperatorInterventionError, TimeoutError)  # fmt: skip
_INSERT = f"""
WITH new AS (
  SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
                       $10::smallint[], $11::bytea[], $12::bytea[])
    AS t ({','.join(ingest.EVENT_COLUMNS)}, codec, headers, body)
), kept AS (
  INSERT INTO events ({','.join(ingest.EVENT_COLUMNS)}) SELECT {','.join(ingest.EVENT_COLUMNS)} FROM new ORDER BY dedupe
  ON CONFLICT (dedupe) DO NOTHING RETURNING id
), stored AS (
  INSERT INTO bodies (event_id, codec, headers, body) SELECT id, codec, headers, body FROM new JOIN kept USING (id)
), owed AS (
  INSERT INTO routing (event_id) SELECT id FROM kept
)
SELECT id FROM kept
"""


class PostgresDatabase:
    """``Database`` on PostgreSQL; see :func:`open_postgres`."""

    dialect = "postgresql"

    def __init__(self, engine: AsyncEngine, dsn: str, clock: Clock) -> None:
        self._engine, self._dsn, self._clock = engine, dsn, clock
        self._node, self._last_id, self._id_lock = 0, 0, threading.Lock()
        self.boot = 0
        self.failure: str | None = None
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._waiting: list[tuple[NewEvent, asyncio.Future[int]]] = []
        self._idle = INGEST_CONNECTIONS
        self._scheduled = False
        self._tasks: set[asyncio.Task[None]] = set()

    def new_id(self) -> int:
        """Return a fresh identifier, greater than all that this process gave before."""
        with self._id_lock:
            self._last_id = following(self._last_id, to_us(self._clock.now()) // 1000, self._node)
            return self._last_id

    async def ingest(self, event: NewEvent) -> int:
        """Return the event's id once it is committed, or the id of the event that it repeats.

        Raises ``Refused("storage_unavailable")`` when it cannot be written; then nothing of it is kept.
        """
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        self._hand_over()
        return await done

    def _hand_over(self) -> None:
        if self._waiting and self._idle and not self._scheduled:
            self._scheduled = True
            # One turn of the loop later, so that all requests read in this turn share the commit.
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._scheduled = False
        while self._waiting and self._idle:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            self._idle -= 1
            task = asyncio.create_task(self._commit(batch), name="ingest")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _commit(self, batch: Sequence[tuple[NewEvent, asyncio.Future[int]]]) -> None:
        try:
            answers = await self._insert([event for event, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits must be answered
            self.failure = str(error).splitlines()[0] if str(error) else type(error).__name__
            refused = Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S)
            refused.__cause__ = error
            for _, done in batch:
                if not done.done():
                    done.set_exception(refused)
        else:
            self.failure = None
            for event, done in batch:
                if not done.done():
                    done.set_result(answers[event.dedupe])
        finally:
            self._idle += 1
            self._hand_over()

    async def _insert(self, batch: Sequence[NewEvent]) -> dict[bytes, int]:
        first: dict[bytes, NewEvent] = {}
        for event in batch:
            first.setdefault(event.dedupe, event)
        fresh = list(first.values())
        columns = [list(column) for column in zip(*(event.event_row() + event.body_row()[1:] for event in fresh), strict=True)]
        pool = await self._connections()
        async with pool.acquire(timeout=10) as connection:
            kept = {row[0] for row in await connection.fetch(_INSERT, *columns)}
            answers = {event.dedupe: event.id for event in fresh if event.id in kept}
            repeats = [event.dedupe for event in fresh if event.id not in kept]
            if repeats:
                answers.update((bytes(row[0]), row[1]) for row in await connection.fetch("SELECT dedupe, id FROM events WHERE dedupe = ANY($1)", repeats))
            return answers

    async def _connections(self) -> asyncpg.Pool:
        if self._pool is None:
            async with self._opening:  # the first commits begin together: they share one pool
                if self._pool is None:
                    self._pool = await asyncpg.create_pool(self._dsn, min_size=1, max_size=INGEST_CONNECTIONS, timeout=10)
        return self._pool

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)`` once it is committed; raises what it raises, or ``Refused("storage_unavailable")``."""
        return await self._run(lambda connection: work(connection, *args, **kwargs))

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)`` of what is committed now."""
        return await self._run(lambda connection: work(connection, *args, **kwargs))

    async def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._engine.begin() as connection:
                found = await connection.run_sync(work)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, *_GONE) as error:
            if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
                raise
            self.failure = str(error).splitlines()[0]
            raise Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S) from error
        self.failure = None
        return found

    async def start(self) -> None:
        """Make or migrate the tables, and take a place among the processes."""
        await self.write(schema.prepare)
        await self.rejoin()

    async def rejoin(self) -> None:
        """Take a new place among the processes: at the start, and after the leases ran out."""
        self.boot = self.new_id()
        self._node = await self.write(schema.start_process, boot=self.boot, now=self._clock.now(), alone=False)

    async def close(self) -> None:
        """Write what waits, then let the connections go."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)
        if self._pool is not None:
            await self._pool.close()
        await self._engine.dispose()


def _asyncpg_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://", 1).replace("postgres://", "postgresql+asyncpg://", 1)


async def open_postgres(url: str, clock: Clock, *, connections: int = 8) -> PostgresDatabase:
    """Open (and make, or migrate) the database at ``url`` (``postgresql://…``) as one of its processes."""
    engine = create_async_engine(_asyncpg_url(url), pool_size=connections, max_overflow=4, pool_pre_ping=True, pool_timeout=10)
    database = PostgresDatabase(engine, url, clock)
    await database.start()
    return database

