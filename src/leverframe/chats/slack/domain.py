"""A workspace's name in its address (``acme`` of acme.slack.com): that of the configuration, else what Slack tells of its tokens."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.decoding import decoder
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock

WITHIN_S = 3.0
"""Whoever asks is a webhook that waits for its answer: GitHub for ten seconds."""
AGAIN = timedelta(minutes=1)
"""So long Slack is not asked again about a name that is none of those known: a workspace may be renamed, or join."""


class _Identity(msgspec.Struct):
    ok: bool
    url: str = ""


class Domain:
    """The workspaces of one Slack chat, by the name in their address."""

    def __init__(self, settings: Settings, outbound: Outbound, clock: Clock, tokens: Tokens) -> None:
        self._configured, self._url = settings.subdomain, f"{settings.api_url.rstrip('/')}/auth.test"
        self._outbound, self._clock, self._tokens = outbound, clock, tokens
        self._known: frozenset[str] = frozenset()
        self._is_whole = False
        """Whether every workspace has told its name."""
        self._asked_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def is_called(self, subdomain: str) -> bool | None:
        """Return whether a workspace of this chat is called so; ``None`` when Slack has not told it of every token, or there is none to ask with."""
        name = subdomain.casefold()
        if self._configured is not None:
            return name == self._configured.casefold()
        if name not in self._known:
            async with self._asking:  # many come at once: one of them asks
                if name not in self._known and self._is_due():
                    await self._ask()
        if name in self._known:
            return True
        return False if self._is_whole else None

    def _is_due(self) -> bool:
        return self._asked_at is None or self._clock.now() - self._asked_at >= AGAIN

    async def _ask(self) -> None:
        """Learn the names from ``auth.test``, whose answer has the workspace's address: https://docs.slack.dev/reference/methods/auth.test"""
        self._asked_at = self._clock.now()
        tokens = self._tokens.every().values()
        found = []
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
            try:
                async with asyncio.timeout(WITHIN_S):
                    answer = await self._outbound.post_json(self._url, b"{}", headers)
                found.append(_name(decoder(_Identity)(answer.body)))
            except (NotSent, TimeoutError, msgspec.DecodeError):
                continue
        names = [name for name in found if name]
        self._known |= set(names)
        self._is_whole = bool(names) and len(names) == len(tokens)


def _name(told: _Identity) -> str:
    """Return ``acme`` of ``https://acme.slack.com/``; empty for what is no address."""
    try:
        return (urlsplit(told.url).hostname or "").partition(".")[0]
    except ValueError:
        return ""
