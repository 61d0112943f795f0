"""``/api/dispatches``: who may, what is refused before anything is kept, and how one is followed."""

from __future__ import annotations

from typing import Any

import pytest
from lever_desk import Frame
from sitting import Answer, Doors, in_the_loop_s
from web.test_levers_api import token

from leverframe.core.redaction import MASK
from leverframe.store import audit, deployments

pytestmark = pytest.mark.anyio


async def ask(doors: Doors, headers: Any = None, *, operator: bool = False, **document: Any) -> Answer:
    """Ask for a dispatch."""
    return await doors.ask("POST", "/api/dispatches", document={"project": "acme/site", **document}, headers=headers, operator=operator)


async def test_a_back_office_holds_a_token_for_one_project(doors: Doors, frame: Frame) -> None:
    """With the grant ``dispatch PROJECT EVENT_TYPE`` and nothing else it starts just that, and follows it to its end."""
    cms = await token(doors, "dispatch acme/site webhook", name="cms")
    answer = await ask(doors, cms, client_payload={"post": {"id": 7}, "token": "s3cret"}, reason="a post was edited")
    assert answer.status == 202 and answer.headers["location"] == f"/api/dispatches/{answer.json['id']}"
    taken = answer.json
    assert (taken["status"], taken["ended"], taken["event_type"], taken["client_payload"]) == ("accepted", False, "webhook", {"post": {"id": 7}, "token": MASK})
    again = (await ask(doors, cms, client_payload={"post": {"id": 8}}, reason="another")).json
    assert (again["id"], again["joined_another"], again["joined"]) == (taken["id"], True, 2)
    await frame.run(seconds=35)
    assert (await doors.ask("GET", f"/api/dispatches/{taken['id']}", headers=cms)).json["status"] == "run_found"
    await frame.run(seconds=60)
    done = (await doors.ask("GET", f"/api/dispatches/{taken['id']}", headers=cms)).json
    assert (done["status"], done["ended"], done["client_payload"], [one["reason"] for one in done["requests"]]) == (
        "succeeded", True, {"post": {"id": 8}}, ["a post was edited", "another"]
    )  # fmt: skip
    assert done["sent_at"] is not None and done["run_number"].startswith("#") and done["requests"][0]["by"] == "cms"


async def test_the_grant_is_looked_at(doors: Doors) -> None:
    """Another project, another event, another's dispatch, the list of all: refused, and nothing is kept."""
    cms = await token(doors, "dispatch acme/site web*", name="cms")
    other = await token(doors, "dispatch acme/docs *", name="docs")
    for document in ({"project": "acme/secret"}, {"event_type": "deploy"}, {"project": "Acme/site"}):
        refused = await ask(doors, cms, **document)
        assert (refused.status, refused.code) == (403, "not_allowed")
    assert await doors.desk.database.read(deployments.past) == []
    mine = (await ask(doors, cms)).json["id"]
    for method, path in (("GET", f"/api/dispatches/{mine}"), ("POST", f"/api/dispatches/{mine}/retry"), ("GET", "/api/dispatches")):
        assert (await doors.ask(method, path, headers=other)).code == "not_allowed"
    assert (await ask(doors)).code == "sign_in_required"


@pytest.mark.parametrize(
    ("document", "code"),
    [({"event_type": "x" * 101}, "dispatch_type_invalid"), ({"event_type": ""}, "dispatch_type_invalid"),
     ({"client_payload": {f"k{number}": 1 for number in range(11)}}, "dispatch_keys_too_many"), ({"client_payload": {"a": "x" * 65_536}}, "dispatch_too_large"),
     ({"client_payload": {"leverframe": 1}}, "dispatch_key_taken"), ({"client_payload": []}, "request_invalid"), ({"client_payload": "x"}, "request_invalid"),
     ({"project": "acme"}, "dispatch_project_invalid"), ({"project": "acme/site/../x"}, "dispatch_project_invalid"), ({"project": 7}, "request_invalid"),
     ({"unknown": 1}, "request_invalid"), ({"client_payload": {"a": "\ud800"}}, "dispatch_payload_invalid"), ({"project": "acme/else"}, "github_token_missing")],
)  # fmt: skip
async def test_what_cannot_be_sent_is_not_accepted(doors: Doors, document: dict[str, Any], code: str) -> None:
    """GitHub's limits are told at the door, each with its own code and remedy."""
    refused = await ask(doors, operator=True, **document)
    assert refused.code == code and 400 <= refused.status < 503 and refused.json["remedy"]


async def test_other_numbers_than_json_has(doors: Doors) -> None:
    """NaN is written by some programs, and is no JSON."""
    refused = await doors.ask("POST", "/api/dispatches", body=b'{"project":"acme/site","client_payload":{"a":NaN}}', headers={"content-type": "application/json"}, operator=True)
    assert refused.code in ("dispatch_payload_invalid", "request_invalid")


async def test_a_request_that_is_sent_again(doors: Doors) -> None:
    """Its idempotency_key has it answered as before."""
    first = (await ask(doors, operator=True, idempotency_key="edit-7")).json
    second = (await ask(doors, operator=True, idempotency_key="edit-7")).json
    assert (second["id"], second["repeated"], second["joined"], first["repeated"]) == (first["id"], True, 1, False)
    assert (await ask(doors, operator=True, idempotency_key="edit-7", reason="else")).code == "idempotency_key_used"


async def test_it_is_audited(doors: Doors, frame: Frame) -> None:
    """Who asked for what, with the reason; a retry that is none is refused."""
    id = (await ask(doors, operator=True, reason="because")).json["id"]
    entries = await doors.desk.database.read(audit.entries, act="dispatch")
    assert [(entry.actor, entry.target, entry.detail["dispatch"], entry.detail["reason"]) for entry in entries] == [("operator", "acme/site webhook", id, "because")]
    assert (await doors.ask("POST", f"/api/dispatches/{id}/retry", operator=True)).code == "deployment_not_failed"
    assert (await doors.ask("GET", "/api/dispatches/dep_0000000000000", operator=True)).code == "dispatch_unknown"
    listed = (await doors.ask("GET", "/api/dispatches?project=acme/site", operator=True)).json
    assert [one["id"] for one in listed["dispatches"]] == [id] and listed["next"] is None


async def test_a_list_of_large_payloads_holds_nobody_up(doors: Doors) -> None:
    """Each is looked through for secrets: a page of fifty, as large as GitHub takes them, stopped the hub for five seconds."""
    words = {f"k{number}": "some words and more of them " * 4 for number in range(450)}
    for number in range(12):
        assert (await ask(doors, operator=True, event_type=f"e{number}", client_payload={"a": words})).status == 202
    found, took = await in_the_loop_s(doors.ask("GET", "/api/dispatches", operator=True))
    assert len(found.json["dispatches"]) == 12 and found.json["dispatches"][0]["client_payload"] == {"a": words}
    assert took < 1
    page, took = await in_the_loop_s(doors.ask("GET", "/console/dispatches", operator=True, headers={"accept": "text/html"}))
    assert "acme/site" in page.text and took < 1
