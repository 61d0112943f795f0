"""Trouble at one step of a hub: a process dies, an answer is lost, or nothing can be done there; once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from services.postgres import emptying

from leverframe.core.errors import Refused
from leverframe.ports import Lost
from leverframe.store.tables import metadata, processes
from work.box import Box


def forget(connection: sa.Connection) -> None:
    """Empty the store, but for who is at work on it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(emptying("alembic_version", processes.name))
        return
    for table in metadata.sorted_tables:
        if table is not processes:
            connection.exec_driver_sql(f"DELETE FROM {table.name}")


async def insist(say: Callable[[], Awaitable[Any]]) -> Any:
    """Have it said until it is answered, as a chat does: what was said before is only answered anew."""
    while True:
        try:
            return await say()
        except Refused as refused:
            assert refused.code == "storage_unavailable"


class Trouble:
    """Happens once, at the step of one number: the process ``dies`` before it, its answer is ``lost``, or it is ``away`` and nothing is done.

    To die after a step is to die before the next one: nothing that lasts lies between.
    """

    def __init__(self, at: int, how: str) -> None:
        self._at, self._how, self._count = at, how, 0
        self.step = ""
        """What it happened to."""
        self.dead = asyncio.Event()
        self._under_way: set[asyncio.Future[Any]] = set()

    def enter(self, hub: Box, *runners: Any) -> None:
        """Come to a process; each of its runners has ``before`` and ``after``, as :class:`work.works.WorksRunner` has."""
        self._write, self._read = hub.database.write, hub.database.read
        hub.database.write = hub.database.write_first = self._writing
        hub.database.read = self._reading
        for runner in runners:
            runner.before, runner.after = self._before, self._after

    def _now(self, step: str, *whens: str) -> bool:
        if self._count == self._at and self._how in whens and not self.step:
            self.step = step
            return True
        return False

    async def _die(self) -> None:
        self.dead.set()
        await asyncio.get_running_loop().create_future()

    async def _writing(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self._alive()
        self._count += 1
        step = f"write {work.__name__.strip('_')}"
        if self._now(step, "dies"):
            await self._die()
        if self._now(step, "away"):
            raise Refused("storage_unavailable")
        done = await self._through(self._write(work, *args, **kwargs))
        if self._now(step, "lost"):
            raise Refused("storage_unavailable")
        await self._alive()
        return done

    async def _reading(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self._alive()
        return await self._through(self._read(work, *args, **kwargs))

    async def _through(self, asked: Awaitable[Any]) -> Any:
        answer = asyncio.ensure_future(asked)
        self._under_way.add(answer)
        answer.add_done_callback(self._under_way.discard)
        return await answer

    async def still(self) -> None:
        """Return when the store has done what it was asked before the death: a server does, and a pool misses a connection that is cut off half-way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _alive(self) -> None:
        if self.dead.is_set():
            await asyncio.get_running_loop().create_future()

    async def _before(self, what: str, order: object) -> Any:
        await self._alive()
        self._count += 1
        if self._now(what, "dies"):
            await self._die()
        if self._now(what, "away"):
            raise RuntimeError("the runner's room has a mistake")
        return None

    async def _after(self, what: str, order: object) -> Any:
        if self._now(what, "lost"):
            if what == "start":
                return Lost(code="runner_answer_lost")
            raise RuntimeError("the runner's room has a mistake")
        return None


async def lived(trouble: Trouble, life: Any) -> bool:
    """Have a process live; return whether it came to the end of its day."""
    before = asyncio.all_tasks()
    living, dying = asyncio.create_task(life), asyncio.create_task(trouble.dead.wait())
    await asyncio.wait({living, dying}, return_when=asyncio.FIRST_COMPLETED)
    if not dying.done():
        dying.cancel()
        await asyncio.wait([dying])
        await living
        return True
    await trouble.still()
    while mine := asyncio.all_tasks() - before:
        for task in mine:
            task.cancel()
        await asyncio.wait(mine)
    return False
