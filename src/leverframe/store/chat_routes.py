"""Routes that people made in a room (``subscribe``): a repository's events, told where it was said."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.routes import Route
from leverframe.store.rows import upsert
from leverframe.store.tables import chat_routes


def add(connection: Connection, *, repo: str, destination: str, events: tuple[str, ...], by: str, now: datetime) -> None:
    """Have a room told of a repository (a glob), in place of what it was told of it before; no events are those posted by default."""
    values = {"events": msgspec.json.encode(events).decode(), "by": by, "created_at": now}
    insert = upsert(connection.dialect.name)(chat_routes).values(destination=destination, repo=repo, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["destination", "repo"], set_=values))


def remove(connection: Connection, *, repo: str, destination: str) -> bool:
    """Have a room told no more of it; return whether it was."""
    return connection.execute(chat_routes.delete().where(chat_routes.c.destination == destination, chat_routes.c.repo == repo)).rowcount == 1


def every(connection: Connection) -> tuple[Route, ...]:
    """Return all of them, as routes."""
    rows = connection.execute(_EVERY).all()
    return tuple(
        Route(name=f"{repo} in {destination}", repos=(repo,), events=tuple(msgspec.json.decode(events)) or None, to=(destination,))
        for destination, repo, events in rows
    )


_EVERY = sa.select(chat_routes.c.destination, chat_routes.c.repo, chat_routes.c.events).order_by(chat_routes.c.destination, chat_routes.c.repo)
