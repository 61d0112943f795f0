"""Topics: what a subscription chooses."""

from __future__ import annotations

import pytest

from leverframe.core.github_events import EVENTS
from leverframe.core.topics import NAMES, OTHER, TOPICS, chosen, read_topic, topic_of


def test_every_event_is_of_one_topic() -> None:
    """No event stands in two rows, and one that no row names is of the topic other."""
    named = [event for topic in TOPICS for event in topic.events]
    assert len(named) == len(set(named)) and len(NAMES) == len(TOPICS)
    assert topic_of("pull_request_review_comment") == "review" and topic_of("made_up") == OTHER
    assert {topic_of(event) for event in EVENTS} | {"lever"} == NAMES  # that one is the hub's own


@pytest.mark.parametrize(("topics", "event", "is_chosen"), [
    (("push",), "push", True), (("push",), "issues", False), (("issue", "comment"), "issue_comment", True), (("*",), "made_up", True),
    (("other",), "made_up", True), ((), "push", False),
])  # fmt: skip
def test_a_choice_of_topics_holds_their_events(topics: tuple[str, ...], event: str, is_chosen: bool) -> None:
    """``*`` is everything, also what no row names."""
    assert chosen(topics, event) is is_chosen


@pytest.mark.parametrize(("word", "topic"), [
    ("push", "push"), (" Issues ", "issue"), ("pull request", "pull_request"), ("pull_request_review", "review"), ("*", "*"), ("all", "*"),
    ("pushh", None), ("", None),
])  # fmt: skip
def test_a_topic_is_read_liberally(word: str, topic: str | None) -> None:
    """A plural or an event's own name means its topic; anything else is for whoever wrote it to correct."""
    assert read_topic(word) == topic
