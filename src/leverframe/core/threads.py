"""Which part an event plays in the conversation about its subject."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec.structs import replace

from leverframe.core import payload as reading
from leverframe.core.events import Actor, Event

Role: TypeAlias = Literal["card", "reply", "alone"]

_REPLIES = frozenset({
    "issue_comment", "pull_request_review", "pull_request_review_comment", "pull_request_review_thread", "discussion_comment",
    # a run's card shows the run; its jobs, checks and approvals are said below it
    "workflow_job", "check_run", "deployment_review",
})  # fmt: skip
_OWNERS = {"issues": "issue", "pull_request": "pull_request", "discussion": "discussion"}
_DETAILS = frozenset({
    "assigned", "unassigned", "labeled", "unlabeled", "milestoned", "demilestoned", "edited", "synchronize", "locked", "unlocked", "pinned",
    "unpinned", "typed", "untyped", "review_requested", "review_request_removed", "auto_merge_enabled", "auto_merge_disabled",
    "category_changed",
})  # fmt: skip
"""Actions that leave a subject as open or as closed as it was."""


def role(event: Event) -> Role:
    """Return ``card`` for a change of the subject's state, ``reply`` for what is said about it, ``alone`` without a subject."""
    if event.subject is None:
        return "alone"
    return "reply" if event.name in _REPLIES else "card"


def as_card(event: Event) -> Event:
    """Return the event as the subject's card words it: a label added to an open issue leaves it an issue that its author opened.

    Without this, the card of a pull request would end as "labelled by a bot". Every other event is returned as it is.
    """
    owner = _OWNERS.get(event.name)
    if owner is None or event.action not in _DETAILS:
        return event
    match reading.text(event.payload, owner, "state"):
        case "open":
            action, person = "created" if owner == "discussion" else "opened", reading.mapping(event.payload, owner, "user")
        case "closed":
            action, person = "closed", reading.mapping(event.payload, owner, "merged_by")
        case _:
            return event
    login = reading.text(person, "login")
    is_bot = login.endswith("[bot]") or person.get("type") == "Bot"
    return replace(event, action=action, actor=Actor(login=login, url=reading.web(person, "html_url"), is_bot=is_bot) if login else None)


def parent_of(event: Event) -> Event | None:
    """Return the event that the card of a reply's subject words, told by the reply's own payload; ``None`` when it does not tell.

    A hub that came later has no card of an old issue: with this a comment gives it one. A job or a check tells too little of
    its run.
    """
    match event.name:
        case "issue_comment":
            thing = reading.mapping(event.payload, "issue")
            on_pull_request = event.subject is not None and event.subject.kind == "pull_request"
            name, owner = ("pull_request", "pull_request") if on_pull_request else ("issues", "issue")
        case "pull_request_review" | "pull_request_review_comment" | "pull_request_review_thread":
            name = owner = "pull_request"
            thing = reading.mapping(event.payload, "pull_request")
        case "discussion_comment":
            name = owner = "discussion"
            thing = reading.mapping(event.payload, "discussion")
        case _:
            return None
    payload = {"action": "edited", owner: thing, "repository": event.payload.get("repository"), "sender": event.payload.get("sender")}
    parent = as_card(replace(event, name=name, action="edited", url=reading.web(thing, "html_url"), payload=payload))
    return None if parent.action == "edited" else replace(parent, payload={**payload, "action": parent.action})
