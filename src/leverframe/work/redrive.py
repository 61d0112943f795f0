"""Send again: one delivery, or all that match, spread over time where asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from leverframe.ports import Clock
from leverframe.store import deliveries, delivery_pages
from leverframe.store.database import Database
from leverframe.work.bell import Bell

BITE = 500
"""Deliveries revived in one transaction."""


class Redriver:
    """Makes deliveries due again, each with its full retry schedule."""

    def __init__(self, database: Database, clock: Clock, *bells: Bell) -> None:
        """``bells`` are rung when something is owed again."""
        self._database, self._clock, self._bells = database, clock, bells

    async def retry(self, ids: Sequence[int]) -> int:
        """Return how many of these deliveries are owed again."""
        revived = await self._database.write(deliveries.revive, ids=ids, now=self._clock.now())
        self._ring()
        return revived

    async def retry_matching(
        self, *, state: str, destination: str | None, since: datetime | None, until: datetime | None, route: str | None, rate_per_s: float | None
    ) -> int:
        """Return how many deliveries that match are owed again, ``rate_per_s`` of them a second where given.

        Those whose event's body is past its retention stay as they are. Raises ``Refused("request_invalid")`` for an unknown state.
        """
        which = delivery_pages.Filter(state=delivery_pages.state_of(state), destination=destination, since=since, until=until, route=route, sayable=True)
        every_s = 1 / rate_per_s if rate_per_s else 0.0
        newest = await self._database.read(delivery_pages.page, which, limit=1)
        last = newest[0].id if newest else 0  # what is made meanwhile is not part of the question
        began, total, after = self._clock.now(), 0, 0
        # The oldest first, as they were owed: a thread is told in its order, and a rate begins with what waits longest.
        while after < last and (found := await self._database.read(delivery_pages.bite, which, after=after, limit=BITE)):
            after = found[-1]
            ids = [id for id in found if id <= last]
            total += await self._database.write(deliveries.revive, ids=ids, now=began + timedelta(seconds=total * every_s), every_s=every_s)
            self._ring()
        return total

    def _ring(self) -> None:
        for bell in self._bells:
            bell.ring()
