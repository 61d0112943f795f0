"""Who is in which user group: looked up in the background, told from memory.

https://docs.slack.dev/reference/methods/usergroups.list
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from leverframe.chats.slack import answers
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.conversation import Asker
from leverframe.core.delivery import Delivered
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock

log = logging.getLogger(__name__)

EVERY_S = 120.0
"""Seconds between two looks: so long somebody who joined waits, and somebody who left still counts."""
BELIEVED = timedelta(minutes=30)
"""What was found out is believed for so long when Slack does not answer any more."""
_CAP = 16 * 1024 * 1024
"""Bytes of an answer: every group of a workspace with everybody in it."""


class Group(msgspec.Struct):
    """A user group, as Slack tells of it."""

    id: str
    team_id: str = ""
    handle: str = ""
    """Without the ``@``."""
    users: list[str] = []


class _Said(msgspec.Struct):
    usergroups: list[Group] = []


class _Seen(NamedTuple):
    at: datetime
    groups: Mapping[tuple[str, str], frozenset[str]]
    """(workspace, person) → names of their groups."""


async def fetch(settings: Settings, outbound: Outbound, token: str) -> list[Group] | str:
    """Return every user group of a workspace with who is in it, or the code of what is wrong."""
    url = f"{settings.api_url.rstrip('/')}/usergroups.list?include_users=true"
    try:
        answer = await outbound.get(url, {"Authorization": f"Bearer {token}"}, cap=_CAP)
    except NotSent as error:
        return answers.unsent(error).code
    told = answers.outcome(answer, answers.read(answer))
    if not isinstance(told, Delivered):
        return told.code
    try:
        return msgspec.json.decode(answer.body, type=_Said).usergroups
    except msgspec.DecodeError:
        return "slack_answer_invalid"


class SlackGroups:
    """The user groups of one chat that roles name."""

    def __init__(self, settings: Settings, outbound: Outbound, clock: Clock, tokens: Tokens, wanted: Collection[str]) -> None:
        """``wanted`` are the members of roles that are groups, as they are written: ``slack:S0123``, ``slack:@admins``."""
        self.name = tokens.name
        self._settings, self._outbound, self._clock, self._tokens = settings, outbound, clock, tokens
        self._wanted = {name.casefold() for name in wanted}
        self._seen: dict[str, _Seen] = {}
        self._failing: set[str] = set()

    def of(self, by: Asker) -> Collection[str]:
        """Return the groups that somebody is in, as roles write them; none while that is not known. Nothing is asked for."""
        if by.chat != self.name:
            return ()
        oldest = self._clock.now() - BELIEVED
        return frozenset().union(*(seen.groups.get((by.team, by.id), frozenset()) for seen in self._seen.values() if seen.at >= oldest))

    async def look(self) -> None:
        """Ask every workspace for its groups. Never raises for what Slack does: what was known before stays known for a while."""
        tokens = self._tokens.every()
        for team in [team for team in self._seen if team not in tokens]:
            del self._seen[team]
        for team, token in tokens.items():
            found = await fetch(self._settings, self._outbound, token)
            if isinstance(found, str):
                if team not in self._failing:
                    log.warning("%s: user groups are not known%s: %s", self.name, f" in {team}" if team else "", found)
                self._failing.add(team)
                continue
            self._failing.discard(team)
            self._seen[team] = _Seen(self._clock.now(), self._by_person(found))

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(EVERY_S)

    def _by_person(self, groups: Collection[Group]) -> Mapping[tuple[str, str], frozenset[str]]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for group in groups:
            names = {name for name in (f"{self.name}:{group.id}", f"{self.name}:@{group.handle}") if name.casefold() in self._wanted}
            for user in group.users if names else ():
                found[group.team_id, user] |= names
        return {who: frozenset(names) for who, names in found.items()}
