"""For gates whose answer is all that is wanted: whoever asked reads it. Nothing is started."""

from __future__ import annotations

from leverframe.core.runs import Lost, NotStarted, Started
from leverframe.ports import Order, Telling


class Answering(Telling):
    """Takes everything, and is done with it. Satisfies ``ports.Runner``."""

    name = kind = "answer"

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Take it; that is all."""
        return Started(run=None, ends=True)
