"""What becomes of a refusal: it is counted, limited per address, and written to the audit, sparingly for strangers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from leverframe.core.access import Identity
from leverframe.core.errors import Refused
from leverframe.observe import Metrics
from leverframe.store.audit import Refusals
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_FAILURES
from leverframe.web.rates import Rates

log = logging.getLogger(__name__)
_MOST_WAITING = 1000
FAILURES = frozenset({"hook_token_unknown", "signature_invalid", "signature_missing", "source_unknown"})
"""Codes that a guesser would see; other refusals of the inbound doors are mistakes of somebody who proved who they are, or overload."""


class RefusalLog:
    """One for the process: what the guard and the inbound doors refuse."""

    def __init__(self, desk: Desk, metrics: Metrics) -> None:
        self.rates = Rates()
        self._desk, self._metrics, self._sparing = desk, metrics, Refusals()
        self._writing: set[asyncio.Task[None]] = set()

    def refused(self, *, source: str, address: str, refused: Refused) -> Refused:
        """Take note of what an inbound door refused; returns what to answer: the refusal, or ``rate_limited`` after too many failures.

        ``source`` is a configured one: names that strangers make up are not to become label values.
        """
        guess = refused.code in FAILURES
        return self.of_stranger(source, address, "receive", f"source:{source}", refused, SIGNED_FAILURES if guess else None)

    def of_stranger(self, source: str, address: str, act: str, target: str, refused: Refused, rate: str | None) -> Refused:
        """Take note of a refusal of somebody unknown; failures above ``rate`` per address are answered ``rate_limited``."""
        self._metrics.refusals_total.labels(source, refused.code).inc()
        if refused.status >= 500:
            return refused
        times = self._sparing.note(source, refused.code, self._desk.clock.now())
        if times is not None:
            self._write(address, act, target, refused.code, {"times": times} if times > 1 else {})
        wait_s = None if rate is None else self.rates.wait_s(rate, "failure", address)
        return refused if wait_s is None else Refused("rate_limited", retry_after_s=wait_s)

    def of_somebody(self, identity: Identity, act: str, target: str, refused: Refused) -> None:
        """Write down what somebody known was refused for want of permission; a mistake of theirs is only told."""
        if refused.status not in (401, 403, 429):
            return
        if refused.code == "too_often" and self._sparing.note(identity.actor, refused.code, self._desk.clock.now()) is None:
            return
        self._write(identity.actor, act, target, refused.code, {})

    async def settled(self) -> None:
        """Return when everything noted so far is written."""
        while self._writing:
            await asyncio.gather(*self._writing)

    def _write(self, actor: str, act: str, target: str, code: str, detail: Mapping[str, int]) -> None:
        if len(self._writing) >= _MOST_WAITING:
            log.warning("a refusal (%s at %s) has no audit entry: too many wait for the database", code, act)
            return
        # The answer does not wait for the disk: a refusal must cost the hub less than the asker.
        task = asyncio.get_running_loop().create_task(self._written(actor, act, target, code, detail))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _written(self, actor: str, act: str, target: str, code: str, detail: Mapping[str, int]) -> None:
        try:
            await self._desk.record(actor, act, target, code=code, detail=detail)
        except Refused as failed:
            log.warning("a refusal (%s at %s) has no audit entry: %s", code, act, failed.code)
