"""What an event owes to whom: each accepted event becomes the deliveries that its routes ask for, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection

from leverframe.core import threads
from leverframe.core.events import Event
from leverframe.core.routes import Quiet, Route, RouteTable
from leverframe.core.windows import held_until
from leverframe.store import deliveries, events
from leverframe.store.database import Database
from leverframe.store.deliveries import Planned, Role, State
from leverframe.work.library import Library

if TYPE_CHECKING:  # a hub that deploys nothing does not load what deploys
    from leverframe.work.audience import Audience
    from leverframe.work.follow import Follower
    from leverframe.work.hearing import Hearing
    from leverframe.work.interlocking import Turn

_ROLES = {"alone": Role.ALONE, "card": Role.CARD, "reply": Role.REPLY}


class Fired(msgspec.Struct, frozen=True):
    """A route that fired, for an event that may be an older one (a label that came later)."""

    route: Route
    event: Event


class Decided(msgspec.Struct, frozen=True):
    """What the routes say to an event.

    Where any of them looks at labels, ``subject`` is what the account of labels is kept for, ``waiting`` are the routes that
    only lack a label, and ``relabelled`` those that a label which came now fires.
    """

    event: Event
    firing: Sequence[Route]
    hears: bool = False
    """Whether plugins may hear it."""
    follows: bool = False
    """Whether deployments may follow from it: it came by a door that proves its sender."""
    subject: str | None = None
    waiting: Sequence[Route] = ()
    relabelled: Sequence[Route] = ()
    subscribed: bool = False
    """Whether its project has subscriptions: it came by a door that proves its sender."""


def decide(table: RouteTable, event: Event, follows: bool = False, hears: bool = False, subscribed: bool = False) -> Decided:
    """Return what the routes say to an event. It may take long where a route has a filter."""
    firing = table.firing(event)
    if event.subject is None or not table.with_labels:
        return Decided(event, firing, hears, follows, subscribed=subscribed)
    subject = f"{event.source}:{event.subject.key}"
    return Decided(event, firing, hears, follows, subject, table.but_for_labels(event), table.relabel(event), subscribed)


class Planner:
    """Writes down what is owed. ``room_quiet`` are the quiet hours of rooms, by the wall clock of ``zone``."""

    def __init__(
        self, database: Database, library: Library, zone: tzinfo, room_quiet: Mapping[str, Quiet], follower: Follower | None, hearing: Hearing | None = None,
        audience: Audience | None = None,
    ) -> None:
        self._audience = audience
        self._follower, self._hearing = follower, hearing
        self._database, self._library, self._zone, self._room_quiet = database, library, zone, room_quiet

    def plan(
        self, connection: Connection, *, boot: int, routed: list[int], plans: Sequence[Decided], silenced: set[str], now: datetime
    ) -> tuple[int, list[Turn]]:
        """Write the deliveries of ``plans`` in place of the routing rows of ``routed``; return how many are owed, and what moved beside.

        ``silenced`` are the mutes. Raises :class:`LateWorker` when another process routes one of them now.
        """
        moved: list[Turn] = []
        if self._follower is not None:  # first: whoever changes deployments has them alone, and then locks rooms, never the other way round
            for decided in plans:
                turn = self._follower.take(connection, decided.event, now=now) if decided.follows else None
                if turn is not None:
                    moved.append(turn)
        planned: list[Planned] = []
        for decided in plans:
            fired = [Fired(route, decided.event) for route in decided.firing]
            if decided.subject is not None:
                fired += self._labels(connection, decided, decided.subject, now)
            planned += self._deliveries(fired, silenced, now)
        asleep: set[str] = set()
        if self._audience is not None and (heard := [decided.event for decided in plans if decided.subscribed]):
            owed, asleep = self._audience.plan(connection, heard, now)
            planned += owed
        deliveries.plan(connection, boot=boot, routed=routed, planned=planned, now=now, asleep=asleep)
        if self._hearing is not None:
            for decided in plans:
                if decided.hears:
                    self._hearing.take(connection, decided.event, now=now)
        return sum(one.state is State.OWED for one in planned), moved

    def _labels(self, connection: Connection, decided: Decided, subject: str, now: datetime) -> list[Fired]:
        """Keep the account of routes with labels, and return those that a label which came now fires for an older event."""
        for route in decided.firing:
            if route.labels is not None:
                events.fired(connection, route=route.name, subject=subject, event_id=decided.event.id, now=now)
        for route in decided.waiting:
            events.wait_for_label(connection, route=route.name, subject=subject, event_id=decided.event.id)
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


