"""Bring a database to the present schema. Alembic is imported only when there is something to migrate."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.core.ids import COUNTER_BITS, NODE_BITS, following
from leverframe.store.tables import (
    audit,
    deliveries,
    destinations,
    events,
    metadata,
    playground_messages,
    processes,
    routing,
    subscriptions,
    to_us,
)

HEAD = "0009"
"""The newest revision in ``migrations/versions``; a test compares."""
LEASE_S = 15
NODES = 1 << NODE_BITS
_VERSION = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), nullable=False), sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc")
)  # as Alembic makes it
_GIVEN = events.c.id, deliveries.c.id, audit.c.id, playground_messages.c.id, processes.c.boot, subscriptions.c.id
_LATEST = sa.select(*(sa.select(sa.func.max(column)).scalar_subquery() for column in _GIVEN))


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
        _VERSION.create(connection, checkfirst=True)
        connection.execute(_VERSION.insert().values(version_num=HEAD))
    elif at > HEAD:
        raise Refused("database_newer", detail("database_versions", at=at, head=HEAD))
    elif at != HEAD:
        from leverframe.store.migrations import upgrade  # Alembic: imported only now

        upgrade(connection)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a process one of several: what its leases are written under, and the node bits of its identifiers."""

    boot: int
    node: int


def start_process(connection: Connection, *, boot: int, now: datetime, alone: bool) -> Place:
    """Register this process and return its place; ``boot`` is a fresh identifier of its own.

    ``alone``: no other process can be at work (SQLite), so every lease that is left is a dead process's and is let go.
    Else the node (0 to 255) is one that no other has, and the boot is made with it, after every identifier given so far.
    Raises ``Refused("storage_unavailable")`` when 256 processes are alive.
    """
    if alone:
        connection.execute(processes.delete())
        connection.execute(destinations.update().where(destinations.c.boot.is_not(None)).values(boot=None))
        connection.execute(routing.update().where(routing.c.boot.is_not(None)).values(boot=None))
        node = 0
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x1E7E2F2B)))
        node = _free_node(connection, now)
        boot = following(on_node(max(boot, latest_id(connection)), node), to_us(now) // 1000, node)
    connection.execute(processes.insert().values(boot=boot, node=node, started_at=now, alive_until=now + timedelta(seconds=LEASE_S)))
    return Place(boot=boot, node=node)


def _free_node(connection: Connection, now: datetime) -> int:
    """Return a node that nobody has; that of a process only when it has been dead for an hour, or no other is left."""
    connection.execute(processes.delete().where(processes.c.alive_until < now - timedelta(hours=1)))
    held: dict[int, datetime] = {node: until for node, until in connection.execute(sa.select(processes.c.node, processes.c.alive_until))}
    if free := set(range(NODES)) - held.keys():
        return min(free)
    node = min(held, key=lambda each: held[each])
    if held[node] >= now:
        raise Refused("storage_unavailable", detail("processes_alive", count=NODES))
    connection.execute(processes.delete().where(processes.c.node == node))
    return node


def on_node(previous: int, node: int) -> int:
    """Return the last identifier that ``node`` can give in the millisecond of ``previous``: what follows it is later than both."""
    milliseconds = previous >> (NODE_BITS + COUNTER_BITS)
    return (((milliseconds << NODE_BITS) | node) << COUNTER_BITS) | ((1 << COUNTER_BITS) - 1)


def latest_id(connection: Connection) -> int:
    """Return the greatest identifier that is stored: a clock that was set back must not give one twice, nor an older one."""
    return max(latest or 0 for latest in connection.execute(_LATEST).one())


def heartbeat(connection: Connection, *, boot: int, now: datetime) -> bool:
    """Renew this process's leases for another :data:`LEASE_S`; ``False`` when it was dead for so long that its place is given away.

    Leases that ran out are renewed too, but for what another process took meanwhile: that is written under its own boot.
    """
    renewed = connection.execute(processes.update().where(processes.c.boot == boot).values(alive_until=now + timedelta(seconds=LEASE_S)))
    return renewed.rowcount == 1


def stop_process(connection: Connection, *, boot: int) -> None:
    """Let go of everything that this process holds, at an orderly end."""
    connection.execute(destinations.update().where(destinations.c.boot == boot).values(boot=None))
    connection.execute(routing.update().where(routing.c.boot == boot).values(boot=None))
    connection.execute(processes.delete().where(processes.c.boot == boot))
