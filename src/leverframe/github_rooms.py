"""GitHub as the hub speaks to it: one client for everything, made when something first asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from leverframe.config import Config
from leverframe.core.people import is_team
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.github.client import Credentials, GitHub
    from leverframe.github.teams import GitHubTeams
    from leverframe.net import Outbound


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
