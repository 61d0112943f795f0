"""A process holds a destination while it sends there: what happens when its lease runs out, and to those who wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack
from services.postgres import Server

from leverframe.core.routes import Route
from leverframe.store import deliveries, schema
from leverframe.store.tables import destinations
from leverframe.work.deliver import WINDOW
from work.engine import Engine, engine
from work.github import push

pytestmark = pytest.mark.anyio


async def beat(hub: Engine) -> None:
    """Renew the process's leases, as it does every few seconds."""
    if not await hub.database.write(schema.heartbeat, boot=hub.database.boot, now=hub.clock.now()):
        await hub.database.rejoin()


async def test_a_lease_lost_while_sending(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The machine sleeps past the lease in the middle of sending: the process begins anew and says nothing twice by its own doing."""
    async with engine(database_url, clock, slack, Route(name="all", events=("*",), to=("slack:#dev",), thread="off")) as hub:
        for n in range(5):
            await hub.receive("push", push(message=f"commit {n}"))
        await hub.fanout.step()
        slack.mode, slack.slow_s = "slow", 0.05
        assert await hub.deliverer.step() == 1
        clock.advance(minutes=1)
        await hub.deliverer.step()
        await beat(hub)
        await hub.deliverer.step()
        for _ in range(3):
            await hub.settle()
            clock.advance(seconds=1)
        assert len(hub.texts("#dev")) == 5
        assert [tuple(row) for row in await hub.rows(sa.select(destinations.c.due_at, destinations.c.boot))] == [(None, None)]


async def test_a_destination_taken_over_is_left_alone(postgres_server: Server, postgres_template: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A process that comes late, its lease over and its destination taken by another, ends with what it has in hand."""
    url = postgres_server.lend(postgres_template)
    route = Route(name="all", events=("*",), to=("slack:#dev",), thread="off")
    async with engine(url, clock, slack, route) as late, engine(url, clock, slack, route) as other:
        for n in range(WINDOW + 20):
            await late.receive("push", push(message=f"commit {n}"))
        await late.fanout.step()
        await late.fanout.step()
        slack.mode, slack.slow_s = "slow", 0.05
        assert await late.deliverer.step() == 1
        clock.advance(minutes=1)
        await beat(other)
        assert await other.deliverer.step() == 1
        slack.mode = "ok"
        await asyncio.gather(late.deliverer.settle(), other.deliverer.settle())
        await other.settle()
        said = Counter(str(message.blocks) for message in slack.messages("#dev"))
        assert len(said) == WINDOW + 20
        # What both had in hand is said twice, what came after that is not.
        assert sum(said.values()) <= 2 * WINDOW + 20
    postgres_server.take_back(url)


async def test_who_has_nothing_to_send_waits(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A destination that somebody sends to is due all the while; the others do not ask for it again and again."""
    async with engine(database_url, clock, slack, Route(name="all", events=("*",), to=("slack:#dev",), thread="off")) as hub:
        await hub.receive("push", push())
        await hub.fanout.step()
        assert await hub.database.read(deliveries.next_due_at, boot=1, now=clock.now()) == clock.now()
        assert await hub.database.write(deliveries.take, boot=hub.database.boot, now=clock.now(), limit=1, window=1)
        assert await hub.database.read(deliveries.next_due_at, boot=1, now=clock.now()) is None


async def test_a_room_that_is_let_go_and_taken_in_one_commit(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Under a steady load a room is due again in the very moment in which it is let go: it is never left held by nobody.

    It was, once: who took it still saw its last round under way and passed it over, and the room was mute until a restart.
    """
    async with engine(database_url, clock, slack, Route(name="all", events=("*",), to=("slack:#dev", "slack:#ops"), thread="off")) as hub:
        heard = asyncio.Semaphore(0)
        slack.heard = lambda fields: heard.release()
        loops = [asyncio.create_task(hub.fanout.run()), asyncio.create_task(hub.deliverer.run())]
        for n in range(150):
            await hub.receive("push", push(message=f"commit {n}"))
        async with asyncio.timeout(60):
            while len(hub.texts("#dev")) < 150 or len(hub.texts("#ops")) < 150:
                await heard.acquire()
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def test_a_room_that_is_taken_each_time_it_is_let_go_hears_what_comes(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """On a slow disk a steady load has the room let go and taken in every single commit: it is sent to all the same.

    Once, who took it in that moment let it go again without having looked at what it was owed, and so on for ever.
    """
    async with engine(sqlite_url, clock, slack, Route(name="all", events=("*",), to=("slack:#dev",), thread="off")) as hub:
        write, rounds = hub.database.write, list[asyncio.Event]()

        async def with_the_next_take(work: Any, *args: Any, **kwargs: Any) -> Any:
            if work is deliveries.settle:
                rounds.append(asyncio.Event())
                await rounds[-1].wait()
            elif work is deliveries.take:
                while rounds:
                    rounds.pop().set()
                    await asyncio.sleep(0)
            return await write(work, *args, **kwargs)

        hub.database.write = with_the_next_take
        for n in range(7):
            await hub.receive("push", push(message=f"commit {n}"))
            await hub.fanout.step()
            await hub.deliverer.step()
            async with asyncio.timeout(60):
                while not rounds:
                    await asyncio.sleep(0)
        assert len(hub.texts("#dev")) >= 5  # all but those that came last
        hub.database.write = write
        rounds.pop().set()
        await hub.settle()
        assert len(hub.texts("#dev")) == 7
