"""What is for the hub is read from lines, clicks and forms, and what it answers reaches the room or one person."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from leverframe.core.conversation import Answer, Asker, Choice, Clicked, Field, Form, Place, Said, Submitted
from leverframe.core.delivery import Delivered
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Paragraph, Person, Text
from leverframe.ports import ChatInbound, Exchange, PlaygroundChange, PlaygroundTalk, Posting

pytestmark = pytest.mark.anyio

ANN = Asker(chat="playground", id="ann", name="ann")
DEV = Place(chat="playground", room="#dev", room_name="#dev")
CLICK = {"name": "ann", "room": "#dev", "thread": None, "message": None, "rendering": "r", "attempt": 0, "action": "approve", "value": "dep_1"}
FORM = {
    "name": "ann", "room": "#dev", "thread": None, "form": "deploy", "context": "c", "opening": "o", "attempt": 0, "fields": {"service": "web-app"},
}  # fmt: skip


def says(text: str, *, public: bool = False) -> Answer:
    return Answer(message=Message(headline=(Text(text),)), public=public)


async def said(house: Any, text: str, **more: Any) -> Any:
    return await house.talk.say(**{"room": "#dev", "thread": None, "name": "ann", "text": text} | more)


async def card(house: Any, thread: str | None = None) -> str:
    posted = await house.chat.post(Posting(id="dlv_1", room="#dev", message=Message(headline=(Text("card"),)), thread=thread))
    return str(posted.remote_id)


async def upcoming(changes: AsyncIterator[PlaygroundChange]) -> PlaygroundChange:
    async for change in changes:
        return change
    raise AssertionError("the stream ended")


@pytest.mark.parametrize(("line", "words"), [
    ("/deploy web-app staging", "deploy web-app staging"), ("!deploy", "deploy"), ("@leverframe deploy x", "deploy x"), ("@Leverframe", ""),
    ("/lever queue web-app", "queue web-app"), ("/LEVER", ""), ("/배포 web-app", "배포 web-app"), ("/who-can deploy", "who-can deploy"), ("  !help  ", "help"),
])  # fmt: skip
async def test_a_marked_line_is_for_the_hub(house: Any, line: str, words: str) -> None:
    """The line is kept as it was written; the hub hears it without its mark, with who said it where, under the message's own id."""
    spoken = await said(house, line)
    heard = spoken.exchange.heard
    assert heard == Said(key=spoken.shown["id"], door="playground", text=words, by=ANN, at=DEV, said_at=house.clock.now())
    assert heard.by.actor == "playground:ann"
    assert spoken.shown["message"]["headline"] == [{"kind": "text", "text": line.strip()}]


@pytest.mark.parametrize("line", ["deploy web-app", "/", "!!", "!important: read", "/etc/hosts is wrong", "see /deploy", "@leverframes deploy", "// comment", "! deploy"])
async def test_everything_else_is_talk(house: Any, line: str) -> None:
    """Paths, exclamations and commands in the middle of a sentence ask nothing."""
    assert (await said(house, line)).exchange is None


async def test_a_line_in_a_thread_is_heard_in_the_thread(house: Any) -> None:
    """The place names the message that heads the thread."""
    head = await card(house)
    assert (await said(house, "!help", thread=head)).exchange.heard.at == Place(chat="playground", room="#dev", room_name="#dev", thread=head)


async def test_a_line_that_is_not_finished_is_read_for_completion(house: Any) -> None:
    """The beginning of a command is read without its mark, also the mark alone; talk is not."""
    begun = {text: house.talk.begun(name="ann", text=text) for text in ("/", "/dep", "!deploy ", "/lever qu", "@leverframe d", "hello /dep", "@leverframe")}
    assert {text: found and found[1] for text, found in begun.items()} == {
        "/": "", "/dep": "dep", "!deploy ": "deploy ", "/lever qu": "qu", "@leverframe d": "d", "hello /dep": None, "@leverframe": None,
    }  # fmt: skip
    assert begun["/"] == (ANN, "")


async def test_two_ways_to_write_a_name_are_one_person(house: Any) -> None:
    """A name of composed letters and the same of single ones are one actor: nobody votes twice by their keyboard."""
    names = [(await said(house, "/help", name=name)).exchange.heard.by.actor for name in ("민서", "\u1106\u1175\u11ab\u1109\u1165", " 민서\u200b ")]
    assert names == ["playground:민서"] * 3


async def test_a_double_click_is_one_click(house: Any) -> None:
    """The same button in the same state has one key; an answered one, another person, another value or another state has another."""
    async def key(**changed: Any) -> str:
        return str((await house.talk.click(**CLICK | changed)).heard.key)

    first = await key()
    assert await key() == first
    others = [await key(**changed) for changed in ({"attempt": 1}, {"name": "bob"}, {"value": "dep_2"}, {"action": "reject"}, {"rendering": "later"}, {"message": await card(house)})]
    assert len({first, *others}) == 7


async def test_a_click_is_answered_where_its_card_stands(house: Any) -> None:
    """In the channel, in the thread of a reply, and in the thread that somebody opened on the card; whatever room the request names."""
    head = await card(house)
    reply = await card(house, thread=head)
    for message, thread, at in ((head, None, None), (head, head, head), (reply, None, head), (reply, head, head)):
        heard = (await house.talk.click(**CLICK | {"message": message, "thread": thread, "room": "#elsewhere"})).heard
        assert isinstance(heard, Clicked)
        assert (heard.at.room, heard.at.thread, heard.message) == ("#dev", at, message)


@pytest.mark.parametrize(("changed", "code"), [
    ({"message": "msg_0000000000001"}, "playground_message_not_found"), ({"message": "<b>"}, "playground_message_not_found"), ({"name": ""}, "request_invalid"),
    ({"room": "#nowhere"}, "request_invalid"), ({"thread": "msg_0000000000001"}, "playground_message_not_found"), ({"action": "a" * 81}, "request_invalid"),
    ({"value": "v" * 2001}, "request_invalid"), ({"rendering": "r" * 81}, "request_invalid"),
])  # fmt: skip
async def test_a_click_on_nothing_is_refused(house: Any, changed: dict[str, str], code: str) -> None:
    """A message that is not there, a channel that is not there, and what is too long for a button."""
    with pytest.raises(Refused, match=code):
        await house.talk.click(**CLICK | changed)


async def test_a_form_that_was_sent_is_heard_once(house: Any) -> None:
    """It is read with its fields; sent again before it was answered it has the same key, and corrected another."""
    sent = (await house.talk.submit(**FORM)).heard
    assert sent == Submitted(key=sent.key, form="deploy", context="c", fields={"service": "web-app"}, by=ANN, at=DEV, said_at=house.clock.now())
    keys = [(await house.talk.submit(**FORM | changed)).heard.key for changed in ({}, {"attempt": 1}, {"opening": "another"}, {"name": "bob"})]
    assert keys[0] == sent.key
    assert len(set(keys)) == 4


@pytest.mark.parametrize("changed", [
    {"fields": {str(number): "" for number in range(51)}}, {"fields": {"a": "x" * 4001}}, {"fields": {"a" * 81: "x"}}, {"fields": {"most": "x" * 20_000}},
    {"context": "c" * 2001}, {"form": "f" * 81}, {"opening": "o" * 81}, {"room": "#nowhere"}, {"name": "\u202e"},
])  # fmt: skip
async def test_a_form_that_is_no_form_is_refused(house: Any, changed: dict[str, Any]) -> None:
    """Too many fields, too long ones, and no channel or name."""
    with pytest.raises(Refused, match="request_invalid"):
        await house.talk.submit(**FORM | changed)


async def test_an_answer_for_one_is_shown_by_the_request(house: Any) -> None:
    """The body holds it as the page takes it; the room hears nothing, and nothing is said twice."""
    exchange: Exchange = (await said(house, "/help")).exchange
    answer = Answer(message=Message(headline=(Text("for you, "), Person("playground:ann")), blocks=(Paragraph((Text("<b>"),)),), tone="warning"))
    shown = json.loads(exchange.body(answer))
    assert shown["whisper"].pop("id").startswith("whisper_")
    assert shown == {
        "whisper": {
            "room": "#dev", "thread": None, "at": "2026-11-21T07:00:00+00:00",
            "message": {
                "tone": "warning",
                "headline": [{"kind": "text", "text": "for you, "}, {"kind": "person", "text": "playground:ann", "mention": "ann"}],
                "blocks": [{"kind": "paragraph", "content": [{"kind": "text", "text": "<b>"}]}],
            },
        },
        "form": None, "errors": {}, "working": False,
    }  # fmt: skip
    await exchange.prepare()
    assert await exchange.say(answer, answered=True) is None
    assert await house.talk.count() == 1


async def test_an_answer_for_all_is_a_message_of_the_room(house: Any) -> None:
    """It stands in the thread that it was asked in, under the hub's name, and the body says nothing of it."""
    head = await card(house)
    exchange = (await said(house, "!deploy web-app staging", thread=head)).exchange
    answer = says("🚀", public=True)
    assert json.loads(exchange.body(answer)) == {"whisper": None, "form": None, "errors": {}, "working": False}
    assert isinstance(await exchange.say(answer, answered=True), Delivered)
    posted = (await house.talk.thread(head))["messages"][-1]
    assert (posted["author"], posted["person"], posted["message"]["headline"][0]["text"]) == ("Leverframe", False, "🚀")


async def test_what_comes_later_comes_by_the_stream(house: Any) -> None:
    """An answer that took longer is told to the open pages of who asked, as an event of its own; others hear nothing of it."""
    house.clock.turn(1)
    exchange = (await said(house, "/help")).exchange
    assert json.loads(exchange.working())["working"] is True
    pages = {name: house.talk.follow(None, beat_s=0 if name == "bob" else 60, name=name) for name in ("ann ", "bob")}
    for changes in pages.values():
        cursor = (await upcoming(changes)).cursor
    form = Form(id="deploy", title="Deploy", submit="Go", cancel="Close", fields=(Field(name="env", label="Env", choices=(Choice(value="p", label="Production"),)),))
    assert isinstance(await exchange.say(Answer(form=form), answered=False), Delivered)
    await exchange.say(Answer(errors={"env": "no such"}), answered=False)
    await house.talk.whisper(ANN, DEV, Message(headline=(Text("later"),)))
    await house.talk.direct(ANN, Message(headline=(Text("directly"),)))
    given = [await upcoming(pages["ann "]) for _ in range(4)]
    assert [(change.name, change.cursor) for change in given] == [("answer", cursor)] * 4
    assert given[0].data["form"]["fields"][0] == {
        "name": "env", "label": "Env", "hint": "", "choices": [{"value": "p", "label": "Production"}], "value": "", "required": True, "multiline": False,
        "max_length": None,
    }  # fmt: skip
    assert [change.data["whisper"]["message"]["headline"][0]["text"] for change in given[1:]] == ["no such", "later", "directly"]
    assert [change.data["whisper"]["room"] for change in given[1:]] == ["#dev", "#dev", None]
    assert {(await upcoming(pages["bob"])).name for _ in range(3)} == {"beat"}
    for changes in pages.values():
        await changes.aclose()


async def test_two_openings_of_a_form_are_two_forms(house: Any) -> None:
    """A form that is opened twice is sent twice: each dialog has a mark of its own."""
    exchange = (await said(house, "/deploy")).exchange
    answer = Answer(form=Form(id="deploy", title="Deploy", submit="Go", cancel="Close", fields=()))
    openings = {json.loads(exchange.body(answer))["form"]["opening"] for _ in range(2)}
    assert len(openings) == 2


async def test_it_satisfies_its_ports(house: Any) -> None:
    """The page takes it as PlaygroundTalk; what speaks to people of any chat finds whisper and direct."""
    def pages(talk: PlaygroundTalk) -> None: ...

    pages(house.talk)
    for name in ("whisper", "direct"):
        assert hasattr(ChatInbound, name) and hasattr(house.talk, name)
    assert (house.talk.name, house.talk.kind) == ("playground", "playground")
