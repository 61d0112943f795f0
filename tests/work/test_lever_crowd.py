"""Many deployments: a thousand that wait cost nothing while they wait, two hundred lanes are busy at once, and a dead runner holds up only its own."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock

from leverframe.core.approvals import Policy
from leverframe.core.deployments import Rules
from leverframe.core.services import Catalogue, Environment
from leverframe.store.tables import deployments, lever_effects
from leverframe.work.deploy import SCAN_S
from work.box import Box, box, text
from work.works import Works, WorksRunner

pytestmark = pytest.mark.anyio


def catalogue(services: int, **settings: Any) -> Catalogue:
    """Return so many services with a lane each; ``s7`` is deployed by the runner ``settings["runner"](7)``."""
    rules, runner = settings.get("rules", Rules()), settings.get("runner", lambda number: "works")
    return Catalogue(services={
        f"s{number}": {"live": Environment(service=f"s{number}", name="live", runner=runner(number), rules=rules)} for number in range(services)
    })  # fmt: skip


THOUSAND = catalogue(1010, rules=Rules(policy=Policy(required=1)))


async def ask_for(hub: Box, services: int) -> None:
    """Have so many services deployed, each of which waits for an approval then."""
    for start in range(0, services, 50):
        await asyncio.gather(*(hub.say("ann", f"deploy s{number} live") for number in range(start, min(start + 50, services))))
    await hub.converser.settled()
    await hub.run()


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which a deployment of each of the thousand waits for approval: begun once, and copied for each test."""
    path = tmp_path_factory.mktemp("thousand") / "hub.db"

    async def make() -> None:
        async with box(f"sqlite:///{path}", VirtualClock(), catalogue=THOUSAND, runners={"works": WorksRunner(Works())}) as hub:
            await ask_for(hub, 1010)

    with ThreadPoolExecutor(1) as beside:  # a loop may be running here
        beside.submit(asyncio.run, make()).result()
    return path


class Counting:
    """Counts what is asked of a database, and the rows that it changes."""

    def __init__(self, hub: Box) -> None:
        self.calls: Counter[str] = Counter()
        for kind in ("read", "write"):
            setattr(hub.database, kind, self._counting(kind, getattr(hub.database, kind)))

    def _counting(self, kind: str, do: Callable[..., Any]) -> Callable[..., Any]:
        async def counted(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            self.calls[kind] += 1
            return await do(work, *args, **kwargs)

        return counted


async def test_a_thousand_that_wait_cost_nothing(database_url: str, clock: VirtualClock, request: pytest.FixtureRequest) -> None:
    """With a thousand deployments waiting for approval a loop that has nothing to do asks as little of the database as with none."""
    sqlite, asked = database_url.startswith("sqlite"), []
    many = 1010 if sqlite else 200  # PostgreSQL takes them in a fifth as fast
    for services in (0, many):
        if services and sqlite:
            shutil.copy(request.getfixturevalue("thousand"), database_url.removeprefix("sqlite:///"))
        async with box(database_url, clock, catalogue=THOUSAND, runners={"works": WorksRunner(Works())}) as hub:
            if services and not sqlite:
                await ask_for(hub, services)
            await hub.run()
            if services:
                assert Counter(await hub.rows(sa.select(deployments.c.state))) == {("waiting",): many}
                assert await hub.rows(sa.select(sa.func.count()).select_from(lever_effects)) == [(many,)]
            counting = Counting(hub)
            for _ in range(12):
                assert await hub.deployer.step() == 0
                assert await hub.deployer._idle_s() == SCAN_S
                clock.advance(seconds=SCAN_S)
            asked.append(counting.calls)
            clock.advance(seconds=60)
    assert asked[0] == asked[1] and asked[1].total() <= 36


async def test_one_lane_is_seen_behind_a_thousand_others(thousand: Path, sqlite_url: str, clock: VirtualClock) -> None:
    """Whoever asks for one service is told of it, whatever waits elsewhere; the list of all says how many it leaves out."""
    shutil.copy(thousand, sqlite_url.removeprefix("sqlite:///"))
    async with box(sqlite_url, clock, catalogue=THOUSAND, runners={"works": WorksRunner(Works())}) as hub:
        assert "s1009 → live" in text(await hub.say("bob", "queue s1009"))
        assert (await hub.click("bob", "approve", "s1009")).public
        assert "more" in text(await hub.say("bob", "status"))


async def test_two_hundred_lanes_are_busy_at_once(database_url: str, clock: VirtualClock) -> None:
    """Each has one running and one in line; none waits for another lane, and all come to their end. (PostgreSQL has fifty.)"""
    works, lanes = Works(polls=3), 200 if database_url.startswith("sqlite") else 50
    async with box(database_url, clock, catalogue=catalogue(lanes), runners={"works": WorksRunner(works)}) as hub:
        for _ in range(2):
            await asyncio.gather(*(hub.say("ann", f"deploy s{number} live") for number in range(lanes)))
            await hub.converser.settled()
        await hub.run(seconds=1)
        assert Counter(await hub.states()) == {"running": lanes, "queued": lanes}
        await hub.run(seconds=60)
        assert Counter(await hub.states()) == {"succeeded": 2 * lanes}
        assert len(works.starts) == 2 * lanes and not works.twice


async def test_a_runner_that_does_not_answer_holds_up_only_its_own(sqlite_url: str, clock: VirtualClock) -> None:
    """A hundred and fifty lanes hang in a runner that is silent; those of the others go on meanwhile."""
    works, silent = Works(), asyncio.Event()
    dead = WorksRunner(Works())

    async def hang(what: str, order: object) -> None:
        await silent.wait()

    dead.before = hang  # type: ignore[assignment]
    async with box(sqlite_url, clock, catalogue=catalogue(200, runner=lambda number: "dead" if number < 150 else "works"), runners={"works": WorksRunner(works), "dead": dead}) as hub:
        await asyncio.gather(*(hub.say("ann", f"deploy s{number} live") for number in range(200)))
        await hub.converser.settled()
        for _ in range(200):
            if not await hub.deployer.step():
                clock.advance(seconds=1)
            for _ in range(20):
                await asyncio.sleep(0)
            if len(works.ended) == 50:
                break
        assert len(works.ended) == 50 and not dead.works.starts
        silent.set()
        await hub.run(seconds=60)
        assert Counter(await hub.states()) == {"succeeded": 200}
