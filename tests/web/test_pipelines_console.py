"""The console's pages of approvals and dispatches: what pipelines asked, what was sent, and what came of it, in both languages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lever_desk import Frame
from sitting import Doors, Visitor
from web.test_levers_console import ENGLISH, HOSTILE, KOREAN, Forms, get

from leverframe.core.gates import Act, Reference
from leverframe.work.approve import Question
from leverframe.work.dispatch import Wanted

pytestmark = pytest.mark.anyio
SECRETS = {"api_key": "k3y-that-nobody-sees", "nested": {"note": "ghp_abcdefghijklmnop0123"}, "post": 7}


async def dispatched(doors: Doors, frame: Frame, **wanted: Any) -> str:
    """Have a workflow asked for; return its id."""
    turn, taken = await doors.desk.database.write(
        frame.desk.dispatcher.take, Wanted(**{"project": "acme/site", "event_type": "publish", "by": "token:cms", "by_name": "cms", **wanted}), frame.clock.now()
    )
    frame.desk.dispatcher.committed(turn)
    return str(taken.deployment.id)


async def asked(doors: Doors, frame: Frame, **question: Any) -> str:
    """Have a pipeline ask; return the question's id."""
    approver = frame.desk.approver
    whole = Question(**{"project": "acme/web", "environment": "production", "title": "Release 1.2?", "by": "token ci", **question})

    def work(connection: Any) -> Any:
        turn = approver.begin(connection, frame.clock.now())
        opened = approver.ask(turn, whole)
        approver.finish(turn)
        return turn, opened.deployment.id

    turn, id = await doors.desk.database.write(work)
    approver.committed(turn)
    return str(id)


@pytest.fixture
async def admin(doors: Doors) -> Visitor:
    """The administrator."""
    return await doors.administrator()


async def test_dispatches_are_listed_with_what_came_of_them(doors: Doors, frame: Frame, admin: Visitor) -> None:
    """Newest first, by project and event type; one shows what was sent, by whom and why, without its secrets; deployments do not list them."""
    first = await dispatched(doors, frame, payload=SECRETS, reason="a post was edited")
    await dispatched(doors, frame, payload=SECRETS, reason="another")
    page = (await get(doors, "/console/dispatches", admin)).text
    assert first in page and "acme/site" in page and "kept here" in page and "a post was edited" in page and "and 1 more" in page
    await frame.run()
    assert "run succeeded" in (await get(doors, "/console/dispatches?project=acme/site&name=publish", admin)).text
    assert first not in (await get(doors, "/console/dispatches?name=other", admin)).text
    assert first not in (await get(doors, "/console/deployments", admin)).text and first not in (await get(doors, "/console/approvals", admin)).text
    one = (await get(doors, f"/console/deployments/{first}", admin)).text
    assert "&#34;post&#34;: 7" in one and "another" in one and 'href="/console/dispatches"' in one
    assert "k3y-that" not in one and "ghp_" not in one and one.count("***") >= 2


async def test_approvals_are_listed_with_their_decision(doors: Doors, frame: Frame, admin: Visitor) -> None:
    """What was asked, how it was decided and by whom; one shows what is done on each answer, and is decided from its page."""
    rita = await doors.signed_in("rita", "release")
    act = Act(deed="callback", url="https://ci.example.com/answers/secret-path?token=x", secret="whsec_c2VjcmV0IHRoYXQgaXMgbG9uZw==")
    frame.deployer._runners["callback"] = frame.deployer._runners["answer"]  # type: ignore[index]
    id = await asked(doors, frame, approve=Act(), reject=act, links=[Reference(label="Changes", url="https://github.com/acme/web/compare/a...b")])
    listed = (await get(doors, "/console/approvals", rita)).text
    assert id in listed and "Release 1.2?" in listed and "pending" in listed and "acme/web → production" in listed
    one = (await get(doors, f"/console/deployments/{id}", rita)).text
    assert "ci.example.com" in one and "secret-path" not in one and "c2VjcmV0" not in one and "On a no" in one
    reject = Forms((await get(doors, f"/console/do/reject?deployment={id}", rita)).text).to("/console/do/reject")
    sent = await doors.ask("POST", "/console/do/reject", visitor=rita, form={**reject, "deployment": id, "reason": "not on a Friday"}, headers=ENGLISH)
    assert (sent.status, sent.headers["location"]) == (303, f"/console/deployments/{id}")
    listed = (await get(doors, "/console/approvals", rita)).text
    assert "rejected" in listed and listed.count("dep_") == 2, "what follows from it is not a question"
    [follow] = re.findall(r"It was followed by <a class=\"id\" href=\"/console/deployments/(dep_\w+)\"", (await get(doors, f"/console/deployments/{id}", rita)).text)
    assert f'href="/console/deployments/{id}"' in (await get(doors, f"/console/deployments/{follow}", rita)).text
    told = json.loads((await get(doors, f"/api/approvals/{id}", rita, {"accept": "application/json"})).text)
    assert (told["decision"], told["follow_ups"]) == ("rejected", [follow])
    for path in ("/console/deployments", "/console/dispatches"):
        assert follow not in (await get(doors, path, rita)).text


@pytest.mark.parametrize("path", ["/console/approvals", "/console/dispatches", "one"])
async def test_pages_render_in_both_languages_with_foreign_text_escaped(doors: Doors, frame: Frame, admin: Visitor, path: str) -> None:
    """Well formed, no script but its own, hostile text as text."""
    await dispatched(doors, frame, event_type="publish", environment=HOSTILE, payload={HOSTILE: HOSTILE}, reason=HOSTILE, by_name=HOSTILE)
    act = Act(deed="workflow_dispatch", workflow="release.yml", ref=HOSTILE, inputs={"version": HOSTILE})
    frame.deployer._runners["github_actions"] = frame.deployer._runners["simulated"]  # type: ignore[index]
    id = await asked(doors, frame, title=HOSTILE, text=HOSTILE, by=HOSTILE, approve=act)
    where = f"/console/deployments/{id}" if path == "one" else path
    english, korean = await get(doors, where, admin), await get(doors, where, admin, KOREAN)
    assert english.status == korean.status == 200
    for page in (english, korean):
        Forms(page.text)
        assert "onerror=alert(2)>" not in page.text
    body = korean.text.partition("<main")[2]
    assert re.search("[가-힣]", body) and not re.search("[가-힣]", english.text)


async def test_who_may_look(doors: Doors, frame: Frame) -> None:
    """``deployments.read``, as for deployments; pages go on."""
    nobody = await doors.signed_in("nora", "hookkeeper")
    for path in ("/console/approvals", "/console/dispatches"):
        assert (await get(doors, path, nobody)).status == 403
    ids = [await dispatched(doors, frame, event_type=f"e{number}") for number in range(51)]
    admin = await doors.administrator()
    first = (await get(doors, "/console/dispatches", admin)).text
    assert ids[0] not in first and ids[-1] in first
    [older] = re.findall(r'href="(/console/dispatches\?[^"]*before=[^"]*)"', first)
    assert ids[0] in (await get(doors, older.replace("&amp;", "&"), admin)).text
    assert json.loads((await get(doors, "/console/dispatches?before=x", admin, {"accept": "application/json"})).text)["code"] == "deployment_unknown"
