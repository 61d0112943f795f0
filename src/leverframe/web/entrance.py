"""The way in: ``/`` leads to what there is to see, and a demo's playground leads into its console."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from leverframe.core.access import Identity
from leverframe.core.errors import Refused
from leverframe.store import people
from leverframe.web.asking import form_of, local_path, with_query
from leverframe.web.credentials import identify
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, LOGIN, OPEN, Door
from leverframe.web.identity import ADMIN, ADMIN_LINK_LIFETIME
from leverframe.web.origins import SAFE_METHODS, playground_is_open

_LED_IN = frozenset({"link_invalid", "sign_in_required"})


class Entrance:
    """``/``, and in a demo ``POST /playground/console``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the doors; the second one is only a demo's."""
        front = Door(method="GET", path="/", permission="open", limit=OPEN, handler=self.front)
        into = Door(method="POST", path="/playground/console", permission="playground", limit=LOGIN, body_cap=FORM_CAP, handler=self.lead_in)
        return (front, into) if self._desk.demo else (front,)

    async def front(self, request: Request) -> Response:
        """Lead to the playground of a demo, to the console of any other hub."""
        return RedirectResponse("/playground" if self._desk.demo else "/console", 303)

    async def lead_in(self, request: Request) -> Response:
        """Lead to ``next``; a browser that is not signed in by way of the administrator's one-time link, made now.

        Only for whom the open playground lets in (this machine, from the hub's own page): a token must not become an administrator.
        """
        wanted = local_path((await form_of(request)).text("next")) or "/console"
        _, session = await identify(self._desk, {"cookie": request.headers.get("cookie", "")})
        if session is not None:
            return RedirectResponse(wanted, 303)
        identity: Identity = request.scope["state"]["identity"]
        if identity.kind != "playground":
            raise Refused("sign_in_required")
        secret = await self._desk.act(
            identity, "people.invite", f"{ADMIN} as {ADMIN}", people.invite, person=ADMIN, role=ADMIN, now=self._desk.clock.now(),
            lifetime=ADMIN_LINK_LIFETIME)
        # To the host that was asked: the cookie of 127.0.0.1 is not that of localhost.
        return RedirectResponse(with_query("/login", token=secret, next=wanted), 303)


def leads_in(desk: Desk, scope: Scope, headers: Mapping[str, str], refused: Refused) -> str | None:
    """Return where a demo's page about ``refused`` offers to lead by ``POST /playground/console``; ``None`` where it offers nothing."""
    if refused.code not in _LED_IN or not desk.demo:
        return None
    if not playground_is_open(url=desk.url, method="GET", headers=headers, client=scope.get("client")):
        return None
    query = scope.get("query_string", b"").decode("latin-1")
    asked = quote(scope["path"]) + (f"?{query}" if query else "")
    inside = refused.code == "sign_in_required" and scope["method"] in SAFE_METHODS
    return (local_path(asked) if inside else None) or "/console"

