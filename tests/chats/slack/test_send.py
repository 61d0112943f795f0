"""Slack's own ways, beyond what every chat promises: scopes, names, refusals, and the token that is never shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from fakes.slack import TOKEN, FakeSlack

from leverframe.chats.slack.send import SlackChat
from leverframe.chats.slack.settings import Settings
from leverframe.core.delivery import Delivered, Rejected, Retryable
from leverframe.core.errors import PROBLEMS
from leverframe.core.messages import Image, Message, Paragraph, Text
from leverframe.net import Answer, Outbound
from leverframe.ports import Posting

pytestmark = pytest.mark.anyio


@dataclass
class Workspace:
    """A fake Slack and the chat that speaks to it."""

    fake: FakeSlack
    outbound: Outbound

    def chat(self, **settings: object) -> SlackChat:
        made = Settings.model_validate({"bot_token": TOKEN, "api_url": self.fake.url, **settings})
        return SlackChat("slack", made, self.outbound)


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with FakeSlack(channels=["dev"]) as fake:
        outbound = Outbound()
        yield Workspace(fake, outbound)
        await outbound.close()


def say(room: str = "#dev", **more: object) -> Posting:
    return Posting(id="dlv_1", room=room, message=Message(headline=(Text("Hello"),)), **more)  # type: ignore[arg-type]


async def test_the_channel_is_named_as_the_route_names_it_and_its_id_is_told(workspace: Workspace) -> None:
    """``#name`` goes out as it is; Slack's answer tells the id, which the next message uses."""
    chat = workspace.chat()
    first = await chat.post(say())
    assert isinstance(first, Delivered)
    assert first.remote_room == workspace.fake.messages("#dev")[0].channel
    await chat.post(say(remote_room=first.remote_room))
    assert [post["channel"] for post in workspace.fake.posts()] == ["#dev", first.remote_room]


async def test_every_message_has_text_and_unfolds_no_link(workspace: Workspace) -> None:
    """Notifications and screen readers get the text; a link in foreign text is not unfolded into a picture."""
    await workspace.chat().post(say())
    (post,) = workspace.fake.posts()
    assert (post["text"], post["unfurl_links"], post["unfurl_media"]) == ("Hello", False, False)
    assert "username" not in post


async def test_an_update_leaves_plain_names_alone(workspace: Workspace) -> None:
    """chat.update finds mentions in plain text unless told not to (parse is "client" there)."""
    chat = workspace.chat()
    first = await chat.post(say())
    assert isinstance(first, Delivered) and first.remote_id
    await chat.update(say(remote_room=first.remote_room), first.remote_id)
    assert workspace.fake.calls[-1].fields["parse"] == "none"


@pytest.mark.parametrize(("icon", "field", "value"), [(":ship:", "icon_emoji", ":ship:"), ("ship", "icon_emoji", ":ship:"),
                                                     ("https://example.com/i.png", "icon_url", "https://example.com/i.png")])  # fmt: skip
async def test_name_and_icon_are_sent_when_given(workspace: Workspace, icon: str, field: str, value: str) -> None:
    """A route's username and icon reach Slack, the icon as an emoji or as an address."""
    await workspace.chat().post(say(username="Harbour", icon=icon))
    (post,) = workspace.fake.posts()
    assert (post["username"], post[field]) == ("Harbour", value)


async def test_without_the_scope_name_and_icon_are_left_out_and_remembered(workspace: Workspace) -> None:
    """A missing chat:write.customize costs the name, not the message, and is asked about once."""
    workspace.fake.scopes = ("chat:write",)
    chat = workspace.chat()
    for _ in range(2):
        assert isinstance(await chat.post(say(username="Harbour", icon=":ship:")), Delivered)
    assert [call.answer for call in workspace.fake.calls] == ["missing_scope", "ok", "ok"]


@pytest.mark.parametrize("thread", ["not a ts", "1"])
async def test_a_reply_to_what_is_no_thread_is_a_message_of_its_own(workspace: Workspace, thread: str) -> None:
    """A thread that Slack does not accept costs the thread, not the message."""
    assert isinstance(await workspace.chat().post(say(thread=thread)), Delivered)
    assert [call.answer for call in workspace.fake.calls] == ["invalid_thread_ts", "ok"]


PICTURES = Message(
    headline=(Text("Hello"),),
    blocks=(Image("https://example.com/a.png", "Chart"), Image("https://example.com/f.png", "ann", small=True), Paragraph((Text("below"),)), Image("https://example.com/b.png", "")),
)  # fmt: skip
LINKS = ["Hello", "<https://example.com/a.png|🖼 Chart>", "<https://example.com/f.png|🖼 ann>", "below", "<https://example.com/b.png|🖼>"]


@pytest.mark.parametrize("by", ["bot", "webhook"])
async def test_a_picture_that_slack_cannot_fetch_costs_the_pictures_not_the_message(workspace: Workspace, by: str) -> None:
    """Slack refuses all of a message for one picture (slackapi/java-slack-sdk#1396): it goes again, with links."""
    fake = workspace.fake
    chat = workspace.chat(**({"webhooks": {"#dev": fake.webhook("#dev")}} if by == "webhook" else {}))
    posting = Posting(id="dlv_1", room="#dev", message=PICTURES)
    assert isinstance(await chat.post(posting), Delivered)
    fake.no_images.add("https://example.com/b.png")
    assert isinstance(await chat.post(Posting(id="dlv_2", room="#dev", message=PICTURES)), Delivered)
    whole, without = fake.messages("#dev")
    assert [block["type"] for block in whole.blocks] == ["section", "image", "context", "section", "image"]
    assert [block["text"]["text"] for block in without.blocks] == LINKS and without.text == whole.text == "\n".join(LINKS)
    assert [call.answer for call in fake.calls] == ["ok", "invalid_blocks", "ok"]


async def test_a_picture_that_is_gone_when_the_card_changes_costs_no_update(workspace: Workspace) -> None:
    """A press edits the card, and its pictures may be old by then."""
    chat = workspace.chat()
    first = await chat.post(Posting(id="dlv_1", room="#dev", message=PICTURES))
    assert isinstance(first, Delivered) and first.remote_id
    workspace.fake.no_images.add("https://example.com/a.png")
    assert isinstance(await chat.update(Posting(id="dlv_2", room="#dev", message=PICTURES, remote_room=first.remote_room), first.remote_id), Delivered)
    [message] = workspace.fake.messages("#dev")
    assert message.edits == 1 and [block["text"]["text"] for block in message.blocks] == LINKS


async def test_a_message_that_waits_is_not_refused_anew_for_its_pictures(workspace: Workspace) -> None:
    """The refused one and the one with links could be too fast for the channel, each time: the next try has links at once."""
    fake, chat = workspace.fake, workspace.chat()
    fake.no_images.add("https://example.com/a.png")
    fake.next_modes.extend(["ok", "limited"])
    posting = Posting(id="dlv_1", room="#dev", message=PICTURES)
    assert isinstance(await chat.post(posting), Retryable)
    assert isinstance(await chat.post(posting), Delivered)
    assert [call.answer for call in fake.calls] == ["invalid_blocks", "limited", "ok"]


CHANNELS = {
    "not_in_channel": ({"member": False}, "slack_not_in_channel"),
    "channel_not_found": ({"member": False, "private": True}, "slack_channel_not_found"),
    "is_archived": ({"archived": True}, "slack_is_archived"),
}


@pytest.mark.parametrize(("channel", "code"), CHANNELS.values(), ids=CHANNELS)
async def test_a_channel_that_cannot_be_posted_to_is_rejected(workspace: Workspace, channel: dict[str, bool], code: str) -> None:
    """The message is given up at once, with a code whose remedy says what to do in Slack."""
    workspace.fake.scopes = ("chat:write",)
    workspace.fake.channel("#closed", **channel)
    outcome = await workspace.chat().post(say("#closed"))
    assert isinstance(outcome, Rejected)
    assert outcome.code == code


async def test_a_wrong_token_makes_messages_wait(workspace: Workspace) -> None:
    """The token concerns the whole chat: no message is given up, each waits a minute for the operator."""
    outcome = await workspace.chat(bot_token="xoxb-wrong").post(say())
    assert isinstance(outcome, Retryable)
    assert (outcome.code, outcome.after_s) == ("slack_invalid_auth", 60.0)


async def test_a_missing_scope_makes_messages_wait(workspace: Workspace) -> None:
    """So does a token that may not write; the scope is named."""
    workspace.fake.scopes = ()
    outcome = await workspace.chat().post(say())
    assert isinstance(outcome, Retryable)
    assert (outcome.code, outcome.after_s) == ("slack_missing_scope", 60.0)
    assert "chat:write" in outcome.detail


async def test_the_pace_that_slack_asks_for_is_kept(workspace: Workspace) -> None:
    """A second message within a second is refused with Retry-After, which the outcome carries."""
    workspace.fake.per_channel_per_s, workspace.fake.retry_after_s = 1.0, 30
    chat = workspace.chat()
    await chat.post(say())
    outcome = await chat.post(say())
    assert isinstance(outcome, Retryable)
    assert (outcome.code, outcome.after_s, outcome.status) == ("slack_ratelimited", 30.0, 429)


UPDATES = ["slack_cant_update_message", "slack_edit_window_closed", "slack_message_not_found"]


@pytest.mark.parametrize("code", UPDATES)
async def test_a_card_that_will_not_change_is_told_apart(workspace: Workspace, code: str) -> None:
    """Each way in which a message can no longer be changed is a rejection with a code of its own."""
    chat, fake = workspace.chat(), workspace.fake
    first = await chat.post(say())
    assert isinstance(first, Delivered) and first.remote_id
    ts = first.remote_id
    match code:
        case "slack_cant_update_message":
            ts = fake.say_as_somebody_else("#dev", "mine")
        case "slack_edit_window_closed":
            fake.edit_window_closed = True
        case _:
            fake.delete(ts)
    outcome = await chat.update(say(remote_room=first.remote_room), ts)
    assert isinstance(outcome, Rejected)
    assert outcome.code == code


@pytest.mark.parametrize("answer", ["no_service", "action_prohibited", "channel_is_archived"])
async def test_a_webhook_that_does_not_take_it_is_rejected(workspace: Workspace, answer: str) -> None:
    """A webhook's refusals are bare words with a status; each has its code."""
    fake = workspace.fake
    fake.channel("#old", archived=True)
    url = {"no_service": f"{fake.url[:-5]}/services/T0/B0/gone", "action_prohibited": fake.webhook("#dev", prohibited=True),
           "channel_is_archived": fake.webhook("#old")}[answer]  # fmt: skip
    outcome = await workspace.chat(webhooks={"#dev": url}).post(say())
    assert isinstance(outcome, Rejected)
    assert outcome.code == f"slack_{answer}"


async def test_a_room_with_a_webhook_does_not_use_the_bot(workspace: Workspace) -> None:
    """The webhook wins for its room, other rooms go by the bot; no name or icon goes to a webhook, which ignores them."""
    workspace.fake.channel("#ops")
    chat = workspace.chat(webhooks={"#dev": workspace.fake.webhook("#dev")})
    assert await chat.post(say("#dev", username="Harbour")) == Delivered(status=200)
    assert isinstance(await chat.post(say("#ops")), Delivered)
    assert [call.method for call in workspace.fake.calls] == ["webhook", "chat.postMessage"]
    assert "username" not in workspace.fake.calls[0].fields


class Saying(Outbound):
    """A way out at whose end the given answer stands."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self._answer = Answer(status, headers or {}, body, 0.001)

    async def post_json(self, url: str, body: bytes, headers: object) -> Answer:
        return self._answer


ODD = {
    b'{"ok": false, "error": "ratelimited"}': (Retryable, "slack_ratelimited"),
    b'{"ok": false, "error": "internal_error"}': (Retryable, "slack_unavailable"),
    b'{"ok": false, "error": "token_revoked"}': (Retryable, "slack_token_revoked"),
    b'{"ok": false, "error": "account_inactive"}': (Retryable, "slack_account_inactive"),
    b'{"ok": false, "error": "msg_too_long"}': (Rejected, "slack_msg_too_long"),
    b'{"ok": false, "error": "invalid_blocks", "errors": ["must be less than 3001 characters"]}': (Rejected, "slack_invalid_blocks"),
    b'{"ok": false, "error": "restricted_action_read_only_channel"}': (Rejected, "slack_restricted_action"),
    b'{"ok": false, "error": "something_new"}': (Rejected, "slack_refused"),
    b'{"ok": false, "error": "<b>not a word</b>"}': (Retryable, "slack_answer_invalid"),
    b'{"ok": false}': (Retryable, "slack_answer_invalid"),
    b'{"ok": "yes"}': (Retryable, "slack_answer_invalid"),
    b"[]": (Retryable, "slack_answer_invalid"),
    b"": (Retryable, "slack_answer_invalid"),
    b"\xff\xfe": (Retryable, "slack_answer_invalid"),
}


@pytest.mark.parametrize(("body", "expected"), ODD.items(), ids=[repr(body[:50]) for body in ODD])
async def test_every_answer_means_something(body: bytes, expected: tuple[type, str]) -> None:
    """Slack's words are sorted into the message's fault, the chat's, and passing troubles; what is not Slack's is retried."""
    chat = SlackChat("slack", Settings.model_validate({"bot_token": TOKEN}), Saying(200, body))
    outcome = await chat.post(say())
    assert isinstance(outcome, expected[0])
    assert outcome.code == expected[1]
    assert outcome.code in PROBLEMS


@pytest.mark.parametrize(("asked", "after_s"), [("30", 30.0), ("0", 0.0), ("", None), ("soon", None), ("-1", None), ("9999999999", None), ("٣", None)])
@pytest.mark.parametrize("status", [429, 503])
async def test_an_unreadable_retry_after_is_no_wait(asked: str, after_s: float | None, status: int) -> None:
    """Whole seconds or a date count; anything else leaves the wait to the schedule. From a 503, too: there it was not looked at."""
    chat = SlackChat("slack", Settings.model_validate({"bot_token": TOKEN}), Saying(status, b"", {"retry-after": asked}))
    outcome = await chat.post(say())
    assert isinstance(outcome, Retryable)
    assert outcome.after_s == after_s


async def test_nothing_configured_is_said_so() -> None:
    """Without a token and without a webhook for the room nothing is tried."""
    chat = SlackChat("slack", Settings.model_validate({}), Saying(200, b""))
    outcome = await chat.post(say())
    assert isinstance(outcome, Rejected)
    assert outcome.code == "slack_not_authed"


async def test_the_token_and_the_webhooks_address_are_never_shown(workspace: Workspace) -> None:
    """Neither the chat's repr nor any outcome holds a secret, also when there is no connection."""
    settings = Settings.model_validate({"bot_token": "xoxb-very-secret", "api_url": "http://127.0.0.1:1/api/",
                                        "webhooks": {"#dev": "http://127.0.0.1:1/services/very-secret"}})  # fmt: skip
    chat = SlackChat("slack", settings, workspace.outbound)
    shown = [repr(chat), repr(settings), repr(await chat.post(say())), repr(await chat.post(say("#ops")))]
    assert "very-secret" not in " ".join(shown)


ROOMS = {"#dev-team": True, "dev": True, "#개발팀": True, "C0123456789": True, "U024BE7LH": True, "#Dev": False, "#a b": False, "": False, "#": False,
         "#" + "x" * 81: False, "<!channel>": False}  # fmt: skip


@pytest.mark.parametrize(("room", "possible"), ROOMS.items())
def test_a_room_is_a_channels_name_or_id(room: str, possible: bool) -> None:
    """Names as Slack allows them, in any script, and ids; the rest is explained."""
    chat = SlackChat("slack", Settings.model_validate({"bot_token": TOKEN}), Outbound())
    assert (chat.check_room(room) is None) is possible


def test_a_room_without_a_way_is_explained() -> None:
    """Without a token only rooms with a webhook can be reached."""
    chat = SlackChat("slack", Settings.model_validate({"webhooks": {"#dev": "https://hooks.slack.com/services/T/B/x"}}), Outbound())
    assert chat.check_room("#dev") is None
    wrong = chat.check_room("#ops")
    assert wrong is not None and "bot_token" in wrong.en and "bot_token" in wrong.ko
