"""What only shows when services, runners, roles and people are looked at together: names that lead nowhere, levers that nobody could pull."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from leverframe.config.doubts import Table, strings, table
from leverframe.config.github_meaning import speaks_to_github
from leverframe.config.levers import Levers
from leverframe.config.lines import KeyPath
from leverframe.config.reading import Reading, near
from leverframe.core.access import BUILT_IN, covers
from leverframe.core.people import platform

GITHUB_KINDS = ("github_actions", "repository_dispatch")


def levers_meaning(reading: Reading, document: Table, levers: Levers, chats: Collection[str]) -> None:
    """Note what of ``[services]`` and ``[commands]`` does not fit together, or to the rest of ``document``."""
    roles = {**{name: list(role.allow) for name, role in BUILT_IN.items()}, **{name: table(role).get("allow") for name, role in table(document.get("roles")).items()}}
    kinds = {name: str(getattr(settings, "kind", "")) for name, settings in levers.runners.items()}
    has_token = speaks_to_github(document)
    linked = [{platform(one) for _, one in strings(table(person).get("identities"))} for person in table(document.get("people")).values()]
    for name, service in table(document.get("services")).items():
        environments = {key: table(one) for key, one in table(table(service).get("environments")).items()}
        at: KeyPath = ("services", name)
        _order(reading, (*at, "environments"), environments)
        for key, environment in environments.items():
            here = (*at, "environments", key)
            approvals = table(environment.get("approvals"))
            _roles(reading, (*here, "approvals", "from"), approvals.get("from"), roles, grant=("approve", name, key))
            _roles(reading, (*here, "approvals", "break_glass"), approvals.get("break_glass"), roles)
            if "approvals" in environment:
                _voters(reading, (*here, "approvals"), approvals, linked, chats)
            kind = kinds.get(str(environment.get("runner")), "")
            has_repository = "repository" in table(service)
            if not has_repository and kind not in ("", "simulated"):
                reading.found("repository_missing", (*here, "runner"), name)
            elif not has_repository and "on" in environment:
                reading.found("repository_missing", (*here, "on"), name)
            if "on" in environment and "room" not in table(service):
                reading.found("room_missing", (*here, "on"), name)
            if kind not in ("", "simulated") and not has_token:
                reading.found("services_need_token", (*here, "runner"))
    for name, policy in table(document.get("policies")).items():
        _roles(reading, ("policies", name, "from"), table(policy).get("from"), roles)
        _roles(reading, ("policies", name, "break_glass"), table(policy).get("break_glass"), roles)
    for name, command in table(document.get("commands")).items():
        _roles(reading, ("commands", name, "roles"), table(command).get("roles"), roles)
        if name in levers.configured and kinds.get(levers.configured[name].runner) in GITHUB_KINDS:
            if not has_token:
                reading.found("services_need_token", ("commands", name, "runner"))
            if not any(argument.kind in ("service", "repository") and argument.required for argument in levers.configured[name].command.arguments):
                reading.found("command_needs_service", ("commands", name, "runner"))


def _order(reading: Reading, at: KeyPath, environments: Mapping[str, Table]) -> None:
    """Note what comes after nothing, or after itself."""
    after = {key: one["after"] for key, one in environments.items() if isinstance(one.get("after"), str)}
    told: set[str] = set()
    for key, before in after.items():
        if before not in environments:
            reading.found("environment_unknown", (*at, key, "after"), before, near(before, [one for one in environments if one != key], '"{}"'))
            continue
        chain = [key]
        while (following := after.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        if following == key and key not in told:
            reading.found("after_cycle", (*at, key, "after"), " → ".join([*chain, key]))
            told.update(chain)
    for key, one in environments.items():
        if one.get("follow") is True and "after" not in one:
            reading.found("follow_needs_after", (*at, key, "follow"))


def _roles(reading: Reading, at: KeyPath, named: Any, roles: Mapping[str, Any], grant: tuple[str, ...] = ()) -> None:
    """Note roles that are none, and those that lack ``grant``, without which their members are refused."""
    for position, role in strings(named):
        if role not in roles:
            reading.found("role_unknown", (*at, position), role, near(role, roles, '"{}"'))
        elif grant and not any(covers(one, grant) for _, one in strings(roles[role])):
            reading.found("role_lacks_grant", (*at, position), f"{role}: {' '.join(grant)}")


def _voters(reading: Reading, at: KeyPath, approvals: Table, linked: list[set[str]], chats: Collection[str]) -> None:
    """Note a policy that counts people where the hub cannot tell two accounts from two people."""
    if approvals.get("authors") is False and not any("github" in one and len(one) > 1 for one in linked):
        reading.found("approvals_need_people", (*at, "authors"), "github")
    elif (approvals.get("self") is not True or approvals.get("required", 1) != 1) and len(chats) > 1 and not any(len(one) > 1 for one in linked):
        reading.found("approvals_need_people", at, ", ".join(chats))
