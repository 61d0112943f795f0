"""User groups and e-mail addresses as members of roles: looked up beside everything else, told from memory, and never believed for long without Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from clock import VirtualClock
from fakes.slack import TOKEN, FakeSlack

from leverframe.chats.slack.members import BELIEVED, EVERY_S, SlackMembers
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.conversation import Asker
from leverframe.net import Outbound
from leverframe.ports import Installation
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio


def who(id: str, team: str = "T1", chat: str = "slack") -> Asker:
    """Return somebody as Slack proves them."""
    return Asker(chat=chat, id=id, team=team)


@dataclass
class Hub:
    slack: FakeSlack
    outbound: Outbound
    clock: VirtualClock = field(default_factory=VirtualClock)

    def groups(self, *wanted: str, **settings: object) -> SlackMembers:
        """Return what knows the groups that roles name."""
        made = Settings.model_validate({"bot_token": Secret(TOKEN), "api_url": self.slack.url, **settings})
        self.tokens = Tokens("slack", made)
        return SlackMembers(made, self.outbound, self.clock, self.tokens, wanted or ("slack:@admins", "slack:S0123"))


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    outbound = Outbound()
    async with FakeSlack(scopes=("usergroups:read",), user_groups={("S0001", "admins"): ["U1", "U2"], ("S0123", "oncall"): ["U2"], ("S0002", "all"): ["U3"]}) as slack:
        yield Hub(slack, outbound)
        await outbound.close()


async def test_who_is_in_a_group_is_told_from_memory(hub: Hub) -> None:
    """By the names that roles use, the handle or the id; not before Slack was asked, and nothing is asked when it is told."""
    groups = hub.groups()
    assert set(groups.of(who("U1"))) == set()
    await groups.look()
    asked = len(hub.slack.calls)
    assert set(groups.of(who("U1"))) == {"slack:@admins"}
    assert set(groups.of(who("U2"))) == {"slack:@admins", "slack:S0123"}
    for stranger in (who("U3"), who("U9"), who("U1", team="T2"), who("U1", team=""), who("U1", chat="other")):
        assert set(groups.of(stranger)) == set()
    assert len(hub.slack.calls) == asked == 1


async def test_who_leaves_is_no_member_any_more(hub: Hub) -> None:
    """At the next look; letters' case in the configuration does not matter."""
    groups = hub.groups("slack:@Admins", "slack:s0123")
    await groups.look()
    assert {name.casefold() for name in groups.of(who("U2"))} == {"slack:@admins", "slack:s0123"}
    hub.slack.user_groups = {("S0001", "admins"): ["U1"]}
    await groups.look()
    assert set(groups.of(who("U2"))) == set() and set(groups.of(who("U1"))) == {"slack:@admins"}


async def test_when_slack_is_away_what_was_known_holds_for_a_while(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """A hiccup takes nobody's role; after half an hour nobody has one by a group. The log says it once, not at every look."""
    groups = hub.groups()
    await groups.look()
    hub.slack.mode = "down"
    for _ in range(int(BELIEVED.total_seconds() // EVERY_S)):
        hub.clock.advance(seconds=EVERY_S)
        await groups.look()
    assert set(groups.of(who("U1"))) == {"slack:@admins"}
    hub.clock.advance(seconds=1)
    assert set(groups.of(who("U1"))) == set()
    assert [record.getMessage() for record in caplog.records] == ["slack: user groups are not known: slack_unavailable"]
    hub.slack.mode = "ok"
    await groups.look()
    assert set(groups.of(who("U1"))) == {"slack:@admins"}


@pytest.mark.parametrize("mode", ["garbage", "limited", "half", "lost"])
async def test_slacks_troubles_make_nobody_a_member(hub: Hub, mode: str) -> None:
    """Nor does a scope that is missing, and nothing is raised."""
    groups = hub.groups()
    hub.slack.mode = mode  # type: ignore[assignment]
    await groups.look()
    hub.slack.mode, hub.slack.scopes = "ok", ("chat:write",)
    await groups.look()
    assert set(groups.of(who("U1"))) == set()


async def test_each_workspace_has_groups_of_its_own(hub: Hub) -> None:
    """Of every installation; one that is gone has none any more, and without a token there is nothing to ask."""
    groups = hub.groups(bot_token=None)
    await groups.look()
    assert hub.slack.calls == []
    hub.tokens.use(Installation(chat="slack", team="T1", token=TOKEN, scopes=(), installed_at=datetime(2026, 11, 21, tzinfo=UTC)))
    await groups.look()
    assert set(groups.of(who("U1"))) == {"slack:@admins"}


def mail(address: str, **more: object) -> dict[str, object]:
    """Return somebody of the workspace with an address that they confirmed."""
    return {"is_email_confirmed": True, "profile": {"email": address}, **more}


async def test_an_address_is_its_owners(hub: Hub) -> None:
    """Who confirmed it, belongs to the workspace and works there; letters' case does not matter. All pages are read, and no more is asked than is wanted."""
    hub.slack.scopes, hub.slack.people_page = ("users:read", "users:read.email"), 2
    hub.slack.people = {
        "U1": mail("Ann@example.com"), "U2": mail("bob@example.com", is_email_confirmed=False), "U3": mail("cat@example.com", deleted=True),
        "U4": mail("dan@example.com", is_stranger=True), "U5": mail("bot@example.com", is_bot=True), "U6": mail("eve@example.com"), "U7": mail("fay@example.com"),
    }  # fmt: skip
    members = hub.groups(*(f"mail:{name}@example.com" for name in ("ann", "bob", "cat", "dan", "bot", "eve")))
    await members.look()
    assert {id: set(members.of(who(id))) for id in hub.slack.people if members.of(who(id))} == {"U1": {"mail:Ann@example.com"}, "U6": {"mail:eve@example.com"}}
    assert {call.method for call in hub.slack.calls} == {"users.list"} and len(hub.slack.calls) == 4
    assert set(members.of(who("U1", team="T2"))) == set()


async def test_groups_and_addresses_are_known_apart(hub: Hub) -> None:
    """Slack may tell of groups and not of addresses: without its scope nobody has one, and the groups hold all the same."""
    hub.slack.people = {"U1": mail("ann@example.com")}
    members = hub.groups("slack:@admins", "mail:ann@example.com")
    await members.look()
    assert set(members.of(who("U1"))) == {"slack:@admins"}
    hub.slack.scopes = ("usergroups:read", "users:read")
    await members.look()
    assert set(members.of(who("U1"))) == {"slack:@admins"}
    hub.slack.scopes = (*hub.slack.scopes, "users:read.email")
    await members.look()
    assert set(members.of(who("U1"))) == {"slack:@admins", "mail:ann@example.com"}
