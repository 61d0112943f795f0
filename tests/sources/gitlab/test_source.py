"""What is GitLab's own: secret tokens and signing tokens, ids of deliveries, and real payloads in GitHub's shape."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources.golden import agrees, parsed, shown
from standardwebhooks import Webhook

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.sources.gitlab.shape import KINDS, told
from leverframe.sources.gitlab.source import GitlabSource

HERE = Path(__file__).parent
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
TOKEN, SIGNING = "a secret token", "whsec_" + b64encode(b"32 bytes that GitLab has made up").decode()
ID = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"


def source(*secrets: str, now: datetime = NOW) -> GitlabSource:
    return GitlabSource("gitlab", secrets, lambda: now)


def plain(**changes: bytes) -> dict[bytes, bytes]:
    """Return the headers of a request with a secret token."""
    found = {"content_type": b"application/json", "x_gitlab_token": TOKEN.encode(), "idempotency_key": ID.encode(), **changes}
    return {name.replace("_", "-").encode(): value for name, value in found.items()}


def signed(body: bytes, at: datetime = NOW, key: str = SIGNING) -> dict[bytes, bytes]:
    """Return the headers of a request with a signing token, made by the official library."""
    signature = Webhook(key).sign(ID, at, body.decode())
    return {
        b"content-type": b"application/json", b"idempotency-key": ID.encode(), b"webhook-id": ID.encode(),
        b"webhook-timestamp": str(int(at.timestamp())).encode(), b"webhook-signature": signature.encode(),
    }  # fmt: skip


def event_of(payload: dict[str, Any]) -> Event:
    body = json.dumps(payload).encode()
    return parsed(source(TOKEN), source(TOKEN).accept(plain(), body))


def refusal(source: GitlabSource, headers: dict[bytes, bytes], body: bytes) -> str:
    with pytest.raises(Refused) as refused:
        source.accept(headers, body)
    return refused.value.code


def test_real_payloads_take_github_s_shape() -> None:
    """Every real payload is read as its page says: the facts that routes test, and the sentences in both languages."""
    paragraphs = []
    for path in sorted((HERE / "fixtures").glob("*.json")):
        paragraphs.append(shown(path.stem, parsed(source(TOKEN), source(TOKEN).accept(plain(), path.read_bytes()))))
    agrees(HERE / "golden.txt", paragraphs)


def test_what_is_signed_is_not_taken_for_its_token() -> None:
    """With a signing token configured, a signature that does not hold is refused though the secret token is right beside it."""
    body = b'{"object_kind": "push"}'
    both = source(TOKEN, SIGNING)
    assert both.accept(signed(body), body).delivery_id == ID
    assert refusal(both, signed(b"{}") | {b"x-gitlab-token": TOKEN.encode()}, body) == "signature_invalid"
    assert refusal(both, signed(body, NOW - timedelta(seconds=301)) | {b"x-gitlab-token": TOKEN.encode()}, body) == "timestamp_stale"
    assert both.accept(plain(), body).name == "push"


def test_a_signing_token_is_no_token() -> None:
    """A signing token sent as the secret token proves nothing, and with it alone an unsigned request is refused."""
    assert refusal(source(SIGNING), plain(x_gitlab_token=SIGNING.encode()), b"{}") == "signature_missing"
    assert refusal(source(TOKEN, SIGNING), plain(x_gitlab_token=SIGNING.encode()), b"{}") == "signature_invalid"


def test_a_signature_that_nobody_can_check_does_no_harm() -> None:
    """A hub that knows only the secret token takes requests that GitLab signs as well."""
    body = b'{"object_kind": "push"}'
    assert source(TOKEN).accept(plain() | {b"webhook-signature": b"v1,xyz"}, body).name == "push"


@pytest.mark.parametrize("secrets", [["whsec_"], ["whsec_%%%"], []])
def test_secrets_that_prove_nothing_are_refused_at_once(secrets: list[str]) -> None:
    """A signing token without a key, one that is not base64, and no secret at all are errors of the configuration."""
    with pytest.raises(ValueError, match=r"whsec_|secret"):
        source(*secrets)


def test_repeats_are_known_by_what_gitlab_keeps() -> None:
    """The idempotency key stays over retries. Older ones send an id that requests share which one request set off: the body tells them apart."""
    old = {name: value for name, value in plain(x_gitlab_event_uuid=b"13792a34-cac6-4fda-95a8-c58e00a3954e").items() if name != b"idempotency-key"}
    first, second = (source(TOKEN).accept(old, body).delivery_id for body in (b'{"object_kind": "push"}', b'{"object_kind": "note"}'))
    assert first != second
    assert first == source(TOKEN).accept(old, b'{"object_kind": "push"}').delivery_id
    assert source(TOKEN).accept(plain(x_gitlab_event_uuid=b"x"), b'{"object_kind": "push"}').delivery_id == ID
    assert refusal(source(TOKEN), {k: v for k, v in old.items() if k != b"x-gitlab-event-uuid"}, b'{"object_kind": "push"}') == "delivery_id_missing"


def test_a_payload_of_nothing_is_refused() -> None:
    """A body that does not say what it is about is no event."""
    assert refusal(source(TOKEN), plain(), b"{}") == "event_missing"


MERGE = {"object_kind": "merge_request", "project": {"path_with_namespace": "acme/web", "web_url": "https://gitlab.com/acme/web"}, "user": {"id": 1, "username": "ann"}}


@pytest.mark.parametrize(
    ("attributes", "changes", "full_name"),
    [
        ({"action": "open"}, {}, "pull_request.opened"),
        ({"action": "merge", "state": "merged"}, {}, "pull_request.closed"),
        ({"action": "reopen"}, {}, "pull_request.reopened"),
        ({"action": "update", "oldrev": "a" * 40}, {}, "pull_request.synchronize"),
        ({"action": "update"}, {"draft": {"previous": True, "current": False}}, "pull_request.ready_for_review"),
        ({"action": "update"}, {"draft": {"previous": False, "current": True}}, "pull_request.converted_to_draft"),
        ({"action": "update"}, {"labels": {"previous": [], "current": [{"title": "bug"}]}}, "pull_request.labeled"),
        ({"action": "update"}, {"labels": {"previous": [{"title": "bug"}], "current": []}}, "pull_request.unlabeled"),
        ({"action": "update"}, {"reviewers": {"previous": [], "current": [{"username": "kim"}]}}, "pull_request.review_requested"),
        ({"action": "update"}, {"assignees": {"previous": [{"username": "kim"}], "current": []}}, "pull_request.unassigned"),
        ({"action": "update"}, {"milestone_id": {"previous": None, "current": 3}}, "pull_request.milestoned"),
        ({"action": "update"}, {"title": {"previous": "a", "current": "b"}}, "pull_request.edited"),
        ({"action": "update"}, {}, "pull_request.edited"),
        ({"action": "approved"}, {}, "pull_request_review.submitted"),
        ({"action": "unapproved"}, {}, "pull_request_review.dismissed"),
    ],
)
def test_what_happens_to_a_merge_request(attributes: dict[str, Any], changes: dict[str, Any], full_name: str) -> None:
    """An update is called by what was changed, as on GitHub; an approval is a review."""
    event = event_of({**MERGE, "object_attributes": {"iid": 7, "title": "t", "target_branch": "main", **attributes}, "changes": changes})
    assert (event.full_name, event.subject and event.subject.key, event.branches) == (full_name, "acme/web!7", ("main",))
    assert event.payload["pull_request"]["merged"] == (attributes["action"] == "merge")


def test_who_works_for_a_project_is_a_bot() -> None:
    """A project's access token acts as a user with a name of its own, and is shown as a bot."""
    event = event_of({"object_kind": "push", "user_username": "project_7_bot_1a2b", "ref": "refs/heads/main"})
    assert event.actor is not None
    assert event.actor.is_bot


def test_more_commits_than_are_listed_are_counted() -> None:
    """GitLab lists twenty commits of a push and says how many there were."""
    event = event_of({"object_kind": "push", "ref": "refs/heads/main", "before": "1" * 40, "after": "2" * 40, "commits": [{"id": "2" * 40}], "total_commits_count": 412})
    assert "412 commits" in shown("push", event)


def test_a_member_of_a_project_is_told_with_the_project() -> None:
    """A system hook names the project in a field of its own and nobody who did it: “johnsmith added johnsmith to ?” was said once."""
    told_of = {"event_name": "user_add_to_team", "project_path_with_namespace": "jsmith/storecloud", "project_id": 74, "user_username": "johnsmith", "project_path": "storecloud"}
    said = shown("added", event_of(told_of))
    assert "in jsmith/storecloud" in said
    assert "en: Someone added johnsmith to jsmith/storecloud as a collaborator" in said
    assert "ko: 누군가가 johnsmith님을 jsmith/storecloud 저장소의 협업자로 추가했습니다" in said


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"event_name": "group_create", "name": "StoreCloud", "full_path": "acme/storecloud", "path": "storecloud"}, "Event group_create: acme/storecloud"),
        ({"event_name": "user_failed_login", "name": "John", "username": "johnsmith"}, "Event user_failed_login: johnsmith"),
        ({"event_name": "project_update", "path_with_namespace": "acme/web", "name": "web"}, "Someone edited the settings of repository acme/web"),
    ],
)
def test_what_a_system_hook_is_about_is_named(payload: dict[str, Any], words: str) -> None:
    """A system hook names its group, user or project beside everything else: a message with the event's bare name told nobody anything."""
    assert f"en: {words}" in shown("system", event_of(payload))


@pytest.mark.parametrize(("ref", "shipped"), [({"ref": "v1.2"}, "v1.2"), ({}, "279484c")])
def test_a_deployment_without_a_branch_is_told_by_its_commit(ref: dict[str, str], shipped: str) -> None:
    """GitLab's documented payload of a deployment has no ref; the message said “Deployment of ?”."""
    payload = {"object_kind": "deployment", "status": "success", "environment": "staging", "short_sha": "279484c0", "project": MERGE["project"], **ref}
    said = shown("deployed", event_of(payload))
    assert f"en: ✅ Deployment of {shipped} in acme/web to staging succeeded" in said
    assert f"ko: ✅ acme/web의 {shipped} 배포가 staging 환경에서 성공했습니다" in said


@pytest.mark.parametrize(
    ("status", "en", "ko"),
    [
        ("approved", "✅ Deployment of main in acme/web to production was approved", "✅ acme/web의 main 배포가 production 환경에서 승인되었습니다"),
        ("rejected", "❌ Deployment of main in acme/web to production was rejected", "❌ acme/web의 main 배포가 production 환경에서 반려되었습니다"),
        ("canceled", "Deployment of main in acme/web to production was cancelled", "acme/web의 main 배포가 production 환경에서 취소되었습니다"),
        ("skipped", "Deployment of main in acme/web to production was skipped", "acme/web의 main 배포가 production 환경에서 생략되었습니다"),
    ],
)
def test_what_gitlab_does_with_a_deployment_is_said(status: str, en: str, ko: str) -> None:
    """Approvals and cancelled deployments were told as “changed”; who approved is who did it."""
    payload = {
        "object_kind": "deployment", "status": status, "environment": "production", "ref": "main", "project": MERGE["project"],
        "user": {"username": "ann"}, "approver": {"username": "bob"}, "approval": {"comment": "go"},
    }  # fmt: skip
    event = event_of(payload)
    said = shown("deployed", event)
    assert f"en: {en}\n" in said and said.endswith(f"ko: {ko}")
    assert event.actor is not None and event.actor.login == "bob"


def test_a_deployment_of_nothing_that_is_known_says_so_in_no_word() -> None:
    """Neither branch nor commit: no question mark stands in for them."""
    said = shown("deployed", event_of({"object_kind": "deployment", "status": "failed", "environment": "staging", "project": MERGE["project"]}))
    assert "en: ❌ Deployment in acme/web to staging failed" in said
    assert "ko: ❌ acme/web의 배포가 staging 환경에서 실패했습니다" in said


def test_a_deleted_branch_is_a_push_that_deletes() -> None:
    """As on GitHub; nothing can be compared with nothing."""
    event = event_of({"object_kind": "push", "ref": "refs/heads/old", "before": "1" * 40, "after": "0" * 40, "project": MERGE["project"]})
    assert (event.payload["deleted"], event.payload.get("compare"), event.url) == (True, None, "https://gitlab.com/acme/web")


KEYS = st.sampled_from([
    "object_attributes", "project", "user", "labels", "changes", "title", "previous", "current", "iid", "id", "action", "state", "web_url", "commits", "ref", "merge_request", "issue",
    "noteable_type", "path_with_namespace", "before", "after", "oldrev", "draft", "assignees", "username", "status", "commit", "repository", "homepage", "position", "type",
])  # fmt: skip
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(kind=st.sampled_from([*KINDS, "tea_break"]), payload=st.dictionaries(KEYS, VALUE, max_size=8))
def test_no_field_is_trusted(kind: str, payload: dict[str, Any]) -> None:
    """Any field may be missing or of another type: it is an event all the same."""
    assert told({**payload, "object_kind": kind}).name


def test_addresses_that_nobody_can_read_are_no_addresses() -> None:
    """A page that is no address does not become one, nor does it break the reading."""
    assert event_of({"object_kind": "build", "repository": {"homepage": "http://[::1"}}).repo is None
