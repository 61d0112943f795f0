"""GitHub's webhook events and their actions, to find misspellings: an event that is not here is accepted and routed all the same.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

EVENTS: dict[str, tuple[str, ...]] = {
    name: tuple(actions.split())
    for name, actions in {
        "branch_protection_configuration": "disabled enabled",
        "branch_protection_rule": "created deleted edited",
        "bypass_request_secret_scanning": "cancelled completed created response_dismissed response_submitted",
        "cache_sync": "",
        "check_run": "completed created requested_action rerequested",
        "check_suite": "completed requested rerequested",
        "code_scanning_alert": "appeared_in_branch closed_by_user created fixed reopened reopened_by_user",
        "commit_comment": "created",
        "create": "",
        "custom_property": "created deleted promoted_to_enterprise updated",
        "custom_property_values": "updated",
        "delete": "",
        "dependabot_alert": "auto_dismissed auto_reopened created dismissed fixed reintroduced reopened",
        "deploy_key": "created deleted",
        "deployment": "created",
        "deployment_protection_rule": "requested",
        "deployment_review": "approved rejected requested",
        "deployment_status": "created",
        "discussion": (
            "answered category_changed closed created deleted edited labeled locked pinned reopened transferred unanswered "
            "unlabeled unlocked unpinned"
        ),
        "discussion_comment": "created deleted edited",
        "dismissal_request_code_scanning": "created response_submitted",
        "dismissal_request_secret_scanning": "cancelled completed created response_dismissed response_submitted",
        "enterprise": "anonymous_access_disabled anonymous_access_enabled",
        "exemption_request_push_ruleset": "cancelled completed created response_dismissed response_submitted",
        "fork": "",
        "github_app_authorization": "revoked",
        "gollum": "",
        "installation": "created deleted new_permissions_accepted suspend unsuspend",
        "installation_repositories": "added removed",
        "installation_target": "renamed",
        "issue_comment": "created deleted edited",
        "issue_dependencies": "blocked_by_added blocked_by_removed blocking_added blocking_removed",
        "issue_relates_to": "",
        "issues": (
            "assigned closed deleted demilestoned edited labeled locked milestoned opened pinned reopened transferred typed "
            "unassigned unlabeled unlocked unpinned untyped"
        ),
        "label": "created deleted edited",
        "marketplace_purchase": "cancelled changed pending_change pending_change_cancelled purchased",
        "member": "added edited removed",
        "membership": "added removed",
        "merge_group": "checks_requested destroyed",
        "meta": "deleted",
        "milestone": "closed created deleted edited opened",
        "org_block": "blocked unblocked",
        "organization": "deleted member_added member_invited member_removed renamed",
        "organization_custom_property": "created deleted updated",
        "organization_custom_property_values": "updated",
        "package": "published updated",
        "page_build": "",
        "personal_access_token_request": "approved cancelled created denied",
        "ping": "",
        "project": "closed created deleted edited reopened",
        "project_card": "converted created deleted edited moved",
        "project_column": "created deleted edited moved",
        "projects_v2": "closed created deleted edited reopened",
        "projects_v2_item": "archived converted created deleted edited reordered restored",
        "projects_v2_status_update": "created deleted edited",
        "public": "",
        "pull_request": (
            "assigned auto_merge_disabled auto_merge_enabled closed converted_to_draft demilestoned dequeued edited "
            "enqueued labeled locked milestoned opened ready_for_review reopened review_request_removed review_requested "
            "synchronize unassigned unlabeled unlocked"
        ),
        "pull_request_review": "dismissed edited submitted",
        "pull_request_review_comment": "created deleted edited",
        "pull_request_review_thread": "resolved unresolved",
        "push": "",
        "registry_package": "published updated",
        "release": "created deleted edited prereleased published released unpublished",
        "repository": (
            "anonymous_access_disabled anonymous_access_enabled archived created deleted edited privatized publicized "
            "renamed transferred unarchived"
        ),
        "repository_advisory": "published reported",
        "repository_dispatch": "sample.collected",
        "repository_import": "",
        "repository_ruleset": "created deleted edited",
        "repository_vulnerability_alert": "create dismiss reopen resolve",
        "secret_scanning_alert": "assigned created publicly_leaked reopened resolved unassigned validated",
        "secret_scanning_alert_location": "created",
        "secret_scanning_scan": "completed",
        "security_advisory": "published updated withdrawn",
        "security_and_analysis": "",
        "sponsorship": "cancelled created edited pending_cancellation pending_tier_change tier_changed",
        "star": "created deleted",
        "status": "",
        "sub_issues": "parent_issue_added parent_issue_removed sub_issue_added sub_issue_removed",
        "team": "added_to_repository created deleted edited removed_from_repository",
        "team_add": "",
        "user": "created deleted",
        "watch": "started",
        "workflow_dispatch": "",
        "workflow_job": "completed in_progress queued waiting",
        "workflow_run": "completed in_progress requested",
    }.items()
}
"""Name → actions; an event without actions has none."""
OF_OTHERS: dict[str, tuple[str, ...]] = {
    "access_token": ("expiring",),
    "alert": ("firing", "resolved"),
    "emoji": ("awarded", "revoked"),
    "feature_flag": ("disabled", "enabled"),
    "organization": (*EVENTS["organization"], "member_edited"),
    "package": (*EVENTS["package"], "deleted"),
    "snippet_comment": ("created", "edited"),
    "subgroup": ("created", "deleted"),
}
"""What sources of other kinds tell that GitHub has no word for."""


ALIKE, NEARLY = 0.6, 0.8
"""How like a known word another one is, by difflib's ratio, to be a misspelling of it; actions are many, and GitHub adds some every year."""


def near(name: str, known: Iterable[str] = EVENTS, *, cutoff: float = ALIKE) -> str | None:
    """Return which of ``known`` a name that is none of them was probably meant to be; ``None`` when none is like it."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)


def misspelt(asked: str) -> str | None:
    """Return what an event that is asked for (``issue``, ``issues.opend``) was probably meant to be.

    ``None`` for one that GitHub has, and for one that is like none of them: GitHub may have added it lately.
    """
    name, dot, action = asked.partition(".")
    if name not in EVENTS:
        meant = None if name == "*" else near(name)
        return None if meant is None else f"{meant}{dot}{action}"
    meant = near(action, EVENTS[name], cutoff=NEARLY) if action and action not in EVENTS[name] else None
    return None if meant is None else f"{name}.{meant}"
