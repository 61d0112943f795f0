"""Webhooks at GitHub: changed a little at a time, never losing the secret, with every refusal under a code of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes.github_answers import Token
from fakes.github_apps import App as FakeApp
from fakes.github_apps import app_pem
from fakes.github_hooks import FakeHook, settled
from github_world import World, github_world

from leverframe.core.errors import PROBLEMS
from leverframe.core.github_hooks import APP, Holder, Hook
from leverframe.github.app import App
from leverframe.github.client import GitHub
from leverframe.github.errors import Trouble
from leverframe.github.hooks import Hooks, LogPage
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio
REPO, ORG = Holder("repository", "acme/web-app"), Holder("organisation", "acme")
URL = "https://hub.example.com/in/github"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        made.fake.organisations["acme"] = []

        async def send(url: str, headers: dict[str, str], body: bytes) -> int:
            return 202

        made.fake.deliveries.send = send
        yield made


@pytest.fixture
def hooks(world: World) -> Hooks:
    return Hooks(world.client)


async def made(hooks: Hooks, holder: Holder = REPO, **more: Any) -> Hook:
    """Make a hook for pushes."""
    found = await hooks.create(holder, **{"url": URL, "secret": "s3cret", "events": ["push"], "content_type": "json", "insecure_ssl": False, "active": True, **more})
    assert isinstance(found, Hook), found
    return found


def kept(world: World, holder: Holder) -> FakeHook:
    """Return the only hook as GitHub keeps it."""
    (one,) = world.repository.hooks if holder is REPO else world.fake.organisations["acme"]
    return one


def troubled(found: object) -> Trouble:
    """Return what went wrong."""
    assert isinstance(found, Trouble), found
    assert found.code in PROBLEMS
    return found


@pytest.mark.parametrize("holder", [REPO, ORG], ids=str)
async def test_a_hook_is_made_and_read(world: World, hooks: Hooks, holder: Holder) -> None:
    """A new hook is read back as it was made, and its secret is never shown."""
    made_one = await made(hooks, holder)
    assert (made_one.url, made_one.events, made_one.content_type, made_one.active, made_one.has_secret) == (URL, ("push",), "json", True, True)
    await settled(world.fake)
    (listed,) = await hooks.all(holder)  # type: ignore[misc]
    assert listed.id == made_one.id and listed.health == "ok" and listed.whole["config"]["secret"] == "********"
    one = await hooks.one(holder, made_one.id)
    assert isinstance(one, Hook) and one.whole["ping_url"].endswith("/pings")


@pytest.mark.parametrize("holder", [REPO, ORG], ids=str)
async def test_events_are_added_and_taken_away(world: World, hooks: Hooks, holder: Holder) -> None:
    """Changing what a hook hears leaves everything else as it is, the secret too."""
    id = (await made(hooks, holder, events=["push", "star"])).id
    changed = await hooks.edit(holder, id, add=["gollum", "issues"], remove=["star"])
    assert isinstance(changed, Hook) and changed.events == ("gollum", "issues", "push")
    off = await hooks.edit(holder, id, active=False)
    assert isinstance(off, Hook) and not off.active and off.events == ("gollum", "issues", "push")
    assert kept(world, holder).config == {"url": URL, "content_type": "json", "insecure_ssl": "0", "secret": "s3cret"}


@pytest.mark.parametrize("holder", [REPO, ORG], ids=str)
async def test_settings_change_without_the_secret(world: World, hooks: Hooks, holder: Holder) -> None:
    """The settings of the address change one by one: GitHub would take the secret away with a whole config that lacks it."""
    id = (await made(hooks, holder)).id
    assert await hooks.configure(holder, id, {"content_type": "form", "insecure_ssl": "1"}) is None
    assert kept(world, holder).config == {"url": URL, "content_type": "form", "insecure_ssl": "1", "secret": "s3cret"}
    assert await hooks.configure(holder, id, {"secret": "n3w"}) is None
    assert kept(world, holder).config["secret"] == "n3w" and kept(world, holder).config["content_type"] == "form"


async def test_the_fake_is_as_strict() -> None:
    """A whole config without the secret does take it away: what is guarded against is there."""
    async with github_world() as world:
        hooks = Hooks(world.client)
        id = (await made(hooks)).id
        await world.client.send("PATCH", "acme/web-app", f"/hooks/{id}", {"config": {"url": URL}})
        assert "secret" not in world.repository.hooks[0].config


async def test_ping_test_and_log(world: World, hooks: Hooks) -> None:
    """A ping and a test are sent, and the log tells of both, the newest first."""
    id = (await made(hooks)).id
    await settled(world.fake)
    assert await hooks.ping(REPO, id) is None and await hooks.test(REPO, id) is None
    await settled(world.fake)
    page = await hooks.log(REPO, id)
    assert isinstance(page, LogPage) and [line.event for line in page.lines] == ["push", "ping", "ping"] and page.cursor is None
    whole = await hooks.delivery(REPO, id, page.lines[0].id)
    assert isinstance(whole, dict) and whole["request"]["payload"]["ref"] == "refs/heads/main"


async def test_a_log_is_read_page_by_page(world: World, hooks: Hooks) -> None:
    """The cursor leads through the whole log, and each line comes once."""
    id = (await made(hooks)).id
    await settled(world.fake)
    for _ in range(5):
        await world.fake.deliveries.event(world.repository.hooks, "push", {}, unsent="timed out")
    seen, cursor = [], None
    while True:
        page = await hooks.log(REPO, id, cursor=cursor, most=2)
        assert isinstance(page, LogPage)
        seen += [line.id for line in page.lines]
        cursor = page.cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6 and seen == sorted(seen, reverse=True)


async def test_a_redelivery_has_the_same_guid(world: World, hooks: Hooks) -> None:
    """What failed is sent again under the same GUID, and the log says that it is a redelivery."""
    id = (await made(hooks)).id
    guid = await world.fake.deliveries.event(world.repository.hooks, "push", {}, unsent="timed out")
    failed = world.repository.hooks[0].attempts[-1]
    assert await hooks.redeliver(REPO, id, failed.id) is None
    await settled(world.fake)
    page = await hooks.log(REPO, id)
    assert isinstance(page, LogPage)
    assert [(line.guid, line.redelivery, line.status_code) for line in page.lines if line.event == "push"] == [(guid, True, 202), (guid, False, 0)]
    world.clock.advance(days=3, seconds=1)
    assert troubled(await hooks.redeliver(REPO, id, failed.id)).code == "github_not_found"


async def test_a_hook_is_deleted(world: World, hooks: Hooks) -> None:
    """A hook that is gone is not found any more."""
    id = (await made(hooks)).id
    assert await hooks.delete(REPO, id) is None and world.repository.hooks == []
    assert troubled(await hooks.delete(REPO, id)).code == "github_not_found"


async def test_the_app_has_one_hook(world: World) -> None:
    """The hook of the hub's own app is asked for by the app itself: its settings, its events and its log."""
    app = FakeApp()
    world.fake.apps.append(app)
    hooks = Hooks(GitHub(world.outbound, App(world.outbound, world.clock, id="4711", key=Secret(app_pem()), api_url=world.fake.url), world.clock, api_url=world.fake.url))
    (one,) = await hooks.all(APP)  # type: ignore[misc]
    assert (one.url, one.events, one.content_type) == (URL, ("push",), "json")
    await world.fake.deliveries.event([app.hook], "push", {}, unsent="failed to connect to host")
    page = await hooks.log(APP, 0)
    assert isinstance(page, LogPage) and [line.status for line in page.lines] == ["failed to connect to host"]
    assert await hooks.redeliver(APP, 0, page.lines[0].id) is None
    await settled(world.fake)
    assert len(app.hook.attempts) == 2
    assert await hooks.configure(APP, 0, {"secret": "n3w"}) is None and app.hook.config["secret"] == "n3w"


@pytest.mark.parametrize(("more", "code"), [
    ({"url": "hub.example.com/in/github"}, "github_hook_url_invalid"), ({"url": "https://hub.example.com/<x>"}, "github_hook_url_invalid"),
    ({"url": "http://localhost:8080/in/github"}, "github_hook_url_private"), ({"events": ["issue"]}, "github_hook_events_refused"), ({"events": []}, "github_hook_events_refused"),
])  # fmt: skip
async def test_each_refusal_has_a_code(hooks: Hooks, more: dict[str, Any], code: str) -> None:
    """A 422 is told by what GitHub says is wrong."""
    with pytest.raises(AssertionError) as refused:
        await made(hooks, **more)
    assert code in str(refused.value)


async def test_a_second_hook_is_refused(world: World, hooks: Hooks) -> None:
    """The same address with the same events is a hook that exists; the twenty-first of an event is one too many."""
    for holder in (REPO, ORG):
        await made(hooks, holder)
        found = await hooks.create(holder, url=URL, secret="x", events=["push"], content_type="json", insecure_ssl=False, active=True)
        assert troubled(found).code == "github_hook_exists"
    for number in range(19):
        await made(hooks, url=f"{URL}/{number}")
    found = await hooks.create(REPO, url=f"{URL}/x", secret="x", events=["push"], content_type="json", insecure_ssl=False, active=True)
    assert troubled(found).code == "github_hooks_too_many"


async def test_a_missing_permission_says_which(world: World) -> None:
    """A fine-grained token that may not see hooks is told what GitHub says would do; a classic one which scopes."""
    world.fake.tokens["fine"] = Token(permissions={"metadata": "read"})
    world.fake.tokens["classic"] = Token(scopes=("public_repo",))
    found = troubled(await Hooks(world.by("fine")).all(REPO))
    assert found.code == "github_permission_missing" and "(needs repository_hooks=read)" in found.detail
    found = troubled(await Hooks(world.by("classic")).all(REPO))
    assert found.code == "github_not_found" and "needs the scope admin:repo_hook, read:repo_hook" in found.detail and "the token has public_repo" in found.detail
    found = troubled(await Hooks(world.by("classic")).all(ORG))
    assert "needs the scope admin:org_hook" in found.detail


async def test_a_log_of_another_shape_is_told(world: World, hooks: Hooks) -> None:
    """A proxy's page in place of a log is no log."""
    id = (await made(hooks)).id
    world.fake.next_modes.append("garbage")
    assert troubled(await hooks.log(REPO, id)).code == "github_answer_invalid"
