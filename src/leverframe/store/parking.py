"""Keys of subscribers that wait apart: their first delivery failed, and what comes behind it keeps its order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.rows import upsert
from leverframe.store.tables import deliveries, parked_keys

BEHIND = 2
"""``later`` of what waits behind its key."""


class Park(msgspec.Struct, frozen=True, kw_only=True):
    """A key that waits apart until ``due_at``, with its first delivery ``head``."""

    key: str
    head: int
    due_at: datetime
    failures: int
    code: str | None


def behind(*more: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition for deliveries that wait behind their key."""
    return sa.and_(deliveries.c.state == sa.literal_column("0"), deliveries.c.later == sa.literal_column("2"), *more)


def park(connection: Connection, destination: str, parks: Sequence[Park]) -> None:
    """Have keys wait apart, or wait on."""
    insert = upsert(connection.dialect.name)(parked_keys)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["destination", "order_key"], set_={column: insert.excluded[column] for column in ("due_at", "failures", "code")}),
        [{"destination": destination, "order_key": one.key, "due_at": one.due_at, "failures": one.failures, "code": one.code} for one in parks],
    )  # fmt: skip
    put_behind(connection, [one.head for one in parks])


def put_behind(connection: Connection, ids: Sequence[int]) -> None:
    """Have deliveries wait behind their keys."""
    connection.execute(deliveries.update().where(deliveries.c.id.in_(ids), deliveries.c.state == sa.literal_column("0")).values(later=BEHIND))


_UNPARK = deliveries.update().where(
    behind(deliveries.c.destination == sa.bindparam("b_destination"), deliveries.c.order_key == sa.bindparam("b_key"))
).values(later=0)  # fmt: skip


def unpark(connection: Connection, keys: Iterable[tuple[str, str]]) -> None:
    """Let keys (destination, key) go on: what waited behind them is owed in its turn."""
    for destination, key in keys:
        gone = connection.execute(parked_keys.delete().where(parked_keys.c.destination == destination, parked_keys.c.order_key == key)).rowcount
        if gone:
            connection.execute(_UNPARK, {"b_destination": destination, "b_key": key})
