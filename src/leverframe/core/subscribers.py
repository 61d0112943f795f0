"""What follows a try at a subscriber. One key waits apart while the others go on; when several fail, the subscriber as a whole waits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from leverframe.core import payload as reading
from leverframe.core.delivery import DAY_S, Delivered, Outcome, Rejected, Retryable
from leverframe.core.events import Event
from leverframe.core.subscriptions import GONE, Health, Subscription

FAILING, KEY_PARKED, LOOP = "hook_failing", "hook_key_parked", "hook_loop"
WHOLE = frozenset({"hook_unreachable", "hook_busy", "url_forbidden", "url_invalid", "secret_not_opened"})
"""Codes that say nothing of the one delivery: whatever else was sent now would fare the same."""
KEYS = 3
"""So many keys that fail with nothing taken between them: it is the subscriber."""
TRIES = 5
"""Failures in a row of the subscriber as a whole (some minutes) after which it is degraded."""
PARKED_TRIES = 3
"""Failures in a row of one key (five minutes) after which it is degraded."""
STEPS_S = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""What a key waits after each failure: Standard Webhooks' example, some 75 hours.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability"""
FIRST_S, LONGEST_S = 5.0, 900.0
"""What the subscriber as a whole waits: it costs one request, and whoever comes back is found soon."""
DISABLED_S, DISABLED_FOR_S = 6 * 3_600.0, 30 * DAY_S
"""One that was switched off for failing is tried so often, for so long."""
ASKED_S = DAY_S
"""No Retry-After is waited for longer."""
JITTER = 0.2
_LONGEST_KEY = 300


def order_key(event: Event) -> str:
    """Return that by which deliveries are kept in order: a ref of a repository, an issue, a pull request; else the event is alone."""
    where = f"{event.source}:{event.repo}"
    if event.name in ("push", "create", "delete"):
        ref = reading.text(event.payload, "ref")
        if ref and not ref.startswith("refs/"):
            ref = f"refs/{'tags' if reading.text(event.payload, 'ref_type') == 'tag' else 'heads'}/{ref}"
        return _short(f"{where}@{ref}" if ref else where)
    return _short(f"{event.source}:{event.subject.key}") if event.subject is not None else f"evt:{event.id}"


def _short(key: str) -> str:
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[:_LONGEST_KEY]}#{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How it goes with a subscriber just now."""

    failures: int = 0
    """In a row, of the subscriber as a whole: while there are any, one delivery at a time is tried."""
    keys: frozenset[str] = frozenset()
    """Keys that failed since it last took something."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What follows. Several things may: a delivery that was given up on, and a subscriber that waits."""

    dead: str | None = None
    """Why the delivery is given up on."""
    park_s: float | None = None
    """Seconds for which its key waits."""
    stop_s: float | None = None
    """Seconds for which the subscriber waits."""
    over: bool = False
    """Whether the subscription is over: it said so."""


WELL, NOTHING = Standing(), Verdict()
"""Mostly."""


def trying_s(age_s: float, key_failures: int, failing_s: float) -> float:
    """Return for how long a delivery has been tried in vain, it or what stands before it.

    ``age_s`` is seconds since it was made (or asked for again), ``failing_s`` since the subscriber began to fail, 0 when it had not. What
    waited because the subscription was paused, or the hub was away, has its days of trying still before it.
    """
    waited_s = sum(STEPS_S[:key_failures]) + STEPS_S[-1] * max(key_failures - len(STEPS_S), 0)
    return min(age_s, max(waited_s, failing_s))


def judge(
    standing: Standing, outcome: Outcome, *, key: str, key_failures: int, tried_s: float, give_up_s: float, disabled: bool, stopped: bool, chance: float
) -> tuple[Standing, Verdict]:
    """Return how it goes with the subscriber after ``outcome``, and what follows.

    ``key_failures`` of its key came before, ``tried_s`` is for how long it has been tried in vain (:func:`trying_s`), ``give_up_s`` for how
    long it may be, ``chance`` in [0, 1) spreads retries. ``stopped``: something under way beside it has stopped the subscriber already;
    what fails together is one failure, and what succeeds beside one does not undo it.
    """
    match outcome:
        case Delivered():
            return (standing if stopped else WELL), NOTHING
        case Rejected(code=code):
            return standing, Verdict(dead=code, over=code == GONE)
        case Retryable(code=code, after_s=after_s):
            if stopped:
                return standing, Verdict()
            dead = code if tried_s >= (DISABLED_FOR_S if disabled else give_up_s) else None
            spread, asked_s = 1 + JITTER * (2 * chance - 1), min(after_s or 0.0, ASKED_S)
            keys = standing.keys | {key}
            park_s = spread * (STEPS_S[0] if dead else STEPS_S[min(key_failures, len(STEPS_S) - 1)])
            if disabled or standing.failures or code in WHOLE or after_s is not None or len(keys) >= KEYS:
                wait_s = DISABLED_S if disabled else min(FIRST_S * 2.0 ** min(standing.failures, 30), LONGEST_S)
                # The next try is with another key: a poisoned one must not keep the subscriber from being found well.
                aside = None if code in WHOLE or after_s is not None or disabled else park_s
                return Standing(failures=standing.failures + 1, keys=keys), Verdict(dead=dead, park_s=aside, stop_s=max(wait_s * spread, asked_s))
            return replace(standing, keys=keys), Verdict(dead=dead, park_s=park_s)


def health_after(
    subscription: Subscription, *, took: bool, failed: str | None, failures: int, key_failures: int, freed: bool, over: bool, now: datetime, give_up: timedelta
) -> Subscription:
    """Return the subscription as it is after a round.

    ``took``: it took something; ``failed``: the code of what it did not take; ``failures`` as in :class:`Standing`; ``key_failures`` of the
    key that failed most often; ``freed``: a key that had waited goes on.
    """
    was = subscription
    if over:
        return _turned(was, Health.DISABLED, GONE, now)
    if took and not failures:
        was = replace(was, failing_at=None)
        if was.reason not in (None, KEY_PARKED):
            return _turned(was, Health.HEALTHY, None, now)
    elif failed is not None:
        was = replace(was, failing_at=was.failing_at or now)
        if was.health is not Health.DISABLED and was.failing_at is not None and now - was.failing_at >= give_up:
            return _turned(was, Health.DISABLED, FAILING, now)
        if was.health is Health.HEALTHY and failures >= TRIES:
            return _turned(was, Health.DEGRADED, failed, now)
    if freed and was.reason == KEY_PARKED and key_failures < PARKED_TRIES:
        return _turned(was, Health.HEALTHY, None, now)
    if was.health is Health.HEALTHY and key_failures >= PARKED_TRIES:
        return _turned(was, Health.DEGRADED, KEY_PARKED, now)
    return was


def _turned(subscription: Subscription, health: Health, reason: str | None, now: datetime) -> Subscription:
    if (subscription.health, subscription.reason) == (health, reason):
        return subscription
    return replace(subscription, health=health, reason=reason, health_at=now)


HEADER = "Leverframe-Trail"
"""Ids of the hubs that an event has come through, divided by commas."""
MOST_HUBS = 8


def hub_id(url: str) -> str:
    """Return what a hub is known by to others: made of its address, which it keeps."""
    return hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:12]


def trail(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the hubs that an event has come through, by its kept headers."""
    return read_trail(headers.get(HEADER.lower(), ""))


def read_trail(header: str) -> tuple[str, ...]:
    """Return the hubs that a header names."""
    return tuple(word for part in header.split(",")[: 4 * MOST_HUBS] if (word := part.strip()))


def loops(trail: tuple[str, ...], own: str) -> bool:
    """Return whether an event has been in the hub ``own`` before, or has come through too many."""
    return own in trail or len(trail) >= MOST_HUBS
