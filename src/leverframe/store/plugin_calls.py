"""What handlers of plugins have yet to hear: written in the transaction in which it happened, and gone once it was heard."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.events import alive
from leverframe.store.rows import insert_rows
from leverframe.store.tables import plugin_calls as table
from leverframe.store.tables import processes


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One thing for one handler."""

    id: int
    handler: str
    event_id: int | None = None
    document: bytes | None = None
    attempt: int = 0
    """Tries before this one."""


def put(connection: Connection, calls: Sequence[Call], *, now: datetime) -> None:
    """Write what is to be heard, from now on."""
    insert_rows(
        connection, table, ("id", "handler", "event_id", "document", "due_at"), [(one.id, one.handler, one.event_id, one.document, now) for one in calls]
    )


def take(connection: Connection, *, boot: int, now: datetime, limit: int, holding: Collection[int] = (), but: Collection[str] = ()) -> list[Call]:
    """Take up to ``limit`` calls that are due and that no living process is at, the oldest first; none for the handlers ``but``.

    ``holding`` are those that this process is at: others that have its boot are its own too, whose taking was not answered.
    """
    others = alive(now).where(processes.c.boot != boot)
    free = sa.or_(table.c.boot.is_(None), table.c.boot.not_in(others))
    which = sa.and_(table.c.due_at <= now, free, table.c.handler.not_in(sorted(but)), table.c.id.not_in(sorted(holding)))
    ids = connection.execute(sa.select(table.c.id).where(which).order_by(table.c.id).limit(limit).with_for_update(skip_locked=True)).scalars().all()
    if not ids:
        return []
    connection.execute(table.update().where(table.c.id.in_(ids)).values(boot=boot))
    rows = connection.execute(sa.select(table.c.id, table.c.handler, table.c.event_id, table.c.document, table.c.attempt).where(table.c.id.in_(ids)).order_by(table.c.id))
    return [Call(id=row.id, handler=row.handler, event_id=row.event_id, document=row.document, attempt=row.attempt) for row in rows]


def done(connection: Connection, id: int, *, boot: int) -> bool:
    """Forget a call that was heard, or is given up; return whether it was still this process's."""
    return connection.execute(table.delete().where(table.c.id == id, table.c.boot == boot)).rowcount == 1


def put_off(connection: Connection, id: int, *, boot: int, due_at: datetime, tried: bool) -> None:
    """Let go of a call until ``due_at``; ``tried`` counts as a try."""
    connection.execute(table.update().where(table.c.id == id, table.c.boot == boot).values(boot=None, due_at=due_at, attempt=table.c.attempt + int(tried)))


def next_due_at(connection: Connection, *, but: Collection[str] = ()) -> datetime | None:
    """Return when the next call that nobody is at is due, but for the handlers ``but``."""
    free = sa.select(sa.func.min(table.c.due_at)).where(table.c.boot.is_(None), table.c.handler.not_in(sorted(but)))
    found: datetime | None = connection.execute(free).scalar()
    return found


def waiting(connection: Connection, *, now: datetime) -> int:
    """Return how many calls are due, or under way."""
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.due_at <= now)).scalar_one()
