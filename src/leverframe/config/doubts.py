"""Values that are right in form and cannot be meant: a repository without an owner, an ending that GitHub does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel

from leverframe.config.lines import KeyPath
from leverframe.config.reading import Reading, near
from leverframe.core.access import VERBS, matches, means_nothing
from leverframe.core.hosts import is_loopback
from leverframe.core.people import is_team

Table: TypeAlias = Mapping[str, Any]
"""A table as it is written: what is wrong by itself is told elsewhere, and hides nothing here."""
CONCLUSIONS = (
    "success", "failure", "cancelled", "skipped", "timed_out", "neutral", "action_required", "startup_failure", "stale", "error", "inactive",
)  # fmt: skip
"""How things on GitHub end: check suites and runs, workflow runs, commit statuses and deployment statuses.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run
"""
PLATFORMS = ("person", "token", "playground", "mail")
"""Where somebody may be known besides the sources and chats of the configuration."""
WITH_GITHUB = ("github", "services")
"""Sections by which the hub knows logins of GitHub, whatever its sources are."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def table(value: Any) -> Table:
    """Return ``value`` where it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def tables(value: Any) -> list[Table]:
    """Return the items of a list of tables."""
    return [table(item) for item in value] if isinstance(value, list) else []


def strings(value: Any) -> list[tuple[int, str]]:
    """Return position and text of the strings in a list."""
    return [(position, item) for position, item in enumerate(value) if isinstance(item, str)] if isinstance(value, list) else []


def routes_meaning(reading: Reading, at: KeyPath, route: Table) -> None:
    """Note what a route tests and no event can have."""
    for position, repository in strings(route.get("repos")):
        plain = repository.removeprefix("!")
        if "/" not in plain and "**" not in plain and plain != "*":
            bang = "!" * (plain != repository)
            reading.found("repository_glob", (*at, "repos", position), repository, f'"{bang}{plain}/*"' if plain else None)
    for position, author in strings(route.get("authors")):
        if author.endswith("[bot]"):
            meant = author.removesuffix("[bot]") + "[[]bot]"
            reading.found("author_glob", (*at, "authors", position), author, f'"{meant}"')
    for position, conclusion in strings(route.get("conclusions")):
        if not any(matches(conclusion.removeprefix("!"), known) for known in CONCLUSIONS):
            reading.found("conclusion_unknown", (*at, "conclusions", position), conclusion, near(conclusion, CONCLUSIONS, '"{}"'))
    icon = route.get("icon")
    if isinstance(icon, str) and not re.fullmatch(r":[^:\s]+(::skin-tone-[2-6])?:|https?://\S+", icon):
        reading.found("icon_invalid", (*at, "icon"), icon, f'":{icon.strip(":")}:"' if re.fullmatch(r":?[a-z0-9_+-]+:?", icon) else None)


def people_meaning(
    reading: Reading, document: Table, sources: Mapping[str, BaseModel | None], chats: Mapping[str, BaseModel | None], verbs: Iterable[str]
) -> None:
    """Note identities of platforms that are none, and grants that nothing asks for: no page, and no command of ``verbs``."""
    known = tuple(sorted({*VERBS, *verbs}))
    # Of a source the kind counts too; an account in a chat is one of its own, by the chat's key.
    kinds = {kind for settings in sources.values() if (kind := getattr(settings, "kind", None))}
    platforms = {*sources, *chats, *kinds, *PLATFORMS, *(["github"] if any(section in document for section in WITH_GITHUB) else ())}
    named = [(("people", name, "identities"), table(person).get("identities")) for name, person in table(document.get("people")).items()]
    named += [(("roles", name, "members"), table(role).get("members")) for name, role in table(document.get("roles")).items()]
    for at, identities in named:
        for position, identity in strings(identities):
            platform, colon, who = identity.partition(":")
            if not (platform and colon and who.strip()):
                reading.found("identity_invalid", (*at, position), identity)
            elif platform not in platforms:
                reading.found("identity_unknown", (*at, position), platform, near(platform, sorted(platforms), f'"{{}}:{who}"'))
            elif at[0] == "roles" and is_team(identity) and {"token", "app"}.isdisjoint(table(document.get("github"))):
                reading.found("teams_need_token", (*at, position), identity)
    for name, role in table(document.get("roles")).items():
        for position, grant in strings(table(role).get("allow")):
            if means_nothing(grant, known):
                verb, _, rest = grant.partition(" ")
                reading.found("grant_unknown", ("roles", name, "allow", position), grant, near(verb, known, f'"{{}}{" " * bool(rest)}{rest}"'))


def slack_meaning(reading: Reading, chats: Mapping[str, BaseModel | None]) -> None:
    """Note tokens of another kind, what is there by half, a package that is missing, and webhooks that are not https."""
    for name, settings in chats.items():
        if getattr(settings, "kind", None) != "slack":
            continue
        token = getattr(settings, "bot_token", None)
        found = re.match(r"(?:xoxe\.)?xox[a-z]-|xapp-", token.reveal()) if token is not None else None
        if found is not None and not found[0].endswith("xoxb-"):
            reading.found("slack_token_kind", ("chats", name, "bot_token"), found[0])
        app_token = getattr(settings, "app_token", None)
        if app_token is not None and not app_token.reveal().startswith("xapp-"):
            reading.found("slack_app_token_kind", ("chats", name, "app_token"))
        if app_token is not None and find_spec("websockets") is None:
            reading.found("slack_socket_unavailable", ("chats", name, "app_token"))
        half = {key for key in ("client_id", "client_secret") if getattr(settings, key, None) is None}
        if len(half) == 1:
            reading.found("slack_client_half", ("chats", name, *half))
        for room, secret in getattr(settings, "webhooks", {}).items():
            scheme, host = scheme_and_host(secret.reveal())
            if not (host and (scheme == "https" or (scheme == "http" and is_loopback(host)))):
                reading.found("webhook_invalid", ("chats", name, "webhooks", room))


def teams_meaning(reading: Reading, chats: Mapping[str, BaseModel | None]) -> None:
    """Note a bot that is there by half or hears nobody, a package that is missing, and addresses and ids that are none."""
    for name, settings in chats.items():
        if getattr(settings, "kind", None) != "teams":
            continue
        half = [key for key in ("app_id", "app_password") if getattr(settings, key, None) is None]
        if len(half) == 1:
            reading.found("teams_bot_half", ("chats", name, *half))
        tenants = list(getattr(settings, "tenant_ids", ()))
        if not half and not tenants:
            reading.found("teams_tenants_missing", ("chats", name, "tenant_ids"))
        by_card = getattr(settings, "format", "") == "messagecard"
        if (not half or by_card) and find_spec("jwt") is None:
            reading.found("teams_unavailable", ("chats", name, "app_id" if not half else "format"))
        for at, id in [*((("tenant_ids", place), id) for place, id in enumerate(tenants)), (("app_id",), getattr(settings, "app_id", None))]:
            if id is not None and not _GUID.fullmatch(id):
                reading.found("teams_id_invalid", ("chats", name, *at), id)
        for room, secret in getattr(settings, "webhooks", {}).items():
            scheme, host = scheme_and_host(secret.reveal())
            if not (host and (scheme == "https" or (scheme == "http" and is_loopback(host)))):
                reading.found("teams_webhook_invalid", ("chats", name, "webhooks", room))


def keys_meaning(reading: Reading, hub: BaseModel, chats: Mapping[str, BaseModel | None]) -> None:
    """Note where secrets are to be kept and there is no key to keep them with."""
    if getattr(hub, "master_keys", None) or not str(getattr(hub, "database", "")).startswith("postgresql:"):
        return
    for name, settings in chats.items():
        if getattr(settings, "client_id", None) is not None:
            reading.found("master_keys_needed", ("chats", name, "client_id"))


def api_meaning(reading: Reading, document: Table, chats: Mapping[str, BaseModel | None]) -> None:
    """Note where an API cannot be."""
    urls: list[tuple[KeyPath, Any]] = [(("github", "api_url"), table(document.get("github")).get("api_url"))]
    urls += [(("chats", name, "api_url"), getattr(settings, "api_url", None)) for name, settings in chats.items()]
    for key in ("service_url", "login_url", "openid_url"):
        urls += [(("chats", name, key), getattr(settings, key, None)) for name, settings in chats.items()]
    for at, url in urls:
        if isinstance(url, str):
            scheme, host = scheme_and_host(url)
            if scheme not in ("http", "https") or not host or re.search(r"\s", url):
                reading.found("api_url_invalid", at, url)


def scheme_and_host(url: str) -> tuple[str, str]:
    """Return both, empty where ``url`` is no address."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""
