"""How people come in: one-time links that a button uses (so that a link preview does not), sessions, and the way out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.core.errors import Refused
from leverframe.ports import Clock
from leverframe.store import audit, people
from leverframe.store.database import Database
from leverframe.store.people import Person
from leverframe.web import pages
from leverframe.web.acts import link
from leverframe.web.asking import form_of, local_path, query_of
from leverframe.web.credentials import COOKIE, cookie_of
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, LOGIN, SIGNED_IN, Door
from leverframe.web.origins import playground_is_open

ADMIN = "admin"
ADMIN_LINK_LIFETIME = timedelta(minutes=15)


async def mint_admin_link(database: Database, clock: Clock, url: str) -> str:
    """Return a one-time link (15 minutes) that signs in the administrator; for the terminal or a 0600 file, never the log.

    ``url`` is ``hub.url``. One that another hub on the database has just shown stays; the first that is used ends the others.
    """
    now = clock.now()
    secret = await database.write(people.invite, person=ADMIN, role=ADMIN, now=now, lifetime=ADMIN_LINK_LIFETIME, beside=True)
    return link(url, secret)


class IdentityPages:
    """``/login`` and ``/logout``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        return (
            Door(method="GET", path="/login", permission="open", limit=LOGIN, handler=self.ask),
            Door(method="POST", path="/login", permission="open", limit=LOGIN, body_cap=FORM_CAP, handler=self.enter),
            Door(method="POST", path="/logout", permission="session", limit=SIGNED_IN, body_cap=FORM_CAP, handler=self.leave),
        )

    async def ask(self, request: Request) -> Response:
        """Show what the link is for, with a button; the link is not used by looking."""
        query = query_of(request)
        token = query.text("token")
        invitation = None
        if token is not None:
            invitation = await self._desk.database.read(people.invitation, token, self._desk.clock.now())
            if invitation is None:
                raise Refused("link_invalid")
        here = playground_is_open(url=self._desk.url, method="GET", headers=request.headers, client=request.scope.get("client"))
        return pages.page(
            pages.viewer_of(request, self._desk.timezone), "login.html", token=token, invitation=invitation, next=local_path(query.text("next")),
            leads_in="/console" if self._desk.demo and here else None)

    async def enter(self, request: Request) -> Response:
        """Use the link: a new session, whatever cookie the browser brought."""
        form = await form_of(request)
        token, brought = form.needed("token"), cookie_of({"cookie": request.headers.get("cookie", "")})
        now, entry_id = self._desk.clock.now(), self._desk.database.new_id()

        def entered(conn: Connection) -> tuple[Person, str] | None:
            person = people.accept(conn, token, now)
            if person is None:
                return None
            if brought is not None:
                people.end_session(conn, brought)
            secret, _ = people.start_session(conn, person.name, now)
            audit.append(conn, id=entry_id, at=now, actor=f"person:{person.name}", act="sign in", target=person.role)
            return person, secret

        done = await self._desk.database.write(entered)
        if done is None:
            raise Refused("link_invalid")
        response = RedirectResponse(local_path(form.text("next")) or "/console", 303)
        response.set_cookie(
            COOKIE, done[1], max_age=int(people.SESSION_LONGEST.total_seconds()), path="/", httponly=True, samesite="lax",
            secure=self._desk.url.startswith("https:"))
        return response

    async def leave(self, request: Request) -> Response:
        """End this browser's session."""
        cookie = cookie_of({"cookie": request.headers.get("cookie", "")})
        if cookie is not None:
            await self._desk.database.write(people.end_session, cookie)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=self._desk.url.startswith("https:"))
        return response
