"""All doors of the hub as one ASGI application."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from leverframe.core.errors import Refused
from leverframe.web.doors import Door
from leverframe.web.guard import Guard


class _Place:
    """The doors of one path. ``HEAD`` goes where ``GET`` goes (the server leaves the body out)."""

    def __init__(self, doors: dict[str, Door], guard: Guard) -> None:
        self._doors, self._guard = doors, guard
        methods = set(doors) | ({"HEAD"} if "GET" in doors else set())
        self._allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        exists = next((door.exists for door in self._doors.values() if door.exists is not None), None)
        if exists is not None and not exists(scope["path_params"]):
            await self._guard.refuse(scope, receive, send, Refused("not_found"))
            return
        door = self._doors.get(method) or (self._doors.get("GET") if method == "HEAD" else None)
        if door is not None:
            await self._guard.answer(door, scope, receive, send)
        else:
            await self._guard.refuse(scope, receive, send, Refused("method_not_allowed", method[:20]), allow=self._allow)


def build_site(doors: Sequence[Door], guard: Guard) -> ASGIApp:
    """Return the ASGI application of all doors, in the order of the table (the first path that matches has the request).

    Raises ``ValueError`` when two doors have the same method and path.
    """
    places: dict[str, dict[str, Door]] = {}
    for door in doors:
        methods = places.setdefault(door.path, {})
        if door.method in methods:
            raise ValueError(f"two doors for {door.method} {door.path}")
        methods[door.method] = door

    async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
        else:
            await guard.refuse(scope, receive, send, Refused("not_found"))

    routes = [Route(path, _Place(methods, guard)) for path, methods in places.items()]
    return Router(routes, redirect_slashes=False, default=nowhere)
