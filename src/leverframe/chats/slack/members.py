"""Who is in which user group, and who has which e-mail address: looked up in the background, told from memory.

https://docs.slack.dev/reference/methods/usergroups.list, https://docs.slack.dev/reference/methods/users.list
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec

from leverframe.chats.slack import answers
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.conversation import Asker
from leverframe.core.delivery import Delivered
from leverframe.decoding import decoder
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock

log = logging.getLogger(__name__)

EVERY_S = 120.0
"""Seconds between two looks: so long somebody who joined waits, and somebody who left still counts."""
BELIEVED = timedelta(minutes=30)
"""What was found out is believed for so long when Slack does not answer any more."""
_CAP = 16 * 1024 * 1024
"""Bytes of an answer: every group of a workspace with everybody in it."""
_PAGE, _MOST_PAGES = 200, 500
"""People that Slack is asked for at once (it recommends no more), and pages that are read of them."""
_Read = TypeVar("_Read")
_Who = tuple[str, str]
"""Workspace and person."""


class Group(msgspec.Struct):
    """A user group, as Slack tells of it."""

    id: str
    team_id: str = ""
    handle: str = ""
    """Without the ``@``."""
    users: list[str] = []


class _Groups(msgspec.Struct):
    usergroups: list[Group] = []


class _Profile(msgspec.Struct, frozen=True):
    email: str = ""


class _User(msgspec.Struct):
    id: str
    team_id: str = ""
    deleted: bool = False
    is_bot: bool = False
    is_stranger: bool = False
    is_email_confirmed: bool = False
    profile: _Profile = _Profile()


class _Further(msgspec.Struct, frozen=True):
    next_cursor: str = ""


class _Users(msgspec.Struct):
    members: list[_User] = []
    response_metadata: _Further = _Further()


class _Seen(NamedTuple):
    at: datetime
    members: Mapping[_Who, frozenset[str]]
    """What a role may call them."""


async def fetch(settings: Settings, outbound: Outbound, token: str) -> list[Group] | str:
    """Return every user group of a workspace with who is in it, or the code of what is wrong."""
    said = await _ask(settings, outbound, token, "usergroups.list", _Groups, include_users="true")
    return said if isinstance(said, str) else said.usergroups


async def _people(settings: Settings, outbound: Outbound, token: str) -> list[_User] | str:
    """Return everybody of a workspace, or the code of what is wrong."""
    found: list[_User] = []
    cursor = ""
    for _ in range(_MOST_PAGES):
        said = await _ask(settings, outbound, token, "users.list", _Users, limit=str(_PAGE), **({"cursor": cursor} if cursor else {}))
        if isinstance(said, str):
            return said
        found += said.members
        cursor = said.response_metadata.next_cursor
        if not cursor:
            break
    return found


async def _ask(settings: Settings, outbound: Outbound, token: str, method: str, shape: type[_Read], **asked: str) -> _Read | str:
    url = f"{settings.api_url.rstrip('/')}/{method}?{urlencode(asked)}"
    try:
        answer = await outbound.get(url, {"Authorization": f"Bearer {token}"}, cap=_CAP)
    except NotSent as error:
        return answers.unsent(error).code
    told = answers.outcome(answer, answers.read(answer))
    if not isinstance(told, Delivered):
        return told.code
    try:
        return decoder(shape)(answer.body)
    except msgspec.DecodeError:
        return "slack_answer_invalid"


def is_mail(member: str) -> bool:
    """Return whether a member of a role is named by an e-mail address: ``mail:ann@example.com``."""
    return member.casefold().startswith("mail:")


class SlackMembers:
    """Who of one chat is meant by members of roles that are no accounts: user groups, and e-mail addresses.

    An address is only somebody's when Slack says that they confirmed it, and when they belong to the workspace.
    """

    def __init__(self, settings: Settings, outbound: Outbound, clock: Clock, tokens: Tokens, wanted: Collection[str]) -> None:
        """``wanted`` are such members, as they are written: ``slack:S0123``, ``slack:@admins``, ``mail:ann@example.com``."""
        self.name = tokens.name
        self._clock, self._tokens = clock, tokens
        self._wanted = {name.casefold() for name in wanted}
        self._ways: dict[str, Callable[[str], Awaitable[Mapping[_Who, frozenset[str]] | str]]] = {}
        if not all(is_mail(name) for name in wanted):
            self._ways["user groups"] = partial(self._groups, settings, outbound)
        if any(is_mail(name) for name in wanted):
            self._ways["e-mail addresses"] = partial(self._mails, settings, outbound)
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._failing: set[tuple[str, str]] = set()

    def of(self, by: Asker) -> Collection[str]:
        """Return what roles may call somebody; nothing while that is not known. Nothing is asked for."""
        if by.chat != self.name:
            return ()
        oldest = self._clock.now() - BELIEVED
        return frozenset().union(*(seen.members.get((by.team, by.id), frozenset()) for seen in self._seen.values() if seen.at >= oldest))

    async def look(self) -> None:
        """Ask every workspace. Never raises for what Slack does: what was known before stays known for a while."""
        tokens = self._tokens.every()
        for known in [known for known in self._seen if known[0] not in tokens]:
            del self._seen[known]
        for team, token in tokens.items():
            for what, way in self._ways.items():
                found = await way(token)
                if isinstance(found, str):
                    if (team, what) not in self._failing:
                        log.warning("%s: %s are not known%s: %s", self.name, what, f" in {team}" if team else "", found)
                    self._failing.add((team, what))
                    continue
                self._failing.discard((team, what))
                self._seen[team, what] = _Seen(self._clock.now(), found)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(EVERY_S)

    async def _groups(self, settings: Settings, outbound: Outbound, token: str) -> Mapping[_Who, frozenset[str]] | str:
        groups = await fetch(settings, outbound, token)
        if isinstance(groups, str):
            return groups
        return self._named(
            ((group.team_id, user), name) for group in groups for name in (f"{self.name}:{group.id}", f"{self.name}:@{group.handle}") for user in group.users
        )

    async def _mails(self, settings: Settings, outbound: Outbound, token: str) -> Mapping[_Who, frozenset[str]] | str:
        people = await _people(settings, outbound, token)
        if isinstance(people, str):
            return people
        return self._named(
            ((one.team_id, one.id), f"mail:{one.profile.email}")
            for one in people if one.profile.email and one.is_email_confirmed and not (one.deleted or one.is_bot or one.is_stranger)
        )

    def _named(self, called: Iterable[tuple[_Who, str]]) -> Mapping[_Who, frozenset[str]]:
        found: dict[_Who, set[str]] = defaultdict(set)
        for who, name in called:
            if name.casefold() in self._wanted:
                found[who].add(name)
        return {who: frozenset(names) for who, names in found.items()}
