"""Commands and deployments in the API: done once, refused with a code, waited for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lever_desk import Frame
from msgspec.structs import replace
from sitting import Answer, Doors, Visitor

from leverframe.store import audit, deployments
from leverframe.web.desk import Desk
from leverframe.web.refusals import RefusalLog

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rita(doors: Doors) -> Visitor:
    """Somebody who may deploy, signed in."""
    return await doors.signed_in("rita", "release")


async def token(doors: Doors, *grants: str, name: str = "ci") -> dict[str, str]:
    """Return the header of an API token with these grants."""
    issued = await doors.ask("POST", "/api/tokens", document={"name": name, "grants": list(grants), "days": 1}, operator=True)
    assert issued.status == 201, issued.json
    return {"authorization": f"Bearer {issued.json['token']}"}


async def command(doors: Doors, line: str, *, visitor: Visitor | None = None, headers: Any = None, operator: bool = False, **more: Any) -> Answer:
    """Give a command."""
    return await doors.ask("POST", "/api/commands", document={"line": line, **more}, visitor=visitor, headers=headers, operator=operator)


async def states(doors: Doors) -> list[str]:
    """Return the state of every deployment, the oldest first."""
    return [one.state for one in reversed(await doors.desk.database.read(deployments.past))]


async def test_a_command_is_answered_with_what_came_of_it(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """The sentence, its blocks, the line as it was understood, and the deployment to follow."""
    done = (await command(doors, "배포 web-app staging main", visitor=rita)).json
    assert (done["ok"], done["code"], done["line"]) == (True, "ok", "deploy web-app staging main")
    assert done["text"].startswith("🚀 Deployment requested: web-app → staging") and done["message"]["headline"][0]["type"] == "Text"
    await frame.run()
    found = (await doors.ask("GET", f"/api/deployments/{done['deployment']}", visitor=rita)).json
    assert (found["state"], found["ended"], found["requested_by"], found["ref"], found["approvals"]) == ("succeeded", True, "rita", "main", [])
    assert [moment["what"] for moment in found["timeline"]] == ["asked", "lane_entered", "ordered", "started", "succeeded"]
    answer = (await command(doors, "status", visitor=rita)).json
    assert answer["deployment"] is None and "web-app → staging" in answer["text"]


async def test_a_token_does_what_it_was_issued_for(doors: Doors) -> None:
    """Its own grants decide, not its maker's; the refusal names who could, and the audit has it once."""
    header = await token(doors, "deploy web-app staging")
    assert (await command(doors, "deploy web-app staging", headers=header)).status == 200
    refused = await command(doors, "deploy web-app production", headers=header)
    assert (refused.status, refused.code) == (403, "not_allowed")
    assert "release" in refused.json["text"] and refused.json["message"]["tone"] == "warning"
    assert (await doors.ask("GET", "/api/deployments", headers=header)).code == "not_allowed"
    await doors.refusals.settled()
    entries = await doors.desk.database.read(audit.entries, actor="token:ci", act="deploy")
    assert [(entry.code, entry.target) for entry in entries] == [("not_allowed", "api"), ("ok", "api")]


async def test_a_missing_grant_is_told_in_the_readers_language(doors: Doors) -> None:
    """The detail of a command that was refused was English on a Korean hub, beside a Korean title; what the audit keeps stays English."""
    header, lines = await token(doors, "deploy web-app staging"), []
    for language, detail in (("ko", "token:ci에게 deploy web-app production 권한이 없음"), ("en", "token:ci has no grant for deploy web-app production")):
        for dry_run in (False, True):
            refused = await command(doors, "deploy web-app production", headers=header | {"accept-language": language}, dry_run=dry_run)
            lines.append((refused.code, refused.json["detail"] == detail, refused.json["detail"]))
    assert [line[:2] for line in lines] == [("not_allowed", True)] * 4, lines
    await doors.refusals.settled()
    assert {entry.detail["detail"] for entry in await doors.desk.database.read(audit.entries, actor="token:ci", act="deploy")} == {"token:ci has no grant for deploy web-app production"}


async def test_the_operator_may_do_everything(doors: Doors, frame: Frame) -> None:
    """Whoever may open the hub's own socket holds every grant; approvals still count people."""
    await command(doors, "deploy web-app staging main", operator=True)
    await frame.run()
    waiting = (await command(doors, "deploy web-app production main", operator=True)).json["deployment"]
    await frame.run()
    own = await command(doors, f"approve {waiting}", operator=True)
    assert own.code == "approval_own"


async def test_a_viewer_reads_and_pulls_nothing(doors: Doors) -> None:
    """deployments.read opens the lists; a command asks for its own grant."""
    vera = await doors.signed_in("vera", "viewer")
    for path in ("/api/deployments", "/api/services"):
        assert (await doors.ask("GET", path, visitor=vera)).status == 200
    assert (await command(doors, "deploy web-app staging", visitor=vera)).code == "not_allowed"
    assert (await command(doors, "help", visitor=vera)).json["ok"]
    assert await states(doors) == []


async def test_a_stranger_and_another_sites_page_pull_nothing(doors: Doors, rita: Visitor) -> None:
    """Without a login it is a 401; with a cookie alone, which any page could send, a 403."""
    assert (await command(doors, "deploy web-app staging")).code == "sign_in_required"
    forged = await doors.ask("POST", "/api/commands", document={"line": "deploy web-app staging"}, visitor=rita, csrf=False)
    assert (forged.status, forged.code) == (403, "csrf_invalid")
    assert await states(doors) == []


async def test_the_same_request_twice_is_one_deployment(doors: Doors, rita: Visitor) -> None:
    """Under one key the first answer is given again; another line under it is refused, and another person's key is another one."""
    first = (await command(doors, "deploy web-app staging", visitor=rita, idempotency_key="build-7")).json
    again = (await command(doors, "deploy web-app staging", visitor=rita, idempotency_key="build-7")).json
    assert again == first and await states(doors) == ["asked"]
    other = await command(doors, "deploy web-app production", visitor=rita, idempotency_key="build-7")
    assert (other.status, other.code) == (409, "idempotency_key_used")
    rob = await doors.signed_in("rob", "release")
    theirs = (await command(doors, "deploy web-app staging", visitor=rob, idempotency_key="build-7")).json
    assert theirs["deployment"] != first["deployment"] and len(await states(doors)) == 2


async def test_one_key_at_the_same_time_is_one_deployment(doors: Doors, rita: Visitor) -> None:
    """Ten that come at once are one."""
    answers = await asyncio.gather(*(command(doors, "deploy web-app staging", visitor=rita, idempotency_key="k") for _ in range(10)))
    assert len({answer.json["deployment"] for answer in answers}) == 1 and await states(doors) == ["asked"]


@pytest.mark.parametrize(
    ("line", "status", "code"),
    [
        ("deplyo web-app staging", 404, "command_unknown"), ("deploy web-ap staging", 404, "service_unknown"), ("deploy web-app moon", 404, "environment_unknown"),
        ("deploy", 400, "command_word_missing"), ("deploy web-app", 400, "command_word_missing"), ("approve dep_x", 400, "deployment_id_invalid"),
        ("approve dep_0000000000001", 404, "deployment_unknown"), ("rollback web-app staging", 409, "rollback_nowhere"), ("unlock web-app staging", 409, "lock_none"),
        ("deploy web-app staging " + "x" * 20_000, 413, "command_too_long"), ("deploy web-app st\x07aging", 400, "command_character_invalid"),
        ('deploy "web-app staging', 400, "command_quote_open"), ("lock web-app staging --for ever", 400, "duration_invalid"),
    ])  # fmt: skip
async def test_a_refusal_is_a_problem_with_what_a_chat_would_say(doors: Doors, rita: Visitor, line: str, status: int, code: str) -> None:
    """Status, code and remedy, and in text the sentence with its suggestions."""
    for dry in (False, True):
        answer = await command(doors, line, visitor=rita, dry_run=dry)
        if dry and code in ("rollback_nowhere", "lock_none"):
            continue  # what only doing it tells
        assert (answer.code, answer.status) == (code, status), answer.json
        assert answer.json["remedy"] and (answer.json.get("text") or code == "deployment_unknown")
    assert await states(doors) == []


async def test_a_lock_of_somebody_else_refuses(doors: Doors, rita: Visitor) -> None:
    """Who has it, why, and what can be done instead."""
    await command(doors, "lock web-app staging database migration --for 2h", visitor=rita)
    refused = await command(doors, "deploy web-app staging", operator=True)
    assert refused.code == "lock_held" and "rita" in refused.json["text"] and "--steal" in refused.json["text"]
    row = (await doors.ask("GET", "/api/services", visitor=rita)).json["services"][0]["environments"][0]
    assert (row["lock"]["by"], row["lock"]["reason"], row["lock"]["until"]) == ("rita", "database migration", "2026-11-21T05:00:00Z")


async def test_two_people_approve_and_tokens_do_not(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """Not who asked, not a token, but somebody else with the role; the approval tells who voted."""
    await command(doors, "deploy web-app staging main", visitor=rita)
    await frame.run()
    id = (await command(doors, "deploy web-app production main", visitor=rita)).json["deployment"]
    await frame.run()
    assert (await command(doors, f"approve {id}", visitor=rita)).code == "approval_own"
    header = await token(doors, "approve web-app production")
    assert (await command(doors, f"approve {id}", headers=header)).code == "approval_by_token"
    admin = await doors.signed_in("adam", "admin")
    assert (await command(doors, f"approve {id}", visitor=admin)).code == "approval_role_missing"
    rob = await doors.signed_in("rob", "viewer")  # a member of release by [roles]
    assert (await command(doors, f"approve {id}", visitor=rob)).json["deployment"] == id
    await frame.run()
    found = (await doors.ask("GET", f"/api/deployments/{id}", visitor=rita)).json
    assert found["state"] == "succeeded"
    [approval] = found["approvals"]
    assert (approval["result"], [vote["actor"] for vote in approval["votes"]], approval["policy"]["from_roles"]) == ("won", ["person:rob"], ["release"])
    assert "approved" in [moment["what"] for moment in found["timeline"]]


async def test_a_room_shows_the_card(doors: Doors, rita: Visitor) -> None:
    """With a room the card is owed there; without, nobody is owed anything; a room that is none is refused."""
    await command(doors, "deploy web-app staging", visitor=rita)
    assert (await doors.ask("GET", "/api/deliveries", operator=True)).json["deliveries"] == []
    await command(doors, "deploy web-app staging", visitor=rita, room="slack:#dev")
    assert {one["destination"] for one in (await doors.ask("GET", "/api/deliveries", operator=True)).json["deliveries"]} == {"slack:#dev"}
    for room in ("#dev", "slack:", "teams:#dev", "slack:dev", ""):
        assert (await command(doors, "deploy web-app staging", visitor=rita, room=room)).code == "room_unknown"
    assert len(await states(doors)) == 2


async def test_a_dry_run_tells_what_would_happen(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """It is read and its permission looked at; what is in the way now is told, and nothing is done."""
    assert (await command(doors, "deploy web-app staging", visitor=rita, dry_run=True)).json["would"] == ["It would start at once, on simulated."]
    assert (await command(doors, "status", visitor=rita, dry_run=True)).json["would"] == ["It only answers, and changes nothing."]
    await command(doors, "lock web-app production freeze", operator=True)
    planned = (await command(doors, "deploy web-app production", visitor=rita, dry_run=True)).json
    assert planned["dry_run"] and planned["line"] == "deploy web-app production" and planned["would"] == [
        "It would be refused: operator has locked the lane (freeze).", "The same commit has to be live on staging first.",
        "It would wait for approval: 1 of release."]
    await command(doors, "deploy web-app staging", visitor=rita)
    assert "behind 1" in (await command(doors, "deploy web-app staging", visitor=rita, dry_run=True)).json["text"]
    trainee = await doors.signed_in("tom", "trainee")
    assert (await command(doors, "deploy web-app production", visitor=trainee, dry_run=True)).code == "not_allowed"
    id = (await doors.desk.database.read(deployments.past))[0].id
    assert (await command(doors, f"cancel {id}", visitor=trainee, dry_run=True)).code == "not_allowed"
    korean = await doors.ask("POST", "/api/commands", document={"line": "status", "dry_run": True}, visitor=rita, headers={"accept-language": "ko"})
    assert korean.json["would"] == ["답만 하고 아무것도 바꾸지 않습니다."]
    assert len(await states(doors)) == 1


async def test_too_many_commands_wait_and_are_taken_later(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """The refusal says how long; the same request, sent again after that, is done."""
    limited = Frame(frame.database, frame.clock, doors.desk.roles, per_person=2)
    limited_doors = Doors(replaced(doors, limited), doors.refusals)
    for _ in range(2):
        await command(limited_doors, "status", visitor=rita)
    refused = await command(limited_doors, "deploy web-app staging", visitor=rita, idempotency_key="k")
    assert (refused.status, refused.code) == (429, "command_rate_limited") and 0 < int(refused.headers["retry-after"]) <= 60
    frame.clock.turn(seconds=61)
    assert (await command(limited_doors, "deploy web-app staging", visitor=rita, idempotency_key="k")).json["ok"]
    await limited.converser.settled()


def replaced(doors: Doors, frame: Frame) -> Any:
    """Return the doors' desk with other levers."""
    from msgspec.structs import replace

    return replace(doors.desk, levers=frame.desk)


async def test_deployments_are_listed_and_filtered(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """Newest first, by service, environment and state; next is the cursor of the page that follows."""
    made = []
    for _ in range(3):
        made.append((await command(doors, "deploy web-app staging main", visitor=rita)).json["deployment"])
        await frame.run()
    first = (await doors.ask("GET", "/api/deployments?limit=2&service=web-app&state=succeeded", visitor=rita)).json
    assert [one["id"] for one in first["deployments"]] == [made[2], made[1]] and first["next"] == made[1]
    second = (await doors.ask("GET", f"/api/deployments?limit=2&before={first['next']}", visitor=rita)).json
    assert [one["id"] for one in second["deployments"]] == [made[0]] and second["next"] is None
    assert (await doors.ask("GET", "/api/deployments?environment=production", visitor=rita)).json["deployments"] == []


async def test_services_tell_what_is_live(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """What runs where, what waits, and the rules of each environment."""
    done = (await command(doors, "deploy web-app staging main", visitor=rita)).json["deployment"]
    await frame.run()
    [service] = (await doors.ask("GET", "/api/services", visitor=rita)).json["services"]
    staging, production = service["environments"]
    assert (staging["live"]["deployment"], staging["live"]["ref"], staging["live"]["by"]) == (done, "main", "rita")
    assert (production["live"], production["after"], production["approvals"]["required"]) == (None, "staging", 1)
    waiting = (await command(doors, "deploy web-app production main", visitor=rita)).json["deployment"]
    await frame.run()
    [service] = (await doors.ask("GET", "/api/services", visitor=rita)).json["services"]
    assert service["environments"][1]["waiting"] == [{"deployment": waiting, "state": "waiting"}]


async def test_a_change_is_waited_for(doors: Doors, frame: Frame, rita: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long poll answers when the deployment changes, at once when it has ended or changed already, else when the wait is over.

    Until the change has come time stands still: on a busy machine whoever looks once a second had looked sixty times before.
    """

    async def still(seconds: float) -> None:
        await asyncio.sleep(0)

    id = (await command(doors, "deploy web-app staging", visitor=rita)).json["deployment"]
    now = (await doors.ask("GET", f"/api/deployments/{id}", visitor=rita)).json
    before = frame.clock.now()
    nothing = (await doors.ask("GET", f"/api/deployments/{id}?wait=5", visitor=rita)).json
    assert nothing["version"] == now["version"] and (frame.clock.now() - before).total_seconds() == 5
    with monkeypatch.context() as patched:
        patched.setattr(frame.clock, "sleep", still)
        waits = asyncio.create_task(doors.ask("GET", f"/api/deployments/{id}?wait=60&seen={now['version']}", visitor=rita))
        await frame.run(seconds=0)
        async with asyncio.timeout(60):
            assert (await waits).json["version"] > now["version"]
    before = frame.clock.now()
    assert (await doors.ask("GET", f"/api/deployments/{id}?wait=60&seen=0", visitor=rita)).json["version"] > 0
    assert frame.clock.now() == before
    frame.desk.watch.end()  # as a hub does that stops
    assert (await doors.ask("GET", f"/api/deployments/{id}?wait=60", visitor=rita)).status == 200 and frame.clock.now() == before


async def test_a_line_is_completed(doors: Doors, rita: Visitor) -> None:
    """Commands, services, environments and open deployments, only what the asker may use."""
    async def offered(line: str, visitor: Visitor) -> list[str]:
        found = (await doors.ask("GET", f"/api/completions?line={line}", visitor=visitor)).json["completions"]
        assert isinstance(found, list)
        return found

    id = (await command(doors, "deploy web-app staging", visitor=rita)).json["deployment"]
    assert await offered("dep", rita) == ["deploy"] and await offered("deploy%20", rita) == ["web-app"]
    assert await offered("deploy%20web-app%20", rita) == ["staging", "production"] and await offered("cancel%20", rita) == [id]
    vera = await doors.signed_in("vera", "viewer")
    assert await offered("dep", vera) == [] and await offered("cancel%20", vera) == []


@pytest.mark.parametrize("id", ["dep_x", "evt_0000000000001", "dep_0000000000001", "%00", "dep_zzzzzzzzzzzzz", "x" * 600, "..", "dep_%F0%9F", "DEP_0000000000001"])
async def test_a_hostile_id_is_a_4xx(doors: Doors, rita: Visitor, id: str) -> None:
    """What is no deployment is refused with a code, at the one and as the cursor."""
    assert (await doors.ask("GET", f"/api/deployments/{id}", visitor=rita)).code in ("deployment_unknown", "not_found", "request_invalid")
    if id != "DEP_0000000000001" and id != "dep_0000000000001":
        assert (await doors.ask("GET", f"/api/deployments?before={id}", visitor=rita)).code in ("deployment_unknown", "request_invalid")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'{"line":1}', b'{"line":"status","loud":true}', b'{"line":"\\ud800"}', b'{"line":"status","idempotency_key":"\\u0000"}', b"\xff",
             b'{"line":"status","dry_run":"perhaps"}', b"[" * 60_000])
async def test_a_hostile_command_is_a_problem(doors: Doors, rita: Visitor, body: bytes) -> None:
    """Broken, misspelt or impossible requests are a 400 that names the field."""
    answer = await doors.ask("POST", "/api/commands", body=body, headers={"content-type": "application/json"}, visitor=rita)
    assert (answer.status, answer.code) == (400, "request_invalid")


async def test_a_hub_without_levers_says_so(desk: Desk, refusals: RefusalLog) -> None:
    """A hub that only tells rooms of events answered “There is nothing here. Check the address.” to every command; its lists are empty."""
    doors = Doors(replace(desk, levers=None), refusals)
    assert (await command(doors, "status", operator=True)).code == "levers_none"
    dispatched = await doors.ask("POST", "/api/dispatches", document={"project": "acme/web", "event_type": "publish"}, operator=True)
    asked = await doors.ask("POST", "/api/approvals", document={"project": "acme/web", "title": "Ship?"}, operator=True)
    assert (dispatched.code, asked.code) == ("levers_none", "levers_none")
    for name in ("deployments", "dispatches", "approvals"):
        assert (await doors.ask("GET", f"/api/{name}", operator=True)).json[name] == []
