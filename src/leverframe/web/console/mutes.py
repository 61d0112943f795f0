"""``/console/mutes``: routes and rooms that are silent for a while."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.core.errors import Refused
from leverframe.store import delivery_pages, mutes
from leverframe.web import acts, pages
from leverframe.web.asking import form_of, moment
from leverframe.web.console.forms import EMPTY, Refilled, refill
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door


class MutePages:
    """The list, setting one and ending one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        return (
            Door(method="GET", path="/console/mutes", permission="routes.read", limit=SIGNED_IN, handler=self.list),
            Door(method="POST", path="/console/mutes", permission="mutes.manage", limit=SIGNED_IN, body_cap=FORM_CAP, handler=self.change),
        )

    async def list(self, request: Request) -> Response:
        """Mutes in force, and a form for another."""
        return await self._page(request)

    async def _page(self, request: Request, filled: Refilled = EMPTY) -> Response:
        read = self._desk.database.read
        listed = self._desk.routes.listed()
        rooms = {room for route in listed for room in route.destinations} | {row.name for row in await read(delivery_pages.by_destination)}
        return pages.page(
            pages.viewer_of(request, self._desk.timezone), "mutes.html", status=filled.status, filled=filled, mutes=await read(mutes.listed, now=self._desk.clock.now()),
            routes=[route.route for route in listed], rooms=sorted(rooms))

    async def change(self, request: Request) -> Response:
        """Set a mute, or end one (``end``)."""
        form, identity = await form_of(request), request.scope["state"]["identity"]
        target = form.needed("target")
        if form.text("end") is not None:
            await acts.unmute(self._desk, identity, target)
        else:
            try:
                until = moment("until", form.needed("until"), now=self._desk.clock.now(), ahead=True, timezone=self._desk.timezone)
                await acts.mute(self._desk, identity, target=target, until=until, reason=form.text("reason") or "")
            except Refused as refused:
                return await self._page(request, refill(request, "mute", form, refused, request.scope["state"]["locale"]))
        return RedirectResponse("/console/mutes", 303)
