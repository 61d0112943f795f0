"""What comes of an input, and how a deployment ends."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from leverframe.core.deployments.effects import Alert, CloseApproval, Effect, FreeLane, Happened, Leave, Note, Say
from leverframe.core.deployments.values import HOLDING, Deployment, End, State, Try

Ignored: TypeAlias = Literal[
    "late", "not_now", "repeated",
    "break_glass_repeated", "cancel_repeated", "deployment_ended", "deployment_not_failed", "deployment_not_unknown", "deployment_under_way",
]  # fmt: skip
"""Why an input changes nothing. What a person asked for in vain has a code of the table of refusals; the others are the hub's own:
``late`` is the answer to a former question, ``not_now`` does not matter in this state, ``repeated`` is known."""


class Stepped(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment after an input, and what must happen."""

    deployment: Deployment
    effects: tuple[Effect, ...] = ()
    ignored: Ignored | None = None
    go: bool = False
    """Only of ``Beginning``: whether the runner is now to be called."""


def moved(deployment: Deployment, *effects: Effect, go: bool = False) -> Stepped:
    """Return that the input was taken in."""
    return Stepped(deployment=deployment, effects=effects, go=go)


def ignored(deployment: Deployment, why: Ignored) -> Stepped:
    """Return that the input changes nothing."""
    return Stepped(deployment=deployment, ignored=why)


def asked_anew(deployment: Deployment) -> Deployment:
    """Return the deployment with a new ticket: answers to all former questions are late."""
    return replace(deployment, ticket=deployment.ticket + 1)


def with_try(deployment: Deployment, last: Try) -> Deployment:
    """Return the deployment with its last try replaced."""
    return replace(deployment, tries=(*deployment.tries[:-1], last))


def end(
    deployment: Deployment,
    state: Literal["succeeded", "failed", "cancelled", "expired"],
    *,
    now: datetime,
    code: str = "",
    detail: str = "",
    by: str = "",
    by_name: str = "",
    note: Note | None = None,
    alert: bool = False,
    rollback: bool = False,
    more: tuple[Effect, ...] = (),
) -> Stepped:
    """Return the deployment ended, its question closed (a lost one is), and its lane left or freed."""
    before = deployment.state
    ended = replace(
        asked_anew(deployment), state=state, held=None,
        end=End(at=now, code=code, detail=detail, by=by, by_name=by_name, rollback=rollback),
    )  # fmt: skip
    last = deployment.last_try
    if before in HOLDING and last is not None and last.phase != "ended":
        ended = with_try(ended, replace(last, phase="ended", ended_at=now, result="cancelled" if state == "cancelled" else "not_started"))
    effects: list[Effect] = list(_left(before, deployment.lane))
    if before == "waiting" and state in ("cancelled", "expired") and code != "approval_rejected":
        effects.append(CloseApproval(digest=deployment.digest, result="expired" if state == "expired" else "cancelled", by=by))
    effects += [Say(), note or Note(what=state, by=by, by_name=by_name, code=code, detail=detail), *more]
    if alert:
        effects.append(Alert(what="failed", detail=detail, rollback=rollback))
    return moved(ended, *effects, Happened(name=state))


def _left(before: State, lane: str) -> tuple[Effect, ...]:
    if before == "queued":
        return (Leave(lane=lane),)
    return (FreeLane(lane=lane),) if before in HOLDING else ()
