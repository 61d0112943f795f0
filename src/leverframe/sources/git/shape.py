"""From what a hook tells to GitHub's push. Pure, and tolerant of every shape.

Git has one push of several refs where GitHub has a push for each: it is one event here. At the top stands the first branch as GitHub would tell
it, with the commits of all; ``refs`` has every ref with its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from leverframe.core.payload import flag, items, mapping, number, text


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """Where things can be looked at: addresses with ``{project}``, ``{id}``, ``{before}`` and ``{after}``; ``None`` where nowhere."""

    web: str | None = None
    commit: str | None = None
    compare: str | None = None

    def of(self, pattern: str | None, project: str, **parts: str) -> str | None:
        """Return the address that ``pattern`` makes."""
        return pattern.format(project=quote(project), **{"id": "", "before": "", "after": "", **parts}) if pattern else None


def shaped(told: Mapping[str, Any], project: str, pages: Pages) -> dict[str, Any]:
    """Return ``told`` in GitHub's shape."""
    refs = [_ref(one, project, pages) for one in items(told, "refs")]
    first = next((one for one in refs if one["ref"].startswith("refs/heads/") and not one["deleted"]), refs[0] if refs else {})
    commits = {commit["id"]: commit for one in refs for commit in one["commits"]}
    pusher = {key: text(told, "pusher", key) for key in ("name", "email")}
    owner, _, name = project.rpartition("/")
    return {
        **told,
        **first,
        "commits": list(commits.values()),
        "size": sum(one["size"] for one in refs) if any(one["size"] > len(one["commits"]) for one in refs) else len(commits),
        "refs": refs,
        "pusher": pusher,
        "sender": {"login": pusher["name"], "type": "User"},
        "repository": {
            "name": name, "full_name": project, "owner": {"login": owner, "name": owner}, "html_url": pages.of(pages.web, project),
            "description": text(told, "repository", "description"), "default_branch": text(told, "repository", "default_branch"),
        },
    }  # fmt: skip


def _ref(told: Mapping[str, Any], project: str, pages: Pages) -> dict[str, Any]:
    before, after = text(told, "before"), text(told, "after")
    commits = [_commit(commit, project, pages) for commit in items(told, "commits")]
    head = mapping(told, "head_commit")
    between = before.strip("0") and after.strip("0")
    return {
        "ref": text(told, "ref"), "before": before, "after": after, "created": flag(told, "created"), "deleted": flag(told, "deleted"),
        "forced": flag(told, "forced"), "base_ref": None, "commits": commits, "head_commit": _commit(head, project, pages) if head else None,
        "size": max(number(told, "size") or 0, len(commits)),
        "compare": pages.of(pages.compare, project, before=before, after=after) if between else None,
    }  # fmt: skip


def _commit(told: Mapping[str, Any], project: str, pages: Pages) -> dict[str, Any]:
    id = text(told, "id")
    return {**told, "id": id, "distinct": True, "url": pages.of(pages.commit, project, id=quote(id))}
