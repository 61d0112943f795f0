"""The engine of projects' webhooks without doors: a real store, the real formats and guard, subscribers over HTTP, and a clock that tests turn."""

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
from fakes.subscriber import FakeSubscribers

from leverframe.core.addresses import Allowed
from leverframe.core.routes import RouteTable
from leverframe.core.subscribers import hub_id
from leverframe.core.subscriptions import SealedSecret, Subscription
from leverframe.guarded import Guarded
from leverframe.payloads import FORMATS
from leverframe.sources.github.source import GithubSource
from leverframe.sources.hub import HubSource
from leverframe.store import subscriptions
from leverframe.store.deliveries import State
from leverframe.store.subscriptions import SecretBox
from leverframe.store.tables import attempts, deliveries
from leverframe.work.audience import Audience
from leverframe.work.bell import Bell
from leverframe.work.fanout import Fanout
from leverframe.work.library import Library
from leverframe.work.payloads import Payloads
from leverframe.work.receive import Receipt, Receiver, Recent
from leverframe.work.redrive import Redriver
from leverframe.work.subscribers import Subscribers

SECRET = "s3cret"
HUB_URL = "https://hub.example.com"


@dataclass
class HookEngine:
    """One process's engine."""

    database: Any
    clock: VirtualClock
    sink: FakeSubscribers
    source: GithubSource
    receiver: Receiver
    fanout: Fanout
    loop: Subscribers
    redrive: Redriver
    box: SecretBox
    sent: int = field(default=0)

    async def subscribe(self, name: str, project: str = "acme/web", secret: str | None = None, **over: Any) -> Subscription:
        """Register a subscriber."""
        given: dict[str, Any] = {"url": self.sink.url(name), "events": ("*",), "format": "github", "made_by": "person:ann", "made_at": self.clock.now()}
        made = Subscription(id=self.database.new_id(), project=project, **given | over)
        await self.database.write(subscriptions.add, made, [] if secret is None else [SealedSecret(sealed=self.box.seal(made.id, secret))])
        return made

    async def look(self, one: Subscription) -> Subscription:
        """Return the subscription as it is now."""
        return await self.database.read(subscriptions.one, one.project, one.id)

    async def push(self, ref: str = "refs/heads/main", repo: str = "acme/web", headers: dict[str, str] | None = None) -> Receipt:
        """Take a push in, as the door does."""
        return await self.receive("push", {"ref": ref, "repository": {"full_name": repo}, "commits": [], "n": self.sent}, headers)

    async def receive(self, event: str, payload: dict[str, Any], headers: dict[str, str] | None = None) -> Receipt:
        """Take a signed event in, as the door does."""
        self.sent += 1
        body = json.dumps(payload).encode()
        said = {
            b"content-type": b"application/json", b"x-github-event": event.encode(), b"x-github-delivery": f"guid-{self.database.new_id()}".encode(),
            b"x-hub-signature-256": b"sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode(),
        } | {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}  # fmt: skip
        receipt, _ = await self.receiver.receive(self.source, said, body)
        return receipt

    async def settle(self) -> None:
        """Route and deliver whatever can be at this moment of the clock."""
        while True:
            routed = await self.fanout.step()
            taken = await self.loop.step()
            await self.loop.settle()
            if not routed and not taken:
                return

    async def states(self, one: Subscription | None = None) -> list[State]:
        """Return the states of all deliveries, or of one subscriber's, oldest first."""
        found = sa.select(deliveries.c.state).order_by(deliveries.c.id)
        return [State(row.state) for row in await self.rows(found if one is None else found.where(deliveries.c.destination == one.destination))]

    async def tried(self) -> int:
        """Return how many attempts there were."""
        return len(await self.rows(sa.select(attempts.c.number)))

    async def rows(self, query: Any) -> Sequence[Any]:
        """Return what the store holds."""
        return await self.database.read(lambda connection: connection.execute(query).all())


def numbers(got: Sequence[Any]) -> list[int]:
    """Return which pushes requests were of, in order."""
    return [json.loads(one.body)["n"] for one in got]


@asynccontextmanager
async def hook_engine(url: str, clock: VirtualClock, sink: FakeSubscribers, *, room: str | None = None, answer_s: float = 10.0) -> AsyncIterator[HookEngine]:
    """Start an engine on the store at ``url``; several on one PostgreSQL are several processes."""
    guarded = Guarded(Allowed.of(["127.0.0.1"]), total_s=answer_s, connect_s=answer_s)
    async with opened(url, clock) as database:
        source, hub, zone = GithubSource("github", [SECRET]), HubSource(), ZoneInfo("Asia/Seoul")

        def parse(stored: Any) -> Any:
            return (hub if stored.source == "hub" else source).parse(stored.accepted, id=stored.id, received_at=stored.received_at)

        accepted, planned, owed, recent, library = Bell(), Bell(), Bell(), Recent(), Library(database, parse)
        box = SecretBox([b"k" * 32])
        fanout = Fanout(
            database, clock, boot=lambda: database.boot, table=RouteTable(()), library=library, recent=recent, zone=zone, room_quiet={}, paths=None,
            bell=accepted, planned=planned, audience=Audience(database.new_id, FORMATS, owed),
        )  # fmt: skip
        payloads = Payloads(
            database, parse, FORMATS, projects={}, pushers={}, hub_url=HUB_URL, hub_id=hub_id(HUB_URL), locale="en", zone=zone)
        loop = Subscribers(
            database, clock, boot=lambda: database.boot, payloads=payloads, post=guarded, box=box, chance=lambda: 0.5, bell=owed,
            told=lambda *_: None, owed_elsewhere=planned.ring, room=room,
        )  # fmt: skip
        try:
            receiver = Receiver(database, clock, recent, accepted.ring, planned.ring)
            yield HookEngine(database, clock, sink, source, receiver, fanout, loop, Redriver(database, clock, owed), box)
        finally:
            await loop.stop(1.0)
            await guarded.close()
