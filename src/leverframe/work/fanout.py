"""Route events: each accepted event becomes the deliveries that its routes ask for, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core import threads
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.routes import Quiet, Route, RouteTable
from leverframe.core.windows import held_until
from leverframe.ports import Clock
from leverframe.store import deliveries, events, mutes
from leverframe.store.database import Database
from leverframe.store.deliveries import LateWorker, Planned, Role, State
from leverframe.store.events import StoredEvent
from leverframe.work.bell import Bell
from leverframe.work.library import Library
from leverframe.work.receive import Recent

BATCH = 128
"""Events routed in one transaction."""
SCAN_S = 5.0
"""A bell that was missed is made up for by looking, at the latest after so many seconds."""
GATHER_S = 0.01
"""After a batch that was not full: a busy hub does its rounds with many events each, an idle one still starts at once."""
_ROLES = {"alone": Role.ALONE, "card": Role.CARD, "reply": Role.REPLY}
log = structlog.get_logger("leverframe.fanout")


class Carried(msgspec.Struct, frozen=True):
    """The routing that a request's own address holds (``/hook``)."""

    name: str
    to: tuple[str, ...]
    events: tuple[str, ...]


class Fired(msgspec.Struct, frozen=True):
    """A route that fired, for an event that may be an older one (a label that came later)."""

    route: Route
    event: Event


class Decided(msgspec.Struct, frozen=True):
    """What the routes say to an event; with labels also which routes still wait for one, and which a label that came now fires."""

    event: Event
    firing: Sequence[Route]
    waiting: Sequence[Route] = ()
    relabelled: Sequence[Route] = ()


def _decide(table: RouteTable, event: Event) -> Decided:
    firing = table.firing(event)
    if event.subject is None or not table.with_labels:
        return Decided(event, firing)
    return Decided(event, firing, table.but_for_labels(event), table.relabel(event))


class PathsOf(Protocol):
    """Tells which files a pull request touches."""

    async def __call__(self, event: Event) -> tuple[str, ...] | None:
        """Return the paths, ``None`` when they cannot be known."""
        ...


class Fanout:
    """The loop that routes. ``planned`` is rung when deliveries are owed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        boot: Callable[[], int],
        table: RouteTable,
        library: Library,
        recent: Recent,
        zone: tzinfo,
        room_quiet: Mapping[str, Quiet],
        paths_of: PathsOf | None,
        bell: Bell,
        planned: Bell,
    ) -> None:
        self._database, self._clock, self._boot = database, clock, boot
        self._table, self._library, self._recent = table, library, recent
        self._zone, self._room_quiet, self._paths_of = zone, room_quiet, paths_of
        self.bell, self._planned = bell, planned
        self._carried: dict[str, RouteTable] = {}
        self._filtered = any(route.where for route in table.routes)

    async def run(self) -> None:
        """Route whatever waits, for ever."""
        while True:
            try:
                match await self.step():
                    case 0:
                        await self.bell.wait(SCAN_S)
                    case few if few < BATCH:
                        await self._clock.sleep(GATHER_S)
            except LateWorker as error:
                log.warning("fanout_late", error=str(error))
            except Refused as error:
                log.warning("fanout_put_off", code=error.code)
                await self._clock.sleep(1.0)
            except Exception:
                log.exception("fanout_failed")
                await self._clock.sleep(1.0)

    async def step(self) -> int:
        """Route one batch; return how many events it held."""
        boot = self._boot()
        ids, silenced = await self._database.write(self._claim, boot=boot, now=self._clock.now())
        if not ids:
            return 0
        stored = await self._load(ids)
        routed: list[int] = list(set(ids) - stored.keys())  # their bodies are gone: nothing can be said any more
        plans: list[Decided] = []
        for count, id in enumerate(sorted(stored)):
            if count % 16 == 15:
                await asyncio.sleep(0)  # the door must not wait for a whole batch
            try:
                table = self._carried_table(carried) if (carried := stored[id].carried) else self._table
                if not table.hears(stored[id].accepted.name):
                    routed.append(id)
                    continue
                event = self._library.parse(stored[id])
                if self._paths_of is not None and event.paths is None and table.needs_paths(event):
                    event = replace(event, paths=await self._paths_of(event))
                # A filter is answered by another process: the loop must not wait for it.
                decided = await asyncio.to_thread(_decide, table, event) if self._filtered else _decide(table, event)
                if decided.firing:
                    self._library.keep(event)
                plans.append(decided)
                routed.append(id)
            except Exception as error:
                log.exception("routing_failed", event_id=id, error=str(error))
                await self._database.write(events.postpone_routing, event_id=id, boot=boot, now=self._clock.now(), wait_s=60.0)
        try:
            owed = await self._database.write(self._plan, boot=boot, routed=routed, plans=plans, silenced=silenced, now=self._clock.now())
        except (Refused, LateWorker):
            raise
        except Exception:
            log.exception("planning_failed")
            owed = await self._plan_one_by_one(boot, routed, plans, silenced)
        if owed:
            self._planned.ring()
        return len(ids)

    async def _plan_one_by_one(self, boot: int, routed: Sequence[int], plans: Sequence[Decided], silenced: set[str]) -> int:
        """One of the events cannot be planned: the others are, and it is tried again later."""
        owed = 0
        for id in sorted(routed):
            mine = [plan for plan in plans if plan.event.id == id]
            try:
                owed += await self._database.write(self._plan, boot=boot, routed=[id], plans=mine, silenced=silenced, now=self._clock.now())
            except (Refused, LateWorker):
                raise
            except Exception as error:
                log.exception("routing_failed", event_id=id, error=str(error))
                await self._database.write(events.postpone_routing, event_id=id, boot=boot, now=self._clock.now(), wait_s=60.0)
        return owed

    def _claim(self, connection: Connection, *, boot: int, now: datetime) -> tuple[list[int], set[str]]:
        ids = events.claim_routing(connection, boot=boot, now=now, limit=BATCH)
        return ids, mutes.active(connection, now=now) if ids else set()

    async def _load(self, ids: Sequence[int]) -> dict[int, StoredEvent]:
        found = self._recent.take(ids)
        if missing := [id for id in ids if id not in found]:
            found.update(await self._database.read(events.load, ids=missing))
        return found

    def _carried_table(self, carried: str) -> RouteTable:
        table = self._carried.get(carried)
        if table is None:
            said = msgspec.json.decode(carried, type=Carried)
            route = Route(name=said.name, events=said.events, to=said.to)
            table = self._carried[carried] = RouteTable([route])
            if len(self._carried) > 1000:
                self._carried.pop(next(iter(self._carried)))
        return table

    def _plan(
        self, connection: Connection, *, boot: int, routed: list[int], plans: Sequence[Decided], silenced: set[str], now: datetime
    ) -> int:
        planned: list[Planned] = []
        for decided in plans:
            fired = [Fired(route, decided.event) for route in decided.firing]
            if self._table.with_labels:
                fired += self._labels(connection, decided, now)
            planned += self._deliveries(fired, silenced, now)
        deliveries.plan(connection, boot=boot, routed=routed, planned=planned, now=now)
        return sum(one.state is State.OWED for one in planned)

    def _labels(self, connection: Connection, decided: Decided, now: datetime) -> list[Fired]:
        """Keep the account of routes with labels, and return those that a label which came now fires for an older event."""
        event = decided.event
        if event.subject is None:
            return []
        subject = f"{event.source}:{event.subject.key}"
        for route in decided.firing:
            if route.labels is not None:
                events.fired(connection, route=route.name, subject=subject, event_id=event.id, now=now)
        for route in decided.waiting:
            events.wait_for_label(connection, route=route.name, subject=subject, event_id=event.id)
        late: list[Fired] = []
        for route in decided.relabelled:
            waiting = events.fire_waiting(connection, route=route.name, subject=subject, now=now)
            if waiting is not None and (stored := events.load(connection, [waiting]).get(waiting)):
                late.append(Fired(route, self._library.parse(stored)))
        return late

    def _deliveries(self, fired: Sequence[Fired], silenced: set[str], now: datetime) -> list[Planned]:
        planned: dict[tuple[str, str, int], Planned] = {}
        for one in fired:
            role, order_key = Role.ALONE, ""
            if one.route.thread == "subject" and one.event.subject is not None:
                role = _ROLES[threads.role(one.event)]
                order_key = f"{one.event.source}:{one.event.subject.key}" if role is not Role.ALONE else ""
            for destination in one.route.to:
                muted = bool(silenced) and (f"route:{one.route.name}" in silenced or f"room:{destination}" in silenced)
                quiets = [quiet for quiet in (one.route.quiet, self._room_quiet.get(destination)) if quiet is not None]
                scheduled_at = (held_until(quiets, now, self._zone) or now) if quiets else now
                # Two routes to one room and thread give one message: of those that are not muted the one that speaks first words it.
                # A label can fire an older event beside its own: only on their subject's card do they come together.
                slot = (destination, order_key, 0 if role is Role.CARD else one.event.id)
                before = planned.get(slot)
                if before is not None and (before.state is State.MUTED, before.scheduled_at) <= (muted, scheduled_at):
                    continue
                planned[slot] = Planned(
                    id=self._database.new_id() if before is None else before.id,
                    event_id=one.event.id,
                    destination=destination,
                    order_key=order_key,
                    role=role,
                    route=one.route.name,
                    state=State.MUTED if muted else State.OWED,
                    scheduled_at=scheduled_at,
                )
        return list(planned.values())


