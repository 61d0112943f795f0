"""What people talk about in GitLab: issues, merge requests, notes; in GitHub's shape."""

from __future__ import annotations

from typing import Any

from leverframe.core.payload import at, flag, items, mapping, number, text, web
from leverframe.core.requests import named
from leverframe.sources.gitlab import places
from leverframe.sources.gitlab.places import Payload, Shaped, when

_ACTIONS = {"open": "opened", "close": "closed", "reopen": "reopened", "merge": "closed"}
_STATES = {"opened": "open", "reopened": "open", "closed": "closed", "merged": "closed", "locked": "closed"}
_NOTES = {"create": "created", "update": "edited", "": "created"}
_APPROVED = frozenset({"approved", "approval"})
_UNAPPROVED = frozenset({"unapproved", "unapproval"})


def issue(payload: Payload) -> Shaped:
    """An issue, an incident or another work item."""
    attributes = mapping(payload, "object_attributes")
    action, changed = _action(payload, attributes)
    return "issues", action, {"issue": _issue(payload, attributes, places.labels(payload)), **changed}


def merge_request(payload: Payload) -> Shaped:
    """A merge request; who approves it submits a review, as on GitHub."""
    attributes = mapping(payload, "object_attributes")
    asked = text(attributes, "action")
    pull = {"pull_request": _pull(payload, attributes, places.labels(payload))}
    if asked in _APPROVED | _UNAPPROVED:
        state = "approved" if asked in _APPROVED else "dismissed"
        review = {"state": state, "body": "", "user": places.sender(payload), "html_url": pull["pull_request"]["html_url"]}
        return "pull_request_review", "submitted" if asked in _APPROVED else "dismissed", {**pull, "review": review}
    action, changed = _action(payload, attributes)
    return "pull_request", action, {**pull, "number": number(attributes, "iid"), **changed}


def note(payload: Payload) -> Shaped:
    """A comment on an issue, a merge request or a line of it, a commit or a snippet."""
    attributes = mapping(payload, "object_attributes")
    action = _NOTES.get(text(attributes, "action"), named(text(attributes, "action")))
    comment = {
        "id": number(attributes, "id"), "body": text(attributes, "note"), "html_url": web(attributes, "url"), "user": places.sender(payload),
        "created_at": when(attributes, "created_at"), "updated_at": when(attributes, "updated_at"), "commit_id": text(attributes, "commit_id"),
        "path": text(attributes, "position", "new_path") or None, "line": number(attributes, "position", "new_line"),
    }  # fmt: skip
    match text(attributes, "noteable_type"):
        case "MergeRequest":
            merge = mapping(payload, "merge_request")
            pull = _pull(payload, merge, places.labels(merge))
            if text(attributes, "type") == "DiffNote":
                return "pull_request_review_comment", action, {"comment": comment, "pull_request": pull}
            about = {**pull, "pull_request": {"html_url": pull["html_url"], "merged_at": pull["merged_at"]}}
            return "issue_comment", action, {"comment": comment, "issue": about}
        case "Issue" | "WorkItem":
            found = mapping(payload, "issue") or mapping(payload, "work_item")
            return "issue_comment", action, {"comment": comment, "issue": _issue(payload, found, places.labels(found))}
        case "Commit":
            return "commit_comment", action, {"comment": comment}
        case other:
            kind = named(other).lower()
            thing = {"title": text(payload, kind, "title"), "html_url": web(attributes, "url")}
            return f"{kind or 'note'}_comment", action, {"comment": comment, "about": thing}


def _issue(payload: Payload, found: Payload, labels: list[dict[str, Any]]) -> dict[str, Any]:
    home, iid = places.home(payload), number(found, "iid")
    return {
        "id": number(found, "id"), "number": iid, "title": text(found, "title"), "body": text(found, "description"), "labels": labels,
        "state": _STATES.get(text(found, "state"), "open"), "user": _author(payload, found), "assignees": places.people(payload, "assignees"),
        "html_url": web(found, "url") or (f"{home}/-/issues/{iid}" if home and iid is not None else None), "confidential": flag(found, "confidential"),
        "created_at": when(found, "created_at"), "updated_at": when(found, "updated_at"),
    }  # fmt: skip


def _pull(payload: Payload, found: Payload, labels: list[dict[str, Any]]) -> dict[str, Any]:
    home, iid, state = places.home(payload), number(found, "iid"), text(found, "state")
    return {
        "id": number(found, "id"), "number": iid, "title": text(found, "title"), "body": text(found, "description"), "labels": labels,
        "state": _STATES.get(state, "open"), "merged": state == "merged", "draft": flag(found, "draft") or flag(found, "work_in_progress"),
        "merged_at": when(found, "updated_at") if state == "merged" else None, "user": _author(payload, found),
        "merged_by": places.sender(payload) if text(found, "action") == "merge" else None,
        "base": {"ref": text(found, "target_branch"), "repo": {"full_name": text(found, "target", "path_with_namespace")}},
        "head": {"ref": text(found, "source_branch"), "sha": text(found, "last_commit", "id")},
        "html_url": web(found, "url") or (f"{home}/-/merge_requests/{iid}" if home and iid is not None else None),
        "assignees": places.people(payload, "assignees"), "requested_reviewers": places.people(payload, "reviewers"),
        "merge_commit_sha": text(found, "merge_commit_sha") or None, "created_at": when(found, "created_at"), "updated_at": when(found, "updated_at"),
    }  # fmt: skip


def _author(payload: Payload, found: Payload) -> dict[str, Any] | None:
    """Return who opened it, where the payload tells: it gives the author's number, and a name only of who acts and of who is assigned."""
    author = number(found, "author_id")
    everybody = (mapping(payload, "user"), *items(payload, "assignees"), *items(payload, "reviewers"))
    known = next((user for user in everybody if author is not None and number(user, "id") == author), None)
    if known is None and text(found, "action") == "open":
        known = mapping(payload, "user")
    return places.person(known, payload) if known is not None else None


def _action(payload: Payload, attributes: Payload) -> tuple[str | None, dict[str, Any]]:
    """Return GitHub's action, and what GitHub tells beside it; an update says what was changed."""
    asked = text(attributes, "action")
    if asked != "update":
        return _ACTIONS.get(asked, named(asked) or None), {}
    if text(attributes, "oldrev"):
        return "synchronize", {"before": text(attributes, "oldrev"), "after": text(attributes, "last_commit", "id")}
    changes = mapping(payload, "changes")
    if "draft" in changes:
        return "converted_to_draft" if flag(changes, "draft", "current") else "ready_for_review", {}
    if (moved := _moved(changes, "labels", "title")) is not None:
        added, name = moved
        return "labeled" if added else "unlabeled", {"label": {"name": name}}
    if (moved := _moved(changes, "assignees", "username")) is not None:
        added, name = moved
        return "assigned" if added else "unassigned", {"assignee": {"login": name}}
    if (moved := _moved(changes, "reviewers", "username")) is not None:
        added, name = moved
        return "review_requested" if added else "review_request_removed", {"requested_reviewer": {"login": name}}
    if "milestone_id" in changes:
        return "milestoned" if number(changes, "milestone_id", "current") else "demilestoned", {}
    before = text(changes, "title", "previous")
    return "edited", {"changes": {"title": {"from": before}} if before else {}}


def _moved(changes: Payload, key: str, name: str) -> tuple[bool, str] | None:
    """Return whether something was added to the list at ``key``, and the first that was, else the first that was taken away."""
    if at(changes, key) is None:
        return None
    before = [text(item, name) for item in items(changes, key, "previous")]
    after = [text(item, name) for item in items(changes, key, "current")]
    if added := [one for one in after if one not in before]:
        return True, added[0]
    removed = [one for one in before if one not in after]
    return False, removed[0] if removed else ""
