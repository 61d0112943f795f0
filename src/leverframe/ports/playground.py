"""What the playground needs of the rest: where its messages are kept, and what its page may ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from leverframe.core.conversation import Asker
from leverframe.ports.conversations import Exchange


class PlaygroundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the playground, as it is stored."""

    id: int
    room: str
    thread: int | None
    """The message that it replies to."""
    author: str
    """``playground:NAME`` for a person, else the name that the hub speaks under."""
    icon: str | None
    message: str
    """JSON of ``core.messages.Message``, as ``chats.playground.render`` writes it."""
    posted_at: datetime
    edited_at: datetime | None = None

    @property
    def changed_at(self) -> datetime:
        """When it was last posted or edited."""
        return self.edited_at or self.posted_at


class PlaygroundStore(Protocol):
    """Where the playground keeps its messages. Lists are in the order of ids, oldest first; every method may raise ``Refused("storage_unavailable")``."""

    async def append(self, *, room: str, thread: int | None, author: str, icon: str | None, message: str, at: datetime) -> PlaygroundMessage:
        """Return the new message once it is kept. Raises ``Refused("playground_message_not_found")`` when ``thread`` heads no thread of the room."""
        ...

    async def edit(self, id: int, *, message: str, at: datetime) -> PlaygroundMessage:
        """Return the message with its new words. Raises ``Refused("playground_message_not_found")``."""
        ...

    async def rooms(self) -> tuple[str, ...]:
        """Return the rooms that hold messages, sorted."""
        ...

    async def count(self) -> int:
        """Return how many messages there are."""
        ...

    async def history(self, room: str, *, before: int | None, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return the newest ``limit`` messages of a room that are no replies (older than the id ``before``), with the newest replies to them."""
        ...

    async def thread(self, id: int, *, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return a message and its newest ``limit`` replies; empty when it is unknown."""
        ...

    async def latest(self, *, since: datetime | None, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return those of the newest ``limit`` messages of all rooms that changed after ``since`` (all, without it)."""
        ...


class PlaygroundChange(msgspec.Struct, frozen=True, kw_only=True):
    """One thing for a page that follows the playground."""

    name: Literal["snapshot", "message", "answer", "beat"]
    """All that a page begins with, one message (new or edited), what only its reader is told, or nothing: still alive."""
    cursor: int
    """Where to go on from after a break: microseconds since 1970."""
    data: Mapping[str, Any] = msgspec.field(default_factory=dict)


class PlaygroundSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said."""

    shown: Mapping[str, Any]
    """The message, as the page shows it."""
    exchange: Exchange | None
    """What it asks of the hub; ``None`` when it is talk."""


class PlaygroundTalk(Protocol):
    """What people see of the playground, and what they say and click there. ``name`` is who does, as the door knows them."""

    async def rooms(self) -> tuple[str, ...]:
        """Return the channels: those configured, in their order, then others that hold messages."""
        ...

    async def count(self) -> int:
        """Return how many messages there are."""
        ...

    async def history(self, room: str, *, before: str | None) -> Mapping[str, Any]:
        """Return ``{"messages": […], "more": bool}``, older than the message ``before``. Raises ``Refused("request_invalid")``."""
        ...

    async def thread(self, id: str) -> Mapping[str, Any]:
        """Return ``{"messages": […]}``, the first being the one that heads the thread. Raises ``Refused("playground_message_not_found")``."""
        ...

    async def say(self, *, room: str, thread: str | None, name: str, text: str) -> PlaygroundSaid:
        """Keep and show what a person says; return it. Raises ``Refused("request_invalid")``, its detail naming what is wrong."""
        ...

    async def click(
        self, *, name: str, room: str, thread: str | None, message: str | None, rendering: str, attempt: int, action: str, value: str
    ) -> Exchange:
        """Return what a click on a button asks for.

        ``message`` holds the button (``None``: it stands in an answer that only ``name`` sees), ``rendering`` is which of its states,
        and ``attempt`` counts what was answered to clicks on it there: with the same of all these it is the same click.
        Raises ``Refused``: ``request_invalid``, ``playground_message_not_found``.
        """
        ...

    async def submit(
        self, *, name: str, room: str, thread: str | None, form: str, context: str, opening: str, attempt: int, fields: Mapping[str, str]
    ) -> Exchange:
        """Return what a form asks for that was sent; ``opening`` is what it was shown with. Raises like :meth:`click`."""
        ...

    def begun(self, *, name: str, text: str) -> tuple[Asker, str] | None:
        """Return who types a line for the hub, and its words so far; ``None`` when it is talk. Raises ``Refused("request_invalid")``."""
        ...

    def follow(self, after: int | None, *, beat_s: float, name: str | None = None) -> AsyncIterator[PlaygroundChange]:
        """Give what changes from the cursor ``after`` on (``None``: a snapshot first), and a beat after ``beat_s`` of silence. Something
        comes at once, or ``Refused("overloaded")`` when too many follow.

        ``name`` is who reads: what only they are told comes too.

        Ends when the hub stops or the reader is too slow; a reader who comes back with the last cursor misses nothing.
        """
        ...
