"""Dispatches as the doors see them: who may ask for one, how it stands, and sending it anew."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.access import Allowed, Identity, allowed
from leverframe.core.deployments import ENDED, Deployment, status
from leverframe.core.deployments.inputs import RetryAsked
from leverframe.core.errors import PROBLEMS, Refused
from leverframe.core.redaction import redacted_detail
from leverframe.store import audit, deployments
from leverframe.web.desk import Desk
from leverframe.web.levers import asker_of, levers_of
from leverframe.work.dispatch import Taken, Wanted

READ = ("deployments.read",)


def may_dispatch(desk: Desk, identity: Identity, project: str, event_type: str) -> None:
    """Raise ``Refused("not_allowed")`` for whoever has no grant ``dispatch PROJECT EVENT_TYPE``."""
    found = allowed(identity, ("dispatch", project, event_type), desk.roles)
    if not isinstance(found, Allowed):
        raise Refused("not_allowed", found.detail)


async def dispatch(desk: Desk, identity: Identity, wanted: Wanted) -> Taken:
    """Take one in, for somebody who may; raises ``Refused``."""
    may_dispatch(desk, identity, wanted.project, wanted.event_type)
    dispatcher, asker = levers_of(desk).dispatcher, asker_of(identity)

    def work(connection: Connection) -> Any:
        now = desk.clock.now()
        turn, taken = dispatcher.take(connection, wanted_by, now)
        if not taken.repeated:
            detail = {"dispatch": taken.deployment.id, "joined": taken.joined, **({"reason": wanted.reason} if wanted.reason else {})}
            audit.append(
                connection, id=desk.database.new_id(), at=now, actor=identity.actor, act="dispatch", target=f"{wanted.project} {wanted.event_type}", detail=detail
            )
        return turn, taken

    wanted_by = replace(wanted, by=asker.actor, by_name=asker.name)
    turn, taken = await desk.database.write(work)
    dispatcher.committed(turn)
    found: Taken = taken
    return found


def read_one(connection: Connection, desk: Desk, identity: Identity, id: str) -> Deployment:
    """Return a dispatch that somebody may see: who may ask for it, or who reads deployments. Raises ``Refused("dispatch_unknown")``."""
    found = deployments.load(connection, id)
    reads = isinstance(allowed(identity, READ, desk.roles), Allowed)
    if found is None or found.dispatch is None:
        raise Refused("dispatch_unknown", id[:50])
    if not reads:
        may_dispatch(desk, identity, found.service, found.environment)
    return found


async def retry(desk: Desk, identity: Identity, id: str) -> Deployment:
    """Send a dead one anew, or run a failed one once more; raises ``Refused``."""
    deployer, asker = levers_of(desk).dispatcher, asker_of(identity)

    def work(connection: Connection) -> Any:
        now = desk.clock.now()
        turn = deployer.begin(connection, now)
        found = read_one(connection, desk, identity, id)
        may_dispatch(desk, identity, found.service, found.environment)
        stepped = deployer.apply(turn, found, RetryAsked(by=asker.actor, by_name=asker.name))
        if stepped.ignored is not None:
            raise Refused(stepped.ignored if stepped.ignored in PROBLEMS else "deployment_not_failed", id[:50])
        deployer.finish(turn)
        audit.append(connection, id=desk.database.new_id(), at=now, actor=identity.actor, act="retry", target=id)
        return turn, deployments.load(connection, id)

    turn, after = await desk.database.write(work)
    deployer.committed(turn)
    again: Deployment = after
    return again


def shown(deployment: Deployment) -> dict[str, Any]:
    """Return a dispatch as the API tells it. To look through a large payload for what must not be shown takes a tenth of a second."""
    sent = deployment.dispatch
    assert sent is not None
    return {**listed(deployment), "client_payload": redacted_detail(json.loads(sent.payload))}


def listed(deployment: Deployment) -> dict[str, Any]:
    """Return a dispatch without its payload."""
    sent, last, end = deployment.dispatch, deployment.last_try, deployment.end
    assert sent is not None
    run = last.run if last is not None else None
    code = end.code if end is not None else last.trouble if last is not None else ""
    return {
        "id": deployment.id, "status": status(deployment), "ended": deployment.state in ENDED, "project": deployment.service, "event_type": sent.event_type,
        "environment": sent.environment, "correlation_id": last.correlation_id if last is not None else deployment.id,
        "followed": sent.followed, "joined": sent.joined, "requests": [
            {"at": one.at, "by": one.by_name or one.by or deployment.cause, "reason": one.reason} for one in sent.requests
        ],
        "not_before": deployment.not_before, "requested_at": deployment.asked_at, "changed_at": deployment.changed_at, "version": deployment.version,
        "sent_at": last.called_at if last is not None and last.accepted else None, "ended_at": end.at if end is not None else None,
        "run_number": (run.number or "") if run is not None else "", "run_url": run.url if run is not None else None,
        "step": last.step if last is not None else "", "code": code,
        "detail": end.detail if end is not None and end.detail else last.detail if last is not None else "",
    }  # fmt: skip
