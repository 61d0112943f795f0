"""Bring a database to the present schema. Alembic is imported only when there is something to migrate."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.store.tables import destinations, metadata, processes, routing

HEAD = "0001"
"""The newest revision in ``migrations/versions``; a test compares."""
LEASE_S = 15
_VERSION = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))


def version(connection: Connection) -> str | None:
    """Return the revision that the database is at; ``None`` when it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.select(_VERSION.c.version_num)).scalar()
    return found


def prepare(connection: Connection) -> None:
    """Make the tables, or migrate them, so that the database is at :data:`HEAD`.

    Raises ``Refused("database_newer")`` when a newer Leverframe has been here.
    """
    if connection.dialect.name == "postgresql":
        # Several processes start at once: one makes the tables, the others wait here for the end of its transaction.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x1E7E2F2A)))
    at = version(connection)
    if at is None:
        metadata.create_all(connection)
        _VERSION.create(connection)
        connection.execute(_VERSION.insert().values(version_num=HEAD))
    elif at > HEAD:
        raise Refused("database_newer", f"database at {at}, this program at {HEAD}")
    elif at != HEAD:
        from leverframe.store.migrations import upgrade  # Alembic: imported only now

        upgrade(connection)


def start_process(connection: Connection, *, boot: int, now: datetime, alone: bool) -> int:
    """Register this process and return its node number (0 to 255), unique among the living.

    ``alone``: no other process can be at work (SQLite), so every lease that is left is a dead process's and is let go.
    """
    if alone:
        connection.execute(processes.delete())
        connection.execute(destinations.update().where(destinations.c.boot.is_not(None)).values(boot=None))
        connection.execute(routing.update().where(routing.c.boot.is_not(None)).values(boot=None))
    else:
        connection.execute(processes.delete().where(processes.c.alive_until < now - timedelta(hours=1)))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x1E7E2F2B)))
    taken = set(connection.execute(sa.select(processes.c.node)).scalars())
    node = min(set(range(256)) - taken)
    connection.execute(processes.insert().values(boot=boot, node=node, started_at=now, alive_until=now + timedelta(seconds=LEASE_S)))
    return node


def heartbeat(connection: Connection, *, boot: int, now: datetime) -> bool:
    """Renew this process's leases for another :data:`LEASE_S`; ``False`` when they had already run out."""
    renewed = connection.execute(
        processes.update().where(processes.c.boot == boot, processes.c.alive_until >= now).values(alive_until=now + timedelta(seconds=LEASE_S))
    )
    return renewed.rowcount == 1


def stop_process(connection: Connection, *, boot: int) -> None:
    """Let go of everything that this process holds, at an orderly end."""
    connection.execute(destinations.update().where(destinations.c.boot == boot).values(boot=None))
    connection.execute(routing.update().where(routing.c.boot == boot).values(boot=None))
    connection.execute(processes.delete().where(processes.c.boot == boot))
