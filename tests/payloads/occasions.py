"""Occasions to render: real payloads as their sources read them, and one try at sending."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from leverframe.core.events import Event
from leverframe.core.projects import Project
from leverframe.ports.payloads import Occasion, Payload, Sending
from leverframe.sources.github.source import GithubHook, read

FIXTURES = Path(__file__).parent / "fixtures"
GITHUB = Path(__file__).parents[1] / "sources" / "github" / "fixtures"
AT = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
DELIVERY = "dlv_0000000000001"


def github_event(body: bytes, name: str, delivery_id: str = "72d3162e-cc78-11e3-81ab-4c9367dc0958") -> Event:
    """Return what the GitHub room makes of a payload."""
    headers = {b"x-github-event": name.encode(), b"x-github-delivery": delivery_id.encode(), b"content-type": b"application/json"}
    return GithubHook("github").parse(read(headers, body), id=1 << 40, received_at=AT)


def occasion(event: Event, body: bytes | None = None, **changes: Any) -> Occasion:
    """Return the occasion of ``event``, with ``changes``."""
    fields: dict[str, Any] = {
        "event": event, "headers": {}, "body": msgspec.json.encode(event.payload) if body is None else body,
        "project": Project(name=event.repo or "acme/web"), "hub_url": "https://hub.example.com", "zone": ZoneInfo("Asia/Seoul"),
    }  # fmt: skip
    return Occasion(**(fields | changes))


def of_github(fixture: str, **changes: Any) -> Occasion:
    """Return the occasion of a payload of GitHub's: ``push``, ``issues__edited``."""
    body = (GITHUB / f"{fixture}.json").read_bytes()
    return occasion(github_event(body, fixture.partition("__")[0]), body, **changes)


def rendered(format: Any, about: Occasion) -> dict[str, Any]:
    """Return the JSON that ``format`` makes of it."""
    payload = format.render(about)
    assert isinstance(payload, Payload), payload
    found: dict[str, Any] = msgspec.json.decode(payload.body)
    return found


def sending(*secrets: str, at: datetime = AT) -> Sending:
    """Return a first try."""
    return Sending(delivery_id=DELIVERY, attempt_at=at, secrets=secrets)
