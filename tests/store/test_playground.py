"""The playground's messages: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from databases import open_new_sqlite

from leverframe.app import SystemClock
from leverframe.core.errors import Refused
from leverframe.ports import PlaygroundMessage
from leverframe.store.playground import PlaygroundMessages
from leverframe.store.postgres import open_postgres

pytestmark = pytest.mark.anyio
CLOCK = SystemClock()
NOW = CLOCK.now()


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[PlaygroundMessages]:
    if request.param == "sqlite":
        database = await open_new_sqlite(tmp_path / "hub.db", CLOCK)
    else:
        database = await open_postgres(request.getfixturevalue("postgres_url"), CLOCK)
    yield PlaygroundMessages(database)
    await database.close()


async def said(store: PlaygroundMessages, text: str, *, room: str = "#dev", thread: int | None = None, at_s: float = 0) -> PlaygroundMessage:
    return await store.append(room=room, thread=thread, author="hub", icon=None, message=f'"{text}"', at=NOW + timedelta(seconds=at_s))


async def test_messages_are_kept_edited_and_listed(store: PlaygroundMessages) -> None:
    """A room's history is its cards and their replies, in order; an edit changes the words and nothing else."""
    card = await said(store, "card", room="#kept")
    later = await said(store, "later", room="#kept")
    reply = await said(store, "reply", room="#kept", thread=card.id)
    edited = await store.edit(card.id, message='"merged"', at=NOW + timedelta(seconds=9))
    assert edited == PlaygroundMessage(
        id=card.id, room="#kept", thread=None, author="hub", icon=None, message='"merged"', posted_at=NOW, edited_at=NOW + timedelta(seconds=9)
    )
    assert await store.history("#kept", before=None, limit=10) == (edited, later, reply)
    assert await store.history("#kept", before=later.id, limit=10) == (edited, reply)
    assert await store.history("#kept", before=None, limit=1) == (later,)
    assert await store.thread(card.id, limit=10) == (edited, reply)
    assert await store.thread(1, limit=10) == ()


async def test_what_is_not_there_is_refused_and_nothing_is_kept(store: PlaygroundMessages) -> None:
    """A reply to nothing and an edit of nothing leave no trace."""
    before = await store.count()
    with pytest.raises(Refused, match="playground_message_not_found"):
        await said(store, "reply", thread=1)
    with pytest.raises(Refused, match="playground_message_not_found"):
        await store.edit(1, message='"x"', at=NOW)
    assert await store.count() == before


async def test_the_latest_are_those_that_changed(store: PlaygroundMessages) -> None:
    """Posted or edited after the instant counts; the instant itself does not, nor what is beyond the newest."""
    old, card, new = [await said(store, text, at_s=at_s) for text, at_s in (("old", 100), ("card", 101), ("new", 110))]
    edited = await store.edit(old.id, message='"edited"', at=NOW + timedelta(seconds=120))
    assert await store.latest(since=NOW + timedelta(seconds=101), limit=3) == (edited, new)
    assert await store.latest(since=NOW + timedelta(seconds=101), limit=1) == (new,)
    assert await store.latest(since=None, limit=3) == (edited, card, new)


async def test_rooms_are_found_once(store: PlaygroundMessages) -> None:
    """Each room with a message is named once, sorted."""
    for room in ("#b", "#a", "#b", "#개발"):
        await said(store, "x", room=room)
    rooms = await store.rooms()
    assert {"#a", "#b", "#개발"} <= set(rooms)
    assert len(set(rooms)) == len(rooms)
