"""The machine: one deployment and what happens to it, in; the deployment after it and what must happen next, out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from leverframe.core.conversation import Place
from leverframe.core.deployments import asking, dispatching, trying
from leverframe.core.deployments.effects import Call, CancelRun, Effect, Find, Happened, Look, Poll, Resolve, Say, Wake
from leverframe.core.deployments.inputs import (
    ApprovalLost,
    ApprovalWon,
    Beginning,
    CancelAnswered,
    CancelAsked,
    Changed,
    FindAnswered,
    GlassBroken,
    Hint,
    Input,
    Joined,
    LaneFree,
    PollAnswered,
    RefRefused,
    RefResolved,
    RetryAsked,
    Settled,
    ShippingKnown,
    StartAnswered,
    Tick,
    Voted,
)
from leverframe.core.deployments.stepped import Stepped, end, ignored
from leverframe.core.deployments.values import ENDED, Deployment, Kind, Patience, Rules
from leverframe.core.dispatches import Dispatch
from leverframe.core.gates import Gate
from leverframe.core.lanes import Early, Frozen, LaneHeld, Locked
from leverframe.core.shipping import Resolved

PATIENCE = Patience()


def ask(
    *,
    id: str,
    service: str,
    environment: str,
    lane: str,
    now: datetime,
    kind: Kind = "deploy",
    runner: str = "",
    repository: str | None = None,
    ref: str | None = None,
    commit: Resolved | None = None,
    parameters: Mapping[str, str] | None = None,
    dispatch: Dispatch | None = None,
    gate: Gate | None = None,
    places: tuple[Place, ...] = (),
    not_before: datetime | None = None,
    by: str | None = None,
    by_name: str = "",
    cause: str = "",
    reason: str = "",
    place: Place | None = None,
    followers: tuple[str, ...] = (),
    rules: Rules | None = None,
) -> Stepped:
    """Return a new deployment, and what must happen first.

    ``commit`` is given where it is known already: a rollback's, or that of a deployment which follows another. With ``dispatch``
    or ``gate`` there is none: it is decided on, or stands in its lane, at once, and leaves it not before ``not_before``.
    """
    asked = Deployment(
        id=id, kind=kind, service=service, environment=environment, lane=lane, runner=runner, repository=repository, ref=ref, commit=commit,
        parameters=dict(parameters or {}), dispatch=dispatch, gate=gate, places=places, not_before=not_before, by=by, by_name=by_name, cause=cause, reason=reason, place=place, followers=followers, asked_at=now, changed_at=now,
        rules=rules or Rules(), ticket=0,
    )  # fmt: skip
    if dispatch is not None or gate is not None:
        only = replace(asked, kind="dispatch" if gate is None or gate.of else "gate", commit=Resolved(ref=ref or "", sha=""))
        return asking.at_once(only, now, Happened(name="asked"))
    return asking.ask_again(asked, Say(), Happened(name="asked"))


def step(deployment: Deployment, input: Input, *, now: datetime, patience: Patience = PATIENCE) -> Stepped:
    """Return the deployment after ``input``, which came at ``now``, and what must happen.

    Never raises. What comes twice or too late changes nothing: the same deployment, no effects, and why. An end is never undone;
    only what failed is left again, when somebody asks for it.
    """
    after = _react(deployment, input, now, patience)
    if after.deployment == deployment:
        return after
    return replace(after, deployment=replace(after.deployment, version=deployment.version + 1, changed_at=now))


def still_wanted(deployment: Deployment, effect: Effect) -> bool:
    """Return whether an effect that was put off is still to be done: a question that was asked anew, or is moot, is not."""
    match effect:
        case Resolve() | Look() | Call() | Find() | Poll():
            return deployment.state not in ENDED and effect.ticket == deployment.ticket
        case CancelRun():
            return deployment.state not in ENDED and deployment.cancel is not None and not deployment.cancel.taken
        case Wake():
            return deployment.deadline is not None
        case _:
            return True


def _react(deployment: Deployment, input: Input, now: datetime, patience: Patience) -> Stepped:
    if deployment.state in ENDED:
        return _after_the_end(deployment, input, now)
    match input:
        case RefResolved():
            return asking.resolved(deployment, input)
        case RefRefused():
            return asking.refused(deployment, input, now=now, patience=patience)
        case ShippingKnown():
            return asking.shipping_known(deployment, input, now=now, patience=patience)
        case Voted():
            return asking.voted(deployment, input)
        case ApprovalWon():
            return asking.approval_won(deployment, input, now=now)
        case ApprovalLost():
            return asking.approval_lost(deployment, input, now=now)
        case Changed():
            return asking.changed(deployment, input)
        case GlassBroken():
            return asking.glass_broken(deployment, input, now=now)
        case LaneFree():
            return asking.lane_free(deployment, input, now=now)
        case Joined():
            return dispatching.taken_in(deployment, input)
        case LaneHeld() | Locked() | Frozen() | Early():
            return asking.held(deployment, input, now=now)
        case Beginning():
            return trying.beginning(deployment, input, now=now, patience=patience)
        case StartAnswered():
            return trying.start_answered(deployment, input, now=now, patience=patience)
        case FindAnswered():
            return trying.find_answered(deployment, input, now=now, patience=patience)
        case PollAnswered():
            return trying.poll_answered(deployment, input, now=now, patience=patience)
        case CancelAnswered():
            return trying.cancel_answered(deployment, input, patience=patience)
        case Hint():
            return asking.hint(deployment) if deployment.state == "asked" else trying.hint(deployment)
        case CancelAsked(by=by, by_name=by_name):
            if deployment.state in ("asked", "waiting", "queued"):
                return end(deployment, "cancelled", now=now, by=by, by_name=by_name)
            return trying.wish(deployment, by, by_name, now)
        case RetryAsked():
            return ignored(deployment, "deployment_not_failed")
        case Settled():
            return trying.settled(deployment, input, now=now)
        case Tick():
            return asking.tick(deployment, now=now)
        case _:  # pragma: no cover
            assert_never(input)


def _after_the_end(deployment: Deployment, input: Input, now: datetime) -> Stepped:
    match input:
        case RetryAsked():
            return asking.retry_asked(deployment, input, now=now) if _may_retry(deployment) else ignored(deployment, "deployment_not_failed")
        case CancelAsked() | GlassBroken():
            return ignored(deployment, "deployment_ended")
        case Settled():
            return ignored(deployment, "deployment_not_unknown")
        case _:
            return ignored(deployment, "late")


def _may_retry(deployment: Deployment) -> bool:
    """Return whether it may be begun anew: what failed, and what nobody came to send."""
    return deployment.state == "failed" or (deployment.kind == "dispatch" and deployment.state == "expired")
