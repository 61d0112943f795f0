"""The audit, and how it is spared from strangers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sitting import NOON, Clock

from leverframe.store import audit, tables
from leverframe.store.database import Database
from leverframe.store.event_pages import first_id_at


@pytest.mark.anyio
async def test_entries_are_read_newest_first(database: Database, clock: Clock) -> None:
    """Of one actor or act where asked, and on from a cursor."""
    for number in range(5):
        await database.write(audit.append, id=number + 1, at=clock.now(), actor=f"person:{'ab'[number % 2]}", act="x" if number < 4 else "y", target="t",
                             detail={"number": number, "말": "é"})
    assert [entry.id for entry in await database.read(audit.entries)] == [5, 4, 3, 2, 1]
    assert [entry.id for entry in await database.read(audit.entries, before=4, limit=2)] == [3, 2]
    assert [entry.id for entry in await database.read(audit.entries, actor="person:a", act="x")] == [3, 1]
    assert dict((await database.read(audit.entries, act="y"))[0].detail) == {"number": 4, "말": "é"}


@pytest.mark.anyio
async def test_whatever_strangers_send_can_be_written(database: Database, clock: Clock) -> None:
    """NUL and halves of characters, which not every database takes, do not lose the entry."""
    await database.write(audit.append, id=1, at=clock.now(), actor="a\0b", act="x" * 9999, target="\0", detail={"half": "\ud800", "nul": "\0"})
    entry = (await database.read(audit.entries))[0]
    assert (entry.actor, len(entry.act), entry.target, dict(entry.detail)) == ("ab", 500, "", {"half": "?", "nul": "\0"})


def test_strangers_write_one_entry_a_minute_and_reason() -> None:
    """The others are counted, and the next entry says how many it stands for."""
    refusals = audit.Refusals()
    assert refusals.note("github", "signature_invalid", NOON) == 1
    assert [refusals.note("github", "signature_invalid", NOON + timedelta(seconds=second)) for second in (0, 30, 59)] == [None, None, None]
    assert refusals.note("github", "signature_missing", NOON) == 1
    assert refusals.note("gitlab", "signature_invalid", NOON) == 1
    assert refusals.note("github", "signature_invalid", NOON + timedelta(seconds=60)) == 4


def test_a_flood_of_sources_costs_no_memory() -> None:
    """However many sources are made up, the oldest make room."""
    refusals = audit.Refusals()
    for number in range(5000):
        refusals.note(str(number), "x", NOON + timedelta(milliseconds=number))
    assert len(refusals._last) == 4096


@pytest.mark.anyio
async def test_no_secret_is_written_down(database: Database, clock: Clock) -> None:
    """Whatever part of an entry it comes in; a token that the end of a text would cut in two is masked before it is cut."""
    token = "xoxb-123456-abcdefghijkl"
    await database.write(
        audit.append, id=1, at=clock.now(), actor=f"x {token}", act=f"{'a' * 490} {token}", target="password=hunter2",
        detail={"line": f"deploy --token {token}", "password": "hunter2", token: 1},
    )  # fmt: skip
    rows = await database.read(lambda connection: connection.execute(sa.select(tables.audit)).all())
    assert "hunter2" not in str(rows) and "xox" not in str(rows)
    entry = (await database.read(audit.entries))[0]
    assert (entry.actor, entry.target, dict(entry.detail)) == ("x ***", "password=***", {"line": "deploy --token ***", "password": "***", "***": 1})


@pytest.mark.anyio
async def test_entries_are_chosen_by_code_and_time(database: Database, clock: Clock) -> None:
    """From an instant on, and up to another, which is too late itself."""
    for number, code in enumerate(("ok", "not_allowed", "ok")):
        await database.write(audit.append, id=first_id_at(NOON + timedelta(hours=number)), at=NOON + timedelta(hours=number), actor="a", act="x", code=code)

    async def hours(**asked: Any) -> list[int]:
        return [entry.at.hour - NOON.hour for entry in await database.read(audit.entries, audit.Asked(**asked))]

    assert await hours(code="not_allowed") == [1]
    assert await hours(since=NOON + timedelta(hours=1)) == [2, 1]
    assert await hours(until=NOON + timedelta(hours=1)) == [0]
    assert await hours(since=NOON + timedelta(minutes=30), until=NOON + timedelta(minutes=90), actor="a", act="x", code="not_allowed") == [1]
