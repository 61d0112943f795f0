"""A sample goes out as GitHub would send it, over real HTTP, and the door's own answer comes back."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from leverframe.core.errors import Refused
from leverframe.net import Outbound
from leverframe.samples import Story, load
from leverframe.work.simulate import send_sample

pytestmark = pytest.mark.anyio
SAMPLE = load("push", Story(100).ids("push", datetime(2026, 1, 1, tzinfo=UTC)))


@asynccontextmanager
async def door(status: int, body: bytes) -> AsyncIterator[tuple[str, list[tuple[web.Request, bytes]]]]:
    """A door that notes what it gets and answers as told."""
    got: list[tuple[web.Request, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((request, await request.read()))
        return web.Response(status=status, body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/in/{source}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", got
    finally:
        await runner.cleanup()


async def test_it_is_signed_and_named_as_github_does_it() -> None:
    """The signature is over the very bytes; event, delivery and agent are in the headers."""
    outbound = Outbound()
    async with door(202, b'{"id":"evt_1","duplicate":false}') as (url, got):
        answer = await send_sample(outbound, url, "s3cret", "github", SAMPLE)
        await outbound.close()
    ((request, body),) = got
    assert request.path == "/in/github"
    assert body == SAMPLE.payload
    assert request.headers["X-Hub-Signature-256"] == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert request.headers["X-GitHub-Event"] == "push"
    assert uuid.UUID(request.headers["X-GitHub-Delivery"]).version == 4
    assert request.headers["X-GitHub-Delivery"] == answer.delivery_id
    assert request.headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert (answer.status, answer.event_id, answer.duplicate) == (202, "evt_1", False)


async def test_the_same_delivery_can_be_sent_again() -> None:
    """With its id it is a redelivery, and the door's word for it is passed on."""
    outbound = Outbound()
    async with door(202, b'{"id":"evt_1","duplicate":true}') as (url, got):
        answer = await send_sample(outbound, url, "s", "github", SAMPLE, delivery_id="d-1")
        await outbound.close()
    assert got[0][0].headers["X-GitHub-Delivery"] == "d-1"
    assert answer.duplicate is True


@pytest.mark.parametrize("body", [b'{"code":"signature_invalid","remedy":"Use the same secret"}', b"<html>", b"[]"])
async def test_a_refusal_is_an_answer_too(body: bytes) -> None:
    """What is refused has no event; its problem document is passed on when there is one."""
    outbound = Outbound()
    async with door(401, body) as (url, _):
        answer = await send_sample(outbound, url, "s", "github", SAMPLE)
        await outbound.close()
    assert (answer.status, answer.event_id, answer.duplicate) == (401, None, False)
    assert answer.problem == (json.loads(body) if body.startswith(b"{") else {})


async def test_a_door_that_is_not_there_is_told() -> None:
    """Nothing listens: a refusal with its remedy, not an error of the program."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    outbound = Outbound()
    with pytest.raises(Refused, match="door_unreachable"):
        await send_sample(outbound, f"http://127.0.0.1:{port}", "s", "github", SAMPLE)
    await outbound.close()
