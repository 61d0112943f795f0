"""Projects' webhooks when processes die between any two steps, and when several work on one PostgreSQL: nothing lost, order kept, nobody served twice at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from clock import VirtualClock
from fakes.subscriber import FakeSubscribers
from services.postgres import Server

from leverframe.store import schema
from leverframe.store.deliveries import State
from leverframe.store.tables import destinations, parked_keys, routing
from work.hooks import hook_engine, numbers
from work.test_crash_points import Death

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sink() -> Any:
    """Subscribers that answer as a test wants."""
    async with FakeSubscribers() as fake:
        yield fake


async def survived(url: str, number: int, clock: VirtualClock, sink: FakeSubscribers, kill: Callable[[Death], None]) -> str:
    """Let a process die as ``kill`` says and another one go on; return the step at which it died, ``""`` if it did not.

    Of its three subscribers one takes everything, one fails for one of its two refs, one is gone.
    """
    well, poisoned, gone = (f"{name}-{number}" for name in ("well", "poisoned", "gone"))
    project, failing = f"acme/p{number}", [True]
    sink.answers[poisoned] = lambda got: web.Response(status=500 if failing[0] and b"poison" in got.body else 200)
    sink.answers[gone] = 410
    async with hook_engine(url, clock, sink) as hub:
        hooks = [await hub.subscribe(name, project, concurrency=2) for name in (well, poisoned, gone)]
        first = hub.sent
        for ref in ("main", "poison", "main", "poison"):
            await hub.push(f"refs/heads/{ref}", project)
        death = Death(hub)  # type: ignore[arg-type]
        kill(death)
        died = await death.run()
    clock.advance(seconds=schema.LEASE_S + 1)
    async with hook_engine(url, clock, sink) as hub:
        await hub.settle()
        failing[0] = False
        clock.advance(minutes=6)
        await hub.settle()
        for one, name in zip(hooks[:2], (well, poisoned), strict=True):
            assert await hub.states(one) == [State.SENT] * 4, (number, name)
            heard = [n - first for n in numbers(sink.of(name))]
            assert max(Counter(heard).values()) <= (2 if name == well else 4), (number, name, heard)
            for ref in ({0, 2}, {1, 3}):
                assert list(dict.fromkeys(n for n in heard if n in ref)) == sorted(ref), (number, name, heard)
        assert await hub.states(hooks[2]) == [State.DEAD] * 4
        assert not await hub.rows(sa.select(routing)) and not await hub.rows(sa.select(parked_keys))
        assert not await hub.rows(sa.select(destinations.c.name).where(sa.or_(destinations.c.due_at.is_not(None), destinations.c.boot.is_not(None))))
    return death.step if died else ""


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
async def test_it_dies_at_any_write(database_url: str, clock: VirtualClock, sink: FakeSubscribers, committed: bool) -> None:
    """Claimed and not planned, planned and not taken, taken and not sent, sent and not recorded, parked, buried: everybody gets everything."""
    steps = []
    for number in range(1, 40):
        step = await survived(database_url, number, clock, sink, lambda death, at=number - 1: death.at_write(at, committed=committed))  # type: ignore[misc]
        if not step:
            break
        steps.append(step)
    else:
        pytest.fail(f"it always died: {steps}")
    assert {"claim", "plan", "take"} <= set(steps) and len(steps) >= 4, steps


async def test_two_processes_share_the_subscribers_and_none_is_served_by_both(postgres_server: Server, clock: VirtualClock, sink: FakeSubscribers) -> None:
    """Each subscriber gets each event once and in order, whoever routes and whoever sends."""
    url = postgres_server.create_database()
    async with hook_engine(url, clock, sink) as one, hook_engine(url, clock, sink) as other:
        for name in range(12):
            await one.subscribe(f"s{name}", concurrency=2)
        for _ in range(4):
            await asyncio.gather(*(hub.push(f"refs/heads/b{number}") for hub in (one, other) for number in range(3)))
            await asyncio.gather(one.settle(), other.settle())
        await asyncio.gather(one.settle(), other.settle())
        assert set(await one.states()) == {State.SENT}
        got = Counter((got.path, got.id) for got in sink.got)
        assert len(got) == 12 * 24 and set(got.values()) == {1}
    postgres_server.drop_database(url)


async def test_what_a_dead_process_held_is_taken_over_and_a_late_one_changes_nothing(postgres_server: Server, clock: VirtualClock, sink: FakeSubscribers) -> None:
    """A process that sleeps while it waits for an answer reports too late: the other one has sent it again, and its word stands."""
    url = postgres_server.create_database()
    async with hook_engine(url, clock, sink) as late, hook_engine(url, clock, sink) as other:
        hook = await late.subscribe("a")
        hold = sink.holding["a"] = asyncio.Event()
        await late.push()
        await late.fanout.step()
        await late.loop.step()
        while not sink.got:
            await asyncio.sleep(0.01)
        clock.advance(seconds=schema.LEASE_S + 1)
        await other.database.write(schema.heartbeat, boot=other.database.boot, now=clock.now())
        taking = asyncio.create_task(other.settle())
        while len(sink.got) < 2:
            await asyncio.sleep(0.01)
        hold.set()
        await taking
        await late.loop.settle()
        assert await other.states(hook) == [State.SENT]
        assert await other.tried() in (1, 2)
        assert len({got.id for got in sink.got}) == 1
        assert not await other.rows(sa.select(destinations.c.name).where(destinations.c.boot.is_not(None)))
    postgres_server.drop_database(url)


async def test_a_database_that_is_away_for_a_while_loses_nothing(sqlite_url: str, clock: VirtualClock, sink: FakeSubscribers) -> None:
    """What was sent is written down as soon as it is back, and is not sent again."""
    from leverframe.core.errors import Refused

    async with hook_engine(sqlite_url, clock, sink) as hub:
        hook = await hub.subscribe("a")
        await hub.push()
        await hub.fanout.step()
        write, away = hub.database.write, [3]

        async def unsteady(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            if sink.got and away[0]:
                away[0] -= 1
                raise Refused("storage_unavailable")
            return await write(work, *args, **kwargs)

        hub.database.write = unsteady
        await hub.loop.step()
        await hub.loop.settle()
        assert away == [0] and await hub.states(hook) == [State.SENT] and len(sink.got) == 1


