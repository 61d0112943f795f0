"""Windows of time: quiet hours, in which messages wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from leverframe.core.routes import Quiet


def held_until(quiets: Sequence[Quiet], now: datetime, zone: tzinfo) -> datetime | None:
    """Return the instant (UTC) at which a message of ``now`` may be said, ``None`` when it may at once.

    Start and end are wall-clock times of ``zone``, whatever summer time does to the hours between. Windows that touch are
    one, also of different ``quiets`` (a route's and its room's): a quiet Saturday and a quiet Sunday end on Monday. Hours
    that never end are given up after a week.
    """
    until = None
    at = now
    for _ in range(8 * len(quiets)):
        ends = max((end for quiet in quiets if (end := _end_of_window(quiet, at, zone)) is not None), default=None)
        if ends is None:
            break
        until = at = ends
    return until


def _end_of_window(quiet: Quiet, at: datetime, zone: tzinfo) -> datetime | None:
    today = at.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        if quiet.days is not None and day.weekday() not in quiet.days:
            continue
        begins = datetime.combine(day, quiet.start, zone).astimezone(UTC)
        last_day = day if quiet.start < quiet.end else day + timedelta(days=1)
        ends = datetime.combine(last_day, quiet.end, zone).astimezone(UTC)
        if begins <= at < ends:
            return ends
    return None
