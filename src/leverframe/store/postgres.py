"""PostgreSQL: several processes, each with a few connections; asyncpg on the way in, SQLAlchemy for everything else.

Whoever commits something that must happen wakes its own loops; the other processes look every few seconds, and take over
what a dead one held when its lease ends. So no ``LISTEN`` is needed (``docs/decisions/0002-destination-leases.md``).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

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
CONNECT_S = 10.0
STATEMENT_S = 30.0
"""A server that does not answer for so long is away: its host may be gone without a word."""
CLOSE_S = 10.0
_TRIES = 5
_READ_ONLY = "25006"
_AWAY = ("08", _READ_ONLY, "25P03", "28", "3D", "53", "57", "58")
"""SQLSTATEs, or their classes, of a server that cannot do it now: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_CUT = (ConnectionError, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError)
_AGAIN = ("40001", "40P01")
"""Two transactions were in each other's way: nothing is kept of this one, and it can simply be done again."""
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


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection of the way in: it runs two queries and no others, so nothing is to be reset between two batches."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        return ""


class PostgresDatabase:
    """``Database`` on PostgreSQL; see :func:`open_postgres`."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, connections: int) -> None:
        self._url, self._clock = url, clock
        # A process that sleeps in the middle of a transaction, or whose machine is gone without a word, must not keep its rows from the others.
        self._engine = self._make_engine(STATEMENT_S, pool_size=connections, max_overflow=4, pool_timeout=CONNECT_S)
        # Reads see one moment, and cannot write by mistake: as on SQLite.
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._node, self._last_id, self._id_lock = 0, 0, threading.Lock()
        self.boot = 0
        self.failure: str | None = None
        """Why the database could not be used, ``None`` once something was written again: a standby answers questions, and takes nothing."""
        self._pool: asyncpg.Pool | None = None
        self._waiting: list[tuple[NewEvent, asyncio.Future[int]]] = []
        self._compress = ingest.compressor()
        self._idle = INGEST_CONNECTIONS
        self._scheduled = self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def _make_engine(self, statement_s: float | None, **pool: Any) -> AsyncEngine:
        async def connect() -> Any:
            # asyncpg reads the address for both ways in: SQLAlchemy would not know what ``?sslmode=`` and the like mean.
            made = await asyncpg.connect(self._url, timeout=CONNECT_S, command_timeout=statement_s)
            if statement_s is not None:  # a migration takes its time
                await made.execute(f"SET idle_in_transaction_session_timeout = '{schema.LEASE_S}s'")
            return made

        engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, hide_parameters=True, **pool)
        sa.event.listen(engine.sync_engine, "checkout", _leave_out_closed)
        return engine

    def ready(self) -> bool:
        """Return whether it takes what is written to it."""
        return self.failure is None

    def new_id(self) -> int:
        """Return a fresh identifier, greater than all that this process gave before."""
        with self._id_lock:
            self._last_id = following(self._last_id, to_us(self._clock.now()) // 1000, self._node)
            return self._last_id

    async def ingest(self, event: NewEvent) -> int:
        """Return the event's id once it is committed, or the id of the event that it repeats.

        Raises ``Refused("storage_unavailable")`` when it cannot be written; then nothing of it is kept.
        """
        if self._closed:
            raise Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S)
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
            await self._answer(batch)
        finally:
            for _, done in batch:
                done.cancel()  # nobody is left waiting; whoever has been answered does not notice
            self._idle += 1
            self._hand_over()

    async def _answer(self, batch: Sequence[tuple[NewEvent, asyncio.Future[int]]]) -> None:
        try:
            answers = await self._insert_surely([event for event, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits must be answered
            if len(batch) > 1 and not _is_away(error):
                # One of them cannot be stored as it is: the others can.
                for one in batch:
                    await self._answer([one])
                return
            self.failure = sentence(error)
            refused = Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S)
            refused.__cause__ = error
            for _, done in batch:
                if not done.done():
                    done.set_exception(refused)
        else:
            self.failure = None
            for (_, done), answer in zip(batch, answers, strict=True):
                if not done.done():
                    done.set_result(answer)

    async def _insert_surely(self, batch: Sequence[NewEvent]) -> list[int]:
        try:
            return await self._insert(batch)
        except _CUT:
            # The server was restarted, say. Should it have committed all the same, the events are found by their digests.
            return await self._insert(batch)

    async def _insert(self, batch: Sequence[NewEvent]) -> list[int]:
        first: dict[bytes, NewEvent] = {}
        for event in batch:
            first.setdefault(event.dedupe, event)
        fresh = list(first.values())
        columns = [list(column) for column in zip(*(event.event_row() + event.body_row(self._compress)[1:] for event in fresh), strict=True)]
        if self._pool is None:
            raise Refused("storage_unavailable")
        async with self._pool.acquire(timeout=CONNECT_S) as connection:
            kept = {row[0] for row in await connection.fetch(_INSERT, *columns)}
            answers = {event.dedupe: event.id for event in fresh if event.id in kept}
            repeats = [event.dedupe for event in fresh if event.id not in kept]
            if repeats:
                answers.update((bytes(row[0]), row[1]) for row in await connection.fetch("SELECT dedupe, id FROM events WHERE dedupe = ANY($1)", repeats))
            return [answers[event.dedupe] for event in batch]

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)`` once it is committed; raises what it raises, or ``Refused("storage_unavailable")``.

        ``work`` is run again when its transaction and another one were in each other's way.
        """
        return await self._run(self._engine, lambda connection: work(connection, *args, **kwargs))

    async def write_first(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write as :meth:`write` does: here nobody stands in a line."""
        return await self.write(work, *args, **kwargs)

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)`` of what is committed now."""
        return await self._run(self._reading, lambda connection: work(connection, *args, **kwargs))

    async def _run(self, engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
        tries = 0
        while True:
            tries += 1
            try:
                found = await _in_transaction(engine, work)
            except (sa.exc.DBAPIError, sa.exc.TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if _sqlstate(error) in _AGAIN and tries < _TRIES:
                    continue
                if not _is_away(error) or (engine is self._reading and _sqlstate(error) == _READ_ONLY):
                    raise
                self.failure = sentence(error)
                raise Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S) from error
            if engine is not self._reading:
                self.failure = None
            return found

    async def start(self) -> None:
        """Make or migrate the tables, and take a place among the processes."""
        if await self.read(schema.version) != schema.HEAD:
            unhurried = self._make_engine(None, poolclass=NullPool)  # a migration, or waiting for another process's, may take long
            try:
                await self._run(unhurried, schema.prepare)
            finally:
                await unhurried.dispose()
        self._pool = await asyncpg.create_pool(
            self._url, min_size=0, max_size=INGEST_CONNECTIONS, timeout=CONNECT_S, command_timeout=STATEMENT_S, connection_class=_Connection
        )
        await self.rejoin()

    async def rejoin(self) -> None:
        """Take a new place among the processes: at the start, and when this process was dead for so long that it lost its own."""
        place = await self.write(schema.start_process, boot=self.new_id(), now=self._clock.now(), alone=False)
        with self._id_lock:
            self._last_id = max(schema.on_node(self._last_id, place.node), place.boot)
            self.boot, self._node = place.boot, place.node

    async def close(self) -> None:
        """Write what waits, then let the connections go; after :data:`CLOSE_S` seconds whoever still waits is refused."""
        self._closed = True
        try:
            async with asyncio.timeout(CLOSE_S):
                while self._tasks or self._waiting:
                    await asyncio.sleep(0)
                    if self._tasks:
                        await asyncio.wait(self._tasks)
                if self._pool is not None:
                    await self._pool.close()
        except TimeoutError:
            for _, done in self._waiting:
                if not done.done():
                    done.set_exception(Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S))
            self._waiting = []
            if self._pool is not None:
                self._pool.terminate()
        await self._engine.dispose()


async def _in_transaction(engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
    async with engine.connect() as connection, connection.begin():
        try:
            return await connection.run_sync(work)
        except TimeoutError:
            await connection.invalidate()  # nobody answers there: the next one must not wait as long
            raise


def _leave_out_closed(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    """Have the pool make a new connection in place of one that the server has closed; asking the server would cost three round trips."""
    if dbapi_connection.driver_connection.is_closed():
        raise sa.exc.DisconnectionError


def _sqlstate(error: BaseException) -> str:
    return getattr(getattr(error, "orig", error), "sqlstate", None) or ""


def _is_away(error: BaseException) -> bool:
    """Return whether the database is the reason, and not what it was asked."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or _sqlstate(error).startswith(_AWAY + _AGAIN)
    if isinstance(error, asyncpg.PostgresError):
        return _sqlstate(error).startswith(_AWAY + _AGAIN)
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # ClientConfigurationError is both: the address itself is wrong
    return isinstance(error, sa.exc.TimeoutError | OSError | Refused)


def sentence(error: BaseException) -> str:
    """Return the first line of what an error of this database says; of an address that cannot be read our own words, as those of others
    show what they stumbled over, and that may be half a password."""
    if isinstance(error, ValueError) and not (isinstance(error, asyncpg.ClientConfigurationError) and "URI" not in str(error)):
        return "hub.database is not an address that can be read; in its password write # as %23, / as %2F, ? as %3F and @ as %40"
    said = str(getattr(error, "orig", None) or error) or type(error).__name__
    return said.splitlines()[0]


async def open_postgres(url: str, clock: Clock, *, connections: int = 8) -> PostgresDatabase:
    """Open (and make, or migrate) the database at ``url`` (``postgresql://…``, with what libpq's addresses may say) as one of its processes.

    Raises ``Refused``: ``database_newer``, or ``storage_unavailable`` with the server's words.
    """
    database = PostgresDatabase(url, clock, connections)
    try:
        await database.start()
    except Exception as error:
        await database.close()
        if isinstance(error, Refused) and error.code != "storage_unavailable":
            raise
        cause = error.__cause__ if isinstance(error, Refused) and error.__cause__ is not None else error
        if isinstance(error, Refused | sa.exc.SQLAlchemyError | asyncpg.PostgresError | ValueError):
            raise Refused("storage_unavailable", sentence(cause)) from error
        raise
    return database
