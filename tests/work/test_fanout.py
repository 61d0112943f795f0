"""Routing goes on whatever an event holds."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack
from services.postgres import Server
from structlog.testing import capture_logs

from leverframe.core.routes import Route
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import routing, to_us
from leverframe.work.fanout import Carried
from work.engine import engine
from work.github import push

pytestmark = pytest.mark.anyio


async def test_an_event_that_cannot_be_planned_holds_no_other_up(postgres_server: Server, postgres_template: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Its room has a name that PostgreSQL cannot keep: it is put off, and its neighbours are said at once."""
    url = postgres_server.lend(postgres_template)
    async with engine(url, clock, slack, Route(name="all", events=("*",), to=("slack:#dev",), thread="off")) as hub:
        await hub.receive("push", push(message="before"))
        broken = msgspec.json.encode(Carried(name="r", to=("slack:#a\0b",), events=("*",))).decode()
        id = hub.database.new_id()
        await hub.database.ingest(
            NewEvent(id=id, dedupe=b"0" * 16, source="github", delivery_id="1", name="push", action=None, repo=None, carried=broken,
                     received_us=to_us(clock.now()), headers=b"[]", body=msgspec.json.encode(push()))
        )  # fmt: skip
        await hub.receive("push", push(message="after"))
        with capture_logs() as logged:
            await hub.settle()
        assert [line["event_id"] for line in logged if line["event"] == "routing_failed"] == [id]
        # Side by side: they have no thread in common, and nothing paces the room.
        assert sorted("before" in str(message.blocks) for message in slack.messages("#dev")) == [False, True]
        assert [tuple(row) for row in await hub.rows(sa.select(routing.c.event_id, routing.c.attempt, routing.c.boot))] == [(id, 1, None)]
    postgres_server.take_back(url)
