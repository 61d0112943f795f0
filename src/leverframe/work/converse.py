"""Converse: what people say is on disk before it is answered, is run once, and a repeat hears what was said before.

Two steps. The words are committed under their own key, many people's in one commit; then each is run in the transaction that
also marks it done. Whoever asked is answered by what came of it, or, when the hub is so busy that this would take long, by the
words with which it begins.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from leverframe.core.access import Denied, Identity
from leverframe.core.commands.definitions import Command, Registry, Value
from leverframe.core.commands.forms import Misfilled, form_for, read_form
from leverframe.core.commands.parsing import Mistake, Parsed, WantsForm, parse
from leverframe.core.commands.permission import grant_words, permitted
from leverframe.core.conversation import NOTHING, Answer, Clicked, Heard, Said, Submitted
from leverframe.core.errors import Locale, Refused
from leverframe.core.wording.levers import ACT, LEVERS
from leverframe.ports import Clock
from leverframe.store import audit, deployments, inbox
from leverframe.store.database import Database
from leverframe.store.deliveries import Role
from leverframe.store.inbox import Outcome
from leverframe.work.deploy import Turn
from leverframe.work.levers import Asked, Levers, mark_of
from leverframe.work.standing import Standing, Standings
from leverframe.work.tell import Telling, tell

BATCH = 32
"""Commands run in one transaction."""
BUSY = 16
"""So many waiting commands are more than somebody should be kept waiting for."""
REMEMBERED = 10_000
MINUTE = timedelta(minutes=1)
RECOVER_S = 5.0
BUTTONS = frozenset({"approve", "reject", "cancel", "retry"})
"""Actions of buttons that are commands with a deployment's id."""
PROGRAMS = frozenset({"api", "cli"})
"""Doors of programs: they are told what came of it, however long it takes, and no form opens there."""
log = structlog.get_logger("leverframe.converse")


class Counts(Protocol):
    """Hears what came of every command: metrics."""

    def __call__(self, command: str, code: str, duration_s: float) -> None: ...


class _Waiting:
    __slots__ = ("given", "heard", "id", "outcome", "since")

    def __init__(self, id: int, heard: Heard, since: datetime, given: Identity | None = None) -> None:
        self.id, self.heard, self.since, self.given = id, heard, since, given
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


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
    ) -> None:
        """``per_person`` and ``per_room`` are commands a minute; 0 is no limit."""
        self._database, self._clock, self._levers, self._standings = database, clock, levers, standings
        self._boot, self._locale, self._say = boot, locale, LEVERS[locale]
        self._per_person, self._per_room, self._counts, self._audit_room = per_person, per_room, counts, audit_room
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None
        self._outcomes: OrderedDict[bytes, asyncio.Future[Outcome]] = OrderedDict()

    @property
    def _registry(self) -> Registry:
        return self._levers.registry

    async def __call__(self, heard: Heard, *, given: Identity | None = None) -> Answer:
        """Return what is answered to ``heard``, once it is committed. ``given`` is who a door of the hub's own knows it to be.

        Raises ``Refused("storage_unavailable")``: then nothing was taken.
        """
        return (await self.outcome(heard, given=given)).answer

    async def outcome(self, heard: Heard, *, given: Identity | None = None) -> Outcome:
        """Return what came of ``heard``, as :meth:`__call__` does; its code is empty when it was said before and is not done yet."""
        key = inbox.digest(heard)
        if (before := self._outcomes.get(key)) is not None:
            return await asyncio.shield(before)
        one = _Waiting(self._database.new_id(), heard, self._clock.now(), given)
        self._outcomes[key] = one.outcome
        if len(self._outcomes) > REMEMBERED:
            self._outcomes.popitem(last=False)
        try:
            if not await self._database.write(inbox.take_in, heard=heard, id=one.id, boot=self._boot(), now=one.since):
                del self._outcomes[key]
                return await self._database.read(inbox.former_outcome, heard=heard) or Outcome(answer=NOTHING, code="")
        except BaseException:
            self._outcomes.pop(key, None)
            one.outcome.cancel()
            raise
        self._queue(one)
        if len(self._waiting) > BUSY and (early := self._early(heard)) is not None:
            return Outcome(answer=early)
        return await asyncio.shield(one.outcome)

    async def recover(self) -> int:
        """Run what a process that died had taken in and not run; return how many there were."""
        left = await self._database.write(inbox.left_over, boot=self._boot(), now=self._clock.now())
        for id, heard in left:
            self._queue(_Waiting(id, heard, self._clock.now()))
        return len(left)

    async def run(self) -> None:
        """Take up what processes that died had taken in, for ever."""
        while True:
            try:
                await self.recover()
            except Refused as refused:
                log.warning("recovering_put_off", code=refused.code)
            except Exception:
                log.exception("recovering_failed")
            await self._clock.sleep(RECOVER_S)

    async def settled(self) -> None:
        """Return when nothing waits to be run."""
        while self._running is not None:
            await asyncio.wait([self._running])

    def expects_form(self, heard: Heard) -> bool:
        """Return at once whether the answer may be a form."""
        return isinstance(heard, Said) and heard.door in ("slash", "playground") and isinstance(self._read(heard), WantsForm)

    def _queue(self, one: _Waiting) -> None:
        self._waiting.append(one)
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="converse")

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                await self._run_batch(batch)
        finally:
            self._running = None

    async def _run_batch(self, batch: Sequence[_Waiting]) -> None:
        try:
            await asyncio.gather(*(self._run_one(one) for one in batch))
        except Exception:
            log.exception("conversing_failed")

    async def _run_one(self, one: _Waiting) -> None:
        """Run one command. The database gathers those of a batch into one commit, each on its own within it."""
        turn: Turn | None
        while True:
            try:
                outcome, turn = await self._database.write(self._execute, one=one, now=self._clock.now())
                break
            except deployments.Stale:
                continue
            except Refused as refused:
                if refused.code != "storage_unavailable":
                    outcome, turn = Outcome(answer=Answer(message=self._say.refused(refused.code, refused.detail)), code=refused.code), None
                    break
                if not one.outcome.done():
                    one.outcome.set_exception(refused)
                    one.outcome.exception()
                await self._clock.sleep(1.0)  # it is taken in: it will be run
            except Exception as error:
                log.exception("command_failed", error=str(error))
                outcome, turn = Outcome(answer=Answer(message=self._say.refused("internal", type(error).__name__)), code="internal"), None
                await self._database.write(inbox.end, id=one.id, outcome=outcome, boot=self._boot(), now=self._clock.now())
                break
        if turn is not None:
            self._levers.committed(turn)
        self._counts(outcome.line.partition(" ")[0] or type(one.heard).__name__.lower(), outcome.code, (self._clock.now() - one.since).total_seconds())
        if not one.outcome.done():
            one.outcome.set_result(outcome)

    def _execute(self, connection: Connection, *, one: _Waiting, now: datetime) -> tuple[Outcome, Turn | None]:
        turn = self._levers.begin(connection, now)
        heard = one.heard
        standing = self._standings.of(heard.by, given=one.given or self._standings.again(connection, heard, now))
        outcome = self._limited(connection, heard, now) or self._outcome(turn, heard, standing)
        if not inbox.end(connection, one.id, outcome, boot=self._boot(), now=now):
            raise Refused("overloaded", "another process runs it")
        self._levers.finish(turn)
        self._note(connection, heard, outcome, now)
        return outcome, turn

    def _limited(self, connection: Connection, heard: Heard, now: datetime) -> Outcome | None:
        """Refuse who says too much in a minute, and tell how long to wait."""
        for most, which in ((self._per_person, {"actor": heard.by.actor}), (self._per_room, {"room": heard.at.destination})):
            if "room" in which and not heard.at.chat:
                continue  # everybody shares a door
            if most and inbox.count(connection, since=now - MINUTE, **which) > most:
                first = inbox.oldest_since(connection, since=now - MINUTE, **which) or now
                wait_s = max(1, round((first + MINUTE - now).total_seconds()))
                return Outcome(answer=Answer(message=self._say.refused("command_rate_limited", wait_s=wait_s)), code="command_rate_limited", wait_s=wait_s)
        return None

    def _outcome(self, turn: Turn, heard: Heard, standing: Standing) -> Outcome:
        read = self._read(heard, turn)
        match read:
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

    def _read(self, heard: Heard, turn: Turn | None = None) -> Parsed | WantsForm | Mistake | Misfilled | None:
        known = self._levers.known()
        match heard:
            case Said():
                return parse(heard.text, self._registry, known, mark=mark_of(heard), marked=heard.door in ("slash", "mention", "thread"))
            case Submitted():
                command = self._registry.find(heard.form)
                return None if command is None else read_form(command, heard.fields, self._registry, known, self._locale)
            case Clicked(action=action, value=value):
                return self._clicked(action, value, turn)

    def _clicked(self, action: str, value: str, turn: Turn | None) -> Parsed | None:
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

    def _early(self, heard: Heard) -> Answer | None:
        """Return what is said at once to an act that will be run in a moment, when many wait: nothing to a question, whose answer is what came of it."""
        if not isinstance(heard, Said) or heard.door in PROGRAMS:
            return None
        read = self._read(heard)
        if not isinstance(read, Parsed) or read.command.name not in ("deploy", "rollback"):
            return None
        if isinstance(permitted(self._standings.of(heard.by).identity, read.command, read.values, self._levers.roles), Denied):
            return None
        return Answer(message=self._say.asked(read.text("service"), read.text("environment"), read.command.name), public=True)

    def _note(self, connection: Connection, heard: Heard, outcome: Outcome, now: datetime) -> None:
        """Write acts and refusals into the audit, and mirror them where the hub is told to."""
        name = outcome.line.partition(" ")[0]
        command = self._registry.find(name) if name else None
        refused = outcome.code != "ok"
        if not refused and (command is None or not command.acts):
            return
        audit.append(
            connection, id=self._database.new_id(), at=now, actor=heard.by.actor, act=name or "speak", target=heard.at.destination, code=outcome.code,
            detail={"line": outcome.line, "name": heard.by.name, **({"detail": outcome.detail} if outcome.detail else {})},
        )  # fmt: skip
        if self._audit_room is not None and self._audit_room != heard.at.destination and command is not None and command.acts:
            tell(
                connection, self._database.new_id,
                Telling(
                    name=ACT, action="refused" if refused else "done", subject="", role=Role.ALONE, to=[self._audit_room],
                    payload={"by_name": heard.by.name or heard.by.actor, "room": heard.at.room_name or heard.at.room, "line": outcome.line, "code": outcome.code if refused else ""},
                ),
                now=now,
            )  # fmt: skip

