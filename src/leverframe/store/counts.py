"""How much there is: for metrics and pages. Every query is answered from a partial index."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.tables import deliveries, recoveries, routing


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What waits."""

    unrouted: int
    owed: int
    dead: int
    missing: int
    """Deliveries of GitHub's that have not come in."""


def unrouted(connection: Connection) -> int:
    """Return how many events wait for routing."""
    return connection.execute(sa.select(sa.func.count()).select_from(routing)).scalar_one()


def waiting(connection: Connection) -> Counts:
    """Return how many events wait for routing, how many deliveries are owed, and how many are dead."""
    of_state = sa.select(sa.func.count()).select_from(deliveries)
    return Counts(
        unrouted=unrouted(connection),
        owed=connection.execute(of_state.where(deliveries.c.state == sa.literal_column("0"))).scalar_one(),
        dead=connection.execute(of_state.where(deliveries.c.state == sa.literal_column("2"))).scalar_one(),
        missing=connection.execute(sa.select(sa.func.count()).select_from(recoveries).where(recoveries.c.state == sa.literal_column("0"))).scalar_one(),
    )
