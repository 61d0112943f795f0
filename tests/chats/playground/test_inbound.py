"""What people see and say: history, threads, and a stream that misses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from leverframe.chats.playground.inbound import LATEST, PAGE
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.ports import PlaygroundChange, Posting

pytestmark = pytest.mark.anyio


def posting(text: str, room: str = "#dev", **more: object) -> Posting:
    return Posting(id="dlv_1", room=room, message=Message(headline=(Text(text),)), **more)  # type: ignore[arg-type]


def texts(messages: list[dict]) -> list[str]:  # type: ignore[type-arg]
    return [message["message"]["headline"][0]["text"] for message in messages]


async def upcoming(changes: AsyncIterator[PlaygroundChange]) -> PlaygroundChange:
    async for change in changes:
        return change
    raise AssertionError("the stream ended")


async def test_what_a_person_says_is_kept_and_shown(house) -> None:  # type: ignore[no-untyped-def]
    """It stands in the channel under the person's name, as it was written; talk asks nothing of the hub."""
    said = await house.talk.say(room="#dev", thread=None, name=" 민서 ", text="  안녕 <b>하세요</b>\n둘째 줄 ")
    assert (said.shown["author"], said.shown["person"]) == ("민서", True)
    assert texts((await house.talk.history("#dev", before=None))["messages"]) == ["안녕 <b>하세요</b>\n둘째 줄"]
    assert said.exchange is None


@pytest.mark.parametrize(("changed", "names"), [
    ({"text": " \n "}, "text"), ({"text": "a" * 4001}, "text"), ({"name": "\u202e\u200b "}, "name"), ({"name": "n" * 41}, "name"), ({"room": "#nowhere"}, "room"),
])  # fmt: skip
async def test_what_cannot_be_said_is_named(house, changed: dict[str, str], names: str) -> None:  # type: ignore[no-untyped-def]
    """Nothing empty, endless, nameless or homeless is kept; the refusal names the field."""
    with pytest.raises(Refused, match=f"request_invalid: {names}"):
        await house.talk.say(**{"room": "#dev", "thread": None, "name": "ann", "text": "hello"} | changed)
    assert await house.talk.count() == 0


async def test_a_name_cannot_hide_letters(house) -> None:  # type: ignore[no-untyped-def]
    """Letters that turn or hide others are taken out of a name."""
    said = await house.talk.say(room="#dev", thread=None, name="ann\u202e\u200b\n lee\x07", text="hello")
    assert said.shown["author"] == "ann lee"


async def test_channels_are_those_of_routes_and_of_messages(house) -> None:  # type: ignore[no-untyped-def]
    """A configured channel comes first, also before anybody spoke; one that a message made is there too."""
    assert await house.talk.rooms() == ("#dev",)
    for room in ("#zoo", "#개발팀", "#alerts"):
        await house.chat.post(posting("x", room=room))
    assert await house.talk.rooms() == ("#dev", "#alerts", "#zoo", "#개발팀")


async def test_history_comes_in_pages_with_replies(house) -> None:  # type: ignore[no-untyped-def]
    """The newest page first, each with the replies to what is on it; the last one says that nothing is earlier."""
    posted = [await house.chat.post(posting(f"card {number}")) for number in range(PAGE + 3)]
    await house.chat.post(posting("reply to the first", thread=posted[0].remote_id))
    await house.chat.post(posting("reply to the last", thread=posted[-1].remote_id))
    await house.chat.post(posting("elsewhere", room="#other"))
    newest = await house.talk.history("#dev", before=None)
    assert newest["more"] is True
    assert texts(newest["messages"]) == [f"card {number}" for number in range(3, PAGE + 3)] + ["reply to the last"]
    earlier = await house.talk.history("#dev", before=newest["messages"][0]["id"])
    assert earlier["more"] is False
    assert texts(earlier["messages"]) == ["card 0", "card 1", "card 2", "reply to the first"]


async def test_a_thread_is_its_card_and_replies(house) -> None:  # type: ignore[no-untyped-def]
    """A thread can be opened by its card's id, whatever its age; an id of nothing is not found."""
    card = await house.chat.post(posting("card"))
    await house.chat.post(posting("not in it"))
    await house.talk.say(room="#dev", thread=card.remote_id, name="ann", text="reply")
    found = (await house.talk.thread(card.remote_id))["messages"]
    assert texts(found) == ["card", "reply"]
    assert [message["thread"] for message in found] == [None, card.remote_id]
    with pytest.raises(Refused, match="playground_message_not_found"):
        await house.talk.thread("msg_0000000000001")


async def test_a_page_begins_with_a_snapshot_and_hears_what_follows(house) -> None:  # type: ignore[no-untyped-def]
    """What is there comes first, then every new message and every edit."""
    card = await house.chat.post(posting("before"))
    changes = house.talk.follow(None, beat_s=60)
    snapshot = await upcoming(changes)
    assert snapshot.name == "snapshot"
    assert snapshot.data["rooms"] == ("#dev",)
    assert texts(snapshot.data["messages"]) == ["before"]
    house.clock.turn(1)
    await house.chat.post(posting("after"))
    await house.chat.update(posting("edited"), card.remote_id)
    assert [texts([(await upcoming(changes)).data])[0] for _ in range(2)] == ["after", "edited"]
    await changes.aclose()


async def test_who_comes_back_misses_nothing(house) -> None:  # type: ignore[no-untyped-def]
    """From its cursor on, a page is given what was posted and what was edited while it was away, and no snapshot."""
    old = await house.chat.post(posting("old card"))
    house.clock.turn(60)
    await house.chat.post(posting("seen"))
    changes = house.talk.follow(None, beat_s=60)
    cursor = (await upcoming(changes)).cursor
    await changes.aclose()
    house.clock.turn(60)
    await house.chat.post(posting("missed"))
    await house.chat.update(posting("old card, merged"), old.remote_id)
    back = house.talk.follow(cursor, beat_s=60)
    given = [await upcoming(back) for _ in range(3)]
    assert [change.name for change in given] == ["message"] * 3
    assert {text for change in given for text in texts([change.data])} == {"old card, merged", "seen", "missed"}
    await back.aclose()


async def test_who_was_away_too_long_begins_anew(house) -> None:  # type: ignore[no-untyped-def]
    """When more was missed than is looked at, the page gets a snapshot instead of a gap."""
    changes = house.talk.follow(None, beat_s=60)
    cursor = (await upcoming(changes)).cursor or 1
    await changes.aclose()
    for number in range(LATEST + 1):
        await house.chat.post(posting(f"{number}"))
    back = house.talk.follow(cursor, beat_s=60)
    snapshot = await upcoming(back)
    assert snapshot.name == "snapshot"
    assert len(snapshot.data["messages"]) == LATEST
    await back.aclose()


async def test_a_beat_brings_what_another_process_wrote(house) -> None:  # type: ignore[no-untyped-def]
    """What comes into the table without this process's feed is shown at the next beat, once."""
    changes = house.talk.follow(None, beat_s=0)
    await upcoming(changes)
    await house.store.append(room="#dev", thread=None, author="x", icon=None, message='{"tone":"good","headline":[{"kind":"text","text":"elsewhere"}],"blocks":[]}',
                             at=house.clock.now())  # fmt: skip
    given = [await upcoming(changes) for _ in range(5)]
    assert [change.name for change in given] == ["beat", "message", "beat", "beat", "beat"]
    assert texts([given[1].data]) == ["elsewhere"]
    await changes.aclose()


async def test_the_end_of_the_hub_ends_the_stream(house) -> None:  # type: ignore[no-untyped-def]
    """A stream ends by itself when the hub begins to stop, so that it does not hold the stop up."""
    changes = house.talk.follow(None, beat_s=60)
    await upcoming(changes)
    house.feed.close()
    assert [change async for change in changes] == []
