"""The hub's own events: which of the language's functions words which."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, get_args

import msgspec

from leverframe.core import payload as reading
from leverframe.core.deployments.effects import Noted
from leverframe.core.events import Event
from leverframe.core.messages import Message
from leverframe.core.wording.levers.view import DeploymentView, LockView, lock_view, view
from leverframe.decoding import converted

if TYPE_CHECKING:
    from leverframe.core.wording.levers import Levers

HUB = "hub"
"""Source and kind of the hub's own events."""
DEPLOYMENT = "lever_deployment"
"""Carries a deployment's snapshot: its card."""
NOTE, ALERT, LOCK, ACT = "lever_note", "lever_alert", "lever_lock", "lever_act"
"""A line below the card; what a room is to look at; what became of a lock; what somebody did, for the room of the audit."""
LEVER = "lever"
"""What happened to a deployment, for the webhooks of its project: the action is a ``Happening``."""
SAID = "lever_said"
"""What a plugin wants said: carries the message itself."""


def word(event: Event, say: Levers, zone: tzinfo) -> Message | None:
    """Return the message of one of the hub's own events; ``None`` for one that this version does not know."""
    payload = event.payload
    if event.name == SAID:
        return _said(payload.get("message"))
    about = view(payload.get("deployment", payload))
    what = event.action or ""
    by, code, detail = (reading.text(payload, key) for key in ("by_name", "code", "detail"))
    match event.name:
        case "lever_deployment":
            return say.deployment(about, zone)
        case "lever_note" if what in get_args(Noted):
            return say.note(what, about, by=by, code=code, detail=detail)
        case "lever" if what in get_args(Noted):
            return say.note(what, about, by=_decided_by(what, about), code=about.code, detail=about.detail)
        case "lever" if what == "asked":
            return say.deployment(about, zone)
        case "lever_alert" if what in ("failed", "unknown", "glass_broken"):
            return say.alert(what, about, by=by, detail=detail)
        case "lever_lock":
            return _lock(what, lock_view(reading.mapping(payload, "lock")) or LockView(), by, payload, say, zone)
        case "lever_act" if what in ("done", "failed", "refused"):
            return say.mirrored(what, who=by, room=reading.text(payload, "room"), line=reading.text(payload, "line"), code=code)
        case _:
            return None


def _decided_by(what: str, about: DeploymentView) -> str:
    if what == "approved":
        return next((vote.name for vote in reversed(about.votes) if vote.approves), "")
    return about.ended_by if what in ("cancelled", "rejected") else ""


def _said(message: object) -> Message | None:
    try:
        return converted(message, Message)
    except msgspec.ValidationError:
        return None


def _lock(what: str, lock: LockView, by: str, payload: object, say: Levers, zone: tzinfo) -> Message:
    match what:
        case "freed":
            tell = reading.at(payload, "tell")
            return say.lock_freed(lock, tell=[one for one in tell if isinstance(one, str)] if isinstance(tell, list) else [])
        case "stolen":
            return say.lock_stolen(lock, reading.text(payload, "former"))
        case "unlocked":
            return say.unlocked(lock, by)
        case _:
            return say.locked(lock, zone)
