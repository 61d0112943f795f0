"""Sending again what can be sent again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sitting import NOON, Doors, store_delivery, store_event

from leverframe.core import ids
from leverframe.store.deliveries import State
from leverframe.store.event_pages import first_id_at
from leverframe.store.tables import bodies, deliveries

pytestmark = pytest.mark.anyio
EVENT, DELIVERY = first_id_at(NOON) + 1, first_id_at(NOON) + 2


async def test_a_delivery_whose_event_has_no_body_is_not_sent_again(doors: Doors) -> None:
    """What was sent long ago became a dead letter by "Send again": now that is refused, with the remedy, and nothing changes."""
    await doors.desk.database.write(store_event, id=EVENT)
    await doors.desk.database.write(store_delivery, id=DELIVERY, event_id=EVENT, state=State.SENT)
    await doors.desk.database.write(lambda connection: connection.execute(bodies.delete()).rowcount)
    answer = await doors.ask("POST", f"/api/deliveries/{ids.show('dlv', DELIVERY)}/retry", operator=True)
    assert (answer.status, answer.code) == (410, "body_expired")
    assert "[retention]" in answer.json["remedy"]
    matching = {"state": "sent"}
    assert (await doors.ask("POST", "/api/deliveries/retry", document={**matching, "dry_run": True}, operator=True)).json["count"] == 0
    assert (await doors.ask("POST", "/api/deliveries/retry", document=matching, operator=True)).json["count"] == 0
    rows = await doors.desk.database.read(lambda connection: connection.execute(sa.select(deliveries.c.state)).all())
    assert [row.state for row in rows] == [State.SENT]
