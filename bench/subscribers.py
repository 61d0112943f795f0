"""Projects' webhooks: one event to a thousand subscribers, and a hundred thousand deliveries that are owed, beside the outbound client's own rate."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from leverframe.app import SystemClock
from leverframe.core.addresses import Allowed
from leverframe.core.subscriptions import Subscription
from leverframe.guarded import Guarded
from leverframe.store import subscriptions
from leverframe.store.rows import insert_rows
from leverframe.store.sqlite import open_sqlite
from leverframe.store.tables import deliveries, destinations, events

REPO = "Codertocat/Hello-World"
KEYS = 50
"""Keys of each subscriber among what is owed."""


def subscribe(path: Path, urls: list[str]) -> list[str]:
    """Register a subscriber for each address; return their destinations."""
    return asyncio.run(_with(path, lambda database: _subscribe(database, urls)))


async def _with(path: Path, work: Callable[[Any], Awaitable[Any]]) -> Any:
    database = await open_sqlite(path, SystemClock())
    try:
        return await work(database)
    finally:
        await database.close()


async def _subscribe(database: Any, urls: list[str]) -> list[str]:
    now = SystemClock().now()
    made = [
        Subscription(id=database.new_id(), project=REPO, url=url, events=("*",), format="github", made_by="operator", made_at=now) for url in urls
    ]
    await database.write(lambda connection: [subscriptions.add(connection, one, []) for one in made])
    return [one.destination for one in made]


def owe(path: Path, names: list[str], each: int) -> None:
    """Owe every destination ``each`` deliveries of the newest event, of :data:`KEYS` keys."""
    asyncio.run(_with(path, lambda database: _owe(database, names, each)))


async def _owe(database: Any, names: list[str], each: int) -> None:
    import sqlalchemy as sa

    now = SystemClock().now()

    def write(connection: Any) -> None:
        event = connection.execute(sa.select(sa.func.max(events.c.id))).scalar()
        columns = ("id", "event_id", "destination", "order_key", "role", "route", "state", "attempt", "created_at", "scheduled_at", "later", "ended_at", "code")
        for count in range(each):
            rows = [(database.new_id(), event, name, f"key {count % KEYS}", 0, "", 0, 0, now, now, 0, None, None) for name in names]
            insert_rows(connection, deliveries, columns, rows)
        connection.execute(destinations.delete())
        insert_rows(connection, destinations, ("name", "due_at", "failures"), [(name, now, 0) for name in names])

    await database.write(write)


HEADERS = {
    "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/leverframe", "X-GitHub-Event": "push", "X-GitHub-Delivery": "0" * 36, "Leverframe-Trail": "0" * 12,
    "webhook-id": "dlv_0000000000000", "webhook-timestamp": "1700000000",
}  # fmt: skip
"""What a delivery of the hub's has, so that the client is measured with the same requests."""


async def client(url: str, size: int, seconds: float, at_once: int) -> dict[str, float]:
    """Return the requests a second of the outbound client alone, the guarded one that the hub has, with bodies of ``size`` bytes; and the processor time of one."""
    out, body, count = Guarded(Allowed.of(["127.0.0.1"]), connections=at_once), b"x" * size, 0
    ends = time.perf_counter() + seconds

    async def work() -> None:
        nonlocal count
        while time.perf_counter() < ends:
            await out.send("POST", url, HEADERS, body)
            count += 1

    began, busy = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(at_once)))
    took, busy = time.perf_counter() - began, time.process_time() - busy
    await out.close()
    return {"per_s": count / took, "cpu_s": busy / count}


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(client(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))))
