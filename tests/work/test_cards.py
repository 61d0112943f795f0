"""A card shows how its subject stands, whatever is sent again and in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Quiet, Route
from leverframe.store.deliveries import State
from leverframe.store.tables import cards, deliveries
from work.engine import engine
from work.github import comment, issue

pytestmark = pytest.mark.anyio
ALL = Route(name="all", events=("*",), to=("slack:#dev",))


async def test_a_card_is_not_turned_back_in_time(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """An issue was opened and closed. Then somebody sent the first message again, and the card said "opened" once more."""
    async with engine(database_url, clock, slack, ALL) as hub:
        for action, state in (("opened", "open"), ("closed", "closed")):
            await hub.receive("issues", issue(action, state=state))
            await hub.settle()
        opened, closed = [row.id for row in await hub.rows(sa.select(deliveries.c.id).order_by(deliveries.c.id))]
        assert [row.delivery_id for row in await hub.rows(sa.select(cards.c.delivery_id))] == [closed]
        assert await hub.redrive.retry([opened]) == 1
        await hub.settle()
        (card,) = slack.messages("#dev")
        assert "closed" in card.text and card.edits == 1
        assert await hub.states() == [State.COALESCED, State.SENT]
        await hub.redrive.retry([closed])  # what the card shows may be shown again
        await hub.settle()
        assert (card.edits, await hub.states()) == (2, [State.COALESCED, State.SENT])


async def test_what_quiet_hours_held_back_does_not_turn_a_card_back(database_url: str, slack: FakeSlack) -> None:
    """One route to the room is quiet until eight, another says in the night that the issue is closed: at eight that still holds."""
    clock = VirtualClock(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))  # 23:00 in Seoul
    quiet = Route(name="opened", events=("issues.opened",), to=("slack:#dev",), quiet=Quiet(start=time(22), end=time(8)))
    async with engine(database_url, clock, slack, quiet, Route(name="closed", events=("issues.closed",), to=("slack:#dev",))) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.settle()
        await hub.receive("issues", issue("closed", state="closed"))
        await hub.settle()
        clock.advance(hours=10)
        await hub.settle()
        (card,) = slack.messages("#dev")
        assert "closed" in card.text and not card.edits
        assert await hub.states() == [State.COALESCED, State.SENT]


async def test_cards_that_were_never_posted_are_told_in_their_order(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Where all messages of a subject are dead there is no card to turn back: sent again, the first posts it and the last is what it says."""
    async with engine(database_url, clock, slack, Route(name="all", events=("*",), to=("slack:#nowhere",))) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.receive("issue_comment", comment())
        await hub.settle()
        await hub.receive("issues", issue("closed", state="closed"))
        await hub.settle()
        assert await hub.states() == [State.DEAD] * 3
        slack.channel("nowhere")
        ids = [row.id for row in await hub.rows(sa.select(deliveries.c.id).order_by(deliveries.c.id))]
        for id in ids:
            await hub.redrive.retry([id])
            await hub.settle()
        card, reply = slack.messages("#nowhere")
        assert reply.thread_ts == card.ts and "closed" in card.text and card.edits == 1
        assert await hub.states() == [State.SENT] * 3
