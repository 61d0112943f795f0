"""``/console/approvals`` and ``/console/dispatches``: what pipelines asked, and what workflows were started. One of them has the page of a deployment."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from leverframe.store import deployments
from leverframe.store.deployments import Family
from leverframe.web import approvals, dispatches, pages
from leverframe.web.asking import query_of, with_query
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door

PAGE = 50
FILTERS = ("project", "name")


class PipelinePages:
    """Two lists."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the lists' doors."""
        return (
            Door(method="GET", path="/console/approvals", permission="deployments.read", limit=SIGNED_IN, handler=self.approvals),
            Door(method="GET", path="/console/dispatches", permission="deployments.read", limit=SIGNED_IN, handler=self.dispatches),
        )

    async def approvals(self, request: Request) -> Response:
        """Questions that pipelines asked, newest first; ``name`` is their environment."""
        return await self._list(request, "gate", "/console/approvals", "approvals.html")

    async def dispatches(self, request: Request) -> Response:
        """Dispatches, newest first; ``name`` is their event's type."""
        return await self._list(request, "dispatch", "/console/dispatches", "dispatches.html")

    async def _list(self, request: Request, family: Family, path: str, template: str) -> Response:
        asked, viewer = query_of(request), pages.viewer_of(request, self._desk.timezone)
        filters, before = {name: asked.text(name) for name in FILTERS}, asked.id("dep", "before")
        found = await self._desk.database.read(
            deployments.past, service=filters["project"], environment=filters["name"], family=family, before=before, limit=PAGE + 1
        )
        older = with_query(path, **filters, before=found[PAGE - 1].id) if len(found) > PAGE else None
        newest = with_query(path, **filters) if before is not None else None
        return pages.page(viewer, template, rows=[(approvals.shown if family == "gate" else dispatches.listed)(one) for one in found[:PAGE]], filters=filters, older=older, newest=newest)
