"""The cards that stand in rooms, found by one of the deliveries that posted or updated them."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.tables import cards, deliveries


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it stands."""

    event_id: int
    """What it says now."""
    route: str
    destination: str
    remote_id: str
    remote_room: str | None


_OF = sa.select(deliveries.c.destination, deliveries.c.order_key).where(deliveries.c.id == sa.bindparam("b_id"))
_SHOWN = (
    sa.select(deliveries.c.event_id, deliveries.c.route, cards.c.remote_id, cards.c.remote_room)
    .join(deliveries, deliveries.c.id == cards.c.delivery_id)
    .where(cards.c.destination == sa.bindparam("b_destination"), cards.c.subject == sa.bindparam("b_subject"), cards.c.anchor_only.is_(False))
)


def of_delivery(connection: Connection, id: int) -> Shown | None:
    """Return the card that a delivery belongs to; ``None`` where it belongs to none, or the card is not kept any more."""
    delivery = connection.execute(_OF, {"b_id": id}).first()
    if delivery is None:
        return None
    row = connection.execute(_SHOWN, {"b_destination": delivery.destination, "b_subject": delivery.order_key}).first()
    if row is None:
        return None
    return Shown(event_id=row.event_id, route=row.route, destination=delivery.destination, remote_id=row.remote_id, remote_room=row.remote_room)
