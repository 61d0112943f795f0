"""Which rooms a bot has: their names, their ids, and where they are posted to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from leverframe.chats.teams.settings import Settings
from leverframe.core.errors import Refused
from leverframe.ports import Clock, Reference, References

ID = re.compile(r"(?:19|a|29|8):[^\s;/\\?#]{1,250}")
PERSON = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""Somebody's id in Entra: as a room, the chat of the bot with them."""
NAME = re.compile(r"#[^\s#;\x00-\x1f][^#;\x00-\x1f]{0,120}")
LOOK_EVERY = timedelta(seconds=10)
"""How often what other processes learned is looked for, when a room is not known."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Where a room is."""

    conversation: str
    service: str
    tenant: str


class Rooms:
    """The rooms of one chat. Remembers what Teams tells of them, in memory and in the store."""

    def __init__(self, name: str, settings: Settings, clock: Clock, references: References | None = None) -> None:
        """``name`` is the chat's key in the configuration; without ``references`` nothing is kept."""
        self.name = name
        self._settings, self._clock, self._store = settings, clock, references
        self._named = {room.casefold(): id for room, id in settings.rooms.items()}
        self._names = {id: room for room, id in settings.rooms.items()}
        self._known: dict[str, Reference] = {}
        self._looked_at: datetime | None = None

    @property
    def tenant(self) -> str:
        """The tenant that is meant where none is said."""
        return self._settings.tenant_ids[0] if self._settings.tenant_ids else ""

    @property
    def service(self) -> str:
        """The address that is meant where no conversation tells one: that of the conversation known last."""
        return next((one.service for one in reversed(self._known.values())), self._settings.service_url)

    def known(self, conversation: str) -> Reference | None:
        """Return what is remembered of a conversation."""
        return self._known.get(conversation)

    def name_of(self, conversation: str) -> str | None:
        """Return the name that the configuration gives a conversation."""
        return self._names.get(conversation)

    async def learn(self, reference: Reference) -> None:
        """Remember a conversation; returns once it is kept. Raises ``Refused("storage_unavailable")``."""
        before = self._known.get(reference.conversation)
        if before is not None:
            # What this activity does not say is known from a former one.
            reference = Reference(
                chat=self.name, conversation=reference.conversation, service=reference.service, tenant=reference.tenant, kind=reference.kind,
                room=reference.room or before.room, team=reference.team or before.team, person=reference.person or before.person,
            )  # fmt: skip
        if reference == before:
            return
        if self._store is not None:
            await self._store.keep(reference, self._clock.now())
        self._known[reference.conversation] = reference

    async def learned(self, reference: Reference) -> None:
        """Remember a conversation; where it cannot be kept now, only in memory."""
        try:
            await self.learn(reference)
        except Refused:
            self._known[reference.conversation] = reference

    async def forget(self, conversation: str) -> None:
        """Forget a conversation that the bot was taken out of. Raises ``Refused("storage_unavailable")``."""
        if self._store is not None:
            await self._store.forget(self.name, conversation)
        self._known.pop(conversation, None)

    async def look(self) -> None:
        """Read what is kept. Raises ``Refused("storage_unavailable")``."""
        if self._store is not None:
            self._known = {one.conversation: one for one in await self._store.references(self.name)}
        self._looked_at = self._clock.now()

    async def find(self, room: str) -> Found | str:
        """Return where a room is, or the code of why it is nowhere."""
        found = self._find(room)
        if isinstance(found, str) or (self._store is not None and self._known.get(found.conversation) is None):
            await self._look_again()
            found = self._find(room)
        return found

    async def with_person(self, person: str) -> Reference | None:
        """Return the chat of the bot with one person, where there is one."""
        found = self._with(person)
        if found is None:
            await self._look_again()
            found = self._with(person)
        return found

    def _with(self, person: str) -> Reference | None:
        return next((one for one in self._known.values() if one.kind == "personal" and one.person.casefold() == person.casefold()), None)

    def _find(self, room: str) -> Found | str:
        id = self._named.get(room.casefold(), room)
        if ID.fullmatch(id):
            known = self._known.get(id)
            service = known.service if known is not None else self._settings.service_url
            return Found(conversation=id, service=service, tenant=known.tenant if known is not None and known.tenant else self.tenant)
        matching = [one for one in self._known.values() if one.kind == "channel" and room.casefold() in _names(one)]
        if len(matching) > 1:
            return "teams_room_ambiguous"
        return Found(conversation=matching[0].conversation, service=matching[0].service, tenant=matching[0].tenant) if matching else "teams_room_unknown"

    async def _look_again(self) -> None:
        now = self._clock.now()
        if self._store is None or (self._looked_at is not None and timedelta() <= now - self._looked_at < LOOK_EVERY):
            return
        try:
            await self.look()
        except Refused:
            self._looked_at = now  # what is known already has to do


def _names(one: Reference) -> Iterable[str]:
    """How a channel may be called: ``#deploys``, and with its team ``#Platform/deploys``."""
    if one.room:
        yield f"#{one.room}".casefold()
        if one.team:
            yield f"#{one.team}/{one.room}".casefold()
