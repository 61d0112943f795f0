"""Quiet hours."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from leverframe.core.routes import Quiet
from leverframe.core.windows import held_until

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
NIGHT = Quiet(start=time(22), end=time(8))
LUNCH = Quiet(start=time(12), end=time(13))
WEEKEND = Quiet(start=time(0), end=time(0), days=frozenset({5, 6}))
FRIDAY_NIGHT = Quiet(start=time(22), end=time(8), days=frozenset({4}))


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [  # 1 May 2026 is a Friday
        (LUNCH, "2026-05-01 11:59", None),
        (LUNCH, "2026-05-01 12:00", "2026-05-01 13:00"),
        (LUNCH, "2026-05-01 12:59", "2026-05-01 13:00"),
        (LUNCH, "2026-05-01 13:00", None),
        (NIGHT, "2026-05-01 21:59", None),
        (NIGHT, "2026-05-01 23:00", "2026-05-02 08:00"),
        (NIGHT, "2026-05-02 00:00", "2026-05-02 08:00"),
        (NIGHT, "2026-05-02 07:59", "2026-05-02 08:00"),
        (NIGHT, "2026-05-02 08:00", None),
        (FRIDAY_NIGHT, "2026-05-01 23:00", "2026-05-02 08:00"),
        (FRIDAY_NIGHT, "2026-05-02 03:00", "2026-05-02 08:00"),
        (FRIDAY_NIGHT, "2026-05-01 03:00", None),
        (FRIDAY_NIGHT, "2026-05-02 23:00", None),
        (WEEKEND, "2026-05-01 23:59", None),
        (WEEKEND, "2026-05-02 10:00", "2026-05-04 00:00"),
        (WEEKEND, "2026-05-03 10:00", "2026-05-04 00:00"),
        (WEEKEND, "2026-05-04 00:00", None),
    ],
)
def test_messages_wait_for_the_end_of_the_window(quiet: Quiet, now: str, until: str | None) -> None:
    """The window begins on its days, may reach into the next morning, and joins the one that follows it."""
    found = held_until([quiet], datetime.fromisoformat(now).replace(tzinfo=SEOUL), SEOUL)
    assert found == (until and datetime.fromisoformat(until).replace(tzinfo=SEOUL))
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T22:30+00:00", "2026-03-29T06:00+00:00"),  # the night is an hour shorter: 8 o'clock is UTC+2
        ("2026-10-24T21:00+00:00", "2026-10-25T07:00+00:00"),  # and an hour longer
        ("2026-10-25T01:30+00:00", "2026-10-25T07:00+00:00"),  # half past two for the second time
    ],
)
def test_summer_time_moves_the_end_with_the_clock(now: str, until: str) -> None:
    """The window ends at eight by the clock on the wall, whatever happened to the hours of the night."""
    assert held_until([NIGHT], datetime.fromisoformat(now), BERLIN) == datetime.fromisoformat(until)


def test_a_start_that_the_clock_skips_still_begins() -> None:
    """Quiet from half past two on the night when that hour does not exist begins with the hour after."""
    quiet = Quiet(start=time(2, 30), end=time(5))
    assert held_until([quiet], datetime.fromisoformat("2026-03-29T02:00+00:00"), BERLIN) == datetime.fromisoformat("2026-03-29T03:00+00:00")


def test_hours_that_never_end_hold_a_message_for_a_week_at_most() -> None:
    """Quiet round the clock every day does not make a message wait for ever."""
    always = Quiet(start=time(0), end=time(0))
    until = held_until([always], datetime(2026, 5, 1, 12, tzinfo=UTC), UTC)
    assert until == datetime(2026, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-05-01 23:00", "2026-05-02 13:00"),  # the route's night, then its room's morning, then the route's lunch
        ("2026-05-01 21:59", None),
        ("2026-05-01 12:00", "2026-05-01 13:00"),
        ("2026-05-01 07:30", "2026-05-01 13:00"),
    ],
)
def test_hours_of_route_and_room_are_joined(now: str, until: str | None) -> None:
    """Each was looked at alone: a message held by the route until eight was said then, in the quiet morning of its room."""
    morning = Quiet(start=time(7), end=time(12))
    found = held_until([NIGHT, morning, LUNCH], datetime.fromisoformat(now).replace(tzinfo=SEOUL), SEOUL)
    assert found == (until and datetime.fromisoformat(until).replace(tzinfo=SEOUL))


def test_two_that_never_end_together_are_given_up_after_a_week() -> None:
    """A route that is quiet by day in a room that is quiet by night waits, but not for ever."""
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    until = held_until([Quiet(start=time(8), end=time(20)), Quiet(start=time(20), end=time(8))], now, UTC)
    assert until is not None and 7 <= (until - now).days <= 9
