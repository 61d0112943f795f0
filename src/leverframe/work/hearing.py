"""Hearing: what happens reaches the handlers of plugins, at least once each, and never holds up what happened.

What a handler is to hear is a row, written in the transaction that routes the event or changes the deployment. A loop takes the
rows and calls the handlers, one call of each at a time, in the order in which things happened; what a handler wants said is
written in the transaction that ends the row. One that fails is called again later, while the others and what follows go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection

from leverframe.core.deployments import Deployment, snapshot
from leverframe.core.deployments.effects import Happening
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.ids import show
from leverframe.core.wording.levers import SAID
from leverframe.ports import Clock, Plugins, Post
from leverframe.store import audit, plugin_calls
from leverframe.store.database import Database
from leverframe.store.deliveries import Role
from leverframe.store.plugin_calls import Call
from leverframe.work.bell import Bell
from leverframe.work.library import Library
from leverframe.work.tell import Telling, tell

BATCH = 64
"""Rows taken at a time: what one process has in its hands."""
SCAN_S = 5.0
ATTEMPTS, FIRST_WAIT_S = 10, 5.0
"""A handler that fails is called ten times within three quarters of an hour."""
log = structlog.get_logger("leverframe.plugins")


class Hearing:
    """Notes what handlers are to hear, and has them hear it. ``planned`` is rung when something is to be said."""

    def __init__(self, database: Database, clock: Clock, plugins: Plugins, library: Library, *, boot: Callable[[], int], planned: Bell) -> None:
        self._database, self._clock, self._plugins, self._library = database, clock, plugins, library
        self._boot, self._planned = boot, planned
        self.bell = Bell()
        self._busy: dict[str, asyncio.Task[None]] = {}
        """What is called, by handler."""
        self._holding: set[int] = set()

    # In the transaction in which it happens.

    def wants(self, name: str) -> bool:
        """Return whether a handler may hear events of this name."""
        return self._plugins.wants(name)

    def take(self, connection: Connection, event: Event, *, now: datetime) -> None:
        """Note who is to hear an event."""
        plugin_calls.put(connection, [Call(id=self._database.new_id(), handler=one, event_id=event.id) for one in self._plugins.hear(event)], now=now)

    def happened(self, connection: Connection, happened: Sequence[tuple[Happening, Deployment]], now: datetime) -> None:
        """Note who is to hear what happened to deployments."""
        for name, deployment in happened:
            if handlers := self._plugins.notice(name):
                document = msgspec.json.encode({"name": name, "deployment": snapshot(deployment)})
                plugin_calls.put(connection, [Call(id=self._database.new_id(), handler=one, document=document) for one in handlers], now=now)

    # The loop.

    async def run(self) -> None:
        """Call handlers, for ever."""
        try:
            while True:
                try:
                    if not await self.step():
                        await self.bell.wait(await self._idle_s())
                except Refused as refused:
                    log.warning("hearing_put_off", code=refused.code)
                    await self._clock.sleep(1.0)
                except Exception:
                    log.exception("hearing_failed")
                    await self._clock.sleep(1.0)
        finally:
            calls = list(self._busy.values())
            for task in calls:
                task.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def step(self) -> int:
        """Take what is due and begin to call its handlers; return how many rows were taken."""
        boot = self._boot()
        taken = await self._database.write(
            plugin_calls.take, boot=boot, now=self._clock.now(), limit=BATCH, holding=set(self._holding), but=set(self._busy)
        )
        by_handler: dict[str, list[Call]] = {}
        for call in taken:
            by_handler.setdefault(call.handler, []).append(call)
            self._holding.add(call.id)
        for handler, calls in by_handler.items():
            self._busy[handler] = asyncio.create_task(self._call(handler, calls, boot), name=f"plugin {handler}")
        return len(taken)

    async def settled(self) -> None:
        """Return when no handler is being called."""
        while self._busy:
            await asyncio.wait(self._busy.values())

    async def _idle_s(self) -> float:
        due = await self._database.read(plugin_calls.next_due_at, but=set(self._busy))
        return SCAN_S if due is None else min(max((due - self._clock.now()).total_seconds(), 0.0), SCAN_S)

    async def _call(self, handler: str, calls: Sequence[Call], boot: int) -> None:
        try:
            for call in calls:
                try:
                    await self._one(call, boot)
                except Refused as refused:
                    log.warning("hearing_put_off", handler=handler, code=refused.code)  # the row is ours and is taken again
                except Exception:
                    log.exception("hearing_failed", handler=handler)
                finally:
                    self._holding.discard(call.id)
        finally:
            self._holding.difference_update(call.id for call in calls)
            self._busy.pop(handler, None)
            self.bell.ring()

    async def _one(self, call: Call, boot: int) -> None:
        what = await self._what(call)
        if what is None:
            await self._database.write(plugin_calls.done, call.id, boot=boot)
            return
        try:
            posts = await self._plugins.handle(call.handler, what)
        except Refused as refused:
            await self._failed(call, refused, boot)
            return
        await self._database.write(self._heard, call=call, posts=posts, boot=boot, now=self._clock.now())
        if posts:
            self._planned.ring()

    async def _what(self, call: Call) -> Event | Any | None:
        if call.event_id is None:
            return msgspec.json.decode(call.document or b"null")
        return (await self._library.get([call.event_id])).get(call.event_id)

    def _heard(self, connection: Connection, *, call: Call, posts: Sequence[Post], boot: int, now: datetime) -> None:
        if plugin_calls.done(connection, call.id, boot=boot):  # else another process has it: it says the same
            say_posts(connection, self._database, posts, now=now)

    async def _failed(self, call: Call, refused: Refused, boot: int) -> None:
        now, tried = self._clock.now(), call.attempt + 1
        if refused.code != "plugin_gone" and tried < ATTEMPTS:
            due_at = now + timedelta(seconds=FIRST_WAIT_S * 2 ** (tried - 1))
            await self._database.write(plugin_calls.put_off, call.id, boot=boot, due_at=due_at, tried=True)
            return
        log.error("handler_given_up", handler=call.handler, code=refused.code, attempts=tried)
        await self._database.write(self._give_up, call=call, refused=refused, boot=boot, now=now)

    def _give_up(self, connection: Connection, *, call: Call, refused: Refused, boot: int, now: datetime) -> None:
        if plugin_calls.done(connection, call.id, boot=boot):
            audit.append(
                connection, id=self._database.new_id(), at=now, actor="hub", act="plugins.handle", target=call.handler, code=refused.code,
                detail={"event": show("evt", call.event_id)} if call.event_id is not None else {},
            )  # fmt: skip


def say_posts(connection: Connection, database: Database, posts: Sequence[Post], *, now: datetime) -> None:
    """Owe what a plugin wants said in rooms, in the transaction of what it was said for."""
    for one in posts:
        said = {"message": msgspec.to_builtins(one.message)}
        tell(connection, database.new_id, Telling(name=SAID, action="said", subject="", payload=said, to=[one.room], role=Role.ALONE), now=now)
