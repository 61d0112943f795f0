"""``/console/tokens``: API tokens of one's own (an administrator's: everybody's), and hook tokens."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.store import tokens
from leverframe.web import acts, pages
from leverframe.web.asking import Asked, form_of
from leverframe.web.console.forms import EMPTY, Refilled, refill
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door


class TokenPages:
    """The list, issuing and revoking. A secret is on the page that answers the form, and never again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        return (
            Door(method="GET", path="/console/tokens", permission="person", limit=SIGNED_IN, handler=self.list),
            Door(method="POST", path="/console/tokens", permission="person", limit=SIGNED_IN, body_cap=FORM_CAP, handler=self.change),
            Door(method="POST", path="/console/hook-tokens", permission="admin", limit=SIGNED_IN, body_cap=FORM_CAP, handler=self.change_hook),
        )

    async def list(self, request: Request) -> Response:
        """Tokens, and forms for more."""
        return await self._page(request)

    async def change(self, request: Request) -> Response:
        """Issue an API token, or revoke one (``revoke``)."""
        form, identity = await form_of(request), request.scope["state"]["identity"]
        revoke = form.text("revoke")
        if revoke is not None:
            anybodys = pages.viewer_of(request, self._desk.timezone).may("admin")
            await acts.revoke_api_token(self._desk, identity, revoke, anybodys=anybodys)
            return RedirectResponse("/console/tokens", 303)
        try:
            days = _days(form)
            secret = await acts.issue_api_token(
                self._desk, identity, name=form.needed("name"), grants=form.lines("grants"), days=90 if days is None else days)
        except Refused as refused:
            return await self._page(request, filled=refill(request, "api", form, refused, request.scope["state"]["locale"]))
        return await self._page(request, secret)

    async def change_hook(self, request: Request) -> Response:
        """Issue a hook token, or revoke one (``revoke``)."""
        form, identity = await form_of(request), request.scope["state"]["identity"]
        revoke = form.text("revoke")
        if revoke is not None:
            await acts.revoke_hook_token(self._desk, identity, revoke)
            return RedirectResponse("/console/tokens", 303)
        try:
            secret = await acts.issue_hook_token(self._desk, identity, name=form.needed("name"), rooms=form.lines("rooms"), days=_days(form))
        except Refused as refused:
            return await self._page(request, filled=refill(request, "hook", form, refused, request.scope["state"]["locale"]))
        return await self._page(request, secret)

    async def _page(self, request: Request, secret: str | None = None, *, filled: Refilled = EMPTY) -> Response:
        viewer = pages.viewer_of(request, self._desk.timezone)
        admin = viewer.may("admin")
        own = await acts.own_api_tokens(self._desk, viewer.identity, anybodys=admin)
        hooks = await self._desk.database.read(tokens.all_hook) if admin else ()
        return pages.page(
            viewer, "tokens.html", status=filled.status, tokens=own, hooks=hooks, secret=secret, now=self._desk.clock.now(), filled=filled)


def _days(form: Asked) -> int | None:
    text = form.text("days")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise Refused("request_invalid", about("days", "write_number"))
    return int(text)
