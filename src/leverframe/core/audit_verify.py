"""Whether an audit is whole: the links are made again from the entries, and held against the signed checkpoints."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias, assert_never

import msgspec

from leverframe.core.audit_chain import FIRST, Checkpoint, Linked, next_link
from leverframe.core.ids import COUNTER_BITS, NODE_BITS

LATE_MS = 3_600_000
"""An entry whose id is older than the newest in the chain by more than this has no business to come now: none takes an hour to be
written. It gets no link."""
Why: TypeAlias = Literal["changed", "missing", "order", "contradicted", "cut", "unsigned", "inserted", "unexpected", "removed", "excerpt"]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """How an export begins."""

    at: datetime
    keys: tuple[str, ...]
    """The public keys of the hub; none where it does not sign."""
    excerpt: bool = False
    """Whether entries are left out, because somebody asked for some of them only."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How an export ends: what does not end so was cut."""

    entries: int


Record: TypeAlias = Header | Checkpoint | Linked | Ending


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Every entry is as it was written, none is missing, none was put in."""

    entries: int
    """Those with a link."""
    pending: int
    """Those that came in the last seconds and have no link yet."""
    since: int
    """The sequence up to which retention has removed entries; 0 when none."""
    sequence: int
    link: bytes
    keys: tuple[str, ...]
    """The public keys that were trusted; none: nothing is signed, and who may write the database can make the whole chain anew."""


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """The first place where the audit is not what was written."""

    why: Why
    sequence: int
    id: int | None = None
    """The entry's, where there is one."""


def horizon(newest_id: int) -> int:
    """Return the least id that may still come when ``newest_id`` has its link."""
    return newest_id - (LATE_MS << (NODE_BITS + COUNTER_BITS))


def verify(records: Iterable[Record], *, keys: frozenset[str] | None = None, head: tuple[int, bytes] | None = None) -> Verified | Broken:
    """Return whether an export is whole: header, checkpoints, entries in the order of the chain, those without a link, ending.

    ``keys`` are the public keys to trust, those of the header if left out. ``head`` is a sequence and its link as they were once, which
    must still be so: it shows also when everything was taken away and made anew.
    """
    walk = _Walk(keys, head)
    for record in records:
        if (broken := walk.take(record)) is not None:
            return broken
    return walk.end()


class _Walk:
    def __init__(self, keys: frozenset[str] | None, head: tuple[int, bytes] | None) -> None:
        self._given, self._head = keys, head
        self._order = tuple(sorted(keys or ()))
        self._trusted = frozenset(self._order)
        self._sequence, self._link, self._since, self._signed_to = 0, FIRST, 0, 0
        self._entries = self._pending = self._newest = 0
        self._points: dict[int, Checkpoint] = {}
        self._begun = self._ended = False

    def take(self, record: Record) -> Broken | None:
        match record:
            case Header():
                self._begun = True
                if self._given is None:
                    self._order, self._trusted = record.keys, frozenset(record.keys)
                return Broken(why="excerpt", sequence=0) if record.excerpt else None
            case Checkpoint():
                return self._began(record) if record.kind == "retention" else self._went(record)
            case Linked():
                return self._linked(record) if record.sequence else self._unlinked(record)
            case Ending():
                self._ended = record.entries == self._entries + self._pending
                return None
            case _:
                assert_never(record)

    def _began(self, point: Checkpoint) -> Broken | None:
        if point.sequence < self._sequence:
            return None
        if self._trusted and not point.is_signed_by(self._trusted):
            return Broken(why="unsigned", sequence=point.sequence)
        if point.sequence == self._sequence and point.link != self._link:
            return Broken(why="contradicted", sequence=point.sequence)
        if self._head is not None and self._head[0] == point.sequence and self._head[1] != point.link:
            return Broken(why="unexpected", sequence=point.sequence)
        self._points = {sequence: known for sequence, known in self._points.items() if sequence > point.sequence}
        self._sequence, self._link, self._since = point.sequence, point.link, point.sequence
        self._signed_to = max(self._signed_to, point.sequence)
        return None

    def _went(self, point: Checkpoint) -> Broken | None:
        if not self._trusted or point.is_signed_by(self._trusted):
            self._points[point.sequence] = point
        return None  # of another's, or of nobody's: it neither proves nor disproves; a later one of the hub's vouches for its entries too

    def _linked(self, linked: Linked) -> Broken | None:
        at, entry = self._sequence + 1, linked.entry
        if linked.sequence != at:
            return Broken(why="missing" if linked.sequence > at else "order", sequence=at, id=None if linked.sequence > at else entry.id)
        link = next_link(self._link, at, entry)
        if link != linked.link:
            return Broken(why="changed", sequence=at, id=entry.id)
        if (point := self._points.pop(at, None)) is not None:
            if point.link != link:
                return Broken(why="contradicted", sequence=at, id=entry.id)
            self._signed_to = at
        if self._head is not None and self._head[0] == at and self._head[1] != link:
            return Broken(why="unexpected", sequence=at, id=entry.id)
        self._sequence, self._link, self._newest, self._entries = at, link, max(self._newest, entry.id), self._entries + 1
        return None

    def _unlinked(self, linked: Linked) -> Broken | None:
        self._pending += 1
        if linked.entry.id < horizon(self._newest):
            return Broken(why="inserted", sequence=self._sequence + 1, id=linked.entry.id)
        return None

    def end(self) -> Verified | Broken:
        after = self._sequence + 1
        if not (self._begun and self._ended) or any(sequence >= after for sequence in self._points):
            return Broken(why="cut", sequence=after)
        if self._trusted and self._signed_to < self._sequence:
            return Broken(why="unsigned", sequence=self._signed_to + 1)
        if self._head is not None and self._head[0] >= after:
            return Broken(why="cut", sequence=after)
        if self._head is not None and self._head[0] < self._since:
            return Broken(why="removed", sequence=self._head[0])
        return Verified(
            entries=self._entries, pending=self._pending, since=self._since, sequence=self._sequence, link=self._link, keys=self._order
        )
