"""CloudEvents at the door: both handshakes, binary, structured and batches, as a sender meets them; with the example of Azure Event Grid."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from leverframe.app import App, build
from leverframe.config import load
from leverframe.store.tables import bodies, events

pytestmark = pytest.mark.anyio

EXAMPLE = Path(__file__).parents[2] / "examples" / "event-grid.toml"
TOKEN = {"X-Hub-Token": "t0ken"}
STRUCTURED = {**TOKEN, "Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {**TOKEN, "Content-Type": "application/cloudevents-batch+json"}


def event(id: str = "1", **more: Any) -> dict[str, Any]:
    """An event of Azure's storage, as https://learn.microsoft.com/azure/event-grid/cloud-event-schema has it."""
    return {
        "specversion": "1.0", "type": "Microsoft.Storage.BlobCreated", "source": "/subscriptions/s/storageAccounts/a", "id": id, "time": "2026-05-01T12:00:00Z",
        "subject": "blobServices/default/containers/c/blobs/보고서.pdf", "data": {"api": "PutBlockList", "contentLength": 447}, **more,
    }  # fmt: skip


@pytest.fixture
async def app(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[App]:
    """The example; a parameter is the header with the token instead of the example's."""
    (tmp_path / "leverframe.toml").write_text(EXAMPLE.read_text().replace("X-Hub-Token", getattr(request, "param", "X-Hub-Token")))
    made = await build(load(tmp_path / "leverframe.toml", {"AZURE_EVENTS_TOKEN": "t0ken", "SLACK_BOT_TOKEN": "xoxb-1"}), log_to=StringIO())
    yield made
    await made.stop()


async def ask(app: App, method: str, headers: dict[str, str], body: Any = b"", path: str = "/in/azure") -> tuple[int, dict[bytes, bytes], Any]:
    sent: list[Any] = []
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "client": ("192.0.2.7", 1),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    said = sent[1]["body"]
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(said) if said else None


async def kept(app: App) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in await app.database.read(lambda c: c.execute(sa.select(events.c.name, events.c.action).order_by(events.c.id)).all())]


async def test_who_asks_whether_it_may_send_is_told(app: App) -> None:
    """The webhook handshake of CloudEvents: the origin that is allowed is answered, another one is refused, and no token is needed to ask."""
    status, headers, body = await ask(app, "OPTIONS", {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"})
    assert (status, headers[b"webhook-allowed-origin"], headers[b"webhook-allowed-rate"], body) == (200, b"eventgrid.azure.net", b"*", None)
    status, headers, body = await ask(app, "OPTIONS", {"WebHook-Request-Origin": "evil.example.com"})
    assert (status, body["code"]) == (403, "origin_not_allowed")
    assert b"webhook-allowed-origin" not in headers
    for origin in ("", "a\nb", "x" * 301):
        status, _, body = await ask(app, "OPTIONS", {"WebHook-Request-Origin": origin})
        assert (status, body["code"]) == (400, "header_invalid")
    assert await kept(app) == []


async def test_event_grid_s_validation_is_answered(app: App) -> None:
    """The validation event of Event Grid's own schema: its code is answered to whoever knows the token, and nothing is kept."""
    validation = [{"id": "1", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "512d38b6"}}]
    asked = {"Content-Type": "application/json", "aeg-event-type": "SubscriptionValidation"}
    assert (await ask(app, "POST", {**asked, **TOKEN}, validation))[::2] == (200, {"validationResponse": "512d38b6"})
    status, _, body = await ask(app, "POST", asked, validation)
    assert (status, body["code"]) == (401, "signature_missing")
    for nonsense in ([], [{}], {}, b"[", [1], [{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"}]):
        assert (await ask(app, "POST", {**asked, **TOKEN}, nonsense))[0] == 400
    assert await kept(app) == []


async def test_events_come_in_three_ways(app: App) -> None:
    """One object, headers with a body, and a list: each event is kept once; one that is sent again is a repeat."""
    status, _, one = await ask(app, "POST", STRUCTURED, event("1"))
    assert (status, one["duplicate"]) == (202, False)
    binary = {**TOKEN, "Content-Type": "application/json", "ce-specversion": "1.0", "ce-type": "com.example.order.created", "ce-source": "/shop", "ce-id": "A%20%EA%B0%80"}
    assert (await ask(app, "POST", binary, {"order": 7}))[0] == 202
    raw = {**binary, "Content-Type": "image/png", "ce-id": "2"}
    assert (await ask(app, "POST", raw, b"\x89PNG"))[0] == 202
    status, _, many = await ask(app, "POST", BATCH, [event("1"), event("2"), event("3")])
    assert (status, [told["duplicate"] for told in many["events"]]) == (202, [True, False, False])
    assert (await ask(app, "POST", BATCH, [event("3")]))[2]["duplicate"]
    assert await kept(app) == [
        ("Microsoft", "Storage.BlobCreated"), ("com", "example.order.created"), ("com", "example.order.created"), ("Microsoft", "Storage.BlobCreated"), ("Microsoft", "Storage.BlobCreated"),
    ]  # fmt: skip


async def test_what_github_s_adapter_tells_is_githubs(app: App) -> None:
    """Its types begin with com.github: such an event was one called com, which no route of GitHub's names and no webhook of a project meant."""
    pull = {"number": 7, "title": "쿠폰", "html_url": "https://github.com/acme/web/pull/7"}
    opened = event("1", type="com.github.pull_request.opened", subject="7", data={"action": "opened", "pull_request": pull, "repository": {"full_name": "acme/web"}})
    assert (await ask(app, "POST", STRUCTURED, opened))[0] == 202
    assert (await ask(app, "POST", STRUCTURED, event("2", type="com.github.push", data={"ref": "refs/heads/main"})))[0] == 202
    assert await kept(app) == [("pull_request", "opened"), ("push", None)]


async def test_data_is_any_json_or_none(app: App) -> None:
    """In a body of its own as within an event: a list was refused there, and an event whose type is all that it has to say."""
    binary = {**TOKEN, "Content-Type": "application/json", "ce-specversion": "1.0", "ce-type": "com.example.counted", "ce-source": "/shop"}
    for number, data in enumerate((b"[1, 2]", b'"text"', b"null", b"7", b"")):
        assert (await ask(app, "POST", {**binary, "ce-id": str(number)}, data))[0] == 202
    for data in (b"1, 2", b'1, "id": "2"', b"{"):
        assert (await ask(app, "POST", {**binary, "ce-id": "9"}, data))[2]["code"] == "json_invalid"
    assert len(await kept(app)) == 5


@pytest.mark.parametrize("app", ["X-Api-Key"], indirect=True)
async def test_the_header_with_the_token_is_not_kept_whatever_it_is_called(app: App) -> None:
    """Only headers were left out whose names sound like a secret: a token in X-Api-Key was stored, and shown with the event."""
    for type_, body in (("application/cloudevents+json", event("1")), ("application/cloudevents-batch+json", [event("2"), event("3")])):
        assert (await ask(app, "POST", {"X-Api-Key": "t0ken", "X-Request-Id": "7", "Content-Type": type_}, body))[0] == 202
    rows = await app.database.read(lambda c: c.execute(sa.select(bodies.c.headers)).scalars().all())
    assert len(rows) == 3
    for row in rows:
        assert b"t0ken" not in row and b"x-request-id" in row


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        (BATCH, [], "json_invalid"),
        (BATCH, {}, "json_invalid"),
        (BATCH, [event(), 1], "json_invalid"),
        (BATCH, [event(), event(id="")], "delivery_id_missing"),
        (BATCH, [event(str(number)) for number in range(1_001)], "json_invalid"),
        (BATCH, b"[]}, {", "json_invalid"),
        (STRUCTURED, [event()], "json_invalid"),
        (STRUCTURED, event(type=""), "event_missing"),
        (STRUCTURED, event(type=7), "event_missing"),
        (STRUCTURED, event(id=None), "delivery_id_missing"),
        ({**TOKEN, "Content-Type": "application/json"}, event(), "content_type_unsupported"),
        ({**TOKEN, "Content-Type": "application/json", "ce-type": "a\xff"}, {}, "header_invalid"),
        ({**STRUCTURED, "X-Hub-Token": "t0keN"}, event(), "signature_invalid"),
        ({"Content-Type": "application/cloudevents+json"}, event(), "signature_missing"),
    ],
)  # fmt: skip
async def test_what_is_no_cloudevent_is_refused_whole(app: App, headers: dict[str, str], body: Any, code: str) -> None:
    """With a 4xx and its reason; of a batch with one that is none, none is kept."""
    status, _, said = await ask(app, "POST", headers, body)
    assert 400 <= status < 500
    assert said["code"] == code
    assert await kept(app) == []


async def test_other_methods_and_other_doors_are_as_before(app: App) -> None:
    """Only who sends CloudEvents is greeted."""
    for method in ("GET", "PUT", "DELETE"):
        assert (await ask(app, method, TOKEN))[0] == 405
    assert (await ask(app, "OPTIONS", {"WebHook-Request-Origin": "a"}, path="/in/other"))[0] == 405
