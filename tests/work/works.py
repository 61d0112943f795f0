"""The works: what runners do outside the hub. It outlives every process of the hub, repeats nothing, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from leverframe.ports import (
    Absent,
    CancelRefused,
    CancelTaken,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Order,
    Run,
    Started,
    Unreachable,
)


@dataclass
class Works:
    """What was started, by correlation id, and how it stands. ``failing`` are the runs that fail, ``polls`` how often one is asked before it ends."""

    starts: Counter[str] = field(default_factory=Counter)
    ended: dict[str, str] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    polls: int = 2
    asked: Counter[str] = field(default_factory=Counter)
    orders: dict[str, Order] = field(default_factory=dict)
    endless: set[str] = field(default_factory=set)
    """Environments whose runs end only when they are cancelled."""
    fails: Callable[[Order], bool] = lambda order: False

    @property
    def twice(self) -> list[str]:
        """The levers that were pulled more than once."""
        return [id for id, times in self.starts.items() if times > 1]


class WorksRunner:
    """One process's way to the works. Satisfies ``ports.Runner``; ``point`` is passed before and after each call, and may never return."""

    name = kind = "works"
    poll_every_s = 2.0

    def __init__(self, works: Works) -> None:
        self.works = works
        self.before: Callable[[str, Order], object] = lambda what, order: None
        """Told of every call; what it returns, unless ``None``, is the answer, and nothing is done."""
        self.after: Callable[[str, Order], object] = lambda what, order: None
        """The same, when it was done: its answer takes the place of the real one."""
        self.calls: Counter[str] = Counter()

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Begin it. A second time is a second lever."""
        return await self._do("start", order, self._start)

    def _start(self, order: Order) -> Started:
        self.works.starts[order.correlation_id] += 1
        self.works.orders[order.correlation_id] = order
        return Started(run=Run(id=order.correlation_id, number=f"#{len(self.works.starts)}"))

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for it; what is not there now never will be."""
        return await self._do("find", order, self._find)

    def _find(self, order: Order) -> Found | Absent:
        return Found(run=Run(id=order.correlation_id)) if order.correlation_id in self.works.starts else Absent(sure=True)

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how it stands; being asked is what makes it go on."""
        return await self._do("poll", order, self._poll)

    def _poll(self, order: Order) -> Going | Finished:
        works, id = self.works, order.correlation_id
        run = Run(id=id, number="#1")
        works.asked[id] += 1
        if id not in works.ended and works.asked[id] >= works.polls and order.environment not in works.endless:
            works.ended[id] = "failed" if works.fails(order) else "succeeded"
        match works.ended.get(id):
            case "succeeded" | "failed" | "cancelled" as result:
                return Finished(run=run, result=result)
            case _:
                return Going(run=run, step=f"step {min(works.asked[id], 3)}")

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """End it."""
        return await self._do("cancel", order, self._cancel)

    def _cancel(self, order: Order) -> CancelTaken | CancelRefused:
        if order.correlation_id in self.works.ended:
            return CancelRefused(code="run_ended")
        self.works.ended[order.correlation_id] = "cancelled"
        return CancelTaken()

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _do(self, what: str, order: Order, do: Callable[[Order], object]) -> object:  # type: ignore[misc]
        self.calls[what] += 1
        told = self.before(what, order)
        if hasattr(told, "__await__"):
            told = await told
        if told is not None:
            return told
        answer = do(order)
        told = self.after(what, order)
        if hasattr(told, "__await__"):
            told = await told
        return told if told is not None else answer
