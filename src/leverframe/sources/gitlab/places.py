"""Who and where, in GitLab's payloads: the project, people, moments, in GitHub's shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from leverframe.core.payload import items, mapping, number, text, web

Payload: TypeAlias = Mapping[str, Any]
Shaped: TypeAlias = tuple[str, str | None, dict[str, Any]]
"""The event's name, its action, and what its payload has in GitHub's shape."""
_BOT = re.compile(r"(project|group)_[0-9]+_bot(_[0-9a-f]+)?")
"""https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects"""


def repository(payload: Payload) -> dict[str, Any]:
    """Return the project; a job's payload has only the repository's page. Empty for an event of a group."""
    project, page = mapping(payload, "project"), home(payload)
    path = text(project, "path_with_namespace") or (urlsplit(page).path.strip("/") if page else "")
    if not path:
        return {}
    owner, _, name = path.rpartition("/")
    return {
        "id": number(project, "id") or number(payload, "project_id"), "name": name, "full_name": path, "html_url": page,
        "description": text(project, "description"), "private": number(project, "visibility_level") == 0, "owner": {"login": owner},
        "clone_url": text(project, "git_http_url") or text(payload, "repository", "git_http_url"), "default_branch": text(project, "default_branch"),
        "ssh_url": text(project, "git_ssh_url") or text(payload, "repository", "git_ssh_url"),
    }  # fmt: skip


def home(payload: Payload) -> str | None:
    """Return the project's page, if a browser can open it."""
    page = web(payload, "project", "web_url") or web(payload, "project", "homepage") or web(payload, "repository", "homepage")
    return page if page is not None and _path(page) is not None else None


def _path(page: str) -> str | None:
    try:
        return urlsplit(page).path
    except ValueError:
        return None


def sender(payload: Payload) -> dict[str, Any] | None:
    """Return who did it; ``None`` when nobody is named."""
    return person(mapping(payload, "user"), payload) or person(
        {"username": payload.get("user_username") or payload.get("user_name"), "avatar_url": payload.get("user_avatar")}, payload
    )


def person(user: Payload, payload: Payload) -> dict[str, Any] | None:
    """Return one of GitLab's users; ``None`` without a name."""
    login = text(user, "username") or text(user, "name")
    if not login:
        return None
    page, path = home(payload), text(payload, "project", "path_with_namespace")
    site = page.removesuffix(f"/{path}") if page and path and page.endswith(f"/{path}") else None
    is_bot = bool(_BOT.fullmatch(login))
    return {
        "login": login, "id": number(user, "id"), "name": text(user, "name"), "avatar_url": web(user, "avatar_url"),
        "html_url": f"{site}/{login}" if site and text(user, "username") else None, "type": "Bot" if is_bot else "User",
    }  # fmt: skip


def people(payload: Payload, key: str) -> list[dict[str, Any]]:
    """Return the users at ``key``."""
    return [found for user in items(payload, key) if (found := person(user, payload)) is not None]


def labels(payload: Payload) -> list[dict[str, Any]]:
    """Return labels, which GitLab gives titles and GitHub names."""
    return [{"name": name, "color": text(label, "color")} for label in items(payload, "labels") if (name := text(label, "title"))]


def when(payload: Payload, *path: str) -> str | None:
    """Return the moment at ``path`` in ISO 8601, which GitLab writes in three ways; ``None`` when there is none."""
    found = text(payload, *path)
    return re.sub(r"^(\S+) (\S+) (?:UTC|([+-]\d\d:?\d\d))$", lambda match: f"{match[1]}T{match[2]}{match[3] or 'Z'}", found) or None


def is_nothing(sha: str) -> bool:
    """Return whether ``sha`` is the zeros that stand for no commit."""
    return bool(sha) and not sha.strip("0")
