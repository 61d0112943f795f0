"""What to do after an attempt: a pure decision over outcome, count and age."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

DAY_S = 86_400.0


class Delivered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The destination has it. ``remote_id`` is what it calls the message (Slack's ``ts``), for updates and replies."""

    remote_id: str | None = None
    remote_room: str | None = None
    """The room's own id where the destination tells it (Slack's ``C…``): updates must name it."""
    status: int | None = None
    detail: str = ""


class Retryable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The destination could not take it now: it stops this destination until the next try."""

    code: str
    detail: str = ""
    status: int | None = None
    after_s: float | None = None
    """What the destination asked for (``Retry-After``), in seconds."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """This message will never be taken: a dead letter at once, with the remedy shown."""

    code: str
    detail: str = ""
    status: int | None = None


Outcome: TypeAlias = Delivered | Retryable | Rejected


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Backoff from ``first_s``, doubling to ``longest_s``, for ``give_up_after_s`` from the delivery's creation."""

    first_s: float = 1.0
    longest_s: float = 3_600.0
    give_up_after_s: float = 1.5 * DAY_S
    jitter: float = 0.2


class Done(msgspec.Struct, frozen=True):
    pass


class Again(msgspec.Struct, frozen=True):
    """Try again after ``in_s`` seconds."""

    in_s: float


class Dead(msgspec.Struct, frozen=True):
    code: str


Decision: TypeAlias = Done | Again | Dead


def decide(outcome: Outcome, *, attempt: int, age_s: float, schedule: Schedule, chance: float) -> Decision:
    """Return what follows ``outcome``.

    ``attempt`` counts from 1, ``age_s`` is seconds since the delivery was created, ``chance`` in [0, 1) spreads the
    retries. A ``Retry-After`` is honoured as a lower bound, up to a day; what is older than the schedule allows is dead.
    """
    match outcome:
        case Delivered():
            return Done()
        case Rejected(code=code):
            return Dead(code)
        case Retryable(code=code, after_s=after_s):
            if age_s >= schedule.give_up_after_s:
                return Dead(code)
            wait_s = min(schedule.first_s * 2 ** min(attempt - 1, 30), schedule.longest_s)
            wait_s *= 1 + schedule.jitter * (2 * chance - 1)
            return Again(max(wait_s, min(after_s or 0.0, DAY_S)))
