"""``POST /teams/incoming/{token}`` as the scripts meet it that posted to a connector."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from leverframe.app import App, build
from leverframe.config import load
from leverframe.store import tokens
from leverframe.store.tables import audit, deliveries, events

pytestmark = pytest.mark.anyio

CARD = (Path(__file__).parents[1] / "sources" / "teams" / "fixtures" / "approval__seed.json").read_bytes()
CONFIG = """
[hub]
url = "http://127.0.0.1:8080"
[sources.github]
secrets = ["env:SECRET"]
[chats.slack]
bot_token = "env:TOKEN"
[chats.playground]
"""


class Door:
    """A hub without a network; its loops are at rest."""

    def __init__(self, app: App, log: StringIO) -> None:
        self.app, self.log = app, log

    async def post(self, token: str, body: bytes = CARD, headers: Mapping[str, str] | None = None, **query: str) -> tuple[int, bytes]:
        """Post a card; return status and body of the answer."""
        sent: list[Any] = []
        scope = {
            "type": "http", "method": "POST", "path": f"/teams/incoming/{token}", "query_string": urlencode(query).encode(), "client": ("192.0.2.7", 1),
            "headers": [(b"content-type", b"application/json"), *((name.lower().encode(), value.encode()) for name, value in (headers or {}).items())],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

    async def token(self, *rooms: str, name: str = "pipeline") -> str:
        """Issue a hook token."""
        now = self.app.clock.now()
        return str(await self.app.database.write(tokens.issue_hook, name=name, rooms=rooms, by="person:ann", now=now, expires_at=None))

    async def rows(self, query: Any) -> Any:
        """Return what the store holds."""
        return await self.app.database.read(lambda connection: connection.execute(query).all())


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A hub with Slack and the playground."""
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    log = StringIO()
    app = await build(load(tmp_path / "leverframe.toml", {"SECRET": "s3cret", "TOKEN": "xoxb-1"}), log_to=log)
    yield Door(app, log)
    await app.stop()


async def test_a_card_is_on_disk_before_it_is_answered_as_a_connector_did(door: Door) -> None:
    """``1`` with 200; the event carries the rooms of the token."""
    token = await door.token("slack:#dev", "playground:#release", "slack:#ops-*")
    assert await door.post(token) == (200, b"1")
    [row] = await door.rows(sa.select(events))
    assert (row.source, row.name, row.action) == ("teams", "card", "posted")
    assert json.loads(row.carried)["to"] == ["slack:#dev", "playground:#release"]


async def test_its_rooms_are_owed_the_card(door: Door) -> None:
    """Routing gives each room of the token one delivery, and no route of the configuration is asked."""
    await door.post(await door.token("slack:#dev", "playground:#release"))
    fanout = next(run for name, run in door.app.loops if name == "fanout").__self__  # type: ignore[attr-defined]
    await fanout.step()
    owed = await door.rows(sa.select(deliveries.c.destination, deliveries.c.route, deliveries.c.role))
    assert {(row.destination, row.route, row.role) for row in owed} == {("slack:#dev", "cards pipeline", 1), ("playground:#release", "cards pipeline", 1)}


async def test_a_room_may_be_picked(door: Door) -> None:
    """Among those that the token may write to, also by its wildcards."""
    token = await door.token("slack:#ops-*")
    assert (await door.post(token, room="slack:#ops-db"))[0] == 200
    [row] = await door.rows(sa.select(events.c.carried))
    assert json.loads(row.carried)["to"] == ["slack:#ops-db"]


WRONG: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
    "no room": (("slack:#ops-*",), {}, 400, "hook_room_missing"),
    "a room out of scope": (("slack:#dev",), {"room": "slack:#ops"}, 403, "hook_room_forbidden"),
    "a chat that is gone": (("mattermost:dev",), {}, 404, "chat_unknown"),
    "a room that is none": (("slack:",), {}, 403, "hook_room_forbidden"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=list(WRONG))
async def test_where_a_card_cannot_go_it_is_refused(door: Door, case: tuple[tuple[str, ...], dict[str, str], int, str]) -> None:
    """Before it is taken, with what to do."""
    rooms, query, status, code = case
    answer = await door.post(await door.token(*rooms), **query)
    assert (answer[0], json.loads(answer[1])["code"]) == (status, code)
    assert not await door.rows(sa.select(events))


async def test_a_bad_card_is_told_what_is_wrong(door: Door) -> None:
    """A problem document names the place."""
    status, body = await door.post(await door.token("slack:#dev"), b'{"text":"x","sections":[{"facts":[{"name":"a","value":[]}]}]}')
    assert status == 400 and json.loads(body)["code"] == "card_invalid" and "sections[0].facts[0].value" in json.loads(body)["detail"]
    assert (await door.post(await door.token("slack:#dev", name="other"), b"hello"))[0] == 400


async def test_a_card_has_a_size(door: Door) -> None:
    """Announced or not."""
    token = await door.token("slack:#dev")
    status, body = await door.post(token, b'{"text":"' + b"x" * 300_000 + b'"}')
    assert status == 413 and json.loads(body)["code"] == "body_too_large"
    assert (await door.post(token, b"{}", {"Content-Length": "300000"}))[0] == 413


async def test_whoever_tries_again_under_one_key_is_heard_once(door: Door) -> None:
    """Without one, every request is a card of its own: scripts send the same text twice and mean it."""
    token = await door.token("slack:#dev")
    for _ in range(2):
        assert await door.post(token, headers={"Idempotency-Key": "build-7"}) == (200, b"1")
    assert len(await door.rows(sa.select(events.c.id))) == 1
    for _ in range(2):
        await door.post(token)
    assert len(await door.rows(sa.select(events.c.id))) == 3


async def test_strangers_are_refused_and_the_token_is_never_written_down(door: Door) -> None:
    """Neither in the log nor in the audit, whether it is right or wrong."""
    token = await door.token("slack:#dev")
    await door.post(token)
    for wrong in ("lfh_guess", "", f"{token}x", token.upper()):
        assert (await door.post(wrong))[0] == 401
    await door.app.refusals.settled()
    assert await door.app.database.write(tokens.revoke_hook, "pipeline", door.app.clock.now())
    assert (await door.post(token))[0] == 401
    door.app.access.close()
    log = door.log.getvalue()
    assert "path=/teams/incoming/***" in log and token not in log and "lfh_guess" not in log
    entries = await door.rows(sa.select(audit))
    assert entries and not any("lfh_" in str(row) for row in entries)
