"""A signal box: everything between somebody's words and a runner, on a real store and a clock that the test turns."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from clock import VirtualClock
from databases import opened
from fakes.slack import TOKEN, FakeSlack

from leverframe.chats.slack.send import SlackChat
from leverframe.chats.slack.settings import Settings as SlackSettings
from leverframe.core.access import Role
from leverframe.core.approvals import Policy
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.conversation import Answer, Asker, Clicked, Place, Said, Submitted
from leverframe.core.deployments import Deployment, Rules
from leverframe.core.dispatches import Manner
from leverframe.core.errors import Locale, Refused
from leverframe.core.events import Event
from leverframe.core.messages import Button, Buttons, Message, plain
from leverframe.core.people import People
from leverframe.core.services import Catalogue, Environment
from leverframe.core.wording import compose
from leverframe.net import Outbound
from leverframe.payloads import FORMATS
from leverframe.ports import Runner
from leverframe.runners.simulated import Settings, SimulatedRepositories, SimulatedRunner
from leverframe.secrets import Secret
from leverframe.secrets.sealing import Sealer
from leverframe.sources.hub import HubSource
from leverframe.store import deployments, events
from leverframe.store.tables import deliveries, lever_effects
from leverframe.work.audience import Audience
from leverframe.work.bell import Bell
from leverframe.work.converse import Converser
from leverframe.work.deliver import Deliverer
from leverframe.work.deploy import Deployer
from leverframe.work.dispatch import Dispatcher, Taken, Wanted
from leverframe.work.levers import Levers
from leverframe.work.library import Library
from leverframe.work.send import Sender
from leverframe.work.standing import Standings

ROLES = {
    "release": Role(allow=("deploy *", "rollback *", "approve *", "reject *", "cancel *", "retry *", "settle *", "lock *", "unlock *"),
                    members=("slack:ANN", "slack:BOB", "slack:CAT")),
    "trainee": Role(allow=("deploy web-app staging",), members=("slack:DAN",)),
}  # fmt: skip
STAGING = Environment(service="web-app", name="staging", runner="simulated")
PRODUCTION = Environment(
    service="web-app", name="production", runner="simulated", rules=Rules(after="staging", policy=Policy(required=1, from_roles=("release",)))
)
CATALOGUE = Catalogue(services={"web-app": {"staging": STAGING, "production": PRODUCTION}})
HERE = Place(chat="slack", room="#deploys", room_name="deploys")


_KEYS = itertools.count()
"""No two things said in one test have the same key, unless the test says so: also not in two processes."""


@dataclass
class Box:
    """One hub's levers. ``happened`` is what plugins and metrics hear."""

    database: Any
    clock: VirtualClock
    deployer: Deployer
    converser: Converser
    happened: list[tuple[str, str]]
    counted: list[tuple[str, ...]]
    deliverer: Deliverer | None = None
    """What tells it in Slack, where there is one."""
    keys: Any = _KEYS

    async def say(self, who: str, text: str, *, key: str | None = None, at: Place = HERE, door: Any = "slash") -> Answer:
        """Have somebody type a line."""
        return await self.converser(
            Said(key=key or f"s{next(self.keys)}", door=door, text=text, by=Asker(chat="slack", id=who.upper(), name=who), at=at, said_at=self.clock.now())
        )

    async def click(self, who: str, action: str, value: str, *, key: str | None = None) -> Answer:
        """Have somebody press a button."""
        return await self.converser(
            Clicked(key=key or f"c{next(self.keys)}", action=action, value=value, by=Asker(chat="slack", id=who.upper(), name=who), at=HERE, said_at=self.clock.now())
        )

    async def submit(self, who: str, form: str, fields: Mapping[str, str]) -> Answer:
        """Have somebody send a form."""
        return await self.converser(
            Submitted(key=f"f{next(self.keys)}", form=form, context="", fields=fields, by=Asker(chat="slack", id=who.upper(), name=who), at=HERE, said_at=self.clock.now())
        )

    @property
    def dispatcher(self) -> Dispatcher:
        """Takes dispatches in."""
        return Dispatcher(self.deployer)

    async def dispatch(self, project: str = "acme/site", **wanted: Any) -> Taken:
        """Have somebody ask for a workflow."""
        turn, taken = await self.database.write(self.dispatcher.take, Wanted(project=project, **wanted), self.clock.now())
        self.dispatcher.committed(turn)
        found: Taken = taken
        return found

    async def run(self, *, seconds: float = 0.0) -> None:
        """Do what is due, and what becomes due in so many seconds."""
        end = self.clock.now().timestamp() + seconds
        while True:
            while await self._step():
                await self.deployer.settle()
            due = await self.database.read(lambda connection: connection.execute(sa.select(sa.func.min(lever_effects.c.due_at))).scalar())
            if due is None or due.timestamp() > end:
                break
            self.clock.advance(seconds=max(0.0, (due - self.clock.now()).total_seconds()))
        self.clock.advance(seconds=max(0.0, end - self.clock.now().timestamp()))

    async def deliver(self) -> None:
        """Tell in Slack whatever is to be told by now."""
        assert self.deliverer is not None
        while await self.deliverer.step():
            await self.deliverer.settle()

    async def _step(self) -> int:
        try:
            return await self.deployer.step()
        except Refused as refused:
            assert refused.code == "storage_unavailable"
            await self.clock.sleep(1.0)  # as the loop does
            return 1

    async def all(self) -> list[Deployment]:
        """Return every deployment, the oldest first."""
        return list(reversed(await self.database.read(deployments.past, limit=1000)))

    async def rows(self, query: Any) -> Sequence[Any]:
        """Return what the store holds."""
        found: Sequence[Any] = await self.database.read(lambda connection: connection.execute(query).all())
        return found

    async def states(self) -> list[str]:
        """Return the state of every deployment, the oldest first."""
        return [one.state for one in await self.all()]

    async def told(self, name: str, locale: Locale = "en") -> list[Message]:
        """Return what is said in the room by the hub's own events of this name, in order."""
        return [compose(one, locale, ZoneInfo("Asia/Seoul")) for one in await self._told(name)]

    async def told_last(self, name: str) -> Message:
        """Return the last of it: in words, which are most of the work, only that."""
        return compose((await self._told(name))[-1], "en", ZoneInfo("Asia/Seoul"))

    async def _told(self, name: str) -> list[Event]:
        rows = await self.database.read(lambda connection: connection.execute(sa.select(deliveries.c.event_id).order_by(deliveries.c.id)).scalars().all())
        stored = await self.database.read(events.load, ids=list(dict.fromkeys(rows)))
        source = HubSource()
        said = [source.parse(stored[id].accepted, id=id, received_at=stored[id].received_at) for id in dict.fromkeys(rows)]
        return [one for one in said if one.name == name]


def text(answer: Answer) -> str:
    """Return an answer as plain words."""
    return plain(answer.message) if answer.message is not None else ""


def buttons(message: Message) -> dict[str, str]:
    """Return the actions of a message's buttons, with their values."""
    found: list[Button] = [button for block in message.blocks if isinstance(block, Buttons) for button in block.buttons]
    return {button.action: button.value for button in found if button.action}


@asynccontextmanager
async def box(
    url: str, clock: VirtualClock, *, catalogue: Catalogue = CATALOGUE, runners: Mapping[str, Runner] | None = None, people: People | None = None,
    roles: Mapping[str, Role] = ROLES, locale: Locale = "en", per_person: int = 0, per_room: int = 0, audit_room: str | None = None,
    slack: FakeSlack | None = None, manners: Mapping[str, Manner] | None = None,
) -> AsyncIterator[Box]:  # fmt: skip
    """Open one; with ``slack``, what it tells is told there by :meth:`Box.deliver`."""
    async with opened(url, clock) as database, AsyncExitStack() as stack:
        happened: list[tuple[str, str]] = []
        counted: list[tuple[str, ...]] = []
        people = people or People()
        repositories, zone = SimulatedRepositories(), ZoneInfo("Asia/Seoul")
        sealer = Sealer([b"k" * 32])
        deployer = Deployer(
            database, clock, boot=lambda: database.boot, catalogue=catalogue, people=people, zone=zone, told=Bell(), audit_room=audit_room, audience=Audience(database.new_id, FORMATS, Bell()), seal=sealer.seal, unseal=sealer.open, manners=manners,
            runners=runners if runners is not None else {"simulated": SimulatedRunner("simulated", Settings(seconds=10), clock)},
            repositories=lambda deployment: repositories, happened=lambda what, deployment: happened.append((what, deployment.id)),
        )  # fmt: skip
        levers = Levers(deployer, registry=BUILT_IN, roles=roles, locale=locale, zone=zone)
        converser = Converser(
            database, clock, levers, Standings(roles, people), boot=lambda: database.boot, locale=locale, per_person=per_person, per_room=per_room,
            counts=lambda command, code, duration_s, **where: counted.append((command, code, *where.values())), audit_room=audit_room,
        )  # fmt: skip
        made = Box(database, clock, deployer, converser, happened, counted)
        if slack is not None:
            outbound = Outbound(total_s=10.0, connect_s=10.0)
            stack.push_async_callback(outbound.close)
            source = HubSource()
            made.deliverer = Deliverer(
                database, clock, boot=lambda: database.boot, library=Library(database, lambda one: source.parse(one.accepted, id=one.id, received_at=one.received_at)),
                chats={"slack": SlackChat("slack", SlackSettings(bot_token=Secret(TOKEN), api_url=slack.url, posts_per_second=0), outbound)},
                sender=Sender({}, lambda event, route: compose(event, locale, zone), lambda event, chat, message: {}), chance=lambda: 0.5, bell=Bell(), told=lambda *_: None,
            )  # fmt: skip
            stack.push_async_callback(made.deliverer.stop, 1.0)
        try:
            yield made
        finally:
            await converser.settled()
            await deployer.stop(1.0)


