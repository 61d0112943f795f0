"""``leverframe doctor github OWNER/REPO``: from the token to the workflow, and the first thing that is wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from leverframe.cli.diagnosis import MARKS
from leverframe.cli.output import safe, show
from leverframe.cli.words import said
from leverframe.config import PLACEHOLDER, Config, ConfigErrors, find, load
from leverframe.core.github_hooks import Holder, read_holder, wanted
from leverframe.core.wording.github_doctor import said as worded
from leverframe.github.doctor import Step, Wanted, hooks, walk

MOST_HOLDERS = 50
"""Repositories and organisations whose hooks are looked at at once."""
DEFAULT_EVENT_TYPE = "webhook"
"""The type that is asked for where the configuration and the command name none."""


def run(config: Path | None, repository: str, *, workflow: str | None, event_type: str | None, as_json: bool) -> int:
    """Walk, print, and return the exit status: 1 when anything is an error."""
    holder = read_holder(repository)
    if holder is None or holder.kind != "repository":
        print(f"{safe(repository)}: OWNER/REPO", file=sys.stderr)
        return 2
    try:
        # What else is missing in this shell (a chat's token, say) is not asked about here.
        loaded = load(find(config), secrets=False)
    except ConfigErrors as errors:
        from leverframe.cli.serving import report

        findings = [{"what": "config", "state": "error", "code": one.code, "found": one.sentence(errors.locale), "remedy": one.remedy(errors.locale)} for one in errors.findings]
        show({"ok": False, "first": findings[0], "findings": findings}) if as_json else print(report(errors.findings, errors.locale), file=sys.stderr)
        return 1
    locale = loaded.hub.locale
    shown: list[dict[str, Any]] = []
    for step in _steps(loaded, holder, workflow, event_type):
        found, remedy = worded(step.key, step.code, step.detail, step.values, locale)
        one = {"what": step.what, "state": step.state, "code": step.code or step.key, "found": found, "remedy": remedy}
        shown.append(one)
        if not as_json:
            print(f"{MARKS[step.state]} {step.what:<12} {safe(found)}", flush=True)
            if remedy and step.state in ("warning", "error"):
                print("\n".join(f"    {'→' if not number else ' '} {safe(line)}" for number, line in enumerate(remedy.splitlines())), flush=True)
    first = next((one for one in shown if one["state"] == "error"), None)
    if as_json:
        show({"ok": first is None, "first": first, "findings": shown})
    elif first is not None:
        print(f"\n{said(locale, 'Begin here', '여기부터 고치세요')}: {first['what']}: {safe(first['found'])}")
    return 0 if first is None else 1


def _steps(config: Config, holder: Holder, workflow: str | None, event_type: str | None) -> Iterator[Step]:
    """Yield what is told before GitHub is asked, and then what GitHub says."""
    secret = config.github.token or (config.github.app.key if config.github.app is not None else None)
    if secret is None:
        yield Step(what="token", state="error", code="github_token_missing")
        return
    if secret.reveal() == PLACEHOLDER:
        yield Step(what="token", state="error", code="github_token_missing", detail=secret.reference)
        return
    token = config.github.token
    if token is not None and not (token.reveal().isascii() and token.reveal().isprintable() and " " not in token.reveal()):
        yield Step(what="token", state="error", code="github_token_invalid", detail=f"{token.reference}: it holds a character that no token has, perhaps the end of a line")
        return
    yield from asyncio.run(_walked(config, holder, _wanted(config, holder, workflow, event_type)))


async def _walked(config: Config, holder: Holder, wants: Wanted) -> list[Step]:
    from leverframe.app import SystemClock
    from leverframe.github_rooms import github_client
    from leverframe.net import Outbound

    outbound, clock = Outbound(), SystemClock()
    try:
        client = github_client(config, outbound, clock)()
        token = None if config.github.token is None else config.github.token.reveal()
        return [step async for step in walk(client, holder.name, wants, token=token, now=clock.now())]
    finally:
        await outbound.close()


def _wanted(config: Config, holder: Holder, workflow: str | None, event_type: str | None) -> Wanted:
    """Return what the configuration would do with the repository, and what the command names."""
    kinds = {name: str(getattr(settings, "kind", "")) for name, settings in config.runners.items()}
    files, types = set(filter(None, [workflow])), set(filter(None, [event_type]))
    for service in config.catalogue.services.values():
        for one in service.values():
            if one.repository is None or one.repository.casefold() != holder.name.casefold():
                continue
            if kinds.get(one.runner) == "github_actions":
                files.add(str(one.target.get("workflow", "")))
            elif kinds.get(one.runner) == "repository_dispatch":
                types.add(str(one.target.get("event_type", "deploy")))
    if not files and not types:
        types.add(DEFAULT_EVENT_TYPE)
    return Wanted(workflows=files - {""}, event_types=types, hooks=_hooks_wanted(config, holder))


def _hooks_wanted(config: Config, holder: Holder) -> dict[str, tuple[list[str], Sequence[str]]]:
    """Return by source the addresses that lead to it, and what the routes need of ``holder``."""
    url = config.hub.url.rstrip("/")
    found = {
        name: ([f"{url}/in/{name}", *([f"{url}/hubot/github"] if name == "github" else [])], wanted(config.routes, config.catalogue, name, holder))
        for name, settings in config.sources.items() if getattr(settings, "kind", "") == "github"
    }  # fmt: skip
    return {name: pair for name, pair in found.items() if pair[1]}


def hooks_of(config: Config) -> list[tuple[Holder, Step]]:
    """Return how the hooks do that the configuration declares, and those of repositories that routes name one by one."""
    declared = [holder for one in config.github.hooks if (holder := read_holder(one.repository or one.organisation or "")) is not None]
    wide = {holder.name.casefold() for holder in declared if holder.kind == "organisation"}
    named = [read_holder(repo) for route in config.routes for repo in route.repos or () if route.source in config.sources]
    # What an organisation's hook hears need not be heard twice.
    alone = [one for one in named if one is not None and one.kind == "repository" and one.name.partition("/")[0].casefold() not in wide]
    holders = {holder.name.casefold(): holder for holder in (*alone, *declared)}
    return asyncio.run(_hooked(config, list(holders.values())[:MOST_HOLDERS])) if holders and config.github.has_credentials else []


async def _hooked(config: Config, holders: Sequence[Holder]) -> list[tuple[Holder, Step]]:
    from leverframe.app import SystemClock
    from leverframe.github_rooms import github_client
    from leverframe.net import Outbound

    outbound = Outbound()
    try:
        client = github_client(config, outbound, SystemClock())()
        return [(holder, step) for holder in holders for step in await hooks(client, holder, _hooks_wanted(config, holder))]
    finally:
        await outbound.close()
