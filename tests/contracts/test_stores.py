"""Every store keeps the same promises: what was answered is kept, once; nobody's write undoes another's; work is held by one process at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from contracts.stores import HARNESSES, Harness, together
from services.postgres import Server
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.store import counts, deliveries, event_pages, mutes, schema
from leverframe.store import events as stored
from leverframe.store.deliveries import Card, LateWorker, Role, State
from leverframe.store.tables import attempts, bodies, cards, destinations, events, label_waits, routing
from leverframe.store.tables import deliveries as delivery_rows
from leverframe.store.tables import mutes as mute_rows

pytestmark = pytest.mark.anyio
DEV = "slack:#dev"


@pytest.fixture(params=HARNESSES)
async def house(request: pytest.FixtureRequest, tmp_path: Path, postgres_server: Server, postgres_url: str) -> AsyncIterator[Harness]:
    async with HARNESSES[request.param](tmp_path, postgres_server, postgres_url) as made:
        yield made


# --- taking in -------------------------------------------------------------------------------------------------------------


async def test_an_event_is_kept_as_it_came(house: Harness) -> None:
    """Every byte of body and headers comes back, and text of any script; the event waits for routing."""
    body, headers = bytes(range(256)) * 8, '[["x-name","값 é 🎉"]]'.encode()
    event = house.event(source="깃허브", name="push", action="열림", repo="acme/웹", carried='{"to":["#개발"]}', body=body, headers=headers)
    assert await house.store.ingest(event) == event.id
    kept = await house.store.read(event_pages.body, event.id)
    assert kept is not None and kept.body == body and dict(kept.headers) == {"x-name": "값 é 🎉"}
    found = (await house.store.read(stored.load, [event.id]))[event.id]
    assert (found.source, found.carried, found.received_at) == ("깃허브", '{"to":["#개발"]}', house.clock.now())
    assert (found.accepted.action, found.accepted.repo, found.accepted.delivery_id) == ("열림", "acme/웹", event.delivery_id)
    assert await house.rows(sa.select(routing.c.event_id, routing.c.boot, routing.c.attempt)) == [(event.id, None, 0)]


async def test_a_repeat_is_told_the_first_ones_id(house: Harness) -> None:
    """In the same batch, in another one, and after a restart; nothing of the repeat is kept."""
    first, twin = house.event("same", body=b"first"), house.event("same", body=b"twin")
    assert await together(house.store.ingest(first), house.store.ingest(twin)) == [first.id, first.id]
    assert await house.store.ingest(house.event("same")) == first.id
    store = await house.restart()
    assert await store.ingest(house.event("same")) == first.id
    assert [await house.count(table) for table in (events, bodies, routing)] == [1, 1, 1]
    kept = await store.read(event_pages.body, first.id)
    assert kept is not None and kept.body == b"first"


async def test_a_crowd_is_answered_one_by_one(house: Harness) -> None:
    """A thousand at once, most of them repeats: one row for each event, and everybody hears the same id of it."""
    asked = [house.event(number % 150, body=b"x" * (number % 7 * 100)) for number in range(1000)]
    random.Random(1).shuffle(asked)
    answers = await together(*(house.store.ingest(event) for event in asked))
    heard: dict[bytes, set[int]] = {}
    for event, answer in zip(asked, answers, strict=True):
        heard.setdefault(event.dedupe, set()).add(answer)
    assert all(len(ids) == 1 for ids in heard.values())
    assert sorted(await house.rows(sa.select(events.c.id))) == sorted(id for ids in heard.values() for id in ids)
    assert [await house.count(table) for table in (events, bodies, routing)] == [150, 150, 150]


async def test_large_bodies_are_taken_among_small_ones(house: Harness) -> None:
    """Above 256 KB too, whole, and their repeats are recognised."""
    large = [random.Random(size).randbytes(size) for size in (256 * 1024, 256 * 1024 + 1, 3_000_000)]
    asked = [house.event(number, body=body) for number, body in enumerate([b"small", *large, b"small too", large[2]])]
    again = house.event(3, body=large[2])
    answers = await together(*(house.store.ingest(event) for event in (*asked, again)))
    assert answers == [*(event.id for event in asked), asked[3].id]
    for event in asked:
        kept = await house.store.read(event_pages.body, event.id)
        assert kept is not None and kept.body == event.body


async def test_one_event_that_cannot_be_kept_harms_no_other(house: Harness) -> None:
    """An identifier that is taken refuses its own event, which can be sent again, and not those of the same moment."""
    (taken,) = await house.routed()
    clash = house.event(id=taken)
    await house.store.ingest(house.event())
    refused, kept = await together(house.store.ingest(clash), house.store.ingest(house.event("another")))
    assert isinstance(refused, Refused) and refused.code == "storage_unavailable"
    assert isinstance(kept, int)


async def test_identifiers_only_grow(house: Harness) -> None:
    """Within a moment, when the clock steps back, and from one process to the next."""
    given = [house.store.new_id() for _ in range(5000)]
    house.clock.advance(hours=-2)
    given += [house.store.new_id() for _ in range(10)]
    await house.store.ingest(house.event())
    given += await house.rows(sa.select(events.c.id))
    await house.restart()
    given.append(house.store.new_id())
    assert given == sorted(set(given))


# --- writing and reading ---------------------------------------------------------------------------------------------------


def _mute(connection: Connection, name: str, error: Exception | None = None) -> str:
    connection.execute(mute_rows.insert().values(target=name, until=datetime(1970, 1, 1, tzinfo=UTC), reason="", by=""))
    if error is not None:
        raise error
    return name


async def test_what_one_work_raises_is_its_own(house: Harness) -> None:
    """Of works that share a moment each is kept or not by itself; whoever raises hears its own error, and nothing of it stays."""
    errors: list[Exception | None] = [None, ValueError("mine"), None, Refused("name_taken"), None, KeyError("k"), None]
    done = await together(*(house.store.write(_mute, str(number), error) for number, error in enumerate(errors)))
    for number, (error, found) in enumerate(zip(errors, done, strict=True)):
        assert found is error if error is not None else found == str(number)
    assert sorted(await house.rows(sa.select(mute_rows.c.target))) == ["0", "2", "4", "6"]


async def test_a_statement_that_fails_is_its_works_own_too(house: Harness) -> None:
    """A row that is there already stops the work that adds it, also half-way, and no other."""
    await house.store.write(_mute, "there")

    def half(connection: Connection) -> None:
        _mute(connection, "half")
        _mute(connection, "there")

    first, failed, last = await together(house.store.write(_mute, "first"), house.store.write(half), house.store.write(_mute, "last"))
    assert (first, last) == ("first", "last") and isinstance(failed, sa.exc.IntegrityError)
    assert sorted(await house.rows(sa.select(mute_rows.c.target))) == ["first", "last", "there"]


async def test_an_answer_comes_after_the_commit(house: Harness) -> None:
    """Whoever has been answered finds what was written, as does an outsider; also in a crowd."""

    async def write_and_look(number: int) -> bool:
        await house.store.write(_mute, str(number))
        return bool(await house.rows(sa.select(mute_rows.c.target).where(mute_rows.c.target == str(number))))

    assert await together(*(write_and_look(number) for number in range(40))) == [True] * 40
    assert len(await asyncio.to_thread(house.outside, "SELECT 1 FROM mutes")) >= 40


async def test_an_asker_who_leaves_disturbs_nobody(house: Harness) -> None:
    """A request that is cancelled while it waits for the commit: the others are answered, and the store goes on."""
    asked = [asyncio.create_task(house.store.write(_mute, str(number))) for number in range(10)]
    taken = [asyncio.create_task(house.store.ingest(house.event())) for _ in range(10)]
    await asyncio.sleep(0)
    asked[3].cancel()
    taken[3].cancel()
    done = await together(*asked, *taken)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [number in (3, 13) for number in range(20)]
    assert isinstance(await house.store.ingest(house.event()), int) and await house.store.write(_mute, "later") == "later"


async def test_reading_changes_nothing(house: Harness) -> None:
    """A work that writes where it should read is stopped, and nothing of it stays."""
    with pytest.raises(Exception, match="read|Read"):
        await house.store.read(_mute, "by mistake")
    assert await house.count(mute_rows) == 0
    assert await house.store.write(_mute, "after") == "after"


async def test_a_read_sees_one_moment(house: Harness) -> None:
    """What somebody commits between two queries of a work is not seen by the second alone."""
    await house.store.write(_mute, "before")

    def twice(connection: Connection) -> tuple[int, int]:
        query = sa.select(sa.func.count()).select_from(mute_rows)
        first = connection.execute(query).scalar_one()
        house.outside("INSERT INTO mutes (target, until, reason, by) VALUES ('meanwhile', 0, '', '')")
        return first, connection.execute(query).scalar_one()

    assert await house.store.read(twice) == (1, 1)
    assert await house.count(mute_rows) == 2


async def test_closing_answers_everybody(house: Harness) -> None:
    """What waits when the store closes is kept and answered; nobody waits for ever."""
    asked = [asyncio.create_task(house.store.ingest(house.event())) for _ in range(700)]
    asked += [asyncio.create_task(house.store.write(_mute, str(number))) for number in range(3)]
    await asyncio.sleep(0)
    await house.restart()
    async with asyncio.timeout(20):
        done = await together(*asked)
    assert [one for one in done if isinstance(one, BaseException) and not isinstance(one, Refused)] == []
    assert await house.count(events) == sum(isinstance(one, int) for one in done)


# --- routing ---------------------------------------------------------------------------------------------------------------


async def test_events_are_claimed_oldest_first_and_no_more_than_asked(house: Harness) -> None:
    """Whatever the order in which they were written."""
    asked = [house.event() for _ in range(10)]
    for event in reversed(asked):
        await house.store.ingest(event)
    ids = [event.id for event in asked]
    now, boot, other = house.clock.now(), house.store.boot, await house.boot()
    assert await house.store.write(stored.claim_routing, boot=boot, now=now, limit=4) == ids[:4]
    assert await house.store.write(stored.claim_routing, boot=other, now=now, limit=4) == ids[4:8]
    assert await house.store.write(stored.claim_routing, boot=other, now=now, limit=100) == ids[4:]


async def test_no_event_is_claimed_by_two(house: Harness) -> None:
    """Processes that claim at the same moment share what there is."""
    ids = await house.routed(30)
    boots = [await house.boot() for _ in range(4)]
    shares = await together(*(house.store.write(stored.claim_routing, boot=boots[turn % 4], now=house.clock.now(), limit=30) for turn in range(4)))
    assert sorted(id for share in shares for id in share) == ids


async def test_a_dead_process_leaves_its_claims_and_a_living_one_keeps_them(house: Harness) -> None:
    """They are taken over when its lease has run out, not before."""
    dead, living = await house.boot(dead=True), await house.boot()
    ids = await house.routed(3)
    now = house.clock.now()
    assert await house.store.write(stored.claim_routing, boot=dead, now=now - timedelta(seconds=2), limit=2) == ids[:2]
    assert await house.store.write(stored.claim_routing, boot=living, now=now - timedelta(seconds=2), limit=9) == ids[2:]
    assert await house.store.write(stored.claim_routing, boot=house.store.boot, now=now - timedelta(seconds=2), limit=9) == []
    assert await house.store.write(stored.claim_routing, boot=house.store.boot, now=now, limit=9) == ids[:2]


async def test_an_event_waits_for_the_older_ones_of_its_repository(house: Harness) -> None:
    """While another process routes one of them; what has no repository, another one, or the same of another source, does not wait.

    Two processes once routed neighbouring comments of an issue at the same time, and the later one was said first.
    """
    about = [("github", "acme/web"), ("github", "acme/api"), ("github", "acme/web"), ("github", None), ("forge", "acme/web"), ("github", None), ("github", "acme/web")]
    ids = [await house.store.ingest(house.event(source=source, repo=repo)) for source, repo in about]
    now, boot, other = house.clock.now(), house.store.boot, await house.boot()

    async def claim(boot: int, limit: int = 9) -> list[int]:
        claimed: list[int] = await house.store.write(stored.claim_routing, boot=boot, now=now, limit=limit)
        return claimed

    assert await claim(other, limit=1) == ids[:1]
    assert await claim(boot, limit=3) == [ids[1], ids[3], ids[4]]
    assert await claim(other) == [ids[0], ids[2], ids[5], ids[6]]
    await house.store.write(deliveries.plan, boot=other, routed=[ids[0], ids[5]], planned=[], now=now)
    assert await claim(boot) == [ids[1], ids[3], ids[4]]
    await house.store.write(stored.postpone_routing, event_id=ids[2], boot=other, now=now, wait_s=60)
    assert await claim(boot) == [ids[1], ids[3], ids[4]]
    await house.store.write(deliveries.plan, boot=other, routed=ids[6:], planned=[], now=now)
    last = await house.store.ingest(house.event(repo="acme/web"))
    assert await claim(boot) == [ids[1], ids[3], ids[4], last]


async def test_a_repository_whose_process_died_waits_for_its_lease(house: Harness) -> None:
    """Not longer: then the survivor takes what was held, and what waited for it, in order."""
    ids = [await house.store.ingest(house.event(repo="acme/web")) for _ in range(3)]
    dead, now = await house.boot(dead=True), house.clock.now()
    before = now - timedelta(seconds=2)
    assert await house.store.write(stored.claim_routing, boot=dead, now=before, limit=1) == ids[:1]
    assert await house.store.write(stored.claim_routing, boot=house.store.boot, now=before, limit=9) == []
    assert await house.store.write(stored.claim_routing, boot=house.store.boot, now=now, limit=9) == ids


@pytest.mark.parametrize("seed", range(3))
async def test_each_repository_is_routed_in_order(house: Harness, seed: int) -> None:
    """However many processes claim at the same moments, finish in any order, or give an event back."""
    chance = random.Random(seed)
    ids = {await house.store.ingest(house.event(repo=repo)): repo for repo in chance.choices(["acme/web", "acme/api", "acme/app"], k=60)}
    boots, now, routed = [await house.boot() for _ in range(4)], house.clock.now(), list[int]()
    for _ in range(500):
        asked = chance.sample(boots, 3)
        held = await together(*(house.store.write(stored.claim_routing, boot=boot, now=now, limit=chance.randint(1, 9)) for boot in asked))
        for boot, claimed in zip(asked, held, strict=True):
            if claimed and chance.random() < 0.5:
                done = claimed[: chance.randint(1, len(claimed))]
                await house.store.write(deliveries.plan, boot=boot, routed=done, planned=[], now=now)
                routed += done
        if len(routed) == len(ids):
            break
    assert sorted(routed) == sorted(ids)
    for repo in set(ids.values()):
        assert (of_repo := [id for id in routed if ids[id] == repo]) == sorted(of_repo)


async def test_what_a_process_left_half_done_it_can_take_up_again(house: Harness) -> None:
    """A claim whose routing failed is claimed by the same process when it asks again."""
    ids = await house.routed(2)
    for _ in range(2):
        assert await house.store.write(stored.claim_routing, boot=house.store.boot, now=house.clock.now(), limit=9) == ids


async def test_an_event_that_cannot_be_routed_waits_for_its_moment(house: Harness) -> None:
    """The others go on."""
    ids, boot = await house.routed(2), house.store.boot
    await house.store.write(stored.claim_routing, boot=boot, now=house.clock.now(), limit=1)
    await house.store.write(stored.postpone_routing, event_id=ids[0], boot=boot, now=house.clock.now(), wait_s=60)
    assert await house.store.write(stored.claim_routing, boot=boot, now=house.clock.now(), limit=9) == ids[1:]
    house.clock.advance(seconds=60)
    await house.store.write(schema.heartbeat, boot=boot, now=house.clock.now())
    assert await house.store.write(stored.claim_routing, boot=boot, now=house.clock.now(), limit=9) == ids
    assert await house.rows(sa.select(routing.c.attempt).order_by(routing.c.event_id)) == [1, 0]


async def test_a_label_fires_a_route_once(house: Harness) -> None:
    """The latest event that waited for it; what fired already neither waits nor fires again."""
    about = {"route": "bugs", "subject": "github:acme/web#1"}
    assert await house.store.write(stored.fire_waiting, **about, now=house.clock.now()) is None
    for event_id in (1, 2):
        await house.store.write(stored.wait_for_label, **about, event_id=event_id)
    assert await house.store.write(stored.fire_waiting, **about, now=house.clock.now()) == 2
    await house.store.write(stored.wait_for_label, **about, event_id=3)
    assert await house.store.write(stored.fire_waiting, **about, now=house.clock.now()) is None
    for route in ("bugs", "new"):
        await house.store.write(stored.fired, route=route, subject=about["subject"], event_id=4, now=house.clock.now())
    assert sorted(await house.rows(sa.select(label_waits.c.route, label_waits.c.event_id))) == [("bugs", 4), ("new", 4)]


# --- deliveries ------------------------------------------------------------------------------------------------------------


async def _owe(house: Harness, *planned: deliveries.Planned) -> list[int]:
    await house.store.write(deliveries.owe, planned=planned, now=house.clock.now())
    return [one.id for one in planned]


async def _take(house: Harness, boot: int | None = None, limit: int = 99, window: int = 99) -> list[deliveries.Taken]:
    taken: list[deliveries.Taken] = await house.store.write(
        deliveries.take, boot=house.store.boot if boot is None else boot, now=house.clock.now(), limit=limit, window=window
    )
    return taken


async def _settle(house: Harness, *rounds: deliveries.Round, boot: int | None = None, window: int = 99) -> dict[str, list[deliveries.Owed]]:
    found: dict[str, list[deliveries.Owed]] = await house.store.write(
        deliveries.settle, rounds=rounds, boot=house.store.boot if boot is None else boot, now=house.clock.now(), window=window
    )
    return found


async def _destination(house: Harness, name: str = DEV) -> tuple[object, ...]:
    (found,) = await house.rows(sa.select(destinations.c.due_at, destinations.c.failures, destinations.c.boot).where(destinations.c.name == name))
    return tuple(found)


async def test_an_event_becomes_its_deliveries_in_one_step(house: Harness) -> None:
    """The routing row goes, the deliveries come, their destinations are due; what is muted is kept and wakes nobody."""
    ids, boot, now = await house.routed(2), house.store.boot, house.clock.now()
    await house.store.write(stored.claim_routing, boot=boot, now=now, limit=9)
    later = now + timedelta(hours=1)
    planned = [
        house.planned(event_id=ids[0], scheduled_at=later), house.planned(event_id=ids[0], order_key="github:1", role=Role.CARD),
        house.planned("slack:#ops", event_id=ids[1], scheduled_at=later), house.planned("slack:#mute", event_id=ids[1], state=State.MUTED),
    ]  # fmt: skip
    await house.store.write(deliveries.plan, boot=boot, routed=ids, planned=planned, now=now)
    assert await house.count(routing) == 0
    assert sorted(await house.rows(sa.select(destinations.c.name, destinations.c.due_at))) == [(DEV, now), ("slack:#ops", later)]
    ended = await house.rows(sa.select(delivery_rows.c.state, delivery_rows.c.ended_at).order_by(delivery_rows.c.id))
    assert ended == [(0, None), (0, None), (0, None), (4, now)]


async def test_who_comes_late_plans_nothing(house: Harness) -> None:
    """Another process has the events now, or has routed them: the late one is told, and nothing of its plan is kept."""
    ids, now = await house.routed(2), house.clock.now()
    late, other = await house.boot(dead=True), await house.boot()
    await house.store.write(stored.claim_routing, boot=late, now=now, limit=9)
    await house.store.write(stored.claim_routing, boot=other, now=now, limit=1)
    with pytest.raises(LateWorker):
        await house.store.write(deliveries.plan, boot=late, routed=ids, planned=[house.planned()], now=now)
    assert await house.count(delivery_rows) == 0 and await house.count(routing) == 2
    await house.store.write(deliveries.plan, boot=other, routed=ids[:1], planned=[house.planned()], now=now)
    with pytest.raises(LateWorker):
        await house.store.write(deliveries.plan, boot=late, routed=ids, planned=[house.planned()], now=now)
    assert await house.count(delivery_rows) == 1 and await house.count(routing) == 1


async def test_destinations_are_taken_longest_due_first_each_with_its_oldest(house: Harness) -> None:
    """No more than asked for, nothing before its moment, and every delivery knows the card of its thread."""
    now = house.clock.now()
    for number in (3, 1, 2):
        await _owe(house, house.planned(f"slack:#{number}", scheduled_at=now - timedelta(minutes=9 - number)))
    owed = await _owe(house, *(house.planned("slack:#1", order_key="k", role=Role.REPLY) for _ in range(5)))
    await _owe(house, house.planned("slack:#1", scheduled_at=now + timedelta(hours=1)), house.planned("slack:#4", scheduled_at=now + timedelta(seconds=1)))
    (posted,) = await _owe(house, house.planned("slack:#1", order_key="k", role=Role.CARD))
    card = Card(remote_id="1.2", remote_room="C1", anchor_only=True, delivery_id=posted)
    await house.store.write(deliveries.record, ended=[house.ended(posted, card=("slack:#1", "k", card))], now=now)
    one, two = await _take(house, limit=2, window=3)
    assert {one.name, two.name} == {"slack:#1", "slack:#2"}
    first = one if one.name == "slack:#1" else two
    assert [each.id for each in first.owed[1:]] == owed[:2] and [each.card for each in first.owed] == [None, card, card]
    assert [each.name for each in await _take(house)] == ["slack:#3"]
    assert await _take(house) == []


async def test_a_destination_is_held_by_one_process(house: Harness) -> None:
    """Those who take at the same moment share the destinations; a dead one's are taken over, a living one's are not."""
    for number in range(24):
        await _owe(house, house.planned(f"slack:#{number}"))
    dead, living, other = await house.boot(dead=True), await house.boot(), await house.boot()
    first = await together(*(_take(house, boot, limit=6) for boot in (dead, living, other, dead)))
    names = [each.name for share in first for each in share]
    held = [each.name for share in first[1:3] for each in share]
    assert len(set(held)) == len(held)
    await _take(house, other)
    assert sorted(await house.rows(sa.select(destinations.c.name).where(destinations.c.boot == dead))) == []
    kept = await house.rows(sa.select(destinations.c.name).where(destinations.c.boot == living))
    assert sorted(kept) == sorted(each.name for each in first[1]) and set(kept) <= set(names)


async def test_a_process_does_not_take_what_it_holds(house: Harness) -> None:
    """Also when its own lease has run out meanwhile (the machine slept): it is still sending there."""
    await _owe(house, house.planned())
    assert len(await _take(house)) == 1
    assert await _take(house) == []
    house.clock.advance(minutes=1)
    assert await _take(house) == []


async def test_a_dead_process_leaves_its_destinations_when_its_lease_is_over(house: Harness) -> None:
    """Not a moment before; they come with what is owed there and with the failures so far, and one that is not due waits for its moment."""
    boot, now = await house.boot(), house.clock.now()
    for name in (DEV, "slack:#down", "slack:#later"):
        await _owe(house, house.planned(name))
    assert len(await _take(house, boot)) == 3
    done = house.round("slack:#down", failures=4, error="down", stop_until=now)
    assert await house.store.write(deliveries.settle, rounds=[done], boot=boot, now=now, window=9) == {}
    assert [one.name for one in await _take(house, boot)] == ["slack:#down"]
    ends = now + timedelta(seconds=schema.LEASE_S)
    later = destinations.update().where(destinations.c.name == "slack:#later").values(due_at=ends + timedelta(seconds=60))
    await house.store.write(lambda connection: connection.execute(later))
    await house.store.write(schema.heartbeat, boot=boot, now=now)
    for moment, expected in ((ends, {}), (ends + timedelta(microseconds=1), {DEV: (0, 1), "slack:#down": (4, 1)})):
        house.clock.advance(seconds=(moment - house.clock.now()).total_seconds())
        taken = await house.store.write(deliveries.take, boot=house.store.boot, now=moment, limit=9, window=9)
        assert {one.name: (one.failures, len(one.owed)) for one in taken} == expected


async def test_what_a_lost_answer_left_behind_is_taken_and_no_more(house: Harness) -> None:
    """Who says what it holds gets what it holds without knowing, and neither what it is sending to nor what others are."""
    names = [f"slack:#{number}" for number in range(4)]
    for name in names:
        await _owe(house, house.planned(name))
        house.clock.advance(seconds=1)
    dead, living = await house.boot(dead=True), await house.boot()
    before = house.clock.now() - timedelta(seconds=1)
    for boot, count in ((dead, 1), (living, 1), (house.store.boot, 2)):
        assert len(await house.store.write(deliveries.take, boot=boot, now=before, limit=count, window=9)) == count
    taken = await house.store.write(deliveries.take, boot=house.store.boot, now=house.clock.now(), limit=9, window=9, holding=names[2:3])
    assert sorted(one.name for one in taken) == [names[0], names[3]]
    assert await house.store.write(deliveries.take, boot=house.store.boot, now=house.clock.now(), limit=9, window=9) == []


async def test_a_round_is_written_whole(house: Harness) -> None:
    """States, codes, attempts and cards; the destination is let go, due when something is owed there again."""
    now = house.clock.now()
    sent, dead, again = await _owe(house, *(house.planned(order_key=f"k{number}") for number in range(3)))
    (waits,) = await _owe(house, house.planned(scheduled_at=now + timedelta(hours=8)))
    await _take(house)
    card = Card(remote_id="1.2", remote_room=None, anchor_only=False, delivery_id=sent)
    done = house.round(
        DEV, house.ended(sent, card=(DEV, "k0", card)), house.ended(dead, State.DEAD, code="slack_is_archived", outcome=2, status=200, detail="é말"),
        house.ended(again, State.OWED, code="slack_unavailable", status=503), failures=1, error="slack_unavailable", stop_until=now + timedelta(seconds=2),
    )  # fmt: skip
    assert await _settle(house, done) == {}
    rows = await house.rows(sa.select(delivery_rows.c.id, delivery_rows.c.state, delivery_rows.c.attempt, delivery_rows.c.ended_at).order_by(delivery_rows.c.id))
    assert rows == [(sent, 1, 1, now), (dead, 2, 1, now), (again, 0, 1, None), (waits, 0, 0, None)]
    tried = await house.rows(sa.select(attempts.c.delivery_id, attempts.c.number, attempts.c.outcome, attempts.c.code, attempts.c.detail).order_by(attempts.c.delivery_id))
    assert tried == [(sent, 1, 0, None, ""), (dead, 1, 2, "slack_is_archived", "é말"), (again, 1, 1, "slack_unavailable", "")]
    assert await house.rows(sa.select(cards.c.subject, cards.c.remote_id, cards.c.delivery_id)) == [("k0", "1.2", sent)]
    assert await _destination(house) == (now + timedelta(seconds=2), 1, None)
    house.clock.advance(seconds=2)
    (taken,) = await _take(house)
    assert taken.failures == 1 and [each.id for each in taken.owed] == [again]
    await _settle(house, house.round(DEV, house.ended(again, attempt=1)))
    assert await _destination(house) == (now + timedelta(hours=8), 0, None)
    house.clock.advance(hours=8)
    await _take(house)
    await _settle(house, house.round(DEV, house.ended(waits)))
    assert await _destination(house) == (None, 0, None)


async def test_a_full_window_goes_on_with_the_next(house: Harness) -> None:
    """Whoever holds the destination gets what is owed there next, until there is nothing more, or it wants to leave."""
    ids = await _owe(house, *(house.planned() for _ in range(5)))
    (taken,) = await _take(house, window=2)
    going_on = await _settle(house, house.round(DEV, *(house.ended(each.id) for each in taken.owed), full=True), window=2)
    assert [each.id for each in going_on[DEV]] == ids[2:4] and (await _destination(house))[2] == house.store.boot
    assert await _settle(house, house.round(DEV, *(house.ended(id) for id in ids[2:4]), full=True, leaving=True), window=2) == {}
    assert await _destination(house) == (house.clock.now(), 0, None)
    await _take(house)
    assert await _settle(house, house.round(DEV, house.ended(ids[4]), full=True)) == {}
    assert await _destination(house) == (None, 0, None)


async def test_a_late_workers_record_does_nothing(house: Harness) -> None:
    """Another process has tried the message meanwhile: its word counts, and its attempt, and its card."""
    (id,) = await _owe(house, house.planned(order_key="k", role=Role.CARD))
    late, other = await house.boot(dead=True), await house.boot()
    await _take(house, late)
    await _take(house, other)
    posted = [Card(remote_id=remote_id, remote_room=None, anchor_only=False, delivery_id=id) for remote_id in ("of the other", "of the late one")]
    await _settle(house, house.round(DEV, house.ended(id, card=(DEV, "k", posted[0]))), boot=other)
    await _settle(house, house.round(DEV, house.ended(id, status=201, card=(DEV, "k", posted[1]))), boot=late)
    assert await house.rows(sa.select(delivery_rows.c.state, delivery_rows.c.attempt)) == [(1, 1)]
    assert await house.rows(sa.select(attempts.c.number, attempts.c.status)) == [(1, 200)]
    assert await house.rows(sa.select(cards.c.remote_id)) == ["of the other"]


async def test_a_late_worker_neither_goes_on_nor_lets_go(house: Harness) -> None:
    """The destination is another's now: it keeps it, and the late one gets nothing more to send."""
    ids = await _owe(house, *(house.planned() for _ in range(3)))
    late, other = await house.boot(dead=True), await house.boot()
    await _take(house, late, window=1)
    await _take(house, other, window=1)
    assert await _settle(house, house.round(DEV, house.ended(ids[0]), full=True), boot=late, window=1) == {}
    assert (await _destination(house))[2] == other


async def test_a_card_is_replaced_by_a_later_one(house: Harness) -> None:
    """One card a subject and room: the one that stands now."""
    ids = await _owe(house, *(house.planned(order_key="k", role=Role.CARD) for _ in range(2)))
    for id, remote_id in zip(ids, ("1", "2"), strict=True):
        await _take(house)
        card = Card(remote_id=remote_id, remote_room="C", anchor_only=False, delivery_id=id)
        await _settle(house, house.round(DEV, house.ended(id, card=(DEV, "k", card))))
    assert await house.rows(sa.select(cards.c.remote_id, cards.c.delivery_id)) == [("2", ids[1])]


async def test_a_destination_that_backs_off_is_not_woken_by_new_deliveries(house: Harness) -> None:
    """Its moment stays, and so does its count; one that only waits for its moment is woken at once."""
    now = house.clock.now()
    (id,) = await _owe(house, house.planned())
    await _take(house)
    stop = now + timedelta(minutes=5)
    await _settle(house, house.round(DEV, house.ended(id, State.OWED, code="slack_unavailable"), failures=3, stop_until=stop))
    await _owe(house, house.planned())
    assert await _destination(house) == (stop, 3, None) and await _take(house) == []
    await _owe(house, house.planned("slack:#quiet", scheduled_at=stop))
    await _owe(house, house.planned("slack:#quiet"))
    assert [each.name for each in await _take(house)] == ["slack:#quiet"]
    house.clock.advance(minutes=5)
    taken = next(each for each in await _take(house) if each.name == DEV)
    assert len(taken.owed) == 2 and taken.failures == 3


async def test_what_is_planned_while_a_destination_is_let_go_is_not_forgotten(house: Harness) -> None:
    """Whichever comes first, plan or release, many times over: whoever is owed something is due."""
    for _ in range(4):
        names = [f"slack:#{house.store.new_id()}" for _ in range(40)]
        owed = await _owe(house, *(house.planned(name) for name in names))
        await _take(house, limit=1000)
        pairs = list(zip(names, owed, strict=True))
        steps = [_settle(house, *(house.round(name, house.ended(id)) for name, id in pairs[start : start + 4])) for start in range(0, 40, 4)]
        steps += [_owe(house, *(house.planned(name) for name in names[start : start + 5])) for start in range(0, 40, 5)]  # type: ignore[misc]
        random.Random(len(owed)).shuffle(steps)
        assert [one for one in await together(*steps) if isinstance(one, BaseException)] == []
        idle = sa.select(destinations.c.name).where(destinations.c.name.in_(names), destinations.c.due_at.is_(None))
        assert await house.rows(idle) == []
        assert {each.name for each in await _take(house, limit=1000)} == set(names)


async def test_the_next_moment_is_of_what_can_be_taken(house: Harness) -> None:
    """What a living process holds is not waited for; what a dead one left is due at once."""
    now = house.clock.now()
    dead, living = await house.boot(dead=True), await house.boot()
    await _owe(house, house.planned("slack:#1"))
    await _take(house, living)
    await _owe(house, house.planned("slack:#2", scheduled_at=now + timedelta(seconds=30)))
    assert await house.store.read(deliveries.next_due_at, boot=house.store.boot, now=now) == now + timedelta(seconds=30)
    await _owe(house, house.planned("slack:#3"))
    await _take(house, dead)
    assert await house.store.read(deliveries.next_due_at, boot=house.store.boot, now=now) == now


async def test_dead_letters_are_revived(house: Harness) -> None:
    """All of an event, or some by id; at once or spread over time; their destination no longer backs off."""
    now = house.clock.now()
    ids = await _owe(house, *(house.planned(event_id=7 if number < 2 else 8) for number in range(4)))
    await _take(house)
    dead = [house.ended(id, State.DEAD, code="x", outcome=2) for id in ids]
    await _settle(house, house.round(DEV, *dead, failures=2, stop_until=now + timedelta(hours=1)))
    assert await house.store.read(deliveries.has_dead, event_id=7) and not await house.store.read(deliveries.has_dead, event_id=9)
    assert await house.store.write(deliveries.revive, event_id=7, now=now) == 2
    assert not await house.store.read(deliveries.has_dead, event_id=7)
    assert await _destination(house) == (now, 0, None)
    assert await house.store.write(deliveries.revive, ids=ids[2:], now=now, every_s=10) == 2
    assert await house.rows(sa.select(delivery_rows.c.scheduled_at).order_by(delivery_rows.c.id)) == [now, now, now, now + timedelta(seconds=10)]
    (taken,) = await _take(house)
    assert [(each.id, each.attempt) for each in taken.owed] == [(id, 1) for id in ids[:3]]
    assert await house.store.write(deliveries.revive, ids=[12345], now=now) == 0


async def test_what_waits_is_counted(house: Harness) -> None:
    """Events not routed, deliveries owed, dead letters."""
    await house.routed(3)
    ids = await _owe(house, *(house.planned() for _ in range(4)))
    await house.store.write(deliveries.record, ended=[house.ended(ids[0]), house.ended(ids[1], State.DEAD)], now=house.clock.now())
    assert await house.store.read(counts.waiting) == counts.Counts(unrouted=3, owed=2, dead=1, missing=0)


async def test_a_mute_ends(house: Harness) -> None:
    """At its moment or when it is lifted; a new one replaces the old."""
    now = house.clock.now()
    for hours, reason in ((5, "first"), (1, "second")):
        await house.store.write(mutes.mute, target="route:팀", until=now + timedelta(hours=hours), reason=reason, by="person:ann")
    await house.store.write(mutes.mute, target="room:slack:#dev", until=now + timedelta(minutes=1), reason="", by="person:ann")
    assert await house.store.read(mutes.active, now=now) == {"route:팀", "room:slack:#dev"}
    assert [each["reason"] for each in await house.store.read(mutes.listed, now=now)] == ["", "second"]
    assert await house.store.read(mutes.active, now=now + timedelta(hours=1)) == set()
    assert await house.store.write(mutes.unmute, target="route:팀") and not await house.store.write(mutes.unmute, target="route:팀")


# --- processes -------------------------------------------------------------------------------------------------------------


async def test_a_process_that_ends_in_order_holds_nothing(house: Harness) -> None:
    """Its events and destinations can be taken at once; those of others stay theirs."""
    other = await house.boot()
    await house.routed(2)
    await _owe(house, house.planned("slack:#mine"))
    await _take(house)
    await _owe(house, house.planned("slack:#theirs"))
    await _take(house, other)
    await house.store.write(stored.claim_routing, boot=house.store.boot, now=house.clock.now(), limit=1)
    await house.store.write(stored.claim_routing, boot=other, now=house.clock.now(), limit=1)
    await house.store.write(schema.stop_process, boot=house.store.boot)
    assert await house.rows(sa.select(destinations.c.boot).order_by(destinations.c.name)) == [None, other]
    assert await house.rows(sa.select(routing.c.boot).order_by(routing.c.event_id)) == [None, other]
    assert not await house.store.write(schema.heartbeat, boot=house.store.boot, now=house.clock.now())


async def test_a_restart_takes_up_what_the_last_process_held(house: Harness) -> None:
    """The process died without a word: the next one gets its events and its destinations."""
    ids = await house.routed(2)
    await _owe(house, house.planned())
    await house.store.write(stored.claim_routing, boot=house.store.boot, now=house.clock.now(), limit=9)
    assert len(await _take(house)) == 1
    await house.restart()
    assert await house.store.write(stored.claim_routing, boot=house.store.boot, now=house.clock.now(), limit=9) == ids
    assert [each.name for each in await _take(house)] == [DEV]
