"""Who is not proven may ask and read, and act on nothing; a deployment is told in every room of its service."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from msgspec.structs import replace

from leverframe.core.conversation import Asker, Place, Said
from leverframe.core.services import Catalogue
from leverframe.store.tables import audit, deliveries
from work.box import CATALOGUE, HERE, STAGING, box, text

pytestmark = pytest.mark.anyio


def said(clock: VirtualClock, words: str, key: str, *, proven: bool = False) -> Said:
    """Return a line of somebody who says to be Ann."""
    return Said(key=key, door="mention", text=words, by=Asker(chat="slack", id="ANN", name="ann", proven=proven), at=HERE, said_at=clock.now())


async def test_who_is_not_proven_asks_and_does_not_act(database_url: str, clock: VirtualClock) -> None:
    """Status is shown with the grants of the name; a deployment is refused and written down as unproven; nothing came of it."""
    async with box(database_url, clock) as made:
        assert "web-app" in text(await made.converser(said(clock, "status", "1")))
        refused = await made.converser(said(clock, "deploy web-app staging", "2"))
        assert "identity_unproven" in text(refused) and await made.all() == []
        assert refused == await made.converser(said(clock, "deploy web-app staging", "2"))
        [entry] = await made.rows(sa.select(audit.c.actor, audit.c.act, audit.c.code).where(audit.c.code == "identity_unproven"))
        assert tuple(entry) == ("slack:unproven/ANN", "deploy", "identity_unproven")


async def test_no_form_is_opened_for_who_is_not_proven(database_url: str, clock: VirtualClock) -> None:
    """They are told how it is written: a form would lead nowhere."""
    async with box(database_url, clock) as made:
        answer = await made.converser(said(clock, "deploy", "1"))
        assert answer.form is None and "deploy" in text(answer)
        assert (await made.converser(said(clock, "deploy", "2", proven=True))).form is not None


async def test_many_questions_of_a_name_leave_its_owner_alone(database_url: str, clock: VirtualClock) -> None:
    """Commands a minute are counted apart: nobody can use up another's by saying to be them."""
    async with box(database_url, clock, per_person=2) as made:
        for number in range(3):
            await made.converser(said(clock, "status", f"u{number}"))
        assert "web-app" in text(await made.converser(said(clock, "status", "own", proven=True)))


@pytest.mark.parametrize(("place", "told"), [
    (HERE, {"slack:#deploys", "teams:#ops"}), (Place(chat="slack", room="C0123", room_name="Deploys"), {"slack:C0123", "teams:#ops"}),
    (Place(chat="teams", room="19:x@thread.tacv2", room_name="ops"), {"teams:19:x@thread.tacv2", "slack:#deploys"}),
])  # fmt: skip
async def test_every_room_of_a_service_sees_the_card_once(database_url: str, clock: VirtualClock, place: Any, told: set[str]) -> None:
    """The room that it was asked in and the others; one that is known by its id here and by its name there is one room."""
    staging = replace(STAGING, rooms=("slack:#deploys", "teams:#ops"))
    catalogue = Catalogue(services={"web-app": {**CATALOGUE.services["web-app"], "staging": staging}})
    async with box(database_url, clock, catalogue=catalogue) as made:
        await made.say("ann", "deploy web-app staging", at=place)
        await made.run(seconds=20)
        assert await made.states() == ["succeeded"]
        rows = await made.rows(sa.select(deliveries.c.destination).distinct())
        assert {row.destination for row in rows} == told
