"""The fake Slack is as strict as Slack: what it takes, what it refuses, and with which words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from fakes import slack_blocks
from fakes.slack import TOKEN, FakeSlack
from fakes.slack_apps import APP_TOKEN, CONFIG_TOKEN


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(channels=["dev"]).in_thread() as running:
        yield running


def call(slack: FakeSlack, method: str, fields: object, token: str = TOKEN, kind: str = "application/json") -> dict[str, Any]:
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    headers = {"Content-Type": kind, **({"Authorization": f"Bearer {token}"} if token else {})}
    with urllib.request.urlopen(urllib.request.Request(slack.url + method, body, headers), timeout=5) as answer:
        return dict(json.load(answer), scopes=answer.headers["x-oauth-scopes"])


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}
REFUSED: dict[str, tuple[str, object, str, str]] = {
    "no token": ("chat.postMessage", {"channel": "#dev", "text": "x"}, "", "not_authed"),
    "a token within JSON": ("chat.postMessage", {"channel": "#dev", "text": "x", "token": TOKEN}, "", "not_authed"),
    "a wrong token": ("chat.postMessage", {"channel": "#dev", "text": "x"}, "xoxb-wrong", "invalid_auth"),
    "no such method": ("chat.shout", {}, TOKEN, "unknown_method"),
    "broken JSON": ("chat.postMessage", b"{", TOKEN, "invalid_json"),
    "no channel": ("chat.postMessage", {"text": "x"}, TOKEN, "channel_not_found"),
    "no text": ("chat.postMessage", {"channel": "#dev"}, TOKEN, "no_text"),
    "a very long text": ("chat.postMessage", {"channel": "#dev", "text": "x" * 40_001}, TOKEN, "msg_too_long"),
    "51 blocks": ("chat.postMessage", {"channel": "#dev", "blocks": [SECTION] * 51}, TOKEN, "invalid_blocks"),
    "an unknown block": ("chat.postMessage", {"channel": "#dev", "blocks": [{"type": "marquee"}]}, TOKEN, "invalid_blocks"),
    "blocks that are too long": ("chat.postMessage", {"channel": "#dev", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}] * 5},
                                 TOKEN, "msg_blocks_too_long"),
    "no thread's ts": ("chat.postMessage", {"channel": "#dev", "text": "x", "thread_ts": "yesterday"}, TOKEN, "invalid_thread_ts"),
    "a configuration token anywhere else": ("auth.test", {}, CONFIG_TOKEN, "not_allowed_token_type"),
    "an app's token anywhere else": ("auth.test", {}, APP_TOKEN, "not_allowed_token_type"),
    "a bot without the scope to see bots": ("bots.info", {"bot": "B1"}, TOKEN, "missing_scope"),
    "a manifest for a bot": ("apps.manifest.export", {"app_id": "A1"}, TOKEN, "not_allowed_token_type"),
    "a manifest for nobody": ("apps.manifest.export", {"app_id": "A1"}, "xoxe-1-refresh", "invalid_auth"),
    "a manifest of no app": ("apps.manifest.export", {}, CONFIG_TOKEN, "invalid_arguments"),
    "a manifest of what is none": ("apps.manifest.export", {"app_id": "B1"}, CONFIG_TOKEN, "invalid_app_id"),
    "a manifest of somebody else's app": ("apps.manifest.export", {"app_id": "A2"}, CONFIG_TOKEN, "app_not_found"),
    "a manifest that there is not": ("apps.manifest.export", {"app_id": "A1"}, CONFIG_TOKEN, "app_not_eligible"),
    "an update by name": ("chat.update", {"channel": "#dev", "ts": "1700000000.001100", "text": "x"}, TOKEN, "channel_not_found"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "fields", "token", "error"), REFUSED.values(), ids=REFUSED)
def test_what_slack_refuses_is_refused(slack: FakeSlack, method: str, fields: object, token: str, error: str) -> None:
    """Each with Slack's own word, and with HTTP 200 as Slack does."""
    answer = call(slack, method, fields, token)
    assert (answer["ok"], answer["error"]) == (False, error)


def test_the_manifest_is_told_as_the_app_has_it(slack: FakeSlack) -> None:
    """To a configuration token that lives, with what was left out at its default; bots.info tells whose app a bot is."""
    slack.scopes = ("users:read",)
    assert call(slack, "bots.info", {"bot": "B2"})["error"] == "bot_not_found"
    app = call(slack, "bots.info", {"bot": "B1"})["bot"]["app_id"]
    slack.configure({"_metadata": {"major_version": 1}, "features": {"slash_commands": [{"command": "/x"}]}})
    told = call(slack, "apps.manifest.export", {"app_id": app}, CONFIG_TOKEN)["manifest"]
    assert told["features"]["slash_commands"] == [{"command": "/x", "should_escape": False}]
    assert told["settings"]["socket_mode_enabled"] is False and "_metadata" not in told
    slack.config_token_expired = True
    assert call(slack, "apps.manifest.export", {"app_id": app}, CONFIG_TOKEN)["error"] == "token_expired"


def test_a_form_is_taken_too(slack: FakeSlack) -> None:
    """A form may carry the token and the blocks as JSON."""
    form = f"token={TOKEN}&channel=dev&text=Hello&blocks=%5B%5D".encode()
    assert call(slack, "chat.postMessage", form, "", "application/x-www-form-urlencoded")["ok"] is True
    assert [message.text for message in slack.messages("#dev")] == ["Hello"]


def test_auth_test_tells_the_scopes(slack: FakeSlack) -> None:
    """Every answer carries the scopes of the token in a header."""
    slack.scopes = ("chat:write",)
    assert call(slack, "auth.test", {})["scopes"] == "chat:write"


def test_a_reply_to_a_deleted_message_stands_in_the_channel(slack: FakeSlack) -> None:
    """Slack does not refuse it, and tells only by leaving thread_ts out of its answer."""
    card = call(slack, "chat.postMessage", {"channel": "#dev", "text": "card"})
    slack.delete(card["ts"])
    reply = call(slack, "chat.postMessage", {"channel": "#dev", "text": "reply", "thread_ts": card["ts"]})
    assert reply["ok"] is True
    assert "thread_ts" not in reply["message"]


def test_it_can_be_told_to_misbehave_for_one_request_or_one_channel(slack: FakeSlack) -> None:
    """Tests script the vendor's bad days."""
    slack.channel("#dead")
    slack.modes = {"#dead": "down"}
    slack.next_modes.append("limited")
    statuses = []
    for room in ("#dev", "#dev", "#dead"):
        try:
            call(slack, "chat.postMessage", {"channel": room, "text": "x"})
            statuses.append(200)
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
            error.close()
    assert statuses == [429, 200, 503]


FAULTS: dict[str, object] = {
    "no list": {},
    "no words": [{"type": "section", "text": {"type": "mrkdwn", "text": " "}}],
    "3,001 characters": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}],
    "neither text nor fields": [{"type": "section"}],
    "11 fields": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "a header with mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "11 elements of a context": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "26 buttons": [{"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x"}}] * 26}],
    "two equal action ids": [{"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}}] * 2}],
    "a property nobody knows": [{**SECTION, "colour": "red"}],
    "half an entity": [{"type": "section", "text": {"type": "mrkdwn", "text": "a &am"}}],
    "half a link": [{"type": "section", "text": {"type": "mrkdwn", "text": "<https://example.com|te"}}],
}


@pytest.mark.parametrize("blocks", FAULTS.values(), ids=FAULTS)
def test_blocks_are_looked_at_closely(blocks: object) -> None:
    """Every limit of a block is known, and what would be shown broken counts as a fault."""
    assert slack_blocks.faults(blocks) != []


FORMATS = {"*bold*": True, "a *bold* word": True, "(_it_)": True, "a*b*c": False, "snake_case_name": False, "2 * 3 * 4": False, "`code`": True,
           "&gt; quoted": True, "a &gt; b": False, "한*글*은": False, "*굵게*\u200b는": True, "∗bold∗": False, "\u00ad&gt; not quoted": False}  # fmt: skip


@pytest.mark.parametrize(("text", "formatted"), FORMATS.items())
def test_mrkdwn_is_read_as_slack_reads_it(text: str, formatted: bool) -> None:
    """Marks count at the ends of words, a zero-width space ends a word, a quotation begins a line."""
    assert bool(slack_blocks.formats(text)) is formatted
