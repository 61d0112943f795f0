"""A destination's failures in a row: what counts as one, how long it waits after it, and what ends the row."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack, Mode

from leverframe.core.routes import Route
from leverframe.store.tables import destinations
from work.engine import Engine, engine
from work.github import push

pytestmark = pytest.mark.anyio
OFF = Route(name="all", events=("*",), to=("slack:#dev",), thread="off")


async def standing(hub: Engine) -> tuple[int, str | None, int | None]:
    """Return the room's failures in a row, the last one's code, and in about how many seconds it is tried again."""
    (row,) = await hub.rows(sa.select(destinations.c.failures, destinations.c.last_error, destinations.c.due_at))
    return row.failures, row.last_error, None if row.due_at is None else round((row.due_at - hub.clock.now()).total_seconds())


async def test_what_fails_together_is_one_failure(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Five messages under way to a room that is down count once: it waits one second, then two, then four."""
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.mode = "down"
        for number in range(5):
            await hub.receive("push", push(message=f"commit {number}"))
        for failures, wait_s in ((1, 1), (2, 2), (3, 4)):
            await hub.settle()
            assert await standing(hub) == (failures, "slack_unavailable", wait_s)
            assert slack.count["down"] == 5 * failures
            clock.advance(seconds=wait_s)


@pytest.mark.parametrize("modes", [["limited", "down"], ["down", "limited"]])
async def test_the_longest_wait_that_was_asked_for_counts(database_url: str, clock: VirtualClock, slack: FakeSlack, modes: list[Mode]) -> None:
    """Of two answers that come together, in whichever order, one of them with a Retry-After."""
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.retry_after_s = 30
        slack.next_modes.extend(modes)
        for number in range(2):
            await hub.receive("push", push(message=f"commit {number}"))
        await hub.settle()
        failures, _, wait_s = await standing(hub)
        assert (failures, wait_s) == (1, 30)


async def test_a_restart_goes_on_with_the_row(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A room that is down for hours is not tried every second because the hub was started again."""
    slack.mode = "down"
    async with engine(database_url, clock, slack, OFF) as hub:
        await hub.receive("push", push())
        for wait_s in (1, 2):
            await hub.settle()
            clock.advance(seconds=wait_s)
    async with engine(database_url, clock, slack, OFF) as hub:
        await hub.settle()
        assert await standing(hub) == (3, "slack_unavailable", 4)


async def test_an_answer_ends_the_row(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """After it the room is well, and its next failure is the first of another row."""
    async with engine(database_url, clock, slack, OFF) as hub:
        slack.next_modes.extend(["down", "down"])
        await hub.receive("push", push())
        for wait_s in (1, 2):
            await hub.settle()
            clock.advance(seconds=wait_s)
        await hub.settle()
        assert await standing(hub) == (0, None, None)
        slack.mode = "down"
        await hub.receive("push", push(message="later"))
        await hub.settle()
        assert await standing(hub) == (1, "slack_unavailable", 1)
