"""The bot's token: fetched with its client secret, kept until shortly before its end, renewed while it still serves.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from leverframe.chats.teams import answers
from leverframe.chats.teams.settings import Settings
from leverframe.core.delivery import Retryable
from leverframe.core.discreet import Discreet
from leverframe.decoding import decoder
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock

RENEW_BEFORE = timedelta(minutes=10)
"""So long before its end a token is renewed, while the old one still serves."""
LEAST = timedelta(minutes=1)
"""What is good for less is not used any more."""


class _Given(Discreet, frozen=True):
    unshown = frozenset({"access_token"})
    access_token: str = ""
    expires_in: int = 0


class _Failed(msgspec.Struct):
    error: str = ""
    error_description: str = ""


class Tokens:
    """The token of one bot, shared by everything that speaks for it."""

    def __init__(self, settings: Settings, outbound: Outbound, clock: Clock) -> None:
        tenant = "botframework.com" if settings.multi_tenant or not settings.tenant_ids else settings.tenant_ids[0]
        self._url = f"{settings.login_url.rstrip('/')}/{tenant}/oauth2/v2.0/token"
        self._form = urlencode({
            "grant_type": "client_credentials", "client_id": settings.app_id or "",
            "client_secret": settings.app_password.reveal() if settings.app_password is not None else "",
            "scope": f"{settings.issuer.rstrip('/')}/.default",
        }).encode()  # fmt: skip
        self._outbound, self._clock = outbound, clock
        self._token, self._until = "", datetime.min
        self._fetching: asyncio.Task[Retryable | None] | None = None

    def __repr__(self) -> str:
        return f"Tokens({self._url!r})"

    async def get(self) -> str | Retryable:
        """Return the token, or why there is none. Whoever comes while it is fetched waits for the same answer; a token that still serves is waited for by nobody."""
        now = self._clock.now()
        if self._token and now < self._until - LEAST:
            if now >= self._until - RENEW_BEFORE:
                self._fetch()
            return self._token
        failed = await asyncio.shield(self._fetch())
        return failed if failed is not None else self._token

    def refused(self, token: str) -> None:
        """Forget ``token``: Teams did not take it, whatever its end."""
        if token == self._token:
            self._token = ""

    async def close(self) -> None:
        """End what is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _fetch(self) -> asyncio.Task[Retryable | None]:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.get_running_loop().create_task(self._fetched(), name="teams token")
        return self._fetching

    async def _fetched(self) -> Retryable | None:
        try:
            answer = await self._outbound.send("POST", self._url, {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}, self._form)
        except NotSent as error:
            return Retryable(code="teams_unreachable", detail=f"the token: {error.reason}")
        if answer.status == 429:
            return answers.limited(answer)
        if answer.status >= 500:
            return answers.trouble(answer)
        try:
            if answer.status == 200:
                given = decoder(_Given)(answer.body)
                if given.access_token and given.expires_in > 0 and given.access_token.isascii():
                    self._token, self._until = given.access_token, self._clock.now() + timedelta(seconds=given.expires_in)
                    return None
            failed = decoder(_Failed)(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return answers.trouble(answer)
        if not failed.error:
            return answers.trouble(answer)
        detail = f"{failed.error}: {failed.error_description.partition('Trace ID')[0].strip()}"[:300]
        return Retryable(code="teams_invalid_auth", detail=detail, status=answer.status, after_s=answers.WHOLE_CHAT_AFTER_S)
