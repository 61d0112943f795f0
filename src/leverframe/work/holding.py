"""Hold destinations: take those that are due, have each drained by a task of its own, and write what came of it, rounds that end together in one go."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

import structlog

from leverframe.core.delivery import Outcome
from leverframe.core.errors import Refused
from leverframe.ports import Clock
from leverframe.store.database import Database
from leverframe.store.deliveries import Ended
from leverframe.work.bell import Bell

SCAN_S = 5.0
GATHER_S = 0.01
"""After a round that found something due: what became due meanwhile is taken together."""
log = structlog.get_logger("leverframe.deliver")


class Holds(Protocol):
    """A destination while this process holds it."""

    @property
    def name(self) -> str:
        """Which."""
        ...

    @property
    def ended(self) -> list[Ended]:
        """What attempts came to, until it is on disk."""
        ...


class Did(Protocol):
    """What was done at a destination, to be written."""

    @property
    def name(self) -> str:
        """Which."""
        ...

    @property
    def ended(self) -> Sequence[Ended]:
        """What attempts came to."""
        ...


class Told(Protocol):
    """Hears of every attempt: metrics."""

    def __call__(self, chat: str, outcome: Outcome, duration_s: float) -> None: ...


H = TypeVar("H", bound=Holds)
R = TypeVar("R", bound=Did)
N = TypeVar("N")


class Holder(ABC, Generic[H, R, N]):
    """The loop; ``H`` is a destination held, ``R`` a round at one, ``N`` what is to be sent next there."""

    most = 1024
    """Destinations that one process sends to at once."""

    def __init__(self, database: Database, clock: Clock, *, boot: Callable[[], int], bell: Bell) -> None:
        self._database, self._clock, self._boot, self.bell = database, clock, boot, bell
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._unsure = False
        """Whether destinations may be ours that we do not know of: the answer of a ``take`` was lost."""
        self._rounds: list[tuple[R, H, asyncio.Future[N | None]]] = []
        self._settling: asyncio.Task[None] | None = None
        self._stopping = False

    @abstractmethod
    async def _take(self, limit: int, holding: Collection[str] | None) -> Sequence[tuple[H, N]]:
        """Take up to ``limit`` destinations that are due; with ``holding``, this process surely holds only those."""

    @abstractmethod
    async def _next_due_s(self) -> float | None:
        """Return in how many seconds the next one is due."""

    @abstractmethod
    async def _drain(self, held: H, first: N | None) -> None:
        """Send what is owed there until that is nothing, and let it go; ``None``: it is to be looked at first."""

    @abstractmethod
    async def _write(self, rounds: Sequence[R]) -> Mapping[str, N]:
        """Write what was done; return what is to be sent next, by destination, where one goes on."""

    async def run(self) -> None:
        """Deliver whatever is due, until :meth:`stop`."""
        while not self._stopping:
            try:
                if await self.step():
                    await self._clock.sleep(GATHER_S)
                else:
                    due_s = await self._next_due_s()
                    await self.bell.wait(SCAN_S if due_s is None else min(max(due_s, 0.0), SCAN_S))
            except Refused as error:
                log.warning("delivering_put_off", code=error.code)
                await self._clock.sleep(1.0)
            except Exception:
                log.exception("delivering_failed")
                await self._clock.sleep(1.0)

    async def stop(self, patience_s: float) -> None:
        """Begin nothing new; let what is under way come to its end for up to ``patience_s`` seconds, then break it off."""
        self._stopping = True
        self.bell.ring()
        held = list(self._draining.values())
        if held:
            _, late = await asyncio.wait(held, timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def step(self) -> int:
        """Take the destinations that are due and begin sending to them; return how many were taken."""
        free = self.most - len(self._draining)
        if free <= 0:
            await self.bell.wait(0.05)
            return 0
        holding = list(self._draining) if self._unsure else None
        self._unsure = True
        taken = await self._take(free, holding)
        self._unsure = False
        for held, first in taken:
            before = self._draining.get(held.name)
            drain = self._drain(held, first) if before is None else self._drain_after(before, held)
            task = self._draining[held.name] = asyncio.create_task(drain, name=f"deliver {held.name}")
            task.add_done_callback(partial(self._drained, held.name))
        return len(taken)

    def _drained(self, name: str, task: asyncio.Task[None]) -> None:
        if self._draining.get(name) is task:
            del self._draining[name]

    async def _drain_after(self, before: asyncio.Task[None], held: H) -> None:
        """Go on where an earlier task of ours is about to end: it let the destination go, and it was due again at once."""
        await asyncio.wait([before])
        await self._drain(held, None)  # that task may have sent what we were given

    async def settle(self) -> None:
        """Return when nothing is under way (for tests and an orderly end)."""
        while self._draining:
            await asyncio.gather(*self._draining.values(), return_exceptions=True)

    def _settle(self, held: H, done: R) -> asyncio.Future[N | None]:
        """Have a round written; the future gives what is to be sent next, ``None`` when the destination was let go."""
        written: asyncio.Future[N | None] = asyncio.get_running_loop().create_future()
        self._rounds.append((done, held, written))
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle_all(), name="deliver settle")
        return written

    async def _settle_all(self) -> None:
        """Write all rounds that end in these moments, in one go."""
        await self._clock.sleep(GATHER_S / 2)
        while self._rounds:
            batch, self._rounds = self._rounds, []
            await self._settle_batch(batch)
        self._settling = None

    async def _settle_batch(self, batch: Sequence[tuple[R, H, asyncio.Future[N | None]]]) -> None:
        try:
            going_on = await self._write([done for done, _, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is handed to those who wait
            if len(batch) > 1 and not isinstance(error, Refused):
                # One of the rounds cannot be written as it is: the others can.
                for one in batch:
                    await self._settle_batch([one])
                return
            for _, _, written in batch:
                if not written.done():
                    written.set_exception(error)
        else:
            for done, held, written in batch:
                del held.ended[: len(done.ended)]
                if not written.done():
                    written.set_result(going_on.get(done.name))
