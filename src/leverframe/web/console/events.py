"""``/console/events``: what came in, which routes fired, and why."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response

from leverframe.core import ids
from leverframe.core.errors import Refused
from leverframe.store import delivery_pages, event_pages, recoveries
from leverframe.store.delivery_pages import Filter
from leverframe.web import pages
from leverframe.web.asking import identifier, query_of, with_query
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door

PAGE = 50
SHOWN_BYTES = 256 * 1024
"""More of a payload than this makes a page nobody can scroll."""


class EventPages:
    """The list and one event."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        return (
            Door(method="GET", path="/console/events", permission="events.read", limit=SIGNED_IN, handler=self.list),
            Door(method="GET", path="/console/events/{event}", permission="events.read", limit=SIGNED_IN, handler=self.show),
        )

    async def list(self, request: Request) -> Response:
        """Events, newest first, by source, event and repository."""
        asked = query_of(request)
        source, event, repo = (asked.text(name) for name in ("source", "event", "repo"))
        filters = {"source": source, "event": event, "repo": repo}
        before = asked.id("evt", "before")
        read = self._desk.database.read
        found = await read(event_pages.page, source=source, event=event, repo=repo, before=before, limit=PAGE + 1)
        more, found = len(found) > PAGE, found[:PAGE]
        fired = await read(event_pages.fired, [event.id for event in found])
        recovered = await read(recoveries.of_events, [event.id for event in found])
        missing, lost = await read(recoveries.summed)
        older = with_query("/console/events", **filters, before=ids.show("evt", found[-1].id)) if more else None
        newest = with_query("/console/events", **filters) if before is not None else None
        return pages.page(pages.viewer_of(request, self._desk.timezone), "events.html", events=found, fired=fired, filters=filters, recovered=recovered, missing=missing, lost=lost,
                          older=older, newest=newest)

    async def show(self, request: Request) -> Response:
        """One event: facts, headers, payload, what each route said, and its deliveries."""
        event_id = identifier("evt", request.path_params["event"])
        viewer = pages.viewer_of(request, self._desk.timezone)
        read = self._desk.database.read
        event = await read(event_pages.one, event_id)
        if event is None:
            raise Refused("event_unknown", request.path_params["event"])
        body = await read(event_pages.body, event_id)
        explained = await self._desk.routes.explain_stored(event_id, viewer.locale) if body is not None else ()
        deliveries = await read(delivery_pages.page, Filter(event_id=event_id), limit=200) if viewer.may("deliveries.read") else ()
        waits = await read(delivery_pages.waits, deliveries, self._desk.clock.now())
        recovered = (await read(recoveries.of_events, [event_id])).get(event_id)
        return pages.page(
            viewer, "event.html", waits=waits, recovered=recovered, event=event, body=body, payload=pretty(body.body) if body else "", explained=explained,
            deliveries=deliveries, unrouted=await read(event_pages.waits_for_routing, event_id), shown_kb=SHOWN_BYTES // 1024,
            total_kb=len(body.body) // 1024 if body else 0)


def pretty(body: bytes) -> str:
    """Return a payload as people read it: JSON indented where it is small enough, else its beginning as it came."""
    if len(body) > SHOWN_BYTES:
        return body[:SHOWN_BYTES].decode("utf-8", "replace")
    try:
        # A lone surrogate is legal in JSON and cannot be sent as UTF-8.
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode("utf-8", "replace").decode()
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
