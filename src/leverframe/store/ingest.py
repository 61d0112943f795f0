"""The hot path into the store: one row of each table an event, many events a statement, many statements a commit.

This is the only place that speaks raw SQL, because measuring says so (``docs/benchmarks.md``): one statement for many
rows lets the interpreter's lock go once a batch instead of once a row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import msgspec
import zstandard

EVENT_COLUMNS = ("id", "dedupe", "source", "delivery_id", "name", "action", "repo", "carried", "received_at")
BODY_COLUMNS = ("event_id", "codec", "headers", "body")


PLAIN, ZSTANDARD = 0, 1
"""What is done to a body before it is kept."""
_SMALL = 256
"""Bytes of a body that is kept as it is."""
Compress: TypeAlias = Callable[[bytes], bytes]


def compressor() -> Compress:
    """Return what bodies are compressed with; for one thread."""
    return zstandard.ZstdCompressor(level=1).compress


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event at the door, not yet on disk."""

    id: int
    dedupe: bytes
    """16 bytes: the digest of what makes a repeat a repeat."""
    source: str
    delivery_id: str
    name: str
    action: str | None
    repo: str | None
    carried: str | None
    received_us: int
    headers: bytes
    body: bytes
    """As it came."""

    def event_row(self) -> tuple[Any, ...]:
        """Return the values of :data:`EVENT_COLUMNS`."""
        return (self.id, self.dedupe, self.source, self.delivery_id, self.name, self.action, self.repo, self.carried, self.received_us)

    def body_row(self, compress: Compress) -> tuple[Any, ...]:
        """Return the values of :data:`BODY_COLUMNS`: the store's work, as SQLite's is in a thread where the doors need not wait for it."""
        if len(self.body) > _SMALL:
            return (self.id, ZSTANDARD, self.headers, compress(self.body))
        return (self.id, PLAIN, self.headers, self.body)


@cache
def known(count: int) -> str:
    """Return the query for which of ``count`` dedupe digests are there already."""
    return f"SELECT dedupe, id FROM events WHERE dedupe IN ({','.join('?' * count)})"
