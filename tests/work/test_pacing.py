"""One message a second and room, whoever sends it and however it comes to be owed."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Route
from work.engine import engine
from work.github import push

pytestmark = pytest.mark.anyio
OFF = Route(name="all", events=("*",), to=("slack:#dev",), thread="off")


def gaps(moments: list[datetime]) -> list[float]:
    """Seconds between the messages."""
    return [(late - early).total_seconds() for early, late in pairwise(moments)]


async def test_messages_that_come_one_by_one_are_paced_too(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The room was let go after every message, and with it the moment of the last one: six pushes 0.4 s apart came 0.4 s apart."""
    said: list[datetime] = []
    slack.heard = lambda fields: said.append(clock.now())
    async with engine(database_url, clock, slack, OFF, posts_per_second=1) as hub:
        for _ in range(6):
            began = clock.now()
            await hub.receive("push", push())
            await hub.settle()
            clock._now = max(clock.now(), began + timedelta(seconds=0.4))
        assert len(said) == 6
        assert min(gaps(said)) >= 1


async def test_another_process_keeps_the_pace(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """It took the room in the same second, after a restart or beside the first, and sent at once."""
    said: list[datetime] = []
    slack.heard = lambda fields: said.append(clock.now())
    for _ in range(3):
        async with engine(database_url, clock, slack, OFF, posts_per_second=1) as hub:
            await hub.receive("push", push(), guid=f"guid-of-{len(said)}")
            await hub.settle()
    assert len(said) == 3
    assert min(gaps(said)) >= 1


async def test_a_clock_that_is_set_back_stops_no_room(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The moment of the next message is written down: it is not waited for longer than the pace asks."""
    async with engine(sqlite_url, clock, slack, OFF, posts_per_second=1) as hub:
        await hub.receive("push", push())
        await hub.settle()
        clock.advance(hours=-1)
        began = clock.now()
        await hub.receive("push", push())
        await hub.settle()
        assert len(slack.messages("#dev")) == 2 and clock.now() - began <= timedelta(seconds=2)


async def test_a_room_that_is_not_paced_waits_for_nothing(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """``posts_per_second = 0``: as fast as it goes."""
    async with engine(sqlite_url, clock, slack, OFF, posts_per_second=0) as hub:
        began = clock.now()
        for _ in range(5):
            await hub.receive("push", push())
            await hub.settle()
        assert len(slack.messages("#dev")) == 5 and clock.now() - began < timedelta(seconds=1)
