"""What Slack sends in: the fixtures, in Slack's documented shapes, are the specification."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from fakes.slack_app import SIGNING_SECRET, Request, SlackApp

from leverframe.chats.slack.inbound import SlackInbound
from leverframe.chats.slack.settings import Settings
from leverframe.core.conversation import Clicked, Said, Submitted
from leverframe.core.errors import Refused
from leverframe.net import Outbound
from leverframe.ports import Challenge, ChatHeard, Nothing, OptionsWanted
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted(path.stem for path in FIXTURES.glob("*__*.json"))
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
APP = SlackApp(at_s=NOW.timestamp())


def inbound(**settings: Any) -> SlackInbound:
    """Return the room's ear, with the secret that the app signs with."""
    return SlackInbound("slack", Settings(signing_secrets=[Secret(SIGNING_SECRET)], **settings), Outbound(), "en")


def hear(request: Request, **settings: Any) -> ChatHeard:
    """Return what is heard of a request."""
    return inbound(**settings).hear(request.raw_headers, request.body, now=NOW)


def said(request: Request, **settings: Any) -> Any:
    """Return what was said in a request that somebody said something in."""
    return hear(request, **settings).heard  # type: ignore[union-attr]


def shown(found: Any) -> dict[str, Any]:
    """Return what was heard as a fixture writes it."""
    if isinstance(found, Challenge):
        return {"type": "Challenge", "answer": json.loads(found.answer)}
    heard = found if isinstance(found, OptionsWanted) else found.heard
    fields = msgspec.to_builtins(heard)
    fields.pop("said_at", None)
    assert fields["by"].pop("proven")  # Slack's signature proves everybody
    return {"type": type(heard).__name__, **fields}


def sent(way: str, payload: Any) -> Request:
    """Return the signed request of a fixture."""
    match way:
        case "form":
            return APP.sign("/slack/commands", urlencode(payload).encode())
        case "payload":
            return APP.interact(payload)
        case _:
            return APP.sign("/slack/events", json.dumps(payload).encode(), "application/json")


@pytest.mark.parametrize("name", NAMES)
async def test_slacks_documented_payloads_are_read(name: str) -> None:
    """Each fixture holds what Slack sends, and what is heard of it."""
    fixture = json.loads((FIXTURES / f"{name}.json").read_text())
    assert shown(hear(sent(fixture["way"], fixture["sent"]))) == fixture["heard"]


async def test_when_it_was_said_is_the_hubs_time_and_an_events_own() -> None:
    """A command was said when it came; an event that is repeated was said when it happened."""
    assert said(APP.slash("/deploy web-app staging")).said_at == NOW
    event = APP.event(APP.mention("<@U0BOT> status"), event_time=1515449522)
    assert said(event).said_at == datetime(2018, 1, 8, 22, 12, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("/deploy web-app staging", "deploy web-app staging"),
        ("/deploy", "deploy"),
        ("/deploy   ", "deploy"),
        ("/DEPLOY web-app", "deploy web-app"),
        ("/lever deploy web-app staging", "deploy web-app staging"),
        ("/lever", ""),
        ("/status web-app", "status web-app"),
        ("/subscribe acme/∗ ∗", "subscribe acme/* *"),  # copied from a remedy of the hub's own: "write ∗ for all"
        ("/lock web-app production “because <@U012|ann> said &lt;no&gt; &amp; left”", 'lock web-app production "because @U012 said <no> & left"'),
        ("/subscribe <#C012|ops> <#C013> <#C014|>", "subscribe #ops C013 C014"),
        ("/deploy <http://web-app.io|web-app.io> <https://example.com/a|see> <mailto:a@b.io|a@b.io>", "deploy web-app.io https://example.com/a a@b.io"),
        ("/why <!subteam^S012|@admins> <!here> <!subteam^S013>", "why @admins @here @S013"),
        ("/deploy web-app staging\x00", "deploy web-app staging\ufffd"),
    ],
)  # fmt: skip
async def test_a_slash_command_is_a_line(line: str, text: str) -> None:
    """Top-level commands and the words of /lever read alike, and Slack's own writing of people, channels and links is undone."""
    heard = said(APP.slash(line))
    assert (heard.text, heard.door) == (text, "slash")


async def test_a_line_of_20000_characters_passes() -> None:
    """How long an argument may be is the parser's to say."""
    heard = said(APP.slash("/deploy " + "가" * 20_000))
    assert heard.text == "deploy " + "가" * 20_000


@pytest.mark.parametrize("path", ["/slack/commands", "/slack/actions", "/slack/events", "/hubot/slack/commands"])
async def test_every_door_takes_everything(path: str) -> None:
    """One address for all of it is how many apps were set up."""
    assert isinstance(said(APP.slash("/status", path=path)), Said)
    assert isinstance(said(APP.click("approve", path=path)), Clicked)
    assert isinstance(said(APP.event(APP.mention("<@U0BOT> status"), path=path)), Said)


async def test_a_repeat_has_the_same_key_and_another_act_another() -> None:
    """The key is team, type and trigger: a redelivery is known whenever it was signed, a second click is a click of its own."""
    payload = APP.clicked("approve~0", "apr_1")
    first, again, other = APP.interact(payload), SlackApp(at_s=NOW.timestamp() + 60).interact(payload), APP.click("approve~0", "apr_1")
    assert said(first).key == said(again).key != said(other).key
    assert said(first).key == f"slack:T1:block_actions:{payload['trigger_id']}"


async def test_without_a_trigger_the_request_itself_is_the_key() -> None:
    """A digest of timestamp and body stands in: the same bytes are the same request."""
    old = {**APP.attachment_clicked("approve", "web-app"), "trigger_id": None}
    assert said(APP.interact(old)).key == said(APP.interact(old)).key
    assert said(APP.interact(old)).key != said(APP.interact({**old, "action_ts": "2"})).key
    later = SlackApp(at_s=NOW.timestamp() + 1)
    assert said(APP.interact(old)).key != said(later.interact(old)).key


@pytest.mark.parametrize("retry", [None, 1, 2, 3])
async def test_a_retried_event_is_heard_with_its_own_key(retry: int | None) -> None:
    """X-Slack-Retry-Num drops nothing: the first one may never have come."""
    assert said(APP.event(APP.mention("<@U0BOT> status"), id="Ev1", retry=retry)).key == "slack:T1:event:Ev1"


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (APP.mention("<@U0BOT> deploy web-app staging"), ("mention", "deploy web-app staging")),
        (APP.mention("  <@U0BOT>: status"), ("mention", "status")),
        (APP.mention("<@U0BOT|lever>, help"), ("mention", "help")),
        (APP.mention("<@U0BOT>"), ("mention", "")),
        (APP.mention("<@U0BOT> status", thread="1700000000.000100"), ("mention", "status")),
        (APP.mention("thanks, <@U0BOT>!"), None),
        (APP.mention("<@U9> and <@U0BOT> deploy web-app production"), None),
        (APP.mention("!deploy web-app staging <@U0BOT>"), None),
        (APP.message("!deploy web-app staging"), ("thread", "deploy web-app staging")),
        (APP.message(" !status ", thread="1700000000.000100"), ("thread", "status")),
        (APP.message("!"), ("thread", "")),
        (APP.message("deploy web-app staging"), None),
        (APP.message("so!"), None),
        (APP.message("!status") | {"subtype": "thread_broadcast", "thread_ts": "1.1"}, ("thread", "status")),
        (APP.message("!status") | {"subtype": "bot_message"}, None),
        (APP.message("!status") | {"bot_id": "B9"}, None),
        (APP.message("!status") | {"bot_profile": {"id": "B9"}}, None),
        (APP.message("!status", user="U0BOT"), None),
        (APP.message("!status") | {"user": None}, None),
        (APP.message("!status") | {"subtype": "message_changed"}, None),
        (APP.message("!status") | {"subtype": "message_deleted"}, None),
        (APP.message("!status") | {"edited": {"user": "U1", "ts": "1.1"}}, None),
        (APP.mention("<@U0BOT> status") | {"edited": {"user": "U1", "ts": "1.1"}}, None),
        ({"type": "reaction_added", "user": "U1", "item": {}}, None),
        ({"type": "app_home_opened", "user": "U1"}, None),
    ],
)  # fmt: skip
async def test_only_what_is_said_to_the_hub_is_heard(event: dict[str, Any], heard: tuple[str, str] | None) -> None:
    """A mention at the beginning and a line with an exclamation mark; never a bot, never an edit, never talk about the hub."""
    found = hear(APP.event(event))
    if heard is None:
        assert isinstance(found, Nothing)
    else:
        spoken = found.heard  # type: ignore[union-attr]
        assert (spoken.door, spoken.text) == heard
        assert spoken.at.thread == event.get("thread_ts")


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "button", "value": "v"}, "v"),
        ({"type": "button"}, ""),
        ({"type": "static_select", "selected_option": {"value": "v"}}, "v"),
        ({"type": "static_select", "selected_option": None}, ""),
        ({"type": "external_select", "selected_option": {"value": "v"}}, "v"),
        ({"type": "overflow", "selected_option": {"value": "v"}}, "v"),
        ({"type": "radio_buttons", "selected_option": {"value": "v"}}, "v"),
        ({"type": "users_select", "selected_user": "U2"}, "U2"),
        ({"type": "channels_select", "selected_channel": "C2"}, "C2"),
        ({"type": "conversations_select", "selected_conversation": "C2"}, "C2"),
        ({"type": "datepicker", "selected_date": "2026-11-21"}, "2026-11-21"),
        ({"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}, "a,b"),
        ({"type": "multi_users_select", "selected_users": ["U1", "U2"]}, "U1,U2"),
    ],
)
async def test_every_kind_of_element_has_a_value(element: dict[str, Any], value: str) -> None:
    """Buttons, selects and dates of a message are clicks with a value."""
    assert said(APP.click("pick", element=element)).value == value


async def test_a_link_that_is_opened_is_nothing() -> None:
    """Slack tells of buttons with an address as well; they have done what they do."""
    link = {"type": "button", "url": "https://example.com", "text": {"type": "plain_text", "text": "Open"}}
    assert isinstance(hear(APP.click("open~1", element=link)), Nothing)


async def test_a_form_of_another_time_answers_to_the_one_who_sent_it() -> None:
    """A view whose place is not known is answered directly."""
    view = {"id": "V1", "callback_id": "deploy", "private_metadata": "not ours", "state": {"values": {}}}
    heard = said(APP.interact({"type": "view_submission", "team": {"id": "T1"}, "user": APP.person("U1"), "trigger_id": "1.2.3", "view": view}))
    assert isinstance(heard, Submitted)
    assert (heard.at.room, heard.context, heard.fields) == ("U1", "", {})


@pytest.mark.parametrize("kind", ["view_closed", "shortcut", "message_action", "workflow_step_edit", "a new one"])
async def test_what_slack_may_send_but_is_nothing_for_the_hub_is_taken(kind: str) -> None:
    """Slack is told that it arrived."""
    assert isinstance(hear(APP.interact({"type": kind, "team": {"id": "T1"}, "user": {"id": "U1"}})), Nothing)


async def test_slacks_own_checks_are_answered() -> None:
    """url_verification, the check of the certificate, and the notice of too many events."""
    assert isinstance(hear(APP.sign("/slack/commands", b"ssl_check=1&token=x")), Nothing)
    assert isinstance(hear(APP.sign("/slack/events", b'{"type":"app_rate_limited","minute_rate_limited":1}')), Nothing)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/commands/1/2", "https://hooks.slack.com.evil.example.com/x", "http://hooks.slack.com/commands/1",
        "https://hooks.slack.com@evil.example.com/x", "https://user@hooks.slack.com/x", "https://hooks.slack.com:8443/x", "http://169.254.169.254/",
        "https://hooks.slack.com\\@evil.example.com/", "file:///etc/passwd", "https://[", "//hooks.slack.com/x", "https://hooks.slack.com:x/",
    ],
)  # fmt: skip
async def test_an_answers_address_that_is_not_slacks_is_not_kept(address: str) -> None:
    """The command is heard, and the address is never called."""
    assert said(APP.slash("/status", response_url=address)).answer_to is None


async def test_an_answers_address_at_the_apis_host_is_kept() -> None:
    """Where api_url leads, answers may go: GovSlack, or a test."""
    address = "http://127.0.0.1:8100/commands/T1/1/x"
    assert said(APP.slash("/status", response_url=address), api_url="http://127.0.0.1:8100/api/").answer_to == address
    assert said(APP.slash("/status", response_url=address), api_url="http://127.0.0.1:8101/api/").answer_to is None


@pytest.mark.parametrize("request_", [
    APP.slash("/status"), APP.click("approve"), APP.interact(APP.attachment_clicked("approve", "x")), APP.event(APP.mention("<@U0BOT> hi")),
])  # fmt: skip
async def test_another_workspace_or_app_is_refused(request_: Request) -> None:
    """Where team_id or app_id is set, what comes from elsewhere is refused, although it is signed."""
    said(request_, team_id="T1", app_id="A1")
    with pytest.raises(Refused) as refused:
        hear(request_, team_id="T2")
    assert (refused.value.code, refused.value.status) == ("slack_team_unknown", 403)
    if b"A1" in request_.body:
        with pytest.raises(Refused) as refused:
            hear(request_, app_id="A2")
        assert (refused.value.code, refused.value.status) == ("slack_app_unknown", 403)


BLOCK = APP.clicked("approve~0", "v")
SLASH = APP.slash_fields("/deploy web-app staging")
EVENT = APP.event_fields(APP.mention("<@U0BOT> status"))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\x00", b"\xff\xfe", b"command", b"command=", b"command=%2F", b"command=/deploy", b"payload=", b"payload=%7B", b"payload=[]", b"payload=%FF",
        b"payload=null", b"payload={}", b"[]", b"null", b"{", b"{}", b'{"type":1}', b'{"type":"url_verification"}', b'{"type":"event_callback"}',
        b'{"type":"event_callback","event_id":"Ev1"}', b'{"type":"event_callback","event_id":"Ev1","event":[]}',
        b'{"type":"event_callback","event_id":7,"event":{"type":"message"}}', b'{"a":' * 50_000, b"payload=" + b'{"a":' * 50_000, b"a=1&" * 101,
        b"command=%FF&user_id=U1&channel_id=C1", b"ssl_check=2", b'{"type":"url_verification","challenge":{"a":1}}',
        *(urlencode({k: v for k, v in SLASH.items() if k != missing}).encode() for missing in ("command", "user_id", "channel_id")),
        *(json.dumps(EVENT | {"event": EVENT["event"] | changed}).encode() for changed in ({"channel": None}, {"type": ""})),
        *(b"payload=" + quote(json.dumps(BLOCK | changed)).encode() for changed in (
            {"type": None}, {"user": None}, {"user": {"id": 7}}, {"user": []}, {"actions": []}, {"actions": None}, {"actions": [1]},
            {"actions": [{"type": "button"}]}, {"channel": None, "container": None}, {"type": "view_submission", "view": None},
            {"type": "view_submission", "view": {"callback_id": 1}}, {"type": "block_suggestion"}, {"type": "interactive_message"},
        )),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    """Signed or not, a body without what it needs is a 400 with the field's name, never an error of ours."""
    with pytest.raises(Refused) as refused:
        hear(APP.sign("/slack/actions", body))
    assert (refused.value.code, refused.value.status) == ("request_invalid", 400)
    assert refused.value.detail


@pytest.mark.parametrize("changed", [
    {"team": None}, {"team": "T1"}, {"message": 7}, {"response_url": 7}, {"trigger_id": {}}, {"container": None}, {"view": 7}, {"view": {"private_metadata": 7}},
    {"user": {"id": "U1", "team_id": 7, "name": ["x"]}}, {"channel": {"id": "C1", "name": 7}}, {"state": 7},
])  # fmt: skip
async def test_fields_of_another_type_are_as_if_missing(changed: dict[str, Any]) -> None:
    """What is not needed may be anything."""
    assert said(APP.interact(BLOCK | changed)).action == "approve"


async def test_a_lone_surrogate_and_a_nul_do_not_get_in() -> None:
    """Text that no database would take becomes text that it takes."""
    raw = json.dumps(BLOCK).replace('"value": "v"', '"value": "a\\ud800b\\u0000c"')
    heard = said(APP.sign("/slack/actions", b"payload=" + quote(raw).encode()))
    heard.value.encode()
    assert "\x00" not in heard.value and heard.value[0] == "a" and heard.value[-1] == "c"


@pytest.mark.parametrize(
    ("kind", "payload", "key"),
    [
        ("slash_commands", SLASH, f"slack:T1:slash:{SLASH['trigger_id']}"),
        ("slash_commands", SLASH | {"trigger_id": ""}, "slack:T1:slash:env-1"),
        ("interactive", BLOCK, f"slack:T1:block_actions:{BLOCK['trigger_id']}"),
        ("events_api", EVENT, f"slack:T1:event:{EVENT['event_id']}"),
    ],
    ids=["a slash command", "one without a trigger", "a click", "an event"],
)  # fmt: skip
async def test_an_envelope_of_socket_mode_has_the_payloads_own_key(kind: str, payload: dict[str, Any], key: str) -> None:
    """The same act has the same key over both ways; only what has none is known by its envelope."""
    assert inbound().hear_envelope(kind, "env-1", payload, now=NOW).heard.key == key  # type: ignore[union-attr]


async def test_an_unknown_envelope_is_nothing() -> None:
    """Slack may invent envelopes."""
    assert isinstance(inbound().hear_envelope("new", "env-1", {}, now=NOW), Nothing)


async def test_secrets_do_not_show() -> None:
    """Neither the room nor what was said tells an address that lets others answer."""
    heard = said(APP.slash("/status"))
    assert "hooks.slack.com" not in repr(heard) and heard.opens_forms not in repr(heard).replace(heard.key, "")
    assert SIGNING_SECRET not in repr(inbound())
