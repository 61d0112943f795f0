"""A Slack for tests of plugins: it takes what the hub says, over real HTTP, and shows it as somebody in the channel would see it.

It knows the methods that the hub calls, checks the token, and answers as Slack does; it is no judge of limits.
https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

TOKEN = "xoxb-testing"
Json = dict[str, Any]


@dataclass
class Button:
    """A button of a message."""

    text: str
    action: str
    value: str
    url: str = ""


@dataclass
class Message:
    """A message, as it stands in Slack now."""

    room: str
    """The channel's name (``#ops``) or id; a person's id for a direct message."""
    ts: str
    text: str
    """All its words."""
    blocks: list[Json] = field(default_factory=list)
    only_for: str = ""
    """The person who alone sees it; empty when the room does."""
    thread: str = ""
    edits: int = 0

    @property
    def buttons(self) -> list[Button]:
        """Its buttons."""
        elements = [element for block in self.blocks if block.get("type") == "actions" for element in block.get("elements", [])]
        return [
            Button(text=one["text"]["text"], action=one.get("action_id", ""), value=one.get("value", ""), url=one.get("url", ""))
            for one in elements if one.get("type") == "button"
        ]  # fmt: skip

    def button(self, text: str) -> Button:
        """Return the button that says ``text``. Raises ``LookupError``."""
        found = next((one for one in self.buttons if one.text == text), None)
        if found is None:
            raise LookupError(f"there is no button {text!r} but {[one.text for one in self.buttons]}")
        return found


@dataclass
class Form:
    """A modal on somebody's screen."""

    id: str
    view: Json

    @property
    def title(self) -> str:
        """What stands over it."""
        return str(self.view["title"]["text"])

    @property
    def fields(self) -> dict[str, list[str]]:
        """Its fields with their choices; none for a line of text."""
        return {
            block["block_id"]: [option["value"] for option in block["element"].get("options", [])]
            for block in self.view["blocks"] if block.get("type") == "input"
        }  # fmt: skip


def shown(body: Mapping[str, Any], room: str, *, ts: str = "", only_for: str = "") -> Message:
    """Return a message as Slack shows it: its words are those of its blocks, without which ``text``."""
    blocks = body.get("blocks") or []
    words = [words for block in blocks for words in _words(block)]
    return Message(room=room, ts=ts, text="\n".join(words) or body.get("text", ""), blocks=blocks, only_for=only_for, thread=body.get("thread_ts") or "")


def _words(block: Any) -> list[str]:
    match block:
        case {"type": "plain_text" | "mrkdwn", "text": str(text)}:
            return [text]
        case {"type": "text", "text": str(text)} | {"type": "link", "text": str(text)}:
            return [text]
        case {"type": "rich_text_section" | "rich_text_quote" | "rich_text_preformatted", "elements": list(parts)}:
            return ["".join(words for part in parts for words in _words(part))]
        case dict():
            return [words for key, value in block.items() if key in ("text", "fields", "elements", "label", "hint") for words in _words(value)]
        case list():
            return [words for one in block for words in _words(one)]
        case _:
            return []


class Slack:
    """The stand-in. ``messages`` are in the order in which they were first said."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.forms: list[Form] = []
        """Modals in the order in which they were opened; one that changed stands at its place."""
        self._answers: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where it is: ``http://127.0.0.1:PORT``."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def trigger(self) -> str:
        """Return a new ``trigger_id``."""
        return f"{next(self._numbers)}.1.{'a' * 32}"

    def answer_url(self, user: str, room: str) -> str:
        """Return a new ``response_url`` for what ``user`` says in ``room``."""
        path = f"/commands/T1/{next(self._numbers)}"
        self._answers[path] = f"{user} {room}"
        return self.url + path

    async def until(self, found: Callable[[], Any], within_s: float) -> Any:
        """Return what ``found`` gives once it is something. Raises ``TimeoutError``."""
        async with asyncio.timeout(within_s), self._changed:
            while not (what := found()):
                await self._changed.wait()
            return what

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests of one connection until it is closed."""
        self._open.add(writer)
        try:
            while line := await reader.readline():
                path = line.split(b" ")[1].decode()
                headers = {}
                while (header := (await reader.readline()).strip()) != b"":
                    name, _, value = header.partition(b":")
                    headers[name.strip().lower().decode()] = value.strip().decode()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                answer = json.dumps(await self._answer(path, headers, body)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-oauth-scopes: chat:write,commands\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._open.discard(writer)
            with contextlib.suppress(ConnectionError):
                writer.close()
                await writer.wait_closed()

    async def _answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Json:
        fields: Json = json.loads(body) if "json" in headers.get("content-type", "") else dict(parse_qsl(body.decode()))
        async with self._changed:
            try:
                if path in self._answers:
                    return self._by_address(path, fields)
                if headers.get("authorization") != f"Bearer {TOKEN}":
                    return {"ok": False, "error": "not_authed"}
                return self._method(path.removeprefix("/api/"), fields)
            finally:
                self._changed.notify_all()

    def _by_address(self, path: str, fields: Json) -> Json:
        user, _, room = self._answers[path].partition(" ")
        public = fields.get("response_type") == "in_channel"
        self.messages.append(shown(fields, room, ts=self._ts(), only_for="" if public else user))
        return {"ok": True}

    def _method(self, method: str, fields: Json) -> Json:
        match method:
            case "chat.postMessage" | "chat.postEphemeral":
                said = shown(fields, fields["channel"], ts=self._ts(), only_for=fields.get("user", "") if method == "chat.postEphemeral" else "")
                self.messages.append(said)
                return {"ok": True, "channel": fields["channel"], "ts": said.ts, "message_ts": said.ts}
            case "chat.update":
                before = next((one for one in self.messages if one.ts == fields["ts"]), None)
                if before is None:
                    return {"ok": False, "error": "message_not_found"}
                after = shown(fields, before.room)
                before.text, before.blocks, before.edits = after.text, after.blocks, before.edits + 1
                return {"ok": True, "channel": before.room, "ts": before.ts}
            case "views.open":
                form = Form(id=f"V{next(self._numbers)}", view=fields["view"])
                self.forms.append(form)
                return {"ok": True, "view": {"id": form.id}}
            case "views.update":
                found = next((one for one in self.forms if one.id == fields["view_id"]), None)
                if found is None:
                    return {"ok": False, "error": "not_found"}
                found.view = fields["view"]
                return {"ok": True, "view": {"id": found.id}}
            case "auth.test":
                return {"ok": True, "team": "Testing", "team_id": "T1", "user": "leverframe", "user_id": "U0BOT", "bot_id": "B1", "url": "https://testing.slack.com/"}
            case "users.info":
                return {"ok": True, "user": {"id": fields["user"], "name": f"name-of-{fields['user']}", "team_id": "T1"}}
            case "usergroups.users.list":
                return {"ok": True, "users": []}
            case _:
                return {"ok": False, "error": "unknown_method"}

    def _ts(self) -> str:
        return f"{1_700_000_000 + next(self._numbers)}.000100"
