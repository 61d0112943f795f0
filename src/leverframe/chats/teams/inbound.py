"""What comes in from Teams: proven, read, and answered.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from leverframe.chats.teams import forms, reading
from leverframe.chats.teams.addresses import Addresses
from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.proof import verify_token, vouches_for
from leverframe.chats.teams.reading import Letter, Look, Reading, Told
from leverframe.chats.teams.respond import TeamsExchange, Voice
from leverframe.chats.teams.rooms import Rooms
from leverframe.chats.teams.settings import Settings
from leverframe.core.conversation import Asker, Choice, Place
from leverframe.core.delivery import Outcome
from leverframe.core.details import about, detail
from leverframe.core.errors import Locale, Refused
from leverframe.core.json_objects import read_object
from leverframe.core.messages import Message
from leverframe.core.payload import text
from leverframe.issuer_keys import IssuerKeys
from leverframe.ports import ChatHeard, Looked, Nothing, Reference

log = logging.getLogger(__name__)
ASKING_S = 5.0
"""Seconds that asking for a team's channels may hold up what told of the team."""


class TeamsInbound:
    """One bot. Satisfies ``web.teams.Bot``."""

    kind = "teams"

    def __init__(
        self, name: str, settings: Settings, connector: Connector, rooms: Rooms, keys: IssuerKeys, locale: Locale, overhears: Callable[[str], bool] | None = None
    ) -> None:
        """``name`` is the chat's key in the configuration; ``connector`` and ``rooms`` are shared with what posts.

        ``overhears`` tells whether there is an answer to words that nobody said to the hub.
        """
        self.name, self._overhears, self._keys = name, overhears, keys
        self._app, self._issuer = settings.app_id or "", settings.issuer
        self._tenants = frozenset(tenant.lower() for tenant in settings.tenant_ids)
        self._addresses, self._rooms, self._connector = Addresses(settings), rooms, connector
        secret = settings.app_password.reveal() if settings.app_password is not None else ""
        self._seal = forms.Seal(secret.encode())
        self._voice = Voice(name, connector, rooms, locale, self._seal)

    def __repr__(self) -> str:
        return f"TeamsInbound({self.name!r})"

    async def hear(self, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, now: datetime) -> ChatHeard:
        """Return what a request says, once the conversation that it came from is kept.

        Raises ``Refused``: those of :func:`leverframe.chats.teams.proof.verify_token`, ``request_invalid`` (400),
        ``teams_tenant_unknown`` and ``teams_service_unknown`` (403), ``storage_unavailable`` (503).
        """
        claims, key = await verify_token(self._keys, headers, app_id=self._app, issuer=self._issuer, now=now)
        activity = activity_of(body)
        vouches_for(claims, key, activity)
        tenant = reading.tenant_of(activity)
        if tenant not in self._tenants:
            raise Refused("teams_tenant_unknown", tenant[:40] or detail("no_tenant_named"))
        service = text(activity, "serviceUrl")
        if not self._addresses.may_be(service):
            raise Refused("teams_service_unknown", service[:80])
        letter = Letter(chat=self.name, now=now, several=len(self._tenants) > 1, seal=self._seal, overhears=self._overhears)
        read = reading.read(letter, activity)
        reference = reading.reference_of(self.name, activity, tenant)
        match read:
            case Told():
                await self._told(read, reference)
                return Nothing(reason="told of a conversation")
            case Reading():
                if reference is not None:
                    await self._rooms.learn(reference)
                return TeamsExchange(self._named(read), self._voice)
            case Look():
                return Looked(
                    by=read.by, at=read.at, message=read.message, delivery=read.delivery, body=lambda message: self._voice.shown(message, read.by, read.delivery),
                )  # fmt: skip
            case Nothing():
                return read

    def options(self, choices: Sequence[Choice]) -> bytes:
        """Return nothing: a card holds its choices itself."""
        return b"{}"

    async def whisper(self, by: Asker, at: Place, message: Message, *, answer_to: str | None = None) -> Outcome:
        """Say it where only ``by`` sees it: as a targeted message in the conversation, else directly."""
        return await self._voice.whisper(by, at, message, person=answer_to)

    async def direct(self, by: Asker, message: Message) -> Outcome:
        """Say it to ``by`` in the chat of the two."""
        return await self._voice.direct(by, message)

    def _named(self, read: Reading) -> Reading:
        """Return it with the name that the configuration has for the room: what is told there by that name is not told a second time."""
        name = self._rooms.name_of(read.heard.at.room)
        return read if name is None else replace(read, heard=replace(read.heard, at=replace(read.heard.at, room_name=name.removeprefix("#"))))

    async def _told(self, told: Told, reference: Reference | None) -> None:
        for conversation in told.gone:
            await self._rooms.forget(conversation)
        if told.gone or reference is None:
            return
        await self._rooms.learn(reference)
        if told.team:
            await self._learn_team(told, reference)

    async def _learn_team(self, told: Told, reference: Reference) -> None:
        """Learn the channels of a team by name, so that routes may name them; what cannot be learned now is when somebody speaks there."""
        try:
            async with asyncio.timeout(ASKING_S):
                channels = await self._connector.channels(reference.service, reference.tenant, told.team)
        except TimeoutError:
            return
        if not isinstance(channels, Mapping):
            log.warning("%s: the channels of a team are not known: %s", self.name, getattr(channels, "code", ""))
            return
        for id, name in channels.items():
            await self._rooms.learn(Reference(
                chat=self.name, conversation=id, service=reference.service, tenant=reference.tenant, kind="channel", room=name[:200], team=told.team_name,
            ))  # fmt: skip


def activity_of(body: bytes) -> Mapping[str, Any]:
    """Return the activity in a request's body. Raises ``Refused("request_invalid")``."""
    try:
        return read_object(body)
    except ValueError:
        raise Refused("request_invalid", about("body", "not_an_object")) from None
