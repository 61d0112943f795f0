"""Stored events, parsed: those of the last moments from memory, older ones from the database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from leverframe.core.events import Event
from leverframe.store import events
from leverframe.store.database import Database
from leverframe.store.events import StoredEvent

KEPT = 384
"""Parsed events kept in memory; one of a push is some 50 KB."""


class Library:
    """Gives events by id. ``parse`` turns what is stored into an event and never raises."""

    def __init__(self, database: Database, parse: Callable[[StoredEvent], Event]) -> None:
        self._database, self._parse = database, parse
        self._kept: OrderedDict[int, Event] = OrderedDict()

    def keep(self, event: Event) -> None:
        """Keep an event that is going to be asked for soon."""
        self._kept[event.id] = event
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def parse(self, stored: StoredEvent) -> Event:
        """Parse a stored event."""
        return self._parse(stored)

    async def get(self, ids: Iterable[int]) -> dict[int, Event]:
        """Return those of ``ids`` whose bodies are still kept, by id."""
        wanted = set(ids)
        found = {id: self._kept[id] for id in wanted if id in self._kept}
        missing = [id for id in wanted if id not in found]
        if missing:
            for id, stored in (await self._database.read(events.load, ids=missing)).items():
                found[id] = self.parse(stored)
                self.keep(found[id])
        return found
