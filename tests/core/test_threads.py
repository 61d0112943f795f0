"""Card, reply or a message of its own."""

from typing import Any

import pytest
from core.some_event import event

from leverframe.core.events import Actor
from leverframe.core.threads import as_card, role


@pytest.mark.parametrize(
    ("happened", "part"),
    [
        ("pull_request.opened", "card"),
        ("pull_request.closed", "card"),
        ("pull_request.synchronize", "card"),
        ("pull_request.labeled", "card"),
        ("issues.reopened", "card"),
        ("workflow_run.requested", "card"),
        ("workflow_run.completed", "card"),
        ("deployment.created", "card"),
        ("deployment_status.created", "card"),
        ("discussion.answered", "card"),
        ("issue_comment.created", "reply"),
        ("pull_request_review.submitted", "reply"),
        ("pull_request_review_comment.created", "reply"),
        ("pull_request_review_thread.resolved", "reply"),
        ("discussion_comment.created", "reply"),
        ("workflow_job.completed", "reply"),
        ("deployment_review.requested", "reply"),
    ],
)
def test_what_changes_the_subject_is_its_card_and_what_is_said_about_it_replies(happened: str, part: str) -> None:
    """State goes to the card, talk goes below it; without a subject a message stands alone."""
    assert role(event(happened)) == part
    assert role(event(happened, subject=None)) == "alone"


@pytest.mark.parametrize(
    ("happened", "payload", "worded"),
    [
        ("pull_request.labeled", {"pull_request": {"state": "open", "user": {"login": "ann"}}}, ("pull_request.opened", "ann")),
        ("issues.assigned", {"issue": {"state": "open", "user": {"login": "app[bot]"}}}, ("issues.opened", "app[bot]")),
        ("discussion.edited", {"discussion": {"state": "open", "user": {"login": "ann"}}}, ("discussion.created", "ann")),
        ("pull_request.labeled", {"pull_request": {"state": "closed", "merged_by": {"login": "bob"}}}, ("pull_request.closed", "bob")),
        ("issues.labeled", {"issue": {"state": "closed", "user": {"login": "ann"}}}, ("issues.closed", None)),
        ("pull_request.labeled", {}, ("pull_request.labeled", "robot")),
        ("pull_request.closed", {"pull_request": {"state": "closed"}}, ("pull_request.closed", "robot")),
        ("push", {"pull_request": 5}, ("push", "robot")),
    ],
)
def test_a_card_tells_the_state_of_its_subject(happened: str, payload: dict[str, Any], worded: tuple[str, str | None]) -> None:
    """A detail that changes leaves the card saying who opened it, merged it or that it is closed, not who touched it last."""
    card = as_card(event(happened, payload=payload, actor=Actor(login="robot")))
    assert (card.full_name, card.actor and card.actor.login) == worded
    assert card.payload is payload
