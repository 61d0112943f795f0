"""GitHub's webhooks through the API: by grants, audited, with GitHub's refusals under codes of their own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.github_answers import Token
from fakes.github_hooks import settled
from github_world import World, github_world
from msgspec.structs import replace
from sitting import Answer, Doors, store_event

from leverframe.core import ids
from leverframe.core.access import Role
from leverframe.core.github_hooks import Declared, Holder
from leverframe.core.recovery import Gap
from leverframe.core.routes import Route
from leverframe.core.services import Catalogue
from leverframe.github.client import GitHub
from leverframe.github.hooks import Hooks
from leverframe.secrets import Secret
from leverframe.store import audit, recoveries
from leverframe.store.tables import events
from leverframe.web.desk import Desk
from leverframe.web.refusals import RefusalLog
from leverframe.work.github_hooks import HookKeeper, ReadFile
from leverframe.work.receive import dedupe_digest

pytestmark = pytest.mark.anyio
FILE = ReadFile(path="/etc/leverframe.toml", read_at=datetime(2026, 11, 29, tzinfo=UTC), is_changed=lambda: False)
HUB = "https://hub.example.com"
ROUTES = [Route(name="wiki", source="github", repos=("acme/*",), events=("gollum", "issues.opened"), to=("slack:#dev",))]
REPO = Holder("repository", "acme/web-app")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        made.fake.organisations["acme"] = []

        async def send(url: str, headers: dict[str, str], body: bytes) -> int:
            return 202

        made.fake.deliveries.send = send
        yield made


def kept(world: World, *declared: Declared, client: GitHub | None = None) -> HookKeeper:
    """Return a keeper of one source."""
    return HookKeeper(
        lambda: Hooks(client or world.client), url=HUB, secrets={"github": Secret("s3cret")}, declared=declared, routes=lambda: ROUTES, catalogue=Catalogue(), file=FILE,
    )  # fmt: skip


def opened(desk: Desk, refusals: RefusalLog, keeper: HookKeeper | None) -> Doors:
    """Return the doors of a hub with this keeper."""
    roles = {**desk.roles, "hooks": Role(allow=("github.read acme/*",)), "keeper": Role(allow=("github.* acme/web-app",))}
    return Doors(replace(desk, github=keeper, roles=roles), refusals)


@pytest.fixture
def doors(desk: Desk, refusals: RefusalLog, world: World) -> Doors:
    return opened(desk, refusals, kept(world))


async def ask(doors: Doors, method: str, path: str, document: Any = None) -> Answer:
    """Ask as the operator does."""
    return await doors.ask(method, f"/api/github/hooks{path}", document=document, operator=True)


async def created(doors: Doors, of: str = "acme/web-app", **more: Any) -> dict[str, Any]:
    """Make a hook for pushes."""
    answer = await ask(doors, "POST", "", {"of": of, "events": ["push"], **more})
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json
    return made


async def entries(doors: Doors) -> list[tuple[str, str, str]]:
    """Return what the audit says of hooks, the oldest first."""
    found = await doors.desk.database.read(audit.entries)
    return [(entry.act, entry.target, entry.code) for entry in reversed(found) if entry.act.startswith("github-hooks")]


async def test_a_hook_made_by_hand_is_listed_with_what_it_lacks(doors: Doors, world: World) -> None:
    """A hook with only push is told which events the routes need; GitHub's object comes whole, its secret masked."""
    await created(doors)
    await settled(world.fake)
    (one,) = (await ask(doors, "GET", "?of=acme/web-app")).json["hooks"]
    assert (one["source"], one["events"], one["missing"], one["health"]) == ("github", ["push"], ["gollum", "issues"], "ok")
    assert one["warnings"] == ["The routes need events that it does not hear: gollum, issues."]
    assert one["github"]["config"]["secret"] == "********" and one["github"]["deliveries_url"]


async def test_a_new_hook_leads_to_the_hub(doors: Doors, world: World) -> None:
    """Without an address a hook leads to the only source, signed with its secret, as JSON; and the audit tells who made it."""
    made = await created(doors)
    assert made["url"] == f"{HUB}/in/github"
    (at_github,) = world.repository.hooks
    assert at_github.config == {"url": f"{HUB}/in/github", "secret": "s3cret", "content_type": "json", "insecure_ssl": "0"}
    assert await entries(doors) == [("github-hooks.create", "acme/web-app push", "ok")]


async def test_changes_are_small_and_audited(doors: Doors, world: World) -> None:
    """Events are added and taken away, settings change one by one, and no secret is lost or written down."""
    id = (await created(doors))["id"]
    answer = await ask(doors, "PATCH", f"/{id}", {"of": "acme/web-app", "add_events": ["gollum"], "remove_events": ["push"], "insecure_ssl": True})
    assert answer.json["events"] == ["gollum"] and answer.json["warnings"][-1].startswith("GitHub does not look at the certificate")
    await ask(doors, "PATCH", f"/{id}", {"of": "acme/web-app", "secret": "n3w", "active": False})
    assert world.repository.hooks[0].config == {"url": f"{HUB}/in/github", "secret": "n3w", "content_type": "json", "insecure_ssl": "1"}
    assert (await entries(doors))[1:] == [
        ("github-hooks.change", f"acme/web-app hook {id} +gollum -push insecure_ssl=1", "ok"), ("github-hooks.change", f"acme/web-app hook {id} active=false secret=***", "ok"),
    ]  # fmt: skip


async def test_a_misspelt_event_is_refused_before_it_is_sent(doors: Doors, world: World) -> None:
    """The name that is probably meant is told, and GitHub is not asked; the audit has the refusal."""
    answer = await ask(doors, "POST", "", {"of": "acme/web-app", "events": ["issue"]})
    assert (answer.code, answer.json["detail"]) == ("github_event_unknown", "issue: perhaps issues")
    assert (await ask(doors, "POST", "", {"of": "acme/web-app", "events": ["workflow_dispatch"]})).code == "github_event_never"
    assert world.fake.calls == []
    assert [code for _, _, code in await entries(doors)] == ["github_event_unknown", "github_event_never"]


async def test_the_log_is_read_and_a_delivery_sent_again(doors: Doors, world: World) -> None:
    """Ping, test and redelivery are asked for, and the log shows them page by page."""
    id = (await created(doors))["id"]
    await settled(world.fake)
    for path in ("pings", "tests"):
        assert (await ask(doors, "POST", f"/{id}/{path}", {"of": "acme/web-app"})).json == {"asked": True}
        await settled(world.fake)
    page = (await ask(doors, "GET", f"/{id}/deliveries?of=acme/web-app&limit=2")).json
    assert [one["event"] for one in page["deliveries"]] == ["push", "ping"] and page["next"]
    rest = (await ask(doors, "GET", f"/{id}/deliveries?of=acme/web-app&cursor={page['next']}")).json
    assert [one["event"] for one in rest["deliveries"]] == ["ping"] and rest["next"] is None
    delivery = page["deliveries"][0]["id"]
    assert (await ask(doors, "GET", f"/{id}/deliveries/{delivery}?of=acme/web-app")).json["request"]["payload"]["ref"] == "refs/heads/main"
    assert (await ask(doors, "POST", f"/{id}/deliveries/{delivery}/attempts", {"of": "acme/web-app"})).status == 200
    await settled(world.fake)
    assert world.repository.hooks[0].attempts[-1].redelivery


async def test_a_test_that_would_send_nothing_is_refused(doors: Doors) -> None:
    """GitHub answers 204 and sends nothing to a hook that hears no push: that is told."""
    id = (await created(doors, events=["gollum"]))["id"]
    answer = await ask(doors, "POST", f"/{id}/tests", {"of": "acme/web-app"})
    assert answer.code == "request_invalid" and "push" in answer.json["detail"]


async def test_a_hook_is_deleted_once(doors: Doors) -> None:
    """What is not there any more is told as such."""
    id = (await created(doors))["id"]
    assert (await ask(doors, "DELETE", f"/{id}?of=acme/web-app")).status == 204
    assert (await ask(doors, "DELETE", f"/{id}?of=acme/web-app")).code == "github_hook_unknown"


async def test_an_organisation_has_hooks_too(doors: Doors, world: World) -> None:
    """An organisation's hook is made and changed alike, though GitHub knows no adding of events there."""
    id = (await created(doors, "acme"))["id"]
    answer = await ask(doors, "PATCH", f"/{id}", {"of": "acme", "add_events": ["team"]})
    assert answer.json["events"] == ["push", "team"]
    assert world.fake.organisations["acme"][0].config["secret"] == "s3cret"


async def test_each_needs_its_grant(doors: Doors) -> None:
    """Who may look at hooks may not change them; a grant for one repository is none for another; each refusal is audited."""
    looking, keeping = await doors.signed_in("lee", "hooks"), await doors.signed_in("kim", "keeper")
    assert (await doors.ask("GET", "/api/github/hooks?of=acme/web-app", visitor=looking)).status == 200
    document = {"of": "acme/web-app", "events": ["push"]}
    refused = await doors.ask("POST", "/api/github/hooks", visitor=looking, document=document)
    assert refused.code == "not_allowed" and "roles that do: admin, keeper" in refused.json["detail"]
    assert (await doors.ask("POST", "/api/github/hooks", visitor=keeping, document=document)).status == 201
    for of in ("acme/other", "acme", "@app"):
        assert (await doors.ask("GET", f"/api/github/hooks?of={of}", visitor=keeping)).code == "not_allowed"
    await doors.refusals.settled()
    found = await doors.desk.database.read(audit.entries)
    assert ("person:lee", "not_allowed") in {(entry.actor, entry.code) for entry in found}


@pytest.mark.parametrize("of", ["", "a/b/c", "acme/..", "acme web", "../x", "%00"])
async def test_what_has_no_hooks_is_refused(doors: Doors, world: World, of: str) -> None:
    """Whatever is written for a repository, only a name becomes part of an address."""
    assert (await ask(doors, "GET", f"?of={of}")).code == "request_invalid"
    assert world.fake.calls == []


async def test_what_github_refuses_is_told(desk: Desk, refusals: RefusalLog, world: World) -> None:
    """A missing permission names what GitHub would accept; a rate limit says how long to wait."""
    world.fake.tokens["weak"] = Token(permissions={"metadata": "read"})
    doors = opened(desk, refusals, kept(world, client=world.by("weak")))
    answer = await ask(doors, "GET", "?of=acme/web-app")
    assert answer.code == "github_permission_missing" and "needs repository_hooks=read" in answer.json["detail"]
    world.fake.next_modes.append("limited")
    answer = await ask(opened(desk, refusals, kept(world)), "GET", "?of=acme/web-app")
    assert (answer.code, answer.headers["retry-after"]) == ("github_ratelimited", "30")


def declared(*events: str, **more: Any) -> Declared:
    """Return a hook as the configuration has it."""
    return Declared(**{"holder": REPO, "source": "github", "url": f"{HUB}/in/github", "events": events, "from_routes": not events, **more})


async def test_sync_makes_what_is_declared_and_then_nothing(desk: Desk, refusals: RefusalLog, world: World) -> None:
    """A dry run shows the plan, of which file, and does nothing; sync does it; a second sync finds nothing to do."""
    doors = opened(desk, refusals, kept(world, declared()))
    dry = (await ask(doors, "POST", "/sync", {"dry_run": True})).json
    assert dry["hooks"][0]["state"] == "planned" and "+   events: gollum" in dry["hooks"][0]["lines"] and world.repository.hooks == []
    assert (await ask(doors, "POST", "/sync", {})).json["hooks"][0]["state"] == "done"
    assert world.repository.hooks[0].events == ["gollum", "issues"] and world.repository.hooks[0].config["secret"] == "s3cret"
    calls = len(world.fake.calls)
    again = (await ask(doors, "POST", "/sync", {})).json
    assert again["hooks"][0]["state"] == "unchanged" and [call.method for call in world.fake.calls[calls:]] == ["GET"]
    assert [(act, code) for act, _, code in await entries(doors)] == [("github-hooks.sync", "ok")]


async def test_sync_finds_the_hook_of_the_page_and_completes_it(desk: Desk, refusals: RefusalLog, world: World) -> None:
    """A hook made on GitHub's page (form, only push, no secret) is found by its address and made what is declared."""
    await world.client.post("acme/web-app", "/hooks", {"events": ["push"], "config": {"url": f"{HUB}/in/github/", "content_type": "form"}})
    doors = opened(desk, refusals, kept(world, declared()))
    (one,) = (await ask(doors, "POST", "/sync", {})).json["hooks"]
    assert one["state"] == "done" and not one["removes"]
    (hook,) = world.repository.hooks
    assert sorted(hook.events) == ["gollum", "issues", "push"] and hook.config["secret"] == "s3cret" and hook.config["content_type"] == "json"


async def test_sync_goes_on_where_it_was_cut_off(desk: Desk, refusals: RefusalLog, world: World) -> None:
    """When GitHub goes away in the middle, what failed is told, and the next sync does the rest."""
    await world.client.post("acme/web-app", "/hooks", {"events": ["push"], "config": {"url": f"{HUB}/in/github", "content_type": "form"}})
    doors = opened(desk, refusals, kept(world, declared("gollum")))
    world.fake.next_modes.extend(["ok", "ok", "down"])
    (one,) = (await ask(doors, "POST", "/sync", {})).json["hooks"]
    assert (one["state"], one["code"]) == ("failed", "github_unavailable")
    (one,) = (await ask(doors, "POST", "/sync", {})).json["hooks"]
    assert one["state"] == "done" and world.repository.hooks[0].events == ["gollum"] and world.repository.hooks[0].config["secret"] == "s3cret"


async def test_sync_of_one_says_what_is_doubtful(desk: Desk, refusals: RefusalLog, world: World) -> None:
    """One hook that cannot be had does not stop the others, and each says why."""
    other = declared("push", holder=Holder("repository", "acme/gone"))
    doors = opened(desk, refusals, kept(world, declared("gollum", insecure_ssl=True), other))
    found = (await ask(doors, "POST", "/sync", {})).json["hooks"]
    assert [(one["of"], one["state"], one["code"]) for one in found] == [("acme/web-app", "done", None), ("acme/gone", "failed", "github_not_found")]
    assert found[0]["warnings"][0].startswith("GitHub does not look at the certificate")
    assert [one["of"] for one in (await ask(doors, "POST", "/sync", {"of": "acme/gone"})).json["hooks"]] == ["acme/gone"]
    keeping = await doors.signed_in("kim", "keeper")
    assert (await doors.ask("POST", "/api/github/hooks/sync", visitor=keeping, document={})).code == "not_allowed"
    assert (await doors.ask("POST", "/api/github/hooks/sync", visitor=keeping, document={"of": "acme/web-app"})).status == 200


async def test_a_changed_secret_is_written_when_asked(desk: Desk, refusals: RefusalLog, world: World) -> None:
    """GitHub shows no secret, so one that was rotated is written when somebody says so."""
    doors = opened(desk, refusals, kept(world, declared("push")))
    await ask(doors, "POST", "/sync", {})
    world.repository.hooks[0].config["secret"] = "old"
    assert (await ask(doors, "POST", "/sync", {})).json["hooks"][0]["state"] == "unchanged"
    assert (await ask(doors, "POST", "/sync", {"secret": True})).json["hooks"][0]["state"] == "done"
    assert world.repository.hooks[0].config["secret"] == "s3cret"


async def test_what_was_missing_is_told_with_its_event(doors: Doors) -> None:
    """What GitHub could not deliver is listed by state, and the event that it became says that it came late."""
    database, now = doors.desk.database, doors.desk.clock.now()
    boot = database.boot  # type: ignore[attr-defined]
    digests = {name: dedupe_digest("github", name) for name in ("came", "gone")}
    gaps = {
        digest: (database.new_id(), Gap(guid=name, delivery=1, first_at=now, status="timed out", event="issues", action="opened")) for name, digest in digests.items()
    }
    await database.write(recoveries.claim, ["acme/web-app"], boot=boot, now=now)
    await database.write(recoveries.note, gaps, holder="acme/web-app", hook=7, source="github", watched=recoveries.Watched(), boot=boot, now=now)
    event = database.new_id()
    await database.write(store_event, id=event, name="issues", action="opened")
    await database.write(lambda connection: connection.execute(events.update().where(events.c.id == event).values(dedupe=digests["came"])))
    (listed,) = (await doors.ask("GET", "/api/events", operator=True)).json["events"]
    assert listed["recovered"] == {"first_tried_at": "2026-11-21T03:00:00Z", "status": "timed out", "tries": 0}
    await database.write(recoveries.settle, "acme/web-app")
    found = {one["delivery_id"]: one for one in (await doors.ask("GET", "/api/github/recoveries", operator=True)).json["recoveries"]}
    assert (found["came"]["state"], found["came"]["event_id"], found["gone"]["state"]) == ("recovered", ids.show("evt", event), "owed")
    owed = (await doors.ask("GET", "/api/github/recoveries?state=owed", operator=True)).json["recoveries"]
    assert [one["delivery_id"] for one in owed] == ["gone"]
    admin = await doors.administrator()
    page = (await doors.ask("GET", "/console/events", visitor=admin)).text
    assert "recovered" in page and "1 deliveries of GitHub&#39;s have not come in" in page
    assert "GitHub could not deliver it (timed out)" in (await doors.ask("GET", f"/console/events/{ids.show('evt', event)}", visitor=admin)).text


async def test_whose_logs_are_read_is_listed(desk: Desk, refusals: RefusalLog, world: World) -> None:
    """Those that are declared and those that were found, and of one that GitHub does not show what to do, in the asker's language."""
    doors = opened(desk, refusals, kept(world, declared("acme/web-app")))
    database, now = desk.database, desk.clock.now()
    boot = database.boot  # type: ignore[attr-defined]
    for holder, code in (("acme/web-app", None), ("acme/secret", "github_not_found")):
        await database.write(recoveries.claim, [holder], boot=boot, now=now)
        await database.write(recoveries.release, holder, boot=boot, next_at=now + timedelta(days=1), looked_at=now, code=code, detail="Not Found" if code else "")
    found = (await doors.ask("GET", "/api/github/watches", operator=True, headers={"accept-language": "ko"})).json["watches"]
    assert [(one["of"], one["declared"], one["code"]) for one in found] == [("acme/secret", False, "github_not_found"), ("acme/web-app", True, None)]
    assert re.search("[가-힣]", found[0]["remedy"]) and found[1]["remedy"] is None


async def test_a_hub_that_is_nobody_at_github_says_what_it_lacks(desk: Desk, refusals: RefusalLog) -> None:
    """Without [github] the commands answered “There is nothing here. Check the address.”; what is kept of GitHub can be listed all the same."""
    doors = opened(desk, refusals, None)
    assert (await ask(doors, "GET", "?of=acme/web-app")).code == "github_token_missing"
    assert (await ask(doors, "POST", "/sync", {"dry_run": True})).code == "github_token_missing"
    for path in ("recoveries", "watches"):
        assert (await doors.ask("GET", f"/api/github/{path}", operator=True)).json[path] == []
