"""From the door to the room: routed, threaded, paced, tried again, dead, revived. On SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Labels, Quiet, Route
from leverframe.store import mutes
from leverframe.store.deliveries import State
from leverframe.store.tables import deliveries, destinations, routing
from work.engine import engine
from work.github import comment, issue, push

pytestmark = pytest.mark.anyio

ALL = Route(name="all", events=("*",), to=("slack:#dev",))
OFF = Route(name="all", events=("*",), to=("slack:#dev",), thread="off")


async def test_an_event_becomes_one_message(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """An accepted event is routed, worded and said once, and nothing is left waiting."""
    async with engine(database_url, clock, slack, OFF) as hub:
        receipt = await hub.receive("issues", issue("opened", title="It breaks <!channel>"))
        await hub.settle()
        assert not receipt.duplicate
        assert len(hub.texts("#dev")) == 1 and "&lt;!channel&gt;" in str(slack.messages("#dev")[0].blocks)
        assert await hub.states() == [State.SENT]
        assert not await hub.rows(sa.select(routing))
        assert [row.due_at for row in await hub.rows(sa.select(destinations.c.due_at))] == [None]


async def test_a_repeat_is_told_and_not_said_again(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The same delivery id is the same event, also while its first message is still on its way."""
    async with engine(database_url, clock, slack, OFF) as hub:
        first = await hub.receive("issues", issue("opened"), guid="same")
        second = await hub.receive("issues", issue("opened"), guid="same")
        await hub.settle()
        third = await hub.receive("issues", issue("opened"), guid="same")
        await hub.settle()
        assert (first.duplicate, second.duplicate, third.duplicate) == (False, True, True)
        assert first.id == second.id == third.id
        assert len(hub.texts("#dev")) == 1


async def test_a_subject_has_one_card_and_its_replies(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The first event posts the card, changes of state update it in place, comments reply below it."""
    async with engine(database_url, clock, slack, ALL) as hub:
        for event, payload in (("issues", issue("opened")), ("issue_comment", comment()), ("issues", issue("closed", state="closed"))):
            await hub.receive(event, payload)
            await hub.settle()
        card, reply = slack.messages("#dev")
        assert reply.thread_ts == card.ts and card.thread_ts is None
        assert card.edits == 1 and "closed" in card.text


async def test_a_label_leaves_the_card_saying_how_the_subject_stands(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """An update of a detail rewrites the card with that detail: it does not become a message about the label."""
    async with engine(database_url, clock, slack, ALL) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.receive("issues", issue("labeled", labels=("bug",)))
        await hub.settle()
        (card,) = slack.messages("#dev")
        assert "opened" in card.text and "bug" in str(card.blocks)


async def test_updates_coalesce_replies_do_not(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Of updates that wait together only the last is sent; every comment is said."""
    async with engine(database_url, clock, slack, ALL, posts_per_second=1) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.settle()
        for n in range(5):
            await hub.receive("issues", issue("edited", title=f"Title {n}"))
            await hub.receive("issue_comment", comment(body=f"comment {n}"))
        await hub.settle()
        card, *replies = slack.messages("#dev")
        assert card.edits == 1 and "Title 4" in str(card.blocks) + card.text
        assert len(replies) == 5
        assert (await hub.states()).count(State.COALESCED) == 4


async def test_threads_off_is_one_message_an_event(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Nothing is updated, threaded or coalesced when a route says so."""
    async with engine(database_url, clock, slack, OFF) as hub:
        for n in range(4):
            await hub.receive("issues", issue("edited", title=f"Title {n}"))
        await hub.receive("issue_comment", comment())
        await hub.settle()
        assert len(hub.texts("#dev")) == 5
        assert all(message.thread_ts is None and not message.edits for message in slack.messages("#dev"))


async def test_a_comment_on_an_old_issue_brings_its_card(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The hub came later than the issue: the first comment posts the card too, and stands below it like all that follow."""
    async with engine(database_url, clock, slack, ALL) as hub:
        for payload in (comment(body="one"), comment(body="two")):
            await hub.receive("issue_comment", payload)
        await hub.settle()
        await hub.receive("issues", issue("closed", state="closed"))
        await hub.settle()
        card, first, second = slack.messages("#dev")
        assert first.thread_ts == second.thread_ts == card.ts
        assert card.edits == 1 and "closed" in card.text


async def test_a_first_event_about_a_detail_says_what_happened(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A card that begins with an edit says that it was edited, not that the issue was opened just now."""
    async with engine(database_url, clock, slack, ALL) as hub:
        await hub.receive("issues", issue("edited"))
        await hub.settle()
        (card,) = slack.messages("#dev")
        assert "edited" in card.text and "opened" not in card.text


async def test_a_reply_whose_card_is_dead_is_a_message_of_its_own(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """What is said about a subject is not lost with its card."""
    async with engine(database_url, clock, slack, Route(name="r", events=("*",), to=("slack:#later",))) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.settle()  # there is no such channel yet: dead at once
        slack.channel("later")
        await hub.receive("issue_comment", comment())
        await hub.settle()
        assert await hub.states() == [State.DEAD, State.SENT]
        assert [message.thread_ts for message in slack.messages("#later")] == [None]


async def test_a_deleted_card_is_posted_anew(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Somebody deletes the card in Slack: the next change posts it again, and replies go below the new one."""
    async with engine(database_url, clock, slack, ALL) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.settle()
        slack.delete(slack.messages("#dev")[0].ts)
        await hub.receive("issues", issue("closed", state="closed"))
        await hub.receive("issue_comment", comment())
        await hub.settle()
        card, reply = slack.messages("#dev")
        assert "closed" in card.text and reply.thread_ts == card.ts


async def test_two_routes_to_one_room_give_one_message(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The first of the routes words it."""
    korean = Route(name="ko", events=("issues",), to=("slack:#dev", "slack:#ops"), locale="ko")
    async with engine(database_url, clock, slack, korean, Route(name="en", events=("issues",), to=("slack:#dev",))) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.settle()
        assert len(hub.texts("#dev")) == 1 and "이슈" in hub.texts("#dev")[0]
        assert len(hub.texts("#ops")) == 1


async def test_pacing_is_one_message_a_second(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A channel gets one message a second, however many are owed."""
    async with engine(database_url, clock, slack, OFF, posts_per_second=1) as hub:
        for n in range(5):
            await hub.receive("push", push(message=f"commit {n}"))
        began = clock.now()
        await hub.settle()
        assert clock.now() - began >= timedelta(seconds=4)
        assert [f"commit {n}" in str(message.blocks) for n, message in enumerate(slack.messages("#dev"))] == [True] * 5


async def test_what_slack_cannot_take_now_is_tried_again(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """An outage loses nothing and keeps the order; waiting doubles; every try is kept."""
    async with engine(database_url, clock, slack, ALL, posts_per_second=0) as hub:
        slack.mode = "down"
        await hub.receive("issues", issue("opened"))
        await hub.receive("issue_comment", comment(body="first"))
        waits = []
        for _ in range(4):
            await hub.settle()
            (due,) = [row.due_at for row in await hub.rows(sa.select(destinations.c.due_at))]
            waits.append((due - clock.now()).total_seconds())
            clock.advance(seconds=waits[-1])
        assert [round(wait) for wait in waits] == [1, 2, 4, 8]
        slack.mode = "ok"
        await hub.settle()
        card, reply = slack.messages("#dev")
        assert reply.thread_ts == card.ts
        assert await hub.tried() == 6


@pytest.mark.parametrize("mode", ["down", "limited", "garbage", "half", "silent"])
async def test_no_bad_day_of_slack_loses_a_message(sqlite_url: str, clock: VirtualClock, slack: FakeSlack, mode: str) -> None:
    """Whatever the answer was, the message is said once Slack is well again (after a lost answer perhaps twice)."""
    async with engine(sqlite_url, clock, slack, OFF, answer_s=0.5 if mode == "silent" else 15.0) as hub:
        slack.next_modes.extend([mode, mode])  # type: ignore[list-item]
        await hub.receive("push", push())
        for _ in range(4):
            await hub.settle()
            clock.advance(seconds=10)
        assert len(hub.texts("#dev")) >= 1
        assert await hub.states() == [State.SENT]


async def test_retry_after_is_honoured(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A 429 says how long to wait: nothing is sent there before."""
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.retry_after_s = 30
        slack.mode = "limited"
        await hub.receive("push", push())
        await hub.settle()
        slack.mode = "ok"
        clock.advance(seconds=29)
        await hub.settle()
        assert hub.texts("#dev") == []
        clock.advance(seconds=1)
        await hub.settle()
        assert len(hub.texts("#dev")) == 1


async def test_a_message_that_can_never_succeed_is_dead_at_once(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """It does not hold up what comes after it, and keeps the reason."""
    routes = Route(name="nowhere", events=("push",), to=("slack:#nowhere",)), Route(name="dev", events=("push",), to=("slack:#dev",))
    async with engine(database_url, clock, slack, *routes) as hub:
        await hub.receive("push", push())
        await hub.settle()
        assert sorted(await hub.states()) == [State.SENT, State.DEAD]
        (dead,) = await hub.rows(sa.select(deliveries.c.code).where(deliveries.c.state == 2))
        assert dead.code == "slack_channel_not_found"


async def test_after_a_day_and_a_half_it_is_a_dead_letter(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Tries go on for over a day, then the message is kept as dead with all of them, and the next one is tried."""
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.mode = "down"
        await hub.receive("push", push())
        began = clock.now()
        while await hub.states() in ([], [State.OWED]):
            await hub.settle()
            clock.advance(minutes=61)
        assert timedelta(hours=24) < clock.now() - began < timedelta(hours=48)
        assert await hub.states() == [State.DEAD]
        assert await hub.tried() > 24


async def test_a_repeat_revives_only_what_is_dead(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """GitHub's "Redeliver" of an event that failed downstream sends just what failed."""
    both = Route(name="both", events=("push",), to=("slack:#dev", "slack:#later"), thread="off")
    async with engine(database_url, clock, slack, both) as hub:
        await hub.receive("push", push(), guid="g")
        await hub.settle()
        slack.channel("later")
        receipt = await hub.receive("push", push(), guid="g")
        await hub.settle()
        assert receipt.duplicate and receipt.revived == 1
        assert len(hub.texts("#dev")) == 1 and len(hub.texts("#later")) == 1


async def test_a_query_is_replayed_at_a_rate(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Dead letters that match come back spread over time, each with the whole schedule."""
    async with engine(database_url, clock, slack, Route(name="r", events=("push",), to=("slack:#later",))) as hub:
        for _ in range(4):
            await hub.receive("push", push())
        await hub.settle()
        slack.channel("later")
        revived = await hub.redrive.retry_matching(state="dead", destination="slack:#later", since=None, until=None, route=None, rate_per_s=0.5)
        await hub.settle()
        assert revived == 4 and len(hub.texts("#later")) == 1
        clock.advance(seconds=2)
        await hub.settle()
        assert len(hub.texts("#later")) == 2
        clock.advance(seconds=10)
        await hub.settle()
        assert len(hub.texts("#later")) == 4


async def test_a_dead_channel_does_not_hold_up_another(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Each room has its own moment to be tried again."""
    routes = Route(name="dead", events=("push",), to=("slack:#dead",)), Route(name="dev", events=("push",), to=("slack:#dev",))
    async with engine(database_url, clock, slack, *routes) as hub:
        slack.modes["#dead"] = "down"
        for n in range(20):
            await hub.receive("push", push(message=f"c{n}"))
            await hub.settle()
        assert len(hub.texts("#dev")) == 20
        assert slack.count["chat.postMessage"] < 30  # the dead one was not tried for every event


async def test_a_muted_room_hears_nothing_until_then(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """What came while a room was mute is kept as muted; afterwards it hears again."""
    async with engine(database_url, clock, slack, OFF) as hub:
        await hub.database.write(mutes.mute, target="room:slack:#dev", until=clock.now() + timedelta(hours=1), reason="release", by="person:ann")
        await hub.receive("push", push())
        await hub.settle()
        clock.advance(hours=1, seconds=1)
        await hub.receive("push", push())
        await hub.settle()
        assert await hub.states() == [State.MUTED, State.SENT]
        assert len(hub.texts("#dev")) == 1


async def test_quiet_hours_hold_messages_back(database_url: str, slack: FakeSlack) -> None:
    """In quiet hours messages wait, and are said when they end."""
    clock = VirtualClock(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))  # 23:00 in Seoul
    quiet = Quiet(start=time(22), end=time(8))
    async with engine(database_url, clock, slack, OFF, room_quiet={"slack:#dev": quiet}) as hub:
        await hub.receive("push", push())
        await hub.settle()
        assert hub.texts("#dev") == [] and await hub.states() == [State.OWED]
        clock.advance(hours=9)
        await hub.settle()
        assert len(hub.texts("#dev")) == 1


async def test_a_label_that_comes_later_fires_the_route_once(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A route that wants a label hears of the subject's latest event when the label comes, once per subject."""
    bugs = Route(name="bugs", events=("issues.opened",), labels=Labels(any=("bug",)), to=("slack:#dev",), thread="off")
    async with engine(database_url, clock, slack, bugs) as hub:
        await hub.receive("issues", issue("opened", title="Late label"))
        await hub.settle()
        assert hub.texts("#dev") == []
        for labels in (("bug",), ("bug", "urgent")):
            await hub.receive("issues", issue("labeled", title="Late label", labels=labels))
            await hub.settle()
        assert len(hub.texts("#dev")) == 1 and "Late label" in str(slack.messages("#dev")[0].blocks) + hub.texts("#dev")[0]


async def test_a_restart_goes_on_where_it_was(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """What was accepted and not yet routed, and what was owed, is done by the next process."""
    async with engine(database_url, clock, slack, OFF) as hub:
        await hub.receive("push", push(message="unrouted"))
    clock.advance(minutes=1)
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.mode = "down"
        await hub.settle()
    clock.advance(minutes=1)
    slack.mode = "ok"
    async with engine(database_url, clock, slack, OFF) as hub:
        await hub.settle()
        assert len(hub.texts("#dev")) == 1
