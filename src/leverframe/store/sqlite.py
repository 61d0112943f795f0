"""SQLite: one process, one writer thread, one commit for everybody who waits (group commit).

WAL with ``synchronous=FULL``: what was answered is on disk. The loop hands the writer one batch at a time; while it
commits, the next batch gathers. See https://sqlite.org/wal.html and https://sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.pool import StaticPool
from sqlalchemy.util import LRUCache

from leverframe.core.errors import Refused
from leverframe.core.ids import following
from leverframe.ports import Clock
from leverframe.store import ingest, rows, schema
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import to_us

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 512
"""At most so many waiting writes share a commit: beyond, the last would wait longer than the disk makes it."""
TURN_S = 0.01
"""So long a commit takes works on; what is left waits for the next one, so that nobody at a door waits long for others' works."""
LARGE_BYTES = 256 * 1024
"""A body above this commits apart, so that it does not hold up the small ones."""
RETRY_AFTER_S = 5
STEADY = timedelta(seconds=6)
"""Without a failure for so long, longer than from one heartbeat to the next, it is well again: on a full disk small things still
find room."""


class AlreadyServed(RuntimeError):
    """Another process serves this database file: stop it first, or use PostgreSQL for several processes."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: {self.__doc__}")


_COMPILED: LRUCache[Any, Any] = LRUCache(1_000)
"""Of all connections of the process."""

_Work: TypeAlias = tuple[Callable[[Connection], Any], asyncio.Future[Any]]


class _Batch(msgspec.Struct):
    events: list[tuple[NewEvent, asyncio.Future[int]]] = msgspec.field(default_factory=list)
    first: list[_Work] = msgspec.field(default_factory=list)
    """What somebody at a door waits for."""
    works: list[_Work] = msgspec.field(default_factory=list)

    def __len__(self) -> int:
        return len(self.events) + len(self.first) + len(self.works)


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    uri = f"file:{quote(path.as_posix())}" + ("?mode=ro" if read_only else "")
    raw = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    if not read_only:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
    raw.execute("PRAGMA temp_store=MEMORY")
    raw.execute("PRAGMA cache_size=-8000")
    raw.create_function("holds_all", 2, _holds_all, deterministic=True)
    return raw


@lru_cache(maxsize=32)
def _needles(words: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words.split("\0"))


def _holds_all(text: bytes, words: str) -> bool:
    """Return whether each of ``words`` (a NUL between) is in ``text``: SQLite's own ``instr`` looks at letters one by one, at a tenth of the speed."""
    for word in _needles(words):  # no generator: this is asked of every row
        if word not in text:
            return False
    return True


_AWAY = {
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOTADB,
}  # fmt: skip
"""What SQLite answers when the file or the disk is the reason, and not what it was asked: https://sqlite.org/rescode.html"""


def _code(error: BaseException) -> int:
    return getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) & 0xFF


def _is_away(error: BaseException) -> bool:
    """Return whether the file or the disk is the reason."""
    return _code(error) in _AWAY


@cache
def _shared() -> sa.Engine:
    """Return whose dialect and compiled statements all connections use: compiling a statement takes longer than running it."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, isolation_level="AUTOCOMMIT")
    engine.connect().close()  # the dialect asks SQLite what it can
    return engine


def _engine(raw: Any) -> sa.Engine:
    shared = _shared()
    pool = StaticPool(lambda: raw, dialect=shared.dialect)
    return sa.Engine(pool, shared.dialect, shared.url, hide_parameters=True, execution_options={"compiled_cache": _COMPILED})


class SqliteDatabase:
    """``Database`` on one SQLite file; see :func:`open_sqlite`."""

    dialect = "sqlite"

    def __init__(self, path: Path, clock: Clock, loop: asyncio.AbstractEventLoop, lock: int) -> None:
        self.path, self.boot, self._lock = path, 0, lock
        self._clock, self._loop, self._last_id = clock, loop, 0
        self._id_lock = threading.Lock()
        self._waiting, self._compress = _Batch(), ingest.compressor()
        self._busy = self._closed = False
        self._queue: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._raw = _connect(path, read_only=False)
        self._connection = _engine(self._raw).connect()
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="leverframe-read")
        self._reader = threading.local()
        self._opened: list[Connection] = []
        self.failure: str | None = None
        """Why the last write failed, ``None`` when it did not."""
        self._failed_at = datetime.min.replace(tzinfo=UTC)
        self._thread = threading.Thread(target=self._write_forever, name="leverframe-write", daemon=True)
        self._thread.start()

    def ready(self) -> bool:
        """Return whether it takes what is written to it, and has done so for a while."""
        # Without the sign: a clock that was set back must not keep it from being ready.
        return self.failure is None and abs(self._clock.now() - self._failed_at) > STEADY

    def new_id(self) -> int:
        """Return a fresh identifier, greater than all before."""
        with self._id_lock:  # works run in the writer's thread and may ask for ids too
            self._last_id = following(self._last_id, to_us(self._clock.now()) // 1000, 0)
            return self._last_id

    async def ingest(self, event: NewEvent) -> int:
        """Return the event's id once it is on disk, or the id of the event that it repeats.

        Raises ``Refused("storage_unavailable")`` when it cannot be written; then nothing of it is kept.
        """
        self._check_open()
        done: asyncio.Future[int] = self._loop.create_future()
        if len(event.body) > LARGE_BYTES:
            self._queue.put(_Batch(events=[(event, done)]))
        else:
            self._waiting.events.append((event, done))
            self._hand_over()
        return await done

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)`` once it is committed; raises what it raises."""
        return await self._written_soon(self._waiting.works, lambda connection: work(connection, *args, **kwargs))

    async def write_first(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write as :meth:`write` does, before everything else that waits: for whom somebody at a door waits."""
        return await self._written_soon(self._waiting.first, lambda connection: work(connection, *args, **kwargs))

    async def _written_soon(self, line: list[_Work], work: Callable[[Connection], T]) -> T:
        self._check_open()
        done: asyncio.Future[T] = self._loop.create_future()
        line.append((work, done))
        self._hand_over()
        return await done

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)`` of what is committed now; raises what it raises, or ``Refused("storage_unavailable")``."""
        self._check_open()
        return await self._loop.run_in_executor(self._readers, lambda: self._read(lambda connection: work(connection, *args, **kwargs)))

    async def rejoin(self) -> None:
        """Take a new place among the processes (there is only this one), after the leases ran out."""
        latest = await self.read(schema.latest_id)
        with self._id_lock:
            self._last_id = max(self._last_id, latest)
        self.boot = self.new_id()
        await self.write(schema.start_process, boot=self.boot, now=self._clock.now(), alone=True)

    async def close(self) -> None:
        """Write what waits, then let the file go; whoever comes later is refused."""
        self._closed = True
        while self._busy:
            await asyncio.sleep(0)
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)
        self._readers.shutdown(wait=True)
        for connection in self._opened:
            connection.close()
            connection.engine.dispose()
        self._connection.close()
        self._connection.engine.dispose()
        self._raw.close()
        os.close(self._lock)

    def _check_open(self) -> None:
        if self._closed:
            raise Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S)

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            connection: Connection | None = getattr(self._reader, "connection", None)
            if connection is None:
                connection = _engine(_connect(self.path, read_only=True)).connect()
                self._reader.connection = connection
                self._opened.append(connection)
            connection.exec_driver_sql("BEGIN")
            try:
                return work(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")
        except (sqlite3.Error, sa.exc.DBAPIError) as error:
            if not _is_away(error) or _code(error) == sqlite3.SQLITE_READONLY:
                raise
            raise Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S) from error

    def _hand_over(self) -> None:
        """Give the writer what waits, unless it is at work: then it takes it when it comes back."""
        if not self._busy and len(self._waiting):
            self._busy = True
            # One turn of the loop later, so that all requests read in this turn share the commit.
            self._loop.call_soon(self._send)

    def _send(self) -> None:
        batch, self._waiting = self._waiting, _Batch()
        if len(batch.events) > BATCH:
            self._waiting.events, batch.events = batch.events[BATCH:], batch.events[:BATCH]
        self._queue.put(batch)

    def _answered(self, results: Sequence[tuple[asyncio.Future[Any], Any, BaseException | None]], left: Sequence[_Work], own: bool) -> None:
        self._waiting.works[:0] = left
        if own:
            self._busy = False
            self._hand_over()
        for future, value, error in results:
            if not future.done():
                if error is None:
                    future.set_result(value)
                else:
                    future.set_exception(error)

    def _write_forever(self) -> None:
        while (batch := self._queue.get()) is not None:
            left: list[_Work] = []
            results = self._written(batch, left)
            own = not (len(batch.events) == 1 and len(batch.events[0][0].body) > LARGE_BYTES)
            self._loop.call_soon_threadsafe(self._answered, results, left, own)

    def _written(self, batch: _Batch, left: list[_Work]) -> list[tuple[asyncio.Future[Any], Any, BaseException | None]]:
        """Return everybody's answer, whatever happens; to ``left`` go works that the next commit is to do."""
        try:
            return self._commit(batch, left)
        except Exception as error:  # noqa: BLE001 - whoever waits must be answered, and the thread must live
            left.clear()
            if batch.events and len(batch) > 1 and not _is_away(error):
                # One of the events cannot be stored as it is: the others can.
                parts = [_Batch(events=[one]) for one in batch.events] + [_Batch(first=batch.first, works=batch.works)]
                return [answer for part in parts if len(part) for answer in self._written(part, left)]
            self.failure = (str(error) or type(error).__name__).splitlines()[0]
            if _is_away(error):
                self._failed_at = self._clock.now()
            refused = Refused("storage_unavailable", retry_after_s=RETRY_AFTER_S)
            refused.__cause__ = error
            return [(future, None, refused) for _, future in (*batch.events, *batch.first, *batch.works)]

    def _commit(self, batch: _Batch, left: list[_Work]) -> list[tuple[asyncio.Future[Any], Any, BaseException | None]]:
        results: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        run, before, alone = self._raw.execute, self._raw.total_changes, len(batch) == 1
        run("BEGIN IMMEDIATE")
        try:
            if batch.events:
                results.extend(self._insert(batch.events))
            until_s = time.monotonic() + TURN_S
            for number, (work, future) in enumerate((*batch.first, *batch.works), -len(batch.first)):
                if number > 0 and time.monotonic() > until_s:
                    left.extend(batch.works[number:])
                    break
                if not alone:
                    run("SAVEPOINT work")
                try:
                    results.append((future, work(self._connection), None))
                except Exception as error:
                    if _is_away(error):
                        raise
                    if alone:
                        run("ROLLBACK")
                        return [(future, None, error)]
                    # What one asker's work raises is theirs alone: the others' writes still commit.
                    run("ROLLBACK TO work")
                    results.append((future, None, error))
                if not alone:
                    run("RELEASE work")
            run("COMMIT")
        except BaseException:
            if self._raw.in_transaction:
                run("ROLLBACK")
            raise
        if self._raw.total_changes != before:  # a commit that has nothing to write works on a full disk too
            self.failure = None
        return results

    def _insert(self, batch: Sequence[tuple[NewEvent, asyncio.Future[int]]]) -> list[tuple[asyncio.Future[Any], Any, None]]:
        seen: dict[bytes, int] = {}
        for size, digests in rows.chunks([(event.dedupe,) for event, _ in batch]):
            seen.update(self._raw.execute(ingest.known(size), digests).fetchall())
        fresh: list[NewEvent] = []
        answers: list[tuple[asyncio.Future[Any], Any, None]] = []
        for event, future in batch:
            first = seen.setdefault(event.dedupe, event.id)
            if first == event.id:
                fresh.append(event)
            answers.append((future, first, None))
        for size, values in rows.chunks([event.event_row() for event in fresh]):
            self._raw.execute(rows.insert_text("events", ingest.EVENT_COLUMNS, size), values)
        for size, values in rows.chunks([event.body_row(self._compress) for event in fresh]):
            self._raw.execute(rows.insert_text("bodies", ingest.BODY_COLUMNS, size), values)
        for size, values in rows.chunks([(event.id,) for event in fresh]):
            self._raw.execute(rows.insert_text("routing", ("event_id",), size), values)
        return answers


async def open_sqlite(path: Path, clock: Clock) -> SqliteDatabase:
    """Open (and make, or migrate) the database at ``path`` for the one process that may serve it.

    Raises :class:`AlreadyServed` when another process holds it, or ``Refused``: ``database_newer``, or ``storage_unavailable``
    with the system's words. Every lease of an earlier process is released.
    """
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Refused("storage_unavailable", f"{path}: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise AlreadyServed(path) from error
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = SqliteDatabase(path, clock, asyncio.get_running_loop(), lock)
    except (OSError, sqlite3.Error) as error:
        os.close(lock)
        raise Refused("storage_unavailable", f"{path}: {error}") from error
    try:
        await database.write(schema.prepare)
        await database.rejoin()
    except BaseException:
        await database.close()
        raise
    return database
