"""GitHub as the hub speaks to it: one client for everything, made when something first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from leverframe.config import Config
from leverframe.core.people import is_team
from leverframe.core.recovery import ENTERPRISE_WINDOW, WINDOW
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.core.routes import Route
    from leverframe.github.client import Credentials, GitHub
    from leverframe.github.hooks import Hooks
    from leverframe.github.teams import GitHubTeams
    from leverframe.net import Outbound
    from leverframe.observe import Metrics
    from leverframe.work.github_hooks import HookKeeper
    from leverframe.work.recover import Recoverer


def github_client(config: Config, outbound: Outbound, clock: Clock) -> Callable[[], GitHub]:
    """Return what gives the one client, which then knows of every limit that GitHub set; its modules are imported with the first call."""

    @cache
    def client() -> GitHub:
        from leverframe.github.client import GitHub

        return GitHub(outbound, credentials(config, outbound, clock), clock, api_url=config.github.api_url)

    return client


def github_teams(config: Config, github: Callable[[], GitHub], clock: Clock) -> GitHubTeams | None:
    """Return what knows who is in the teams that roles name; ``None`` where none does, or GitHub cannot be asked."""
    members = {member for role in config.roles.values() for member in role.members if is_team(member)}
    if not members or not config.github.has_credentials:
        return None
    from leverframe.github.teams import GitHubTeams

    return GitHubTeams(github(), clock, sorted(members))


def credentials(config: Config, outbound: Outbound, clock: Clock) -> Credentials:
    """Return who the hub is to GitHub: an app, or whose token it has."""
    app = config.github.app
    if app is None:
        from leverframe.github.client import Token

        return Token(config.github.token)
    from leverframe.github.app import App

    return App(outbound, clock, id=app.id, key=app.key, installation=app.installation, api_url=config.github.api_url)


def hook_keeper(config: Config, github: Callable[[], GitHub], routes: Callable[[], Iterable[Route]], clock: Clock) -> HookKeeper | None:
    """Return what keeps the webhooks; ``None`` where the hub is nobody at GitHub, or has no source of its kind."""
    secrets = {name: settings.secrets[0] for name, settings in config.sources.items() if getattr(settings, "kind", "") == "github"}  # type: ignore[attr-defined]
    if not config.github.has_credentials or not secrets:
        return None
    from leverframe.core.github_hooks import Declared, read_holder
    from leverframe.work.github_hooks import HookKeeper, ReadFile

    read = _said(config.path)

    @cache
    def hooks() -> Hooks:
        from leverframe.github.hooks import Hooks

        return Hooks(github())

    keeper = HookKeeper(
        hooks, url=config.hub.url, secrets=secrets, declared=(), routes=routes, catalogue=config.catalogue,
        file=ReadFile(path=str(config.path), read_at=clock.now(), is_changed=lambda: _said(config.path) != read),
    )  # fmt: skip
    declared = []
    for one in config.github.hooks:
        holder = read_holder(one.repository or one.organisation or "")
        source = one.source or next(iter(secrets))
        assert holder is not None and source in secrets  # what is not is an error of the configuration
        url, *aliases = keeper.addresses(source)
        declared.append(Declared(
            holder=holder, source=source, url=url, aliases=tuple(aliases), events=() if one.events == "routes" else tuple(dict.fromkeys(one.events)),
            from_routes=one.events == "routes", content_type=one.content_type, insecure_ssl=one.insecure_ssl, active=one.active,
        ))  # fmt: skip
    keeper.declared = tuple(declared)
    return keeper


def _said(path: Path) -> bytes | None:
    """Return what a file says; ``None`` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def recoverer(config: Config, keeper: HookKeeper | None, github: Callable[[], GitHub], database: Any, clock: Clock, metrics: Metrics) -> Recoverer | None:
    """Return what has redelivered what never came in, by every hook that leads here; ``None`` where the hub is nobody at GitHub, or it is off."""
    holders = {} if keeper is None else dict.fromkeys(one.holder for one in keeper.declared)
    if config.github.app is not None:
        from leverframe.core.github_hooks import APP

        holders[APP] = None
    if keeper is None or not config.github.gap_fill_minutes:
        return None
    from leverframe.github.hooks import Hooks
    from leverframe.work.recover import Recoverer

    hooks = cache(lambda: Hooks(github()))
    host = (urlsplit(config.github.api_url).hostname or "").lower()
    return Recoverer(
        database, clock, hooks, boot=lambda: database.boot, holders=list(holders), sources=keeper.sources, source_of=keeper.source_of, every=timedelta(minutes=config.github.gap_fill_minutes),
        counting=metrics.recovered, window=WINDOW if host.endswith((".github.com", ".ghe.com")) else ENTERPRISE_WINDOW, kept=timedelta(days=config.retention.events_days),
    )  # fmt: skip
