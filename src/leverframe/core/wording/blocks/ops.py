"""Below the headline: what a run, a check or a deployment was about, and where it broke."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Block, Bullets, Code, Inline, Paragraph, Text
from leverframe.core.wording.blocks.fields import commit_line, fields, listed, quote
from leverframe.core.wording.outcomes import commit_link, outcome
from leverframe.core.wording.quoting import excerpt, first_line
from leverframe.core.wording.told import Told, named_person
from leverframe.core.wording.voice import Voice

_BAD = frozenset({"failure", "timed_out"})


def workflow_run(told: Told, voice: Voice) -> list[Block]:
    """The commit, what set it off, and which attempt it is when it is not the first."""
    attempt = reading.number(told.payload, "workflow_run", "run_attempt")
    trigger = told.text("workflow_run", "event")
    sha = told.text("workflow_run", "head_sha")
    message = reading.text(told.payload, "workflow_run", "head_commit", "message")
    return fields(
        voice,
        ("commit", commit_line(commit_link(told, "workflow_run", "head_sha"), message) if sha else ()),
        ("trigger", (Code(trigger),) if trigger else ()),
        ("attempt", str(attempt) if attempt is not None and attempt > 1 else ""),
    )


def workflow_job(told: Told, voice: Voice) -> list[Block]:
    """The steps that failed."""
    steps = reading.items(told.payload, "workflow_job", "steps")
    return fields(voice, ("failed_steps", listed(reading.text(step, "name") for step in steps if reading.text(step, "conclusion") in _BAD)))


def check_run(told: Told, voice: Voice) -> list[Block]:
    """What the check reports in one line."""
    return _said(told, "check_run", "output", "title")


def status(told: Told, voice: Voice) -> list[Block]:
    """What the reporter says, and the commit's first line."""
    return [*_said(told, "description"), *fields(voice, ("commit", first_line(reading.text(told.payload, "commit", "commit", "message"))))]


def deployment(told: Told, voice: Voice) -> list[Block]:
    """Why, and which commit."""
    return [*quote(told, "deployment", "description"), *_deployed(told, voice)]


def deployment_status(told: Told, voice: Voice) -> list[Block]:
    """What the runner says, where to, how it stands, and which commit."""
    said = _said(told, "deployment_status", "description")
    return [*said, *_deployed(told, voice)]


def _deployed(told: Told, voice: Voice) -> list[Block]:
    """Return how the deployment stands: its card is edited in place."""
    environment, stands = told.text("deployment", "environment"), outcome(told)
    return fields(
        voice,
        ("environment", (Code(environment),) if environment else ()),
        ("state", voice.word(f"outcome.{stands}") if stands else ""),
        ("commit", commit_link(told, "deployment", "sha") if told.text("deployment", "sha") else ()),
    )


def deployment_review(told: Told, voice: Voice) -> list[Block]:
    """What the approver wrote; who may approve, so that they are mentioned, as long as nobody has."""
    asked: list[Inline] = []
    for reviewer in reading.items(told.payload, "reviewers") if told.action == "requested" else []:
        found = reading.mapping(reviewer, "reviewer")
        name = named_person(found) or tuple(Text(listed([name])) for name in [reading.text(found, "name")] if name)
        asked.extend((Text(", "), *name) if asked and name else name)
    return [*quote(told, "comment"), *fields(voice, ("reviewers", tuple(asked)))]


def alert(told: Told, voice: Voice) -> list[Block]:
    """What is said of all of them, each with what sets it apart, and how grave it is."""
    several = reading.items(told.payload, "alerts")
    severity = told.text("alert", "severity")
    rows = []
    for one in several[:_ALERTS]:
        own = listed(f"{name}={value}" for name, value in reading.mapping(one, "own_labels").items() if isinstance(value, str))
        words = first_line(reading.text(one, "description") or reading.text(one, "summary"))
        sign = "✅" if reading.text(one, "status") == "resolved" else "🔥"
        rows.append((Text(f"{sign} {' — '.join(part for part in (own, words) if part)}"),))
    about = [] if len(several) == 1 else _said(told, "alert", "summary")
    bullets: list[Block] = [Bullets(tuple(rows))] if rows else []
    return [*about, *bullets, *fields(voice, ("severity", voice.word(f"severity.{severity}") if severity else ""))]


_ALERTS = 5
"""Alerts of one group that its message lists."""


def _said(told: Told, *path: str) -> list[Block]:
    """Return what a machine reports, which is nobody's quotation."""
    words = excerpt(reading.text(told.payload, *path))
    return [Paragraph((Text(words),))] if words else []
