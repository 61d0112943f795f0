"""A clock that tests turn: sleeping takes no time, it moves the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """``ports.Clock`` without real time."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the instant that the test made it."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Let the others run, then be so much later (or as late as somebody who slept longer made it)."""
        end = self._now + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self._now = max(self._now, end)

    def advance(self, **span: float) -> None:
        """Be later by a ``timedelta``'s arguments."""
        self._now += timedelta(**span)
