"""Freezes: windows of time in which nothing is deployed, ``{ cron = "0 18 * * FRI", hours = 62, reason = "weekend" }``.

The lines are those of Debian's cron (``man 5 crontab``), read by cronsim, in the hub's timezone. A window's hours are those of
the clock on the wall: one from Friday at 18:00 for 62 hours ends on Monday at 8:00 also when the clocks change in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec
from cronsim import CronSim, CronSimError

from leverframe.core.lanes import Frozen

_FOLD = timedelta(hours=3)
"""More than clocks are ever set back."""
_WINDOWS = 60
"""Windows that touch are one; after so many the end is not looked for any further."""


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """One window that comes again."""

    cron: str
    """When it begins: minute, hour, day of month, month, day of week."""
    hours: float
    reason: str = ""


def cron_problem(cron: str) -> str | None:
    """Return what is wrong with a cron line, ``None`` when nothing is."""
    if len(cron.split()) != 5:
        return "five fields are needed: minute, hour, day of month, month, day of week"
    try:
        next(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return str(error)
    except StopIteration:
        return "there is no such day"
    return None


def frozen(freezes: Sequence[Freeze], now: datetime, zone: tzinfo) -> Frozen | None:
    """Return the freeze that holds at ``now`` and when deployments go again (UTC); ``None`` when they go now.

    Windows that touch or overlap are one; the reason is that of the window which holds now and ends last.
    """
    at, reason = now, None
    for _ in range(_WINDOWS):
        holding = [(end, freeze.reason) for freeze in freezes if (end := _end(freeze, at, zone)) is not None]
        if not holding:
            break
        at, its_reason = max(holding)
        reason = its_reason if reason is None else reason
    return None if reason is None else Frozen(until=at, reason=reason)


def _end(freeze: Freeze, at: datetime, zone: tzinfo) -> datetime | None:
    """Return the end (UTC) of the window that holds at ``at``: the one that began last ends last."""
    # Going back from a little later finds also what began in an hour that the clocks have passed twice.
    for begins in CronSim(freeze.cron, (at + _FOLD).astimezone(zone), reverse=True):
        if begins.astimezone(UTC) <= at:
            ends = _instant(begins.replace(tzinfo=None) + timedelta(hours=freeze.hours), zone)
            return ends if ends > at else None
    return None


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return the later instant of a time that the clocks show twice, and the one after the gap for one that they skip."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
