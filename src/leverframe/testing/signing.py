"""What Slack and GitHub send to the hub, really signed.

https://docs.slack.dev/authentication/verifying-requests-from-slack,
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

SLACK_SECRET, GITHUB_SECRET = "8f742231b10e8888abcd99yyyzzz85a5", "testing-webhook-secret"
TEAM, APP, BOT = "T1", "A1", "U0BOT"
FORM = "application/x-www-form-urlencoded"


class Request(msgspec.Struct, frozen=True):
    """One request, ready to be sent."""

    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def signed(path: str, body: bytes, kind: str = FORM) -> Request:
    """Return a request with Slack's headers."""
    timestamp = str(int(time.time()))
    signature = "v0=" + hmac.new(SLACK_SECRET.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return _request(path, body, {"content-type": kind, "x-slack-request-timestamp": timestamp, "x-slack-signature": signature})


def slash(line: str, *, user: str, room: str, trigger: str, answer_to: str) -> Request:
    """Return a slash command: ``/lever oncall web``."""
    command, _, text = line.partition(" ")
    return signed("/slack/commands", urlencode({
        "team_id": TEAM, "channel_id": room, "channel_name": room.removeprefix("#"), "user_id": user, "user_name": f"name-of-{user}",
        "command": command, "text": text, "api_app_id": APP, "response_url": answer_to, "trigger_id": trigger,
    }).encode())  # fmt: skip


def event(event: Mapping[str, Any]) -> Request:
    """Return an event in its envelope."""
    envelope = {
        "type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event": event, "event_id": f"Ev{secrets.token_hex(5)}", "event_time": int(time.time()),
        "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
    }  # fmt: skip
    return signed("/slack/events", json.dumps(envelope).encode(), "application/json")


def said(kind: str, text: str, *, user: str, room: str, thread: str = "") -> dict[str, Any]:
    """Return a message of somebody's: ``kind`` is ``app_mention`` or ``message``."""
    ts = f"{time.time():.6f}"
    return {"type": kind, "user": user, "text": text, "ts": ts, "team": TEAM, "channel": room, "event_ts": ts, **({"thread_ts": thread} if thread else {})}


def interaction(payload: Mapping[str, Any], *, user: str, trigger: str) -> Request:
    """Return a click or a form that was sent."""
    person = {"id": user, "username": f"name-of-{user}", "name": f"name-of-{user}", "team_id": TEAM}
    whole = {"user": person, "team": {"id": TEAM, "domain": "testing"}, "api_app_id": APP, "trigger_id": trigger, **payload}
    return signed("/slack/actions", urlencode({"payload": json.dumps(whole)}).encode())


def github(name: str, payload: Mapping[str, Any]) -> Request:
    """Return a webhook of GitHub's."""
    body = json.dumps(payload).encode()
    signature = "sha256=" + hmac.new(GITHUB_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-github-event": name, "x-github-delivery": secrets.token_hex(16), "x-hub-signature-256": signature}
    return _request("/in/github", body, headers)


def _request(path: str, body: bytes, headers: Mapping[str, str]) -> Request:
    every = {**headers, "host": "hub.testing", "content-length": str(len(body)), "user-agent": "leverframe.testing"}
    return Request(path, tuple((name.encode(), value.encode()) for name, value in every.items()), body)
