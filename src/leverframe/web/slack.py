"""``POST /slack/commands``, ``/slack/actions`` and ``/slack/events``, also under ``/hubot``: what people say in Slack.

A raw ASGI callable like the other signed doors. Slack waits three seconds: what takes longer than :data:`PATIENCE_S` is
answered later, by the address that came with the request.
https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping, Sequence
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect

from leverframe.core.conversation import LATER, Answer, Choice, Heard, Said
from leverframe.core.delivery import Delivered
from leverframe.core.errors import PROBLEMS, Locale, Refused, document
from leverframe.core.messages import Code, Footer, Message, Paragraph, Text
from leverframe.observe import AccessLog, quoted
from leverframe.ports import Challenge, ChatHeard, ChatInbound, Clock, Exchange, Nothing, OptionsWanted
from leverframe.web.bodies import check_length, whole
from leverframe.web.doors import KB, SIGNED_FAILURES
from leverframe.web.rates import peer_of
from leverframe.web.refusals import RefusalLog

log = logging.getLogger(__name__)

BODY_CAP = 1024 * KB
PATIENCE_S = 2.5
"""Seconds of Slack's three that an answer may take; the rest is for the way."""
PATHS = frozenset(f"{prefix}/slack/{name}" for prefix in ("", "/hubot") for name in ("commands", "actions", "events"))
GUESSES = frozenset({"slack_request_stale", "slack_signature_invalid", "slack_signature_missing", "slack_signing_secret_missing"})
"""Codes that a guesser would see."""
_REMEMBERED = 10_000
_encode = msgspec.json.Encoder().encode

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Converse = Callable[[Heard], Awaitable[Answer]]
"""Commits what was heard under its key, runs it once, and returns what is said; for a repeat, what was said before. ``LATER`` is to be asked again."""
Options = Callable[[OptionsWanted], Awaitable[Sequence[Choice]]]


async def _no_options(wanted: OptionsWanted) -> Sequence[Choice]:
    return ()


class Conversations:
    """What becomes of what is heard, whichever way it came (a door, a socket): it is answered in time, and the rest is said later."""

    def __init__(
        self, converse: Converse, *, locale: Locale, expects_form: Callable[[Heard], bool] = lambda heard: False, options: Options = _no_options
    ) -> None:
        """``expects_form`` tells at once whether the answer may be a form, so that one is opened before it is known."""
        self._converse, self._locale, self._expects_form, self._options = converse, locale, expects_form, options
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._later: set[asyncio.Task[None]] = set()

    async def take(self, chat: ChatInbound, heard: ChatHeard, *, within_s: float) -> bytes:
        """Return what the request that ``heard`` came by is answered with. Raises ``Refused`` (5xx) where the chat is to send it again."""
        match heard:
            case Challenge():
                return heard.answer
            case Nothing():
                return b""
            case OptionsWanted():
                return await self.options(chat, heard, within_s=within_s)
            case _:
                return await self.answer(heard, within_s=within_s)

    async def answer(self, exchange: Exchange, *, within_s: float) -> bytes:
        """Return the body that answers the request. Raises ``Refused`` (5xx) where the chat is to send it again."""
        heard = exchange.heard
        preparing = self._spawn(exchange.prepare()) if self._expects_form(heard) else None
        speaking = asyncio.ensure_future(self._spoken(heard))
        await asyncio.wait({speaking}, timeout=max(within_s, 0))
        if not speaking.done():
            self._spawn(self._say(exchange, speaking, preparing, answered=False))
            if _comes_again(heard):
                # It may not be committed yet; Slack sends the event again, and then it is known or taken.
                raise Refused("overloaded", "the answer takes longer than Slack waits", retry_after_s=1)
            return exchange.working()
        result = speaking.result()
        if result is LATER:
            self._spawn(self._say(exchange, asyncio.ensure_future(self._spoken(heard)), preparing, answered=False))
            return exchange.working()
        if isinstance(result, Refused) and result.status == 503 and _comes_again(heard):
            raise result
        self._spawn(self._say(exchange, speaking, preparing, answered=True))
        return exchange.body(self._answer(result))

    async def options(self, chat: ChatInbound, wanted: OptionsWanted, *, within_s: float) -> bytes:
        """Return the options for a select; none when they take too long."""
        try:
            async with asyncio.timeout(max(within_s, 0)):
                return chat.options(await self._options(wanted))
        except (TimeoutError, Refused) as error:
            log.warning("no options for %s of %s: %s", wanted.field, wanted.form, error or "they took too long")
            return chat.options(())

    async def settled(self) -> None:
        """Return when everything that is to be said later was said."""
        while self._later:
            await asyncio.gather(*self._later)

    async def _spoken(self, heard: Heard) -> Answer | Refused:
        try:
            return await self._converse(heard)
        except Refused as refused:
            return refused
        except Exception:
            id = secrets.token_hex(4)
            log.exception("mistake %s while answering %s", id, heard.by.actor)
            return Refused("internal", id)

    def _answer(self, result: Answer | Refused) -> Answer:
        return told(result, self._locale) if isinstance(result, Refused) else result

    async def _say(
        self, exchange: Exchange, speaking: asyncio.Future[Answer | Refused], preparing: asyncio.Task[None] | None, *, answered: bool
    ) -> None:
        """Say what the request's own answer did not; nothing twice: an event that is sent again was answered the first time."""
        result = await speaking
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


class SlackDoors:
    """Slack's doors, mounted in front of everything else."""

    def __init__(
        self,
        chats: Sequence[ChatInbound],
        conversations: Conversations,
        *,
        refusals: RefusalLog,
        access: AccessLog,
        clock: Clock,
        locale: Locale,
        address_of: Callable[[Scope], str],
        patience_s: float = PATIENCE_S,
    ) -> None:
        """``chats`` are the Slack apps of the configuration; without any, these doors do not exist."""
        self._patience_s = patience_s
        self._chats, self._conversations = tuple(chats), conversations
        self._refusals, self._access, self._clock, self._locale, self._address_of = refusals, access, clock, locale, address_of

    def takes(self, path: str) -> bool:
        """Return whether ``path`` is one of these doors."""
        return path in PATHS and bool(self._chats)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
        try:
            status, answer = 200, await self._take(scope, receive, started)
        except ClientDisconnect:
            return
        except Refused as refused:
            address = self._address_of(scope)
            rate = SIGNED_FAILURES if refused.code in GUESSES else None
            shown = self._refusals.of_stranger("slack", address, "speak", "chat:slack", refused, rate)
            status, answer = shown.status, _encode(document(shown, self._locale))
            headers[0] = (b"content-type", b"application/problem+json")
            if shown.retry_after_s is not None:
                headers.append((b"retry-after", b"%d" % shown.retry_after_s))
            if status == 405:
                headers.append((b"allow", b"POST"))
            if status == 413:
                headers.append((b"connection", b"close"))  # the rest of the body is not read
        headers.append((b"content-length", b"%d" % len(answer)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        self._access.line(
            peer=peer_of(scope.get("client")), method=scope["method"], path=quoted(scope["path"]), status=status, duration_s=time.perf_counter() - started,
        )  # fmt: skip

    async def settled(self) -> None:
        """Return when everything that is to be said later was said."""
        await self._conversations.settled()

    async def _take(self, scope: Scope, receive: Receive, started: float) -> bytes:
        if scope["method"] == "GET" and b"ssl_check=1" in scope["query_string"].split(b"&"):
            return b""  # Slack looks at the certificate: https://docs.slack.dev/interactivity/implementing-slash-commands#validating_the_command
        if scope["method"] != "POST":
            raise Refused("method_not_allowed", "POST")
        check_length(dict(scope["headers"]), BODY_CAP)
        chat, heard = self._hear(scope["headers"], await whole(receive, BODY_CAP))
        return await self._conversations.take(chat, heard, within_s=self._patience_s - (time.perf_counter() - started))

    def _hear(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> tuple[ChatInbound, ChatHeard]:
        """Return what the request says, and the app that it is for: all of them share these doors."""
        found: Refused | None = None
        for chat in self._chats:
            try:
                return chat, chat.hear(headers, body, now=self._clock.now())
            except Refused as refused:
                if found is None or found.code in GUESSES:
                    found = refused
        raise found or Refused("slack_signing_secret_missing")


def told(refused: Refused, locale: Locale) -> Answer:
    """Return what somebody is told who was refused: what is wrong, what to do, and the code."""
    problem = PROBLEMS[refused.code]
    title, remedy = problem.ko if locale == "ko" else problem.en
    headline = f"{title} ({refused.detail})" if refused.detail else title
    return Answer(message=Message(headline=(Text(headline),), blocks=(Paragraph((Text(remedy),)), Footer((Code(refused.code),))), tone="warning"))


def _comes_again(heard: Heard) -> bool:
    """Return whether Slack sends it again unless it is told that it arrived: events only."""
    return isinstance(heard, Said) and heard.door in ("mention", "thread", "overheard")
