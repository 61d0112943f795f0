"""A process dies between any two steps from "accepted" to "recorded": the next one says everything, in order, at most once too often."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Route
from leverframe.store import schema
from leverframe.store.tables import destinations, routing
from work.engine import Engine, engine
from work.github import comment, issue, push

pytestmark = pytest.mark.anyio
SAID = ("It breaks", "first comment", "Mend it", "second comment")
"""Words of the four events, in the order in which they come; all but the push are of one issue."""


class Death:
    """The moment at which an engine's process ends: from then on nothing that it asks of its database is done or answered."""

    def __init__(self, hub: Engine) -> None:
        self._came, self._write, self._read = asyncio.Event(), hub.database.write, hub.database.read
        self._count, self._hub = 0, hub
        self.step = ""
        """What the process was at."""
        self._at = self._committed = -1
        hub.database.write, hub.database.read = self._writing, self._reading

    def at_write(self, number: int, *, committed: bool) -> None:
        """Die at the write of this number, just before it or just after its commit."""
        self._at, self._committed = number, committed

    def now(self, step: str) -> None:
        """Die."""
        self.step = self.step or step
        self._came.set()

    async def _writing(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        number, self._count = self._count, self._count + 1
        if number == self._at and not self._came.is_set():
            if self._committed:
                await self._write(work, *args, **kwargs)
            self.now(work.__name__.strip("_"))
        return await self._unless_dead(self._write, work, *args, **kwargs)

    async def _reading(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self._unless_dead(self._read, work, *args, **kwargs)

    async def _unless_dead(self, ask: Callable[..., Any], work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._came.is_set():
            await asyncio.get_running_loop().create_future()
        return await ask(work, *args, **kwargs)

    async def run(self) -> bool:
        """Have the engine do what it can; return whether it died of it."""
        living, dying = asyncio.create_task(self._hub.settle()), asyncio.create_task(self._came.wait())
        await asyncio.wait({living, dying}, return_when=asyncio.FIRST_COMPLETED)
        died = dying.done()
        mine = {living, dying, *(task for task in asyncio.all_tasks() if task.get_name().startswith("deliver "))}
        while any(not task.done() for task in mine):
            for task in mine:
                task.cancel()
            await asyncio.sleep(0)
        return died


async def survived(url: str, number: int, clock: VirtualClock, slack: FakeSlack, kill: Callable[[Death], None]) -> str:
    """Let a process die as ``kill`` says and another one go on; return the step at which it died, ``""`` if it did not."""
    rooms = [f"room-{number}-{side}" for side in "ab"]
    for room in rooms:
        slack.channel(room)
    route = Route(name="all", events=("*",), to=tuple(f"slack:#{room}" for room in rooms))
    async with engine(url, clock, slack, route) as hub:
        for event, payload in (("issues", issue("opened", number)), ("issue_comment", comment(number, SAID[1])), ("push", push(message=SAID[2])),
                               ("issue_comment", comment(number, SAID[3]))):  # fmt: skip
            assert not (await hub.receive(event, payload, guid=f"{number}-{hub.sent}")).duplicate
        death = Death(hub)
        kill(death)
        died = await death.run()
    clock.advance(seconds=schema.LEASE_S + 1)
    async with engine(url, clock, slack, route) as hub:
        await hub.settle()
        for room in rooms:
            heard = [next(words for words in reversed(SAID) if words in message.text + str(message.blocks)) for message in slack.messages(f"#{room}")]
            copies = Counter(heard)
            assert set(copies) == set(SAID), (number, room, heard)
            assert max(copies.values()) <= 2, (number, room, heard)
            in_thread = [words for words in dict.fromkeys(heard) if words != SAID[2]]
            assert in_thread == [words for words in SAID if words != SAID[2]], (number, room, heard)
        assert not await hub.rows(sa.select(routing))
        assert not await hub.rows(sa.select(destinations.c.name).where(sa.or_(destinations.c.due_at.is_not(None), destinations.c.boot.is_not(None))))
    return death.step if died else ""


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
async def test_it_dies_at_any_write(database_url: str, clock: VirtualClock, slack: FakeSlack, committed: bool) -> None:
    """Claimed and not planned, planned and not taken, taken and not sent, sent and not recorded: every event is said."""
    steps = []
    for number in range(1, 50):
        step = await survived(database_url, number, clock, slack, lambda death, at=number - 1: death.at_write(at, committed=committed))  # type: ignore[misc]
        if not step:
            break
        steps.append(step)
    assert set(steps) == {"claim", "plan", "take", "settle"} and number > 4


class Countdown:
    """Ends a process as soon as Slack has heard so many messages of it."""

    def __init__(self, messages: int) -> None:
        self._left = messages

    def start(self, death: Death) -> None:
        """Let this be the process's end."""
        self._death = death

    def __call__(self, fields: object) -> None:
        self._left -= 1
        if not self._left:
            self._death.now("speaking")


async def test_it_dies_while_it_speaks(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Slack has the message and the process never hears so: it is said once more, and no more."""
    for number in range(1, 50):
        countdown = Countdown(number)
        slack.heard = countdown
        if not await survived(database_url, number, clock, slack, countdown.start):
            break
    assert number == 2 * len(SAID) + 1


async def test_a_slow_room_is_recorded_as_it_goes(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """At one message a second, a process that dies after minutes of sending has the last ones said again, not all of them."""
    route = Route(name="all", events=("*",), to=("slack:#dev",), thread="off")
    async with engine(database_url, clock, slack, route, posts_per_second=1) as hub:
        for number in range(30):
            await hub.receive("push", push(message=f"commit {number}"))
        countdown = Countdown(25)
        slack.heard = countdown
        death = Death(hub)
        countdown.start(death)
        assert await death.run()
    clock.advance(seconds=schema.LEASE_S + 1)
    async with engine(database_url, clock, slack, route, posts_per_second=1) as hub:
        await hub.settle()
        said = Counter(str(message.blocks) for message in slack.messages("#dev"))
        assert len(said) == 30 and sum(said.values()) <= 32
