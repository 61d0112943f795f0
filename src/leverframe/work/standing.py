"""Who somebody in a chat is to the hub: the roles that they hold, by every account that is known to be theirs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from leverframe.core.access import Identity, Role, held, roles_of
from leverframe.core.conversation import Asker, Heard, Said
from leverframe.core.people import People, account
from leverframe.store import people, tokens


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may, and as who."""

    identity: Identity
    roles: frozenset[str]
    accounts: tuple[str, ...]
    """Every way that their accounts are written: for finding what else they did."""


OWN = frozenset({"operator", "person", "token"})
"""What stands in the place of a chat for who comes by a door of the hub's own: API, command line, console."""


def no_groups(by: Asker) -> Collection[str]:
    """Return the groups that somebody is in where chats have none."""
    return ()


def no_teams(accounts: Iterable[str]) -> Collection[str]:
    """Return the teams that somebody is in where no role names one."""
    return ()


class Standings:
    """Finds out. Members of roles are accounts (``slack:U1``, ``slack:T1/U1``, ``person:ann``), groups of a chat (``slack:@admins``) and
    teams elsewhere (``github:acme/release``); ``slack:*`` is everybody there."""

    def __init__(
        self, roles: Mapping[str, Role], people: People, *, groups_of: Callable[[Asker], Collection[str]] = no_groups,
        teams_of: Callable[[Iterable[str]], Collection[str]] = no_teams, powerless: Collection[str] = (),
    ) -> None:  # fmt: skip
        """``groups_of`` tells from memory which groups somebody is in, as roles write them, ``teams_of`` the same of teams, by all of
        somebody's accounts. In the chats ``powerless`` nobody holds
        anything, whoever they say they are: anybody can take any name there.
        """
        self.roles, self._people, self._groups_of, self._teams_of, self._powerless = roles, people, groups_of, teams_of, frozenset(powerless)

    def of(self, by: Asker, *, given: Identity | None = None) -> Standing:
        """Return the standing of who speaks. ``given`` is the identity that a door has proven itself: a token's grants stay its own."""
        if by.chat in self._powerless:
            return Standing(identity=Identity(kind="playground", name=by.id), roles=frozenset(), accounts=by.names)
        person = self._people.of(by.actor)
        accounts = dict.fromkeys(by.names)
        if person is not None:
            accounts.update(dict.fromkeys([*self._people.identities[person], f"person:{person}"]))
        if given is not None:
            holds = frozenset(self.roles if given.kind == "operator" else given.roles)
            return Standing(identity=given, roles=holds, accounts=tuple(accounts))
        known = {one.casefold() for each in accounts for one in (each, account(each), f"{each.partition(':')[0]}:*")}
        known.update(group.casefold() for group in (*self._groups_of(by), *self._teams_of(accounts)))
        holds = frozenset(name for name, role in self.roles.items() if any(member.casefold() in known for member in role.members))
        grants = tuple(dict.fromkeys(grant for name in sorted(holds) for grant in self.roles[name].allow))
        return Standing(identity=Identity(kind="person", name=by.actor, grants=grants), roles=holds, accounts=tuple(accounts))

    def again(self, connection: Connection, heard: Heard, now: datetime) -> Identity | None:
        """Return who a door of the hub's own knew, read anew: what was taken in by a process that died is done as whom it was asked by.

        Who is not let in any more holds nothing. ``None`` for a chat.
        """
        by = heard.by
        if by.chat not in OWN or (heard.at.chat and not (isinstance(heard, Said) and heard.door in ("api", "cli"))):
            return None
        match by.chat:
            case "operator":
                return Identity(kind="operator", name=by.id, grants=("*",))
            case "person":
                return self._person(connection, by.id)
            case _:
                token = tokens.api_by_name(connection, by.id, now)
                if token is None:
                    return Identity(kind="token", name=by.id)
                kind, _, name = token.by.partition(":")
                within = self._person(connection, name).grants if kind == "person" else None
                return Identity(kind="token", name=token.name, grants=token.grants, within=within)

    def _person(self, connection: Connection, name: str) -> Identity:
        row = people.person(connection, name)
        if row is None or row.disabled_at is not None:
            return Identity(kind="person", name=name)
        actor = f"person:{name}"
        grants, roles = held(self.roles, role=row.role, actor=actor), roles_of(self.roles, role=row.role, actor=actor)
        return Identity(kind="person", name=name, grants=grants, roles=roles)
