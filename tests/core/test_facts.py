"""What is read of GitHub's payloads: the fixtures are real, the smaller ones show one thing each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leverframe.core import facts
from leverframe.core.events import Subject

REPO = "acme/web"
HOME = "https://github.com/acme/web"
FIXTURES = Path(__file__).parents[1] / "sources" / "github" / "fixtures"
HELLO = "https://github.com/Codertocat/Hello-World"

# fixture → (subject's kind and key, branches, labels, paths, conclusion, environment, url)
REAL: dict[str, tuple[str | None, str | None, tuple[str, ...] | None, tuple[str, ...] | None, tuple[str, ...] | None, str | None, str | None, str]] = {
    "check_run__created": (None, None, ("changes",), None, None, None, None, f"{HELLO}/runs/128620228"),
    "commit_comment__created": (None, None, None, None, None, None, None, f"{HELLO}/commit/6113728f27ae82c7b1a177c8d03f9e96e0adf246#commitcomment-33548674"),
    "create": (None, None, None, None, None, None, None, f"{HELLO}/tree/simple-tag"),
    "delete": (None, None, None, None, None, None, None, HELLO),
    "dependabot_alert__fixed": (None, None, None, None, None, None, None, "https://github.com/octocat/hello-world/security/dependabot/1"),
    "deployment__created": ("deployment", "Codertocat/Hello-World/deployments/145988746", ("master",), None, None, None, "production", HELLO),
    "deployment_status__created": ("deployment", "Codertocat/Hello-World/deployments/145988746", ("master",), None, None, "success", "production", HELLO),
    "discussion__created": ("discussion", "octo-org/octo-repo/discussions/90", None, None, None, None, None, "https://github.com/octo-org/octo-repo/discussions/90"),
    "fork": (None, None, None, None, None, None, None, "https://github.com/Octocoders/Hello-World"),
    "gollum": (None, None, None, None, None, None, None, f"{HELLO}/wiki/Home"),
    "installation__deleted": (None, None, None, None, None, None, None, "https://github.com/settings/installations/2"),
    "issue_comment__created": ("issue", "Codertocat/Hello-World#1", None, ("bug",), None, None, None, f"{HELLO}/issues/1#issuecomment-492700400"),
    "issues__edited": ("issue", "Codertocat/Hello-World#1", None, ("bug",), None, None, None, f"{HELLO}/issues/1"),
    "label__deleted": (None, None, None, None, None, None, None, HELLO),
    "member__added": (None, None, None, None, None, None, None, "https://github.com/hacktocat"),
    "milestone__created": (None, None, None, None, None, None, None, f"{HELLO}/milestone/1"),
    "ping": (None, None, None, None, None, None, None, "https://github.com/Octocoders/Hello-World"),
    "public": (None, None, None, None, None, None, None, HELLO),
    "pull_request__opened": ("pull_request", "Codertocat/Hello-World#2", ("master",), (), None, None, None, f"{HELLO}/pull/2"),
    "pull_request_review__submitted": ("pull_request", "Codertocat/Hello-World#2", ("master",), (), None, None, None, f"{HELLO}/pull/2#pullrequestreview-237895671"),
    "pull_request_review_comment__created": ("pull_request", "Codertocat/Hello-World#2", ("master",), (), None, None, None, f"{HELLO}/pull/2#discussion_r284312630"),
    "push": (None, None, None, None, (), None, None, f"{HELLO}/compare/simple-tag"),
    "release__published": (None, None, None, None, None, None, None, f"{HELLO}/releases/tag/0.0.1"),
    "repository__publicized": (None, None, None, None, None, None, None, HELLO),
    "star__created": (None, None, None, None, None, None, None, HELLO),
    "status": (None, None, ("master", "changes", "gh-pages"), None, None, "success", None, f"{HELLO}/commit/6113728f27ae82c7b1a177c8d03f9e96e0adf246"),
    "team_add": (None, None, None, None, None, None, None, "https://github.com/orgs/Octocoders/teams/github"),
    "watch__started": (None, None, None, None, None, None, None, HELLO),
    "workflow_job__in_progress": ("workflow_run", "octo-org/example-workflow/runs/940463255", None, None, None, None, None, "https://github.com/octo-org/example-workflow/runs/2832853555"),
    "workflow_run__completed": ("workflow_run", "Codertocat/Hello-World/runs/1589141559", ("main",), None, None, None, None, "https://github.com/octo-org/octo-repo/actions/runs/1589141559"),
}  # fmt: skip


def test_every_fixture_is_in_the_table() -> None:
    """A payload that is added says what is to be read of it."""
    assert sorted(REAL) == sorted(path.stem for path in FIXTURES.glob("*.json"))


@pytest.mark.parametrize("stem", REAL)
def test_what_a_real_payload_tells(stem: str) -> None:
    """GitHub's own payloads give these facts."""
    name, _, action = stem.partition("__")
    payload = json.loads((FIXTURES / f"{stem}.json").read_text())
    subject = facts.subject(name, payload, payload.get("repository", {}).get("full_name"))
    assert (
        subject and subject.kind, subject and subject.key, facts.branches(name, payload), facts.labels(payload), facts.paths(name, payload),
        facts.conclusion(name, action, payload), facts.environment(payload), facts.url(name, payload),
    ) == REAL[stem]  # fmt: skip
    actor = facts.actor(payload)
    assert actor is not None
    assert actor.url == f"https://github.com/{actor.login}"


@pytest.mark.parametrize(
    ("sender", "login", "is_bot"),
    [
        ({"login": "ann", "type": "User"}, "ann", False),
        ({"login": "dependabot[bot]", "type": "User"}, "dependabot[bot]", True),
        ({"login": "ci", "type": "Bot"}, "ci", True),
        ({"login": ""}, None, False),
        ({"login": 5}, None, False),
        ([], None, False),
    ],
)
def test_the_actor_is_the_sender(sender: Any, login: str | None, is_bot: bool) -> None:
    """A bot is known by its type or by the end of its login; a sender without a login is nobody."""
    actor = facts.actor({"sender": sender})
    assert (actor and actor.login, bool(actor and actor.is_bot)) == (login, is_bot)


PULL = {"number": 12, "title": "Faster", "html_url": f"{HOME}/pull/12"}
ISSUE = {"number": 7, "title": "Slow", "html_url": f"{HOME}/issues/7"}


@pytest.mark.parametrize(
    ("name", "payload", "kind", "key"),
    [
        ("pull_request", {"pull_request": PULL}, "pull_request", "acme/web#12"),
        ("pull_request_review", {"pull_request": PULL}, "pull_request", "acme/web#12"),
        ("pull_request_review_comment", {"pull_request": PULL}, "pull_request", "acme/web#12"),
        ("pull_request_review_thread", {"pull_request": PULL}, "pull_request", "acme/web#12"),
        ("issue_comment", {"issue": {"number": 12, "pull_request": {"url": "x"}}}, "pull_request", "acme/web#12"),
        ("issue_comment", {"issue": ISSUE}, "issue", "acme/web#7"),
        ("issues", {"issue": ISSUE}, "issue", "acme/web#7"),
        ("issues", {"issue": {"number": True}}, None, None),
        ("issues", {"issue": {"number": "7"}}, None, None),
        ("discussion_comment", {"discussion": {"number": 3}}, "discussion", "acme/web/discussions/3"),
        ("workflow_run", {"workflow_run": {"id": 99}}, "workflow_run", "acme/web/runs/99"),
        ("workflow_job", {"workflow_job": {"id": 1, "run_id": 99}}, "workflow_run", "acme/web/runs/99"),
        ("deployment_review", {"workflow_run": {"id": 99}}, "workflow_run", "acme/web/runs/99"),
        ("check_run", {"check_run": {"details_url": f"{HOME}/actions/runs/99/job/1"}}, "workflow_run", "acme/web/runs/99"),
        ("check_run", {"check_run": {"details_url": "https://ci.example.com/1"}}, None, None),
        ("check_suite", {"check_suite": {"id": 1}}, None, None),
        ("deployment", {"deployment": {"id": 5}}, "deployment", "acme/web/deployments/5"),
        ("deployment_status", {"deployment": {"id": 5}, "deployment_status": {"id": 6}}, "deployment", "acme/web/deployments/5"),
        ("deployment_protection_rule", {"deployment": None}, None, None),
        ("push", {"ref": "refs/heads/main"}, None, None),
        ("commit_comment", {"comment": {"id": 1}}, None, None),
    ],
)
def test_the_subject(name: str, payload: dict[str, Any], kind: str | None, key: str | None) -> None:
    """A comment, a review and the pull request share a subject; so do a run, its jobs and its checks; a deployment and its states."""
    subject = facts.subject(name, payload, REPO)
    assert (subject and subject.kind, subject and subject.key) == (kind, key)
    assert facts.subject(name, payload, None) is None


def test_a_subject_has_number_title_and_page() -> None:
    """What a card's heading needs is there."""
    assert facts.subject("pull_request", {"pull_request": PULL}, REPO) == Subject(
        kind="pull_request", key="acme/web#12", number=12, title="Faster", url=f"{HOME}/pull/12"
    )
    run = facts.subject("workflow_job", {"workflow_job": {"run_id": 99, "workflow_name": "CI"}, "repository": {"html_url": HOME}}, REPO)
    assert run == Subject(kind="workflow_run", key="acme/web/runs/99", title="CI", url=f"{HOME}/actions/runs/99")


@pytest.mark.parametrize(
    ("name", "payload", "branches"),
    [
        ("push", {"ref": "refs/heads/feature/x"}, ("feature/x",)),
        ("push", {"ref": "refs/tags/v1"}, None),
        ("push", {"ref": "refs/heads/old", "deleted": True}, ("old",)),
        ("create", {"ref": "feature/x", "ref_type": "branch"}, ("feature/x",)),
        ("create", {"ref": "v1", "ref_type": "tag"}, None),
        ("delete", {"ref": "feature/x", "ref_type": "branch"}, ("feature/x",)),
        ("pull_request", {"pull_request": {"base": {"ref": "main"}, "head": {"ref": "x"}}}, ("main",)),
        ("issue_comment", {"issue": {"number": 1, "pull_request": {}}}, None),
        ("workflow_run", {"workflow_run": {"head_branch": "main"}}, ("main",)),
        ("workflow_job", {"workflow_job": {"head_branch": "main"}}, ("main",)),
        ("check_run", {"check_run": {"check_suite": {"head_branch": "main"}}}, ("main",)),
        ("check_suite", {"check_suite": {"head_branch": None}}, None),
        ("status", {"branches": [{"name": "a"}, {"name": "b"}, 5]}, ("a", "b")),
        ("status", {"branches": []}, None),
        ("deployment", {"deployment": {"ref": "main"}}, ("main",)),
        ("deployment", {"deployment": {"ref": "a" * 40}}, None),
        ("deployment_status", {"deployment": {"ref": "a" * 40}, "workflow_run": {"head_branch": "main"}}, ("main",)),
        ("merge_group", {"merge_group": {"base_ref": "refs/heads/main"}}, ("main",)),
        ("code_scanning_alert", {"ref": "refs/heads/main"}, ("main",)),
        ("release", {"release": {"target_commitish": "main"}}, None),
    ],
)
def test_the_branches(name: str, payload: dict[str, Any], branches: tuple[str, ...] | None) -> None:
    """The pushed branch, the base of a pull request, the head of a workflow; a tag and a commit are no branches."""
    assert facts.branches(name, payload) == branches


def test_the_labels_are_the_subject_s() -> None:
    """Labels of an issue, a pull request or a discussion; a job's labels name its runner."""
    assert facts.labels({"issue": {"labels": [{"name": "bug"}, {"name": "area/web"}, {}]}}) == ("bug", "area/web")
    assert facts.labels({"pull_request": {"labels": []}}) == ()
    assert facts.labels({"workflow_job": {"labels": ["ubuntu-latest"]}}) is None
    assert facts.labels({"label": {"name": "bug"}}) is None


def test_the_paths_of_a_push_are_those_of_all_its_commits() -> None:
    """Added, modified and removed files, each once; a pull request's payload does not tell them."""
    commits = [{"added": ["a"], "modified": ["b"], "removed": []}, {"added": [], "modified": ["a", 5], "removed": ["c"]}, "x", {"added": "no"}]
    assert facts.paths("push", {"commits": commits}) == ("a", "b", "c")
    assert facts.paths("push", {}) is None
    assert facts.paths("pull_request", {"commits": 3}) is None


@pytest.mark.parametrize(
    ("full_name", "payload", "conclusion"),
    [
        ("workflow_run.completed", {"workflow_run": {"conclusion": "failure"}}, "failure"),
        ("workflow_run.requested", {"workflow_run": {"conclusion": "failure"}}, None),
        ("workflow_job.completed", {"workflow_job": {"conclusion": "cancelled"}}, "cancelled"),
        ("workflow_job.in_progress", {"workflow_job": {"conclusion": None}}, None),
        ("check_run.created", {"check_run": {"status": "completed", "conclusion": "success"}}, "success"),
        ("check_run.rerequested", {"check_run": {"status": "completed", "conclusion": "failure"}}, None),
        ("check_suite.completed", {"check_suite": {"conclusion": "neutral"}}, "neutral"),
        ("status", {"state": "pending"}, None),
        ("status", {"state": "error"}, "error"),
        ("deployment_status.created", {"deployment_status": {"state": "in_progress"}}, None),
        ("deployment_status.created", {"deployment_status": {"state": "failure"}}, "failure"),
        ("issues.closed", {"issue": {"state": "closed"}}, None),
        ("workflow_run.completed", {"workflow_run": 5}, None),
    ],
)
def test_the_conclusion(full_name: str, payload: dict[str, Any], conclusion: str | None) -> None:
    """How it ended, once it has."""
    name, _, action = full_name.partition(".")
    assert facts.conclusion(name, action or None, payload) == conclusion


@pytest.mark.parametrize(
    ("name", "payload", "url"),
    [
        ("push", {"compare": f"{HOME}/compare/a...b", "after": "a" * 40}, f"{HOME}/compare/a...b"),
        ("push", {"compare": f"{HOME}/compare/a...0", "after": "0" * 40}, HOME),
        ("create", {"ref": "feature/a b#c", "ref_type": "branch"}, f"{HOME}/tree/feature/a%20b%23c"),
        ("status", {"target_url": "https://ci.example.com/1"}, "https://ci.example.com/1"),
        ("status", {"target_url": "javascript:alert(1)", "commit": {"html_url": f"{HOME}/commit/a"}}, f"{HOME}/commit/a"),
        ("deployment_status", {"deployment_status": {"state": "success", "environment_url": "https://web.example.com", "log_url": "https://ci/1"}}, "https://web.example.com"),
        ("deployment_status", {"deployment_status": {"state": "failure", "environment_url": "https://web.example.com", "log_url": "https://ci/1"}}, "https://ci/1"),
        ("pull_request_review_thread", {"thread": {"comments": [{"html_url": f"{HOME}/pull/1#r1"}]}}, f"{HOME}/pull/1#r1"),
        ("issue_comment", {"comment": {"html_url": f"{HOME}/issues/1#c1"}, "issue": {"html_url": f"{HOME}/issues/1"}}, f"{HOME}/issues/1#c1"),
        ("secret_scanning_alert", {"alert": {"html_url": f"{HOME}/security/1"}}, f"{HOME}/security/1"),
        ("tea_break", {}, HOME),
        ("tea_break", {"repository": None, "organization": {"html_url": "https://github.com/acme"}}, "https://github.com/acme"),
        ("tea_break", {"repository": 5}, None),
    ],
)
def test_the_best_page(name: str, payload: dict[str, Any], url: str | None) -> None:
    """The page of what happened, else the repository's; never an address that a browser would run."""
    assert facts.url(name, {"repository": {"html_url": HOME}} | payload) == url


@pytest.mark.parametrize(("kind", "apart"), [("github", False), ("gitea", False), ("gitlab", True), ("bitbucket", True)])
def test_where_pull_requests_are_numbered_apart_an_issue_of_the_same_number_is_another_subject(kind: str, apart: bool) -> None:
    """GitLab has an issue 7 and a merge request 7: the second one's message was written over the first one's card."""
    issue = facts.subject("issues", {"issue": {"number": 7}}, REPO, kind)
    pull = facts.subject("pull_request", {"pull_request": {"number": 7}}, REPO, kind)
    comment = facts.subject("issue_comment", {"issue": {"number": 7, "pull_request": {"html_url": HOME}}}, REPO, kind)
    assert issue is not None and pull is not None and comment is not None
    assert (issue.key == pull.key, comment.key) == (not apart, pull.key)
