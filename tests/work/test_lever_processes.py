"""Several processes on one PostgreSQL pull levers: they share the work, take over from one that died, and one that comes back late does no harm."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from services.postgres import Server

from leverframe.core.approvals import Policy
from leverframe.core.deployments import Rules
from leverframe.core.events import Event
from leverframe.core.routes import Route
from leverframe.core.services import Catalogue, Environment
from leverframe.ports import Accepted
from leverframe.sources.github.source import GithubSource
from leverframe.store import inbox as inbox_store
from leverframe.store import schema
from leverframe.store.tables import inbox, lever_effects
from leverframe.work.deploy import take
from leverframe.work.follow import Follower
from leverframe.work.library import Library
from leverframe.work.planning import Decided, Planner
from work.box import Box, box, text
from work.works import Works, WorksRunner

pytestmark = pytest.mark.anyio
RULES = {"free": Rules(), "guarded": Rules(policy=Policy(required=2))}
CATALOGUE = Catalogue(services={
    f"s{number}": {name: Environment(service=f"s{number}", name=name, runner="works", rules=rules) for name, rules in RULES.items()} for number in range(12)
})  # fmt: skip
Start = Callable[[], Awaitable[Box]]


@pytest.fixture
def works() -> Works:
    """What the runner works in."""
    return Works()


@pytest.fixture
async def start(postgres_server: Server, postgres_template: str, clock: VirtualClock, works: Works) -> AsyncIterator[Start]:
    """Starts processes on one store; none of them ends in order, so their leases stay."""
    url = postgres_server.lend(postgres_template)
    async with AsyncExitStack() as stack:

        async def begin() -> Box:
            return await stack.enter_async_context(box(url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(works)}))

        yield begin
    postgres_server.take_back(url)


@pytest.fixture
def silence() -> Iterator[asyncio.Event]:
    """Set at the end of the test: what hangs until then ends."""
    event = asyncio.Event()
    yield event
    event.set()


async def beat(hub: Box) -> None:
    """Renew the process's leases, as its heartbeat does every few seconds."""
    assert await hub.database.write(schema.heartbeat, boot=hub.database.boot, now=hub.clock.now())


async def die(hub: Box) -> None:
    """From now on nothing that the process asks of its database is done or answered."""

    async def never(*args: Any, **kwargs: Any) -> Any:
        await asyncio.get_running_loop().create_future()

    hub.database.write = hub.database.read = never


async def bury(hub: Box) -> None:
    """End what hangs in a process that died."""
    tasks = [*hub.converser._tasks(), *hub.deployer._doing]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def run_alone(hub: Box) -> None:
    """Have one process do all that is due now."""
    while await hub.deployer.step():
        await hub.deployer.settle()


async def run(hubs: list[Box], seconds: int) -> None:
    """Have all processes do what is due, side by side."""
    for _ in range(seconds):
        while sum(await asyncio.gather(*(hub.deployer.step() for hub in hubs))):
            await asyncio.gather(*(hub.deployer.settle() for hub in hubs))
        for hub in hubs:
            await beat(hub)
        hubs[0].clock.advance(seconds=1)


async def test_processes_share_the_levers(start: Start, works: Works) -> None:
    """Words come to both, both carry out at the same moment, and everything is started once."""
    hubs = [await start(), await start()]
    await asyncio.gather(*(hubs[number % 2].say("ann", f"deploy s{number} free") for number in range(12)))
    await run(hubs, 20)
    assert Counter(await hubs[0].states()) == {"succeeded": 12} and not works.twice
    assert len(works.starts) == 12


async def test_whoever_looks_first_does_what_is_due(start: Start, works: Works) -> None:
    """One process may take all that is due at a moment, and the other what is due at the next: neither waits for the other.

    That both had some of the work was once asked of processes that look at the same moment: it is chance which of them takes all.
    """
    hubs = [await start(), await start()]
    for number in range(12):
        await hubs[0].say("ann", f"deploy s{number} free")
    for second in range(20):
        for hub in (hubs if second == 0 else reversed(hubs)):
            await run_alone(hub)
        for hub in hubs:
            await beat(hub)
        hubs[0].clock.advance(seconds=1)
    assert Counter(await hubs[0].states()) == {"succeeded": 12} and not works.twice
    assert all(sum(hub.deployer._runners["works"].calls.values()) for hub in hubs)  # type: ignore[attr-defined]


async def test_the_same_words_at_two_doors_are_done_once(start: Start) -> None:
    """A chat sends again what it thinks was not heard, and another process hears it, at the same moment: both say the same."""
    hubs = [await start(), await start()]
    for number in range(6):
        answers = await asyncio.gather(*(hub.say("ann", f"deploy s{number} free", key=f"same-{number}") for hub in hubs))
        assert answers[0] == answers[1] and answers[0].public
    assert len(await hubs[0].all()) == 6


async def test_two_approve_at_two_doors(start: Start, works: Works) -> None:
    """Both votes count, whichever process hears them, and the second one starts it, once."""
    hubs = [await start(), await start()]
    for number in range(4):
        await hubs[0].say("ann", f"deploy s{number} guarded")
    await run(hubs, 1)
    for made in await hubs[0].all():
        votes = await asyncio.gather(hubs[0].click("bob", "approve", made.id), hubs[1].click("cat", "approve", made.id), hubs[1].click("bob", "approve", made.id))
        assert [vote.public for vote in votes].count(True) == 2
    await run(hubs, 20)
    assert Counter(await hubs[0].states()) == {"succeeded": 4} and not works.twice


async def test_words_that_a_dead_process_took_in_are_done_by_another(start: Start, clock: VirtualClock) -> None:
    """Committed and not done when it died: another does it when the lease is over, not before, and only once."""
    dead, living = await start(), await start()
    await dead.say("ann", "deploy s0 free")
    write = dead.database.write
    taken = asyncio.Event()

    async def dies_after_taking_in(work: Any, *args: Any, **kwargs: Any) -> Any:
        done = await write(work, *args, **kwargs)
        if work is inbox_store.take_in:
            await die(dead)
            taken.set()
            await asyncio.get_running_loop().create_future()
        return done

    dead.database.write = dies_after_taking_in
    lost = asyncio.create_task(dead.say("ann", "deploy s1 free", key="lost"))
    await taken.wait()
    await beat(living)
    assert await living.converser.recover() == 0
    clock.advance(seconds=schema.LEASE_S + 1)
    await beat(living)
    assert await living.converser.recover() == 1
    await living.converser.settled()
    assert [one.service for one in await living.all()] == ["s0", "s1"]
    assert (await living.say("ann", "deploy s1 free", key="lost")).public
    assert len(await living.all()) == 2 and await living.converser.recover() == 0
    lost.cancel()
    await bury(dead)


async def test_whoever_says_it_again_is_answered_by_the_living(start: Start, clock: VirtualClock) -> None:
    """Said again at another process while the first is at it: it waits, takes over when the first is dead, and answers."""
    dead, living = await start(), await start()
    write = dead.database.write

    async def dies_instead_of_doing(work: Any, *args: Any, **kwargs: Any) -> Any:
        if work is not inbox_store.take_in:
            await asyncio.get_running_loop().create_future()
        return await write(work, *args, **kwargs)

    dead.database.write = dies_instead_of_doing
    lost = asyncio.create_task(dead.say("ann", "deploy s0 free", key="twice"))
    while dead.converser._acting is None:
        await asyncio.sleep(0.001)
    empty = await living.say("ann", "deploy s0 free", key="twice")  # ten seconds of the clock pass, and nobody knows yet
    assert text(empty) == "" and await living.all() == []
    clock.advance(seconds=5)
    await beat(living)
    answer = await living.say("ann", "deploy s0 free", key="twice")
    assert answer.public and len(await living.all()) == 1
    lost.cancel()
    await bury(dead)


async def test_a_late_process_finds_its_words_done(start: Start, clock: VirtualClock) -> None:
    """It was taken for dead while it was about to do them: another did, and it answers with what came of that."""
    late, living = await start(), await start()
    write, gate, waits = late.database.write, asyncio.Event(), asyncio.Event()

    async def slow(work: Any, *args: Any, **kwargs: Any) -> Any:
        if work is not inbox_store.take_in and not gate.is_set():
            waits.set()
            await gate.wait()
        return await write(work, *args, **kwargs)

    late.database.write = slow
    speaking = asyncio.create_task(late.say("ann", "deploy s0 free"))
    await waits.wait()
    clock.advance(seconds=schema.LEASE_S + 1)
    await beat(living)
    assert await living.converser.recover() == 1
    await living.converser.settled()
    gate.set()
    assert (await speaking).public and len(await late.all()) == 1
    assert (await late.rows(sa.select(inbox.c.code))) == [("ok",)]


async def test_a_late_process_does_not_pull_again(start: Start, clock: VirtualClock, works: Works, silence: asyncio.Event) -> None:
    """It sleeps with the lever in its hand, before or after the pull; another takes over, and what the first does when it wakes is done once."""
    for step in ("before the commit", "before the call", "after the call"):
        late, living = await start(), await start()
        gate, held = asyncio.Event(), asyncio.Event()

        async def hold(what: str, order: object, gate: asyncio.Event = gate, held: asyncio.Event = held) -> None:
            if what == "start":
                held.set()
                await gate.wait()

        runner: Any = late.deployer._runners["works"]
        write = late.database.write
        if step == "before the call":
            runner.before = hold
        elif step == "after the call":
            runner.after = hold
        else:

            async def slow(work: Any, *args: Any, write: Any = write, gate: asyncio.Event = gate, held: asyncio.Event = held, **kwargs: Any) -> Any:
                if work == late.deployer._beginning:  # noqa: B023
                    held.set()
                    await gate.wait()
                return await write(work, *args, **kwargs)

            late.database.write = slow
        await late.say("ann", "deploy s0 free")
        while not held.is_set():
            await late.deployer.step()
            await asyncio.sleep(0.001)
        clock.advance(seconds=schema.LEASE_S + 1)
        await run([living], 5)
        gate.set()
        await late.deployer.settle()
        await run([living], 300)
        assert not works.twice, step
        made = (await living.all())[-1]
        assert made.state == "succeeded" and works.starts[made.id] == 1, step
        assert await living.rows(sa.select(lever_effects.c.name)) == []


async def test_a_machine_that_slept_goes_on_under_a_new_boot(start: Start, clock: VirtualClock, works: Works) -> None:
    """Its place was given away: what it is at under its old boot it does not begin a second time, what it takes in now is its own."""
    hub = await start()
    gate, held = asyncio.Event(), asyncio.Event()

    async def hold(what: str, order: object) -> None:
        if what == "start":
            held.set()
            await gate.wait()

    runner: Any = hub.deployer._runners["works"]
    runner.before = hold
    await hub.say("ann", "deploy s0 free")
    while not held.is_set():
        await hub.deployer.step()
        await asyncio.sleep(0.001)
    clock.advance(hours=2)
    await start()  # clears away processes that died long ago
    await hub.database.rejoin()
    assert await hub.deployer.step() == 0
    assert (await hub.say("ann", "deploy s1 free")).public
    gate.set()
    await hub.deployer.settle()
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded", "succeeded"] and not works.twice and runner.calls["start"] == 2


async def test_effects_whose_taking_was_not_answered_are_not_lost(start: Start, works: Works) -> None:
    """The server went away between a commit and its answer: the process finds what it holds without knowing."""
    hub = await start()
    await hub.say("ann", "deploy s0 free")
    write = hub.database.write
    lost: list[Any] = []

    async def unanswered(work: Any, *args: Any, **kwargs: Any) -> Any:
        done = await write(work, *args, **kwargs)
        if work is take and done[0] and len(lost) < 3:
            lost.append(done)
            raise RuntimeError("the connection was cut")
        return done

    hub.database.write = unanswered
    while len(lost) < 3:
        with pytest.raises(RuntimeError):
            await hub.deployer.step()
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded"] and not works.twice


async def test_pushes_and_words_do_not_lock_each_other_out(start: Start) -> None:
    """What routes a push to a room and starts a deployment by it takes locks in the order in which commands do: nobody waits for a deadlock to be found."""
    hub = await start()
    follower, planner = _following(hub)

    async def pushed(number: int) -> None:
        plan = Decided(_push(number + 1), [Route(name="pushes", events=("push",), to=("slack:#deploys",), thread="off")], follows=True)
        _, moved = await hub.database.write(planner.plan, boot=hub.database.boot, routed=[], plans=[plan], silenced=set(), now=hub.clock.now())
        for turn in moved:
            follower.committed(turn)

    for number in range(8):
        await asyncio.gather(*(pushed(4 * number + one) for one in range(4)), *(hub.say("ann", f"deploy s{one} free") for one in range(4)))
    await hub.database.read(lambda connection: connection.execute(sa.text("SELECT pg_stat_force_next_flush()")))
    deadlocks = sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert await hub.rows(deadlocks) == [(0,)] and len(await hub.all()) == 64


def _following(hub: Box) -> tuple[Follower, Planner]:
    environment = Environment(service="pushed", name="live", runner="works", repository="acme/web", on=("push main",), room="slack:#deploys")
    hub.deployer.catalogue = Catalogue(services={**CATALOGUE.services, "pushed": {"live": environment}})
    follower = Follower(hub.deployer)
    return follower, Planner(hub.database, Library(hub.database, lambda stored: _push(0)), ZoneInfo("UTC"), {}, follower)


def _push(number: int) -> Event:
    body = json.dumps({"repository": {"full_name": "acme/web"}, "ref": "refs/heads/main", "after": f"{number:040x}"[::-1], "deleted": False}).encode()
    accepted = Accepted(name="push", action=None, delivery_id=str(number), body=body, repo="acme/web")
    return GithubSource("github", ["s"]).parse(accepted, id=number + 1, received_at=VirtualClock().now())
