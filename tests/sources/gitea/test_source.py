"""What is Gitea's own: its headers and those of its kin, its names of events, and real payloads in GitHub's shape."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from sources.golden import agrees, parsed, shown

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.sources.gitea.source import GiteaSource

HERE = Path(__file__).parent
SECRET = "s3cret"
SOURCE = GiteaSource("gitea", [SECRET])
EVENTS = {"branch": "create", "tag": "create", "issues": "issues", "issue": "issue_comment", "pull": "pull_request", "push": "push"}


def request(event: str, body: bytes, product: str = "gitea", **changes: bytes) -> dict[bytes, bytes]:
    """Return the headers of ``product`` for an event."""
    digest = hmac.digest(SECRET.encode(), body, "sha256").hex().encode()
    parts = {"event": event.encode(), "delivery": b"f6266f16-1bf3-46a5-9ea4-602e06ead473", "signature": digest, **changes}
    return {b"content-type": b"application/json", **{f"x-{product}-{name}".encode(): value for name, value in parts.items()}}


def told(event: str, payload: dict[str, Any]) -> Event:
    body = json.dumps(payload).encode()
    return parsed(SOURCE, SOURCE.accept(request(event, body), body))


def test_real_payloads_take_github_s_shape() -> None:
    """Every real payload is read as its page says: the facts that routes test, and the sentences in both languages."""
    paragraphs = []
    for path in sorted((HERE / "fixtures").glob("*.json")):
        first = path.stem.partition("_")[0]
        event = {"branch_delete": "delete", "pull_request_comment_created": "issue_comment"}.get(path.stem, EVENTS[first])
        paragraphs.append(shown(path.stem, parsed(SOURCE, SOURCE.accept(request(event, path.read_bytes()), path.read_bytes()))))
    agrees(HERE / "golden.txt", paragraphs)


@pytest.mark.parametrize("product", ["gitea", "forgejo", "gogs"])
def test_an_empty_signature_proves_nothing(product: str) -> None:
    """A webhook without a secret sends an empty signature; it is refused, and no other product's header makes it good."""
    body = b"{}"
    headers = request("push", body, product, signature=b"")
    with pytest.raises(Refused, match="signature_missing"):
        SOURCE.accept(headers, body)
    if product == "forgejo":  # what Forgejo sends for older receivers does not count beside its own
        with pytest.raises(Refused, match="signature_missing"):
            SOURCE.accept(headers | request("push", body), body)


def test_github_s_headers_are_not_gitea_s() -> None:
    """Gitea sends GitHub's headers too; alone they are not taken here."""
    body = b"{}"
    with pytest.raises(Refused, match="signature_missing"):
        SOURCE.accept({b"content-type": b"application/json", b"x-github-event": b"push", b"x-hub-signature-256": b"sha256=00"}, body)


@pytest.mark.parametrize(
    ("event", "payload", "full_name"),
    [
        ("issues", {"action": "label_updated"}, "issues.labeled"),
        ("issues", {"action": "label_cleared"}, "issues.unlabeled"),
        ("pull_request", {"action": "synchronized"}, "pull_request.synchronize"),
        ("pull_request_approved", {"action": "reviewed", "review": {"type": "pull_request_review_approved"}}, "pull_request_review.submitted"),
        ("pull_request_comment", {"action": "created", "comment": {"body": "x"}}, "issue_comment.created"),
        ("release", {"action": "updated"}, "release.edited"),
        ("package", {"action": "created"}, "package.published"),
        ("wiki", {"action": "created", "page": "Home"}, "gollum"),
        ("repository", {"action": "created"}, "repository.created"),
        ("tea_break", {}, "tea_break"),
    ],
)
def test_events_have_github_s_names(event: str, payload: dict[str, Any], full_name: str) -> None:
    """What Gitea calls otherwise is called as on GitHub, so that one route takes both."""
    assert told(event, payload).full_name == full_name


@pytest.mark.parametrize(
    ("event", "state"), [("pull_request_approved", "approved"), ("pull_request_rejected", "changes_requested"), ("pull_request_comment", "commented")]
)
def test_a_review_says_what_it_says(event: str, state: str) -> None:
    """A review has GitHub's states and the reviewer's words."""
    kinds = {"approved": "pull_request_review_approved", "changes_requested": "pull_request_review_rejected", "commented": "pull_request_review_comment"}
    review = told(event, {"action": "reviewed", "review": {"type": kinds[state], "content": "좋습니다"}, "sender": {"login": "ann"}}).payload["review"]
    assert (review["state"], review["body"], review["user"]) == (state, "좋습니다", {"login": "ann"})


def test_a_fork_is_told_where_it_was_made() -> None:
    """Gitea names the copy as the repository; the event is the original's, as on GitHub."""
    event = told("fork", {"forkee": {"full_name": "acme/web"}, "repository": {"full_name": "ann/web"}, "sender": {"login": "ann"}})
    assert (event.repo, event.payload["forkee"]["full_name"]) == ("acme/web", "ann/web")


def test_a_wiki_page_is_a_page() -> None:
    """An edited page of the wiki becomes one page of ``gollum``, with an address that a browser can open."""
    event = told("wiki", {"action": "edited", "page": "배포 절차", "comment": "롤백", "repository": {"full_name": "acme/web", "html_url": "https://git.example.com/acme/web"}})
    assert event.url == "https://git.example.com/acme/web/wiki/%EB%B0%B0%ED%8F%AC%20%EC%A0%88%EC%B0%A8"
    assert event.payload["pages"][0]["action"] == "edited"


@pytest.mark.parametrize(
    ("action", "en", "ko"),
    [
        ("assigned", "example changed the assignees of {thing}", "example님이 {noun} 담당자를 바꿨습니다: "),
        ("unassigned", "example changed the assignees of {thing}", "example님이 {noun} 담당자를 바꿨습니다: "),
        ("label_updated", "example changed the labels of {thing}", "example님이 {noun}의 레이블을 바꿨습니다: "),
        ("label_cleared", "example changed the labels of {thing}", "example님이 {noun}의 레이블을 바꿨습니다: "),
    ],
)
@pytest.mark.parametrize(("event", "noun", "ko_noun"), [("issues", "issue", "이슈"), ("pull_request", "PR", "PR")])
def test_what_gitea_does_not_name_is_not_named(event: str, noun: str, ko_noun: str, action: str, en: str, ko: str) -> None:
    """Gitea tells that labels or assignees changed, not which; “added label ?” and “assigned ? to issue” were said once."""
    subject = {"number": 1, "title": "a bug", "html_url": "https://git.example.com/acme/web/1", "labels": [{"name": "bug"}], "assignees": [{"login": "ann"}]}
    payload = {"action": action, noun.lower() if noun == "issue" else "pull_request": subject, "repository": {"full_name": "acme/web"}, "sender": {"login": "example"}}
    said = shown(event, told(event, payload))
    assert f"en: {en.format(thing=noun)} acme/web#1 a bug" in said
    assert f"ko: {ko.format(noun=ko_noun)}acme/web#1 a bug" in said
