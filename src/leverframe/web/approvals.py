"""Gates as the doors see them: who may ask, how one was decided, and what came of what was to be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.access import Allowed, Identity, allowed
from leverframe.core.deployments import ENDED, Deployment, status
from leverframe.core.deployments.inputs import CancelAsked, RetryAsked
from leverframe.core.errors import PROBLEMS, Refused
from leverframe.core.gates import UNNAMED, Decision
from leverframe.store import audit, deployments
from leverframe.web.desk import Desk
from leverframe.web.levers import LONGEST_WAIT_S, asker_of, levers_of
from leverframe.work.approve import Opened, Question

ASK = "approvals.ask"


def may_ask(desk: Desk, identity: Identity, project: str, environment: str) -> None:
    """Raise ``Refused("not_allowed")`` for whoever has no grant ``approvals.ask PROJECT ENVIRONMENT``."""
    found = allowed(identity, (ASK, project, environment or UNNAMED), desk.roles)
    if not isinstance(found, Allowed):
        raise Refused("not_allowed", found.detail)


async def ask(desk: Desk, identity: Identity, question: Question) -> Opened:
    """Open a question for somebody who may; raises ``Refused``."""
    may_ask(desk, identity, question.project, question.environment)
    approver, asker = levers_of(desk).approver, asker_of(identity)
    # A person asks for themselves, whatever they say: else they could vote on their own question.
    requester = identity.speaks_for or (asker.actor if identity.kind == "person" else question.requester)
    whole = replace(question, requester=requester, by=asker.name, owner=asker.actor)

    def work(connection: Connection) -> Any:
        now = desk.clock.now()
        turn = approver.begin(connection, now)
        opened = approver.ask(turn, whole)
        approver.finish(turn)
        if not opened.repeated:
            audit.append(
                connection, id=desk.database.new_id(), at=now, actor=identity.actor, act="approvals ask",
                target=f"{question.project} {question.environment or UNNAMED}", detail={"approval": opened.deployment.id, "title": question.title[:200]},
            )  # fmt: skip
        return turn, opened

    turn, opened = await desk.database.write(work)
    approver.committed(turn)
    found: Opened = opened
    return found


def read_one(connection: Connection, desk: Desk, identity: Identity, id: str) -> Deployment:
    """Return a gate that somebody may see: who may ask such, or who reads deployments. Raises ``Refused("approval_unknown")``."""
    found = deployments.load(connection, id)
    if found is None or found.kind != "gate" or found.gate is None:
        raise Refused("approval_unknown", id[:50])
    if not isinstance(allowed(identity, ("deployments.read",), desk.roles), Allowed):
        may_ask(desk, identity, found.service, found.gate.environment)
    return found


async def waited(desk: Desk, identity: Identity, id: str, *, wait_s: int, to_the_end: bool) -> Deployment:
    """Return a gate once it is decided (``to_the_end``: once what was to be done has ended), ``wait_s`` seconds from now at the latest."""
    until, watch = desk.clock.now() + timedelta(seconds=min(wait_s, LONGEST_WAIT_S)), levers_of(desk).watch
    while True:
        found = await desk.database.read(read_one, desk, identity, id)
        done = found.state in ENDED if to_the_end else decision(found) != "pending"
        if done or until <= desk.clock.now() or watch.ended:
            return found
        await watch.changed(desk, id, seen=found.version, until=until)


async def act(desk: Desk, identity: Identity, id: str, what: str) -> Deployment:
    """Take a question back (``cancel``), or do anew what could not be done (``retry``), for somebody who may ask such. Raises ``Refused``."""
    approver, asker = levers_of(desk).approver, asker_of(identity)
    input = CancelAsked(by=asker.actor, by_name=asker.name) if what == "cancel" else RetryAsked(by=asker.actor, by_name=asker.name)

    def work(connection: Connection) -> Any:
        now = desk.clock.now()
        turn = approver.begin(connection, now)
        found = read_one(connection, desk, identity, id)
        may_ask(desk, identity, found.service, found.gate.environment if found.gate is not None else "")
        stepped = approver.apply(turn, found, input)
        if stepped.ignored is not None:
            raise Refused(stepped.ignored if stepped.ignored in PROBLEMS else "deployment_ended", id[:50])
        approver.finish(turn)
        audit.append(connection, id=desk.database.new_id(), at=now, actor=identity.actor, act=f"approvals {what}", target=id)
        return turn, deployments.load(connection, id)

    turn, after = await desk.database.write(work)
    approver.committed(turn)
    changed: Deployment = after
    return changed


def decision(gate: Deployment) -> Decision:
    """Return how it was decided: what came of it since is another question."""
    if gate.state in ("asked", "waiting"):
        return "pending"
    if gate.glass is not None or gate.approval is None or gate.approval.won:
        return "approved"
    if gate.end is not None and gate.end.code == "approval_rejected":
        return "rejected"
    return "expired" if gate.state == "expired" else "cancelled"


def shown(gate: Deployment) -> dict[str, Any]:
    """Return a gate as the API tells it."""
    asked, last, end, policy, approval = gate.gate, gate.last_try, gate.end, gate.rules.policy, gate.approval
    assert asked is not None
    run, decided = last.run if last is not None else None, decision(gate)
    votes = approval.votes if approval is not None else ()
    code = end.code if end is not None else last.trouble if last is not None else ""
    return {
        "id": gate.id, "version": gate.version, "project": gate.service, "environment": asked.environment, "title": asked.title, "text": asked.text,
        "links": [{"label": one.label, "url": one.url} for one in asked.links], "requested_by": gate.by_name or gate.by or "", "requested_at": gate.asked_at,
        "decision": decided, "decided_at": end.at if decided not in ("pending", "approved") and end is not None else max((vote.at for vote in votes), default=None) if decided == "approved" else None,
        "decided_by": [vote.name or vote.actor for vote in votes if vote.approves == (decided == "approved")] if decided in ("approved", "rejected") else [],
        "reason": next((vote.reason for vote in reversed(votes) if vote.reason), "") or (gate.glass.reason if gate.glass is not None else ""),
        "votes": [{"name": vote.name or vote.actor, "approves": vote.approves, "reason": vote.reason} for vote in votes],
        "required": policy.required if policy is not None else 0, "expires_at": approval.expires_at if approval is not None else None,
        "break_glass": gate.glass is not None, "followed": gate.dispatch is None or gate.dispatch.followed,
        "on_approve": asked.approve.deed, "on_reject": asked.reject.deed,
        "outcome": None if decided != "approved" else "done" if asked.approve.deed in ("none", "callback", "github_rule") and gate.state == "succeeded" else status(gate),
        "ended": gate.state in ENDED, "ended_at": end.at if end is not None else None,
        "run_number": (run.number or "") if run is not None else "", "run_url": run.url if run is not None else None,
        "code": code, "detail": end.detail if end is not None and end.detail else last.detail if last is not None else "",
    }  # fmt: skip
