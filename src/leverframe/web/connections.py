"""Connections of strangers: one that ends early is no error of the hub's, and one that never comes to the point is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.web.inbound import Body, Inbound
from leverframe.web.replies import Answer, Client

HEAD_CAP = 65_536
"""Bytes of a request's line and headers; GitHub's are about 500."""
LINGER_S = 2.0
"""So long a connection takes what is still on its way after its request was refused half-way."""
REQUEST_S = 60.0
"""Seconds in which a request must have come, head and body; GitHub itself gives up after 10."""

_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
log = structlog.get_logger("leverframe.web")


class ShortWay(Protocol):
    """Doors that take a whole POST as it came."""

    cap: int
    """Bytes that a body may have."""

    async def direct(self, path: str, headers: Sequence[tuple[bytes, bytes]], body: Body, client: Client) -> Answer:
        """Return the answer; ``body`` is ended here. ``headers`` have lower-case names."""
        ...

    async def refuse(self, path: str, refused: Refused, client: Client) -> Answer:
        """Return the answer to a POST whose body is refused before it is whole."""
        ...


class Connection(HttpToolsProtocol):
    """uvicorn's, with limits of our own, and with a shorter way for what a hub gets most: a whole POST to a source's door, or to Slack's.

    An answer goes out in one piece, and one to somebody who has hung up is dropped without a word.
    """

    def connection_made(self, transport: Any) -> None:
        """Begin to listen; called by the event loop."""
        super().connection_made(_Gathering(transport))  # type: ignore[arg-type]
        self._in_head, self._head_size = True, 0
        self._lingers = False
        self._direct: _Direct | None = None
        # Behind a proxy that is believed, the address is in the headers, and reading it there is uvicorn's.
        self._short_way: Callable[[str], ShortWay | None] = _none if self.config.proxy_headers else getattr(self.config.app, "short_way", _none)
        self._inbound: Inbound | None = getattr(self.config.app, "inbound", None)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what was under way."""
        if self._direct is not None and self._direct.more_body:
            self._direct.body.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that does not end is not read for ever."""
        if self._lingers:
            return
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > HEAD_CAP and not self.transport.is_closing():
            self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what follows a chunked body could go on for ever, and nobody reads it
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._head_size = False, 0
        path = self.url.decode("latin-1")
        doors = self._short_way(path)
        plain = (
            doors is not None and self.parser.get_method() == b"POST" and self.parser.get_http_version() == "1.1"
            and not self.expect_100_continue and not self.parser.should_upgrade() and (self.cycle is None or self.cycle.response_complete)
        )  # fmt: skip
        if not plain or doors is None or self._inbound is None:
            self._direct = None
            super().on_headers_complete()
            return
        self._direct = _Direct(path, doors, self.headers, self._inbound.body(self.client, doors.cap), self.parser.should_keep_alive())
        self.cycle = self._direct  # type: ignore[assignment]
        announced = next((value for name, value in self.headers if name == b"content-length"), b"0")
        if announced.isdigit() and int(announced) > doors.cap:
            self._refuse(self._direct, Refused("body_too_large", detail("bytes_at_most", size=int(announced), most=doors.cap)))

    def on_body(self, body: bytes) -> None:
        request = self._direct
        if request is None:
            super().on_body(body)
        elif request.more_body:
            try:
                request.body.add(body)
            except Refused as refused:
                self._refuse(request, refused)

    def on_message_complete(self) -> None:
        self._in_head = True
        request = self._direct
        if request is None:
            super().on_message_complete()
        elif request.more_body:
            request.more_body = False
            if not request.body.size:
                request.body.add(b"")
            self._begin(request, request.doors.direct(request.path, request.headers, request.body, self.client))

    def _refuse(self, request: _Direct, refused: Refused) -> None:
        """Answer before the body is whole; the rest of it is not read."""
        request.more_body = request.keep_alive = False
        request.cut = True
        request.body.end()
        self._begin(request, request.doors.refuse(request.path, refused, self.client))

    def _begin(self, request: _Direct, answering: Coroutine[Any, Any, Answer]) -> None:
        task = self.loop.create_task(self._answer(request, answering))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _answer(self, request: _Direct, answering: Coroutine[Any, Any, Answer]) -> None:
        try:
            answer = await answering
        except Exception:
            log.exception("request_failed", path=request.path)
            answer = Answer(500, [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")], b"Internal Server Error")
        request.response_complete = True
        if request.disconnected or self.transport.is_closing():
            return
        closes = not request.keep_alive or (b"connection", b"close") in answer.headers
        lines = [STATUS_LINE[answer.status]]
        for name, value in (*self.server_state.default_headers, *answer.headers):
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"connection: close\r\n" if closes and (b"connection", b"close") not in answer.headers else b"")
        lines.append(b"content-length: %d\r\n\r\n" % len(answer.body))
        lines.append(answer.body)
        self.transport.write(b"".join(lines))
        if closes and request.cut:
            self._linger()
        elif closes:
            self.transport.close()
        self.on_response_complete()

    def _linger(self) -> None:
        """Close for writing, and let what still comes in fall for a while: closing at once would reset the connection, and a sender in the
        middle of its body would not see the answer. https://www.rfc-editor.org/rfc/rfc9112#section-9.6"""
        self._lingers = True
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.close)


def _none(path: str) -> None:
    """An application that knows no short way."""


class _Direct:
    """A request that goes the short way; uvicorn sees what it asks of a request of its own."""

    __slots__ = ("body", "cut", "disconnected", "doors", "headers", "keep_alive", "more_body", "path", "response_complete")

    def __init__(self, path: str, doors: ShortWay, headers: Sequence[tuple[bytes, bytes]], body: Body, keep_alive: bool) -> None:
        self.path, self.doors, self.headers, self.body, self.keep_alive = path, doors, headers, body, keep_alive
        self.more_body, self.response_complete, self.disconnected = True, False, False
        self.cut = False

    @property
    def message_event(self) -> _Direct:
        """Nobody waits for pieces of it."""
        return self

    def set(self) -> None:
        """Do nothing."""


class _Gathering:
    """Writes the head of an answer together with its body: uvicorn writes them one after the other, a system call each.

    uvloop raises when a closed transport is written to, asyncio does not. It happens when a connection sends a request and
    nonsense after it: the nonsense closes it before the request is answered.
    """

    __slots__ = ("_head", "_transport", "get_extra_info", "is_closing", "pause_reading", "resume_reading")

    def __init__(self, transport: Any) -> None:
        self._transport, self._head = transport, b""
        self.get_extra_info, self.is_closing = transport.get_extra_info, transport.is_closing
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading

    def write(self, data: bytes) -> None:
        if self.is_closing():
            return
        if not self._head and data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n"):
            self._head = data
            asyncio.get_running_loop().call_soon(self._flush)  # a stream may wait long for its first byte
        else:
            self._transport.write(self._head + data)
            self._head = b""

    def _flush(self) -> None:
        if self._head and not self.is_closing():
            self._transport.write(self._head)
        self._head = b""

    def write_eof(self) -> None:
        self._flush()
        if self._transport.can_write_eof():  # TLS has no way to say so
            self._transport.write_eof()

    def close(self) -> None:
        self._flush()
        self._transport.close()


class Patience:
    """Ends connections whose request does not come whole: many that only begin one would leave no room for others."""

    def __init__(self) -> None:
        self._waiting: dict[Any, tuple[Any, float]] = {}
        """By connection: what it is at, with how much of a long upload has come, and since when."""

    def look(self, connections: Iterable[Any], now_s: float) -> int:
        """Look at a server's connections, every few seconds; return how many were ended. ``now_s`` is of any steady clock."""
        before, self._waiting, ended = self._waiting, {}, 0
        for connection in list(connections):
            cycle = connection.cycle
            if cycle is None or cycle.response_complete:
                if connection.timeout_keep_alive_task is not None:
                    continue  # between two requests
            elif not cycle.more_body:
                continue  # the request is whole: it is the hub that takes its time
            since, at = before.get(connection), (cycle, _taken(cycle))
            if since is None or since[0] != at:
                self._waiting[connection] = at, now_s
            elif now_s - since[1] < REQUEST_S:
                self._waiting[connection] = since
            else:
                connection.transport.close()
                ended += 1
        return ended


def _taken(cycle: Any) -> int:
    """Return how much of its body a request that is read piece by piece has brought; an upload may last as long as it goes on."""
    taken = getattr(cycle, "scope", {}).get("state", {}).get("taken", 0)
    return taken if isinstance(taken, int) else 0
