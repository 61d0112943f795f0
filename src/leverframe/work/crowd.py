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
TURN_S, MOST_REST_S, LOOK_S = 0.01, 0.5, 0.02
"""So long is one turn of what is done later, so long it rests at most; and after so long without anybody at the doors it goes on."""
IN_A_TURN = 4
"""So many begin in one turn: what they begin may go on beside one another, and takes its time afterwards."""


class Crowd:
    """One for the process."""

    def __init__(self, clock: Clock, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._now_s = clock, now_s
        self.heard = 0
        """How often somebody stood at a door; whoever hears counts."""
        self.waiting = 0
        """What was taken in and is not done; whoever takes in says so."""
        self._at_work, self._entered = 0, 0
        self._began_s = self._left_s = now_s()

    @property
    def is_there(self) -> bool:
        """Whether somebody would wait long."""
        return self.waiting > BUSY

    async def pass_by(self) -> None:
        """Return when what is done later may begin: at once where there is no crowd."""
        while self.is_there and not self._is_turn(now_s := self._now_s()):
            heard = self.heard
            await self._clock.sleep(min(LOOK_S, max(self._began_s - now_s, 0.001)) if self._began_s > now_s else LOOK_S)
            if self.heard == heard:
                self._began_s, self._entered = self._now_s(), 0
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
        over_s = self._began_s + TURN_S
        if (now_s >= over_s or self._entered >= IN_A_TURN) and not self._at_work:
            over_s = max(over_s, self._left_s)
            rest_s = min((over_s - self._began_s) * ((MOST / self.waiting) ** 2 - 1), MOST_REST_S) if self._entered else 0.0
            self._began_s, self._entered = max(now_s, over_s + rest_s), 0
        return self._began_s <= now_s < self._began_s + TURN_S and self._entered < IN_A_TURN
