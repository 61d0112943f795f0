"""When a destination is said to back off, and when it is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Route
from leverframe.store.deliveries import State
from leverframe.store.tables import destinations
from work.engine import engine
from work.github import push

pytestmark = pytest.mark.anyio
OFF = Route(name="all", events=("*",), to=("slack:#dev",), thread="off")


async def test_a_refusal_is_an_answer(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Slack was away, came back and refused one message: the room was called "backing off" for ever, and new messages could wait."""
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.mode = "down"
        await hub.receive("push", push())
        await hub.settle()
        assert [tuple(row) for row in await hub.rows(sa.select(destinations.c.failures, destinations.c.last_error))] == [(1, "slack_unavailable")]
        slack.mode, slack._channels["dev"].archived = "ok", True
        clock.advance(minutes=1)
        await hub.settle()
        assert await hub.states() == [State.DEAD]
        assert [tuple(row) for row in await hub.rows(sa.select(destinations.c.failures, destinations.c.last_error))] == [(0, None)]


async def test_what_went_well_beside_a_limit_does_not_lift_it(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Of two messages under way together Slack took one and asked to wait with the other: a third one went out at once all the same."""
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.retry_after_s = 30
        slack.next_modes.append("limited")
        for number in range(2):
            await hub.receive("push", push(message=f"number {number}"))
        await hub.settle()
        assert sorted(await hub.states()) == [State.OWED, State.SENT]
        began = clock.now()
        await hub.receive("push", push(message="number 2"))
        await hub.settle()
        assert len(slack.messages("#dev")) == 1 and clock.now() - began < timedelta(seconds=29)
        clock.advance(seconds=30)
        await hub.settle()
        assert len(slack.messages("#dev")) == 3
