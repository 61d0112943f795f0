"""The hot path into the store: one row of each table an event, many events a statement, many statements a commit.

This is the only place that speaks raw SQL, because measuring says so (``docs/benchmarks.md``): one statement for many
rows lets the interpreter's lock go once a batch instead of once a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

CHUNK = 32
"""Rows in one statement; the rest goes in chunks of 8 and of 1, so that few statements are prepared."""
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
def insert(table: str, columns: tuple[str, ...], rows: int) -> str:
    """Return an ``INSERT`` of ``rows`` rows with ``?`` for every value."""
    marks = ",".join(["(" + ",".join("?" * len(columns)) + ")"] * rows)
    return f"INSERT INTO {table} ({','.join(columns)}) VALUES {marks}"


@cache
def known(count: int) -> str:
    """Return the query for which of ``count`` dedupe digests are there already."""
    return f"SELECT dedupe, id FROM events WHERE dedupe IN ({','.join('?' * count)})"


def chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, list[Any]]]:
    """Yield (number of rows, their values one after the other) in sizes that have a prepared statement."""
    start = 0
    for size in (CHUNK, 8, 1):
        while len(rows) - start >= size:
            yield size, [value for row in rows[start : start + size] for value in row]
            start += size
