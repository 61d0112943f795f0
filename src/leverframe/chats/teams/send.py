"""Sending to Teams: as a bot, and by the addresses of Workflows."""

from __future__ import annotations

from leverframe.chats.teams import answers
from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.meeting import with_person
from leverframe.chats.teams.message_card import message_card
from leverframe.chats.teams.presses import CardPresses
from leverframe.chats.teams.render import activity, card, envelope
from leverframe.chats.teams.rooms import ID, NAME, PERSON, Found, Rooms
from leverframe.chats.teams.settings import Settings
from leverframe.core.delivery import Delivered, Outcome, Rejected
from leverframe.core.details import Detail, detail
from leverframe.net import NotSent, Outbound
from leverframe.ports import Posting

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
THREADED = ("@thread.tacv2", "@thread.skype")
"""How the ids of channels end: only there do messages have threads."""


class TeamsChat:
    """Teams, reached by a bot, by Workflows, or by both. Satisfies ``ports.Chat``."""

    kind = "teams"
    card_gone = frozenset({"teams_message_not_found", "teams_cannot_update"})

    def __init__(
        self, name: str, settings: Settings, outbound: Outbound, *, rooms: Rooms | None = None, connector: Connector | None = None,
        presses: CardPresses | None = None,
    ) -> None:  # fmt: skip
        """``name`` is the chat's key in the configuration; ``outbound`` is shared and stays its owner's to close.

        ``rooms`` and ``connector`` are the bot's, shared with what hears; left out, there is no bot. ``presses`` lets buttons of
        MessageCards be pressed.
        """
        self.name = name
        self.posts_per_second = settings.posts_per_second
        self._outbound, self._rooms, self._connector = outbound, rooms, connector
        self._presses = presses
        self._webhooks = {room: url.reveal() for room, url in settings.webhooks.items()}
        self._cards = settings.format == "adaptive"
        self._named = frozenset(settings.rooms)
        self._is_bot = settings.is_bot

    def __repr__(self) -> str:
        return f"TeamsChat({self.name!r})"

    def has_threads(self, room: str) -> bool:
        """Return whether the bot serves the room: a Workflow tells no message's id."""
        return room not in self._webhooks

    def check_room(self, room: str) -> Detail | None:
        """Return a sentence with the remedy when ``room`` is neither a name nor an id of a room, or cannot be reached; else ``None``."""
        if room in self._webhooks or (room in self._named and self._is_bot):
            return None
        if not (NAME.fullmatch(room) or ID.fullmatch(room) or PERSON.fullmatch(room)):
            return detail("room_of_teams", room=room)
        if not self._is_bot:
            return detail("nothing_reaches_room_of_teams", room=room, chat=self.name)
        return None

    async def post(self, posting: Posting) -> Outcome:
        """Say it by the room's Workflow if it has one, else as the bot.

        ``remote_id`` of the outcome is the activity's id, ``remote_room`` the conversation's; a Workflow tells neither.
        """
        webhook = self._webhooks.get(posting.room)
        if webhook is not None:
            return await self._post_to_webhook(webhook, posting)
        found = await self._find(posting)
        if not isinstance(found, Found) or self._connector is None:
            return _nobody(posting) if isinstance(found, Found) else found
        conversation = found.conversation
        if posting.thread and conversation.endswith(THREADED):
            conversation = f"{conversation};messageid={posting.thread}"
        said = activity(posting.message, posting.mentions, _delivery(posting))
        told = await self._connector.post(found.service, found.tenant, conversation, said)
        return _in_room(told, found)

    async def update(self, posting: Posting, remote_id: str) -> Outcome:
        """Replace what the message ``remote_id`` says. ``teams_message_not_found`` and ``teams_cannot_update`` mean that it will never change again."""
        if posting.room in self._webhooks or self._connector is None:
            return Rejected(code="teams_cannot_update", detail="the message of a Workflow cannot be updated")
        found = await self._find(posting)
        if not isinstance(found, Found):
            return found
        told = await self._connector.update(found.service, found.tenant, found.conversation, remote_id, activity(posting.message, posting.mentions, _delivery(posting)))
        return _in_room(told, found)

    async def close(self) -> None:
        """Nothing to let go of: the connections are the hub's shared ones."""

    async def _find(self, posting: Posting) -> Found | Outcome:
        if self._rooms is None or self._connector is None:
            return _nobody(posting)
        if posting.remote_room is None and PERSON.fullmatch(posting.room):
            return await with_person(self._rooms, self._connector, posting.room)
        found = await self._rooms.find(posting.remote_room or posting.room)
        return Rejected(code=found, detail=posting.room) if isinstance(found, str) else found

    async def _post_to_webhook(self, url: str, posting: Posting) -> Outcome:
        if self._cards:
            body = envelope(card(posting.message, posting.mentions, clicks=False))
        else:
            body = self._presses.card(posting.message, _delivery(posting)) if self._presses is not None else message_card(posting.message)
        try:
            return answers.webhook_outcome(await self._outbound.post_json(url, body, _HEADERS))
        except NotSent as error:
            return answers.unsent(error)


def _delivery(posting: Posting) -> str:
    """Return the delivery (``dlv_…``) of a posting, which may be one part of it."""
    return posting.id.partition("-")[0]


def _nobody(posting: Posting) -> Rejected:
    return Rejected(code="teams_room_unknown", detail=f"neither a bot nor a Workflow for {posting.room}")


def _in_room(told: Outcome, found: Found) -> Outcome:
    return Delivered(remote_id=told.remote_id, remote_room=found.conversation, status=told.status) if isinstance(told, Delivered) else told
