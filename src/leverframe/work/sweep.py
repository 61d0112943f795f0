"""Sweep: forget what is past its retention, a small bite at a time."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import msgspec
import structlog

from leverframe.core.audit_chain import Signer
from leverframe.core.errors import Refused
from leverframe.ports import Clock
from leverframe.store import audit_chain, content_changes, retention
from leverframe.store.database import Database

EVERY_S = 3600.0
PAUSE_S = 0.1
"""Between two bites: the doors go first."""
log = structlog.get_logger("leverframe.sweep")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Days that each thing is kept."""

    events_days: int = 90
    bodies_days: int = 30
    dead_days: int = 90
    audit_days: int = 400


class Sweeper:
    """The loop that sweeps."""

    def __init__(self, database: Database, clock: Clock, kept: Kept, signer: Signer) -> None:
        """``signer`` signs where the audit begins when its oldest entries are gone."""
        self._database, self._clock, self._kept, self._signer = database, clock, kept, signer

    async def run(self) -> None:
        """Sweep every hour, for ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.sweep()
            except Refused as error:
                log.warning("sweep_put_off", code=error.code, detail=error.detail)
            except Exception:
                log.exception("sweep_failed")  # the next one may not fail

    async def sweep(self) -> dict[str, int]:
        """Forget all that is due; return how many of each."""
        now = self._clock.now()
        gone: dict[str, int] = {}
        for name, work, days in (
            ("dead", retention.sweep_dead, self._kept.dead_days),
            ("bodies", retention.sweep_bodies, self._kept.bodies_days),
            ("events", retention.sweep_events, self._kept.events_days),
            ("deployments", retention.sweep_deployments, self._kept.events_days),
            ("changes", content_changes.sweep, self._kept.audit_days),
            ("small", partial(retention.sweep_small, now=now), self._kept.events_days),
            # Last: an audit that is not as it was written refuses to be forgotten.
            ("audit", partial(audit_chain.sweep, signer=self._signer, now=now), self._kept.audit_days),
        ):
            gone[name] = 0
            while bite := await self._database.write(retention.in_turn, work, before=now - timedelta(days=days)):
                gone[name] += bite
                await self._clock.sleep(PAUSE_S)
        return gone
