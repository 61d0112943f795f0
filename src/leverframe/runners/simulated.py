"""``kind = "simulated"``: a runner and repositories that need no network, so that everything can be tried without an account.

A run's state follows from when it began and from the clock. When it began is in the run's id, so that a run goes on over a
restart of the hub; what was begun before the restart but never named began when it was ordered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leverframe.core.errors import Refused
from leverframe.ports import (
    Absent,
    CancelRefused,
    CancelTaken,
    Change,
    Checks,
    Clock,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Order,
    Resolved,
    Run,
    Shipping,
    Started,
    Unreachable,
)

Outcome = Literal["success", "fail", "hang", "refuse", "lost"]
WAITING_SHARE = 0.15
"""The part of a run's time in which it waits for a machine."""


class Settings(BaseModel):
    """A runner that only pretends: for trying things out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["simulated"] = "simulated"
    seconds: float = Field(12.0, ge=0, le=86_400, description="How long a run takes.")
    outcome: Outcome = Field(
        "success",
        description="How a run ends: `success`, `fail`, `hang` (never, until it is cancelled), `refuse` (it is not started), "
        "`lost` (it is started and succeeds, but the answer is lost on the way).",
    )
    steps: list[str] = Field(["Building", "Rolling out", "Checking health"], min_length=1, description="What a run says it is doing, one after another.")


class Target(BaseModel):
    """An environment whose runner is simulated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome | None = Field(None, description="How runs of this environment end, in place of the runner's `outcome`.")


class SimulatedRunner:
    """Pretends to do the work, in steps, by the clock. Satisfies ``ports.Runner``."""

    kind = "simulated"
    poll_every_s = 1.0

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        """``name`` is the runner's key in the configuration."""
        self.name = name
        self._settings, self._clock = settings, clock
        self._born_at = clock.now()
        self._runs: dict[str, Run] = {}
        """By correlation id: what this process was asked to start."""

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Begin to pretend; a second time with the same correlation id it is the same run."""
        outcome = self._outcome(order.target)
        if outcome == "refuse":
            return NotStarted(code="runner_refused", detail="the simulated runner is told to refuse")
        run = self._runs.setdefault(order.correlation_id, _run(order.ordered_at or self._clock.now(), order))
        return Lost(code="runner_answer_lost", detail="the simulated runner is told to lose its answer") if outcome == "lost" else Started(run=run)

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for the order's run. One that was ordered before this process began is taken as begun then: its start may have been under way."""
        run = self._runs.get(order.correlation_id)
        if run is None and order.ordered_at is not None and order.ordered_at < self._born_at and self._outcome(order.target) != "refuse":
            run = _run(order.ordered_at, order)
        return Found(run=run) if run is not None else Absent(sure=True)

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return the step that the clock has brought it to, or its end."""
        run = self._runs.get(order.correlation_id, run)
        began_at, cancelled = _read(run.id)
        if began_at is None:
            return Absent(sure=False)
        if cancelled:
            return Finished(run=run, result="cancelled")
        outcome, seconds, steps = self._outcome(order.target), self._settings.seconds, self._settings.steps
        passed_s = (self._clock.now() - began_at).total_seconds()
        if passed_s < seconds * WAITING_SHARE:
            return Going(run=run, step="Waiting for a machine", waiting=True)
        share = (passed_s / seconds - WAITING_SHARE) / (1 - WAITING_SHARE) if seconds else 1.0
        if share < 1 or outcome == "hang":
            return Going(run=run, step=steps[min(int(share * len(steps)), len(steps) - 1)])
        if outcome == "fail":
            return Finished(run=run, result="failed", detail=f"{steps[-1]}: the simulated runner is told to fail",
                            log_tail="\n".join([*(f"==> {step}" for step in steps), "Error: exit status 1"]))  # fmt: skip
        return Finished(run=run, result="succeeded")

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """End it at once; the next :meth:`poll` says so, by a run whose id holds it over a restart."""
        state = await self.poll(order, run)
        if not isinstance(state, Going):
            return CancelRefused(code="run_ended")
        self._runs[order.correlation_id] = Run(id=f"{run.id}/cancelled", number=run.number)
        return CancelTaken()

    async def close(self) -> None:
        """Nothing to let go of."""

    def _outcome(self, target: Mapping[str, Any]) -> Outcome:
        try:
            return Target.model_validate(dict(target)).outcome or self._settings.outcome
        except ValidationError:  # kept by an earlier hub, or another runner's keys: there is nothing to reach them with anyway
            return self._settings.outcome


def _run(began_at: datetime, order: Order) -> Run:
    mark = _sha(order.correlation_id)[:8]
    return Run(id=f"simulated/{int(began_at.timestamp() * 1000)}/{mark}", number=f"#{int(mark[:4], 16)}")


def _read(id: str) -> tuple[datetime | None, bool]:
    """Return when the run of this id began (``None`` for an id that is not of this room), and whether it was cancelled."""
    match id.split("/"):
        case ["simulated", began_ms, _, *rest] if began_ms.isascii() and began_ms.isdigit() and len(began_ms) <= 14:
            return datetime.fromtimestamp(int(began_ms) / 1000, UTC), rest == ["cancelled"]
        case _:
            return None, False


class SimulatedRepositories:
    """Made-up commits, the same for the same ref for ever. Satisfies ``ports.Repositories``."""

    async def resolve(self, repository: str, ref: str | None) -> Resolved:
        """Return a commit that follows from repository and ref; ``main`` without a ref.

        Raises ``Refused("ref_unknown")`` for what cannot be a ref, and for refs that begin with ``no-such``, so that the refusal can be tried too.
        """
        wanted = "main" if ref is None else ref
        if not _is_ref(wanted) or wanted.startswith("no-such"):
            raise Refused("ref_unknown", f"{repository}: {wanted[:100]}")
        if len(wanted) == 40 and all(letter in "0123456789abcdef" for letter in wanted):
            return Resolved(ref=wanted, sha=wanted)
        return Resolved(ref=wanted, sha=_sha(repository, wanted))

    async def shipping(self, repository: str, base: str, head: str) -> Shipping:
        """Return two made-up changes between two different commits, nothing between equal ones."""
        if base == head:
            return Shipping(changes=(), total=0, authors=())
        number = int(_sha(repository, base, head)[:4], 16) % 900 + 10
        return Shipping(
            changes=(
                Change(title="Show the new checkout to everybody", author="hana", number=number, sha=head),
                Change(title="Upgrade the web framework", author="minho", sha=_sha(repository, base, head, "before")),
            ),
            total=3, authors=("hana", "minho"),
        )  # fmt: skip

    async def checks(self, repository: str, sha: str, required: tuple[str, ...]) -> Checks:
        """Say that continuous integration is green."""
        return Checks(state="success")


def _sha(*of: str) -> str:
    return sha1("\0".join(of).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _is_ref(ref: str) -> bool:
    return 0 < len(ref) <= 255 and ".." not in ref and not ref.startswith(("-", "/")) and not any(letter in " ~^:?*[\\\x7f" or letter < " " for letter in ref)
