"""Intake: what people say is on disk before anybody is answered, many people's in one commit, and taken once whatever becomes of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

import structlog

from leverframe.core.access import Identity
from leverframe.core.conversation import LATER, NOTHING, Answer, Heard
from leverframe.core.errors import Refused
from leverframe.ports import Clock
from leverframe.store import inbox
from leverframe.store.database import Database
from leverframe.store.inbox import Incoming, Outcome, Taken
from leverframe.work.crowd import MOST, Crowd

TAKEN_AT_ONCE = 128
LOST_AFTER = timedelta(minutes=1)
"""What this process took in so long ago and is not at, was taken in without its knowing."""
LOOKS, LOOK_S = 40, 0.25
"""How long somebody waits for what another process is at."""
log = structlog.get_logger("leverframe.converse")


class Waiting:
    """Something that was heard, and who waits for what comes of it."""

    __slots__ = ("answer", "given", "heard", "id", "incoming", "outcome", "patient")

    def __init__(self, incoming: Incoming, given: Identity | None = None, *, patient: bool = True) -> None:
        """``given`` is who a door of the hub's own knows it to be, ``patient`` whether the first who asks wants to wait to the end."""
        self.incoming, self.given, self.patient = incoming, given, patient
        self.id, self.heard = incoming.id, incoming.heard
        loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Outcome] = loop.create_future()
        self.answer: asyncio.Future[Answer] = loop.create_future()
        """What who asks now is told: what came of it, or ``LATER``."""

    def later(self) -> None:
        """Let whoever asked first go on, unless they want to wait; who asks again is told what came of it."""
        if not self.patient and not self.answer.done():
            self.patient = True
            self.answer.set_result(LATER)
            self.answer = asyncio.get_running_loop().create_future()

    def done(self, outcome: Outcome) -> None:
        """Tell everybody what came of it."""
        self.outcome.set_result(outcome)
        if not self.answer.done():
            self.answer.set_result(outcome.answer)

    def failed(self, error: Exception) -> None:
        """Tell everybody that nothing is done."""
        for waits in (self.outcome, self.answer):
            waits.set_exception(error)
            waits.exception()  # nobody may be left to hear it


class Intake:
    """Takes in. What is this process's to do it gives to ``queue``, once; whoever did it calls :meth:`finish`."""

    def __init__(self, database: Database, clock: Clock, *, boot: Callable[[], int], queue: Callable[[Waiting], None], crowd: Crowd) -> None:
        self._database, self._clock, self._boot, self._queue, self._crowd = database, clock, boot, queue, crowd
        self.at: dict[bytes, Waiting] = {}
        """What this process is at, by its key."""
        self._coming: list[Waiting] = []
        self._taking: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[None]] = set()
        self._disowned: set[int] = set()
        """Whoever said it was told that nothing is done; it may have been taken in all the same."""

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What is under way."""
        return [*self._beside, *([self._taking] if self._taking is not None else [])]

    def hear(self, heard: Heard, given: Identity | None, *, patient: bool) -> Waiting:
        """Return what is, or now will be, at ``heard``. Raises ``Refused("overloaded")``."""
        self._crowd.came()
        key = inbox.digest(heard)
        known = self.at.get(key)
        if known is not None:
            return known
        if len(self.at) >= MOST:
            raise Refused("overloaded", retry_after_s=5)
        one = self.at[key] = Waiting(Incoming.of(heard, key=key, id=self._database.new_id(), at=self._clock.now()), given, patient=patient)
        self._coming.append(one)
        self._crowd.waiting = len(self.at)
        if self._taking is None:
            # A task of its own: whoever asked may go away, what was said stays said.
            self._taking = asyncio.create_task(self._take_all(), name="converse take")
        return one

    def finish(self, one: Waiting, outcome: Outcome) -> None:
        """Tell everybody what came of it."""
        self._forget(one)
        one.done(outcome)

    def elsewhere(self, one: Waiting) -> None:
        """Have it waited for what comes of it in another process; when that one is dead, it is queued here."""
        self.spawn(self._wait_for_another(one))

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Have it done beside everything else."""
        task = asyncio.create_task(coroutine, name="converse beside")
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def recover(self, disowned: Outcome) -> int:
        """Queue what was taken in and not done, by a process that died, or without this one's knowing; return how much there was.

        ``disowned`` becomes of what was taken in although whoever said it was told that nothing is done.
        """
        if self._disowned:
            ids = sorted(self._disowned)
            await self._database.write(inbox.disown, ids, disowned, boot=self._boot(), now=self._clock.now())
            self._disowned.difference_update(ids)
        now = self._clock.now()
        left = await self._database.write(inbox.left_over, boot=self._boot(), now=now, mine_before=now - LOST_AFTER)
        found = [Waiting(one) for one in left if one.key not in self.at]
        for one in found:
            self.at[one.incoming.key] = one
            self._queue(one)
        return len(found)

    def _forget(self, one: Waiting) -> None:
        self.at.pop(one.incoming.key, None)
        self._crowd.waiting = len(self.at)

    async def _take_all(self) -> None:
        try:
            while self._coming:
                batch, self._coming = self._coming[:TAKEN_AT_ONCE], self._coming[TAKEN_AT_ONCE:]
                await self._take(batch)
        finally:
            self._taking = None

    async def _take(self, batch: Sequence[Waiting]) -> None:
        began_s = time.monotonic()
        try:
            taken = await self._database.write_first(inbox.take_in, [one.incoming for one in batch], boot=self._boot(), now=self._clock.now())
        except Exception as error:
            if not isinstance(error, Refused):
                if len(batch) > 1:
                    for one in batch:  # one of them cannot be kept as it is: the others can
                        await self._take([one])
                    return
                log.exception("not_taken_in", error=str(error))
            for one in batch:
                self._disowned.add(one.id)
                self._forget(one)
                one.failed(error)
            return
        self._crowd.took(time.monotonic() - began_s)
        for one, what in zip(batch, taken, strict=True):
            if not self._took(one, what):
                self.elsewhere(one)

    def _took(self, one: Waiting, what: Taken) -> bool:
        if what.outcome is not None:
            self.finish(one, what.outcome)
        elif what.id is not None:
            one.id = what.id
            self._disowned.discard(one.id)
            self._queue(one)
        else:
            return False
        return True

    async def _wait_for_another(self, one: Waiting) -> None:
        for _ in range(LOOKS):
            try:
                if self._took(one, await self._database.write(inbox.look, one.incoming.key, boot=self._boot(), now=self._clock.now())):
                    return
            except Refused as refused:
                log.warning("not_looked_for", code=refused.code)
            await self._clock.sleep(LOOK_S)
        self.finish(one, Outcome(answer=NOTHING, code=""))
