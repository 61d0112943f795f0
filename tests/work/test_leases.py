"""Several processes on one PostgreSQL: they share the work, take over from one that died, and one that comes back late does no harm."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from databases import opened
from fakes.slack import FakeSlack
from services.postgres import Server

from leverframe import housekeeping
from leverframe.core.errors import Refused
from leverframe.core.routes import Route
from leverframe.store import deliveries, schema
from leverframe.store.deliveries import LateWorker
from leverframe.store.events import claim_routing
from leverframe.store.tables import destinations, processes
from leverframe.work.deliver import WINDOW
from work.engine import Engine, engine
from work.github import push

pytestmark = pytest.mark.anyio
ROOMS = [f"room-{number}" for number in range(12)]
ROUTE = Route(name="all", events=("*",), to=tuple(f"slack:#{room}" for room in ROOMS), thread="off")
DEV = Route(name="all", events=("*",), to=("slack:#dev",), thread="off")
Start = Callable[..., Awaitable[Engine]]


@pytest.fixture
def url(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    made = postgres_server.lend(postgres_template)
    yield made
    postgres_server.take_back(made)


@pytest.fixture
async def start(url: str, clock: VirtualClock, slack: FakeSlack) -> AsyncIterator[Start]:
    """Starts processes; none of them ends in order, so their leases stay."""
    async with AsyncExitStack() as stack:

        async def begin(route: Route = DEV, **settings: Any) -> Engine:
            return await stack.enter_async_context(engine(url, clock, slack, route, **settings))

        for room in ROOMS:
            slack.channel(room)
        yield begin


async def beat(hub: Engine) -> bool:
    """Renew the process's leases, as its heartbeat does every few seconds."""
    renewed: bool = await hub.database.write(schema.heartbeat, boot=hub.database.boot, now=hub.clock.now())
    return renewed


def said(slack: FakeSlack, room: str) -> Counter[str]:
    """Return how often each message stands in a room."""
    return Counter(str(message.blocks) for message in slack.messages(f"#{room}"))


async def test_processes_share_the_work_and_say_everything_once(start: Start, slack: FakeSlack) -> None:
    """Three take events in, route and deliver side by side: every message is said in every room, once."""
    hubs = [await start(ROUTE) for _ in range(3)]
    assert len({hub.database.boot for hub in hubs}) == 3
    for turn in range(4):
        await asyncio.gather(*(hub.receive("push", push(message=f"commit {turn} {number}"), guid=f"{turn}-{number}") for number, hub in enumerate(hubs)))
        await asyncio.gather(*(hub.settle() for hub in hubs))
    await hubs[0].settle()
    for room in ROOMS:
        assert sorted(said(slack, room).values()) == [1] * 12


async def test_the_same_event_at_two_doors_is_one(start: Start, slack: FakeSlack) -> None:
    """A redelivery that reaches another process, even at the same moment, is told the first one's id."""
    hubs = [await start() for _ in range(2)]
    receipts = await asyncio.gather(*(hub.receive("push", push(), guid="same") for hub in hubs for _ in range(4)))
    assert len({receipt.id for receipt in receipts}) == 1 and sorted(receipt.duplicate for receipt in receipts) == [False] + [True] * 7
    await asyncio.gather(*(hub.settle() for hub in hubs))
    assert list(said(slack, "dev").values()) == [1]


async def test_the_survivor_takes_over_when_the_lease_has_run_out(start: Start, clock: VirtualClock, slack: FakeSlack) -> None:
    """What a process held when it died waits for its lease, not longer; a living one's is left to it however long it takes."""
    dead, living = await start(), await start()
    for number in range(3):
        await dead.receive("push", push(message=f"commit {number}"))
    await dead.fanout.step()
    await dead.database.write(_hold, boot=dead.database.boot)
    for _ in range(6):
        clock.advance(seconds=housekeeping.HEARTBEAT_S)
        assert await beat(dead) and await beat(living)
        await living.settle()
    assert slack.messages("#dev") == []
    clock.advance(seconds=schema.LEASE_S)
    await beat(living)
    await living.settle()
    assert slack.messages("#dev") == []
    clock.advance(seconds=1)
    await living.settle()
    assert list(said(slack, "dev").values()) == [1, 1, 1]


def _hold(connection: sa.Connection, *, boot: int) -> None:
    connection.execute(destinations.update().values(boot=boot))


async def test_events_claimed_by_a_process_that_died_are_routed_by_another(start: Start, clock: VirtualClock, slack: FakeSlack) -> None:
    """And what the dead one had decided comes too late, should it wake up."""
    late, other = await start(), await start()
    await late.receive("push", push())
    ids = await late.database.write(claim_routing, boot=late.database.boot, now=clock.now(), limit=9)
    await other.settle()
    assert len(ids) == 1 and slack.messages("#dev") == []
    clock.advance(seconds=schema.LEASE_S + 1)
    await beat(other)
    await other.settle()
    assert list(said(slack, "dev").values()) == [1]
    with pytest.raises(LateWorker):
        await late.database.write(deliveries.plan, boot=late.database.boot, routed=ids, planned=[], now=clock.now())


async def test_a_lease_that_ran_out_is_renewed_but_for_what_another_took(start: Start, clock: VirtualClock) -> None:
    """The machine slept for a minute: the process keeps its place, and what nobody wanted meanwhile."""
    slept, other = await start(), await start()
    await slept.database.write(_own, names=("slack:#a", "slack:#b"), boot=slept.database.boot)
    clock.advance(minutes=1)
    await other.database.write(_own, names=("slack:#a",), boot=other.database.boot)
    assert await beat(slept)
    rows = await slept.rows(sa.select(destinations.c.name, destinations.c.boot).order_by(destinations.c.name))
    assert [tuple(row) for row in rows] == [("slack:#a", other.database.boot), ("slack:#b", slept.database.boot)]


def _own(connection: sa.Connection, *, names: tuple[str, ...], boot: int) -> None:
    connection.execute(destinations.delete().where(destinations.c.name.in_(names)))
    connection.execute(destinations.insert(), [{"name": name, "boot": boot} for name in names])


async def test_a_process_that_was_dead_for_hours_takes_a_new_place(start: Start, clock: VirtualClock) -> None:
    """Its place is given away meanwhile: it gets another boot and node, and its identifiers go on growing and stay its own."""
    slept = await start()
    before, ids = slept.database.boot, [slept.database.new_id() for _ in range(5000)]
    clock.advance(hours=1, seconds=16)
    other = await start()
    assert not await beat(slept)
    await slept.database.rejoin()
    assert slept.database.boot not in (before, other.database.boot) and await beat(slept)
    nodes = [row.node for row in await slept.rows(sa.select(processes.c.node))]
    assert len(set(nodes)) == len(nodes) == 2
    mine, theirs = ([hub.database.new_id() for _ in range(5000)] for hub in (slept, other))
    assert sorted(ids + mine) == ids + mine and not set(mine) & set(theirs)


async def test_places_never_run_out_for_processes_that_crash(url: str, clock: VirtualClock, start: Start) -> None:
    """Restarted again and again within the hour, a process still finds a place; only 256 that live are too many."""
    hub = await start()
    await hub.database.write(_crowd, clock=clock)
    async with opened(url, clock) as another:
        assert another.boot
    await hub.database.write(_alive, clock=clock)
    with pytest.raises(Refused, match="storage_unavailable: 256"):
        async with opened(url, clock):
            pass


def _crowd(connection: sa.Connection, *, clock: VirtualClock) -> None:
    """Have processes died on every node that is free."""
    taken = set(connection.execute(sa.select(processes.c.node)).scalars())
    dead = clock.now() - timedelta(seconds=1)
    rows = [{"boot": node + 1, "node": node, "started_at": dead, "alive_until": dead} for node in range(schema.NODES) if node not in taken]
    connection.execute(processes.insert(), rows)


def _alive(connection: sa.Connection, *, clock: VirtualClock) -> None:
    connection.execute(processes.update().values(alive_until=clock.now() + timedelta(minutes=1)))


async def test_a_machine_that_slept_while_sending_says_nothing_twice(start: Start, clock: VirtualClock, slack: FakeSlack) -> None:
    """Its lease ran out in the middle of a room, and nobody took it: the process goes on where it was, and does not take the room from itself."""
    hub = await start()
    for number in range(5):
        await hub.receive("push", push(message=f"commit {number}"))
    await hub.fanout.step()
    slack.mode, slack.slow_s = "slow", 0.02
    assert await hub.deliverer.step() == 1
    clock.advance(minutes=1)
    assert await hub.deliverer.step() == 0
    assert await beat(hub)
    await hub.deliverer.settle()
    await hub.settle()
    assert list(said(slack, "dev").values()) == [1] * 5


async def test_who_comes_late_ends_with_what_it_has_in_hand(start: Start, clock: VirtualClock, slack: FakeSlack) -> None:
    """Its lease over and its room taken by another, a process says its window to the end at most, and leaves the rest to the other."""
    late, other = await start(), await start()
    for number in range(WINDOW + 20):
        await late.receive("push", push(message=f"commit {number}"))
    while await late.fanout.step():
        pass
    slack.mode, slack.slow_s = "slow", 0.02
    assert await late.deliverer.step() == 1
    clock.advance(minutes=1)
    await beat(other)
    assert await other.deliverer.step() == 1
    slack.mode = "ok"
    await asyncio.gather(late.deliverer.settle(), other.deliverer.settle())
    await other.settle()
    assert len(said(slack, "dev")) == WINDOW + 20
    assert said(slack, "dev").total() <= 2 * WINDOW + 20
    assert [row.boot for row in await late.rows(sa.select(destinations.c.boot))] == [None]


async def test_a_destination_whose_taking_was_not_answered_is_not_lost(start: Start, clock: VirtualClock, slack: FakeSlack) -> None:
    """The server went away between the commit and its answer: the process finds what it holds without knowing."""
    hub = await start()
    await hub.receive("push", push())
    await hub.fanout.step()
    write = hub.database.write

    async def unanswered(*args: Any, **kwargs: Any) -> Any:
        await write(*args, **kwargs)
        raise Refused("storage_unavailable")

    hub.database.write = unanswered
    with pytest.raises(Refused):
        await hub.deliverer.step()
    hub.database.write = write
    await hub.settle()
    assert list(said(slack, "dev").values()) == [1]


async def test_a_process_does_not_wait_for_what_another_is_doing(start: Start, slack: FakeSlack) -> None:
    """While another sends to a room that is due, there is nothing to look for."""
    busy, idle = await start(), await start()
    await busy.receive("push", push())
    await busy.fanout.step()
    slack.mode, slack.slow_s = "slow", 0.05
    await busy.deliverer.step()
    assert await idle.deliverer._next_due_s() is None
    await busy.deliverer.settle()


async def test_the_heartbeat_keeps_the_place_and_finds_a_new_one(start: Start, clock: VirtualClock) -> None:
    """The hub's own loop: it renews in time, outlives a database that is away for a while, and rejoins when its place is gone."""
    hub = await start()
    write, away = hub.database.write, list[Exception]()

    async def unsteady(*args: Any, **kwargs: Any) -> Any:
        if away:
            raise away.pop()
        return await write(*args, **kwargs)

    hub.database.write = unsteady
    beating = asyncio.create_task(housekeeping.beat(hub.database, clock))
    try:
        await _after(clock, 120)
        away[:] = [Refused("storage_unavailable"), ValueError("unthought of"), Refused("storage_unavailable")]
        await _after(clock, 60)
        before = hub.database.boot
        async with asyncio.timeout(10):  # the clock runs on while the row is read: it is looked at until both are of one moment
            while True:
                (row,) = await hub.rows(sa.select(processes.c.boot, processes.c.alive_until))
                if row.alive_until > clock.now():
                    break
        assert row.boot == before
        await write(lambda connection: connection.execute(processes.delete()))
        while hub.database.boot == before:
            await asyncio.sleep(0)
        assert [row.boot for row in await hub.rows(sa.select(processes.c.boot))] == [hub.database.boot]
    finally:
        beating.cancel()
        await asyncio.wait([beating])


async def _after(clock: VirtualClock, seconds: float) -> None:
    """Return when the loops have made it so much later."""
    end = clock.now() + timedelta(seconds=seconds)
    while clock.now() < end:
        await asyncio.sleep(0)
