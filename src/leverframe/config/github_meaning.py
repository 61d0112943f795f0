"""What of ``[github]`` does not fit together, or to the rest of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from leverframe.config.doubts import Table, scheme_and_host, strings, table, tables
from leverframe.config.lines import KeyPath
from leverframe.config.reading import Reading, near
from leverframe.core.github_hooks import Holder, read_holder, unfit
from leverframe.core.hosts import is_loopback


def speaks_to_github(document: Table) -> bool:
    """Return whether ``[github]`` says who the hub is there."""
    return not {"token", "app"}.isdisjoint(table(document.get("github")))


def github_meaning(reading: Reading, document: Table, sources: Mapping[str, BaseModel | None]) -> None:
    """Note two ways of being somebody at once, an API's address that is that of the pages, gates that nobody can answer, and hooks that cannot be."""
    github = table(document.get("github"))
    policies = table(document.get("policies"))
    for number, gate in enumerate(tables(github.get("gates"))):
        if "app" not in github:
            reading.found("gates_need_app", ("github", "gates", number))
        if isinstance(policy := gate.get("policy"), str) and policy not in policies:
            reading.found("policy_unknown", ("github", "gates", number, "policy"), policy, near(policy, policies, '"{}"'))
    if "token" in github and "app" in github:
        reading.found("github_token_and_app", ("github", "app"))
    if isinstance(url := github.get("api_url"), str):
        meant = _api_beside(url)
        if meant is not None:
            reading.found("api_url_of_pages", ("github", "api_url"), url, f'"{meant}"')
    seen: set[tuple[Holder, str]] = set()
    for number, hook in enumerate(tables(github.get("hooks"))):
        at: KeyPath = ("github", "hooks", number)
        if not speaks_to_github(document):
            reading.found("hooks_need_token", at)
        holder = _holder(reading, at, hook)
        if holder is None:
            continue
        source = _source(reading, at, hook.get("source"), sources)
        if source is not None and (holder, source) in seen:
            reading.found("hook_twice", at, str(holder))
        seen.add((holder, source or ""))
        if hook.get("insecure_ssl") is True:
            reading.found("hook_insecure_ssl", (*at, "insecure_ssl"))
        written = [name for _, name in strings(hook.get("events"))]
        for one in unfit(written, holder.kind):
            found = "hook_event_unknown" if one.why == "unknown" else "hook_event_never"
            reading.found(found, (*at, "events", written.index(one.name)), one.name, f'"{one.near}"' if one.near else None)


def _holder(reading: Reading, at: KeyPath, hook: Table) -> Holder | None:
    named = [key for key in ("repository", "organisation") if key in hook]
    if len(named) != 1:
        reading.found("hook_holder_needed", at)
        return None
    written = hook[named[0]]
    holder = read_holder(written) if isinstance(written, str) else None
    if isinstance(written, str) and (holder is None or holder.kind != named[0]):
        reading.found("repository_invalid" if named[0] == "repository" else "organisation_invalid", (*at, named[0]), written)
        return None
    return holder


def _source(reading: Reading, at: KeyPath, named: Any, sources: Mapping[str, BaseModel | None]) -> str | None:
    """Return the source that a hook leads to."""
    of_github = [name for name, settings in sources.items() if settings is None or getattr(settings, "kind", "") == "github"]
    if named is None and len(of_github) == 1:
        return of_github[0]
    if named is None:
        reading.found("hook_source_needed", at)
    elif isinstance(named, str) and named not in of_github:
        reading.found("source_unknown", (*at, "source"), named, near(named, of_github, '"{}"'))
    return named if isinstance(named, str) and named in of_github else None


def _api_beside(url: str) -> str | None:
    """Return the API of the GitHub whose pages ``url`` is, ``None`` when it is an API itself.

    https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api, …/enterprise-cloud@latest/admin/data-residency
    """
    scheme, host = scheme_and_host(url)
    if host in ("github.com", "www.github.com"):
        return "https://api.github.com"
    if not host or is_loopback(host) or host.startswith("api.") or url.rstrip("/").endswith("/api/v3"):
        return None
    return f"{scheme}://api.{host}" if host.endswith(".ghe.com") else f"{url.rstrip('/')}/api/v3"
