"""Routes that look at labels: what they wait for, and where their filters are answered."""

from __future__ import annotations

import asyncio
import threading

import msgspec
import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack
from msgspec.structs import replace

from leverframe.core.events import Event
from leverframe.core.routes import Labels, Route
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import label_waits, mutes, to_us
from leverframe.work.fanout import Carried
from work.engine import engine
from work.github import comment, issue

pytestmark = pytest.mark.anyio


async def test_a_filter_beside_labels_holds_up_no_transaction(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """It was asked once more while the plan was being written: a slow filter stood in the way of every event at the door."""
    asked, written = threading.Event(), threading.Event()
    free: list[bool] = []

    def slow(_: str, __: Event) -> bool:
        asked.set()
        free.append(written.wait(5.0))
        return True

    route = Route(name="bugs", events=("issues",), labels=Labels(any=("bug",)), where="slow", to=("slack:#dev",))
    async with engine(database_url, clock, slack, route, where=slow) as hub:
        await hub.receive("issues", issue("opened"))
        routing = asyncio.create_task(hub.fanout.step())
        assert await asyncio.to_thread(asked.wait, 5.0)
        await hub.database.write(lambda connection: connection.execute(sa.select(mutes.c.target)).all())
        written.set()
        await routing
        assert free == [True]
        await hub.receive("issues", issue("labeled", labels=("bug",)))
        await hub.settle()
        assert len(slack.messages("#dev")) == 1


async def test_what_carried_its_own_routing_waits_for_no_label(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """An event of /hook goes where its address says: a label that comes later does not send it through a configured route."""
    route = Route(name="bugs", events=("issues",), labels=Labels(any=("bug",)), to=("slack:#ops",))
    async with engine(sqlite_url, clock, slack, route) as hub:
        for number, payload in enumerate((issue("opened"), issue("labeled", labels=("bug",)))):
            await hub.database.ingest(
                NewEvent(
                    id=hub.database.new_id(), dedupe=bytes([number]) * 16, source="github", delivery_id=str(number), name="issues", action=payload["action"],
                    repo="acme/web", carried=msgspec.json.encode(Carried(name="hook ci", to=("slack:#dev",), events=("*",))).decode(),
                    received_us=to_us(clock.now()), headers=b"[]", body=msgspec.json.encode(payload),
                )
            )  # fmt: skip
        await hub.settle()
        assert len(slack.messages("#dev")) == 1 and not slack.messages("#ops")
        assert not await hub.rows(sa.select(label_waits))


LABELLED = Route(name="bugs", events=("issues.opened", "issue_comment"), labels=Labels(any=("bug",)), to=("slack:#dev",))
EVERYTHING = Route(name="all", events=("issues.labeled",), to=("slack:#dev",))


async def test_a_label_and_the_event_that_it_fires_are_two_messages(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """With threads off, the room heard of the label and never of the issue that had waited for it."""
    async with engine(database_url, clock, slack, replace(EVERYTHING, thread="off"), replace(LABELLED, thread="off")) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.receive("issues", issue("labeled", labels=("bug",)))
        await hub.settle()
        said = hub.texts("#dev")
        assert len(said) == 2 and any("opened" in text for text in said)


async def test_a_comment_that_waited_for_a_label_is_not_lost_on_the_card(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The label's own event updates the card, and the comment that it fires is said below: it does not vanish into the update."""
    async with engine(database_url, clock, slack, EVERYTHING, LABELLED) as hub:
        await hub.receive("issue_comment", comment(body="I see it too"))
        await hub.receive("issues", issue("labeled", labels=("bug",)))
        await hub.settle()
        card, reply = slack.messages("#dev")
        assert reply.thread_ts == card.ts and "I see it too" in str(reply.blocks)
