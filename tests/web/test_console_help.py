"""What the console does for who is in trouble: why a delivery waits, what is dead, what a form did not take, where to look instead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from markupsafe import escape
from sitting import NOON, Doors, store_delivery, store_destination, store_event
from web.test_console import ENGLISH, KOREAN, checked

from leverframe.core import ids
from leverframe.core.errors import PROBLEMS
from leverframe.store import mutes
from leverframe.store.deliveries import State
from leverframe.store.event_pages import first_id_at
from leverframe.store.tables import attempts, deliveries

pytestmark = pytest.mark.anyio
EVENT, DELIVERY = first_id_at(NOON) + 1, first_id_at(NOON) + 2
PAGE = f"/console/deliveries/{ids.show('dlv', DELIVERY)}"


async def _owed(doors: Doors, *, attempt: int = 0, later: timedelta = timedelta()) -> None:
    write = doors.desk.database.write
    await write(store_event, id=EVENT)
    await write(store_delivery, id=DELIVERY, event_id=EVENT, state=State.OWED, attempt=attempt)
    await write(lambda conn: conn.execute(sa.update(deliveries).values(scheduled_at=NOON + later)).rowcount)


WAITS: list[tuple[dict[str, Any], dict[str, Any] | None, str, str | None, str, str]] = [
    ({"attempt": 3}, {"failures": 3, "due_at": NOON + timedelta(minutes=8), "last_error": "slack_unreachable"}, "backing_off", "slack_unreachable",
     "2026-11-21 12:08:00", "backing off after slack_unreachable"),
    ({"later": timedelta(hours=9)}, {"due_at": NOON + timedelta(hours=9)}, "quiet_hours", None, "2026-11-21 21:00:00", "quiet hours until then"),
    ({"later": timedelta(minutes=1), "attempt": 4}, {"due_at": NOON}, "spread", None, "2026-11-21 12:01:00", "spread by a retry at a rate"),
    ({}, {"due_at": NOON + timedelta(seconds=1)}, "turn", None, "2026-11-21 12:00:01", "its turn is next"),
    ({}, None, "turn", None, "2026-11-21 12:00:00", "its turn is next"),
]


@pytest.mark.parametrize(("owed", "destination", "reason", "code", "next_at", "words"), WAITS, ids=[f"{row[2]}-{at}" for at, row in enumerate(WAITS)])
async def test_an_owed_delivery_says_when_it_is_tried_next_and_why_it_waits(
    doors: Doors, owed: dict[str, Any], destination: dict[str, Any] | None, reason: str, code: str | None, next_at: str, words: str
) -> None:
    """Backing off, quiet hours, a retry at a rate or its turn: on its page, in both lists, on its event's page and in the API."""
    await _owed(doors, **owed)
    if destination is not None:
        await doors.desk.database.write(store_destination, name="slack:#dev", **destination)
    admin = await doors.administrator()
    for path in (PAGE, "/console/deliveries", f"/console/events/{ids.show('evt', EVENT)}"):
        shown = checked((await doors.ask("GET", path, visitor=admin, headers=ENGLISH)).text)
        assert "Next try" in shown and next_at in shown and words in shown, path
    listed = (await doors.ask("GET", "/api/deliveries", visitor=admin)).json["deliveries"][0]
    one = (await doors.ask("GET", f"/api/deliveries/{ids.show('dlv', DELIVERY)}", visitor=admin)).json
    for found in (listed, one):
        assert (found["waits"], found["waits_after"]) == (reason, code) and found["next_try_at"] is not None


async def test_what_is_not_owed_waits_for_nothing(doors: Doors) -> None:
    """A delivery that was sent has no next try; one that was muted says that it will not be sent by itself."""
    await doors.desk.database.write(store_event, id=EVENT)
    await doors.desk.database.write(store_delivery, id=DELIVERY, event_id=EVENT, state=State.MUTED, attempt=0)
    await doors.desk.database.write(store_delivery, id=DELIVERY + 1, event_id=EVENT, state=State.SENT)
    admin = await doors.administrator()
    assert {one["waits"] for one in (await doors.ask("GET", "/api/deliveries", visitor=admin)).json["deliveries"]} == {None}
    shown = (await doors.ask("GET", PAGE, visitor=admin, headers=ENGLISH)).text
    assert "Next try" not in shown and "not sent unless you retry it" in shown


async def test_a_remedy_is_told_once_however_often_it_failed(doors: Doors) -> None:
    """Five attempts that came to the same end show its code five times and what to do once."""
    await _owed(doors, attempt=5)
    rows = [{"delivery_id": DELIVERY, "number": number, "started_at": NOON, "duration_ms": 5, "outcome": 1, "status": None,
             "code": "slack_unreachable", "detail": ""} for number in range(2, 7)]
    await doors.desk.database.write(lambda conn: conn.execute(sa.insert(attempts), rows).rowcount)
    shown = (await doors.ask("GET", PAGE, visitor=await doors.administrator(), headers=ENGLISH)).text
    assert shown.count(escape(PROBLEMS["slack_unreachable"].en[1])) == 1
    assert shown.count("slack_unreachable") == 6


async def test_a_destination_with_dead_letters_is_not_called_healthy(doors: Doors) -> None:
    """Dead letters show in the state, also beside a mute; a destination without any is healthy."""
    write = doors.desk.database.write
    await write(store_event, id=EVENT)
    await write(store_delivery, id=DELIVERY, event_id=EVENT, state=State.DEAD, code="slack_channel_not_found")
    await write(store_destination, name="slack:#dev")
    admin = await doors.administrator()
    shown = (await doors.ask("GET", "/console", visitor=admin, headers=ENGLISH)).text
    assert '<span class="state dead">1 dead</span>' in shown and "healthy" not in shown
    await write(store_destination, name="slack:#ops")
    await write(mutes.mute, target="room:slack:#dev", until=NOON + timedelta(hours=1), reason="", by="ann")
    shown = (await doors.ask("GET", "/console", visitor=admin, headers=KOREAN)).text
    assert "실패 보관 1건" in shown and "음소거 중" in shown and shown.count("정상") == 1


@pytest.mark.parametrize("path", ["/console", "/console/events", "/console/deliveries", "/console/mutes", "/console/tokens", "/console/people", "/api/docs"])
async def test_every_page_names_the_zone_of_its_times_and_leads_to_the_api(doors: Doors, path: str) -> None:
    """The hub's zone is told, and the API's page is in the menu."""
    shown = (await doors.ask("GET", path, visitor=await doors.administrator(), headers=ENGLISH)).text
    assert "Times are in Asia/Seoul." in shown and 'href="/api/docs"' in shown


FORMS: list[tuple[str, dict[str, str], int, tuple[str, ...]]] = [
    ("/console/tokens", {"name": "a b", "grants": "events.read\nroutes.read", "days": "7"}, 400, ('value="a b"', "events.read\nroutes.read</textarea>", 'value="7"')),
    ("/console/tokens", {"name": "twice", "grants": "events.read", "days": "30"}, 409, ('value="twice"', "This name is taken.", 'value="30"')),
    ("/console/tokens", {"name": "fine", "grants": "fly", "days": "30"}, 400, ("fly</textarea>", "There is no such grant.")),
    ("/console/hook-tokens", {"name": "hook", "rooms": "slak:#x", "days": ""}, 400, ("slak:#x</textarea>", "perhaps slack:#x")),
    ("/console/mutes", {"target": "room:slack:#quiet", "until": "soon", "reason": "too <loud>"}, 400,
     ('value="room:slack:#quiet" selected', 'value="soon"', 'value="too &lt;loud&gt;"', "write 30m, 2h, 3d")),
    ("/console/people", {"name": "-bo", "role": "retrier"}, 400, ('value="-bo"', "<option selected>retrier</option>", "letters, digits")),
]


@pytest.mark.parametrize(("path", "form", "status", "kept"), FORMS, ids=[f"{row[0]}-{at}" for at, row in enumerate(FORMS)])
async def test_a_form_that_was_refused_keeps_what_was_written(doors: Doors, path: str, form: dict[str, str], status: int, kept: tuple[str, ...]) -> None:
    """A browser gets the page again with the reason in the form and every field as it was; a program gets the problem document."""
    admin = await doors.administrator()
    await doors.ask("POST", "/console/tokens", visitor=admin, form={"name": "twice", "grants": "events.read"})
    answer = await doors.ask("POST", path, visitor=admin, form=form, headers=ENGLISH)
    shown = checked(answer.text)
    assert answer.status == status and 'role="alert"' in shown and "<nav>" in shown
    for words in kept:
        assert words in shown, words
    assert (await doors.ask("POST", path, visitor=admin, form=form)).code


async def test_what_somebody_may_not_do_is_still_refused_and_noted(doors: Doors) -> None:
    """A token wider than one's own grants is no slip of the pen: it is a 403 and stands in the audit."""
    viewer, admin = await doors.signed_in("vera", "viewer"), await doors.administrator()
    answer = await doors.ask("POST", "/console/tokens", visitor=viewer, form={"name": "wide", "grants": "admin"}, headers=ENGLISH)
    assert answer.status == 403
    await doors.refusals.settled()
    assert "not_allowed" in (await doors.ask("GET", "/console/audit?actor=person:vera", visitor=admin, headers=ENGLISH)).text


@pytest.mark.parametrize(("path", "words", "instead"), [
    ("/console/deliveries/dlv_nope", "There is no delivery of this id.", "/console/deliveries"),
    (PAGE, "There is no delivery of this id.", "/console/deliveries"),
    ("/console/events/evt_nope", "There is no event of this id", "/console/events"),
    (f"/console/events/{ids.show('evt', EVENT)}", "There is no event of this id", "/console/events")])
async def test_an_unknown_id_is_called_that_and_the_list_is_offered(doors: Doors, path: str, words: str, instead: str) -> None:
    """The page says what there is not, and leads to what there is."""
    answer = await doors.ask("GET", path, visitor=await doors.administrator(), headers=ENGLISH)
    assert answer.status == 404 and words in answer.text and f'href="{instead}"' in answer.text
