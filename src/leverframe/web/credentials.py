"""Who sent a request: the operator's socket, an API token, or a session's cookie."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec

from sqlalchemy import Connection

from leverframe.core.access import ANONYMOUS, Identity, held, roles_of
from leverframe.core.errors import Refused
from leverframe.store import people, tokens
from leverframe.store.people import Session
from leverframe.web.desk import Desk

P = ParamSpec("P")
COOKIE = "leverframe_session"
log = logging.getLogger(__name__)


def cookie_of(headers: Mapping[str, str]) -> str | None:
    """Return the session's cookie, if the request brought one."""
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.partition("=")
        if name.strip() == COOKIE:
            return value.strip() or None
    return None


async def identify(desk: Desk, headers: Mapping[str, str], *, used: bool = True) -> tuple[Identity, Session | None]:
    """Return who sent a request with these headers (lower-case names), and their session if they came by cookie.

    ``used``: it counts as a use, which keeps a session alive and is shown beside a token.
    Raises ``Refused("token_invalid")`` for a bearer token that is not live: it is not passed over for a cookie.
    """
    authorization = headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Refused("token_invalid", "Authorization: Bearer lf_…")
        if desk.pipelines is not None and _is_signed(secret.strip()):
            return await desk.pipelines.identity(secret.strip()), None
        return await _by_token(desk, secret.strip(), used), None
    cookie = cookie_of(headers)
    return (ANONYMOUS, None) if cookie is None else await _by_session(desk, cookie, used)


def _is_signed(secret: str) -> bool:
    """Return whether it is a JSON web token: three parts, the first a JSON object in base64."""
    return secret.startswith("eyJ") and secret.count(".") == 2


async def _by_token(desk: Desk, secret: str, used: bool) -> Identity:
    now = desk.clock.now()
    token = await desk.database.read(tokens.api_by_secret, secret, now)
    if token is None:
        raise Refused("token_invalid")
    kind, _, name = token.by.partition(":")
    within: tuple[str, ...] | None = None
    if kind == "person":
        issuer = await desk.database.read(people.person, name)
        enabled = issuer is not None and issuer.disabled_at is None
        within = held(desk.roles, role=issuer.role, actor=token.by) if issuer is not None and enabled else ()
    if used and tokens.use_is_due(token, now):
        await _when_possible(desk, tokens.used_api, token.name, now)
    return Identity(kind="token", name=token.name, grants=token.grants, within=within)


async def _by_session(desk: Desk, cookie: str, used: bool) -> tuple[Identity, Session | None]:
    now = desk.clock.now()
    session = await desk.database.read(people.session, cookie, now)
    if session is None:
        return ANONYMOUS, None
    until = people.prolonged(session, now)
    if used and until is not None:
        await _when_possible(desk, people.prolong, cookie, until)
    actor = f"person:{session.person}"
    grants, roles = held(desk.roles, role=session.role, actor=actor), roles_of(desk.roles, role=session.role, actor=actor)
    return Identity(kind="person", name=session.person, grants=grants, roles=roles), session


async def _when_possible(desk: Desk, work: Callable[Concatenate[Connection, P], None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Write what is good to know; where the disk is full, people still read their pages."""
    try:
        await desk.database.write(work, *args, **kwargs)
    except Refused as refused:
        log.warning("a use of a credential was not written down: %s", refused.code)
