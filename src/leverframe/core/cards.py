"""A card is edited in place: whatever event updates it, it says how its subject stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leverframe.core.events import Actor, Event

_TELLING = {
    "issues": frozenset({"opened", "closed", "reopened", "deleted", "transferred"}),
    "pull_request": frozenset({"opened", "closed", "reopened", "converted_to_draft", "ready_for_review"}),
}
"""Actions that say how the subject stands; any other (a label, an assignee, new commits) only changes details."""


def as_card(event: Event) -> Event:
    """Return the event as the card tells it: a label added to an open pull request leaves the card saying who opened it.

    An event whose action tells the state itself, and any of another kind, is returned as it is.
    """
    telling = _TELLING.get(event.name)
    if telling is None or event.action in telling:
        return event
    thing = event.payload.get("issue" if event.name == "issues" else "pull_request")
    if not isinstance(thing, Mapping):
        return event
    if thing.get("state") == "closed":
        by = thing.get("merged_by") or thing.get("closed_by") or event.payload.get("sender")
        return _told(event, "closed", by)
    return _told(event, "opened", thing.get("user"))


def _told(event: Event, action: str, by: Any) -> Event:
    payload = {**event.payload, "action": action}
    actor = event.actor
    if isinstance(by, Mapping) and isinstance(login := by.get("login"), str):
        payload["sender"] = by
        url, avatar = by.get("html_url"), by.get("avatar_url")
        actor = Actor(
            login=login,
            url=url if isinstance(url, str) else None,
            avatar_url=avatar if isinstance(avatar, str) else None,
            is_bot=by.get("type") == "Bot" or login.endswith("[bot]"),
        )
    return replace(event, action=action, actor=actor, payload=payload)
