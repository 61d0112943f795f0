"""Who is mentioned: the people of the configuration, by the names under which sources know them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leverframe.config import load
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.messages import Bullets, Fields, Message, Person, Quote, Text
from leverframe.route_rooms import Mentions

CONFIG = """
[sources.github]
secrets = ["env:SECRET"]
[sources.ghes]
kind = "github"
secrets = ["env:SECRET"]
[chats.slack]
bot_token = "env:SECRET"
[people.ann]
identities = ["github:Ann-Lee", "slack:T1/U0ANN"]
[people.bob]
identities = ["ghes:bob", "slack:U0BOB"]
[people.eve]
identities = ["github:eve", "mail:eve@example.com"]
"""


@pytest.fixture
def mentions(tmp_path: Path) -> Mentions:
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    config = load(tmp_path / "leverframe.toml", {"SECRET": "xoxb-1"})
    assert config.warnings == ()
    return Mentions(config)


def _event(source: str) -> Event:
    return event_of(
        {},
        id=1,
        source=source,
        kind="github",
        name="push",
        action=None,
        delivery_id="1",
        received_at=datetime(2026, 5, 1, tzinfo=UTC),
        repo=None,
    )


def _naming(*logins: str) -> Message:
    """Return a message that names each in another place."""
    first, *others = (Person(login) for login in logins)
    return Message(
        headline=(first, Text(" pushed")),
        blocks=(
            Quote((Text("words"),)),
            *(Bullets(((one,),)) if at % 2 else Fields((("Reviewers", (one,)),)) for at, one in enumerate(others)),
        ),
    )


@pytest.mark.parametrize(
    ("source", "logins", "found"),
    [
        ("github", ("Ann-Lee",), {"Ann-Lee": "U0ANN"}),
        ("github", ("ann-lee", "ANN-LEE", "carol"), {"ann-lee": "U0ANN", "ANN-LEE": "U0ANN"}),
        ("ghes", ("bob", "Ann-Lee"), {"bob": "U0BOB", "Ann-Lee": "U0ANN"}),
        ("github", ("bob", "eve"), {}),
    ],
)
def test_who_is_linked_is_mentioned(mentions: Mentions, source: str, logins: tuple[str, ...], found: dict[str, str]) -> None:
    """By the source's kind or its own name, as ``check`` takes them. Logins on GitHub have no case; one written in another was not mentioned,
    though roles and approvals knew it, and neither was one of a second GitHub (``ghes:bob``)."""
    assert mentions(_event(source), "slack", _naming(*logins)) == found
    assert mentions(_event(source), "teams", _naming(*logins)) == {}
