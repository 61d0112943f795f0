"""Teams' doors over a real server: what people say is proven, taken once, answered in time, and refused in words."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import aiohttp
import pytest
from fakes import teams_cards
from fakes.teams import ANN, BOB, EVE, OTHER_TENANT, FakeTeams, Message, mri
from fakes.teams_app import OUTGOING_SECRET, Answered, Request, TeamsApp
from fakes.teams_keys import stranger
from listening import serving
from sitting import Clock

from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.inbound import TeamsInbound
from leverframe.chats.teams.outgoing import TeamsOutgoing
from leverframe.chats.teams.rooms import Rooms
from leverframe.chats.teams.settings import Settings
from leverframe.chats.teams.tokens import Tokens
from leverframe.core.conversation import Answer, Choice, Clicked, Field, Form, Heard, Said, Submitted
from leverframe.core.errors import PROBLEMS, Refused
from leverframe.core.messages import Button, Buttons, Paragraph, Text
from leverframe.core.messages import Message as Words
from leverframe.issuer_keys import IssuerKeys
from leverframe.net import Outbound
from leverframe.observe import AccessLog
from leverframe.ports import Looked
from leverframe.store.conversations import Conversations as References
from leverframe.web.conversations import Conversations
from leverframe.web.refusals import RefusalLog
from leverframe.web.teams import BODY_CAP, TeamsDoors

pytestmark = pytest.mark.anyio

FORM = Form(
    id="deploy", title="Deploy", submit="Go", cancel="Close", context="c",
    fields=(Field(name="service", label="Service", choices=(Choice(value="web", label="Web"),)), Field(name="ref", label="Ref", required=False, hint="a branch")),
)  # fmt: skip


def says(text: str, *, public: bool = False) -> Answer:
    """Return an answer of one line."""
    return Answer(message=Words(headline=(Text(text),)), public=public)


@dataclass
class Hub:
    """The doors of a hub that answers what a test tells it to."""

    url: str
    doors: TeamsDoors
    app: TeamsApp
    teams: FakeTeams
    rooms: Rooms
    clock: Clock
    refusals: RefusalLog
    conversations: Conversations
    heard: list[Heard] = field(default_factory=list)
    answers: Callable[[Heard], Awaitable[Answer]] | None = None

    async def converse(self, heard: Heard) -> Answer:
        """Note what was heard; answer it."""
        self.heard.append(heard)
        return await self.answers(heard) if self.answers is not None else says(f"heard {type(heard).__name__}")

    async def ask(self, request: Request | dict[str, Any]) -> Answered:
        """Send a request, and wait until everything is said."""
        answer = await (self.app.send(request) if isinstance(request, dict) else request).to(self.url)
        await self.doors.settled()
        return answer

    def always(self, answer: Answer) -> None:
        """Answer everything so."""

        async def answers(heard: Heard) -> Answer:
            return answer

        self.answers = answers


@pytest.fixture
async def hub(clock: Clock, refusals: RefusalLog, desk: Any) -> AsyncIterator[Hub]:
    """A hub's doors for one bot, before a fake tenant."""
    outbound = Outbound()
    made: list[Hub] = []

    async def converse(heard: Heard) -> Answer:
        return await made[0].converse(heard)

    async with FakeTeams() as teams:
        settings = Settings.model_validate(teams.settings(outgoing={"ops": OUTGOING_SECRET, "other": "not base64!"}))
        tokens, keys, rooms = Tokens(settings, outbound, clock), IssuerKeys(settings.openid_url, outbound, clock), Rooms("teams", settings, clock, References(desk.database))
        access = AccessLog(StringIO())
        bot = TeamsInbound("teams", settings, Connector(settings, outbound, clock, tokens), rooms, keys, "en", lambda words: words == "hello everybody")
        conversations = Conversations(converse, locale="en")
        doors = TeamsDoors(
            [bot], [TeamsOutgoing("teams", settings, "en")], conversations,
            refusals=refusals, access=access, clock=clock, locale="en", address_of=lambda client: client[0], patience_s=30.0,
        )  # fmt: skip
        async with serving(doors) as server:
            app = TeamsApp(teams, at_s=clock.now().timestamp())
            made.append(Hub(f"http://127.0.0.1:{server.config.port}", doors, app, teams, rooms, clock, refusals, conversations))
            yield made[0]
        await doors.settled()
        await tokens.close()
        await keys.close()
        access.close()
        await outbound.close()


async def test_a_mention_in_a_channel_is_heard_and_answered_to_who_asked(hub: Hub) -> None:
    """The words without the mention, who said them, and where; the answer is a message that only they see, in the thread."""
    channel = hub.teams.channel("ops")
    answer = await hub.ask(hub.app.says(channel, "deploy web-app “staging”\r\n", user=BOB, thread="1700000000000"))
    assert (answer.status, answer.body) == (200, b"")
    [said] = hub.heard
    assert isinstance(said, Said) and (said.door, said.text) == ("mention", 'deploy web-app "staging"')
    assert (said.by.actor, said.by.name, said.at.destination, said.at.thread, said.at.room_name) == (
        f"teams:{BOB}", "Bob", f"teams:{channel.id}", "1700000000000", "ops",
    )  # fmt: skip
    [told] = hub.teams.said(channel.id)
    assert (told.text, told.only_for, told.thread) == ("heard Said", mri(BOB), "1700000000000")


async def test_a_public_answer_is_in_the_thread_for_everybody(hub: Hub) -> None:
    """What the room is to see is a reply to what was said."""
    channel = hub.teams.channel()
    hub.always(says("shipping", public=True))
    asked = hub.app.says(channel, "deploy web-app")
    await hub.ask(asked)
    [told] = hub.teams.said(channel.id)
    assert (told.text, told.only_for, told.thread) == ("shipping", None, asked["id"])


async def test_in_a_chat_of_two_everything_is_for_the_hub(hub: Hub) -> None:
    """No mention is needed, nor a mark; the answer is in the same chat."""
    chat = hub.teams.personal(ANN)
    for words in ("status", "/status", "!status"):
        await hub.ask(hub.app.says(chat, words))
    assert [said.text for said in hub.heard if isinstance(said, Said)] == ["status"] * 3
    assert [one.only_for for one in hub.teams.said(chat.id)] == [None] * 3


@pytest.mark.parametrize(("words", "mention", "door", "text"), [
    ("!status web-app", False, "thread", "status web-app"), ("hello everybody", False, "overheard", "hello everybody"), ("just talk", False, None, ""),
    ("status &amp; more &lt;x&gt;&nbsp;y", True, "mention", "status & more <x> y"), ("who-can <at>Bob</at>", True, "mention", "who-can @Bob"),
])  # fmt: skip
async def test_what_is_said_to_the_hub_in_a_group(hub: Hub, words: str, mention: bool, door: str | None, text: str) -> None:
    """A mention, a line with ``!``, or what is overheard; everything else is people's own."""
    await hub.ask(hub.app.says(hub.teams.group(), words, mention=mention))
    assert [(said.door, said.text) for said in hub.heard if isinstance(said, Said)] == ([(door, text)] if door else [])


async def test_a_message_that_only_speaks_of_the_bot_is_not_for_it(hub: Hub) -> None:
    """A mention counts where the message begins with it."""
    said = hub.app.says(hub.teams.channel(), "x")
    said["text"] = "thank you <at>Leverframe</at>"
    await hub.ask(said)
    assert hub.heard == []


async def test_a_slash_command_that_nobody_else_saw_is_heard(hub: Hub) -> None:
    """Targeted messages need no mention; their answers are as private."""
    channel = hub.teams.channel()
    said = hub.app.says(channel, "deploy web-app", mention=False)
    said["recipient"]["isTargeted"] = True
    await hub.ask(said)
    assert [(one.door, one.text) for one in hub.heard if isinstance(one, Said)] == [("slash", "deploy web-app")]
    assert hub.teams.said(channel.id)[0].only_for == mri(ANN)


async def test_where_no_message_can_be_for_one_it_is_said_directly(hub: Hub) -> None:
    """Without targeted messages the bot writes to the person; without that either, the room is told why there is no answer."""
    channel, hub.teams.targeted = hub.teams.channel(), False
    await hub.ask(hub.app.says(channel, "status"))
    assert [one.text for one in hub.teams.said(hub.teams.personal(ANN).id)] == ["heard Said"] and hub.teams.said(channel.id) == []
    hub.teams.not_installed_for = {BOB}
    await hub.ask(hub.app.says(channel, "status", user=BOB))
    [told] = hub.teams.said(channel.id)
    assert PROBLEMS["teams_not_private"].en[0] in told.text and "heard" not in told.text


async def card_in(hub: Hub, user: str = ANN) -> Message:
    """Have the bot post a card with a button, and return it."""
    channel = hub.teams.channel()
    hub.always(Answer(message=Words(headline=(Text("Waits"),), blocks=(Buttons((Button("Approve", action="approve", value="dep_1"),)),)), public=True))
    await hub.ask(hub.app.says(channel, "deploy"))
    hub.heard.clear()
    hub.answers = None
    return hub.teams.said(channel.id)[-1]


async def test_a_button_is_heard_and_answered_below_its_card(hub: Hub) -> None:
    """Action.Execute: what was pressed, by whom, on which message; the answer's words are the request's own answer."""
    card = await card_in(hub)
    answer = await hub.ask(hub.app.presses(card, "Approve", user=BOB))
    assert (answer.status, answer.toast) == (200, "heard Clicked")
    [clicked] = hub.heard
    assert isinstance(clicked, Clicked) and (clicked.action, clicked.value, clicked.message, clicked.by.id) == ("approve", "dep_1", card.id, BOB)
    assert hub.teams.said(card.conversation) == [card], "nothing more is said"


@pytest.mark.parametrize("error", [Refused("storage_unavailable"), RuntimeError("a mistake")])
async def test_a_card_that_cannot_be_told_stays_as_it_is(hub: Hub, error: Exception) -> None:
    """Whoever looks at it keeps what everybody sees; a look is no word that somebody said."""
    channel = hub.teams.channel()
    message = Message("1", channel.id, {"attachments": [{"content": {"refresh": {"action": {"type": "Action.Execute", "verb": "look", "data": {"action": "look", "delivery": "dlv_1"}}}}}]})

    async def fails(looked: Looked) -> None:
        assert (looked.at.room, looked.message, looked.delivery, looked.by.id) == (channel.id, "1", "dlv_1", BOB)
        raise error

    hub.conversations.looks = fails
    answer = await hub.ask(hub.app.looks(message, user=BOB))
    assert (answer.status, answer.document["statusCode"], answer.document["type"]) == (200, 404, "application/vnd.microsoft.error") and hub.heard == []


async def test_a_client_that_only_submits_is_heard_too(hub: Hub) -> None:
    """The fallback comes as a message with a value; its answer is a message."""
    card = await card_in(hub)
    await hub.ask(hub.app.submits(card, "Approve", user=BOB))
    [clicked] = hub.heard
    assert isinstance(clicked, Clicked) and (clicked.action, clicked.value) == ("approve", "dep_1")
    assert hub.teams.said(card.conversation)[-1].only_for == mri(BOB)


async def test_a_long_answer_to_a_button_is_whispered_whole(hub: Hub) -> None:
    """Below the card there is room for a few words; all of it comes as a message."""
    card = await card_in(hub)
    hub.always(Answer(message=Words(headline=(Text("All of it"),), blocks=(Paragraph((Text("word " * 300),)),))))
    answer = await hub.ask(hub.app.presses(card, "Approve"))
    assert len(answer.toast) <= 600 and len(hub.teams.said(card.conversation)[-1].text) > 1_000


async def test_an_answer_that_takes_long_comes_later(hub: Hub) -> None:
    """Who pressed is told at once that it is worked on; then they hear what came of it."""
    card = await card_in(hub)
    hub.doors._patience_s = 0.05
    slow = asyncio.Event()

    async def answers(heard: Heard) -> Answer:
        await slow.wait()
        return says("done at last")

    hub.answers = answers
    answer = await hub.app.send(hub.app.presses(card, "Approve")).to(hub.url)
    assert answer.toast == "⏳ Working on it…"
    slow.set()
    await hub.doors.settled()
    assert hub.teams.said(card.conversation)[-1].text == "done at last"


async def form_for(hub: Hub, user: str = ANN) -> Message:
    """Have somebody ask for a form, and return its card."""
    hub.always(Answer(form=FORM))
    channel = hub.teams.channel("forms")
    await hub.ask(hub.app.says(channel, "deploy", user=user))
    hub.heard.clear()
    hub.answers = None
    return hub.teams.messages[-1]


async def test_a_form_is_a_card_for_who_asked(hub: Hub) -> None:
    """Fields become inputs; what was filled in comes back with the room it was asked in, and the form gives way to what came of it."""
    form = await form_for(hub)
    assert form.only_for == mri(ANN)
    choice, line = (one for one in teams_cards.elements(form.card) if one["type"].startswith("Input."))
    assert (choice["id"], choice["isRequired"], choice["choices"]) == ("field.service", True, [{"title": "Web", "value": "web"}])
    assert (line["type"], line["isRequired"], line["placeholder"]) == ("Input.Text", False, "a branch")
    answer = await hub.ask(hub.app.presses(form, "Go", service="web", ref="main"))
    [sent] = hub.heard
    assert isinstance(sent, Submitted) and (sent.form, sent.context, sent.fields) == ("deploy", "c", {"service": "web", "ref": "main"})
    assert sent.at.room == form.conversation
    assert answer.document["type"] == teams_cards.CARD and "heard Submitted" in teams_cards.words(answer.document["value"])
    assert form.text == "heard Submitted" and form.edits == 1


async def test_what_is_wrong_with_a_form_is_said_and_it_stays(hub: Hub) -> None:
    """A field that cannot be taken: the words below the card, and the form can be sent again."""
    form = await form_for(hub)
    hub.always(Answer(errors={"ref": "There is no such branch."}))
    answer = await hub.ask(hub.app.presses(form, "Go", service="web", ref="nope"))
    assert answer.toast == "There is no such branch." and form.edits == 0
    assert not [one for one in hub.teams.messages if "no such branch" in one.text]


async def test_a_form_is_only_for_who_asked_and_as_it_was_given(hub: Hub) -> None:
    """What travels with it is sealed: another person, another room or another form is refused."""
    form = await form_for(hub)
    assert (await hub.ask(hub.app.presses(form, "Go", user=EVE, service="web"))).status == 400
    changed = hub.app.presses(form, "Go", service="web")
    changed["value"]["action"]["data"]["room"] = "19:secret@thread.tacv2"
    assert (await hub.ask(changed)).document["code"] == "request_invalid"
    assert hub.heard == []


async def test_a_form_asked_for_in_a_channel_and_sent_directly_belongs_to_the_channel(hub: Hub) -> None:
    """Where the form could only be sent to the person, its answer is still of the room that they asked in."""
    hub.teams.targeted = False
    form = await form_for(hub)
    assert hub.teams.conversations[form.conversation].kind == "personal"
    await hub.ask(hub.app.presses(form, "Go", service="web"))
    [sent] = hub.heard
    assert isinstance(sent, Submitted) and sent.at.room.startswith("19:forms") and form.edits == 1


async def test_conversations_are_kept(hub: Hub) -> None:
    """A team that the bot was added to is known by its channels' names, over a restart; one that it was taken out of is not."""
    general, ops = hub.teams.channel(""), hub.teams.channel("Ops Room")
    assert (await hub.ask(hub.app.added(general))).status == 200
    again = Rooms("teams", hub.rooms._settings, hub.clock, hub.rooms._store)
    found = await again.find("#ops room")
    assert not isinstance(found, str) and (found.conversation, found.service) == (ops.id, hub.teams.service)
    assert not isinstance(await again.find("#Platform/General"), str)
    await hub.ask(hub.app.added(ops, removed=True))
    assert await hub.rooms.find("#ops room") == "teams_room_unknown"


@pytest.mark.parametrize(("changes", "code", "status"), [
    ({"aud": "22222222-2222-4333-8444-555555555555"}, "teams_token_invalid", 401), ({"iss": "https://evil.example"}, "teams_token_invalid", 401),
    ({"iss": None}, "teams_token_invalid", 401), ({"aud": None}, "teams_token_invalid", 401), ({"exp": None}, "teams_token_invalid", 401),
    ({"exp": 1}, "teams_token_expired", 401), ({"nbf": 99_999_999_999}, "teams_token_expired", 401), ({"exp": "soon"}, "teams_token_invalid", 401),
    ({"serviceurl": "https://smba.trafficmanager.net/teams/"}, "teams_token_invalid", 401), ({"serviceurl": None}, "teams_token_invalid", 401),
])  # fmt: skip
async def test_a_token_for_something_else_is_refused(hub: Hub, changes: dict[str, Any], code: str, status: int) -> None:
    """Another bot's, another issuer's, one that ended or has not begun, one for another service: nothing is heard."""
    answer = await hub.ask(hub.app.send(hub.app.says(hub.teams.channel(), "status"), **changes))
    assert (answer.status, answer.document["code"]) == (status, code) and hub.heard == []


async def test_five_minutes_of_skew_are_borne(hub: Hub) -> None:
    """A token that ended four minutes ago by our clock is taken; six minutes are too many."""
    now, channel = int(hub.app.now_s()), hub.teams.channel()
    assert (await hub.ask(hub.app.send(hub.app.says(channel, "status"), exp=now - 240))).status == 200
    assert (await hub.ask(hub.app.send(hub.app.says(channel, "status"), exp=now - 360))).document["code"] == "teams_token_expired"


async def test_forgeries_are_refused(hub: Hub) -> None:
    """No algorithm, HMAC with the public key, a stranger's key under a known name, a changed claim, no token, two, and none that is one."""
    said = hub.app.says(hub.teams.channel(), "deploy web-app production")
    claims, keys = hub.app.claims(said), hub.teams.keys
    signed = keys.sign(claims)
    head, body, signature = signed.split(".")
    other = base64.urlsafe_b64encode(json.dumps({**claims, "aud": hub.teams.app_id, "exp": 99_999_999_999}).encode()).rstrip(b"=").decode()
    hmac_head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT", "kid": keys.newest}).encode()).rstrip(b"=").decode()
    by_public = base64.urlsafe_b64encode(hmac.digest(keys.public_pem(keys.newest), f"{hmac_head}.{body}".encode(), "sha256")).rstrip(b"=").decode()
    forged = [
        keys.sign(claims, algorithm="none"), f"{hmac_head}.{body}.{by_public}", keys.sign(claims, key=stranger()), f"{head}.{other}.{signature}",
        keys.sign(claims, kid="made-up", key=stranger()), "a.b.c", "x" * 9_000, "é", f"{head}.{body}.",
    ]  # fmt: skip
    for token in forged:
        answer = await hub.ask(hub.app.send(said, token=token))
        assert (answer.status, answer.document["code"]) == (401, "teams_token_invalid"), token
    for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}):
        assert (await hub.ask(Request("/teams/messages", json.dumps(said).encode(), headers))).document["code"] == "teams_token_missing"
    assert hub.heard == []


async def test_another_tenant_is_refused(hub: Hub) -> None:
    """Teams vouches for every tenant in which the bot is installed; only those of the configuration are heard."""
    hub.app.tenant = OTHER_TENANT
    answer = await hub.ask(hub.app.says(hub.teams.channel(), "status"))
    assert (answer.status, answer.document["code"]) == (403, "teams_tenant_unknown")
    hub.app.tenant = ""
    two = hub.app.says(hub.teams.channel(), "status")
    two["channelData"]["tenant"]["id"] = OTHER_TENANT
    assert (await hub.ask(two)).status == 400
    nobody = hub.app.says(hub.teams.channel(), "status")
    nobody["conversation"].pop("tenantId")
    nobody["channelData"].pop("tenant")
    assert (await hub.ask(nobody)).status == 403
    assert hub.heard == []


async def test_an_address_that_is_not_microsofts_gets_nothing(hub: Hub) -> None:
    """Even signed, an answer is posted only to Teams' own hosts: the bot's token goes with it."""
    said = hub.app.says(hub.teams.channel(), "status")
    said["serviceUrl"] = "https://evil.example/teams/"
    assert (await hub.ask(said)).document["code"] == "teams_service_unknown" and hub.heard == []


async def test_keys_are_rotated(hub: Hub) -> None:
    """They are fetched once, kept, and fetched again when a new one signs; a made-up name fetches nothing more within a minute."""
    channel = hub.teams.channel()
    for _ in range(3):
        assert (await hub.ask(hub.app.says(channel, "status"))).status == 200
    assert hub.teams.key_fetches == 1
    hub.teams.keys.rotate()
    hub.clock.turn(seconds=61)
    assert (await hub.ask(hub.app.says(channel, "status"))).status == 200
    assert hub.teams.key_fetches == 2
    for _ in range(3):
        said = hub.app.says(channel, "status")
        token = hub.teams.keys.sign(hub.app.claims(said), kid="made-up", key=stranger())
        assert (await hub.ask(hub.app.send(said, token=token))).status == 401
    assert hub.teams.key_fetches == 2


async def test_without_keys_teams_is_asked_to_come_again(hub: Hub) -> None:
    """Where the keys cannot be fetched, nobody is let in and nobody is called a forger."""
    hub.teams.keys_down = True
    said = hub.app.says(hub.teams.channel(), "status")
    for _ in range(2):
        answer = await hub.ask(said)
        assert (answer.status, answer.document["code"], answer.headers["retry-after"]) == (503, "teams_keys_unavailable", "10")
    hub.teams.keys_down = False
    hub.clock.turn(seconds=11)
    assert (await hub.ask(said)).status == 200


async def test_a_key_of_another_channel_does_not_speak_for_teams(hub: Hub) -> None:
    """Microsoft endorses keys for channels; one that is for web chats only is refused."""
    hub.teams.keys.endorsements = ["webchat"]
    assert (await hub.ask(hub.app.says(hub.teams.channel(), "status"))).document["code"] == "teams_token_invalid"


@pytest.mark.parametrize("body", [
    b"", b"[]", b"null", b"{", b"\xff", b'{"type":"message"}', b"[" * 100_000,
])  # fmt: skip
async def test_garbage_is_a_clear_refusal(hub: Hub, body: bytes) -> None:
    """Whatever the body holds under a good token, the answer is a 4xx with a code."""
    token = hub.teams.keys.sign(hub.app.claims({"serviceUrl": hub.teams.service}))
    answer = await hub.ask(Request("/teams/messages", body, {"Authorization": f"Bearer {token}"}))
    assert 400 <= answer.status < 500 and answer.document["code"] in PROBLEMS


@pytest.mark.parametrize("change", [
    {"id": None}, {"id": ""}, {"id": "x" * 400}, {"conversation": []}, {"from": None}, {"from": {"id": "28:bot"}}, {"text": 5}, {"value": [1]}, {"channelData": "x"},
    {"type": 7}, {"type": "typing"}, {"type": "invoke", "name": "task/fetch"}, {"type": "invoke", "name": "adaptiveCard/action", "value": "x"}, {"entities": {"a": 1}},
    {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"verb": "approve", "data": {"value": {"x": 1}}}}}, {"text": "<at>" * 50_000},
    {"type": "conversationUpdate", "membersAdded": "x"}, {"recipient": "x"}, {"text": "\ud800 \x00"},
])  # fmt: skip
async def test_fields_of_any_kind_are_borne(hub: Hub, change: dict[str, Any]) -> None:
    """A field may be missing, of another type or without end: never a 5xx."""
    said = {**hub.app.says(hub.teams.channel(), "status"), **change}
    assert (await hub.ask(said)).status < 500


async def test_too_much_and_the_wrong_method(hub: Hub) -> None:
    """A body above the cap is not read; a GET is told what is expected."""
    token = hub.teams.keys.sign(hub.app.claims({"serviceUrl": hub.teams.service}))
    assert (await hub.ask(Request("/teams/messages", b"x" * (BODY_CAP + 1), {"Authorization": f"Bearer {token}"}))).status == 413
    async with aiohttp.ClientSession() as session, session.get(hub.url + "/teams/messages") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_an_outgoing_webhook_asks_and_hears_the_answer_at_once(hub: Hub) -> None:
    """Signed by the team's token: the words without the mention, an asker who is not proven, and the answer as a card."""
    channel = hub.teams.channel()
    hub.always(says("all quiet"))
    answer = await hub.ask(hub.app.outgoing(channel, "status"))
    assert answer.status == 200 and answer.document["type"] == "message"
    assert teams_cards.words(answer.document["attachments"][0]["content"]) == "all quiet"
    [said] = hub.heard
    assert isinstance(said, Said) and said.text == "status"
    assert (said.by.actor, said.by.proven, said.by.names) == (f"teams:unproven/{ANN}", False, (f"teams:unproven/{ANN}", f"teams:{ANN}"))
    assert hub.teams.said(channel.id) == []


async def test_outgoing_forgeries_are_refused(hub: Hub) -> None:
    """Another token, another body, another name, a recorded request, a team of another tenant."""
    channel = hub.teams.channel()
    good = hub.app.outgoing(channel, "status")
    other_token = hub.app.outgoing(channel, "status", secret="b3RoZXI=")
    changed = Request(good.path, good.body.replace(b"status", b"deploy"), good.headers)
    unsigned = Request(good.path, good.body, {})
    nowhere = hub.app.outgoing(channel, "status", name="nowhere")
    broken = hub.app.outgoing(channel, "status", name="other")
    hub.app.at_s = hub.app.now_s() - 400
    stale = hub.app.outgoing(channel, "status")
    hub.app.at_s, hub.app.tenant = hub.app.now_s() + 400, OTHER_TENANT
    foreign = hub.app.outgoing(channel, "status")
    found = [(answer.status, answer.document["code"]) for answer in [await hub.ask(one) for one in (other_token, changed, unsigned, nowhere, broken, stale, foreign)]]
    assert found == [
        (401, "teams_signature_invalid"), (401, "teams_signature_invalid"), (401, "teams_signature_missing"), (404, "teams_outgoing_unknown"),
        (401, "teams_signature_invalid"), (401, "teams_stale"), (403, "teams_tenant_unknown"),
    ]  # fmt: skip
    assert hub.heard == []


async def test_a_database_that_is_away_is_told(hub: Hub) -> None:
    """A button is answered in words; a message, which Teams may bring again, with a 503."""
    card = await card_in(hub)

    async def away(heard: Heard) -> Answer:
        raise Refused("storage_unavailable")

    hub.answers = away
    assert PROBLEMS["storage_unavailable"].en[0] in (await hub.ask(hub.app.presses(card, "Approve"))).toast
    assert (await hub.ask(hub.app.says(hub.teams.channel(), "status"))).status == 503
