"""English: the general form, for every event that has no sentence of its own and for every action not yet known."""

from __future__ import annotations

from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.en.grammar import inside, subject
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.quoting import one_line
from leverframe.core.wording.told import Told

NOUNS = {
    "branch_protection_configuration": "branch protection",
    "bypass_request_secret_scanning": "a request to bypass push protection",
    "custom_property": "a custom property",
    "custom_property_values": "custom property values",
    "deploy_key": "a deploy key",
    "dismissal_request_code_scanning": "a request to dismiss a code scanning alert",
    "dismissal_request_secret_scanning": "a request to dismiss a secret scanning alert",
    "enterprise": "anonymous access to the enterprise",
    "exemption_request_push_ruleset": "a request to be exempt from a push ruleset",
    "feature_flag": "a feature flag",
    "github_app_authorization": "their authorization of a GitHub App",
    "installation": "a GitHub App installation",
    "installation_repositories": "repositories of a GitHub App installation",
    "installation_target": "the account of a GitHub App installation",
    "issue_relates_to": "a relation between issues",
    "marketplace_purchase": "a Marketplace plan",
    "meta": "this webhook",
    "organization_custom_property": "a custom property of the organization",
    "organization_custom_property_values": "custom property values of the organization",
    "org_block": "a user in the organization",
    "personal_access_token_request": "a request for a personal access token",
    "project": "a project",
    "project_card": "a project card",
    "project_column": "a project column",
    "projects_v2": "a project",
    "projects_v2_item": "a project item",
    "projects_v2_status_update": "a project status update",
    "repository_ruleset": "a ruleset",
    "sponsorship": "a sponsorship",
    "subgroup": "a subgroup",
    "user": "a user",
}
VERBS = {
    "added": "added",
    "anonymous_access_disabled": "disabled",
    "anonymous_access_enabled": "enabled",
    "approved": "approved",
    "archived": "archived",
    "blocked": "blocked",
    "bypass_request_secret_scanning.created": "made",
    "cancelled": "cancelled",
    "changed": "changed",
    "closed": "closed",
    "completed": "completed",
    "converted": "converted",
    "created": "created",
    "deleted": "deleted",
    "denied": "denied",
    "deploy_key.created": "added",
    "disabled": "disabled",
    "dismissal_request_code_scanning.created": "made",
    "dismissal_request_secret_scanning.created": "made",
    "edited": "edited",
    "enabled": "enabled",
    "exemption_request_push_ruleset.created": "made",
    "moved": "moved",
    "new_permissions_accepted": "accepted new permissions of",
    "pending_cancellation": "scheduled the end of",
    "pending_change": "scheduled a change of",
    "pending_change_cancelled": "called off the change of",
    "pending_tier_change": "scheduled a tier change of",
    "personal_access_token_request.created": "made",
    "projects_v2_status_update.created": "posted",
    "promoted_to_enterprise": "promoted",
    "purchased": "bought",
    "removed": "removed",
    "renamed": "renamed",
    "reopened": "reopened",
    "reordered": "reordered",
    "response_dismissed": "dismissed the answer to",
    "response_submitted": "answered",
    "restored": "restored",
    "revoked": "revoked",
    "sponsorship.created": "started",
    "suspend": "suspended",
    "tier_changed": "changed the tier of",
    "unblocked": "unblocked",
    "unsuspend": "unsuspended",
    "updated": "updated",
}
"""By action, or by event and action where that needs a word of its own."""


def general(told: Told) -> Rich:
    """Return who, event, action, repository and what it is about, of any event at all."""
    noun, verb, it = NOUNS.get(told.event.name), VERBS.get(told.event.full_name) or VERBS.get(told.action), told.main_thing()
    about = (Text(": "), *it) if it else ()
    if noun and verb:
        return phrase("{who} {verb} {noun}{inside}{about}", who=subject(told), verb=verb, noun=noun, inside=inside(told), about=about)
    name = Code(one_line(told.event.full_name) or "?")
    by = (Text(" by "), *told.who) if told.who else ()
    return phrase("Event {name}{by}{inside}{about}", name=name, by=by, inside=inside(told), about=about)
