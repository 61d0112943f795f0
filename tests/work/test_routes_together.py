"""Several routes to one room: which of them words the message, and when it is said."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Quiet, Route
from leverframe.store import mutes
from leverframe.store.deliveries import State
from leverframe.store.tables import deliveries
from work.engine import engine
from work.github import issue

pytestmark = pytest.mark.anyio
AFTERNOON = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""15:00 in Seoul."""


def route(name: str, **changes: object) -> Route:
    """A route of everything to #dev."""
    return Route(name=name, events=("*",), to=("slack:#dev",), **changes)  # type: ignore[arg-type]


async def test_a_muted_route_does_not_silence_another(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Somebody muted the noisy route to #dev: the other route to the same room said nothing any more either."""
    async with engine(database_url, clock, slack, route("noisy"), route("other")) as hub:
        await hub.database.write(mutes.mute, target="route:noisy", until=clock.now() + timedelta(hours=1), reason="noise", by="ann")
        await hub.receive("issues", issue("opened"))
        await hub.settle()
        assert len(slack.messages("#dev")) == 1
        assert [tuple(row) for row in await hub.rows(sa.select(deliveries.c.route, deliveries.c.state))] == [("other", State.SENT)]
        await hub.database.write(mutes.mute, target="route:other", until=clock.now() + timedelta(hours=1), reason="noise", by="ann")
        await hub.receive("issues", issue("opened", number=2))
        await hub.settle()
        assert len(slack.messages("#dev")) == 1
        assert [row.state for row in await hub.rows(sa.select(deliveries.c.state).where(deliveries.c.route == "noisy"))] == [State.MUTED]


@pytest.mark.parametrize("names", [("late", "now"), ("now", "late")])
async def test_a_route_in_its_quiet_hours_does_not_hold_another_back(database_url: str, slack: FakeSlack, names: tuple[str, ...]) -> None:
    """A route that is quiet in the afternoon stood first, and what another said to the room at once came in the evening."""
    clock = VirtualClock(AFTERNOON)
    quiet = {"late": Quiet(start=time(12), end=time(18)), "now": None}
    async with engine(database_url, clock, slack, *(route(name, quiet=quiet[name]) for name in names)) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.settle()
        assert len(slack.messages("#dev")) == 1
        assert [row.route for row in await hub.rows(sa.select(deliveries.c.route))] == ["now"]


async def test_quiet_hours_of_route_and_room_are_one(database_url: str, slack: FakeSlack) -> None:
    """What the route holds until eight is not said in its room's quiet morning, but when that ends too."""
    clock = VirtualClock(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))  # 23:00 in Seoul
    night, morning = Quiet(start=time(22), end=time(8)), Quiet(start=time(7), end=time(10))
    async with engine(database_url, clock, slack, route("all", quiet=night), room_quiet={"slack:#dev": morning}) as hub:
        await hub.receive("issues", issue("opened"))
        await hub.settle()
        clock.advance(hours=10)  # 09:00
        await hub.settle()
        assert not slack.messages("#dev")
        clock.advance(hours=1)
        await hub.settle()
        assert len(slack.messages("#dev")) == 1
