"""Dispatches from asking to the run's end, with a GitHub that does all that GitHub does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from clock import VirtualClock
from fakes.github import TOKEN, FakeGitHub
from fakes.github_answers import Token as FakeToken
from fakes.github_repository import Repository

from leverframe.core.deployments import Deployment, status
from leverframe.core.dispatches import Manner
from leverframe.core.errors import Refused
from leverframe.core.messages import plain
from leverframe.core.wording.levers import DEPLOYMENT
from leverframe.github.client import GitHub, Token
from leverframe.net import Outbound
from leverframe.runners.repository_dispatch import RepositoryDispatch
from leverframe.secrets import Secret
from work.box import Box, box

pytestmark = pytest.mark.anyio
WINDOW = {"acme/site": Manner(window_s=30.0, room="slack:#site")}
NAMED = "Build ({leverframe.id})"


@dataclass(frozen=True)
class Hub:
    """A hub and its GitHub, with one workflow that is started by ``webhook``."""

    box: Box
    fake: FakeGitHub
    site: Repository

    async def dispatch(self, **wanted: Any) -> Deployment:
        """Ask for one and return it."""
        return (await self.box.dispatch(**wanted)).deployment

    async def now(self, one: Deployment) -> Deployment:
        """Return how it stands."""
        return next(each for each in await self.box.all() if each.id == one.id)

    async def status(self, one: Deployment) -> str:
        """Return its status."""
        return status(await self.now(one))

    def finish(self, conclusion: str = "success") -> None:
        """End every run that goes."""
        for run in self.site.runs.values():
            if run.conclusion is None:
                self.fake.finish(run, conclusion)


@asynccontextmanager
async def hub(url: str, clock: VirtualClock, manners: dict[str, Manner] | None = None, *, run_name: str = NAMED) -> AsyncIterator[Hub]:
    """Open one."""
    outbound = Outbound()
    async with FakeGitHub(now=clock.now) as fake:
        site = fake.repository("acme/site")
        site.workflow(on_dispatch="webhook", run_name=run_name)
        github = GitHub(outbound, Token(Secret(TOKEN)), clock, api_url=fake.url)
        runner = RepositoryDispatch("repository_dispatch", github, clock)
        async with box(url, clock, runners={"repository_dispatch": runner}, manners=WINDOW if manners is None else manners) as made:
            yield Hub(made, fake, site)
    await outbound.close()


async def test_ten_edits_are_one_build(database_url: str, clock: VirtualClock) -> None:
    """Within the window all join the first; one event is sent, with the latest payload; the card lists every reason once."""
    async with hub(database_url, clock) as one:
        taken = [await one.box.dispatch(payload={"post": number}, reason=f"edit {number}", by="person:ann", by_name="ann") for number in range(10)]
        assert len({each.deployment.id for each in taken}) == 1 and [each.joined for each in taken] == [False, *[True] * 9]
        await one.box.run(seconds=29)
        assert one.fake.dispatched == [] and await one.status(taken[0].deployment) == "accepted"
        await one.box.run(seconds=5)
        [sent] = one.fake.dispatched
        id = taken[0].deployment.id
        assert sent == {"event_type": "webhook", "client_payload": {"post": 9, "leverframe": {"id": id, "project": "acme/site", "event_type": "webhook"}}}
        assert await one.status(taken[0].deployment) == "run_found"
        one.finish()
        await one.box.run(seconds=60)
        done = await one.now(taken[0].deployment)
        assert status(done) == "succeeded" and done.last_try is not None and done.last_try.run is not None and done.last_try.run.number == "#1"
        card = plain(await one.box.told_last(DEPLOYMENT))
        assert card.startswith("✅ Workflow run succeeded: acme/site → webhook #1") and "edit 0" in card and "and 2 more" in card


async def test_one_build_in_flight(database_url: str, clock: VirtualClock) -> None:
    """While a run goes, everybody who asks becomes the next one; it is sent when the first has ended, however that is."""
    async with hub(database_url, clock, {}) as one:
        first = await one.dispatch(payload={"n": 1})
        await one.box.run(seconds=60)
        later = [await one.dispatch(payload={"n": number}) for number in (2, 3, 4)]
        await one.box.run(seconds=600)
        assert len({each.id for each in later}) == 1 and len(one.fake.dispatched) == 1
        assert (await one.status(first), await one.status(later[0])) == ("run_found", "accepted")
        one.finish("failure")
        await one.box.run(seconds=60)
        assert [sent["client_payload"]["n"] for sent in one.fake.dispatched] == [1, 4]
        assert (await one.status(first), await one.status(later[0])) == ("failed", "run_found")


async def test_as_many_in_flight_as_are_asked_for(database_url: str, clock: VirtualClock) -> None:
    """Two places: the third joins nobody that goes, waits, and takes the place that is free first."""
    async with hub(database_url, clock, {"acme/site": Manner(in_flight=2)}) as one:
        for number in range(4):
            await one.dispatch(payload={"n": number})
            await one.box.run(seconds=20)
        assert [sent["client_payload"]["n"] for sent in one.fake.dispatched] == [0, 1]
        one.fake.finish(one.site.runs[max(one.site.runs)], "success")
        await one.box.run(seconds=60)
        assert [sent["client_payload"]["n"] for sent in one.fake.dispatched] == [0, 1, 3]
        assert sorted(await one.box.states()) == ["running", "running", "succeeded"]


async def test_projects_and_events_stand_apart(database_url: str, clock: VirtualClock) -> None:
    """Another event of the project waits for its turn and joins nothing; another project goes at once; what was decided stands behind nobody."""
    async with hub(database_url, clock, {}) as one:
        one.fake.repository("acme/docs").workflow(on_dispatch="webhook", run_name=NAMED)
        a = await one.dispatch(project="Acme/site")
        b = await one.dispatch(event_type="other")
        c = await one.dispatch(project="acme/docs")
        d = await one.dispatch(alone=True)
        e = await one.dispatch(environment="production")
        await one.box.run(seconds=60)
        assert [await one.status(each) for each in (a, b, c, d, e)] == ["run_found", "accepted", "run_found", "run_found", "accepted"]


async def test_github_away_for_an_hour(database_url: str, clock: VirtualClock) -> None:
    """No connection: nothing is lost, everything that is asked meanwhile joins what surely was not sent, and one build comes of it."""
    async with hub(database_url, clock) as one:
        await one.fake.leave()
        for number in range(6):
            waits = await one.dispatch(payload={"n": number}, reason=f"edit {number}")
            await one.box.run(seconds=600)
            assert await one.status(waits) == "accepted"
        assert [each.state for each in await one.box.all()] == ["starting"]
        told = await one.now(waits)
        assert told.last_try is not None and told.last_try.trouble == "github_unreachable"
        await one.fake.__aenter__()
        await one.box.run(seconds=120)
        [sent] = one.fake.dispatched
        assert sent["client_payload"]["n"] == 5 and await one.status(waits) == "run_found"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(lambda hub: hub.fake.tokens.clear(), "github_token_invalid"), (lambda hub: hub.fake.repositories.clear(), "github_not_found"),
     (lambda hub: hub.fake.tokens.update({TOKEN: FakeToken(permissions={"contents": "read", "metadata": "read", "actions": "read"})}), "github_permission_missing")],
)  # fmt: skip
async def test_what_github_refuses_is_a_dead_letter(sqlite_url: str, clock: VirtualClock, spoil: Any, code: str) -> None:
    """A 401, 403 or 404 surely did nothing and will not pass by itself: it waits with its reason, and is sent anew when somebody says so."""
    async with hub(sqlite_url, clock, {}) as one:
        tokens, repositories = dict(one.fake.tokens), dict(one.fake.repositories)
        spoil(one)
        sent = await one.dispatch(payload={"n": 1})
        await one.box.run(seconds=60)
        dead = await one.now(sent)
        assert (status(dead), dead.end and dead.end.code) == ("dead", code) and one.fake.dispatched == []
        one.fake.tokens, one.fake.repositories = tokens, repositories
        after = await one.dispatch(payload={"n": 2})  # the lane is free
        await one.box.run(seconds=30)
        assert await one.status(after) == "run_found"
        one.finish()
        await one.box.run(seconds=60)
        await one.box.say("ann", f"retry {sent.id}")
        await one.box.run(seconds=60)
        assert [each["client_payload"]["n"] for each in one.fake.dispatched] == [2, 1]
        assert one.fake.dispatched[1]["client_payload"]["leverframe"]["id"] == f"{sent.id}-2"


async def test_a_limit_is_waited_out(sqlite_url: str, clock: VirtualClock) -> None:
    """A 429 or a secondary limit surely did nothing: it is sent when GitHub says."""
    async with hub(sqlite_url, clock, {}) as one:
        one.fake.lever_mode = "limited"
        sent = await one.dispatch()
        await one.box.run(seconds=20)
        assert await one.status(sent) == "accepted"
        one.fake.lever_mode = "ok"
        await one.box.run(seconds=60)
        assert await one.status(sent) == "run_found" and len(one.fake.dispatched) == 1


@pytest.mark.parametrize("mode", ["lost", "broken"])
async def test_after_a_lost_answer_the_run_is_looked_for(sqlite_url: str, clock: VirtualClock, mode: Any) -> None:
    """The answer never came, or was a 502: it is not sent again, but found by our id in its name."""
    async with hub(sqlite_url, clock, {}) as one:
        one.fake.lever_mode = mode
        sent = await one.dispatch()
        await one.box.run(seconds=120)
        assert await one.status(sent) == "run_found" and len(one.fake.dispatched) == 1


async def test_what_nobody_knows_is_settled_by_somebody(sqlite_url: str, clock: VirtualClock) -> None:
    """A 503 and no run: unknown. Nothing else of the project is sent until a person says what happened; then the next goes."""
    async with hub(sqlite_url, clock, {}) as one:
        one.fake.lever_mode = "down"
        sent = await one.dispatch(payload={"n": 1})
        await one.box.run(seconds=600)
        one.fake.lever_mode = "ok"
        after = await one.dispatch(payload={"n": 2})
        await one.box.run(seconds=3600)
        assert (await one.status(sent), await one.status(after), one.fake.dispatched) == ("unknown", "accepted", [])
        await one.box.say("ann", f"settle {sent.id} did-not-run")
        await one.box.run(seconds=30)
        assert (await one.status(sent), await one.status(after)) == ("dead", "run_found")


async def test_a_run_that_is_not_named_is_not_found(sqlite_url: str, clock: VirtualClock) -> None:
    """Where run-name lacks our id GitHub's acceptance is all that is known: it was sent, and which run it is nobody knows. With
    ``follow = false`` it is over once GitHub took it."""
    async with hub(sqlite_url, clock, {}, run_name="Build") as one:
        sent = await one.dispatch()
        await one.box.run(seconds=30)
        assert await one.status(sent) == "sent"
        await one.box.run(seconds=600)
        assert await one.status(sent) == "unknown"
    async with hub(f"{sqlite_url}2", clock, {"acme/site": Manner(followed=False)}, run_name="Build") as one:
        sent = await one.dispatch()
        await one.box.run(seconds=30)
        ended = await one.now(sent)
        assert (status(ended), ended.state, len(one.fake.dispatched)) == ("sent", "succeeded", 1)
        full = await one.dispatch(payload={f"k{number}": number for number in range(10)})
        await one.box.run(seconds=30)
        assert await one.status(full) == "sent" and "leverframe" not in one.fake.dispatched[1]["client_payload"]


async def test_a_webhook_of_the_run_has_it_looked_at_once(sqlite_url: str, clock: VirtualClock) -> None:
    """The machine is not told by the webhook, only hurried."""
    async with hub(sqlite_url, clock, {}) as one:
        sent = await one.dispatch()
        await one.box.run(seconds=10)
        one.finish()
        await one.box.deployer.hint(await one.now(sent))
        await one.box.run(seconds=1)
        assert await one.status(sent) == "succeeded"


async def test_the_same_request_again_is_not_done_again(database_url: str, clock: VirtualClock) -> None:
    """Under one name one dispatch, also when it has long ended; something else under that name is refused, another asker's name is theirs."""
    async with hub(database_url, clock, {}) as one:
        first = await one.box.dispatch(payload={"n": 1}, key="k", by="token:cms")
        await one.box.run(seconds=30)
        again = await one.box.dispatch(payload={"n": 1}, key="k", by="token:cms")
        assert (again.deployment.id, again.repeated, again.deployment.dispatch and again.deployment.dispatch.joined) == (first.deployment.id, True, 1)
        with pytest.raises(Refused, match="idempotency_key_used"):
            await one.box.dispatch(payload={"n": 2}, key="k", by="token:cms")
        other = await one.box.dispatch(payload={"n": 1}, key="k", by="token:ops")
        assert not other.repeated and other.deployment.id != first.deployment.id


async def test_a_name_that_is_good_for_a_moment_counts_from_the_first(database_url: str, clock: VirtualClock) -> None:
    """A button that is pressed twice is one dispatch whenever the first press was; pressed again later, it is another."""
    async with hub(database_url, clock, {}) as one:
        found = []
        for after_s in (0.0, 0.2, 9.7, 0.2, 9.9):
            clock.advance(seconds=after_s)
            found.append(await one.box.dispatch(key="k", key_s=10.0, by="token:card", alone=True))
        assert [each.repeated for each in found] == [False, True, True, False, True]
        assert len({each.deployment.id for each in found}) == 2


async def test_many_at_once_are_one(database_url: str, clock: VirtualClock) -> None:
    """Requests that race become one all the same."""
    async with hub(database_url, clock) as one:
        taken = await asyncio.gather(*(one.box.dispatch(payload={"n": number}) for number in range(20)))
        assert len({each.deployment.id for each in taken}) == 1
        await one.box.run(seconds=40)
        [sent] = await one.box.all()
        assert len(one.fake.dispatched) == 1 and sent.dispatch is not None and sent.dispatch.joined == 20


async def test_without_github_nothing_is_accepted(sqlite_url: str, clock: VirtualClock) -> None:
    """A hub that cannot send says so at once, as it does of what GitHub would refuse."""
    async with box(sqlite_url, clock) as made:
        for wanted, code in (({}, "github_token_missing"), ({"project": "acme"}, "dispatch_project_invalid")):
            with pytest.raises(Refused) as refused:
                await made.dispatch(**wanted)
            assert refused.value.code == code
