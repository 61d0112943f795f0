"""Watches and what was missing, on SQLite and on PostgreSQL: one process at a time, and each delivery asked for once at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sitting import Clock, store_event

from leverframe.core.recovery import Gap
from leverframe.store import recoveries, retention
from leverframe.store.database import Database
from leverframe.store.recoveries import NotOurs, Progress, State, Watched
from leverframe.store.tables import events

pytestmark = pytest.mark.anyio
HOLDER = "acme/web"


def gap(name: str, at: datetime, delivery: int = 1) -> Gap:
    """Return a delivery that has not come in."""
    return Gap(guid=name, delivery=delivery, first_at=at, status="timed out", event="push", action="")


async def noted(database: Database, clock: Clock, *gaps: Gap) -> int:
    """Take the watch and write gaps down."""
    boot = database.boot  # type: ignore[attr-defined]
    await database.write(recoveries.claim, [HOLDER], boot=boot, now=clock.now())
    pairs = {one.guid.encode().ljust(16): (database.new_id(), one) for one in gaps}
    return await database.write(recoveries.note, pairs, holder=HOLDER, hook=7, source="github", watched=Watched(), boot=boot, now=clock.now())


async def test_a_watch_is_one_processs_at_a_time(database: Database, clock: Clock) -> None:
    """Another living process waits for its end; what is written without it is refused."""
    boot, now = database.boot, clock.now()  # type: ignore[attr-defined]
    first = await database.write(recoveries.claim, [HOLDER, "acme"], boot=boot, now=now)
    second = await database.write(recoveries.claim, [HOLDER, "acme"], boot=boot + 1, now=now)
    assert first is not None and second is not None and {first.holder, second.holder} == {HOLDER, "acme"}
    mine = await database.write(recoveries.claim, [first.holder], boot=boot + 1, now=now)
    assert mine is not None and mine.holder == second.holder
    with pytest.raises(NotOurs):
        await database.write(recoveries.keep, first.holder, Watched(), boot=boot + 1)
    kept = Watched(hooks=[{"id": 7}], progress={"7": Progress(read_to=now, cursor="v1_1", began_at=now)})
    await database.write(recoveries.keep, first.holder, kept, boot=boot)
    later = now + timedelta(minutes=5)
    await database.write(recoveries.release, first.holder, boot=boot, next_at=later, looked_at=now, code=None, detail="")
    assert await database.read(recoveries.next_look) == later
    await database.write(recoveries.release, second.holder, boot=boot + 1, next_at=later + timedelta(days=1), looked_at=now, code=None, detail="")
    assert await database.write(recoveries.claim, [first.holder], boot=boot, now=now) is None
    again = await database.write(recoveries.claim, [first.holder], boot=boot, now=later)
    assert again is not None and again.watched == kept and again.looked_at == now


async def test_what_is_watched_without_being_declared(database: Database, clock: Clock) -> None:
    """As many as there is room for; a watch ends when nothing is owed to its holder, and not before."""
    boot, now = database.boot, clock.now()  # type: ignore[attr-defined]
    assert await noted(database, clock, gap("a", now)) == 1
    await database.write(recoveries.release, HOLDER, boot=boot, next_at=now, looked_at=now, code=None, detail="")
    await database.write(recoveries.watch, ["acme/a", "acme/b"], now=now, most=3)
    await database.write(recoveries.watch, ["acme/b", HOLDER, "acme/d"], now=now, most=3)
    assert [watch.holder for watch in await database.read(recoveries.watches)] == ["acme/a", "acme/b", HOLDER] and await database.read(recoveries.count) == 3
    for _ in range(3):
        watch = await database.write(recoveries.claim, [], boot=boot, now=now)
        assert watch is not None
        await database.write(recoveries.forget, watch.holder, boot=boot)
        await database.write(recoveries.release, watch.holder, boot=boot, next_at=now + timedelta(days=1), looked_at=now, code=None, detail="")
    assert [watch.holder for watch in await database.read(recoveries.watches)] == [HOLDER]


async def test_a_gap_is_known_once(database: Database, clock: Clock) -> None:
    """What is read again is not new; a later attempt is the one to make again."""
    now = clock.now()
    assert await noted(database, clock, gap("a", now), gap("b", now)) == 2
    assert await noted(database, clock, gap("a", now, delivery=9), gap("c", now)) == 1
    found = {one.guid: one.delivery for one in await database.read(recoveries.page)}
    assert found == {"a": 9, "b": 1, "c": 1}


async def test_an_asking_is_counted_before_it_is_made(database: Database, clock: Clock) -> None:
    """It is written down by whoever has the watch, once; taken back when it surely did not happen; not asked again before its time."""
    boot, now = database.boot, clock.now()  # type: ignore[attr-defined]
    await noted(database, clock, gap("a", now))
    (one,) = await database.read(recoveries.due, HOLDER, now=now, limit=9)
    later = now + timedelta(minutes=1)
    with pytest.raises(NotOurs):
        await database.write(recoveries.asked, one.id, holder=HOLDER, boot=boot + 1, tries=1, next_at=later)
    assert await database.write(recoveries.asked, one.id, holder=HOLDER, boot=boot, tries=1, next_at=later)
    assert not await database.write(recoveries.asked, one.id, holder=HOLDER, boot=boot, tries=1, next_at=later)
    assert await database.read(recoveries.due, HOLDER, now=now, limit=9) == []
    assert await database.read(recoveries.next_due, HOLDER) == later
    await database.write(recoveries.unasked, one.id, tries=1, next_at=now)
    assert [found.tries for found in await database.read(recoveries.due, HOLDER, now=now, limit=9)] == [0]


async def test_what_came_in_is_settled_and_what_was_lost_is_told(database: Database, clock: Clock) -> None:
    """An event under the same digest ends it; one that was lost stays lost; both are forgotten in time."""
    now = clock.now()
    await noted(database, clock, gap("a", now), gap("b", now), gap("c", now))
    event = database.new_id()
    await database.write(store_event, id=event, name="push")
    await database.write(lambda connection: connection.execute(events.update().where(events.c.id == event).values(dedupe=b"a".ljust(16))))
    assert await database.read(recoveries.present, [b"a".ljust(16), b"b".ljust(16)]) == {b"a".ljust(16): event}
    assert await database.write(recoveries.settle, HOLDER) == {"github": 1}
    assert await database.write(recoveries.settle, HOLDER) == {}
    by_guid = {one.guid: one for one in await database.read(recoveries.page)}
    assert await database.write(recoveries.lose, by_guid["b"].id, code="github_window_over", now=now)
    assert not await database.write(recoveries.lose, by_guid["a"].id, code="github_window_over", now=now)
    assert await database.read(recoveries.summed) == (1, 1)
    assert (await database.read(recoveries.of_events, [event]))[event].guid == "a"
    assert [one.guid for one in await database.read(recoveries.page, state=State.LOST, holder=HOLDER)] == ["b"]
    while await database.write(retention.sweep_small, before=now + timedelta(days=1), now=now):
        pass
    assert [one.guid for one in await database.read(recoveries.page)] == ["c"]
