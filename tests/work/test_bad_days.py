"""Slack behaves badly at random for hours: nothing is lost, threads keep their order, and every card says how its subject stands."""

from __future__ import annotations

import random
import re

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack, Mode

from leverframe.core.routes import Route
from leverframe.store.tables import destinations
from work.engine import engine
from work.github import comment, issue

pytestmark = pytest.mark.anyio

THREADS, WORDS = 5, 12
BAD: list[Mode] = ["down", "limited", "garbage", "half", "lost"]


@pytest.mark.parametrize("posts_per_second", [0, 1], ids=["as fast as it goes", "paced"])
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_bad_day(database_url: str, clock: VirtualClock, slack: FakeSlack, seed: int, posts_per_second: float) -> None:
    """Half of the answers are no answers; after a lost one a message may stand twice, but never out of order."""
    chance = random.Random(seed)
    route = Route(name="all", events=("*",), to=("slack:#dev", "slack:#ops"))
    async with engine(database_url, clock, slack, route, posts_per_second=posts_per_second, answer_s=0.5) as hub:
        for number in range(WORDS):
            for thread in range(THREADS):
                if number == 0:
                    await hub.receive("issues", issue("opened", number=thread))
                await hub.receive("issue_comment", comment(number=thread, body=f"thread {thread} word {number:02d}"))
                await hub.receive("issues", issue("edited", number=thread, title=f"Title {thread} of {number:02d}"))
            slack.next_modes.extend(chance.choice(BAD) if chance.random() < 0.5 else "ok" for _ in range(THREADS))
            if number == WORDS // 2:
                slack.next_modes.appendleft("silent")
            await hub.settle()
            clock.advance(seconds=chance.choice([0, 1, 5, 60]))
        slack.next_modes.clear()
        for _ in range(20):
            await hub.settle()
            clock.advance(hours=1)
        assert [tuple(row) for row in await hub.rows(sa.select(destinations.c.due_at, destinations.c.boot))] == [(None, None)] * 2
        for room in ("#dev", "#ops"):
            heard: dict[int, list[int]] = {}
            for message in slack.messages(room):
                if found := re.search(r"thread (\d+) word (\d+)", message.text + str(message.blocks)):
                    heard.setdefault(int(found[1]), []).append(int(found[2]))
            assert {thread: list(dict.fromkeys(said)) for thread, said in heard.items()} == {thread: list(range(WORDS)) for thread in range(THREADS)}
            cards = [message for message in slack.messages(room) if message.thread_ts is None and message.edits]
            for thread in range(THREADS):
                assert any(f"Title {thread} of {WORDS - 1:02d}" in card.text + str(card.blocks) for card in cards), (room, thread)
