"""Deploy: drive each deployment's machine, and do what it says must happen next. A lever is pulled at most once.

Every change is one transaction: the deployment under its new version, a row for each effect that needs the world, and what is
told. The loop takes the rows that are due, asks runner or repository, and brings the answer back as the machine's next input.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any

import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.deployments import ENDED, PATIENCE, Deployment, Patience, still_wanted
from leverframe.core.deployments import effects as todo
from leverframe.core.deployments import inputs as came
from leverframe.core.dispatches import Manner, outgoing
from leverframe.core.errors import Refused
from leverframe.core.gates import facts as gate_facts
from leverframe.core.people import People
from leverframe.core.runs import Lost, NotStarted, Unreachable
from leverframe.core.services import Catalogue
from leverframe.core.shipping import Resolved
from leverframe.ports import Clock, Order, Repositories, Runner
from leverframe.store import deployments, locks
from leverframe.store.database import Database
from leverframe.store.deployments import Due
from leverframe.work.audience import Audience
from leverframe.work.bell import Bell
from leverframe.work.crowd import Crowd
from leverframe.work.hearing import Hearing
from leverframe.work.interlocking import Happened, Interlocking, Turn

AT_ONCE = 256
"""Effects that one process does at a time: a runner that does not answer must not keep the others waiting."""
TAKEN_AT_ONCE, WRITTEN_AT_ONCE = 32, 8
"""Effects that are taken, and answers of runners and repositories that are written, in one commit: who is only heard waits no longer than that."""
SCAN_S = 5.0
AGAIN_S = 5.0
"""An effect that failed for a reason of our own is tried again after so long."""
UNREADABLE_S = 3600.0
log = structlog.get_logger("leverframe.deploy")


class Deployer(Interlocking):
    """Carries out what the interlocking wrote down."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        boot: Callable[[], int],
        catalogue: Catalogue,
        runners: Mapping[str, Runner],
        repositories: Callable[[Deployment], Repositories],
        people: People,
        zone: tzinfo,
        told: Bell,
        happened: Happened,
        seal: Callable[[str], str],
        unseal: Callable[[str], str],
        audit_room: str | None = None,
        hearing: Hearing | None = None,
        audience: Audience | None = None,
        patience: Patience = PATIENCE,
        manners: Mapping[str, Manner] | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        """``crowd`` is shared by all that is done later."""
        super().__init__(
            database, clock, catalogue=catalogue, runners=runners, people=people, zone=zone, told=told, happened=happened, seal=seal,
            audit_room=audit_room, hearing=hearing, audience=audience, patience=patience, manners=manners or {},
        )  # fmt: skip
        self._boot, self._repositories, self._unseal, self._crowd = boot, repositories, unseal, crowd or Crowd(clock)
        self._doing: dict[asyncio.Task[None], int] = {}
        """What is under way, with the effect that it is for."""
        self._writing = asyncio.Semaphore(WRITTEN_AT_ONCE)
        self._sure_of: int | None = None
        """The boot of which every effect that is taken is known to be under way; ``None`` after an answer was lost."""
        self._stopping = False

    async def run(self) -> None:
        """Do whatever is due, for ever."""
        while not self._stopping:
            try:
                if not await self.step():
                    await self.bell.wait(await self._idle_s())
            except Refused as error:
                log.warning("deploying_put_off", code=error.code)
                await self._clock.sleep(1.0)
            except Exception:
                log.exception("deploying_failed")
                await self._clock.sleep(1.0)

    async def stop(self, patience_s: float) -> None:
        """Begin nothing new; let what is under way end for up to ``patience_s`` seconds."""
        self._stopping = True
        self.bell.ring()
        if self._doing:
            _, late = await asyncio.wait(self._doing, timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def step(self) -> int:
        """Take the effects that are due and begin to do them; return how many were taken."""
        free = AT_ONCE - len(self._doing)
        if free <= 0:
            await asyncio.wait(self._doing, return_when=asyncio.FIRST_COMPLETED)
            return 1
        await self._crowd.pass_by()
        boot = self._boot()
        holding = None if self._sure_of == boot else list(self._doing.values())
        self._sure_of = None
        taken, any_over = await self._database.write(take, boot=boot, now=self._clock.now(), limit=min(free, TAKEN_AT_ONCE), holding=holding)
        self._sure_of = boot
        for due in taken:
            task = asyncio.create_task(self._attempt(due), name=f"lever {type(due.effect).__name__}")
            self._doing[task] = due.id
            task.add_done_callback(self._doing.pop)
        if any_over:
            turn = await self._database.write(self._end_locks, now=self._clock.now())
            self.committed(turn)
        return len(taken)

    async def settle(self) -> None:
        """Return when nothing is under way (for tests)."""
        while self._doing:
            await asyncio.gather(*self._doing, return_exceptions=True)

    async def _idle_s(self) -> float:
        due = await self._database.read(_next_due_at, boot=self._boot(), now=self._clock.now())
        return SCAN_S if due is None else min(max((due - self._clock.now()).total_seconds(), 0.0), SCAN_S)

    def _end_locks(self, connection: Connection, *, now: datetime) -> Turn:
        turn = self.begin(connection, now)
        self.free_ended(turn)
        self.finish(turn)
        return turn

    async def _attempt(self, due: Due) -> None:
        try:
            if due.effect is None:
                log.error("effect_unreadable", id=due.id)  # a later version may read it
                await self._put_off(due, UNREADABLE_S)
            else:
                await self._carry_out(due, due.effect)
        except deployments.Stale:
            await self._put_off(due, 0.0)
        except Exception as error:
            if not isinstance(error, Refused):
                log.exception("effect_failed", effect=type(due.effect).__name__, error=str(error))
            await self._put_off(due, AGAIN_S)
        self.bell.ring()

    async def _put_off(self, due: Due, in_s: float) -> None:
        """Let go of it, to be done again: until that is written it is ours, and nobody else would do it."""
        while True:
            try:
                await self._database.write(deployments.put_off, due.id, boot=due.boot, due_at=self._clock.now() + timedelta(seconds=in_s))
                return
            except Refused as refused:
                log.warning("effect_not_put_off", code=refused.code)
                await self._clock.sleep(1.0)

    async def _carry_out(self, due: Due, effect: todo.Effect) -> None:
        deployment = due.deployment
        if deployment is None or not still_wanted(deployment, effect):
            await self._database.write(deployments.done, id=due.id)
            return
        match effect:
            case todo.Resolve():
                await self._answer(due, await self._resolve(deployment, effect))
            case todo.Look():
                await self._answer(due, await self._look(deployment, effect))
            case todo.Wake():
                await self._answer(due, came.Tick())
            case todo.Call():
                await self._call(due, deployment, effect)
            case todo.Find():
                runner, order = self._runners.get(deployment.runner), self._order(deployment, effect.correlation_id)
                found = Unreachable(code="runner_unknown", detail=deployment.runner) if runner is None else await runner.find(order)
                await self._answer(due, came.FindAnswered(ticket=effect.ticket, correlation_id=effect.correlation_id, answer=found))
            case todo.Poll():
                runner, last = self._runners.get(deployment.runner), deployment.last_try
                if last is None or last.run is None:
                    await self._database.write(deployments.done, id=due.id)
                    return
                order = self._order(deployment, effect.correlation_id)
                stands = Unreachable(code="runner_unknown", detail=deployment.runner) if runner is None else await runner.poll(order, last.run)
                await self._answer(due, came.PollAnswered(ticket=effect.ticket, correlation_id=effect.correlation_id, answer=stands))
            case todo.CancelRun():
                runner, last = self._runners.get(deployment.runner), deployment.last_try
                if last is None or last.run is None:
                    await self._database.write(deployments.done, id=due.id)
                    return
                order = self._order(deployment, effect.correlation_id)
                told = Unreachable(code="runner_unknown", detail=deployment.runner) if runner is None else await runner.cancel(order, last.run)
                await self._answer(due, came.CancelAnswered(correlation_id=effect.correlation_id, answer=told))
            case _:
                await self._database.write(deployments.done, id=due.id)

    async def _answer(self, due: Due, input: came.Input) -> None:
        async with self._writing, self._crowd.turn():
            turn = await self._database.write(self._take_in, due=due, input=input, now=self._clock.now())
        self.committed(turn)

    def _take_in(self, connection: Connection, *, due: Due, input: came.Input, now: datetime) -> Turn:
        """Step the answer and forget the effect, in one transaction: a crash before it has the effect done once more."""
        turn = self.begin(connection, now)
        deployments.done(connection, due.id)
        current = deployments.load(connection, due.deployment.id) if due.deployment is not None else None
        if current is not None:
            self.apply(turn, current, input)
        self.finish(turn)
        return turn

    async def _resolve(self, deployment: Deployment, effect: todo.Resolve) -> came.Input:
        try:
            commit = await self._repositories(deployment).resolve(deployment.repository or deployment.service, effect.ref)
        except Refused as refused:
            return _refused(effect.ticket, refused)
        return came.RefResolved(ticket=effect.ticket, commit=commit)

    async def _look(self, deployment: Deployment, effect: todo.Look) -> came.Input:
        good, earlier = await self._database.read(self._live, deployment=deployment)
        base = good.sha if good is not None else None
        repository, source = deployment.repository or deployment.service, self._repositories(deployment)
        try:
            shipping = await source.shipping(repository, base, effect.sha) if base is not None and base != effect.sha else None
        except Refused as refused:
            if deployment.rules.policy is not None and not deployment.rules.policy.allow_authors:
                return _refused(effect.ticket, refused)  # who wrote it decides who may approve it
            shipping = None
        checks = None
        if deployment.rules.checks is not None:
            try:
                checks = await source.checks(repository, effect.sha, deployment.rules.checks)
            except Refused as refused:
                return _refused(effect.ticket, refused)
        return came.ShippingKnown(ticket=effect.ticket, base=base, shipping=shipping, checks=checks, earlier=earlier)

    def _live(self, connection: Connection, *, deployment: Deployment) -> tuple[Resolved | None, str | None]:
        good = deployments.last_good(connection, service=deployment.service, environment=deployment.environment)
        return (good.commit if good is not None else None), self._earlier(connection, deployment)

    async def _call(self, due: Due, deployment: Deployment, effect: todo.Call) -> None:
        """Pull the lever: that it is about to happen is written down first, and once."""
        async with self._writing, self._crowd.turn():
            turn, go, current = await self._database.write(self._beginning, due=due, effect=effect, now=self._clock.now())
        self.committed(turn)
        if not go or current is None:
            return
        runner = self._runners.get(current.runner)
        if runner is None:
            answer: Any = NotStarted(code="runner_unknown", detail=current.runner)
        else:
            order = self._order(current, effect.correlation_id)
            try:
                order = replace(order, parameters={name: self._unseal(value) for name, value in order.parameters.items()})
            except Refused as refused:
                await self._answer(due, came.StartAnswered(
                    ticket=effect.ticket, correlation_id=effect.correlation_id, answer=NotStarted(code=refused.code, detail=refused.detail)
                ))  # fmt: skip
                return
            try:
                answer = await runner.start(order)
            except Exception as error:
                log.exception("runner_failed", runner=current.runner, error=str(error))
                answer = Lost(code="internal", detail=type(error).__name__)
        await self._answer(due, came.StartAnswered(ticket=effect.ticket, correlation_id=effect.correlation_id, answer=answer))

    def _beginning(self, connection: Connection, *, due: Due, effect: todo.Call, now: datetime) -> tuple[Turn, bool, Deployment | None]:
        turn = self.begin(connection, now)
        current = deployments.load(connection, due.deployment.id) if due.deployment is not None else None
        if current is None:
            deployments.done(connection, due.id)
            return turn, False, None
        stepped = self.apply(turn, current, came.Beginning(ticket=effect.ticket))
        if not stepped.go:
            deployments.done(connection, due.id)
        self.finish(turn)
        return turn, stepped.go, stepped.deployment

    def _order(self, deployment: Deployment, correlation_id: str) -> Order:
        environment = self.catalogue.find(deployment.service, deployment.environment)
        commit = deployment.commit
        one = next((each for each in deployment.tries if each.correlation_id == correlation_id), None)
        sent, gate = deployment.dispatch, deployment.gate
        target, parameters, payload = environment.target if environment is not None else {}, deployment.parameters, None
        facts = None
        if gate is not None:
            facts = gate_facts(gate, id=deployment.id, by=deployment.approved_by)
            target, parameters = gate.approve.target, gate.approve.parameters
            payload = {**facts, "project": deployment.service, "environment": gate.environment, "title": gate.title, "decided_at": _decided_at(deployment).isoformat()}
        if sent is not None:
            payload = outgoing(sent, project=deployment.service, correlation_id=correlation_id, facts=facts)
        return Order(
            correlation_id=correlation_id, service=deployment.service, environment=deployment.environment, repository=deployment.repository,
            ref=commit.ref if commit is not None else deployment.ref or "", sha=commit.sha if commit is not None else "",
            parameters=parameters, event_type="" if sent is None else sent.event_type, followed=sent is None or sent.followed,
            payload=payload, target=target, ordered_at=one.ordered_at if one is not None else None,
        )  # fmt: skip

    async def hint(self, deployment: Deployment) -> None:
        """Have the truth read anew, now: something says that the run, or CI, has changed."""
        if deployment.state not in ENDED:
            turn = await self._database.write(partial(self._step_one, id=deployment.id, input=came.Hint()), now=self._clock.now())
            self.committed(turn)

    def _step_one(self, connection: Connection, *, id: str, input: came.Input, now: datetime) -> Turn:
        turn = self.begin(connection, now)
        current = deployments.load(connection, id)
        if current is not None:
            self.apply(turn, current, input)
        self.finish(turn)
        return turn


def _decided_at(deployment: Deployment) -> datetime:
    """Return when a gate was decided: the same whenever it is asked for."""
    votes = deployment.approval.votes if deployment.approval is not None else ()
    return max((vote.at for vote in votes), default=deployment.glass.at if deployment.glass is not None else deployment.asked_at)


def _refused(ticket: int, refused: Refused) -> came.RefRefused:
    again = refused.status >= 500 or refused.status == 429 or refused.retry_after_s is not None
    return came.RefRefused(ticket=ticket, code=refused.code, detail=refused.detail, again=again, after_s=refused.retry_after_s)


def _next_due_at(connection: Connection, *, boot: int, now: datetime) -> datetime | None:
    times = [at for at in (deployments.next_due_at(connection, boot=boot, now=now), locks.next_end(connection)) if at is not None]
    return min(times, default=None)


def take(connection: Connection, *, boot: int, now: datetime, limit: int, holding: Collection[int] | None) -> tuple[list[Due], bool]:
    """Take effects that are due, as ``store.deployments.take`` does; return them, and whether a lock has ended by itself."""
    end = locks.next_end(connection)
    return deployments.take(connection, boot=boot, now=now, limit=limit, holding=holding), end is not None and end <= now


