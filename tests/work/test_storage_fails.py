"""The database fails at any single step, before or after the commit, and the engine goes on where it was without a restart."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack
from services.postgres import Server

from leverframe.core.errors import Refused
from leverframe.core.routes import Route
from leverframe.store import schema
from leverframe.store.tables import destinations, routing
from leverframe.work.deliver import WINDOW
from work.engine import Engine, engine
from work.github import comment, issue, push

pytestmark = pytest.mark.anyio

ALL = Route(name="all", events=("*",), to=("slack:#dev", "slack:#ops"))


def fail_once(hub: Engine, number: int, *, after_commit: bool) -> Callable[[], bool]:
    """Make write number ``number`` from now fail; with ``after_commit`` it is done and only its answer is lost. Returns what tells whether it came."""
    count, write = itertools.count(), hub.database.write
    came = False

    async def failing(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal came
        if next(count) != number:
            return await write(work, *args, **kwargs)
        came = True
        if after_commit:
            await write(work, *args, **kwargs)
        raise Refused("storage_unavailable", retry_after_s=5)

    hub.database.write = failing
    return lambda: came


async def going_on(step: Callable[[], Awaitable[None]], clock: VirtualClock, times: int = 4) -> None:
    """Do ``step`` as the loops do: what the database refuses is tried again a second later."""
    for _ in range(times):
        try:
            await step()
        except Refused:
            pass
        clock.advance(seconds=1)


async def beat(hub: Engine) -> None:
    """Renew the process's leases, as it does every few seconds."""
    if not await hub.database.write(schema.heartbeat, boot=hub.database.boot, now=hub.clock.now()):
        await hub.database.rejoin()


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
async def test_one_write_fails(sqlite_url: str, clock: VirtualClock, slack: FakeSlack, after_commit: bool) -> None:
    """Whichever write it is, everything accepted is said, in the order of its thread, and no process is left holding anything."""
    for number in range(50):
        slack.channel("dev")
        slack.channel("ops")
        async with engine(f"{sqlite_url}{number}", clock, slack, ALL) as hub:
            await hub.receive("issues", issue("opened"))
            await hub.receive("issue_comment", comment(body="first"))
            await hub.receive("push", push())
            came = fail_once(hub, number, after_commit=after_commit)
            await going_on(hub.settle, clock)
            await hub.receive("issue_comment", comment(body="second"))
            await going_on(hub.settle, clock)
            for room in ("#dev", "#ops"):
                said = [str(message.blocks) for message in slack.messages(room)]
                assert [name for name in ("opened", "first", "Mend it", "second") if not any(name in one for one in said)] == [], (number, room)
                replies = [message.text + str(message.blocks) for message in slack.messages(room) if message.thread_ts]
                seen = ["first" if "first" in reply else "second" for reply in replies]
                assert list(dict.fromkeys(seen)) == ["first", "second"], (number, room)
            assert not await hub.rows(sa.select(routing)), number
            assert [row for row in await hub.rows(sa.select(destinations.c.name, destinations.c.due_at, destinations.c.boot)) if row[1] or row[2]] == [], number
        if not came():
            assert number > 4
            return
    raise AssertionError("the writes never end")


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


async def test_a_destination_taken_over_is_left_alone(postgres_server: Server, clock: VirtualClock, slack: FakeSlack) -> None:
    """A process that comes late, its lease over and its destination taken by another, ends with what it has in hand."""
    url = postgres_server.create_database()
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
    postgres_server.drop_database(url)
