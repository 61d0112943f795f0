"""Say one owed delivery: worded as its route wants it, as a card, as the card's update, as a reply, or alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec
from msgspec.structs import replace

from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.core.events import Event
from leverframe.core.ids import show
from leverframe.core.messages import Message
from leverframe.core.payload import at, text
from leverframe.core.routes import Route
from leverframe.core.threads import as_card, parent_of
from leverframe.core.wording.levers import HUB
from leverframe.ports import Chat, Posting
from leverframe.store.deliveries import Card, Owed, Role


class Words(Protocol):
    """Makes the message of an event, as its route wants it worded."""

    def __call__(self, event: Event, route: Route | None) -> Message:
        """Return the message; raises what a template raises, with a ``code``."""
        ...


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; ``card`` is the one that stands for the subject now, where that changed."""

    outcome: Outcome
    card: Card | None = None


class Sender:
    """Turns owed deliveries into calls of a chat."""

    def __init__(self, routes: Mapping[str, Route], words: Words, mentions: Callable[[Event, str, Message], Mapping[str, str]]) -> None:
        """``mentions`` returns login → id in a chat, for an event, the chat's name, and what is said there."""
        self._routes, self._words, self._mentions = routes, words, mentions

    async def send(self, chat: Chat | None, one: Owed, event: Event | None, card: Card | None, pace: Callable[[], Awaitable[None]]) -> Sent:
        """Say it; ``card`` stands for its subject in the room, ``pace`` returns when the room may have one more message."""
        if chat is None:
            return Sent(outcome=Rejected(code="chat_unknown", detail=f"no [chats.{one.destination.partition(':')[0]}] in the configuration"))
        if event is None:
            return Sent(outcome=Rejected(code="body_expired", detail="the event's body is past its retention"))
        had_none = card is None
        card = card if card is not None and card.remote_id else None
        updates = one.role is Role.CARD and card is not None and not card.anchor_only
        try:
            message = self._words(as_card(event) if updates else event, self._routes.get(one.route))
            parent = parent_of(event) if one.role is Role.REPLY and had_none and chat.has_threads(_room(one)) else None
            parent_message = self._words(parent, self._routes.get(one.route)) if parent is not None else None
        except Exception as error:  # noqa: BLE001 - a template of the operator's; the dead letter says what it was
            return Sent(outcome=Rejected(code=getattr(error, "code", "wording_failed"), detail=str(error)))
        await pace()
        if updates and card is not None:
            outcome = await chat.update(self._posting(chat, one, event, message, card), card.remote_id)
            if not (isinstance(outcome, Rejected) and outcome.code in chat.card_gone):
                return Sent(outcome=outcome, card=replace(card, delivery_id=one.id) if isinstance(outcome, Delivered) else None)
            card = None
        opened: Card | None = None
        if parent_message is not None:
            # The subject's card was never posted (the hub came later): it is posted now, so that the reply has its thread.
            posted = await chat.post(self._posting(chat, one, event, parent_message, None, part="-card"))
            if isinstance(posted, Retryable):
                return Sent(outcome=posted)
            opened = card = _card(posted, one, None, anchor_only=False)
            await pace()
        outcome = await chat.post(self._posting(chat, one, event, message, card))
        if one.order_key and (one.role is Role.CARD or card is None):
            return Sent(outcome=outcome, card=_card(outcome, one, card, anchor_only=one.role is not Role.CARD))
        return Sent(outcome=outcome, card=opened)

    def _posting(self, chat: Chat, one: Owed, event: Event, message: Message, card: Card | None, *, part: str = "") -> Posting:
        route = self._routes.get(one.route)
        return Posting(
            id=show("dlv", one.id) + part,
            room=_room(one),
            message=message,
            thread=card.remote_id if card is not None and one.role is Role.REPLY else None,
            remote_room=card.remote_room if card is not None else None,
            username=route.username if route else None,
            icon=route.icon if route else None,
            mentions={**self._mentions(event, chat.name, message), **(_accounts(event, chat.name) if event.kind == HUB else {})},
        )


def _accounts(event: Event, chat: str) -> Mapping[str, str]:
    """Return account → id of those of ``chat`` that the hub's own event is for: who waited for a lock, and who had it."""
    tell = at(event.payload, "tell")
    named = [*(tell if isinstance(tell, list) else ()), text(event.payload, "former")]
    return {one: one.partition(":")[2].rpartition("/")[2] for one in named if isinstance(one, str) and one.startswith(f"{chat}:")}


def _room(one: Owed) -> str:
    return one.destination.partition(":")[2]


def _card(outcome: Outcome, one: Owed, before: Card | None, *, anchor_only: bool) -> Card | None:
    if not isinstance(outcome, Delivered) or not outcome.remote_id:
        return None
    room = outcome.remote_room or (before.remote_room if before else None)
    return Card(remote_id=outcome.remote_id, remote_room=room, anchor_only=anchor_only, delivery_id=one.id)
