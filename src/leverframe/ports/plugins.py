"""What plugins add, as the rest of the hub sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from leverframe.core.conversation import Asker, Place
from leverframe.core.events import Event
from leverframe.core.messages import Message


class Memory(Protocol):
    """What a plugin remembers, by key. Every method may raise ``Refused("storage_unavailable")``."""

    async def get(self, key: str, default: Any = None) -> Any:
        """Return what is kept under ``key``, else ``default``."""
        ...

    async def put(self, key: str, value: Any) -> None:
        """Keep ``value`` (plain JSON) in place of what was there; returns once it is committed."""
        ...

    async def forget(self, key: str) -> None:
        """Keep nothing under ``key`` any more."""
        ...

    async def keys(self) -> Sequence[str]:
        """Return every key, sorted."""
        ...


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say in a room: it is delivered like every other message."""

    room: str
    """``slack:#ops``."""
    message: Message


class Extended(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin said to somebody."""

    message: Message | None = None
    public: bool = False
    posts: tuple[Post, ...] = ()
    code: str = "ok"
    """``ok``, or a key of ``core.errors.PROBLEMS``."""
    detail: str = ""


class Plugins(Protocol):
    """What plugins add to conversations and hear of events. Nothing here raises for what a plugin does, but :meth:`handle`."""

    def does(self, command: str) -> bool:
        """Return whether a plugin does the command of this name."""
        ...

    def answers(self, text: str) -> bool:
        """Return whether a plugin has an answer to the words, said to the hub."""
        ...

    def overhears(self, text: str) -> bool:
        """Return whether a plugin has an answer to the words wherever they are said."""
        ...

    async def do(self, command: str, values: Mapping[str, Any], line: str, by: Asker, at: Place) -> Extended:
        """Do a command, within its plugin's limits. ``values`` are by the argument's name."""
        ...

    async def answer(self, text: str, by: Asker, at: Place, *, overheard: bool) -> Extended:
        """Answer words that :meth:`answers` is true of; :meth:`overhears`, where they are ``overheard``."""
        ...

    def wants(self, name: str) -> bool:
        """Return whether a handler may hear events of this name, whatever their action."""
        ...

    def hear(self, event: Event) -> Sequence[str]:
        """Return the handlers that hear the event, by name."""
        ...

    def notice(self, happening: str) -> Sequence[str]:
        """Return the handlers that hear what happened to a deployment, by name."""
        ...

    async def handle(self, handler: str, what: Event | Mapping[str, Any]) -> Sequence[Post]:
        """Have an event, or what happened as JSON, handled; return what is to be said. Raises ``Refused``: ``plugin_failed``, ``plugin_timeout``, ``plugin_gone``."""
        ...
