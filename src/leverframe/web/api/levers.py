"""Commands, deployments and services in the API."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from leverframe.core.access import Identity
from leverframe.core.commands.helping import complete
from leverframe.core.commands.parsing import Parsed, parse
from leverframe.core.conversation import Place
from leverframe.core.deployments import State
from leverframe.core.details import detail
from leverframe.core.errors import PROBLEMS, Locale, Refused, document
from leverframe.core.kept_details import kept
from leverframe.core.messages import Message
from leverframe.core.messages import plain as words_of
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.core.wording.levers.view import DeploymentView
from leverframe.store import deployments
from leverframe.store.inbox import Outcome
from leverframe.web import levers, problems
from leverframe.web.api import lever_shapes as shapes
from leverframe.web.api.asked import Asked, Count, OurDesk, cursor, locale_of, remedy_of, who
from leverframe.web.api.shapes import Word
from leverframe.web.desk import Desk
from leverframe.web.levers import LeverDesk, Told
from leverframe.web.plan import plan

router = APIRouter()
LIMITED = "command_rate_limited"
_TOO_SOON = 100
"""Refusals for having come too soon that one key may have met."""
Wait = Annotated[int, Query(ge=0, le=levers.LONGEST_WAIT_S, description="seconds to wait for a change, or for its end")]
Seen = Annotated[int | None, Query(ge=0, le=2**31, description="the version that you have seen; left out: the one that it has now")]


async def _levers(request: Request) -> LeverDesk:
    return levers.levers_of(request.app.state.desk)


OurLevers = Annotated[LeverDesk, Depends(_levers)]


@router.post("/api/commands", response_model=shapes.CommandDone)
async def give_command(desk: OurDesk, found: OurLevers, asked: shapes.CommandAsked, request: Request) -> Any:
    """Give a command, as in a chat."""
    identity, locale = who(request), locale_of(request)
    if asked.dry_run:
        planned = await desk.database.read(plan, desk, identity, asked.line, locale)
        if isinstance(planned, Outcome):
            return refusal(planned, locale)
        return {"line": planned.line, "text": "\n".join(planned.would), "would": planned.would, "dry_run": True}
    at = None if asked.room is None else place_of(desk, asked.room)
    outcome = await _said(desk, identity, asked, at)
    if not outcome.code:
        raise Refused("overloaded", detail("being_done"), retry_after_s=1)
    if asked.idempotency_key is not None and _is_anothers(found, asked.line, outcome):
        raise Refused("idempotency_key_used", outcome.line)
    if outcome.code != "ok":
        return refusal(outcome, locale)
    answer = outcome.answer
    return {
        "line": outcome.line, "text": _text(answer.message), "message": None if answer.message is None else levers.plain(answer.message),
        "deployment": answer.about or None,
    }  # fmt: skip


@router.get("/api/completions", response_model=shapes.Completions)
async def list_completions(desk: OurDesk, found: OurLevers, request: Request, line: Word = "") -> Any:
    """How a line may go on."""
    known = await desk.database.read(levers.read_known, found)
    return {"completions": complete(line, found.registry, known, who(request))}


async def _said(desk: Desk, identity: Identity, asked: shapes.CommandAsked, at: Place | None) -> Outcome:
    """Return what came of the line; what was only refused because it came too soon is asked anew under the same key."""
    key = asked.idempotency_key
    door: Literal["api", "cli"] = "cli" if identity.kind == "operator" else "api"
    for number in range(_TOO_SOON):
        outcome = await levers.say(desk, identity, asked.line, door=door, at=at, key=f"{key}\n{number}" if key and number else key)
        if outcome.code != LIMITED or outcome.wait_s is not None:
            break
    return outcome


def _is_anothers(found: LeverDesk, line: str, outcome: Outcome) -> bool:
    """Return whether ``outcome`` is that of another line than this one."""
    read = parse(line, found.registry, found.catalogue.known(), mark="", marked=False)
    if isinstance(read, Parsed):
        return outcome.line != read.line() and (bool(outcome.line) or PROBLEMS[outcome.code].status in (400, 404, 413))
    return bool(outcome.line)


def refusal(outcome: Outcome, locale: Locale) -> Response:
    """Return a refused command as a problem document, with what a chat would have said (``text``, and ``message`` in blocks).

    It has its audit entry already.
    """
    refused = Refused(outcome.code, outcome.detail, retry_after_s=outcome.wait_s)
    told = outcome.answer.message
    whole = {**document(refused, locale), "text": _text(told), "message": None if told is None else levers.plain(told)}
    return Response(
        json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace"), refused.status, headers=problems.headers_of(refused), media_type="application/problem+json"
    )


def _text(message: Message | None) -> str:
    return "" if message is None else words_of(message)


def place_of(desk: Desk, room: str) -> Place:
    """Return the room that is named; raises ``Refused("room_unknown")`` when no chat has it."""
    chat, _, name = room.partition(":")
    check = desk.chats.get(chat)
    if check is None or not name:
        raise Refused("room_unknown", room[:100])
    if (reason := check(name)) is not None:
        raise Refused("room_unknown", reason.within(room[:100]))
    return Place(chat=chat, room=name)


@router.get("/api/deployments", response_model=shapes.DeploymentList)
async def list_deployments(
    desk: OurDesk, service: Asked = None, environment: Asked = None, state: State | None = None, before: Asked = None, limit: Count = 50
) -> Any:
    """Deployments, newest first."""
    rows = await desk.database.read(
        deployments.past, service=service, environment=environment, states=() if state is None else (state,), before=cursor("dep", before),
        limit=limit + 1,
    )  # fmt: skip
    return {"deployments": [levers.shown(one) for one in rows[:limit]], "next": rows[limit - 1].id if len(rows) > limit else None}


@router.get("/api/deployments/{deployment}", response_model=shapes.DeploymentWhole)
async def read_deployment(desk: OurDesk, deployment: Word, request: Request, wait: Wait = 0, seen: Seen = None) -> Any:
    """One deployment with its approvals and what happened; wait for it to change."""
    return _whole(await levers.watched(desk, deployment, seen=seen, wait_s=wait), locale_of(request))


def _whole(told: Told, locale: Locale) -> dict[str, Any]:
    found = levers.shown(told.deployment)
    return {
        **found, "detail": kept(found["detail"], locale), "approvals": [levers.plain(one) for one in told.approvals],
        "timeline": [{**levers.plain(one), "detail": kept(one.detail, locale)} for one in told.moments],
        "remedy": remedy_of(found["code"] or found["trouble"], locale),
    }  # fmt: skip


@router.get("/api/services", response_model=shapes.ServiceList)
async def list_services(desk: OurDesk, found: OurLevers) -> Any:
    """Services and environments: what is live, what waits, locks and freezes."""
    rows = {(row.service, row.environment): row for row in await desk.database.read(levers.read_board, desk)}
    return {"services": [
        {
            "name": name, "repository": next((one.repository for one in environments.values()), None),
            "environments": [
                {"name": one.name, "lane": one.lane, "runner": one.runner, "after": one.rules.after,
                 "approvals": None if one.rules.policy is None else levers.plain(one.rules.policy), **_row(rows[name, one.name])}
                for one in environments.values()],
        }
        for name, environments in found.catalogue.services.items()]}  # fmt: skip


def _row(row: LaneRow) -> dict[str, Any]:
    live = row.live
    return {
        "live": None if live is None else {
            "deployment": live.id, "ref": live.ref, "sha": live.sha, "sha_url": live.sha_url, "at": live.ended_at, "by": live.requested_by or live.cause},
        "active": None if row.active is None else _waiting(row.active), "waiting": [_waiting(one) for one in row.waiting],
        "lock": None if row.lock is None else levers.plain(row.lock), "freeze": None if row.freeze is None else levers.plain(row.freeze),
    }  # fmt: skip


def _waiting(one: DeploymentView) -> dict[str, Any]:
    return {"deployment": one.id, "state": one.state}
