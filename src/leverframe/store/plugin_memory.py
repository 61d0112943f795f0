"""What plugins remember."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.database import Database
from leverframe.store.rows import upsert
from leverframe.store.tables import plugin_memory as table

LARGEST = 1024 * 1024
"""Bytes of one value, as JSON."""


class PluginMemory:
    """``ports.Memory`` of one plugin, over the hub's database."""

    def __init__(self, database: Database, plugin: str) -> None:
        self._database, self._plugin = database, plugin

    async def get(self, key: str, default: Any = None) -> Any:
        """Return what is kept under ``key``, else ``default``."""
        found = await self._database.read(_get, plugin=self._plugin, key=key)
        return default if found is None else msgspec.json.decode(found)

    async def put(self, key: str, value: Any) -> None:
        """Keep ``value`` in place of what was there. Raises ``ValueError`` above 1 MB, ``TypeError`` for what is no JSON."""
        kept = msgspec.json.encode(value)
        if len(kept) > LARGEST:
            raise ValueError(f"{key}: {len(kept)} bytes are more than {LARGEST}")
        await self._database.write(_put, plugin=self._plugin, key=key, value=kept)

    async def forget(self, key: str) -> None:
        """Keep nothing under ``key`` any more."""
        await self._database.write(_forget, plugin=self._plugin, key=key)

    async def keys(self) -> Sequence[str]:
        """Return every key, sorted."""
        return await self._database.read(_keys, plugin=self._plugin)


def _get(connection: Connection, *, plugin: str, key: str) -> bytes | None:
    found: bytes | None = connection.execute(sa.select(table.c.value).where(table.c.plugin == plugin, table.c.key == key)).scalar()
    return found


def _put(connection: Connection, *, plugin: str, key: str, value: bytes) -> None:
    insert = upsert(connection.dialect.name)(table).values(plugin=plugin, key=key, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["plugin", "key"], set_={"value": value}))


def _forget(connection: Connection, *, plugin: str, key: str) -> None:
    connection.execute(table.delete().where(table.c.plugin == plugin, table.c.key == key))


def _keys(connection: Connection, *, plugin: str) -> list[str]:
    return sorted(connection.execute(sa.select(table.c.key).where(table.c.plugin == plugin)).scalars())
