"""English: pull requests and their reviews. Merged is not closed, and a draft is a draft."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.en.general import general
from leverframe.core.wording.en.grammar import addressed, inside, subject
from leverframe.core.wording.en.shared import changed
from leverframe.core.wording.en.words import WORDS
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_PULL_REQUEST = {
    "auto_merge_disabled": "{who} turned off auto-merge of {noun} {it}",
    "auto_merge_enabled": "{who} turned on auto-merge of {noun} {it}",
    "closed": "{who} closed {noun} {it} without merging",
    "converted_to_draft": "{who} turned PR {it} back into a draft",
    "dequeued": "PR {it} left the merge queue{reason}",
    "enqueued": "{who} added PR {it} to the merge queue",
    "ready_for_review": "👀 {who} marked PR {it} ready for review",
    "review_request_removed": "{who} withdrew the request for {reviewer} to review {noun} {it}",
    "review_requested": "👀 {who} asked {reviewer} to review {noun} {it}",
    "synchronize": "{who} pushed new commits to {noun} {it}",
}


def pull_request(told: Told) -> Rich:
    noun = "draft PR" if reading.flag(told.payload, "pull_request", "draft") else "PR"
    if told.action == "opened":
        return _opened(told)
    it = told.thing("pull_request")
    if told.action == "closed" and reading.is_merged(reading.mapping(told.payload, "pull_request")):
        base = told.text("pull_request", "base", "ref")
        into = (Text(" into "), Code(base)) if base else ()
        return phrase("🎉 {who} merged PR {it}{into}", who=subject(told), it=it, into=into)
    template = _PULL_REQUEST.get(told.action)
    if template is None:
        return changed(told, "pull_request", noun) or general(told)
    reason = told.text("reason").lower()
    reason = WORDS.get(f"reason.{reason}", reason.replace("_", " "))
    return phrase(
        template, who=subject(told), noun=noun, it=it, reviewer=addressed(_reviewer(told)), reason=f": {reason}" if reason else ""
    )


def _opened(told: Told) -> Rich:
    draft = " (draft)" if reading.flag(told.payload, "pull_request", "draft") else ""
    return phrase("🔔 New PR by {who}: {it}{draft}", who=subject(told), it=told.ref("pull_request"), draft=draft)


def _reviewer(told: Told) -> Rich:
    """Return who is asked for a review: a person or a team."""
    if reading.mapping(told.payload, "requested_reviewer"):
        return told.person("requested_reviewer")
    team = told.text("requested_team", "name")
    return told.linked(f"team {team}", "requested_team", "html_url") if team else (Text("somebody"),)


_SUBMITTED = {
    "approved": "✅ {who} approved PR {it}",
    "changes_requested": "✋ {who} requested changes on PR {it}",
    "commented": "{who} reviewed PR {it}",
    "dismissed": "{who} submitted a review of PR {it}, since dismissed",
}


def pull_request_review(told: Told) -> Rich:
    who, it = subject(told), told.thing("pull_request", "review", "html_url")
    match told.action:
        case "submitted":
            state = told.text("review", "state").lower()
            return phrase(_SUBMITTED.get(state, _SUBMITTED["commented"]), who=who, it=it)
        case "edited":
            return phrase("{who} edited a review of PR {it}", who=who, it=it)
        case "dismissed":
            return phrase("{who} dismissed the review by {whom} of PR {it}", who=who, whom=addressed(told.person("review", "user")), it=it)
        case _:
            return general(told)


_REVIEW_COMMENT = {
    "created": "{who} commented on {path} in PR {it}",
    "edited": "{who} edited a comment on {path} in PR {it}",
    "deleted": "{who} deleted a comment on {path} in PR {it}",
}


def pull_request_review_comment(told: Told) -> Rich:
    if told.action not in _REVIEW_COMMENT:
        return general(told)
    path = told.text("comment", "path")
    where = (Code(path) if path else Text("the changes"),)
    it = told.thing("pull_request", "comment", "html_url")
    return phrase(_REVIEW_COMMENT[told.action], who=subject(told), path=where, it=it)


_THREAD = {
    "resolved": "{who} resolved a review thread in PR {it}",
    "unresolved": "{who} reopened a review thread in PR {it}",
}


def pull_request_review_thread(told: Told) -> Rich:
    if told.action not in _THREAD:
        return general(told)
    return phrase(_THREAD[told.action], who=subject(told), it=told.thing("pull_request"))


_MERGE_GROUP_ENDS = {"merged": "was merged", "invalidated": "was invalidated", "dequeued": "was taken off the queue"}


def merge_group(told: Told) -> Rich:
    base = told.text("merge_group", "base_ref").removeprefix("refs/heads/")
    queue = (Text("The merge queue of "), Code(base)) if base else (Text("The merge queue"),)
    match told.action:
        case "checks_requested":
            return phrase("{queue}{inside} asked for checks", queue=queue, inside=inside(told))
        case "destroyed":
            end = _MERGE_GROUP_ENDS.get(told.text("reason"), "was dissolved")
            return phrase("{queue}{inside}: a group {end}", queue=queue, inside=inside(told), end=end)
        case _:
            return general(told)
