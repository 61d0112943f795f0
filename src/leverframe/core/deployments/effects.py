"""What must happen next. Each is written in the transaction that decided it, and done after it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias, get_args

import msgspec

from leverframe.core.approvals import Policy
from leverframe.core.shipping import Resolved
from leverframe.decoding import decoder


class Resolve(msgspec.Struct, frozen=True, kw_only=True):
    """Find the commit of ``ref`` (``None``: of the default branch)."""

    ticket: int
    ref: str | None
    in_s: float = 0.0


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Find what would ship, how the checks stand, and what is live where."""

    ticket: int
    sha: str
    in_s: float = 0.0


class AskApproval(msgspec.Struct, frozen=True, kw_only=True):
    """Open a question (``approvals.ask``)."""

    policy: Policy
    digest: str
    expires_at: datetime
    authors: tuple[str, ...] = ()
    """Logins of those who wrote what would ship."""


class CloseApproval(msgspec.Struct, frozen=True, kw_only=True):
    """Close the question (``approvals.close``), also a won one when it is void."""

    digest: str
    result: Literal["expired", "cancelled", "void", "glass_broken"]
    by: str = ""
    reason: str = ""


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """It stands in the lane now: see whose turn it is."""

    lane: str


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """It went out of the queue without its turn: the places behind it change."""

    lane: str


class FreeLane(msgspec.Struct, frozen=True, kw_only=True):
    """It had the lane and has it no more: see whose turn it is."""

    lane: str


class SeeTurn(msgspec.Struct, frozen=True, kw_only=True):
    """What held it may be over: see whose turn it is in the lane."""

    lane: str


class LockLane(msgspec.Struct, frozen=True, kw_only=True):
    """Lock the lane, unless it is locked."""

    lane: str
    owner: str | None
    owner_name: str = ""
    reason: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Step ``Beginning(ticket)``, and if that says go, call ``Runner.start`` and step ``StartAnswered``."""

    ticket: int
    correlation_id: str
    in_s: float = 0.0


class Find(msgspec.Struct, frozen=True, kw_only=True):
    """Call ``Runner.find`` and step ``FindAnswered``."""

    ticket: int
    correlation_id: str
    in_s: float = 0.0


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """Call ``Runner.poll`` and step ``PollAnswered``."""

    ticket: int
    correlation_id: str
    in_s: float | None = None
    """``None``: at the runner's own pace, ``poll_every_s``."""


class CancelRun(msgspec.Struct, frozen=True, kw_only=True):
    """Call ``Runner.cancel`` and step ``CancelAnswered``."""

    correlation_id: str
    in_s: float = 0.0


class Wake(msgspec.Struct, frozen=True, kw_only=True):
    """Step ``Tick`` at ``at``. A deployment has one: a later one takes the place of a former."""

    at: datetime


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for the same commit in the environment that follows by itself."""

    environment: str
    commit: Resolved


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """The card is to be shown anew."""


Noted: TypeAlias = Literal[
    "approval_needed", "approved", "rejected", "approval_void", "glass_broken", "started", "retrying", "start_delayed", "cancel_asked",
    "cancel_refused", "lost", "found", "succeeded", "failed", "cancelled", "expired", "unknown", "settled", "retry_asked",
]  # fmt: skip


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line below the card, and where lines are mirrored."""

    what: Noted
    by: str = ""
    by_name: str = ""
    code: str = ""
    detail: str = ""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """The room is to look: it failed for good, nobody knows how it stands, or somebody goes ahead without approval."""

    what: Literal["failed", "unknown", "glass_broken"]
    detail: str = ""
    rollback: bool = False
    """Whether a rollback is offered."""


Happening: TypeAlias = Literal["asked", "approval_needed", "approved", "rejected", "started", "succeeded", "failed", "cancelled", "expired", "unknown"]


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """For plugins and metrics."""

    name: Happening


Effect: TypeAlias = (
    Resolve | Look | AskApproval | CloseApproval | Join | Leave | FreeLane | SeeTurn | LockLane | Call | Find | Poll | CancelRun | Wake
    | Follow | Say | Note | Alert | Happened
)  # fmt: skip
_KINDS: dict[str, type[Effect]] = {kind.__name__: kind for kind in get_args(Effect)}


def pack(effect: Effect) -> tuple[str, bytes]:
    """Return the effect's name and JSON, as its row keeps them."""
    return type(effect).__name__, msgspec.json.encode(effect)


def unpack(name: str, kept: bytes | str) -> Effect:
    """Return the effect that :func:`pack` wrote. Raises ``KeyError`` for a name that is none, ``msgspec.ValidationError`` for other JSON."""
    return decoder(_KINDS[name])(kept)
