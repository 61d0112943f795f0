"""What follows an attempt: done, again after a while, or dead."""

from __future__ import annotations

import pytest

from leverframe.core.delivery import DAY_S, Again, Dead, Decision, Delivered, Done, Outcome, Rejected, Retryable, Schedule, decide

SCHEDULE = Schedule()


def after(outcome: Outcome, *, attempt: int = 1, age_s: float = 0.0, chance: float = 0.5) -> Decision:
    """Return what follows, by the schedule that every hub has."""
    return decide(outcome, attempt=attempt, age_s=age_s, schedule=SCHEDULE, chance=chance)


def test_what_was_taken_is_done_and_what_was_refused_is_dead() -> None:
    """However often and for however long it was tried."""
    assert after(Delivered(remote_id="1"), attempt=9, age_s=9 * DAY_S) == Done()
    assert after(Rejected(code="slack_channel_not_found")) == Dead("slack_channel_not_found")


@pytest.mark.parametrize(("attempt", "in_s"), [(1, 1), (2, 2), (3, 4), (4, 8), (12, 2048), (13, 3600), (14, 3600), (31, 3600), (5000, 3600)])
def test_waiting_doubles_up_to_an_hour(attempt: int, in_s: float) -> None:
    """From a second on, and however many attempts there were."""
    assert after(Retryable(code="down"), attempt=attempt) == Again(in_s)


@pytest.mark.parametrize(("chance", "in_s"), [(0.0, 6.4), (0.25, 7.2), (0.5, 8.0), (0.75, 8.8), (1.0, 9.6)])
def test_waiting_is_spread_by_a_fifth(chance: float, in_s: float) -> None:
    """Rooms that failed together are not tried together."""
    answer = after(Retryable(code="down"), attempt=4, chance=chance)
    assert isinstance(answer, Again) and answer.in_s == pytest.approx(in_s)


@pytest.mark.parametrize(("asked_s", "in_s"), [(None, 8), (0.0, 8), (1.0, 8), (7.9, 8), (8.1, 8.1), (30.0, 30), (7200.0, 7200), (999_999_999.0, DAY_S)])
def test_retry_after_is_a_lower_bound(asked_s: float | None, in_s: float) -> None:
    """Nothing is tried before it, and one that is shorter than the waiting that is due shortens nothing. What asks for years is a mistake of
    something in between: the room is tried after a day."""
    assert after(Retryable(code="limited", after_s=asked_s), attempt=4) == Again(in_s)


def test_after_a_day_and_a_half_it_is_given_up() -> None:
    """With the reason of the last attempt; whatever Retry-After asks."""
    outcome = Retryable(code="down", after_s=30.0)
    assert after(outcome, attempt=60, age_s=1.5 * DAY_S - 1) == Again(3600)
    assert after(outcome, attempt=60, age_s=1.5 * DAY_S) == Dead("down")
