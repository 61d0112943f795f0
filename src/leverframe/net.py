"""Outbound HTTP: the one way out, with limits on time and size, and one kind of error.

Addresses written in ``leverframe.toml`` are the operator's: they are called as they are. No redirect is ever followed, no
cookie is kept, no proxy is taken from the environment.

HTTP/1.1 on asyncio with llhttp (``httptools``) reading the answers: sending is what the hub does all day, and a library's
client took a third of the time of a delivery (``docs/benchmarks.md``). RFC 9110 and 9112.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections import deque
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import httptools

BODY_CAP = 262_144
"""Bytes of an answer that are read; the rest is not waited for. Slack repeats a message in its answer, at up to six bytes a
character: a lower cap would make a message that was taken look as if it was not."""
HEAD_CAP = 65_536
"""Bytes of an answer's headers that are read."""
IDLE_S = 15.0
"""A kept connection that nobody used for so long is not used again: the other side may be closing it just then."""
IDLE_HOSTS = 512
"""Hosts to which connections are kept; beyond, those of the host that was first sent to are closed."""
_UNFIT = re.compile(r"[\x00-\x20\x7f]")

# Compressed answers are not asked for: what is small on the wire could be large in memory.
_OWN = {"User-Agent": "Leverframe", "Accept": "*/*", "Accept-Encoding": "identity"}


class Answer(NamedTuple):
    """What the other side said, with any status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a repeated header the last, but every ``set-cookie``, one a line."""
    body: bytes
    """At most :data:`BODY_CAP` bytes."""
    elapsed_s: float

    @property
    def retry_after_s(self) -> float | None:
        """Seconds that ``Retry-After`` asks for; ``None`` without one. A date is held against the answer's own ``Date``: clocks differ.

        https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
        """
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdecimal() and len(asked) < 10:
            return float(asked)
        until, said_at = _instant(asked), _instant(self.headers.get("date", ""))
        return None if until is None else max((until - (said_at or datetime.now(UTC))).total_seconds(), 0.0)


def _instant(words: str) -> datetime | None:
    """Return the moment that a header names; ``None`` for what is no date of HTTP's."""
    try:
        found = parsedate_to_datetime(words)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


Asking: TypeAlias = Coroutine[Any, Any, Answer]
"""A request, sent when it is awaited."""


class NotSent(Exception):
    """No answer came. With ``surely`` nothing can have been done over there; without, it may have been: the answer is lost.

    ``reason`` never holds the address, whose path may be a secret.
    """

    def __init__(self, reason: str, *, surely: bool) -> None:
        super().__init__(reason)
        self.reason, self.surely = reason, surely


class Target(NamedTuple):
    """Where a URL leads: what connections are shared by, and the request's first lines."""

    host: str
    port: int
    tls: bool
    path: str
    host_header: str


@lru_cache(maxsize=4096)
def target_of(url: str) -> Target:
    """Return where a URL leads. Raises :class:`NotSent` for what is not one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotSent("the address is not one of HTTP", surely=True) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or _UNFIT.search(url) or not url.isascii():
        raise NotSent("the address is not one of HTTP", surely=True)
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname, port or (443 if tls else 80), tls, path, parts.netloc.rpartition("@")[2])


class Outbound:
    """One pool of connections for the whole process."""

    def __init__(self, *, total_s: float = 15.0, connect_s: float = 5.0, connections: int = 256) -> None:
        """``total_s`` bounds a request with its answer, ``connect_s`` the connecting, ``connections`` the requests under way at once."""
        self._total_s, self.connect_s = total_s, connect_s
        self._slots = _Slots(connections)
        self._idle: dict[tuple[str, int, bool], deque[Connection]] = {}
        self._open: set[Connection] = set()
        self._tls: ssl.SSLContext | None = None
        self._closed = False

    # What follows hands the asking on as it is: a coroutine around a coroutine is a microsecond at every delivery.
    def post_json(self, url: str, body: bytes, headers: Mapping[str, str]) -> Asking:
        """Send ``body`` to ``url`` and return the answer, whatever its status.

        ``headers`` are sent as they are, so they carry the content type. Raises :class:`NotSent` when no answer came.
        """
        return self.ask("POST", url, body, headers, BODY_CAP)

    def get(self, url: str, headers: Mapping[str, str], *, cap: int = BODY_CAP) -> Asking:
        """Ask for ``url`` and return the answer, whatever its status, with up to ``cap`` bytes of body. Raises :class:`NotSent` when no answer came."""
        return self.ask("GET", url, b"", headers, cap)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, cap: int = BODY_CAP, fresh: bool = False) -> Asking:
        """Send a request of any method but GET and HEAD; return the answer, whatever its status, with up to ``cap`` bytes of body.

        ``headers`` are sent as they are, so they carry the content type. ``fresh`` is for what must not be sent twice: it takes a
        connection of its own, so that a kept one which the other side has just closed is not mistaken for a lost answer.
        Raises :class:`NotSent` when no answer came.
        """
        return self.ask(method, url, body, headers, cap, fresh=fresh)

    async def ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str], cap: int, *, fresh: bool = False) -> Answer:
        """Send a request: what every other method here does. Raises :class:`NotSent` when no answer came."""
        target = self.target(url)
        head = _head(method, target, headers)
        request = b"%s\r\n" % head if method == "GET" else b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)
        if self._closed:
            raise NotSent("the hub is stopping", surely=True)
        started_s = perf_counter()
        if not self._slots.take():
            await self._slots.wait()
        try:
            connection = (None if fresh else self._kept(target)) or await self.connect(target)
            try:
                status, answered, said = await connection.ask(request, cap, self._total_s)
            finally:
                self._keep(target, connection)
        finally:
            self._slots.give()
        return Answer(status, answered, said, perf_counter() - started_s)

    def target(self, url: str) -> Target:
        """Return where a request for ``url`` goes. Raises :class:`NotSent` for what is not one."""
        return target_of(url)

    async def close(self) -> None:
        """Close every connection; what is sent afterwards is refused as surely not sent."""
        self._closed = True
        for connection in list(self._open):
            connection.end()
        self._idle.clear()

    def _kept(self, target: Target) -> Connection | None:
        kept = self._idle.get(target[:3])
        now = perf_counter()
        while kept:
            connection = kept.pop()  # the one used last: the others grow old and are let go
            if connection.alive and now - connection.used_s < IDLE_S:
                return connection
            connection.end()
        return None

    def _keep(self, target: Target, connection: Connection) -> None:
        if connection.reusable and not self._closed:
            if (kept := self._idle.get(target[:3])) is None:
                kept = self._idle[target[:3]] = deque()
                if len(self._idle) > IDLE_HOSTS:
                    for old in self._idle.pop(next(iter(self._idle))):
                        old.end()
            kept.append(connection)
            if perf_counter() - kept[0].used_s > IDLE_S:
                kept.popleft().end()
        else:
            connection.end()

    async def connect(self, target: Target) -> Connection:
        """Return a new connection to the target. Raises :class:`NotSent`."""
        return await self.connect_to(target, target.host, self.connect_s)

    async def connect_to(self, target: Target, host: str, within_s: float) -> Connection:
        """Connect to ``host`` in the name of the target's own: that one is asked for in TLS, and the certificate is looked at for it."""
        if target.tls and self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            async with asyncio.timeout(within_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self._open), host, target.port, ssl=self._tls if target.tls else None, server_hostname=target.host if target.tls else None
                )
        except TimeoutError:
            raise NotSent("no connection in time", surely=True) from None
        except socket.gaierror:
            raise NotSent("the host's name is not known", surely=True) from None
        except ssl.SSLCertVerificationError:
            raise NotSent("the host's certificate is not trusted", surely=True) from None
        except (OSError, UnicodeError) as error:
            raise NotSent(f"no connection ({getattr(error, 'strerror', None) or type(error).__name__})", surely=True) from None
        return connection


class _Slots:
    """So many at once, the others in their turn. (asyncio's semaphore looks through all who wait each time that one goes: 3.11.)"""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Take one if one is free."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Return with one, in turn."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.give()  # it had just been given to us
            raise

    def give(self) -> None:
        """Give one back: to whoever has waited longest."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return
        self._free += 1


def _head(method: str, target: Target, headers: Mapping[str, str]) -> bytes:
    """Return the request's head but for its length."""
    form, lines = _form(method, target, tuple(headers))
    head = form % tuple(headers.values())
    # Every line ends as it should and nowhere else: looked at once for all values.
    if "\0" in head or not head.count("\r") == head.count("\n") == head.count("\r\n") == lines:
        raise NotSent("a header holds what HTTP cannot carry", surely=True)
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError:
        raise NotSent("a header holds what HTTP cannot carry", surely=True) from None


@lru_cache(maxsize=1024)
def _form(method: str, target: Target, names: tuple[str, ...]) -> tuple[str, int]:
    """Return the head with ``%s`` where the values of ``names`` go, and how many lines that is: the values differ at every delivery, the rest does not."""
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.host_header}", *(f"{name}: {value}" for name, value in _OWN.items() if name not in names)]
    for name in names:
        _check_name(name)
    own = "".join(f"{line}\r\n" for line in lines).replace("%", "%%")
    return own + "".join(f"{name.replace('%', '%%')}: %s\r\n" for name in names), len(lines) + len(names)


def _check_name(name: str) -> None:
    if _UNFIT.search(name):
        raise NotSent("a header holds what HTTP cannot carry", surely=True)


class _Unasked(Exception):
    """More came than one answer."""


class Connection(asyncio.Protocol):
    """One connection: one request at a time. Its callbacks are httptools' (https://github.com/MagicStack/httptools)."""

    def __init__(self, open_ones: set[Connection]) -> None:
        self._all, self._loop = open_ones, asyncio.get_running_loop()
        self._transport: Any = None
        self._waiter: asyncio.Future[tuple[int, dict[str, str], bytes]] | None = None
        self.alive, self.reusable, self.used_s = True, False, perf_counter()

    async def ask(self, request: bytes, cap: int, total_s: float) -> tuple[int, dict[str, str], bytes]:
        """Send a request and return status, headers and body of the answer; raises :class:`NotSent`."""
        self._waiter = self._loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._cap, self._size, self._head_size, self._status = cap, 0, 0, 0
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._complete = self.reusable = self._until_close = False
        self._in_head = True
        late = self._loop.call_later(total_s, self._fail, "no answer in time")
        self._transport.write(request)
        try:
            return await self._waiter
        except NotSent as error:
            raise error from None
        finally:
            late.cancel()
            self._waiter = None
            self.used_s = perf_counter()

    def end(self) -> None:
        """Close it at once."""
        self.alive = self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.alive = self.reusable = False
        self._all.discard(self)
        if self._waiter is not None and not self._waiter.done():
            if self._until_close and exc is None:
                self._answer()  # without a length, the end of the connection is the end of the body
            else:
                self._fail(f"the connection broke ({type(exc).__name__ if exc else 'closed'})")

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            self.end()  # nobody asked: the next answer on this connection could be anybody's
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if self._complete:  # the answer is whole; what came after it is nobody's, as is this connection now
                self.reusable = False
                self._answer()
            else:
                self._fail(f"the answer is not HTTP ({type(error).__name__})")
            return
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > HEAD_CAP:
                self._fail("the answer's headers are too long")
        if self._complete or self._size >= self._cap:
            self._answer()

    def on_message_begin(self) -> None:
        if self._complete:
            raise _Unasked  # ends the reading before it mixes a second answer into the first

    def on_header(self, name: bytes, value: bytes) -> None:
        key, said = name.decode("latin-1").lower(), value.decode("latin-1")
        if key == "set-cookie" and key in self._headers:
            said = f"{self._headers[key]}\n{said}"
        self._headers[key] = said

    def on_headers_complete(self) -> None:
        self._status = status = self._parser.get_status_code()
        if status >= 200:
            self._in_head = False
            self._until_close = "content-length" not in self._headers and "transfer-encoding" not in self._headers

    def on_body(self, body: bytes) -> None:
        if self._size < self._cap:
            self._parts.append(body)
            self._size += len(body)

    def on_message_complete(self) -> None:
        if self._status < 200:
            self._headers.clear()  # 100 Continue and the like: the answer itself follows
        else:
            self._complete, self.reusable = True, self._parser.should_keep_alive() and not self._until_close

    def _answer(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result((self._status, self._headers, b"".join(self._parts)[: self._cap]))

    def _fail(self, reason: str) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(NotSent(reason, surely=False))
        self.end()
