"""What a runner answers about a run. Kept in the store as JSON: plain values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as its runner names it."""

    id: str
    """Whatever a runner's ``poll`` needs to find it again: ``queue/12``, ``987654``."""
    number: str | None = None
    """What people call it: ``#42``."""
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The runner has it."""

    run: Run | None
    """``None``: accepted, but its name is only known later, by looking for it."""
    ends: bool = False
    """With no run: whether nothing more will be known of it, so that it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    """It surely did not happen: no connection was made, or the runner refused (a 4xx, a 429)."""

    code: str
    detail: str = ""
    again: bool = False
    """Whether it may be tried again by itself."""
    after_s: float | None = None
    """What the runner asked for (``Retry-After``), in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The answer was lost, or is a 5xx: it may have happened. The runner is asked before anything else is done."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The runner does not have it. ``sure``: nor will it have it later, so that it may be started again."""

    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Nothing is known now; ask again."""

    code: str
    detail: str = ""
    after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """It waits or runs. ``step`` is what it does now, in the runner's words."""

    run: Run
    step: str = ""
    waiting: bool = False
    """Whether it waits for something (a free executor, an approval over there)."""
    review: bool = False
    """Whether it waits for people, who can only say so where it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    run: Run
    result: Literal["succeeded", "failed", "cancelled"]
    detail: str = ""
    """Why it failed, in the runner's words."""
    log_tail: str = ""
    """The last lines of its log, where the runner gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTaken:
    """The runner was told; polling says when it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefused:
    """It cannot be cancelled: it has ended, or the runner does not know how."""

    code: str
    detail: str = ""
