"""Dispatches in the API: workflows started for whoever has the grant, and no token of GitHub's."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from leverframe.core.deployments.dispatching import Status
from leverframe.core.dispatches import EVENT_TYPE
from leverframe.core.errors import Locale
from leverframe.core.kept_details import kept
from leverframe.store import deployments
from leverframe.web import dispatches
from leverframe.web.api.asked import Asked, Count, OurDesk, cursor, locale_of, remedy_of, who
from leverframe.web.api.levers import Seen, Wait
from leverframe.web.api.shapes import Word, _Answer, _Asked
from leverframe.web.levers import watched
from leverframe.work.dispatch import Wanted

router = APIRouter()
Reason = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class DispatchAsked(_Asked):
    """A workflow to be started: GitHub's ``repository_dispatch``."""

    project: Word = Field(description="owner/name on GitHub")
    event_type: Word = Field(EVENT_TYPE, description="what the workflow lists under on.repository_dispatch.types")
    client_payload: dict[str, Any] = Field({}, description="any object that GitHub takes: ten keys at its top, less than 64 KB; the hub adds the key leverframe where one is left")
    environment: Word = Field("", description="what it is for: the workflow finds it in client_payload.leverframe.environment")
    reason: Reason = Field("", description="why, for people; those of everybody who joins are listed")
    idempotency_key: Word | None = Field(None, description="a name of your own for this request: what comes again under it is answered as before, and not done again")


class RequestShape(_Answer):
    at: datetime
    by: str
    reason: str


class DispatchShape(_Answer):
    """A dispatch, and how it stands."""

    id: str
    status: Status = Field(description="accepted: kept here; sent: GitHub took it; run_found, succeeded, failed, cancelled: the run; unknown: nobody knows whether it was sent, settle it; dead: it was not sent, and may be retried")
    ended: bool
    version: int = Field(description="grows with every change; give it as seen to wait for the next")
    project: str
    event_type: str
    environment: str
    client_payload: dict[str, Any] = Field(description="as it was asked for, without what the hub adds; what looks like a secret is masked")
    correlation_id: str = Field(description="client_payload.leverframe.id; the run is found by it where run-name holds it")
    followed: bool = Field(description="whether the run is looked for; false where the payload has no key left, or the configuration says so")
    joined: int = Field(description="how many requests became this one")
    requests: list[RequestShape]
    not_before: datetime | None = Field(description="until then others may join it")
    requested_at: datetime
    changed_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    run_number: str
    run_url: str | None
    step: str
    code: str = Field(description="what is in the way, or why it ended badly")
    detail: str
    remedy: str | None = Field(description="what to do about its code")


class DispatchTaken(DispatchShape):
    joined_another: bool = Field(description="whether somebody had asked for the same before, so that both are one")
    repeated: bool = Field(description="whether it is the same request, sent again")


class DispatchList(_Answer):
    dispatches: list[DispatchShape]
    next: str | None = Field(description="give it as before to read on; null at the end")


@router.post("/api/dispatches", response_model=DispatchTaken, status_code=202)
async def start_dispatch(desk: OurDesk, asked: DispatchAsked, request: Request, response: Response) -> Any:
    """Start a workflow (repository_dispatch)."""
    taken = await dispatches.dispatch(desk, who(request), Wanted(
        project=asked.project, event_type=asked.event_type, payload=asked.client_payload, environment=asked.environment, reason=asked.reason,
        key=asked.idempotency_key,
    ))  # fmt: skip
    response.headers["Location"] = f"/api/dispatches/{taken.deployment.id}"
    return {**_whole(taken.deployment, locale_of(request)), "joined_another": taken.joined, "repeated": taken.repeated}


@router.get("/api/dispatches", response_model=DispatchList)
async def list_dispatches(desk: OurDesk, request: Request, project: Asked = None, event_type: Asked = None, before: Asked = None, limit: Count = 50) -> Any:
    """Dispatches, newest first."""
    rows = await desk.database.read(
        deployments.past, service=project, environment=event_type, family="dispatch", before=cursor("dep", before), limit=limit + 1
    )
    locale = locale_of(request)
    # Beside the loop: the payloads of a long list take a minute.
    found = await asyncio.to_thread(lambda: [_whole(one, locale) for one in rows[:limit]])
    return {"dispatches": found, "next": rows[limit - 1].id if len(rows) > limit else None}


@router.get("/api/dispatches/{dispatch}", response_model=DispatchShape)
async def read_dispatch(desk: OurDesk, dispatch: Word, request: Request, wait: Wait = 0, seen: Seen = None) -> Any:
    """How a dispatch stands; wait for it to change."""
    known = await desk.database.read(dispatches.read_one, desk, who(request), dispatch)
    told = await watched(desk, known.id, seen=seen, wait_s=wait)
    return _whole(told.deployment, locale_of(request))


@router.post("/api/dispatches/{dispatch}/retry", response_model=DispatchShape)
async def retry_dispatch(desk: OurDesk, dispatch: Word, request: Request) -> Any:
    """Send a dead dispatch anew, or run a failed one once more."""
    return _whole(await dispatches.retry(desk, who(request), dispatch), locale_of(request))


def _whole(deployment: Any, locale: Locale) -> dict[str, Any]:
    found = dispatches.shown(deployment)
    return {**found, "detail": kept(found["detail"], locale), "remedy": remedy_of(found["code"], locale)}
