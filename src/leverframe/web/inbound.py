"""``POST /in/{source}`` and ``POST /hook``: the signed doors. A raw ASGI callable, because measuring says so (``docs/benchmarks.md``)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec

from leverframe.core.errors import Locale, Refused, document
from leverframe.observe import AccessLog, Metrics, quoted
from leverframe.ports import Source
from leverframe.work.receive import Receipt, Receiver

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_CAP = 25 * 1024 * 1024
"""GitHub's own cap: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""
BUFFER_BUDGET = 256 * 1024 * 1024
"""Bytes of bodies held at once by all requests; beyond, 503 rather than memory."""
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


class Inbound:
    """The signed doors, mounted in front of everything else."""

    def __init__(
        self,
        receiver: Receiver,
        sources: Mapping[str, Source],
        *,
        hook: HookRouting,
        refusals: Refusals,
        metrics: Metrics,
        access: AccessLog,
        locale: Locale,
        address_of: Callable[[Scope], str],
    ) -> None:
        self._receiver, self._hook, self._refusals, self._metrics = receiver, hook, refusals, metrics
        self._access, self._locale, self._address_of = access, locale, address_of
        self._doors: dict[str, Source] = {f"/in/{name}": source for name, source in sources.items()}
        if "github" in sources:
            self._doors["/hubot/github"] = sources["github"]
        self._held = 0
        self._accepted = {name: metrics.events_total.labels(name, "false") for name in (*sources, "hook")}

    def takes(self, path: str) -> bool:
        """Return whether ``path`` is one of these doors."""
        return path.startswith("/in/") or path in ("/hook", "/hubot/github")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        path: str = scope["path"]
        name = path[4:] if path.startswith("/in/") else path.rpartition("/")[2]
        label = name if path in self._doors or path == "/hook" else "unknown"  # names that strangers make up are no label values
        event = delivery = ""
        headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
        try:
            if scope["method"] != "POST":
                headers.append((b"allow", b"POST"))
                raise Refused("method_not_allowed", "POST")
            carried, dedupe = None, None
            if path == "/hook":
                source, carried, dedupe = await self._hook(dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)))
            elif (known := self._doors.get(path)) is None:
                raise Refused("source_unknown", name[:100] if name.isprintable() else "")
            else:
                source = known
            fields: dict[bytes, bytes] = dict(scope["headers"])
            body, held = await self._read(fields, receive)
            try:
                read = time.perf_counter()
                receipt, accepted = await self._receiver.receive(source, fields, body, carried=carried, scope=dedupe)
            finally:
                self._held -= held
            self._metrics.accept_seconds.observe(time.perf_counter() - read)
            if receipt.duplicate:
                self._metrics.events_total.labels(source.name, "true").inc()
            else:
                self._accepted[source.name].inc()
            event, delivery, status = receipt.shown_id, accepted.delivery_id, 202
            answer = _receipt(receipt)
        except Refused as refused:
            told = self._refusals.refused(source=label, address=self._address_of(scope), refused=refused)
            status, answer = told.status, _encode(document(told, self._locale))
            headers[0] = (b"content-type", b"application/problem+json")
            if told.retry_after_s is not None:
                headers.append((b"retry-after", b"%d" % told.retry_after_s))
            if status == 413 or status == 503:
                headers.append((b"connection", b"close"))  # the rest of the body is not read
        except _Gone:
            return
        headers.append((b"content-length", b"%d" % len(answer)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        self._access.line(
            peer=self._address_of(scope), method=scope["method"], path=quoted(path), status=status,
            duration_s=time.perf_counter() - started, event=event, delivery=quoted(delivery) if delivery else "",
        )  # fmt: skip

    async def _read(self, fields: Mapping[bytes, bytes], receive: Receive) -> tuple[bytes, int]:
        """Return the whole body and the bytes that it takes of the shared budget (the caller gives them back)."""
        announced = fields.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > BODY_CAP:
            raise Refused("body_too_large", f"{int(announced)} bytes, at most {BODY_CAP}")
        message = await receive()
        if not message.get("more_body") and message["type"] == "http.request":
            body: bytes = message.get("body", b"")
            if len(body) > BODY_CAP:
                raise Refused("body_too_large", f"more than {BODY_CAP} bytes")
            self._held += len(body)
            return body, len(body)
        parts, size = [], 0
        try:
            while True:
                if message["type"] == "http.disconnect":
                    raise _Gone
                part: bytes = message.get("body", b"")
                parts.append(part)
                size += len(part)
                self._held += len(part)
                if size > BODY_CAP:
                    raise Refused("body_too_large", f"more than {BODY_CAP} bytes")
                if self._held > BUFFER_BUDGET:
                    raise Refused("overloaded", "too many large bodies at once", retry_after_s=2)
                if not message.get("more_body"):
                    return b"".join(parts), size
                message = await receive()
        except BaseException:
            self._held -= size
            raise


class _Gone(Exception):
    """The client left before its body was whole."""


def _receipt(receipt: Receipt) -> bytes:
    if not receipt.duplicate:
        return b'{"id":"%s","duplicate":false}' % receipt.shown_id.encode()
    return _encode({"id": receipt.shown_id, "duplicate": True, "revived": receipt.revived})
