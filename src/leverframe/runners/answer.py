"""For gates whose answer is all that is wanted: whoever asked reads it. Nothing is started."""

from __future__ import annotations

from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started, Unreachable
from leverframe.ports import Order


class Answering:
    """Takes everything, and is done with it. Satisfies ``ports.Runner``."""

    name = kind = "answer"
    poll_every_s = 60.0

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Take it; that is all."""
        return Started(run=None, ends=True)

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Say that it may be taken again: nothing comes of it twice."""
        return Absent(sure=True)

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Say that there is no run."""
        return Absent(sure=True)

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Say that there is nothing to end."""
        return CancelRefused(code="run_ended")

    async def close(self) -> None:
        """Nothing to let go of."""
