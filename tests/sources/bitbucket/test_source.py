"""What is Bitbucket's own: its names of events, pushes of several refs, and real payloads in GitHub's shape."""

from __future__ import annotations

import hmac
import json
from datetime import UTC
from pathlib import Path

import pytest
from sources.golden import agrees, parsed, shown

from leverframe.core.events import Event
from leverframe.core.messages import Link
from leverframe.core.wording import compose
from leverframe.sources.bitbucket.source import BitbucketSource

HERE = Path(__file__).parent
SOURCE = BitbucketSource("bitbucket", ["s3cret"])
KEYS = {
    "pr_comment_created": "pullrequest:comment_created", "pr_created": "pullrequest:created", "pr_declined": "pullrequest:rejected",
    "pr_fulfilled": "pullrequest:fulfilled", "pr_updated": "pullrequest:updated",
}  # fmt: skip


def take(key: str, body: bytes) -> Event:
    headers = {
        b"content-type": b"application/json", b"x-event-key": key.encode(), b"x-request-uuid": b"f6266f16-1bf3-46a5-9ea4-602e06ead473",
        b"x-hub-signature": b"sha256=" + hmac.digest(b"s3cret", body, "sha256").hex().encode(),
    }  # fmt: skip
    return parsed(SOURCE, SOURCE.accept(headers, body))


def test_real_payloads_take_github_s_shape() -> None:
    """Every real payload is read as its page says."""
    paths = sorted((HERE / "fixtures").glob("*.json"))
    agrees(HERE / "golden.txt", [shown(path.stem, take(KEYS.get(path.stem, "repo:push"), path.read_bytes())) for path in paths])


def test_a_push_of_several_refs_is_one_event() -> None:
    """As with git: one event whose refs tell what was done to each."""
    push = json.loads((HERE / "fixtures" / "push.json").read_bytes())
    gone = json.loads((HERE / "fixtures" / "push_branch_delete.json").read_bytes())
    push["push"]["changes"] += gone["push"]["changes"]
    event = take("repo:push", json.dumps(push).encode())
    assert [one["deleted"] for one in event.payload["refs"]] == [False, True]
    assert event.branches is not None
    assert len(event.branches) == 2


@pytest.mark.parametrize(
    ("key", "full_name"),
    [
        ("pullrequest:approved", "pull_request_review.submitted"), ("pullrequest:unapproved", "pull_request_review.dismissed"), ("issue:created", "issues.opened"),
        ("repo:commit_status_updated", "status"), ("repo:fork", "fork"), ("repo:imported", "repo.imported"), ("pullrequest:comment_deleted", "issue_comment.deleted"),
    ],
)  # fmt: skip
def test_events_have_github_s_names(key: str, full_name: str) -> None:
    """What Bitbucket calls otherwise is called as on GitHub; what is not known keeps its name."""
    assert take(key, b"{}").full_name == full_name


@pytest.mark.parametrize(
    ("changes", "full_name"),
    [
        ({"status": {"old": "open", "new": "resolved"}}, "issues.closed"), ({"status": {"old": "wontfix", "new": "open"}}, "issues.reopened"),
        ({"status": {"old": "new", "new": "on hold"}}, "issues.edited"), ({"status": {"old": "resolved", "new": "closed"}}, "issues.edited"),
        ({"title": {"old": "a", "new": "b"}}, "issues.edited"), ({}, "issues.edited"),
    ],
)  # fmt: skip
def test_an_issue_that_is_closed_is_called_so(changes: dict[str, object], full_name: str) -> None:
    """Bitbucket tells of it as of any other change, and routes of \"issues.closed\" heard nothing of it."""
    body = {"issue": {"id": 7, "state": "resolved"}, "repository": {"full_name": "acme/web"}, "changes": changes}
    assert take("issue:updated", json.dumps(body).encode()).full_name == full_name


def test_a_build_status_is_of_a_commit() -> None:
    """Bitbucket's documented payload names the commit by its address in the API alone; the message said “for commit ?”."""
    commit, home = "9fec847784abb10b2fa567ee63b85bd238955d0e", "https://bitbucket.org/acme/web"
    status = {
        "name": "Unit Tests (Python)", "state": "SUCCESSFUL", "url": "https://ci.example.com/builds/42",
        "links": {"commit": {"href": f"https://api.bitbucket.org/2.0/repositories/acme/web/commit/{commit}"}},
    }  # fmt: skip
    payload = {"repository": {"full_name": "acme/web", "links": {"html": {"href": home}}}, "commit_status": status}
    event = take("repo:commit_status_updated", json.dumps(payload).encode())
    said = shown("status", event)
    assert "en: ✅ Unit Tests (Python) succeeded for commit 9fec847 in acme/web" in said
    assert "ko: ✅ acme/web 커밋 9fec847의 Unit Tests (Python) 검사가 성공했습니다" in said
    assert f"{home}/commits/{commit}" in [part.url for part in compose(event, "en", UTC).headline if isinstance(part, Link)]
