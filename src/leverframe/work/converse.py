"""Converse: what people say is on disk before it is answered, is run once, and a repeat hears what was said before.

Two steps. The words are committed under their own key (``intake``); then each is run in the transaction that also marks it done.
Whoever asked is answered by what came of it, or, when the hub is so busy that this would take long, is told that it comes later.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Protocol, TypeAlias

import structlog
from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from leverframe.core.access import Denied, Identity
from leverframe.core.commands.definitions import Command, Registry, Value
from leverframe.core.commands.forms import Misfilled, form_for, read_form
from leverframe.core.commands.parsing import Mistake, Parsed, WantsForm, parse
from leverframe.core.commands.permission import grant_words, permitted
from leverframe.core.conversation import NOTHING, Answer, Clicked, Heard, Said, Submitted
from leverframe.core.errors import Locale, Refused
from leverframe.core.wording.levers import LEVERS
from leverframe.ports import Clock
from leverframe.store import deployments, inbox
from leverframe.store.database import Database
from leverframe.store.inbox import UNFINISHED, Outcome
from leverframe.work.crowd import Crowd
from leverframe.work.extend import Extender, Outside, soon
from leverframe.work.intake import Intake, Waiting
from leverframe.work.interlocking import Turn
from leverframe.work.levers import Asked, Levers, mark_of
from leverframe.work.press import Presser
from leverframe.work.record import Record
from leverframe.work.standing import Standing, Standings

BATCH = 2
"""Commands done in one commit: who is only to be taken in waits no longer than that."""
MINUTE = timedelta(minutes=1)
RECOVER_S = 5.0
BUTTONS = frozenset({"approve", "reject", "cancel", "retry"})
"""Actions of buttons that are commands with a deployment's id."""
LONGEST_VALUE = 200
PROGRAMS = frozenset({"api", "cli"})
"""Doors of programs: they are told what came of it, however long it takes, and no form opens there."""
log = structlog.get_logger("leverframe.converse")


Read: TypeAlias = Parsed | WantsForm | Mistake | Misfilled


class Counts(Protocol):
    """Hears what came of every command: metrics."""

    def __call__(self, command: str, code: str, duration_s: float, *, service: str, environment: str) -> None: ...


class _NotOurs(Exception):
    """Another process has it, which took this one for dead; or it is done."""


class Converser:
    """Takes what is heard, from whichever door; satisfies ``web.conversations.Converse``."""

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
        presser: Presser | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        """``per_person`` and ``per_room`` are commands a minute; 0 is no limit. ``extender`` is what plugins add, ``presser`` does what
        buttons of posted cards say. ``crowd`` is shared by all that is done later."""
        self._extender, self._presser, self._crowd = extender, presser, crowd or Crowd(clock)
        self._database, self._clock, self._levers, self._standings = database, clock, levers, standings
        self._boot, self._locale, self._say = boot, locale, LEVERS[locale]
        self._per_person, self._per_room, self._counts = per_person, per_room, counts
        self._record = Record(database.new_id, lambda: levers.registry, audit_room)
        self._intake = Intake(database, clock, boot=boot, queue=self._queue, crowd=self._crowd)
        self._acts: deque[Waiting] = deque()
        self._questions: deque[Waiting] = deque()
        self._acting: asyncio.Task[None] | None = None
        self._told_later = False
        """Whether who waits was told that it comes later."""
        self._answering: asyncio.Task[None] | None = None
        self._known = levers.known()
        self._parse = lru_cache(maxsize=512)(partial(parse, registry=levers.registry, known=self._known))

    @property
    def _registry(self) -> Registry:
        return self._levers.registry

    def __call__(self, heard: Heard, *, given: Identity | None = None) -> asyncio.Future[Answer]:
        """Return what is answered to ``heard``, once it is committed. ``given`` is who a door of the hub's own knows it to be.

        It is ``LATER`` where so much waits to be done that it would take long: who calls again is answered when it is done.
        Raises ``Refused`` (``storage_unavailable``, ``overloaded``): then nothing is done.
        """
        return asyncio.shield(self._intake.hear(heard, given, patient=False).answer)

    async def outcome(self, heard: Heard, *, given: Identity | None = None) -> Outcome:
        """Return what came of ``heard``, however long it takes; its code is empty when another process is at it still. Raises as :meth:`__call__` does."""
        return await asyncio.shield(self._intake.hear(heard, given, patient=True).outcome)

    async def recover(self) -> int:
        """Do what was taken in and not done, by a process that died, or whose taking in was not answered; return how much there was."""
        return await self._intake.recover(Outcome(answer=Answer(message=self._say.refused("storage_unavailable")), code="storage_unavailable"))

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

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [*self._intake.tasks, *(task for task in (self._acting, self._answering) if task is not None)]

    async def settled(self) -> None:
        """Return when nothing waits to be done."""
        while tasks := self._tasks():
            await asyncio.wait(tasks)

    async def stop(self, patience_s: float) -> None:
        """Let what was taken in be done for up to ``patience_s`` seconds; what is not is done by the next process."""
        try:
            async with asyncio.timeout(patience_s):
                await self.settled()
        except TimeoutError:
            tasks = self._tasks()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def expects_form(self, heard: Heard) -> bool:
        """Return at once whether the answer may be a form."""
        return isinstance(heard, Said) and heard.door in ("slash", "playground") and isinstance(self._read(heard), WantsForm)

    def _queue(self, one: Waiting) -> None:
        """Do it in its turn: acts one after the other, each in its own transaction; questions beside them, for they change nothing."""
        asks = self._asks(one.heard)
        line = self._questions if asks else self._acts
        line.append(one)
        if asks and self._answering is None:
            self._answering = asyncio.create_task(self._answer_all(), name="converse answer")
        elif not asks and self._acting is None:
            self._acting = asyncio.create_task(self._act_all(), name="converse")
        if not self._crowd.is_there:
            self._told_later = False
        elif self._told_later:
            one.later()
        else:  # who came before there was a crowd waits no longer either
            self._told_later = True
            for each in (*self._acts, *self._questions):
                each.later()

    def _asks(self, heard: Heard) -> bool:
        """Return whether it changes nothing but what is kept of itself."""
        match self._read(heard):
            case Parsed(command=command):
                return not command.acts and not (self._extender is not None and self._extender.does(command))
            case Mistake(command=None):
                return not (self._extender is not None and self._extender.answers(heard))
            case WantsForm() | Misfilled() | Mistake():
                return True
            case None:
                return False

    # Questions: several at once, each read from one moment of the store; then what came of them is written together.

    async def _answer_all(self) -> None:
        try:
            while self._questions:
                async with self._crowd.turn():
                    await self._answer_batch(_some(self._questions))
        finally:
            self._answering = None

    async def _answer_batch(self, batch: Sequence[Waiting]) -> None:
        answered = [
            (one, what) for one, what in zip(batch, await asyncio.gather(*(self._answer(one) for one in batch)), strict=True) if what is not None
        ]
        while answered:
            try:
                ours = await self._database.write(self._end, answered, now=self._clock.now())
                break
            except Exception as error:  # noqa: BLE001 - it is told to whoever asked
                if isinstance(error, Refused) and error.code == "storage_unavailable":
                    await self._clock.sleep(1.0)
                    continue
                if len(answered) == 1:
                    await self._give_up(answered[0][0], error)
                else:
                    for one, _ in answered:
                        await self._answer_batch([one])
                return
        else:
            return
        for (one, outcome), is_ours in zip(answered, ours, strict=True):
            if is_ours:
                self._finish(one, outcome)
            else:
                self._intake.elsewhere(one)

    async def _answer(self, one: Waiting) -> Outcome | None:
        while True:
            try:
                return await self._database.read(self._decide, one, now=self._clock.now())
            except Exception as error:  # noqa: BLE001 - it is told to whoever asked
                if isinstance(error, Refused) and error.code == "storage_unavailable":
                    await self._clock.sleep(1.0)
                    continue
                await self._give_up(one, error)
                return None

    def _decide(self, connection: Connection, one: Waiting, *, now: datetime) -> Outcome:
        read = self._read(one.heard)
        return self._limited(connection, one, read, now) or self._outcome(Turn(connection, now), one.heard, self._standing(connection, one, now), read)

    def _end(self, connection: Connection, answered: Sequence[tuple[Waiting, Outcome]], *, now: datetime) -> list[bool]:
        ours = []
        for one, outcome in answered:
            ours.append(inbox.end(connection, one.id, outcome, boot=self._boot(), now=now))
            if ours[-1]:
                self._record.note(connection, one.heard, outcome, now)
        return ours

    # Acts: a few in one commit, each on its own within it, in the order in which they were taken in.

    async def _act_all(self) -> None:
        try:
            while self._acts:
                async with self._crowd.turn():
                    await self._run_batch(_some(self._acts))
        finally:
            self._acting = None

    async def _run_batch(self, batch: Sequence[Waiting]) -> None:
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
                    self._intake.elsewhere(one)
                case Exception():
                    await self._give_up(one, what)
                case outcome, turn:
                    self._levers.committed(turn)
                    if outcome.code == UNFINISHED and (doer := self._outside(one.heard)) is not None:
                        self._intake.spawn(self._extend(one, doer))
                    else:
                        self._finish(one, outcome)

    def _outside(self, heard: Heard) -> Outside | None:
        """Return what does it outside the transaction in which it began."""
        return self._presser if self._presser is not None and self._presser.takes(heard) else self._extender

    async def _extend(self, one: Waiting, doer: Outside) -> None:
        """Have it done, now that it is committed that this begins."""
        read = self._read(one.heard)
        running = asyncio.ensure_future(doer.run(one.id, read if isinstance(read, Parsed) else None, one.heard))
        try:
            if not await soon(running):
                one.later()
            outcome, what = await running
        finally:
            running.cancel()

        def finish(connection: Connection, now: datetime) -> None:
            doer.finish(connection, id=one.id, outcome=outcome, what=what, now=now)
            self._record.note(connection, one.heard, outcome, now, acts=doer.acts)

        while True:
            try:
                await self._database.write(finish, self._clock.now())
                break
            except Refused as refused:
                log.warning("answer_not_written", code=refused.code)
                await self._clock.sleep(1.0)
            except Exception as error:
                log.exception("answer_not_kept", error=str(error))  # what came of it cannot be kept: whoever waits is told so
                if outcome.code == "internal":
                    break
                outcome, what = Outcome(answer=Answer(message=self._say.refused("internal", type(error).__name__)), line=outcome.line, code="internal"), None
        doer.told.ring()
        self._finish(one, outcome)

    def _execute_all(self, connection: Connection, *, batch: Sequence[Waiting], now: datetime) -> list[tuple[Outcome, Turn] | Exception]:
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

    async def _give_up(self, one: Waiting, error: Exception) -> None:
        """Say and write down that it cannot be done."""
        if isinstance(error, Refused):
            outcome = Outcome(answer=Answer(message=self._say.refused(error.code, error.detail_in(self._locale))), code=error.code, detail=error.detail)
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

    def _refuse(self, connection: Connection, *, one: Waiting, outcome: Outcome, now: datetime) -> None:
        if inbox.end(connection, one.id, outcome, boot=self._boot(), now=now):
            self._record.note(connection, one.heard, outcome, now)

    def _finish(self, one: Waiting, outcome: Outcome) -> None:
        took_s = (self._clock.now() - one.incoming.at).total_seconds()
        service, environment = _where(self._read(one.heard))
        self._counts(outcome.line.partition(" ")[0] or type(one.heard).__name__.lower(), outcome.code, took_s, service=service, environment=environment)
        self._intake.finish(one, outcome)

    def _execute(self, connection: Connection, one: Waiting, now: datetime) -> tuple[Outcome, Turn]:
        heard = one.heard
        read = self._read(heard)
        acts = read is None or (isinstance(read, Parsed) and read.command.acts)
        turn = self._levers.begin(connection, now)
        if isinstance(heard, Clicked) and read is None:
            read = self._clicked(heard, turn)
        outcome = self._limited(connection, one, read, now)
        if outcome is None and self._presser is not None and self._presser.takes(heard):
            outcome = self._presser.begin(connection, one.id, heard, self._standing(connection, one, now), now)
        elif outcome is None:
            outcome = self._outcome(turn, heard, self._standing(connection, one, now), read)
        if not inbox.end(connection, one.id, outcome, boot=self._boot(), now=now):
            raise _NotOurs
        self._levers.finish(turn)
        if outcome.code != UNFINISHED:
            self._record.note(connection, heard, outcome, now)
        elif acts:
            self._record.write_down(connection, heard, replace(outcome, code="begun"), now)
        return outcome, turn

    def _standing(self, connection: Connection, one: Waiting, now: datetime) -> Standing:
        return self._standings.of(one.heard.by, given=one.given or self._standings.again(connection, one.heard, now))

    def _limited(self, connection: Connection, one: Waiting, read: Read | None, now: datetime) -> Outcome | None:
        """Refuse who says too much in a minute, and tell how long to wait."""
        heard, since = one.heard, now - MINUTE
        free_at = [inbox.free_at(connection, id=one.id, since=since, most=self._per_person, actor=heard.by.actor)] if self._per_person else []
        if self._per_room and heard.at.chat:  # else everybody shares a door
            free_at.append(inbox.free_at(connection, id=one.id, since=since, most=self._per_room, room=heard.at.destination))
        last = max((at for at in free_at if at is not None), default=None)
        if last is None:
            return None
        wait_s = max(1, math.ceil((last + MINUTE - now).total_seconds()))
        line = read.line() if isinstance(read, Parsed) else ""
        return Outcome(answer=Answer(message=self._say.refused(inbox.LIMITED, wait_s=wait_s)), line=line, code=inbox.LIMITED, wait_s=wait_s)

    def _outcome(self, turn: Turn, heard: Heard, standing: Standing, read: Read | None) -> Outcome:
        match read:
            case Parsed() | Mistake() if not heard.by.proven and not self._asks(heard):
                line = read.line() if isinstance(read, Parsed) else ""
                return Outcome(answer=Answer(message=self._say.refused("identity_unproven")), line=line, code="identity_unproven")
            case Parsed() if self._extender is not None and self._extender.does(read.command):
                return self._levers.forbidden(read, standing) or self._extender.begun(read)
            case Parsed() if not self._levers.does(read.command):
                return Outcome(answer=Answer(message=self._say.refused("command_unknown", read.command.name)), line=read.line(), code="command_unknown")
            case Parsed():
                return self._levers.do(Asked(turn=turn, parsed=read, heard=heard, standing=standing))
            case Misfilled():
                return Outcome(answer=Answer(errors=read.errors), code=next(iter(read.codes.values()), "command_unknown"))
            case WantsForm() if isinstance(heard, Said) and (heard.door in PROGRAMS or not heard.by.proven):
                usage = read.command.usage("")
                return Outcome(answer=Answer(message=self._say.written(usage)), code="command_word_missing", detail=usage)
            case WantsForm():
                return self._form(read, heard, standing)
            case Mistake(command=None) if self._extender is not None and self._extender.answers(heard):
                return self._extender.begun(None)
            case Mistake():
                if isinstance(heard, Said) and heard.door in ("thread", "overheard") and read.code == "command_unknown":
                    return Outcome(answer=NOTHING)  # a line that begins with ! is not always for the hub
                return Outcome(answer=Answer(message=self._say.mistaken(read)), code=read.code, detail=read.met)
            case None:
                return Outcome(answer=NOTHING)

    def _form(self, wants: WantsForm, heard: Heard, standing: Standing) -> Outcome:
        command, known = wants.command, self._known
        found = permitted(standing.identity, command, {}, self._levers.roles)
        form = form_for(command, self._registry, known, standing.identity, self._locale, given=wants.given, context=heard.at.room)
        if not any(field.choices for field in form.fields if field.required) and isinstance(found, Denied):
            parsed = Parsed(command=command, values={})
            return self._levers.denied(parsed, found, grant_words(command, {}) or ())
        return Outcome(answer=Answer(form=form), line=command.name)

    def _read(self, heard: Heard) -> Read | None:
        match heard:
            case Said(door="overheard"):
                return Mistake(code="command_unknown")
            case Said():
                # Read several times on its way, and many say the same; but endless words are not kept.
                read = self._parse if len(heard.text) <= LONGEST_VALUE else self._parse.__wrapped__
                return read(heard.text, mark=mark_of(heard), marked=heard.door in ("slash", "mention", "thread"))
            case Submitted():
                command = self._registry.find(heard.form)
                return None if command is None else read_form(command, heard.fields, self._registry, self._known, self._locale)
            case Clicked(action="run", value=value):  # a plugin's button: whoever presses it says the line
                return parse(value, self._registry, self._known, marked=False)
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


def _some(line: deque[Waiting]) -> list[Waiting]:
    return [line.popleft() for _ in range(min(BATCH, len(line)))]


def _where(read: Read | None) -> tuple[str, str]:
    """Return the service and the environment that a command names, empty where it names none: both are among those of the configuration."""
    if not isinstance(read, Parsed):
        return "", ""
    named = {argument.kind: read.text(argument.name) for argument in read.command.arguments}
    return named.get("service", ""), named.get("environment", "")
