"""Events to tell: real payloads of GitHub, and one invented payload that holds everything that a sentence may ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.messages import Message
from leverframe.core.wording import VOICES, compose
from leverframe.ports import Accepted
from leverframe.sources.github.source import GithubHook

SEOUL = ZoneInfo("Asia/Seoul")
RECEIVED_AT = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
LOCALES: tuple[Locale, ...] = ("en", "ko")
REAL = Path(__file__).parents[2] / "sources" / "github" / "fixtures"
GOLDEN = Path(__file__).parent / "golden"
HOME = "https://github.com/acme/web"


def event(name: str, payload: Mapping[str, Any]) -> Event:
    """Return the event that GitHub's source makes of ``payload``."""
    action = payload.get("action")
    repository = payload.get("repository")
    repo = repository.get("full_name") if isinstance(repository, Mapping) else None
    accepted = Accepted(
        name=name,
        action=action if isinstance(action, str) else None,
        delivery_id="72d3162e-cc78-11e3-81ab-4c9367dc0958",
        body=json.dumps(payload).encode(),
        repo=repo if isinstance(repo, str) else None,
    )
    return GithubHook("github").parse(accepted, id=1, received_at=RECEIVED_AT)


def said(name: str, payload: Mapping[str, Any], locale: Locale) -> Message:
    """Return the message about ``payload``, with times in Seoul."""
    return compose(event(name, payload), locale, SEOUL)


def person(login: str, kind: str = "User") -> dict[str, Any]:
    """Return a user as payloads hold them."""
    return {"login": login, "id": 1, "type": kind, "html_url": f"https://github.com/{login}"}


def commit(number: int) -> dict[str, Any]:
    """Return a commit of a push."""
    sha = f"{number:07d}" + "0" * 33
    return {
        "id": sha,
        "message": f"Step {number}\n\nWhy it was needed.",
        "url": f"{HOME}/commit/{sha}",
        "author": {"name": "Ann", "username": "ann"},
        "added": [],
        "modified": ["README.md"],
        "removed": [],
    }


REPOSITORY = {
    "id": 7,
    "name": "web",
    "full_name": "acme/web",
    "html_url": HOME,
    "description": "The shop",
    "default_branch": "main",
    "owner": person("acme"),
}
SHA = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
_ISSUE = {
    "number": 12,
    "title": "Cart forgets its items",
    "html_url": f"{HOME}/issues/12",
    "state": "open",
    "body": "Steps to see it.",
    "user": person("ann"),
    "labels": [{"name": "bug"}],
    "assignees": [person("bob")],
    "milestone": {"title": "v1.0"},
}
_PULL = {
    "number": 34,
    "title": "Keep the cart",
    "html_url": f"{HOME}/pull/34",
    "state": "open",
    "draft": False,
    "merged": False,
    "body": "Closes #12.",
    "user": person("ann"),
    "labels": [{"name": "bug"}],
    "assignees": [],
    "requested_reviewers": [person("bob")],
    "requested_teams": [],
    "base": {"ref": "main"},
    "head": {"ref": "keep-cart", "sha": SHA},
    "additions": 10,
    "deletions": 2,
    "changed_files": 3,
}
_RUN = {
    "id": 99,
    "name": "CI",
    "run_number": 36,
    "run_attempt": 1,
    "html_url": f"{HOME}/actions/runs/99",
    "head_branch": "main",
    "head_sha": SHA,
    "head_commit": {"message": "Keep the cart"},
    "event": "push",
    "status": "completed",
    "conclusion": "failure",
    "run_started_at": "2026-11-21T07:00:00Z",
    "updated_at": "2026-11-21T07:03:05Z",
}
_ALERT = {
    "number": 1,
    "html_url": f"{HOME}/security/dependabot/1",
    "dependency": {"package": {"name": "jinja2"}, "manifest_path": "uv.lock"},
    "security_advisory": {
        "summary": "Sandbox escape in Jinja2",
        "severity": "high",
        "ghsa_id": "GHSA-aaaa-bbbb-cccc",
        "cve_id": "CVE-2026-1",
    },
    "security_vulnerability": {"first_patched_version": {"identifier": "3.1.6"}},
}
_ALERTS = {
    "code_scanning_alert": {
        "html_url": f"{HOME}/security/code-scanning/3",
        "rule": {"description": "SQL built from user input", "security_severity_level": "critical"},
        "most_recent_instance": {"location": {"path": "shop/cart.py", "start_line": 8}},
    },
    "secret_scanning_alert": {
        "html_url": f"{HOME}/security/secret-scanning/5",
        "secret_type": "slack_api_token",
        "secret_type_display_name": "Slack API Token",
        "secret": "xoxb-never-shown",
        "validity": "active",
    },
}


_GENERAL: dict[str, dict[str, Any]] = {
    "custom_property": {"definition": {"property_name": "team"}},
    "deploy_key": {"key": {"title": "CI"}},
    "github_app_authorization": {},
    "installation_repositories": {"repositories_added": [{"full_name": "acme/web"}], "repositories_removed": [{"full_name": "acme/web"}]},
    "installation_target": {"account": person("acme")},
    "marketplace_purchase": {"marketplace_purchase": {"plan": {"name": "Team"}}},
    "org_block": {"blocked_user": person("eve")},
    "organization_custom_property": {"definition": {"property_name": "team"}},
    "personal_access_token_request": {"personal_access_token_request": {"token_name": "backup"}},
    "project": {"project": {"name": "Roadmap", "html_url": f"{HOME}/projects/1"}},
    "project_card": {"project_card": {"note": "Try the new cart"}},
    "project_column": {"project_column": {"name": "Doing"}},
    "projects_v2": {"projects_v2": {"title": "Roadmap"}},
    "repository_ruleset": {"repository_ruleset": {"name": "Protect releases"}},
    "sponsorship": {"sponsorship": {"tier": {"name": "$5 a month"}}},
    "user": {"user": person("eve")},
}
"""What the events without a sentence of their own are about."""
_NO_REPOSITORY = frozenset(
    {
        "custom_property",
        "enterprise",
        "github_app_authorization",
        "installation",
        "installation_repositories",
        "installation_target",
        "marketplace_purchase",
        "membership",
        "org_block",
        "organization",
        "organization_custom_property",
        "organization_custom_property_values",
        "personal_access_token_request",
        "projects_v2",
        "projects_v2_item",
        "projects_v2_status_update",
        "security_advisory",
        "sponsorship",
        "user",
    }
)
_CHANGES: dict[str, dict[str, Any]] = {
    "discussion.transferred": {"new_repository": {"full_name": "acme/shop"}},
    "issues.transferred": {"new_repository": {"full_name": "acme/shop"}},
    "issues.edited": {"title": {"from": "Cart"}},
    "label.edited": {"name": {"from": "defect"}},
    "organization.renamed": {"login": {"from": "acme-inc"}},
    "pull_request.edited": {"base": {"ref": {"from": "dev"}}},
    "repository.renamed": {"repository": {"name": {"from": "site"}}},
    "repository.transferred": {"owner": {"from": {"organization": {"login": "acme-inc"}}}},
}


def everything(name: str, action: str | None) -> dict[str, Any]:
    """Return a payload of event ``name`` that holds whatever its sentence may ask for."""
    found: dict[str, Any] = {"sender": person("octocat"), "organization": {"login": "acme"}}
    if name not in _NO_REPOSITORY:
        found["repository"] = REPOSITORY
    found.update(_GENERAL[name] if name in _GENERAL else _special(name) if name in VOICES["en"].sentences else {})
    found["changes"] = _CHANGES.get(f"{name}.{action}", {})
    if action:
        found["action"] = action
    return found


def _special(name: str) -> dict[str, Any]:
    """Return all that any sentence of an event's own may ask for; what differs from event to event is that of ``name``."""
    return {
        "issue": _ISSUE,
        "pull_request": _PULL,
        "comment": {
            "html_url": f"{HOME}/issues/12#issuecomment-5",
            "body": "I see it too.",
            "commit_id": SHA,
            "path": "shop/cart.py",
            "line": 8,
        },
        "review": {"state": "approved", "body": "Good.", "html_url": f"{HOME}/pull/34#pullrequestreview-6", "user": person("bob")},
        "thread": {"comments": [{"body": "Why?", "html_url": f"{HOME}/pull/34#discussion_r7"}]},
        "discussion": {
            "number": 5,
            "title": "Which cart?",
            "html_url": f"{HOME}/discussions/5",
            "state": "open",
            "body": "Ideas?",
            "category": {"name": "Ideas"},
        },
        "answer": {"body": "This one."},
        "assignee": person("bob"),
        "label": {"name": "bug"},
        "milestone": {
            "title": "v1.0",
            "html_url": f"{HOME}/milestone/1",
            "open_issues": 1,
            "closed_issues": 3,
            "due_on": "2026-12-01T08:00:00Z",
            "description": "First one",
        },
        "type": {"name": "Task"} if name == "issues" else "backfill",
        "requested_reviewer": person("bob"),
        "reason": "merged" if name == "merge_group" else "MERGE_CONFLICT",
        "sub_issue": {**_ISSUE, "number": 13, "title": "Test it", "html_url": f"{HOME}/issues/13"},
        "parent_issue": _ISSUE,
        "blocked_issue": _ISSUE,
        "blocking_issue": {**_ISSUE, "number": 13, "title": "Test it", "html_url": f"{HOME}/issues/13"},
        "ref": "main" if name in ("create", "delete") else "refs/heads/main",
        "ref_type": "branch",
        "after": SHA,
        "compare": f"{HOME}/compare/a...b",
        "commits": [commit(1), commit(2)],
        "pages": [{"title": "Home", "page_name": "Home", "action": "edited", "summary": None, "html_url": f"{HOME}/wiki/Home"}],
        "forkee": {"full_name": "bob/web", "html_url": "https://github.com/bob/web"},
        "release": {"name": "Spring", "tag_name": "v1.0", "html_url": f"{HOME}/releases/tag/v1.0", "body": "New cart."},
        "package": {"name": "web", "package_version": {"version": "1.0"}, "html_url": f"{HOME}/packages/1"},
        "registry_package": {"name": "web", "package_version": {"version": "1.0"}, "html_url": f"{HOME}/packages/1"},
        "member": person("bob"),
        "membership": {"user": person("bob")},
        "invitation": {"login": "bob"},
        "team": {"name": "Release", "slug": "release", "html_url": "https://github.com/orgs/acme/teams/release", "permission": "push"},
        "rule": {"name": "main"},
        "installation": {"app_slug": "deployer", "html_url": "https://github.com/apps/deployer", "account": person("acme")},
        "repositories": [{"full_name": "acme/web"}],
        "repositories_added": [{"full_name": "acme/web"}],
        "deployment": {"id": 7, "ref": "main", "sha": SHA, "environment": "production", "description": "Spring release"},
        "deployment_status": {
            "state": "success",
            "environment_url": "https://shop.example.com",
            "description": "Live",
            "environment": "production",
        },
        "environment": "production",
        "reviewers": [{"type": "User", "reviewer": person("bob")}, {"type": "Team", "reviewer": {"name": "Release"}}],
        "workflow_run": _RUN,
        "workflow_job": {
            "name": "test",
            "run_id": 99,
            "html_url": f"{HOME}/actions/runs/99/job/1",
            "head_branch": "main",
            "conclusion": "failure",
            "started_at": "2026-11-21T07:00:00Z",
            "completed_at": "2026-11-21T07:03:05Z",
            "steps": [{"name": "pytest", "conclusion": "failure"}],
        },
        "workflow": ".github/workflows/ci.yml",
        "check_run": {
            "name": "lint",
            "html_url": f"{HOME}/runs/1",
            "status": "completed",
            "conclusion": "success",
            "output": {"title": "No findings"},
            "check_suite": {"head_branch": "main"},
            "started_at": "2026-11-21T07:00:00Z",
            "completed_at": "2026-11-21T07:00:42Z",
        },
        "check_suite": {"app": {"name": "Linter"}, "head_branch": "main", "conclusion": "success"},
        "requested_action": {"identifier": "fix"},
        "sha": SHA,
        "context": "ci/jenkins",
        "state": "success",
        "description": "Build passed",
        "target_url": "https://ci.example.com/1",
        "commit": {"commit": {"message": "Keep the cart"}},
        "merge_group": {"base_ref": "refs/heads/main", "head_sha": SHA, "head_commit": {"message": "Keep the cart"}},
        "alert": _ALERTS.get(name, _ALERT),
        "repository_advisory": {**_ALERT["security_advisory"], "html_url": f"{HOME}/security/advisories/1"},  # type: ignore[dict-item]
        "security_advisory": _ALERT["security_advisory"],
        "build": {"status": "built"},
        "status": "success",
        "zen": "Keep it logically awesome.",
    }
