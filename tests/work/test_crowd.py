"""A dead room that is owed a hundred thousand messages stands beside healthy ones."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Route
from leverframe.store.deliveries import Role, State
from leverframe.store.tables import deliveries, destinations
from work.engine import Engine, engine
from work.github import push

pytestmark = pytest.mark.anyio

FEW, CROWD, EVENTS = 300, 100_000, 20


def owe_a_crowd(connection: sa.Connection, hub: Engine, event_id: int, count: int) -> None:
    """Owe the dead room so many messages, as if it had been dead for long."""
    now = hub.clock.now()
    row = {
        "event_id": event_id, "destination": "slack:#dead", "order_key": "", "role": int(Role.ALONE), "route": "all", "state": int(State.OWED), "attempt": 0,
        "created_at": now, "scheduled_at": now,
    }  # fmt: skip
    connection.execute(deliveries.insert(), [{**row, "id": hub.database.new_id()} for _ in range(count)])
    connection.execute(destinations.insert().values(name="slack:#dead", due_at=now, failures=0))


async def work_of_healthy_rooms(hub: Engine) -> int:
    """Send some events to the healthy room, a second apart, each said at once; return what SQLite did for them, in steps of its machine."""
    steps = 0

    def another_hundred() -> None:
        nonlocal steps
        steps += 100

    opened: list[Any] = [hub.database._raw, *(connection.connection.driver_connection for connection in hub.database._opened)]
    for raw in opened:
        raw.set_progress_handler(another_hundred, 100)
    before = len(hub.texts("#dev"))
    for n in range(EVENTS):
        await hub.receive("push", push(message=f"commit {n}"))
        await hub.settle()
        assert len(hub.texts("#dev")) == before + n + 1
        hub.clock.advance(seconds=1)
    for raw in opened:
        raw.set_progress_handler(None, 0)
    return steps


async def test_a_crowd_owed_to_a_dead_room_costs_the_others_nothing(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """While the dead room is tried and backs off, every event reaches the healthy room at once, and the database does no more for it than beside a small crowd."""
    slack.modes["#dead"] = "down"
    steps: dict[int, int] = {}
    for crowd in (FEW, CROWD):
        async with engine(f"{sqlite_url}{crowd}", clock, slack, Route(name="all", events=("push",), to=("slack:#dev",), thread="off")) as hub:
            receipt = await hub.receive("push", push())
            await hub.settle()
            await hub.database.write(owe_a_crowd, hub, receipt.id, crowd)
            steps[crowd] = await work_of_healthy_rooms(hub)
    assert steps[CROWD] < 1.2 * steps[FEW], steps
    assert 0 < slack.count["down"] < 400  # a window's first messages, each time that it is tried


async def test_the_dead_room_comes_back(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """All that was owed is said, oldest first, without anybody's doing."""
    slack.modes["#dead"] = "down"
    async with engine(sqlite_url, clock, slack, Route(name="all", events=("push",), to=("slack:#dev",), thread="off")) as hub:
        receipt = await hub.receive("push", push())
        await hub.settle()
        await hub.database.write(owe_a_crowd, hub, receipt.id, FEW)
        await hub.settle()
        assert hub.texts("#dead") == []
        slack.modes.clear()
        clock.advance(seconds=2)
        await hub.settle()
        assert len(hub.texts("#dead")) == FEW
