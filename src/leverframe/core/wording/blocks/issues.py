"""Below the headline: what an issue or discussion says, and how it stands, because its card is edited in place."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Block, Rich
from leverframe.core.wording.blocks.fields import fields, names, quote
from leverframe.core.wording.quoting import one_line
from leverframe.core.wording.told import Told
from leverframe.core.wording.voice import Voice


def issues(told: Told, voice: Voice) -> list[Block]:
    """The description of a new issue; state, type, labels, assignees and milestone of every one."""
    issue = reading.mapping(told.payload, "issue")
    said = quote(told, "issue", "body") if told.action == "opened" else []
    state = voice.word(f"state.{one_line(reading.text(issue, 'state'))}") if reading.text(issue, "state") else ""
    reason = told.text("issue", "state_reason")
    if state and reason and reading.text(issue, "state") == "closed":
        state = f"{state} ({voice.word(f'reason.{reason}')})"
    return [
        *said,
        *fields(
            voice,
            ("title_before", told.text("changes", "title", "from")),
            ("state", state),
            ("type", told.text("issue", "type", "name")),
            ("labels", names(issue, "labels", "name")),
            ("assignees", names(issue, "assignees", "login")),
            ("milestone", told.text("issue", "milestone", "title")),
        ),
    ]


def issue_comment(told: Told, voice: Voice) -> list[Block]:
    """The comment; a deleted one is not repeated."""
    return [] if told.action == "deleted" else quote(told, "comment", "body")


def discussion(told: Told, voice: Voice) -> list[Block]:
    """What a new discussion asks, or the answer that was chosen; category, state and labels of every one."""
    said = {"created": ("discussion", "body"), "answered": ("answer", "body")}.get(told.action)
    state = told.text("discussion", "state")
    return [
        *(quote(told, *said) if said else []),
        *fields(
            voice,
            ("title_before", told.text("changes", "title", "from")),
            ("category", told.text("discussion", "category", "name")),
            ("state", voice.word(f"state.{state}") if state else ""),
            ("labels", names(reading.mapping(told.payload, "discussion"), "labels", "name")),
        ),
    ]


def discussion_comment(told: Told, voice: Voice) -> list[Block]:
    """The comment; a deleted one is not repeated."""
    return issue_comment(told, voice)


def milestone(told: Told, voice: Voice) -> list[Block]:
    """What the milestone is for, until when, and how far it is."""
    done, left = (reading.number(told.payload, "milestone", key) for key in ("closed_issues", "open_issues"))
    due = reading.moment(told.payload, "milestone", "due_on")
    progress: Rich | str = f"{done}/{done + left}" if done is not None and left is not None and done + left > 0 else ""
    return [
        *(quote(told, "milestone", "description") if told.action == "created" else []),
        # GitHub keeps a due date as a time near midnight of no zone in particular: only the day means anything.
        *fields(voice, ("due", due.date().isoformat() if due else ""), ("progress", progress)),
    ]
