"""Lists of what runs where, what waits and what was; both languages build them here, with their own words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import msgspec

from leverframe.core.deployments.values import State
from leverframe.core.messages import Bold, Bullets, Code, Inline, Message, Rich, Text
from leverframe.core.wording.footers import shown_time
from leverframe.core.wording.levers.cards import Language, lock_words, run, until, version, where
from leverframe.core.wording.levers.view import DeploymentView, FreezeView, LockView

SHOWN = 25
"""Rows of a list at most: more than that is read on a page, not in a chat."""
_SIGNS: dict[State, str] = {
    "asked": "🚀", "waiting": "✋", "queued": "⏳", "starting": "🚀", "running": "🚀", "succeeded": "✅", "failed": "❌", "cancelled": "🚫",
    "expired": "⌛", "unknown": "❓",
}  # fmt: skip


class LaneRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one service and environment stands."""

    service: str
    environment: str
    live: DeploymentView | None = None
    """The last one that succeeded."""
    active: DeploymentView | None = None
    """The one that is under way."""
    waiting: tuple[DeploymentView, ...] = ()
    """Those behind it, in order."""
    lock: LockView | None = None
    freeze: FreezeView | None = None


def status(rows: Sequence[LaneRow], language: Language, zone: tzinfo) -> Message:
    """Return what runs where, one line for each lane: what is live, what is under way, locks and freezes."""
    return _listed("status", [_status_line(row, language, zone) for row in rows], language)


def queue(rows: Sequence[LaneRow], language: Language, zone: tzinfo) -> Message:
    """Return what is under way and what waits behind it, lane by lane, in order; a lane where nothing waits is left out."""
    lines: list[Rich] = []
    for row in rows:
        if row.active is not None:
            lines.append(_line(row.active, language, zone))
        lines += [_line(one, language, zone, place=place) for place, one in enumerate(row.waiting, 1)]
        if row.lock is not None and (row.active is not None or row.waiting):
            lines.append((Text("🔒 "), *where(row.service, row.environment), Text(" · "), *lock_words(row.lock, language, zone)))
    return _listed("queue", lines, language)


def history(past: Sequence[DeploymentView], language: Language, zone: tzinfo) -> Message:
    """Return past deployments, newest first as they are given."""
    return _listed("history", [_line(one, language, zone) for one in past], language)


def _listed(key: str, lines: Sequence[Rich], language: Language) -> Message:
    if not lines:
        return Message(headline=(Text(language.word(f"{key}.none")),))
    shown = [*lines[:SHOWN], *([(Text(language.more(len(lines) - SHOWN)),)] if len(lines) > SHOWN else [])]
    return Message(headline=(Text(language.word(f"{key}.title")),), blocks=(Bullets(tuple(shown)),))


def _status_line(row: LaneRow, language: Language, zone: tzinfo) -> Rich:
    found: list[Inline] = [*where(row.service, row.environment), Text(": ")]
    if row.live is None:
        found.append(Text(language.word("nothing_live")))
    else:
        found += [*version(row.live), *run(row.live)]
        if row.live.ended_at is not None:
            found.append(Text(f" · {shown_time(row.live.ended_at, zone)}"))
        if row.live.requested_by:
            found += [Text(" · "), Bold(row.live.requested_by)]
    if row.active is not None:
        found += [Text(f" · {_SIGNS[row.active.state]} {language.word(f'state.{row.active.state}')} "), *version(row.active), *run(row.active)]
    if row.waiting:
        found.append(Text(f" · {language.word('waiting')} {len(row.waiting)}"))
    if row.lock is not None:
        found += [Text(" · 🔒 "), *lock_words(row.lock, language, zone)]
    if row.freeze is not None:
        end = f" ({until(row.freeze.until, language, zone)})" if row.freeze.until else ""
        found.append(Text(f" · ❄️ {row.freeze.reason or language.word('freeze')}{end}"))
    return tuple(found)


def _line(one: DeploymentView, language: Language, zone: tzinfo, *, place: int | None = None) -> Rich:
    """Return one deployment on one line: its state, where, what, who, when, its id. A list mentions nobody."""
    sign = f"{place}. " if place is not None else f"{_SIGNS[one.state]} "
    found: list[Inline] = [Text(sign), *where(one.service, one.environment), Text(f" {language.word(f'state.{one.state}')}")]
    what = version(one)
    found += [Text(" · "), *what] if what else []
    named = run(one)
    found += [Text(" ·"), *named] if named else []
    who = one.requested_by or one.cause
    found += [Text(" · "), Bold(one.requested_by) if one.requested_by else Text(who)] if who else []
    moment = one.ended_at or one.started_at or one.requested_at
    found += [Text(f" · {shown_time(moment, zone)}")] if moment is not None else []
    found += [Text(" · "), Code(one.id)] if one.id else []
    return tuple(found)
