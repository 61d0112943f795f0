"""From Gitea's payloads, which are close relatives of GitHub's, to GitHub's. Pure, and tolerant of every shape.

https://github.com/go-gitea/gitea/blob/main/modules/structs/hook.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from leverframe.core.payload import mapping, number, text, web
from leverframe.core.requests import clipped

_REVIEWS = {"pull_request_approved": "approved", "pull_request_rejected": "changes_requested", "pull_request_comment": "commented"}
_NAMES = {**dict.fromkeys(_REVIEWS, "pull_request_review"), "wiki": "gollum"}
_ACTIONS = {
    "issues": {"label_updated": "labeled", "label_cleared": "unlabeled"},
    "pull_request": {"label_updated": "labeled", "label_cleared": "unlabeled", "synchronized": "synchronize"},
    "pull_request_review": {"reviewed": "submitted"},
    "release": {"updated": "edited"},
    "package": {"created": "published"},
}
_STATES = {"pull_request_review_approved": "approved", "pull_request_review_rejected": "changes_requested"}


def named(event: str, payload: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return GitHub's name and action of what Gitea calls ``event``."""
    name = _NAMES.get(event, event)
    if name == "gollum":
        return name, None
    if event in _REVIEWS and not mapping(payload, "review"):
        name = "issue_comment"
    action = text(payload, "action")
    return name, clipped(_ACTIONS.get(name, {}).get(action, action))


def repository(name: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the repository that it happened in. GitHub's ``forkee`` is the copy, Gitea's is what was copied."""
    return (mapping(payload, "forkee") if name == "fork" else {}) or mapping(payload, "repository")


def shaped(name: str, action: str | None, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``payload`` in GitHub's shape; what is as GitHub has it stays as it is."""
    found = {**payload, "action": action}
    home = web(payload, "repository", "html_url")
    match name:
        case "push":
            before, after = text(payload, "before"), text(payload, "after")
            found |= {
                "compare": web(payload, "compare_url"), "created": _is_nothing(before), "deleted": _is_nothing(after),
                "forced": payload.get("forced") is True, "commits": payload.get("commits") or [],
            }  # fmt: skip
        case "issues" | "issue_comment" if home and not web(payload, "issue", "html_url"):  # older ones do not tell it
            issue = mapping(payload, "issue")
            found["issue"] = {**issue, "html_url": f"{home}/issues/{number(issue, 'number')}"}
        case "create" if home:
            kind = "tag" if text(payload, "ref_type") == "tag" else "branch"
            found["html_url"] = f"{home}/src/{kind}/{quote(text(payload, 'ref'))}"
        case "pull_request_review":
            review = mapping(payload, "review")
            state = text(review, "state").lower() or _STATES.get(text(review, "type"), "commented")
            found["review"] = {
                **review, "state": state, "body": text(review, "body") or text(review, "content"), "user": payload.get("sender"),
                "html_url": web(review, "html_url") or web(payload, "pull_request", "html_url"),
            }  # fmt: skip
        case "gollum":
            page = text(payload, "page")
            found["pages"] = [{
                "page_name": page, "title": page, "action": text(payload, "action") or "edited", "summary": text(payload, "comment"),
                "html_url": f"{home}/wiki/{quote(page)}" if home else None,
            }]  # fmt: skip
        case "fork" if mapping(payload, "forkee"):
            found |= {"repository": repository(name, payload), "forkee": payload.get("repository")}
        case "package":
            package = mapping(payload, "package")
            found["package"] = {**package, "package_version": {"version": text(package, "version")}}
        case _:
            pass
    return found


def _is_nothing(sha: str) -> bool:
    """Return whether ``sha`` is the zeros that stand for no commit."""
    return bool(sha) and not sha.strip("0")
