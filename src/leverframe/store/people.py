"""People, the one-time links that let them in, and their sessions. Of every secret only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.store.tables import invitations, people, sessions

_NAME = re.compile(r"[^\W_][\w.@+-]{0,63}")
SESSION_IDLE = timedelta(hours=12)
"""A session ends when it was not used for so long …"""
SESSION_LONGEST = timedelta(days=7)
"""… and always this long after it began."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in; ``disabled_at`` when they no longer may."""

    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link that is not used and not over."""

    person: str
    role: str
    expires_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in. ``role`` is the person's role now."""

    person: str
    role: str
    csrf: str
    created_at: datetime
    expires_at: datetime


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret: its SHA-256 (a random secret of 256 bits needs no slow hash)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def check_name(name: str) -> str:
    """Return ``name``; raises ``Refused("request_invalid")`` unless it is letters, digits and ``._@+-``, at most 64."""
    if _NAME.fullmatch(name) is None:
        raise Refused("request_invalid", about("name", "name_of_person"))
    return name


def invite(conn: Connection, *, person: str, role: str, now: datetime, lifetime: timedelta, beside: bool = False) -> str:
    """Keep an invitation and return the secret of its link, which is shown once. Earlier open links of the person end, unless it is
    to stand ``beside`` them."""
    check_name(person)
    over = invitations.c.expires_at <= now
    conn.execute(sa.delete(invitations).where(over if beside else sa.or_(invitations.c.person == person, over)))
    secret = secrets.token_urlsafe(32)
    conn.execute(sa.insert(invitations).values(digest=digest_of(secret), person=person, role=role, expires_at=now + lifetime))
    return secret


def open_invitations(conn: Connection, now: datetime) -> list[Invitation]:
    """Return the invitations that can still be used, by person."""
    found = sa.select(invitations).where(_open(now)).order_by(invitations.c.person)
    return [Invitation(person=row.person, role=row.role, expires_at=row.expires_at) for row in conn.execute(found)]


def withdraw(conn: Connection, person: str, now: datetime) -> bool:
    """End the open links of ``person``; ``False`` when there are none."""
    return conn.execute(sa.delete(invitations).where(invitations.c.person == person, _open(now))).rowcount > 0


def invitation(conn: Connection, secret: str, now: datetime) -> Invitation | None:
    """Return what a link's secret is for, without using it."""
    row = conn.execute(sa.select(invitations).where(invitations.c.digest == digest_of(secret), _open(now))).first()
    return None if row is None else Invitation(person=row.person, role=row.role, expires_at=row.expires_at)


def accept(conn: Connection, secret: str, now: datetime) -> Person | None:
    """Use a link: the person exists from now on, with the invitation's role, and their other links end.

    ``None`` when it is used, over or unknown.
    """
    digest = digest_of(secret)
    used = conn.execute(sa.update(invitations).where(invitations.c.digest == digest, _open(now)).values(used_at=now))
    if used.rowcount != 1:
        return None
    row = conn.execute(sa.select(invitations).where(invitations.c.digest == digest)).one()
    conn.execute(sa.delete(invitations).where(invitations.c.person == row.person, invitations.c.digest != digest))
    changed = conn.execute(sa.update(people).where(people.c.name == row.person).values(role=row.role, disabled_at=None))
    if changed.rowcount == 0:
        conn.execute(sa.insert(people).values(name=row.person, role=row.role, created_at=now))
    return person(conn, row.person)


def _open(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(invitations.c.used_at.is_(None), invitations.c.expires_at > now)


def everybody(conn: Connection) -> list[Person]:
    """Return all people, by name."""
    return [_person(row) for row in conn.execute(sa.select(people).order_by(people.c.name))]


def any_admin(conn: Connection) -> bool:
    """Return whether somebody may sign in as administrator."""
    found = sa.select(people.c.name).where(people.c.role == "admin", people.c.disabled_at.is_(None)).limit(1)
    return conn.execute(found).first() is not None


def person(conn: Connection, name: str) -> Person | None:
    """Return the person of this name."""
    row = conn.execute(sa.select(people).where(people.c.name == name)).first()
    return None if row is None else _person(row)


def _person(row: Any) -> Person:
    return Person(name=row.name, role=row.role, created_at=row.created_at, disabled_at=row.disabled_at)


def disable(conn: Connection, name: str, now: datetime) -> bool:
    """Lock the person out: sessions and open links end. ``False`` when there is nobody (enabled) of this name.

    Their API tokens hold nothing while they are disabled; a new invitation lets them in again.
    """
    conn.execute(sa.delete(sessions).where(sessions.c.person == name))
    conn.execute(sa.delete(invitations).where(invitations.c.person == name))
    return conn.execute(sa.update(people).where(people.c.name == name, people.c.disabled_at.is_(None)).values(disabled_at=now)).rowcount == 1


def start_session(conn: Connection, person: str, now: datetime) -> tuple[str, Session]:
    """Return a new session's cookie (never one that the browser brought) and the session. What is over is swept."""
    conn.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    conn.execute(sa.insert(sessions).values(
        digest=digest_of(secret), person=person, csrf=csrf, created_at=now, expires_at=now + SESSION_IDLE))
    started = session(conn, secret, now)
    if started is None:
        raise Refused("not_found", person)
    return secret, started


def session(conn: Connection, secret: str, now: datetime) -> Session | None:
    """Return the session of a cookie, unless it is over or its person is disabled."""
    found = (
        sa.select(sessions.c.person, people.c.role, sessions.c.csrf, sessions.c.created_at, sessions.c.expires_at)
        .join(people, people.c.name == sessions.c.person)
        .where(sessions.c.digest == digest_of(secret), sessions.c.expires_at > now, people.c.disabled_at.is_(None))
    )
    row = conn.execute(found).first()
    if row is None:
        return None
    return Session(person=row.person, role=row.role, csrf=row.csrf, created_at=row.created_at, expires_at=row.expires_at)


def prolonged(found: Session, now: datetime) -> datetime | None:
    """Return the new end of a session that is in use, or ``None`` while it is too early to write one (an hour's use)."""
    end = min(now + SESSION_IDLE, found.created_at + SESSION_LONGEST)
    return end if end - found.expires_at >= timedelta(hours=1) else None


def prolong(conn: Connection, secret: str, until: datetime) -> None:
    """Move the end of a session."""
    conn.execute(sa.update(sessions).where(sessions.c.digest == digest_of(secret)).values(expires_at=until))


def end_session(conn: Connection, secret: str) -> None:
    """Sign this browser out."""
    conn.execute(sa.delete(sessions).where(sessions.c.digest == digest_of(secret)))
