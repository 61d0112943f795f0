"""What Slack sends to an app, really signed: slash commands, clicks, forms, mentions, messages, and its own checks.

https://docs.slack.dev/interactivity/implementing-slash-commands, …/reference/interaction-payloads, …/apis/events-api
"""

from __future__ import annotations

import hashlib
import hmac
import io
import itertools
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
from fakes.slack import FakeSlack
from fakes.slack_apps import Opened

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
Json = dict[str, Any]
COMMANDS, ACTIONS, EVENTS = "/slack/commands", "/slack/actions", "/slack/events"
_FORM = "application/x-www-form-urlencoded"


class Request(NamedTuple):
    """One request, ready to be sent."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers as a server hands them on: lower-case names, bytes."""
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers]

    async def to(self, hub: str) -> Answered:
        """Send it to the hub at ``hub`` and return its answer."""
        async with aiohttp.ClientSession() as session, session.post(hub + self.path, data=io.BytesIO(self.body), headers=dict(self.headers)) as answer:
            return Answered(answer.status, await answer.read(), {name.lower(): value for name, value in answer.headers.items()})


class Answered(NamedTuple):
    """What the hub said; ``headers`` have lower-case names."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class SlackApp:
    """One app of a workspace, as it looks to the hub. With ``slack``, triggers and answers' addresses are that fake's."""

    slack: FakeSlack | None = None
    secret: str = SIGNING_SECRET
    team: str = "T1"
    app: str = "A1"
    bot: str = "U0BOT"
    at_s: float | None = None
    """The time that requests are signed at; the present one when left out."""
    count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def sign(self, path: str, body: bytes, kind: str = _FORM, **extra: str) -> Request:
        """Return a request with Slack's headers."""
        timestamp = str(int(time.time() if self.at_s is None else self.at_s))
        signed = b"v0:" + timestamp.encode() + b":" + body
        signature = "v0=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
                   "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature, **extra}  # fmt: skip
        return Request(path, tuple(headers.items()), body)

    # --- commands ------------------------------------------------------------------------------------------------------

    def slash(self, line: str, *, user: str = "U1", channel: str = "C1", name: str = "general", path: str = COMMANDS, **changed: str) -> Request:
        """Return the slash command that somebody typed: ``/deploy web-app staging``."""
        return self.sign(path, urlencode(self.slash_fields(line, user=user, channel=channel, name=name) | changed).encode())

    def slash_fields(self, line: str, *, user: str = "U1", channel: str = "C1", name: str = "general") -> dict[str, str]:
        """Return the fields of a slash command."""
        command, _, text = line.partition(" ")
        return {
            "token": "gIkuvaNzQIHg97ATvDxqgjtO", "team_id": self.team, "team_domain": "fake", "channel_id": channel, "channel_name": name,
            "user_id": user, "user_name": f"name-of-{user}", "command": command, "text": text, "api_app_id": self.app,
            "is_enterprise_install": "false", "response_url": self.answer_url("commands"), "trigger_id": self.trigger(),
        }  # fmt: skip

    # --- clicks --------------------------------------------------------------------------------------------------------

    def interact(self, payload: Json, *, path: str = ACTIONS) -> Request:
        """Return an interaction: its payload in a form."""
        return self.sign(path, urlencode({"payload": json.dumps(payload)}).encode())

    def clicked(
        self, action: str, value: str = "", *, user: str = "U1", channel: str = "C1", ts: str = "1700000000.000100", thread: str | None = None,
        element: Json | None = None,
    ) -> Json:  # fmt: skip
        """Return the payload of a click on a button (or of another ``element``) of a message."""
        container = {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False}
        message = {"type": "message", "user": self.bot, "bot_id": "B1", "ts": ts, "text": "a card", "app_id": self.app}
        if thread is not None:
            container["thread_ts"] = message["thread_ts"] = thread
        button = {"type": "button", "value": value, "text": {"type": "plain_text", "text": "Go", "emoji": True}}
        return {
            "type": "block_actions", "user": self.person(user), "api_app_id": self.app, "token": "verification", "container": container,
            "trigger_id": self.trigger(), "team": {"id": self.team, "domain": "fake"}, "enterprise": None, "is_enterprise_install": False,
            "channel": {"id": channel, "name": "general"}, "message": message, "state": {"values": {}},
            "response_url": self.answer_url("actions"),
            "actions": [{"action_id": action, "block_id": "b1", "action_ts": f"{self._now()}", **(element or button)}],
        }  # fmt: skip

    def click(self, action: str, value: str = "", *, path: str = ACTIONS, **how: Any) -> Request:
        """Return a click on a button: ``click("approve~0", "apr_…")``."""
        return self.interact(self.clicked(action, value, **how), path=path)

    def attachment_clicked(self, name: str, value: str, *, callback: str = "deploy_approve", user: str = "U1", channel: str = "C1") -> Json:
        """Return the payload of a click on an old attachment's button."""
        return {
            "type": "interactive_message", "actions": [{"name": name, "type": "button", "value": value}], "callback_id": callback,
            "team": {"id": self.team, "domain": "fake"}, "channel": {"id": channel, "name": "general"}, "user": {"id": user, "name": "ann"},
            "action_ts": f"{self._now()}", "message_ts": "1700000000.000100", "attachment_id": "1", "token": "verification",
            "is_app_unfurl": False, "enterprise": None, "is_enterprise_install": False,
            "original_message": {"type": "message", "bot_id": "B1", "text": "deploy?", "ts": "1700000000.000100"},
            "response_url": self.answer_url("actions"), "trigger_id": self.trigger(),
        }  # fmt: skip

    # --- forms ---------------------------------------------------------------------------------------------------------

    def submitted(self, opened: Opened, fields: Mapping[str, str], *, user: str = "U1") -> Json:
        """Return the payload of a form that somebody filled in and sent: ``fields`` beside what it was opened with."""
        assert self.slack is not None
        view = self.slack.shown(opened)
        for block in view["blocks"]:
            if block["type"] == "input" and block["block_id"] in fields:
                state = view["state"]["values"][block["block_id"]][block["element"]["action_id"]]
                given = fields[block["block_id"]]
                if block["element"]["type"] == "plain_text_input":
                    state["value"] = given
                else:
                    state["selected_option"] = {"text": {"type": "plain_text", "text": given}, "value": given}
        return {
            "type": "view_submission", "team": {"id": self.team, "domain": "fake"}, "user": self.person(user), "api_app_id": self.app,
            "token": "verification", "trigger_id": self.trigger(), "view": view, "response_urls": [], "is_enterprise_install": False, "enterprise": None,
        }  # fmt: skip

    # --- events --------------------------------------------------------------------------------------------------------

    def event(self, event: Json, *, id: str | None = None, retry: int | None = None, path: str = EVENTS, **changed: Any) -> Request:
        """Return an event in its envelope; ``retry`` is the number of a repeat."""
        extra = {} if retry is None else {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        return self.sign(path, json.dumps(self.event_fields(event, id=id) | changed).encode(), "application/json", **extra)

    def event_fields(self, event: Json, *, id: str | None = None) -> Json:
        """Return the envelope of an event."""
        return {
            "token": "verification", "team_id": self.team, "context_team_id": self.team, "api_app_id": self.app, "event": event,
            "type": "event_callback", "event_id": id or f"Ev{next(self.count):09d}", "event_time": int(self._now()),
            "authorizations": [{"enterprise_id": None, "team_id": self.team, "user_id": self.bot, "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False, "event_context": "4-e",
        }  # fmt: skip

    def mention(self, text: str, *, user: str = "U1", channel: str = "C1", ts: str = "1700000001.000100", thread: str | None = None) -> Json:
        """Return the event of a mention: ``mention("<@U0BOT> deploy web-app staging")``."""
        made = {"user": user, "type": "app_mention", "ts": ts, "client_msg_id": "c", "text": text, "team": self.team, "channel": channel, "event_ts": ts}
        return made | ({"thread_ts": thread} if thread else {})

    def message(self, text: str, *, user: str = "U1", channel: str = "C1", ts: str = "1700000002.000100", thread: str | None = None) -> Json:
        """Return the event of a message in a channel."""
        made = {"user": user, "type": "message", "ts": ts, "client_msg_id": "c", "text": text, "team": self.team, "channel": channel,
                "event_ts": ts, "channel_type": "channel"}  # fmt: skip
        return made | ({"thread_ts": thread} if thread else {})

    # --- parts ---------------------------------------------------------------------------------------------------------

    def person(self, user: str) -> Json:
        """Return somebody as interactions name them."""
        return {"id": user, "username": f"name-of-{user}", "name": f"name-of-{user}", "team_id": self.team}

    def trigger(self) -> str:
        """Return a new ``trigger_id``."""
        return self.slack.trigger() if self.slack is not None else f"{next(self.count)}.47445629121.{secrets.token_hex(16)}"

    def answer_url(self, kind: str) -> str:
        """Return a new ``response_url``."""
        if self.slack is not None:
            return self.slack.response_url(kind)
        return f"https://hooks.slack.com/{kind}/T1/{next(self.count)}/{secrets.token_hex(12)}"

    def _now(self) -> float:
        return time.time() if self.at_s is None else self.at_s
