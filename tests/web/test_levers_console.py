"""The console's pages of deployments, locks and commands: what they show, in both languages, and what their buttons do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest
from lever_desk import Frame
from msgspec.structs import replace
from sitting import NOON, OPERATOR, Answer, Doors, Visitor

from leverframe.core.deployments import Deployment
from leverframe.core.deployments.values import End, Try
from leverframe.core.ids import show
from leverframe.core.lanes import Lock
from leverframe.core.runs import Run
from leverframe.core.shipping import Change, Resolved, Shipping
from leverframe.store import audit, deployments, locks
from leverframe.web import levers

pytestmark = pytest.mark.anyio
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\u202e"
ENGLISH = {"accept-language": "en-US", "accept": "text/html"}
KOREAN = {"accept-language": "ko-KR,ko;q=0.9", "accept": "text/html"}
ID = show("dep", 77)
PAGES = (
    "/console/deployments", "/console/deployments?service=web-app&environment=staging&state=failed", f"/console/deployments/{ID}", "/console/locks",
    "/console/do/deploy?service=web-app", "/console/do/lock", "/console/do/help", f"/console/do/reject?deployment={ID}",
)


class Forms(HTMLParser):
    """Reads a page: its forms with what they would send, and what must not be there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        assert not self.open, self.open
        assert not self.wrong, self.wrong

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.wrong.extend(name for name in found if name.startswith("on") or name == "style")
        if tag in ("script", "img") and not str(found.get("src", "")).startswith("/static/"):
            self.wrong.append(tag)
        if tag == "a" and not str(found["href"]).startswith(("/", "#", "https://", "http://")):
            self.wrong.append(str(found["href"]))
        if tag == "form":
            self.forms.append((str(found.get("action", "")), {}))
        if tag == "input" and self.forms and "name" in found:
            self.forms[-1][1][str(found["name"])] = str(found.get("value") or "")
        if tag not in {"meta", "link", "input", "img", "br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def to(self, action: str, **having: str) -> dict[str, str]:
        """Return the fields of the one form that leads to ``action``."""
        [fields] = [fields for where, fields in self.forms if where == action and having.items() <= fields.items()]
        return fields


@pytest.fixture
async def rita(doors: Doors) -> Visitor:
    """Somebody who may deploy, signed in."""
    return await doors.signed_in("rita", "release")


@pytest.fixture
async def rob(doors: Doors) -> Visitor:
    """Somebody else who may."""
    return await doors.signed_in("rob", "release")


async def get(doors: Doors, path: str, visitor: Visitor, headers: Mapping[str, str] = ENGLISH) -> Answer:
    """Open a page."""
    return await doors.ask("GET", path, visitor=visitor, headers=headers)


async def press(doors: Doors, page: str, action: str, visitor: Visitor, **fields: str) -> Answer:
    """Send the form of a page that leads to ``action``, as its button does, with some fields filled in."""
    form = Forms((await get(doors, page, visitor)).text).to(f"/console/do/{action}")
    return await doors.ask("POST", f"/console/do/{action}", visitor=visitor, form={**form, **fields}, headers=ENGLISH)


async def only(doors: Doors) -> Deployment:
    """Return the newest deployment."""
    return (await doors.desk.database.read(deployments.past, limit=1))[0]


async def store_hostile(doors: Doors) -> None:
    """Keep a deployment and a lock whose every text would like to be more."""
    run = Run(id="1", number=HOSTILE, url="javascript:alert(1)")
    kept = Deployment(
        id=ID, service=HOSTILE, environment=HOSTILE, lane=HOSTILE, state="failed", runner=HOSTILE, ref=HOSTILE, by=HOSTILE, by_name=HOSTILE, reason=HOSTILE,
        parameters={HOSTILE: HOSTILE}, asked_at=NOON, changed_at=NOON, commit=Resolved(ref=HOSTILE, sha="a" * 40, url="javascript:alert(1)"),
        shipping=Shipping(changes=(Change(title=HOSTILE, author=HOSTILE, url="javascript:alert(1)"),), total=1, authors=(HOSTILE,), url="data:text/html,x"),
        tries=(Try(correlation_id="c", run=run, ordered_at=NOON, started_at=NOON, ended_at=NOON, result="failed", detail=HOSTILE, log_tail=HOSTILE + "\n\x1b[31m"),),
        end=End(at=NOON, code="run_failed", detail=HOSTILE, by=HOSTILE, by_name=HOSTILE, rollback=True), base="b" * 40,
    )  # fmt: skip
    await doors.desk.database.write(deployments.add, kept)
    await doors.desk.database.write(deployments.add, replace(kept, id=show("dep", 78), service="web-app", environment="staging", lane="web-app/staging"))
    for lane in (HOSTILE, "web-app/production"):
        await doors.desk.database.write(locks.save, Lock(lane=lane, owner=HOSTILE, owner_name=HOSTILE, reason=HOSTILE, since=NOON, waiters=(HOSTILE,)))


@pytest.mark.parametrize("path", PAGES)
async def test_pages_render_in_both_languages_with_foreign_text_escaped(doors: Doors, path: str) -> None:
    """Every page is well formed, holds no script but its own, and shows hostile text as text, in English and in Korean."""
    await store_hostile(doors)
    admin = await doors.administrator()
    english, korean = await get(doors, path, admin), await get(doors, path, admin, KOREAN)
    assert english.status == korean.status == 200
    for page in (english, korean):
        Forms(page.text)
        assert "onerror=alert(2)>" not in page.text and "javascript:" not in page.text
    body = korean.text.partition("<main")[2]
    assert re.search("[가-힣]", body) and not re.search("[가-힣]", english.text)


async def test_the_board_shows_what_runs_where(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """What is live with its commit, what is under way, what waits, locks; and links to pull."""
    await press(doors, "/console/do/deploy?service=web-app&environment=staging", "deploy", rita, service="web-app", environment="staging", ref="main")
    await frame.run()
    live = await only(doors)
    shown = (await get(doors, "/console/deployments", rita)).text
    assert f'href="/console/deployments/{live.id}"' in shown and live.commit is not None and live.commit.sha[:7] in shown and "succeeded" in shown
    assert "/console/do/deploy?service=web-app&amp;environment=production" in shown and "/console/do/rollback?service=web-app&amp;environment=staging" in shown
    await press(doors, "/console/do/lock", "lock", rita, service="web-app", environment="production", reason="release day")
    assert "locked by rita: release day" in (await get(doors, "/console/deployments", rita)).text
    vera = await doors.signed_in("vera", "viewer")
    read_only = (await get(doors, "/console/deployments", vera)).text
    assert "locked by rita" in read_only and "/console/do/" not in read_only


async def test_a_deployment_goes_from_the_form_to_its_end(doors: Doors, frame: Frame, rita: Visitor, rob: Visitor) -> None:
    """The form leads to the deployment's page; who asked is told why they cannot approve it; somebody else does."""
    for environment in ("staging", "production"):
        sent = await press(doors, "/console/do/deploy", "deploy", rita, service="web-app", environment=environment, ref="main")
        await frame.run()
        id = (await only(doors)).id
        assert (sent.status, sent.headers["location"]) == (303, f"/console/deployments/{id}")
    page = f"/console/deployments/{id}"
    shown = (await get(doors, page, rita)).text
    assert "Deployment needs approval" in shown and "0/1" in shown and f'href="/console/do/reject?deployment={id}"' in shown
    own = await press(doors, page, "approve", rita)
    assert own.status == 403 and "approval_own" in own.text and "Deployment needs approval" in own.text and "data-still" in own.text
    voted = await press(doors, page, "approve", rob)
    assert (voted.status, voted.headers["location"]) == (303, page)
    await frame.run()
    ended = (await get(doors, page, rita)).text
    assert "Deployment succeeded" in ended and "person:rob" in ended and "approval asked for" in ended and "<button" not in ended.partition("<main")[2]
    entries = await doors.desk.database.read(audit.entries, actor="person:rob", act="approve")
    assert [(entry.code, entry.target) for entry in entries] == [("ok", "console")]


async def test_a_rejection_has_a_reason(doors: Doors, frame: Frame, rita: Visitor, rob: Visitor) -> None:
    """It is asked for on a page of its own, and everybody sees it."""
    await press(doors, "/console/do/deploy", "deploy", rita, service="web-app", environment="staging", ref="main")
    await frame.run()
    await press(doors, "/console/do/deploy", "deploy", rita, service="web-app", environment="production", ref="main")
    await frame.run()
    id = (await only(doors)).id
    await press(doors, f"/console/do/reject?deployment={id}", "reject", rob, deployment=id, reason="not on a Friday")
    shown = (await get(doors, f"/console/deployments/{id}", rita)).text
    assert "rejected" in shown and "not on a Friday" in shown and "against" in shown


async def test_a_form_that_is_sent_twice_is_done_once(doors: Doors, rita: Visitor) -> None:
    """A double click, or going back and sending again, is one deployment; the form of a new page is another."""
    form = Forms((await get(doors, "/console/do/deploy", rita)).text).to("/console/do/deploy")
    filled = {**form, "service": "web-app", "environment": "staging"}
    answers = [await doors.ask("POST", "/console/do/deploy", visitor=rita, form=filled) for _ in range(3)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    await press(doors, "/console/do/deploy", "deploy", rita, service="web-app", environment="staging")
    assert len(await doors.desk.database.read(deployments.past)) == 2


async def test_what_is_wrong_in_a_form_is_said_at_its_field(doors: Doors, rita: Visitor) -> None:
    """The form comes back as it was filled in, with a sentence at the field; a program gets the problem."""
    wrong = await press(doors, "/console/do/deploy", "deploy", rita, service="web-app", environment="moon", ref="bad..ref")
    assert wrong.status == 404 and "The service has no such environment." in wrong.text and 'value="bad..ref"' in wrong.text
    form = Forms((await get(doors, "/console/do/deploy", rita)).text).to("/console/do/deploy")
    korean = await doors.ask("POST", "/console/do/deploy", visitor=rita, form={**form, "service": "web-app", "environment": "moon"}, headers=KOREAN)
    assert "이 서비스에 없는 환경입니다." in korean.text
    form = Forms((await get(doors, "/console/do/lock", rita)).text).to("/console/do/lock")
    answer = await doors.ask("POST", "/console/do/lock", visitor=rita, form={**form, "service": "web-app", "environment": "staging", "for": "ever"})
    assert answer.code == "duration_invalid"
    assert await doors.desk.database.read(deployments.past) == [] and await doors.desk.database.read(locks.every) == {}


async def test_locks_are_set_taken_over_and_ended(doors: Doors, rita: Visitor, rob: Visitor) -> None:
    """The owner unlocks; somebody else is shown who has it, and takes it over on purpose."""
    await press(doors, "/console/do/lock", "lock", rita, service="web-app", environment="staging", reason="migration", **{"for": "2h"})
    shown = (await get(doors, "/console/locks", rob)).text
    assert "migration" in shown and "2026-11-21 14:00:00" in shown and "steal=yes" in shown and "/console/do/unlock" not in shown
    held = await press(doors, "/console/do/unlock", "unlock", rob, service="web-app", environment="staging")
    assert held.status == 409 and "rita" in held.text
    refused = await press(doors, "/console/do/deploy", "deploy", rob, service="web-app", environment="staging")
    assert refused.status == 409 and "migration" in refused.text
    taken = await press(doors, "/console/do/lock?steal=yes", "lock", rob, service="web-app", environment="staging", steal="yes")
    assert (taken.status, taken.headers["location"]) == (303, "/console/locks")
    freed = await press(doors, "/console/locks", "unlock", rob)
    assert freed.headers["location"] == "/console/locks" and await doors.desk.database.read(locks.every) == {}


async def test_an_answer_is_shown_on_its_page(doors: Doors, rita: Visitor) -> None:
    """A command that only answers is answered there."""
    shown = await press(doors, "/console/do/who-can", "who-can", rita, command="deploy", arguments="web-app production")
    assert shown.status == 200 and "Who may do" in shown.text and "release" in shown.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_grant_there_is_neither_form_nor_deed(doors: Doors, method: str) -> None:
    """A viewer's address to a command is a 403; so is a post without the form's token, or from another site's page."""
    vera, rita = await doors.signed_in("vera", "viewer"), await doors.signed_in("rita", "release")
    form = {"key": "k", "service": "web-app", "environment": "staging"}
    answer = await doors.ask(method, "/console/do/deploy", visitor=vera, form=form if method == "POST" else None)
    assert (answer.status, answer.code) == (403, "not_allowed")
    if method == "POST":
        assert (await doors.ask(method, "/console/do/deploy", visitor=rita, form=form, csrf=False)).code == "csrf_invalid"
        foreign = await doors.ask(method, "/console/do/deploy", visitor=rita, form=form, headers={"origin": "https://evil.example"})
        assert foreign.code == "origin_mismatch"
        assert (await doors.ask(method, "/console/do/deploy", visitor=rita, form={"service": "web-app", "environment": "staging"})).code == "request_invalid"
    assert await doors.desk.database.read(deployments.past) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/console/deployments/dep_x", "deployment_unknown"), ("/console/deployments/evt_0000000000001", "deployment_unknown"),
        ("/console/deployments/dep_0000000000001", "deployment_unknown"), ("/console/deployments?state=done", "request_invalid"),
        ("/console/deployments?before=x", "deployment_unknown"), ("/console/deployments?service=%00", "request_invalid"),
        ("/console/do/fly", "command_unknown"), ("/console/do/DEPLOY", "command_unknown"), ("/console/do/%ED%95%A0", "command_unknown"),
    ])  # fmt: skip
async def test_hostile_addresses_are_a_4xx(doors: Doors, rita: Visitor, path: str, code: str) -> None:
    """What is no deployment, state or command is refused; a browser is led to where there are some."""
    assert (await doors.ask("GET", path, visitor=rita)).code == code
    page = await get(doors, path, rita)
    assert page.status in (400, 404) and (code != "deployment_unknown" or 'href="/console/deployments"' in page.text)


async def test_a_page_that_has_not_changed_is_not_sent_again(doors: Doors, frame: Frame, rita: Visitor) -> None:
    """What its script asks with is answered 304 until something changes."""
    await press(doors, "/console/do/deploy", "deploy", rita, service="web-app", environment="staging")
    for path in ("/console/deployments", f"/console/deployments/{(await only(doors)).id}", "/console/locks"):
        tag = (await get(doors, path, rita)).headers["etag"]
        assert f"data-live=\"{tag.replace(chr(34), '&#34;')}\"" in (await get(doors, path, rita)).text
        assert (await get(doors, path, rita, {**ENGLISH, "if-none-match": tag})).status == 304
        assert (await get(doors, path, rita, {**KOREAN, "if-none-match": tag})).status == 200
    tag = (await get(doors, "/console/deployments", rita)).headers["etag"]
    await frame.run()
    assert (await get(doors, "/console/deployments", rita, {**ENGLISH, "if-none-match": tag})).status == 200


async def test_deployments_are_paged(doors: Doors, rita: Visitor) -> None:
    """Fifty on a page, older by cursor, and back to the newest."""
    for _ in range(52):
        await levers.say(doors.desk, OPERATOR, "deploy web-app staging", door="cli")
    first = (await get(doors, "/console/deployments?service=web-app", rita)).text
    assert len(re.findall(r'<a class="id"', first)) == 50
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None
    second = (await get(doors, older[1].replace("&amp;", "&"), rita)).text
    assert len(re.findall(r'<a class="id"', second)) == 2 and "Newest" in second

