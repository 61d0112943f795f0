"""Who did what, and what was refused. Entries are added, never changed; the chain gives each its link afterwards (``audit_chain``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.audit_chain import Entry, Linked, detail_text
from leverframe.core.redaction import redacted, redacted_detail
from leverframe.store.event_pages import first_id_at
from leverframe.store.rows import insert_rows
from leverframe.store.tables import audit

REFUSALS_EVERY = timedelta(minutes=1)
_MOST_KEYS = 4096


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: those for which everything holds that is given."""

    actor: str | None = None
    act: str | None = None
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The first instant that is too late."""


def append(
    conn: Connection, *, id: int, at: datetime, actor: str, act: str, target: str = "", code: str = "ok",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry. ``detail`` is facts for people; what looks like a secret is masked, here as everywhere. Call it in the transaction
    of the act itself."""
    row = (id, at, _kept(actor), _kept(act), _kept(target), code, _utf8(detail_text(redacted_detail(detail or {}))))
    insert_rows(conn, audit, ("id", "at", "actor", "act", "target", "code", "detail"), [row])


def _kept(text: str) -> str:
    """Return what any database takes of a stranger's text: PostgreSQL has no NUL, and nobody reads more than this."""
    return _utf8(redacted(text.replace("\0", ""))[:500])


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def chosen(asked: Asked) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of a query for the entries asked for."""
    found = [
        column == value for column, value in ((audit.c.actor, asked.actor), (audit.c.act, asked.act), (audit.c.code, asked.code)) if value is not None
    ]
    # Ids begin with their milliseconds, and are the key: instants have no index of their own.
    if asked.since is not None:
        found.append(audit.c.id >= first_id_at(asked.since))
    if asked.until is not None:
        found.append(audit.c.id < first_id_at(asked.until))
    return found


def linked(row: sa.Row[Any]) -> Linked:
    """Return a row of the audit as what it says."""
    detail: Mapping[str, Any] | str = row.detail
    try:
        said = json.loads(row.detail)
    except (ValueError, RecursionError):
        said = None  # not the hub's: it stays the text that it is, and its link will not fit
    if isinstance(said, dict) and _utf8(detail_text(said)) == row.detail:
        detail = said
    entry = Entry(id=row.id, at=row.at, actor=row.actor, act=row.act, target=row.target, code=row.code, detail=detail)
    return Linked(entry=entry, sequence=row.sequence or 0, link=bytes(row.link or b""))


def entries(
    conn: Connection, asked: Asked | None = None, *, actor: str | None = None, act: str | None = None, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Return entries, newest first, older than the id ``before``: those asked for, or of one actor or act."""
    asked = asked or Asked(actor=actor, act=act)
    found = sa.select(audit).where(*chosen(asked)).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        found = found.where(audit.c.id < before)
    return [linked(row).entry for row in conn.execute(found)]


class Refusals(msgspec.Struct):
    """Says which refusal of a stranger deserves an entry (one a minute per source and reason) and counts the others."""

    _last: dict[tuple[str, str], tuple[datetime, int]] = msgspec.field(default_factory=dict)

    def note(self, source: str, reason: str, now: datetime) -> int | None:
        """Return how many refusals the entry to write now stands for, or ``None`` when it is only counted."""
        key = (source, reason)
        since, silent = self._last.get(key, (None, 0))
        if since is not None and now - since < REFUSALS_EVERY:
            self._last[key] = (since, silent + 1)
            return None
        if len(self._last) >= _MOST_KEYS:
            # The oldest goes: what is lost is a count, and memory stays flat under a flood.
            del self._last[min(self._last, key=lambda known: self._last[known][0])]
        self._last[key] = (now, 0)
        return silent + 1
