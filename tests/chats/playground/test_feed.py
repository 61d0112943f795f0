"""Open pages hear everything, in order; who does not keep up is dropped and comes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leverframe.chats.playground.feed import LISTENERS, WAITING, Ended, Feed, Told
from leverframe.core.errors import Refused
from leverframe.ports import PlaygroundMessage

pytestmark = pytest.mark.anyio


def message(number: int) -> PlaygroundMessage:
    return PlaygroundMessage(id=number, room="#dev", thread=None, author="x", icon=None, message="{}", posted_at=datetime(2026, 1, 1, tzinfo=UTC))


async def test_everybody_hears_everything_in_order() -> None:
    """Each listener gets each message once."""
    feed = Feed()
    one, other = feed.listen(), feed.listen()
    for number in (1, 2, 3):
        feed.publish(message(number))
    for listener in (one, other):
        heard = [await listener.next(1) for _ in range(3)]
        assert [found.id for found in heard if isinstance(found, PlaygroundMessage)] == [1, 2, 3]
        assert await listener.next(0) is None


async def test_a_slow_listener_is_dropped_and_told() -> None:
    """A page that does not read holds a bounded number of messages; then its stream ends instead of showing a gap."""
    feed = Feed()
    slow, quick = feed.listen(), feed.listen()
    for number in range(WAITING + 50):
        feed.publish(message(number))
        assert await quick.next(1) is not None
    heard = [await slow.next(1) for _ in range(WAITING)]
    assert [found.id for found in heard if isinstance(found, PlaygroundMessage)] == list(range(WAITING))
    with pytest.raises(Ended):
        await slow.next(1)


async def test_closing_ends_every_stream() -> None:
    """When the hub stops, listeners get what waits and then the end; who comes later gets the end at once."""
    feed = Feed()
    listener = feed.listen()
    feed.publish(message(1))
    feed.close()
    assert (await listener.next(1)) is not None
    with pytest.raises(Ended):
        await listener.next(1)
    with pytest.raises(Ended):
        await feed.listen().next(1)


async def test_pages_are_counted() -> None:
    """So many pages may be open; one that leaves makes room."""
    feed = Feed()
    listeners = [feed.listen() for _ in range(LISTENERS)]
    with pytest.raises(Refused, match="overloaded"):
        feed.listen()
    listeners[0].leave()
    feed.listen()


async def test_what_one_person_is_told_goes_to_their_pages_alone() -> None:
    """Every open page of the person hears it, nobody else's does, and it is known how many there were."""
    feed = Feed()
    ann, also_ann, bob, nobody = feed.listen("ann"), feed.listen("ann"), feed.listen("bob"), feed.listen()
    assert feed.tell("ann", {"whisper": "psst"}) == 2
    for listener in (ann, also_ann):
        assert await listener.next(1) == Told({"whisper": "psst"})
    for listener in (bob, nobody):
        assert await listener.next(0) is None
    assert feed.tell("chris", {}) == 0
