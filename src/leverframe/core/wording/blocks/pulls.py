"""Below the headline: what a pull request or review says, and how the request stands, because its card is edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leverframe.core import payload as reading
from leverframe.core.messages import Block, Bold, Code, Inline, Quote, Rich, Text
from leverframe.core.wording.blocks.fields import commit_line, fields, listed, names, quote
from leverframe.core.wording.outcomes import commit_link
from leverframe.core.wording.quoting import excerpt, one_line, spans
from leverframe.core.wording.told import Told
from leverframe.core.wording.voice import Voice


def pull_request(told: Told, voice: Voice) -> list[Block]:
    """Title and description of a new one; state, branches, size, labels and people of every one."""
    pull = reading.mapping(told.payload, "pull_request")
    base, head = told.text("pull_request", "base", "ref"), told.text("pull_request", "head", "ref")
    reviewers = [reading.text(user, "login") for user in reading.items(pull, "requested_reviewers")]
    reviewers += [reading.text(team, "name") for team in reading.items(pull, "requested_teams")]
    return [
        *(_words(pull) if told.action == "opened" else []),
        *fields(
            voice,
            ("title_before", told.text("changes", "title", "from")),
            ("state", _state(pull, voice)),
            ("branch", (Code(base), Text(" ← "), Code(head)) if base and head else ()),
            ("changes", _size(pull, voice)),
            ("labels", names(pull, "labels", "name")),
            ("reviewers", listed(reviewers)),
            ("assignees", names(pull, "assignees", "login")),
            ("milestone", told.text("pull_request", "milestone", "title")),
        ),
    ]


def _words(pull: Mapping[str, Any]) -> list[Block]:
    """Return the author's own words: the title, and the beginning of the description."""
    title, body = one_line(reading.text(pull, "title")), excerpt(reading.text(pull, "body"))
    found: list[Inline] = [Bold(title)] if title else []
    if body:
        found.extend(spans(f"\n{body}" if title else body))
    return [Quote(tuple(found))] if found else []


def _state(pull: Mapping[str, Any], voice: Voice) -> str:
    """Return merged, draft, open or closed: GitHub calls a merged one closed and a draft open."""
    if reading.is_merged(pull):
        return voice.word("state.merged")
    state = one_line(reading.text(pull, "state"))
    if state == "open" and reading.flag(pull, "draft"):
        return voice.word("state.draft")
    return voice.word(f"state.{state}") if state else ""


def _size(pull: Mapping[str, Any], voice: Voice) -> str:
    """Return ``+10 −2, 3 files`` as far as the payload tells."""
    added, removed, files = (reading.number(pull, key) for key in ("additions", "deletions", "changed_files"))
    parts = [f"+{added:,} −{removed:,}"] if added is not None and removed is not None else []
    if files is not None:
        parts.append(voice.files(files))
    return ", ".join(parts)


def pull_request_review(told: Told, voice: Voice) -> list[Block]:
    """What the reviewer wrote; of a dismissed review nothing is repeated."""
    return [] if told.action == "dismissed" else quote(told, "review", "body")


def pull_request_review_comment(told: Told, voice: Voice) -> list[Block]:
    """The comment; a deleted one is not repeated."""
    return [] if told.action == "deleted" else quote(told, "comment", "body")


def pull_request_review_thread(told: Told, voice: Voice) -> list[Block]:
    """How the thread began."""
    comments = reading.items(told.payload, "thread", "comments")
    words = excerpt(reading.text(comments[0], "body")) if comments else ""
    return [Quote(spans(words))] if words else []


def merge_group(told: Told, voice: Voice) -> list[Block]:
    """The commit that the queue would merge."""
    commit: Rich = ()
    if told.text("merge_group", "head_sha"):
        commit = commit_line(
            commit_link(told, "merge_group", "head_sha"), reading.text(told.payload, "merge_group", "head_commit", "message")
        )
    return fields(voice, ("commit", commit))
