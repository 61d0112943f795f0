"""The index of what is in the buckets: lists, searches, and who refers to whom. It follows the buckets, and can be made anew from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.rows import insert_rows
from leverframe.store.tables import content_entries as table
from leverframe.store.tables import content_references as references

COLUMNS = ("site", "collection", "entry", "key", "tag", "size", "modified_at", "title", "dated", "problem", "search", "seen")
_SHOWN = tuple(table.c[name] for name in COLUMNS if name != "search")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """One entry, as lists show it."""

    site: str
    collection: str
    entry: str
    key: str
    tag: str
    size: int
    modified_at: datetime
    title: str
    dated: str = ""
    problem: str = ""
    """Why it cannot be read; empty when it can."""
    seen: int = 0
    """Identifier of when the row was written: what looked at the bucket before knows less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An entry to put into the index."""

    row: Indexed
    search: str
    targets: frozenset[tuple[str, str]]
    """(collection, entry) of all that it refers to."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list ended."""

    dated: str
    modified_at: datetime
    entry: str


def put(connection: Connection, fresh: Sequence[Fresh]) -> None:
    """Put entries into the index in place of what it has of them."""
    if not fresh:
        return
    for site, collection in {(one.row.site, one.row.collection) for one in fresh}:
        remove(connection, site, collection, [one.row.entry for one in fresh if (one.row.site, one.row.collection) == (site, collection)])
    insert_rows(
        connection, table, COLUMNS,
        [
            (r.site, r.collection, r.entry, r.key, r.tag, r.size, r.modified_at, r.title, r.dated, r.problem, one.search, r.seen)
            for one in fresh for r in (one.row,)
        ],
    )  # fmt: skip
    insert_rows(
        connection, references, ("site", "collection", "entry", "target_collection", "target"),
        [(one.row.site, one.row.collection, one.row.entry, there, target) for one in fresh for there, target in sorted(one.targets)], ignoring_repeats=True,
    )  # fmt: skip


def remove(connection: Connection, site: str, collection: str, entries: Sequence[str]) -> None:
    """Take entries out of the index."""
    for where in (table, references):
        for start in range(0, len(entries), 500):
            some = entries[start : start + 500]
            connection.execute(where.delete().where(where.c.site == site, where.c.collection == collection, where.c.entry.in_(some)))


def known(connection: Connection, site: str, collection: str, entries: Collection[str]) -> dict[str, tuple[str, int]]:
    """Return tag and ``seen`` of those of ``entries`` (at most some hundreds) that the index has."""
    wanted = sa.select(table.c.entry, table.c.tag, table.c.seen).where(table.c.site == site, table.c.collection == collection, table.c.entry.in_(sorted(entries)))
    return {row.entry: (row.tag, row.seen) for row in connection.execute(wanted)}


def all_ids(connection: Connection, site: str, collection: str, *, after: str, limit: int) -> list[tuple[str, int]]:
    """Return (entry, ``seen``) of a collection in the order of ids, from behind ``after``."""
    wanted = sa.select(table.c.entry, table.c.seen).where(table.c.site == site, table.c.collection == collection, table.c.entry > after).order_by(table.c.entry).limit(limit)
    return [(row.entry, row.seen) for row in connection.execute(wanted)]


def one(connection: Connection, site: str, collection: str, entry: str) -> Indexed | None:
    """Return one entry."""
    row = connection.execute(sa.select(*_SHOWN).where(table.c.site == site, table.c.collection == collection, table.c.entry == entry)).one_or_none()
    return None if row is None else Indexed(**row._mapping)


def page(connection: Connection, site: str, collection: str, *, search: Sequence[str] = (), after: Cursor | None = None, limit: int) -> list[Indexed]:
    """Return entries, the newest first (by their own date, then by when they were written): those in which all words of ``search`` are."""
    wanted = sa.select(*_SHOWN).where(table.c.site == site, table.c.collection == collection)
    holds = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
    for word in search:
        wanted = wanted.where(holds(table.c.search, word) > 0)
    if after is not None:
        place = sa.tuple_(table.c.dated, table.c.modified_at, table.c.entry)
        wanted = wanted.where(place < sa.tuple_(sa.literal(after.dated), sa.literal(after.modified_at, table.c.modified_at.type), sa.literal(after.entry)))
    wanted = wanted.order_by(table.c.dated.desc(), table.c.modified_at.desc(), table.c.entry.desc()).limit(limit)
    return [Indexed(**row._mapping) for row in connection.execute(wanted)]


def count(connection: Connection, site: str) -> Mapping[str, int]:
    """Return how many entries each collection has."""
    wanted = sa.select(table.c.collection, sa.func.count()).where(table.c.site == site).group_by(table.c.collection)
    return {name: number for name, number in connection.execute(wanted)}


def titles(connection: Connection, site: str, collection: str, *, limit: int) -> list[tuple[str, str]]:
    """Return (entry, title) of a collection in the order of titles: what a reference may be chosen from."""
    wanted = sa.select(table.c.entry, table.c.title).where(table.c.site == site, table.c.collection == collection).order_by(table.c.title, table.c.entry).limit(limit)
    return [(row.entry, row.title) for row in connection.execute(wanted)]


def referring(connection: Connection, site: str, collection: str, entry: str, *, limit: int) -> list[tuple[str, str, str]]:
    """Return (collection, entry, title) of what refers to an entry."""
    join = sa.and_(table.c.site == references.c.site, table.c.collection == references.c.collection, table.c.entry == references.c.entry)
    wanted: Any = (
        sa.select(references.c.collection, references.c.entry, table.c.title).select_from(references.outerjoin(table, join))
        .where(references.c.site == site, references.c.target_collection == collection, references.c.target == entry)
        .order_by(references.c.collection, references.c.entry).limit(limit)
    )  # fmt: skip
    return [(row.collection, row.entry, row.title or row.entry) for row in connection.execute(wanted)]
