"""The database fails at any single step, before or after the commit, and the engine goes on where it was without a restart."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack
from structlog.testing import capture_logs

from leverframe.core.errors import Refused
from leverframe.core.routes import Route
from leverframe.store.tables import destinations, routing
from work.engine import Engine, engine
from work.github import comment, issue, push

pytestmark = pytest.mark.anyio

ALL = Route(name="all", events=("*",), to=("slack:#dev", "slack:#ops"))


def fail_once(hub: Engine, number: int, *, after_commit: bool) -> Callable[[], bool]:
    """Make write number ``number`` from now fail; with ``after_commit`` it is done and only its answer is lost. Returns what tells whether it came."""
    count, write = itertools.count(), hub.database.write
    came = False

    async def failing(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal came
        if next(count) != number:
            return await write(work, *args, **kwargs)
        came = True
        if after_commit:
            await write(work, *args, **kwargs)
        raise Refused("storage_unavailable", retry_after_s=5)

    hub.database.write = failing
    return lambda: came


async def going_on(step: Callable[[], Awaitable[None]], clock: VirtualClock, times: int = 4) -> None:
    """Do ``step`` as the loops do: what the database refuses is tried again a second later."""
    for _ in range(times):
        try:
            await step()
        except Refused:
            pass
        clock.advance(seconds=1)


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
async def test_one_write_fails(sqlite_url: str, clock: VirtualClock, slack: FakeSlack, after_commit: bool) -> None:
    """Whichever write it is, everything accepted is said, in the order of its thread, and no process is left holding anything."""
    for number in range(50):
        slack.channel("dev")
        slack.channel("ops")
        async with engine(f"{sqlite_url}{number}", clock, slack, ALL) as hub:
            await hub.receive("issues", issue("opened"))
            await hub.receive("issue_comment", comment(body="first"))
            await hub.receive("push", push())
            came = fail_once(hub, number, after_commit=after_commit)
            await going_on(hub.settle, clock)
            await hub.receive("issue_comment", comment(body="second"))
            await going_on(hub.settle, clock)
            for room in ("#dev", "#ops"):
                said = [str(message.blocks) for message in slack.messages(room)]
                assert [name for name in ("opened", "first", "Mend it", "second") if not any(name in one for one in said)] == [], (number, room)
                replies = [message.text + str(message.blocks) for message in slack.messages(room) if message.thread_ts]
                seen = ["first" if "first" in reply else "second" for reply in replies]
                assert list(dict.fromkeys(seen)) == ["first", "second"], (number, room)
            assert not await hub.rows(sa.select(routing)), number
            assert [row for row in await hub.rows(sa.select(destinations.c.name, destinations.c.due_at, destinations.c.boot)) if row[1] or row[2]] == [], number
        if not came():
            assert number > 4
            return
    raise AssertionError("the writes never end")


async def test_what_is_to_be_said_cannot_be_read(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """The room is left for a second, with a word in the log and not a traceback, and counts no failure of its own."""
    async with engine(sqlite_url, clock, slack, ALL) as hub:
        await hub.receive("push", push())
        await hub.fanout.step()
        hub.deliverer._library._kept.clear()
        read = hub.database.read

        async def away(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            raise Refused("storage_unavailable", retry_after_s=5)

        hub.database.read = away
        with capture_logs() as said:
            assert await hub.deliverer.step() == 2
            await hub.deliverer.settle()
        hub.database.read = read
        assert sorted((line["event"], line["log_level"], line["destination"]) for line in said) == [
            ("destination_put_off", "warning", "slack:#dev"), ("destination_put_off", "warning", "slack:#ops"),
        ]  # fmt: skip
        found = await hub.rows(sa.select(destinations.c.failures, destinations.c.last_error, destinations.c.boot))
        assert [tuple(row) for row in found] == [(0, "storage_unavailable", None)] * 2
        await hub.settle()
        assert slack.messages("#dev") == slack.messages("#ops") == []
        clock.advance(seconds=1)
        await hub.settle()
        assert len(slack.messages("#dev")) == len(slack.messages("#ops")) == 1
