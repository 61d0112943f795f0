"""Everything that can happen to a deployment. Inputs that answer a question carry its ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from leverframe.core.approvals import Vote
from leverframe.core.deployments.values import Rules
from leverframe.core.dispatches import Dispatch
from leverframe.core.lanes import Early, Frozen, LaneHeld, Locked
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Started, Unreachable
from leverframe.core.shipping import Checks, Resolved, Shipping


@dataclass(frozen=True, slots=True, kw_only=True)
class RefResolved:
    """The answer to :class:`~leverframe.core.deployments.effects.Resolve`."""

    ticket: int
    commit: Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class RefRefused:
    """``Resolve`` or ``Look`` came to nothing; ``again`` when it may another time."""

    ticket: int
    code: str
    detail: str = ""
    again: bool = False
    after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingKnown:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """Somebody voted, and it decided nothing yet."""

    digest: str
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWon:
    digest: str
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLost:
    digest: str
    by: str
    by_name: str = ""
    reason: str = ""
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What was decided on is not so any more: ``what`` is ``commit``, ``policy`` … It is looked at anew, and approvals are void."""

    what: tuple[str, ...]
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassBroken:
    """Somebody who may (``approvals.break_glass``) goes ahead without approval, and in spite of a freeze."""

    by: str
    by_name: str = ""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Somebody else asks for the same before it was sent."""

    dispatch: Dispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFree:
    """Its turn came (``lanes.turns``); with what is so now, to be compared with what was decided on."""

    sha: str
    """What the runner would deploy now: the ref's commit where it takes a ref, the deployment's own where it takes a commit."""
    rules: Rules
    earlier: str | None = None
    """What is live now in the environment that comes before (``rules.after``)."""
    slot: str | None = None
    """Where it runs, in a lane that lets several run; ``None``: the lane itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The effect ``Call`` is about to be done: only when ``Stepped.go`` is true, and once that is written down, is the runner called."""

    ticket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAnswered:
    """What ``Runner.start`` returned."""

    ticket: int
    correlation_id: str
    answer: Started | NotStarted | Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAnswered:
    """What ``Runner.find`` returned."""

    ticket: int
    correlation_id: str
    answer: Found | Absent | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class PollAnswered:
    """What ``Runner.poll`` returned."""

    ticket: int
    correlation_id: str
    answer: Going | Finished | Absent | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAnswered:
    """What ``Runner.cancel`` returned."""

    correlation_id: str
    answer: CancelTaken | CancelRefused | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something unsigned says that the run has changed (a runner's webhook): the truth is read anew, now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    by: str
    by_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAsked:
    """Somebody wants what failed to be tried again."""

    by: str
    by_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Somebody knows what the hub does not: it ``ran`` and is live, or it ``did_not_run``."""

    how: Literal["ran", "did_not_run"]
    by: str
    by_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed: the effect ``Wake`` is due."""


Input: TypeAlias = (
    RefResolved | RefRefused | ShippingKnown | Voted | ApprovalWon | ApprovalLost | Changed | GlassBroken
    | Joined | LaneFree | LaneHeld | Locked | Frozen | Early | Beginning | StartAnswered | FindAnswered | PollAnswered | CancelAnswered
    | Hint | CancelAsked | RetryAsked | Settled | Tick
)  # fmt: skip
