"""``/api/approvals``: who may ask, how one waits for the answer, and a thousand who wait at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lever_desk import Frame
from sitting import Answer, Doors
from web.test_levers_api import command, token

from leverframe.store import deployments

pytestmark = pytest.mark.anyio


async def ask(doors: Doors, headers: Any = None, *, operator: bool = False, **document: Any) -> Answer:
    """Ask for an approval."""
    return await doors.ask("POST", "/api/approvals", document={"project": "acme/web", "title": "Release 1.2", **document}, headers=headers, operator=operator)


async def test_a_pipeline_asks_and_waits(doors: Doors, frame: Frame) -> None:
    """With the grant ``approvals.ask PROJECT ENVIRONMENT`` and nothing else; it hears of the decision when it is made."""
    ci = await token(doors, "approvals.ask acme/web production")
    answer = await ask(doors, ci, environment="production", policy={"required": 1}, rooms=["slack:#deploys"], links=[{"label": "Diff", "url": "https://github.com/a/b"}])
    assert answer.status == 201
    asked = answer.json
    assert (asked["decision"], asked["ended"], asked["requested_by"], asked["on_approve"]) == ("pending", False, "ci", "none")
    rita = await doors.signed_in("rita", "release")
    voting = asyncio.create_task(command(doors, f"approve {asked['id']}", visitor=rita))
    heard = asked
    while heard["decision"] == "pending":  # as often as a pipeline asks
        heard = (await doors.ask("GET", f"/api/approvals/{asked['id']}?wait=60", headers=ci)).json
    assert (await voting).status == 200
    assert (heard["decision"], heard["decided_by"], heard["votes"]) == ("approved", ["rita"], [{"name": "rita", "approves": True, "reason": ""}])
    await frame.run(seconds=5)
    done = (await doors.ask("GET", f"/api/approvals/{asked['id']}?wait=60&until=ended", headers=ci)).json
    assert (done["outcome"], done["ended"]) == ("done", True)


async def test_the_grant_is_looked_at(doors: Doors) -> None:
    """Another project or environment, another's question, the list of all: refused. A vote needs a person."""
    ci, other = await token(doors, "approvals.ask acme/web production"), await token(doors, "approvals.ask acme/docs *", name="docs")
    for document in ({}, {"environment": "staging"}, {"project": "acme/docs", "environment": "production"}):
        assert (await ask(doors, ci, **document)).code == "not_allowed"
    id = (await ask(doors, ci, environment="production")).json["id"]
    for method, path in (("GET", f"/api/approvals/{id}"), ("POST", f"/api/approvals/{id}/cancel"), ("POST", f"/api/approvals/{id}/retry"), ("GET", "/api/approvals")):
        assert (await doors.ask(method, path, headers=other)).code == "not_allowed"
    assert (await command(doors, f"approve {id}", headers=ci)).code == "not_allowed"
    robot = await token(doors, "approve *", name="robot")
    assert (await command(doors, f"approve {id}", headers=robot)).code == "approval_by_token"
    assert (await doors.ask("POST", f"/api/approvals/{id}/cancel", headers=ci)).json["decision"] == "cancelled"
    assert (await doors.ask("POST", f"/api/approvals/{id}/cancel", headers=ci)).code == "deployment_ended"
    assert (await doors.ask("GET", "/api/approvals/dep_0000000000000", headers=ci)).code == "approval_unknown"


@pytest.mark.parametrize(
    ("document", "code"),
    [({"title": ""}, "request_invalid"), ({"rooms": ["slack:deploys"]}, "room_unknown"), ({"rooms": ["irc:#x"]}, "room_unknown"), ({"policy": "none"}, "policy_unknown"),
     ({"policy": {"required": 0}}, "request_invalid"), ({"policy": {"expires": "soon"}}, "request_invalid"),
     ({"policy": {"from": ["relaese"]}}, "request_invalid"), ({"links": [{"label": "x", "url": "javascript:alert(1)"}]}, "request_invalid"),
     ({"on_approve": {"callback": {"url": "ftp://x"}}}, "url_invalid"), ({"on_approve": {"callback": {"url": "https://x.example", "secret": "short"}}}, "request_invalid"),
     ({"on_approve": {"repository_dispatch": {}, "callback": {"url": "https://x.example"}}}, "request_invalid"),
     ({"on_approve": {"repository_dispatch": {}}}, "github_token_missing"), ({"on_reject": {"workflow_dispatch": {"workflow": "x"}}}, "request_invalid"),
     ({"project": "acme"}, "dispatch_project_invalid"), ({"text": "x" * 3_001}, "request_invalid")],
)  # fmt: skip
async def test_what_cannot_be_asked(doors: Doors, document: dict[str, Any], code: str) -> None:
    """Each with its own code and remedy, and nobody is asked."""
    refused = await ask(doors, operator=True, **document)
    assert refused.code == code and 400 <= refused.status < 503
    assert await doors.desk.database.read(deployments.past) == []


async def test_the_same_question_is_asked_once(doors: Doors) -> None:
    """Under one idempotency_key; another question under it is refused. A policy may have a name."""
    first = (await ask(doors, operator=True, idempotency_key="run-7", policy="release")).json
    again = (await ask(doors, operator=True, idempotency_key="run-7", policy="release")).json
    assert (again["id"], again["repeated"], first["required"]) == (first["id"], True, 2)
    assert (await ask(doors, operator=True, idempotency_key="run-7", title="Release 1.3")).code == "idempotency_key_used"


async def test_a_person_asks_for_themselves(doors: Doors) -> None:
    """Whatever they say: who named somebody else could vote on their own question. A token may say for whom it asks."""
    ann = await doors.signed_in("ann")
    asked = {"project": "acme/web", "title": "Release 1.2", "requested_by": "person:rob"}
    own = (await doors.ask("POST", "/api/approvals", document=asked, visitor=ann)).json["id"]
    assert (await command(doors, f"approve {own}", visitor=ann)).code == "approval_own"
    others = (await ask(doors, await token(doors, "approvals.ask acme/web *"), requested_by="person:rita")).json["id"]
    assert (await command(doors, f"approve {others}", visitor=await doors.signed_in("rita", "release"))).code == "approval_own"
    assert (await command(doors, f"approve {others}", visitor=ann)).status == 200


async def test_a_thousand_wait_in_one_question_a_second(doors: Doors, frame: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wait, the database is asked once a second for all of them; each hears when it is decided, or when its time is over."""
    id = (await ask(doors, operator=True)).json["id"]
    looked = 0
    real = deployments.versions

    def counted(connection: Any, **asked: Any) -> Any:
        nonlocal looked
        looked += 1
        return real(connection, **asked)

    monkeypatch.setattr(deployments, "versions", counted)
    from leverframe.core.access import Identity
    from leverframe.web.approvals import decision, waited

    who = Identity(kind="operator", grants=("*",))
    before = frame.clock.now()
    waits = [asyncio.create_task(waited(doors.desk, who, id, wait_s=20, to_the_end=False)) for _ in range(1_000)]
    found = await asyncio.gather(*waits)
    assert {decision(one) for one in found} == {"pending"} and looked <= 25 and (frame.clock.now() - before).total_seconds() < 60
