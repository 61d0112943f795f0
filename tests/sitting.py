"""Trying doors: a clock, routes that answer plainly, and a client that calls the application as a server would."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from leverframe.core.access import Identity
from leverframe.core.errors import Locale, Refused
from leverframe.guarded import Guarded, Resolver
from leverframe.payloads import FORMATS
from leverframe.sources.github.source import GithubHook
from leverframe.store import people
from leverframe.store.deliveries import Role as ThreadRole
from leverframe.store.deliveries import State
from leverframe.store.subscriptions import SecretBox
from leverframe.store.tables import attempts, bodies, deliveries, destinations, events
from leverframe.web import assets
from leverframe.web.api import api_doors
from leverframe.web.console import console_doors
from leverframe.web.credentials import COOKIE
from leverframe.web.desk import Desk, Explained, Listed
from leverframe.web.doors import OPEN, SIGNED_IN, Door, Limit
from leverframe.web.entrance import Entrance
from leverframe.web.guard import Guard
from leverframe.web.identity import IdentityPages, mint_admin_link
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site
from leverframe.web.webhooks import hook_doors
from leverframe.web.webhooks.desk import HookDesk
from leverframe.work.audience import Audience
from leverframe.work.bell import Bell
from leverframe.work.foresight import Foresight
from leverframe.work.payloads import Payloads

T = TypeVar("T")
NOON = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
OPERATOR = Identity(kind="operator", grants=("*",))


async def in_the_loop_s(work: Awaitable[T]) -> tuple[T, float]:
    """Return what ``work`` gives, and how many seconds of processor time the loop's own thread took meanwhile: so long nobody else is heard."""
    began = time.thread_time()
    return await work, time.thread_time() - began


class Clock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def turn(self, **length: float) -> None:
        """Move on: ``turn(hours=1)``."""
        self.at += timedelta(**length)

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds=seconds)


class Routes:
    """Two routes: one fires for pushes, one never."""

    def listed(self) -> Sequence[Listed]:
        return [
            Listed(route="pushes", source="github", events=("push",), destinations=("slack:#dev",)),
            Listed(route="never", source="github", events=("fork",), destinations=("slack:#quiet",)),
        ]

    async def explain_stored(self, event_id: int, locale: Locale) -> Sequence[Explained]:
        return self._explained("push", locale)

    async def explain_given(self, *, source: str | None, event: str, payload: Mapping[str, Any], locale: Locale) -> Sequence[Explained]:
        return self._explained(event, locale)

    async def test(self, route: str) -> Sequence[str]:
        for one in self.listed():
            if one.route == route:
                return one.destinations
        raise Refused("route_unknown", route)

    def _explained(self, event: str, locale: Locale) -> Sequence[Explained]:
        because = "<b>이유</b>" if locale == "ko" else "<b>because</b>"
        return [Explained(route=one.route, fired=event in one.events, reason=because, destinations=one.destinations) for one in self.listed()]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem document; fails when it is none."""
        assert self.headers["content-type"] == "application/problem+json", (self.status, self.headers, self.body[:200])
        document = self.json
        assert document["status"] == self.status and document["title"] and document["remedy"], document
        return str(document["code"])


async def _size(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())}, 202)


async def _playground(request: Request) -> Response:
    return JSONResponse({"who": request.scope["state"]["identity"].actor})


async def _broken(request: Request) -> Response:
    raise RuntimeError("the secret is hunter2")


def _names(host: str) -> Sequence[str]:
    """Answer for names: those with "forbidden" in them are of the inside."""
    return ["10.0.0.1"] if "forbidden" in host else ["93.184.216.34"]


def _foresight(desk: Desk) -> Foresight:
    """Return what foresees by the real formats, of events as GitHub sends them."""
    source = GithubHook("github")
    payloads = Payloads(
        desk.database, lambda stored: source.parse(stored.accepted, id=stored.id, received_at=stored.received_at), FORMATS, projects={}, pushers={},
        hub_url=desk.url, hub_id="hub", locale="en", zone=desk.timezone)
    return Foresight(desk.database, Audience(desk.database.new_id, FORMATS, Bell()), payloads)


OWN_DOORS = (
    Door(method="POST", path="/open", permission="open", limit=OPEN, body_cap=1000, handler=_size),
    Door(method="GET", path="/playground", permission="playground", limit=SIGNED_IN, handler=_playground),
    Door(method="POST", path="/playground", permission="playground", limit=SIGNED_IN, body_cap=1000, handler=_playground),
    Door(method="GET", path="/broken", permission="session", limit=SIGNED_IN, handler=_broken),
)


class Doors:
    """The table and the application made of it; ``ask`` calls it."""

    def __init__(self, desk: Desk, refusals: RefusalLog, *, limit: Limit | None = None) -> None:
        self.desk, self.refusals = desk, refusals
        self.rings = 0
        self.table: tuple[Door, ...] = (
            *OWN_DOORS, *assets.doors(), *IdentityPages(desk).doors(), *Entrance(desk).doors(), *console_doors(desk), *api_doors(desk),
            *hook_doors(desk, HookDesk(
                formats=FORMATS, box=SecretBox([b"k" * 32]), check_url=Guarded(resolver=Resolver(_names)).check, owed=self._ring, foresight=_foresight(desk))))
        if limit is not None:
            self.table = tuple(replace(door, limit=Limit(rate=limit.rate, per=door.limit.per)) for door in self.table)
        self.app = build_site(self.table, Guard(desk, refusals))

    def _ring(self) -> None:
        self.rings += 1

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | Iterable[bytes] = b"", visitor: Visitor | None = None,
        form: Mapping[str, str] | None = None, document: Any = None, client: str = "127.0.0.1", operator: bool = False, csrf: bool = True,
    ) -> Answer:
        """Return the answer; an iterable ``body`` comes in pieces without a length."""
        fields = {"host": "127.0.0.1:8080", **{name.lower(): value for name, value in (headers or {}).items()}}
        if visitor is not None:
            fields["cookie"] = f"{COOKIE}={visitor.cookie}"
            if csrf and method != "GET" and form is None:
                fields.setdefault("x-csrf-token", visitor.csrf)
        if form is not None:
            token = {"csrf": visitor.csrf} if visitor is not None and csrf else {}
            body, fields["content-type"] = urlencode({**token, **form}).encode(), "application/x-www-form-urlencoded"
        if document is not None:
            body, fields["content-type"] = json.dumps(document).encode(), "application/json"
        if isinstance(body, bytes):
            pieces = [body]
            if body and "content-length" not in fields:
                fields["content-length"] = str(len(body))
        else:
            pieces, fields["transfer-encoding"] = list(body), "chunked"
        parts = urlsplit(path)
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": method, "path": parts.path, "raw_path": parts.path.encode(), "root_path": "",
            "scheme": "http", "query_string": parts.query.encode(), "client": (client, 5000), "server": ("127.0.0.1", 8080),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]}
        if operator:
            scope["state"] = {"operator": True}
        coming = [{"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1} for number, piece in enumerate(pieces)]
        sent: list[dict[str, Any]] = []
        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if coming:
                return coming.pop(0)
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await self.app(scope, receive, send)
        start = [message for message in sent if message["type"] == "http.response.start"]
        assert len(start) == 1, sent
        found = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start[0]["headers"]]
        return Answer(
            start[0]["status"], dict(found), b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body"),
            [value for name, value in found if name == "set-cookie"])

    async def invited(self, name: str, role: str) -> str:
        """Return the secret of a one-time link."""
        return await self.desk.database.write(
            people.invite, person=name, role=role, now=self.desk.clock.now(), lifetime=timedelta(hours=72))

    async def enter(self, secret: str, *, cookie: str | None = None) -> Answer:
        """Use a one-time link, as its page's button does."""
        headers = {"cookie": f"{COOKIE}={cookie}"} if cookie else {}
        return await self.ask("POST", "/login", form={"token": secret}, headers=headers)

    async def signed_in(self, name: str = "ann", role: str = "admin") -> Visitor:
        """Return somebody who came in by a one-time link."""
        return await self.visitor(await self.enter(await self.invited(name, role)))

    async def administrator(self) -> Visitor:
        """Return who used the administrator's link."""
        link = await mint_admin_link(self.desk.database, self.desk.clock, self.desk.url)
        return await self.visitor(await self.enter(link.partition("token=")[2]))

    async def visitor(self, answer: Answer) -> Visitor:
        """Return who has the session that a sign-in answered."""
        assert answer.status == 303, (answer.status, answer.body)
        cookie = answer.cookies[0].split(";")[0].partition("=")[2]
        session = await self.desk.database.read(people.session, cookie, self.desk.clock.now())
        assert session is not None
        return Visitor(cookie, session.csrf)


@dataclass(frozen=True)
class Visitor:
    """Somebody's browser."""

    cookie: str
    csrf: str


def store_event(
    conn: Connection, *, id: int, name: str = "push", action: str | None = None, repo: str | None = "acme/web", source: str = "github",
    body: bytes = b"{}", codec: int = 0, received_at: datetime = NOON, headers: Sequence[tuple[str, str]] = (),
) -> None:
    """Put an event into the database, as the engine would."""
    conn.execute(sa.insert(events).values(
        id=id, dedupe=id.to_bytes(16, "big"), source=source, delivery_id=f"guid-{id}", name=name, action=action, repo=repo, received_at=received_at))
    conn.execute(sa.insert(bodies).values(event_id=id, codec=codec, headers=json.dumps(list(headers)).encode(), body=body))


def store_delivery(
    conn: Connection, *, id: int, event_id: int, destination: str = "slack:#dev", route: str = "pushes", state: State = State.SENT,
    code: str | None = None, attempt: int = 1, detail: str = "", created_at: datetime = NOON,
) -> None:
    """Put a delivery and one attempt at it into the database."""
    conn.execute(sa.insert(deliveries).values(
        id=id, event_id=event_id, destination=destination, order_key="", role=int(ThreadRole.ALONE), route=route, state=int(state),
        attempt=attempt, created_at=created_at, scheduled_at=created_at, ended_at=None, code=code))
    conn.execute(sa.insert(attempts).values(
        delivery_id=id, number=1, started_at=created_at, duration_ms=12, outcome=2 if state is State.DEAD else 0, status=200, code=code, detail=detail))


def store_destination(conn: Connection, *, name: str, failures: int = 0, due_at: datetime | None = None, last_error: str | None = None) -> None:
    """Put a destination's row into the database."""
    conn.execute(sa.insert(destinations).values(name=name, failures=failures, due_at=due_at, last_error=last_error))
