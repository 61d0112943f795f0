"""What every table is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(instant: datetime) -> int:
    """Return microseconds since 1970 of an aware instant."""
    return (instant - _UNIX) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """Return the aware UTC instant of microseconds since 1970."""
    return _UNIX + timedelta(microseconds=us)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant, kept as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else from_us(value)


metadata = sa.MetaData()
