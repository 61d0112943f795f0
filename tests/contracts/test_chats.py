"""Every chat keeps the same promises: said, updated, replied to; bad days retried; foreign text harmless."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import get_args

import pytest
from contracts.chats import HARNESSES, WITH_IDS, WITH_VENDOR, BadDay, Harness

from leverframe.core.delivery import Delivered, Rejected, Retryable
from leverframe.core.errors import PROBLEMS
from leverframe.core.messages import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Code,
    Fields,
    Footer,
    Image,
    Link,
    Message,
    Paragraph,
    Person,
    Quote,
    Rich,
    Text,
)
from leverframe.ports import Posting

pytestmark = pytest.mark.anyio

EVERYTHING = Message(
    headline=(Text("Push by "), Person("octocat"), Text(" to "), Code("main")),
    blocks=(
        Paragraph((Text("A paragraph with "), Bold("weight"), Text("."))),
        Quote((Text("Somebody's words\non two lines"),)),
        Bullets(((Text("first point"),), (Link("second point", "https://example.com/2?a=1&b=2"),))),
        Fields((("Base", (Code("release/1"),)), ("State", (Text("merged"),)))),
        Buttons((Button("Open it", url="https://example.com/open"), Button("Ship it", action="ship", value="web", style="primary"))),
        Image("https://example.com/chart.png?a=1&b=2", "A chart of <b>*it*</b>"),
        Image("https://example.com/face.png", "A face", small=True),
        Footer((Text("acme/web"),)),
    ),
    tone="good",
)

HOSTILE = [
    "<!channel> <!here> <!everyone> <@U024BE7LH> <#C024BE7LR> <!subteam^S1>",
    "@channel @here #general",
    "<https://evil.example|https://github.com/acme/web>",
    "https://evil.example",
    "*bold* _italic_ ~struck~ `code` ```block``` **both** __init__ *한글 굵게*",
    "> a quotation\n>> of a quotation\n&gt; and an entity",
    "[text](https://evil.example) ![image](https://evil.example/x.png) <b>html</b> <script>alert(1)</script>",
    "&amp;lt; &#60; &lt;!channel&gt; \\<!channel\\>",
    "위키 페이지를 수정했습니다 🎉👩‍👩‍👧‍👦🇰🇷 — “따옴표”",
    "zero\u200bwidth, right to left \u202egnp.exe\u202c, control \x00\x07\x1b[31m, lone \ud800 surrogate",
    "＊전각＊ ＿밑줄＿ ｀코드｀ ＞인용",
    "a" * 9_000,
    "&" * 5_000,
    "<" * 5_000,
    "🎉" * 5_000,
    "\n" * 5_000,
    " ",
    "",
]


def _message(text: str) -> Message:
    """Return a message that has ``text`` in every place where a source's text can stand."""
    rich: Rich = (Text(text), Bold(text), Code(text), Link(text, "https://example.com/x"), Person(text), Text(text))
    return Message(
        headline=(Text("Headline: "), *rich),
        blocks=(Paragraph(rich), Quote(rich), Bullets((rich, rich)), Fields(((text, rich),)), Buttons((Button(text, url="https://example.com/b"),)), Footer(rich),
                Image("https://example.com/i.png", text), Image("https://example.com/i.png", text, small=True)),
    )


@pytest.fixture
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with HARNESSES[request.param]() as made:
        yield made


def every(names: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("harness", list(names), indirect=True)  # type: ignore[call-overload]


def posting(harness: Harness, text: str = "Hello", **more: object) -> Posting:
    return Posting(id="dlv_1", room=harness.room, message=Message(headline=(Text(text),)), **more)  # type: ignore[arg-type]


@every(HARNESSES)
async def test_what_is_posted_is_seen(harness: Harness) -> None:
    """A message that was delivered stands in the room."""
    outcome = await harness.chat.post(posting(harness, "안녕하세요, Hello & <welcome>"))
    assert isinstance(outcome, Delivered)
    assert [message.text for message in await harness.seen()] == ["안녕하세요, Hello & <welcome>"]


@every(HARNESSES)
async def test_every_kind_of_block_is_seen(harness: Harness) -> None:
    """Every word of every kind of block reaches the reader, and links lead where the message says."""
    outcome = await harness.chat.post(Posting(id="dlv_1", room=harness.room, message=EVERYTHING))
    assert isinstance(outcome, Delivered)
    (seen,) = await harness.seen()
    for words in ("Push by", "octocat", "main", "A paragraph with", "weight", "Somebody's words", "on two lines", "first point",
                  "second point", "Base", "release/1", "State", "merged", "Open it", "Ship it", "acme/web"):  # fmt: skip
        assert words in seen.text
    assert seen.links == ["https://example.com/2?a=1&b=2", "https://example.com/open"]
    assert seen.pictures == [("https://example.com/chart.png?a=1&b=2", "A chart of <b>*it*</b>"), ("https://example.com/face.png", "A face")]


@every(HARNESSES)
async def test_a_known_person_is_mentioned(harness: Harness) -> None:
    """A login that is linked to somebody of this chat calls them, and no other does."""
    message = Message(headline=(Person("ann"), Text(" asks "), Person("bob")))
    await harness.chat.post(Posting(id="dlv_1", room=harness.room, message=message, mentions={"ann": harness.person}))
    (seen,) = await harness.seen()
    assert seen.calls == [harness.person]
    assert "bob" in seen.text


@every(WITH_IDS)
async def test_an_update_replaces_the_message(harness: Harness) -> None:
    """An update leaves one message, with the new words, at the old place."""
    first = await harness.chat.post(posting(harness, "open"))
    assert isinstance(first, Delivered) and first.remote_id
    await harness.chat.post(posting(harness, "another"))
    outcome = await harness.chat.update(posting(harness, "merged", remote_room=first.remote_room), first.remote_id)
    assert isinstance(outcome, Delivered)
    assert outcome.remote_id == first.remote_id
    assert [(message.text, message.edited) for message in await harness.seen()] == [("merged", True), ("another", False)]


@every(WITH_IDS)
async def test_a_reply_stands_in_the_thread(harness: Harness) -> None:
    """A reply belongs to its card."""
    card = await harness.chat.post(posting(harness, "card"))
    assert isinstance(card, Delivered) and card.remote_id
    reply = await harness.chat.post(posting(harness, "reply", thread=card.remote_id, remote_room=card.remote_room))
    assert isinstance(reply, Delivered)
    assert [(message.text, message.thread) for message in await harness.seen()] == [("card", None), ("reply", card.remote_id)]


@every(HARNESSES)
async def test_an_update_of_what_is_not_there_is_rejected(harness: Harness) -> None:
    """A card that is gone is told at once, so that the message can be said anew."""
    first = await harness.chat.post(posting(harness, "something"))
    assert isinstance(first, Delivered)
    known = first.remote_id or "1700000000.000100"
    gone = known[:-3] + ("998" if known.endswith("999") else "999")  # Teams' ids are times: one in a thousand ends so
    outcome = await harness.chat.update(posting(harness, "merged", remote_room=first.remote_room), gone)
    assert isinstance(outcome, Rejected)
    assert outcome.code in PROBLEMS


@every(HARNESSES)
async def test_a_room_that_is_not_there_is_rejected(harness: Harness) -> None:
    """A message for a room that does not exist is given up at once, with a code that has a remedy."""
    outcome = await harness.chat.post(Posting(id="dlv_1", room=harness.no_room, message=Message(headline=(Text("Hello"),))))
    assert isinstance(outcome, Rejected)
    assert outcome.code in PROBLEMS


@every(HARNESSES)
async def test_a_room_is_checked_before_anything_is_sent(harness: Harness) -> None:
    """The configuration's check accepts the room and explains what cannot be one."""
    assert harness.chat.check_room(harness.room) is None
    assert harness.chat.check_room("not a room, at all") is not None


@every(WITH_VENDOR)
@pytest.mark.parametrize("day", get_args(BadDay))
async def test_a_bad_day_is_retried(harness: Harness, day: BadDay) -> None:
    """429, 503, a proxy's page, silence and half an answer all mean: not now; and the chat works again afterwards."""
    assert harness.misbehave is not None
    harness.misbehave(day)
    outcome = await harness.chat.post(posting(harness))
    assert isinstance(outcome, Retryable)
    assert outcome.code in PROBLEMS
    assert outcome.after_s == (1.0 if day == "limited" else None)
    harness.misbehave("ok")
    assert isinstance(await harness.chat.post(posting(harness)), Delivered)


@every(HARNESSES)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
async def test_foreign_text_is_taken_and_stays_text(harness: Harness, text: str) -> None:
    """Whatever a source's text holds, the message is delivered, calls nobody and leads nowhere of its own."""
    outcome = await harness.chat.post(Posting(id="dlv_1", room=harness.room, message=_message(text)))
    assert isinstance(outcome, Delivered), outcome
    (seen,) = await harness.seen()
    assert seen.calls == []
    assert set(seen.links) <= {"https://example.com/x", "https://example.com/b", "https://example.com/i.png"}
    assert seen.text.startswith("Headline:")
