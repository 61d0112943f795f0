"""The Bot Connector: everything that the hub says to Teams as a bot, at Teams' pace and with the bot's token.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from leverframe.chats.teams import answers
from leverframe.chats.teams.addresses import Addresses
from leverframe.chats.teams.pace import Pace
from leverframe.chats.teams.render import encode
from leverframe.chats.teams.settings import Settings
from leverframe.chats.teams.tokens import Tokens
from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.decoding import decoder
from leverframe.net import Answer, NotSent, Outbound
from leverframe.ports import Clock

PATIENCE_S = 1.5
"""Seconds that a message waits here for its turn; one that had to wait longer is told so, and nothing else waits behind it."""


class _Channel(msgspec.Struct):
    id: str
    name: str | None = None
    """Left out for the channel that every team has."""


class _Channels(msgspec.Struct):
    conversations: list[_Channel] = []


class Connector:
    """Speaks as one bot. Never raises for what Teams does."""

    def __init__(self, settings: Settings, outbound: Outbound, clock: Clock, tokens: Tokens, guarded: Outbound | None = None) -> None:
        """``outbound`` is shared and stays its owner's to close; so is ``guarded``, the way to addresses that the configuration does not name."""
        self._outbound, self._guarded, self._clock, self._tokens = outbound, guarded or outbound, clock, tokens
        self._addresses = Addresses(settings)
        self._pace = Pace()
        self.bot = f"28:{settings.app_id}"

    async def post(self, service: str, tenant: str, conversation: str, activity: Mapping[str, Any], *, patience_s: float = PATIENCE_S) -> Outcome:
        """Say ``activity`` in a conversation (``…;messageid=…``: in its thread)."""
        said = {**activity, "from": {"id": self.bot}, "conversation": {"id": conversation}}
        return await self._call("POST", service, tenant, conversation, f"{_path(conversation)}/activities", said, patience_s)

    async def whisper(self, service: str, tenant: str, conversation: str, person: str, activity: Mapping[str, Any]) -> Outcome:
        """Say ``activity`` in a conversation where only ``person`` (their id in Teams, ``29:…``) sees it.

        https://learn.microsoft.com/en-us/microsoftteams/platform/agents-in-teams/targeted-messages
        """
        said = {**activity, "from": {"id": self.bot}, "conversation": {"id": conversation}, "recipient": {"id": person}}
        return await self._call("POST", service, tenant, conversation, f"{_path(conversation)}/activities?isTargetedActivity=true", said, PATIENCE_S)

    async def update(
        self, service: str, tenant: str, conversation: str, id: str, activity: Mapping[str, Any], *, targeted: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> Outcome:  # fmt: skip
        """Say ``activity`` in place of the message ``id``; ``targeted`` for one that only one person sees."""
        said = {**activity, "id": id, "from": {"id": self.bot}, "conversation": {"id": conversation}}
        path = f"{_path(conversation)}/activities/{quote(id, safe='')}{'?isTargetedActivity=true' if targeted else ''}"
        told = await self._call("PUT", service, tenant, conversation, path, said, patience_s)
        return Delivered(remote_id=id, status=told.status) if isinstance(told, Delivered) else told

    async def meet(self, service: str, tenant: str, person: str) -> tuple[Outcome, str | None]:
        """Open the chat of the bot with one person (their id in Teams or in Entra); returns the conversation's id with the outcome."""
        asked = {"bot": {"id": self.bot}, "isGroup": False, "members": [{"id": person}], "tenantId": tenant, "channelData": {"tenant": {"id": tenant}}}
        told = await self._call("POST", service, tenant, f"with {person}", "/v3/conversations", asked, PATIENCE_S)
        return told, told.remote_id if isinstance(told, Delivered) else None

    async def is_in(self, service: str, conversation: str) -> Outcome:
        """Return ``Delivered`` when the bot is a member of a conversation: it may ask who else is."""
        answer = await self._ask("GET", service, f"{_path(conversation)}/pagedmembers?pageSize=1", b"")
        return answers.outcome(answer) if isinstance(answer, Answer) else answer

    async def channels(self, service: str, tenant: str, team: str) -> Mapping[str, str] | Outcome:
        """Return id → name of a team's channels; that which every team has is called ``General``."""
        answer = await self._ask("GET", service, f"/v3/teams/{quote(team, safe='')}/conversations", b"")
        if not isinstance(answer, Answer):
            return answer
        told = answers.outcome(answer)
        if not isinstance(told, Delivered):
            return told
        try:
            return {one.id: one.name or "General" for one in decoder(_Channels)(answer.body).conversations}
        except msgspec.DecodeError:
            return answers.trouble(answer)

    async def _call(self, method: str, service: str, tenant: str, conversation: str, path: str, said: Mapping[str, Any], patience_s: float) -> Outcome:
        waited_s = 0.0
        while (wait_s := self._pace.wait_s(conversation.partition(";")[0], tenant, self._clock.now().timestamp())) > 0:
            if waited_s + wait_s > patience_s:
                return Retryable(code="teams_throttled", detail="the hub keeps to Teams' pace", after_s=wait_s)
            await self._clock.sleep(wait_s)
            waited_s += wait_s
        answer = await self._ask(method, service, path, encode(said))
        return answers.outcome(answer) if isinstance(answer, Answer) else answer

    async def _ask(self, method: str, service: str, path: str, body: bytes) -> Answer | Rejected | Retryable:
        if not self._addresses.may_be(service):
            return Rejected(code="teams_service_unknown", detail=service[:80])  # kept when the configuration still named it
        way = self._outbound if self._addresses.named(service) else self._guarded
        for last in (False, True):
            token = await self._tokens.get()
            if isinstance(token, Retryable):
                return token
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
            url = f"{service.rstrip('/')}{path}"
            try:
                answer = await way.get(url, headers) if method == "GET" else await way.send(method, url, headers, body)
            except NotSent as error:
                return answers.unsent(error)
            if answer.status != 401 or last:
                break
            self._tokens.refused(token)  # revoked before its end: a new one may be taken
        return answer


def _path(conversation: str) -> str:
    return f"/v3/conversations/{quote(conversation, safe='')}"
