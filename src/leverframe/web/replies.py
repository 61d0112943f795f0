"""How the doors that chats speak through answer: as a raw ASGI callable does, every refusal in words, noted, and limited per address."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect

from leverframe.core.errors import Locale, Refused, document
from leverframe.observe import AccessLog, quoted
from leverframe.web.doors import SIGNED_FAILURES
from leverframe.web.rates import peer_of
from leverframe.web.refusals import RefusalLog

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_encode = msgspec.json.Encoder().encode


class Replies:
    """Answers for the doors of one kind of chat."""

    def __init__(
        self, source: str, guesses: Collection[str], *, refusals: RefusalLog, access: AccessLog, locale: Locale, address_of: Callable[[Scope], str]
    ) -> None:
        """``source`` is the kind, ``guesses`` are the codes that a guesser would see: they are limited per address."""
        self._source, self._guesses = source, frozenset(guesses)
        self._refusals, self._access, self._locale, self._address_of = refusals, access, locale, address_of

    async def answer(self, scope: Scope, send: Send, taking: Awaitable[bytes], started: float) -> None:
        """Send what ``taking`` returns, or the refusal that it raises; ``started`` is when the request came."""
        headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
        try:
            status, answer = 200, await taking
        except ClientDisconnect:
            return
        except Refused as refused:
            rate = SIGNED_FAILURES if refused.code in self._guesses else None
            shown = self._refusals.of_stranger(self._source, self._address_of(scope), "speak", f"chat:{self._source}", refused, rate)
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
