"""Subscriptions as people keep them: listed by project, added, changed on the version that was seen, removed; their secrets sealed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.deployments.snapshot import SEALED
from leverframe.core.details import about
from leverframe.core.discreet import Discreet
from leverframe.core.errors import Refused
from leverframe.core.ids import show
from leverframe.core.subscriptions import MOST_IN_PROJECT, Health, SealedSecret, Subscription, destination_of, project_key
from leverframe.decoding import decoder
from leverframe.secrets.sealing import Sealer
from leverframe.store import deliveries
from leverframe.store.tables import destinations
from leverframe.store.tables import subscriptions as table

_secrets_read = decoder(list[SealedSecret])
_topics_read = decoder(tuple[str, ...])
_KEPT = tuple(column for column in table.c if column.name not in ("project_key", "secrets"))
T = TypeVar("T")


class _Bound(Discreet, frozen=True):
    """What is sealed: sealing binds nothing to its row, and what was copied from another one is not taken."""

    unshown = frozenset({"secret"})
    id: int
    secret: str


class SecretBox:
    """Seals subscriptions' secrets, and opens them for whoever signs."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """The first of ``keys`` (32 bytes each) seals, all of them open; without any nothing can be kept."""
        self._sealer = Sealer(keys)
        self._opened: dict[str, str] = {}

    def seal(self, id: int, secret: str) -> str:
        """Return a secret sealed for the subscription ``id``. Raises ``Refused("secret_not_kept")`` without a key."""
        return self._sealer.seal(msgspec.json.encode(_Bound(id, secret)).decode())

    def open(self, id: int, sealed: str) -> str:
        """Return the secret. Raises ``Refused("secret_not_opened")`` when no key opens it, or it is another subscription's."""
        known = f"{id} {sealed}"
        found = self._opened.get(known)
        if found is None:
            if not sealed.startswith(SEALED):
                raise Refused("secret_not_opened")  # who may write the database cannot make a secret up
            bound = decoder(_Bound)(self._sealer.open(sealed))
            if bound.id != id:
                raise Refused("secret_not_opened")
            if len(self._opened) >= 10_000:
                self._opened.clear()
            found = self._opened[known] = bound.secret
        return found


def _read(row: Any) -> Subscription:
    return Subscription(**row._asdict() | {"events": _topics_read(row.events), "health": Health(row.health)})


def _with_secrets(row: Any) -> tuple[Subscription, tuple[SealedSecret, ...]]:
    values = row._asdict()
    kept = tuple(_secrets_read(values.pop("secrets")))
    return Subscription(**values | {"events": _topics_read(row.events), "health": Health(row.health)}), kept


def of_project(connection: Connection, project: str) -> list[Subscription]:
    """Return a project's subscriptions, the oldest first."""
    found = sa.select(*_KEPT).where(table.c.project_key == project_key(project)).order_by(table.c.id)
    return [_read(row) for row in connection.execute(found)]


def one(connection: Connection, project: str, id: int) -> Subscription:
    """Return a subscription of a project. Raises ``Refused("hook_unknown")`` for one of another project as for none."""
    row = connection.execute(sa.select(*_KEPT).where(table.c.id == id, table.c.project_key == project_key(project))).first()
    if row is None:
        raise Refused("hook_unknown", show("sub", id))
    return _read(row)


def by_id(connection: Connection, ids: Collection[int]) -> dict[int, Subscription]:
    """Return those of ``ids`` that there are, whatever project they are of: for whoever delivers."""
    return {row.id: _read(row) for row in connection.execute(sa.select(*_KEPT).where(table.c.id.in_(list(ids))))}


def with_secrets(connection: Connection, ids: Collection[int]) -> dict[int, tuple[Subscription, tuple[SealedSecret, ...]]]:
    """Return :func:`by_id`, each with its secrets."""
    return {row.id: _with_secrets(row) for row in connection.execute(sa.select(*_KEPT, table.c.secrets).where(table.c.id.in_(list(ids))))}


def set_health(connection: Connection, subscription: Subscription) -> bool:
    """Keep how it is doing now; ``False`` when people have changed it meanwhile: then it is as they want it."""
    kept = connection.execute(table.update().where(table.c.id == subscription.id, table.c.version == subscription.version).values(
        health=str(subscription.health), reason=subscription.reason, health_at=subscription.health_at, failing_at=subscription.failing_at))
    return kept.rowcount == 1


def page(connection: Connection, *, project: str | None = None, after: int = 0, limit: int = 100) -> list[Subscription]:
    """Return subscriptions of all projects, or of one, the oldest first, later than ``after``: for whoever runs the hub."""
    found = sa.select(*_KEPT).where(table.c.id > after).order_by(table.c.id).limit(limit)
    if project is not None:
        found = found.where(table.c.project_key == project_key(project))
    return [_read(row) for row in connection.execute(found)]


def secrets_of(connection: Connection, ids: Collection[int]) -> dict[int, tuple[SealedSecret, ...]]:
    """Return the secrets that are kept of subscriptions, by their ids: the newest first; some may be over."""
    rows = connection.execute(sa.select(table.c.id, table.c.secrets).where(table.c.id.in_(list(ids))))
    return {row.id: tuple(_secrets_read(row.secrets)) for row in rows}


def subscribed(connection: Connection, projects: Collection[str]) -> list[Subscription]:
    """Return the subscriptions to which what happens now in one of these projects may be owed."""
    keys = {project_key(project) for project in projects}
    found = sa.select(*_KEPT).where(table.c.project_key.in_(keys), table.c.active, table.c.health != Health.DISABLED).order_by(table.c.id)
    return [_read(row) for row in connection.execute(found)]


def any_of(connection: Connection, projects: Collection[str]) -> set[str]:
    """Return those of the projects (folded) that have any subscription to which something may be owed."""
    keys = {project_key(project) for project in projects}
    found = sa.select(table.c.project_key).where(table.c.project_key.in_(keys), table.c.active, table.c.health != Health.DISABLED).distinct()
    return set(connection.execute(found).scalars())


def is_empty(connection: Connection) -> bool:
    """Return whether there is no subscription at all, of any project."""
    return connection.execute(sa.select(table.c.id).limit(1)).first() is None


def add(connection: Connection, subscription: Subscription, secrets: Sequence[SealedSecret]) -> None:
    """Keep a new one. Raises ``Refused("hook_too_many")`` when the project has as many as it may."""
    key = project_key(subscription.project)
    count = connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.project_key == key)).scalar_one()
    if count >= MOST_IN_PROJECT:
        raise Refused("hook_too_many", about(subscription.project, "at_most", most=MOST_IN_PROJECT))
    connection.execute(table.insert().values(project_key=key, secrets=msgspec.json.encode(secrets), **_values(subscription)))


def _values(subscription: Subscription) -> dict[str, Any]:
    return msgspec.structs.asdict(subscription) | {"events": msgspec.json.encode(subscription.events).decode(), "health": str(subscription.health)}


def change(
    connection: Connection, project: str, id: int, *, to: Callable[[Subscription], Subscription], version: int | None = None, now: datetime,
    secrets: Callable[[tuple[SealedSecret, ...]], Sequence[SealedSecret]] | None = None,
) -> Subscription:
    """Keep what ``to`` makes of it, and what ``secrets`` makes of its secrets, and return it as it is then, one version later.

    What is owed to it and may be sent now is sent soon. Raises ``Refused``: ``hook_unknown``, ``hook_changed`` when it is not at ``version``
    any more.
    """
    rouse(connection, destination_of(id), now=now)  # first: whoever delivers locks in this order too
    row = connection.execute(
        sa.select(*_KEPT, table.c.secrets).where(table.c.id == id, table.c.project_key == project_key(project)).with_for_update()
    ).first()
    if row is None:
        raise Refused("hook_unknown", show("sub", id))
    before, kept = _with_secrets(row)
    if version is not None and before.version != version:
        raise Refused("hook_changed", before.shown_id)
    after = replace(to(before), id=before.id, project=before.project, version=before.version + 1)
    changed = _values(after)
    if secrets is not None:
        changed["secrets"] = msgspec.json.encode(secrets(kept))
    connection.execute(table.update().where(table.c.id == id).values(**changed))
    return after


def remove(connection: Connection, project: str, id: int, *, now: datetime) -> Subscription:
    """Remove it and return what it was; what is owed to it becomes dead letters. Raises ``Refused("hook_unknown")``."""
    rouse(connection, destination_of(id), now=now)
    gone = one(connection, project, id)
    connection.execute(table.delete().where(table.c.id == id))
    return gone


def rouse(connection: Connection, destination: str, *, now: datetime) -> None:
    """Have a subscriber looked at now, whatever it waited for."""
    deliveries.wake(connection, {destination: now})
    connection.execute(destinations.update().where(destinations.c.name == destination).values(due_at=now))
