"""English: issues, their comments and relations, milestones, labels, discussions."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Rich
from leverframe.core.wording.en.general import general
from leverframe.core.wording.en.grammar import inside, subject
from leverframe.core.wording.en.shared import changed
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_REASONS = {"not_planned": " as not planned", "duplicate": " as a duplicate", "completed": " as completed"}


def issues(told: Told) -> Rich:
    who, it = subject(told), told.thing("issue")
    match told.action:
        case "opened":
            return phrase("{who} opened issue {it}", who=who, it=it)
        case "closed":
            reason = _REASONS.get(told.text("issue", "state_reason"), "")
            return phrase("{who} closed issue {it}{reason}", who=who, it=it, reason=reason)
        case "typed":
            return phrase("{who} set the type of issue {it} to {type}", who=who, it=it, type=told.named("type", "name"))
        case "untyped":
            return phrase("{who} removed the type {type} from issue {it}", who=who, it=it, type=told.named("type", "name"))
        case _:
            return changed(told, "issue", "issue") or general(told)


_COMMENT = {
    "created": "{who} commented on {noun} {it}",
    "edited": "{who} edited a comment on {noun} {it}",
    "deleted": "{who} deleted a comment on {noun} {it}",
}


def issue_comment(told: Told) -> Rich:
    if told.action not in _COMMENT:
        return general(told)
    noun = "PR" if reading.mapping(told.payload, "issue", "pull_request") else "issue"
    return phrase(_COMMENT[told.action], who=subject(told), noun=noun, it=told.thing("issue", "comment", "html_url"))


_SUB_ISSUES = {
    "parent_issue_added": "{who} made {sub} a sub-issue of {parent}",
    "parent_issue_removed": "{who} removed {sub} from its parent issue {parent}",
    "sub_issue_added": "{who} added sub-issue {sub} to {parent}",
    "sub_issue_removed": "{who} removed sub-issue {sub} from {parent}",
}


def sub_issues(told: Told) -> Rich:
    if told.action not in _SUB_ISSUES:
        return general(told)
    return phrase(_SUB_ISSUES[told.action], who=subject(told), sub=told.thing("sub_issue"), parent=told.thing("parent_issue"))


_DEPENDENCIES = {
    "blocked_by_added": "{who} marked issue {blocked} as blocked by {blocking}",
    "blocked_by_removed": "{who} marked issue {blocked} as no longer blocked by {blocking}",
    "blocking_added": "{who} marked issue {blocking} as blocking {blocked}",
    "blocking_removed": "{who} marked issue {blocking} as no longer blocking {blocked}",
}


def issue_dependencies(told: Told) -> Rich:
    if told.action not in _DEPENDENCIES:
        return general(told)
    return phrase(_DEPENDENCIES[told.action], who=subject(told), blocked=told.thing("blocked_issue"), blocking=told.thing("blocking_issue"))


_MILESTONE = {
    "closed": "{who} closed milestone {it}{inside}",
    "created": "{who} created milestone {it}{inside}",
    "deleted": "{who} deleted milestone {it}{inside}",
    "edited": "{who} edited milestone {it}{inside}",
    "opened": "{who} reopened milestone {it}{inside}",
}


def milestone(told: Told) -> Rich:
    if told.action not in _MILESTONE:
        return general(told)
    it = told.linked(told.text("milestone", "title") or "?", "milestone", "html_url")
    return phrase(_MILESTONE[told.action], who=subject(told), it=it, inside=inside(told))


def label(told: Told) -> Rich:
    name, old = told.named("label", "name"), told.text("changes", "name", "from")
    match told.action:
        case "created":
            return phrase("{who} created label {name}{inside}", who=subject(told), name=name, inside=inside(told))
        case "deleted":
            return phrase("{who} deleted label {name}{inside}", who=subject(told), name=name, inside=inside(told))
        case "edited" if old:
            return phrase(
                "{who} renamed label {old} to {name}{inside}",
                who=subject(told), old=told.named("changes", "name", "from"), name=name, inside=inside(told),
            )  # fmt: skip
        case "edited":
            return phrase("{who} edited label {name}{inside}", who=subject(told), name=name, inside=inside(told))
        case _:
            return general(told)


def discussion(told: Told) -> Rich:
    who, it = subject(told), told.thing("discussion")
    match told.action:
        case "created":
            return phrase("💬 {who} started discussion {it}", who=who, it=it)
        case "answered":
            return phrase("✅ {who} marked an answer in discussion {it}", who=who, it=it)
        case "unanswered":
            return phrase("{who} unmarked the answer in discussion {it}", who=who, it=it)
        case "closed":
            return phrase("{who} closed discussion {it}", who=who, it=it)
        case "category_changed":
            category = told.named("discussion", "category", "name")
            return phrase("{who} moved discussion {it} to category {category}", who=who, it=it, category=category)
        case _:
            return changed(told, "discussion", "discussion") or general(told)


def discussion_comment(told: Told) -> Rich:
    if told.action not in _COMMENT:
        return general(told)
    return phrase(_COMMENT[told.action], who=subject(told), noun="discussion", it=told.thing("discussion", "comment", "html_url"))
