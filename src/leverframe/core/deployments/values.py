"""What the hub knows of one deployment, and the rules it was asked under. Kept in the store as one JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.approvals import Policy, Vote
from leverframe.core.conversation import Place
from leverframe.core.dispatches import Dispatch
from leverframe.core.gates import Gate
from leverframe.core.lanes import Early, Frozen, LaneHeld, Locked
from leverframe.core.runs import Run
from leverframe.core.shipping import Checks, Resolved, Shipping
from leverframe.decoding import decoder

State: TypeAlias = Literal["asked", "waiting", "queued", "starting", "running", "succeeded", "failed", "cancelled", "expired", "unknown"]
Kind: TypeAlias = Literal["deploy", "rollback", "dispatch", "gate"]
Phase: TypeAlias = Literal["due", "called", "looking", "going", "ended"]
ENDED: frozenset[State] = frozenset({"succeeded", "failed", "cancelled", "expired"})
HOLDING: frozenset[State] = frozenset({"starting", "running", "unknown"})
"""States in which a deployment has its lane: what nobody knows to have ended might still be running."""
DAY_S = 86_400.0


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """``retry = { times = 2, wait = "1m" }``: a run that failed is run again."""

    times: int = 0
    wait_s: float = 0.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says of an environment."""

    after: str | None = None
    """The environment where the same commit must be live first."""
    checks: tuple[str, ...] | None = None
    """Checks that must have succeeded, all when empty; ``None``: none has to."""
    policy: Policy | None = None
    retry: Retry = Retry()
    follows: tuple[str, ...] = ()
    """Environments that start by themselves after this one succeeded."""
    queue_expires_s: float = DAY_S
    starts_for_s: float = 0.0
    """So long a start that surely did not happen is tried again by itself, beside the times that everything is."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the machine waits for what, in seconds; the same for every deployment of a hub."""

    asks: int = 5
    """Times that a commit, or what would ship, is asked for."""
    checks_every_s: float = 30.0
    checks_wait_s: float = 3_600.0
    calls: int = 5
    """Times that a start which surely did not happen is made."""
    call_s: float = 60.0
    """A call of a runner's ``start`` has done by then what it does, whatever came back: before, no absence of its run is believed."""
    looks_s: tuple[float, ...] = (1.0, 4.0, 15.0, 40.0, 60.0)
    """Waits before each look for a run that may have started; after the last one it is unknown."""
    unreachable_s: float = 900.0
    """So long may a runner not answer before a run is unknown."""
    unknown_for_s: float = DAY_S
    """So long is a run that is unknown still looked for."""
    cancels: int = 5

    @staticmethod
    def backoff_s(attempt: int) -> float:
        """Return the wait after the ``attempt``-th failure in a row, counted from 1."""
        return min(2.0 * 2.0 ** min(attempt - 1, 10), 60.0)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """The approval that was asked for, as the deployment knows it."""

    digest: str
    opened_at: datetime
    expires_at: datetime
    votes: tuple[Vote, ...] = ()
    won: bool = False


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """That it be cancelled: it ends when the runner says so."""

    by: str
    by_name: str = ""
    at: datetime
    asks: int = 0
    """Times that the runner was told in vain."""
    taken: bool = False
    """Whether the runner has heard."""


class Glass(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody goes ahead without approval and in spite of a freeze."""

    by: str
    by_name: str = ""
    reason: str
    at: datetime


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One run, and all that was done to get it."""

    correlation_id: str
    phase: Phase = "due"
    calls: int = 0
    """Times that the runner's ``start`` was called; more than once only when it surely had not happened before."""
    call: int | None = None
    """Ticket of the last call."""
    ordered_at: datetime | None = None
    """When the first call was about to be made: nothing older can be ours."""
    called_at: datetime | None = None
    accepted: bool = False
    """Whether the runner took it, though it may not have told the run's name."""
    looks: int = 0
    """Times that a run was looked for in vain since it was lost from sight."""
    unreachable_since: datetime | None = None
    run: Run | None = None
    step: str = ""
    waiting: bool = False
    """Whether the run waits for something at the runner's."""
    review: bool = False
    """Whether the run waits for people who can only say so where it runs."""
    trouble: str = ""
    """Code of what is in the way just now; empty when nothing is."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result: Literal["succeeded", "failed", "cancelled", "not_started"] | None = None
    code: str = ""
    detail: str = ""
    log_tail: str = ""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is over, where there is more to say than the state."""

    at: datetime
    code: str = ""
    """One of the table of refusals, or a runner's."""
    detail: str = ""
    by: str = ""
    """Actor who cancelled, rejected or settled it."""
    by_name: str = ""
    rollback: bool = False
    """Whether a rollback is offered."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One request to change an environment."""

    id: str
    """``dep_…``."""
    version: int = 1
    """Grows by one with every change: what was read under another is stepped again."""
    state: State = "asked"
    kind: Kind = "deploy"
    service: str
    environment: str
    lane: str
    runner: str = ""
    """The runner's key in the configuration: every try of it is asked for there, whatever the configuration says later."""
    repository: str | None = None
    ref: str | None = None
    """As it was asked for; ``None``: the default branch."""
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    dispatch: Dispatch | None = None
    """What is sent, of the kind ``dispatch`` and of a gate that sends."""
    gate: Gate | None = None
    """What people are asked, and what follows; also of what is done on a no."""
    not_before: datetime | None = None
    """It leaves its lane's queue no sooner."""
    by: str | None = None
    """Actor who asked; ``None``: the hub itself, see ``cause``."""
    by_name: str = ""
    again_by: str | None = None
    """Actor who asked for it again after it had failed."""
    cause: str = ""
    """What started it when nobody did: ``push main``, ``after staging``."""
    reason: str = ""
    place: Place | None = None
    """Where it was asked; its card is shown there."""
    places: tuple[Place, ...] = ()
    """Where else its card is shown."""
    followers: tuple[str, ...] = ()
    """Destinations that are told of its progress too: ``slack:U0123``."""
    asked_at: datetime
    changed_at: datetime
    rules: Rules = Rules()
    ticket: int = 1
    """The question that is open; answers to former ones are late."""
    asks: int = 0
    """Times in a row that the open question was refused."""
    checks_since: datetime | None = None
    commit: Resolved | None = None
    base: str | None = None
    """The last good commit of the environment, as it was found when this was asked."""
    shipping: Shipping | None = None
    checks: Checks | None = None
    digest: str = ""
    """Of what was decided on: service, environment, commit, parameters and policy."""
    approval: Asking | None = None
    glass: Glass | None = None
    queued_at: datetime | None = None
    frozen_until: datetime | None = None
    """End of the freeze that it met in its lane: its time there counts from then."""
    held: Held | None = None
    """What it waits for in its lane."""
    tries: tuple[Try, ...] = ()
    former_tries: int = 0
    """How many of the tries were made before somebody asked for another."""
    cancel: Wish | None = None
    unknown_since: datetime | None = None
    end: End | None = None

    @property
    def approved_by(self) -> str:
        """Who said yes, or went ahead without asking, for showing."""
        given = ", ".join(vote.name or vote.actor for vote in self.approval.votes if vote.approves) if self.approval is not None else ""
        return given or (self.glass.by_name or self.glass.by if self.glass is not None else "")

    @property
    def last_try(self) -> Try | None:
        """The try under way, or the last one."""
        return self.tries[-1] if self.tries else None

    @property
    def deadline(self) -> datetime | None:
        """When it expires where it stands, if it does."""
        if self.state == "waiting" and self.approval is not None:
            return self.approval.expires_at
        if self.state == "queued" and self.queued_at is not None:
            return max(self.queued_at, self.frozen_until or self.queued_at) + timedelta(seconds=self.rules.queue_expires_s)
        return None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four, by which it is held in its lane."""

    lane: LaneHeld | None = None
    lock: Locked | None = None
    freeze: Frozen | None = None
    early: Early | None = None

    @property
    def until(self) -> datetime | None:
        """When that is over by itself."""
        by = self.freeze or self.lock or self.early
        return None if by is None else by.until


def to_json(deployment: Deployment) -> bytes:
    """Return the deployment as the store keeps it."""
    return msgspec.json.encode(deployment)


def from_json(kept: bytes | str) -> Deployment:
    """Return the deployment that :func:`to_json` wrote; fields that came later have their defaults.

    Raises ``msgspec.ValidationError`` when it is none.
    """
    return decoder(Deployment)(kept)
