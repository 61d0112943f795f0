"""Routes and rooms that are silent until a moment. Targets read ``route:NAME`` or ``room:CHAT:ROOM``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.tables import mutes


def active(connection: Connection, *, now: datetime) -> set[str]:
    """Return the targets that are silent at ``now``."""
    return set(connection.execute(sa.select(mutes.c.target).where(mutes.c.until > now)).scalars())


def listed(connection: Connection, *, now: datetime) -> list[dict[str, Any]]:
    """Return the mutes in force, those that end first on top."""
    rows = connection.execute(sa.select(mutes).where(mutes.c.until > now).order_by(mutes.c.until, mutes.c.target))
    return [dict(row._mapping) for row in rows]


def mute(connection: Connection, *, target: str, until: datetime, reason: str, by: str) -> None:
    """Silence ``target`` until then, in place of any earlier mute of it."""
    connection.execute(mutes.delete().where(mutes.c.target == target))
    connection.execute(mutes.insert().values(target=target, until=until, reason=reason, by=by))


def unmute(connection: Connection, *, target: str) -> bool:
    """End the mute of ``target``; ``False`` when there was none."""
    return connection.execute(mutes.delete().where(mutes.c.target == target)).rowcount > 0
