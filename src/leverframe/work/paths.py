"""Which files pull requests touch: asked of GitHub once for an event, and never waited for longer than others can spare."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeAlias

import structlog

from leverframe.core.events import Event
from leverframe.github.errors import Trouble
from leverframe.ports import Clock

PATIENCE_S = 2.0
"""What a batch of events waits for answers."""
HURRY_S = 60.0
"""For so long nobody waits at all, when GitHub had not answered in time."""
AT_ONCE = 8
ASKED = 64
"""Events asked about at a time; each is held in memory meanwhile."""
REMEMBERED = 100_000
"""Paths kept in memory, of the events asked about last."""
Answer: TypeAlias = tuple[str, ...] | Trouble
UNANSWERED = Trouble(code="github_unavailable", detail="no answer yet", again=True)
"""What is known of an event that :meth:`Paths.of` leaves out."""
log = structlog.get_logger("leverframe.paths")


class PathsOf(Protocol):
    """Tells which files a pull request touches."""

    async def __call__(self, event: Event) -> Answer:
        """Return the paths, or why they are not known."""
        ...


def is_final(trouble: Trouble) -> bool:
    """Return whether asking again by itself would come to the same."""
    return not trouble.again and trouble.code != "github_answer_invalid"


class Paths:
    """Asks, and remembers. What is not answered in time goes on being asked, and is there when its event comes again."""

    def __init__(self, paths_of: PathsOf, clock: Clock, *, patience_s: float = PATIENCE_S) -> None:
        self._paths_of, self._clock, self._patience_s = paths_of, clock, patience_s
        self._known: OrderedDict[int, Answer] = OrderedDict()
        self._size = 0
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._hurry_until: datetime | None = None

    async def of(self, events: Iterable[Event]) -> dict[int, Answer]:
        """Return by event what is known within a moment; an event that is left out is still being asked about."""
        wanted = list(events)
        asking = [task for event in wanted if (task := self._ask(event)) is not None]
        if asking and (self._hurry_until is None or self._clock.now() >= self._hurry_until):
            _, late = await asyncio.wait(asking, timeout=self._patience_s)
            self._hurry_until = self._clock.now() + timedelta(seconds=HURRY_S) if late else None
        return {event.id: self._known[event.id] for event in wanted if event.id in self._known}

    def close(self) -> None:
        """Ask no more."""
        for task in self._asking.values():
            task.cancel()

    def _ask(self, event: Event) -> asyncio.Task[None] | None:
        """Return the task that asks about an event; ``None`` where a last word is known, and where too many are asked about."""
        if (known := self._known.get(event.id)) is not None:
            if not isinstance(known, Trouble) or is_final(known):
                return None
            self._forget(event.id)
        task = self._asking.get(event.id)
        if task is None and len(self._asking) < ASKED:
            task = self._asking[event.id] = asyncio.create_task(self._answer(event), name=f"paths of {event.id}")
            task.add_done_callback(partial(self._asked, event.id))
        return task

    async def _answer(self, event: Event) -> None:
        async with self._slots:
            try:
                answer = await self._paths_of(event)
            except Exception as error:
                log.exception("paths_failed", event_id=event.id)
                answer = Trouble(code="github_answer_invalid", detail=type(error).__name__)
        self._known[event.id] = answer
        self._size += _size(answer)
        while self._size > REMEMBERED and len(self._known) > 1:
            self._forget(next(iter(self._known)))

    def _asked(self, id: int, task: asyncio.Task[None]) -> None:
        self._asking.pop(id, None)

    def _forget(self, id: int) -> None:
        self._size -= _size(self._known.pop(id))


def _size(answer: Answer) -> int:
    return 1 if isinstance(answer, Trouble) else 1 + len(answer)
