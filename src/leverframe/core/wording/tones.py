"""The tone of a message by what it means: good news, bad news, something to act on, something under way."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Tone
from leverframe.core.wording.alerts import alert_tone
from leverframe.core.wording.outcomes import outcome, outcome_tone
from leverframe.core.wording.told import Told

_OUTCOMES = frozenset({"workflow_run", "workflow_job", "check_run", "check_suite", "status", "deployment", "deployment_status"})
_ALERTS = frozenset({
    "code_scanning_alert", "dependabot_alert", "repository_advisory", "repository_vulnerability_alert", "secret_scanning_alert",
    "secret_scanning_alert_location", "security_advisory",
})  # fmt: skip
_BY_NAME: dict[str, Tone] = {
    "branch_protection_configuration.disabled": "warning",
    "branch_protection_rule.deleted": "warning",
    "deployment_protection_rule.requested": "warning",
    "deployment_review.approved": "good",
    "deployment_review.rejected": "bad",
    "deployment_review.requested": "warning",
    "discussion.answered": "good",
    "organization.deleted": "warning",
    "package.published": "good",
    "public": "warning",
    "pull_request.enqueued": "progress",
    "registry_package.published": "good",
    "release.prereleased": "good",
    "release.published": "good",
    "release.released": "good",
    "repository.anonymous_access_enabled": "warning",
    "repository.deleted": "warning",
    "repository.publicized": "warning",
    "repository.transferred": "warning",
    "repository_ruleset.deleted": "warning",
    "secret_scanning_alert_location.created": "bad",
    "star.created": "good",
    "watch.started": "good",
}
_REVIEWS: dict[str, Tone] = {"approved": "good", "changes_requested": "warning"}
_PAGES: dict[str, Tone] = {"built": "good", "errored": "bad", "building": "progress"}


def tone_of(told: Told) -> Tone:
    """Return the tone of the message about this event."""
    event = told.event
    found = _BY_NAME.get(event.full_name)
    if found is not None:
        return found
    name = event.name
    if name in _OUTCOMES:
        return outcome_tone(outcome(told))
    if name in _ALERTS:
        return alert_tone(told)
    match name, told.action:
        case "push", _:
            forced = any(reading.flag(one, "forced") and not reading.flag(one, "deleted") for one in reading.refs(told.payload))
            return "warning" if forced else "neutral"
        case "issues", "closed":
            return "good" if told.text("issue", "state_reason") in ("", "completed") else "neutral"
        case "pull_request", "closed":
            return "good" if reading.is_merged(reading.mapping(told.payload, "pull_request")) else "neutral"
        case "pull_request_review", "submitted":
            return _REVIEWS.get(told.text("review", "state").lower(), "neutral")
        case "alert", "firing":
            return "bad" if told.text("alert", "severity").lower() in ("critical", "page", "error", "disaster", "high") else "warning"
        case "alert", "resolved":
            return "good"
        case "page_build", _:
            return _PAGES.get(told.text("build", "status"), "neutral")
        case "repository_import", _:
            return outcome_tone(told.text("status"))
        case _:
            return "neutral"
