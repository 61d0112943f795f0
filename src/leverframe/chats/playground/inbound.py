"""What people see of the playground, and what they say there."""

from __future__ import annotations

import hashlib
import json
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from leverframe.chats.playground.feed import Ended, Feed, Told
from leverframe.chats.playground.render import NAME_CAP, PERSON, dump, for_page, read_id
from leverframe.chats.playground.respond import PlaygroundExchange, Voice
from leverframe.core import ids
from leverframe.core.commands.definitions import SHARED
from leverframe.core.conversation import Asker, Clicked, Heard, Place, Said, Submitted
from leverframe.core.delivery import Outcome
from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.ports import Clock, PlaygroundChange, PlaygroundMessage, PlaygroundSaid, PlaygroundStore

PAGE, REPLIES, LATEST = 60, 500, 300
"""Messages of a page of history, replies of a thread, and newest messages of all rooms that a page begins with."""
TEXT_CAP, VALUE_CAP, FIELDS_CAP = 4000, 2000, 50
_UNIX, _US = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
MARGIN_US = 5_000_000
"""Two writes can be committed in another order than they were stamped: a page that comes back is given so much again."""
_FOR_THE_HUB = re.compile(r"(?:[/!](?=[\w-]+(?:\s|$))|@leverframe(?=\s|$))\s*", re.IGNORECASE)
"""``/deploy``, ``!deploy`` and ``@leverframe deploy``; a path (``/etc/hosts``) and ``!!`` are talk."""
_BEGUN = re.compile(r"\s*(?:[/!]|@leverframe(?=\s))\s*", re.IGNORECASE)


class Talk:
    """``ports.PlaygroundTalk``."""

    kind = "playground"

    def __init__(self, store: PlaygroundStore, feed: Feed, clock: Clock, *, rooms: Iterable[str], name: str = "playground", overhears: Callable[[str], bool] | None = None) -> None:
        """``rooms`` are shown first, although nobody spoke there yet; ``name`` is the chat's key in the configuration; ``overhears`` tells
        whether there is an answer to words that nobody said to the hub.
        """
        self._overhears = overhears
        self.name = name
        self._store, self._feed, self._clock = store, feed, clock
        self._rooms, self._voice = dict.fromkeys(rooms), Voice(store, feed, clock)

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

    async def say(self, *, room: str, thread: str | None, name: str, text: str) -> PlaygroundSaid:
        """Keep and show what a person says; return it as the page shows it, with what it asks of the hub."""
        by, text = self._asker(name), text.strip()
        if not text or len(text) > TEXT_CAP:
            raise Refused("request_invalid", about("text", "characters_from", most=TEXT_CAP))
        await self._known(room)
        said = await self._store.append(
            room=room,
            thread=None if thread is None else read_id(thread),
            author=PERSON + by.id,
            icon=None,
            message=dump(Message(headline=(Text(text),))),
            at=self._clock.now(),
        )
        self._feed.publish(said)
        mark, exchange = _FOR_THE_HUB.match(text), None
        if mark is not None:
            at = self._at(room, None if said.thread is None else ids.show("msg", said.thread))
            words = _without_shared(text[mark.end() :])
            exchange = self._exchange(Said(key=ids.show("msg", said.id), door="playground", text=words, by=by, at=at, said_at=said.posted_at))
        elif self._overhears is not None and self._overhears(text):
            at = self._at(room, None if said.thread is None else ids.show("msg", said.thread))
            exchange = self._exchange(Said(key=ids.show("msg", said.id), door="overheard", text=text, by=by, at=at, said_at=said.posted_at))
        return PlaygroundSaid(shown=for_page(said), exchange=exchange)

    async def click(
        self, *, name: str, room: str, thread: str | None, message: str | None, rendering: str, attempt: int, action: str, value: str
    ) -> PlaygroundExchange:
        """Return what a click on a button asks for; see the port."""
        by = self._asker(name)
        _short(rendering=rendering, action=action)
        _short(VALUE_CAP, value=value)
        if message is None:
            at = await self._place(room, thread)
        else:
            found = await self._message(message)
            # Of a card that heads a thread there are two: that in the channel is answered there, that in the thread in the thread.
            head = ids.show("msg", found.thread or found.id)
            at = self._at(found.room, head if found.thread is not None or thread == head else None)
        key = _key("click", message, rendering, attempt, action, value, by.id)
        return self._exchange(Clicked(key=key, action=action, value=value, by=by, at=at, said_at=self._clock.now(), message=message))

    async def submit(
        self, *, name: str, room: str, thread: str | None, form: str, context: str, opening: str, attempt: int, fields: Mapping[str, str]
    ) -> PlaygroundExchange:
        """Return what a form asks for that was sent; see the port."""
        by = self._asker(name)
        _short(form=form, opening=opening)
        _short(VALUE_CAP, context=context)
        if len(fields) > FIELDS_CAP:
            raise Refused("request_invalid", about("fields", "at_most", most=FIELDS_CAP))
        for field, value in fields.items():
            _short(field=field)
            _short(TEXT_CAP, **{f"fields.{field}": value})
        at = await self._place(room, thread)
        key = _key("form", form, opening, attempt, by.id)
        return self._exchange(Submitted(key=key, form=form, context=context, fields=fields, by=by, at=at, said_at=self._clock.now()))

    def begun(self, *, name: str, text: str) -> tuple[Asker, str] | None:
        """Return who types a line for the hub, and its words so far; ``None`` when it is talk."""
        text = text[:TEXT_CAP]
        mark = _BEGUN.match(text)
        return None if mark is None else (self._asker(name), _without_shared(text[mark.end() :]))

    async def whisper(self, by: Asker, at: Place, message: Message, *, answer_to: str | None = None) -> Outcome:
        """Say it where only ``by`` sees it; see ``ports.ChatInbound``."""
        return await self._voice.whisper(by, at, message, answer_to=answer_to)

    async def direct(self, by: Asker, message: Message) -> Outcome:
        """Say it to ``by`` alone; see ``ports.ChatInbound``."""
        return await self._voice.direct(by, message)

    async def follow(self, after: int | None, *, beat_s: float, name: str | None = None) -> AsyncIterator[PlaygroundChange]:
        """Give what changes from the cursor ``after`` on, else a snapshot first; see the port.

        At every beat the table is read too: what another process of the hub wrote shows then.
        """
        listener = self._feed.listen(name and _one_line(name))  # before the table is read, so that nothing falls between
        given: dict[int, datetime] = {}
        cursor = after or 0
        try:
            missed = None if after is None else await self._missed(after)
            if missed is None:
                newest = await self._store.latest(since=None, limit=LATEST)
                cursor = _latest_cursor(cursor, newest)
                yield PlaygroundChange(name="snapshot", cursor=cursor, data={"rooms": await self.rooms(), "messages": _shown(newest)})
                missed, given = (), {message.id: message.changed_at for message in newest}
            elif not missed:
                yield PlaygroundChange(name="beat", cursor=cursor)
            for message in missed:
                cursor, given[message.id] = _latest_cursor(cursor, [message]), message.changed_at
                yield PlaygroundChange(name="message", cursor=cursor, data=for_page(message))
            beat_at = time.monotonic() + beat_s
            while True:
                wait_s = beat_at - time.monotonic()
                heard = await listener.next(wait_s) if wait_s > 0 else None
                if isinstance(heard, Told):
                    yield PlaygroundChange(name="answer", cursor=cursor, data=heard.answer)
                    continue
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

    def _exchange(self, heard: Heard) -> PlaygroundExchange:
        return PlaygroundExchange(heard, self._voice)

    def _asker(self, name: str) -> Asker:
        name = _one_line(name)
        if not name or len(name) > NAME_CAP:
            raise Refused("request_invalid", about("name", "characters_from", most=NAME_CAP))
        return Asker(chat=self.name, id=name, name=name)

    def _at(self, room: str, thread: str | None) -> Place:
        return Place(chat=self.name, room=room, room_name=room, thread=thread)

    async def _known(self, room: str) -> None:
        if room not in await self.rooms():
            raise Refused("request_invalid", about("room", "channel_unknown", met=room[:80]))

    async def _place(self, room: str, thread: str | None) -> Place:
        await self._known(room)
        if thread is not None:
            head = await self._message(thread)
            if head.room != room or head.thread is not None:
                raise Refused("playground_message_not_found")
            thread = ids.show("msg", head.id)
        return self._at(room, thread)

    async def _message(self, id: str) -> PlaygroundMessage:
        found = await self._store.thread(read_id(id), limit=1)
        if not found:
            raise Refused("playground_message_not_found")
        return found[0]


def _shown(messages: Iterable[PlaygroundMessage]) -> list[dict[str, Any]]:
    return [for_page(message) for message in messages]


def _latest_cursor(cursor: int, messages: Iterable[PlaygroundMessage]) -> int:
    return max([cursor, *((message.changed_at - _UNIX) // _US for message in messages)])


def _before(cursor: int) -> datetime:
    return _UNIX + max(cursor - MARGIN_US, 0) * _US


def _one_line(name: str) -> str:
    """Return a name without what could hide or reorder letters; two ways to write one letter are one name."""
    seen = "".join(letter for letter in unicodedata.normalize("NFC", name) if unicodedata.category(letter)[0] != "C" or letter.isspace())
    return " ".join(seen.split())


def _without_shared(words: str) -> str:
    """Return what ``/lever deploy …`` asks for: the same as ``/deploy …``."""
    first, _, rest = words.partition(" ")
    return rest.lstrip() if first.lower() == SHARED else words


def _short(most: int = 80, /, **given: str) -> None:
    for key, value in given.items():
        if len(value) > most:
            raise Refused("request_invalid", about(key[:80], "at_most_characters", most=most))


def _key(*parts: str | int | None) -> str:
    """Return what stands for a click or a form: the same for one that comes again."""
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
