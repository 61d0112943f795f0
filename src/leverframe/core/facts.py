"""What a payload of GitHub's shape tells, as the facts that routes and threads test. Tolerant of every shape.

Every source's events have this shape in the end (docs/decisions/0001-github-shapes.md), so this is read once for all of them.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from leverframe.core.events import Actor, Event, Subject
from leverframe.core.payload import is_no_commit, items, mapping, number, refs, text, web

Payload: TypeAlias = Mapping[str, Any]

_RUN_IN_URL = re.compile(r"/actions/runs/([0-9]{1,20})(?:/|$)")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NUMBERED_APART = frozenset({"bitbucket", "gitlab"})
"""Kinds of sources whose pull requests and issues are numbered apart: both have a 7, and each is a subject of its own."""
_UNFINISHED = frozenset({"queued", "pending", "in_progress", "waiting", ""})
_PAGE_OWNERS = (
    "review", "comment", "pull_request", "issue", "discussion", "release", "workflow_job", "workflow_run", "check_run", "alert",
    "milestone", "package", "registry_package", "forkee", "projects_v2", "repository_advisory", "security_advisory", "team", "member",
    "installation", "repository", "organization", "sender",
)  # fmt: skip
"""Objects with an ``html_url``, from what happened to where it happened."""


def event_of(
    payload: Payload, *, id: int, source: str, kind: str, name: str, action: str | None, delivery_id: str, received_at: datetime, repo: str | None
) -> Event:  # fmt: skip
    """Return the event that ``payload``, which has GitHub's shape, tells of; whatever it holds."""
    return Event(
        id=id,
        source=source,
        kind=kind,
        name=name,
        action=action,
        delivery_id=delivery_id,
        received_at=received_at,
        repo=repo,
        actor=actor(payload),
        subject=subject(name, payload, repo, kind),
        branches=branches(name, payload),
        labels=labels(payload),
        paths=paths(name, payload),
        conclusion=conclusion(name, action, payload),
        environment=environment(payload),
        url=url(name, payload),
        payload=payload,
    )


def actor(payload: Payload) -> Actor | None:
    """Return the sender."""
    login = text(payload, "sender", "login")
    if not login:
        return None
    is_bot = text(payload, "sender", "type") == "Bot" or login.endswith("[bot]")
    return Actor(login=login, url=web(payload, "sender", "html_url"), avatar_url=web(payload, "sender", "avatar_url"), is_bot=is_bot)


def subject(name: str, payload: Payload, repo: str | None, kind: str = "github") -> Subject | None:
    """Return what the event of a source of this kind is about; a comment on a pull request is about the pull request."""
    if name == "alert" and (key := text(payload, "alert", "key")):
        return Subject(kind="alert", key=key, title=text(payload, "alert", "title"), url=web(payload, "alert", "html_url"))
    if repo is None:
        return None
    match name:
        case "pull_request" | "pull_request_review" | "pull_request_review_comment" | "pull_request_review_thread":
            return _pull(mapping(payload, "pull_request"), repo, kind)
        case "issues" | "issue_comment":
            issue = mapping(payload, "issue")
            return _pull(issue, repo, kind) if mapping(issue, "pull_request") else _numbered("issue", issue, f"{repo}#")
        case "discussion" | "discussion_comment":
            return _numbered("discussion", mapping(payload, "discussion"), f"{repo}/discussions/")
        case "workflow_run" | "deployment_review":
            return _run(repo, number(payload, "workflow_run", "id"), text(payload, "workflow_run", "name"), payload)
        case "workflow_job":
            return _run(repo, number(payload, "workflow_job", "run_id"), text(payload, "workflow_job", "workflow_name"), payload)
        case "check_run":
            found = _RUN_IN_URL.search(text(payload, "check_run", "details_url") or text(payload, "check_run", "html_url"))
            return _run(repo, int(found[1]) if found else None, "", payload)
        case "deployment" | "deployment_status" | "deployment_protection_rule":
            deployment = number(payload, "deployment", "id")
            if deployment is None:
                return None
            title = text(payload, "deployment", "environment")
            return Subject(kind="deployment", key=f"{repo}/deployments/{deployment}", title=title, url=web(payload, "workflow_run", "html_url"))
        case _:
            return None


def _pull(found: Payload, repo: str, kind: str) -> Subject | None:
    return _numbered("pull_request", found, f"{repo}!" if kind in _NUMBERED_APART else f"{repo}#")


def _numbered(kind: str, found: Payload, before: str) -> Subject | None:
    its_number = number(found, "number")
    if its_number is None:
        return None
    return Subject(kind=kind, key=f"{before}{its_number}", number=its_number, title=text(found, "title"), url=web(found, "html_url"))


def _run(repo: str, run: int | None, title: str, payload: Payload) -> Subject | None:
    if run is None:
        return None
    home = web(payload, "repository", "html_url")
    page = web(payload, "run_html_url") or (f"{home}/actions/runs/{run}" if home else None)  # the former where a forge's runs are elsewhere
    return Subject(kind="workflow_run", key=f"{repo}/runs/{run}", title=title, url=page)


def branches(name: str, payload: Payload) -> tuple[str, ...] | None:
    """Return the branches that the event is about, without ``refs/heads/``; ``None`` for a tag or where there is none."""
    match name:
        case "create" | "delete":
            return _branch(text(payload, "ref")) if payload.get("ref_type") == "branch" else None
        case "status":
            return tuple(branch for item in items(payload, "branches") if (branch := text(item, "name"))) or None
        case "workflow_run" | "deployment_review":
            return _branch(text(payload, "workflow_run", "head_branch"))
        case "workflow_job":
            return _branch(text(payload, "workflow_job", "head_branch"))
        case "check_run":
            return _branch(text(payload, "check_run", "check_suite", "head_branch"))
        case "check_suite":
            return _branch(text(payload, "check_suite", "head_branch"))
        case "merge_group":
            return _branch(text(payload, "merge_group", "base_ref"))
        case "deployment" | "deployment_status" | "deployment_protection_rule":
            return _branch(text(payload, "workflow_run", "head_branch") or text(payload, "deployment", "ref"))
        case "pull_request" | "pull_request_review" | "pull_request_review_comment" | "pull_request_review_thread":
            return _branch(text(payload, "pull_request", "base", "ref"))
        case _:
            heads = (text(one, "ref") for one in refs(payload))
            return tuple(ref.removeprefix("refs/heads/") for ref in heads if ref.startswith("refs/heads/")) or None


def _branch(ref: str) -> tuple[str, ...] | None:
    if not ref or ref.startswith("refs/tags/") or _COMMIT.fullmatch(ref):
        return None
    return (ref.removeprefix("refs/heads/"),)


def labels(payload: Payload) -> tuple[str, ...] | None:
    """Return the names of the subject's labels; a workflow job's labels (those of its runner) are none."""
    for owner in ("pull_request", "issue", "discussion"):
        found = mapping(payload, owner)
        if isinstance(found.get("labels"), list):
            return tuple(label for item in items(found, "labels") if (label := text(item, "name")))
    return None


def paths(name: str, payload: Payload) -> tuple[str, ...] | None:
    """Return the files that a push touched, each once, in the order of its commits."""
    if name != "push" or not isinstance(payload.get("commits"), list):
        return None
    found: dict[str, None] = {}
    commits = items(payload, "commits")
    if commits and not any("modified" in commit or "added" in commit or "removed" in commit for commit in commits):
        return None  # Bitbucket does not tell
    for commit in commits:
        for key in ("added", "modified", "removed"):
            files = commit.get(key)
            if isinstance(files, list):
                for path in files:
                    if isinstance(path, str):
                        found[path] = None
    return tuple(found)


def conclusion(name: str, action: str | None, payload: Payload) -> str | None:
    """Return how a workflow, job, check, status or deployment ended; ``None`` while it has not."""
    match name:
        case "workflow_run" | "workflow_job" | "check_run" | "check_suite":
            # a check may be made complete; one that is asked for again still carries how it ended before
            ended = action == "completed" or (action == "created" and text(payload, name, "status") == "completed")
            return (text(payload, name, "conclusion") or None) if ended else None
        case "status":
            state = text(payload, "state")
        case "deployment_status":
            state = text(payload, "deployment_status", "state")
        case _:
            return text(payload, "conclusion") or None  # only sources whose payloads are told by the configuration have it there
    return None if state in _UNFINISHED else state


def environment(payload: Payload) -> str | None:
    """Return the environment that is deployed to."""
    return text(payload, "deployment_status", "environment") or text(payload, "deployment", "environment") or text(payload, "environment") or None


def url(name: str, payload: Payload) -> str | None:
    """Return the best page for a person to open: the object's own ``html_url``, in the end the repository's."""
    home = web(payload, "repository", "html_url")
    best: str | None = None
    match name:
        case "push":
            best = home if is_no_commit(text(payload, "after")) else web(payload, "compare")
        case "create":
            best = web(payload, "html_url") or (f"{home}/tree/{quote(text(payload, 'ref'))}" if home else None)
        case "delete" | "label" | "star" | "watch":
            best = home
        case "gollum":
            best = next((page for item in items(payload, "pages") if (page := web(item, "html_url"))), None)
        case "status":
            best = web(payload, "target_url") or web(payload, "commit", "html_url")
        case "deployment_status":
            keys = ("log_url", "target_url", "environment_url")
            if text(payload, "deployment_status", "state") == "success":
                keys = ("environment_url", "log_url", "target_url")
            best = next((page for key in keys if (page := web(payload, "deployment_status", key))), None) or web(payload, "workflow_run", "html_url")
        case "pull_request_review_thread":
            best = next((page for item in items(payload, "thread", "comments") if (page := web(item, "html_url"))), None)
        case "check_run":
            best = web(payload, "check_run", "html_url") or web(payload, "check_run", "details_url")
        case _:
            pass
    return best or web(payload, "html_url") or next((page for owner in _PAGE_OWNERS if (page := web(payload, owner, "html_url"))), None)
