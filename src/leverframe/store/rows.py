"""Many rows in few statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.tables import Instant, to_us

CHUNK = 32
"""Rows in one statement; the rest goes in chunks of 8 and of 1, so that few statements are prepared."""


@cache
def insert_text(table: str, columns: tuple[str, ...], rows: int, *, ignoring_repeats: bool = False, returning: str = "") -> str:
    """Return an ``INSERT`` of ``rows`` rows with ``?`` for every value, which tells the column ``returning`` of those that are new."""
    marks = ",".join(["(" + ",".join("?" * len(columns)) + ")"] * rows)
    text = f"INSERT INTO {table} ({','.join(columns)}) VALUES {marks}" + (" ON CONFLICT DO NOTHING" if ignoring_repeats else "")
    return f"{text} RETURNING {returning}" if returning else text


def chunks(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Yield (number of rows, their values one after the other) in sizes that have a prepared statement."""
    start = 0
    for size in (CHUNK, 8, 1):
        while len(rows) - start >= size:
            yield size, [value for row in rows[start : start + size] for value in row]
            start += size


@cache
def _instants(table: sa.Table, columns: tuple[str, ...]) -> tuple[int, ...]:
    """Return where among ``columns`` instants stand."""
    return tuple(at for at, column in enumerate(columns) if isinstance(table.c[column].type, Instant))


def _store(values: list[Any], width: int, instants: tuple[int, ...]) -> None:
    """Put what is stored in the place of every instant, in rows of ``width`` values one after the other."""
    for first in instants:
        for at in range(first, len(values), width):
            if (value := values[at]) is not None:
                values[at] = to_us(value)


def insert_rows(
    connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], *, ignoring_repeats: bool = False,
    returning: str = "",
) -> list[Any]:
    """Insert ``rows``, whose values are in the order of ``columns``; instants are datetimes. Return the column ``returning`` of those that are new.

    On SQLite a statement takes many rows: each statement lets the interpreter's lock go and must win it back from the
    loop, and once a row is too often (``docs/benchmarks.md``). asyncpg's way for many rows is ``executemany``.
    """
    if not rows:
        return []
    if connection.dialect.name == "sqlite":
        new: list[Any] = []
        for size, values in chunks(rows):
            _store(values, len(columns), _instants(table, columns))
            inserted = connection.exec_driver_sql(insert_text(table.name, columns, size, ignoring_repeats=ignoring_repeats, returning=returning), tuple(values))
            if returning:
                new.extend(inserted.scalars())
        return new
    statement = upsert(connection.dialect.name)(table)
    if ignoring_repeats:
        statement = statement.on_conflict_do_nothing()
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    if returning:
        return list(connection.execute(statement.returning(table.c[returning]), named).scalars())
    connection.execute(statement, named)
    return []


def upsert(dialect: str) -> Any:
    """Return the dialect's ``insert``, which knows what to do on a conflict."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert
