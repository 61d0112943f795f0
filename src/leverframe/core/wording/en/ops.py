"""English: workflows, checks, statuses, deployments."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.en.general import general
from leverframe.core.wording.en.grammar import duration, inside, subject
from leverframe.core.wording.outcomes import commit_link, icon, outcome, run_link, took_s
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told, linked

_ENDS = {
    "action_required": "needs somebody to act",
    "cancelled": "was cancelled",
    "error": "failed with an error",
    "failure": "failed",
    "in_progress": "is running",
    "neutral": "finished without a verdict",
    "pending": "is pending",
    "queued": "is queued",
    "requested": "was requested",
    "skipped": "was skipped",
    "stale": "went stale",
    "startup_failure": "could not start",
    "success": "succeeded",
    "timed_out": "timed out",
    "waiting": "is waiting for approval",
}


def _run(told: Told, noun: str, it: Rich, branch: str) -> Rich:
    """Return how a run stands: what, how, on which branch, where, after how long."""
    stands, seconds = outcome(told), took_s(told)
    return phrase(
        "{icon}{noun} {it} {end}{branch}{inside}{after}",
        icon=icon(stands), noun=noun, it=it, end=_ENDS.get(stands, "finished"), inside=inside(told),
        branch=(Text(" on "), Code(branch)) if branch else (), after=f" after {duration(seconds)}" if seconds else "",
    )  # fmt: skip


def workflow_run(told: Told) -> Rich:
    if told.action not in ("requested", "in_progress", "completed"):
        return general(told)
    return _run(told, "Workflow", run_link(told), told.text("workflow_run", "head_branch"))


def workflow_job(told: Told) -> Rich:
    if told.action not in ("queued", "waiting", "in_progress", "completed"):
        return general(told)
    it = told.linked(told.text("workflow_job", "name") or "?", "workflow_job", "html_url")
    return _run(told, "Job", it, told.text("workflow_job", "head_branch"))


def check_run(told: Told) -> Rich:
    it = told.linked(told.text("check_run", "name") or "?", "check_run", "html_url")
    match told.action:
        case "created" | "completed":
            return _run(told, "Check", it, told.text("check_run", "check_suite", "head_branch"))
        case "rerequested":
            return phrase("{who} asked to run check {it} again{inside}", who=subject(told), it=it, inside=inside(told))
        case "requested_action":
            wanted = told.named("requested_action", "identifier")
            return phrase("{who} requested {wanted} of check {it}{inside}", who=subject(told), it=it, wanted=wanted, inside=inside(told))
        case _:
            return general(told)


def check_suite(told: Told) -> Rich:
    it = (Text(told.text("check_suite", "app", "name") or "?"),)
    match told.action:
        case "requested" | "completed":
            return _run(told, "Check suite of", it, told.text("check_suite", "head_branch"))
        case "rerequested":
            return phrase("{who} asked to run the checks of {it} again{inside}", who=subject(told), it=it, inside=inside(told))
        case _:
            return general(told)


def status(told: Told) -> Rich:
    stands = outcome(told)
    return phrase(
        "{icon}{context} {end} for commit {commit}{inside}",
        icon=icon(stands), context=told.linked(told.text("context") or "?", "target_url"), end=_ENDS.get(stands, "reported"),
        commit=commit_link(told, "sha"), inside=inside(told),
    )  # fmt: skip


def page_build(told: Told) -> Rich:
    built = told.text("build", "status")
    stands = {"built": "success", "errored": "failure", "building": "in_progress"}.get(built, built)
    return phrase("{icon}Pages build{inside} {end}", icon=icon(stands), inside=inside(told, " of "), end=_ENDS.get(stands, "finished"))


def workflow_dispatch(told: Told) -> Rich:
    path = told.text("workflow").rpartition("/")[2]
    ref = told.text("ref").removeprefix("refs/heads/")
    return phrase(
        "{who} started workflow {it}{ref}{inside}",
        who=subject(told), it=Code(path or "?"), ref=(Text(" on "), Code(ref)) if ref else (), inside=inside(told),
    )  # fmt: skip


def repository_dispatch(told: Told) -> Rich:
    kind = Code(told.text("action") or told.action or "?")
    return phrase("{who} dispatched {kind}{inside}", who=subject(told), kind=kind, inside=inside(told, " to "))


def deployment(told: Told) -> Rich:
    if told.action not in ("created", ""):  # older Enterprise Servers send none
        return general(told)
    return phrase(
        "🚀 {who} requested {it}{inside} to {environment}",
        who=subject(told), it=(Text("the deployment of "), *ref) if (ref := told.shipped()) else "a deployment", inside=inside(told), environment=told.named("deployment", "environment"),
    )  # fmt: skip


_DEPLOYMENT_ENDS = {
    "approved": "was approved",
    "cancelled": "was cancelled",
    "error": "failed with an error",
    "failure": "failed",
    "in_progress": "is running",
    "inactive": "is no longer active",
    "pending": "is pending",
    "queued": "is queued",
    "rejected": "was rejected",
    "skipped": "was skipped",
    "success": "succeeded",
    "waiting": "is waiting for approval",
}


def deployment_status(told: Told) -> Rich:
    if told.action not in ("created", ""):  # older Enterprise Servers send none
        return general(told)
    stands = outcome(told)
    return phrase(
        "{icon}{it}{of}{inside} to {environment} {end}",
        icon=icon(stands), it=linked("Deployment", told.page), of=(Text(" of "), *ref) if (ref := told.shipped()) else (), inside=inside(told),
        environment=told.named("deployment", "environment"), end=_DEPLOYMENT_ENDS.get(stands, "changed"),
    )  # fmt: skip


def deployment_review(told: Told) -> Rich:
    environment, run = told.environment(), run_link(told)
    match told.action:
        case "requested":
            return phrase("⏸️ Deployment to {to}{inside} is waiting for approval: {run}", to=environment, inside=inside(told), run=run)
        case "approved":
            return phrase(
                "✅ {who} approved the deployment to {to}{inside}: {run}", who=subject(told), to=environment, inside=inside(told), run=run
            )
        case "rejected":
            return phrase(
                "❌ {who} rejected the deployment to {to}{inside}: {run}", who=subject(told), to=environment, inside=inside(told), run=run
            )
        case _:
            return general(told)


def deployment_protection_rule(told: Told) -> Rich:
    if told.action != "requested":
        return general(told)
    return phrase("⏸️ Deployment to {to}{inside} is waiting for a protection rule", to=told.environment(), inside=inside(told))


def alert(told: Told) -> Rich:
    count = reading.number(told.payload, "alert", "firing") or 0
    it = told.linked(told.text("alert", "title") or "?", "alert", "html_url")
    if told.action == "resolved":
        return phrase("✅ {it} is over{inside}", it=it, inside=inside(told))
    if told.action != "firing":
        return general(told)
    return phrase("🔥 {it} is firing{inside}{count}", it=it, inside=inside(told), count=f" ({count:,} alerts)" if count > 1 else "")
