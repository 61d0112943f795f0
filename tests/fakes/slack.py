"""A Slack that is as strict as Slack: tokens, scopes, channels, limits, and Slack's own errors, over real HTTP.

``async with FakeSlack(channels=["dev"]) as slack`` runs in the test's own loop, ``with FakeSlack().in_thread() as slack`` in
a thread of its own, and ``python -m fakes.slack --port 8100`` as a process (told and asked over ``/_fake/…``).

https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update, …/auth.test
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
import urllib.parse
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

from aiohttp import web
from fakes import slack_apps, slack_blocks

Mode = Literal["ok", "down", "limited", "garbage", "silent", "half", "lost", "slow"]
TOKEN = "xoxb-fake-0000"
SCOPES = ("chat:write", "chat:write.public", "chat:write.customize")
METHODS = frozenset({
    "apps.connections.open", "apps.manifest.export", "auth.test", "bots.info", "chat.postEphemeral", "chat.postMessage", "chat.update", "conversations.info",
    "conversations.list",
    "oauth.v2.access", "usergroups.list", "users.info", "users.list", "views.open", "views.update",
})  # fmt: skip
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Channel:
    """A conversation of the workspace."""

    id: str
    name: str
    member: bool = True
    private: bool = False
    archived: bool = False
    last_post_s: float = 0.0
    absent: set[str] = field(default_factory=set)
    """People who are not in it."""


@dataclass
class Message:
    """What a reader of the channel sees."""

    ts: str
    channel: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    username: str | None = None
    icon: str | None = None
    own: bool = True
    edits: int = 0


class Call(NamedTuple):
    """One request, as it came and as it was answered."""

    method: str
    fields: dict[str, Any]
    at: float
    answer: str
    """``ok`` or Slack's error."""


@dataclass
class FakeSlack(slack_apps.Apps):
    """One workspace. Change any attribute while it runs."""

    token: str = TOKEN
    scopes: tuple[str, ...] = SCOPES
    channels: list[str] = field(default_factory=lambda: ["dev"])
    any_channel: bool = False
    """Make every ``#name`` on its first message, for benchmarks and black-box tests."""
    per_channel_per_s: float | None = None
    """Slack's one message a second and channel; ``None`` is no limit."""
    retry_after_s: int = 1
    slow_s: float = 0.2
    keep: bool = True
    """Keep calls and messages; without, only :attr:`count`."""
    no_images: set[str] = field(default_factory=set)
    """Addresses that Slack cannot fetch a picture from."""
    heard: Callable[[dict[str, Any]], None] | None = None
    """Told of the fields of every message that is posted."""
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mode: Mode = "ok"
        self.modes: dict[str, Mode] = {}
        """Another mode for single channels: ``{"#dead": "down"}``."""
        self.next_modes: deque[Mode] = deque()
        """Modes of the next requests, one each, before :attr:`mode` holds again."""
        self.calls: list[Call] = []
        self.count: Counter[str] = Counter()
        self.edit_window_closed = False
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where it runs, when that is a thread of its own."""
        self._messages: dict[tuple[str, str], Message] = {}
        self._channels: dict[str, Channel] = {}
        self._webhooks: dict[str, tuple[str, bool]] = {}
        self._sequence = 0
        self._runner: web.ServerRunner | None = None
        for name in self.channels:
            self.channel(name)

    # --- running -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        # Asked to stop, it does not wait for a client that a mode keeps waiting.
        self._runner = web.ServerRunner(web.Server(self._serve), shutdown_timeout=0.01, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @contextmanager
    def in_thread(self) -> Iterator[FakeSlack]:
        """Run in a thread with a loop of its own, for tests that have none."""
        started, stop = threading.Event(), asyncio.Event()
        self.loop = loop = asyncio.new_event_loop()

        async def run() -> None:
            async with self:
                started.set()
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
        thread.start()
        started.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    @property
    def url(self) -> str:
        """The address of the Web API: for ``api_url``."""
        return f"http://{self.host}:{self.port}/api/"

    # --- what is there -------------------------------------------------------------------------------------------------

    def channel(self, name: str, *, member: bool = True, private: bool = False, archived: bool = False) -> Channel:
        """Make a channel (``dev`` or ``#dev``) and return it."""
        name = name.removeprefix("#")
        made = Channel(id=f"C{len(self._channels):09d}X", name=name, member=member, private=private, archived=archived)
        self._channels[name] = self._channels[made.id] = made
        return made

    def webhook(self, room: str, *, prohibited: bool = False) -> str:
        """Make an incoming webhook for a channel and return its address."""
        path = f"/services/T00000000/B{len(self._webhooks):08d}/{'x' * 24}"
        self._webhooks[path] = (room.removeprefix("#"), prohibited)
        return f"http://{self.host}:{self.port}{path}"

    def say_as_somebody_else(self, room: str, text: str) -> str:
        """Put a message of another person into ``room`` and return its ts."""
        return self._keep(self._channels[room.removeprefix("#")], {"text": text}, own=False).ts

    def delete(self, ts: str) -> None:
        """Delete the message ``ts``, as a person would."""
        for key in [key for key in self._messages if key[1] == ts]:
            del self._messages[key]

    def messages(self, room: str) -> list[Message]:
        """Return what stands in ``room`` (name or id), oldest first."""
        found = self._channels.get(room.removeprefix("#"))
        return [message for message in list(self._messages.values()) if found and message.channel == found.id]

    def posts(self) -> list[dict[str, Any]]:
        """Return the fields of every message taken: by ``chat.postMessage`` or by a webhook."""
        return [call.fields for call in self.calls if call.method in ("chat.postMessage", "webhook") and call.answer == "ok"]

    # --- serving -------------------------------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        path = request.path
        if path.startswith("/_fake/"):
            return self._told(path, body)
        if path == "/link":
            return await self._take_socket(request)
        method = "webhook" if path in self._webhooks else "response_url" if path in self._answer_urls else path.removeprefix("/api/").strip("/")
        fields = dict(request.query) if request.method == "GET" else _fields(request.headers.get("Content-Type", ""), body)
        mode: Mode = self.next_modes.popleft() if self.next_modes else self.modes.get(str((fields or {}).get("channel")), self.mode)
        match mode:
            case "down":
                return self._record(method, fields, "down", _json({"ok": False, "error": "service_unavailable"}, status=503))
            case "limited":
                return self._record(method, fields, "limited", self._limited())
            case "garbage":
                return self._record(method, fields, "garbage", web.Response(body=_HTML, content_type="text/html"))
            case "silent":
                self._record(method, fields, "silent", None)
                await asyncio.Event().wait()
            case "half":
                return await self._half(request, method, fields)
            case "slow":
                await asyncio.sleep(self.slow_s)
            case "lost":
                # Taken, but the answer never comes back.
                self._record(method, fields, "lost", None)
                self._take(method, request.headers, fields)
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "ok":
                pass
        if path.startswith("/services/"):
            answer, error = self._take_webhook(path, fields)
        elif path.startswith(("/commands/", "/actions/")):
            answer, error = self._take_answer(path, fields)
        elif path.startswith("/api/"):
            answer, error = self._take(method, request.headers, fields)
        else:
            answer, error = web.Response(status=404, text="not found"), "not_found"
        return self._record(method, fields, error, answer)

    def _record(self, method: str, fields: dict[str, Any] | None, error: str, answer: web.Response | None) -> web.Response:
        self.count[error] += 1
        if self.keep:
            self.calls.append(Call(method, fields or {}, time.time(), error))
        return answer or web.Response()

    def _limited(self) -> web.Response:
        return _json({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(self.retry_after_s)})

    async def _half(self, request: web.BaseRequest, method: str, fields: dict[str, Any] | None) -> web.StreamResponse:
        self._record(method, fields, "half", None)
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4000"})
        await response.prepare(request)
        await response.write(b'{"ok": true, "ts": "17')
        if request.transport is not None:
            request.transport.close()
        return response

    def _told(self, path: str, body: bytes) -> web.Response:
        """Answer a test in another process: set attributes, ask for counts and calls."""
        match path:
            case "/_fake/set":
                for key, value in json.loads(body).items():
                    setattr(self, key, value)
                return _json({"ok": True})
            case "/_fake/count":
                return _json(dict(self.count))
            case "/_fake/posts":
                return _json(self.posts())
            case _:
                return web.Response(status=404)

    def _take(self, method: str, headers: Mapping[str, str], fields: dict[str, Any] | None) -> tuple[web.Response, str]:
        error, answer = self._refusal(method, headers, fields), {}
        if error is None:
            assert fields is not None
            if method == "oauth.v2.access":
                fields = slack_apps.credentials(headers, fields)
            error, answer = getattr(self, f"_{method.replace('.', '_')}")(fields)
        if error == "ratelimited":
            return self._limited(), error
        scopes = slack_apps.CONFIG_SCOPES if method == "apps.manifest.export" else self.scopes
        shown = {"x-oauth-scopes": ",".join(scopes), "x-accepted-oauth-scopes": "chat:write"}
        return _json({"ok": error is None, **({"error": error} if error else {}), **answer}, headers=shown), error or "ok"

    def _refusal(self, method: str, headers: Mapping[str, str], fields: dict[str, Any] | None) -> str | None:
        if fields is None:
            return "invalid_json" if "json" in headers.get("Content-Type", "") else "invalid_post_type"
        if method not in METHODS:
            return "unknown_method"
        if method == "oauth.v2.access":
            return None  # speaks by the app's own secret
        bearer = headers.get("Authorization", "")
        # With a JSON body Slack reads the token from the header only.
        token = bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else "" if "json" in headers.get("Content-Type", "") else fields.get("token", "")
        if not token:
            return "not_authed"
        if method == "apps.connections.open":
            return None if token == self.app_token else "not_allowed_token_type" if token == self.token else "invalid_auth"
        if method == "apps.manifest.export":
            if token == self.config_token:
                return "token_expired" if self.config_token_expired else None
            return "not_allowed_token_type" if token in (self.token, self.app_token) else "invalid_auth"
        if token == self.token:
            return None
        return "not_allowed_token_type" if token in (self.app_token, self.config_token) else "invalid_auth"

    def response_url(self, kind: str = "commands") -> str:
        """Make a ``response_url`` and return it: good for five answers in half an hour."""
        return f"http://{self.host}:{self.port}{self.answer_path(kind)}"

    def _content(self, fields: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        error, explained = _content_refusal(fields)
        if error is None and (broken := [where for where, address in slack_blocks.images(fields.get("blocks", [])) if address in self.no_images]):
            # Whole, for one picture: https://github.com/slackapi/java-slack-sdk/issues/1396
            found = [f"downloading image failed [json-pointer:{where}]" for where in broken]
            return "invalid_blocks", {"errors": found, "response_metadata": {"messages": [f"[ERROR] {fault}" for fault in found]}}
        return error, explained

    def _auth_test(self, fields: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        return None, {"url": "https://fake.slack.com/", "team": "Fake", "user": "leverframe", "team_id": "T1", "user_id": "U0BOT", "bot_id": "B1"}

    def _chat_postMessage(self, fields: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        wanted = ["chat:write", *(["chat:write.customize"] if {"username", "icon_emoji", "icon_url"} & set(fields) else [])]
        for scope in wanted:
            if scope not in self.scopes:
                return "missing_scope", {"needed": scope, "provided": ",".join(self.scopes)}
        channel = self._find(str(fields.get("channel", "")))
        if channel is None or (channel.private and not channel.member):
            return "channel_not_found", {}
        if channel.archived:
            return "is_archived", {}
        if not channel.member and "chat:write.public" not in self.scopes:
            return "not_in_channel", {}
        error, explained = self._content(fields)
        if error:
            return error, explained
        if self._too_fast(channel):
            return "ratelimited", {}
        thread = fields.get("thread_ts")
        if thread is not None and not _is_ts(thread):
            return "invalid_thread_ts", {}
        message = self._keep(channel, fields)
        said = {"text": message.text, "ts": message.ts, "type": "message", "bot_id": "B1"}
        if message.thread_ts:
            said["thread_ts"] = message.thread_ts
        return None, {"channel": channel.id, "ts": message.ts, "message": said}

    def _chat_update(self, fields: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        if "chat:write" not in self.scopes:
            return "missing_scope", {"needed": "chat:write", "provided": ",".join(self.scopes)}
        channel = self._channels.get(str(fields.get("channel", "")))
        if channel is None or channel.id != fields["channel"]:
            return "channel_not_found", {}  # a name will not do here
        message = self._messages.get((channel.id, str(fields.get("ts", ""))))
        if message is None:
            return "message_not_found", {}
        if not message.own:
            return "cant_update_message", {}
        if self.edit_window_closed:
            return "edit_window_closed", {}
        error, explained = self._content(fields)
        if error:
            return error, explained
        message.text = fields.get("text", message.text)
        message.blocks = fields.get("blocks", message.blocks)
        message.edits += 1
        return None, {"channel": channel.id, "ts": message.ts, "text": message.text}

    def _take_webhook(self, path: str, fields: dict[str, Any] | None) -> tuple[web.Response, str]:
        hook = self._webhooks.get(path)
        if hook is None:
            return web.Response(status=404, text="no_service"), "no_service"
        channel = self._channels.get(hook[0])
        if channel is None:
            return web.Response(status=404, text="channel_not_found"), "channel_not_found"
        if hook[1]:
            return web.Response(status=403, text="action_prohibited"), "action_prohibited"
        if channel.archived:
            return web.Response(status=410, text="channel_is_archived"), "channel_is_archived"
        if fields is None:
            return web.Response(status=400, text="invalid_payload"), "invalid_payload"
        error, _ = self._content(fields)
        if error:
            return web.Response(status=400, text=error), error
        if self._too_fast(channel):
            return self._limited(), "ratelimited"
        # Name, icon and channel of a webhook are the app's: what the request says of them is ignored.
        self._keep(channel, {key: fields[key] for key in ("text", "blocks", "thread_ts") if key in fields})
        return web.Response(text="ok"), "ok"

    def _find(self, room: str) -> Channel | None:
        found = self._channels.get(room.removeprefix("#"))
        if found is None and room[:1] in "UW" and room[1:].isalnum() and room.isupper():
            found = self._channels[room] = Channel(id=f"D{room}", name=room)  # a person's id is the room of the two
            self._channels[found.id] = found
        return self.channel(room) if found is None and self.any_channel and room else found

    def _too_fast(self, channel: Channel) -> bool:
        now_s = time.monotonic()
        if self.per_channel_per_s and now_s - channel.last_post_s < 1 / self.per_channel_per_s:
            return True
        channel.last_post_s = now_s
        return False

    def _keep(self, channel: Channel, fields: dict[str, Any], *, own: bool = True) -> Message:
        self._sequence += 1
        if self.heard is not None:
            self.heard(fields)
        thread = fields.get("thread_ts")
        if thread is not None and (channel.id, thread) not in self._messages:
            thread = None  # Slack posts a reply to a deleted message into the channel (slack-go/slack#1571)
        message = Message(
            ts=f"{1_700_000_000 + self._sequence // 1000}.{self._sequence % 1000:03d}100", channel=channel.id, text=fields.get("text", ""),
            blocks=fields.get("blocks", []), thread_ts=thread, username=fields.get("username"),
            icon=fields.get("icon_emoji") or fields.get("icon_url"), own=own,
        )  # fmt: skip
        if self.keep:
            self._messages[channel.id, message.ts] = message
        return message


def _content_refusal(fields: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    text, blocks = fields.get("text", ""), fields.get("blocks", [])
    if not isinstance(text, str):
        return "invalid_arguments", {}
    if not text and not blocks and not fields.get("attachments"):
        return "no_text", {}
    if slack_blocks.units(text) > 40_000:
        return "msg_too_long", {}
    found = slack_blocks.faults(blocks)
    if found:
        return "invalid_blocks", {"errors": found, "response_metadata": {"messages": [f"[ERROR] {fault}" for fault in found]}}
    return ("msg_blocks_too_long", {}) if slack_blocks.too_long(blocks) else (None, {})


def _is_ts(value: object) -> bool:
    head, dot, tail = str(value).partition(".")
    return isinstance(value, str) and bool(dot) and head.isdigit() and len(head) == 10 and tail.isdigit() and len(tail) == 6


def _fields(kind: str, body: bytes) -> dict[str, Any] | None:
    """Return the fields of a request, or ``None`` when it cannot be read."""
    try:
        if "json" in kind:
            found = json.loads(body)
            return found if isinstance(found, dict) else None
        if "x-www-form-urlencoded" in kind:
            form: dict[str, Any] = dict(urllib.parse.parse_qsl(body.decode()))
            if "payload" in form:
                return json.loads(form["payload"])
            if "blocks" in form:
                form["blocks"] = json.loads(form["blocks"])
            return form
    except ValueError:
        pass
    return None


def _json(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), status=status, headers=headers, content_type="application/json")


def main() -> None:
    """Run as a process: every channel exists unless some are named."""
    parser = argparse.ArgumentParser(description="A strict fake of Slack")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--channel", action="append", default=[])
    parser.add_argument("--forget", action="store_true", help="keep only counts")
    asked = parser.parse_args()

    async def run() -> None:
        slack = FakeSlack(token=asked.token, channels=asked.channel, any_channel=not asked.channel, keep=not asked.forget, port=asked.port)
        async with slack:
            print(slack.url, flush=True)
            await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main()
