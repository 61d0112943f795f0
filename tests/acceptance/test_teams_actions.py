"""``POST /teams/actions``: buttons of MessageCards that point at the hub, with a key server, a GitHub, and people of two tenants."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from fakes import teams_keys
from fakes.github import TOKEN, FakeGitHub, Mode
from fakes.teams import FakeTeams

from leverframe.app import App, build
from leverframe.card_rooms import button_keys
from leverframe.config import load
from leverframe.core import button_tokens, ids
from leverframe.core.button_tokens import Signed
from leverframe.core.conversation import Asker, Clicked, Place, Said
from leverframe.core.messages import plain
from leverframe.store import tokens
from leverframe.store.tables import approvals, audit, events
from leverframe.web import teams_actions

pytestmark = pytest.mark.anyio
ANN, BOB, CARA, EVE = (f"a0000000-0000-4000-8000-00000000000{last}" for last in "123e")
TENANT, OTHER = "b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
ISSUER = "https://substrate.office.com/sts/"
CONFIG = """
[hub]
url = "https://hub.example.com"
locale = "{locale}"
[hub.commands_per_minute]
person = 0
room = 0
[sources.github]
secrets = ["env:SECRET"]
[chats.playground]
[chats.teams]
kind = "teams"
format = "messagecard"
tenant_ids = ["{tenant}"]
card_openid_url = "{keys}/v1/.well-known/openidconfiguration"
posts_per_second = 0
[chats.teams.webhooks]
"#release" = "env:CONNECTOR"
[github]
token = "env:GH_TOKEN"
api_url = "{github}"
[runners.pretended]
kind = "simulated"
seconds = 0.2
[services.web-app.environments.production]
runner = "pretended"
approvals = {{ required = {required}, self = true }}
[roles.release]
members = ["teams:{ann}", "teams:{bob}", "teams:{cara}"]
allow = ["deploy *", "approve *", "reject *", "relay pipeline"]
"""
URL = "https://hub.example.com"
PATIENCE_S = 60.0


@dataclass
class Answered:
    """What a press was answered."""

    status: int
    said: str
    card: Any
    problem: Any


@dataclass
class Team:
    """A hub, served; the connector that its cards go to; what Microsoft signs with; and GitHub."""

    app: App
    teams: FakeTeams
    github: FakeGitHub

    def token(self, person: str = ANN, **changes: Any) -> str:
        """Return the Bearer token of somebody who presses: real RS256, by the documented rules."""
        now, key = time.time(), changes.pop("key", None)
        kid = changes.pop("kid", None)
        claims = {"iss": ISSUER, "aud": URL, "sub": person, "tid": TENANT, "iat": now, "nbf": now - 10, "exp": now + 300, **changes}
        return self.teams.keys.sign({name: value for name, value in claims.items() if value is not None}, key=key, kid=kid)

    async def ask(self, path: str, body: bytes, headers: Mapping[str, str], query: str = "") -> tuple[int, dict[bytes, bytes], bytes]:
        """Send a POST; return status, headers and body of the answer."""
        sent: list[Any] = []
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": query.removeprefix("?").encode(), "scheme": "https",
            "client": ("192.0.2.7", 1), "server": ("hub.example.com", 443), "root_path": "",
            "headers": [(b"host", b"hub.example.com"), (b"content-length", b"%d" % len(body)), *((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items())],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), b"".join(one.get("body", b"") for one in sent[1:])

    async def press(self, body: Any, *, token: str | None = None, query: str = "", headers: Mapping[str, str] | None = None) -> Answered:
        """Do what a client does with a button."""
        given = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token is not None else {}), **(headers or {})}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, answered, text = await self.ask("/teams/actions", raw, given, query)
        document = json.loads(text) if text else None
        replaces = answered.get(b"card-update-in-body") == b"true"
        return Answered(status, answered.get(b"card-action-status", b"").decode(), document if replaces else None, None if replaces else document)

    async def deploy(self) -> tuple[dict[str, Any], str]:
        """Ask for a deployment in the room of the connector; return its card, and its id, once somebody has to approve it."""
        before = len(self.teams.workflow_posts)
        outcome = await self.say("deploy web-app production")
        assert outcome.code == "ok", outcome
        card = await self.until(lambda: next((one for one in self.teams.workflow_posts[before:] if "Approve" in buttons(one) or "승인" in buttons(one)), None))
        return card, outcome.answer.about

    async def say(self, line: str) -> Any:
        """Have somebody who may type a line in the room."""
        by, at = Asker(chat="teams", id=CARA, name="cara"), Place(chat="teams", room="#release")
        return await self.heard(Said(key=secrets.token_hex(8), door="mention", text=line, by=by, at=at, said_at=self.app.clock.now()))

    async def heard(self, heard: Any) -> Any:
        """Return what came of something that was said in a chat."""
        assert self.app.box is not None
        return await self.app.box.converser.outcome(heard)

    async def until(self, what: Callable[[], Any]) -> Any:
        """Return what holds, once it does."""
        ends = time.monotonic() + PATIENCE_S
        while not (found := what()):
            assert time.monotonic() < ends, self.teams.workflow_posts
            await asyncio.sleep(0.02)
        return found

    async def api(self, *grants: str) -> str:
        """Issue an API token."""
        now = self.app.clock.now()
        return str(await self.app.database.write(tokens.issue_api, name=f"t{time.time_ns()}", grants=grants, by="operator", now=now, expires_at=None))

    async def rows(self, query: Any) -> Any:
        """Return what the store holds."""
        return await self.app.database.read(lambda connection: connection.execute(query).all())


def buttons(card: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the body of each HttpPOST of a card, by its name."""
    return {one["name"]: json.loads(one["body"]) for one in card.get("potentialAction", ()) if one["@type"] == "HttpPOST"}


def words(card: Mapping[str, Any]) -> str:
    """Return all that a card says."""
    return unquote(json.dumps(card, ensure_ascii=False))


@asynccontextmanager
async def opened(folder: Path, *, locale: str = "en", required: int = 1) -> AsyncIterator[Team]:
    """Open a hub with its loops."""
    async with FakeTeams() as teams, FakeGitHub() as github:
        github.repository("acme/web")
        config = CONFIG.format(locale=locale, tenant=TENANT, keys=teams.url, github=github.url, ann=ANN, bob=BOB, cara=CARA, required=required)
        (folder / "leverframe.toml").write_text(config)
        app = await build(load(folder / "leverframe.toml", {"SECRET": "s", "CONNECTOR": teams.connector(), "GH_TOKEN": TOKEN}), log_to=StringIO())
        app.start()
        try:
            yield Team(app, teams, github)
        finally:
            await app.stop()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what comes of it for long."""
    monkeypatch.setattr(teams_actions, "WAIT_S", 2.0)


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    """A team at work."""
    async with opened(tmp_path) as made:
        yield made


async def test_a_deployment_is_approved_on_a_message_card(team: Team) -> None:
    """By who proves to be somebody who may; the answer is a sentence and the decided card, and a press that comes again does nothing."""
    card, _ = await team.deploy()
    button = buttons(card)["Approve"]
    answer = await team.press(button, token=team.token())
    assert answer.status == 200 and answer.said and answer.card["@type"] == "MessageCard" and "Approve" not in buttons(answer.card)
    again = await team.press(button, token=team.token())
    assert (again.status, again.said) == (200, answer.said)
    [done] = [row for row in await team.rows(sa.select(audit).where(audit.c.act == "approve"))]
    assert (done.actor, done.code) == (f"teams:{ANN}", "ok")
    late = await team.press(button, token=team.token(BOB))
    assert late.status == 200 and "Approve" not in buttons(late.card) and late.said != answer.said
    await team.until(lambda: any("✅" in words(one) for one in team.teams.workflow_posts))


async def test_who_may_not_is_told_who_could(team: Team) -> None:
    """Somebody without the grant, and whoever proves nobody; the button is not spent by it."""
    card, _ = await team.deploy()
    button = buttons(card)["Approve"]
    for token in (team.token(EVE), None):
        answer = await team.press(button, token=token)
        assert answer.status == 403 and "approve web-app production" in answer.said and "release" in answer.said
    assert (await team.press(button, token=team.token())).status == 200
    actors = [row.actor for row in await team.rows(sa.select(audit).where(audit.c.code == "not_allowed").order_by(audit.c.id))]
    assert actors == [f"teams:{EVE}", "teams:card"]


FORGED: dict[str, tuple[Callable[[Team], str], str]] = {
    "another issuer": (lambda team: team.token(iss="https://evil.example/sts/"), "teams_token_invalid"),
    "another audience": (lambda team: team.token(aud="https://other.example.com"), "teams_token_invalid"),
    "another key": (lambda team: team.token(key=teams_keys.stranger()), "teams_token_invalid"),
    "an unknown key": (lambda team: team.token(kid="key-77"), "teams_token_invalid"),
    "no algorithm": (lambda team: team.teams.keys.sign({"iss": ISSUER, "aud": URL, "sub": ANN, "exp": time.time() + 60}, algorithm="none"), "teams_token_invalid"),
    "expired": (lambda team: team.token(exp=time.time() - 400, nbf=1), "teams_token_expired"),
    "not yet": (lambda team: team.token(nbf=time.time() + 4000), "teams_token_expired"),
    "no end": (lambda team: team.token(exp=None), "teams_token_invalid"),
    "nobody": (lambda team: team.token(sub=None), "teams_token_invalid"),
    "another tenant": (lambda team: team.token(tid=OTHER), "teams_tenant_unknown"),
    "no tenant": (lambda team: team.token(tid=None), "teams_tenant_unknown"),
    "no token at all": (lambda team: "x.y.z", "teams_token_invalid"),
    "an API token": (lambda team: "lf_abcdefghijklmnop", "teams_token_invalid"),
}  # fmt: skip


async def test_a_token_that_is_not_right_proves_nobody(team: Team) -> None:
    """Forged, expired, of another tenant or for another hub: refused, and nothing is decided. (One hub: keys are made once.)"""
    card, _ = await team.deploy()
    button = buttons(card)["Approve"]
    for name, (make, code) in FORGED.items():
        answer = await team.press(button, token=make(team))
        assert answer.problem is not None and answer.problem["code"] == code and answer.said and answer.status in (401, 403), name
    assert not await team.rows(sa.select(audit).where(audit.c.act == "approve"))
    assert (await team.press(button, token=team.token())).status == 200
    proven = await team.press(button, headers={"Authorization": "Bearer x.y.z", "Action-Authorization": f"Bearer {team.token(BOB)}"})
    assert proven.status == 200, "a card with an Authorization of its own gets the token in another header"


async def test_keys_that_cannot_be_fetched_are_no_proof(team: Team) -> None:
    """It is told that it may be tried again; a new key is looked for."""
    card, _ = await team.deploy()
    team.teams.keys_down = True
    answer = await team.press(buttons(card)["Approve"], token=team.token())
    assert (answer.status, answer.problem["code"]) == (503, "teams_keys_unavailable")


async def test_a_button_that_the_hub_did_not_make(team: Team) -> None:
    """Of another card, changed, or made up; and what is no button at all."""
    first, _ = await team.deploy()
    second, _ = await team.deploy()
    good, other = buttons(first)["Approve"]["press"], buttons(second)["Reject"]["press"]
    mixed = ".".join([*other.split(".")[:2], good.split(".")[2]])
    for body in ({"press": mixed}, {"press": good[:-4]}, {"press": ""}, {"press": 7}, {"press": "lfb1.e30.x"}):
        answer = await team.press(body, token=team.token())
        assert (answer.status, answer.problem["code"]) == (401, "card_token_invalid") and answer.said
    for raw, code in ((b"[]", "json_invalid"), (b"\xff", "json_invalid"), (b"{}", "sign_in_required")):
        assert (await team.press(raw)).problem["code"] == code


async def test_a_button_is_good_for_its_time_and_its_chat(team: Team) -> None:
    """One whose time is over, and one of a chat that is not there, do nothing, whoever presses; the answer says what to do."""
    card, id = await team.deploy()
    [key, *_] = button_keys(team.app.config)
    delivery = button_tokens.read(buttons(card)["Approve"]["press"], [key], team.app.clock.now()).card
    for changes, status, code in (({"ends": int(time.time()) - 1}, 410, "card_token_expired"), ({"chat": "gone"}, 404, "chat_unknown")):
        whole = {"action": "approve", "value": id, "chat": "teams", "card": delivery, "ends": int(time.time()) + 60, "nonce": "n", **changes}
        answer = await team.press({"press": button_tokens.sign(Signed(**whole), key)}, token=team.token())
        assert (answer.status, answer.problem["code"]) == (status, code) and answer.said and answer.card is None, answer
    assert not await team.rows(sa.select(audit).where(audit.c.act == "approve"))


async def test_two_may_press_one_button_where_two_have_to_agree(tmp_path: Path) -> None:
    """It is good once for each of them; in Korean."""
    async with opened(tmp_path, locale="ko", required=2) as team:
        card, _ = await team.deploy()
        button = buttons(card)["승인"]
        first = await team.press(button, token=team.token(ANN))
        assert first.status == 200 and "1/2" in words(first.card) and "승인" in buttons(first.card)
        assert (await team.press(button, token=team.token(ANN))).said == first.said
        both = await asyncio.gather(*(team.press(buttons(first.card)["승인"], token=team.token(BOB)) for _ in range(3)))
        assert {answer.status for answer in both} == {200} and "승인" not in buttons(both[0].card)


async def test_a_card_and_another_chat_decide_at_the_same_instant(team: Team) -> None:
    """One of them counts; the others are told how it was decided, and it is decided once."""
    card, id = await team.deploy()
    press = buttons(card)["Approve"]
    answers = await asyncio.gather(
        team.press(press, token=team.token(ANN)), team.say(f"approve {id}"), team.press(buttons(card)["Reject"], token=team.token(BOB)), team.say(f"approve {id}"),
    )  # fmt: skip
    assert answers[0].status == answers[2].status == 200 and {one.code for one in (answers[1], answers[3])} <= {"ok", "approval_decided", "approval_repeated", "deployment_ended"}
    done = [row.code for row in await team.rows(sa.select(audit.c.code).where(audit.c.act.in_(["approve", "reject"])))]
    assert done.count("ok") in (1, 2), "a vote of somebody who has voted changes nothing, and is told so"
    [question] = await team.rows(sa.select(approvals.c.result).order_by(approvals.c.id))
    assert question.result in ("won", "lost")


@pytest.mark.parametrize(("mode", "status", "said"), [
    ("ok", 200, "GitHub has taken it: Release 1.2"), ("forbidden", 502, "The token lacks a permission."), ("limited", 202, "it is being passed on: Release 1.2"),
    ("down", 202, "it is being passed on: Release 1.2"),
])  # fmt: skip
async def test_a_pipelines_question_is_answered_on_a_message_card(team: Team, mode: Any, status: int, said: str) -> None:
    """The dispatch that follows is sent once; nobody is told "approved" when GitHub never heard of it."""
    if mode == "forbidden":
        team.github.tokens[TOKEN].permissions["contents"] = "read"
    else:
        team.github.lever_mode = mode
    headers = {"Authorization": f"Bearer {await team.api('approvals.ask acme/web *')}", "Content-Type": "application/json"}
    asked = {"project": "acme/web", "title": "Release 1.2", "rooms": ["teams:#release"], "on_approve": {"repository_dispatch": {"event_type": "release"}}, "policy": {"required": 1, "self": True}}
    answered, _, text = await team.ask("/api/approvals", json.dumps(asked).encode(), headers)
    assert answered == 201, text
    card = await team.until(lambda: next((one for one in team.teams.workflow_posts if "Approve" in buttons(one)), None))
    answer = await team.press(buttons(card)["Approve"], token=team.token())
    assert answer.status == status and said in answer.said and "Approve" not in buttons(answer.card), answer
    assert mode == "ok" or "approved" not in answer.said.lower(), answer
    await team.until(lambda: [call for call in team.github.calls if call.path.endswith("/dispatches")])
    assert (await team.press(buttons(card)["Approve"], token=team.token())).status == status
    calls = [call for call in team.github.calls if call.method == "POST" and call.path.endswith("/dispatches")]
    assert len(team.github.dispatched) == (mode == "ok") and (len(calls) == 1 or mode == "limited")


MODES: dict[str, tuple[Mode | None, int, str]] = {
    "taken": (None, 200, "Sent release to acme/web."),
    "401": ("unknown token", 502, "GitHub"),
    "403": ("no permission", 502, "GitHub did not take release for acme/web"),
    "404": ("no repository", 502, "GitHub"),
    "429": ("limited", 202, "as soon as that is possible"),
    "500": ("broken", 202, ""),
    "503": ("down", 202, "as soon as that is possible"),
    "nothing": ("lost", 202, ""),
}  # type: ignore[dict-item]


@pytest.mark.parametrize("case", MODES.values(), ids=list(MODES))
async def test_a_card_made_by_hand_dispatches_as_the_function_of_the_seed_did(team: Team, case: tuple[Any, int, str]) -> None:
    """Whatever GitHub answers is told in a sentence, and the dispatch is sent once."""
    mode, status, said = case
    match mode:
        case "unknown token":
            team.github.tokens.clear()
        case "no permission":
            team.github.tokens[TOKEN].permissions["contents"] = "read"
        case "no repository":
            team.github.repositories.clear()
        case str():
            team.github.lever_mode = mode
    token = await team.api("dispatch acme/web release")
    answer = await team.press({"event_type": "release", "client_payload": {"approved": True, "deep": {"a": [1, None]}}}, query=f"?token={token}")
    assert answer.status == status and said in answer.said, answer
    sent = [call for call in team.github.calls if call.method == "POST" and call.path.endswith("/dispatches")]
    assert len(sent) <= 1 or mode in ("limited", "down")
    if mode is None:
        assert sent[0].body["event_type"] == "release" and sent[0].body["client_payload"]["deep"] == {"a": [1, None]}
        assert [(row.actor.partition(":")[0], row.target) for row in await team.rows(sa.select(audit).where(audit.c.act == "dispatch"))] == [("token", "acme/web release")]


async def test_what_a_hand_made_card_may_not(team: Team) -> None:
    """Another project or event, a body that is no dispatch, limits of GitHub's, no token: refused before anything is kept."""
    token = await team.api("dispatch acme/web release")
    wide = await team.api("dispatch acme/* *")
    cases: list[tuple[str, Any, int, str]] = [
        (f"?token={token}", {"event_type": "deploy"}, 403, "not_allowed"),
        (f"?token={token}&project=acme/other", {"event_type": "release"}, 403, "not_allowed"),
        (f"?token={wide}", {"event_type": "release"}, 400, "press_project_missing"),
        (f"?token={token}", {"event_type": "release", "client_payload": {}, "ref": "x"}, 400, "request_invalid"),
        (f"?token={token}", {"event_type": ["release"]}, 400, "request_invalid"),
        (f"?token={token}", {"event_type": "release", "client_payload": "x"}, 400, "request_invalid"),
        ("?token=lf_nope", {"event_type": "release"}, 401, "token_invalid"),
        ("", {"event_type": "release"}, 401, "sign_in_required"),
    ]
    for query, body, status, code in cases:
        answer = await team.press(body, query=query)
        assert (answer.status, answer.problem["code"]) == (status, code) and answer.said, (query, body)
    assert not team.github.calls
    assert (await team.press({"event_type": "release"}, token=token)).status == 200, "as Bearer, too"
    assert (await team.press({"event_type": "release"}, query=f"?token={wide}&project=acme/web")).status == 200


async def test_a_hand_made_card_is_pressed_in_a_chat_of_the_hub(team: Team) -> None:
    """Its button points at the hub: it is done without leaving the house, once, and the card shows it; who pressed is told to the dispatch."""
    token, now = await team.api("dispatch acme/web release"), team.app.clock.now()
    posting = await team.app.database.write(tokens.issue_hook, name="pipeline", rooms=["playground:#dev"], by="operator", now=now, expires_at=None)
    body = json.dumps({"event_type": "release", "client_payload": {"approved": True}})
    for number, target in enumerate((f"{URL}/teams/actions?token={token}", f"{URL}/teams/actions?token=lf_nope")):
        card = {"title": "Release?", "text": "x", "potentialAction": [{"@type": "HttpPOST", "name": "Approve", "target": target, "body": body}]}
        status, _, said = await team.ask(f"/teams/incoming/{posting}", json.dumps(card).encode(), {"Content-Type": "application/json"})
        assert (status, said) == (200, b"1")
        rows = await team.rows(sa.select(events.c.id).where(events.c.action == "posted").order_by(events.c.id))
        by, at = Asker(chat="teams", id=ANN, name="ann"), Place(chat="playground", room="#dev")
        clicked = Clicked(key=f"c{number}", action="card", value=f"{ids.show('evt', rows[-1].id)}~p1~0", by=by, at=at, said_at=now)
        outcomes = [await team.heard(clicked) for _ in range(2)]
        words = plain(outcomes[0].answer.message)
        assert plain(outcomes[1].answer.message) == words
        if number == 0:
            assert outcomes[0].code == "ok" and words == "Sent release to acme/web."
        else:
            assert outcomes[0].code == "press_refused" and "token" in words
    sent = [call for call in team.github.calls if call.method == "POST" and call.path.endswith("/dispatches")]
    assert len(sent) == 1 and sent[0].body["client_payload"]["approved"] is True


async def test_a_button_pressed_twice_in_a_moment_is_one_dispatch(team: Team) -> None:
    """People press twice. The moment begins with the first press: as a slot of the clock, it could end between two of them, and both were sent."""
    token = await team.api("dispatch acme/web release")
    answers = await asyncio.gather(*(team.press({"event_type": "release"}, query=f"?token={token}") for _ in range(3)))
    assert {answer.status for answer in answers} == {200}
    assert len([call for call in team.github.calls if call.method == "POST" and call.path.endswith("/dispatches")]) == 1
