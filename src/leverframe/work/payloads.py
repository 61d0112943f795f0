"""What subscribers are sent for an event: made once for each event and format, however many subscribed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo

from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.projects import Project, Pusher
from leverframe.core.subscribers import HEADER, MOST_HUBS, trail
from leverframe.core.subscriptions import project_key
from leverframe.ports.payloads import Format, Ignored, Occasion, Payload
from leverframe.store import events
from leverframe.store.database import Database
from leverframe.store.events import StoredEvent

KEPT_BYTES = 32_000_000
"""Of payloads in memory."""
_SMALL = 1_000
"""What anything that is kept takes, as bytes."""


class Payloads:
    """Renders events, and keeps what was rendered last."""

    def __init__(
        self, database: Database, parse: Callable[[StoredEvent], Event], formats: Mapping[str, Format], *, projects: Mapping[str, Project],
        pushers: Mapping[str, Pusher], hub_url: str, hub_id: str, locale: Locale, zone: tzinfo,
    ) -> None:  # fmt: skip
        """``projects`` are by their names, folded; ``hub_id`` is what other hubs know this one by."""
        self.formats = formats
        self._database, self._parse, self._projects, self._pushers = database, parse, projects, pushers
        self._hub_url, self._hub_id, self._locale, self._zone = hub_url, hub_id, locale, zone
        self._kept: OrderedDict[tuple[int, str], Payload | Ignored | None] = OrderedDict()
        self._held = 0
        self._loading: dict[tuple[int, str], asyncio.Future[None]] = {}

    def kept(self, id: int, format: str) -> Payload | Ignored | None:
        """Return what the format of that name made of one event, if that is in memory: mostly it is, as a thousand subscribers hear of the same."""
        return self._kept.get((id, format))

    async def get(self, ids: Iterable[int], format: Format) -> dict[int, Payload | Ignored | None]:
        """Return what ``format`` makes of events, by id; ``None`` for one whose body is gone."""
        wanted = set(ids)
        found = {id: self._kept[id, format.name] for id in wanted if (id, format.name) in self._kept}
        while missing := [id for id in wanted if id not in found]:
            waits = [waiting for id in missing if (waiting := self._loading.get((id, format.name))) is not None]
            if waits:
                await asyncio.wait(waits)
                found.update({id: self._kept[id, format.name] for id in missing if (id, format.name) in self._kept})
                continue
            found.update(await self._load(missing, format))
        return found

    async def _load(self, ids: list[int], format: Format) -> dict[int, Payload | Ignored | None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for id in ids:
            self._loading[id, format.name] = done
        try:
            stored, headers = await self._database.read(_whole, ids)
            found = {}
            for count, id in enumerate(ids):
                if count % 16 == 15:
                    await asyncio.sleep(0)  # the door must not wait for a whole window
                one = stored.get(id)
                found[id] = self.make(one, headers.get(id, {}), format) if one is not None else None
                self._keep((id, format.name), found[id])
            return found
        finally:
            for id in ids:
                self._loading.pop((id, format.name), None)
            done.set_result(None)

    def make(self, stored: StoredEvent, headers: Mapping[str, str], format: Format) -> Payload | Ignored:
        """Return what ``format`` makes of one event, with the way that it has come."""
        event = self._parse(stored)
        name = event.repo or ""
        rendered = format.render(Occasion(
            event=event, headers=headers, body=stored.accepted.body, project=self._projects.get(project_key(name)) or Project(name=name),
            pushers=self._pushers, hub_url=self._hub_url, locale=self._locale, zone=self._zone,
        ))  # fmt: skip
        if isinstance(rendered, Ignored):
            return rendered
        return replace(rendered, headers={**rendered.headers, HEADER: ",".join([*trail(headers)[-MOST_HUBS:], self._hub_id])})

    def _keep(self, key: tuple[int, str], made: Payload | Ignored | None) -> None:
        if key in self._kept:
            return
        self._kept[key] = made
        self._held += _size(made)
        while self._held > KEPT_BYTES:
            _, gone = self._kept.popitem(last=False)
            self._held -= _size(gone)


def _size(made: Payload | Ignored | None) -> int:
    return _SMALL + (len(made.body) if isinstance(made, Payload) else 0)


def _whole(connection: Connection, ids: list[int]) -> tuple[dict[int, StoredEvent], dict[int, dict[str, str]]]:
    return events.load(connection, ids), events.headers(connection, ids)
