"""Tells every open page what was posted or edited in this process.

A listener that does not keep up is dropped: its page comes back with the cursor of the last thing it had, and reads the
rest from the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.ports import PlaygroundMessage

LISTENERS = 200
"""Pages that may be open at once."""
WAITING = 256
"""Messages that may wait for one page."""


class Told(msgspec.Struct, frozen=True):
    """What only one person is told, as their page takes it. It is not kept: who has no page open does not see it."""

    answer: Mapping[str, Any]


News: TypeAlias = PlaygroundMessage | Told


class Ended(Exception):
    """No more comes: the hub stops, or this listener was too slow."""


class Listener:
    """One open page."""

    def __init__(self, feed: Feed, person: str | None) -> None:
        self._feed, self.person = feed, person
        self._queue: asyncio.Queue[News | None] = asyncio.Queue(WAITING + 1)

    async def next(self, wait_s: float) -> News | None:
        """Return what comes next, or ``None`` after ``wait_s`` seconds of silence. Raises :class:`Ended`."""
        try:
            async with asyncio.timeout(wait_s):
                news = await self._queue.get()
        except TimeoutError:
            return None
        if news is None:
            raise Ended
        return news

    def leave(self) -> None:
        """Listen no more."""
        self._feed.drop(self)

    def hear(self, news: News) -> None:
        """Take what is new; a full queue is dropped, so that it neither grows nor shows a gap."""
        if self._queue.qsize() >= WAITING:
            self._feed.drop(self)
            self.end()
        else:
            self._queue.put_nowait(news)

    def end(self) -> None:
        """Say that nothing follows what already waits."""
        if not self._queue.full():
            self._queue.put_nowait(None)


class Feed:
    """One for the process."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._closed = False

    def listen(self, person: str | None = None) -> Listener:
        """Return a listener that hears everything from now on, and what only ``person`` is told. Raises ``Refused("overloaded")`` when too many pages are open."""
        if len(self._listeners) >= LISTENERS:
            raise Refused("overloaded", detail("pages_open", count=LISTENERS), retry_after_s=10)
        listener = Listener(self, person)
        if self._closed:
            listener.end()
        else:
            self._listeners.add(listener)
        return listener

    def publish(self, message: PlaygroundMessage) -> None:
        """Tell everybody who listens; never waits."""
        for listener in tuple(self._listeners):
            listener.hear(message)

    def tell(self, person: str, answer: Mapping[str, Any]) -> int:
        """Tell the pages of one person; return how many there are. Never waits."""
        theirs = [listener for listener in self._listeners if listener.person == person]
        for listener in theirs:
            listener.hear(Told(answer))
        return len(theirs)

    def drop(self, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End every listener; call it when the server begins to stop, since an open stream would hold it up."""
        self._closed = True
        for listener in tuple(self._listeners):
            listener.end()
        self._listeners.clear()
