"""Saying something in the playground: into the table, then to every open page."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leverframe.chats.playground.feed import Feed
from leverframe.chats.playground.render import NAME_CAP, dump, read_id, to_json
from leverframe.chats.playground.settings import Settings
from leverframe.core import ids
from leverframe.core.conversation import Place
from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.core.details import Detail, detail
from leverframe.core.errors import Refused
from leverframe.core.messages import Message
from leverframe.ports import Clock, PlaygroundStore, Posting

AUTHOR = "Leverframe"
_ROOM = re.compile(r"#[\w-]{1,80}")


def check_room(room: str) -> Detail | None:
    """Return what to do when ``room`` cannot be a channel of the playground, else ``None``."""
    if _ROOM.fullmatch(room):
        return None
    return detail("channel_of_playground")


class PlaygroundChat:
    """``ports.Chat`` without a vendor. ``remote_id`` is the message's id, ``msg_…``."""

    kind = "playground"
    card_gone = frozenset({"playground_message_not_found"})

    def __init__(self, name: str, settings: Settings, store: PlaygroundStore, feed: Feed, clock: Clock) -> None:
        """``name`` is the chat's key in the configuration."""
        self.name = name
        self.posts_per_second = settings.posts_per_second
        self._store, self._feed, self._clock = store, feed, clock

    def has_threads(self, room: str) -> bool:
        """Return ``True``: every message can be edited and replied to."""
        return True

    def check_room(self, room: str) -> Detail | None:
        """Return what to do when ``room`` is no ``#name``, else ``None``."""
        return check_room(room)

    async def post(self, posting: Posting) -> Outcome:
        """Say it, as a new message or as a reply to ``posting.thread``; a room without ``#`` is a person, who alone sees it."""
        if 0 < len(posting.room) <= NAME_CAP and not posting.room.startswith("#"):
            return self._direct(posting)
        return await post(posting, self._store, self._feed, self._clock)

    def _direct(self, posting: Posting) -> Outcome:
        """Show it on the person's open pages, in the room that they look at; it waits for who has none."""
        shown = whispered(posting.message, posting.mentions, None, self._clock.now())
        pages = self._feed.tell(posting.room, {"whisper": shown, "form": None, "errors": {}, "working": False})
        return Delivered(detail=f"shown on {pages} pages") if pages else Retryable(code="playground_person_away", detail=posting.room)

    async def update(self, posting: Posting, remote_id: str) -> Outcome:
        """Replace what the message ``remote_id`` says; it keeps its place, author and time."""
        try:
            edited = await self._store.edit(read_id(remote_id), message=dump(posting.message, posting.mentions), at=self._clock.now())
        except Refused as refused:
            return _outcome(refused)
        self._feed.publish(edited)
        return Delivered(remote_id=remote_id)

    async def close(self) -> None:
        """End the open pages' streams."""
        self._feed.close()


def whispered(message: Message, mentions: Mapping[str, str], at: Place | None, now: datetime) -> dict[str, Any]:
    """Return ``message`` as what one person alone is shown; without ``at`` in the room that they look at."""
    place = {"room": at.room, "thread": at.thread} if at is not None else {"room": None, "thread": None}
    return {"id": f"whisper_{secrets.token_hex(8)}", **place, "at": now.isoformat(), "message": to_json(message, mentions)}


async def post(posting: Posting, store: PlaygroundStore, feed: Feed, clock: Clock) -> Outcome:
    """Keep what ``posting`` says and show it to everybody."""
    wrong = check_room(posting.room)
    if wrong is not None:
        return Rejected(code="playground_room_invalid", detail=wrong.en)
    try:
        posted = await store.append(
            room=posting.room,
            thread=None if posting.thread is None else read_id(posting.thread),
            author=posting.username or AUTHOR,
            icon=posting.icon,
            message=dump(posting.message, posting.mentions),
            at=clock.now(),
        )
    except Refused as refused:
        return _outcome(refused)
    feed.publish(posted)
    return Delivered(remote_id=ids.show("msg", posted.id))


def _outcome(refused: Refused) -> Outcome:
    if refused.status >= 500:
        return Retryable(code=refused.code, detail=refused.detail, after_s=refused.retry_after_s)
    return Rejected(code=refused.code, detail=refused.detail)
