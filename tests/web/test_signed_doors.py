"""The signed doors as a sender meets them: /in/{source}, its aliases, and the hook whose URL carries its own routing."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from fakes.slack import TOKEN, FakeSlack

from leverframe.app import App, build
from leverframe.config import load
from leverframe.core.github_events import EVENTS
from leverframe.store import tokens
from leverframe.store.tables import audit, events

pytestmark = pytest.mark.anyio

PUSH = Path(__file__).parents[1] / "sources" / "github" / "fixtures" / "push.json"
CONFIG = """
[hub]
url = "http://127.0.0.1:8080"
[sources.github]
secrets = ["env:OLD", "env:NEW"]
[chats.slack]
bot_token = "env:TOKEN"
subdomain = "acme"
[chats.second]
kind = "slack"
bot_token = "env:TOKEN"
subdomain = "other"
[[routes]]
name = "all"
from = "github"
to = ["slack:#dev"]
"""


@dataclass
class Asked:
    """An answer of a door."""

    status: int
    headers: Mapping[bytes, bytes]
    body: Any


@dataclass
class Door:
    """The hub's signed doors, without a network."""

    app: App
    log: StringIO

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], *, query: Mapping[str, str] | None = None, method: str = "POST") -> Asked:
        """Send a request and return the answer."""
        sent: list[Any] = []
        scope = {
            "type": "http", "method": method, "path": path, "query_string": urlencode(query or {}).encode(), "client": ("192.0.2.7", 1),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return Asked(sent[0]["status"], dict(sent[0]["headers"]), json.loads(sent[1]["body"]))

    async def hook(self, token: str, guid: str = "g1", **query: str) -> Asked:
        """Send a push to /hook."""
        return await self.post("/hook", PUSH.read_bytes(), github("push", guid), query={"token": token, **query})

    async def rows(self, query: Any) -> Any:
        """Return what the store holds."""
        return await self.app.database.read(lambda connection: connection.execute(query).all())

    async def token(self, *rooms: str) -> str:
        """Issue a hook token for rooms."""
        now = self.app.clock.now()
        return str(await self.app.database.write(tokens.issue_hook, name="team", rooms=rooms, by="person:ann", now=now, expires_at=None))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A hub with its doors open and its loops at rest."""
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    log = StringIO()
    app = await build(load(tmp_path / "leverframe.toml", {"OLD": "old", "NEW": "new", "TOKEN": "xoxb-1"}), log_to=log)
    yield Door(app, log)
    await app.stop()


def github(event: str = "push", guid: str = "g1", **more: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": guid, **more}


def signed(body: bytes, secret: str = "new", **more: str) -> dict[str, str]:
    return github(**more) | {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.mark.parametrize("path", ["/in/github", "/hubot/github"])
@pytest.mark.parametrize("secret", ["old", "new"])
async def test_a_signed_event_is_on_disk_when_it_is_answered(door: Door, path: str, secret: str) -> None:
    """Every live secret opens, under the old name too; the answer has the id of the row that is there."""
    body = PUSH.read_bytes()
    answer = await door.post(path, body, signed(body, secret))
    assert (answer.status, answer.body["duplicate"]) == (202, False) and answer.body["id"].startswith("evt_")
    assert [row.name for row in await door.rows(sa.select(events.c.name))] == ["push"]


async def test_an_alias_is_the_same_door(door: Door) -> None:
    """A delivery that came to one name is a repeat under the other."""
    body = PUSH.read_bytes()
    first = await door.post("/in/github", body, signed(body))
    second = await door.post("/hubot/github", body, signed(body))
    assert second.body == {"id": first.body["id"], "duplicate": True, "revived": 0}


BAD = {
    "unsigned": (b"{}", github(), 401, "signature_missing"),
    "wrongly signed": (b"{}", signed(b"{ }"), 401, "signature_invalid"),
    "an empty signature": (b"{}", github(**{"X-Hub-Signature-256": ""}), 401, "signature_missing"),
    "an empty digest": (b"{}", github(**{"X-Hub-Signature-256": "sha256="}), 401, "signature_invalid"),
    "a hostile signature": (b"{}", github(**{"X-Hub-Signature-256": "sha256=\u00e9\u00ff"}), 401, "signature_invalid"),
    "broken JSON": (b"{", signed(b"{"), 400, "json_invalid"),
    "another content type": (b"a", signed(b"a") | {"Content-Type": "text/plain"}, 415, "content_type_unsupported"),
    "no delivery id": (b"{}", signed(b"{}") | {"X-GitHub-Delivery": ""}, 400, "delivery_id_missing"),
    "no event": (b"{}", signed(b"{}") | {"X-GitHub-Event": ""}, 400, "event_missing"),
    "too large": (b"{}", signed(b"{}") | {"Content-Length": str(26 * 1024 * 1024)}, 413, "body_too_large"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
async def test_what_is_wrong_is_told_and_not_kept(door: Door, case: tuple[bytes, dict[str, str], int, str]) -> None:
    """A problem document with a stable code and a remedy; nothing stored but an entry in the audit."""
    body, headers, status, code = case
    answer = await door.post("/in/github", body, headers)
    assert (answer.status, answer.body["code"], answer.headers[b"content-type"]) == (status, code, b"application/problem+json")
    assert answer.body["remedy"]
    await door.app.refusals.settled()
    assert not await door.rows(sa.select(events.c.id))
    assert [row.code for row in await door.rows(sa.select(audit.c.code))] == [code]


async def test_no_source_and_no_method_of_that_name(door: Door) -> None:
    """An unknown source is 404, another method 405 with the one that is taken."""
    assert (await door.post("/in/nowhere", b"{}", signed(b"{}"))).body["code"] == "source_unknown"
    answer = await door.post("/in/github", b"", {}, method="GET")
    assert (answer.status, answer.headers[b"allow"]) == (405, b"POST")


async def test_a_guesser_is_slowed_down_and_the_signed_are_not(door: Door) -> None:
    """After sixty failures in a minute an address is told to wait; what verifies from there is still taken."""
    for _ in range(61):
        answer = await door.post("/in/github", b"{}", github())
    assert answer.status == 429 and int(answer.headers[b"retry-after"]) >= 1
    body = PUSH.read_bytes()
    assert (await door.post("/in/github", body, signed(body))).status == 202


@pytest.mark.parametrize("room", ["dev-team", "#dev-team"])
async def test_a_hook_carries_its_routing(door: Door, room: str) -> None:
    """The room comes with or without #; without events the wiki and what is worth a message are taken."""
    answer = await door.hook(await door.token("slack:#dev-*"), room=room)
    assert answer.status == 202
    (row,) = await door.rows(sa.select(events.c.carried, events.c.source))
    carried = json.loads(row.carried)
    assert carried["to"] == ["slack:#dev-team"] and {"gollum", "push"} <= set(carried["events"]) and row.source == "hook"


async def test_a_hook_picks_workspace_and_events(door: Door) -> None:
    """subdomain names the workspace, events what is wanted; a Korean channel and a channel's id are rooms too."""
    token = await door.token("*")
    for n, room in enumerate(["개발", "C0123456789"]):
        assert (await door.hook(token, f"g{n}", room=room, subdomain="other", events="push, issues.opened")).status == 202
    rows = [json.loads(row.carried) for row in await door.rows(sa.select(events.c.carried).order_by(events.c.id))]
    assert [row["to"] for row in rows] == [["second:#개발"], ["second:C0123456789"]]
    assert rows[0]["events"] == ["push", "issues.opened"]


async def test_hooks_of_two_rooms_are_two_events(door: Door) -> None:
    """GitHub gives both hooks of one event the same delivery id: each room hears of it, once."""
    token = await door.token("*")
    answers = [await door.hook(token, room=room) for room in ("a", "b", "a")]
    assert [answer.body["duplicate"] for answer in answers] == [False, False, True]


async def hub_of(folder: Path, chats: str) -> Door:
    """Return a hub with these chats."""
    (folder / "leverframe.toml").write_text(f"[hub]\nurl = 'http://127.0.0.1:8080'\n[sources.github]\nsecrets = ['env:NEW']\n{chats}")
    log = StringIO()
    return Door(await build(load(folder / "leverframe.toml", {"NEW": "new", "TOKEN": TOKEN}), log_to=log), log)


async def test_slack_tells_its_own_subdomain(tmp_path: Path) -> None:
    """An address of old (subdomain, token, room) was refused unless the configuration named the subdomain, which Slack tells by itself."""
    async with FakeSlack() as slack:  # https://fake.slack.com/
        one = f"[chats.slack]\nbot_token = 'env:TOKEN'\napi_url = '{slack.url}'\n"
        door = await hub_of(tmp_path, one)
        token = await door.token("*")
        slack.mode = "down"
        assert (await door.hook(token, "g0", room="dev", subdomain="fake")).status == 202, "no other could be meant"
        await door.app.stop()

        slack.mode = "ok"
        door = await hub_of(tmp_path, one)
        assert (await door.hook(token, "g1", room="dev", subdomain="fake")).status == 202
        wrong = await door.hook(token, "g2", room="dev", subdomain="fakes")
        assert (wrong.status, wrong.body["code"], wrong.body["detail"]) == (404, "hook_workspace_unknown", "fakes") and "Correct it" in wrong.body["remedy"]
        assert (await door.hook("lfh_nope", room="dev", subdomain="x")).body["code"] == "hook_token_unknown"
        assert [call.method for call in slack.calls].count("auth.test") == 2, "once by each hub"
        await door.app.stop()

        slack.mode = "down"
        door = await hub_of(tmp_path, f"{one}[chats.second]\nkind = 'slack'\nbot_token = 'env:TOKEN'\nsubdomain = 'other'\n")
        assert (await door.hook(token, "g3", room="dev", subdomain="other")).status == 202
        unsure = await door.hook(token, "g4", room="dev", subdomain="fake")
        assert (unsure.status, unsure.body["code"], unsure.headers[b"retry-after"]) == (503, "hook_workspace_not_told", b"60"), "it may be that of either"
        await door.app.stop()


async def test_a_chat_that_cannot_be_asked_is_known_by_its_key(tmp_path: Path) -> None:
    """With two workspaces, ``[chats.acme]`` was not found by ``subdomain=acme`` where Slack did not tell: GitHub, which sends once, got a 503."""
    async with FakeSlack() as slack:
        slack.mode = "down"
        chats = "".join(f"[chats.{name}]\nkind = 'slack'\nbot_token = 'env:TOKEN'\napi_url = '{slack.url}'\n" for name in ("slack", "acme"))
        door = await hub_of(tmp_path, chats)
        token = await door.token("*")
        assert (await door.hook(token, "g1", room="dev", subdomain="Acme")).status == 202
        (row,) = await door.rows(sa.select(events.c.carried))
        assert json.loads(row.carried)["to"] == ["acme:#dev"]
        assert (await door.hook(token, "g2", room="dev", subdomain="globex")).status == 503
        await door.app.stop()


async def test_a_chat_without_subdomains_takes_any(tmp_path: Path) -> None:
    """In the playground an address of old is tried as it is: no subdomain could be wrong there, and none could be configured."""
    door = await hub_of(tmp_path, "[chats.playground]\n")
    assert (await door.hook(await door.token("*"), room="dev", subdomain="acme")).status == 202
    await door.app.stop()


BAD_HOOKS = {
    "no token": ({"token": "", "room": "dev"}, 401, "hook_token_unknown"),
    "an unknown token": ({"token": "lfh_nope", "room": "dev"}, 401, "hook_token_unknown"),
    "a bot token of Slack's": ({"token": "xoxb-1234", "room": "dev"}, 401, "hook_token_foreign"),
    "a token of Slack's first webhooks": ({"token": "a" * 24, "room": "dev"}, 401, "hook_token_foreign"),
    "no room": ({}, 400, "hook_room_missing"),
    "a room out of scope": ({"room": "ops"}, 403, "hook_room_forbidden"),
    "a room that is none": ({"room": "dev\0"}, 403, "hook_room_forbidden"),
    "an unknown workspace": ({"room": "dev", "subdomain": "nobody"}, 404, "hook_workspace_unknown"),
    "an event that is none": ({"room": "dev", "events": "push,<script>"}, 400, "request_invalid"),
    "an event that is misspelt": ({"room": "dev", "events": "push,issue"}, 400, "hook_event_misspelt"),
    "an action that is misspelt": ({"room": "dev", "events": "issues.opend"}, 400, "hook_event_misspelt"),
}


@pytest.mark.parametrize("case", BAD_HOOKS.values(), ids=BAD_HOOKS)
async def test_a_hook_that_is_wrong_is_told_why(door: Door, case: tuple[dict[str, str], int, str]) -> None:
    """Each mistake has its code; a Slack token gets the command that makes the right one."""
    query, status, code = case
    answer = await door.post("/hook", PUSH.read_bytes(), github(), query={"token": await door.token("slack:#dev*"), **query})
    assert (answer.status, answer.body["code"]) == (status, code)
    if code.startswith("hook_token"):
        assert "leverframe hook-tokens create" in answer.body["remedy"]


async def test_a_misspelt_event_is_told_with_the_near_one(door: Door) -> None:
    """``events=issue`` was taken, and the room never heard of an issue. What GitHub has is taken, and what may be newer than the hub."""
    token = await door.token("*")
    for asked, meant in (("issue", "issues"), ("pull_request,issues_comment.created", "issue_comment.created"), ("issues.opend", "issues.opened")):
        assert (await door.hook(token, room="dev", events=asked)).body["detail"] == f"{asked.rpartition(',')[2]}: perhaps {meant}"
    for n, asked in enumerate(("issue_relates_to", "*", "push,gollum", "zeppelin", "issues.zeppelined", ",".join(EVENTS))):
        assert (await door.hook(token, f"g{n}", room="dev", events=asked)).status == 202, asked


async def test_a_revoked_hook_token_is_unknown(door: Door) -> None:
    """What was revoked ends at once."""
    token = await door.token("*")
    assert await door.app.database.write(tokens.revoke_hook, "team", door.app.clock.now())
    assert (await door.hook(token, room="dev")).body["code"] == "hook_token_unknown"


async def test_a_token_in_an_address_is_never_logged(door: Door) -> None:
    """The line of a request has its path without the query."""
    token = await door.token("*")
    await door.hook(token, room="dev")
    door.app.access.close()
    assert "path=/hook status=202" in door.log.getvalue() and token not in door.log.getvalue()
