"""The host: what the hub asks of all plugins together. Whatever one of them does is contained, told in the log by its name, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog

from leverframe.core.conversation import Asker, Place
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.messages import Message, Text
from leverframe.plugins.declaring import CommandOf, Declared, EventOf, HappeningOf, MessageOf, RoomOf
from leverframe.plugins.isolated import Isolated
from leverframe.plugins.loading import Found, Plugin
from leverframe.plugins.rooms import ContainedChat, ContainedRunner, Limited
from leverframe.plugins.running import Failed, Local, Runs, spoken
from leverframe.plugins.values import Asked, Happening, Hub, Said, Spoken
from leverframe.plugins.watching import Watchdog
from leverframe.ports import Extended, Memory, Post

LOOKED_AT = 1_000
"""Characters of what somebody says that patterns are looked for in."""
Counted = Callable[[str, str], None]
"""Told the plugin and the hook (``command``, ``message``, ``event``, ``happening``, ``runner``, ``chat``, ``blocking``) of every failure."""
_NOBODY, _NOWHERE = Asker(chat="", id=""), Place(chat="", room="")
log = structlog.get_logger("leverframe.plugins")


class Host:
    """All plugins of a hub. Satisfies ``ports.Plugins``."""

    def __init__(self, plugins: Sequence[tuple[Plugin, Found]], *, memory: Callable[[str], Memory], counted: Counted) -> None:
        """``memory`` gives each plugin its own."""
        self._counted = counted
        self._watchdog = Watchdog(self._blocked)
        self._runs: dict[str, Runs] = {}
        self._plugins: dict[str, Plugin] = {}
        self._commands: dict[str, tuple[str, CommandOf]] = {}
        self._messages: list[tuple[str, MessageOf]] = []
        self._handlers: dict[str, tuple[str, EventOf | HappeningOf]] = {}
        for plugin, found in plugins:
            hub = Hub(plugin=plugin.name, settings=plugin.settings, memory=memory(plugin.name))
            self._plugins[plugin.name] = plugin
            self._runs[plugin.name] = Isolated(plugin, hub, found) if plugin.isolated else Local(plugin, hub, self._watchdog)
            for one in plugin.declared:
                self._add(plugin.name, one)

    def _add(self, name: str, one: Declared) -> None:
        match one:
            case CommandOf():
                self._commands[one.command.name] = name, one
            case MessageOf():
                self._messages.append((name, one))
            case EventOf():
                key = f"{name}.{one.function}.event"
                before = self._handlers.get(key)  # decorated twice: it hears both, and each event once
                events = before[1].events if before is not None and isinstance(before[1], EventOf) else ()
                self._handlers[key] = name, EventOf(function=one.function, events=(*events, *one.events))
            case HappeningOf():
                self._handlers[f"{name}.{one.function}.happening"] = name, one
            case RoomOf():
                pass  # made when the configuration names its kind

    # Conversations.

    def does(self, command: str) -> bool:
        """Return whether a plugin does the command."""
        return command in self._commands

    def answers(self, text: str) -> bool:
        """Return whether a plugin's pattern is in the words."""
        return self._answering(text, _NOBODY, _NOWHERE) is not None

    def overhears(self, text: str) -> bool:
        """Return whether a plugin's pattern is in the words that listens anywhere."""
        return self._answering(text, _NOBODY, _NOWHERE, overheard=True) is not None

    @property
    def listens(self) -> bool:
        """Whether a plugin listens anywhere."""
        return any(one.anywhere for _, one in self._messages)

    async def do(self, command: str, values: Mapping[str, Any], line: str, by: Asker, at: Place) -> Extended:
        """Do a command; see ``ports.Plugins``."""
        plugin, one = self._commands[command]
        return await self._extended(plugin, "command", one.function, {Asked: Asked(command=command, line=line, by=by, at=at)}, values, public=one.command.acts)

    async def answer(self, text: str, by: Asker, at: Place, *, overheard: bool = False) -> Extended:
        """Answer words; see ``ports.Plugins``. Everybody in the room sees it."""
        found = self._answering(text, by, at, overheard=overheard)
        if found is None:
            return Extended()
        plugin, one, words = found
        return await self._extended(plugin, "message", one.function, {Spoken: words}, words.match.groupdict(), public=True)

    def _answering(self, text: str, by: Asker, at: Place, *, overheard: bool = False) -> tuple[str, MessageOf, Spoken] | None:
        for plugin, one in self._messages:
            if (one.anywhere or not overheard) and (words := spoken(one, text[:LOOKED_AT], by, at)) is not None:
                return plugin, one, words
        return None

    async def _extended(
        self, plugin: str, hook: str, function: str, given: Mapping[type, Any], values: Mapping[str, Any], *, public: bool
    ) -> Extended:
        try:
            said = await self._call(plugin, hook, function, given, values, answers=True)
        except Failed as failed:
            message = Message(headline=(Text(f"⛔ {failed.detail}"),), tone="warning") if failed.code == "plugin_refused" else None
            return Extended(message=message, code=failed.code, detail=failed.detail)
        return Extended(message=said.message, public=public, posts=said.posts)

    # Events, and what happens to deployments.

    def wants(self, name: str) -> bool:
        """Return whether a handler may hear events of this name."""
        return any(isinstance(one, EventOf) and any(event in ("*", name) or event.partition(".")[0] == name for event in one.events)
                   for _, one in self._handlers.values())  # fmt: skip

    def hear(self, event: Event) -> Sequence[str]:
        """Return the handlers of an event."""
        known = {"*", event.name, event.full_name}
        return [key for key, (_, one) in self._handlers.items() if isinstance(one, EventOf) and not known.isdisjoint(one.events)]

    def notice(self, happening: str) -> Sequence[str]:
        """Return the handlers of a happening."""
        return [key for key, (_, one) in self._handlers.items() if isinstance(one, HappeningOf) and happening in one.happenings]

    async def handle(self, handler: str, what: Event | Mapping[str, Any]) -> Sequence[Post]:
        """Have it handled; see ``ports.Plugins``."""
        found = self._handlers.get(handler)
        if found is None:
            raise Refused("plugin_gone", handler)
        plugin, one = found
        given: dict[type, Any] = {Event: what} if isinstance(what, Event) else {Happening: Happening(name=what["name"], deployment=what["deployment"])}
        try:
            said = await self._call(plugin, "event" if isinstance(one, EventOf) else "happening", one.function, given, {}, answers=False)
        except Failed as failed:
            raise Refused("plugin_failed" if failed.code == "plugin_refused" else failed.code, failed.detail) from failed
        return said.posts

    # Rooms.

    def runner(self, plugin: str, made: RoomOf, name: str, settings: Any) -> ContainedRunner:
        """Return a runner of a plugin's class. Raises what its ``__init__`` raises."""
        return ContainedRunner(name, made.kind, self._plugins[plugin].functions[made.function](name, settings), self._limited(plugin, "runner"))

    def chat(self, plugin: str, made: RoomOf, name: str, settings: Any) -> ContainedChat:
        """Return a chat of a plugin's class. Raises what its ``__init__`` raises."""
        return ContainedChat(name, made.kind, self._plugins[plugin].functions[made.function](name, settings), self._limited(plugin, "chat"))

    def _limited(self, plugin: str, hook: str) -> Limited:
        runs = self._runs[plugin]
        assert isinstance(runs, Local)

        async def call(method: str, its: Callable[..., Any], given: dict[str, Any], kinds: tuple[type, ...]) -> Any:
            with self._contained(plugin, hook, method):
                found = await runs.limited(method, its, given)
                if not isinstance(found, kinds):
                    raise TypeError(f"{method}() returned {type(found).__name__}, not {' or '.join(kind.__name__ for kind in kinds)}")
                return found

        return call

    # Containment.

    async def _call(
        self, plugin: str, hook: str, function: str, given: Mapping[type, Any], values: Mapping[str, Any], *, answers: bool
    ) -> Said:
        with self._contained(plugin, hook, function):
            return await self._runs[plugin].call(function, given, values, answers=answers)

    @contextmanager
    def _contained(self, plugin: str, hook: str, function: str) -> Iterator[None]:
        """Have whatever is raised be :class:`Failed`, told and counted; a refusal of the plugin's own is no failure."""
        try:
            yield
        except Failed as failed:
            if failed.code != "plugin_refused":
                self._told(plugin, hook, function, failed, failed.__cause__)
            raise
        except Exception as error:
            wrong = Failed("plugin_failed", f"{plugin}: {type(error).__name__}")
            self._told(plugin, hook, function, wrong, error)
            raise wrong from error

    def _told(self, plugin: str, hook: str, function: str, failed: Failed, cause: BaseException | None) -> None:
        self._counted(plugin, hook)
        more: dict[str, Any] = {} if cause is None else {"exc_info": cause}
        log.error(failed.code, plugin=plugin, hook=hook, function=function, detail=failed.detail, **more)

    def _blocked(self, plugin: str, function: str, seconds: float, stands_at: str) -> None:
        self._counted(plugin, "blocking")
        log.error("plugin_blocks_the_hub", plugin=plugin, function=function, seconds=round(seconds, 1), at=stands_at,
                  remedy="write def in place of async def (it then runs in a thread), or set isolated = true")  # fmt: skip

    async def close(self) -> None:
        """End processes and the watchdog."""
        for runs in self._runs.values():
            await runs.close()
        self._watchdog.close()
