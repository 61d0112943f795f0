"""What a repeat at the door sets in motion."""

from __future__ import annotations

import pytest
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Route
from leverframe.store.deliveries import State
from work.engine import engine
from work.github import push

pytestmark = pytest.mark.anyio


async def test_a_repeat_that_revives_a_dead_letter_wakes_the_deliverer(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """GitHub's "Redeliver" woke the loop that routes, which had nothing to do: the message came with the next look, up to five seconds later."""
    async with engine(database_url, clock, slack, Route(name="all", events=("*",), to=("slack:#nowhere",))) as hub:
        await hub.receive("push", push(), guid="same")
        await hub.settle()
        assert await hub.states() == [State.DEAD]
        for bell in (hub.deliverer.bell, hub.fanout.bell):
            await bell.wait(0)  # what rang until now
        slack.channel("nowhere")
        receipt = await hub.receive("push", push(), guid="same")
        assert (receipt.duplicate, receipt.revived) == (True, 1)
        assert await hub.deliverer.bell.wait(0)
        assert not await hub.fanout.bell.wait(0)
        await hub.settle()
        assert len(slack.messages("#nowhere")) == 1
