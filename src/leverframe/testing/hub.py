"""A real hub with plugins, for their tests: its database, its doors and its loops are the real ones, in this process, in a folder that is gone afterwards."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leverframe.app import App, build
from leverframe.config import load
from leverframe.core.json_objects import read_object
from leverframe.samples import Story
from leverframe.samples import load as load_sample
from leverframe.store import counts, plugin_calls
from leverframe.testing import signing
from leverframe.testing.signing import Request
from leverframe.testing.slack import TOKEN, Button, Form, Message, Slack, shown

WITHIN_S = 10.0
"""Seconds that are waited for something that is to come."""
_ENVIRON = {"TESTING_TOKEN": TOKEN, "TESTING_SLACK": signing.SLACK_SECRET, "TESTING_GITHUB": signing.GITHUB_SECRET}


@dataclass
class Reply:
    """What came of something that was said, clicked or sent."""

    status: int
    """Of the request's own answer."""
    messages: list[Message] = field(default_factory=list)
    """What was said because of it to whoever asked or in the room, in order."""
    form: Form | None = None
    """The modal that was opened, or what it became."""

    @property
    def text(self) -> str:
        """The words of all messages."""
        return "\n".join(one.text for one in self.messages)

    @property
    def public(self) -> bool:
        """Whether the room sees the last message."""
        return bool(self.messages) and not self.messages[-1].only_for

    def button(self, text: str) -> Button:
        """Return the button that says ``text``. Raises ``LookupError``."""
        return next((one for message in self.messages for one in message.buttons if one.text == text), None) or (self.messages or [_NOTHING])[-1].button(text)


_NOTHING = Message(room="", ts="", text="")


class Hub:
    """``async with Hub("plugins/oncall.py") as hub: reply = await hub.slash("/lever oncall web")``.

    People are Slack's ids (``U1``), rooms names (``#ops``).
    """

    def __init__(
        self, *plugins: str | Path, grants: Mapping[str, Sequence[str]] | None = None, settings: Mapping[str, Any] | None = None, config: str = "",
        environ: Mapping[str, str] | None = None, locale: str = "en", folder: Path | None = None,
    ) -> None:  # fmt: skip
        """``plugins`` are files or folders; ``grants`` are by person, where nothing is said ``U1`` may do everything and nobody else
        anything; ``settings`` are the keys of each plugin's section, ``config`` is more of leverframe.toml, ``environ`` what its
        ``env:`` references find. A ``folder`` is kept: a hub that is started there again knows what the one before knew.
        """
        self._plugins = [Path(one) for one in plugins]
        self._grants = {"U1": ["*"]} if grants is None else grants
        self._settings, self._config, self._locale = settings or {}, config, locale
        self._environ = {**_ENVIRON, **(environ or {})}
        self.slack = Slack()
        self._kept, self._folder = folder, folder
        self._app: App | None = None

    async def __aenter__(self) -> Self:
        """Start it. Raises ``leverframe.config.ConfigErrors`` when a plugin cannot be read."""
        await self.slack.__aenter__()
        try:
            self._folder = self._kept or Path(tempfile.mkdtemp(prefix="leverframe-"))
            path = self._folder / "leverframe.toml"
            path.write_text(self._toml())
            for plugin in self._plugins:
                to = self._folder / "plugins" / plugin.name
                shutil.copytree(plugin, to, dirs_exist_ok=True) if plugin.is_dir() else shutil.copy(plugin, to)
            self._app = await build(load(path, self._environ), log_to=io.StringIO())
            self._app.start()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._close()

    @property
    def app(self) -> App:
        """The hub itself."""
        assert self._app is not None, "use it with: async with Hub(…) as hub"
        return self._app

    # What people do.

    async def slash(self, line: str, *, user: str = "U1", room: str = "#ops") -> Reply:
        """Type a slash command: ``/lever oncall web``."""
        answer_to = self.slack.answer_url(user, room)
        return await self._ask(signing.slash(line, user=user, room=room, trigger=self.slack.trigger(), answer_to=answer_to), user, room)

    async def mention(self, text: str, *, user: str = "U1", room: str = "#ops", thread: str = "") -> Reply:
        """Say something to the hub: ``@leverframe text``."""
        said = signing.said("app_mention", f"<@{signing.BOT}> {text}", user=user, room=room, thread=thread)
        return await self._ask(signing.event(said), user, room)

    async def say(self, text: str, *, user: str = "U1", room: str = "#ops", thread: str = "") -> Reply:
        """Say something in a room that the hub is in: what begins with ``!`` is said to it."""
        return await self._ask(signing.event(signing.said("message", text, user=user, room=room, thread=thread)), user, room)

    async def click(self, button: Button, *, user: str = "U1", room: str = "#ops") -> Reply:
        """Press a button."""
        element = {"type": "button", "action_id": button.action, "value": button.value, "text": {"type": "plain_text", "text": button.text}}
        payload = {
            "type": "block_actions", "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": room},
            "channel": {"id": room, "name": room.removeprefix("#")}, "message": {"type": "message", "ts": "1700000000.000100", "text": ""},
            "response_url": self.slack.answer_url(user, room), "actions": [{"block_id": "b", "action_ts": "1", **element}],
        }  # fmt: skip
        return await self._ask(signing.interaction(payload, user=user, trigger=self.slack.trigger()), user, room)

    async def submit(self, form: Form, fields: Mapping[str, str], *, user: str = "U1", room: str = "#ops") -> Reply:
        """Fill in a form and send it."""
        values = {
            block["block_id"]: {block["element"]["action_id"]: _filled(block["element"], fields.get(block["block_id"]))}
            for block in form.view["blocks"] if block.get("type") == "input"
        }  # fmt: skip
        view = {"private_metadata": "", **form.view, "id": form.id, "team_id": signing.TEAM, "state": {"values": values}}
        return await self._ask(signing.interaction({"type": "view_submission", "view": view}, user=user, trigger=self.slack.trigger()), user, room)

    # What sources do.

    async def github(self, event: str, payload: Mapping[str, Any] | None = None) -> int:
        """Send an event of GitHub's, which sample it is unless ``payload`` is given; return the status. Plugins hear it soon: :meth:`message`, :meth:`settled`."""
        name, sent = event.partition(".")[0], payload
        if sent is None:
            sent = read_object(load_sample(event, Story(1).ids(event, self.app.clock.now())).payload)
        status, _ = await self.send(signing.github(name, sent))
        return status

    # What came of it.

    def messages(self, room: str | None = None) -> list[Message]:
        """Return what was said in a room (in all), the oldest first."""
        return [one for one in self.slack.messages if room in (None, one.room)]

    async def message(self, room: str, containing: str = "", *, within_s: float = WITHIN_S) -> Message:
        """Return the last message of ``room`` with these words, once there is one. Raises ``AssertionError`` with what was said instead."""

        def found() -> Message | None:
            return next((one for one in reversed(self.messages(room)) if containing in one.text), None)

        try:
            message: Message = await self.slack.until(found, within_s)
        except TimeoutError:
            raise AssertionError(f"nothing in {room} says {containing!r}; there is: {[one.text for one in self.messages()]}") from None
        return message

    async def settled(self, *, within_s: float = WITHIN_S) -> None:
        """Return when every event is routed, every handler has heard what it is to hear, and every message is delivered."""
        async with asyncio.timeout(within_s):
            while await self._under_way():
                await asyncio.sleep(0.02)

    def metric(self, name: str, **labels: str) -> float:
        """Return the value of a metric of the hub's: ``metric("leverframe_plugin_failures_total", plugin="oncall", hook="command")``."""
        return self.app.metrics.registry.get_sample_value(name, labels) or 0.0

    # Parts.

    async def _under_way(self) -> bool:
        app = self.app
        waiting = await app.database.read(counts.waiting)
        calls = await app.database.read(plugin_calls.waiting, now=app.clock.now())
        return bool(waiting.unrouted or waiting.owed or calls)

    async def _ask(self, request: Request, user: str, room: str) -> Reply:
        """Send it and return what was said because of it, also later."""
        before, forms = len(self.slack.messages), [dict(form.view) for form in self.slack.forms]
        status, body = await self.send(request)
        assert self.app.box is not None
        await self.app.box.conversations.settled()
        reply = Reply(status=status)
        answer = json.loads(body) if body else {}
        if "response_type" in answer:
            self.slack.messages.insert(before, shown(answer, room, only_for="" if answer["response_type"] == "in_channel" else user))
        reply.messages = self.slack.messages[before:]
        changed = [form for number, form in enumerate(self.slack.forms) if number >= len(forms) or form.view != forms[number]]
        reply.form = changed[-1] if changed else None
        if answer.get("response_action") == "update":
            reply.form = Form(id="", view=answer["view"])
            reply.messages = [*reply.messages, shown({"blocks": answer["view"]["blocks"]}, room, only_for=user)]
        if answer.get("response_action") == "errors":
            reply.messages = [*reply.messages, Message(room=room, ts="", text="\n".join(answer["errors"].values()), only_for=user)]
        return reply

    async def send(self, request: Request) -> tuple[int, bytes]:
        """Send any request; return status and body. ``leverframe.testing.signing`` makes signed ones."""
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": request.path,
            "raw_path": request.path.encode(), "query_string": b"", "root_path": "", "headers": list(request.headers),
            "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8080), "state": {},
        }  # fmt: skip
        body = [{"type": "http.request", "body": request.body, "more_body": False}]
        answer: dict[str, Any] = {"status": 500, "body": b""}

        async def receive() -> dict[str, Any]:
            return body.pop() if body else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            answer["status"] = message.get("status", answer["status"])
            answer["body"] += message.get("body", b"")

        await self.app(scope, receive, send)
        return answer["status"], answer["body"]

    def _toml(self) -> str:
        assert self._folder is not None
        (self._folder / "plugins").mkdir(parents=True, exist_ok=True)
        roles = "".join(f"[roles.{_key(f'testing-{user}')}]\nmembers = [{_key(f'slack:{user}')}]\nallow = {json.dumps(list(allow))}\n" for user, allow in self._grants.items())
        sections = "".join(f"[plugins.{_key(name)}]\n" + "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in keys.items()) for name, keys in self._settings.items())
        return (
            f'[hub]\nlocale = "{self._locale}"\ncommands_per_minute = {{ person = 0, room = 0 }}\n'
            f'[chats.slack]\nbot_token = "env:TESTING_TOKEN"\nsigning_secrets = ["env:TESTING_SLACK"]\napi_url = "{self.slack.url}/api/"\nposts_per_second = 0\n'
            '[sources.github]\nsecrets = ["env:TESTING_GITHUB"]\n'
            f'[plugins]\nfolder = "plugins"\n{sections}{roles}{self._config}\n'
        )

    async def _close(self) -> None:
        if self._app is not None:
            await self._app.stop()
        await self.slack.__aexit__()
        if self._folder is not None and self._kept is None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _filled(element: Mapping[str, Any], value: str | None) -> dict[str, Any]:
    if element["type"] == "plain_text_input":
        return {"type": element["type"], "value": value if value is not None else element.get("initial_value")}
    chosen = element.get("initial_option") if value is None else {"value": value, "text": {"type": "plain_text", "text": value}}
    return {"type": element["type"], "selected_option": chosen}


def _key(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
