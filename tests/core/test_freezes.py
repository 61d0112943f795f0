"""Freezes: when they begin and end, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from leverframe.core.freezes import Freeze, cron_problem, frozen
from leverframe.core.lanes import Frozen

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
WEEKEND = Freeze(cron="0 18 * * FRI", hours=62, reason="weekend")
NIGHT = Freeze(cron="0 22 * * *", hours=9, reason="night")
DECEMBER = Freeze(cron="0 0 20 12 *", hours=14 * 24, reason="holidays")


def at(wall: str, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """Return the instant of a time on the wall."""
    return datetime.fromisoformat(wall).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("freeze", "now", "until"),
    [  # 1 May 2026 is a Friday
        (WEEKEND, "2026-05-01 17:59:59", None),
        (WEEKEND, "2026-05-01 18:00", "2026-05-04 08:00"),
        (WEEKEND, "2026-05-03 23:00", "2026-05-04 08:00"),
        (WEEKEND, "2026-05-04 07:59:59", "2026-05-04 08:00"),
        (WEEKEND, "2026-05-04 08:00", None),
        (NIGHT, "2026-05-01 21:59", None),
        (NIGHT, "2026-05-01 23:00", "2026-05-02 07:00"),
        (NIGHT, "2026-05-02 06:59", "2026-05-02 07:00"),
        (DECEMBER, "2026-12-31 12:00", "2027-01-03 00:00"),
        (DECEMBER, "2027-01-03 00:00", None),
        (Freeze(cron="*/10 * * * *", hours=0.1), "2026-05-01 12:05", "2026-05-01 12:06"),
        (Freeze(cron="*/10 * * * *", hours=0.1), "2026-05-01 12:07", None),
    ],
)
def test_a_window_holds_from_its_line_for_its_hours(freeze: Freeze, now: str, until: str | None) -> None:
    """To the second, over midnight and over the year."""
    found = frozen([freeze], at(now, SEOUL), SEOUL)
    assert found == (None if until is None else Frozen(until=at(until, SEOUL), reason=freeze.reason))


def test_windows_that_touch_are_one() -> None:
    """Saturday's runs into Sunday's, and the night into the weekend; the reason is that of the one which holds now and ends last."""
    saturday, sunday = Freeze(cron="0 0 * * SAT", hours=24, reason="sat"), Freeze(cron="0 0 * * SUN", hours=24, reason="sun")
    assert frozen([sunday, saturday], at("2026-05-02 10:00", SEOUL), SEOUL) == Frozen(until=at("2026-05-04 00:00", SEOUL), reason="sat")
    both = frozen([NIGHT, WEEKEND], at("2026-05-01 23:00", SEOUL), SEOUL)
    assert both == Frozen(until=at("2026-05-04 08:00", SEOUL), reason="weekend")


def test_a_freeze_that_never_ends_is_still_answered() -> None:
    """Every day for a day and a half: the answer is some weeks away, and comes at once."""
    found = frozen([Freeze(cron="0 0 * * *", hours=36)], at("2026-05-01 12:00", SEOUL), SEOUL)
    assert found is not None and (found.until - at("2026-05-01 12:00", SEOUL)).days > 30


def test_no_window_freezes_nothing() -> None:
    """Without freezes, or with one that no calendar has, deployments go."""
    assert frozen([], at("2026-05-01 12:00", SEOUL), SEOUL) is None
    assert frozen([Freeze(cron="0 0 29 2 MON#5", hours=1)], at("2026-05-01 12:00", SEOUL), SEOUL) is None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28 12:00", "2026-03-30 08:00"),  # the clocks go forward on Sunday the 29th
        ("2026-10-24 12:00", "2026-10-26 08:00"),  # and back on Sunday the 25th
    ],
)
def test_a_weekend_ends_on_monday_at_eight_whatever_the_clocks_do(now: str, until: str) -> None:
    """The hours are those of the wall, as people count them."""
    found = frozen([WEEKEND], at(now, BERLIN), BERLIN)
    assert found is not None and found.until == at(until, BERLIN)


@pytest.mark.parametrize(
    ("freeze", "now", "until"),
    [
        # Half past two does not exist on 29 March: the window begins at three, as cron's job does, and ends when the clock shows half past four.
        (Freeze(cron="30 2 * * *", hours=1.5), "2026-03-29T00:59:59+00:00", None),
        (Freeze(cron="30 2 * * *", hours=1.5), "2026-03-29T01:00:00+00:00", "2026-03-29T02:30:00+00:00"),
        # An end that does not exist is an end after the gap.
        (Freeze(cron="0 1 * * *", hours=1.5), "2026-03-29T00:30:00+00:00", "2026-03-29T01:30:00+00:00"),
        # Half past two comes twice on 25 October: the window begins at the first, and an end then is the second.
        (Freeze(cron="30 2 * * *", hours=1), "2026-10-25T00:29:59+00:00", None),
        (Freeze(cron="30 2 * * *", hours=1), "2026-10-25T00:30:00+00:00", "2026-10-25T02:30:00+00:00"),
        (Freeze(cron="30 2 * * *", hours=1), "2026-10-25T01:10:00+00:00", "2026-10-25T02:30:00+00:00"),  # ten past two again
        (Freeze(cron="30 1 * * *", hours=1), "2026-10-25T01:10:00+00:00", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_the_hours_that_clocks_skip_or_show_twice(freeze: Freeze, now: str, until: str | None) -> None:
    """In doubt it is frozen."""
    found = frozen([freeze], datetime.fromisoformat(now), BERLIN)
    assert (found.until.isoformat() if found else None) == until


@pytest.mark.parametrize(
    ("cron", "ok"),
    [
        ("0 18 * * FRI", True), ("*/5 9-17 1,15 * MON-FRI", True), ("0 0 L * *", True),
        ("0 18 * *", False), ("0 0 18 * * FRI", False), ("60 * * * *", False), ("0 18 * * FRIDAY", False), ("", False), ("0 0 31 2 *", False),
        ("0 0 1-7/0 * *", False), ("배포 금지", False),
    ],
)  # fmt: skip
def test_a_line_that_is_not_cron_is_explained(cron: str, ok: bool) -> None:
    """Before it is used: the hub's configuration is checked with it."""
    assert (cron_problem(cron) is None) is ok
