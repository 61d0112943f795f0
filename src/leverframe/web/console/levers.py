"""``/console/deployments``, ``/console/locks`` and the commands' forms: what runs where, one deployment, and the levers themselves."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leverframe.core.commands.definitions import Command
from leverframe.core.commands.forms import PARAMETERS, Misfilled, form_for, read_form
from leverframe.core.commands.permission import could
from leverframe.core.deployments import ENDED, State
from leverframe.core.errors import Locale, Refused
from leverframe.core.lanes import Lock, lock_ended
from leverframe.core.messages import Message
from leverframe.core.wording.levers import LEVERS
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.store import deployments, locks
from leverframe.store.inbox import Outcome
from leverframe.web import levers, pages, problems
from leverframe.web.asking import Asked, form_of, local_path, query_of, with_query
from leverframe.web.console.deeds import deeds_of, requests_of
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door
from leverframe.web.levers import LeverDesk
from leverframe.web.pages import Viewer
from leverframe.work.board import shown

PAGE = 50
FILTERS = ("service", "environment", "state")
STATES: tuple[State, ...] = get_args(State)
_SETTLING = {"settle_ran": "ran", "settle_not": "did-not-run"}
"""Buttons of a card that are one command with its outcome."""


_OF_CHATS = frozenset({"dm", "wait"})
"""Options that have the hub tell somebody something later, in a room of theirs."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What was refused, to be shown on the page that it was asked from."""

    message: Message | None = None
    errors: Mapping[str, str] = msgspec.field(default_factory=dict)
    given: Mapping[str, str] = msgspec.field(default_factory=dict)
    status: int = 200


NONE = Refusal()


class LeverPages:
    """The board with the list, one deployment, the locks, and a form for every command."""

    def __init__(self, desk: Desk, found: LeverDesk) -> None:
        self._desk, self._levers = desk, found

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors. Whether somebody may do a command is decided by its own grant."""
        return (
            Door(method="GET", path="/console/deployments", permission="deployments.read", limit=SIGNED_IN, handler=self.list),
            Door(method="GET", path="/console/deployments/{deployment}", permission="deployments.read", limit=SIGNED_IN, handler=self.show),
            Door(method="GET", path="/console/locks", permission="deployments.read", limit=SIGNED_IN, handler=self.locks),
            Door(method="GET", path="/console/do/{command}", permission="person", limit=SIGNED_IN, handler=self.ask),
            Door(method="POST", path="/console/do/{command}", permission="person", limit=SIGNED_IN, body_cap=FORM_CAP, handler=self.do),
        )

    async def list(self, request: Request) -> Response:
        """The board, and deployments, newest first, by service, environment and state."""
        asked, viewer = query_of(request), self._viewer(request)
        filters = {name: asked.text(name) for name in FILTERS}
        if filters["state"] is not None and filters["state"] not in STATES:
            raise Refused("request_invalid", "state")
        before = asked.id("dep", "before")
        rows = await self._desk.database.read(levers.read_board, self._desk)
        found = await self._desk.database.read(
            deployments.past, service=filters["service"], environment=filters["environment"], states=(filters["state"],) if filters["state"] else (),
            family="deployment", before=before, limit=PAGE + 1,
        )  # fmt: skip
        more, past = len(found) > PAGE, [shown(one) for one in found[:PAGE]]
        older = with_query("/console/deployments", **filters, before=past[-1].id) if more else None
        newest = with_query("/console/deployments", **filters) if before is not None else None
        columns = list(dict.fromkeys(row.environment for row in rows))
        return self._live(
            request, viewer, (rows, past), "deployments.html", rows=_grid(rows), columns=columns, past=past, filters=filters, states=STATES,
            services=list(self._levers.catalogue.services), older=older, newest=newest,
        )  # fmt: skip

    async def show(self, request: Request) -> Response:
        """One deployment: its card, what ships, votes, what happened, the end of its log."""
        return await self._deployment(request, request.path_params["deployment"], NONE)

    async def _deployment(self, request: Request, id: str, refusal: Refusal) -> Response:
        viewer = self._viewer(request)
        told = await self._desk.database.read(levers.read_told, id)
        view, last = shown(told.deployment), told.deployment.last_try
        follows = await self._desk.database.read(deployments.following, told.deployment) if view.kind == "gate" else []
        # What ships and the log have a place of their own on the page.
        card = levers.plain(LEVERS[viewer.locale].deployment(replace(view, changes=(), log_tail=""), self._desk.timezone))
        return self._live(
            request, viewer, (told.deployment.version, told.approvals, [each.version for each in follows]), "deployment.html", refusal=refusal, one=view, card=card, told=told,
            said=refusal.message and levers.plain(refusal.message), ended=ENDED, log=last.log_tail if last is not None else "",
            buttons=[button for block in card["blocks"] if block["type"] == "Buttons" for button in block["buttons"] if self._may(viewer, button, view)],
            settling=_SETTLING, key=secrets.token_hex(16), deeds=deeds_of(told.deployment), follows=[shown(each) for each in follows],
            question=told.deployment.gate.of if told.deployment.gate is not None else "", requests=requests_of(told.deployment),
        )  # fmt: skip

    def _may(self, viewer: Viewer, button: Mapping[str, Any], view: Any) -> bool:
        command = self._levers.registry.find("settle" if button["action"] in _SETTLING else button["action"] or "")
        return command is not None and could(viewer.identity, command, view.service, view.environment)

    async def locks(self, request: Request) -> Response:
        """Closed lanes, who closed them and who waits."""
        return await self._locks(request, NONE)

    async def _locks(self, request: Request, refusal: Refusal) -> Response:
        viewer, now = self._viewer(request), self._desk.clock.now()
        kept = [lock for lock in (await self._desk.database.read(locks.every)).values() if not lock_ended(lock, now)]
        me, lock_command = levers.asker_of(viewer.identity).actor, self._levers.registry.find("lock")
        rows = [(lock, self._environments(lock), self._levers.people.same(lock.owner, me)) for lock in sorted(kept, key=lambda lock: lock.lane)]
        return self._live(
            request, viewer, kept, "locks.html", rows=rows, refusal=refusal, may_lock=lock_command is not None and could(viewer.identity, lock_command),
             said=refusal.message and levers.plain(refusal.message), key=secrets.token_hex(16),
        )  # fmt: skip

    def _environments(self, lock: Lock) -> Sequence[tuple[str, str]]:
        return [(one.service, one.name) for one in self._levers.catalogue.in_lane(lock.lane)]

    async def ask(self, request: Request) -> Response:
        """A command's form, made from its definition."""
        command = self._command(request)
        return await self._form(request, command, replace(NONE, given={name: value[:500] for name, value in request.query_params.items()}))

    def _command(self, request: Request) -> Command:
        name = request.path_params["command"]
        command = self._levers.registry.find(name)
        if command is None or command.name != name:
            raise Refused("command_unknown", name[:80])
        return command

    async def _form(self, request: Request, command: Command, refusal: Refusal, answer: Message | None = None) -> Response:
        viewer = self._viewer(request)
        if not could(viewer.identity, command):
            raise Refused("not_allowed", command.name)
        known = await self._desk.database.read(levers.read_known, self._levers)
        form = form_for(command, self._levers.registry, known, viewer.identity, viewer.locale, given=refusal.given)
        form = replace(form, fields=tuple(field for field in form.fields if field.name not in _OF_CHATS))
        return pages.page(
            viewer, "command.html", status=refusal.status, command=command, form=form, refusal=refusal, summary=command.summary.of(viewer.locale),
            said=refusal.message and levers.plain(refusal.message), answer=answer and levers.plain(answer), key=secrets.token_hex(16),
        )  # fmt: skip

    async def do(self, request: Request) -> Response:
        """Do a command; a form that is sent twice is done once (``key``). A refusal is shown where it was asked (``from``)."""
        command, form = self._command(request), await form_of(request)
        fields = {name: form.fields[name] for name in (*_names(command), PARAMETERS) if name in form.fields}
        outcome = await levers.submit(self._desk, request.scope["state"]["identity"], command.name, fields, key=form.needed("key"))
        if not outcome.code:
            raise Refused("overloaded", retry_after_s=1)
        if outcome.code == "ok":
            return await self._done(request, command, form, outcome)
        refused = Refused(outcome.code, outcome.detail, retry_after_s=outcome.wait_s)
        if not problems.prefers_html(request.headers.get("accept")):
            raise refused
        refusal = self._told(self._viewer(request).locale, command, fields, outcome, refused)
        match form.text("from"):
            case "deployment" if refused.code not in ("deployment_unknown", "deployment_id_invalid") and "deployment" in fields:
                return await self._deployment(request, fields["deployment"], refusal)
            case "locks":
                return await self._locks(request, refusal)
            case _:
                return await self._form(request, command, refusal)

    def _told(self, locale: Locale, command: Command, fields: Mapping[str, str], outcome: Outcome, refused: Refused) -> Refusal:
        """Return the refusal in the language of the page; chats are answered in the hub's."""
        message, errors = outcome.answer.message, outcome.answer.errors
        if locale != self._desk.locale:
            if message is not None:
                message = LEVERS[locale].refused(refused.code, refused.detail, wait_s=outcome.wait_s)
            read = read_form(command, fields, self._levers.registry, self._levers.catalogue.known(), locale)
            errors = read.errors if isinstance(read, Misfilled) else errors
        return Refusal(message=message, errors=errors, given=fields, status=refused.status)

    async def _done(self, request: Request, command: Command, form: Asked, outcome: Outcome) -> Response:
        if command.acts and outcome.answer.about:
            return RedirectResponse(f"/console/deployments/{outcome.answer.about}", 303)
        after = "/console/locks" if command.name in ("lock", "unlock") else local_path(form.text("next"))
        return RedirectResponse(after, 303) if command.acts and after else await self._form(request, command, NONE, outcome.answer.message)

    def _viewer(self, request: Request) -> Viewer:
        return pages.viewer_of(request, self._desk.timezone)

    def _live(self, request: Request, viewer: Viewer, state: Any, template: str, **values: Any) -> Response:
        """Return a page whose script asks whether it is still as it was: 304 where it is."""
        seen = repr((viewer.locale, viewer.identity, request.url.query, state)).encode("utf-8", "replace")
        tag = f'"{hashlib.blake2b(seen, digest_size=12).hexdigest()}"'
        if request.method == "GET" and request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        refusal = values.get("refusal", NONE)
        page = pages.page(viewer, template, status=refusal.status, tag=tag, **values)
        page.headers["ETag"] = tag
        return page


def _names(command: Command) -> Sequence[str]:
    return [argument.name for argument in (*command.arguments, *command.options)]


def _grid(rows: Sequence[LaneRow]) -> dict[str, dict[str, LaneRow]]:
    """Return the rows by service and environment."""
    found: dict[str, dict[str, LaneRow]] = {}
    for row in rows:
        found.setdefault(row.service, {})[row.environment] = row
    return found
