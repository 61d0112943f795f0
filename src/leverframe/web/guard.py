"""The guard stands at every door but the signed ones: size, rate, identity, permission, origin and form token, then the handler.

What it refuses becomes a problem document or a page; an unexpected error becomes a 500 that names only an id of the log.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from leverframe.core.access import ANONYMOUS, Denied, Identity, allowed
from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.store.people import Session
from leverframe.web import bodies, pages, problems
from leverframe.web.credentials import identify
from leverframe.web.desk import Desk
from leverframe.web.doors import Door
from leverframe.web.entrance import leads_in
from leverframe.web.origins import SAFE_METHODS, content_policy, origin_matches, playground_is_open
from leverframe.web.rates import address_of
from leverframe.web.refusals import RefusalLog

log = logging.getLogger(__name__)

# https://owasp.org/www-project-secure-headers/ ; a referrer policy of no-referrer would make browsers send "Origin: null".
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", content_policy().encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_OF_SOMEBODY = frozenset({"person", "playground", "session"})
"""What anybody signed in may do …"""
_OF_TOKENS = {"person": "admin", "playground": "playground.use"}
"""… but a token only with a grant: it does what it was issued for, and neither speaks for people nor makes more of its kind."""


class Guard:
    """One for the process; ``refusals`` is also what the inbound doors report to."""

    def __init__(self, desk: Desk, refusals: RefusalLog) -> None:
        self.desk, self.refusals, self._rates = desk, refusals, refusals.rates

    async def answer(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through ``door`` or answer why not; never raises but for cancellation."""
        scope.setdefault("state", {})
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = list(message.get("headers", ()))
                own = {name.lower() for name, _ in headers}
                headers.extend(one for one in SECURITY_HEADERS if one[0] not in own)
                if b"cache-control" not in own:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._entered(door, scope, receive, sending)
            return
        except ClientDisconnect:
            return
        except Refused as refused:
            if started:
                log.warning("refused after the answer began: %s", refused.code)
                return
            response = self._response(scope, self._refusal(door, scope, refused))
        except Exception:
            failure = secrets.token_hex(6)
            log.exception("unexpected error %s at %s %s", failure, door.method, door.path)
            if started:
                return
            response = self._response(scope, Refused("internal", failure))
        await response(scope, receive, sending)

    async def refuse(self, scope: Scope, receive: Receive, send: Send, refused: Refused, *, allow: str | None = None) -> None:
        """Answer what no door takes; ``allow`` are the methods that this address has."""
        response = self._response(scope, refused)
        response.raw_headers.extend([*SECURITY_HEADERS, *([(b"allow", allow.encode())] if allow else [])])
        await response(scope, receive, send)

    def _response(self, scope: Scope, refused: Refused) -> Response:
        """Return a refusal as this asker reads it: a page for a browser, a problem document for everybody else."""
        headers = _headers(scope)
        locale = problems.locale_of(headers.get("accept-language"), self.desk.locale)
        if not problems.prefers_html(headers.get("accept")):
            return problems.problem(refused, locale)
        return pages.problem(refused, locale, leads_in=leads_in(self.desk, scope, headers, refused))

    async def _entered(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        headers, state = _headers(scope), scope["state"]
        state["locale"] = problems.locale_of(headers.get("accept-language"), self.desk.locale)
        body_comes = bodies.check_length(dict(scope["headers"]), door.body_cap)
        if "\0" in scope["path"]:
            raise Refused("request_invalid", detail("nul_in_path"))
        if door.limit.per == "address":
            self._within(door, "address", address_of(scope.get("client")))
        identity, session = await self._who(door, scope, headers)
        state["identity"], state["session"], state["sites"] = identity, session, self.desk.sites is not None
        state["prove"] = _nothing_to_prove
        state["still"] = partial(self._still, door, scope, headers, identity)
        self._permitted(door, identity, scope)
        if door.limit.per == "identity" and identity.kind != "operator":
            self._within(door, "identity", identity.actor)
        body = b""
        if door.streams:
            receive = bodies.counted(receive, door.body_cap, state)
        elif body_comes:
            body = await bodies.whole(receive, door.body_cap)
            receive = bodies.replayed(body, receive)
        if scope["method"] not in SAFE_METHODS:
            self._own_page(identity, session, headers, body, door, state)
        await _call(door, scope, receive, send)

    def _within(self, door: Door, *key: str) -> None:
        wait_s = self._rates.wait_s(door.limit.rate, *key)
        if wait_s is not None:
            raise Refused("too_often", retry_after_s=wait_s)

    async def _still(self, door: Door, scope: Scope, headers: Mapping[str, str], identity: Identity) -> bool:
        """Return whether the same request would be let in now; for an answer that goes on for hours. Looking is no use of a session."""
        try:
            now, _ = await self._who(door, scope, headers, used=False)
            self._permitted(door, now, scope)
        except Refused as refused:
            return refused.status >= 500  # the database is away, which says nothing of anybody
        return now.actor == identity.actor

    async def _who(self, door: Door, scope: Scope, headers: Mapping[str, str], *, used: bool = True) -> tuple[Identity, Session | None]:
        operator = scope["state"].get("operator")
        if operator:
            return Identity(kind="operator", name=operator if isinstance(operator, str) else "", grants=("*",)), None
        if door.permission == "open":
            return ANONYMOUS, None
        if door.permission == "playground" and playground_is_open(
            url=self.desk.url, method=scope["method"], headers=headers, client=scope.get("client")
        ):
            return Identity(kind="playground", name="guest"), None
        return await identify(self.desk, headers, used=used)

    def _permitted(self, door: Door, identity: Identity, scope: Scope) -> None:
        if door.permission == "open":
            return
        if identity.kind == "anonymous":
            raise Refused("sign_in_required")
        words = _OF_TOKENS.get(door.permission, door.permission) if identity.kind == "token" else door.permission
        if words in _OF_SOMEBODY:
            return
        match allowed(identity, _filled(words, scope), self.desk.roles):
            case Denied() as denied:
                raise Refused("not_allowed", denied.detail)

    def _own_page(self, identity: Identity, session: Session | None, headers: Mapping[str, str], body: bytes, door: Door, state: dict[str, Any]) -> None:
        """Refuse a write that a page of another site makes with this browser's cookie, or with a link of somebody else's."""
        if identity.kind not in ("person", "anonymous"):
            return
        origin = headers.get("origin")
        if origin is not None and not origin_matches(origin, url=self.desk.url, host=headers.get("host")):
            raise Refused("origin_mismatch", origin[:200])
        if session is None:
            return
        given = headers.get("x-csrf-token")
        if given is None and door.streams:
            state["prove"] = partial(_prove, session)  # the token may be in the body, which the handler reads
            return
        if given is None and headers.get("content-type", "").split(";")[0].strip().lower() == "application/x-www-form-urlencoded":
            given = dict(parse_qsl(body.decode("utf-8", "replace"))).get("csrf")
        _prove(session, given)

    def _refusal(self, door: Door, scope: Scope, refused: Refused) -> Refused:
        """Take note of a refusal; returns what to answer."""
        identity: Identity = scope["state"].get("identity", ANONYMOUS)
        target, act = _shown_path(door, scope), f"{door.method} {door.path}"
        if identity.kind != "anonymous":
            self.refusals.of_somebody(identity, act, target, refused)
            return refused
        if refused.status not in (401, 403, 410, 429):
            # A stranger's mistake in an open form or address is told, and is nothing to keep.
            return refused
        rate = door.limit.rate if door.limit.per != "address" and refused.status in (401, 403) else None
        return self.refusals.of_stranger(door.path, address_of(scope.get("client")), act, target, refused, rate)


def _nothing_to_prove(given: str | None) -> None:
    """Who came without a session has no form's token."""


def _prove(session: Session, given: str | None) -> None:
    """Raise ``Refused("csrf_invalid")`` unless ``given`` is the token of the session's forms."""
    if given is None or not hmac.compare_digest(given.encode("utf-8", "replace"), session.csrf.encode()):
        raise Refused("csrf_invalid")


async def _call(door: Door, scope: Scope, receive: Receive, send: Send) -> None:
    if door.app is not None:
        await door.app(scope, receive, send)
    elif door.handler is not None:
        response = await door.handler(Request(scope, receive, send))
        await response(scope, receive, send)


def _filled(words: str, scope: Scope) -> list[str]:
    """Return a grant's words with what the path holds in their blanks: one word stays one, whatever that is."""
    held = scope.get("path_params", {})
    return [word.format_map(held) if "{" in word else word for word in words.split()]


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = f"{found[key]}; {text}" if key == "cookie" and key in found else text
    return found


def _shown_path(door: Door, scope: Scope) -> str:
    """Return the path as it may be written down: a token in it is masked."""
    shown = door.path
    for name, value in scope.get("path_params", {}).items():
        text = "***" if name == "token" else str(value)
        shown = shown.replace(f"{{{name}}}", text).replace(f"{{{name}:path}}", text)
    return shown
