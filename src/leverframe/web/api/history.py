"""Events and deliveries in the API."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from leverframe.core import ids
from leverframe.core.errors import Refused
from leverframe.core.kept_details import kept
from leverframe.store import delivery_pages, event_pages, recoveries
from leverframe.store.deliveries import State
from leverframe.store.delivery_pages import DeliveryRow, Filter, Wait
from leverframe.store.event_pages import EventRow, Fired
from leverframe.store.recoveries import Recovery
from leverframe.web import acts
from leverframe.web.api import shapes
from leverframe.web.api.asked import Asked, Count, OurDesk, cursor, locale_of, remedy_of, who
from leverframe.web.api.shapes import Word
from leverframe.web.asking import identifier, moment
from leverframe.web.desk import Desk

router = APIRouter()
_OUTCOMES = ("delivered", "retry", "rejected")


def _event(event: EventRow, fired: list[Fired], recovered: Recovery | None) -> dict[str, Any]:
    return {
        "recovered": None if recovered is None else {"first_tried_at": recovered.first_at, "status": recovered.status, "tries": recovered.tries},
        "id": ids.show("evt", event.id), "source": event.source, "event": event.full_name, "name": event.name, "action": event.action,
        "repo": event.repo, "delivery_id": event.delivery_id, "received_at": event.received_at,
        "fired": [{"route": one.route, "destination": one.destination, "state": State(one.state).name.lower()} for one in fired]}


@router.get("/api/events", response_model=shapes.EventList)
async def list_events(
    desk: OurDesk, source: Asked = None, event: Asked = None, repo: Asked = None, since: Asked = None, before: Asked = None, limit: Count = 50
) -> Any:
    """Events, newest first."""
    after = moment("since", since, now=desk.clock.now(), ahead=False, timezone=desk.timezone) if since else None
    found = await desk.database.read(
        event_pages.page, source=source, event=event, repo=repo, since=after, before=cursor("evt", before), limit=limit + 1)
    rows = found[:limit]
    fired = await desk.database.read(event_pages.fired, [row.id for row in rows])
    late = await desk.database.read(recoveries.of_events, [row.id for row in rows])
    return {"events": [_event(row, fired[row.id], late.get(row.id)) for row in rows], "next": ids.show("evt", rows[-1].id) if len(found) > limit else None}


@router.get("/api/events/{event}", response_model=shapes.EventWhole)
async def read_event(desk: OurDesk, event: Word) -> Any:
    """One event with its headers and payload."""
    event_id = identifier("evt", event)
    row = await desk.database.read(event_pages.one, event_id)
    if row is None:
        raise Refused("event_unknown", event)
    body = await desk.database.read(event_pages.body, event_id)
    payload: Any = None
    if body is not None:
        try:
            payload = json.loads(body.body)
        except (ValueError, RecursionError):
            payload = body.body.decode("utf-8", "replace")
    fired = await desk.database.read(event_pages.fired, [event_id])
    late = await desk.database.read(recoveries.of_events, [event_id])
    whole = {**_event(row, fired[event_id], late.get(event_id)), "headers": None if body is None else dict(body.headers), "payload": payload}
    # A payload may hold what UTF-8 cannot (lone surrogates); \\u escapes can.
    shown = shapes.EventWhole.model_validate(whole).model_dump(mode="json", exclude={"payload"})
    return Response(json.dumps({**shown, "payload": payload}), media_type="application/json")


@router.get("/api/events/{event}/explain", response_model=shapes.Explanations)
async def explain_event(desk: OurDesk, event: Word, request: Request) -> Any:
    """Why each route fired for an event, or did not."""
    event_id = identifier("evt", event)
    if await desk.database.read(event_pages.one, event_id) is None:
        raise Refused("event_unknown", event)
    return {"routes": await desk.routes.explain_stored(event_id, locale_of(request))}


def _delivery(row: DeliveryRow, wait: Wait | None) -> dict[str, Any]:
    return {
        "id": ids.show("dlv", row.id), "event_id": ids.show("evt", row.event_id), "event": row.event, "repo": row.repo,
        "destination": row.destination, "route": row.route, "state": row.state.name.lower(), "role": row.role.name.lower(),
        "thread": row.order_key or None, "attempts": row.attempt, "created_at": row.created_at, "scheduled_at": row.scheduled_at,
        "ended_at": row.ended_at, "code": row.code, "next_try_at": wait and wait.next_at, "waits": wait and wait.reason,
        "waits_after": wait and wait.code}


def _moment(desk: Desk, name: str, text: str | None) -> Any:
    return moment(name, text, now=desk.clock.now(), ahead=False, timezone=desk.timezone) if text else None


@router.get("/api/deliveries", response_model=shapes.DeliveryList)
async def list_deliveries(
    desk: OurDesk, state: shapes.StateName | None = None, destination: Asked = None, route: Asked = None, event: Asked = None, since: Asked = None,
    until: Asked = None, before: Asked = None, limit: Count = 50,
) -> Any:
    """Deliveries, newest first."""
    which = Filter(
        state=delivery_pages.state_of(state) if state else None, destination=destination, route=route, event_id=cursor("evt", event),
        since=_moment(desk, "since", since), until=_moment(desk, "until", until))
    found = await desk.database.read(delivery_pages.page, which, before=cursor("dlv", before), limit=limit + 1)
    rows = found[:limit]
    waits = await desk.database.read(delivery_pages.waits, rows, desk.clock.now())
    return {"deliveries": [_delivery(row, waits.get(row.id)) for row in rows], "next": ids.show("dlv", rows[-1].id) if len(found) > limit else None}


@router.post("/api/deliveries/retry", response_model=shapes.Retried)
async def retry_deliveries(desk: OurDesk, asked: shapes.RetryAsked, request: Request) -> Any:
    """Send all deliveries that match again; dry_run counts them."""
    which = Filter(state=delivery_pages.state_of(asked.state), destination=asked.destination, route=asked.route, since=_moment(desk, "since", asked.since), until=_moment(desk, "until", asked.until))
    if asked.dry_run:
        return {"count": await acts.would_retry(desk, which), "dry_run": True}
    return {"count": await acts.retry_matching(desk, who(request), which, rate_per_s=asked.rate_per_s)}


@router.get("/api/deliveries/{delivery}", response_model=shapes.DeliveryWhole)
async def read_delivery(desk: OurDesk, delivery: Word, request: Request) -> Any:
    """One delivery with its attempts."""
    delivery_id, locale = identifier("dlv", delivery), locale_of(request)
    row = await desk.database.read(delivery_pages.one, delivery_id)
    if row is None:
        raise Refused("delivery_unknown", delivery)
    tries = [
        {"number": one.number, "started_at": one.started_at, "duration_ms": one.duration_ms, "outcome": _OUTCOMES[one.outcome],
         "status": one.status, "code": one.code, "remedy": remedy_of(one.code, locale), "detail": kept(one.detail, locale)}
        for one in await desk.database.read(delivery_pages.tries, delivery_id)]
    waits = await desk.database.read(delivery_pages.waits, [row], desk.clock.now())
    return {**_delivery(row, waits.get(row.id)), "tries": tries, "remedy": remedy_of(row.code, locale)}


@router.post("/api/deliveries/{delivery}/retry", response_model=shapes.Retried)
async def retry_delivery(desk: OurDesk, delivery: Word, request: Request) -> Any:
    """Send one delivery again."""
    return {"count": await acts.retry(desk, who(request), identifier("dlv", delivery))}
