"""Why a route fired for an event, or did not, as people ask it."""

from __future__ import annotations

import asyncio
import json
import threading

import msgspec
import pytest
from clock import VirtualClock
from databases import opened

from leverframe.core.events import Event
from leverframe.core.routes import Route, RouteTable
from leverframe.sources.github.source import GithubHook, GithubSource
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import to_us
from leverframe.work.explain import Explained, Explainer
from leverframe.work.fanout import Carried
from leverframe.work.receive import dedupe_digest

pytestmark = pytest.mark.anyio
ROUTES = (Route(name="everything", events=("*",), to=("slack:#all",)), Route(name="github", source="github", events=("push",), to=("slack:#dev",)))
BODY = json.dumps({"action": "opened", "repository": {"full_name": "acme/web"}, "pull_request": {"number": 1}}).encode()


@pytest.mark.parametrize(("events", "fired"), [(("push",), False), (("pull_request",), True)])
async def test_the_routing_that_an_event_carried_is_told_first(sqlite_url: str, clock: VirtualClock, events: tuple[str, ...], fired: bool) -> None:
    """The hook's own route and its verdict come first; the configured routes, which are not asked, do not say that they fired."""
    async with opened(sqlite_url, clock) as database:
        hook = GithubHook("hook")
        explainer = Explainer(
            database, clock, table=RouteTable(ROUTES), routes=ROUTES, sources={"github": GithubSource("github", ["s"])},
            parse=lambda stored: hook.parse(stored.accepted, id=stored.id, received_at=stored.received_at), accepted=lambda: None, paths=None)
        carried = Carried(name="hook ci", to=("slack:#dev",), events=events)
        event_id = database.new_id()
        await database.ingest(NewEvent(
            id=event_id, dedupe=dedupe_digest("hook", "1"), source="hook", delivery_id="1", name="pull_request", action="opened", repo="acme/web",
            carried=msgspec.json.encode(carried).decode(), received_us=to_us(clock.now()), headers=b"[]", body=BODY))
        told = await explainer.explain_stored(event_id, "en")
        assert told[0] == Explained(route="hook ci", fired=fired, reason=told[0].reason, destinations=("slack:#dev",))
        assert told[0].reason.startswith("events: pull_request.opened")
        assert [(one.route, one.fired, one.reason) for one in told[1:]] == [
            (route.name, False, "Not asked: the event came with a route of its own.") for route in ROUTES]
        assert (await explainer.explain_stored(event_id, "ko"))[1].reason.startswith("묻지 않았습니다.")


async def test_a_slow_filter_holds_up_nobody_while_it_is_explained(sqlite_url: str, clock: VirtualClock) -> None:
    """Whoever opened an event's page stopped the whole hub until its filter had answered."""
    asked, go_on = threading.Event(), threading.Event()

    def slow(_: str, __: Event) -> bool:
        asked.set()
        return go_on.wait(5.0)

    routes = (Route(name="filtered", events=("*",), where="slow", to=("slack:#all",)),)
    async with opened(sqlite_url, clock) as database:
        explainer = Explainer(
            database, clock, table=RouteTable(routes, slow), routes=routes, sources={"github": GithubSource("github", ["s"])},
            parse=lambda stored: pytest.fail("nothing is stored"), accepted=lambda: None, paths=None)
        explaining = asyncio.create_task(explainer.explain_given(source=None, event="pull_request", payload=json.loads(BODY), locale="en"))
        assert await asyncio.to_thread(asked.wait, 5.0)
        go_on.set()  # by the loop, which runs on meanwhile
        assert [one.fired for one in await explaining] == [True]
