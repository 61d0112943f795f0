"""GitHub's environments wait for the hub's app: people are asked in chat, and GitHub hears what they said, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from clock import VirtualClock
from fakes.github import TOKEN, FakeGitHub

from leverframe.core.approvals import Policy
from leverframe.core.events import Event
from leverframe.core.gates import Rule
from leverframe.core.messages import plain
from leverframe.core.wording.levers import DEPLOYMENT
from leverframe.github.client import GitHub, Token
from leverframe.net import Outbound
from leverframe.runners.github_rule import GitHubRule, read_callback
from leverframe.secrets import Secret
from leverframe.work.follow import Follower
from work.box import Box, box, text

pytestmark = pytest.mark.anyio
POLICY = Policy(required=1, allow_self=True, expires_s=3_600.0)
KEY = ("acme/web", "77", "production")


@dataclass(frozen=True)
class Hub:
    box: Box
    fake: FakeGitHub
    follower: Follower

    async def event(self, kind: str = "github", deployment: int = 1, **changed: Any) -> bool:
        """Have GitHub (or a source of another kind) say that an environment waits; return whether somebody is asked."""
        payload = {
            "action": "requested", "environment": "production", "event": "push", "sender": {"login": "octocat"},
            "deployment_callback_url": f"{self.fake.url}/repos/acme/web/actions/runs/77/deployment_protection_rule",
            "deployment": {"id": deployment, "ref": "main", "sha": "c0ffee" * 6 + "beef"}, "repository": {"full_name": "acme/web", "html_url": "https://github.com/acme/web"}, **changed,
        }  # fmt: skip
        event = Event(
            id=1, source=kind, kind=kind, name="deployment_protection_rule", action=payload["action"], delivery_id="d", received_at=self.box.clock.now(),
            repo=payload["repository"]["full_name"], actor=None, subject=None, branches=None, labels=None, paths=None, conclusion=None,
            environment=payload["environment"], url=None, payload=payload,
        )  # fmt: skip
        assert self.follower.wants(event.name, event.repo)
        turn = await self.box.database.write(self.follower.take, event, now=self.box.clock.now())
        if turn is not None:
            self.follower.committed(turn)
        return turn is not None


@asynccontextmanager
async def hub(url: str, clock: VirtualClock) -> AsyncIterator[Hub]:
    """Open one."""
    outbound = Outbound()
    async with FakeGitHub(now=clock.now) as fake:
        fake.repository("acme/web")
        fake.tokens[TOKEN].permissions["deployments"] = "write"
        client = GitHub(outbound, Token(Secret(TOKEN)), clock, api_url=fake.url)
        async with box(url, clock, runners={"github_rule": GitHubRule(client, fake.url)}) as made:
            rules = [Rule(repositories=("acme/*",), environments=("production",), policy=POLICY, rooms=("slack:#deploys",))]
            yield Hub(made, fake, Follower(made.deployer, rules=rules, api_url=fake.url))
    await outbound.close()


async def test_people_are_asked_and_github_hears(database_url: str, clock: VirtualClock) -> None:
    """GitHub hears that people are asked, then what they said and who; the same event again asks nobody again."""
    async with hub(database_url, clock) as one:
        assert await one.event() and await one.event()
        await one.box.run(seconds=5)
        gate = next(each for each in await one.box.all() if each.kind == "gate")
        assert [each.kind for each in await one.box.all()].count("gate") == 1
        assert one.fake.reviews[KEY] == [(None, f"People are asked ({gate.id}).")]
        card = plain((await one.box.told(DEPLOYMENT))[0])
        assert card.startswith("✋ Approval needed: acme/web → production main") and "https://github.com/acme/web/actions/runs/77" in card


@pytest.mark.parametrize(("how", "state", "comment"), [("approve", "approved", "Approved by ann"), ("reject", "rejected", "Rejected by ann"), ("cancel", "rejected", "Cancelled by ann"), ("", "rejected", "Nobody decided in time")])
async def test_every_end_is_an_answer(sqlite_url: str, clock: VirtualClock, how: str, state: str, comment: str) -> None:
    """A yes, a no, a question that was taken back and one that nobody answered: a run never waits for ever."""
    async with hub(sqlite_url, clock) as one:
        await one.event(sender={})
        await one.box.run(seconds=5)
        gate = next(each for each in await one.box.all() if each.kind == "gate")
        if how:
            assert "approval_" not in text(await one.box.say("ann", f"{how} {gate.id}"))
        await one.box.run(seconds=5 if how else timedelta(hours=2).total_seconds())
        (_, _), (said, why) = one.fake.reviews[KEY]
        assert said == state and why.startswith(comment) and gate.id in why


async def test_a_later_job_and_a_run_that_starts_again_are_asked_for_too(database_url: str, clock: VirtualClock) -> None:
    """They wait under the address of the first: taken for the same question, which was answered, they waited for ever. An event that comes once
    more, and a second job while people are asked, ask nobody again."""
    async with hub(database_url, clock) as one:
        for number, said in ((1, "approve"), (2, "reject"), (3, "approve")):
            for deployment in (number, number, 10 + number):
                await one.event(sender={"login": f"octocat{number}"}, deployment=deployment)
            await one.box.run(seconds=5)
            gate = [each for each in await one.box.all() if each.kind == "gate"][-1]
            await one.box.say("ann", f"{said} {gate.id}")
            await one.box.run(seconds=5)
            await one.event(sender={"login": f"octocat{number}"}, deployment=number)
            assert [each.kind for each in await one.box.all()].count("gate") == number
            assert [state for state, _ in one.fake.reviews.pop(KEY)] == [None, "rejected" if said == "reject" else "approved"]


async def test_what_is_not_asked(sqlite_url: str, clock: VirtualClock) -> None:
    """Another environment, another repository, an address that is not this GitHub's: nobody is asked."""
    async with hub(sqlite_url, clock) as one:
        for changed in ({"environment": "staging"}, {"repository": {"full_name": "evil/web"}}, {"deployment_callback_url": "https://evil.example/repos/acme/web/actions/runs/1/deployment_protection_rule"},
                        {"action": "created"}, {"environment": ""}):  # fmt: skip
            assert not await one.event(**changed)
        assert await one.box.all() == []


async def test_only_github_asks_for_an_environment(sqlite_url: str, clock: VirtualClock) -> None:
    """A service that sends in its own words could have asked first, in another's name: then GitHub's own event was a repeat, and whoever
    had started the run could approve it themselves."""
    async with hub(sqlite_url, clock) as one:
        for kind in ("generic", "cloudevents", "standard_webhooks", "gitea", "gitlab", "git"):
            assert not await one.event(kind, sender={"login": "somebody-else"})
        assert await one.event()
        (gate,) = [each for each in await one.box.all() if each.kind == "gate"]
        assert gate.by == "github:octocat"


def test_only_this_githubs_addresses_are_answered() -> None:
    """The payload's address is read strictly: host, repository and run."""
    api = "https://api.github.com"
    assert read_callback(f"{api}/repos/Acme/web/actions/runs/77/deployment_protection_rule", api, "acme/web") == "77"
    for url in ("https://api.github.com.evil.example/repos/acme/web/actions/runs/77/deployment_protection_rule", f"{api}/repos/other/web/actions/runs/77/deployment_protection_rule",
                f"{api}/repos/acme/web/actions/runs/77/../1/deployment_protection_rule", f"{api}/repos/acme/web/actions/runs/x/deployment_protection_rule", ""):  # fmt: skip
        assert read_callback(url, api, "acme/web") is None
