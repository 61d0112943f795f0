"""The hot path into the store: one row of each table an event, many events a statement, many statements a commit.

This is the only place that speaks raw SQL, because measuring says so (``docs/benchmarks.md``): one statement for many
rows lets the interpreter's lock go once a batch instead of once a row.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

EVENT_COLUMNS = ("id", "dedupe", "source", "delivery_id", "name", "action", "repo", "carried", "received_at")
BODY_COLUMNS = ("event_id", "codec", "headers", "body")


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
    codec: int
    headers: bytes
    body: bytes

    def event_row(self) -> tuple[Any, ...]:
        """Return the values of :data:`EVENT_COLUMNS`."""
        return (self.id, self.dedupe, self.source, self.delivery_id, self.name, self.action, self.repo, self.carried, self.received_us)

    def body_row(self) -> tuple[Any, ...]:
        """Return the values of :data:`BODY_COLUMNS`."""
        return (self.id, self.codec, self.headers, self.body)


@cache
def known(count: int) -> str:
    """Return the query for which of ``count`` dedupe digests are there already."""
    return f"SELECT dedupe, id FROM events WHERE dedupe IN ({','.join('?' * count)})"
