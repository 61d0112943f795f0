"""The small print: where, on which branch, by whom when the headline does not say it, and when."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from leverframe.core import payload as reading
from leverframe.core.messages import Code, Footer, Inline, Rich, Text, Tone
from leverframe.core.wording.told import Told

_DOT = Text(" · ")
# Where each payload tells when it happened. The others are told by the time they came in.
_HAPPENED: dict[str, tuple[tuple[str, ...], ...]] = {
    "check_run": (("check_run", "completed_at"), ("check_run", "started_at")),
    "check_suite": (("check_suite", "updated_at"),),
    "code_scanning_alert": (("alert", "updated_at"),),
    "commit_comment": (("comment", "updated_at"),),
    "dependabot_alert": (("alert", "updated_at"),),
    "deployment": (("deployment", "created_at"),),
    "deployment_status": (("deployment_status", "created_at"),),
    "discussion": (("discussion", "updated_at"),),
    "discussion_comment": (("comment", "updated_at"),),
    "fork": (("forkee", "created_at"),),
    "issue_comment": (("comment", "updated_at"),),
    "issues": (("issue", "updated_at"),),
    "milestone": (("milestone", "updated_at"),),
    "pull_request": (("pull_request", "updated_at"),),
    "pull_request_review": (("pull_request", "updated_at"), ("review", "submitted_at")),
    "pull_request_review_comment": (("comment", "updated_at"),),
    "push": (("repository", "pushed_at"),),
    "release": (("release", "published_at"), ("release", "created_at")),
    "secret_scanning_alert": (("alert", "updated_at"),),
    "star": (("starred_at",),),
    "status": (("updated_at",),),
    "workflow_job": (("workflow_job", "completed_at"), ("workflow_job", "started_at")),
    "workflow_run": (("workflow_run", "updated_at"),),
}
# These leave the times of what they touch as they were.
_UNTOUCHED = frozenset({"deleted", "pinned", "unpinned", "transferred", "unpublished", "edited"})


def footer(told: Told, headline: Rich, tone: Tone, zone: tzinfo) -> Footer:
    """Return repository, branch, actor (unless ``headline`` names them) and the moment in ``zone``.

    Whose run or deployment went wrong is mentioned; for anything else the small print calls nobody.
    """
    found: list[Inline] = []
    if told.repo:
        found.extend(told.repo_link())
        found.append(_DOT)
    elif organization := told.text("organization", "login"):
        found.extend((Text(organization), _DOT))
    if branch := told.branch:
        found.extend((Code(branch), _DOT))
    if told.who and told.who[-1] not in headline:
        found.extend((*(told.who if tone == "bad" or told.is_bot else (Text(told.login),)), _DOT))
    found.append(Text(shown_time(happened_at(told), zone)))
    return Footer(tuple(found))


def happened_at(told: Told) -> datetime:
    """Return when it happened as the payload tells, otherwise when it came in."""
    name = told.event.name
    if told.action not in _UNTOUCHED or name in ("issue_comment", "discussion_comment", "pull_request_review_comment"):
        for path in _HAPPENED.get(name, ()):
            found = reading.moment(told.payload, *path)
            if found is not None:
                return found
    return told.event.received_at


def shown_time(moment: datetime, zone: tzinfo) -> str:
    """Return ``2026-11-21 16:05 KST``: the minute in ``zone``, with the zone's short name or its offset."""
    there = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(zone)
    name = there.tzname() or there.strftime("%z")
    return f"{there.year}-{there.month:02}-{there.day:02} {there.hour:02}:{there.minute:02} {name}".rstrip()
