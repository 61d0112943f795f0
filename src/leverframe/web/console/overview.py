"""``/console``: events by the hour, and how each destination is doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.store import counts, delivery_pages, event_pages, mutes
from leverframe.store.delivery_pages import DestinationRow
from leverframe.web import pages
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door

HOURS = 24
_SETTLED = timedelta(minutes=5)


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One hour; ``x``, ``y`` and ``height`` in the drawing's units."""

    since: datetime
    count: int
    x: int
    y: float
    height: float


class OverviewPage:
    """Counts of hours that are over are kept: a count of millions is made once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._counted: dict[datetime, int] = {}

    def doors(self) -> tuple[Door, ...]:
        """Return the page's door."""
        return (Door(method="GET", path="/console", permission="session", limit=SIGNED_IN, handler=self.show),)

    async def show(self, request: Request) -> Response:
        """The overview; what a person has no grant for is left out."""
        viewer = pages.viewer_of(request, self._desk.timezone)
        read = self._desk.database.read
        bars = await self._bars() if viewer.may("events.read") else None
        waiting = await read(counts.unrouted) if bars is not None else 0
        if bars is None and not viewer.may("deliveries.read") and viewer.publishes:
            return RedirectResponse("/console/sites", 303)  # an editor has nothing else here
        destinations = await read(delivery_pages.by_destination) if viewer.may("deliveries.read") else None
        return pages.page(viewer, "overview.html", bars=bars, total=sum(bar.count for bar in bars or ()), waiting=waiting,
                          destinations=destinations, muted=self._muted(await read(mutes.listed, now=self._desk.clock.now())), hour=self._hour)

    def _hour(self, instant: datetime) -> str:
        return instant.astimezone(self._desk.timezone).strftime("%H:%M")

    @staticmethod
    def _muted(listed: Sequence[Mapping[str, Any]]) -> Callable[[DestinationRow], datetime | None]:
        rooms: dict[str, datetime] = {mute["target"].removeprefix("room:"): mute["until"] for mute in listed if mute["target"].startswith("room:")}
        return lambda row: rooms.get(row.name)

    async def _bars(self) -> list[Bar]:
        now = self._desk.clock.now()
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        hours = [this_hour - timedelta(hours=back) for back in reversed(range(HOURS))]
        counts = [await self._count(hour, now) for hour in hours]
        self._counted = {hour: count for hour, count in self._counted.items() if hour in hours}
        most = max(counts) or 1
        bars = []
        for number, (hour, count) in enumerate(zip(hours, counts, strict=True)):
            height = round(96 * count / most, 1) if count else 0.0
            height = max(height, 2.0) if count else 0.0
            bars.append(Bar(since=hour, count=count, x=number * 20, y=100 - height, height=height))
        return bars

    async def _count(self, hour: datetime, now: datetime) -> int:
        known = self._counted.get(hour)
        if known is None:
            end = hour + timedelta(hours=1)
            known = await self._desk.database.read(event_pages.count_between, hour, end)
            if now - end > _SETTLED:
                self._counted[hour] = known
        return known
