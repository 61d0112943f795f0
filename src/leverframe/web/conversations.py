"""What becomes of what people say in a chat, whichever door it came by: answered in time, and the rest said later."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Protocol

from leverframe.core.conversation import LATER, Answer, Choice, Heard, Said
from leverframe.core.delivery import Delivered
from leverframe.core.details import detail
from leverframe.core.errors import PROBLEMS, Locale, Refused
from leverframe.core.messages import Code, Footer, Message, Paragraph, Text
from leverframe.ports import Challenge, ChatHeard, Exchange, Looked, Nothing, OptionsWanted

log = logging.getLogger(__name__)
_REMEMBERED = 10_000

Converse = Callable[[Heard], Awaitable[Answer]]
"""Commits what was heard under its key, runs it once, and returns what is said; for a repeat, what was said before. ``LATER`` is to be asked again."""
Options = Callable[[OptionsWanted], Awaitable[Sequence[Choice]]]


Looks = Callable[[Looked], Awaitable[Message | None]]
"""Returns a card as somebody is to see it; ``None`` where it cannot be told."""


async def _as_it_is(looked: Looked) -> None:
    return None


async def _no_options(wanted: OptionsWanted) -> Sequence[Choice]:
    return ()


class Offering(Protocol):
    """A chat that has a way to say which options a select has."""

    def options(self, choices: Sequence[Choice]) -> bytes:
        """Return the answer to ``OptionsWanted``."""
        ...


class Conversations:
    """What becomes of what is heard, whichever way it came (a door, a socket): it is answered in time, and the rest is said later."""

    def __init__(
        self, converse: Converse, *, locale: Locale, expects_form: Callable[[Heard], bool] = lambda heard: False, options: Options = _no_options
    ) -> None:
        """``expects_form`` tells at once whether the answer may be a form, so that one is opened before it is known."""
        self._converse, self._locale, self._expects_form, self._options = converse, locale, expects_form, options
        self.looks: Looks = _as_it_is
        """What becomes of a look at a card; whoever marries the parts sets it."""
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._later: set[asyncio.Future[Any]] = set()

    async def take(self, chat: Offering, heard: ChatHeard, *, within_s: float) -> bytes:
        """Return what the request that ``heard`` came by is answered with. Raises ``Refused`` (5xx) where the chat is to send it again."""
        match heard:
            case Challenge():
                return heard.answer
            case Nothing():
                return b""
            case OptionsWanted():
                return await self.options(chat, heard, within_s=within_s)
            case Looked():
                return await self.look(heard, within_s=within_s)
            case _:
                return await self.answer(heard, within_s=within_s)

    async def answer(self, exchange: Exchange, *, within_s: float) -> bytes:
        """Return the body that answers the request. Raises ``Refused`` (5xx) where the chat is to send it again."""
        heard = exchange.heard
        preparing = self._spawn(exchange.prepare()) if self._expects_form(heard) else None
        speaking = self._speak(heard)
        await asyncio.wait({speaking}, timeout=max(within_s, 0))
        if not speaking.done():
            self._say_later(exchange, speaking, preparing)
            if _comes_again(heard):
                # It may not be committed yet; Slack sends the event again, and then it is known or taken.
                raise Refused("overloaded", detail("answers_too_slowly"), retry_after_s=1)
            return exchange.working()
        result = await self._spoken(heard, speaking)
        if result is LATER:
            self._say_later(exchange, self._speak(heard), preparing)
            return exchange.working()
        if isinstance(result, Refused) and result.status == 503 and _comes_again(heard):
            raise result
        self._spawn(self._say(exchange, result, preparing, answered=True))
        return exchange.body(self._answer(result))

    async def options(self, chat: Offering, wanted: OptionsWanted, *, within_s: float) -> bytes:
        """Return the options for a select; none when they take too long."""
        try:
            async with asyncio.timeout(max(within_s, 0)):
                return chat.options(await self._options(wanted))
        except (TimeoutError, Refused) as error:
            log.warning("no options for %s of %s: %s", wanted.field, wanted.form, error or "they took too long")
            return chat.options(())

    async def look(self, looked: Looked, *, within_s: float) -> bytes:
        """Return the card for who looks at it; where that takes too long, that it stays as it is."""
        try:
            async with asyncio.timeout(max(within_s, 0)):
                return looked.body(await self.looks(looked))
        except (TimeoutError, Refused) as error:
            log.warning("a card of %s is shown as it is: %s", looked.at.destination, error or "it took too long")
        except Exception:
            log.exception("mistake while showing a card of %s", looked.at.destination)
        return looked.body(None)

    async def settled(self) -> None:
        """Return when everything that is to be said later was said."""
        while self._later:
            await asyncio.wait(self._later)

    def _speak(self, heard: Heard) -> asyncio.Future[Answer]:
        try:
            return asyncio.ensure_future(self._converse(heard))
        except Exception as error:  # noqa: BLE001 - it is told to whoever asked
            refused: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            refused.set_exception(error)
            return refused

    async def _spoken(self, heard: Heard, speaking: asyncio.Future[Answer]) -> Answer | Refused:
        try:
            return await speaking
        except Refused as refused:
            return refused
        except Exception:
            id = secrets.token_hex(4)
            log.exception("mistake %s while answering %s", id, heard.by.actor)
            return Refused("internal", id)

    def _answer(self, result: Answer | Refused) -> Answer:
        return told(result, self._locale) if isinstance(result, Refused) else result

    def _say_later(self, exchange: Exchange, speaking: asyncio.Future[Answer], preparing: asyncio.Task[None] | None) -> None:
        """Say it when it is known. Thousands may wait: a task for each would cost more than taking in what they said."""
        self._later.add(speaking)
        speaking.add_done_callback(partial(self._known, exchange, preparing))

    def _known(self, exchange: Exchange, preparing: asyncio.Task[None] | None, speaking: asyncio.Future[Answer]) -> None:
        self._later.discard(speaking)
        self._spawn(self._say_all(exchange, speaking, preparing))

    async def _say_all(self, exchange: Exchange, speaking: asyncio.Future[Answer], preparing: asyncio.Task[None] | None) -> None:
        await self._say(exchange, await self._spoken(exchange.heard, speaking), preparing, answered=False)

    async def _say(self, exchange: Exchange, result: Answer | Refused, preparing: asyncio.Task[None] | None, *, answered: bool) -> None:
        """Say what the request's own answer did not; nothing twice: an event that is sent again was answered the first time."""
        if preparing is not None:
            await preparing
        if isinstance(result, Refused) and result.status == 503 and _comes_again(exchange.heard):
            return
        key = exchange.heard.key
        if key in self._answered:
            return
        self._answered[key] = None
        if len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        outcome = await exchange.say(self._answer(result), answered=answered)
        if outcome is not None and not isinstance(outcome, Delivered):
            log.warning("an answer in %s could not be said: %s %s", exchange.heard.at.destination, outcome.code, outcome.detail)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return task


def told(refused: Refused, locale: Locale) -> Answer:
    """Return what somebody is told who was refused: what is wrong, what to do, and the code."""
    problem = PROBLEMS[refused.code]
    title, remedy = problem.ko if locale == "ko" else problem.en
    headline = f"{title} ({met})" if (met := refused.detail_in(locale)) else title
    return Answer(message=Message(headline=(Text(headline),), blocks=(Paragraph((Text(remedy),)), Footer((Code(refused.code),))), tone="warning"))


def _comes_again(heard: Heard) -> bool:
    """Return whether Slack sends it again unless it is told that it arrived: events only."""
    return isinstance(heard, Said) and heard.door in ("mention", "thread", "overheard")
