"""The playground as a chat: it says, edits and replies, and what it refuses has a code."""

from __future__ import annotations

import pytest

from leverframe.core.delivery import Delivered, Rejected, Retryable
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.ports import Posting

pytestmark = pytest.mark.anyio


def posting(text: str, room: str = "#dev", **more: object) -> Posting:
    return Posting(id="dlv_1", room=room, message=Message(headline=(Text(text),)), **more)  # type: ignore[arg-type]


async def test_an_edit_keeps_place_author_and_time(house) -> None:  # type: ignore[no-untyped-def]
    """A card that is updated stays where it was, under the name that it was said with, and shows that it was edited."""
    card = await house.chat.post(posting("open", username="Builds", icon="🛠️"))
    assert isinstance(card, Delivered) and card.remote_id
    await house.chat.post(posting("later"))
    house.clock.turn(60)
    assert isinstance(await house.chat.update(posting("merged"), card.remote_id), Delivered)
    first, second = (await house.talk.history("#dev", before=None))["messages"]
    assert first["id"] == card.remote_id
    assert (first["author"], first["icon"]) == ("Builds", "🛠️")
    assert first["message"]["headline"] == [{"kind": "text", "text": "merged"}]
    assert (first["posted_at"], first["edited_at"]) == ("2026-11-21T07:00:00+00:00", "2026-11-21T07:01:00+00:00")
    assert second["edited_at"] is None


async def test_a_reply_needs_a_card_of_its_own_room(house) -> None:  # type: ignore[no-untyped-def]
    """A reply to nothing, to a reply, or across rooms is dead at once, so that it can be said as a message of its own."""
    card = await house.chat.post(posting("card"))
    reply = await house.chat.post(posting("reply", thread=card.remote_id))
    assert isinstance(reply, Delivered)
    for wrong in (posting("x", thread="msg_0000000000001"), posting("x", thread="nonsense"), posting("x", thread=reply.remote_id),
                  posting("x", room="#other", thread=card.remote_id)):  # fmt: skip
        outcome = await house.chat.post(wrong)
        assert isinstance(outcome, Rejected)
        assert outcome.code == "playground_message_not_found"


async def test_a_database_that_is_away_is_tried_again(house, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """What the store cannot take now is retried when it says so, and nobody is shown what was not kept."""
    listener = house.feed.listen()

    async def away(*args: object, **kwargs: object) -> None:
        raise Refused("storage_unavailable", retry_after_s=5)

    monkeypatch.setattr(house.store, "append", away)
    outcome = await house.chat.post(posting("lost?"))
    assert outcome == Retryable(code="storage_unavailable", after_s=5)
    assert await listener.next(0) is None


async def test_a_person_is_told_on_their_own_pages(house) -> None:  # type: ignore[no-untyped-def]
    """Progress by direct message and a lock's notice are for one person, and wait until they have a page open.

    They were once dead at once: a person is no channel.
    """
    assert await house.chat.post(posting("web-app is free", room="bob")) == Retryable(code="playground_person_away", detail="bob")
    ann, bob = house.feed.listen("ann"), house.feed.listen("bob")
    assert isinstance(await house.chat.post(posting("web-app is free", room="bob", mentions={"bob": "bob"})), Delivered)
    told = await bob.next(0)
    assert told.answer["whisper"]["message"]["headline"] == [{"kind": "text", "text": "web-app is free"}] and told.answer["whisper"]["room"] is None
    assert await ann.next(0) is None
    assert (await house.talk.history("#dev", before=None))["messages"] == []


@pytest.mark.parametrize("room", ["#", "#a b", "#a/b", "#" + "a" * 81, "", "#<b>", "a" * 41])
async def test_a_room_is_a_name_with_a_hash(house, room: str) -> None:  # type: ignore[no-untyped-def]
    """What could not be a channel is refused with the way to write one; Korean names are names."""
    wrong = house.chat.check_room(room)
    assert wrong is not None and "#dev-team" in wrong.en
    outcome = await house.chat.post(posting("x", room=room))
    assert isinstance(outcome, Rejected) and outcome.code == "playground_room_invalid"
    assert house.chat.check_room("#개발팀") is None
