"""The payload of every sample, built of :mod:`leverframe.samples.shapes` and the story's texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from leverframe.samples import subjects
from leverframe.samples.shapes import (
    REPO_API,
    REPO_SITE,
    Json,
    commit,
    git_person,
    node,
    organization,
    reactions,
    repository,
    sha,
    stamp,
    user,
)
from leverframe.samples.story import Ids


def _about(ids: Ids, sender: str, **parts: Any) -> Json:
    return {**parts, "repository": repository(ids.at), "organization": organization(), "sender": user(sender)}


def _issue_opened(ids: Ids) -> Json:
    return _about(ids, "dana-whitfield", action="opened", issue=subjects.issue(ids))


def _issue_closed(ids: Ids) -> Json:
    return _about(ids, "tom-becker", action="closed", issue=subjects.issue(ids, closed=True))


def _issue_comment(ids: Ids) -> Json:
    number = 3_100_000_000 + ids.serial
    api = f"{REPO_API}/issues/comments/{number}"
    comment = {
        "url": api, "html_url": f"{REPO_SITE}/issues/{ids.issue}#issuecomment-{number}", "issue_url": f"{REPO_API}/issues/{ids.issue}", "id": number,
        "node_id": node("IssueComment", number), "user": user("minseo-kim"), "created_at": stamp(ids.at), "updated_at": stamp(ids.at),
        "body": "재현했습니다. 할인을 더할 때 상한을 적용하지 않아서 `total < 0`이 됩니다.\n오늘 안에 PR 올리겠습니다.",
        "author_association": "MEMBER", "reactions": reactions(api), "performed_via_github_app": None,
    }  # fmt: skip
    return _about(ids, "minseo-kim", action="created", issue=subjects.issue(ids, comments=1), comment=comment)


def _push(ids: Ids) -> Json:
    branch, before = subjects.branch(ids), sha(f"main {ids.issue}")
    test = ["tests/cart/coupons.test.ts"]
    commits = [
        commit(f"first {ids.serial}", "minseo-kim", f"쿠폰을 두 장 쓰면 합계가 음수가 되는 문제 수정\n\nFixes #{ids.issue}", ids.at - timedelta(minutes=9),
               added=[], removed=[], modified=["src/cart/discount.ts", "src/cart/total.ts"]),
        commit(f"second {ids.serial}", "minseo-kim", "Add a test with two coupons & free shipping", ids.at - timedelta(minutes=2),
               added=test, removed=[], modified=[]),
    ]  # fmt: skip
    about = _about(ids, "minseo-kim")
    # In a push, and only there, GitHub gives these two as seconds and adds some fields.
    about["repository"] |= {"created_at": 1_677_719_409, "pushed_at": int(ids.at.timestamp()), "stargazers": 128, "master_branch": "main", "organization": "acme"}
    about["repository"]["owner"] |= {"name": "acme", "email": "dev@acme.example"}
    return {
        "ref": f"refs/heads/{branch}", "before": before, "after": commits[-1]["id"], "created": False, "deleted": False, "forced": False,
        "base_ref": None, "compare": f"{REPO_SITE}/compare/{before[:12]}...{commits[-1]['id'][:12]}", "commits": commits, "head_commit": commits[-1],
        "pusher": {key: value for key, value in git_person("minseo-kim").items() if key != "username"} | {"name": "minseo-kim"}, **about,
    }  # fmt: skip


def _pull_request_opened(ids: Ids) -> Json:
    return _about(ids, "minseo-kim", action="opened", number=ids.pull_request, pull_request=subjects.pull_request(ids))


def _pull_request_merged(ids: Ids) -> Json:
    return _about(ids, "tom-becker", action="closed", number=ids.pull_request, pull_request=subjects.pull_request(ids, merged_by="tom-becker"))


def _review(ids: Ids, login: str, state: str, body: str) -> Json:
    number = 2_600_000_000 + ids.serial
    page = f"{REPO_SITE}/pull/{ids.pull_request}#pullrequestreview-{number}"
    pull_api = f"{REPO_API}/pulls/{ids.pull_request}"
    review = {
        "id": number, "node_id": node("PullRequestReview", number), "user": user(login), "body": body, "commit_id": subjects.head_sha(ids),
        "submitted_at": stamp(ids.at), "updated_at": stamp(ids.at), "state": state, "html_url": page, "pull_request_url": pull_api,
        "author_association": "MEMBER", "_links": {"html": {"href": page}, "pull_request": {"href": pull_api}},
    }  # fmt: skip
    return _about(ids, login, action="submitted", review=review, pull_request=subjects.brief_pull_request(ids))


def _changes_requested(ids: Ids) -> Json:
    return _review(ids, "tom-becker", "changes_requested", "Good catch! Could the limit live in `Discount.apply`, so that the mobile API gets it too?")


def _approved(ids: Ids) -> Json:
    return _review(ids, "jiho-lee", "approved", "좋습니다 👍 배포 전에 스테이징에서 한 번만 더 확인해 주세요.")


def _review_comment(ids: Ids) -> Json:
    number, pull_api = 1_900_000_000 + ids.serial, f"{REPO_API}/pulls/{ids.pull_request}"
    api, page = f"{REPO_API}/pulls/comments/{number}", f"{REPO_SITE}/pull/{ids.pull_request}#discussion_r{number}"
    comment = {
        "url": api, "pull_request_review_id": 2_600_000_000 + ids.serial, "id": number, "node_id": node("PullRequestReviewComment", number),
        "diff_hunk": "@@ -41,6 +41,8 @@ export class Discount {\n   apply(total: Money): Money {\n-    return total.minus(this.amount);\n"
                     "+    const off = this.amount > total ? total : this.amount;\n+    return total.minus(off);",
        "path": "src/cart/discount.ts", "commit_id": subjects.head_sha(ids), "original_commit_id": subjects.head_sha(ids), "user": user("jiho-lee"),
        "body": "이 줄은 `Money.min(total, this.amount)`로 줄일 수 있을 것 같아요.", "created_at": stamp(ids.at), "updated_at": stamp(ids.at),
        "html_url": page, "pull_request_url": pull_api, "author_association": "MEMBER",
        "_links": {"self": {"href": api}, "html": {"href": page}, "pull_request": {"href": pull_api}}, "reactions": reactions(api),
        "start_line": None, "original_start_line": None, "start_side": None, "line": 43, "original_line": 43, "side": "RIGHT", "position": 5,
        "original_position": 5, "subject_type": "line",
    }  # fmt: skip
    return _about(ids, "jiho-lee", action="created", comment=comment, pull_request=subjects.brief_pull_request(ids))


def _run_failed(ids: Ids) -> Json:
    run = subjects.workflow_run(ids, "failure")
    return _about(ids, "minseo-kim", action="completed", workflow_run=run, workflow=subjects.workflow())


def _run_passed(ids: Ids) -> Json:
    run = subjects.workflow_run(ids, "success")
    return _about(ids, "minseo-kim", action="completed", workflow_run=run, workflow=subjects.workflow())


def _branch_deleted(ids: Ids) -> Json:
    return _about(ids, "tom-becker", ref=subjects.branch(ids), ref_type="branch", pusher_type="user")


def _release(ids: Ids) -> Json:
    tag, number = f"v2.{ids.release % 1000}.0", 190_000_000 + ids.release
    api = f"{REPO_API}/releases/{number}"
    release = {
        "url": api, "assets_url": f"{api}/assets", "upload_url": f"https://uploads.github.com/repos/acme/web-app/releases/{number}/assets{{?name,label}}",
        "html_url": f"{REPO_SITE}/releases/tag/{tag}", "id": number, "author": user("dana-whitfield"), "node_id": node("Release", number),
        "tag_name": tag, "target_commitish": "main", "name": f"{tag}: safer coupons", "draft": False, "immutable": False, "prerelease": False,
        "created_at": stamp(ids.at), "updated_at": stamp(ids.at), "published_at": stamp(ids.at), "assets": [],
        "tarball_url": f"{REPO_API}/tarball/{tag}", "zipball_url": f"{REPO_API}/zipball/{tag}",
        "body": f"- Two coupons can no longer make a total negative (#{ids.pull_request})\n- 장바구니 화면이 더 빨라졌습니다",
    }  # fmt: skip
    return _about(ids, "dana-whitfield", action="published", release=release)


def _deployment(ids: Ids) -> Json:
    return _about(ids, "dana-whitfield", action="created", deployment=subjects.deployment(ids), workflow=None, workflow_run=None)


def _deployment_succeeded(ids: Ids) -> Json:
    deployment = subjects.deployment(ids)
    number = 4_700_000_000 + ids.serial
    status = {
        "url": f"{deployment['url']}/statuses/{number}", "id": number, "node_id": node("DeploymentStatus", number), "state": "success",
        "creator": user("github-actions[bot]"), "description": "Live on every server", "environment": "production",
        "target_url": f"{REPO_SITE}/actions/runs/{subjects.run_id(ids)}", "created_at": stamp(ids.at), "updated_at": stamp(ids.at),
        "deployment_url": deployment["url"], "repository_url": REPO_API, "environment_url": "https://shop.acme.example",
        "log_url": f"{REPO_SITE}/actions/runs/{subjects.run_id(ids)}", "performed_via_github_app": None,
    }  # fmt: skip
    parts = {"deployment_status": status, "deployment": deployment, "check_run": None, "workflow": None, "workflow_run": None}
    return _about(ids, "github-actions[bot]", action="created", **parts)


def _gollum(ids: Ids) -> Json:
    pages = [("배포-절차", "배포 절차", "edited", "롤백 순서를 추가했습니다"), ("Coupon-rules", "Coupon rules", "created", None)]
    return _about(ids, "minseo-kim", pages=[
        {"page_name": name, "title": title, "summary": summary, "action": action, "sha": sha(f"{name} {ids.serial}"), "html_url": f"{REPO_SITE}/wiki/{name}"}
        for name, title, action, summary in pages
    ])  # fmt: skip


def _star(ids: Ids) -> Json:
    payload = _about(ids, "haneul-park", action="created", starred_at=stamp(ids.at))
    payload["repository"] = repository(ids.at, stars=129)
    return payload


def _dependabot_alert(ids: Ids) -> Json:
    package = {"ecosystem": "npm", "name": "quick-templates"}
    weakness = {"package": package, "severity": "high", "vulnerable_version_range": "< 3.4.2", "first_patched_version": {"identifier": "3.4.2"}}
    number, then = 20 + ids.serial % 1000, stamp(ids.at - timedelta(hours=5))
    advisory = {
        "ghsa_id": "GHSA-2j9q-4w7x-vfc8", "cve_id": None, "summary": "A template's <name> is run as code in quick-templates",
        "description": "A template whose name comes from a request can run code on the server. Update to 3.4.2.", "vulnerabilities": [weakness],
        "severity": "high", "cvss": {"vector_string": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N", "score": 8.1},
        "cwes": [{"cwe_id": "CWE-94", "name": "Improper Control of Generation of Code ('Code Injection')"}],
        "identifiers": [{"type": "GHSA", "value": "GHSA-2j9q-4w7x-vfc8"}], "references": [{"url": f"{REPO_SITE}/security/dependabot/{number}"}],
        "published_at": then, "updated_at": then, "withdrawn_at": None,
    }  # fmt: skip
    alert = {
        "number": number, "state": "open", "dependency": {"package": package, "manifest_path": "package-lock.json", "scope": "runtime"},
        "security_advisory": advisory, "security_vulnerability": weakness, "url": f"{REPO_API}/dependabot/alerts/{number}",
        "html_url": f"{REPO_SITE}/security/dependabot/{number}", "created_at": stamp(ids.at), "updated_at": stamp(ids.at), "dismissed_at": None,
        "dismissed_by": None, "dismissed_reason": None, "dismissed_comment": None, "fixed_at": None, "auto_dismissed_at": None,
    }  # fmt: skip
    return _about(ids, "dependabot[bot]", action="created", alert=alert)


PAYLOADS: dict[str, Callable[[Ids], Json]] = {
    "issues.opened": _issue_opened,
    "issue_comment": _issue_comment,
    "push": _push,
    "pull_request.opened": _pull_request_opened,
    "workflow_run.failed": _run_failed,
    "pull_request_review.changes_requested": _changes_requested,
    "pull_request_review_comment": _review_comment,
    "workflow_run.passed": _run_passed,
    "pull_request_review.approved": _approved,
    "pull_request.merged": _pull_request_merged,
    "issues.closed": _issue_closed,
    "delete": _branch_deleted,
    "release": _release,
    "deployment": _deployment,
    "deployment_status.success": _deployment_succeeded,
    "gollum": _gollum,
    "star": _star,
    "dependabot_alert": _dependabot_alert,
}
