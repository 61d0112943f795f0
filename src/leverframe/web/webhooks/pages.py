"""The doors of projects' webhooks: each answers as a page or as JSON, by what is asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from leverframe.core import ids
from leverframe.core.access import Allowed, Identity, allowed
from leverframe.core.details import about
from leverframe.core.errors import PROBLEMS, Refused, document
from leverframe.core.kept_details import kept
from leverframe.core.projects import is_project
from leverframe.core.subscriptions import SECRET_BYTES, URL_BYTES, Subscription
from leverframe.core.topics import EVERYTHING, TOPICS
from leverframe.store import subscriptions
from leverframe.web import pages, problems
from leverframe.web.asking import moment, query_of, with_query
from leverframe.web.console.forms import EMPTY, Refilled
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door, Limit
from leverframe.web.webhooks import acts, shapes
from leverframe.web.webhooks.acts import ACTIONS, DEFAULT_FORMAT, Done
from leverframe.web.webhooks.desk import HookDesk
from leverframe.web.webhooks.given import Given, read_given
from leverframe.work.foresight import MOST

LIST, ONE = "/{owner:path}/{project}/webhooks", "/{owner:path}/{project}/webhooks/{hook}"
"""An owner may have several words: a group of GitLab's with its subgroups."""
FORESEEN = f"{ONE}/would-receive"
GRANT = "hooks.manage {owner}/{project}"
OFTEN = Limit(rate="3000/minute", per="identity")
"""A script that registers as many as a project may have is not sent away half-way."""
_CORRECTED_HERE = (400, 409)
_LARGEST_ID = (1 << 63) - 1


class Asked(NamedTuple):
    """Who asks about which project."""

    identity: Identity
    project: str
    hook: int
    """0 where no webhook is named."""


class WebhookPages:
    """A project's list, one of its webhooks with its deliveries, everything that is done to it; and where to find projects."""

    def __init__(self, desk: Desk, hooks: HookDesk) -> None:
        self._desk, self._hooks = desk, hooks

    def doors(self) -> tuple[Door, ...]:
        """Return the doors; they stand behind all others, whose first words are nobody's name."""

        def exists(params: Any) -> bool:
            return is_project(f"{params['owner']}/{params['project']}")

        def door(method: str, path: str, handler: Any) -> Door:
            body_cap = 0 if method == "GET" else FORM_CAP
            return Door(method=method, path=path, permission=GRANT, limit=OFTEN, body_cap=body_cap, handler=handler, exists=exists)

        return (
            Door(method="GET", path="/console/webhooks", permission="session", limit=SIGNED_IN, handler=self.projects),
            door("GET", LIST, self.list), door("POST", LIST, self.add),
            door("GET", ONE, self.show), door("POST", ONE, self.act), door("DELETE", ONE, self.remove), door("GET", FORESEEN, self.would_receive),
        )  # fmt: skip

    async def projects(self, request: Request) -> Response:
        """The webhooks that the asker may manage, whatever project they are of, and a way to any project's."""
        identity = request.scope["state"]["identity"]
        asked, viewer = query_of(request), pages.viewer_of(request, self._desk.timezone)
        named = asked.text("project")
        if named is not None and is_project(named):
            return RedirectResponse(shapes.home(named), 303)
        after = asked.id("sub", "after") or 0

        def read(connection: Connection) -> tuple[list[shapes.Shown], int | None]:
            found: list[Subscription] = []
            last, more = after, True
            while more and len(found) < shapes.PAGE:
                rows = subscriptions.page(connection, after=last, limit=shapes.PAGE)
                more, last = len(rows) == shapes.PAGE, rows[-1].id if rows else last
                found += [row for row in rows if isinstance(allowed(identity, ["hooks.manage", row.project]), Allowed)]
            return shapes.shown(connection, found, self._desk.clock.now()), last if more else None

        found, last = await self._desk.database.read(read)
        further = None if last is None else with_query("/console/webhooks", after=ids.show("sub", last))
        return pages.page(viewer, "webhook_projects.html", status=200 if named is None else 400, shown=found, named=named, further=further)

    async def list(self, request: Request) -> Response:
        """A project's webhooks, and the form for another."""
        asked = self._asked(request)
        if _wants_json(request):
            found = await self._desk.database.read(shapes.of_project, asked.project, self._desk.clock.now())
            return JSONResponse({"project": asked.project, "webhooks": [one.document() for one in found]})
        return await self._list_page(request, asked)

    async def _list_page(self, request: Request, asked: Asked, filled: Refilled = EMPTY, made: Done | None = None) -> Response:
        found = await self._desk.database.read(shapes.of_project, asked.project, self._desk.clock.now())
        return pages.page(
            pages.viewer_of(request, self._desk.timezone), "webhooks.html", status=filled.status, filled=filled, project=asked.project, shown=found,
            home=shapes.home(asked.project), secret=made.secret if made is not None else None, hook=None, **self._choices())

    def _choices(self) -> dict[str, Any]:
        return {
            "topics": TOPICS, "everything": EVERYTHING, "formats": list(self._hooks.formats.values()), "default_format": DEFAULT_FORMAT,
            "url_bytes": URL_BYTES, "secret_bytes": SECRET_BYTES}

    async def add(self, request: Request) -> Response:
        """Add one: a form is led back to the list, JSON gets 201 with what was made."""
        asked, given = self._asked(request), await read_given(request)
        try:
            done = await acts.add(self._desk, self._hooks, asked.identity, asked.project, given)
        except Refused as refused:
            await self._noted(asked, "hooks.add", refused)
            return await self._list_page(request, asked, _refilled(request, "hook", given, refused))
        if _wants_json(request, given):
            shown = await self._document(done)
            return JSONResponse(shown, 201, headers={"Location": shown["path"]})
        if done.secret is not None:  # it is shown once, which a page that is led to could not
            return await self._list_page(request, asked, Refilled(status=201), done)
        return RedirectResponse(shapes.home(asked.project), 303)

    async def _document(self, done: Done) -> dict[str, Any]:
        (shown,) = await self._desk.database.read(shapes.shown, [done.hook], self._desk.clock.now())
        found = shown.document()
        if done.secret is not None:
            found["secret"] = done.secret
        if done.count is not None:
            found["count"] = done.count
        return found

    async def show(self, request: Request) -> Response:
        """One of them, with its deliveries and every attempt at them."""
        return await self._one(request, self._asked(request))

    async def _one(self, request: Request, asked: Asked, filled: Refilled = EMPTY, done: Done | None = None) -> Response:
        before, now = query_of(request).id("dlv", "before"), self._desk.clock.now()

        def read(connection: Connection) -> tuple[shapes.Shown, list[shapes.Past], int | None]:
            hook = subscriptions.one(connection, asked.project, asked.hook)
            (one,) = shapes.shown(connection, [hook], now)
            return one, *shapes.past(connection, hook, now, before)

        one, past, last = await self._desk.database.read(read)
        older = None if last is None else with_query(one.path, before=ids.show("dlv", last))
        if _wants_json(request):
            return JSONResponse({**one.document(), "deliveries": [delivery.document(request.scope["state"]["locale"]) for delivery in past], "older": older})
        viewer = pages.viewer_of(request, self._desk.timezone)
        own = {code: (problem.ko if viewer.locale == "ko" else problem.en) for code, problem in PROBLEMS.items()}
        # Each remedy is told once, however often it was met.
        met = dict.fromkeys(code for delivery in past for code in (delivery.row.code, *(each.code for each in reversed(delivery.attempts))) if code in own)
        return pages.page(
            viewer, "webhook.html", status=filled.status, filled=filled, one=one, hook=one.hook, past=past, older=older, done=done,
            newest=one.path if before is not None else None, project=asked.project, home=shapes.home(asked.project),
            secret=done.secret if done is not None else None, reason=own.get(one.hook.reason or ""),
            remedies={code: own[code] for code in met if code and code != one.hook.reason}, said=query_of(request).text("done"), count=query_of(request).text("count") or "0", **self._choices())

    async def would_receive(self, request: Request) -> Response:
        """Which stored events of the project it would have received, and why not the others."""
        asked, query, now = self._asked(request), query_of(request), self._desk.clock.now()
        hook = await self._desk.database.read(subscriptions.one, asked.project, asked.hook)
        word = query.text("since")
        since = None if word is None else moment("since", word, now=now, ahead=False, timezone=self._desk.timezone)
        limit = query.text("limit") or "50"
        if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:6]) <= MOST:
            raise Refused("request_invalid", about("limit", "from_to", least=1, most=MOST))
        found = await self._hooks.foresight.would_receive(hook, since=since, before=query.id("evt", "before"), limit=int(limit))
        if problems.prefers_html(request.headers.get("accept")):
            viewer, path = pages.viewer_of(request, self._desk.timezone), f"{shapes.home(asked.project)}/{hook.shown_id}"
            older = with_query(f"{path}/would-receive", since=word, before=ids.show("evt", found[-1].event.id)) if len(found) == int(limit) else None
            return pages.page(viewer, "webhook_foresight.html", hook=hook, found=found, home=path, older=older, since=word)
        return JSONResponse({"project": asked.project, "webhook": hook.shown_id, "events": [
            {"id": ids.show("evt", one.event.id), "event": one.event.full_name, "received_at": shapes.instant(one.event.received_at),
             "would": one.would, "reason": one.reason, "detail": kept(one.detail, request.scope["state"]["locale"])} for one in found]})

    async def act(self, request: Request) -> Response:
        """Do what ``action`` says; without an action it is removed, as Yobi's page has it."""
        asked, given = self._asked(request), await read_given(request)
        if "action" not in given:
            return await self._removed(request, asked, given)
        word = given.text("action") or ""
        act = ACTIONS.get(word)
        try:
            if act is None:
                raise Refused("hook_field_invalid", about("action", "none_of_actions", met=word[:50] or "–", known=", ".join(ACTIONS)))
            done = await act(self._desk, self._hooks, asked.identity, asked.project, asked.hook, given)
        except Refused as refused:
            await self._noted(asked, f"hooks.{word}" if act is not None else "hooks", refused)
            return await self._one(request, asked, _refilled(request, word, given, refused))
        if _wants_json(request, given):
            return JSONResponse(await self._document(done))
        if done.secret is not None or given.flag("dry_run", False):
            return await self._one(request, asked, EMPTY, done)
        count = None if done.count is None else str(done.count)
        return RedirectResponse(with_query(f"{shapes.home(asked.project)}/{done.hook.shown_id}", done=word, count=count), 303)

    async def remove(self, request: Request) -> Response:
        """Remove it."""
        return await self._removed(request, self._asked(request), None)

    async def _removed(self, request: Request, asked: Asked, given: Given | None) -> Response:
        try:
            done = await acts.remove(self._desk, self._hooks, asked.identity, asked.project, asked.hook)
        except Refused as refused:
            await self._noted(asked, "hooks.remove", refused)
            raise
        if given is None or _wants_json(request, given):
            return JSONResponse({"removed": done.hook.shown_id})
        return RedirectResponse(shapes.home(asked.project), 303)

    def _asked(self, request: Request) -> Asked:
        """Return who asks about which project and webhook; raises ``Refused("hook_unknown")`` for what is no id."""
        params = request.path_params
        word = params.get("hook")
        return Asked(request.scope["state"]["identity"], f"{params['owner']}/{params['project']}", 0 if word is None else _id_of(word))

    async def _noted(self, asked: Asked, act: str, refused: Refused) -> None:
        """Keep in the audit what somebody known was refused; what needs a grant the guard notes."""
        if refused.status < 500:
            hook = ids.show("sub", asked.hook) if asked.hook else ""
            await self._desk.record(asked.identity.actor, act, f"{asked.project} {hook}".rstrip(), code=refused.code)


def _id_of(word: str) -> int:
    """Return the number of a webhook's id, as it is shown or, as Yobi's are, in digits."""
    if word.isascii() and word.isdigit() and len(word) < 20 and int(word) <= _LARGEST_ID:
        return int(word)
    try:
        return ids.read("sub", word)
    except ValueError:
        raise Refused("hook_unknown", word[:50]) from None


def _wants_json(request: Request, given: Given | None = None) -> bool:
    """Return whether to answer as JSON: it is asked for before a page, or it was sent, and no page is asked for."""
    accept = request.headers.get("accept", "")
    if problems.prefers_html(accept):
        return False
    return "json" in accept.lower() or (given is not None and given.is_json)


def _refilled(request: Request, name: str, given: Given, refused: Refused) -> Refilled:
    """Return the form to show again, without a secret; raises ``refused`` where it is not to be corrected there, or a program is asking."""
    if refused.status not in _CORRECTED_HERE or _wants_json(request, given):
        raise refused
    told = document(refused, request.scope["state"]["locale"])
    return Refilled(
        name=name, given=given.shown().fields, status=refused.status, title=told["title"], remedy=told["remedy"], detail=told.get("detail", ""))
