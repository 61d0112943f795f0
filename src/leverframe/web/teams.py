"""``POST /teams/messages`` and ``/teams/outgoing/{name}``: what people say in Microsoft Teams, to the bot and to outgoing webhooks.

Raw ASGI callables like the other signed doors. Teams waits some fifteen seconds for a bot and five for an outgoing webhook.
https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/conversation-messages
https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from leverframe.core.conversation import Choice
from leverframe.core.errors import Locale, Refused
from leverframe.observe import AccessLog
from leverframe.ports import ChatHeard, Clock
from leverframe.web.bodies import check_length, whole
from leverframe.web.conversations import Conversations
from leverframe.web.doors import KB
from leverframe.web.refusals import RefusalLog
from leverframe.web.replies import Client, Receive, Replies, Scope, Send

BODY_CAP = 1024 * KB
PATIENCE_S = 6.0
"""Seconds that an answer of the bot may take: who pressed a button looks at a wheel until then."""
OUTGOING_PATIENCE_S = 4.0
MESSAGES, OUTGOING = "/teams/messages", "/teams/outgoing/"
GUESSES = frozenset({
    "teams_outgoing_unknown", "teams_signature_invalid", "teams_signature_missing", "teams_stale", "teams_token_expired", "teams_token_invalid",
    "teams_token_missing",
})  # fmt: skip
"""Codes that a guesser would see."""


class Bot(Protocol):
    """A bot that hears: it may have to ask for Teams' keys before it knows who speaks."""

    async def hear(self, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, now: datetime) -> ChatHeard:
        """Return what a request says. Raises ``Refused`` when it is not proven to be for this bot, or cannot be read."""
        ...

    def options(self, choices: Sequence[Choice]) -> bytes:
        """Return the answer to ``OptionsWanted``."""
        ...


class Outgoing(Protocol):
    """The outgoing webhooks of one chat."""

    def has(self, webhook: str) -> bool:
        """Return whether there is one of this name."""
        ...

    def hear(self, webhook: str, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, now: datetime) -> ChatHeard:
        """Return what a request says. Raises ``Refused`` when it is not signed, or cannot be read."""
        ...

    def options(self, choices: Sequence[Choice]) -> bytes:
        """Return the answer to ``OptionsWanted``."""
        ...


class TeamsDoors:
    """Teams' doors, mounted in front of everything else."""

    def __init__(
        self,
        bots: Sequence[Bot],
        outgoing: Sequence[Outgoing],
        conversations: Conversations,
        *,
        refusals: RefusalLog,
        access: AccessLog,
        clock: Clock,
        locale: Locale,
        address_of: Callable[[Client], str],
        patience_s: float = PATIENCE_S,
    ) -> None:
        """A door that nobody speaks through does not exist."""
        self._bots, self._outgoing, self._conversations, self._clock, self._patience_s = tuple(bots), tuple(outgoing), conversations, clock, patience_s
        self._replies = Replies("teams", GUESSES, refusals=refusals, access=access, locale=locale, address_of=address_of)

    def takes(self, path: str) -> bool:
        """Return whether ``path`` is one of these doors."""
        return (path == MESSAGES and bool(self._bots)) or (path.startswith(OUTGOING) and bool(self._outgoing))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        await self._replies.answer(scope, send, self._take(scope, receive, started), started)

    async def settled(self) -> None:
        """Return when everything that is to be said later was said."""
        await self._conversations.settled()

    async def _take(self, scope: Scope, receive: Receive, started: float) -> bytes:
        if scope["method"] != "POST":
            raise Refused("method_not_allowed", "POST")
        check_length(dict(scope["headers"]), BODY_CAP)
        body = await whole(receive, BODY_CAP)
        if scope["path"] == MESSAGES:
            bot, heard = await self._hear(scope["headers"], body)
            return await self._conversations.take(bot, heard, within_s=self._patience_s - (time.perf_counter() - started))
        name = scope["path"].removeprefix(OUTGOING)
        chat = next((one for one in self._outgoing if one.has(name)), None)
        if chat is None:
            raise Refused("teams_outgoing_unknown")
        heard = chat.hear(name, scope["headers"], body, now=self._clock.now())
        return await self._conversations.take(chat, heard, within_s=OUTGOING_PATIENCE_S - (time.perf_counter() - started))

    async def _hear(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> tuple[Bot, ChatHeard]:
        """Return what the request says, and the bot that it is for: all of them share this door."""
        found: Refused | None = None
        for bot in self._bots:
            try:
                return bot, await bot.hear(headers, body, now=self._clock.now())
            except Refused as refused:
                if found is None or found.code in GUESSES:
                    found = refused
        raise found or Refused("teams_token_missing")
