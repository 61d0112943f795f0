"""Converse: what people say is on disk before it is answered, is run once, and a repeat hears what was said before.

Two steps. The words are committed under their own key, many people's in one commit; then each is run in the transaction that
also marks it done. Whoever asked is answered by what came of it, or, when the hub is so busy that this would take long, by the
words with which it begins.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from leverframe.core.access import Denied, Identity
from leverframe.core.commands.definitions import Command, Registry, Value
from leverframe.core.commands.forms import Misfilled, form_for, read_form
from leverframe.core.commands.parsing import Mistake, Parsed, WantsForm, parse
from leverframe.core.commands.permission import grant_words, permitted
from leverframe.core.conversation import LATER, NOTHING, Answer, Clicked, Heard, Said, Submitted
from leverframe.core.errors import Locale, Refused
from leverframe.core.wording.levers import LEVERS
from leverframe.ports import Clock
from leverframe.store import deployments, inbox
from leverframe.store.database import Database
from leverframe.store.inbox import UNFINISHED, Incoming, Outcome, Taken
from leverframe.work.extend import Extender, soon
from leverframe.work.interlocking import Turn
from leverframe.work.levers import Asked, Levers, mark_of
from leverframe.work.record import Record
from leverframe.work.standing import Standing, Standings

BATCH = 8
"""Commands done in one commit: who is only to be taken in waits no longer than that."""
TAKEN_AT_ONCE = 128
BUSY = 16
"""So many waiting commands are more than somebody should be kept waiting for."""
MOST = 10_000
"""Commands that one process is at; who comes later is told to come again."""
MINUTE = timedelta(minutes=1)
RECOVER_S = 5.0
LOST_AFTER = timedelta(minutes=1)
"""What this process took in so long ago and is not at, was taken in without its knowing."""
LOOKS, LOOK_S = 40, 0.25
"""How long somebody waits for what another process is at."""
BUTTONS = frozenset({"approve", "reject", "cancel", "retry"})
"""Actions of buttons that are commands with a deployment's id."""
LONGEST_VALUE = 200
PROGRAMS = frozenset({"api", "cli"})
"""Doors of programs: they are told what came of it, however long it takes, and no form opens there."""
log = structlog.get_logger("leverframe.converse")


Read: TypeAlias = Parsed | WantsForm | Mistake | Misfilled


class Counts(Protocol):
    """Hears what came of every command: metrics."""

    def __call__(self, command: str, code: str, duration_s: float) -> None: ...


class _NotOurs(Exception):
    """Another process has it, which took this one for dead; or it is done."""


class _Waiting:
    """Something that was heard, and who waits for what comes of it."""

    __slots__ = ("answer", "given", "heard", "id", "incoming", "outcome", "patient")

    def __init__(self, incoming: Incoming, given: Identity | None = None, *, patient: bool = True) -> None:
        """``patient`` is whether the first who asks wants to wait to the end."""
        self.incoming, self.given, self.patient = incoming, given, patient
        self.id, self.heard = incoming.id, incoming.heard
        loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Outcome] = loop.create_future()
        self.answer: asyncio.Future[Answer] = loop.create_future()
        """What the first who asked is told: what came of it, or ``LATER``."""

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


class Converser:
    """Takes what is heard, from whichever door; satisfies ``web.slack.Converse``."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        levers: Levers,
        standings: Standings,
        *,
        boot: Callable[[], int],
        locale: Locale,
        per_person: int,
        per_room: int,
        counts: Counts,
        audit_room: str | None = None,
        extender: Extender | None = None,
    ) -> None:
        """``per_person`` and ``per_room`` are commands a minute; 0 is no limit. ``extender`` is what plugins add."""
        self._extender = extender
        self._database, self._clock, self._levers, self._standings = database, clock, levers, standings
        self._boot, self._locale, self._say = boot, locale, LEVERS[locale]
        self._per_person, self._per_room, self._counts = per_person, per_room, counts
        self._record = Record(database.new_id, lambda: levers.registry, audit_room)
        self._at: dict[bytes, _Waiting] = {}
        """What this process is at, by its key."""
        self._coming: list[_Waiting] = []
        self._waiting: deque[_Waiting] = deque()
        self._taking: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[None]] = set()
        self._disowned: set[int] = set()
        """Whoever said it was told that nothing is done; it may have been taken in all the same."""

    @property
    def _registry(self) -> Registry:
        return self._levers.registry

    async def __call__(self, heard: Heard, *, given: Identity | None = None) -> Answer:
        """Return what is answered to ``heard``, once it is committed. ``given`` is who a door of the hub's own knows it to be.

        It is ``LATER`` where so much waits to be done that it would take long: who calls again is answered when it is done.
        Raises ``Refused`` (``storage_unavailable``, ``overloaded``): then nothing is done.
        """
        key = inbox.digest(heard)
        known = self._at.get(key)
        if known is not None:
            return (await asyncio.shield(known.outcome)).answer
        return await asyncio.shield(self._hear(key, heard, given, patient=False).answer)

    async def outcome(self, heard: Heard, *, given: Identity | None = None) -> Outcome:
        """Return what came of ``heard``, however long it takes; its code is empty when another process is at it still. Raises as :meth:`__call__` does."""
        key = inbox.digest(heard)
        one = self._at.get(key) or self._hear(key, heard, given, patient=True)
        return await asyncio.shield(one.outcome)

    async def recover(self) -> int:
        """Run what was taken in and not run, by a process that died, or whose taking in was not answered; return how much there was."""
        if disowned := sorted(self._disowned):
            outcome = Outcome(answer=Answer(message=self._say.refused("storage_unavailable")), code="storage_unavailable")
            await self._database.write(inbox.disown, disowned, outcome, boot=self._boot(), now=self._clock.now())
            self._disowned.difference_update(disowned)
        now = self._clock.now()
        left = await self._database.write(inbox.left_over, boot=self._boot(), now=now, mine_before=now - LOST_AFTER)
        found = [_Waiting(one) for one in left if one.key not in self._at]
        for one in found:
            self._at[one.incoming.key] = one
            self._queue(one)
        return len(found)

    async def run(self) -> None:
        """Take up what processes that died had taken in, for ever."""
        while True:
            try:
                if await self.recover():
                    continue
            except Refused as refused:
                log.warning("recovering_put_off", code=refused.code)
            except Exception:
                log.exception("recovering_failed")
            await self._clock.sleep(RECOVER_S)

    async def settled(self) -> None:
        """Return when nothing waits to be done."""
        while tasks := [task for task in (self._taking, self._running, *self._beside) if task is not None]:
            await asyncio.wait(tasks)

    async def stop(self, patience_s: float) -> None:
        """Let what was taken in be done for up to ``patience_s`` seconds; what is not is done by the next process."""
        try:
            async with asyncio.timeout(patience_s):
                await self.settled()
        except TimeoutError:
            tasks = [task for task in (self._taking, self._running, *self._beside) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def expects_form(self, heard: Heard) -> bool:
        """Return at once whether the answer may be a form."""
        return isinstance(heard, Said) and heard.door in ("slash", "playground") and isinstance(self._read(heard), WantsForm)

    # Taking in: many people's words in one commit.

    def _hear(self, key: bytes, heard: Heard, given: Identity | None, *, patient: bool) -> _Waiting:
        if len(self._at) >= MOST:
            raise Refused("overloaded", retry_after_s=5)
        one = _Waiting(Incoming.of(heard, key=key, id=self._database.new_id(), at=self._clock.now()), given, patient=patient)
        self._at[key] = one
        self._coming.append(one)
        if self._taking is None:
            # A task of its own: whoever asked may go away, what was said stays said.
            self._taking = asyncio.create_task(self._take_all(), name="converse take")
        return one

    async def _take_all(self) -> None:
        try:
            while self._coming:
                batch, self._coming = self._coming[:TAKEN_AT_ONCE], self._coming[TAKEN_AT_ONCE:]
                await self._take(batch)
        finally:
            self._taking = None

    async def _take(self, batch: Sequence[_Waiting]) -> None:
        try:
            taken = await self._database.write(inbox.take_in, [one.incoming for one in batch], boot=self._boot(), now=self._clock.now())
        except Exception as error:
            if not isinstance(error, Refused):
                if len(batch) > 1:
                    for one in batch:  # one of them cannot be kept as it is: the others can
                        await self._take([one])
                    return
                log.exception("not_taken_in", error=str(error))
            for one in batch:
                self._disowned.add(one.id)
                self._leave(one)
                one.failed(error)
            return
        for one, what in zip(batch, taken, strict=True):
            if what.id is None and what.outcome is None:
                self._spawn(self._elsewhere(one))
            else:
                self._took(one, what)

    def _took(self, one: _Waiting, what: Taken) -> None:
        if what.outcome is not None:
            self._leave(one)
            one.done(what.outcome)
        elif what.id is not None:
            one.id = what.id
            self._disowned.discard(one.id)
            self._queue(one)
            if len(self._waiting) > BUSY and not one.patient and not self.expects_form(one.heard):
                one.answer.set_result(LATER)

    async def _elsewhere(self, one: _Waiting) -> None:
        """Wait for what comes of it in another process, or take it over when that one is dead."""
        for _ in range(LOOKS):
            try:
                what = await self._database.write(inbox.look, one.incoming.key, boot=self._boot(), now=self._clock.now())
            except Refused as refused:
                log.warning("not_looked_for", code=refused.code)
                what = Taken()
            if what.id is not None or what.outcome is not None:
                self._took(one, what)
                return
            await self._clock.sleep(LOOK_S)
        self._leave(one)
        one.done(Outcome(answer=NOTHING, code=""))

    def _leave(self, one: _Waiting) -> None:
        self._at.pop(one.incoming.key, None)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine, name="converse beside")
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    # Doing: a few in one commit, each on its own within it, in the order in which they were taken in.

    def _queue(self, one: _Waiting) -> None:
        self._waiting.append(one)
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="converse")

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._run_batch([self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))])
        finally:
            self._running = None

    async def _run_batch(self, batch: Sequence[_Waiting]) -> None:
        """Do them, each surely once. They are taken in: while the database is away, they wait."""
        while True:
            try:
                done = await self._database.write(self._execute_all, batch=batch, now=self._clock.now())
                break
            except deployments.Stale:
                continue
            except Exception as error:  # noqa: BLE001 - it is told to whoever said it
                if isinstance(error, Refused) and error.code == "storage_unavailable":
                    await self._clock.sleep(1.0)
                    continue
                if len(batch) > 1:
                    for one in batch:
                        await self._run_batch([one])
                    return
                done = [error]
                break
        for one, what in zip(batch, done, strict=True):
            match what:
                case _NotOurs():
                    self._spawn(self._elsewhere(one))
                case Exception():
                    await self._give_up(one, what)
                case outcome, turn:
                    self._levers.committed(turn)
                    if outcome.code == UNFINISHED and self._extender is not None:
                        self._spawn(self._extend(one, self._extender))
                    else:
                        self._finish(one, outcome)

    async def _extend(self, one: _Waiting, extender: Extender) -> None:
        """Have a plugin do it, now that it is committed that this begins."""
        read = self._read(one.heard)
        running = asyncio.ensure_future(extender.run(read if isinstance(read, Parsed) else None, one.heard))
        try:
            if not await soon(running) and not one.patient and not one.answer.done():
                one.answer.set_result(LATER)
            outcome, posts = await running
        finally:
            running.cancel()

        def finish(connection: Connection, now: datetime) -> None:
            extender.finish(connection, id=one.id, outcome=outcome, posts=posts, now=now)
            self._record.note(connection, one.heard, outcome, now)

        while True:
            try:
                await self._database.write(finish, self._clock.now())
                break
            except Refused as refused:
                log.warning("answer_not_written", code=refused.code)
                await self._clock.sleep(1.0)
        extender.told.ring()
        self._finish(one, outcome)

    def _execute_all(self, connection: Connection, *, batch: Sequence[_Waiting], now: datetime) -> list[tuple[Outcome, Turn] | Exception]:
        if len(batch) == 1:
            return [self._execute(connection, batch[0], now)]
        done: list[tuple[Outcome, Turn] | Exception] = []
        for one in batch:
            connection.exec_driver_sql("SAVEPOINT command")
            try:
                done.append(self._execute(connection, one, now))
            except (SQLAlchemyError, deployments.Stale):
                raise  # all of it is done again, one by one
            except Exception as error:  # noqa: BLE001 - it is told to whoever said it
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT command")
                done.append(error)
            connection.exec_driver_sql("RELEASE SAVEPOINT command")
        return done

    async def _give_up(self, one: _Waiting, error: Exception) -> None:
        """Say and write down that it cannot be done."""
        if isinstance(error, Refused):
            outcome = Outcome(answer=Answer(message=self._say.refused(error.code, error.detail)), code=error.code, detail=error.detail)
        else:
            log.error("command_failed", error=str(error), exc_info=error)
            outcome = Outcome(answer=Answer(message=self._say.refused("internal", type(error).__name__)), code="internal")
        while True:
            try:
                await self._database.write(self._refuse, one=one, outcome=outcome, now=self._clock.now())
                break
            except Refused as refused:
                log.warning("refusal_put_off", code=refused.code)
                await self._clock.sleep(1.0)
            except Exception as unthought:
                log.error("refusal_not_written", error=str(unthought), exc_info=unthought)
                break
        self._finish(one, outcome)

    def _refuse(self, connection: Connection, *, one: _Waiting, outcome: Outcome, now: datetime) -> None:
        if inbox.end(connection, one.id, outcome, boot=self._boot(), now=now):
            self._record.note(connection, one.heard, outcome, now)

    def _finish(self, one: _Waiting, outcome: Outcome) -> None:
        took_s = (self._clock.now() - one.incoming.at).total_seconds()
        self._counts(outcome.line.partition(" ")[0] or type(one.heard).__name__.lower(), outcome.code, took_s)
        self._leave(one)
        one.done(outcome)

    def _execute(self, connection: Connection, one: _Waiting, now: datetime) -> tuple[Outcome, Turn]:
        heard = one.heard
        read = self._read(heard)
        acts = read is None or (isinstance(read, Parsed) and read.command.acts)
        turn = self._levers.begin(connection, now) if acts else Turn(connection, now)
        standing = self._standings.of(heard.by, given=one.given or self._standings.again(connection, heard, now))
        if isinstance(heard, Clicked) and read is None:
            read = self._clicked(heard, turn)
        outcome = self._limited(connection, one, now) or self._outcome(turn, heard, standing, read)
        if not inbox.end(connection, one.id, outcome, boot=self._boot(), now=now):
            raise _NotOurs
        self._levers.finish(turn)
        if outcome.code != UNFINISHED:
            self._record.note(connection, heard, outcome, now)
        elif acts:
            self._record.write_down(connection, heard, replace(outcome, code="begun"), now)
        return outcome, turn

    def _limited(self, connection: Connection, one: _Waiting, now: datetime) -> Outcome | None:
        """Refuse who says too much in a minute, and tell how long to wait."""
        heard, since = one.heard, now - MINUTE
        free_at = [inbox.free_at(connection, id=one.id, since=since, most=self._per_person, actor=heard.by.actor)] if self._per_person else []
        if self._per_room and heard.at.chat:  # else everybody shares a door
            free_at.append(inbox.free_at(connection, id=one.id, since=since, most=self._per_room, room=heard.at.destination))
        last = max((at for at in free_at if at is not None), default=None)
        if last is None:
            return None
        wait_s = max(1, math.ceil((last + MINUTE - now).total_seconds()))
        return Outcome(answer=Answer(message=self._say.refused(inbox.LIMITED, wait_s=wait_s)), code=inbox.LIMITED, wait_s=wait_s)

    def _outcome(self, turn: Turn, heard: Heard, standing: Standing, read: Read | None) -> Outcome:
        match read:
            case Parsed() if self._extender is not None and self._extender.does(read.command):
                return self._levers.forbidden(read, standing) or self._extender.begun(read)
            case Parsed() if not self._levers.does(read.command):
                return Outcome(answer=Answer(message=self._say.refused("command_unknown", read.command.name)), line=read.line(), code="command_unknown")
            case Parsed():
                return self._levers.do(Asked(turn=turn, parsed=read, heard=heard, standing=standing))
            case Misfilled():
                return Outcome(answer=Answer(errors=read.errors), code=next(iter(read.codes.values()), "command_unknown"))
            case WantsForm() if isinstance(heard, Said) and heard.door in PROGRAMS:
                usage = read.command.usage("")
                return Outcome(answer=Answer(message=self._say.written(usage)), code="command_word_missing", detail=usage)
            case WantsForm():
                return self._form(read, heard, standing)
            case Mistake(command=None) if self._extender is not None and self._extender.answers(heard):
                return self._extender.begun(None)
            case Mistake():
                if isinstance(heard, Said) and heard.door == "thread" and read.code == "command_unknown":
                    return Outcome(answer=NOTHING)  # a line that begins with ! is not always for the hub
                return Outcome(answer=Answer(message=self._say.mistaken(read)), code=read.code, detail=read.met)
            case None:
                return Outcome(answer=NOTHING)

    def _form(self, wants: WantsForm, heard: Heard, standing: Standing) -> Outcome:
        command, known = wants.command, self._levers.known()
        found = permitted(standing.identity, command, {}, self._levers.roles)
        form = form_for(command, self._registry, known, standing.identity, self._locale, given=wants.given, context=heard.at.room)
        if not any(field.choices for field in form.fields if field.required) and isinstance(found, Denied):
            parsed = Parsed(command=command, values={})
            return self._levers.denied(parsed, found, grant_words(command, {}) or ())
        return Outcome(answer=Answer(form=form), line=command.name)

    def _read(self, heard: Heard) -> Read | None:
        known = self._levers.known()
        match heard:
            case Said():
                return parse(heard.text, self._registry, known, mark=mark_of(heard), marked=heard.door in ("slash", "mention", "thread"))
            case Submitted():
                command = self._registry.find(heard.form)
                return None if command is None else read_form(command, heard.fields, self._registry, known, self._locale)
            case Clicked(action="run", value=value):  # a plugin's button: whoever presses it says the line
                return parse(value, self._registry, known, marked=False)
            case Clicked():
                return None

    def _clicked(self, heard: Clicked, turn: Turn) -> Parsed | None:
        action, value = heard.action, heard.value[:LONGEST_VALUE]

        def command(name: str, **values: Value) -> Parsed | None:
            found: Command | None = self._registry.find(name)
            return None if found is None else Parsed(command=found, values=values)

        if action in BUTTONS:
            return command(action, deployment=self._levers.waiting(turn, value) if action in ("approve", "reject") else value)
        if action in ("settle_ran", "settle_not"):
            return command("settle", deployment=value, outcome="ran" if action == "settle_ran" else "did-not-run")
        if action == "rollback" and (about := self._levers.about(turn, value)) is not None:
            return command("rollback", service=about.service, environment=about.environment)
        return None
