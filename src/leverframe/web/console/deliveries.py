"""``/console/deliveries``: what is owed, sent and dead, with every attempt; retry one, or all that match."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.core import ids
from leverframe.core.errors import PROBLEMS, Refused
from leverframe.store import delivery_pages
from leverframe.store.deliveries import State
from leverframe.store.delivery_pages import Filter
from leverframe.web import acts, pages
from leverframe.web.asking import Asked, form_of, identifier, moment, query_of, with_query
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door

PAGE = 50
FILTERS = ("state", "destination", "route", "since")


class DeliveryPages:
    """The list, one delivery, and the retries."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        return (
            Door(method="GET", path="/console/deliveries", permission="deliveries.read", limit=SIGNED_IN, handler=self.list),
            Door(method="POST", path="/console/deliveries/retry", permission="deliveries.retry", limit=SIGNED_IN, body_cap=FORM_CAP,
                 handler=self.retry_matching),
            Door(method="GET", path="/console/deliveries/{delivery}", permission="deliveries.read", limit=SIGNED_IN, handler=self.show),
            Door(method="POST", path="/console/deliveries/{delivery}/retry", permission="deliveries.retry", limit=SIGNED_IN, body_cap=FORM_CAP,
                 handler=self.retry),
        )

    def filter_of(self, asked: Asked) -> Filter:
        """Return the filter that a query or form names; raises ``Refused("request_invalid")``."""
        state, since = asked.text("state"), asked.text("since")
        return Filter(
            state=delivery_pages.state_of(state) if state else None, destination=asked.text("destination"), route=asked.text("route"),
            since=moment("since", since, now=self._desk.clock.now(), ahead=False, timezone=self._desk.timezone) if since else None)

    async def list(self, request: Request) -> Response:
        """Deliveries, newest first, by state, destination, route and age."""
        asked = query_of(request)
        filters = {name: asked.text(name) for name in FILTERS}
        before = asked.id("dlv", "before")
        found = await self._desk.database.read(delivery_pages.page, self.filter_of(asked), before=before, limit=PAGE + 1)
        more, found = len(found) > PAGE, found[:PAGE]
        older = with_query("/console/deliveries", **filters, before=ids.show("dlv", found[-1].id)) if more else None
        newest = with_query("/console/deliveries", **filters) if before is not None else None
        retried = asked.text("retried")
        waits = await self._desk.database.read(delivery_pages.waits, found, self._desk.clock.now())
        return pages.page(
            pages.viewer_of(request, self._desk.timezone), "deliveries.html", waits=waits, deliveries=found, filters=filters, older=older, newest=newest,
            states=[state.name.lower() for state in State], retried=retried if retried and retried.isdigit() else None)

    async def show(self, request: Request) -> Response:
        """One delivery and every attempt at it."""
        delivery_id = identifier("dlv", request.path_params["delivery"])
        viewer = pages.viewer_of(request, self._desk.timezone)
        delivery = await self._desk.database.read(delivery_pages.one, delivery_id)
        if delivery is None:
            raise Refused("delivery_unknown", request.path_params["delivery"])
        attempts = await self._desk.database.read(delivery_pages.tries, delivery_id)
        waits = await self._desk.database.read(delivery_pages.waits, [delivery], self._desk.clock.now())
        # Each remedy is told once, however often it was tried.
        codes = dict.fromkeys(code for code in (delivery.code, *(one.code for one in reversed(attempts))) if code in PROBLEMS)
        remedies = {code: (PROBLEMS[code].ko if viewer.locale == "ko" else PROBLEMS[code].en) for code in codes if code}
        return pages.page(
            viewer, "delivery.html", delivery=delivery, attempts=attempts, remedies=remedies, wait=waits.get(delivery_id),
            retried=query_of(request).text("retried") is not None)

    async def retry(self, request: Request) -> Response:
        """Owe one delivery again."""
        shown = request.path_params["delivery"]
        await acts.retry(self._desk, request.scope["state"]["identity"], identifier("dlv", shown))
        return RedirectResponse(f"/console/deliveries/{shown}?retried=1", 303)

    async def retry_matching(self, request: Request) -> Response:
        """Say how many deliveries match; when that was confirmed, owe them again."""
        form = await form_of(request)
        which = self.filter_of(form)
        if form.text("confirmed") is None:
            count = await acts.would_retry(self._desk, which)
            filters = {name: form.text(name) for name in FILTERS}
            return pages.page(pages.viewer_of(request, self._desk.timezone), "retry.html", count=count, filters=filters)
        count = await acts.retry_matching(self._desk, request.scope["state"]["identity"], which, rate_per_s=None)
        return RedirectResponse(with_query("/console/deliveries", retried=str(count)), 303)
