"""Events and deliveries as people look at them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import zstandard
from sitting import NOON, store_delivery, store_destination, store_event

from leverframe.core import ids
from leverframe.core.errors import Refused
from leverframe.store import counts, delivery_pages, event_pages
from leverframe.store.database import Database
from leverframe.store.deliveries import State
from leverframe.store.delivery_pages import Filter
from leverframe.store.event_pages import first_id_at

pytestmark = pytest.mark.anyio
ID = first_id_at(NOON)


async def test_events_are_narrowed_and_read_on(database: Database) -> None:
    """By source, name, action, repository and age; before is exclusive."""
    for number in range(6):
        await database.write(store_event, id=ID + number, name="issues" if number < 4 else "push", action="opened" if number < 2 else None,
                             repo=f"acme/{number % 2}", source="github" if number else "gitlab")
    page = event_pages.page

    async def found(**asked: object) -> list[int]:
        return [event.id - ID for event in await database.read(page, **asked)]  # type: ignore[arg-type]

    assert await found(limit=2) == [5, 4]
    assert await found(before=ID + 2) == [1, 0]
    assert await found(event="issues") == [3, 2, 1, 0]
    assert await found(event="issues.opened") == [1, 0]
    assert await found(source="gitlab") == [0]
    assert await found(repo="acme/1", event="push") == [5]
    assert await found(since=NOON) == [5, 4, 3, 2, 1, 0]
    assert await found(since=NOON + timedelta(milliseconds=1)) == []


async def test_a_projects_events_are_found_whatever_the_case_of_its_name(database: Database) -> None:
    """SQLite knows capitals of ASCII alone: a project with another in its name was told that it would have received nothing."""
    for number, repo in enumerate(("acme/Über", "ACME/Über", "acme/프로젝트", "acme/uber")):
        await database.write(store_event, id=ID + number, repo=repo)
    for project, found in (("acme/Über", [1, 0]), ("Acme/Über", [1, 0]), ("ACME/프로젝트", [2]), ("acme/UBER", [3])):
        assert [row.id - ID for row, _ in await database.read(event_pages.of_project, project)] == found


async def test_a_body_is_unpacked_and_proves_nothing(database: Database) -> None:
    """Raw or compressed, with headers but for those that prove who sent it."""
    headers = [("x-github-event", "push"), ("x-hub-signature-256", "s"), ("authorization", "a"), ("cookie", "c"), ("x-gitlab-token", "t")]
    await database.write(store_event, id=ID, body=zstandard.ZstdCompressor().compress(b'{"a":1}'), codec=1, headers=headers)
    await database.write(store_event, id=ID + 1, body=b"\xff")
    found = await database.read(event_pages.body, ID)
    assert found is not None and found.body == b'{"a":1}' and dict(found.headers) == {"x-github-event": "push"}
    raw = await database.read(event_pages.body, ID + 1)
    assert raw is not None and raw.body == b"\xff"
    assert await database.read(event_pages.body, ID + 2) is None and await database.read(event_pages.one, ID + 2) is None


async def test_the_routes_that_fired_are_found_for_a_whole_page(database: Database) -> None:
    """One query for all events of a page."""
    for number in range(2):
        await database.write(store_event, id=ID + number)
    await database.write(store_delivery, id=1, event_id=ID, route="a")
    await database.write(store_delivery, id=2, event_id=ID, route="b", state=State.DEAD)
    fired = await database.read(event_pages.fired, [ID, ID + 1])
    assert [(one.route, one.state) for one in fired[ID]] == [("a", 1), ("b", 2)] and fired[ID + 1] == []
    assert await database.read(event_pages.fired, []) == {}


async def test_hours_are_counted_by_identifier(database: Database) -> None:
    """From inclusive to exclusive, without an index on time."""
    for offset_ms in (0, 1, 3_599_999, 3_600_000):
        await database.write(store_event, id=first_id_at(NOON + timedelta(milliseconds=offset_ms)) + 3)
    assert await database.read(event_pages.count_between, NOON, NOON + timedelta(hours=1)) == 3
    assert await database.read(counts.unrouted) == 0 and not await database.read(event_pages.waits_for_routing, ID)


def test_the_first_identifier_of_an_instant_is_the_least() -> None:
    """Every identifier given at an instant, on any node, is at least it, and every earlier one is less."""
    milliseconds = int(NOON.timestamp() * 1000)
    assert ids.following(0, milliseconds, 0) == ID and ids.following(0, milliseconds, 255) > ID
    assert ids.following(0, milliseconds - 1, 255) + 4095 < ID
    assert first_id_at(NOON.replace(year=1999)) > 0


async def test_deliveries_are_narrowed_counted_and_read_on(database: Database) -> None:
    """The same filter lists and counts; an event that retention removed leaves its delivery readable."""
    await database.write(store_event, id=ID, name="issues", action="opened")
    for number in range(6):
        await database.write(store_delivery, id=ID + number, event_id=ID if number else ID + 99, destination=f"slack:#{number % 2}",
                             route="a" if number < 3 else "b", state=State.DEAD if number > 3 else State.SENT, code="x" if number > 3 else None)
    cases = [
        (Filter(), [5, 4, 3, 2, 1, 0]), (Filter(state=State.DEAD), [5, 4]), (Filter(state=State.OWED), []), (Filter(destination="slack:#1"), [5, 3, 1]),
        (Filter(route="a"), [2, 1, 0]), (Filter(event_id=ID + 99), [0]), (Filter(since=NOON), [5, 4, 3, 2, 1, 0]), (Filter(until=NOON), []),
        (Filter(state=State.DEAD, destination="slack:#0"), [4])]
    for which, expected in cases:
        rows = await database.read(delivery_pages.page, which)
        assert [row.id - ID for row in rows] == expected and await database.read(delivery_pages.count, which) == len(expected), which
    assert [row.id - ID for row in await database.read(delivery_pages.page, Filter(), before=ID + 3, limit=2)] == [2, 1]
    rows = await database.read(delivery_pages.page, Filter())
    assert (rows[0].event, rows[0].repo, rows[0].state) == ("issues.opened", "acme/web", State.DEAD) and rows[-1].event is None


async def test_one_delivery_has_its_attempts(database: Database) -> None:
    """In the order they were made."""
    await database.write(store_delivery, id=ID, event_id=ID, state=State.DEAD, code="not_found", detail="é말")
    found = await database.read(delivery_pages.one, ID)
    assert found is not None and found.state is State.DEAD
    assert [(one.number, one.outcome, one.code, one.detail) for one in await database.read(delivery_pages.tries, ID)] == [(1, 2, "not_found", "é말")]
    assert await database.read(delivery_pages.one, ID + 1) is None


async def test_destinations_show_what_they_are_owed(database: Database) -> None:
    """Those with a row, and those that only have deliveries."""
    for number, state in enumerate([State.OWED, State.OWED, State.DEAD, State.SENT]):
        await database.write(store_delivery, id=ID + number, event_id=ID, destination="slack:#a", state=state)
    await database.write(store_destination, name="slack:#b", failures=2, due_at=NOON, last_error="down")
    found = {row.name: row for row in await database.read(delivery_pages.by_destination)}
    assert (found["slack:#a"].owed, found["slack:#a"].dead, found["slack:#a"].failures) == (2, 1, 0)
    assert (found["slack:#b"].owed, found["slack:#b"].failures, found["slack:#b"].due_at, found["slack:#b"].last_error) == (0, 2, NOON, "down")


def test_a_state_is_named_in_words() -> None:
    """An unknown word is refused with the known ones."""
    assert delivery_pages.state_of("dead") is State.DEAD and delivery_pages.state_of("OWED") is State.OWED
    with pytest.raises(Refused, match="owed, sent, dead"):
        delivery_pages.state_of("done")


async def test_what_waits_and_what_is_dead_is_counted_for_the_webhooks_of_a_page(database: Database) -> None:
    """Only of the destinations that are asked for, however many a project has; one with none is left out."""
    await database.write(store_event, id=ID)
    states = [State.OWED, State.OWED, State.DEAD, State.SENT, State.MUTED]
    for number, (destination, state) in enumerate((where, state) for where in ("hooks:a", "hooks:b", "slack:#dev") for state in states):
        if (destination, state) != ("hooks:b", State.DEAD):
            await database.write(store_delivery, id=number + 1, event_id=ID, destination=destination, state=state)
    asked = ["hooks:a", "hooks:b", "hooks:none", *(f"hooks:{number}" for number in range(2_000))]
    assert await database.read(delivery_pages.counts_of, asked, State.OWED) == {"hooks:a": 2, "hooks:b": 2}
    assert await database.read(delivery_pages.counts_of, asked, State.DEAD) == {"hooks:a": 1}
    assert await database.read(delivery_pages.counts_of, [], State.OWED) == {}
