"""What follows a try at a subscriber, as a table: what waits, for how long, and what is given up on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.some_event import event

from leverframe.core.delivery import DAY_S, Delivered, Outcome, Rejected, Retryable
from leverframe.core.subscribers import (
    ASKED_S,
    DISABLED_FOR_S,
    DISABLED_S,
    FAILING,
    KEY_PARKED,
    LONGEST_S,
    MOST_HUBS,
    STEPS_S,
    Standing,
    Verdict,
    health_after,
    hub_id,
    judge,
    loops,
    order_key,
    read_trail,
    trying_s,
)
from leverframe.core.subscriptions import GONE, Health, Subscription

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REFUSED, AWAY = Retryable(code="hook_refused"), Retryable(code="hook_unreachable")


def judged(outcome: Outcome, standing: Standing | None = None, **over: Any) -> tuple[Standing, Verdict]:
    """Judge with what is usual."""
    given: dict[str, Any] = {"key": "a", "key_failures": 0, "tried_s": 0.0, "give_up_s": 3 * DAY_S, "disabled": False, "stopped": False, "chance": 0.5}
    return judge(standing or Standing(), outcome, **given | over)


@pytest.mark.parametrize(("outcome", "standing", "over", "verdict"), [
    (Delivered(), Standing(failures=3, keys=frozenset("ab")), {}, Verdict()),
    (REFUSED, Standing(), {}, Verdict(park_s=5)), (REFUSED, Standing(), {"key_failures": 1}, Verdict(park_s=300)),
    (REFUSED, Standing(), {"key_failures": 99}, Verdict(park_s=STEPS_S[-1])), (REFUSED, Standing(keys=frozenset("b")), {}, Verdict(park_s=5)),
    (REFUSED, Standing(keys=frozenset("bc")), {}, Verdict(park_s=5, stop_s=5)), (REFUSED, Standing(keys=frozenset("ab")), {}, Verdict(park_s=5)),
    (REFUSED, Standing(failures=1), {}, Verdict(park_s=5, stop_s=10)), (REFUSED, Standing(failures=60), {}, Verdict(park_s=5, stop_s=LONGEST_S)),
    (AWAY, Standing(), {}, Verdict(stop_s=5)), (AWAY, Standing(failures=3), {}, Verdict(stop_s=40)),
    (Retryable(code="hook_busy", after_s=77), Standing(), {}, Verdict(stop_s=77)), (Retryable(code="hook_busy", after_s=1), Standing(), {}, Verdict(stop_s=5)),
    (Retryable(code="hook_busy", after_s=1e12), Standing(), {}, Verdict(stop_s=ASKED_S)),
    (REFUSED, Standing(), {"tried_s": 3 * DAY_S}, Verdict(dead="hook_refused", park_s=5)), (AWAY, Standing(), {"tried_s": 3 * DAY_S}, Verdict(dead="hook_unreachable", stop_s=5)),
    (AWAY, Standing(failures=9), {"disabled": True, "tried_s": 4 * DAY_S}, Verdict(stop_s=DISABLED_S)), (REFUSED, Standing(), {"disabled": True}, Verdict(stop_s=DISABLED_S)),
    (AWAY, Standing(failures=9), {"disabled": True, "tried_s": DISABLED_FOR_S}, Verdict(dead="hook_unreachable", stop_s=DISABLED_S)),
    (Rejected(code="body_expired"), Standing(), {}, Verdict(dead="body_expired")), (Rejected(code=GONE), Standing(), {}, Verdict(dead=GONE, over=True)),
    (REFUSED, Standing(), {"stopped": True}, Verdict()), (Rejected(code=GONE), Standing(), {"stopped": True}, Verdict(dead=GONE, over=True)),
])  # fmt: skip
def test_what_follows(outcome: Outcome, standing: Standing, over: dict[str, Any], verdict: Verdict) -> None:
    """One key waits by Standard Webhooks' steps; the subscriber as a whole doubles its wait up to a quarter of an hour."""
    assert judged(outcome, standing, **over)[1] == verdict


@pytest.mark.parametrize(("age_s", "key_failures", "failing_s", "tried_s"), [
    (60, 0, 60, 60), (4 * DAY_S, 0, 0, 0), (4 * DAY_S, 0, 5, 5), (4 * DAY_S, 0, 9 * DAY_S, 4 * DAY_S), (4 * DAY_S, 2, 0, 305), (4 * DAY_S, 2, 400, 400),
    (9 * DAY_S, len(STEPS_S), 0, sum(STEPS_S)), (9 * DAY_S, len(STEPS_S) + 1, 0, sum(STEPS_S) + STEPS_S[-1]), (100, 3, 0, 100),
])  # fmt: skip
def test_what_waited_untried_has_its_days_of_trying_before_it(age_s: float, key_failures: int, failing_s: float, tried_s: float) -> None:
    """A subscription was paused over a long weekend; resumed, it answered one 502 to each, and all of it was dead at the first try."""
    assert trying_s(age_s, key_failures, failing_s) == tried_s
    assert sum(STEPS_S) > 3 * DAY_S  # a key that fails by all its steps is given up


def test_a_success_closes_what_failures_opened_unless_it_was_beside_one() -> None:
    """What is under way together is one failure, and a success beside it does not undo it."""
    opened, _ = judged(AWAY)
    assert opened == Standing(failures=1, keys=frozenset("a"))
    assert judged(AWAY, opened, stopped=True)[0] == opened == judged(Delivered(), opened, stopped=True)[0]
    assert judged(Delivered(), opened)[0] == Standing()


def test_retries_are_spread() -> None:
    """By a fifth either way."""
    waits = [judged(REFUSED, chance=chance)[1].park_s for chance in (0.0, 0.5, 1.0)]
    assert waits == pytest.approx([4.0, 5.0, 6.0])


def some(**over: Any) -> Subscription:
    """Return a subscription."""
    given: dict[str, Any] = {"id": 1, "project": "acme/web", "url": "https://e.example/", "events": ("*",), "format": "yobi", "made_by": "person:ann", "made_at": NOW}
    return Subscription(**given | over)


@pytest.mark.parametrize(("was", "over", "health", "reason"), [
    ({}, {"took": True}, Health.HEALTHY, None), ({}, {"failed": "hook_refused", "failures": 4}, Health.HEALTHY, None),
    ({}, {"failed": "hook_refused", "failures": 5}, Health.DEGRADED, "hook_refused"),
    ({"health": Health.DEGRADED, "reason": "hook_refused"}, {"took": True}, Health.HEALTHY, None),
    ({"health": Health.DEGRADED, "reason": "hook_refused"}, {"took": True, "failures": 1, "failed": "hook_refused"}, Health.DEGRADED, "hook_refused"),
    ({}, {"took": True, "key_failures": 3}, Health.DEGRADED, KEY_PARKED), ({"health": Health.DEGRADED, "reason": KEY_PARKED}, {"took": True}, Health.DEGRADED, KEY_PARKED),
    ({"health": Health.DEGRADED, "reason": KEY_PARKED}, {"took": True, "freed": True}, Health.HEALTHY, None),
    ({"health": Health.DEGRADED, "reason": KEY_PARKED}, {"freed": True, "key_failures": 4}, Health.DEGRADED, KEY_PARKED),
    ({"health": Health.DEGRADED, "reason": "hook_refused", "failing_at": NOW - timedelta(days=3)}, {"failed": "hook_refused", "failures": 9}, Health.DISABLED, FAILING),
    ({"failing_at": NOW - timedelta(days=3)}, {"failed": "hook_refused"}, Health.DISABLED, FAILING),
    ({"failing_at": NOW - timedelta(days=2)}, {"failed": "hook_refused"}, Health.HEALTHY, None),
    ({"health": Health.DISABLED, "reason": FAILING}, {"failed": "hook_refused", "failures": 99}, Health.DISABLED, FAILING),
    ({"health": Health.DISABLED, "reason": FAILING}, {"took": True}, Health.HEALTHY, None), ({}, {"over": True}, Health.DISABLED, GONE), ({}, {}, Health.HEALTHY, None),
])  # fmt: skip
def test_how_it_is_doing(was: dict[str, Any], over: dict[str, Any], health: Health, reason: str | None) -> None:
    """Degraded after some minutes, switched off after three days, healthy again with the first success; one key that fails is told too."""
    given: dict[str, Any] = {"took": False, "failed": None, "failures": 0, "key_failures": 0, "freed": False, "over": False}
    after = health_after(some(**was), now=NOW, give_up=timedelta(days=3), **given | over)
    assert (after.health, after.reason) == (health, reason)
    assert (after.health_at == NOW) == (after.health is not was.get("health", Health.HEALTHY))


def test_what_belongs_together_has_one_key() -> None:
    """A ref of a repository, whether it is pushed to, made or deleted; an issue with its comments; everything else is alone."""

    def key(name: str, payload: dict[str, Any], **over: Any) -> str:
        return order_key(event(name, payload=payload, subject=None, **over))

    assert key("push", {"ref": "refs/heads/main"}) == key("create", {"ref": "main", "ref_type": "branch"}) == key("delete", {"ref": "main", "ref_type": "branch"})
    assert key("push", {"ref": "refs/tags/v1"}) == key("create", {"ref": "v1", "ref_type": "tag"}) != key("create", {"ref": "v1", "ref_type": "branch"})
    assert key("star", {}) != key("star", {}, id=7)
    assert len(key("push", {"ref": "refs/heads/" + "x" * 10_000})) < 400 and key("push", {"ref": "x" * 999 + "a"}) != key("push", {"ref": "x" * 999 + "b"})


def test_what_has_been_here_before_is_known() -> None:
    """By the hub's own id in the trail, or by too many hubs; a hostile header is read as far as it goes."""
    own = hub_id("https://hub.example.com/")
    assert own == hub_id("https://hub.example.com") != hub_id("https://other.example.com")
    assert loops((own,), own) and loops(tuple("abcdefgh"), own) and not loops(("a",), own) and not loops((), own)
    assert read_trail(" a, ,b ,, c") == ("a", "b", "c") and len(read_trail("a," * 10_000)) <= 4 * MOST_HUBS
