"""The doors of ``/api``. FastAPI itself (0.2 s, 11 MB) is imported at the first request under it."""

from __future__ import annotations

from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door

PAYLOAD_CAP = 25 * 1024 * 1024 + FORM_CAP
"""An event to explain is at most as large as one that comes in."""
DISPATCH_CAP = 512 * 1024
"""A payload that GitHub takes may be written more largely: with blanks, and each character as an escape."""


class Row(NamedTuple):
    method: str
    path: str
    permission: str
    body_cap: int = 0
    streams: bool = False


ROWS: tuple[Row, ...] = (
    Row("GET", "/api/docs", "session"),
    Row("GET", "/api/openapi.json", "session"),
    Row("GET", "/api/events", "events.read"),
    Row("GET", "/api/events/{event}", "events.read"),
    Row("GET", "/api/events/{event}/explain", "events.read"),
    Row("GET", "/api/deliveries", "deliveries.read"),
    Row("POST", "/api/deliveries/retry", "deliveries.retry", FORM_CAP),
    Row("GET", "/api/deliveries/{delivery}", "deliveries.read"),
    Row("POST", "/api/deliveries/{delivery}/retry", "deliveries.retry", FORM_CAP),
    Row("GET", "/api/routes", "routes.read"),
    Row("POST", "/api/routes/explain", "routes.read", PAYLOAD_CAP),
    Row("POST", "/api/routes/test", "routes.test", FORM_CAP),
    Row("GET", "/api/mutes", "routes.read"),
    Row("POST", "/api/mutes", "mutes.manage", FORM_CAP),
    Row("DELETE", "/api/mutes/{target:path}", "mutes.manage", FORM_CAP),
    Row("GET", "/api/tokens", "person"),
    Row("POST", "/api/tokens", "person", FORM_CAP),
    Row("DELETE", "/api/tokens/{name}", "person", FORM_CAP),
    Row("GET", "/api/hook-tokens", "admin"),
    Row("POST", "/api/hook-tokens", "admin", FORM_CAP),
    Row("DELETE", "/api/hook-tokens/{name}", "admin", FORM_CAP),
    Row("GET", "/api/people", "admin"),
    Row("POST", "/api/people/invitations", "admin", FORM_CAP),
    Row("DELETE", "/api/people/invitations/{name}", "admin", FORM_CAP),
    Row("DELETE", "/api/people/{name}", "admin", FORM_CAP),
    Row("GET", "/api/audit", "admin"),
    Row("GET", "/api/audit/export", "admin"),
)
GITHUB_ROWS: tuple[Row, ...] = (
    Row("GET", "/api/github/recoveries", "events.read"),
    Row("GET", "/api/github/watches", "events.read"),
    Row("GET", "/api/github/hooks", "session"),
    Row("POST", "/api/github/hooks", "session", FORM_CAP),
    Row("POST", "/api/github/hooks/sync", "session", FORM_CAP),
    Row("GET", "/api/github/hooks/{hook}", "session"),
    Row("PATCH", "/api/github/hooks/{hook}", "session", FORM_CAP),
    Row("DELETE", "/api/github/hooks/{hook}", "session", FORM_CAP),
    Row("POST", "/api/github/hooks/{hook}/pings", "session", FORM_CAP),
    Row("POST", "/api/github/hooks/{hook}/tests", "session", FORM_CAP),
    Row("GET", "/api/github/hooks/{hook}/deliveries", "session"),
    Row("GET", "/api/github/hooks/{hook}/deliveries/{delivery}", "session"),
    Row("POST", "/api/github/hooks/{hook}/deliveries/{delivery}/attempts", "session", FORM_CAP),
)
"""The grants are ``github.read`` and ``github.manage`` of what has the hook. A hub that has no hooks to keep says what it lacks."""
LEVER_ROWS: tuple[Row, ...] = (
    Row("POST", "/api/commands", "session", FORM_CAP),
    Row("GET", "/api/completions", "session"),
    Row("GET", "/api/deployments", "deployments.read"),
    Row("GET", "/api/deployments/{deployment}", "deployments.read"),
    Row("GET", "/api/services", "deployments.read"),
    Row("GET", "/api/dispatches", "deployments.read"),
    Row("POST", "/api/dispatches", "session", DISPATCH_CAP),
    Row("GET", "/api/dispatches/{dispatch}", "session"),
    Row("POST", "/api/dispatches/{dispatch}/retry", "session", FORM_CAP),
    Row("GET", "/api/approvals", "deployments.read"),
    Row("POST", "/api/approvals", "session", DISPATCH_CAP),
    Row("GET", "/api/approvals/{approval}", "session"),
    Row("POST", "/api/approvals/{approval}/cancel", "session", FORM_CAP),
    Row("POST", "/api/approvals/{approval}/retry", "session", FORM_CAP),
)
"""Whether somebody may do a command is decided by its own grant. A hub that has no levers says so."""

_PUBLISH = "publish {site} {collection}"
ENTRY_CAP = 4 * 1024 * 1024
"""An entry is at most 1 MB; what JSON escapes is six times as long."""
UPLOAD_CAP = 200 * 1024 * 1024
SITE_ROWS: tuple[Row, ...] = (
    Row("GET", "/api/sites", "session"),
    Row("GET", "/api/sites/{site}/{collection}", _PUBLISH),
    Row("POST", "/api/sites/{site}/{collection}", _PUBLISH, ENTRY_CAP),
    Row("GET", "/api/sites/{site}/{collection}/{id:path}", _PUBLISH),
    Row("PUT", "/api/sites/{site}/{collection}/{id:path}", _PUBLISH, ENTRY_CAP),
    Row("PATCH", "/api/sites/{site}/{collection}/{id:path}", _PUBLISH, ENTRY_CAP),
    Row("DELETE", "/api/sites/{site}/{collection}/{id:path}", _PUBLISH),
    Row("GET", "/api/history/{site}/{collection}/{id:path}", _PUBLISH),
    Row("POST", "/api/previews/{site}/{collection}", _PUBLISH, ENTRY_CAP),
    Row("POST", "/api/uploads/{site}/{collection}", _PUBLISH, UPLOAD_CAP, streams=True),
)
"""Of a hub that has sites."""


class LazyApi:
    """The API as an ASGI callable that builds itself when it is first called."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            from leverframe.web.api.app import build_api

            self._app = build_api(self._desk)
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


def api_doors(desk: Desk) -> tuple[Door, ...]:
    """Return the doors of the API, all leading to one application."""
    api = LazyApi(desk)
    return tuple(
        Door(method=row.method, path=row.path, permission=row.permission, limit=SIGNED_IN, body_cap=row.body_cap, streams=row.streams, app=api)
        for row in (*ROWS, *GITHUB_ROWS, *LEVER_ROWS, *(SITE_ROWS if desk.sites is not None else ())))
