"""What people see of the playground, and what they say there."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leverframe.chats.playground.feed import Ended, Feed
from leverframe.chats.playground.render import PERSON, dump, for_page, read_id
from leverframe.core import ids
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.ports import Clock, PlaygroundChange, PlaygroundMessage, PlaygroundStore

PAGE, REPLIES, LATEST = 60, 500, 300
"""Messages of a page of history, replies of a thread, and newest messages of all rooms that a page begins with."""
TEXT_CAP, NAME_CAP = 4000, 40
_UNIX, _US = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
MARGIN_US = 5_000_000
"""Two writes can be committed in another order than they were stamped: a page that comes back is given so much again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said."""

    id: str
    room: str
    thread: str | None
    author: str
    """``playground:NAME``."""
    text: str


OnMessage = Callable[[Said], Awaitable[None]]


class Talk:
    """``ports.PlaygroundTalk``."""

    def __init__(self, store: PlaygroundStore, feed: Feed, clock: Clock, *, rooms: Iterable[str], on_message: OnMessage | None = None) -> None:
        """``rooms`` are shown first, although nobody spoke there yet; ``on_message`` hears what people say, once it is kept."""
        self._store, self._feed, self._clock = store, feed, clock
        self._rooms, self._on_message = dict.fromkeys(rooms), on_message

    async def rooms(self) -> tuple[str, ...]:
        """Return the channels: those configured, in their order, then others that hold messages."""
        return tuple(self._rooms | dict.fromkeys(await self._store.rooms()))

    async def count(self) -> int:
        """Return how many messages there are."""
        return await self._store.count()

    async def history(self, room: str, *, before: str | None) -> Mapping[str, Any]:
        """Return a page of a channel, with the replies to what is on it."""
        found = await self._store.history(room, before=None if before is None else read_id(before), limit=PAGE)
        return {"messages": _shown(found), "more": sum(message.thread is None for message in found) == PAGE}

    async def thread(self, id: str) -> Mapping[str, Any]:
        """Return a message with its replies."""
        found = await self._store.thread(read_id(id), limit=REPLIES)
        if not found:
            raise Refused("playground_message_not_found")
        return {"messages": _shown(found)}

    async def say(self, *, room: str, thread: str | None, name: str, text: str) -> Mapping[str, Any]:
        """Keep and show what a person says; return it as the page shows it."""
        name, text = _one_line(name), text.strip()
        if not name or len(name) > NAME_CAP:
            raise Refused("request_invalid", f"name: 1 to {NAME_CAP} characters")
        if not text or len(text) > TEXT_CAP:
            raise Refused("request_invalid", f"text: 1 to {TEXT_CAP} characters")
        if room not in await self.rooms():
            raise Refused("request_invalid", f"room: there is no channel {room[:80]}")
        said = await self._store.append(
            room=room,
            thread=None if thread is None else read_id(thread),
            author=PERSON + name,
            icon=None,
            message=dump(Message(headline=(Text(text),))),
            at=self._clock.now(),
        )
        self._feed.publish(said)
        if self._on_message is not None:
            await self._on_message(Said(id=ids.show("msg", said.id), room=room, thread=thread, author=said.author, text=text))
        return for_page(said)

    async def follow(self, after: int | None, *, beat_s: float) -> AsyncIterator[PlaygroundChange]:
        """Give what changes from the cursor ``after`` on, else a snapshot first; see the port.

        At every beat the table is read too: what another process of the hub wrote shows then.
        """
        listener = self._feed.listen()  # before the table is read, so that nothing falls between
        given: dict[int, datetime] = {}
        cursor = after or 0
        try:
            missed = None if after is None else await self._missed(after)
            if missed is None:
                newest = await self._store.latest(since=None, limit=LATEST)
                cursor = _latest_cursor(cursor, newest)
                yield PlaygroundChange(name="snapshot", cursor=cursor, data={"rooms": await self.rooms(), "messages": _shown(newest)})
                missed, given = (), {message.id: message.changed_at for message in newest}
            for message in missed:
                cursor, given[message.id] = _latest_cursor(cursor, [message]), message.changed_at
                yield PlaygroundChange(name="message", cursor=cursor, data=for_page(message))
            beat_at = time.monotonic() + beat_s
            while True:
                wait_s = beat_at - time.monotonic()
                heard = await listener.next(wait_s) if wait_s > 0 else None
                if heard is None:
                    beat_at = time.monotonic() + beat_s
                    yield PlaygroundChange(name="beat", cursor=cursor)
                    given = {id: at for id, at in given.items() if at > _before(cursor)}
                    new = await self._store.latest(since=_before(cursor), limit=LATEST)
                else:
                    new = (heard,)
                for message in new:
                    if given.get(message.id) != message.changed_at:
                        cursor, given[message.id] = _latest_cursor(cursor, [message]), message.changed_at
                        yield PlaygroundChange(name="message", cursor=cursor, data=for_page(message))
        except Ended:
            return
        finally:
            listener.leave()

    async def _missed(self, after: int) -> Sequence[PlaygroundMessage] | None:
        """Return what changed after the cursor, or ``None`` when that may be more than is looked at."""
        since = _before(after)
        found = await self._store.latest(since=since, limit=LATEST)
        return None if sum(message.posted_at > since for message in found) >= LATEST else found


def _shown(messages: Iterable[PlaygroundMessage]) -> list[dict[str, Any]]:
    return [for_page(message) for message in messages]


def _latest_cursor(cursor: int, messages: Iterable[PlaygroundMessage]) -> int:
    return max([cursor, *((message.changed_at - _UNIX) // _US for message in messages)])


def _before(cursor: int) -> datetime:
    return _UNIX + max(cursor - MARGIN_US, 0) * _US


def _one_line(name: str) -> str:
    """Return a name without what could hide or reorder letters."""
    return " ".join("".join(letter for letter in name if unicodedata.category(letter)[0] != "C" or letter.isspace()).split())
