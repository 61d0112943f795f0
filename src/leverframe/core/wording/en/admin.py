"""English: repositories, people, teams, organizations and rules."""

from __future__ import annotations

from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.en.general import general
from leverframe.core.wording.en.grammar import addressed, inside, subject
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_REPOSITORY = {
    "anonymous_access_disabled": "{who} turned off anonymous Git access to {it}",
    "anonymous_access_enabled": "⚠️ {who} turned on anonymous Git access to {it}",
    "archived": "🗄️ {who} archived repository {it}",
    "created": "{who} created repository {it}",
    "deleted": "⚠️ {who} deleted repository {it}",
    "edited": "{who} edited the settings of repository {it}",
    "privatized": "🔒 {who} made repository {it} private",
    "publicized": "⚠️ {who} made repository {it} public",
    "renamed": "{who} renamed repository {old}to {it}",
    "transferred": "⚠️ {who} transferred repository {it}{source}",
    "unarchived": "{who} unarchived repository {it}",
}


def repository(told: Told) -> Rich:
    if told.action not in _REPOSITORY:
        return general(told)
    old = told.text("changes", "repository", "name", "from")
    source = told.text("changes", "owner", "from", "organization", "login") or told.text("changes", "owner", "from", "user", "login")
    return phrase(
        _REPOSITORY[told.action],
        who=subject(told), it=told.repo_link(), old=(Code(old), Text(" ")) if old else (), source=f" from {source}" if source else "",
    )  # fmt: skip


def public(told: Told) -> Rich:
    return phrase(_REPOSITORY["publicized"], who=subject(told), it=told.repo_link())


def repository_import(told: Told) -> Rich:
    state = {
        "success": "✅ The import of {it} succeeded",
        "failure": "❌ The import of {it} failed",
        "cancelled": "The import of {it} was cancelled",
    }
    return phrase(state.get(told.text("status"), "The import of {it} changed"), it=told.repo_link())


_MEMBER = {
    "added": "{who} added {whom} to {it} as a collaborator",
    "edited": "{who} changed the permission of {whom}{inside}",
    "removed": "{who} removed {whom} from the collaborators of {it}",
}


def member(told: Told) -> Rich:
    if told.action not in _MEMBER:
        return general(told)
    return phrase(_MEMBER[told.action], who=subject(told), whom=addressed(told.person("member")), it=told.repo_link(), inside=inside(told))


_MEMBERSHIP = {"added": "{who} added {whom} to team {team}", "removed": "{who} removed {whom} from team {team}"}


def membership(told: Told) -> Rich:
    if told.action not in _MEMBERSHIP:
        return general(told)
    return phrase(_MEMBERSHIP[told.action], who=subject(told), whom=addressed(told.person("member")), team=told.team())


_ORGANIZATION = {
    "deleted": "⚠️ {who} deleted organization {it}",
    "member_added": "{whom} joined organization {it}",
    "member_invited": "{who} invited {whom} to organization {it}",
    "member_removed": "{who} removed {whom} from organization {it}",
    "renamed": "{who} renamed organization {old}to {it}",
}
_LEFT = "{whom} left organization {it}"


def organization(told: Told) -> Rich:
    template = _ORGANIZATION.get(told.action)
    if template is None:
        return general(told)
    old, whom = told.text("changes", "login", "from"), told.newcomer()
    return phrase(
        _LEFT if told.action == "member_removed" and whom == told.who else template,
        who=subject(told), whom=addressed(whom), it=told.named("organization", "login"), old=(Code(old), Text(" ")) if old else (),
    )  # fmt: skip


_TEAM = {
    "added_to_repository": "{who} added team {team} to {it}",
    "created": "{who} created team {team}",
    "deleted": "{who} deleted team {team}",
    "edited": "{who} edited team {team}",
    "removed_from_repository": "{who} removed team {team} from {it}",
}


def team(told: Told) -> Rich:
    if told.action not in _TEAM:
        return general(told)
    return phrase(_TEAM[told.action], who=subject(told), team=told.team(), it=told.repo_link())


def team_add(told: Told) -> Rich:
    return phrase(_TEAM["added_to_repository"], who=subject(told), team=told.team(), it=told.repo_link())


_RULE = {
    "created": "🔒 {who} created the branch protection rule {rule}{inside}",
    "deleted": "⚠️ {who} deleted the branch protection rule {rule}{inside}",
    "edited": "{who} edited the branch protection rule {rule}{inside}",
}


def branch_protection_rule(told: Told) -> Rich:
    if told.action not in _RULE:
        return general(told)
    return phrase(_RULE[told.action], who=subject(told), rule=told.named("rule", "name"), inside=inside(told))


_INSTALLATION = {
    "created": "{who} installed {app} for {account}",
    "deleted": "{who} uninstalled {app} from {account}",
    "new_permissions_accepted": "{who} accepted new permissions of {app} for {account}",
    "suspend": "{who} suspended {app} for {account}",
    "unsuspend": "{who} unsuspended {app} for {account}",
}


def installation(told: Told) -> Rich:
    if told.action not in _INSTALLATION:
        return general(told)
    app = told.linked(told.text("installation", "app_slug") or "a GitHub App", "installation", "html_url")
    account = told.named("installation", "account", "login")
    return phrase(_INSTALLATION[told.action], who=subject(told), app=app, account=account)


def ping(told: Told) -> Rich:
    zen = told.text("zen")
    return phrase("🏓 The webhook{inside} is connected{zen}", inside=inside(told, " of "), zen=f": {zen}" if zen else "")
