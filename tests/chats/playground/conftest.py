"""A playground over a real database, with a clock that a test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import open_new_sqlite

from leverframe.chats.playground.feed import Feed
from leverframe.chats.playground.inbound import Talk
from leverframe.chats.playground.send import PlaygroundChat
from leverframe.chats.playground.settings import Settings
from leverframe.store.playground import PlaygroundMessages


class TurnedClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class House:
    """One playground with everything behind it."""

    clock: TurnedClock
    store: PlaygroundMessages
    feed: Feed
    chat: PlaygroundChat
    talk: Talk


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def house(tmp_path: Path, clock: TurnedClock, anyio_backend: str) -> AsyncIterator[House]:
    database = await open_new_sqlite(tmp_path / "hub.db", clock)
    store, feed = PlaygroundMessages(database), Feed()
    chat = PlaygroundChat("playground", Settings(), store, feed, clock)
    yield House(clock, store, feed, chat, Talk(store, feed, clock, rooms=["#dev"]))
    await database.close()
