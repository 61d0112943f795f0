"""Which accounts are one person: ``[people.ann] identities = ["slack:T1/U1", "github:ann"]``."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


def platform(actor: str) -> str:
    """Return the part of ``actor`` that proves who it is: ``slack`` of ``slack:T1/U1``."""
    return actor.partition(":")[0].casefold()


def account(actor: str) -> str:
    """Return ``actor`` without its workspace, as configuration may leave it out: ``slack:U1`` of ``slack:T1/U1``."""
    head, _, name = actor.partition(":")
    return f"{head}:{name.rpartition('/')[2]}"


def is_team(member: str) -> bool:
    """Return whether a member of a role is a team of an organisation of GitHub's: ``github:acme/release``."""
    head, _, name = member.partition(":")
    return head.casefold() == "github" and name.count("/") == 1 and not name.startswith("/") and not name.endswith("/")


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who is linked; who is not is a person of their own."""

    identities: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Name of the person → their accounts, with their workspace or without."""

    def of(self, actor: str) -> str | None:
        """Return the person behind an account, ``None`` when it is linked to nobody. Letters' case does not matter."""
        if platform(actor) == "person":  # who signs in here under the name of a [people.NAME] is that person
            named = actor.partition(":")[2].casefold()
            found = next((name for name in self.identities if name.casefold() == named), None)
            if found is not None:
                return found
        names = {actor.casefold(), account(actor).casefold()}
        return next((name for name, accounts in self.identities.items() if any(one.casefold() in names for one in accounts)), None)

    def person(self, actor: str) -> str:
        """Return what a person is counted by: their name here, else the account itself."""
        name = self.of(actor)
        return actor.casefold() if name is None else f"person:{name}"

    def same(self, one: str, other: str) -> bool:
        """Return whether two accounts are known to be one person."""
        return self.person(one) == self.person(other)

    def surely_different(self, one: str, other: str) -> bool:
        """Return whether two accounts cannot be one person.

        They are when both are linked, to two people; when they are of one platform, where a person has one account; or
        when the person behind one of them has another account where the other is.
        """
        if self.same(one, other):
            return False
        if platform(one) == platform(other):
            return True
        first, second = self.of(one), self.of(other)
        if first is not None and second is not None:
            return True
        return self._has_account(first, other) or self._has_account(second, one)

    def _has_account(self, name: str | None, like: str) -> bool:
        return name is not None and any(platform(one) == platform(like) for one in self.identities[name])
