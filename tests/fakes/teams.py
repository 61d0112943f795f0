"""A Teams that is as strict as Teams, over real HTTP: the token endpoint, the Bot Connector, the keys, and Workflows.

``async with FakeTeams() as teams`` runs in the test's own loop, ``with FakeTeams().in_thread() as teams`` in a thread of its own.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

from aiohttp import web
from fakes import teams_cards
from fakes.teams_keys import ISSUER, Keys

Mode = Literal["ok", "down", "limited", "garbage", "silent", "half", "lost", "gateway", "precondition"]
APP, SECRET = "11111111-2222-4333-8444-555555555555", "fake~secret"
TENANT, OTHER_TENANT = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
ANN, BOB, EVE = (f"0000000{at}-1111-4222-8333-444444444444" for at in (1, 2, 3))
"""People, by their Entra object id."""
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_LIMITS = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))


def mri(person: str) -> str:
    """Return somebody's id in Teams."""
    return f"29:1{person.replace('-', '')}"


@dataclass
class Conversation:
    """A channel, a group chat, or the bot with one person."""

    id: str
    kind: str = "channel"
    name: str = ""
    member: bool = True
    """Whether the bot is in it."""
    people: set[str] = field(default_factory=set)
    """Entra ids; empty: everybody."""
    blocked: bool = False
    said_at: deque[float] = field(default_factory=lambda: deque(maxlen=1_800))


@dataclass
class Message:
    """What a reader of the conversation sees."""

    id: str
    conversation: str
    activity: dict[str, Any]
    thread: str | None = None
    only_for: str | None = None
    """The one who sees it, of a targeted message."""
    edits: int = 0

    @property
    def card(self) -> dict[str, Any]:
        """The card of the message."""
        found: dict[str, Any] = self.activity["attachments"][0]["content"]
        return found

    @property
    def text(self) -> str:
        """All its words."""
        return teams_cards.words(self.card) if self.activity.get("attachments") else self.activity.get("text", "")


class Call(NamedTuple):
    """One request, and how it was answered."""

    method: str
    path: str
    status: int
    body: Any


@dataclass
class FakeTeams:
    """One tenant with one bot. Change any attribute while it runs."""

    app_id: str = APP
    secret: str = SECRET
    tenant: str = TENANT
    token_life_s: int = 3_599
    throttles: bool = False
    """Whether Teams' limits hold, or whatever is said is taken."""
    retry_after_s: int | None = 1
    targeted: bool = True
    """Whether targeted messages are known here."""
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self.keys = Keys()
        self.mode: Mode = "ok"
        self.next_modes: deque[Mode] = deque()
        self.login: Literal["ok", "down", "refused", "silent"] = "ok"
        self.keys_down = False
        self.calls: list[Call] = []
        self.key_fetches = 0
        self.token_fetches = 0
        self.conversations: dict[str, Conversation] = {}
        self.messages: list[Message] = []
        self.workflow_posts: list[dict[str, Any]] = []
        self.not_installed_for: set[str] = set()
        self._tokens: dict[str, float] = {}
        self._workflows: dict[str, str] = {}
        self._last_id = int(time.time() * 1000)
        self._runner: web.ServerRunner | None = None

    # --- running -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._serve), shutdown_timeout=0.01, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Run in a thread with a loop of its own."""
        started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

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
        """Where it listens."""
        return f"http://{self.host}:{self.port}"

    @property
    def service(self) -> str:
        """The ``serviceUrl``."""
        return f"{self.url}/teams/"

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return what ``[chats.NAME]`` has to say to reach this Teams."""
        return {
            "app_id": self.app_id, "app_password": self.secret, "tenant_ids": [self.tenant], "service_url": self.service, "login_url": f"{self.url}/login/",
            "openid_url": f"{self.url}/v1/.well-known/openidconfiguration", **more,
        }  # fmt: skip

    # --- what is there -------------------------------------------------------------------------------------------------

    def channel(self, name: str = "dev", **more: Any) -> Conversation:
        """Make a channel."""
        return self._make(Conversation(id=f"19:{name}{len(self.conversations)}@thread.tacv2", name=name, **more))

    def group(self, **more: Any) -> Conversation:
        """Make a group chat."""
        return self._make(Conversation(id=f"19:group{len(self.conversations)}@thread.v2", kind="groupChat", **more))

    def personal(self, person: str) -> Conversation:
        """Return the chat of the bot with somebody, made if there is none."""
        found = next((one for one in self.conversations.values() if one.kind == "personal" and one.people == {person}), None)
        return found or self._make(Conversation(id=f"a:1{secrets.token_hex(8)}", kind="personal", people={person}))

    def workflow(self) -> str:
        """Make a Workflow that posts what it is sent; return its address."""
        sig = secrets.token_urlsafe(16)
        path = f"/powerautomate/automations/direct/workflows/{secrets.token_hex(8)}/triggers/manual/paths/invoke"
        self._workflows[path] = sig
        return f"{self.url}{path}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={sig}"

    def connector(self) -> str:
        """Make an address that takes MessageCards, as the retired connectors did."""
        path = f"/webhookb2/{secrets.token_hex(8)}/IncomingWebhook/x"
        self._workflows[path] = "connector"
        return f"{self.url}{path}"

    def said(self, conversation: str) -> list[Message]:
        """Return what stands in a conversation, oldest first."""
        return [message for message in self.messages if message.conversation == conversation]

    def _make(self, conversation: Conversation) -> Conversation:
        self.conversations[conversation.id] = conversation
        return conversation

    def next_id(self) -> str:
        """Return the id of a new activity: milliseconds."""
        self._last_id += 1
        return str(self._last_id)

    # --- serving -------------------------------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        path = request.path
        if path.startswith("/login/"):
            return await self._login(request, body)
        if path.startswith("/v1/.well-known/"):
            return self._well_known(path)
        mode: Mode = self.next_modes.popleft() if self.next_modes else self.mode
        match mode:
            case "down":
                return self._record(request, _error(503, "ServiceUnavailable", "try again"), None)
            case "gateway":
                return self._record(request, web.Response(status=504, body=_HTML, content_type="text/html"), None)
            case "precondition":
                return self._record(request, _error(412, "PreconditionFailed", "Precondition failed, please try again."), None)
            case "limited":
                return self._record(request, self._throttled(), None)
            case "garbage":
                return self._record(request, web.Response(body=_HTML, content_type="text/html"), None)
            case "silent":
                await asyncio.Event().wait()
            case "half":
                response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4000"})
                await response.prepare(request)
                await response.write(b'{"id": "17')
                assert request.transport is not None
                request.transport.close()
                return response
            case "lost":
                self._answer(request, body)
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "ok":
                pass
        return self._answer(request, body)

    def _answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        try:
            said = json.loads(body) if body else None
        except ValueError:
            said = None
        if request.path in self._workflows:
            answer = self._take_webhook(request, said, body)
        elif request.path.startswith("/teams/v3/"):
            answer = self._connector_call(request, said, body)
        else:
            answer = web.Response(status=404)
        return self._record(request, answer, said)

    def _record(self, request: web.BaseRequest, answer: web.Response, said: Any) -> web.Response:
        self.calls.append(Call(request.method, request.path_qs, answer.status, said))
        return answer

    async def _login(self, request: web.BaseRequest, body: bytes) -> web.Response:
        self.token_fetches += 1
        if self.login == "silent":
            await asyncio.Event().wait()
        if self.login == "down":
            return web.Response(status=503, body=_HTML, content_type="text/html")
        tenant = request.path.split("/")[2]
        form = dict(urllib.parse.parse_qsl(body.decode()))
        if request.method != "POST" or not request.path.endswith("/oauth2/v2.0/token") or "x-www-form-urlencoded" not in request.headers.get("Content-Type", ""):
            return web.Response(status=404)
        if tenant not in (self.tenant, "botframework.com"):
            return _json({"error": "invalid_request", "error_description": f"AADSTS90002: Tenant '{tenant}' not found."}, 400)
        if form.get("grant_type") != "client_credentials" or form.get("scope") != f"{ISSUER}/.default":
            return _json({"error": "invalid_scope", "error_description": "AADSTS1002012: The provided value for scope is not valid."}, 400)
        if form.get("client_id") != self.app_id:
            return _json({"error": "unauthorized_client", "error_description": "AADSTS700016: Application was not found in the directory."}, 400)
        if form.get("client_secret") != self.secret or self.login == "refused":
            return _json({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided. Trace ID: 1-2-3"}, 401)
        token = f"ey.{secrets.token_urlsafe(24)}"
        self._tokens[token] = time.time() + self.token_life_s
        return _json({"token_type": "Bearer", "expires_in": self.token_life_s, "ext_expires_in": self.token_life_s, "access_token": token})

    def revoke(self) -> None:
        """Take no token any more that was given so far."""
        self._tokens.clear()

    def _well_known(self, path: str) -> web.Response:
        if self.keys_down:
            return web.Response(status=503)
        if path.endswith("openidconfiguration"):
            return _json({"issuer": ISSUER, "jwks_uri": f"{self.url}/v1/.well-known/keys", "id_token_signing_alg_values_supported": ["RS256"]})
        self.key_fetches += 1
        return _json(self.keys.document())

    def _take_webhook(self, request: web.BaseRequest, said: Any, body: bytes) -> web.Response:
        sig = self._workflows[request.path]
        if len(body) > 28 * 1024:
            return _error(413, "RequestEntityTooLarge", "Request Entity too large")
        if sig == "connector":
            if not isinstance(said, dict) or said.get("@type") != "MessageCard" or not (said.get("text") or said.get("summary")):
                return web.Response(status=400, text="Summary or Text is required.")
            self.workflow_posts.append(said)
            return web.Response(text="1")
        if request.query.get("sig") != sig:
            return _error(401, "DirectApiAuthorizationRequired", "The request must be authenticated only by Shared Access scheme.")
        if not isinstance(said, dict) or set(said) != {"type", "attachments"} or said["type"] != "message" or len(said["attachments"]) != 1:
            return _error(400, "TriggerInputSchemaMismatch", "The input body for trigger 'manual' does not match its schema definition.")
        [attachment] = said["attachments"]
        if set(attachment) != {"contentType", "contentUrl", "content"} or attachment["contentType"] != teams_cards.CARD:
            return _error(400, "TriggerInputSchemaMismatch", "attachments")
        refusal = teams_cards.card_refusal(attachment["content"], clicks=False)
        if refusal:
            return _error(400, "BadRequest", refusal)
        self.workflow_posts.append(attachment["content"])
        return web.Response(status=202)

    def _connector_call(self, request: web.BaseRequest, said: Any, body: bytes) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0.0) < time.time():
            return _json({"message": "Authorization has been denied for this request."}, 401)
        parts = [urllib.parse.unquote(part) for part in request.raw_path.partition("?")[0].removeprefix("/teams/v3/").split("/")]
        if request.method == "GET" and parts[0] == "teams":
            channels = [one for one in self.conversations.values() if one.kind == "channel"]
            return _json({"conversations": [{"id": one.id, "name": one.name or None} for one in channels]})
        if request.method == "GET" and parts[0] == "conversations" and parts[-1] == "pagedmembers":
            found = self.conversations.get(parts[1])
            if found is None:
                return _error(404, "ConversationNotFound", "Conversation not found.")
            return _json({"members": []}) if found.member else _error(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        if not isinstance(said, dict):
            return _error(400, "BadSyntax", "Invalid JSON")
        if parts == ["conversations"]:
            return self._meet(said)
        conversation, _, thread = parts[1].partition(";messageid=")
        found = self.conversations.get(conversation)
        if found is None or parts[0] != "conversations" or parts[2] != "activities":
            return _error(404, "ConversationNotFound", "Conversation not found.")
        if not found.member:
            return _error(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        if found.blocked:
            return _error(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")
        if len(body.decode().encode("utf-16-le")) > 100 * 1024:
            return _error(413, "MessageSizeTooBig", "Message size too large.")
        if said.get("from", {}).get("id") != f"28:{self.app_id}" or said.get("type") != "message":
            return _error(400, "BadArgument", "from")
        if not said.get("attachments") and not said.get("text"):
            return _error(400, "BadArgument", "Activity resulted into multiple skype activities")
        for attachment in said.get("attachments", []):
            if attachment.get("contentType") != teams_cards.CARD or (refusal := teams_cards.card_refusal(attachment.get("content"), clicks=True)):
                return _error(400, "BadArgument", f"Failed to decrypt card: {refusal}")
        if self.throttles and self._too_fast(found):
            return self._throttled()
        return self._keep(request, found, thread or None, parts, said)

    def _keep(self, request: web.BaseRequest, found: Conversation, thread: str | None, parts: list[str], said: dict[str, Any]) -> web.Response:
        if request.method == "PUT":
            message = next((one for one in self.said(found.id) if one.id == parts[3]), None)
            if message is None:
                return _error(404, "ActivityNotFoundInConversation", "The message could not be found.")
            message.activity, message.edits = said, message.edits + 1
            return _json({"id": message.id})
        only_for = None
        if request.query.get("isTargetedActivity") == "true":
            only_for = said.get("recipient", {}).get("id")
            if not self.targeted or not only_for or found.kind == "personal":
                return _error(400, "BadArgument", "Targeted messages are not supported here.")
            if not re.fullmatch(r"29:.+", only_for):
                return _error(400, "BadArgument", "recipient")
        message = Message(id=self.next_id(), conversation=found.id, activity=said, thread=thread, only_for=only_for)
        self.messages.append(message)
        return _json({"id": message.id}, 201)

    def _meet(self, said: dict[str, Any]) -> web.Response:
        if said.get("tenantId") != self.tenant or len(said.get("members", [])) != 1:
            return _error(400, "BadArgument", "members")
        id = said["members"][0]["id"]
        person = next((one for one in (ANN, BOB, EVE) if id in (one, mri(one))), None)
        if person is None or person in self.not_installed_for:
            return _error(403, "ForbiddenOperationException", "The bot is not installed in user's personal scope")
        return _json({"id": self.personal(person).id}, 201)

    def _too_fast(self, conversation: Conversation) -> bool:
        now = time.time()
        said = conversation.said_at
        if any(len(said) >= most and now - said[-most] < within for most, within in _LIMITS):
            return True
        said.append(now)
        return False

    def _throttled(self) -> web.Response:
        headers = {"Retry-After": str(self.retry_after_s)} if self.retry_after_s is not None else {}
        return _json({"error": {"code": "Throttled", "message": "Too many requests"}}, 429, headers)


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json", headers=headers)


def _error(status: int, code: str, message: str) -> web.Response:
    return _json({"error": {"code": code, "message": message}}, status)
