"""``POST /in/{source}``, ``POST /hook`` and ``POST /teams/incoming/{token}``: the signed doors. A raw ASGI callable, because measuring says so (``docs/benchmarks.md``)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Protocol, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from leverframe.core.details import detail
from leverframe.core.errors import Locale, Refused, document
from leverframe.observe import AccessLog, Metrics, masked, quoted
from leverframe.ports import Accepted, Batches, Greets, Source
from leverframe.web.rates import peer_of
from leverframe.web.replies import Answer, Client, Receive, Scope, Send, send_answer
from leverframe.work.receive import Receiver

BODY_CAP = 25 * 1024 * 1024
"""GitHub's own cap: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""
BUFFER_BUDGET = 256 * 1024 * 1024
"""Bytes of bodies in memory at once, of all requests; beyond, 503 rather than memory. One address has an eighth of it, so that a stranger
who sends slowly leaves room for others."""
SPOOL_BYTES = 1024 * 1024
"""A body larger than this goes on in a temporary file while it comes in, and is taken up when no other such body is."""
SPOOL_BUDGET = 2 * 1024 * 1024 * 1024
"""Bytes of those files at once."""
Before: TypeAlias = Callable[[Mapping[bytes, bytes], bytes], Awaitable[None]]
After: TypeAlias = Callable[[Accepted], Awaitable[None]]
_JSON = [(b"content-type", b"application/json")]
_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]
INCOMING = "/teams/incoming/"
CARD_CAP = 256 * 1024
"""Bytes of a card; Teams took 28 KB."""
_encode = msgspec.json.Encoder().encode


class Refusals(Protocol):
    """Counts, limits and audits what the signed doors refuse."""

    def refused(self, *, source: str, address: str, refused: Refused) -> Refused:
        """Take note; return what to answer: the refusal itself, or ``rate_limited`` when the address fails too often."""
        ...


class HookRouting(Protocol):
    """Reads the routing that the address of ``/hook`` carries."""

    async def __call__(self, query: Mapping[str, str]) -> tuple[Source, str, tuple[str, ...]]:
        """Return the source to verify with, the routing to keep (JSON) and the scope of repeats; raises ``Refused``."""
        ...


class IncomingRouting(Protocol):
    """Reads the token of ``/teams/incoming/{token}``, and the rooms that it means."""

    async def __call__(self, secret: str, query: Mapping[str, str]) -> tuple[Source, str, tuple[str, ...]]:
        """Return what :class:`HookRouting` returns; raises ``Refused``."""
        ...


class Budget:
    """Bytes that bodies take at once: of all addresses, and of each; this machine's own have no share to keep to."""

    __slots__ = ("by_address", "each", "held", "most")

    def __init__(self, most: int) -> None:
        self.most, self.each = most, most // 8
        self.held = 0
        self.by_address: dict[str, int] = {}

    def take(self, address: str, size: int) -> None:
        """Take ``size`` bytes more. Raises ``Refused`` (``overloaded``) where there are too many; they are taken all the same."""
        self.held += size
        if address:
            self.by_address[address] = self.by_address.get(address, 0) + size
            if self.by_address[address] > self.each:
                raise Refused("overloaded", detail("large_bodies_of_address"), retry_after_s=2)
        if self.held > self.most:
            raise Refused("overloaded", detail("large_bodies"), retry_after_s=2)

    def give_back(self, address: str, size: int) -> None:
        """Give ``size`` of the bytes back."""
        self.held -= size
        if address and size:
            self.by_address[address] -= size
            if not self.by_address[address]:
                del self.by_address[address]


class Body:
    """A body as it comes in, piece by piece; a large one goes on in a file. :meth:`end` gives back what it takes."""

    __slots__ = ("_address", "_cap", "_doors", "_file", "_first", "_parts", "size")

    def __init__(self, doors: Inbound, address: str, cap: int) -> None:
        self._doors, self._address, self._cap = doors, address, cap
        self._parts: list[bytes] = []
        self._first = 0
        self._file: IO[bytes] | None = None
        self.size = 0

    @property
    def spooled(self) -> bool:
        """Whether it is in a file."""
        return self._file is not None

    def add(self, part: bytes) -> None:
        """Keep one piece. Raises ``Refused``: ``body_too_large``, ``overloaded`` when the hub holds too much as it is, or ``storage_unavailable``."""
        self.size += len(part)
        if self._file is not None:
            self._write(part)
        elif not self._parts:
            # What came at once is taken up at once: it is counted, but only those that are waited for can be too many.
            self._parts.append(part)
            self._first = len(part)
            self._doors.memory.held += len(part)
        else:
            self._parts.append(part)
            self._doors.memory.take(self._address, len(part))
            if self.size > SPOOL_BYTES:
                parts = b"".join(self._parts)
                self._forget_parts()
                try:
                    self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as the request
                except OSError as error:
                    raise Refused("storage_unavailable", f"{error.strerror or error}", retry_after_s=5) from error
                self._write(parts)
        if self.size > self._cap:
            raise Refused("body_too_large", detail("at_most_bytes", most=self._cap))

    def _write(self, part: bytes) -> None:
        assert self._file is not None
        self._doors.disk.take(self._address, len(part))
        try:
            self._file.write(part)
        except OSError as error:
            raise Refused("storage_unavailable", f"{error.strerror or error}", retry_after_s=5) from error

    def whole(self) -> bytes:
        """Return all of it."""
        if self._file is not None:
            self._file.seek(0)
            return self._file.read()
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def end(self) -> None:
        """Let it go."""
        if self._file is not None:
            self._doors.disk.give_back(self._address, self.size)
            with contextlib.suppress(OSError):  # what a full disk did not take is not needed any more
                self._file.close()
            self._file = None
        self._forget_parts()
        self.size = 0

    def _forget_parts(self) -> None:
        held = sum(map(len, self._parts))
        self._doors.memory.held -= self._first
        self._doors.memory.give_back(self._address, held - self._first)
        self._parts, self._first = [], 0


class Inbound:
    """The signed doors, mounted in front of everything else.

    They are an ASGI application; a server whose connections know them (``web.connections``) hands the plain case, a whole
    POST to a source's door, to :meth:`direct`, which costs a third less.
    """

    cap = BODY_CAP

    def __init__(
        self,
        receiver: Receiver,
        sources: Mapping[str, Source],
        *,
        hook: HookRouting,
        incoming: IncomingRouting,
        refusals: Refusals,
        metrics: Metrics,
        access: AccessLog,
        locale: Locale,
        address_of: Callable[[Client], str],
        before: Mapping[str, Before] | None = None,
        after: Mapping[str, After] | None = None,
    ) -> None:
        """``before`` is what a source has to fetch before it can prove a request, ``after`` what else must be on disk before the sender is
        told that it was taken; by the source's name."""
        self._receiver, self._hook, self._incoming, self._refusals, self._metrics = receiver, hook, incoming, refusals, metrics
        self._access, self._locale, self._address_of = access, locale, address_of
        self._before, self._after = before or {}, after or {}
        self._doors: dict[str, Source] = {f"/in/{name}": source for name, source in sources.items()}
        self._greeting: dict[str, Greets] = {f"/in/{name}": source for name, source in sources.items() if isinstance(source, Greets)}
        self._batching: dict[str, Batches] = {f"/in/{name}": source for name, source in sources.items() if isinstance(source, Batches)}
        if "github" in sources:
            self._doors["/hubot/github"] = sources["github"]
        self.memory, self.disk = Budget(BUFFER_BUDGET), Budget(SPOOL_BUDGET)
        self._one_large = asyncio.Lock()
        self._accepted = {name: metrics.events_total.labels(name, "false") for name in (*sources, "hook", "teams")}

    def takes(self, path: str) -> bool:
        """Return whether ``path`` is one of these doors."""
        return path.startswith(("/in/", INCOMING)) or path in ("/hook", "/hubot/github")

    def is_source(self, path: str) -> bool:
        """Return whether ``path`` is the door of a source, for which :meth:`direct` may be asked."""
        return path in self._doors

    def body(self, client: Client, cap: int = BODY_CAP) -> Body:
        """Return the place for a body of up to ``cap`` bytes that ``client`` sends."""
        return Body(self, "" if client is None or client[0].startswith("127.") or client[0] == "::1" else self._address_of(client), cap)

    async def direct(self, path: str, headers: Sequence[tuple[bytes, bytes]], body: Body, client: Client) -> Answer:
        """Answer a whole POST to a source's door; ``body`` is ended here."""
        return await self._in_turn(path, "POST", dict(headers), body, client, self._doors[path], None, None)

    async def refuse(self, path: str, refused: Refused, client: Client) -> Answer:
        """Answer a POST whose body is refused before it is whole."""
        return self._refused(path, "POST", refused, client, time.perf_counter())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        path, method, client = scope["path"], scope["method"], scope.get("client")
        try:
            source, carried, dedupe = await self._source(scope)
            fields: dict[bytes, bytes] = dict(scope["headers"])
            body = self.body(client)
            try:
                await self._read(body, fields, receive, CARD_CAP if path.startswith(INCOMING) else BODY_CAP)
            except BaseException:
                body.end()
                raise
            answer = await self._in_turn(path, method, fields, body, client, source, carried, dedupe)
        except Refused as refused:
            answer = self._refused(path, method, refused, client, started)
        except _Gone:
            return
        await send_answer(send, answer)

    async def _source(self, scope: Scope) -> tuple[Source, str | None, tuple[str, ...] | None]:
        """Return who proves the request, and the routing that its address carries."""
        path: str = scope["path"]
        if scope["method"] != "POST" and not (scope["method"] == "OPTIONS" and path in self._greeting):
            raise Refused("method_not_allowed", "POST")
        if path == "/hook":
            return await self._hook(_query(scope))
        if path.startswith(INCOMING):
            return await self._incoming(path[len(INCOMING) :], _query(scope))
        if (known := self._doors.get(path)) is None:
            name = path[4:] if path.startswith("/in/") else path.rpartition("/")[2]
            raise Refused("source_unknown", name[:100] if name.isprintable() else "")
        return known, None, None

    async def _in_turn(
        self, path: str, method: str, fields: Mapping[bytes, bytes], body: Body, client: Client, source: Source, carried: str | None,
        dedupe: tuple[str, ...] | None,
    ) -> Answer:  # fmt: skip
        if not body.spooled:
            return await self._answer(path, method, fields, body, client, source, carried, dedupe)
        try:
            async with self._one_large:  # from here on it is in memory, several times over
                return await self._answer(path, method, fields, body, client, source, carried, dedupe)
        finally:
            body.end()

    async def _answer(
        self, path: str, method: str, fields: Mapping[bytes, bytes], body: Body, client: Client, source: Source, carried: str | None,
        dedupe: tuple[str, ...] | None,
    ) -> Answer:  # fmt: skip
        read = time.perf_counter()
        raw = body.whole()
        try:
            if self._greeting and path in self._greeting and (greeting := self._greeting[path].greet(method, fields, raw)) is not None:
                self._access.line(peer=peer_of(client), method=method, path=quoted(path), status=200, duration_s=time.perf_counter() - read)
                return Answer(200, list(greeting.headers), greeting.body)
            if self._batching and path in self._batching:
                return await self._answer_all(path, fields, raw, client, self._batching[path])
            if (before := self._before.get(source.name)) is not None:
                await before(fields, raw)
            receipt, accepted = await self._receiver.receive(source, fields, raw, carried=carried, scope=dedupe)
            if (after := self._after.get(source.name)) is not None:
                await after(accepted)
        except Refused as refused:
            return self._refused(path, method, refused, client, read)
        finally:
            body.end()
        took_s = time.perf_counter() - read
        self._metrics.accept_seconds.observe(took_s)
        if receipt.duplicate:
            self._metrics.events_total.labels(source.name, "true").inc()
        else:
            self._accepted[source.name].inc()
        shown = receipt.shown_id
        self._access.line(
            peer=peer_of(client), method=method, path=quoted(masked(path)), status=200 if path.startswith(INCOMING) else 202, duration_s=took_s, event=shown, delivery=quoted(accepted.delivery_id)
        )
        if path.startswith(INCOMING):
            return Answer(200, _TEXT, b"1")  # as the connectors answered
        if not receipt.duplicate:
            return Answer(202, _JSON, b'{"id":"%s","duplicate":false}' % shown.encode())
        return Answer(202, _JSON, _encode({"id": shown, "duplicate": True, "revived": receipt.revived}))

    async def _answer_all(self, path: str, fields: Mapping[bytes, bytes], body: bytes, client: Client, source: Batches) -> Answer:
        """Answer a request that may hold several events: as for one when it holds one, with ``events`` when it holds more."""
        read = time.perf_counter()
        kept = await self._receiver.receive_all(source, fields, body)
        took_s = time.perf_counter() - read
        self._metrics.accept_seconds.observe(took_s)
        told = []
        for receipt, accepted in kept:
            self._metrics.events_total.labels(source.name, "true" if receipt.duplicate else "false").inc()
            told.append({"id": receipt.shown_id, "duplicate": receipt.duplicate, **({"revived": receipt.revived} if receipt.duplicate else {})})
            self._access.line(
                peer=peer_of(client), method="POST", path=quoted(path), status=202, duration_s=took_s, event=receipt.shown_id, delivery=quoted(accepted.delivery_id)
            )
        return Answer(202, _JSON, _encode(told[0] if len(told) == 1 else {**told[0], "events": told}))

    def _refused(self, path: str, method: str, refused: Refused, client: Client, started: float) -> Answer:
        name = path[4:] if path.startswith("/in/") else "teams" if path.startswith(INCOMING) else path.rpartition("/")[2]
        known = path in self._doors or path == "/hook" or path.startswith(INCOMING)
        label = name if known else "unknown"  # names that strangers make up are no label values
        told = self._refusals.refused(source=label, address=self._address_of(client), refused=refused)
        headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/problem+json")]
        if refused.code == "method_not_allowed":
            headers.append((b"allow", b"POST"))
        if told.retry_after_s is not None:
            headers.append((b"retry-after", b"%d" % told.retry_after_s))
        if told.status == 413 or told.status == 503:
            headers.append((b"connection", b"close"))  # the rest of the body is not read
        self._access.line(peer=peer_of(client), method=method, path=quoted(masked(path)), status=told.status, duration_s=time.perf_counter() - started)
        return Answer(told.status, headers, _encode(document(told, self._locale)))

    async def _read(self, body: Body, fields: Mapping[bytes, bytes], receive: Receive, most: int) -> None:
        """Read the whole body into ``body``, ``most`` bytes of it."""
        announced = fields.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > most:
            raise Refused("body_too_large", detail("bytes_at_most", size=int(announced), most=most))
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            body.add(message.get("body", b""))
            if body.size > most:
                raise Refused("body_too_large", detail("at_most_bytes", most=most))
            if not message.get("more_body"):
                return


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


class _Gone(Exception):
    """The client left before its body was whole."""

