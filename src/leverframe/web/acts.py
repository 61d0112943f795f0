"""What people change through pages and API, each with its audit entry: invitations, tokens, mutes, retries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Concatenate, ParamSpec

from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.access import Identity, exceeds, matches, means_nothing
from leverframe.core.details import Detail, about, detail
from leverframe.core.errors import Refused
from leverframe.store import delivery_pages, event_pages, mutes, people, tokens
from leverframe.store.deliveries import State
from leverframe.store.delivery_pages import Filter
from leverframe.web.desk import Desk

P = ParamSpec("P")
INVITATION_LIFETIME = timedelta(hours=72)
LONGEST_TOKEN_DAYS = 366
LONGEST_MUTE = timedelta(days=366)


def _found(work: Callable[Concatenate[Connection, P], bool], code: str, name: str) -> Callable[Concatenate[Connection, P], None]:
    """Return ``work`` refusing ``name`` with ``code`` where it was not found, so that no audit entry tells of an act that was none."""

    def needed(conn: Connection, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if not work(conn, *args, **kwargs):
            raise Refused(code, name[:100])

    return needed


def link(url: str, secret: str) -> str:
    """Return the address that signs somebody in."""
    return f"{url.rstrip('/')}/login?token={secret}"


async def invite(desk: Desk, identity: Identity, *, person: str, role: str) -> tuple[str, datetime]:
    """Return a one-time link for ``person`` and when it ends; raises ``Refused("request_invalid")`` for an unknown role or a bad name."""
    if role not in desk.roles:
        raise Refused("request_invalid", about("role", "one_of", known=", ".join(sorted(desk.roles))))
    now = desk.clock.now()
    secret = await desk.act(
        identity, "people.invite", f"{person} as {role}", people.invite, person=person, role=role, now=now, lifetime=INVITATION_LIFETIME)
    return link(desk.url, secret), now + INVITATION_LIFETIME


async def withdraw(desk: Desk, identity: Identity, person: str) -> None:
    """End the invitation of ``person``, whose link then lets nobody in; raises ``Refused("invitation_unknown")`` when none is open."""
    await desk.act(identity, "people.withdraw", person, _found(people.withdraw, "invitation_unknown", person), person, desk.clock.now())


async def disable(desk: Desk, identity: Identity, person: str) -> None:
    """Lock ``person`` out; raises ``Refused("person_unknown")`` when nobody enabled has this name."""
    await desk.act(identity, "people.disable", person, _found(people.disable, "person_unknown", person), person, desk.clock.now())


def _end(desk: Desk, days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Refused("request_invalid", about("days", "from_to", least=1, most=LONGEST_TOKEN_DAYS))
    return desk.clock.now() + timedelta(days=days)


async def issue_api_token(desk: Desk, identity: Identity, *, name: str, grants: Sequence[str], days: int) -> str:
    """Return the secret of a new API token; raises ``Refused``: ``request_invalid``, ``grant_unknown``, ``name_taken``,
    ``not_allowed`` beyond one's own grants. One that a token issues is a child of it, which ends with it at the latest."""
    for grant in grants:
        if means_nothing(grant, desk.verbs):
            raise Refused("grant_unknown", _near(grant[:100], grant.split()[0], desk.verbs))
    wider = exceeds([grant for grant in grants if grant.strip()], identity)
    if wider:
        raise Refused("not_allowed", detail("grants_not_held", grants=", ".join(wider)[:200]))
    return await desk.act(
        identity, "tokens.issue", f"{name}: {', '.join(grants)}", tokens.issue_api, name=name, grants=grants, by=identity.actor,
        now=desk.clock.now(), expires_at=_end(desk, days), parent=identity.name if identity.kind == "token" else None)


async def revoke_api_token(desk: Desk, identity: Identity, name: str, *, anybodys: bool) -> None:
    """End an API token (one's own, or ``anybodys``) and those issued with it; raises ``Refused("token_unknown")``."""
    own = None if anybodys else identity.actor
    await desk.act(identity, "tokens.revoke", name, _found(tokens.revoke_api, "token_unknown", name), name, desk.clock.now(), by=own)


async def own_api_tokens(desk: Desk, identity: Identity, *, anybodys: bool) -> list[tokens.ApiToken]:
    """Return one's own API tokens, or ``anybodys``."""
    return await desk.database.read(tokens.all_api, by=None if anybodys else identity.actor)


async def issue_hook_token(desk: Desk, identity: Identity, *, name: str, rooms: Sequence[str], days: int | None) -> str:
    """Return the secret of a new hook token; raises ``Refused``: ``request_invalid``, ``room_unknown``, ``name_taken``."""
    for room in rooms:
        _reachable(desk, room.strip())
    return await desk.act(
        identity, "hook-tokens.issue", f"{name}: {', '.join(rooms)}", tokens.issue_hook, name=name, rooms=rooms, by=identity.actor,
        now=desk.clock.now(), expires_at=_end(desk, days))


def _reachable(desk: Desk, pattern: str) -> None:
    """Raise ``Refused("room_unknown")`` when ``pattern`` (``chat:room``, a glob) reaches no room that the hub could write to."""
    chat, colon, room = pattern.partition(":")
    if not pattern:
        return  # an empty line of a form
    if not colon:
        if any(matches(pattern, f"{name}:#room") for name in desk.chats):
            return
        guess = f"#{pattern.lstrip('#')}"
        fitting = next((name for name, refusal in desk.chats.items() if refusal(guess) is None), None)
        raise Refused("room_unknown", about(pattern[:100], "perhaps", near=f"{fitting}:{guess[:80]}") if fitting else pattern[:100])
    if not room or not any(matches(chat, name) for name in desk.chats):
        raise Refused("room_unknown", _near(pattern[:100], chat, desk.chats, f":{room[:80]}"))
    if chat in desk.chats and not any(letter in room for letter in "*?[") and (reason := desk.chats[chat](room)) is not None:
        raise Refused("room_unknown", reason.within(pattern[:100]))


def _near(met: str, word: str, known: Iterable[str], rest: str = "") -> str | Detail:
    """Return what was met, and which of ``known`` was probably meant by ``word`` of it."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return about(met, "perhaps", near=f"{close[0]}{rest}") if close else met


async def revoke_hook_token(desk: Desk, identity: Identity, name: str) -> None:
    """End a hook token; raises ``Refused("token_unknown")``."""
    await desk.act(identity, "hook-tokens.revoke", name, _found(tokens.revoke_hook, "token_unknown", name), name, desk.clock.now())


async def mute(desk: Desk, identity: Identity, *, target: str, until: datetime, reason: str) -> None:
    """Silence ``route:NAME`` or ``room:CHAT:ROOM``; raises ``Refused``: ``route_unknown``, ``request_invalid`` for another target, and for a
    moment that is past or more than :data:`LONGEST_MUTE` away."""
    kind, _, rest = target.partition(":")
    if kind == "route" and rest not in {route.route for route in desk.routes.listed()}:
        raise Refused("route_unknown", rest[:100])
    if kind not in ("route", "room") or not rest or (kind == "room" and ":" not in rest):
        raise Refused("request_invalid", about("target", "target_of_mute"))
    if until <= desk.clock.now():
        raise Refused("request_invalid", about("until", "past"))
    if until > desk.clock.now() + LONGEST_MUTE:
        raise Refused("request_invalid", about("until", "until_at_most", most=LONGEST_MUTE.days))
    await desk.act(identity, "mutes.set", target, mutes.mute, target=target, until=until, reason=reason, by=identity.actor)


async def unmute(desk: Desk, identity: Identity, target: str) -> None:
    """End a mute; raises ``Refused("mute_unknown")``."""
    await desk.act(identity, "mutes.end", target, _found(mutes.unmute, "mute_unknown", target), target=target)


async def retry(desk: Desk, identity: Identity, delivery_id: int) -> int:
    """Owe one delivery again, whatever became of it; returns 1. Raises ``Refused``: ``delivery_unknown``, ``body_expired``."""
    delivery = await desk.database.read(delivery_pages.one, delivery_id)
    if delivery is None:
        raise Refused("delivery_unknown", ids.show("dlv", delivery_id))
    if not await desk.database.read(event_pages.has_body, delivery.event_id):
        raise Refused("body_expired", ids.show("evt", delivery.event_id))  # it would turn what was sent into a dead letter
    count = await desk.redrive.retry([delivery_id])
    await desk.record(identity.actor, "deliveries.retry", ids.show("dlv", delivery_id), detail={"count": count})
    return count


async def retry_matching(desk: Desk, identity: Identity, which: Filter, *, rate_per_s: float | None) -> int:
    """Owe again all deliveries that match (the dead ones, unless another state is named) and return how many."""
    state = State.DEAD if which.state is None else which.state
    count = await desk.redrive.retry_matching(
        state=state.name.lower(), destination=which.destination, since=which.since, until=which.until, route=which.route, rate_per_s=rate_per_s)
    named = {"state": state.name.lower(), "destination": which.destination, "route": which.route}
    target = ", ".join(f"{name}={value}" for name, value in named.items() if value)
    await desk.record(identity.actor, "deliveries.retry", target, detail={"count": count})
    return count


async def would_retry(desk: Desk, which: Filter) -> int:
    """Return how many deliveries :func:`retry_matching` would take now."""
    state = State.DEAD if which.state is None else which.state
    return await desk.database.read(delivery_pages.count, replace(which, state=state, sayable=True))
