"""Dispatches in the machine: they deploy no commit, so they go into their lane at once; others may join one that was not sent."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec.structs import replace

from leverframe.core.deployments.effects import Say
from leverframe.core.deployments.inputs import Joined
from leverframe.core.deployments.stepped import Stepped, ignored, moved
from leverframe.core.deployments.values import Deployment
from leverframe.core.dispatches import joined

Status: TypeAlias = Literal["accepted", "sent", "run_found", "succeeded", "failed", "cancelled", "unknown", "dead"]
"""``accepted``: kept here. ``sent``: GitHub took it. ``dead``: it was given up on before GitHub took it, and may be sent again."""


def may_join(deployment: Deployment) -> bool:
    """Return whether it surely was not sent yet, and takes others in."""
    if deployment.dispatch is None or not deployment.dispatch.joins or deployment.cancel is not None:
        return False
    last = deployment.last_try
    return deployment.state in ("asked", "queued") or (deployment.state == "starting" and last is not None and last.phase == "due")


def taken_in(deployment: Deployment, said: Joined) -> Stepped:
    """Send the later payload in place of the former, for everybody who asked."""
    if deployment.dispatch is None or not may_join(deployment):
        return ignored(deployment, "late")
    return moved(replace(deployment, dispatch=joined(deployment.dispatch, said.dispatch)), Say())


def status(deployment: Deployment) -> Status:
    """Return how a dispatch stands."""
    last = deployment.last_try
    run = last.run if last is not None else None
    match deployment.state:
        case "succeeded":
            settled = deployment.end is not None and deployment.end.by
            return "succeeded" if run is not None or settled else "sent"
        case "failed":
            return "failed" if last is not None and last.accepted else "dead"
        case "expired":
            return "dead"
        case "cancelled" | "unknown":
            return deployment.state
        case "asked" | "waiting" | "queued":
            return "accepted"
        case "starting" | "running":
            return "run_found" if run is not None else "sent" if last is not None and last.accepted else "accepted"


