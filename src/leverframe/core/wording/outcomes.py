"""How a run, a check, a status or a deployment stands: read once, for both languages."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Rich, Tone
from leverframe.core.wording.quoting import one_line
from leverframe.core.wording.told import Told, linked

# https://docs.github.com/en/rest/checks/runs, …/rest/commits/statuses and …/rest/deployments/statuses name these.
_TONES: dict[str, Tone] = {
    "action_required": "warning",
    "approved": "good",
    "cancelled": "neutral",
    "error": "bad",
    "failure": "bad",
    "in_progress": "progress",
    "pending": "progress",
    "queued": "progress",
    "rejected": "bad",
    "requested": "progress",
    "startup_failure": "bad",
    "success": "good",
    "timed_out": "bad",
    "waiting": "warning",
}
_ICONS: dict[Tone, str] = {"good": "✅ ", "bad": "❌ ", "warning": "⚠️ ", "progress": "⏳ ", "neutral": ""}


def outcome_tone(outcome: str) -> Tone:
    """Return the tone of a conclusion, status or state; neutral when it is none that GitHub names."""
    return _TONES.get(outcome, "neutral")


def icon(outcome: str) -> str:
    """Return the sign before a sentence about ``outcome``, with a blank after it; nothing when it is neutral."""
    return _ICONS[outcome_tone(outcome)]


def outcome(told: Told) -> str:
    """Return how the thing that the event is about stands: its conclusion when it has ended, else its status.

    ``success`` … of a workflow run, job, check or suite, the ``state`` of a status or deployment status; ``requested``,
    ``in_progress`` … when the action says so; ``""`` when the payload does not tell. A run that is started again still
    carries how it ended before, so a conclusion counts only once it has ended.
    """
    name = told.event.name
    if name == "status":
        return told.text("state")
    if name == "deployment_status":
        return told.text("deployment_status", "state")
    if told.action == "completed":
        return told.text(name, "conclusion")
    if told.action not in ("created", ""):
        return told.action
    # A check run says itself whether it waits, runs or has ended; a deployment says nothing yet.
    stands = told.text(name, "status") or "requested"
    return told.text(name, "conclusion") if stands == "completed" else stands


def took_s(told: Told) -> int | None:
    """Return how many seconds a run, job or check took, when it has ended and the payload tells both ends."""
    if told.action != "completed":
        return None
    name = told.event.name
    start = reading.moment(told.payload, name, "run_started_at") or reading.moment(told.payload, name, "started_at")
    end = reading.moment(told.payload, name, "completed_at")
    if name == "workflow_run":
        end = reading.moment(told.payload, name, "updated_at")
    seconds = int((end - start).total_seconds()) if start and end else 0
    return seconds if seconds > 0 else None


def run_link(told: Told) -> Rich:
    """Return a workflow run as a link: ``CI #36``."""
    run = reading.mapping(told.payload, "workflow_run")
    name = told.text("workflow_run", "name") or told.text("workflow", "name")
    number = reading.number(run, "run_number")
    words = name if number is None else f"{name} #{number}"
    return linked(words.strip() or "?", reading.web(run, "html_url") or told.url)


def commit_link(told: Told, *path: str) -> Rich:
    """Return the commit whose full name stands at ``path``, short, leading to its page: the one that a status names, else that in the repository."""
    sha = one_line(reading.text(told.payload, *path))
    home = reading.web(told.payload, "repository", "html_url")
    page = reading.web(told.payload, "commit", "html_url") if told.event.name == "status" else None
    return linked(sha[:7] or "?", page or (f"{home}/commit/{sha}" if home and sha.isalnum() else None))
