"""Answers to what people say: at once, later, in a form, in the room, directly; over HTTP with a strict Slack."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.slack import TOKEN, FakeSlack
from fakes.slack_app import SIGNING_SECRET, Request, SlackApp

from leverframe.chats.slack.inbound import SlackInbound
from leverframe.chats.slack.settings import Settings
from leverframe.core.conversation import Answer, Asker, Choice, Field, Form, Place
from leverframe.core.delivery import Delivered, Rejected, Retryable
from leverframe.core.messages import Bold, Message, Person, Text
from leverframe.net import Outbound
from leverframe.ports import Exchange
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio

DONE = Message(headline=(Text("👍 승인 완료: "), Bold("web-app")), tone="good")
WHISPER, PUBLIC = Answer(message=DONE), Answer(message=DONE, public=True)
FORM = Form(id="deploy", title="Deploy", submit="Deploy", cancel="Cancel", context="c", fields=(
    Field(name="service", label="Service", choices=(Choice(value="web-app", label="web-app"), Choice(value="api", label="api"))),
    Field(name="ref", label="Ref", required=False),
))  # fmt: skip
ASKS = Answer(form=FORM)
SAID = "👍 승인 완료: *web-app*"


@dataclass
class Room:
    """The hub's ear in a fake workspace."""

    slack: FakeSlack
    app: SlackApp
    inbound: SlackInbound

    def hear(self, request: Request) -> Exchange:
        """Return the exchange of a request."""
        return self.inbound.hear(request.raw_headers, request.body, now=datetime.now(UTC))  # type: ignore[return-value]

    async def answer(self, request: Request, answer: Answer) -> Any:
        """Answer a request in time, say the rest, and return the body."""
        exchange = self.hear(request)
        body = exchange.body(answer)
        outcome = await exchange.say(answer, answered=True)
        assert outcome is None or isinstance(outcome, Delivered), outcome
        return json.loads(body) if body else None

    @property
    def heard(self) -> dict[str, int]:
        """How much was said by each way."""
        return {"addresses": len(self.slack.answers), "whispers": len(self.slack.whispers), "posts": len(self.slack.posts()), "views": len(self.slack.views)}


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """A workspace with the channels #dev (C000000000X) and #general."""
    outbound = Outbound()
    async with FakeSlack(channels=["dev", "general"]) as slack:
        settings = Settings(bot_token=Secret(TOKEN), signing_secrets=[Secret(SIGNING_SECRET)], api_url=slack.url)
        yield Room(slack, SlackApp(slack), SlackInbound("slack", settings, outbound, "en"))
        await outbound.close()


DEV = "C000000000X"
NONE = {"addresses": 0, "whispers": 0, "posts": 0, "views": 0}


@pytest.mark.parametrize(("answer", "kind"), [(WHISPER, "ephemeral"), (PUBLIC, "in_channel")])
async def test_a_slash_command_is_answered_in_its_own_body(room: Room, answer: Answer, kind: str) -> None:
    """Only the asker sees a refusal, the channel an act; nothing more is sent."""
    body = await room.answer(room.app.slash("/deploy web-app staging", channel=DEV), answer)
    assert (body["response_type"], body["text"]) == (kind, SAID)
    assert body["blocks"] and "replace_original" not in body
    assert room.heard == NONE


async def test_nothing_to_say_is_an_empty_body(room: Room) -> None:
    """Slack shows nothing for it."""
    assert await room.answer(room.app.slash("/deploy web-app staging", channel=DEV), Answer()) is None
    assert await room.answer(room.app.click("approve", channel=DEV), Answer()) is None
    assert room.heard == NONE


@pytest.mark.parametrize(("answer", "kind"), [(WHISPER, "ephemeral"), (PUBLIC, "in_channel")])
async def test_an_old_attachments_button_is_answered_in_its_own_body(room: Room, answer: Answer, kind: str) -> None:
    """As bots of Hubot's time did: the card stays as it is, the answer comes beside it."""
    body = await room.answer(room.app.interact(room.app.attachment_clicked("approve", "web-app", channel=DEV)), answer)
    assert (body["text"], body["replace_original"], body["response_type"]) == (SAID, False, kind)
    assert room.heard == NONE


@pytest.mark.parametrize(("answer", "kind"), [(WHISPER, "ephemeral"), (PUBLIC, "in_channel")])
async def test_a_click_is_answered_by_its_address(room: Room, answer: Answer, kind: str) -> None:
    """Slack shows nothing of the body of a click: the answer goes to its address, and the card is left to its delivery."""
    assert await room.answer(room.app.click("approve", "apr_1", channel=DEV, thread="1700000000.000050"), answer) is None
    [said] = room.slack.answers
    assert (said["text"], said["replace_original"], said["response_type"], said["thread_ts"]) == (SAID, False, kind, "1700000000.000050")


async def test_a_click_without_an_address_is_answered_in_its_body(room: Room) -> None:
    """A click is never swallowed."""
    body = await room.answer(room.app.interact({**room.app.clicked("approve", channel=DEV), "response_url": ""}), WHISPER)
    assert (body["text"], body["replace_original"]) == (SAID, False)


@pytest.mark.parametrize("thread", [None, "1700000000.000050"])
async def test_a_mention_is_answered_in_the_room(room: Room, thread: str | None) -> None:
    """An event carries no address: an act is posted, a refusal whispered, in the thread that it was said in."""
    event = room.app.event(room.app.mention("<@U0BOT> deploy web-app staging", channel=DEV, thread=thread))
    assert await room.answer(event, PUBLIC) is None
    [post] = room.slack.posts()
    assert (post["channel"], post["text"], post.get("thread_ts")) == (DEV, SAID, thread)
    await room.answer(event, WHISPER)
    [whisper] = room.slack.whispers
    assert (whisper.channel, whisper.user, whisper.text, whisper.thread_ts) == (DEV, "U1", SAID, thread)


async def test_who_asked_is_mentioned_by_any_of_their_names(room: Room) -> None:
    """A message may name the asker as audit does."""
    for name in ("slack:T1/U012", "slack:U012"):
        body = await room.answer(room.app.slash("/why", user="U012", channel=DEV), Answer(message=Message(headline=(Person(name), Text(" may not")))))
        assert body["text"] == "<@U012> may not"


async def test_whispers_find_another_way(room: Room) -> None:
    """Without a live address in the room, out of the room directly: a refusal reaches whom it refuses."""
    by, at = Asker(chat="slack", id="U1", team="T1"), Place(chat="slack", room=DEV)
    address = room.slack.response_url()
    for _ in range(6):  # Slack takes five answers
        assert isinstance(await room.inbound.whisper(by, at, DONE, answer_to=address), Delivered)
    assert room.heard == {**NONE, "addresses": 5, "whispers": 1}
    room.slack._channels[DEV].absent.add("U1")
    assert isinstance(await room.inbound.whisper(by, at, DONE), Delivered)
    assert [post["channel"] for post in room.slack.posts()] == ["U1"]
    await room.inbound.whisper(by, Place(chat="slack", room="C_UNKNOWN"), DONE)
    await room.inbound.direct(by, DONE)
    assert [post["channel"] for post in room.slack.posts()] == ["U1"] * 3


async def test_a_foreign_address_is_never_called(room: Room) -> None:
    """Not even when it is handed over directly."""
    async with FakeSlack() as other:
        told = await room.inbound._voice.respond(other.response_url(), {"text": "secret"})
        assert isinstance(told, Rejected)
        assert other.calls == []


@pytest.mark.parametrize(("mode", "kind"), [("down", Retryable), ("limited", Retryable), ("garbage", Retryable), ("lost", Retryable), ("half", Retryable)])
async def test_slacks_troubles_raise_nothing(room: Room, mode: Any, kind: type) -> None:
    """An answer that cannot be said is an outcome."""
    room.slack.mode = mode
    exchange = room.hear(room.app.click("approve", channel=DEV))
    assert isinstance(await exchange.say(WHISPER, answered=True), kind)
    assert isinstance(await room.hear(room.app.slash("/deploy", channel=DEV)).say(ASKS, answered=True), kind)


async def test_without_a_token_only_addresses_answer() -> None:
    """A workspace that is reached by webhooks only can still be answered by the address."""
    outbound = Outbound()
    async with FakeSlack(channels=["dev"]) as slack:
        inbound = SlackInbound("slack", Settings(signing_secrets=[Secret(SIGNING_SECRET)], api_url=slack.url), outbound, "en")
        by, at = Asker(chat="slack", id="U1"), Place(chat="slack", room=DEV)
        assert isinstance(await inbound.whisper(by, at, DONE, answer_to=slack.response_url()), Delivered)
        assert isinstance(await inbound.whisper(by, at, DONE), Rejected)
    await outbound.close()


# --- forms -------------------------------------------------------------------------------------------------------------


async def test_a_form_is_opened_where_it_is_asked_for(room: Room) -> None:
    """The command's body stays empty; the form is on the screen, filled."""
    assert await room.answer(room.app.slash("/deploy", channel=DEV), ASKS) is None
    [opened] = room.slack.views.values()
    assert (opened.view["callback_id"], opened.updates) == ("deploy", 0)


async def test_a_form_opens_at_once_and_is_filled_after(room: Room) -> None:
    """The trigger is used before anything else is known; what becomes of the form takes as long as it takes."""
    exchange = room.hear(room.app.slash("/deploy", channel=DEV))
    await exchange.prepare()
    [opened] = room.slack.views.values()
    assert "Loading" in json.dumps(opened.view)
    room.slack.trigger_s = 0.0
    assert isinstance(await exchange.say(ASKS, answered=True), Delivered)
    assert (opened.view["callback_id"], opened.updates) == ("deploy", 1)


async def test_a_form_that_was_opened_for_nothing_says_why(room: Room) -> None:
    """A view cannot be closed from outside: it shows the refusal."""
    exchange = room.hear(room.app.slash("/deploy", channel=DEV))
    await exchange.prepare()
    await exchange.say(WHISPER, answered=True)
    [opened] = room.slack.views.values()
    assert "승인 완료" in json.dumps(opened.view, ensure_ascii=False)


@pytest.mark.parametrize("late", [True, False])
async def test_a_form_that_cannot_be_opened_is_offered(room: Room, late: bool) -> None:
    """Too late, or from where Slack opens no form (a mention): the asker gets a button, and a click lets the form be opened.

    ``@leverframe deploy`` was once answered that the form came too late and to try again, which would have come to the same.
    """
    room.slack.trigger_s = 0.0
    request = room.app.slash("/deploy", channel=DEV) if late else room.app.event(room.app.mention("<@U0BOT> deploy", channel=DEV))
    exchange = room.hear(request)
    assert isinstance(await exchange.say(ASKS, answered=True), Rejected if late else Delivered)
    said, blocks = (room.slack.answers[0]["text"], room.slack.answers[0]["blocks"]) if late else (room.slack.whispers[0].text, room.slack.whispers[0].blocks)
    assert ("could not be opened in time" in said) == late
    [button] = next(block["elements"] for block in blocks if block["type"] == "actions")
    assert (button["text"]["text"], button["action_id"], button["value"]) == ("Open the form", "run~0", "deploy")
    room.slack.trigger_s = 3.0
    await room.answer(room.app.click(button["action_id"], button["value"], channel=DEV), ASKS)
    [opened] = room.slack.views.values()
    assert opened.view["callback_id"] == "deploy"


async def test_a_submitted_form_comes_back_with_its_place(room: Room) -> None:
    """The answer goes to the channel that the form was opened in; the form closes."""
    await room.answer(room.app.slash("/deploy", channel=DEV), ASKS)
    [opened] = room.slack.views.values()
    submit = room.app.interact(room.app.submitted(opened, {"service": "web-app", "ref": "main"}))
    heard: Any = room.hear(submit).heard
    assert (heard.form, heard.context, dict(heard.fields), heard.at.room) == ("deploy", "c", {"service": "web-app", "ref": "main"}, DEV)
    assert await room.answer(submit, PUBLIC) == {"response_action": "clear"}
    [post] = room.slack.posts()
    assert (post["channel"], post["text"]) == (DEV, SAID)


async def test_what_is_wrong_in_a_form_stands_at_its_field(room: Room) -> None:
    """Errors of known fields are shown there; those of others, which Slack would drop, in place of the form."""
    await room.answer(room.app.slash("/deploy", channel=DEV), ASKS)
    [opened] = room.slack.views.values()
    submit = room.app.interact(room.app.submitted(opened, {"service": "web-app"}))
    assert await room.answer(submit, Answer(errors={"ref": "no such ref", "nowhere": "x"})) == {"response_action": "errors", "errors": {"ref": "no such ref"}}
    shown = await room.answer(submit, Answer(errors={"nowhere": "no such thing"}))
    assert shown["response_action"] == "update" and "no such thing" in json.dumps(shown["view"])
    assert await room.answer(submit, Answer()) == {"response_action": "clear"}
    again = await room.answer(submit, ASKS)
    assert (again["response_action"], again["view"]["callback_id"]) == ("update", "deploy")
    refused = await room.answer(submit, WHISPER)
    assert refused["response_action"] == "update" and "submit" not in refused["view"]
    assert room.heard == {**NONE, "views": 1}


# --- what takes long ---------------------------------------------------------------------------------------------------


async def test_a_slow_command_is_answered_by_its_address(room: Room) -> None:
    """"Working on it" at once, for the asker alone; the answer when there is one."""
    exchange = room.hear(room.app.slash("/deploy web-app staging", channel=DEV))
    assert json.loads(exchange.working())["response_type"] == "ephemeral"
    await exchange.say(PUBLIC, answered=False)
    [said] = room.slack.answers
    assert (said["response_type"], said["text"]) == ("in_channel", SAID)


async def test_a_slow_click_is_answered_by_its_address(room: Room) -> None:
    """Nothing at once, the answer when there is one; a public one finds the room when the address is used up."""
    exchange = room.hear(room.app.click("approve", channel=DEV))
    assert exchange.working() == b""
    for _ in range(6):
        await exchange.say(PUBLIC, answered=False)
    assert room.heard == {**NONE, "addresses": 5, "posts": 1}


async def test_a_slow_form_stays_and_becomes_the_answer(room: Room) -> None:
    """The form shows that it is being worked on, then what came of it."""
    await room.answer(room.app.slash("/deploy", channel=DEV), ASKS)
    [opened] = room.slack.views.values()
    exchange = room.hear(room.app.interact(room.app.submitted(opened, {"service": "web-app"})))
    shown = json.loads(exchange.working())
    assert shown["response_action"] == "update" and "Working on it" in json.dumps(shown["view"])
    await exchange.say(Answer(errors={"ref": "no such ref"}), answered=False)
    assert "no such ref" in json.dumps(opened.view)
    assert room.heard == {**NONE, "views": 1}
