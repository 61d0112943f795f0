"""A process dies, or an answer is lost, between any two steps from a pipeline's question to the end of what was to be done on the answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from msgspec.structs import replace

from leverframe.core.approvals import Policy
from leverframe.core.deployments import Deployment
from leverframe.core.gates import NOTHING, Act
from leverframe.core.messages import plain
from leverframe.core.wording.levers import DEPLOYMENT
from leverframe.ports import Order, Run, Runner
from leverframe.store import schema
from leverframe.store.tables import approvals, audit, deliveries, inbox, lever_effects
from work.gates import SECRET, YES, Hub, outside
from work.trouble import Trouble, forget, insist, lived

pytestmark = pytest.mark.anyio
KEY = "run-42"


class Tripping:
    """A runner whose calls can be stumbled over. Satisfies ``ports.Runner``."""

    def __init__(self, inner: Runner) -> None:
        self.name, self.kind, self.poll_every_s, self._inner = inner.name, inner.kind, inner.poll_every_s, inner
        self.before: Callable[[str, Order], Awaitable[Any]]
        self.after: Callable[[str, Order], Awaitable[Any]]

    async def start(self, order: Order) -> Any:
        """Start it."""
        return await self._do("start", order, lambda: self._inner.start(order))

    async def find(self, order: Order) -> Any:
        """Look for it."""
        return await self._do("find", order, lambda: self._inner.find(order))

    async def poll(self, order: Order, run: Run) -> Any:
        """Look at it."""
        return await self._do("poll", order, lambda: self._inner.poll(order, run))

    async def cancel(self, order: Order, run: Run) -> Any:
        """End it."""
        return await self._do("cancel", order, lambda: self._inner.cancel(order, run))

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _do(self, what: str, order: Order, do: Callable[[], Awaitable[Any]]) -> Any:
        told = await self.before(what, order)
        if told is not None:
            return told
        answer = await do()
        told = await self.after(what, order)
        return told if told is not None else answer


def tripping(among: list[Tripping], runner: Runner) -> Tripping:
    """Return a runner that can be stumbled over, one more of those."""
    among.append(Tripping(runner))
    return among[-1]


async def agreed(hub: Hub) -> None:
    """Two people say yes, GitHub starts the workflow, and its run succeeds."""
    gate = await insist(lambda: hub.ask(key=KEY, owner="token:ci", policy=Policy(required=2)))
    await insist(lambda: hub.box.click("ann", "approve", gate.id, key="1"))
    await insist(lambda: hub.box.click("bob", "approve", gate.id, key="2"))
    await hub.box.run(seconds=12)
    if (await hub.now(gate))["outcome"] != "run_found":
        await hub.box.run(seconds=400)
    if (await hub.now(gate))["outcome"] == "unknown":  # it was about to be sent, and GitHub's lists are no proof that it was not
        assert not hub.fake.dispatched and (await hub.card()).startswith("❓ People said yes; whether GitHub heard is not known")
        await insist(lambda: hub.box.say("bob", f"settle {gate.id} did-not-run", key="3"))
        await insist(lambda: hub.box.click("bob", "retry", gate.id, key="4"))
        await hub.box.run(seconds=12)
    for run in hub.repository.runs.values():
        if run.status != "completed":
            hub.fake.finish(run, "success")
    await hub.box.run(seconds=30)


async def refused(hub: Hub) -> None:
    """Somebody says no, and whoever asked is called back."""
    act = Act(deed="callback", url=hub.receiver.url, secret=SECRET)
    gate = await insist(lambda: hub.ask(key=KEY, owner="token:ci", approve=NOTHING, reject=act))
    await insist(lambda: hub.box.click("bob", "reject", gate.id, key="1"))
    await hub.box.run(seconds=90)


@dataclass(frozen=True)
class Story:
    """What people do, and what has come of it in the end, whatever happened in between."""

    play: Callable[[Hub], Awaitable[None]]
    clicks: int
    card: str
    """How the card begins in every room."""


STORIES = {"agreed": Story(agreed, 2, "✅ Approved: Release 1.2"), "refused": Story(refused, 1, "👎 Rejected: Release 1.2")}


async def check(hub: Hub, name: str, story: Story) -> None:
    """Assert that it ended as it would have without any trouble: one decision, one lever, every room told."""
    made = await hub.box.all()
    gate = made[0]
    now = await hub.now(gate)
    if name == "agreed":
        assert [(sent["event_type"], sent["client_payload"]["build"]) for sent in hub.fake.dispatched] == [("deploy", {"id": 7})], "a lever is pulled once"
        assert (len(made), now["decision"], now["outcome"], now["decided_by"]) == (1, "approved", "succeeded", ["ann", "bob"])
    else:
        assert (len(made), now["decision"], now["decided_by"], made[1].state) == (2, "rejected", ["bob"], "succeeded")
        assert hub.receiver.heard and len({headers["webhook-id"] for headers, _ in hub.receiver.heard}) == len({body for _, body in hub.receiver.heard}) == 1
        assert json.loads(hub.receiver.heard[0][1])["data"]["decision"] == "rejected" and not hub.fake.dispatched
    assert await hub.box.rows(sa.select(lever_effects)) == []
    assert {(row.code, row.ended_at is not None) for row in await hub.box.rows(sa.select(inbox.c.code, inbox.c.ended_at))} == {("ok", True)}
    assert [row.code for row in await hub.box.rows(sa.select(audit.c.code).where(audit.c.act.in_(["approve", "reject"])))] == ["ok"] * story.clicks
    assert [row.result for row in await hub.box.rows(sa.select(approvals.c.result))] == ["won" if name == "agreed" else "lost"]
    cards = await hub.box.told(DEPLOYMENT)
    assert any(plain(card).startswith(story.card) for card in cards), [plain(card)[:80] for card in cards]
    owed = await hub.box.rows(sa.select(deliveries.c.destination, sa.func.max(deliveries.c.event_id).label("last")).group_by(deliveries.c.destination))
    assert {row.destination for row in owed} == {"slack:#deploys", "teams:#release"} and len({row.last for row in owed}) == 1


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("how", ["dies", "lost", "away"])
async def test_trouble_at_any_step_of_a_gate(database_url: str, clock: VirtualClock, how: str, name: str) -> None:
    """Every commit and every call, one after the other; on PostgreSQL every third, which are others for each kind of trouble."""
    story, steps = STORIES[name], []
    first, stride = (1, 1) if database_url.startswith("sqlite") else (1 + ["dies", "lost", "away"].index(how), 3)
    for number in range(first, 100, stride):
        clock.advance(hours=1)
        async with outside(clock) as world:
            trouble, runners = Trouble(number, how), list[Tripping]()
            async with world.hub(database_url, partial(tripping, runners)) as hub:
                await hub.box.database.write(forget)
                trouble.enter(hub.box, *runners)
                ended = await lived(trouble, story.play(hub))
                if ended:
                    await check(hub, name, story)
            if not ended:
                clock.advance(seconds=schema.LEASE_S + 1)
                async with world.hub(database_url) as hub:
                    await hub.box.converser.recover()
                    await hub.box.converser.settled()
                    await hub.box.run(seconds=4)
                    await story.play(hub)
                    await check(hub, name, story)
        if not trouble.step:
            break
        steps.append(trouble.step)
    assert number > 8
    assert stride > 1 or {"start", "write work", "write take_in", "write execute_all", "write beginning"} <= set(steps)


async def test_a_no_that_comes_while_the_hub_is_away_is_not_lost(sqlite_url: str, clock: VirtualClock) -> None:
    """The hub stops with the question open and comes back after its time: nobody decided, and what is to be done then is done, once."""
    async with outside(clock) as world:
        act = Act(deed="callback", url=world.receiver.url, secret=SECRET)
        async with world.hub(sqlite_url) as hub:
            gate: Deployment = await hub.ask(approve=replace(YES), reject=act, policy=Policy(expires_s=600))
        clock.advance(hours=2)
        async with world.hub(sqlite_url) as hub:
            late = await hub.box.click("ann", "approve", gate.id)
            await hub.box.run(seconds=120)
            assert (await hub.now(gate))["decision"] == "expired" and not world.fake.dispatched, plain(late.message) if late.message else ""
            assert [json.loads(body)["data"]["decision"] for _, body in world.receiver.heard] == ["expired"]
