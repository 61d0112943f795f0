"""A test message through a route."""

from __future__ import annotations

import pytest
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.routes import Route, RouteTable
from leverframe.work.explain import Explainer
from work.engine import Engine, engine

pytestmark = pytest.mark.anyio


def explainer(hub: Engine, *routes: Route) -> Explainer:
    """What answers people who ask about routes."""
    return Explainer(
        hub.database, hub.clock, table=RouteTable(routes), routes=routes, sources={"github": hub.source},
        parse=lambda stored: hub.source.parse(stored.accepted, id=stored.id, received_at=stored.received_at), accepted=hub.fanout.bell.ring, paths=None,
    )  # fmt: skip


@pytest.mark.parametrize("events", [("issues",), ("pull_request",), ("workflow_run",), ("deployment",)])
async def test_every_test_is_a_message_of_its_own(sqlite_url: str, clock: VirtualClock, slack: FakeSlack, events: tuple[str, ...]) -> None:
    """The sample had the same number every time: the second test changed the first one's message, and nobody saw anything new."""
    route = Route(name="dev", events=events, to=("slack:#dev",))
    async with engine(sqlite_url, clock, slack, route) as hub:
        routes = explainer(hub, route)
        for _ in range(2):
            assert await routes.test("dev") == ("slack:#dev",)
            await hub.settle()
        clock.advance(seconds=30)
        await explainer(hub, route).test("dev")  # as after a restart
        await hub.settle()
        assert [message.edits for message in slack.messages("#dev")] == [0, 0, 0]
