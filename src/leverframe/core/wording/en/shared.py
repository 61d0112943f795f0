"""English: what issues, pull requests and discussions have in common."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Rich, Text
from leverframe.core.wording.en.grammar import addressed, subject
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_CHANGES = {
    "assigned": "{who} assigned {whom} to {noun} {it}",
    "deleted": "{who} deleted {noun} {it}",
    "demilestoned": "{who} removed {noun} {it} from milestone {milestone}",
    "labeled": "{who} added label {label} to {noun} {it}",
    "locked": "🔒 {who} locked {noun} {it}",
    "milestoned": "{who} added {noun} {it} to milestone {milestone}",
    "pinned": "📌 {who} pinned {noun} {it}",
    "reopened": "{who} reopened {noun} {it}",
    "transferred": "{who} transferred {noun} {it}{target}",
    "unassigned": "{who} unassigned {whom} from {noun} {it}",
    "unlabeled": "{who} removed label {label} from {noun} {it}",
    "unlocked": "{who} unlocked {noun} {it}",
    "unpinned": "{who} unpinned {noun} {it}",
}
_UNNAMED = {
    **_CHANGES,
    "assigned": "{who} changed the assignees of {noun} {it}",
    "labeled": "{who} changed the labels of {noun} {it}",
    "unassigned": "{who} changed the assignees of {noun} {it}",
    "unlabeled": "{who} changed the labels of {noun} {it}",
}


def changed(told: Told, key: str, noun: str) -> Rich | None:
    """Return what was done to the ``noun`` at ``key`` of the payload; ``None`` when the action is not a common one."""
    if told.action == "edited":
        return _edited(told, key, noun)
    template = (_CHANGES if told.names_what_changed else _UNNAMED).get(told.action)
    if template is None:
        return None
    themselves = told.login and told.text("assignee", "login") == told.login
    target = told.text("changes", "new_repository", "full_name")
    milestone = told.named("milestone", "title") if told.text("milestone", "title") else told.named(key, "milestone", "title")
    return phrase(
        template,
        who=subject(told), noun=noun, it=told.thing(key), label=told.named("label", "name"), milestone=milestone,
        whom=(Text("themselves"),) if themselves else addressed(told.person("assignee")),
        target=f" to {target}" if target else "",
    )  # fmt: skip


def _edited(told: Told, key: str, noun: str) -> Rich:
    changes = reading.mapping(told.payload, "changes")
    template = "{who} edited {noun} {it}"
    if "title" in changes:
        template = "{who} renamed {noun} {it}"
    elif "base" in changes:
        template = "{who} changed the base branch of {noun} {it}"
    elif "body" in changes:
        template = "{who} edited the description of {noun} {it}"
    return phrase(template, who=subject(told), noun=noun, it=told.thing(key))
