"""What pages and API show of deployments, and how somebody who comes by them gives a command: in the same words as a chat."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec
from sqlalchemy import Connection

from leverframe.core.access import Identity
from leverframe.core.approvals import Approval, Policy
from leverframe.core.commands.definitions import Known, Registry, Subject
from leverframe.core.conversation import Asker, Heard, Place, Said, Submitted
from leverframe.core.deployments import ENDED, Deployment, Moment, snapshot, timeline
from leverframe.core.errors import Refused
from leverframe.core.people import People
from leverframe.core.services import Catalogue
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.store import approvals, deployments
from leverframe.store.inbox import Outcome
from leverframe.web.desk import Desk
from leverframe.work.approve import Approver
from leverframe.work.board import board
from leverframe.work.dispatch import Dispatcher

LONGEST_WAIT_S = 60
LOOK_S = 1.0
"""How often somebody who waits for a deployment looks again."""
OPERATOR = "local"


class Conversing(Protocol):
    """Commits what was heard under its key, runs it once, and returns what came of it; for a repeat, what came of it before."""

    async def __call__(self, heard: Heard, *, given: Identity | None = None) -> Outcome:
        """Raise ``Refused("storage_unavailable")``: then nothing was taken."""
        ...


class Watch:
    """Looks for all who wait for a deployment to change, in one question a second, however many they are.

    Who waits waits no longer than the hub serves.
    """

    def __init__(self) -> None:
        self.ended = False
        self._waiting: dict[str, list[tuple[int, datetime, asyncio.Future[None]]]] = {}
        """By deployment: the version that was seen, until when is waited, and whoever waits."""
        self._looking: asyncio.Task[None] | None = None

    def end(self) -> None:
        """Answer everybody who waits."""
        self.ended = True
        for waits in self._waiting.values():
            for _, _, future in waits:
                _answer(future)

    async def changed(self, desk: Desk, id: str, *, seen: int, until: datetime) -> None:
        """Return when the deployment's version is not ``seen`` any more, or it is ``until``."""
        if self.ended:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(id, []).append((seen, until, future))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(desk), name="watch")
        await future

    async def _look(self, desk: Desk) -> None:
        while self._waiting:
            now = desk.clock.now()
            soonest = min(until for waits in self._waiting.values() for _, until, _ in waits)
            await desk.clock.sleep(min(LOOK_S, max((soonest - now).total_seconds(), 0.0)))
            try:
                found = await desk.database.read(deployments.versions, ids=list(self._waiting))
            except Refused:  # the database is away: the time runs on
                found = {}
            now = desk.clock.now()
            for id, waits in list(self._waiting.items()):
                left = []
                for seen, until, future in waits:
                    if future.done():  # whoever waited has gone
                        continue
                    if found.get(id, seen) != seen or until <= now:
                        _answer(future)
                    else:
                        left.append((seen, until, future))
                if left:
                    self._waiting[id] = left
                else:
                    del self._waiting[id]


def _answer(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class LeverDesk(msgspec.Struct, frozen=True, kw_only=True):
    """What the doors need of levers; ``app.py`` fills it."""

    outcome: Conversing
    catalogue: Catalogue
    registry: Registry
    people: People
    dispatcher: Dispatcher
    approver: Approver
    policies: Mapping[str, Policy] = msgspec.field(default_factory=dict)
    """``[policies.NAME]``."""
    look_at: Callable[[str], Awaitable[None]] | None = None
    """Raises ``Refused`` for an address of a callback that the hub would not send to."""
    watch: Watch = msgspec.field(default_factory=Watch)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment, whole."""

    deployment: Deployment
    approvals: tuple[Approval, ...]

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What happened to it, in order."""
        return timeline(self.deployment, self.approvals)


def levers_of(desk: Desk) -> LeverDesk:
    """Return the desk's levers; raises ``Refused("levers_none")`` where the hub has none."""
    if desk.levers is None:
        raise Refused("levers_none")
    return desk.levers


def asker_of(identity: Identity) -> Asker:
    """Return who speaks, as policies and the audit name them: ``person:ann``, ``token:ci``, ``operator:local``."""
    return Asker(chat=identity.kind, id=identity.name or OPERATOR, name=identity.name or identity.kind)


def key_of(identity: Identity, key: str | None) -> str:
    """Return the key of what somebody asks: their own for what they call ``key``, one that is used once without it."""
    return f"{identity.kind} {identity.name}\n{key}" if key else secrets.token_hex(16)


async def say(
    desk: Desk, identity: Identity, line: str, *, door: Literal["api", "cli"], at: Place | None = None, key: str | None = None
) -> Outcome:
    """Return what came of a line; it is told in the room ``at``, where one is named."""
    heard = Said(
        key=key_of(identity, key), door=door, text=line, by=asker_of(identity), at=at or Place(chat="", room=door), said_at=desk.clock.now()
    )
    return await levers_of(desk).outcome(heard, given=identity)


async def submit(desk: Desk, identity: Identity, command: str, fields: Mapping[str, str], *, key: str) -> Outcome:
    """Return what came of a command whose fields were filled in on a page; ``key`` is the form's own."""
    heard = Submitted(
        key=key_of(identity, key), form=command, context="", fields=fields, by=asker_of(identity), at=Place(chat="", room="console"),
        said_at=desk.clock.now(),
    )  # fmt: skip
    return await levers_of(desk).outcome(heard, given=identity)


def read_board(connection: Connection, desk: Desk) -> list[LaneRow]:
    """Return how every service and environment stands now."""
    return board(connection, catalogue=levers_of(desk).catalogue, zone=desk.timezone, now=desk.clock.now())


def read_known(connection: Connection, levers: LeverDesk) -> Known:
    """Return what exists, with the deployments that are open: for forms and completion."""
    known = levers.catalogue.known()
    open_ones = {
        one.id: Subject(service=one.service, environment=one.environment, title=f"{one.service} → {one.environment} {one.ref or ''}".rstrip())
        for one in deployments.open_ones(connection, limit=100)
    }
    return Known(services=known.services, deployments=open_ones, routes=known.routes)


def read_told(connection: Connection, id: str) -> Told:
    """Return a deployment with the questions about it; raises ``Refused("deployment_unknown")``."""
    found = deployments.load(connection, id)
    if found is None:
        raise Refused("deployment_unknown", id[:50])
    return Told(deployment=found, approvals=tuple(approvals.every(connection, found.id)))


async def watched(desk: Desk, id: str, *, seen: int | None, wait_s: int) -> Told:
    """Return a deployment once its version is not ``seen`` (the one that it has now) or it has ended, ``wait_s`` seconds from now at the latest."""
    until = desk.clock.now() + timedelta(seconds=min(wait_s, LONGEST_WAIT_S))
    watch = levers_of(desk).watch
    while True:
        told = await desk.database.read(read_told, id)
        seen = told.deployment.version if seen is None else seen
        if told.deployment.version != seen or told.deployment.state in ENDED or until <= desk.clock.now() or watch.ended:
            return told
        await watch.changed(desk, id, seen=seen, until=until)


def shown(deployment: Deployment) -> dict[str, Any]:
    """Return a deployment as the API tells it: its snapshot, with its version."""
    return {**snapshot(deployment), "version": deployment.version, "changed_at": deployment.changed_at, "ended": deployment.state in ENDED}


def plain(value: Any) -> Any:
    """Return a value of the core's as JSON takes it."""
    return msgspec.to_builtins(value)
