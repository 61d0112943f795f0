"""Who somebody in a chat is to the hub: the roles that they hold, by every account that is known to be theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leverframe.core.access import Identity, Role
from leverframe.core.conversation import Asker
from leverframe.core.people import People, account


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody may, and as who."""

    identity: Identity
    roles: frozenset[str]
    accounts: tuple[str, ...]
    """Every way that their accounts are written: for finding what else they did."""


class Standings:
    """Finds out. Members of roles are accounts (``slack:U1``, ``slack:T1/U1``, ``person:ann``); ``slack:*`` is everybody there."""

    def __init__(self, roles: Mapping[str, Role], people: People) -> None:
        self.roles, self._people = roles, people

    def of(self, by: Asker, *, given: Identity | None = None) -> Standing:
        """Return the standing of who speaks. ``given`` is the identity that a door has proven itself: a token's grants stay its own."""
        person = self._people.of(by.actor)
        accounts = dict.fromkeys(by.names)
        if person is not None:
            accounts.update(dict.fromkeys([*self._people.identities[person], f"person:{person}"]))
        if given is not None:
            held = frozenset(name for name, role in self.roles.items() if set(role.allow) <= set(given.grants))
            return Standing(identity=given, roles=held, accounts=tuple(accounts))
        known = {one.casefold() for each in accounts for one in (each, account(each), f"{each.partition(':')[0]}:*")}
        held = frozenset(name for name, role in self.roles.items() if any(member.casefold() in known for member in role.members))
        grants = tuple(dict.fromkeys(grant for name in sorted(held) for grant in self.roles[name].allow))
        return Standing(identity=Identity(kind="person", name=by.actor, grants=grants), roles=held, accounts=tuple(accounts))
