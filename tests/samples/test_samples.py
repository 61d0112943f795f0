"""The samples are what GitHub sends, and together they are one story."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leverframe.core.events import Event
from leverframe.samples import Story, load, names, title
from leverframe.sources.github.source import GithubSource

AT = datetime(2026, 11, 21, 7, 20, 41, tzinfo=UTC)
SECRET = "a secret of the tests"


def payload(story: Story, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(load(name, story.ids(name, AT)).payload)
    return found


def received(story: Story, name: str) -> Event:
    """Take a sample through the real source, as the door does."""
    sample = load(name, story.ids(name, AT))
    source = GithubSource("github", [SECRET])
    signature = "sha256=" + hmac.new(SECRET.encode(), sample.payload, hashlib.sha256).hexdigest()
    headers = {b"content-type": b"application/json", b"x-github-event": sample.event.encode(), b"x-github-delivery": b"1", b"x-hub-signature-256": signature.encode()}
    return source.parse(source.accept(headers, sample.payload), id=1, received_at=AT)


@pytest.mark.parametrize("name", names())
def test_every_sample_is_an_event_that_the_hub_knows(name: str) -> None:
    """The source takes it, and finds its repository, its actor and a page to open."""
    event = received(Story(100), name)
    assert event.repo == "acme/web-app"
    assert event.actor is not None
    assert event.name == name.partition(".")[0]
    assert event.url is None or event.url.startswith("https://github.com/acme/web-app") or event.url == "https://shop.acme.example"


@pytest.mark.parametrize("name", names())
def test_every_sample_is_complete(name: str) -> None:
    """It carries what GitHub puts into every payload of an organisation's repository, under its cap, in UTF-8."""
    sample = load(name, Story(100).ids(name, AT))
    found = json.loads(sample.payload)
    assert {"repository", "organization", "sender"} <= found.keys()
    assert len(found["repository"]) > 70
    assert 5_000 < len(sample.payload) < 40_000
    assert b"\\u" not in sample.payload
    assert all(title(name))


def test_what_is_opened_is_what_is_reviewed_merged_and_closed() -> None:
    """In order, the samples speak of one issue, one pull request, one run and one deployment."""
    story = Story(100)
    subjects: dict[str, set[str]] = {}
    for name in names():
        event = received(story, name)
        if event.subject is not None:
            subjects.setdefault(event.subject.kind, set()).add(event.subject.key)
    assert {kind: len(keys) for kind, keys in subjects.items()} == {"issue": 1, "pull_request": 1, "workflow_run": 1, "deployment": 1}


def test_opening_again_begins_a_new_one() -> None:
    """A second issue or pull request takes the next number, and what follows speaks of it."""
    story = Story(100)
    assert [payload(story, name)["issue"]["number"] for name in ("issues.opened", "issue_comment", "issues.opened", "issues.closed")] == [100, 100, 102, 102]
    assert [payload(story, name)["number"] for name in ("pull_request.opened", "pull_request.merged", "pull_request.opened", "pull_request.merged")] == [101, 101, 103, 103]


def test_a_failed_run_is_run_again() -> None:
    """What passes after a failure is the same run's next attempt; without a failure it is a run of its own."""
    story = Story(100)
    runs = [payload(story, f"workflow_run.{end}")["workflow_run"] for end in ("passed", "failed", "passed", "passed")]
    assert [run["run_attempt"] for run in runs] == [1, 1, 2, 1]
    assert runs[1]["id"] == runs[2]["id"]
    assert len({run["id"] for run in runs}) == 3


def test_every_send_is_fresh() -> None:
    """Two sends of one sample differ: no two commits, comments or reviews have one id."""
    story = Story(100)
    for name, path in (("push", ("after",)), ("issue_comment", ("comment", "id")), ("pull_request_review.approved", ("review", "id"))):
        found: list[Any] = []
        for _ in range(2):
            value: Any = payload(story, name)
            for key in path:
                value = value[key]
            found.append(value)
        assert found[0] != found[1], name


def test_merged_is_closed_with_a_merge() -> None:
    """As GitHub says it: the action is closed, and the pull request is merged, by somebody."""
    found = payload(Story(100), "pull_request.merged")
    assert (found["action"], found["pull_request"]["merged"], found["pull_request"]["merged_by"]["login"]) == ("closed", True, "tom-becker")


def test_an_unknown_sample_is_a_key_error() -> None:
    """A name that is not there is told at once."""
    with pytest.raises(KeyError):
        load("nothing", Story(1).ids("nothing", AT))
