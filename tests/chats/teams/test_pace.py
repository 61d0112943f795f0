"""Teams' rates: seven messages a second in a conversation, eight in two, sixty in thirty, and thirty a second in a tenant."""

from __future__ import annotations

from leverframe.chats.teams.pace import Pace


def test_a_burst_is_stretched() -> None:
    """Seven at once, then one in the second second, then no more than sixty in thirty seconds."""
    pace, now, said = Pace(), 1_000.0, []
    while len(said) < 70:
        wait = pace.wait_s("c", "t", now)
        if wait:
            now += wait
        else:
            said.append(now - 1_000.0)
    for most, within in ((7, 1.0), (8, 2.0), (60, 30.0)):
        assert all(later - earlier >= within for earlier, later in zip(said, said[most:], strict=False)), (most, within)
    assert said[6] == 0.0 and said[7] >= 1.0


def test_a_tenant_has_a_rate_of_its_own() -> None:
    """Many conversations together are slowed down too; another tenant is not."""
    pace = Pace()
    assert [pace.wait_s(f"c{at}", "t", 5.0) for at in range(30)] == [0.0] * 30
    assert pace.wait_s("c30", "t", 5.0) > 0.9
    assert pace.wait_s("c30", "other", 5.0) == 0.0
    assert pace.wait_s("c31", "t", 6.1) == 0.0


def test_a_clock_that_was_set_back_stops_nobody() -> None:
    """What was said in a time that is no more does not count."""
    pace = Pace()
    for _ in range(7):
        pace.wait_s("c", "t", 9_000.0)
    assert pace.wait_s("c", "t", 100.0) == 0.0


def test_what_is_long_past_is_forgotten() -> None:
    """A hub that speaks in many rooms over the years does not grow."""
    pace = Pace()
    for at in range(2_100):
        pace.wait_s(f"c{at}", f"t{at}", at * 10.0)
    assert len(pace._said) < 2_100
