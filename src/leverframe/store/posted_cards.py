"""Cards as they stand, and what became of their buttons: that a request is sent is written down before it is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.cards import Card, Press, PressState
from leverframe.decoding import decoder
from leverframe.store.events import alive
from leverframe.store.tables import card_presses, posted_cards


class PostedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it stands now."""

    id: int
    card: Card
    token: str
    """Name of the hook token that it was posted with."""
    to: tuple[str, ...]
    """The rooms that show it."""
    presses: tuple[Press, ...] = ()
    revision: int = 0
    """How often a target has put another card in its place: a button of an older one is not this one's."""
    version: int = 0


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A press that was written down and has not ended."""

    id: int
    card_id: int
    name: str
    """The button's, as the card showed it."""
    by: str
    by_name: str
    at: datetime


def load(connection: Connection, id: int, *, changing: bool = True) -> PostedCard | None:
    """Return a card that was pressed before; who is ``changing`` it is alone with it until the transaction ends."""
    wanted = sa.select(posted_cards.c.document).where(posted_cards.c.id == id)
    kept = connection.execute(wanted.with_for_update() if changing else wanted).scalar()
    return None if kept is None else decoder(PostedCard)(kept)


def save(connection: Connection, card: PostedCard) -> PostedCard:
    """Keep how a card stands; returns it with its new version. Called by whoever has loaded it, or found that there is none."""
    after = msgspec.structs.replace(card, version=card.version + 1)
    values = {"version": after.version, "document": msgspec.json.encode(after)}
    if card.version == 0:
        connection.execute(posted_cards.insert().values(id=card.id, **values))
    else:
        connection.execute(posted_cards.update().where(posted_cards.c.id == card.id).values(**values))
    return after


def begin(connection: Connection, *, id: int, card_id: int, button: str, name: str, by: str, by_name: str, boot: int, now: datetime) -> None:
    """Write down that a request is about to be sent."""
    connection.execute(card_presses.insert().values(id=id, card_id=card_id, button=button, name=name, state="sending", by=by, by_name=by_name, at=now, boot=boot))


def under_way(connection: Connection, *, card_id: int, button: str) -> bool:
    """Return whether a request of this button is being sent."""
    wanted = sa.and_(card_presses.c.card_id == card_id, card_presses.c.button == button, card_presses.c.state == sa.literal_column("'sending'"))
    return connection.execute(sa.select(card_presses.c.id).where(wanted).limit(1)).first() is not None


def end(connection: Connection, id: int, state: PressState) -> Sending | None:
    """Write down what came of it, and return it; ``None`` when that was written before."""
    changed = card_presses.update().where(card_presses.c.id == id, card_presses.c.state == "sending").values(state=state)
    row = connection.execute(changed.returning(*card_presses.c)).first()
    return None if row is None else _sending(row)


def orphaned(connection: Connection, *, boot: int, now: datetime, limit: int = 100) -> list[Sending]:
    """Return presses whose process is gone, and which nobody will ever hear of."""
    lost = sa.and_(card_presses.c.state == sa.literal_column("'sending'"), card_presses.c.boot != boot, card_presses.c.boot.not_in(alive(now)))
    rows = connection.execute(sa.select(card_presses).where(lost).order_by(card_presses.c.id).limit(limit)).all()
    return [_sending(row) for row in rows]


def _sending(row: Any) -> Sending:
    return Sending(id=row.id, card_id=row.card_id, name=row.name, by=row.by, by_name=row.by_name, at=row.at)
