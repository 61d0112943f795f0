"""What a destination is owed is found at once, however much else it is owed at another time: nothing is looked through."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from rows_read import rows_read
from sitting import NOON
from sqlalchemy import Connection

from leverframe.store import deliveries as owing
from leverframe.store.database import Database
from leverframe.store.deliveries import Planned, Role, Round, State
from leverframe.store.tables import deliveries, destinations, to_us

pytestmark = pytest.mark.anyio
CROWD, WINDOW, DEV = 100_000, 128, "slack:#dev"
TONIGHT = NOON + timedelta(hours=9)


def crowd(connection: Connection, *, scheduled_at: datetime, later: int) -> None:
    """Owe the room so many messages, with identifiers from 1."""
    connection.execute(
        sa.text(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :crowd) "
            "INSERT INTO deliveries (id, event_id, destination, order_key, role, route, state, attempt, created_at, scheduled_at, later) "
            "SELECT n, n, :dev, '', 0, 'all', 0, 0, :now, :at, :later FROM numbers"
        ),
        {"crowd": CROWD, "dev": DEV, "now": to_us(NOON), "at": to_us(scheduled_at), "later": later},
    )
    connection.execute(destinations.insert().values(name=DEV, due_at=NOON, failures=0, boot=1))
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("ANALYZE deliveries"))


def planned(id: int, at: datetime = NOON) -> Planned:
    """Return a delivery that is owed from ``at`` on."""
    return Planned(id=id, event_id=id, destination=DEV, order_key="", role=Role.ALONE, route="all", state=State.OWED, scheduled_at=at)


async def test_what_waits_for_the_end_of_quiet_hours_is_not_looked_through(database: Database) -> None:
    """A hundred thousand messages wait for tonight: what may be sent now is found at once, and so is when to look again."""
    await database.write(crowd, scheduled_at=TONIGHT, later=1)
    few = [planned(CROWD + number) for number in range(1, 4)]
    await database.write(owing.owe, planned=few, now=NOON)
    found, rows = await rows_read(database, deliveries, owing.owed, destination=DEV, now=NOON, limit=WINDOW)
    assert [one.id for one in found] == [one.id for one in few] and rows < 20
    done = Round(name=DEV, ended=(), failures=0, error=None, stop_until=None)
    _, rows = await rows_read(database, deliveries, owing.settle, rounds=[done], boot=1, now=NOON, window=WINDOW)
    assert await database.read(lambda connection: connection.execute(sa.select(destinations.c.due_at)).scalar()) == NOON and rows < 20
    await database.write(lambda connection: connection.execute(deliveries.delete().where(deliveries.c.id > CROWD)))
    await database.write(lambda connection: connection.execute(destinations.update().values(boot=1)))
    _, rows = await rows_read(database, deliveries, owing.settle, rounds=[done], boot=1, now=NOON, window=WINDOW)
    assert await database.read(lambda connection: connection.execute(sa.select(destinations.c.due_at)).scalar()) == TONIGHT and rows < 20


@pytest.mark.parametrize("later", [0, 1], ids=["a room that was down", "quiet hours that end"])
async def test_a_crowd_is_sent_window_by_window(database: Database, later: int) -> None:
    """When all of it may be sent, each window is found as fast, oldest first; what came since comes after it."""
    await database.write(crowd, scheduled_at=TONIGHT if later else NOON, later=later)
    await database.write(owing.owe, planned=[planned(CROWD + 1, TONIGHT)], now=TONIGHT)
    for turn in range(3):
        found, rows = await rows_read(database, deliveries, owing.owed, destination=DEV, now=TONIGHT, limit=WINDOW)
        assert [one.id for one in found] == list(range(turn * WINDOW + 1, (turn + 1) * WINDOW + 1)) and rows < 10 * WINDOW
        sent = deliveries.update().where(deliveries.c.id.in_([one.id for one in found])).values(state=int(State.SENT))
        await database.write(lambda connection: connection.execute(sent))  # noqa: B023


async def test_what_is_sent_in_its_turn_and_what_had_its_moment_keep_one_order(database: Database) -> None:
    """Of two that may be sent the older one goes first, whichever had to wait; nothing goes before its moment."""
    at = [NOON, NOON + timedelta(hours=2), NOON, NOON + timedelta(hours=1), NOON]
    await database.write(owing.owe, planned=[planned(number, moment) for number, moment in enumerate(at, start=1)], now=NOON)

    async def owed(now: datetime, limit: int = 9) -> list[int]:
        return [one.id for one in await database.read(owing.owed, destination=DEV, now=now, limit=limit)]

    assert await owed(NOON) == [1, 3, 5]
    assert await owed(at[3]) == [1, 3, 4, 5]
    assert await owed(at[1]) == [1, 2, 3, 4, 5]
    assert await owed(at[1], limit=2) == [1, 2]


async def test_what_is_sent_in_its_turn_does_not_wait_for_a_clock_that_was_set_back(database: Database) -> None:
    """An hour earlier it still is owed now."""
    await database.write(owing.owe, planned=[planned(1)], now=NOON)
    assert [one.id for one in await database.read(owing.owed, destination=DEV, now=NOON - timedelta(hours=1), limit=9)] == [1]


@pytest.mark.parametrize(("failures", "due_at"), [(3, TONIGHT), (3, NOON - timedelta(hours=1)), (0, TONIGHT), (0, None)])
async def test_each_bite_of_a_replay_keeps_its_moments(database: Database, failures: int, due_at: datetime | None) -> None:
    """A replay is written in bites: the first one ends what the room waited for, a later one neither hurries nor puts off an earlier one."""
    await database.write(owing.owe, planned=[planned(number) for number in range(1, 5)], now=NOON)
    await database.write(lambda connection: connection.execute(destinations.update().values(failures=failures, due_at=due_at)))
    for bite, begins_s in (([3, 4], 0), ([1, 2], 20)):
        assert await database.write(owing.revive, ids=bite, now=NOON + timedelta(seconds=begins_s), every_s=10) == 2
        assert await database.read(lambda connection: connection.execute(sa.select(destinations.c.due_at, destinations.c.failures)).one()) == (NOON, 0)
    for seconds, found in ((0, [3]), (10, [3, 4]), (19, [3, 4]), (20, [1, 3, 4]), (30, [1, 2, 3, 4])):
        now = NOON + timedelta(seconds=seconds)
        assert [one.id for one in await database.read(owing.owed, destination=DEV, now=now, limit=9)] == found
