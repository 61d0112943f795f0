"""Events that keep coming are delivered while they come.

A destination that was let go and was due again in the same moment was once taken and then forgotten by its own process:
under a steady load every room fell silent within a tenth of a second, and a burst at rest never showed it.
"""

from __future__ import annotations

import asyncio

import pytest
from databases import database_url  # noqa: F401
from fakes.slack import FakeSlack
from work.engine import engine
from work.github import push

from leverframe.app import SystemClock
from leverframe.core.routes import Route

pytestmark = pytest.mark.anyio
ROUTE = Route(name="all", events=("push",), to=("slack:#dev",), thread="off")
EVENTS, SENDERS = 1200, 4


async def test_a_room_under_steady_load_hears_everything(database_url: str) -> None:  # noqa: F811
    """Twelve hundred pushes, a few at a time, all arrive although the loops never come to rest between them."""
    async with FakeSlack(channels=["dev"]) as slack, engine(database_url, SystemClock(), slack, ROUTE) as hub:  # type: ignore[arg-type]
        loops = [asyncio.create_task(hub.fanout.run()), asyncio.create_task(hub.deliverer.run())]
        for n in range(0, EVENTS, SENDERS):
            await asyncio.gather(*(hub.receive("push", push(message=f"commit {n + sender}")) for sender in range(SENDERS)))
            await asyncio.sleep(0.001)
        async with asyncio.timeout(60):
            while len(slack.messages("#dev")) < EVENTS:
                await asyncio.sleep(0.02)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
