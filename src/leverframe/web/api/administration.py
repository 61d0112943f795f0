"""Routes, mutes, tokens and people in the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from leverframe.core.access import Allowed, allowed
from leverframe.store import mutes
from leverframe.store import people as people_store
from leverframe.store import tokens as token_store
from leverframe.web import acts
from leverframe.web.api import shapes
from leverframe.web.api.asked import OurDesk, locale_of, who
from leverframe.web.api.shapes import Word
from leverframe.web.asking import moment

router = APIRouter()


@router.get("/api/routes", response_model=shapes.RouteList)
async def list_routes(desk: OurDesk) -> Any:
    """The configured routes."""
    silent = {mute["target"]: mute["until"] for mute in await desk.database.read(mutes.listed, now=desk.clock.now())}
    return {"routes": [
        {"name": route.route, "source": route.source or None, "events": list(route.events), "destinations": list(route.destinations),
         "muted_until": silent.get(f"route:{route.route}")} for route in desk.routes.listed()]}


@router.post("/api/routes/explain", response_model=shapes.Explanations)
async def explain_routes(desk: OurDesk, asked: shapes.ExplainAsked, request: Request) -> Any:
    """What each route would say of an event that you bring."""
    return {"routes": await desk.routes.explain_given(source=asked.source, event=asked.event, payload=asked.payload, locale=locale_of(request))}


@router.post("/api/routes/test", response_model=shapes.Tested)
async def test_route(desk: OurDesk, asked: shapes.TestAsked, request: Request) -> Any:
    """Send a sample through a route."""
    destinations = await desk.routes.test(asked.route)
    await desk.record(who(request).actor, "routes.test", asked.route)
    return {"destinations": list(destinations)}


@router.get("/api/mutes", response_model=shapes.MuteList)
async def list_mutes(desk: OurDesk) -> Any:
    """Mutes in force."""
    return {"mutes": await desk.database.read(mutes.listed, now=desk.clock.now())}


@router.post("/api/mutes", response_model=shapes.MuteShape, status_code=201)
async def mute(desk: OurDesk, asked: shapes.MuteAsked, request: Request) -> Any:
    """Mute a route or a room until a time."""
    until = moment("until", asked.until, now=desk.clock.now(), ahead=True, timezone=desk.timezone)
    await acts.mute(desk, who(request), target=asked.target, until=until, reason=asked.reason)
    return {"target": asked.target, "until": until, "reason": asked.reason, "by": who(request).actor}


@router.delete("/api/mutes/{target:path}", status_code=204)
async def unmute(desk: OurDesk, target: Word, request: Request) -> Response:
    """End a mute."""
    await acts.unmute(desk, who(request), target)
    return Response(status_code=204)


def _may_all(request: Request) -> bool:
    return isinstance(allowed(who(request), ("admin",)), Allowed)


@router.get("/api/tokens", response_model=shapes.ApiTokenList)
async def list_tokens(desk: OurDesk, request: Request) -> Any:
    """Your API tokens; an administrator's: everybody's."""
    found = await acts.own_api_tokens(desk, who(request), anybodys=_may_all(request))
    return {"tokens": [shapes.ApiTokenShape.model_validate(token, from_attributes=True) for token in found]}


@router.post("/api/tokens", response_model=shapes.Issued, status_code=201)
async def issue_token(desk: OurDesk, asked: shapes.ApiTokenAsked, request: Request) -> Any:
    """Issue an API token within your own grants."""
    secret = await acts.issue_api_token(desk, who(request), name=asked.name, grants=asked.grants, days=asked.days)
    return {"name": asked.name, "token": secret}


@router.delete("/api/tokens/{name}", status_code=204)
async def revoke_token(desk: OurDesk, name: Word, request: Request) -> Response:
    """Revoke an API token."""
    await acts.revoke_api_token(desk, who(request), name, anybodys=_may_all(request))
    return Response(status_code=204)


@router.get("/api/hook-tokens", response_model=shapes.HookTokenList)
async def list_hook_tokens(desk: OurDesk) -> Any:
    """Tokens of /hook and /teams/incoming."""
    found = await desk.database.read(token_store.all_hook)
    return {"tokens": [shapes.HookTokenShape.model_validate(token, from_attributes=True) for token in found]}


@router.post("/api/hook-tokens", response_model=shapes.Issued, status_code=201)
async def issue_hook_token(desk: OurDesk, asked: shapes.HookTokenAsked, request: Request) -> Any:
    """Issue a token for /hook and /teams/incoming, for some rooms."""
    secret = await acts.issue_hook_token(desk, who(request), name=asked.name, rooms=asked.rooms, days=asked.days)
    return {"name": asked.name, "token": secret}


@router.delete("/api/hook-tokens/{name}", status_code=204)
async def revoke_hook_token(desk: OurDesk, name: Word, request: Request) -> Response:
    """Revoke a hook token."""
    await acts.revoke_hook_token(desk, who(request), name)
    return Response(status_code=204)


@router.get("/api/people", response_model=shapes.PeopleList)
async def list_people(desk: OurDesk) -> Any:
    """Everybody, and open invitations."""
    found = await desk.database.read(people_store.everybody)
    invited = await desk.database.read(people_store.open_invitations, desk.clock.now())
    return {"people": [shapes.PersonShape.model_validate(one, from_attributes=True) for one in found],
            "invitations": [{"name": one.person, "role": one.role, "expires_at": one.expires_at} for one in invited]}


@router.post("/api/people/invitations", response_model=shapes.Invited, status_code=201)
async def invite(desk: OurDesk, asked: shapes.InviteAsked, request: Request) -> Any:
    """Make a one-time link for somebody."""
    link, until = await acts.invite(desk, who(request), person=asked.name, role=asked.role)
    return {"name": asked.name, "role": asked.role, "link": link, "expires_at": until}


@router.delete("/api/people/invitations/{name}", status_code=204)
async def withdraw_invitation(desk: OurDesk, name: Word, request: Request) -> Response:
    """Withdraw the link that somebody has not used yet."""
    await acts.withdraw(desk, who(request), name)
    return Response(status_code=204)


@router.delete("/api/people/{name}", status_code=204)
async def disable_person(desk: OurDesk, name: Word, request: Request) -> Response:
    """Lock somebody out."""
    await acts.disable(desk, who(request), name)
    return Response(status_code=204)
