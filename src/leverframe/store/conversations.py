"""The conversations that a bot was told of: where it may speak by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.ports import Reference
from leverframe.store.database import Database
from leverframe.store.rows import upsert
from leverframe.store.tables import conversations as table

_FIELDS = ("service", "tenant", "kind", "room", "team", "person")


class Conversations:
    """``ports.References`` over the hub's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, reference: Reference, at: datetime) -> None:
        """Keep it, in place of a former one of the same conversation."""
        await self._database.write(_keep, reference=reference, at=at)

    async def forget(self, chat: str, conversation: str) -> None:
        """Forget it."""
        await self._database.write(_forget, chat=chat, conversation=conversation)

    async def references(self, chat: str) -> Sequence[Reference]:
        """Return those of a chat."""
        return await self._database.read(_of_chat, chat=chat)


def _keep(connection: Connection, *, reference: Reference, at: datetime) -> None:
    values = {**{name: getattr(reference, name) for name in _FIELDS}, "told_at": at}
    insert = upsert(connection.dialect.name)(table).values(chat=reference.chat, conversation=reference.conversation, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["chat", "conversation"], set_=values))


def _forget(connection: Connection, *, chat: str, conversation: str) -> None:
    connection.execute(table.delete().where(table.c.chat == chat, table.c.conversation == conversation))


def _of_chat(connection: Connection, *, chat: str) -> list[Reference]:
    rows = connection.execute(sa.select(table).where(table.c.chat == chat).order_by(table.c.conversation)).all()
    return [Reference(chat=row.chat, conversation=row.conversation, **{name: getattr(row, name) for name in _FIELDS}) for row in rows]
