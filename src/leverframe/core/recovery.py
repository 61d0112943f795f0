"""What GitHub tried to deliver and did not: GitHub never tries again by itself, so the hub has it redelivered.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from leverframe.core.github_hooks import ALWAYS, APP, Holder, read_holder
from leverframe.core.payload import flag, mapping, moment, number, text

WINDOW = timedelta(days=3)
"""How long github.com redelivers: https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks"""
ENTERPRISE_WINDOW = timedelta(days=7)
"""How long an Enterprise Server does."""
MARGIN = timedelta(minutes=5)
"""So long before the end of the window nothing is asked for any more."""
OVERLAP = timedelta(minutes=10)
"""So far back a log is read again: an attempt is listed when it has ended, and not always in order."""
STILL_ON_ITS_WAY = timedelta(seconds=30)
"""What was tried so lately may still be coming in: it is looked at the next time."""
_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of GitHub's at a delivery, as its log has it."""

    id: int
    guid: str
    """What all attempts at one delivery share: ``X-GitHub-Delivery``."""
    delivered_at: datetime
    status: str
    """GitHub's words: ``OK``, ``timed out``, ``Invalid HTTP Response: 503``, ``failed to connect to host``."""
    status_code: int
    """0 where there was no answer."""
    event: str
    action: str
    redelivery: bool


def read_line(whole: Mapping[str, Any]) -> LogLine | None:
    """Return a line of GitHub's JSON, ``None`` for one without id, GUID or time."""
    id, guid, at = number(whole, "id"), text(whole, "guid"), moment(whole, "delivered_at")
    if not id or not guid or len(guid) > 100 or at is None:
        return None
    return LogLine(
        id=id, guid=guid, delivered_at=at, status=text(whole, "status")[:200], status_code=number(whole, "status_code") or 0, event=text(whole, "event")[:100],
        action=text(whole, "action")[:100], redelivery=flag(whole, "redelivery"),
    )  # fmt: skip


def holder_of(headers: Mapping[str, str], payload: Mapping[str, Any]) -> Holder | None:
    """Return whose hook sent a delivery, by its headers (in small letters) and its body; ``None`` for an enterprise's, or when nothing tells.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
    """
    match headers.get("x-github-hook-installation-target-type", "repository"):
        case "repository":
            found = read_holder(text(mapping(payload, "repository"), "full_name"))
            return found if found is not None and found.kind == "repository" else None
        case "organization":
            found = read_holder(text(mapping(payload, "organization"), "login"))
            return found if found is not None and found.kind == "organisation" else None
        case "integration":
            return APP
        case _:
            return None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that has not come in."""

    guid: str
    delivery: int
    """The attempt that is to be made again; any of them does."""
    first_at: datetime
    """When it was tried first: from then on the window runs."""
    status: str
    event: str
    action: str


def gaps(lines: Iterable[LogLine], known: Collection[str], now: datetime) -> tuple[Gap, ...]:
    """Return what of a log has not come in, the oldest first: whatever GitHub says of it, the hub does not have it.

    ``known`` are the GUIDs that the hub has. What failed on the way and is here all the same (the answer came too late) is none, and
    what was tried a moment ago is not yet one.
    """
    by_guid: dict[str, list[LogLine]] = {}
    for line in lines:
        if line.guid not in known and line.event not in ALWAYS:
            by_guid.setdefault(line.guid, []).append(line)
    found = []
    for guid, tries in by_guid.items():
        first, last = min(tries, key=lambda line: line.delivered_at), max(tries, key=lambda line: line.delivered_at)
        if now - last.delivered_at >= STILL_ON_ITS_WAY:
            found.append(Gap(guid=guid, delivery=last.id, first_at=first.delivered_at, status=last.status, event=last.event, action=last.action))
    return tuple(sorted(found, key=lambda gap: (gap.first_at, gap.delivery)))


def again_at(tries: int, now: datetime) -> datetime:
    """Return when a delivery that was asked for ``tries`` times is looked at again."""
    return now + _AGAIN_AFTER[min(max(tries, 1), len(_AGAIN_AFTER)) - 1]


def is_lost(first_at: datetime, now: datetime, window: timedelta = WINDOW) -> bool:
    """Return whether GitHub no longer sends it again."""
    return now >= first_at + window - MARGIN
