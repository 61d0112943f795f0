"""Deployments and what must happen to them next: each change and its effects in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.dml import ReturningUpdate

from leverframe.core import ids
from leverframe.core.deployments import ENDED, Deployment, from_json, to_json
from leverframe.core.deployments.effects import Effect, pack, unpack
from leverframe.core.ids import read as read_id
from leverframe.core.lanes import slot
from leverframe.store.events import alive
from leverframe.store.rows import insert_rows
from leverframe.store.tables import deployments, lever_effects, processes

PREFIX = "dep"
Family: TypeAlias = Literal["deployment", "dispatch", "gate", "answer"]
"""``answer``: what follows from a gate and is no dispatch; the gate names it."""
_OPEN = sa.text("state IN ('asked', 'waiting', 'queued', 'starting', 'running', 'unknown')")
_LEVERS = 0x1EFE2
"""Key of the lock that PostgreSQL keeps for everything that is done to deployments."""


def alone(connection: Connection) -> None:
    """Return when nobody else changes deployments, approvals or locks until this transaction ends.

    They are few, and each touches a lane with all that wait in it: one after the other is simpler than deadlocks. On SQLite
    there is one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LEVERS)))


def family_of(deployment: Deployment) -> Family:
    """Return which pages list it."""
    if deployment.kind == "gate":
        return "gate"
    if deployment.dispatch is not None:
        return "dispatch"
    return "deployment" if deployment.gate is None else "answer"


class Stale(Exception):
    """Somebody else changed the deployment meanwhile: what was decided on the former one is dropped."""


def add(connection: Connection, deployment: Deployment) -> None:
    """Keep a new deployment."""
    insert_rows(connection, deployments, _COLUMNS, [(
        ids.read(PREFIX, deployment.id), deployment.service, deployment.environment, deployment.lane, deployment.state, deployment.version,
        deployment.asked_at, deployment.changed_at, to_json(deployment), family_of(deployment),
    )])  # fmt: skip


def save(connection: Connection, deployment: Deployment, *, before: int) -> None:
    """Keep what became of a deployment whose version was ``before``. Raises :class:`Stale` when that is not so any more."""
    written = connection.execute(_SAVE, {
        "b_id": ids.read(PREFIX, deployment.id), "b_before": before, "b_state": deployment.state, "b_version": deployment.version,
        "b_lane": deployment.lane, "b_changed_at": deployment.changed_at, "b_document": to_json(deployment),
    })  # fmt: skip
    if written.rowcount != 1:
        raise Stale(deployment.id)


_COLUMNS = ("id", "service", "environment", "lane", "state", "version", "asked_at", "changed_at", "document", "family")
# Made once: to make a statement costs more than to run it.
_SAVE = (
    deployments.update()
    .where(deployments.c.id == sa.bindparam("b_id"), deployments.c.version == sa.bindparam("b_before"))
    .values(
        state=sa.bindparam("b_state"), lane=sa.bindparam("b_lane"), version=sa.bindparam("b_version"), changed_at=sa.bindparam("b_changed_at", type_=deployments.c.changed_at.type),
        document=sa.bindparam("b_document"),
    )
)  # fmt: skip
_LOAD = sa.select(deployments.c.document).where(deployments.c.id == sa.bindparam("b_id"))
_OPEN_IN = sa.select(deployments.c.document).where(deployments.c.lane == sa.bindparam("b_lane"), _OPEN).order_by(deployments.c.id)
_OPEN_IN_SLOTS = sa.select(deployments.c.document).where(deployments.c.lane.in_(sa.bindparam("b_lanes", expanding=True)), _OPEN).order_by(deployments.c.id)


def load(connection: Connection, id: str) -> Deployment | None:
    """Return a deployment by its shown id (``dep_…``), ``None`` when there is none or the id is none."""
    try:
        number = ids.read(PREFIX, id)
    except ValueError:
        return None
    kept = connection.execute(_LOAD, {"b_id": number}).scalar()
    return None if kept is None else from_json(kept)


def following(connection: Connection, gate: Deployment) -> list[Deployment]:
    """Return the levers that were pulled on a no to the question."""
    query = sa.select(deployments.c.document).order_by(deployments.c.id).limit(200).where(
        deployments.c.service == gate.service, deployments.c.environment == gate.environment, deployments.c.id > ids.read(PREFIX, gate.id),
        deployments.c.family.in_(["dispatch", "answer"]),
    )  # fmt: skip
    return [one for one in _read(connection, query) if one.gate is not None and one.gate.of == gate.id]


def versions(connection: Connection, *, ids: Collection[str]) -> dict[str, int]:
    """Return the present version of each of these that is there (``dep_…``)."""
    numbers = {read_id(PREFIX, id): id for id in ids}
    found = connection.execute(_VERSIONS, {"b_ids": sorted(numbers)})
    return {numbers[row.id]: row.version for row in found}


_VERSIONS = sa.select(deployments.c.id, deployments.c.version).where(deployments.c.id.in_(sa.bindparam("b_ids", expanding=True)))


def open_in(connection: Connection, lane: str, *, width: int = 1) -> list[Deployment]:
    """Return the deployments of a lane that have not ended, in the order of asking; ``width``: how many may run in it at once."""
    if width > 1:
        slots = [slot(lane, number) for number in range(1, width + 1)]
        return [from_json(kept) for kept in connection.execute(_OPEN_IN_SLOTS, {"b_lanes": slots}).scalars()]
    return [from_json(kept) for kept in connection.execute(_OPEN_IN, {"b_lane": lane}).scalars()]


def open_ones(connection: Connection, *, service: str = "", environment: str = "", limit: int = 1_000) -> list[Deployment]:
    """Return the deployments that have not ended, of one ``service`` or ``environment`` where given, in the order of asking."""
    query = sa.select(deployments.c.document).where(_OPEN).order_by(deployments.c.id).limit(limit)
    if service:
        query = query.where(deployments.c.service == service)
    if environment:
        query = query.where(deployments.c.environment == environment)
    return _read(connection, query)


def past(
    connection: Connection, *, service: str | None = None, environment: str | None = None, states: Collection[str] = (), family: Family | None = None,
    before: int | None = None, limit: int = 50,
) -> list[Deployment]:  # fmt: skip
    """Return deployments, the newest first, older than the number ``before``; of one ``family`` where given."""
    query = sa.select(deployments.c.document).order_by(deployments.c.id.desc()).limit(limit)
    if service is not None:
        query = query.where(deployments.c.service == service)
    if environment is not None:
        query = query.where(deployments.c.environment == environment)
    if states:
        query = query.where(deployments.c.state.in_(sorted(states)))
    if family is not None:
        query = query.where(deployments.c.family == family)
    if before is not None:
        query = query.where(deployments.c.id < before)
    return _read(connection, query)


def ended(connection: Connection, *, service: str, environment: str, limit: int = 50) -> list[Deployment]:
    """Return the environment's deployments that have ended, the one that ended last first: it may have been asked for before others."""
    query = sa.select(deployments.c.document).order_by(deployments.c.changed_at.desc(), deployments.c.id.desc()).limit(limit)
    return _read(connection, query.where(deployments.c.service == service, deployments.c.environment == environment, deployments.c.state.in_(sorted(ENDED))))


def last_good(connection: Connection, *, service: str, environment: str) -> Deployment | None:
    """Return the deployment there that succeeded last: what runs there, whenever it was asked for."""
    kept = connection.execute(_LAST_GOOD, {"b_service": service, "b_environment": environment}).scalar()
    return None if kept is None else from_json(kept)


_LAST_GOOD = (
    sa.select(deployments.c.document)
    .where(deployments.c.service == sa.bindparam("b_service"), deployments.c.environment == sa.bindparam("b_environment"), deployments.c.state == sa.literal_column("'succeeded'"))
    .order_by(deployments.c.changed_at.desc(), deployments.c.id.desc()).limit(1)
)  # fmt: skip


def _read(connection: Connection, query: sa.Select[Any]) -> list[Deployment]:
    return [from_json(kept) for kept in connection.execute(query).scalars()]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One effect, and the deployment as it is now (``None``: it is gone). ``effect`` is ``None`` when this version cannot read one of them."""

    id: int
    boot: int
    """The process that it was taken for."""
    effect: Effect | None
    deployment: Deployment | None


def put(connection: Connection, deployment: Deployment, effects: Sequence[tuple[int, Effect, datetime]], *, instead: str | None = None) -> None:
    """Write effects (id, effect, when it is due); those called ``instead`` that were there before go."""
    number = ids.read(PREFIX, deployment.id)
    if instead is not None:
        connection.execute(_INSTEAD, {"b_deployment": number, "b_name": instead})
    insert_rows(connection, lever_effects, ("id", "deployment_id", "name", "document", "due_at"), [(id, number, *pack(effect), due_at) for id, effect, due_at in effects])


_INSTEAD = lever_effects.delete().where(lever_effects.c.deployment_id == sa.bindparam("b_deployment"), lever_effects.c.name == sa.bindparam("b_name"))


def take(connection: Connection, *, boot: int, now: datetime, limit: int, holding: Collection[int] | None = None) -> list[Due]:
    """Take up to ``limit`` effects that are due and that no living process does, longest due first.

    With ``holding``, the effects that this process knows to be its own, it takes others that have its boot too: the answer of an
    earlier call was lost.
    """
    asked = {"b_boot": boot, "b_now": now, "b_limit": limit} | ({} if holding is None else {"b_holding": sorted(holding)})
    taken = connection.execute(_take(holding is not None), asked).all()
    if not taken:
        return []
    known = {row.id: row.document for row in connection.execute(_MEANT, {"b_ids": sorted({row.deployment_id for row in taken})}).all()}
    return [_due(row, known.get(row.deployment_id), boot) for row in sorted(taken, key=lambda row: int(row.id))]


_MEANT = sa.select(deployments.c.id, deployments.c.document).where(deployments.c.id.in_(sa.bindparam("b_ids", expanding=True)))


@cache
def _take(unsure: bool) -> ReturningUpdate[Any]:
    boot, now = sa.bindparam("b_boot", type_=sa.BigInteger), sa.bindparam("b_now", type_=lever_effects.c.due_at.type)
    of = lever_effects.c.boot
    if unsure:
        unheld = sa.and_(of.not_in(alive(now).where(processes.c.boot != boot)), lever_effects.c.id.not_in(sa.bindparam("b_holding", expanding=True)))
        unheld = sa.or_(of.is_(None), unheld)
    else:
        unheld = sa.or_(of.is_(None), sa.and_(of != boot, of.not_in(alive(now))))
    free = (
        sa.select(lever_effects.c.id)
        .where(lever_effects.c.due_at <= now, unheld)
        .order_by(lever_effects.c.due_at, lever_effects.c.id)
        .limit(sa.bindparam("b_limit", type_=sa.Integer))
        .with_for_update(skip_locked=True)
        .cte("free")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )  # fmt: skip
    return (
        lever_effects.update().where(lever_effects.c.id.in_(sa.select(free.c.id))).values(boot=boot)
        .returning(lever_effects.c.id, lever_effects.c.deployment_id, lever_effects.c.name, lever_effects.c.document)
    )  # fmt: skip


def _due(row: Any, document: bytes | None, boot: int) -> Due:
    try:
        deployment = None if document is None else from_json(document)
        return Due(id=row.id, boot=boot, effect=unpack(row.name, row.document), deployment=deployment)
    except (KeyError, msgspec.ValidationError):  # a later version wrote it: it must not hold up the others
        return Due(id=row.id, boot=boot, effect=None, deployment=None)


def done(connection: Connection, id: int) -> None:
    """Forget an effect that was done."""
    connection.execute(_DONE, {"b_id": id})


_DONE = lever_effects.delete().where(lever_effects.c.id == sa.bindparam("b_id"))


def put_off(connection: Connection, id: int, *, boot: int, due_at: datetime) -> None:
    """Let go of an effect that could not be done, until ``due_at``; unless another process has it by now."""
    connection.execute(lever_effects.update().where(lever_effects.c.id == id, lever_effects.c.boot == boot).values(boot=None, due_at=due_at))


def forget(connection: Connection, deployment: Deployment) -> None:
    """Forget everything that was to happen to a deployment: it has ended."""
    connection.execute(_FORGET, {"b_deployment": ids.read(PREFIX, deployment.id)})


_FORGET = lever_effects.delete().where(lever_effects.c.deployment_id == sa.bindparam("b_deployment"))


def next_due_at(connection: Connection, *, boot: int, now: datetime) -> datetime | None:
    """Return when the next effect that no living process does is due."""
    found: datetime | None = connection.execute(_next_due(), {"b_boot": boot, "b_now": now}).scalar()
    return found


@cache
def _next_due() -> sa.Select[Any]:
    boot, now = sa.bindparam("b_boot", type_=sa.BigInteger), sa.bindparam("b_now", type_=lever_effects.c.due_at.type)
    of = lever_effects.c.boot
    return sa.select(sa.func.min(lever_effects.c.due_at)).where(sa.or_(of.is_(None), sa.and_(of != boot, of.not_in(alive(now)))))
