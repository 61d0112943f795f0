"""Route events: each accepted event becomes the deliveries that its routes ask for, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.ids import show
from leverframe.core.routes import Quiet, Route, RouteTable
from leverframe.decoding import decoder
from leverframe.github.errors import Trouble
from leverframe.ports import Clock
from leverframe.store import audit, chat_routes, deliveries, events, mutes
from leverframe.store.database import Database
from leverframe.store.deliveries import LateWorker
from leverframe.store.events import StoredEvent
from leverframe.work.bell import Bell
from leverframe.work.library import Library
from leverframe.work.paths import UNANSWERED, Paths, is_final
from leverframe.work.planning import Decided, Planner, decide
from leverframe.work.receive import Recent

if TYPE_CHECKING:
    from leverframe.work.audience import Audience
    from leverframe.work.follow import Follower
    from leverframe.work.hearing import Hearing

BATCH = 128
"""Events routed in one transaction."""
SCAN_S = 5.0
"""A bell that was missed is made up for by looking, at the latest after so many seconds."""
GATHER_S = 0.01
"""After a batch that was not full: a busy hub does its rounds with many events each, an idle one still starts at once."""
ATTEMPTS, FIRST_WAIT_S, LONGEST_WAIT_S = 45, 5.0, 3_600.0
"""How often an event is tried to be routed: as long as a message is tried to be sent, a day and a half."""
log = structlog.get_logger("leverframe.fanout")


class Carried(msgspec.Struct, frozen=True):
    """The routing that a request's own address holds (``/hook``)."""

    name: str
    to: tuple[str, ...]
    events: tuple[str, ...]


class _Batch(msgspec.Struct):
    """What was claimed together, as far as it is decided."""

    boot: int
    silenced: set[str]
    routed: list[int]
    plans: list[Decided]
    projects: set[str]
    """Those that have subscriptions."""


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
        paths: Paths | None,
        bell: Bell,
        planned: Bell,
        follower: Follower | None = None,
        hearing: Hearing | None = None,
        audience: Audience | None = None,
    ) -> None:
        """``follower`` moves deployments by what sources prove, ``hearing`` has plugins hear it, ``audience`` are projects' subscribers."""
        self._database, self._clock, self._boot = database, clock, boot
        self._table, self._library, self._recent = table, library, recent
        self._planner, self._paths = Planner(database, library, zone, room_quiet, follower, hearing, audience), paths
        self._follower, self._hearing, self._audience = follower, hearing, audience
        self.bell, self._planned = bell, planned
        self._carried: dict[str, RouteTable] = {}
        self._filtered = any(route.where for route in table.routes)

    async def run(self) -> None:
        """Route whatever waits, for ever."""
        try:
            await self._run()
        finally:
            if self._paths is not None:
                self._paths.close()

    async def _run(self) -> None:
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
        ids, silenced, chosen, projects = await self._database.write(self._claim, boot=boot, now=self._clock.now())
        if not ids:
            return 0
        self._table.add(chosen)
        stored = await self._load(ids)
        # Of those whose bodies are gone nothing can be said any more.
        batch = _Batch(boot, silenced, routed=list(set(ids) - stored.keys()), plans=[], projects=projects)
        late: list[tuple[RouteTable, Event, bool, bool]] = []
        behind: set[tuple[str, str | None]] = set()
        for count, id in enumerate(sorted(stored)):
            if count % 16 == 15:
                await asyncio.sleep(0)  # the door must not wait for a whole batch
            try:
                table = self._carried_table(carried) if (carried := stored[id].carried) else self._table
                accepted = stored[id].accepted
                follows = self._follower is not None and stored[id].carried is None and self._follower.wants(accepted.name, accepted.repo)
                subscribed = self._audience is not None and self._audience.wants(projects, stored[id])
                if not follows and not subscribed and not self._hears(table, accepted.name) and not table.hears(accepted.name):
                    batch.routed.append(id)
                    continue
                event = self._library.parse(stored[id])
                if self._paths is not None and ((event.source, event.repo) in behind or table.needs_paths(event)):
                    # What waits for GitHub holds up what follows it in its repository, and nothing else.
                    behind.add((event.source, event.repo))
                    late.append((table, event, follows, subscribed))
                    continue
                await self._decide(batch, table, event, follows, subscribed)
            except Exception as error:
                log.exception("routing_failed", event_id=id, error=str(error))
                await self._failed(batch, id, error)
        await self._write(batch)
        if late and self._paths is not None:
            await self._route_late(_Batch(boot, silenced, [], [], projects), self._paths, late)
        return len(ids)

    async def _route_late(self, batch: _Batch, paths: Paths, late: Sequence[tuple[RouteTable, Event, bool, bool]]) -> None:
        """Route what waits for the files of pull requests, as far as GitHub tells them in time, and what comes after it."""
        found = await paths.of([event for table, event, _, _ in late if table.needs_paths(event)])
        for table, event, follows, subscribed in late:
            try:
                if table.needs_paths(event):
                    answer = found.get(event.id, UNANSWERED)
                    if not isinstance(answer, Trouble):
                        event = replace(event, paths=answer)
                    else:
                        log.warning("paths_not_known", event_id=event.id, repo=event.repo, code=answer.code, detail=answer.detail)
                        if not is_final(answer) and await self._put_off(batch.boot, event.id, answer.code, answer.detail, forget=False):
                            continue
                await self._decide(batch, table, event, follows, subscribed)
            except (Refused, LateWorker):
                raise
            except Exception as error:
                log.exception("routing_failed", event_id=event.id, error=str(error))
                await self._failed(batch, event.id, error)
        await self._write(batch)

    async def _decide(self, batch: _Batch, table: RouteTable, event: Event, follows: bool = False, subscribed: bool = False) -> None:
        # A filter is answered by another process: the loop must not wait for it.
        hears = self._hears(table, event.name)
        decided = await asyncio.to_thread(decide, table, event, follows, hears, subscribed) if self._filtered else decide(table, event, follows, hears, subscribed)
        if decided.firing:
            self._library.keep(event)
        batch.plans.append(decided)
        batch.routed.append(event.id)

    def _hears(self, table: RouteTable, name: str) -> bool:
        """Return whether a plugin may hear an event: it came by a door that proves its sender."""
        return self._hearing is not None and table is self._table and self._hearing.wants(name)

    async def _failed(self, batch: _Batch, id: int, error: Exception) -> None:
        await self._put_off(batch.boot, id, "routing_failed", f"{type(error).__name__}: {error}", forget=True)

    async def _put_off(self, boot: int, id: int, code: str, detail: str, *, forget: bool) -> bool:
        """Have an event tried again later and return ``True``; ``False`` when that was done often enough, which the audit tells.

        With ``forget`` it is then taken as routed, to nowhere.
        """

        def put_off(connection: Connection, now: datetime) -> bool:
            tried = events.routing_attempts(connection, event_id=id) + 1
            if tried < ATTEMPTS:
                events.postpone_routing(connection, event_id=id, boot=boot, now=now, wait_s=min(FIRST_WAIT_S * 2 ** (tried - 1), LONGEST_WAIT_S))
                return True
            audit.append(
                connection, id=self._database.new_id(), at=now, actor="hub", act="events.route", target=show("evt", id), code=code, detail={"detail": detail[:300]}
            )
            if forget:
                deliveries.plan(connection, boot=boot, routed=[id], planned=[], now=now)
            return False

        again = await self._database.write(put_off, self._clock.now())
        if not again:
            log.error("routing_given_up", event_id=id, code=code)
        return again

    async def _write(self, batch: _Batch) -> None:
        """Write what was decided. When one of the events cannot be planned the others are, and it is tried again later."""
        if not batch.routed:
            return
        owed = 0
        try:
            owed = await self._plan_now(batch)
        except (Refused, LateWorker):
            raise
        except Exception:
            log.exception("planning_failed")
            for id in sorted(batch.routed):
                alone = _Batch(batch.boot, batch.silenced, [id], [plan for plan in batch.plans if plan.event.id == id], batch.projects)
                try:
                    owed += await self._plan_now(alone)
                except (Refused, LateWorker):
                    raise
                except Exception as error:
                    log.exception("routing_failed", event_id=id, error=str(error))
                    await self._failed(batch, id, error)
        if owed:
            self._planned.ring()

    async def _plan_now(self, batch: _Batch) -> int:
        owed, moved = await self._database.write(
            self._planner.plan, boot=batch.boot, routed=batch.routed, plans=batch.plans, silenced=batch.silenced, now=self._clock.now()
        )
        for turn in moved:
            if self._follower is not None:
                self._follower.committed(turn)
        if self._audience is not None and any(plan.subscribed for plan in batch.plans):
            self._audience.owed.ring()
        if self._hearing is not None and any(plan.hears for plan in batch.plans):
            self._hearing.bell.ring()
        return owed

    def _claim(self, connection: Connection, *, boot: int, now: datetime) -> tuple[list[int], set[str], tuple[Route, ...], set[str]]:
        """Claim events; with them come the mutes that hold, the routes that people made in their rooms, and the projects with subscriptions."""
        ids = events.claim_routing(connection, boot=boot, now=now, limit=BATCH)
        if not ids:
            return ids, set(), (), set()
        projects = self._audience.projects(connection, ids) if self._audience is not None else set()
        return ids, mutes.active(connection, now=now), chat_routes.every(connection), projects

    async def _load(self, ids: Sequence[int]) -> dict[int, StoredEvent]:
        found = self._recent.take(ids)
        if missing := [id for id in ids if id not in found]:
            found.update(await self._database.read(events.load, ids=missing))
        return found

    def _carried_table(self, carried: str) -> RouteTable:
        table = self._carried.get(carried)
        if table is None:
            said = decoder(Carried)(carried)
            route = Route(name=said.name, events=said.events, to=said.to)
            table = self._carried[carried] = RouteTable([route])
            if len(self._carried) > 1000:
                self._carried.pop(next(iter(self._carried)))
        return table
