"""What everybody may ask: does it live, is it ready, how is it doing."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sitting import Doors

from leverframe.core.delivery import Delivered, Rejected, Retryable
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


def test_attempts_are_told_as_a_counter_and_a_histogram() -> None:
    """A moment on a bound belongs to it, the buckets add up, and what never happened is not there."""
    metrics = Metrics()
    for seconds in (0.001, 0.005, 0.3, 99.0):
        metrics.attempts.told("slack", Delivered(), seconds)
    metrics.attempts.told("slack", Retryable(code="chat_busy"), 0.02)
    metrics.attempts.told("hook", Rejected(code="hook_gone"), 0.02)
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode()) for sample in family.samples
    }  # fmt: skip
    attempts = {key[1:]: value for key, value in found.items() if key[0] == "leverframe_attempts_total"}
    assert attempts == {("delivered", "slack"): 4, ("retry", "slack"): 1, ("hook", "rejected"): 1}
    reached = {key[1]: value for key, value in found.items() if key[0] == "leverframe_attempt_seconds_bucket" and key[2] == "slack"}
    assert reached | {"0.005": 2, "0.01": 2, "0.025": 3, "0.25": 3, "0.5": 4, "10.0": 4, "+Inf": 5} == reached
    assert found["leverframe_attempt_seconds_count", "slack"] == 5
    assert found["leverframe_attempt_seconds_sum", "slack"] == pytest.approx(99.326)
