"""What happened to a deployment, moment by moment, read from what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.approvals import Approval
from leverframe.core.deployments.values import Deployment, State, Try

What: TypeAlias = (
    Literal[
        "asked", "approval_asked", "approved", "rejected", "approval_expired", "approval_cancelled", "approval_void", "glass_broken",
        "lane_entered", "ordered", "started", "try_succeeded", "try_failed", "try_cancelled", "try_not_started", "cancel_asked", "lost",
    ]
    | State
)  # fmt: skip


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    at: datetime
    what: What
    by: str = ""
    """Who did it, as they are shown; empty for the hub."""
    detail: str = ""
    number: int = 0
    """Which try it is about, from 1; 0 for none."""
    run_number: str = ""
    run_url: str | None = None


def timeline(deployment: Deployment, approvals: Sequence[Approval] = ()) -> tuple[Moment, ...]:
    """Return what happened to ``deployment`` in order; ``approvals`` are all the questions about it, the oldest first."""
    found = [Moment(at=deployment.asked_at, what="asked", by=deployment.by_name or deployment.by or "", detail=deployment.cause or deployment.reason)]
    for question in approvals:
        found += _question(question)
    glass, cancel, end = deployment.glass, deployment.cancel, deployment.end
    if glass is not None:
        found.append(Moment(at=glass.at, what="glass_broken", by=glass.by_name or glass.by, detail=glass.reason))
    if deployment.queued_at is not None:
        found.append(Moment(at=deployment.queued_at, what="lane_entered"))
    for number, one in enumerate(deployment.tries, 1):
        found += _try(one, number, last=number == len(deployment.tries), ended=end is not None)
    if cancel is not None:
        found.append(Moment(at=cancel.at, what="cancel_asked", by=cancel.by_name or cancel.by))
    if deployment.unknown_since is not None:
        found.append(Moment(at=deployment.unknown_since, what="lost"))
    if end is not None:
        found.append(Moment(at=end.at, what=deployment.state, by=end.by_name or end.by, detail=end.detail))
    return tuple(sorted(found, key=lambda moment: moment.at))


def _question(question: Approval) -> list[Moment]:
    asked = Moment(at=question.opened_at, what="approval_asked", detail=", ".join(question.policy.from_roles))
    votes = [
        Moment(at=vote.at, what="approved" if vote.approves else "rejected", by=vote.name or vote.actor, detail=vote.reason) for vote in question.votes
    ]
    if question.decided_at is None or question.result not in ("expired", "cancelled", "void"):
        return [asked, *votes]
    what: What = "approval_expired" if question.result == "expired" else "approval_void" if question.result == "void" else "approval_cancelled"
    return [asked, *votes, Moment(at=question.decided_at, what=what, detail=question.reason)]


def _try(one: Try, number: int, *, last: bool, ended: bool) -> list[Moment]:
    """Return what happened to one try; how the last one ended is how the deployment did."""
    run_number, run_url = (one.run.number or "", one.run.url) if one.run is not None else ("", None)
    found = []
    if one.ordered_at is not None:
        found.append(Moment(at=one.ordered_at, what="ordered", number=number))
    if one.started_at is not None:
        found.append(Moment(at=one.started_at, what="started", number=number, run_number=run_number, run_url=run_url))
    if one.ended_at is not None and one.result is not None and not (last and ended):
        what: What
        match one.result:
            case "succeeded":
                what = "try_succeeded"
            case "failed":
                what = "try_failed"
            case "cancelled":
                what = "try_cancelled"
            case "not_started":
                what = "try_not_started"
        found.append(Moment(at=one.ended_at, what=what, detail=one.detail, number=number, run_number=run_number, run_url=run_url))
    return found
