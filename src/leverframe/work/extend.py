"""Extend: commands and answers of plugins. They run outside any transaction, at most once.

That one begins is committed as *unfinished*, with the grant that allowed it; what came of it takes that place when it has ended. A
hub that stops in between leaves it unfinished, which is what a repeat of the same words hears.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from leverframe.core.commands.definitions import Command
from leverframe.core.commands.parsing import Parsed
from leverframe.core.conversation import NOTHING, Answer, Heard, Said
from leverframe.core.errors import Locale
from leverframe.core.wording.levers import LEVERS
from leverframe.ports import Extended, Plugins, Post
from leverframe.store import inbox
from leverframe.store.database import Database
from leverframe.store.inbox import UNFINISHED, Outcome
from leverframe.work.bell import Bell
from leverframe.work.hearing import say_posts

SOON_S = 1.5
"""An answer that comes within this is the request's own; a later one is said afterwards."""


class Outside(Protocol):
    """Does what was said outside any transaction, at most once."""

    acts: bool
    """Whether all that it does is an act, for the audit; else the command says so."""
    told: Bell

    async def run(self, id: int, parsed: Parsed | None, heard: Heard) -> tuple[Outcome, Any]:
        """Do it; ``id`` is that of what was heard, in the inbox. Return what came of it, and what :meth:`finish` needs. Never raises."""
        ...

    def finish(self, connection: Connection, *, id: int, outcome: Outcome, what: Any, now: datetime) -> None:
        """Write what came of it in the place of *unfinished*; ``what`` is ``None`` where what :meth:`run` gave cannot be kept."""
        ...


class Extender:
    """What plugins add to conversations. Satisfies :class:`Outside`."""

    acts = False

    def __init__(self, database: Database, plugins: Plugins, *, locale: Locale, told: Bell) -> None:
        """``told`` is rung when something is to be said in a room."""
        self._database, self._plugins, self._say, self.told = database, plugins, LEVERS[locale], told

    def does(self, command: Command) -> bool:
        """Return whether a plugin does the command."""
        return self._plugins.does(command.name)

    def answers(self, heard: Heard) -> bool:
        """Return whether a plugin has an answer to what was said."""
        return isinstance(heard, Said) and (self._plugins.overhears if heard.door == "overheard" else self._plugins.answers)(heard.text)

    def begun(self, parsed: Parsed | None) -> Outcome:
        """Return what stands in the inbox while it runs, and for ever when it does not come to its end."""
        line = parsed.line() if parsed is not None else ""
        return Outcome(answer=Answer(message=self._say.refused(UNFINISHED)), line=line, code=UNFINISHED)

    async def run(self, id: int, parsed: Parsed | None, heard: Heard) -> tuple[Outcome, tuple[Post, ...]]:
        """Do it; return what came of it, and what is to be said elsewhere. Never raises for what a plugin does."""
        if parsed is not None:
            said = await self._plugins.do(parsed.command.name, parsed.values, parsed.line(), heard.by, heard.at)
        elif isinstance(heard, Said):
            said = await self._plugins.answer(heard.text, heard.by, heard.at, overheard=heard.door == "overheard")
        else:
            said = Extended()
        line = parsed.line() if parsed is not None else ""
        if said.code != "ok":
            answer = Answer(message=said.message or self._say.refused(said.code, said.detail))
            return Outcome(answer=answer, line=line, code=said.code, detail=said.detail), ()
        answer = NOTHING if said.message is None else Answer(message=said.message, public=said.public)
        return Outcome(answer=answer, line=line), said.posts

    def finish(self, connection: Connection, *, id: int, outcome: Outcome, what: tuple[Post, ...] | None, now: datetime) -> None:
        """Write what came of it in the place of *unfinished*."""
        inbox.settle(connection, id, outcome, now=now)
        say_posts(connection, self._database, what or (), now=now)


async def soon(running: asyncio.Future[tuple[Outcome, Any]]) -> bool:
    """Return whether it ends soon."""
    done, _ = await asyncio.wait({running}, timeout=SOON_S)
    return bool(done)
