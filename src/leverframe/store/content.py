"""The index of what is in the buckets: lists, searches, and who refers to whom. It follows the buckets, and can be made anew from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.rows import insert_rows
from leverframe.store.tables import content_entries as table
from leverframe.store.tables import content_references as references

COLUMNS = ("site", "collection", "entry", "key", "tag", "size", "modified_at", "title", "dated", "problem", "search", "seen")
LOOKED_AT_FIRST = 500
"""Entries that a search looks through in the order of the list, before it looks through all."""
_SHOWN = tuple(table.c[name] for name in COLUMNS if name != "search")


class Indexed(msgspec.Struct, frozen=True, kw_only=True):
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


class Fresh(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to put into the index."""

    row: Indexed
    search: str
    targets: frozenset[tuple[str, str]]
    """(collection, entry) of all that it refers to."""


class Cursor(msgspec.Struct, frozen=True):
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
    if not search:
        wanted = _ordered(table, sa.select(*_SHOWN).where(table.c.site == site, table.c.collection == collection), after).limit(limit)
        return [Indexed(**row._mapping) for row in connection.execute(wanted)]
    # The newest are looked through first: a word that many hold is found there. One that few hold takes all, in the order in which they lie.
    some = _ordered(table, sa.select(*_SHOWN, table.c.search).where(table.c.site == site, table.c.collection == collection), after).limit(LOOKED_AT_FIRST).subquery()
    newest = sa.select(*(some.c[one.name] for one in _SHOWN)).where(*_holding(connection, some.c.search, search))
    rows = connection.execute(_ordered(some, newest).limit(limit)).all()
    if len(rows) < limit:
        of_all = sa.select(*_SHOWN).where(*_all_of(connection, site, collection), *_holding(connection, table.c.search, search))
        rows = connection.execute(_ordered(table, of_all, after).limit(limit)).all()
    return [Indexed(**row._mapping) for row in rows]


def _ordered(of: sa.FromClause, wanted: sa.Select[Any], after: Cursor | None = None) -> sa.Select[Any]:
    """Return ``wanted`` in the order of lists, from where a page ended."""
    if after is not None:
        place = sa.tuple_(of.c.dated, of.c.modified_at, of.c.entry)
        wanted = wanted.where(place < sa.tuple_(sa.literal(after.dated), sa.literal(after.modified_at, of.c.modified_at.type), sa.literal(after.entry)))
    return wanted.order_by(of.c.dated.desc(), of.c.modified_at.desc(), of.c.entry.desc())


def _holding(connection: Connection, text: Any, words: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that all of ``words`` are in ``text``; long ones are looked for first, for they are rare."""
    longest = sorted(words, key=len, reverse=True)
    if connection.dialect.name == "sqlite":
        return [sa.func.holds_all(sa.cast(text, sa.LargeBinary), "\0".join(longest)) == sa.true()]
    return [sa.func.strpos(text, word) > 0 for word in longest]


def _all_of(connection: Connection, site: str, collection: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of a collection; on SQLite with a plus, so that no index is used: by one each row would be fetched from another place."""
    plus = "+" if connection.dialect.name == "sqlite" else ""
    return [sa.literal_column(f"{plus}content_entries.{name}", sa.Text) == value for name, value in (("site", site), ("collection", collection))]


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
