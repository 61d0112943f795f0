"""Cards that are posted to ``POST /teams/incoming/{token}``, as the retired connectors and Workflows took them.

Taken are a MessageCard, an Adaptive Card alone or in the envelope of Workflows, and ``{"text": …}`` alone.
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from leverframe.core.cards import CARD_EVENT, CHANGED, POSTED, TEAMS, Card, Words
from leverframe.core.errors import Refused
from leverframe.core.events import Event, Subject
from leverframe.core.ids import show
from leverframe.core.json_objects import read_object
from leverframe.core.payload import mapping, text
from leverframe.ports import Accepted
from leverframe.sources.teams import adaptive_card, message_card
from leverframe.sources.teams.fields import Fields, Numbers, invalid

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
CONNECTOR = "application/vnd.microsoft.teams.card.o365connector"
_KEY = re.compile(rb"[\x21-\x7e]{1,100}")
ATTACHMENTS = 10
_NO_CARD = Card(title="?")


class TeamsSource:
    """Reads cards. Who posts them is proven by the token in the address (``web.incoming``). Satisfies ``ports.Source``."""

    name = kind = TEAMS

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return the card, looked at as a whole. Raises ``Refused``: ``json_invalid``, ``card_invalid``.

        A script sends no id of its own; one that tries again may send ``Idempotency-Key``, and is then heard once.
        """
        try:
            read(read_object(body))
        except ValueError:
            raise Refused("json_invalid") from None
        given = headers.get(b"idempotency-key", b"").strip()
        if given and not _KEY.fullmatch(given):
            raise Refused("header_invalid", "Idempotency-Key")
        return Accepted(name=CARD_EVENT, action=POSTED, delivery_id=given.decode() or secrets.token_hex(16), body=body)

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises. ``payload.card`` is the card as ``core.cards`` has it, ``payload.presses`` what came of its buttons."""
        key = show("evt", id)
        payload: Mapping[str, Any]
        try:
            body = read_object(accepted.body)
            if accepted.action == CHANGED:
                key, payload = text(body, "of") or key, body
            else:
                payload = {"of": key, "card": msgspec.to_builtins(read(body)), "presses": []}
        except (ValueError, Refused):
            payload = {"of": key, "card": msgspec.to_builtins(_NO_CARD), "presses": []}
        return Event(
            id=id, source=TEAMS, kind=TEAMS, name=CARD_EVENT, action=accepted.action, delivery_id=accepted.delivery_id, received_at=received_at,
            repo=accepted.repo, actor=None, subject=Subject(kind=CARD_EVENT, key=key, title=text(mapping(payload, "card"), "title")[:200]), branches=None, labels=None, paths=None,
            conclusion=None, environment=None, url=None, payload=payload,
        )  # fmt: skip


def read_card(body: bytes) -> Card:
    """Return the card in JSON: what a target answers with. Raises ``Refused``: ``json_invalid``, ``card_invalid``."""
    try:
        return read(read_object(body))
    except ValueError:
        raise Refused("json_invalid") from None


def read(body: Mapping[str, Any]) -> Card:
    """Return the card in a posted object. Raises ``Refused("card_invalid")`` with the path of what is wrong."""
    of = Fields(body)
    if (attachments := of.each("attachments", most=ATTACHMENTS)) and "@type" not in body:
        numbers, said = Numbers(), of.text("text")
        cards = [_attached(one, numbers) for one in attachments]
        parts = (*((Words(text=said),) if said.strip() else ()), *(part for card in cards for part in card.parts))
        return Card(title=cards[0].title, summary=of.text("summary", most=1_000) or cards[0].summary, tone=cards[0].tone, parts=parts)
    if of.text("type") == "AdaptiveCard":
        return adaptive_card.read(of, Numbers())
    kind = of.text("@type")
    if kind and kind != "MessageCard":
        raise invalid("@type", "only", known="MessageCard")
    return message_card.read(of, Numbers())


def _attached(one: Fields, numbers: Numbers) -> Card:
    kind, content = one.text("contentType").lower(), one.one("content")
    if content is None:
        raise invalid(one.where("content"), "missing")
    if kind == ADAPTIVE:
        return adaptive_card.read(content, numbers)
    if kind == CONNECTOR:
        return message_card.read(content, numbers)
    raise invalid(one.where("contentType"), "none_of", met=repr(kind[:80]), known=f"{ADAPTIVE}, {CONNECTOR}")
