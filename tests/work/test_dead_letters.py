"""What a dead letter tells, and which deliveries can be sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.errors import PROBLEMS
from leverframe.core.routes import Route
from leverframe.store.deliveries import State
from leverframe.store.tables import bodies, deliveries
from leverframe.work import library, redrive
from leverframe.work.send import Sender
from work.engine import engine
from work.github import push

pytestmark = pytest.mark.anyio
ROUTE = Route(name="all", events=("push",), to=("slack:#dev",))


@pytest.mark.parametrize("code", ["chat_unknown", "body_expired", "wording_failed"])
async def test_every_dead_letter_has_a_sentence_and_a_remedy(
    sqlite_url: str, clock: VirtualClock, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A chat that left the configuration, a body past its retention and an event without words were dead with a bare code."""
    async with engine(sqlite_url, clock, slack, Route(name="all", events=("push",), to=("teams:dev" if code == "chat_unknown" else "slack:#dev",))) as hub:
        if code == "body_expired":
            monkeypatch.setattr(library, "KEPT", 0)  # as after a restart
        await hub.receive("push", push())
        await hub.fanout.step()
        if code == "body_expired":
            await hub.database.write(lambda connection: connection.execute(bodies.delete()).rowcount)
        if code == "wording_failed":
            monkeypatch.setattr(hub.deliverer, "_sender", Sender({}, lambda event, route: 1 / 0, lambda event, chat, message: {}))  # type: ignore[arg-type, return-value]
        await hub.settle()
        assert {row.code for row in await hub.rows(sa.select(deliveries.c.code).where(deliveries.c.state == State.DEAD))} == {code}
        assert PROBLEMS[code].en[1] and PROBLEMS[code].ko[1]


async def test_what_was_sent_stays_sent_when_its_body_is_gone(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Everything sent in a week was to be sent again: what was older than its body turned from sent into dead letters."""
    async with engine(database_url, clock, slack, ROUTE) as hub:
        first = await hub.receive("push", push(message="old"))
        await hub.settle()
        clock.advance(days=8)
        await hub.receive("push", push(message="new"))
        await hub.settle()
        await hub.database.write(lambda connection: connection.execute(bodies.delete().where(bodies.c.event_id == first.id)).rowcount)
        since = clock.now() - timedelta(days=30)
        count = await hub.redrive.retry_matching(state="sent", destination=None, since=since, until=None, route=None, rate_per_s=None)
        await hub.settle()
        assert count == 1
        assert await hub.states() == [State.SENT, State.SENT]
        assert len(slack.messages("#dev")) == 3


async def test_a_long_retry_begins_with_the_oldest(database_url: str, clock: VirtualClock, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than one bite the newest came first: a room was told its week backwards, five hundred messages at a time."""
    monkeypatch.setattr(redrive, "BITE", 3)
    async with engine(database_url, clock, slack, Route(name="all", events=("push",), to=("slack:#nowhere",), thread="off")) as hub:
        for number in range(8):
            await hub.receive("push", push(message=f"number {number}"))
        await hub.settle()
        slack.channel("nowhere")
        count = await hub.redrive.retry_matching(state="dead", destination=None, since=None, until=None, route=None, rate_per_s=1)
        for _ in range(8):
            await hub.settle()
            clock.advance(seconds=1)
        assert count == 8
        assert [int(str(message.blocks).partition("number ")[2][0]) for message in slack.messages("#nowhere")] == list(range(8))
