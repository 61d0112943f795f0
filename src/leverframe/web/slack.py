"""``POST /slack/commands``, ``/slack/actions`` and ``/slack/events``, also under ``/hubot``: what people say in Slack.

A raw ASGI callable like the other signed doors, with the same short way for a whole POST (``web.connections``). Slack waits three seconds: what takes longer than :data:`PATIENCE_S` is
answered later, by the address that came with the request.
https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from leverframe.core.errors import Locale, Refused
from leverframe.observe import AccessLog
from leverframe.ports import ChatHeard, ChatInbound, Clock
from leverframe.web.bodies import check_length, whole
from leverframe.web.conversations import Conversations
from leverframe.web.doors import KB
from leverframe.web.inbound import Body
from leverframe.web.refusals import RefusalLog
from leverframe.web.replies import Answer, Client, Receive, Replies, Scope, Send

BODY_CAP = 1024 * KB
PATIENCE_S = 2.5
"""Seconds of Slack's three that an answer may take; the rest is for the way."""
PATHS = frozenset(f"{prefix}/slack/{name}" for prefix in ("", "/hubot") for name in ("commands", "actions", "events"))
GUESSES = frozenset({"slack_request_stale", "slack_signature_invalid", "slack_signature_missing", "slack_signing_secret_missing"})
"""Codes that a guesser would see."""


class SlackDoors:
    """Slack's doors, mounted in front of everything else."""

    cap = BODY_CAP

    def __init__(
        self,
        chats: Sequence[ChatInbound],
        conversations: Conversations,
        *,
        refusals: RefusalLog,
        access: AccessLog,
        clock: Clock,
        locale: Locale,
        address_of: Callable[[Client], str],
        patience_s: float = PATIENCE_S,
    ) -> None:
        """``chats`` are the Slack apps of the configuration; without any, these doors do not exist."""
        self._patience_s = patience_s
        self._chats, self._conversations, self._clock = tuple(chats), conversations, clock
        self._replies = Replies("slack", GUESSES, refusals=refusals, access=access, locale=locale, address_of=address_of)

    def takes(self, path: str) -> bool:
        """Return whether ``path`` is one of these doors."""
        return path in PATHS and bool(self._chats)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        await self._replies.answer(scope, send, self._take(scope, receive, started), started)

    async def settled(self) -> None:
        """Return when everything that is to be said later was said."""
        await self._conversations.settled()

    async def _take(self, scope: Scope, receive: Receive, started: float) -> bytes:
        if scope["method"] == "GET" and b"ssl_check=1" in scope["query_string"].split(b"&"):
            return b""  # Slack looks at the certificate: https://docs.slack.dev/interactivity/implementing-slash-commands#validating_the_command
        if scope["method"] != "POST":
            raise Refused("method_not_allowed", "POST")
        check_length(dict(scope["headers"]), BODY_CAP)
        return await self._said(scope["headers"], await whole(receive, BODY_CAP), started)

    async def direct(self, path: str, headers: Sequence[tuple[bytes, bytes]], body: Body, client: Client) -> Answer:
        """Answer a whole POST; ``body`` is ended here."""
        started, raw = time.perf_counter(), body.whole()
        body.end()
        return await self._replies.of(self._said(headers, raw, started), method="POST", path=path, client=client, started=started)

    async def refuse(self, path: str, refused: Refused, client: Client) -> Answer:
        """Answer a POST whose body is refused before it is whole."""

        async def refusing() -> bytes:
            raise refused

        return await self._replies.of(refusing(), method="POST", path=path, client=client, started=time.perf_counter())

    async def _said(self, headers: Sequence[tuple[bytes, bytes]], body: bytes, started: float) -> bytes:
        chat, heard = self._hear(headers, body)
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
