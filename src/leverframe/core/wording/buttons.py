"""Buttons that lead where somebody has to act: to a run that broke, a deployment that waits, a pull request, an alert."""

from __future__ import annotations

import re

from leverframe.core import payload as reading
from leverframe.core.messages import Block, Button, Buttons, Tone
from leverframe.core.wording.told import Told
from leverframe.core.wording.voice import Voice

_ALERTS = frozenset({"code_scanning_alert", "dependabot_alert", "repository_vulnerability_alert", "secret_scanning_alert"})
_PULL_REQUEST = frozenset({"opened", "ready_for_review", "reopened", "review_requested"})
_RUN = re.compile(r"/actions/runs/(\d{1,20})/")


def buttons(told: Told, tone: Tone, voice: Voice) -> list[Block]:
    """Return the button of a message whose ``tone`` is known; none where nobody has to act, or no address is told."""
    found = _leads(told, tone)
    if found is None or found[1] is None:
        return []
    key, url = found
    return [Buttons((Button(voice.word(f"button.{key}"), url=url),))]


def _leads(told: Told, tone: Tone) -> tuple[str, str | None] | None:
    """Return the button's word and where it leads."""
    payload, action = told.payload, told.action
    match told.event.name:
        case "workflow_run" if action == "completed" and tone in ("bad", "warning"):
            return "run", reading.web(payload, "workflow_run", "html_url")
        case "deployment_status" if told.text("deployment_status", "state") != "inactive":
            return "environment", reading.web(payload, "deployment_status", "environment_url")
        case "deployment_review" if action == "requested":
            return "review", reading.web(payload, "workflow_run", "html_url")
        case "deployment_protection_rule" if action == "requested":
            return "review", _waiting_run(told)
        case "pull_request" if action in _PULL_REQUEST and told.text("pull_request", "state") == "open":
            return "pull_request", reading.web(payload, "pull_request", "html_url")
        case name if name in _ALERTS and tone in ("bad", "warning"):
            return "alert", reading.web(payload, "alert", "html_url")
        case _:
            return None


def _waiting_run(told: Told) -> str | None:
    """Return the page of the run that a protection rule holds up: the payload names only the address for the answer.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment_protection_rule
    """
    run = _RUN.search(reading.text(told.payload, "deployment_callback_url")[:500])
    home = reading.web(told.payload, "repository", "html_url")
    return f"{home}/actions/runs/{run[1]}" if run and home else None
