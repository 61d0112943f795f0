"""Who did what, and what was refused. Entries are added, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.tables import audit

REFUSALS_EVERY = timedelta(minutes=1)
_MOST_KEYS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the audit; ``code`` is ``ok`` or the refusal's."""

    id: int
    at: datetime
    actor: str
    act: str
    target: str
    code: str
    detail: Mapping[str, Any]


def append(
    conn: Connection, *, id: int, at: datetime, actor: str, act: str, target: str = "", code: str = "ok",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry. ``detail`` is facts for people, never a secret; call it in the transaction of the act itself."""
    conn.execute(sa.insert(audit).values(
        id=id, at=at, actor=_kept(actor), act=_kept(act), target=_kept(target), code=code,
        detail=_utf8(json.dumps(detail or {}, ensure_ascii=False))))


def _kept(text: str) -> str:
    """Return what any database takes of a stranger's text: PostgreSQL has no NUL, and nobody reads more than this."""
    return _utf8(text.replace("\0", "")[:500])


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def entries(
    conn: Connection, *, actor: str | None = None, act: str | None = None, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Return entries, newest first, older than ``before``; of one actor or one act where given."""
    found = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if actor is not None:
        found = found.where(audit.c.actor == actor)
    if act is not None:
        found = found.where(audit.c.act == act)
    if before is not None:
        found = found.where(audit.c.id < before)
    return [Entry(id=row.id, at=row.at, actor=row.actor, act=row.act, target=row.target, code=row.code, detail=json.loads(row.detail))
            for row in conn.execute(found)]


@dataclass(slots=True)
class Refusals:
    """Says which refusal of a stranger deserves an entry (one a minute per source and reason) and counts the others."""

    _last: dict[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict)

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
