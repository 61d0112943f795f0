"""The engine without doors: a real store, real Slack room, Slack's fake over HTTP, and a clock that tests turn."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from clock import VirtualClock
from databases import opened
from fakes.slack import TOKEN, FakeSlack

from leverframe.chats.slack.send import SlackChat
from leverframe.chats.slack.settings import Settings
from leverframe.core.messages import Message
from leverframe.core.routes import Quiet, Route, RouteTable, Where
from leverframe.core.wording import compose
from leverframe.net import Outbound
from leverframe.secrets import Secret
from leverframe.sources.github.source import GithubSource
from leverframe.store.deliveries import State
from leverframe.store.tables import attempts, deliveries
from leverframe.work.bell import Bell
from leverframe.work.deliver import Deliverer
from leverframe.work.fanout import Fanout
from leverframe.work.library import Library
from leverframe.work.paths import Paths
from leverframe.work.receive import Receipt, Receiver, Recent
from leverframe.work.redrive import Redriver
from leverframe.work.send import Sender

SECRET = "s3cret"


@dataclass
class Engine:
    """One process's engine."""

    database: Any
    clock: VirtualClock
    slack: FakeSlack
    source: GithubSource
    receiver: Receiver
    fanout: Fanout
    deliverer: Deliverer
    redrive: Redriver
    sent: int = field(default=0)

    async def receive(self, event: str, payload: dict[str, Any], guid: str | None = None) -> Receipt:
        """Take a signed event in, as the door does."""
        self.sent += 1
        body = json.dumps(payload).encode()
        headers = {
            b"content-type": b"application/json", b"x-github-event": event.encode(), b"x-github-delivery": (guid or f"guid-{self.sent}").encode(),
            b"x-hub-signature-256": b"sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode(),
        }  # fmt: skip
        receipt, _ = await self.receiver.receive(self.source, headers, body)
        return receipt

    async def settle(self) -> None:
        """Route and deliver whatever can be at this moment of the clock."""
        while True:
            routed = await self.fanout.step()
            taken = await self.deliverer.step()
            await self.deliverer.settle()
            if not routed and not taken:
                return

    async def states(self) -> list[State]:
        """Return the states of all deliveries, oldest first."""
        return [State(row.state) for row in await self.rows(sa.select(deliveries.c.state).order_by(deliveries.c.id))]

    async def tried(self) -> int:
        """Return how many attempts there were."""
        return len(await self.rows(sa.select(attempts.c.number)))

    async def rows(self, query: Any) -> Sequence[Any]:
        """Return what the store holds."""
        return await self.database.read(lambda connection: connection.execute(query).all())

    def texts(self, room: str) -> list[str]:
        """Return what stands in a room of Slack, oldest first."""
        return [message.text for message in self.slack.messages(room)]


@asynccontextmanager
async def engine(
    url: str, clock: VirtualClock, slack: FakeSlack, *routes: Route, posts_per_second: float = 0, room_quiet: dict[str, Quiet] | None = None,
    answer_s: float = 10.0, where: Where | None = None, paths: Paths | None = None,
) -> AsyncIterator[Engine]:
    """Start an engine on the store at ``url``; several on one PostgreSQL are several processes."""
    outbound = Outbound(total_s=answer_s, connect_s=answer_s)
    async with opened(url, clock) as database:
        chat = SlackChat("slack", Settings(bot_token=Secret(TOKEN), api_url=slack.url, posts_per_second=posts_per_second), outbound)
        source = GithubSource("github", [SECRET])
        library = Library(database, lambda stored: source.parse(stored.accepted, id=stored.id, received_at=stored.received_at))
        accepted, planned, recent, zone = Bell(), Bell(), Recent(), ZoneInfo("Asia/Seoul")

        def words(event: Any, route: Route | None) -> Message:
            return compose(event, (route.locale if route else None) or "en", zone)

        fanout = Fanout(
            database, clock, boot=lambda: database.boot, table=RouteTable(routes, where), library=library, recent=recent, zone=zone,
            room_quiet=room_quiet or {}, paths=paths, bell=accepted, planned=planned,
        )  # fmt: skip
        deliverer = Deliverer(
            database, clock, boot=lambda: database.boot, chats={"slack": chat}, library=library,
            sender=Sender({route.name: route for route in routes}, words, lambda event, chat, message: {}), chance=lambda: 0.5, bell=planned, told=lambda *_: None,
        )  # fmt: skip
        try:
            receiver = Receiver(database, clock, recent, accepted.ring, planned.ring)
            yield Engine(database, clock, slack, source, receiver, fanout, deliverer, Redriver(database, clock, planned))
        finally:
            await deliverer.stop(1.0)
            await outbound.close()
