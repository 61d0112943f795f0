"""The board: how each service and environment stands, for chats, pages and API."""

from __future__ import annotations

from datetime import datetime, tzinfo

from sqlalchemy import Connection

from leverframe.core.deployments import HOLDING, Deployment, snapshot
from leverframe.core.freezes import frozen
from leverframe.core.lanes import Lock, lock_ended
from leverframe.core.services import Catalogue, Environment
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.core.wording.levers.view import DeploymentView, FreezeView, LockView, view
from leverframe.store import deployments, locks


def board(
    connection: Connection, *, catalogue: Catalogue, zone: tzinfo, now: datetime, service: str = "", environment: str = "", with_live: int | None = None
) -> list[LaneRow]:
    """Return a row for each environment of the catalogue, in its order; of one ``service`` or ``environment`` where given.

    Only the first ``with_live`` rows tell what is live there (all, without it): a chat shows no more.
    """
    wanted = [
        one for environments in catalogue.services.values() for one in environments.values()
        if (not service or one.service == service) and (not environment or one.name == environment)
    ]  # fmt: skip
    open_ones: dict[tuple[str, str], list[Deployment]] = {}
    for each in deployments.open_ones(connection, service=service, environment=environment):
        open_ones.setdefault((each.service, each.environment), []).append(each)
    kept = locks.every(connection)
    return [
        _row(one, open_ones.get((one.service, one.name), []), _live(connection, one) if with_live is None or place < with_live else None, kept.get(one.lane), zone, now)
        for place, one in enumerate(wanted)
    ]  # fmt: skip


def _live(connection: Connection, one: Environment) -> Deployment | None:
    return deployments.last_good(connection, service=one.service, environment=one.name)


def _row(one: Environment, here: list[Deployment], good: Deployment | None, lock: Lock | None, zone: tzinfo, now: datetime) -> LaneRow:
    active = next((each for each in here if each.state in HOLDING), None)
    closed = frozen(one.freezes, now, zone) if one.freezes else None
    return LaneRow(
        service=one.service, environment=one.name, live=None if good is None else shown(good), active=None if active is None else shown(active),
        waiting=tuple(shown(each) for each in here if each is not active),
        lock=None if lock is None or lock_ended(lock, now) else shown_lock(lock, one),
        freeze=None if closed is None else FreezeView(reason=closed.reason, until=closed.until),
    )  # fmt: skip


def shown(deployment: Deployment) -> DeploymentView:
    """Return a deployment as sentences and pages see it."""
    return view(snapshot(deployment))


def shown_lock(lock: Lock, environment: Environment) -> LockView:
    """Return a lock as sentences and pages see it, where it closes the lane of ``environment``."""
    return LockView(
        service=environment.service, environment=environment.name, by=lock.owner_name or lock.owner, reason=lock.reason, until=lock.until, waiting=lock.waiters
    )
