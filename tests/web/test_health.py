"""What everybody may ask: does it live, is it ready, how is it doing."""

from __future__ import annotations

import pytest
from sitting import Doors

from leverframe.observe import Metrics
from leverframe.web import health
from leverframe.web.desk import Desk
from leverframe.web.guard import Guard
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site

pytestmark = pytest.mark.anyio


async def test_metrics_can_be_read_from_elsewhere_with_a_token(doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """The grant metrics.read was asked for and could not be given: no token but one for everything could read them."""
    tokens = {}
    for grant in ("metrics.read", "events.read"):
        issued = await doors.ask("POST", "/api/tokens", operator=True, document={"name": grant, "grants": [grant]})
        tokens[grant] = {"authorization": f"Bearer {issued.json['token']}"}
    doors.app = build_site(health.doors(desk, ready=lambda: True, metrics=Metrics()), Guard(desk, refusals))
    assert (await doors.ask("GET", "/metrics")).status == 200, "open on this machine"
    assert (await doors.ask("GET", "/metrics", client="192.0.2.1")).code == "sign_in_required"
    assert (await doors.ask("GET", "/metrics", headers={"x-forwarded-for": "192.0.2.1"})).code == "sign_in_required"
    assert (await doors.ask("GET", "/metrics", client="192.0.2.1", headers=tokens["events.read"])).code == "not_allowed"
    assert "leverframe_events_total" in (await doors.ask("GET", "/metrics", client="192.0.2.1", headers=tokens["metrics.read"])).text
