"""A process dies, or an answer is lost, between any two steps from a word to a runner's end: no lever is pulled twice, none is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from clock import VirtualClock

from leverframe.core.approvals import Policy
from leverframe.core.deployments import Retry, Rules
from leverframe.core.messages import plain
from leverframe.core.services import Catalogue, Environment
from leverframe.store import schema
from leverframe.store.tables import approvals, audit, inbox, lever_effects
from work.box import Box, box
from work.trouble import Trouble, forget, insist, lived
from work.works import Works, WorksRunner

pytestmark = pytest.mark.anyio
CATALOGUE = Catalogue(services={"web-app": {
    "staging": Environment(service="web-app", name="staging", runner="works", rules=Rules(retry=Retry(times=1, wait_s=1.0))),
    "production": Environment(service="web-app", name="production", runner="works", rules=Rules(policy=Policy(required=1))),
    "preview": Environment(service="web-app", name="preview", runner="works"),
}})  # fmt: skip


async def retried(hub: Box) -> None:
    """A deployment whose first run fails is run again; its lane is locked meanwhile, and somebody is refused."""
    await insist(lambda: hub.say("ann", "deploy web-app staging main", key="1"))
    await hub.run(seconds=60)
    await insist(lambda: hub.say("ann", "lock web-app staging for the demo", key="2"))
    await insist(lambda: hub.say("bob", "deploy web-app staging", key="3"))
    await hub.run(seconds=200)


async def approved(hub: Box) -> None:
    """A deployment waits for somebody else, who says yes."""
    await insist(lambda: hub.say("ann", "deploy web-app production main", key="1"))
    await hub.run(seconds=10)
    (waits,) = await hub.all()
    await insist(lambda: hub.click("bob", "approve", waits.id, key="2"))
    await hub.run(seconds=200)


async def cancelled(hub: Box) -> None:
    """A run that would never end is cancelled."""
    await insist(lambda: hub.say("ann", "deploy web-app preview", key="1"))
    await hub.run(seconds=4)
    (goes,) = await hub.all()
    await insist(lambda: hub.click("cat", "cancel", goes.id, key="2"))
    await hub.run(seconds=300)


@dataclass(frozen=True)
class Story:
    """What people do, and what has come of it in the end, whatever happened in between."""

    play: Callable[[Box], Awaitable[None]]
    codes: dict[str, int]
    """Of what was said: how often each came of it."""
    state: str
    card: str
    """How the card begins."""
    runs: tuple[str, ...] = ("",)
    """What the correlation ids end with, after the deployment's id."""
    voted: tuple[str, ...] = ()


STORIES = {
    "retried": Story(retried, {"ok": 2, "lock_held": 1}, "succeeded", "✅ ", ("", "-2")),
    "approved": Story(approved, {"ok": 2}, "succeeded", "✅ ", voted=("slack:BOB",)),
    "cancelled": Story(cancelled, {"ok": 2}, "cancelled", "🚫 "),
}


async def check(hub: Box, works: Works, story: Story) -> None:
    """Assert that it ended as it would have without any trouble."""
    assert not works.twice
    (made,) = await hub.all()
    assert made.state == story.state
    runs = {made.id + ending for ending in story.runs}
    assert set(works.starts) == runs or (story.state == "cancelled" and not works.starts)  # cancelled before it was begun again
    rows = await hub.rows(sa.select(inbox.c.code, inbox.c.ended_at))
    assert all(row.ended_at is not None for row in rows)
    assert Counter(row.code for row in rows) == story.codes
    assert [row.result for row in await hub.rows(sa.select(approvals.c.result))] == ["won"] * len(story.voted)
    assert tuple(vote.actor for vote in (made.approval.votes if made.approval is not None else ())) == story.voted
    assert await hub.rows(sa.select(lever_effects)) == []
    acts = await hub.rows(sa.select(audit.c.code))
    assert Counter(row.code for row in acts) == story.codes
    assert plain(await hub.told_last("lever_deployment")).startswith(story.card)


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("how", ["dies", "lost", "away"])
async def test_trouble_at_any_step(database_url: str, clock: VirtualClock, how: str, name: str) -> None:
    """Every commit and every call of a runner, one after the other; on PostgreSQL every third, which are others for each kind of trouble."""
    story, steps = STORIES[name], []
    first, stride = (1, 1) if database_url.startswith("sqlite") else (1 + ["dies", "lost", "away"].index(how), 3)
    for number in range(first, 100, stride):
        works = Works(fails=lambda order: order.environment == "staging" and "-" not in order.correlation_id, endless={"preview"})
        clock.advance(hours=1)
        trouble, runner = Trouble(number, how), WorksRunner(works)
        async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": runner}) as hub:
            await hub.database.write(forget)
            trouble.enter(hub, runner)
            ended = await lived(trouble, story.play(hub))
            if ended:
                await check(hub, works, story)
        if not ended:
            clock.advance(seconds=schema.LEASE_S + 1)
            async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(works)}) as hub:
                await hub.converser.recover()
                await hub.converser.settled()
                assert await hub.rows(sa.select(inbox.c.id).where(inbox.c.ended_at.is_(None))) == []  # also what nobody says again
                await hub.run(seconds=4)
                await story.play(hub)
                await check(hub, works, story)
        if not trouble.step:
            break
        steps.append(trouble.step)
    assert number > 15
    assert stride > 1 or {"start", "poll", "write take_in", "write execute_all", "write beginning"} <= set(steps)
