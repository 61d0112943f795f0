"""Every row of the doors table: without a login, with the wrong role, too large, too often."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sitting import OWN_DOORS, Doors

from leverframe.core.access import BUILT_IN, covers
from leverframe.web.api.app import build_api
from leverframe.web.api.doors import GITHUB_ROWS, LEVER_ROWS, ROWS
from leverframe.web.desk import Desk
from leverframe.web.doors import Door, Limit
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site

pytestmark = pytest.mark.anyio
KEYS = ("open", "playground", "person", "session")


def address(door: Door) -> str:
    """Return an address that the door's path matches."""
    return re.sub(r"\{[^}]+\}", "evt_0000000000001", door.path)


async def test_nobody_passes_without_a_login(doors: Doors) -> None:
    """Every door but the open ones answers a stranger 401 with a code and the way in."""
    tried = 0
    for door in doors.table:
        if door.permission == "open":
            continue
        host = {"host": "hub.example.com"}
        answer = await doors.ask(door.method, address(door), headers=host, client=f"192.0.2.{tried % 250}")
        assert (answer.status, answer.code) == (401, "sign_in_required"), door
        assert answer.headers["www-authenticate"].startswith("Bearer")
        tried += 1
    assert tried > 40


async def test_a_role_without_the_grant_is_refused_with_who_could(doors: Doors) -> None:
    """Every door with a grant answers 403 to a viewer who lacks it, and names the roles that hold it."""
    viewer = await doors.signed_in("vera", "viewer")
    tried = 0
    for door in doors.table:
        if door.permission in KEYS or any(covers(grant, door.permission.split()) for grant in BUILT_IN["viewer"].allow):
            continue
        answer = await doors.ask(door.method, address(door), visitor=viewer)
        assert (answer.status, answer.code) == (403, "not_allowed"), door
        assert "admin" in answer.json["detail"]
        tried += 1
    assert tried > 15


async def test_a_token_with_another_grant_is_refused(doors: Doors) -> None:
    """An API token opens only the doors of its grants, whoever issued it."""
    admin = await doors.administrator()
    issued = await doors.ask("POST", "/api/tokens", visitor=admin, document={"name": "ci", "grants": ["events.read"], "days": 1})
    bearer = {"authorization": f"Bearer {issued.json['token']}"}
    for door in doors.table:
        if door.permission in KEYS:
            continue
        answer = await doors.ask(door.method, address(door), headers=bearer)
        assert (answer.status == 403) == (door.permission != "events.read"), (door, answer.status)


@pytest.mark.parametrize("way", ["announced", "in pieces"])
async def test_a_body_above_the_cap_is_refused(doors: Doors, way: str) -> None:
    """Every door refuses a byte more than it takes, whether the length was announced or not, and ends the connection."""
    admin = await doors.administrator()
    for number, door in enumerate(doors.table):
        size = door.body_cap + 1
        if size > 10_000_000:
            body: bytes | list[bytes] = b"" if way == "announced" else [b" " * 1_000_000] * 27
        else:
            body = b" " * size if way == "announced" else [b" "] * 3 + [b" " * size]
        headers = {"content-length": str(size)} if way == "announced" else {}
        answer = await doors.ask(door.method, address(door), body=body, headers=headers, visitor=admin, client=f"198.51.100.{number}")
        assert (answer.status, answer.code) == (413, "body_too_large"), door
        assert answer.headers["connection"] == "close"


async def test_every_door_says_when_it_is_asked_too_often(desk: Desk, refusals: RefusalLog) -> None:
    """The request after the limit is answered 429 with Retry-After, at every door, counted by address, person or failure."""
    doors = Doors(desk, refusals, limit=Limit(rate="3/minute", per="address"))
    ann = await doors.signed_in()
    for door in doors.table:
        refusals.rates._limiter.storage.reset()  # nobody has asked anything yet
        visitor = ann if door.limit.per == "identity" else None
        # Without the form's token, so that signing out does not end the session that is counted.
        answers = [await doors.ask(door.method, address(door), visitor=visitor, client="203.0.113.9", csrf=False) for _ in range(4)]
        assert all(answer.status != 429 for answer in answers[:3]), (door, [answer.status for answer in answers])
        assert answers[3].status == 429, (door, [answer.status for answer in answers])
        assert int(answers[3].headers["retry-after"]) in range(1, 61)
        other = await doors.ask(door.method, address(door), client="203.0.113.10", visitor=visitor)
        assert (other.status == 429) == (door.limit.per == "identity"), door
    await refusals.settled()


async def test_an_ipv6_subscriber_counts_as_one_address(doors: Doors) -> None:
    """Addresses of one /64 share a limit: one subscriber holds all of them."""
    for number in range(20):
        assert (await doors.ask("GET", "/login", client=f"2001:db8:0:1::{number:x}")).status == 200
    assert (await doors.ask("GET", "/login", client="2001:db8:0:1:ffff::1")).code == "too_often"
    assert (await doors.ask("GET", "/login", client="2001:db8:0:2::1")).status == 200


async def test_the_table_holds_no_door_twice(doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """Two doors of one method and path are an error when the site is built, not a door that never opens."""
    from leverframe.web.guard import Guard

    with pytest.raises(ValueError, match="two doors for GET /console"):
        build_site([*doors.table, next(door for door in doors.table if door.path == "/console")], Guard(desk, refusals))


async def test_the_api_has_exactly_the_doors_of_the_table(doors: Doors) -> None:
    """What the OpenAPI document names is what the table guards, with the same permissions."""
    admin = await doors.administrator()
    document = (await doors.ask("GET", "/api/openapi.json", visitor=admin)).json
    found = {
        (method.upper(), path): operation["x-permission"]
        for path, operations in document["paths"].items() for method, operation in operations.items()}
    assert found == {
        (row.method, row.path.replace(":path", "")): row.permission for row in (*ROWS, *GITHUB_ROWS, *LEVER_ROWS) if row.path not in ("/api/docs", "/api/openapi.json")}
    assert callable(build_api(doors.desk))


async def test_another_method_is_told_which_ones_are_taken(doors: Doors) -> None:
    """405 carries Allow; HEAD goes where GET goes; an unknown address is a problem document too."""
    answer = await doors.ask("PATCH", "/console/tokens")
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "method_not_allowed", "GET, HEAD, POST")
    assert (await doors.ask("HEAD", "/login")).status == 200
    assert (await doors.ask("HEAD", "/api/events", visitor=await doors.administrator())).status == 200
    assert (await doors.ask("GET", "/nowhere")).code == "not_found"
    assert (await doors.ask("POST", "/nowhere", body=b"whatever")).code == "not_found"
    assert (await doors.ask("GET", "/api/nowhere", visitor=await doors.signed_in())).code == "not_found"
    assert (await doors.ask("GET", "/static/../guard.py")).code == "not_found"


async def test_every_answer_carries_the_security_headers(doors: Doors) -> None:
    """Pages and problems forbid inline scripts, framing, sniffing and caching; the referrer stays within the site."""
    for answer in (await doors.ask("GET", "/login"), await doors.ask("GET", "/console"), await doors.ask("GET", "/nowhere"), await doors.ask("PUT", "/login")):
        policy = answer.headers["content-security-policy"]
        assert "img-src 'self' data:;" in policy  # only the playground shows pictures from elsewhere
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


async def test_a_mistake_of_the_hub_says_only_an_id(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is a 500 problem with an id that the log has; nothing of the error reaches the asker."""
    answer = await doors.ask("GET", "/broken", visitor=await doors.signed_in())
    assert (answer.status, answer.code) == (500, "internal")
    assert "hunter2" not in answer.text
    assert answer.json["detail"] in caplog.text


async def test_an_unexpected_error_in_the_api_is_a_problem_too(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """FastAPI's own plain 500 never reaches the asker."""

    async def fails(route: str) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(doors.desk.routes, "test", fails)
    answer = await doors.ask("POST", "/api/routes/test", visitor=await doors.signed_in(), document={"route": "pushes"})
    assert answer.code == "internal" and "hunter2" not in answer.text


async def test_the_document_of_doors_is_complete(doors: Doors) -> None:
    """docs/doors.md has every door with its permission, and no other under the same roofs."""
    page = (Path(__file__).parents[2] / "docs" / "doors.md").read_text()
    shown = {(method, path): who.strip("`") for method, path, who in re.findall(r"^\| `([A-Z]+) (/\S*)` \| (`[^`]+`|[^\s;]+)(?:; [^|]+)? \|$", page, re.MULTILINE)}
    ours = {(door.method, door.path.replace(":path", "")): door.permission for door in doors.table if door not in OWN_DOORS}
    roofs = ("/console", "/api", "/login", "/logout", "/static", "/{owner}")
    assert {key: who for key, who in shown.items() if key[1].startswith(roofs) or key[1] == "/"} == ours
