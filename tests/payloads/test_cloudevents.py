"""CloudEvents, structured."""

from __future__ import annotations

from core.some_event import event
from payloads.occasions import occasion, of_github, rendered

from leverframe.payloads.cloudevents import CloudEvents
from leverframe.ports.payloads import Payload


def test_an_event_of_github_has_the_attributes_of_the_adapter_for_github() -> None:
    """Its type, its repository as source, its number as subject; the payload is the data."""
    about = of_github("pull_request__opened")
    assert rendered(CloudEvents(), about) == {
        "specversion": "1.0", "id": "evt_0000100000000", "source": "https://api.github.com/repos/Codertocat/Hello-World",
        "type": "com.github.pull_request.opened", "subject": "2", "time": "2026-05-01T12:00:00.250Z", "datacontenttype": "application/json",
        "data": about.event.payload,
    }  # fmt: skip


def test_a_project_that_says_no_address_has_the_hub_s() -> None:
    """The source is a URI reference in any case; an event without a subject has none."""
    found = rendered(CloudEvents(), occasion(event("push", kind="git", subject=None, repo="한글/웹")))
    assert found["source"] == "https://hub.example.com/%ED%95%9C%EA%B8%80/%EC%9B%B9" and "subject" not in found


def test_the_headers_say_that_it_is_structured_and_who_is_asking() -> None:
    """WebHook-Request-Origin is what a receiver with abuse protection has allowed."""
    payload = CloudEvents().render(of_github("push"))
    assert isinstance(payload, Payload)
    assert payload.headers == {"Content-Type": "application/cloudevents+json; charset=utf-8", "WebHook-Request-Origin": "hub.example.com"}


def test_a_ref_is_the_subject_of_a_push() -> None:
    """As the adapter for GitHub has it of what is no issue and no pull request."""
    assert rendered(CloudEvents(), of_github("push"))["subject"] == "refs/tags/simple-tag"
