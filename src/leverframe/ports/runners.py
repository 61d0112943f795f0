"""Runners and repositories: what does the work, and what a deployment has to know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started, Unreachable
from leverframe.core.shipping import Checks, Resolved, Shipping


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a runner is to do. Built anew from the store for every call: the same deployment and try give the same order."""

    correlation_id: str
    """One per try of a deployment, ours; the runner keeps it where we find it again."""
    service: str
    environment: str
    repository: str | None
    ref: str
    """Branch or tag as it was asked for (the default branch where none was)."""
    sha: str
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    target: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """The environment's own keys for its runner (``workflow``, ``job``, ``application`` …), as the room's ``Target`` model read them."""
    event_type: str = ""
    """Of a dispatch: the event that is sent."""
    payload: Mapping[str, Any] | None = None
    """Of a dispatch: what is sent with it, as it is; ``None``: this is none."""
    followed: bool = True
    """Of a dispatch: whether the run that it starts is to be found. Else it is over once it was sent."""
    ordered_at: datetime | None = None
    """When the first attempt to start it was about to be made: nothing older can be ours."""


class Runner(Protocol):
    """What does the work. Never raises for what a vendor does; each call ends within its own time limit."""

    name: str
    kind: str
    poll_every_s: float
    """How often :meth:`poll` is worth asking."""

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Start it: the one call that pulls a lever. The hub has written down that it is about to."""
        ...

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for the run that carries the order's correlation id."""
        ...

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how the run stands."""
        ...

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Ask the runner to end it."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Telling:
    """What every runner shares whose start is its end: it tells somebody, nothing runs of it, and telling twice does no harm."""

    poll_every_s = 60.0

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Say that it may be told again."""
        return Absent(sure=True)

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Say that there is no run."""
        return Absent(sure=True)

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Say that what was told cannot be taken back."""
        return CancelRefused(code="run_ended")

    async def close(self) -> None:
        """Nothing to let go of: connections are their owner's."""


class Repositories(Protocol):
    """What a deployment has to know of its repository. Each raises ``Refused`` with a code and the remedy, or asks again later by it."""

    async def resolve(self, repository: str, ref: str | None) -> Resolved:
        """Return the commit of a branch, tag or commit; of the default branch for ``None``. Raises ``Refused("ref_unknown")`` and others."""
        ...

    async def shipping(self, repository: str, base: str, head: str) -> Shipping:
        """Return what lies between two commits."""
        ...

    async def checks(self, repository: str, sha: str, required: tuple[str, ...]) -> Checks:
        """Return how CI stands; ``required`` names the checks that count, all when empty."""
        ...
