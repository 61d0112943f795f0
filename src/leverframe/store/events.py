"""Events as the engine reads them: claimed for routing, loaded with their bodies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard
from sqlalchemy import Connection
from sqlalchemy.sql.dml import ReturningUpdate

from leverframe.ports import Accepted
from leverframe.store.ingest import ZSTANDARD
from leverframe.store.tables import bodies, events, label_waits, processes, routing

LOOK = 8
"""Beside other processes, so many batches from the oldest event on are looked through for one that is free."""


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its body, as it was accepted."""

    id: int
    source: str
    carried: str | None
    received_at: datetime
    accepted: Accepted


def alive(now: datetime | sa.BindParameter[Any]) -> sa.Select[tuple[int]]:
    """Return the query for the boots whose leases hold at ``now``."""
    return sa.select(processes.c.boot).where(processes.c.alive_until >= now)


def claim_routing(connection: Connection, *, boot: int, now: datetime, limit: int) -> list[int]:
    """Take up to ``limit`` events that wait for routing, oldest first, for the process ``boot``; return their ids.

    A process routes one batch at a time: what it still holds when it asks for more is what a failed write left behind.
    What has an order has it within a repository: an event is left alone while another living process routes an older one
    of the same repository. (Whoever does so looks again when it is done, and finds it.)
    """
    taken = connection.execute(_claim(), {"b_boot": boot, "b_now": now, "b_limit": limit, "b_look": LOOK * limit})
    return sorted(taken.scalars())


@cache
def _claim() -> ReturningUpdate[int]:
    boot, now = sa.bindparam("b_boot", type_=sa.BigInteger), sa.bindparam("b_now", type_=routing.c.next_at.type)
    others = alive(now).where(processes.c.boot != boot)
    alone = ~others.exists()  # mostly: then the rest is not looked at
    head = _materialized(
        sa.select(routing.c.event_id, routing.c.boot, events.c.source, events.c.repo)
        .join(events, events.c.id == routing.c.event_id)
        .where(routing.c.next_at <= now)
        .order_by(routing.c.event_id)
        .limit(sa.bindparam("b_look", type_=sa.Integer)),
        "head",
    )
    free = _materialized(
        sa.select(routing.c.event_id)
        .where(
            routing.c.next_at <= now,
            sa.or_(routing.c.boot.is_(None), routing.c.boot == boot, routing.c.boot.not_in(alive(now))),
            sa.or_(alone, routing.c.event_id.in_(_in_order(head, but_for=head.c.boot.in_(others)))),
            routing.c.event_id <= sa.case((alone, sa.literal_column(str((1 << 63) - 1))), else_=sa.select(sa.func.max(head.c.event_id)).scalar_subquery()),
        )
        .order_by(routing.c.event_id)
        .limit(sa.bindparam("b_limit", type_=sa.Integer))
        .with_for_update(skip_locked=True),
        "free",
    )
    ours = sa.select(free.c.event_id)
    return (
        routing.update()
        # Another may be claiming in this moment: its rows are locked, and do not say yet whose they are.
        .where(routing.c.event_id.in_(ours), sa.or_(alone, routing.c.event_id.in_(_in_order(head, but_for=head.c.event_id.not_in(ours)))))
        .values(boot=boot)
        .returning(routing.c.event_id)
    )


def _in_order(head: sa.CTE, *, but_for: sa.ColumnElement[bool]) -> sa.Select[int]:
    """Return the query for those events of ``head`` that no event ``but_for`` comes before in their repository."""
    gaps = sa.select(head.c.source, head.c.repo, sa.func.min(head.c.event_id).label("at")).where(but_for).group_by(head.c.source, head.c.repo).subquery()
    of_gap = sa.and_(gaps.c.source == head.c.source, gaps.c.repo == head.c.repo)
    return sa.select(head.c.event_id).outerjoin(gaps, of_gap).where(sa.or_(gaps.c.at.is_(None), head.c.event_id < gaps.c.at))


def _materialized(query: sa.Select[Any], name: str) -> sa.CTE:
    """Return the query as one that PostgreSQL runs once, and not once a row: then it might take more than its limit."""
    return query.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def postpone_routing(connection: Connection, *, event_id: int, boot: int, now: datetime, wait_s: float) -> None:
    """Let go of an event whose routing failed, to be tried again after ``wait_s`` seconds."""
    connection.execute(
        routing.update()
        .where(routing.c.event_id == event_id, routing.c.boot == boot)
        .values(boot=None, next_at=now + timedelta(seconds=wait_s), attempt=routing.c.attempt + 1)
    )


def routing_attempts(connection: Connection, *, event_id: int) -> int:
    """Return how often the routing of an event has failed."""
    return connection.execute(sa.select(routing.c.attempt).where(routing.c.event_id == event_id)).scalar() or 0


def load(connection: Connection, ids: Sequence[int]) -> dict[int, StoredEvent]:
    """Return those of ``ids`` that are still there with their bodies, by id."""
    rows = connection.execute(
        sa.select(
            events.c.id, events.c.source, events.c.carried, events.c.received_at, events.c.name, events.c.action,
            events.c.delivery_id, events.c.repo, bodies.c.codec, bodies.c.body,
        )
        .join(bodies, bodies.c.event_id == events.c.id)
        .where(events.c.id.in_(list(ids)))
    )  # fmt: skip
    unpack = zstandard.ZstdDecompressor().decompress
    return {
        row.id: StoredEvent(
            id=row.id,
            source=row.source,
            carried=row.carried,
            received_at=row.received_at,
            accepted=Accepted(
                name=row.name,
                action=row.action,
                delivery_id=row.delivery_id,
                repo=row.repo,
                is_ping=row.name == "ping",
                body=unpack(row.body) if row.codec == ZSTANDARD else row.body,
            ),
        )
        for row in rows
    }


def repos(connection: Connection, ids: Sequence[int]) -> set[str]:
    """Return the repositories of events."""
    found = sa.select(events.c.repo).where(events.c.id.in_(list(ids)), events.c.repo.is_not(None)).distinct()
    return set(connection.execute(found).scalars())


def headers(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the kept headers of those of ``ids`` whose bodies are kept, by lower-case name."""
    rows = connection.execute(sa.select(bodies.c.event_id, bodies.c.headers).where(bodies.c.event_id.in_(list(ids))))
    return {row.event_id: {name.lower(): value for name, value in msgspec.json.decode(row.headers)} for row in rows}


def wait_for_label(connection: Connection, *, route: str, subject: str, event_id: int) -> None:
    """Remember the subject's latest event that ``route`` took but for its labels, unless it has fired for it already."""
    known = connection.execute(sa.select(label_waits.c.fired_at).where(label_waits.c.route == route, label_waits.c.subject == subject)).first()
    if known is None:
        connection.execute(label_waits.insert().values(route=route, subject=subject, event_id=event_id, fired_at=None))
    elif known.fired_at is None:
        connection.execute(label_waits.update().where(label_waits.c.route == route, label_waits.c.subject == subject).values(event_id=event_id))


def fire_waiting(connection: Connection, *, route: str, subject: str, now: datetime) -> int | None:
    """Return the event that waited for a label of ``route``, once per subject; ``None`` when none waits."""
    waiting = connection.execute(
        label_waits.update()
        .where(label_waits.c.route == route, label_waits.c.subject == subject, label_waits.c.fired_at.is_(None))
        .values(fired_at=now)
        .returning(label_waits.c.event_id)
    )
    found: int | None = waiting.scalar()
    return found


def fired(connection: Connection, *, route: str, subject: str, event_id: int, now: datetime) -> None:
    """Remember that a route with labels has fired for the subject, so that a label added later does not fire it again."""
    changed = connection.execute(
        label_waits.update().where(label_waits.c.route == route, label_waits.c.subject == subject).values(event_id=event_id, fired_at=now)
    )
    if not changed.rowcount:
        connection.execute(label_waits.insert().values(route=route, subject=subject, event_id=event_id, fired_at=now))
