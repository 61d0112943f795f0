"""Who somebody is to the hub: by membership in a chat, by what their door proved elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from clock import VirtualClock
from databases import opened

from leverframe.core.access import BUILT_IN, Identity, Role
from leverframe.core.conversation import Asker, Place, Said
from leverframe.core.people import People
from leverframe.store import people, tokens
from leverframe.work.standing import Standings

ROLES = {**BUILT_IN, "release": Role(allow=("deploy *",), members=("slack:U1",)), "deployers": Role(allow=("deploy *",)), "empty": Role(allow=())}
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def said(chat: str, id: str, *, at: Place) -> Said:
    """Return a line by somebody."""
    return Said(key="k", door="api", text="status", by=Asker(chat=chat, id=id), at=at, said_at=NOW)


def test_a_role_is_held_by_who_is_in_it_and_not_by_who_may_as_much() -> None:
    """Approvals count by role: somebody with the same grants by another role, or with a token of them, is not one of them."""
    standings = Standings(ROLES, People())
    bob = Identity(kind="person", name="bob", grants=("deploy *",), roles=("deployers",))
    assert standings.of(Asker(chat="person", id="bob"), given=bob).roles == {"deployers"}
    ci = Identity(kind="token", name="ci", grants=("deploy *",))
    assert standings.of(Asker(chat="token", id="ci"), given=ci).roles == set()
    assert standings.of(Asker(chat="slack", id="U1")).roles == {"release"}
    assert standings.of(Asker(chat="operator", id="local"), given=Identity(kind="operator", grants=("*",))).roles == set(ROLES)


def test_a_group_of_the_chat_is_a_member_like_anybody() -> None:
    """By what is known of it at that moment: who asks waits for nobody, and who is not known to be in it is not."""
    roles = {**ROLES, "ops": Role(allow=("lock *",), members=("slack:@Admins", "slack:S0123"))}
    inside: dict[str, list[str]] = {}
    standings = Standings(roles, People(), groups_of=lambda by: inside.get(by.id, ()))
    assert standings.of(Asker(chat="slack", id="U7", team="T1")).identity.grants == ()
    for group in ("slack:@admins", "slack:S0123"):
        inside["U7"] = [group]
        found = standings.of(Asker(chat="slack", id="U7", team="T1"))
        assert found.roles == {"ops"} and found.identity.grants == ("lock *",)
    assert standings.of(Asker(chat="slack", id="U8", team="T1")).roles == set()


def test_a_team_elsewhere_is_a_member_by_every_account_of_somebody() -> None:
    """Who clicks in Slack is in a team of GitHub by the account there that is linked to them; who is not linked is not."""
    roles = {**ROLES, "ops": Role(allow=("lock *",), members=("github:Acme/release",))}
    asked: list[set[str]] = []

    def teams_of(accounts: Iterable[str]) -> list[str]:
        asked.append(set(accounts))
        return ["github:acme/Release"] if "github:ann" in asked[-1] else []

    standings = Standings(roles, People(identities={"ann": ("slack:U7", "github:ann")}), teams_of=teams_of)
    assert standings.of(Asker(chat="slack", id="U7", team="T1")).roles == {"ops"}
    assert standings.of(Asker(chat="slack", id="U8", team="T1")).roles == set()
    assert "github:ann" in asked[0] and "github:ann" not in asked[1]


def test_where_anybody_takes_any_name_nobody_holds_anything() -> None:
    """The playground of a hub that is not a demo: neither by a name of a role, nor as everybody there, nor as somebody who is linked."""
    roles = {**ROLES, "all": Role(allow=("*",), members=("playground:*", "playground:ann", "person:ann", "slack:U1"))}
    people_ = People(identities={"ann": ("playground:ann", "slack:U1")})
    ann = Asker(chat="playground", id="ann")
    assert Standings(roles, people_).of(ann).identity.grants == ("*", "deploy *")
    powerless = Standings(roles, people_, powerless=["playground"])
    found = powerless.of(ann)
    assert (found.identity.grants, found.roles, found.accounts) == ((), set(), ("playground:ann",))
    assert powerless.of(ann, given=Identity(kind="operator", grants=("*",))).identity.grants == ()
    assert powerless.of(Asker(chat="slack", id="U1")).identity.grants == ("*", "deploy *")


@pytest.mark.anyio
async def test_who_a_door_knew_is_known_again_with_what_they_hold_by_then(database_url: str, clock: VirtualClock) -> None:
    """What a process that died had taken in is done as whom it was asked by; who may do nothing by then does nothing."""
    standings, nowhere = Standings(ROLES, People()), Place(chat="", room="api")
    async with opened(database_url, clock) as database:
        link = await database.write(people.invite, person="ann", role="release", now=NOW, lifetime=timedelta(hours=1))
        assert await database.write(people.accept, link, NOW) is not None
        await database.write(
            tokens.issue_api, name="ci", grants=["deploy web-app *"], by="person:ann", now=NOW, expires_at=NOW + timedelta(days=1)
        )

        async def again(chat: str, id: str, at: Place = nowhere) -> Identity | None:
            return await database.read(standings.again, said(chat, id, at=at), NOW)

        assert await again("person", "ann") == Identity(kind="person", name="ann", grants=("deploy *",), roles=("release",))
        token = await again("token", "ci", Place(chat="slack", room="#dev"))
        assert token == Identity(kind="token", name="ci", grants=("deploy web-app *",), within=("deploy *",))
        assert await again("operator", "local") == Identity(kind="operator", name="local", grants=("*",))
        assert await again("slack", "U1", Place(chat="slack", room="#dev")) is None
        await database.write(people.disable, "ann", NOW)
        assert (await again("person", "ann")) == Identity(kind="person", name="ann")
        after = await again("token", "ci")
        assert after is not None and after.within == ()
        await database.write(tokens.revoke_api, "ci", NOW)
        assert await again("token", "ci") == Identity(kind="token", name="ci")
