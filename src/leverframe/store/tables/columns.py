"""What every table is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

_UNIX, _US = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def to_us(instant: datetime) -> int:
    """Return microseconds since 1970 of an aware instant."""
    return (instant - _UNIX) // _US


def from_us(us: int) -> datetime:
    """Return the aware UTC instant of microseconds since 1970."""
    return _UNIX + timedelta(microseconds=us)


RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""An identifier that is a table's key: SQLite keeps the rows of an ``INTEGER PRIMARY KEY`` by it, and for a ``BIGINT`` an index beside them.
https://sqlite.org/lang_createtable.html#rowid"""


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant, kept as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    # Not process_bind_param and process_result_value: what is wrapped around those takes longer than they do, and every row has an instant.
    def bind_processor(self, dialect: Any) -> Any:
        return _written

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return _read


def _written(value: datetime | None) -> int | None:
    return None if value is None else (value - _UNIX) // _US


def _read(value: int | None) -> datetime | None:
    return None if value is None else _UNIX + timedelta(microseconds=value)


metadata = sa.MetaData()


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """Return an index of the rows that meet ``where``, on SQLite as on PostgreSQL."""
    # The condition for PostgreSQL waits for a PostgreSQL: naming it here would import that dialect into every hub with SQLite.
    return sa.Index(name, *columns, unique=unique, sqlite_where=sa.text(where))


@sa.event.listens_for(metadata, "before_create")
def _partial_on_postgres(metadata: sa.MetaData, connection: sa.Connection, **_: Any) -> None:
    if connection.dialect.name == "postgresql":
        for table in metadata.tables.values():
            for index in table.indexes:
                index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
