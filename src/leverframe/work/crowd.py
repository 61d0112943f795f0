"""Crowd: while more is said than can be done at once, whoever stands at the doors goes first, and what is done later takes turns.

Who stands there waits with a chat's three seconds; who was told that it comes later waits for minutes at most. So what was taken in, and
everything that comes of it, has the time that is left over: little while little waits, a sixteenth when a quarter of :data:`MOST` does, a quarter
when half does, all of it when there is no room for more.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from leverframe.ports import Clock

MOST = 10_000
"""Commands that one process is at; who comes later is told to come again."""
BUSY = 16
"""So many waiting commands are more than somebody should be kept waiting for."""
TURN_S, MOST_REST_S = 0.01, 0.25
"""So long is one turn of what is done later, and so long it rests at most."""
IN_A_TURN = 2
"""So many begin in one turn, more the less people wait: what they begin may go on beside one another, and takes its time afterwards."""
SOON_S, GONE_S = 0.005, 0.1
"""Who stands at a door and waits no longer than this needs no others to rest; nor does anybody after so long without a word."""


class Crowd:
    """One for the process."""

    def __init__(self, clock: Clock, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._now_s = clock, now_s
        self.waiting = 0
        """What was taken in and is not done; whoever takes in says so."""
        self._at_work, self._entered, self._wait_s = 0, 0, 0.0
        self._began_s = self._left_s = self._came_s = now_s()

    @property
    def is_there(self) -> bool:
        """Whether somebody who comes now would wait long for what comes of it."""
        return self.waiting > BUSY

    @property
    def presses(self) -> bool:
        """Whether people stand at the doors who wait for their turn to be heard."""
        return self.waiting > BUSY and self._now_s() - self._came_s < GONE_S

    def came(self) -> None:
        """Hear that somebody stands at a door."""
        self._came_s = self._now_s()

    def took(self, wait_s: float) -> None:
        """Hear how long somebody stood at a door until what they said was on disk."""
        self._wait_s += (wait_s - self._wait_s) / 8

    async def pass_by(self) -> None:
        """Return when what is done later may begin: at once where no crowd presses."""
        while self.presses and not self._is_turn(self._now_s()):
            await self._clock.sleep(min(max(self._began_s - self._now_s(), 0.001), 0.02))
        self._entered += 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Do something in a turn: the next one does not begin before it ends."""
        await self.pass_by()
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1
            self._left_s = self._now_s()

    def _is_turn(self, now_s: float) -> bool:
        over_s, most = self._began_s + TURN_S, IN_A_TURN * max(1.0, SOON_S / max(self._wait_s, 0.0001))
        if (now_s >= over_s or self._entered >= most) and not self._at_work:
            over_s = max(over_s, self._left_s)
            rest_s = min((over_s - self._began_s) * ((MOST / self.waiting) ** 2 - 1), MOST_REST_S) if self._entered and self._wait_s > SOON_S else 0.0
            self._began_s, self._entered = max(now_s, over_s + rest_s), 0
        return self._began_s <= now_s < self._began_s + TURN_S and self._entered < most
