"""The API: shapes, refusals as problem documents, and the acts that the command line asks for."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sitting import NOON, Answer, Doors, store_delivery, store_event

from leverframe.core import ids
from leverframe.core.access import VERBS
from leverframe.store import audit
from leverframe.store.deliveries import State
from leverframe.store.event_pages import first_id_at
from leverframe.web.api import administration, approvals, auditing, dispatches, github, history, levers, sites
from leverframe.web.api.summaries import SUMMARIES

pytestmark = pytest.mark.anyio
EVENT, DELIVERY = first_id_at(NOON) + 1, first_id_at(NOON) + 2


async def ask(doors: Doors, method: str, path: str, document: Any = None) -> Answer:
    """Ask as the operator does, over the hub's own socket."""
    return await doors.ask(method, path, document=document, operator=True)


async def test_events_are_listed_with_the_routes_that_fired(doors: Doors) -> None:
    """Ids as people see them, times in RFC 3339, no bodies; next is the cursor of the page that follows."""
    for number in range(3):
        await doors.desk.database.write(store_event, id=EVENT + 10 * number, name="issues", action="opened")
    await doors.desk.database.write(store_delivery, id=DELIVERY, event_id=EVENT)
    first = (await ask(doors, "GET", "/api/events?limit=2")).json
    assert [one["id"] for one in first["events"]] == [ids.show("evt", EVENT + 20), ids.show("evt", EVENT + 10)]
    second = (await ask(doors, "GET", f"/api/events?limit=2&before={first['next']}")).json
    assert second == {"next": None, "events": [{
        "id": ids.show("evt", EVENT), "source": "github", "event": "issues.opened", "name": "issues", "action": "opened", "repo": "acme/web",
        "delivery_id": f"guid-{EVENT}", "received_at": "2026-11-21T03:00:00Z",
        "fired": [{"route": "pushes", "destination": "slack:#dev", "state": "sent"}], "recovered": None}]}
    assert (await ask(doors, "GET", "/api/events?since=1h&event=issues.closed")).json["events"] == []


async def test_one_event_comes_with_its_payload(doors: Doors) -> None:
    """Headers without signatures; a payload that UTF-8 cannot hold comes escaped, one that is no JSON as text."""
    await doors.desk.database.write(
        store_event, id=EVENT, body=rb'{"half":"\ud800"}', headers=[("user-agent", "GitHub-Hookshot/1"), ("x-hub-signature-256", "sha256=1")])
    found = await ask(doors, "GET", f"/api/events/{ids.show('evt', EVENT)}")
    assert b'"\\ud800"' in found.body and found.json["headers"] == {"user-agent": "GitHub-Hookshot/1"}
    await doors.desk.database.write(store_event, id=EVENT + 1, body=b"[" * 100_000)
    assert (await ask(doors, "GET", f"/api/events/{ids.show('evt', EVENT + 1)}")).json["payload"].startswith("[[[")
    assert (await ask(doors, "GET", "/api/events/evt_0000000000009")).code == "event_unknown"


@pytest.mark.parametrize("payload", [{"action": "\ud800", "repository": {"full_name": "acme/\udfff"}}, {"x": {"\udc00": "\ud800"}}])
async def test_a_payload_that_the_door_takes_can_be_explained(doors: Doors, payload: Any) -> None:
    """JSON may spell half a character, which UTF-8 has not: the event was stored and told, and asking why was a 500."""
    answer = await ask(doors, "POST", "/api/routes/explain", {"event": "push", "payload": payload})
    assert answer.status == 200 and answer.json["routes"]


@pytest.mark.parametrize("when", ["9999-12-31T00:00:00Z", "2302-10-01T00:00:00Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize(("path", "state"), [("/api/events?since=", None), ("/api/deliveries?since=", None), ("/api/deliveries?until=", None), ("/api/audit?until=", None), ("/api/audit/export?until=", None), ("/api/deliveries/retry", "dead")])
async def test_a_time_far_away_is_a_time(doors: Doors, when: str, path: str, state: str | None) -> None:
    """Identifiers hold 278 years: a later time was a number that no database takes, and the answer 500 or half an export."""
    await doors.desk.database.write(store_event, id=EVENT)
    answer = await (ask(doors, "GET", path + when) if state is None else ask(doors, "POST", path, {"state": state, "until": when, "dry_run": True}))
    assert answer.status == 200
    if path.startswith("/api/events"):
        assert len(answer.json["events"]) == (when < "2000")


async def test_a_refusal_is_in_one_language(doors: Doors) -> None:
    """Title and remedy were Korean and the detail English; a field that the API refuses by its shape was English too."""
    korean = {"accept-language": "ko"}
    said = (await doors.ask("GET", "/api/events?since=soon", operator=True, headers=korean)).json
    assert said["detail"] == "since: 30m, 2h, 3d 또는 2026-01-31T09:00:00+09:00 같은 시각으로 쓰세요" and said["title"].startswith("요청에")
    assert (await doors.ask("GET", "/api/events?limit=0", operator=True, headers=korean)).json["detail"] == "limit: 1 이상이어야 함"
    assert (await ask(doors, "GET", "/api/events?since=soon")).json["detail"].startswith("since: write 30m, 2h, 3d or a time")


async def test_routes_say_why(doors: Doors) -> None:
    """For a stored event and for one that is brought along, in the asker's language."""
    await doors.desk.database.write(store_event, id=EVENT)
    stored = (await ask(doors, "GET", f"/api/events/{ids.show('evt', EVENT)}/explain")).json
    assert [(one["route"], one["fired"]) for one in stored["routes"]] == [("pushes", True), ("never", False)]
    given = await doors.ask("POST", "/api/routes/explain", operator=True, document={"event": "fork", "payload": {}}, headers={"accept-language": "ko"})
    assert [(one["route"], one["fired"], one["reason"]) for one in given.json["routes"]] == [("pushes", False, "<b>이유</b>"), ("never", True, "<b>이유</b>")]
    assert (await ask(doors, "GET", "/api/events/evt_0000000000009/explain")).code == "event_unknown"
    assert (await ask(doors, "POST", "/api/routes/test", {"route": "pushes"})).json == {"destinations": ["slack:#dev"]}
    assert (await ask(doors, "POST", "/api/routes/test", {"route": "x"})).code == "route_unknown"
    assert [one["name"] for one in (await ask(doors, "GET", "/api/routes")).json["routes"]] == ["pushes", "never"]


async def test_a_delivery_comes_with_its_attempts_and_the_remedy(doors: Doors) -> None:
    """What was tried, when, with what outcome; the remedy of a code that the hub knows."""
    await doors.desk.database.write(store_event, id=EVENT)
    await doors.desk.database.write(store_delivery, id=DELIVERY, event_id=EVENT, state=State.DEAD, code="not_found", detail="no such room")
    found = (await ask(doors, "GET", f"/api/deliveries/{ids.show('dlv', DELIVERY)}")).json
    assert found["tries"] == [{
        "number": 1, "started_at": "2026-11-21T03:00:00Z", "duration_ms": 12, "outcome": "rejected", "status": 200, "code": "not_found",
        "remedy": "Check the address.", "detail": "no such room"}]
    assert (found["state"], found["event_id"], found["event"], found["thread"]) == ("dead", ids.show("evt", EVENT), "push", None)


async def test_what_an_attempt_met_is_told_in_the_readers_language(doors: Doors) -> None:
    """The hub's own words that are kept with attempts were English on a Korean hub: on the page, and for programs and the CLI."""
    await doors.desk.database.write(store_event, id=EVENT)
    await doors.desk.database.write(store_delivery, id=DELIVERY, event_id=EVENT, state=State.DEAD, code="body_expired", detail="the event's body is past its retention")
    address, korean = ids.show("dlv", DELIVERY), {"accept-language": "ko"}
    read = await doors.ask("GET", f"/api/deliveries/{address}", operator=True, headers=korean)
    page = await doors.ask("GET", f"/console/deliveries/{address}", visitor=await doors.signed_in("ann"), headers=korean | {"accept": "text/html"})
    assert read.json["tries"][0]["detail"] == "이벤트 본문의 보존 기간이 지남" and "이벤트 본문의 보존 기간이 지남" in page.text
    assert (await ask(doors, "GET", f"/api/deliveries/{address}")).json["tries"][0]["detail"] == "the event's body is past its retention"


async def test_dead_deliveries_are_counted_and_sent_again(doors: Doors) -> None:
    """dry_run counts what the same query would owe; and one by id."""
    await doors.desk.database.write(store_event, id=EVENT)
    for number in range(4):
        created = NOON - timedelta(hours=number)
        await doors.desk.database.write(
            store_delivery, id=first_id_at(created) + 5, event_id=EVENT, state=State.DEAD, code="not_found", created_at=created)
    query = {"since": "90m", "destination": "slack:#dev"}
    assert (await ask(doors, "POST", "/api/deliveries/retry", {**query, "dry_run": True})).json == {"count": 2, "dry_run": True}
    assert (await ask(doors, "POST", "/api/deliveries/retry", query)).json == {"count": 2, "dry_run": False}
    assert (await ask(doors, "POST", "/api/deliveries/retry", {**query, "dry_run": True})).json["count"] == 0
    oldest = ids.show("dlv", first_id_at(NOON - timedelta(hours=3)) + 5)
    assert (await ask(doors, "POST", f"/api/deliveries/{oldest}/retry")).json["count"] == 1
    assert (await ask(doors, "POST", f"/api/deliveries/{oldest}/retry")).json["count"] == 1  # one that is owed already is tried at once
    assert (await ask(doors, "POST", "/api/deliveries/dlv_0000000000001/retry")).code == "delivery_unknown"
    assert len((await ask(doors, "GET", "/api/deliveries?state=owed&until=1m")).json["deliveries"]) == 2
    owed = {"state": "owed", "destination": "slack:#dev"}
    assert (await ask(doors, "POST", "/api/deliveries/retry", {**owed, "dry_run": True})).json["count"] == 3
    assert (await ask(doors, "POST", "/api/deliveries/retry", owed)).json["count"] == 3
    assert (await ask(doors, "POST", "/api/deliveries/retry", {"dry_run": True})).json["count"] == 1


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59Z", "367d", "99999w"])
async def test_a_mute_lasts_a_year_at_most(doors: Doors, until: str) -> None:
    """One until the year 9999 was taken, and in Asia/Seoul its end lies in the year 10000: every page with mutes answered 500."""
    answer = await ask(doors, "POST", "/api/mutes", {"target": "route:pushes", "until": until})
    assert answer.code == "request_invalid" and answer.json["detail"].startswith("until: ")
    assert (await ask(doors, "POST", "/api/mutes", {"target": "route:pushes", "until": "365d"})).status == 201
    page = await doors.ask("GET", "/console/mutes", visitor=await doors.administrator())
    assert page.status == 200


async def test_tokens_people_and_mutes_have_a_life(doors: Doors) -> None:
    """Made, listed and ended by the API; each act has its audit entry in the same transaction."""
    assert (await ask(doors, "POST", "/api/hook-tokens", {"name": "github", "rooms": ["slack:#dev-*"]})).json["token"].startswith("lfh_")
    assert (await ask(doors, "POST", "/api/hook-tokens", {"name": "github", "rooms": ["slack:#x"]})).code == "name_taken"
    hook = (await ask(doors, "GET", "/api/hook-tokens")).json["tokens"][0]
    assert (hook["rooms"], hook["by"], hook["expires_at"], hook["revoked_at"]) == (["slack:#dev-*"], "operator", None, None)
    assert (await ask(doors, "DELETE", "/api/hook-tokens/github")).status == 204
    assert (await ask(doors, "DELETE", "/api/hook-tokens/github")).code == "token_unknown"
    invited = (await ask(doors, "POST", "/api/people/invitations", {"name": "bo", "role": "viewer"})).json
    assert invited["expires_at"] == "2026-11-24T03:00:00Z"
    await doors.enter(invited["link"].partition("token=")[2])
    listed = (await ask(doors, "GET", "/api/people")).json
    assert [one["name"] for one in listed["people"]] == ["bo"] and listed["invitations"] == []
    assert (await ask(doors, "DELETE", "/api/people/bo")).status == 204
    assert (await ask(doors, "DELETE", "/api/people/bo")).code == "person_unknown"
    muted = (await ask(doors, "POST", "/api/mutes", {"target": "room:slack:team/dev", "until": "2h"})).json
    assert muted == {"target": "room:slack:team/dev", "until": "2026-11-21T05:00:00Z", "reason": "", "by": "operator"}
    assert (await ask(doors, "DELETE", "/api/mutes/room:slack:team%2Fdev")).code == "mute_unknown"  # a server decodes the path before it asks
    assert (await ask(doors, "DELETE", "/api/mutes/room:slack:team/dev")).status == 204
    acts = [entry.act for entry in reversed(await doors.desk.database.read(audit.entries, actor="operator")) if entry.code == "ok"]
    assert acts.count("hook-tokens.revoke") == acts.count("people.disable") == acts.count("mutes.end") == 1, "what was not found is no act"
    assert acts[:2] == ["hook-tokens.issue", "hook-tokens.revoke"] and "people.invite" in acts and "mutes.end" in acts
    page = (await ask(doors, "GET", "/api/audit?limit=1")).json
    assert len(page["entries"]) == 1 and page["next"] == page["entries"][0]["id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/deliveries/retry", b"{"), ("POST", "/api/deliveries/retry", b"[]"), ("POST", "/api/deliveries/retry", b'{"state":"done"}'),
        ("POST", "/api/deliveries/retry", b'{"destnation":"x"}'), ("POST", "/api/deliveries/retry", b'{"rate_per_s":0}'),
        ("POST", "/api/deliveries/retry", b'{"rate_per_s":NaN}'), ("POST", "/api/deliveries/retry", b'{"destination":"\\u0000"}'),
        ("POST", "/api/deliveries/retry", b'{"destination":"\\ud800"}'), ("POST", "/api/deliveries/retry", b"[" * 60_000), ("POST", "/api/mutes", b"\xff\xfe"),
        ("POST", "/api/tokens", b'{"name":"a","grants":["events.read"],"days":999999999999999999999}'), ("POST", "/api/tokens", b'{"name":"a","grants":["a"],"days":"1"'),
        ("GET", "/api/events?limit=0", b""), ("GET", "/api/events?limit=1e9", b""), ("GET", "/api/events?source=%00", b""), ("GET", "/api/deliveries?state=x", b""),
        ("GET", "/api/events?since=99999999w", b""), ("GET", "/api/deliveries?until=2026-13-01", b""), ("GET", "/api/events?before=evt_x", b"")])
async def test_a_hostile_request_is_a_problem_document(doors: Doors, method: str, path: str, body: bytes) -> None:
    """Broken, misspelt or impossible requests are a 4xx with a code, never an error of the hub."""
    answer = await doors.ask(method, path, body=body, headers={"content-type": "application/json"}, operator=True)
    assert answer.code in ("request_invalid", "event_unknown"), answer.json


async def test_the_document_names_every_refusal_the_same_way(doors: Doors) -> None:
    """OpenAPI 3.1 with the permission of each operation; no operation promises FastAPI's own error form."""
    document = (await ask(doors, "GET", "/api/openapi.json")).json
    assert document["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in json.dumps(document["paths"])
    shown = (await ask(doors, "GET", "/api/docs")).text
    assert "/api/deliveries/{delivery}/retry" in shown and "deliveries.retry" in shown and "cdn" not in shown


async def test_the_page_of_the_api_is_read_in_both_languages(doors: Doors) -> None:
    """What each operation does was English on a Korean page; every operation, those of sites too, has its row, and each row its operation."""
    routers = (history, administration, auditing, github, levers, dispatches, approvals, sites)
    operations = {route.description.rstrip(".") for one in routers for route in one.router.routes if isinstance(route, APIRoute)}
    assert operations == set(SUMMARIES) and list(SUMMARIES) == sorted(SUMMARIES)
    assert all(re.search("[가-힣]", korean) for korean in SUMMARIES.values())
    shown = (await doors.ask("GET", "/api/docs", operator=True, headers={"accept-language": "ko"})).text
    assert "전송 하나를 다시 보냅니다" in shown and "Send one delivery again" not in shown and "Give a command" not in shown
    assert "Send one delivery again" in (await ask(doors, "GET", "/api/docs")).text


@pytest.mark.parametrize(
    ("rooms", "code", "perhaps"),
    [
        (["slack:#dev"], None, ""), (["slack:#dev-*"], None, ""), (["*"], None, ""), (["*:#dev"], None, ""), (["sl*"], None, ""),
        (["slak:#x"], "room_unknown", "perhaps slack:#x"), (["dev"], "room_unknown", "perhaps slack:#dev"), (["slack:"], "room_unknown", ""),
        (["slack:dev"], "room_unknown", "write #name"), (["slack:#dev", "teams:x"], "room_unknown", "teams:x"), (["te*:x"], "room_unknown", ""),
    ])
async def test_a_hook_token_for_no_room_is_refused(doors: Doors, rooms: list[str], code: str | None, perhaps: str) -> None:
    """A room of a chat that is not configured, or none at all, is told before the token is handed out; a glob must match a chat."""
    answer = await ask(doors, "POST", "/api/hook-tokens", {"name": "bad", "rooms": rooms})
    assert (answer.json.get("code"), answer.status) == ((code, 400) if code else (None, 201))
    assert perhaps in answer.json.get("detail", "")
    page = await doors.ask("POST", "/console/hook-tokens", visitor=await doors.administrator(), form={"name": "form", "rooms": "\n".join(rooms)})
    assert page.status == (400 if code else 200)


@pytest.mark.parametrize(("grant", "perhaps"), [("fly", ""), ("events.reed", "perhaps events.read"), ("deplyo web-app", "perhaps deploy"), ("/deploy", "")])
async def test_a_token_with_a_grant_that_means_nothing_is_refused(doors: Doors, grant: str, perhaps: str) -> None:
    """A misspelt grant is told when the token is asked for, not when it is first used."""
    answer = await ask(doors, "POST", "/api/tokens", {"name": "z", "grants": ["events.*", grant]})
    assert answer.code == "grant_unknown" and grant in answer.json["detail"] and perhaps in answer.json["detail"]


async def test_every_grant_that_a_door_asks_for_can_be_given(doors: Doors) -> None:
    """The verbs of grants are the permissions in the table of doors."""
    asked = {door.permission.split()[0] for door in doors.table} - {"open", "person", "session", "playground"}
    assert asked <= set(VERBS)
