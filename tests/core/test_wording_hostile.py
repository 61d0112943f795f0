"""Whatever a payload holds, something true is said and nothing is raised."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from core.wording.stories import LOCALES, REAL, everything
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from leverframe.core.events import Actor, Event
from leverframe.core.github_events import EVENTS
from leverframe.core.messages import Message, plain, plain_inline
from leverframe.core.wording import compose

SEOUL = ZoneInfo("Asia/Seoul")
PAIRS = [(name, action) for name, actions in EVENTS.items() for action in actions or (None,)]
MISTAKEN: list[Any] = [None, 7, -1.5, True, "", "words", [], [None], [7, "x", [], {}], {}, {"login": None, "html_url": 5, "name": []}]


def _event(name: str, action: str | None, payload: Any, *, actor: bool = True, repo: str | None = "acme/web") -> Event:
    """Return an event whose facts are right and whose payload is anything."""
    return Event(
        id=1, source="github", kind="github", name=name, action=action, delivery_id="d", received_at=datetime(2026, 11, 21, 7, 5, tzinfo=UTC),
        repo=repo, actor=Actor(login="octocat") if actor else None, subject=None, branches=None, labels=None, paths=None, conclusion=None,
        environment=None, url=None, payload=payload,
    )  # fmt: skip


def _holds(message: Message) -> None:
    headline = plain_inline(message.headline)
    assert headline.strip()
    assert "\n" not in headline
    plain(message).encode()


def _vocabulary(value: Any) -> set[str]:
    """Return every key of a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*(_vocabulary(item) for item in value.values()))
    return set().union(*(_vocabulary(item) for item in value)) if isinstance(value, list) else set()


KEYS = sorted(
    _vocabulary([json.loads(path.read_text(encoding="utf-8")) for path in REAL.glob("*.json")])
    | _vocabulary([everything(name, action) for name, action in PAIRS])
)


WRONG_THROUGHOUT = [dict.fromkeys(KEYS, wrong) for wrong in MISTAKEN]
WRONG_ONE_LEVEL_DOWN = [dict.fromkeys(KEYS, wrong) for wrong in WRONG_THROUGHOUT]


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_told_from_next_to_nothing(name: str) -> None:
    """An empty payload gives a headline for every action, and the message names the actor and the repository."""
    for action in EVENTS[name] or (None,):
        for locale in LOCALES:
            message = compose(_event(name, action, {}), locale, SEOUL)
            _holds(message)
            assert "octocat" in plain(message)
            assert "acme/web" in plain(message)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_told_from_mistaken_types(name: str) -> None:
    """Every field null or of another type, at once and one by one: nothing is raised, and actor and repository are named."""
    for action in EVENTS[name] or (None,):
        whole = everything(name, action)
        one_by_one = [{**whole, key: wrong} for key, wrong in zip(whole, cycle(MISTAKEN), strict=False)]
        for payload in [*WRONG_THROUGHOUT, *WRONG_ONE_LEVEL_DOWN, *one_by_one]:
            message = compose(_event(name, action, payload), "ko", SEOUL)
            _holds(message)
        assert "octocat" in plain(message)
        assert "acme/web" in plain(message)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_told_when_nobody_and_nowhere_is_known(name: str) -> None:
    """Without actor and repository there is still a headline in both languages."""
    for action in EVENTS[name] or (None,):
        for locale in LOCALES:
            _holds(compose(_event(name, action, {}, actor=False, repo=None), locale, SEOUL))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(["https://example.com/x", "2026-11-21T07:05:00Z"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=120, deadline=None, derandomize=True)
@given(pair=st.sampled_from(PAIRS), payload=st.dictionaries(st.sampled_from(KEYS), JSON_VALUES, max_size=8), actor=st.text(), url=st.text())
def test_arbitrary_json_never_raises(pair: tuple[str, str | None], payload: dict[str, Any], actor: str, url: str) -> None:
    """Any JSON object as the payload of any event gives a message whose headline is one line."""
    found = replace(_event(*pair, payload), actor=Actor(login=actor), url=url)
    for locale in LOCALES:
        _holds(compose(found, locale, SEOUL))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(name=st.text(), action=st.none() | st.text(), payload=st.dictionaries(st.text(), JSON_VALUES, max_size=6))
def test_arbitrary_names_never_raise(name: str, action: str | None, payload: dict[str, Any]) -> None:
    """Any name and action give a message."""
    for locale in LOCALES:
        _holds(compose(_event(name, action, payload), locale, SEOUL))


def test_a_huge_payload_is_not_read_to_its_end() -> None:
    """Megabytes in every field give a message of a readable size."""
    huge = "word <!-- ![ \n" * 100_000
    issue = {"title": huge, "body": huge, "labels": [{"name": huge}] * 2_000, "assignees": [{"login": huge}] * 2_000, "state": huge}
    message = compose(_event("issues", "opened", {"issue": issue}), "en", SEOUL)
    assert len(plain(message)) < 5_000
