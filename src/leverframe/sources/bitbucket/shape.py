"""From Bitbucket's payloads to GitHub's shape. Pure, and tolerant of every shape.

https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from leverframe.core.payload import flag, items, mapping, number, text, web

Payload: TypeAlias = Mapping[str, Any]

_EVENTS = {
    "repo:push": ("push", None), "repo:fork": ("fork", None), "repo:commit_comment_created": ("commit_comment", "created"),
    "issue:created": ("issues", "opened"), "issue:comment_created": ("issue_comment", "created"),
    "pullrequest:created": ("pull_request", "opened"), "pullrequest:updated": ("pull_request", "edited"), "pullrequest:fulfilled": ("pull_request", "closed"),
    "pullrequest:rejected": ("pull_request", "closed"), "pullrequest:approved": ("pull_request_review", "submitted"),
    "pullrequest:unapproved": ("pull_request_review", "dismissed"), "pullrequest:changes_request_created": ("pull_request_review", "submitted"),
    "pullrequest:changes_request_removed": ("pull_request_review", "dismissed"), "repo:commit_status_created": ("status", None),
    "repo:commit_status_updated": ("status", None),
}  # fmt: skip
_CLOSED = frozenset({"resolved", "closed", "invalid", "duplicate", "wontfix"})
_COMMENTED = {"comment_created": "created", "comment_updated": "edited", "comment_deleted": "deleted"}
_STATUSES = {"SUCCESSFUL": "success", "FAILED": "failure", "INPROGRESS": "pending", "STOPPED": "error"}
_NOTHING = "0" * 40


def named(key: str, payload: Payload) -> tuple[str, str | None]:
    """Return GitHub's name and action of what Bitbucket calls ``key``; what is not known keeps its name: ``repo:imported`` is ``repo.imported``."""
    if key == "issue:updated":
        was_closed, is_closed = (text(payload, "changes", "status", which) in _CLOSED for which in ("old", "new"))
        return "issues", "edited" if was_closed == is_closed else "closed" if is_closed else "reopened"
    if key in _EVENTS:
        return _EVENTS[key]
    what, _, done = key.partition(":")
    if what == "pullrequest" and done in _COMMENTED:
        return "pull_request_review_comment" if mapping(payload, "comment", "inline") else "issue_comment", _COMMENTED[done]
    return what, done or None


def shaped(name: str, action: str | None, payload: Payload) -> dict[str, Any]:
    """Return ``payload`` in GitHub's shape; what Bitbucket sent stands in it as ``original``."""
    found: dict[str, Any] = {"action": action, "repository": _repository(payload), "sender": _person(mapping(payload, "actor")), "original": payload}
    comment = _comment(mapping(payload, "comment"))
    match name:
        case "push":
            found |= _push(payload)
        case "pull_request":
            found["pull_request"] = _pull(payload)
        case "pull_request_review":
            asked = mapping(payload, "changes_request")
            state = "dismissed" if action == "dismissed" else "changes_requested" if asked else "approved"
            pull = _pull(payload)
            found |= {"pull_request": pull, "review": {"state": state, "body": "", "user": found["sender"], "html_url": pull["html_url"]}}
        case "pull_request_review_comment":
            found |= {"pull_request": _pull(payload), "comment": comment}
        case "issue_comment" if mapping(payload, "pullrequest"):
            pull = _pull(payload)
            found |= {"issue": {**pull, "pull_request": {"html_url": pull["html_url"]}}, "comment": comment}
        case "issues" | "issue_comment":
            found |= {"issue": _issue(payload), "comment": comment}
        case "commit_comment":
            found["comment"] = {**comment, "commit_id": text(payload, "commit", "hash")}
        case "fork":
            fork = mapping(payload, "fork")
            found["forkee"] = {"full_name": text(fork, "full_name"), "html_url": _page(fork)}
        case "status":
            status = mapping(payload, "commit_status")
            # Bitbucket names the commit by its address in the API alone.
            sha = text(status, "commit", "hash") or text(status, "links", "commit", "href").rpartition("/")[2]
            home = _page(mapping(payload, "repository"))
            found |= {
                "state": _STATUSES.get(text(status, "state"), text(status, "state").lower()), "context": text(status, "name") or text(status, "key"),
                "target_url": web(status, "url"), "description": text(status, "description"), "sha": sha, "commit": {"sha": sha, "html_url": f"{home}/commits/{sha}"} if home and sha else None,
            }  # fmt: skip
        case _:
            pass
    return {key: value for key, value in found.items() if value is not None}


def _push(payload: Payload) -> dict[str, Any]:
    """Return a push with all of its refs: Bitbucket tells of several in one request. It lists five commits of each, the newest first."""
    refs: list[dict[str, Any]] = []
    for change in items(payload, "push", "changes"):
        old, new = mapping(change, "old"), mapping(change, "new")
        side = new or old
        commits = [_commit(commit) for commit in reversed(items(change, "commits"))]
        prefix = "refs/tags/" if text(side, "type") in ("tag", "annotated_tag") else "refs/heads/"
        is_tag = prefix == "refs/tags/"
        refs.append({
            "ref": prefix + text(side, "name"), "before": text(old, "target", "hash") or _NOTHING, "after": text(new, "target", "hash") or _NOTHING,
            "created": not old, "deleted": not new, "forced": flag(change, "forced"), "commits": [] if is_tag else commits,
            "compare": _page(change), "head_commit": commits[-1] if commits else None,
        })  # fmt: skip
    first = next((one for one in refs if not one["deleted"] and one["ref"].startswith("refs/heads/")), refs[0] if refs else {})
    several = {commit["id"]: commit for one in refs for commit in one["commits"]}
    name = text(payload, "actor", "nickname") or text(payload, "actor", "username")
    return {**first, "commits": list(several.values()), "pusher": {"name": name}, **({"refs": refs} if len(refs) > 1 else {})}


def _commit(commit: Payload) -> dict[str, Any]:
    raw = text(commit, "author", "raw")
    name, _, email = raw.partition(" <")
    return {
        "id": text(commit, "hash"), "message": text(commit, "message"), "timestamp": text(commit, "date"), "url": _page(commit),
        "author": {"name": name, "email": email.rstrip(">"), "username": text(commit, "author", "user", "nickname") or None},
    }  # fmt: skip


def _pull(payload: Payload) -> dict[str, Any]:
    found = mapping(payload, "pullrequest")
    state = text(found, "state")
    return {
        "number": number(found, "id"), "title": text(found, "title"), "body": text(found, "description"), "html_url": _page(found),
        "state": "open" if state in ("OPEN", "NEW", "") else "closed", "merged": state == "MERGED", "draft": flag(found, "draft"),
        "user": _person(mapping(found, "author")), "base": {"ref": text(found, "destination", "branch", "name")},
        "head": {"ref": text(found, "source", "branch", "name"), "sha": text(found, "source", "commit", "hash")},
        "requested_reviewers": [person for one in items(found, "reviewers") if (person := _person(one)) is not None],
        "updated_at": text(found, "updated_on") or None, "created_at": text(found, "created_on") or None,
    }  # fmt: skip


def _issue(payload: Payload) -> dict[str, Any]:
    found = mapping(payload, "issue")
    closed = text(found, "state") in _CLOSED
    return {
        "number": number(found, "id"), "title": text(found, "title"), "body": text(found, "content", "raw"), "html_url": _page(found),
        "state": "closed" if closed else "open", "user": _person(mapping(found, "reporter")), "updated_at": text(found, "updated_on") or None,
    }  # fmt: skip


def _comment(found: Payload) -> dict[str, Any]:
    return {
        "id": number(found, "id"), "body": text(found, "content", "raw"), "html_url": _page(found), "user": _person(mapping(found, "user")),
        "path": text(found, "inline", "path") or None, "line": number(found, "inline", "to"), "updated_at": text(found, "updated_on") or None,
    }  # fmt: skip


def _repository(payload: Payload) -> dict[str, Any]:
    found = mapping(payload, "repository")
    full_name = text(found, "full_name")
    return {
        "full_name": full_name, "name": text(found, "name"), "html_url": _page(found), "private": flag(found, "is_private"),
        "owner": {"login": full_name.partition("/")[0]},
    }  # fmt: skip


def _person(found: Payload) -> dict[str, Any] | None:
    login = text(found, "nickname") or text(found, "username") or text(found, "display_name")
    if not login:
        return None
    return {"login": login, "name": text(found, "display_name"), "html_url": _page(found), "avatar_url": web(found, "links", "avatar", "href"), "type": "User"}


def _page(found: Payload) -> str | None:
    return web(found, "links", "html", "href")
