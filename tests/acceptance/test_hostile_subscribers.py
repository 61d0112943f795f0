"""A project's subscribers mean harm, all at once, while a real hub serves one that means well: it waits for none of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fakes import hostile as bad
from fakes.hostile import Subscriber, hostile
from fakes.subscriber import FakeSubscribers

from acceptance.processes import Hub, push
from leverframe.cli.hub import Hub as Client
from leverframe.config import control_socket

pytestmark = pytest.mark.anyio
PUSHES, WITHIN_S, GROWTH_BYTES = 24, 60, 60_000_000
SETTINGS = '[outbound]\nallow = ["127.0.0.1"]\ntimeout_s = 1\n'
SUBSCRIBERS: Mapping[str, tuple[Subscriber, str | None]] = {
    # what it does, and with which code its first try ends: None is success, for 200 was said and no more was asked for
    "answers slowly for ever": (bad.slow, "hook_answer_lost"),
    "never answers": (bad.silent, "hook_answer_lost"),
    "resets": (bad.resetting, "hook_answer_lost"),
    "sends 10 GB": (bad.ten_gigabytes, None),
    "never ends": (bad.endless, None),
    "sends headers without end": (bad.heads, "hook_answer_lost"),
    "sends a bomb": (bad.bomb, None),
    "announces more than it sends": (bad.too_short, "hook_answer_lost"),
    "announces less than it sends": (bad.too_long, None),
    "announces two lengths": (bad.two_lengths, "hook_answer_lost"),
    "speaks another protocol": (bad.noise, "hook_answer_lost"),
    "redirects to the metadata address": (bad.redirecting, "hook_redirected"),
}


async def test_whoever_means_harm_costs_the_others_nothing(tmp_path: Path) -> None:
    """Each ends as the table says; the good one hears every push in time, the hub's memory stays, and nobody of the inside was asked."""
    with Hub(tmp_path, api_url="http://127.0.0.1:9/", routes=SETTINGS) as hub:
        async with AsyncExitStack() as stack:
            good = await stack.enter_async_context(FakeSubscribers())
            operator = Client(socket_file=control_socket(hub.config, hub.environ)[0])
            made: dict[str, str] = {}
            for name, (subscriber, _) in SUBSCRIBERS.items():
                port = await stack.enter_async_context(hostile(subscriber, b'/ann"}}'))
                made[name] = await asyncio.to_thread(_subscribe, operator, f"http://127.0.0.1:{port}/")
            await asyncio.to_thread(_subscribe, operator, good.url("good"))
            before = hub.rss_bytes()
            began = time.monotonic()
            for number in range(PUSHES):
                assert (await asyncio.to_thread(hub.take, "push", push(f"word {number}", number % 8))).status == 202
            while len(good.got) < PUSHES:
                assert time.monotonic() - began < WITHIN_S, f"{len(good.got)} of {PUSHES}"
                await asyncio.sleep(0.02)
            for name, (_, code) in SUBSCRIBERS.items():
                assert await _first_code(operator, made[name]) == code, name
            assert hub.ready() and hub.rss_bytes() - before < GROWTH_BYTES
            assert len({one.id for one in good.got}) == len(good.got) == PUSHES
        assert hub.complaints() == []


def _subscribe(operator: Client, url: str) -> str:
    return str(operator.post("/acme/web/webhooks", {"payloadUrl": url, "format": "github", "events": "push"})["path"])


async def _first_code(operator: Client, path: str) -> str | None:
    """Return the code of the first try that was made at a webhook."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        shown: Any = await asyncio.to_thread(operator.get, path)
        tries = [attempt for one in reversed(shown["deliveries"]) for attempt in one["attempts"]]
        if tries:
            return tries[0]["code"]  # type: ignore[no-any-return]
        assert time.monotonic() < deadline, json.dumps(shown)[:500]
        await asyncio.sleep(0.1)
