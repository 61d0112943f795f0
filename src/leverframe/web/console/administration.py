"""``/console/people`` and ``/console/audit``: for administrators."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.core import ids
from leverframe.core.errors import Refused
from leverframe.store import audit, people
from leverframe.web import acts, pages
from leverframe.web.asking import form_of, query_of, with_query
from leverframe.web.audits import asked_for, shown_detail
from leverframe.web.console.forms import EMPTY, Refilled, refill
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door

PAGE = 50


class AdministrationPages:
    """People, their invitations, and the audit."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        return (
            Door(method="GET", path="/console/people", permission="admin", limit=SIGNED_IN, handler=self.people),
            Door(method="POST", path="/console/people", permission="admin", limit=SIGNED_IN, body_cap=FORM_CAP, handler=self.change),
            Door(method="GET", path="/console/audit", permission="admin", limit=SIGNED_IN, handler=self.audit),
        )

    async def people(self, request: Request) -> Response:
        """Everybody, open invitations, and a form to invite."""
        return await self._page(request)

    async def change(self, request: Request) -> Response:
        """Invite somebody (the link is on the page that answers), take an invitation back (``withdraw``), or lock somebody out (``disable``)."""
        form, identity = await form_of(request), request.scope["state"]["identity"]
        for field, act in (("disable", acts.disable), ("withdraw", acts.withdraw)):
            if (name := form.text(field)) is not None:
                await act(self._desk, identity, name)
                return RedirectResponse("/console/people", 303)
        try:
            name = form.needed("name")
            link, until = await acts.invite(self._desk, identity, person=name, role=form.needed("role"))
        except Refused as refused:
            return await self._page(request, filled=refill(request, "invite", form, refused, request.scope["state"]["locale"]))
        return await self._page(request, invited=name, link=link, until=until)

    async def _page(
        self, request: Request, *, invited: str | None = None, link: str = "", until: datetime | None = None, filled: Refilled = EMPTY
    ) -> Response:
        read, now = self._desk.database.read, self._desk.clock.now()
        return pages.page(
            pages.viewer_of(request, self._desk.timezone), "people.html", status=filled.status, filled=filled, people=await read(people.everybody),
            invitations=await read(people.open_invitations, now), roles=sorted(self._desk.roles),
            invited=invited, link=link, until=until)

    async def audit(self, request: Request) -> Response:
        """Who did what and what was refused, newest first."""
        asked = query_of(request)
        filters = {name: asked.text(name) for name in ("actor", "act", "code", "since", "until")}
        before = asked.id("aud", "before")
        found = await self._desk.database.read(audit.entries, asked_for(self._desk, **filters), before=before, limit=PAGE + 1)
        more, found = len(found) > PAGE, found[:PAGE]
        older = with_query("/console/audit", **filters, before=ids.show("aud", found[-1].id)) if more else None
        newest = with_query("/console/audit", **filters) if before is not None else None
        return pages.page(
            pages.viewer_of(request, self._desk.timezone), "audit.html", entries=found, filters=filters, older=older, newest=newest,
            detail=shown_detail, export=with_query("/api/audit/export", **filters))
