"""The API as one application: FastAPI (https://fastapi.tiangolo.com), for the OpenAPI document that users expect.

The page at ``/api/docs`` is our own: it needs no script and no CDN.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from leverframe.core.details import of_field
from leverframe.core.errors import Refused
from leverframe.web import pages
from leverframe.web.api import administration, approvals, auditing, dispatches, github, history, levers
from leverframe.web.api.doors import GITHUB_ROWS, LEVER_ROWS, ROWS, SITE_ROWS
from leverframe.web.api.summaries import SUMMARIES
from leverframe.web.desk import Desk


def build_api(desk: Desk) -> ASGIApp:
    """Return the API. A refusal is raised to whoever calls it: the guard answers for all doors alike."""
    api = FastAPI(title="Leverframe", version=version("leverframe"), docs_url=None, redoc_url=None, openapi_url=None, max_body_size=None)
    api.state.desk = desk
    for router in _routers(desk):
        api.routes.extend(router.routes)  # as they are: include_router() works each operation out once more
    _documents(api, desk)
    return _raising(api)


def _routers(desk: Desk) -> Iterator[APIRouter]:
    """Give the operations that this desk has."""
    yield from (history.router, administration.router, auditing.router, github.router, levers.router, dispatches.router, approvals.router)
    if desk.sites is not None:
        from leverframe.web.api import sites

        yield sites.router


def _raising(api: FastAPI) -> ASGIApp:
    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query")) or "body"
        request.scope["state"]["raised"] = Refused("request_invalid", of_field(first["type"], first["msg"], first.get("ctx", {})).within(place[:200]))
        return Response(status_code=400)

    async def other(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        request.scope["state"]["raised"] = Refused("not_found" if error.status_code == 404 else "request_invalid", str(error.detail)[:300])
        return Response(status_code=error.status_code)

    async def refusal(request: Request, error: Exception) -> Response:
        request.scope["state"]["raised"] = error
        return Response(status_code=500)

    api.add_exception_handler(RequestValidationError, validation)
    api.add_exception_handler(HTTPException, other)
    api.add_exception_handler(Refused, refusal)
    api.add_middleware(_Keeping)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Any) -> None:
            if "raised" not in scope["state"]:
                await send(message)

        await api(scope, receive, sending)
        if "raised" in scope["state"]:
            raise scope["state"].pop("raised")

    return call


class _Keeping:
    """Keeps an unexpected error for the guard, before FastAPI answers it in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            scope["state"]["raised"] = error


def _documents(api: FastAPI, desk: Desk) -> None:
    grants = {(row.method, row.path.replace(":path", "")): row.permission for row in (*ROWS, *GITHUB_ROWS, *LEVER_ROWS, *SITE_ROWS)}

    @cache
    def described() -> dict[str, Any]:
        document: dict[str, Any] = api.openapi()
        document.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                operation["summary"] = operation.pop("description").rstrip(".")  # of the docstring; FastAPI's own is the function's name
                operation["x-permission"] = grants[(method.upper(), path)]
                # Every refusal, of validation too, is a problem document with a code.
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = {
                    "description": "Refused: a problem document (RFC 9457) with code and remedy", "content": {"application/problem+json": {}}}
        return document

    @api.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> Any:
        return described()

    @api.get("/api/docs", include_in_schema=False)
    async def docs(request: Request) -> Any:
        document, viewer = described(), pages.viewer_of(request, desk.timezone)
        said = SUMMARIES if viewer.locale == "ko" else {}
        operations = [
            {"method": method.upper(), "path": path, "fields": _fields(document, operation), **operation, "summary": said.get(operation["summary"], operation["summary"])}
            for path, methods in document["paths"].items() for method, operation in methods.items()]
        return pages.page(viewer, "api.html", operations=operations)


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, bool]:
    """Return the fields that the operation's JSON takes, and whether each must be there."""
    if "requestBody" not in operation:
        return {}
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    schema = document["components"]["schemas"][name]
    return {field: field in schema.get("required", ()) for field in schema["properties"]}
