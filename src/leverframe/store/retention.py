"""What is kept for how long. Everything goes in small bites, so that a sweep never holds up an event at the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.deployments import ENDED
from leverframe.store.event_pages import first_id_at
from leverframe.store.tables import (
    api_tokens,
    approvals,
    attempts,
    bodies,
    card_presses,
    cards,
    deliveries,
    deployments,
    events,
    hook_tokens,
    inbox,
    invitations,
    label_waits,
    lever_effects,
    mutes,
    playground_messages,
    plugin_calls,
    posted_cards,
    recoveries,
    request_keys,
    routing,
    sessions,
)  # fmt: skip

P = ParamSpec("P")
BITE = 500
"""Rows deleted in one transaction."""
RECENT = 50
_OWED, _DEAD = 0, 2


def in_turn(connection: Connection, sweep: Callable[Concatenate[Connection, P], int], *args: P.args, **kwargs: P.kwargs) -> int:
    """Return what ``sweep`` returns, run while no other process is at a bite: two would choose the same rows, and one wait for the other's to be gone."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x1E7E2F2E)))
    return sweep(connection, *args, **kwargs)


def _needed(event_id: sa.Column[int]) -> sa.ColumnElement[bool]:
    """Return whether an event is still to be routed or to be heard by a plugin, or one of its deliveries is owed or dead."""
    owed = sa.select(deliveries.c.id).where(deliveries.c.event_id == event_id, deliveries.c.state.in_([_OWED, _DEAD])).exists()
    to_hear = sa.select(plugin_calls.c.id).where(plugin_calls.c.event_id == event_id).exists()
    return sa.or_(owed, sa.select(routing.c.event_id).where(routing.c.event_id == event_id).exists(), to_hear)


def sweep_bodies(connection: Connection, *, before: datetime) -> int:
    """Forget up to :data:`BITE` bodies of events accepted before, but for those that are still needed; return how many."""
    old = sa.select(bodies.c.event_id).where(bodies.c.event_id < first_id_at(before), ~_needed(bodies.c.event_id)).order_by(bodies.c.event_id).limit(BITE)
    return connection.execute(bodies.delete().where(bodies.c.event_id.in_(old.scalar_subquery()))).rowcount


def sweep_events(connection: Connection, *, before: datetime) -> int:
    """Forget up to :data:`BITE` events accepted before, with everything that belongs to them, but for those that are still needed."""
    old = list(connection.execute(sa.select(events.c.id).where(events.c.id < first_id_at(before), ~_needed(events.c.id)).order_by(events.c.id).limit(BITE)).scalars())
    if not old:
        return 0
    of_old = sa.select(deliveries.c.id).where(deliveries.c.event_id.in_(old))
    connection.execute(attempts.delete().where(attempts.c.delivery_id.in_(of_old.scalar_subquery())))
    connection.execute(deliveries.delete().where(deliveries.c.event_id.in_(old)))
    connection.execute(bodies.delete().where(bodies.c.event_id.in_(old)))
    connection.execute(events.delete().where(events.c.id.in_(old)))
    return len(old)


def sweep_dead(connection: Connection, *, before: datetime) -> int:
    """Forget up to :data:`BITE` dead letters that died before."""
    old = list(
        connection.execute(
            sa.select(deliveries.c.id).where(deliveries.c.state == sa.literal_column("2"), deliveries.c.ended_at < before).order_by(deliveries.c.id).limit(BITE)
        ).scalars()
    )
    if old:
        connection.execute(attempts.delete().where(attempts.c.delivery_id.in_(old)))
        connection.execute(deliveries.delete().where(deliveries.c.id.in_(old)))
    return len(old)


def sweep_deployments(connection: Connection, *, before: datetime) -> int:
    """Forget up to :data:`BITE` deployments that ended before, with their approvals; of each environment the last :data:`RECENT` stay,
    and the one that is live: rollbacks go by them."""
    one, other = deployments.alias(), deployments.alias()
    beside = sa.and_(other.c.service == one.c.service, other.c.environment == one.c.environment)
    recent = sa.select(other.c.id).where(beside).order_by(other.c.id.desc()).offset(RECENT - 1).limit(1).scalar_subquery()
    live = sa.select(other.c.id).where(beside, other.c.state == "succeeded").order_by(other.c.changed_at.desc(), other.c.id.desc()).limit(1).scalar_subquery()
    over = sa.and_(one.c.id < first_id_at(before), one.c.changed_at < before, one.c.state.in_(sorted(ENDED)))
    old = list(connection.execute(sa.select(one.c.id).where(over, one.c.id < recent, one.c.id != sa.func.coalesce(live, 0)).order_by(one.c.id).limit(BITE)).scalars())
    if old:
        connection.execute(approvals.delete().where(approvals.c.deployment_id.in_(old)))
        connection.execute(lever_effects.delete().where(lever_effects.c.deployment_id.in_(old)))
        connection.execute(deployments.delete().where(deployments.c.id.in_(old)))
    return len(old)


def sweep_small(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Forget up to :data:`BITE` rows of one kind that is over; return how many, 0 when nothing is.

    Over are cards and their presses, waits for a label, the playground's messages, names of requests and what people said to the hub when they are older than
    ``before``, links and tokens that ended before it (by time or by revocation), and sessions and mutes that ended.
    """
    for table, over in (
        (cards, cards.c.posted_at < before),
        (card_presses, sa.and_(card_presses.c.id < first_id_at(before), card_presses.c.state != sa.literal_column("'sending'"))),
        (posted_cards, posted_cards.c.id < first_id_at(before)),
        (label_waits, label_waits.c.event_id < first_id_at(before)),
        (playground_messages, playground_messages.c.id < first_id_at(before)),
        (inbox, sa.and_(inbox.c.id < first_id_at(before), inbox.c.ended_at.is_not(None))),
        (request_keys, request_keys.c.at < before),
        (invitations, invitations.c.expires_at < before),
        (api_tokens, _ended(api_tokens, before)),
        (hook_tokens, _ended(hook_tokens, before)),
        (recoveries, recoveries.c.ended_at < before),
        (sessions, sessions.c.expires_at < now),
        (mutes, mutes.c.until < now),
    ):
        key = list(table.primary_key)
        if gone := connection.execute(table.delete().where(sa.tuple_(*key).in_(sa.select(*key).where(over).limit(BITE)))).rowcount:
            return gone
    return 0


def _ended(tokens: sa.Table, before: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(tokens.c.expires_at < before, tokens.c.revoked_at < before)
