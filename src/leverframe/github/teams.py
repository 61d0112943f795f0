"""Who is in which team of an organisation: looked up in the background, told from memory.

https://docs.github.com/en/rest/teams/members#list-team-members (a token that may read the organisation's members: ``read:org``)
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec

from leverframe.github.client import GitHub, Organisation, quoted
from leverframe.github.errors import Trouble
from leverframe.ports import Clock

log = logging.getLogger(__name__)

EVERY_S = 120.0
"""Seconds between two looks: so long somebody who joined waits, and somebody who left still counts."""
BELIEVED = timedelta(minutes=30)
"""What was found out is believed for so long when GitHub does not answer any more."""
MOST_PAGES = 50
"""Pages of a hundred people that are read of a team."""


class _Member(msgspec.Struct):
    login: str


class GitHubTeams:
    """The teams that roles name. Members of child teams are members, as GitHub has it."""

    def __init__(self, github: GitHub, clock: Clock, wanted: Iterable[str]) -> None:
        """``wanted`` are the members of roles that are teams, as they are written: ``github:acme/release``."""
        self._github, self._clock = github, clock
        self._wanted = tuple(wanted)
        self._seen: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._failing: set[str] = set()

    def of(self, accounts: Iterable[str]) -> Collection[str]:
        """Return the teams that the owner of ``accounts`` (``github:ann`` among them) is in, as roles write them. Nothing is asked for."""
        logins = {account.partition(":")[2].casefold() for account in accounts if account.casefold().startswith("github:")}
        oldest = self._clock.now() - BELIEVED
        return {team for team, (at, members) in self._seen.items() if at >= oldest and logins & members}

    async def look(self) -> None:
        """Ask for every team. Never raises for what GitHub does: what was known before stays known for a while."""
        for team in self._wanted:
            organisation, _, slug = team.partition(":")[2].partition("/")
            pages = await self._github.pages(Organisation(organisation), f"/teams{quoted(slug)}/members", list[_Member], most=MOST_PAGES)
            if isinstance(pages, Trouble):
                if team not in self._failing:
                    log.warning("%s: who is in it is not known: %s %s", team, pages.code, pages.detail)
                self._failing.add(team)
                continue
            self._failing.discard(team)
            self._seen[team] = self._clock.now(), frozenset(one.login.casefold() for page in pages for one in page)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(EVERY_S)
