"""The audit's chain: entries get their links in order of seeing, and whoever writes into the database behind the hub's back is found out.

All of it on SQLite and on PostgreSQL, with what the hub really exports.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from databases import opened
from sqlalchemy import Connection

from leverframe.core.audit_chain import Checkpoint, Linked, Signer, next_link
from leverframe.core.audit_lines import line, records
from leverframe.core.audit_verify import Broken, Verified, verify
from leverframe.core.errors import Refused
from leverframe.store import audit, audit_chain
from leverframe.store import tables as t
from leverframe.store.audit import Asked
from leverframe.work.audit import EVERY_S, ChainKeeper, export
from leverframe.work.sweep import Kept, Sweeper

pytestmark = pytest.mark.anyio
SIGNER, OTHER, NOBODY = Signer([b"k" * 32]), Signer([b"o" * 32]), Signer()
BOTH = Signer([b"o" * 32, b"k" * 32])


async def add(database: Any, clock: VirtualClock, count: int = 1, *, act: str = "deploy", **more: Any) -> list[int]:
    """Write entries; return their ids."""
    ids = [database.new_id() for _ in range(count)]
    for id in ids:
        await database.write(audit.append, id=id, at=clock.now(), actor="person:ann", act=act, target="web-app", detail={"line": f"deploy {id}"}, **more)
    return ids


async def chained(database: Any, clock: VirtualClock, count: int = 12, signer: Signer = SIGNER) -> list[int]:
    """Write entries, three at a time, each three linked; return their ids."""
    keeper, ids = ChainKeeper(database, clock, signer), []
    for _ in range(count // 3):
        ids += await add(database, clock, 3)
        await keeper.step()
    return ids


async def verified(database: Any, clock: VirtualClock, signer: Signer = SIGNER, **how: Any) -> Verified | Broken:
    """Export as the hub does, as lines, and verify what they say."""
    lines = [line(record) async for record in export(database, clock, Asked(), signer.keys)]
    return verify(records(lines), **how)


async def run(database: Any, *statements: sa.Executable) -> None:
    """Write into the database behind the hub's back."""

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    await database.write(work)


async def rows(database: Any, column: sa.Column[Any] = t.audit.c.sequence) -> list[Any]:
    """Return a column of the audit, in the order of ids."""
    found: list[Any] = await database.read(lambda connection: list(connection.execute(sa.select(column).order_by(t.audit.c.id)).scalars()))
    return found


async def forged(database: Any, change: Callable[[list[Linked]], list[Linked]]) -> None:
    """Change the audit as somebody does who knows how links are made: every later link is made anew, and only the key is missing."""
    chain = await database.read(audit_chain.linked_page, Asked(), after=0, upto=1 << 60, limit=1000)
    link, again = bytes(32), []
    for sequence, one in enumerate(change(chain), 1):
        link = next_link(link, sequence, one.entry)
        again.append(Linked(entry=one.entry, sequence=sequence, link=link))

    def work(connection: Connection) -> None:
        connection.execute(t.audit.delete())
        for one in again:
            entry = one.entry
            audit.append(
                connection, id=entry.id, at=entry.at, actor=entry.actor, act=entry.act, target=entry.target, code=entry.code,
                detail=entry.detail if isinstance(entry.detail, dict) else {},
            )  # fmt: skip
            connection.execute(t.audit.update().where(t.audit.c.id == entry.id).values(sequence=one.sequence, link=one.link))

    await database.write(work)


async def test_entries_get_their_links_and_are_whole(database: Any, clock: VirtualClock) -> None:
    """Each has its place, the last is signed, and what was exported is verified by the public key alone."""
    await chained(database, clock)
    assert await rows(database) == list(range(1, 13))
    found = await verified(database, clock)
    assert isinstance(found, Verified)
    assert (found.entries, found.pending, found.sequence, found.since, found.keys) == (12, 0, 12, 0, SIGNER.keys)
    assert await verified(database, clock, keys=frozenset(SIGNER.keys), head=(12, found.link)) == found


async def test_what_was_just_written_waits_for_its_link(database: Any, clock: VirtualClock) -> None:
    """It is exported and counted apart."""
    await chained(database, clock, 3)
    await add(database, clock, 2)
    found = await verified(database, clock)
    assert isinstance(found, Verified) and (found.entries, found.pending) == (3, 2)


async def test_an_audit_without_entries_is_whole(database: Any, clock: VirtualClock) -> None:
    """Nothing to link, nothing to sign."""
    assert await ChainKeeper(database, clock, SIGNER).step() == 0
    assert isinstance(await verified(database, clock), Verified)


async def test_many_entries_are_linked_in_bites(database: Any, clock: VirtualClock) -> None:
    """However many wait, all have their links after one look; one checkpoint of the hour is kept."""
    await add(database, clock, audit_chain.BATCH + 7)
    assert await ChainKeeper(database, clock, SIGNER).step() == audit_chain.BATCH + 7
    assert [point.sequence for point in (await database.read(audit_chain.extent))[1]] == [audit_chain.BATCH + 7]
    clock.advance(hours=1)
    await chained(database, clock, 3)
    assert len((await database.read(audit_chain.extent))[1]) == 2
    assert isinstance(await verified(database, clock), Verified)


async def test_the_order_is_that_of_seeing(database: Any, clock: VirtualClock) -> None:
    """An entry of another process that becomes visible later has a smaller id and a later place; both are whole."""
    early = database.new_id()
    clock.advance(seconds=20)
    await add(database, clock, 2)
    keeper = ChainKeeper(database, clock, SIGNER)
    await keeper.step()
    await database.write(audit.append, id=early, at=clock.now(), actor="person:bo", act="lock")
    await keeper.step()
    assert await rows(database) == [3, 1, 2]
    assert isinstance(await verified(database, clock), Verified)


async def test_a_look_at_nothing_new_writes_nothing(database: Any, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a question is asked, and only every few seconds."""
    keeper = ChainKeeper(database, clock, SIGNER)
    await add(database, clock)
    await keeper.step()
    monkeypatch.setattr(database, "write", None)
    assert await keeper.step() == 0
    looked, began = 0, clock.now()

    async def step(self: ChainKeeper) -> int:
        nonlocal looked
        looked += 1
        if looked == 2:
            raise Refused("storage_unavailable")
        if looked == 3:
            raise ValueError("unthought of")
        if looked == 4:
            raise asyncio.CancelledError
        return 0

    monkeypatch.setattr(ChainKeeper, "step", step)
    with pytest.raises(asyncio.CancelledError):
        await keeper.run()
    assert clock.now() - began == timedelta(seconds=4 * EVERY_S)


@pytest.mark.parametrize(
    "column", [{"actor": "person:eve"}, {"act": "lock"}, {"target": "x"}, {"code": "not_allowed"}, {"detail": "{}"}, {"detail": '{"line" :"deploy"}'},
               {"detail": "nothing"}, {"link": b"x" * 32}, {"at": None}],
    ids=str,
)  # fmt: skip
async def test_a_changed_entry_is_named(database: Any, clock: VirtualClock, column: dict[str, Any]) -> None:
    """Whatever part of it is changed."""
    ids = await chained(database, clock)
    if "at" in column:
        column = {"at": clock.now() - timedelta(days=1)}
    await run(database, t.audit.update().where(t.audit.c.id == ids[4]).values(**column))
    assert await verified(database, clock) == Broken(why="changed", sequence=5, id=ids[4])


@pytest.mark.parametrize("position", [0, 4, 10])
async def test_a_deleted_entry_is_missed(database: Any, clock: VirtualClock, position: int) -> None:
    """The first, one in the middle, one near the end: only the place is left to name."""
    ids = await chained(database, clock)
    await run(database, t.audit.delete().where(t.audit.c.id == ids[position]))
    assert await verified(database, clock) == Broken(why="missing", sequence=position + 1)


async def test_an_inserted_entry_is_found(database: Any, clock: VirtualClock) -> None:
    """One of long ago that was not there before gets no link from the hub, and is told."""
    clock.advance(days=1)
    await chained(database, clock)
    old = database.new_id() - (2 * 3_600_000 << 20)
    await database.write(audit.append, id=old, at=clock.now() - timedelta(hours=2), actor="person:ann", act="approve")
    await add(database, clock)
    await ChainKeeper(database, clock, SIGNER).step()
    assert (await rows(database))[0] is None and (await rows(database))[-1] == 13
    assert await verified(database, clock) == Broken(why="inserted", sequence=14, id=old)


async def test_an_entry_put_into_the_chain_is_found(database: Any, clock: VirtualClock) -> None:
    """With a sequence of its own beside the others, or in place of one."""
    ids = await chained(database, clock)
    later = [t.audit.update().where(t.audit.c.id == id).values(sequence=position + 100) for position, id in enumerate(ids[5:], 7)]
    shift = [t.audit.update().where(t.audit.c.id == id).values(sequence=position) for position, id in enumerate(ids[5:], 7)]
    entry = t.audit.insert().values(
        id=ids[-1] + 100, at=clock.now(), actor="person:eve", act="approve", target="", code="ok", detail="{}", sequence=6, link=b"x" * 32)
    await run(database, *later, *shift, entry)
    assert await verified(database, clock) == Broken(why="changed", sequence=6, id=ids[-1] + 100)


async def test_reordered_entries_are_found(database: Any, clock: VirtualClock) -> None:
    """Two entries that change places, each with the link of the place."""
    ids = await chained(database, clock)
    links = await rows(database, t.audit.c.link)
    move = t.audit.update()
    await run(
        database, move.where(t.audit.c.id == ids[3]).values(sequence=99), move.where(t.audit.c.id == ids[6]).values(sequence=4, link=links[3]),
        move.where(t.audit.c.id == ids[3]).values(sequence=7, link=links[6]),
    )  # fmt: skip
    assert await verified(database, clock) == Broken(why="changed", sequence=4, id=ids[6])


async def test_a_cut_tail_is_missed(database: Any, clock: VirtualClock) -> None:
    """The signed checkpoint remembers how far the chain went."""
    ids = await chained(database, clock)
    await run(database, t.audit.delete().where(t.audit.c.id > ids[8]))
    assert await verified(database, clock) == Broken(why="cut", sequence=10)


@pytest.mark.parametrize("how", ["change", "delete", "insert", "reorder", "cut"])
async def test_a_chain_made_anew_contradicts_its_signature(database: Any, clock: VirtualClock, how: str) -> None:
    """Somebody who makes every later link anew cannot make the signature, whatever was done."""
    await chained(database, clock)

    def change(chain: list[Linked]) -> list[Linked]:
        match how:
            case "change":
                chain[4] = Linked(entry=type(chain[4].entry)(**{**_fields(chain[4]), "actor": "person:eve"}))
            case "delete":
                del chain[4]
            case "insert":
                chain.insert(4, Linked(entry=type(chain[4].entry)(**{**_fields(chain[4]), "id": chain[4].entry.id + 500})))
            case "reorder":
                chain[4], chain[6] = chain[6], chain[4]
            case _:
                del chain[9:]
        return chain

    await forged(database, change)
    found = await verified(database, clock)
    assert isinstance(found, Broken) and (found.why, found.sequence) == {"delete": ("cut", 12), "cut": ("cut", 10)}.get(how, ("contradicted", 12))
    await add(database, clock)
    await ChainKeeper(database, clock, SIGNER).step()
    found = await verified(database, clock)
    assert isinstance(found, Broken), "the hub does not put its name to it either"


def _fields(linked: Linked) -> dict[str, Any]:
    entry = linked.entry
    return {name: getattr(entry, name) for name in ("id", "at", "actor", "act", "target", "code", "detail")}


async def test_taking_the_checkpoints_away_does_not_help(database: Any, clock: VirtualClock) -> None:
    """Without its checkpoint nothing vouches for the chain; a hub that must sign it anew says so in the audit itself."""
    ids = await chained(database, clock)
    was = await verified(database, clock)
    assert isinstance(was, Verified)
    await run(database, t.audit.delete().where(t.audit.c.id > ids[8]), t.audit_checkpoints.delete())
    assert await verified(database, clock) == Broken(why="unsigned", sequence=1)
    await ChainKeeper(database, clock, SIGNER).step()
    found = await verified(database, clock)
    assert isinstance(found, Verified) and (await rows(database, t.audit.c.act))[-1] == "audit.sign"
    assert await verified(database, clock, head=(12, was.link)) == Broken(why="cut", sequence=11)
    await add(database, clock, 5)
    await ChainKeeper(database, clock, SIGNER).step()
    assert await verified(database, clock, head=(12, was.link)) == Broken(why="unexpected", sequence=12, id=(await rows(database, t.audit.c.id))[11])


async def test_a_gap_stays_for_ever(database: Any, clock: VirtualClock) -> None:
    """After a cut the chain goes on from its checkpoint: what is missing does not heal, and what is new is protected."""
    ids = await chained(database, clock)
    await run(database, t.audit.delete().where(t.audit.c.id > ids[8]))
    await add(database, clock, 3)
    await ChainKeeper(database, clock, SIGNER).step()
    assert (await rows(database))[-3:] == [13, 14, 15]
    assert await verified(database, clock) == Broken(why="missing", sequence=10)


async def test_entries_after_the_last_checkpoint_are_nobodys(database: Any, clock: VirtualClock) -> None:
    """The hub signs together with every link, so one without a signature after it is not the hub's; nor does the hub build on it."""
    ids = await chained(database, clock)
    last = (await rows(database, t.audit.c.link))[-1]
    [new] = await add(database, clock)
    [entry] = [one for one in await database.read(audit.entries) if one.id == new]
    await run(database, t.audit.update().where(t.audit.c.id == new).values(sequence=13, link=next_link(last, 13, entry)))
    assert new > ids[-1] and await verified(database, clock) == Broken(why="unsigned", sequence=13)
    await add(database, clock)
    await ChainKeeper(database, clock, SIGNER).step()
    found = await verified(database, clock)
    assert isinstance(found, Broken) and (found.why, found.sequence) == ("changed", 14)


async def test_a_foreign_signature_vouches_for_nothing(database: Any, clock: VirtualClock) -> None:
    """Somebody with a key of their own, and somebody who says that nobody signs here, are told from the hub."""
    await chained(database, clock, signer=OTHER)
    assert await verified(database, clock) == Broken(why="unsigned", sequence=1)
    await run(database, t.audit_checkpoints.update().values(key=SIGNER.keys[0]))
    assert await verified(database, clock) == Broken(why="unsigned", sequence=1)
    await run(database, t.audit_checkpoints.update().values(key="", signature=b""))
    assert await verified(database, clock) == Broken(why="unsigned", sequence=1)


async def test_keys_are_changed_without_a_gap(database: Any, clock: VirtualClock) -> None:
    """The new key first, the old one still known: the end is signed anew at the start, and the old key can go."""
    await chained(database, clock)
    clock.advance(days=2)
    await chained(database, clock)
    await Sweeper(database, clock, Kept(audit_days=1), SIGNER).sweep()
    await ChainKeeper(database, clock, BOTH).step()
    assert isinstance(await verified(database, clock, OTHER), Verified)
    assert "audit.sign" not in await rows(database, t.audit.c.act)


async def test_without_a_key_the_chain_is_there_and_says_that_nobody_signed(database: Any, clock: VirtualClock) -> None:
    """Careless changes are found all the same; whoever is told to expect a signature finds none."""
    ids = await chained(database, clock, signer=NOBODY)
    found = await verified(database, clock, NOBODY)
    assert isinstance(found, Verified) and found.keys == ()
    assert await verified(database, clock, NOBODY, keys=frozenset(SIGNER.keys)) == Broken(why="unsigned", sequence=1)
    await run(database, t.audit.delete().where(t.audit.c.id == ids[-1]))
    assert await verified(database, clock, NOBODY) == Broken(why="cut", sequence=12)


async def test_a_key_that_comes_later_signs_what_is_there_and_says_so(database: Any, clock: VirtualClock) -> None:
    """The entry tells from which sequence on the signature means something."""
    await chained(database, clock, 3, NOBODY)
    await ChainKeeper(database, clock, SIGNER).step()
    found = await verified(database, clock)
    assert isinstance(found, Verified) and (found.entries, found.keys) == (4, SIGNER.keys)
    [entry] = await database.read(audit.entries, act="audit.sign")
    assert (entry.actor, entry.target, entry.detail) == ("hub", "sequence:3", {"signed_before_by": "nobody"})


async def test_retention_leaves_a_signed_beginning(database: Any, clock: VirtualClock) -> None:
    """Old entries go, in bites, up to a checkpoint; what is left is whole, and its beginning cannot be moved."""
    await chained(database, clock)
    clock.advance(days=10)
    ids = await chained(database, clock)
    assert (await Sweeper(database, clock, Kept(audit_days=5), SIGNER).sweep())["audit"] == 12
    assert await rows(database) == list(range(13, 25))
    found = await verified(database, clock)
    assert isinstance(found, Verified) and (found.entries, found.since) == (12, 12)
    assert (await Sweeper(database, clock, Kept(audit_days=5), SIGNER).sweep())["audit"] == 0
    assert await verified(database, clock, head=(3, b"x" * 32)) == Broken(why="removed", sequence=3)
    await run(database, t.audit.delete().where(t.audit.c.id == ids[0]))
    assert await verified(database, clock) == Broken(why="missing", sequence=13)
    await run(database, t.audit_checkpoints.update().where(t.audit_checkpoints.c.kind == "retention").values(sequence=13))
    assert await verified(database, clock) == Broken(why="unsigned", sequence=13)


async def test_an_audit_of_which_all_is_past_retention_goes_on(database: Any, clock: VirtualClock) -> None:
    """Nothing is left but the beginning; the next entry has the next sequence."""
    await chained(database, clock)
    clock.advance(days=10)
    assert (await Sweeper(database, clock, Kept(audit_days=5), SIGNER).sweep())["audit"] == 12
    assert isinstance(await verified(database, clock), Verified)
    await chained(database, clock, 3)
    found = await verified(database, clock)
    assert await rows(database) == [13, 14, 15] and isinstance(found, Verified)


async def test_retention_does_not_sign_away_what_was_changed(database: Any, clock: VirtualClock) -> None:
    """What is not as it was written stays, and so does all after it; the sweep says so."""
    ids = await chained(database, clock)
    await run(database, t.audit.update().where(t.audit.c.id == ids[4]).values(actor="person:eve"))
    clock.advance(days=10)
    with pytest.raises(Refused, match="audit_broken"):
        await Sweeper(database, clock, Kept(audit_days=5), SIGNER).sweep()
    assert len(await rows(database)) == 12


async def test_an_entry_without_a_link_is_not_swept(database: Any, clock: VirtualClock) -> None:
    """Nothing vouches for it yet."""
    await add(database, clock)
    clock.advance(days=10)
    assert (await Sweeper(database, clock, Kept(audit_days=5), SIGNER).sweep())["audit"] == 0


async def test_an_export_goes_on_while_retention_sweeps(database: Any, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is removed between two pages is vouched for by the checkpoint that retention left."""
    monkeypatch.setattr("leverframe.work.audit.PAGE", 4)
    await chained(database, clock)
    clock.advance(days=10)
    await chained(database, clock)
    lines = []
    async for record in export(database, clock, Asked(), SIGNER.keys):
        lines.append(line(record))
        if isinstance(record, Linked) and record.sequence == 4:
            await Sweeper(database, clock, Kept(audit_days=5), SIGNER).sweep()
    found = verify(records(lines))
    assert isinstance(found, Verified) and (found.entries, found.since) == (16, 12)


async def test_an_excerpt_is_exported_and_not_verified(database: Any, clock: VirtualClock) -> None:
    """Only what was asked for, with its links; that the others are left out on purpose cannot be told from their being gone."""
    await chained(database, clock, 3)
    await add(database, clock, act="lock")
    await ChainKeeper(database, clock, SIGNER).step()
    found = [record async for record in export(database, clock, Asked(act="lock"), SIGNER.keys)]
    assert [record.sequence for record in found if isinstance(record, Linked)] == [4]
    assert verify(found) == Broken(why="excerpt", sequence=0)


@pytest.fixture
async def second(database_url: str, database: Any, clock: VirtualClock) -> AsyncIterator[Any]:
    """Another process on the same PostgreSQL."""
    if database.dialect == "sqlite":
        pytest.skip("one process serves a SQLite file")
    async with opened(database_url, clock) as store:
        yield store


async def test_processes_share_one_chain(database: Any, second: Any, clock: VirtualClock) -> None:
    """All write and all look at once: every entry has one place, and no place is given twice."""
    keepers = [ChainKeeper(store, clock, SIGNER) for store in (database, second)]
    for _ in range(5):
        await asyncio.gather(add(database, clock, 9), add(second, clock, 9), *(keeper.step() for keeper in keepers))
    for keeper in keepers:
        await keeper.step()
    assert sorted(await rows(database)) == list(range(1, 91))
    assert isinstance(await verified(second, clock), Verified)


async def test_only_one_process_at_a_time_works_on_the_chain(database: Any, second: Any, clock: VirtualClock) -> None:
    """While one is at it, another goes on with something else; when it died, the next look finds the lock free."""
    await add(database, clock, 3)
    inside, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with second._engine.connect() as connection, connection.begin():
            assert await connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(audit_chain._LOCK)))
            inside.set()
            await leave.wait()

    holding = asyncio.create_task(hold())
    await inside.wait()
    keeper = ChainKeeper(database, clock, SIGNER)
    assert await keeper.step() == 0
    leave.set()
    await holding
    assert await keeper.step() == 3


def test_an_export_that_was_cut_or_touched_is_found_without_a_database() -> None:
    """A line left out anywhere, the ending too, is missed; a checkpoint is worth nothing with a letter changed."""
    assert verify([]) == Broken(why="cut", sequence=1)
    point = SIGNER.checkpoint("head", sequence=1, link=b"x" * 32, at=VirtualClock().now())
    assert point.is_signed_by(frozenset(SIGNER.keys)) and SIGNER.made(point) and not OTHER.made(point)
    moved = Checkpoint(kind="head", sequence=2, link=point.link, at=point.at, key=point.key, signature=point.signature)
    assert not SIGNER.made(moved)
    assert "6b6b" not in repr(SIGNER)
