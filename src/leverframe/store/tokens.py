"""API tokens (for programs that operate the hub) and hook tokens (for URLs that carry their own routing).

A secret is returned once, when it is issued; its SHA-256 is kept.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from leverframe.core.access import matches
from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.store.people import check_name, digest_of
from leverframe.store.tables import api_tokens, hook_tokens

API_PREFIX, HOOK_PREFIX = "lf_", "lfh_"
"""How a secret begins, so that people and secret scanners know it."""
USED_EVERY = timedelta(minutes=1)


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """``grants`` bound what it may do; ``by`` is the actor who issued it and bounds it too."""

    name: str
    grants: tuple[str, ...]
    by: str
    parent: str | None
    """The token that it was issued with: it ends no later, and is revoked with it."""
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class HookToken(msgspec.Struct, frozen=True, kw_only=True):
    """``rooms`` are globs of ``chat:room``."""

    name: str
    rooms: tuple[str, ...]
    by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None

    def reaches(self, destination: str) -> bool:
        """Return whether the token may write to ``chat:room``."""
        return any(matches(pattern, destination) for pattern in self.rooms)


def issue_api(
    conn: Connection, *, name: str, grants: Sequence[str], by: str, now: datetime, expires_at: datetime | None, parent: str | None = None
) -> str:
    """Keep a new API token and return its secret (``lf_…``). One with a ``parent`` is issued by whoever issued that one, and ends no later.

    Raises ``Refused``: ``request_invalid`` for a bad name, no grants or an end that is past; ``name_taken``; ``token_invalid``
    when the parent is not live any more.
    """
    if parent is not None:
        above = _live_api(conn, parent, now)
        by, expires_at = above.by, _earlier(expires_at, above.expires_at)
    return _issue(conn, api_tokens, "grants", API_PREFIX, name, grants, by, now, expires_at, parent=parent)


def _live_api(conn: Connection, name: str, now: datetime) -> ApiToken:
    # Locked until the child is there: whoever revokes at this moment finds it.
    row = conn.execute(sa.select(api_tokens).where(api_tokens.c.name == name, _is_live(api_tokens, now)).with_for_update()).first()
    if row is None:
        raise Refused("token_invalid", name)
    return _api(row)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end is not None), default=None)


def issue_hook(
    conn: Connection, *, name: str, rooms: Sequence[str], by: str, now: datetime, expires_at: datetime | None
) -> str:
    """Keep a new hook token and return its secret (``lfh_…``); raises as :func:`issue_api`."""
    return _issue(conn, hook_tokens, "rooms", HOOK_PREFIX, name, rooms, by, now, expires_at)


def _issue(
    conn: Connection, table: sa.Table, scope: str, prefix: str, name: str, items: Sequence[str], by: str, now: datetime,
    expires_at: datetime | None, **more: Any,
) -> str:
    check_name(name)
    cleaned = [" ".join(item.split()) for item in items if item.strip()]
    if not cleaned:
        raise Refused("request_invalid", about(scope, "at_least_one"))
    if expires_at is not None and expires_at <= now:
        raise Refused("request_invalid", about("expires_at", "past"))
    secret = prefix + secrets.token_urlsafe(32)
    values: dict[str, Any] = {
        "digest": digest_of(secret), "name": name, scope: json.dumps(cleaned), "by": by, "created_at": now, "expires_at": expires_at, **more}
    try:
        conn.execute(sa.insert(table).values(values))
    except IntegrityError as error:
        raise Refused("name_taken", name) from error
    return secret


def all_api(conn: Connection, *, by: str | None = None) -> list[ApiToken]:
    """Return API tokens by name, revoked and expired ones too; with ``by``, only those of this actor."""
    found = sa.select(api_tokens).order_by(api_tokens.c.name)
    return [_api(row) for row in conn.execute(found if by is None else found.where(api_tokens.c.by == by))]


def all_hook(conn: Connection) -> list[HookToken]:
    """Return all hook tokens by name, revoked and expired ones too."""
    return [_hook(row) for row in conn.execute(sa.select(hook_tokens).order_by(hook_tokens.c.name))]


def revoke_api(conn: Connection, name: str, now: datetime, *, by: str | None = None) -> bool:
    """End an API token at once, and those that were issued with it; ``False`` when there is no live one of this name (issued by ``by``, if given)."""
    change = _revoked(api_tokens, [name], now)
    if conn.execute(change if by is None else change.where(api_tokens.c.by == by)).rowcount != 1:
        return False
    below = [name]
    while below := list(conn.scalars(sa.select(api_tokens.c.name).where(api_tokens.c.parent.in_(below)))):
        conn.execute(_revoked(api_tokens, below, now))
    return True


def revoke_hook(conn: Connection, name: str, now: datetime) -> bool:
    """End a hook token at once; ``False`` when there is no live one of this name."""
    return conn.execute(_revoked(hook_tokens, [name], now)).rowcount == 1


def _revoked(table: sa.Table, names: Sequence[str], now: datetime) -> sa.Update:
    return sa.update(table).where(table.c.name.in_(names), table.c.revoked_at.is_(None)).values(revoked_at=now)


def api_by_secret(conn: Connection, secret: str, now: datetime) -> ApiToken | None:
    """Return the live API token of a secret."""
    row = conn.execute(_live(api_tokens, secret, now)).first()
    return None if row is None else _api(row)


def api_by_name(conn: Connection, name: str, now: datetime) -> ApiToken | None:
    """Return the live API token of this name."""
    row = conn.execute(sa.select(api_tokens).where(api_tokens.c.name == name, _is_live(api_tokens, now))).first()
    return None if row is None else _api(row)


def hook_by_secret(conn: Connection, secret: str, now: datetime) -> HookToken | None:
    """Return the live hook token of a secret."""
    row = conn.execute(_live(hook_tokens, secret, now)).first()
    return None if row is None else _hook(row)


def _live(table: sa.Table, secret: str, now: datetime) -> sa.Select[Any]:
    return sa.select(table).where(table.c.digest == digest_of(secret), _is_live(table, now))


def _is_live(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.revoked_at.is_(None), sa.or_(table.c.expires_at.is_(None), table.c.expires_at > now))


def use_is_due(token: ApiToken | HookToken, now: datetime) -> bool:
    """Return whether the use should be written down: at most once a minute."""
    return token.used_at is None or now - token.used_at >= USED_EVERY


def used_api(conn: Connection, name: str, now: datetime) -> None:
    """Write down that the API token was used."""
    conn.execute(sa.update(api_tokens).where(api_tokens.c.name == name).values(used_at=now))


def used_hook(conn: Connection, name: str, now: datetime) -> None:
    """Write down that the hook token was used."""
    conn.execute(sa.update(hook_tokens).where(hook_tokens.c.name == name).values(used_at=now))


def _api(row: Any) -> ApiToken:
    return ApiToken(name=row.name, grants=tuple(json.loads(row.grants)), by=row.by, parent=row.parent, created_at=row.created_at,
                    expires_at=row.expires_at, revoked_at=row.revoked_at, used_at=row.used_at)


def _hook(row: Any) -> HookToken:
    return HookToken(name=row.name, rooms=tuple(json.loads(row.rooms)), by=row.by, created_at=row.created_at,
                     expires_at=row.expires_at, revoked_at=row.revoked_at, used_at=row.used_at)
