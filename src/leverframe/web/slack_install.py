"""``GET /slack/install`` and ``GET /slack/oauth_redirect``: an administrator lets a workspace install the app.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.core.details import about, detail
from leverframe.core.errors import Refused
from leverframe.ports import ChatInstall, TokenVault
from leverframe.web.asking import query_of
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door

COOKIE = "leverframe_slack_install"
LIFETIME = timedelta(minutes=10)
PATH = "/slack/oauth_redirect"


class SlackInstallDoors:
    """The way to Slack and back. Whoever installs the app hands its workspace the hub's commands: administrators only."""

    def __init__(self, desk: Desk, chats: Sequence[ChatInstall], vault: TokenVault) -> None:
        """``chats`` are those with ``client_id`` and ``client_secret``, in the order of the configuration."""
        self._desk, self._vault, self._chats = desk, vault, {chat.name: chat for chat in chats}

    def doors(self) -> tuple[Door, ...]:
        """Return the doors; none where nothing can be installed."""
        if not self._chats:
            return ()
        return (
            Door(method="GET", path="/slack/install", permission="admin", limit=SIGNED_IN, handler=self.begin),
            Door(method="GET", path=PATH, permission="admin", limit=SIGNED_IN, handler=self.finish),
        )

    async def begin(self, request: Request) -> Response:
        """Send the browser to Slack's page, with a state that only this browser holds (``?chat=`` picks one of several)."""
        chat = self._chats.get(query_of(request).text("chat") or next(iter(self._chats)))
        if chat is None:
            raise Refused("request_invalid", about("chat", "chat_not_installable"))
        state = f"{secrets.token_urlsafe(32)}.{chat.name}"
        await self._vault.begin(_digest(state), self._desk.clock.now() + LIFETIME)
        response = RedirectResponse(chat.authorize(state), 303)
        # Lax: the browser sends it when Slack's page leads back here, and with nothing that a foreign page asks for by itself.
        response.set_cookie(
            COOKIE, state, max_age=int(LIFETIME.total_seconds()), path=PATH, httponly=True, samesite="lax", secure=self._desk.url.startswith("https:")
        )
        return response

    async def finish(self, request: Request) -> Response:
        """Take Slack's code, once, from the browser that began."""
        query = query_of(request)
        state, held = query.text("state") or "", request.cookies.get(COOKIE, "")
        mine = bool(state) and hmac.compare_digest(state.encode("utf-8", "replace"), held.encode("utf-8", "replace"))
        chat = self._chats.get(state.partition(".")[2])
        if not mine or chat is None or not await self._vault.finish(_digest(state), self._desk.clock.now()):
            raise Refused("slack_install_state_invalid")
        code = query.text("code")
        if not code:
            raise Refused("slack_install_failed", (query.text("error") or "")[:100] or detail("no_code_of_slack"))
        installed = await chat.exchange(code)
        await self._desk.record(
            request.scope["state"]["identity"].actor, "install", f"{installed.chat}:{installed.team}", detail={"scopes": ",".join(installed.scopes)}
        )
        response = RedirectResponse("/console", 303)
        response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax", secure=self._desk.url.startswith("https:"))
        return response


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
