"""Alerts: one card for as long as a group is at it, told in both languages; tokens and passwords."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sources.golden import agrees, parsed, shown

from leverframe.core.errors import Refused
from leverframe.core.messages import Bullets, plain
from leverframe.core.wording import compose
from leverframe.sources.alertmanager.source import AlertmanagerSource

HERE = Path(__file__).parent
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
HEADERS = {b"content-type": b"application/json", b"authorization": b"Bearer t"}


def source(now: datetime = NOW, user: str | None = None) -> AlertmanagerSource:
    return AlertmanagerSource("alerts", ["t"], lambda: now, user=user)


def test_real_payloads_are_alerts() -> None:
    """Every real payload is read as its page says."""
    bodies = [(path.stem, path.read_bytes()) for path in sorted((HERE / "fixtures").glob("*.json"))]
    agrees(HERE / "golden.txt", [shown(name, parsed(source(), source().accept(HEADERS, body))) for name, body in bodies])


def test_a_group_is_one_conversation_until_it_begins_anew() -> None:
    """What fires, is repeated and is over is one card; what fires again next month is another one."""
    firing = json.loads((HERE / "fixtures" / "firing.json").read_bytes())
    keys = []
    for change in ({}, {"status": "resolved"}, {"alerts": [{**firing["alerts"][0], "startsAt": "2020-03-06T00:00:00Z"}]}):
        event = parsed(source(), source().accept(HEADERS, json.dumps({**firing, **change}).encode()))
        keys.append(event.subject and event.subject.key)
    assert keys[0] == keys[1] != keys[2]


def test_a_retry_is_a_repeat_and_a_reminder_is_none() -> None:
    """The same bytes within minutes are the same notification; after the interval of repeats they are sent on purpose."""
    body = (HERE / "fixtures" / "firing.json").read_bytes()
    ids = [source(NOW + timedelta(minutes=minutes)).accept(HEADERS, body).delivery_id for minutes in (0, 2, 240)]
    assert ids[0] == ids[1] != ids[2]


def test_what_sets_alerts_apart_is_listed() -> None:
    """Each alert is a line with its own labels and words, the grave ones are bad news."""
    firing = json.loads((HERE / "fixtures" / "firing.json").read_bytes())
    firing["alerts"][1]["labels"]["host"] = "cassiopeia"
    message = compose(parsed(source(), source().accept(HEADERS, json.dumps(firing).encode())), "ko", UTC)
    assert message.tone == "bad"
    assert any(isinstance(block, Bullets) and len(block.items) == 2 for block in message.blocks)
    assert "🔥 host=cassiopeia — CPU core temperature is 17.625C" in plain(message)


def test_basic_authentication() -> None:
    """With a user the secret is a password, and a token is none."""
    body = (HERE / "fixtures" / "firing.json").read_bytes()
    basic = HEADERS | {b"authorization": b"Basic " + b64encode(b"hub:t")}
    assert source(user="hub").accept(basic, body).name == "alert"
    for wrong in (HEADERS, basic | {b"authorization": b"Basic " + b64encode(b"hub:x")}, basic | {b"authorization": b"Basic " + b64encode(b"other:t")}):
        with pytest.raises(Refused, match="signature_invalid"):
            source(user="hub").accept(wrong, body)


def test_a_label_names_the_repository() -> None:
    """So that routes can test it; a label that is no owner and name is none."""
    for label, repo in (("acme/web", "acme/web"), ("web", None)):
        body = json.dumps({"status": "firing", "commonLabels": {"repository": label}, "alerts": []}).encode()
        assert source().accept(HEADERS, body).repo == repo
    with pytest.raises(Refused, match="event_missing"):
        source().accept(HEADERS, b"{}")
