"""The interlocking: what one transaction does to deployments, lanes, locks and approvals, and what is told of it.

Whatever needs only the store is done here, in the transaction that decided it; what needs the world becomes a row, for ``deploy``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol, assert_never

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core import approvals as voting
from leverframe.core.conversation import Place
from leverframe.core.deployments import ENDED, HOLDING, Deployment, Patience, Rules, Stepped, ask, snapshot, step
from leverframe.core.deployments import effects as todo
from leverframe.core.deployments import inputs as came
from leverframe.core.deployments.values import DAY_S
from leverframe.core.dispatches import MOST_IN_FLIGHT, Manner, Request, is_lane, lane_of_project
from leverframe.core.freezes import frozen
from leverframe.core.gates import NOTHING, Act, Decision, act_dispatch
from leverframe.core.ids import show
from leverframe.core.lanes import Early, Frozen, LaneHeld, Lock, Locked, LockTaken, Next, Waiting, lane_of, slot, take_lock, turns
from leverframe.core.people import People
from leverframe.core.services import Catalogue, Environment
from leverframe.core.shipping import Resolved
from leverframe.core.wording.levers import ALERT, DEPLOYMENT, LOCK, NOTE
from leverframe.ports import Clock, Runner
from leverframe.store import approvals, deployments, locks
from leverframe.store.database import Database
from leverframe.store.deliveries import Role
from leverframe.work.audience import Audience
from leverframe.work.bell import Bell
from leverframe.work.hearing import Hearing
from leverframe.work.standing import OWN
from leverframe.work.tell import Telling, tell_all

log = structlog.get_logger("leverframe.deploy")


class Happened(Protocol):
    """Hears what happens to deployments, once it is committed: metrics and plugins."""

    def __call__(self, what: todo.Happening, deployment: Deployment) -> None: ...


class Turn(msgspec.Struct):
    """What one transaction still has to do, and what it will have done."""

    connection: Connection
    now: datetime
    lanes: list[str] = msgspec.field(default_factory=list)
    said: dict[str, Deployment] = msgspec.field(default_factory=dict)
    told: list[Telling] = msgspec.field(default_factory=list)
    """What is told after the cards: below each of them, or beside."""
    happened: list[tuple[todo.Happening, Deployment]] = msgspec.field(default_factory=list)


class Interlocking:
    """Asks and steps. ``told`` is rung when something is to be said, ``bell`` when an effect may be due."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        catalogue: Catalogue,
        runners: Mapping[str, Runner],
        people: People,
        zone: tzinfo,
        told: Bell,
        happened: Happened,
        seal: Callable[[str], str],
        audit_room: str | None,
        hearing: Hearing | None,
        audience: Audience | None,
        patience: Patience,
        manners: Mapping[str, Manner],
    ) -> None:
        self._database, self._clock = database, clock
        self.manners = manners
        """How dispatches are made, by project in small letters."""
        self.catalogue, self._runners = catalogue, runners
        self.people, self._zone, self._told, self._happened = people, zone, told, happened
        self._audit_room, self._hearing, self._audience, self._patience = audit_room, hearing, audience, patience
        self.seal = seal
        self.bell = Bell()

    # What happens in a transaction. Callers have called ``store.deployments.alone`` first, and call ``committed`` afterwards.

    def begin(self, connection: Connection, now: datetime) -> Turn:
        """Return what gathers the changes of one transaction."""
        deployments.alone(connection)
        return Turn(connection, now)

    def ask(self, turn: Turn, environment: Environment, *, lane: str | None = None, alone: bool = False, **asked: Any) -> Deployment:
        """Make a deployment of ``environment``; ``asked`` is what ``core.deployments.ask`` takes beyond it.

        It stands in the environment's lane, in ``lane`` where one is named, or ``alone`` in one of its own.
        """
        id = show(deployments.PREFIX, self._database.new_id())
        stepped = ask(
            id=id, service=environment.service, environment=environment.name, lane=id if alone else lane or environment.lane,
            runner=environment.runner, repository=environment.repository, rules=environment.rules, now=turn.now, **asked,
        )  # fmt: skip
        deployments.add(turn.connection, stepped.deployment)
        self._do(turn, stepped)
        return stepped.deployment

    def apply(self, turn: Turn, deployment: Deployment, input: came.Input) -> Stepped:
        """Step a deployment that was read in this transaction, and keep what came of it."""
        stepped = step(deployment, input, now=turn.now, patience=self._patience)
        if stepped.deployment is not deployment and stepped.deployment.version != deployment.version:
            deployments.save(turn.connection, stepped.deployment, before=deployment.version)
            if stepped.deployment.state in ENDED and deployment.state not in ENDED:
                deployments.forget(turn.connection, deployment)
        self._do(turn, stepped)
        return stepped

    def has(self, runner: str) -> bool:
        """Return whether there is such a runner."""
        return runner in self._runners

    def lane_changed(self, turn: Turn, lane: str) -> None:
        """Have it seen whose turn it is in a lane: a lock came or went."""
        turn.lanes.append(lane)

    def finish(self, turn: Turn) -> None:
        """Do what is left in the transaction: turns in lanes, and cards."""
        while turn.lanes:  # it comes to an end: who goes out of a queue does not come back in the same transaction
            lane = turn.lanes.pop()
            turn.lanes = [other for other in turn.lanes if other != lane]
            self._turns(turn, lane)
        cards = [self._telling(deployment, DEPLOYMENT, deployment.state, Role.CARD) for deployment in turn.said.values()]
        subscribed = self._audience.happened(turn.connection, turn.happened) if self._audience is not None else []
        tell_all(turn.connection, self._database.new_id, [*cards, *turn.told, *subscribed], now=turn.now)
        if self._hearing is not None and turn.happened:
            self._hearing.happened(turn.connection, turn.happened, turn.now)

    def committed(self, turn: Turn) -> None:
        """Wake whoever has something to do now."""
        self.bell.ring()
        self._told.ring()
        if self._hearing is not None and turn.happened:
            self._hearing.bell.ring()
        if self._audience is not None and turn.happened:
            self._audience.owed.ring()
        for what, deployment in turn.happened:
            try:
                self._happened(what, deployment)
            except Exception:
                log.exception("happening_not_heard", what=what)  # it is committed: what follows must follow

    def _do(self, turn: Turn, stepped: Stepped) -> None:
        deployment, now = stepped.deployment, turn.now
        for effect in stepped.effects:
            match effect:
                case todo.Resolve() | todo.Look() | todo.Call() | todo.Find() | todo.CancelRun():
                    self._put(turn, deployment, effect, effect.in_s)
                case todo.Poll(in_s=in_s):
                    runner = self._runners.get(deployment.runner)
                    self._put(turn, deployment, effect, in_s if in_s is not None else runner.poll_every_s if runner is not None else 10.0)
                case todo.Wake(at=at):
                    deployments.put(turn.connection, deployment, [(self._database.new_id(), effect, at)], instead="Wake")
                case todo.AskApproval():
                    approvals.add(turn.connection, voting.ask(
                        id=show(approvals.PREFIX, self._database.new_id()), deployment=deployment.id, digest=effect.digest, policy=effect.policy,
                        requester=deployment.by, again_by=deployment.again_by, authors=tuple(f"github:{login}" for login in effect.authors), now=now,
                    ))  # fmt: skip
                case todo.CloseApproval():
                    question = approvals.latest(turn.connection, deployment.id, digest=effect.digest)
                    if question is not None:
                        approvals.save(turn.connection, voting.close(question, effect.result, by=effect.by, reason=effect.reason, now=now))
                case todo.Join(lane=lane) | todo.Leave(lane=lane) | todo.FreeLane(lane=lane) | todo.SeeTurn(lane=lane):
                    turn.lanes.append(lane_of(lane))
                case todo.LockLane():
                    self._lock(turn, deployment, effect)
                case todo.Follow(environment=name, commit=commit):
                    self._follow(turn, deployment, name, commit)
                case todo.Say():
                    turn.said[deployment.id] = deployment
                case todo.Note():
                    more = {"by_name": effect.by_name or effect.by, "code": effect.code, "detail": effect.detail}
                    turn.told.append(self._telling(deployment, NOTE, effect.what, Role.REPLY, more))
                case todo.Alert():
                    glass = deployment.glass
                    more = {"detail": effect.detail, "by_name": glass.by_name or glass.by if glass else ""}
                    turn.told.append(self._telling(deployment, ALERT, effect.what, Role.ALONE, more))
                case todo.Happened(name=name):
                    turn.happened.append((name, deployment))
                    if deployment.kind == "gate" and (no := _no(deployment, name)) is not None:
                        self._said_no(turn, deployment, no)
                case _:  # pragma: no cover
                    assert_never(effect)
        if deployment.id in turn.said:
            turn.said[deployment.id] = deployment

    def _put(self, turn: Turn, deployment: Deployment, effect: todo.Effect, in_s: float) -> None:
        deployments.put(turn.connection, deployment, [(self._database.new_id(), effect, turn.now + timedelta(seconds=in_s))])

    def _lock(self, turn: Turn, deployment: Deployment, effect: todo.LockLane) -> None:
        taken = take_lock(
            locks.load(turn.connection, effect.lane), lane=effect.lane, owner=effect.owner or "hub", owner_name=effect.owner_name or "Leverframe",
            reason=effect.reason or f"rollback {deployment.id}", until=None, people=self.people, now=turn.now,
        )  # fmt: skip
        if isinstance(taken, LockTaken):
            locks.save(turn.connection, taken.lock)
            self.tell_lock(turn, "locked", taken.lock, deployment.service, deployment.environment, [deployment.place] if deployment.place else [])

    def _follow(self, turn: Turn, before: Deployment, name: str, commit: Resolved) -> None:
        environment = self.catalogue.find(before.service, name)
        if environment is not None:
            self.ask(turn, environment, commit=commit, ref=before.ref, parameters=before.parameters, cause=f"after {before.environment}", place=before.place)

    def report(self, turn: Turn, gate: Deployment, act: Act) -> None:
        """Tell whoever waits for the answer that people are asked."""
        asked = gate.gate
        if asked is not None:
            environment = Environment(service=gate.service, name=gate.environment, runner=act.runner, repository=gate.repository, rules=Rules())
            told = replace(asked, approve=act, reject=NOTHING, of=gate.id, decision="pending")
            self.ask(turn, environment, alone=True, gate=told, cause=f"pending {gate.id}")

    def _said_no(self, turn: Turn, gate: Deployment, decision: Decision) -> None:
        """Do what is to be done on a no: a lever of its own, which may wait, fail and be tried again like any other."""
        asked = gate.gate
        if asked is None or asked.reject.deed == "none":
            return
        by = gate.end.by_name or gate.end.by if gate.end is not None else ""
        act = asked.reject
        follows = replace(asked, approve=act, reject=NOTHING, of=gate.id, decision=decision, by=by)
        environment = Environment(service=gate.service, name=gate.environment, runner=act.runner, repository=gate.repository, rules=Rules(starts_for_s=DAY_S))
        self.ask(
            turn, environment, alone=True, gate=follows, dispatch=act_dispatch(act, asked.environment, Request(at=turn.now, by_name=by)), ref=act.ref or None,
            cause=f"{decision} {gate.id}", place=gate.place, places=gate.places,
        )  # fmt: skip

    def _turns(self, turn: Turn, lane: str) -> None:
        several = is_lane(lane)
        width = self._manner(lane).in_flight if several else 1
        # A lane that was wider once may be held at places that it has no more.
        standing = {one.id: one for one in deployments.open_in(turn.connection, lane, width=MOST_IN_FLIGHT if several else 1)}
        for late in [one for one in standing.values() if one.state == "queued" and one.deadline is not None and one.deadline <= turn.now]:
            self.apply(turn, standing.pop(late.id), came.Tick())
        held = {one.lane: one.id for one in standing.values() if one.state in HOLDING}
        free = [each for number in range(1, width + 1) if (each := slot(lane, number)) not in held]
        running = next(iter(held.values())) if len(held) >= width else None
        waiting = [
            Waiting(
                id=one.id, asked_at=one.asked_at, by=one.again_by or one.by, kind=one.kind, not_before=one.not_before, frozen=self._frozen(one, turn.now), broke_glass=one.glass is not None,
            )
            for one in standing.values() if one.state == "queued"
        ]  # fmt: skip
        lock = locks.load(turn.connection, lane)
        for id, its in turns(waiting, running=running, lock=lock, people=self.people, now=turn.now).items():
            one = standing[id]
            match its:
                case Next():
                    self.apply(turn, one, came.LaneFree(
                        sha=one.commit.sha if one.commit else "", rules=self._rules(one), earlier=self._earlier(turn.connection, one), slot=free[0],
                    ))  # fmt: skip
                    if len(free) > 1:
                        turn.lanes.append(lane)  # another may go beside it
                case LaneHeld() | Locked() | Frozen() | Early():
                    self.apply(turn, one, its)

    def _manner(self, lane: str) -> Manner:
        return next((manner for project, manner in self.manners.items() if lane_of_project(project) == lane), Manner())

    def _rules(self, deployment: Deployment) -> Any:
        environment = self.catalogue.find(deployment.service, deployment.environment)
        return deployment.rules if environment is None else environment.rules

    def _frozen(self, deployment: Deployment, now: datetime) -> Frozen | None:
        environment = self.catalogue.find(deployment.service, deployment.environment)
        return frozen(environment.freezes, now, self._zone) if environment is not None and environment.freezes else None

    def _earlier(self, connection: Connection, deployment: Deployment) -> str | None:
        """Return what is live in the environment that comes before."""
        after = self._rules(deployment).after
        if after is None:
            return None
        good = deployments.last_good(connection, service=deployment.service, environment=after)
        return good.commit.sha if good is not None and good.commit is not None else None

    def _telling(self, deployment: Deployment, name: str, action: str, role: Role, more: Mapping[str, Any] | None = None) -> Telling:
        environment = self.catalogue.find(deployment.service, deployment.environment)
        asked_in = [place for place in (deployment.place, *deployment.places) if place is not None]
        # A room may be known by its id where it was asked in, and by its name in the configuration.
        named = {f"{place.chat}:#{place.room_name}".casefold() for place in asked_in}
        others = [room for room in (environment.rooms if environment is not None else ()) if room.casefold() not in named]
        to = list(dict.fromkeys([*(place.destination for place in asked_in), *others]))
        direct = list(deployment.followers) if name != DEPLOYMENT else []
        mirrored = [self._audit_room] if self._audit_room is not None and name != DEPLOYMENT and self._audit_room not in to else []
        return Telling(
            name=name, action=action, subject=deployment.id, payload={"deployment": snapshot(deployment), **(more or {})}, to=to, role=role,
            repo=deployment.repository, alone=[*direct, *mirrored],
        )  # fmt: skip

    def tell_lock(
        self, turn: Turn, what: str, lock: Lock, service: str, environment: str, places: list[Place], more: Mapping[str, Any] | None = None
    ) -> None:
        """Tell what became of a lock, in the rooms of ``places`` and where acts are mirrored."""
        shown = {"service": service, "environment": environment, "by": lock.owner_name or lock.owner, "reason": lock.reason, "until": lock.until, "waiting": lock.waiters}
        to = [place.destination for place in places]
        mirrored = [self._audit_room] if self._audit_room is not None else []
        turn.told.append(Telling(name=LOCK, action=what, subject=lock.lane, payload={"lock": shown, **(more or {})}, to=to, role=Role.ALONE, alone=mirrored))

    def freed(self, turn: Turn, lock: Lock, *, tell_to: tuple[str, ...] | None = None) -> None:
        """Have the next in a lane that is open again go, and tell those who waited for it, directly."""
        turn.lanes.append(lock.lane)
        environments = self.catalogue.in_lane(lock.lane)
        service, environment = (environments[0].service, environments[0].name) if environments else (lock.lane, "")
        tell = [actor for actor in (lock.waiters if tell_to is None else tell_to) if actor.partition(":")[0] not in OWN]
        # Those at a door of the hub's own have no room to be told in: queue and the console show it.
        places = [Place(chat=actor.partition(":")[0], room=actor.partition(":")[2].rpartition("/")[2]) for actor in tell]
        if places:
            self.tell_lock(turn, "freed", lock, service, environment, places, {"tell": tell})

    def free_ended(self, turn: Turn) -> None:
        """Have those told that wait for locks which are over by now, and the lanes go on."""
        for lock in locks.over(turn.connection, now=turn.now):
            self.freed(turn, lock)


def _no(gate: Deployment, happened: todo.Happening) -> Decision | None:
    """Return which no a gate has come to, ``None`` where it has come to none. GitHub waits for an answer also where the question was taken back."""
    if happened in ("rejected", "expired"):
        return "rejected" if happened == "rejected" else "expired"
    waits = gate.gate is not None and gate.gate.reject.deed == "github_rule" and not (gate.approval is not None and gate.approval.won)
    return "cancelled" if happened == "cancelled" and waits and gate.end is not None and gate.end.code != "approval_rejected" else None
