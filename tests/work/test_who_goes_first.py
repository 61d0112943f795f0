"""While more is said than can be done at once, whoever stands at the doors goes first; what is done later takes turns and is never stopped."""

from __future__ import annotations

import asyncio

import pytest
from clock import VirtualClock

from leverframe.work.crowd import BUSY, IN_A_TURN, MOST, TURN_S, Crowd

pytestmark = pytest.mark.anyio


class Doors(VirtualClock):
    """Time that passes only by waiting, and somebody who says something whenever it does."""

    def __init__(self, *, deserted: bool = False) -> None:
        super().__init__()
        self.began, self._deserted = self.now(), deserted
        self.crowd = Crowd(self, now_s=self.at_s)
        self.crowd.took(8.0)

    def at_s(self) -> float:
        """Return the seconds that have passed."""
        return (self.now() - self.began).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Be later."""
        await super().sleep(seconds)
        if not self._deserted:
            self.crowd.came()


async def test_without_a_crowd_nobody_waits() -> None:
    """Up to as many as are answered soon, whatever comes at whatever rate."""
    doors = Doors()
    doors.crowd.waiting = BUSY
    for _ in range(1000):
        async with doors.crowd.turn():
            pass
    assert doors.at_s() == 0


@pytest.mark.parametrize(("waiting", "least", "most"), [(BUSY + 1, 0.03, 0.05), (MOST // 10, 0.03, 0.05), (MOST // 4, 0.05, 0.08), (MOST // 2, 0.2, 0.3), (MOST * 3 // 4, 0.5, 0.65), (MOST, 0.95, 1.05)])
async def test_what_is_done_later_has_a_share_of_the_time(waiting: int, least: float, most: float) -> None:
    """Little while little waits, and never nothing; all of it when there is no room for more."""
    doors = Doors()
    doors.crowd.waiting = waiting
    worked_s = 0.0
    while doors.at_s() < 60:
        async with doors.crowd.turn():
            await VirtualClock.sleep(doors, TURN_S)
        worked_s += TURN_S
    assert least < worked_s / doors.at_s() < most


async def test_who_waits_but_a_moment_needs_no_rest_of_others() -> None:
    """While whoever comes is taken in at once, what is done later goes on: the hub once stood still half of the time with thousands waiting."""
    doors = Doors()
    doors.crowd.waiting = MOST // 10
    for _ in range(100):
        doors.crowd.took(0.001)
    for _ in range(100):
        async with doors.crowd.turn():
            await VirtualClock.sleep(doors, TURN_S)
    assert doors.at_s() < 1.5


async def test_when_nobody_stands_there_it_goes_on() -> None:
    """However much waits: it is done as fast as it can be, but for a look whether somebody comes."""
    doors = Doors(deserted=True)
    doors.crowd.waiting = BUSY + 1
    for _ in range(100):
        async with doors.crowd.turn():
            await VirtualClock.sleep(doors, TURN_S)
    assert doors.at_s() < 5


async def test_a_turn_ends_with_the_last_who_is_at_it() -> None:
    """Who came in time and takes long keeps the next turn from beginning: one slow commit is not followed by another at once."""
    doors = Doors()
    doors.crowd.waiting = MOST // 2
    slow, others = asyncio.Event(), []

    async def linger() -> None:
        async with doors.crowd.turn():
            await slow.wait()

    async def come() -> None:
        await doors.crowd.pass_by()
        others.append(doors.at_s())

    lingering = asyncio.create_task(linger())
    while doors.at_s() < TURN_S:
        await doors.sleep(TURN_S)
    coming = asyncio.create_task(come())
    while doors.at_s() < 3:
        await asyncio.sleep(0)
    assert others == []
    slow.set()
    await asyncio.gather(lingering, coming)
    assert len(others) == 1 and others[0] > 3


async def test_only_some_begin_in_one_turn() -> None:
    """A message that is sent goes on beside others: a hundred of them that begin at once would hold up whoever stands at the doors."""
    doors = Doors()
    doors.crowd.waiting = MOST // 10
    at: list[float] = []

    async def send() -> None:
        await doors.crowd.pass_by()
        at.append(doors.at_s())

    await asyncio.gather(*[send() for _ in range(100)])
    assert len(at) == 100
    assert max(sum(begun <= other < begun + TURN_S for other in at) for begun in at) <= IN_A_TURN
