"""Teams of GitHub as members of roles: looked up beside everything else, told from memory, and never believed for long without GitHub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from clock import VirtualClock
from fakes.github import TOKEN, FakeGitHub
from fakes.github_answers import Token as FakeToken

from leverframe.github.client import GitHub, Token
from leverframe.github.teams import BELIEVED, EVERY_S, GitHubTeams
from leverframe.net import Outbound
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio


@dataclass
class World:
    fake: FakeGitHub
    outbound: Outbound
    clock: VirtualClock = field(default_factory=VirtualClock)

    def teams(self, *wanted: str) -> GitHubTeams:
        """Return what knows the teams that roles name."""
        return GitHubTeams(GitHub(self.outbound, Token(Secret(TOKEN)), self.clock, api_url=self.fake.url), self.clock, wanted or ("github:Acme/release", "github:acme/ops"))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    outbound = Outbound()
    async with FakeGitHub() as fake:
        fake.teams = {"acme/release": ["Ann", *(f"other{number}" for number in range(150)), "bob"], "acme/ops": ["ann"]}
        yield World(fake, outbound)
        await outbound.close()


async def test_who_is_in_a_team_is_told_from_memory(world: World) -> None:
    """By any account of theirs at GitHub, whatever the case of letters; not before GitHub was asked, and every page was read."""
    teams = world.teams()
    assert set(teams.of(["github:ann"])) == set()
    await teams.look()
    asked = len(world.fake.calls)
    assert set(teams.of(["slack:U1", "github:ANN"])) == {"github:Acme/release", "github:acme/ops"}
    assert set(teams.of(["github:bob"])) == {"github:Acme/release"}
    assert set(teams.of(["slack:ann", "mail:ann", "github:eve"])) == set()
    assert len(world.fake.calls) == asked == 3


async def test_who_leaves_is_no_member_any_more(world: World) -> None:
    """At the next look."""
    teams = world.teams()
    await teams.look()
    world.fake.teams["acme/ops"] = []
    await teams.look()
    assert set(teams.of(["github:ann"])) == {"github:Acme/release"}


async def test_when_github_is_away_what_was_known_holds_for_a_while(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A hiccup takes nobody's role; after half an hour nobody has one by a team. The log says it once a team, not at every look."""
    teams = world.teams()
    await teams.look()
    world.fake.mode = "down"
    for _ in range(int(BELIEVED.total_seconds() // EVERY_S)):
        world.clock.advance(seconds=EVERY_S)
        await teams.look()
    assert set(teams.of(["github:ann"])) == {"github:Acme/release", "github:acme/ops"}
    world.clock.advance(seconds=1)
    assert set(teams.of(["github:ann"])) == set()
    assert len(caplog.records) == 2
    world.fake.mode = "ok"
    await teams.look()
    assert set(teams.of(["github:bob"])) == {"github:Acme/release"}


async def test_a_team_that_cannot_be_read_has_no_members(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A token that may not read the organisation's members, a team that is none, a name made to lead elsewhere: nobody is in it, and the others hold."""
    world.fake.tokens[TOKEN] = FakeToken(permissions={"metadata": "read"})
    teams = world.teams("github:acme/release")
    await teams.look()
    assert set(teams.of(["github:ann"])) == set() and "github_" in caplog.records[0].getMessage()
    world.fake.tokens[TOKEN] = FakeToken()
    teams = world.teams("github:acme/../../user", "github:acme/nobody", "github:../release", "github:acme/ops")
    await teams.look()
    assert set(teams.of(["github:ann"])) == {"github:acme/ops"}
