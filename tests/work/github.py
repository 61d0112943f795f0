"""Small payloads in GitHub's shape, for tests of what becomes of an event."""

from __future__ import annotations

from typing import Any

ANN = {"login": "ann", "type": "User", "html_url": "https://github.com/ann"}


def _about(**fields: Any) -> dict[str, Any]:
    repository = {"full_name": "acme/web", "name": "web", "html_url": "https://github.com/acme/web", "owner": {"login": "acme"}}
    return {"repository": repository, "sender": ANN, **fields}


def issue(action: str, number: int = 1, title: str = "It breaks", labels: tuple[str, ...] = (), state: str = "open") -> dict[str, Any]:
    """An ``issues`` event."""
    return _about(action=action, issue=_issue(number, title, labels, state))


def comment(number: int = 1, body: str = "I see it too", title: str = "It breaks") -> dict[str, Any]:
    """An ``issue_comment`` event."""
    url = f"https://github.com/acme/web/issues/{number}#issuecomment-1"
    return _about(action="created", issue=_issue(number, title, (), "open"), comment={"body": body, "html_url": url, "user": ANN})


def push(branch: str = "main", message: str = "Mend it") -> dict[str, Any]:
    """A ``push`` event of one commit."""
    commit = {"id": "1" * 40, "message": message, "url": "https://github.com/acme/web/commit/1", "author": {"name": "Ann"}, "added": [], "modified": [], "removed": []}
    return _about(
        ref=f"refs/heads/{branch}", before="0" * 39 + "2", after="1" * 40, created=False, deleted=False, forced=False, commits=[commit], head_commit=commit,
        compare="https://github.com/acme/web/compare/2...1", pusher={"name": "ann"},
    )  # fmt: skip


def _issue(number: int, title: str, labels: tuple[str, ...], state: str) -> dict[str, Any]:
    return {
        "number": number, "title": title, "html_url": f"https://github.com/acme/web/issues/{number}", "user": ANN, "state": state,
        "labels": [{"name": label} for label in labels],
    }  # fmt: skip
