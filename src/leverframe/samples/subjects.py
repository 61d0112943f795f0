"""What the story is about: its issue, pull request, workflow run and deployment, each the same in all its events."""

from __future__ import annotations

from datetime import timedelta

from leverframe.samples.shapes import OWNER, REPO_API, REPO_SITE, Json, git_person, label, node, reactions, repository, sha, stamp, user
from leverframe.samples.story import Ids

_WORKFLOW = 48_200_117
_ONLY_ALONE = (
    "merged", "mergeable", "rebaseable", "mergeable_state", "merged_by", "comments", "review_comments", "maintainer_can_modify", "commits",
    "additions", "deletions", "changed_files",
)  # fmt: skip


def branch(ids: Ids) -> str:
    """Return the name of the branch that fixes the issue."""
    return f"fix/{ids.issue}-coupon-total"


def head_sha(ids: Ids) -> str:
    """Return the commit at the head of the pull request."""
    return sha(f"head {ids.pull_request}")


def run_id(ids: Ids) -> int:
    """Return the id of the workflow run."""
    return 17_000_000_000 + ids.run


def issue(ids: Ids, *, closed: bool = False, comments: int = 0) -> Json:
    """Return the issue that begins the story."""
    api, page, opened = f"{REPO_API}/issues/{ids.issue}", f"{REPO_SITE}/issues/{ids.issue}", stamp(ids.at - timedelta(minutes=25 if closed or comments else 0))
    number = 2_700_000_000 + ids.issue
    return {
        "url": api, "repository_url": REPO_API, "labels_url": f"{api}/labels{{/name}}", "comments_url": f"{api}/comments",
        "events_url": f"{api}/events", "html_url": page, "id": number, "node_id": node("Issue", number), "number": ids.issue,
        "title": "Two coupons together make the cart's total negative", "user": user("dana-whitfield"),
        "labels": [label("bug", "d73a4a", "Something is not working")], "state": "closed" if closed else "open",
        "locked": False, "assignee": user("minseo-kim"), "assignees": [user("minseo-kim")], "milestone": None, "comments": comments,
        "created_at": opened, "updated_at": stamp(ids.at), "closed_at": stamp(ids.at) if closed else None, "author_association": "MEMBER",
        "type": None, "active_lock_reason": None, "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
        "body": "Put WELCOME10 and SUMMER50 on one cart: the total shows **-4,000 KRW**, and the order goes through.\n\nExpected: never below zero.",
        "reactions": reactions(api), "timeline_url": f"{api}/timeline", "performed_via_github_app": None,
        "state_reason": "completed" if closed else None,
    }  # fmt: skip


def _end(ids: Ids, ref: str, commit: str) -> Json:
    extra = {"allow_squash_merge": True, "allow_merge_commit": False, "allow_rebase_merge": False, "allow_auto_merge": False,
             "delete_branch_on_merge": True, "allow_update_branch": True, "use_squash_pr_title_as_default": True, "squash_merge_commit_message": "PR_BODY",
             "squash_merge_commit_title": "PR_TITLE", "merge_commit_message": "PR_TITLE", "merge_commit_title": "MERGE_MESSAGE"}  # fmt: skip
    return {"label": f"{OWNER}:{ref}", "ref": ref, "sha": commit, "user": user(OWNER), "repo": repository(ids.at) | extra}


def pull_request(ids: Ids, *, merged_by: str | None = None) -> Json:
    """Return the pull request that fixes the issue; open, or merged by ``merged_by``."""
    number = ids.pull_request
    api, page, issue_api = f"{REPO_API}/pulls/{number}", f"{REPO_SITE}/pull/{number}", f"{REPO_API}/issues/{number}"
    id_, merged = 2_200_000_000 + number, merged_by is not None
    ended = stamp(ids.at) if merged else None
    statuses = f"{REPO_API}/statuses/{head_sha(ids)}"
    links = {
        "self": api, "html": page, "issue": issue_api, "comments": f"{issue_api}/comments", "review_comments": f"{api}/comments",
        "review_comment": f"{REPO_API}/pulls/comments{{/number}}", "commits": f"{api}/commits", "statuses": statuses,
    }  # fmt: skip
    return {
        "url": api, "id": id_, "node_id": node("PullRequest", id_), "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch",
        "issue_url": issue_api, "number": number, "state": "closed" if merged else "open", "locked": False,
        "title": "쿠폰을 두 장 써도 합계가 음수가 되지 않게 수정", "user": user("minseo-kim"),
        "body": f"할인은 이제 남은 금액을 넘지 않습니다 (`off <= total`).\n\nFixes #{ids.issue}",
        "created_at": stamp(ids.at - timedelta(minutes=18 if merged else 0)), "updated_at": stamp(ids.at), "closed_at": ended, "merged_at": ended,
        "merge_commit_sha": sha(f"merge {number}") if merged else None, "assignees": [], "requested_reviewers": [user("tom-becker"), user("jiho-lee")],
        "requested_teams": [], "labels": [label("bug", "d73a4a", "Something is not working")], "milestone": None, "draft": False,
        "commits_url": links["commits"], "review_comments_url": links["review_comments"], "review_comment_url": links["review_comment"],
        "comments_url": links["comments"], "statuses_url": statuses, "head": _end(ids, branch(ids), head_sha(ids)),
        "base": _end(ids, "main", sha(f"main {ids.issue}")), "_links": {key: {"href": address} for key, address in links.items()},
        "author_association": "MEMBER", "auto_merge": None, "assignee": None, "active_lock_reason": None, "merged": merged,
        "mergeable": None, "rebaseable": None, "mergeable_state": "unknown", "merged_by": user(merged_by) if merged_by else None,
        "comments": 0, "review_comments": 1, "maintainer_can_modify": False, "commits": 2, "additions": 48, "deletions": 7, "changed_files": 3,
    }  # fmt: skip


def brief_pull_request(ids: Ids) -> Json:
    """Return the pull request as GitHub puts it into reviews and their comments: without counts and the state of merging."""
    return {key: value for key, value in pull_request(ids).items() if key not in _ONLY_ALONE}


def workflow() -> Json:
    """Return the workflow that builds and tests."""
    return {
        "id": _WORKFLOW, "node_id": node("Workflow", _WORKFLOW), "name": "CI", "path": ".github/workflows/ci.yml", "state": "active",
        "created_at": "2023-03-02T02:00:00.000Z", "updated_at": "2026-01-15T05:30:00.000Z", "url": f"{REPO_API}/actions/workflows/{_WORKFLOW}",
        "html_url": f"{REPO_SITE}/blob/main/.github/workflows/ci.yml", "badge_url": f"{REPO_SITE}/workflows/CI/badge.svg",
    }  # fmt: skip


def workflow_run(ids: Ids, conclusion: str) -> Json:
    """Return the finished run for the pull request; ``conclusion`` is ``success`` or ``failure``."""
    number, began = run_id(ids), ids.at - timedelta(minutes=3, seconds=12)
    api, suite = f"{REPO_API}/actions/runs/{number}", 31_000_000_000 + ids.run
    author = {key: value for key, value in git_person("minseo-kim").items() if key != "username"}
    small = {"id": 870_440_021, "url": REPO_API, "name": "web-app"}
    commit = {
        "id": head_sha(ids), "tree_id": sha(f"tree {head_sha(ids)}"), "message": "Add a test with two coupons & free shipping",
        "timestamp": stamp(began), "author": author, "committer": author,
    }  # fmt: skip
    pull = {
        "url": f"{REPO_API}/pulls/{ids.pull_request}", "id": 2_200_000_000 + ids.pull_request, "number": ids.pull_request,
        "head": {"ref": branch(ids), "sha": head_sha(ids), "repo": small}, "base": {"ref": "main", "sha": sha(f"main {ids.issue}"), "repo": small},
    }  # fmt: skip
    attempts = f"{api}/attempts/{ids.run_attempt - 1}" if ids.run_attempt > 1 else None
    return {
        "id": number, "name": "CI", "node_id": node("WorkflowRun", number), "head_branch": branch(ids), "head_sha": head_sha(ids),
        "path": ".github/workflows/ci.yml", "display_title": "쿠폰을 두 장 써도 합계가 음수가 되지 않게 수정", "run_number": ids.run % 10_000,
        "event": "pull_request", "status": "completed", "conclusion": conclusion, "workflow_id": _WORKFLOW, "check_suite_id": suite,
        "check_suite_node_id": node("CheckSuite", suite), "url": api, "html_url": f"{REPO_SITE}/actions/runs/{number}", "pull_requests": [pull],
        "created_at": stamp(began), "updated_at": stamp(ids.at), "actor": user("minseo-kim"), "run_attempt": ids.run_attempt,
        "referenced_workflows": [], "run_started_at": stamp(began), "triggering_actor": user("minseo-kim"), "jobs_url": f"{api}/jobs",
        "logs_url": f"{api}/logs", "check_suite_url": f"{REPO_API}/check-suites/{suite}", "artifacts_url": f"{api}/artifacts",
        "cancel_url": f"{api}/cancel", "rerun_url": f"{api}/rerun", "previous_attempt_url": attempts,
        "workflow_url": f"{REPO_API}/actions/workflows/{_WORKFLOW}", "head_commit": commit, "repository": repository(ids.at),
        "head_repository": repository(ids.at),
    }  # fmt: skip


def deployment(ids: Ids) -> Json:
    """Return the deployment of the release to production."""
    number = 2_400_000_000 + ids.deployment
    api = f"{REPO_API}/deployments/{number}"
    return {
        "url": api, "id": number, "node_id": node("Deployment", number), "task": "deploy", "original_environment": "production",
        "environment": "production", "description": "Safer coupons", "created_at": stamp(ids.at), "updated_at": stamp(ids.at),
        "statuses_url": f"{api}/statuses", "repository_url": REPO_API, "creator": user("dana-whitfield"),
        "sha": sha(f"merge {ids.pull_request}"), "ref": "main", "payload": {}, "transient_environment": False, "production_environment": True,
        "performed_via_github_app": None,
    }  # fmt: skip
