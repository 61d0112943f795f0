"""How the doors that chats speak through answer: every refusal in words, noted, and limited per address."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, NamedTuple, TypeAlias

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
Client: TypeAlias = tuple[str, int] | None
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What a door answers; the length of ``body`` is not among ``headers``."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


async def send_answer(send: Send, answer: Answer) -> None:
    """Send it as an ASGI application does."""
    await send({"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, (b"content-length", b"%d" % len(answer.body))]})
    await send({"type": "http.response.body", "body": answer.body})


class Replies:
    """Answers for the doors of one kind of chat."""

    def __init__(
        self, source: str, guesses: Collection[str], *, refusals: RefusalLog, access: AccessLog, locale: Locale, address_of: Callable[[Client], str]
    ) -> None:
        """``source`` is the kind, ``guesses`` are the codes that a guesser would see: they are limited per address."""
        self._source, self._guesses = source, frozenset(guesses)
        self._refusals, self._access, self._locale, self._address_of = refusals, access, locale, address_of

    async def answer(self, scope: Scope, send: Send, taking: Awaitable[bytes], started: float) -> None:
        """Send what ``taking`` returns, or the refusal that it raises; ``started`` is when the request came."""
        with contextlib.suppress(ClientDisconnect):
            await send_answer(send, await self.of(taking, method=scope["method"], path=scope["path"], client=scope.get("client"), started=started))

    async def of(self, taking: Awaitable[bytes], *, method: str, path: str, client: Client, started: float) -> Answer:
        """Return what answers a request for which ``taking`` returns the body, or raises the refusal. Raises ``ClientDisconnect``."""
        headers, status = [_JSON], 200
        try:
            body = await taking
        except Refused as refused:
            rate = SIGNED_FAILURES if refused.code in self._guesses else None
            shown = self._refusals.of_stranger(self._source, self._address_of(client), "speak", f"chat:{self._source}", refused, rate)
            status, body = shown.status, _encode(document(shown, self._locale))
            headers = [(b"content-type", b"application/problem+json")]
            if shown.retry_after_s is not None:
                headers.append((b"retry-after", b"%d" % shown.retry_after_s))
            if status == 405:
                headers.append((b"allow", b"POST"))
            if status == 413:
                headers.append((b"connection", b"close"))  # the rest of the body is not read
        self._access.line(peer=peer_of(client), method=method, path=quoted(path), status=status, duration_s=time.perf_counter() - started)
        return Answer(status, headers, body)
