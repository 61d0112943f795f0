"""The messages of the playground."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from leverframe.core.errors import Refused
from leverframe.ports import PlaygroundMessage
from leverframe.store.database import Database
from leverframe.store.tables import playground_messages as table

ROOMS = 200
"""So many channels are shown at most."""
REPLIES = 500
"""So many replies come with a page of history."""


class PlaygroundMessages:
    """``ports.PlaygroundStore`` over the hub's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, *, room: str, thread: int | None, author: str, icon: str | None, message: str, at: datetime) -> PlaygroundMessage:
        """Return the new message once it is committed; its id is greater than all before it."""
        new = PlaygroundMessage(
            id=self._database.new_id(), room=room, thread=thread, author=author, icon=icon, message=message, posted_at=at
        )
        await self._database.write(_append, new=new)
        return new

    async def edit(self, id: int, *, message: str, at: datetime) -> PlaygroundMessage:
        """Return the message with its new words."""
        return await self._database.write(_edit, id=id, message=message, at=at)

    async def rooms(self) -> tuple[str, ...]:
        """Return the rooms that hold messages, sorted."""
        return await self._database.read(_rooms)

    async def count(self) -> int:
        """Return how many messages there are."""
        return await self._database.read(_count)

    async def history(self, room: str, *, before: int | None, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return the newest messages of a room that are no replies, with the newest replies to them."""
        return await self._database.read(_history, room=room, before=before, limit=limit)

    async def thread(self, id: int, *, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return a message and its newest replies."""
        return await self._database.read(_thread, id=id, limit=limit)

    async def latest(self, *, since: datetime | None, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return those of the newest messages that changed after ``since``."""
        return await self._database.read(_latest, since=since, limit=limit)


def _read(row: Row[tuple[object, ...]]) -> PlaygroundMessage:
    return PlaygroundMessage(**row._mapping)


def _in_order(rows: Iterable[Row[tuple[object, ...]]]) -> tuple[PlaygroundMessage, ...]:
    return tuple(sorted(map(_read, rows), key=lambda message: message.id))


def _append(connection: Connection, *, new: PlaygroundMessage) -> None:
    if new.thread is not None:
        head = sa.select(table.c.id).where(table.c.id == new.thread, table.c.room == new.room, table.c.thread.is_(None))
        if connection.execute(head).scalar() is None:
            raise Refused("playground_message_not_found")
    connection.execute(
        table.insert().values(
            id=new.id, room=new.room, thread=new.thread, author=new.author, icon=new.icon, message=new.message, posted_at=new.posted_at
        )
    )


def _edit(connection: Connection, *, id: int, message: str, at: datetime) -> PlaygroundMessage:
    connection.execute(table.update().where(table.c.id == id).values(message=message, edited_at=at))
    row = connection.execute(table.select().where(table.c.id == id)).one_or_none()
    if row is None:
        raise Refused("playground_message_not_found")
    return _read(row)


def _rooms(connection: Connection) -> tuple[str, ...]:
    # One look into the index for each room: DISTINCT would walk through every message.
    found: list[str] = []
    while len(found) < ROOMS:
        after = sa.select(sa.func.min(table.c.room)).where(table.c.room > found[-1] if found else sa.true())
        room = connection.execute(after).scalar()
        if room is None:
            break
        found.append(room)
    return tuple(found)


def _count(connection: Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _history(connection: Connection, *, room: str, before: int | None, limit: int) -> tuple[PlaygroundMessage, ...]:
    heads = table.select().where(table.c.room == room, table.c.thread.is_(None)).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        heads = heads.where(table.c.id < before)
    rows = list(connection.execute(heads))
    if not rows:
        return ()
    replies = (
        table.select()
        .where(table.c.room == room, table.c.id > rows[-1].id, table.c.thread.in_([row.id for row in rows]))
        .order_by(table.c.id.desc())
        .limit(REPLIES)
    )
    return _in_order([*rows, *connection.execute(replies)])


def _thread(connection: Connection, *, id: int, limit: int) -> tuple[PlaygroundMessage, ...]:
    head = connection.execute(table.select().where(table.c.id == id)).one_or_none()
    if head is None:
        return ()
    replies = table.select().where(table.c.room == head.room, table.c.id > id, table.c.thread == id).order_by(table.c.id.desc()).limit(limit)
    return _in_order([head, *connection.execute(replies)])


def _latest(connection: Connection, *, since: datetime | None, limit: int) -> tuple[PlaygroundMessage, ...]:
    newest = table.select().order_by(table.c.id.desc()).limit(limit)
    rows = connection.execute(newest)
    return _in_order(row for row in rows if since is None or row.posted_at > since or (row.edited_at is not None and row.edited_at > since))
