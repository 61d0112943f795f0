"""People choose in a room what it is told: a route without a file."""

from __future__ import annotations

import pytest
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.access import Role
from leverframe.core.conversation import Place
from leverframe.core.routes import Route
from leverframe.store import chat_routes, recoveries
from work.box import box, text
from work.engine import engine
from work.github import push

pytestmark = pytest.mark.anyio

ROLES = {"dev": Role(allow=("subscribe acme/*", "unsubscribe acme/*"), members=("slack:ANN",))}
DEV = Place(chat="slack", room="#dev", room_name="dev")


async def test_a_room_subscribes_and_takes_it_back(database_url: str, clock: VirtualClock) -> None:
    """The room is told who may hear what of which repository; wrong names are answered with the near one, and grants hold."""
    async with box(database_url, clock, roles=ROLES) as hub:
        said = await hub.say("ann", "subscribe acme/web push, pull_request.opened", at=DEV)
        assert said.public
        (route,) = await hub.database.read(chat_routes.every)
        assert (route.repos, route.events, route.to) == (("acme/web",), ("push", "pull_request.opened"), ("slack:#dev",))
        assert "issues" in text(await hub.say("ann", "subscribe acme/web issue", at=DEV))
        assert not (await hub.say("ann", "subscribe other/web", at=DEV)).public
        assert len(await hub.database.read(chat_routes.every)) == 1
        assert (await hub.say("ann", "unsubscribe acme/web", at=DEV)).public
        assert await hub.database.read(chat_routes.every) == ()
        assert not (await hub.say("ann", "unsubscribe acme/web", at=DEV)).public


@pytest.mark.parametrize(("grant", "asked", "taken"), [
    ("subscribe acme/*", "acme/*", True), ("subscribe acme/*", "acme/**", False), ("subscribe acme/web-?", "acme/web-*", False), ("subscribe acme/[!s]*", "acme/*", False),
    ("subscribe */web", "**/web", False), ("subscribe", "*/*", True), ("subscribe *", "**/*", True), ("subscribe acme/web", "acme/web", True),
])  # fmt: skip
async def test_a_glob_needs_a_grant_as_wide(sqlite_url: str, clock: VirtualClock, grant: str, asked: str, taken: bool) -> None:
    """A glob was held against the grant letter by letter: who may hear of acme's repositories heard of those of its subgroups too, and
    ``acme/*`` was covered by a grant for all that do not begin with an s."""
    async with box(sqlite_url, clock, roles={"dev": Role(allow=(grant,), members=("slack:ANN",))}) as hub:
        said = await hub.say("ann", f"subscribe {asked} push", at=DEV)
        assert said.public == taken
        assert len(await hub.database.read(chat_routes.every)) == taken


async def test_a_misspelt_action_is_told_with_the_near_one(sqlite_url: str, clock: VirtualClock) -> None:
    """As a misspelt event is: the room would have waited for ever. An action that GitHub may have added lately is taken."""
    async with box(sqlite_url, clock, roles=ROLES) as hub:
        refused = await hub.say("ann", "subscribe acme/web pull_request.openned", at=DEV)
        assert "pull_request.openned → pull_request.opened" in text(refused)
        assert (await hub.say("ann", "subscribe acme/web pull_request.somersaulted", at=DEV)).public


async def test_what_a_room_subscribed_to_is_said_there(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """From the next event on, without a restart, and no more once it is taken back."""
    async with engine(sqlite_url, clock, slack, Route(name="all", events=("issues",), to=("slack:#ops",))) as hub:
        await hub.receive("push", push())
        await hub.settle()
        assert hub.texts("#dev") == []
        repo = "*/*"
        await hub.database.write(chat_routes.add, repo=repo, destination="slack:#dev", events=("push",), by="slack:ANN", now=clock.now())
        await hub.receive("push", push(message="two"))
        await hub.receive("issues", push(message="one to make the route heard"))
        await hub.settle()
        clock.advance(seconds=2)
        await hub.receive("push", push(message="three"))
        await hub.settle()
        assert any("three" in said for said in hub.texts("#dev"))
        await hub.database.write(chat_routes.remove, repo=repo, destination="slack:#dev")
        before = len(hub.texts("#dev"))
        clock.advance(seconds=2)
        await hub.receive("push", push(message="four"))
        await hub.settle()
        assert len(hub.texts("#dev")) == before


async def test_a_room_asks_how_webhooks_do(database_url: str, clock: VirtualClock) -> None:
    """What GitHub last told of the repository's hooks and its organisation's, without asking it; only for who may."""
    roles = {"dev": Role(allow=("hooks acme/*",), members=("slack:ANN",))}
    async with box(database_url, clock, roles=roles) as hub:
        boot, now = hub.database.boot, clock.now()
        assert "watches no webhook of acme/web" in text(await hub.say("ann", "hooks acme/web", at=DEV))
        for holder, hook in (
            ("acme/web", {"id": 7, "events": ["push", "gollum"], "config": {"secret": "********"}, "last_response": {"code": 504, "status": "timeout", "message": "Service Timeout"}}),
            ("acme", {"id": 8, "events": ["team"], "config": {"secret": "********"}, "last_response": {"code": 202, "status": "active", "message": "OK"}}),
        ):
            await hub.database.write(recoveries.claim, [holder], boot=boot, now=now)
            await hub.database.write(recoveries.keep, holder, recoveries.Watched(hooks=[hook]), boot=boot)
            await hub.database.write(recoveries.release, holder, boot=boot, next_at=now, looked_at=now, code=None, detail="")
        said = await hub.say("ann", "hooks acme/web", at=DEV)
        assert not said.public
        for part in ("acme/web", "gollum push", "HTTP 504 Service Timeout", "team"):
            assert part in text(said)
        assert "gollum" not in text(await hub.say("bob", "hooks acme/web", at=DEV))
        assert "gollum" not in text(await hub.say("ann", "hooks other/web", at=DEV))
