"""Syncs as the template of the how-to tells them: statuses of a deployment."""

from __future__ import annotations

import json

import pytest
from sources.golden import parsed, shown

from leverframe.core.errors import Refused
from leverframe.sources.argocd_notifications.source import ArgocdNotificationsSource

SOURCE = ArgocdNotificationsSource("argocd", ["t"])
HEADERS = {b"content-type": b"application/json", b"authorization": b"Bearer t"}
SYNC = {
    "app": "web-prod", "phase": "Succeeded", "health": "Healthy", "revision": "c6d86dc654b12425e706bcf951adfe5a8627a517", "target": "main",
    "repository": "https://git.example.com/acme/web.git", "environment": "production", "started_at": "2026-05-01T12:00:00Z", "message": "synced",
    "url": "https://argocd.example.com/applications/web-prod",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "conclusion"),
    [({}, "success"), ({"phase": "Running"}, None), ({"phase": "Failed"}, "failure"), ({"phase": "Error"}, "error"), ({"health": "Degraded"}, "failure")],
)
def test_a_sync_is_a_deployment(change: dict[str, str], conclusion: str | None) -> None:
    """Its phase is the deployment's state; what was applied and does not run has failed."""
    event = parsed(SOURCE, SOURCE.accept(HEADERS, json.dumps({**SYNC, **change}).encode()))
    assert (event.full_name, event.repo, event.environment, event.conclusion) == ("deployment_status.created", "acme/web", "production", conclusion)
    assert event.subject is not None
    assert "production" in shown("sync", event)


def test_a_sync_is_one_card_and_each_phase_once() -> None:
    """The phases of one operation are about one deployment; the same phase again is a repeat."""
    taken = [SOURCE.accept(HEADERS, json.dumps({**SYNC, "phase": phase}).encode()) for phase in ("Running", "Succeeded", "Succeeded")]
    subjects = {event.subject.key for one in taken if (event := parsed(SOURCE, one)).subject}
    assert len(subjects) == 1
    assert len({one.delivery_id for one in taken}) == 2


def test_a_template_that_tells_nothing_is_refused() -> None:
    """Without application or phase."""
    for missing in ("app", "phase"):
        with pytest.raises(Refused, match="event_missing"):
            SOURCE.accept(HEADERS, json.dumps({**SYNC, missing: ""}).encode())
