"""Projects' webhooks from outside: registered as a stranger would, sent by a hub of its own process, verified as receivers verify."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fakes.subscriber import FakeSubscribers, Got
from standardwebhooks import Webhook

from acceptance.processes import Hub, signed
from leverframe.core.signing import verify_github

pytestmark = pytest.mark.anyio
SECRET = "열려라 참깨"
FORMATS = ("yobi", "github", "standard_webhooks", "cloudevents", "text", "slack", "hangout")
SETTINGS = """
[outbound]
allow = ["127.0.0.0/8"]
[projects."acme/web"]
id = 33
overview = "웹"
[pushers.hello]
name = "김헬로"
"""
PUSH = {
    "ref": "refs/heads/main", "before": "1" * 40, "after": "2" * 40, "created": False, "deleted": False, "forced": False, "compare": "https://git.example/c",
    "commits": [{"id": "2" * 40, "message": "한글 메시지\n", "timestamp": "2026-06-12T13:05:21+09:00", "url": "https://git.example/2",
                 "author": {"name": "hello", "email": "h@x"}, "committer": {"name": "hello", "email": "h@x"}, "added": ["새 파일.md"], "modified": [], "removed": []}],
    "head_commit": None, "pusher": {"name": "hello", "email": "h@x"}, "sender": {"login": "hello", "id": 2, "type": "User"},
    "repository": {"id": 7, "name": "web", "full_name": "acme/web", "owner": {"login": "acme"}, "html_url": "https://git.example/acme/web", "private": False},
}  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that may send to this machine."""
    with Hub(tmp_path, api_url="http://127.0.0.1:9/", routes=SETTINGS) as started:
        yield started
    assert started.complaints() == []


def token(hub: Hub) -> dict[str, str]:
    """Return the header of an API token that may manage acme's webhooks."""
    issued = json.loads(hub.command("tokens", "create", "stranger", "--grant", "hooks.manage acme/*", "--days", "1", "--json"))
    return {"Authorization": f"Bearer {issued['token']}"}


async def heard(subscribers: FakeSubscribers, count: int) -> dict[str, Got]:
    """Return what was heard, by the subscriber's name, once it is ``count`` requests."""
    deadline = time.monotonic() + 30
    while len(subscribers.got) < count:
        assert time.monotonic() < deadline, [got.path for got in subscribers.got]
        await asyncio.sleep(0.02)
    return {got.path.strip("/"): got for got in subscribers.got}


async def test_a_push_reaches_every_format_signed_as_its_receivers_expect(hub: Hub) -> None:
    """Registered by form, as Yobi's page has it; one event of GitHub, seven formats, each verified by the official library; nobody hears of
    another project."""
    grant = token(hub)
    async with FakeSubscribers() as subscribers:
        for format in FORMATS:
            form = urlencode({"payloadUrl": subscribers.url(format), "secret": SECRET, **({} if format == "yobi" else {"format": format, "events": "push"})})
            answer = hub.ask("POST", "/acme/web/webhooks", form.encode(), {**grant, "Content-Type": "application/x-www-form-urlencoded"})
            assert (answer.status, answer.headers["location"]) == (303, "/acme/web/webhooks"), answer.body
        other = json.dumps({"payloadUrl": subscribers.url("other"), "format": "github"}).encode()
        assert hub.ask("POST", "/acme/api/webhooks", other, {**grant, "Content-Type": "application/json"}).status == 201
        body, _ = signed("push", PUSH, "guid-1")
        assert hub.take("push", PUSH, "guid-1").status == 202
        got = await heard(subscribers, len(FORMATS))
        assert set(got) == set(FORMATS) and len({one.headers["webhook-id"] for one in got.values()}) == len(FORMATS)
        for one in got.values():
            Webhook(SECRET.encode()).verify(one.body, one.headers, json_parse=False)
        said: dict[str, Any] = {name: json.loads(one.body) for name, one in got.items()}

        github = {name.lower(): value for name, value in got["github"].headers.items()}
        assert got["github"].body == body and github["x-github-event"] == "push" and github["x-github-delivery"] == "guid-1"
        verify_github([SECRET.encode()], body, github["x-hub-signature-256"].encode())
        yobi = said["yobi"]
        assert list(yobi) == ["ref", "commits", "head_commit", "sender", "pusher", "repository"] and yobi["ref"] == ["refs/heads/main"]
        assert yobi["commits"] == [yobi["head_commit"]] and yobi["commits"][0]["timestamp"] == "2026-06-12T13:05:21+0900"
        assert yobi["pusher"]["name"] == "김헬로" and (yobi["repository"]["id"], yobi["repository"]["overview"]) == (33, "웹")
        assert said["cloudevents"]["type"] == "com.github.push" and said["standard_webhooks"]["type"] == "push"
        for name in ("text", "slack", "hangout"):
            assert said[name]["text"].startswith("[web] 김헬로 ")


async def test_a_test_arrives_and_its_attempt_is_shown(hub: Hub) -> None:
    """What was tried stands on the webhook's page with the answer; after a rotation both secrets verify."""
    grant = {**token(hub), "Content-Type": "application/json"}
    async with FakeSubscribers() as subscribers:
        made = hub.ask("POST", "/acme/web/webhooks", json.dumps({"payloadUrl": subscribers.url("a"), "secret": SECRET, "format": "github"}).encode(), grant).document
        rotated = hub.ask("POST", made["path"], b'{"action": "rotate"}', grant).document
        assert hub.ask("POST", made["path"], b'{"action": "test"}', grant).status == 200
        got = (await heard(subscribers, 1))["a"]
        for secret in (SECRET.encode(), rotated["secret"]):
            Webhook(secret).verify(got.body, got.headers)
        assert json.loads(got.body)["hook_id"] == made["id"]

        def tried() -> list[Any]:
            shown = hub.ask("GET", made["path"], headers={**grant, "Accept": "application/json"}).document
            return [(one["state"], [attempt["status"] for attempt in one["attempts"]]) for one in shown["deliveries"]]

        deadline = time.monotonic() + 30
        while tried() != [("sent", [200])]:
            assert time.monotonic() < deadline, tried()
            await asyncio.sleep(0.05)
