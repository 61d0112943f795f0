"""What a runner answers about a run. Kept in the store as JSON: plain values only."""

from __future__ import annotations

from typing import Literal

import msgspec


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its runner names it."""

    id: str
    """Whatever a runner's ``poll`` needs to find it again: ``queue/12``, ``987654``."""
    number: str | None = None
    """What people call it: ``#42``."""
    url: str | None = None


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """The runner has it."""

    run: Run | None
    """``None``: accepted, but its name is only known later, by looking for it."""
    ends: bool = False
    """With no run: whether nothing more will be known of it, so that it is over."""


class NotStarted(msgspec.Struct, frozen=True, kw_only=True):
    """It surely did not happen: no connection was made, or the runner refused (a 4xx, a 429)."""

    code: str
    detail: str = ""
    again: bool = False
    """Whether it may be tried again by itself."""
    after_s: float | None = None
    """What the runner asked for (``Retry-After``), in seconds."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """The answer was lost, or is a 5xx: it may have happened. The runner is asked before anything else is done."""

    code: str
    detail: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    run: Run


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """The runner does not have it. ``sure``: nor will it have it later, so that it may be started again."""

    sure: bool


class Unreachable(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is known now; ask again."""

    code: str
    detail: str = ""
    after_s: float | None = None


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """It waits or runs. ``step`` is what it does now, in the runner's words."""

    run: Run
    step: str = ""
    waiting: bool = False
    """Whether it waits for something (a free executor, an approval over there)."""
    review: bool = False
    """Whether it waits for people, who can only say so where it runs."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    run: Run
    result: Literal["succeeded", "failed", "cancelled"]
    detail: str = ""
    """Why it failed, in the runner's words."""
    log_tail: str = ""
    """The last lines of its log, where the runner gives them."""


class CancelTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The runner was told; polling says when it has ended."""


class CancelRefused(msgspec.Struct, frozen=True, kw_only=True):
    """It cannot be cancelled: it has ended, or the runner does not know how."""

    code: str
    detail: str = ""
