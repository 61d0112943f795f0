"""What Slack does for apps that people speak to: triggers and modals, answers by ``response_url``, people, install, Socket Mode.

https://docs.slack.dev/reference/methods/views.open, …/chat.postEphemeral, …/users.info, …/usergroups.users.list,
…/oauth.v2.access, …/apps.connections.open, https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import WSMsgType, web
from fakes import slack_views

APP_TOKEN = "xapp-1-A1-fake"
CONFIG_TOKEN = "xoxe.xoxp-1-fake-config-token"
CONFIG_SCOPES = ("identify", "app_configurations:read", "app_configurations:write")
Fields = dict[str, Any]
Result = tuple[str | None, Fields]
TRIGGER_S, ANSWER_S, ANSWERS = 3.0, 1_800.0, 5


@dataclass
class Whisper:
    """An ephemeral message."""

    channel: str
    user: str
    text: str
    blocks: list[Fields]
    thread_ts: str | None = None


@dataclass
class Opened:
    """A modal on somebody's screen."""

    id: str
    view: Fields
    updates: int = 0
    external_id: str = ""


@dataclass
class Installation:
    """What a code of the install page is exchanged for."""

    team: str = "T1"
    token: str = "xoxb-fake-installed"
    rotating: bool = False


@dataclass
class Apps:
    """Mixed into ``FakeSlack``."""

    app_token: str = APP_TOKEN
    config_token: str = CONFIG_TOKEN
    config_token_expired: bool = False
    manifest: Fields | None = None
    """The app's own (:meth:`configure` sets it as Slack keeps it); ``None`` is an app that is not eligible."""
    client_id: str = "1.2"
    client_secret: str = "client-secret"
    user_groups: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(id, handle) → ids of who is in it."""
    people: dict[str, Fields] = field(default_factory=dict)
    people_page: int = 1000
    """How many ``users.list`` gives at once at most."""
    trigger_s: float = TRIGGER_S

    def __post_init__(self) -> None:
        self.answers: list[Fields] = []
        """What was said by a ``response_url``."""
        self.whispers: list[Whisper] = []
        self.views: dict[str, Opened] = {}
        self.installations: dict[str, Installation] = {}
        """By the code that the redirect brings."""
        self.refresh_tokens: dict[str, Installation] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.acknowledged: dict[str, Fields | None] = {}
        """Envelope → what came with its acknowledgement."""
        self.tickets: set[str] = set()
        self.deaf = False
        """Take connections but send nothing over them, no hello and no pong."""
        self.pongs = True
        """Whether new connections answer pings."""
        self._triggers: dict[str, float] = {}
        self._answer_urls: dict[str, list[float]] = {}
        self._socket_changed = asyncio.Event()

    # --- what a person's act brings ------------------------------------------------------------------------------------

    def trigger(self) -> str:
        """Make a ``trigger_id``: good for three seconds and one view."""
        made = f"{time.time_ns() // 1000}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[made] = time.monotonic()
        return made

    def answer_path(self, kind: str = "commands") -> str:
        """Make a ``response_url`` and return its path: good for five answers in half an hour."""
        path = f"/{kind}/T1/{secrets.randbelow(10**12)}/{secrets.token_hex(12)}"
        self._answer_urls[path] = [time.monotonic(), 0]
        return path

    # --- methods -------------------------------------------------------------------------------------------------------

    def _views_open(self, fields: Fields) -> Result:
        trigger = str(fields.get("trigger_id", ""))
        if trigger.count(".") != 2:
            return "invalid_trigger_id", {}
        born = self._triggers.get(trigger)
        if born is None:
            return "invalid_trigger_id", {}
        if born < 0:
            return "exchanged_trigger_id", {}
        if time.monotonic() - born > self.trigger_s:
            return "expired_trigger_id", {}
        error, view = _view(fields)
        if error:
            return error
        self._triggers[trigger] = -1.0
        opened = Opened(id=f"V{len(self.views):08d}", view=view, external_id=view.get("external_id", ""))
        self.views[opened.id] = opened
        return None, {"view": self.shown(opened)}

    def _views_update(self, fields: Fields) -> Result:
        opened = self.views.get(str(fields.get("view_id", "")))
        if opened is None:
            return "not_found", {}
        error, view = _view(fields)
        if error:
            return error
        opened.view, opened.updates = view, opened.updates + 1
        return None, {"view": self.shown(opened)}

    def shown(self, opened: Opened) -> Fields:
        """Return a view as Slack sends it: with its id and its state."""
        view = opened.view
        return {"private_metadata": "", "callback_id": "", **view, "id": opened.id, "team_id": "T1", "app_id": "A1", "bot_id": "B1",
                "root_view_id": opened.id, "hash": f"1.{opened.updates}", "state": {"values": slack_views.initial_values(view)}}  # fmt: skip

    def _chat_postEphemeral(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        if "chat:write" not in fake.scopes:
            return "missing_scope", {"needed": "chat:write", "provided": ",".join(fake.scopes)}
        channel = fake._find(str(fields.get("channel", "")))
        if channel is None or (channel.private and not channel.member):
            return "channel_not_found", {}
        if channel.archived:
            return "is_archived", {}
        if not fields.get("user"):
            return "invalid_arguments", {}
        if not channel.member:
            return "not_in_channel", {}
        if fields["user"] in channel.absent:
            return "user_not_in_channel", {}
        error, explained = fake._content(fields)
        if error:
            return error, explained
        thread = fields.get("thread_ts")
        self.whispers.append(Whisper(channel.id, fields["user"], fields.get("text", ""), fields.get("blocks", []), thread))
        return None, {"message_ts": f"{1_700_000_000 + len(self.whispers)}.000200"}

    def _users_info(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        if "users:read" not in fake.scopes:
            return "missing_scope", {"needed": "users:read", "provided": ",".join(fake.scopes)}
        found = self.people.get(str(fields.get("user", "")))
        return ("user_not_found", {}) if found is None else (None, {"user": {"id": fields["user"], "team_id": "T1", "deleted": False, **found}})

    def _users_list(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        if "users:read" not in fake.scopes:
            return "missing_scope", {"needed": "users:read", "provided": ",".join(fake.scopes)}
        first, size = int(fields.get("cursor") or 0), min(int(fields.get("limit", 1000)), self.people_page)
        following = str(first + size) if first + size < len(self.people) else ""
        members = [{"id": id, "team_id": "T1", "deleted": False, "is_bot": False, **found} for id, found in list(self.people.items())[first : first + size]]
        if "users:read.email" not in fake.scopes:  # https://docs.slack.dev/reference/scopes/users.read.email: then there is none in any profile
            members = [one | {"profile": {key: said for key, said in one.get("profile", {}).items() if key != "email"}} for one in members]
        return None, {"members": members, "cache_ts": 1_700_000_000, "response_metadata": {"next_cursor": following}}

    def _usergroups_list(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        if "usergroups:read" not in fake.scopes:
            return "missing_scope", {"needed": "usergroups:read", "provided": ",".join(fake.scopes)}
        found = [
            {"id": id, "team_id": "T1", "is_usergroup": True, "name": handle.title(), "handle": handle, "user_count": len(users)}
            | ({"users": list(users)} if fields.get("include_users") == "true" else {})
            for (id, handle), users in self.user_groups.items()
        ]
        return None, {"usergroups": found}

    def _conversations_list(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        kinds = fields.get("types", "public_channel").split(",")
        for kind, scope in (("public_channel", "channels:read"), ("private_channel", "groups:read")):
            if kind in kinds and scope not in fake.scopes:
                return "missing_scope", {"needed": scope, "provided": ",".join(fake.scopes)}
        shown = [one for one in {one.id: one for one in fake._channels.values()}.values() if not one.private or (one.member and "private_channel" in kinds)]
        first, size = int(fields.get("cursor") or 0), min(int(fields.get("limit", 100)), 1000)
        following = str(first + size) if first + size < len(shown) else ""
        return None, {"channels": [_conversation(one) for one in shown[first : first + size]], "response_metadata": {"next_cursor": following}}

    def _conversations_info(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        found = fake._channels.get(str(fields.get("channel", "")))
        if found is None or found.id != fields["channel"] or (found.private and not found.member):
            return "channel_not_found", {}
        scope = "groups:read" if found.private else "channels:read"
        if scope not in fake.scopes:
            return "missing_scope", {"needed": scope, "provided": ",".join(fake.scopes)}
        return None, {"channel": _conversation(found)}

    def _apps_connections_open(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        ticket = secrets.token_hex(8)
        self.tickets.add(ticket)
        return None, {"url": f"ws://{fake.host}:{fake.port}/link?ticket={ticket}&app_id=A1"}

    def configure(self, manifest: Fields) -> None:
        """Take a manifest as the app's page does: what it does not say is at its default, and ``_metadata`` is dropped."""
        settings = {"org_deploy_enabled": False, "socket_mode_enabled": False, "token_rotation_enabled": False, **manifest.get("settings", {})}
        slash = [{"should_escape": False, **one} for one in manifest.get("features", {}).get("slash_commands", [])]
        kept = {**manifest, "features": {**manifest.get("features", {}), "slash_commands": slash}, "settings": settings}
        kept["oauth_config"] = {**manifest.get("oauth_config", {}), "pkce_enabled": False}
        self.manifest = {key: value for key, value in kept.items() if key != "_metadata"}

    def _apps_manifest_export(self, fields: Fields) -> Result:
        # https://docs.slack.dev/reference/methods/apps.manifest.export
        app = str(fields.get("app_id", ""))
        if not app:
            return "invalid_arguments", {"response_metadata": {"messages": ["[ERROR] missing required field: app_id"]}}
        if not re.fullmatch("A[A-Z0-9]+", app):
            return "invalid_app_id", {}
        if app != "A1":
            return "app_not_found", {}
        return ("app_not_eligible", {}) if self.manifest is None else (None, {"manifest": self.manifest})

    def _bots_info(self, fields: Fields) -> Result:
        fake = cast("Any", self)
        if "users:read" not in fake.scopes:
            return "missing_scope", {"needed": "users:read", "provided": ",".join(fake.scopes)}
        if fields.get("bot") != "B1":
            return "bot_not_found", {}
        return None, {"bot": {"id": "B1", "deleted": False, "name": "leverframe", "updated": 1, "app_id": "A1", "user_id": "U0BOT", "icons": {}}}

    def _oauth_v2_access(self, fields: Fields) -> Result:
        if (fields.get("client_id"), fields.get("client_secret")) != (self.client_id, self.client_secret):
            return ("invalid_client_id" if fields.get("client_id") != self.client_id else "bad_client_secret"), {}
        refreshing = fields.get("grant_type") == "refresh_token"
        pool, given = (self.refresh_tokens, fields.get("refresh_token")) if refreshing else (self.installations, fields.get("code"))
        found = pool.pop(str(given), None)  # each is good for once
        if found is None:
            return ("invalid_refresh_token" if refreshing else "invalid_code"), {}
        answer: Fields = {
            "access_token": found.token, "token_type": "bot", "scope": ",".join(cast("Any", self).scopes), "bot_user_id": "U0BOT", "app_id": "A1",
            "team": {"id": found.team, "name": "Fake"}, "enterprise": None, "authed_user": {"id": "U1"}, "is_enterprise_install": False,
        }  # fmt: skip
        if found.rotating:
            token = f"xoxe.xoxb-{secrets.token_hex(4)}"
            refresh = f"xoxe-{secrets.token_hex(8)}"
            self.refresh_tokens[refresh] = Installation(team=found.team, token=token, rotating=True)
            answer |= {"expires_in": 43_200, "refresh_token": refresh}
        return None, answer

    # --- answers by address --------------------------------------------------------------------------------------------

    def _take_answer(self, path: str, fields: Fields | None) -> tuple[web.Response, str]:
        born = self._answer_urls.get(path)
        error = None
        if born is None or time.monotonic() - born[0] > ANSWER_S:
            error = "expired_url"
        elif born[1] >= ANSWERS:
            error = "used_url"
        elif fields is None:
            error = "invalid_payload"
        if error is not None:
            body = json.dumps({"ok": False, "error": error}).encode()
            return web.Response(status=404 if "url" in error else 400, body=body, content_type="application/json"), error
        assert born is not None and fields is not None
        refused, _ = cast("Any", self)._content(fields)
        if refused:
            return web.Response(status=400, text=refused), refused
        if fields.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
            return web.Response(status=400, text="invalid_payload"), "invalid_payload"
        born[1] += 1
        self.answers.append(fields)
        return web.Response(body=b'{"ok":true}', content_type="application/json"), "ok"

    # --- Socket Mode ---------------------------------------------------------------------------------------------------

    async def _take_socket(self, request: web.BaseRequest) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=404, text="unknown ticket")
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=self.pongs and not self.deaf)
        await socket.prepare(request)
        if not self.deaf:
            info = {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18_060}
            await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1, "connection_info": {"app_id": "A1"}, "debug_info": info})
        self.sockets.append(socket)
        self._stir()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    said = json.loads(message.data)
                    self.acknowledged[said["envelope_id"]] = said.get("payload")
                    self._stir()
        finally:
            self.sockets.remove(socket)
            self._stir()
        return socket

    def _stir(self) -> None:
        self._socket_changed.set()
        self._socket_changed = asyncio.Event()

    async def connected(self, count: int = 1) -> None:
        """Return when ``count`` connections are open."""
        while len(self.sockets) != count:
            await self._socket_changed.wait()

    async def envelope(self, kind: str, payload: Mapping[str, Any], *, id: str | None = None, retry: int | None = None) -> str:
        """Send an envelope over one of the connections, as Slack does, and return its id."""
        id = id or secrets.token_hex(16)
        sent: Fields = {"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": kind != "events_api"}
        if retry is not None:
            sent |= {"retry_attempt": retry, "retry_reason": "timeout"}
        await self.sockets[-1].send_json(sent)
        return id

    async def acknowledgement(self, id: str) -> Fields | None:
        """Return what came with the acknowledgement of an envelope, once it came."""
        while id not in self.acknowledged:
            await self._socket_changed.wait()
        return self.acknowledged[id]

    async def warn(self, reason: str = "warning") -> None:
        """Tell the newest connection that it ends soon (``warning``), is renewed (``refresh_requested``) or was switched off."""
        await self.sockets[-1].send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})


def _conversation(channel: Any) -> Fields:
    return {"id": channel.id, "name": channel.name, "is_member": channel.member, "is_archived": channel.archived, "is_private": channel.private}


def credentials(headers: Mapping[str, str], fields: Fields) -> Fields:
    """Return ``fields`` with the client's id and secret, which may come as HTTP Basic."""
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        id, _, secret = base64.b64decode(value).decode().partition(":")
        return {**fields, "client_id": id, "client_secret": secret}
    return fields


def _view(fields: Fields) -> tuple[Result | None, Fields]:
    view = fields.get("view")
    if isinstance(view, str):
        view = json.loads(view)
    if slack_views.too_large(view):
        return ("view_too_large", {}), {}
    found = slack_views.faults(view)
    if found:
        return ("invalid_arguments", {"response_metadata": {"messages": [f"[ERROR] {fault}" for fault in found]}}), {}
    assert isinstance(view, dict)
    return None, view
