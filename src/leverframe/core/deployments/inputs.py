"""Everything that can happen to a deployment. Inputs that answer a question carry its ticket."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from leverframe.core.approvals import Vote
from leverframe.core.deployments.values import Rules
from leverframe.core.dispatches import Dispatch
from leverframe.core.lanes import Early, Frozen, LaneHeld, Locked
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Started, Unreachable
from leverframe.core.shipping import Checks, Resolved, Shipping


class RefResolved(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to :class:`~leverframe.core.deployments.effects.Resolve`."""

    ticket: int
    commit: Resolved


class RefRefused(msgspec.Struct, frozen=True, kw_only=True):
    """``Resolve`` or ``Look`` came to nothing; ``again`` when it may another time."""

    ticket: int
    code: str
    detail: str = ""
    again: bool = False
    after_s: float | None = None


class ShippingKnown(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to :class:`~leverframe.core.deployments.effects.Look`."""

    ticket: int
    base: str | None
    """The last good commit of the environment; ``None`` when there is none."""
    shipping: Shipping | None = None
    """What lies between; ``None`` without a base, or where it cannot be told."""
    checks: Checks | None = None
    """``None`` where the rules ask for none."""
    earlier: str | None = None
    """What is live in the environment that comes before (``rules.after``)."""


class Voted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody voted, and it decided nothing yet."""

    digest: str
    votes: tuple[Vote, ...]


class ApprovalWon(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    votes: tuple[Vote, ...]


class ApprovalLost(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    by: str
    by_name: str = ""
    reason: str = ""
    votes: tuple[Vote, ...] = ()


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided on is not so any more: ``what`` is ``commit``, ``policy`` … It is looked at anew, and approvals are void."""

    what: tuple[str, ...]
    rules: Rules


class GlassBroken(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may (``approvals.break_glass``) goes ahead without approval, and in spite of a freeze."""

    by: str
    by_name: str = ""
    reason: str


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else asks for the same before it was sent."""

    dispatch: Dispatch


class LaneFree(msgspec.Struct, frozen=True, kw_only=True):
    """Its turn came (``lanes.turns``); with what is so now, to be compared with what was decided on."""

    sha: str
    """What the runner would deploy now: the ref's commit where it takes a ref, the deployment's own where it takes a commit."""
    rules: Rules
    earlier: str | None = None
    """What is live now in the environment that comes before (``rules.after``)."""
    slot: str | None = None
    """Where it runs, in a lane that lets several run; ``None``: the lane itself."""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """The effect ``Call`` is about to be done: only when ``Stepped.go`` is true, and once that is written down, is the runner called."""

    ticket: int


class StartAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Runner.start`` returned."""

    ticket: int
    correlation_id: str
    answer: Started | NotStarted | Lost


class FindAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Runner.find`` returned."""

    ticket: int
    correlation_id: str
    answer: Found | Absent | Unreachable


class PollAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Runner.poll`` returned."""

    ticket: int
    correlation_id: str
    answer: Going | Finished | Absent | Unreachable


class CancelAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Runner.cancel`` returned."""

    correlation_id: str
    answer: CancelTaken | CancelRefused | Unreachable


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """Something unsigned says that the run has changed (a runner's webhook): the truth is read anew, now."""


class CancelAsked(msgspec.Struct, frozen=True, kw_only=True):
    by: str
    by_name: str = ""


class RetryAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants what failed to be tried again."""

    by: str
    by_name: str = ""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody knows what the hub does not: it ``ran`` and is live, or it ``did_not_run``."""

    how: Literal["ran", "did_not_run"]
    by: str
    by_name: str = ""


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """Time has passed: the effect ``Wake`` is due."""


Input: TypeAlias = (
    RefResolved | RefRefused | ShippingKnown | Voted | ApprovalWon | ApprovalLost | Changed | GlassBroken
    | Joined | LaneFree | LaneHeld | Locked | Frozen | Early | Beginning | StartAnswered | FindAnswered | PollAnswered | CancelAnswered
    | Hint | CancelAsked | RetryAsked | Settled | Tick
)  # fmt: skip
