"""What a running hub does for itself, over and over: keep its leases, and count what waits."""

from __future__ import annotations

from typing import Any

import structlog

from leverframe.core.errors import Refused
from leverframe.observe import Metrics
from leverframe.ports import Clock
from leverframe.store import counts, schema

HEARTBEAT_S = 5.0
COUNTED_EVERY_S = 15.0
log = structlog.get_logger("leverframe")


async def beat(database: Any, clock: Clock) -> None:
    """Keep this process's leases; when they ran out all the same (the machine slept, the database was away), begin anew."""
    while True:
        await clock.sleep(HEARTBEAT_S)
        try:
            if not await database.write(schema.heartbeat, boot=database.boot, now=clock.now()):
                log.warning("leases_lost")
                await database.rejoin()
        except Refused as error:
            log.warning("heartbeat_failed", code=error.code)
        except Exception:
            log.exception("heartbeat_failed")  # a loop that ended would lose every lease


async def count(database: Any, clock: Clock, metrics: Metrics) -> None:
    """Keep the gauges of what waits."""
    while True:
        try:
            found = await database.read(counts.waiting)
            metrics.unrouted.set(found.unrouted)
            metrics.recoveries_owed.set(found.missing)
            metrics.owed.set(found.owed)
            metrics.dead.set(found.dead)
        except Refused as error:
            log.warning("counts_unknown", code=error.code)
        except Exception:
            log.exception("counts_unknown")
        await clock.sleep(COUNTED_EVERY_S)
