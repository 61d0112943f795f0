"""A line of text, as Yona sends it."""

from __future__ import annotations

from typing import Any

import pytest
from core.some_event import event
from hypothesis import given
from hypothesis import strategies as some
from payloads.occasions import occasion, of_github, rendered, sending

from leverframe.core.events import Subject
from leverframe.core.projects import Pusher
from leverframe.payloads.text import LONGEST, HangoutText, PlainText, SlackText

ISSUE = "https://github.com/Codertocat/Hello-World/issues/1"
PULL = "https://github.com/Codertocat/Hello-World/pull/2"


@pytest.mark.parametrize(("fixture", "locale", "said"), [
    ("issues__edited", "en", f"[Hello-World] Codertocat edited issue <{ISSUE}|#1: Spelling error in the README file>"),
    ("issues__edited", "ko", f"[Hello-World] Codertocat님이 이슈를 수정했습니다: <{ISSUE}|#1: Spelling error in the README file>"),
    ("pull_request__opened", "en", f"[Hello-World] 🔔 New PR by Codertocat: <{PULL}|#2: Update the README with new information.>"),
    ("issue_comment__created", "en",
     f"[Hello-World] Codertocat commented on issue <{ISSUE}#issuecomment-492700400|#1: Spelling error in the README file>"),
    ("push", "en", "[Hello-World] Codertocat pushed tag <https://github.com/Codertocat/Hello-World/compare/simple-tag|simple-tag> to Codertocat/Hello-World"),
])  # fmt: skip
def test_the_line_names_the_project_then_who_did_what(fixture: str, locale: str, said: str) -> None:
    """In the hub's language; the link is Slack's and Google Chat's, and has the number and the title."""
    assert rendered(PlainText(), of_github(fixture, locale=locale)) == {"text": said}


def test_slack_s_attachment_has_the_words_and_the_fields_of_its_predecessor() -> None:
    """A pull request: who sends it, from where to where."""
    found = rendered(SlackText(), of_github("pull_request__opened"))
    assert found["attachments"] == [{
        "text": "This is a pretty simple change that we need to pull into master.",
        "fields": [
            {"title": "Sender", "value": "Codertocat", "short": False}, {"title": "From", "value": "changes", "short": True},
            {"title": "To", "value": "master", "short": True},
        ],
        "color": "",
    }]  # fmt: skip


def test_an_issue_s_fields_are_its_milestone_assignee_and_state() -> None:
    """In the hub's language."""
    found = rendered(SlackText(), of_github("issues__edited", locale="ko"))
    assert [(one["title"], one["value"]) for one in found["attachments"][0]["fields"]] == [("마일스톤", "v1.0"), ("담당자", "Codertocat"), ("상태", "open")]


def test_any_other_event_shows_what_the_hub_s_card_shows() -> None:
    """A new kind of event needs nothing here; good and bad news have their colour."""
    found = rendered(SlackText(), of_github("workflow_run__completed"))
    assert [one["title"] for one in found["attachments"][0]["fields"]] == ["Commit", "Trigger"]
    review = {"action": "submitted", "review": {"state": "approved", "body": "좋아요"}, "pull_request": {"number": 12}}
    approved = rendered(SlackText(), occasion(event("pull_request_review.submitted", payload=review)))
    assert approved["attachments"][0]["color"] == "#2eb67d" and approved["attachments"][0]["text"] == "좋아요"


def test_hangout_s_messages_about_one_issue_have_one_thread() -> None:
    """By a key of ours: no answer has to be remembered. What is about no issue begins a thread of its own."""
    first, comment = (rendered(HangoutText(), of_github(fixture))["thread"] for fixture in ("issues__edited", "issue_comment__created"))
    assert first == comment == {"threadKey": "Codertocat/Hello-World#1"}
    assert rendered(HangoutText(), of_github("push"))["thread"] == {}


def test_people_are_called_as_the_map_of_pushers_says() -> None:
    """A login stays where nobody is known under it."""
    found = rendered(PlainText(), of_github("issues__edited", pushers={"codertocat": Pusher(name="김 코더")}))
    assert found["text"].startswith("[Hello-World] 김 코더 edited issue")


def test_nobody_can_call_everybody_or_forge_a_link() -> None:
    """A title is words, in Slack and in Google Chat, which has no escape of its own."""
    evil = {"action": "opened", "issue": {"number": 1, "title": "<!channel> <users/all> <https://evil.example|x> & |"}}
    about = occasion(event("issues.opened", payload=evil, subject=Subject(kind="issue", key="acme/web#1", number=1, title="x"), url="https://x.example/a|b>c"))
    slack, hangout = rendered(PlainText(), about)["text"], rendered(HangoutText(), about)["text"]
    assert "&lt;!channel&gt;" in slack and "&lt;users/all&gt;" in slack and "<!" not in slack
    assert "<users/all>" not in hangout and "<!channel>" not in hangout and "‹users/all›" in hangout
    for said in (slack, hangout):
        assert said.count("<") == 1 and said.count(">") == 1 and said.count("|") == 1


def test_long_words_are_cut() -> None:
    """Yona sent a whole book."""
    found = rendered(SlackText(), occasion(event("issues.opened", payload={"issue": {"body": "가" * 10_000}})))
    assert len(found["attachments"][0]["text"]) == LONGEST


def test_what_a_deleted_comment_said_is_not_repeated() -> None:
    """Whoever deleted it meant it."""
    found = rendered(SlackText(), occasion(event("issue_comment.deleted", payload={"action": "deleted", "comment": {"body": "secret"}, "issue": {"number": 12}})))
    assert "secret" not in str(found)


def test_the_secret_is_sent_as_yona_sends_it() -> None:
    """Only when there is one."""
    payload = PlainText().render(of_github("push"))
    assert PlainText().sign(payload, sending("new", "old"))["Authorization"] == "token new"
    assert PlainText().sign(payload, sending("열려라"))["Authorization"].encode("latin-1").decode() == "token 열려라"  # as HTTP carries it
    assert "Authorization" not in PlainText().sign(payload, sending())


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(["issue", "body", "title", "pull_request", "head", "user", "login", "commits"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(some.dictionaries(some.sampled_from(["issue", "comment", "pull_request", "review", "sender", "repository", "ref"]), JSON),
       some.sampled_from(["issues", "push", "pull_request", "pull_request_review", "issue_comment", "made_up"]))  # fmt: skip
def test_whatever_a_payload_holds_a_line_comes_out(payload: dict[str, Any], name: str) -> None:
    """Every field may be missing or of another type."""
    for format in (PlainText(), SlackText(), HangoutText()):
        assert rendered(format, occasion(event(name, payload=payload), b""))["text"].startswith("[web] ")
