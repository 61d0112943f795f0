"""Locks: closed lanes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.lanes import Lock, lock_from_json, lock_to_json
from leverframe.store.rows import upsert
from leverframe.store.tables import locks


def load(connection: Connection, lane: str) -> Lock | None:
    """Return the lock that is kept of a lane; it may be over."""
    kept = connection.execute(_LOAD, {"b_lane": lane}).scalar()
    return None if kept is None else lock_from_json(kept)


_LOAD = sa.select(locks.c.document).where(locks.c.lane == sa.bindparam("b_lane"))


def every(connection: Connection) -> dict[str, Lock]:
    """Return all locks that are kept, by lane; some may be over."""
    return {lane: lock_from_json(kept) for lane, kept in connection.execute(sa.select(locks.c.lane, locks.c.document)).all()}


def save(connection: Connection, lock: Lock) -> None:
    """Keep a lock in place of a former one of the lane."""
    values = {"until": lock.until, "told": False, "document": lock_to_json(lock)}
    insert = upsert(connection.dialect.name)(locks).values(lane=lock.lane, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["lane"], set_=values))


def remove(connection: Connection, lane: str) -> None:
    """Open a lane."""
    connection.execute(locks.delete().where(locks.c.lane == lane))


def over(connection: Connection, *, now: datetime) -> list[Lock]:
    """Return the locks that have ended by themselves; each is given once."""
    ended = locks.update().where(locks.c.until <= now, locks.c.told.is_(sa.false())).values(told=True).returning(locks.c.document)
    return [lock_from_json(kept) for kept in connection.execute(ended).scalars()]


def next_end(connection: Connection) -> datetime | None:
    """Return when the next lock ends by itself."""
    found: datetime | None = connection.execute(sa.select(sa.func.min(locks.c.until)).where(locks.c.told.is_(sa.false()))).scalar()
    return found
