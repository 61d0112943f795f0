"""Tells every open page what was posted or edited in this process.

A listener that does not keep up is dropped: its page comes back with the cursor of the last thing it had, and reads the
rest from the table.
"""

from __future__ import annotations

import asyncio

from leverframe.core.errors import Refused
from leverframe.ports import PlaygroundMessage

LISTENERS = 200
"""Pages that may be open at once."""
WAITING = 256
"""Messages that may wait for one page."""


class Ended(Exception):
    """No more comes: the hub stops, or this listener was too slow."""


class Listener:
    """One open page."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._queue: asyncio.Queue[PlaygroundMessage | None] = asyncio.Queue(WAITING + 1)

    async def next(self, wait_s: float) -> PlaygroundMessage | None:
        """Return the next message, or ``None`` after ``wait_s`` seconds without one. Raises :class:`Ended`."""
        try:
            async with asyncio.timeout(wait_s):
                message = await self._queue.get()
        except TimeoutError:
            return None
        if message is None:
            raise Ended
        return message

    def leave(self) -> None:
        """Listen no more."""
        self._feed.drop(self)

    def hear(self, message: PlaygroundMessage) -> None:
        """Take a message; a full queue is dropped, so that it neither grows nor shows a gap."""
        if self._queue.qsize() >= WAITING:
            self._feed.drop(self)
            self.end()
        else:
            self._queue.put_nowait(message)

    def end(self) -> None:
        """Say that nothing follows what already waits."""
        if not self._queue.full():
            self._queue.put_nowait(None)


class Feed:
    """One for the process."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._closed = False

    def listen(self) -> Listener:
        """Return a listener that hears everything from now on. Raises ``Refused("overloaded")`` when too many pages are open."""
        if len(self._listeners) >= LISTENERS:
            raise Refused("overloaded", f"{LISTENERS} pages are open", retry_after_s=10)
        listener = Listener(self)
        if self._closed:
            listener.end()
        else:
            self._listeners.add(listener)
        return listener

    def publish(self, message: PlaygroundMessage) -> None:
        """Tell everybody who listens; never waits."""
        for listener in tuple(self._listeners):
            listener.hear(message)

    def drop(self, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End every listener; call it when the server begins to stop, since an open stream would hold it up."""
        self._closed = True
        for listener in tuple(self._listeners):
            listener.end()
        self._listeners.clear()
