"""From GitLab's payloads to GitHub's shape, a function for each kind of object. Pure, and tolerant of every shape.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from leverframe.core.payload import flag, items, mapping, number, text, web
from leverframe.core.requests import named
from leverframe.sources.gitlab import conversations, places, runs
from leverframe.sources.gitlab.places import Payload, Shaped, when


class Told(NamedTuple):
    """What a payload says in GitHub's words."""

    name: str
    """Empty when it does not say what it is about."""
    action: str | None
    repo: str
    payload: Mapping[str, Any]
    """In GitHub's shape; what GitLab sent stands in it as ``original``."""


def told(payload: Payload) -> Told:
    """Return what ``payload`` says."""
    kind = text(payload, "object_kind") or text(payload, "event_name")
    shape = KINDS.get(kind) or KINDS.get(text(payload, "event_name"), _unknown)
    name, action, parts = shape(payload)
    repository = parts.get("repository") or places.repository(payload)
    found: dict[str, Any] = {"action": action, **parts, "sender": parts["sender"] if "sender" in parts else places.sender(payload), "original": payload}
    if repository:
        found["repository"] = repository
    return Told(name, action, text(repository, "full_name"), {key: value for key, value in found.items() if value is not None})


_NAMED = ("full_path", "path_with_namespace", "path", "username", "name")
"""Where system hooks name what they are about: https://docs.gitlab.com/administration/system_hooks/"""


def _unknown(payload: Payload) -> Shaped:
    kind = text(payload, "object_kind") or text(payload, "event_name")
    attributes = mapping(payload, "object_attributes")
    title = text(attributes, "title") or text(attributes, "name") or next((found for key in _NAMED if (found := text(payload, key))), "")
    about = {"title": title, "html_url": web(attributes, "url")}
    return named(kind), named(text(attributes, "action")) or None, {"about": about} if any(about.values()) else {}


def _push(payload: Payload) -> Shaped:
    before, after, ref = text(payload, "before"), text(payload, "after"), text(payload, "ref")
    created, deleted = places.is_nothing(before), places.is_nothing(after)
    home = places.home(payload)
    commits = items(payload, "commits")
    compare = f"{home}/-/commits/{ref.split('/', 2)[-1]}" if created else f"{home}/-/compare/{before}...{after}"
    head = next((commit for commit in commits if text(commit, "id") == after), None)
    return "push", None, {
        "ref": ref, "before": before, "after": after, "created": created, "deleted": deleted, "forced": False, "base_ref": None,
        "compare": compare if home and not deleted else None, "commits": commits, "head_commit": head,
        "size": number(payload, "total_commits_count"),  # the payload lists twenty at most
        "pusher": {"name": text(payload, "user_username") or text(payload, "user_name"), "email": text(payload, "user_email")},
    }  # fmt: skip


_WIKI = {"create": "created", "update": "edited", "delete": "deleted"}


def _wiki(payload: Payload) -> Shaped:
    page = mapping(payload, "object_attributes")
    return "gollum", None, {"pages": [{
        "page_name": text(page, "slug"), "title": text(page, "title"), "action": _WIKI.get(text(page, "action"), "edited"),
        "summary": text(page, "message"), "html_url": web(page, "url"), "sha": text(page, "version_id"),
    }]}  # fmt: skip


_RELEASES = {"create": "published", "update": "edited", "delete": "deleted"}


def _release(payload: Payload) -> Shaped:
    action = text(payload, "action")
    return "release", _RELEASES.get(action, named(action) or None), {"release": {
        "id": number(payload, "id"), "tag_name": text(payload, "tag"), "name": text(payload, "name"), "body": text(payload, "description"),
        "html_url": web(payload, "url"), "created_at": when(payload, "created_at"), "published_at": when(payload, "released_at"),
        "draft": False, "prerelease": False,
    }}  # fmt: skip


def _feature_flag(payload: Payload) -> Shaped:
    attributes = mapping(payload, "object_attributes")
    home = places.home(payload)
    return "feature_flag", "enabled" if flag(attributes, "active") else "disabled", {"feature_flag": {
        "name": text(attributes, "name"), "description": text(attributes, "description"), "html_url": f"{home}/-/feature_flags" if home else None,
    }}  # fmt: skip


_MILESTONES = {"create": "created", "close": "closed", "reopen": "opened"}


def _milestone(payload: Payload) -> Shaped:
    attributes, home = mapping(payload, "object_attributes"), places.home(payload)
    action = text(payload, "action") or text(attributes, "action")
    iid = number(attributes, "iid")
    return "milestone", _MILESTONES.get(action, named(action) or None), {"milestone": {
        "number": iid, "title": text(attributes, "title"), "description": text(attributes, "description"), "due_on": text(attributes, "due_date"),
        "state": "closed" if text(attributes, "state") == "closed" else "open", "updated_at": when(attributes, "updated_at"),
        "html_url": f"{home}/-/milestones/{iid}" if home and iid is not None else None,
    }}  # fmt: skip


def _member(action: str) -> Callable[[Payload], Shaped]:
    """A project's or a group's member: GitHub calls a group an organization."""

    def shape(payload: Payload) -> Shaped:
        user = {"login": text(payload, "user_username"), "name": text(payload, "user_name")}
        if group := text(payload, "group_path") or text(payload, "group_name"):
            return "organization", f"member_{action}", {"organization": {"login": group}, "membership": {"user": user}}
        # A project's member is told by system hooks alone. They name the member and nobody else, so nobody is known to have done it.
        project = text(payload, "project_path_with_namespace")
        repository = {"full_name": project, "name": text(payload, "project_path") or project.rpartition("/")[2], "id": number(payload, "project_id")}
        return "member", action, {"member": user, "sender": None} | ({"repository": repository} if project else {})

    return shape


def _subgroup(action: str) -> Callable[[Payload], Shaped]:
    def shape(payload: Payload) -> Shaped:
        about = {"name": text(payload, "full_path") or text(payload, "name")}
        return "subgroup", action, {"subgroup": about, "organization": {"login": text(payload, "parent_full_path")}}

    return shape


def _project(action: str) -> Callable[[Payload], Shaped]:
    def shape(payload: Payload) -> Shaped:
        path = text(payload, "path_with_namespace")
        before = text(payload, "old_path_with_namespace")
        changes = {"repository": {"name": {"from": before.rpartition("/")[2]}}} if before else None
        return "repository", action, {"repository": {"full_name": path, "name": text(payload, "name")}, "changes": changes}

    return shape


def _emoji(payload: Payload) -> Shaped:
    attributes = mapping(payload, "object_attributes")
    done = {"award": "awarded", "revoke": "revoked"}.get(text(payload, "event_type") or text(attributes, "action"), "awarded")
    return "emoji", done, {"emoji": {"name": text(attributes, "name"), "html_url": web(attributes, "awarded_on_url")}}


def _access_token(payload: Payload) -> Shaped:
    attributes = mapping(payload, "object_attributes")
    about = {"name": text(attributes, "name"), "expires_at": text(attributes, "expires_at")}
    group = text(payload, "group", "group_path")
    return "access_token", "expiring", {"access_token": about, "organization": {"login": group} if group else None}


KINDS: dict[str, Callable[[Payload], Shaped]] = {
    "push": _push,
    "tag_push": _push,
    "issue": conversations.issue,
    "work_item": conversations.issue,
    "merge_request": conversations.merge_request,
    "note": conversations.note,
    "wiki_page": _wiki,
    "pipeline": runs.pipeline,
    "build": runs.job,
    "deployment": runs.deployment,
    "release": _release,
    "feature_flag": _feature_flag,
    "milestone": _milestone,
    "emoji": _emoji,
    "access_token": _access_token,
    "expiring_access_token": _access_token,
    "user_add_to_group": _member("added"),
    "user_update_for_group": _member("edited"),
    "user_remove_from_group": _member("removed"),
    "user_add_to_team": _member("added"),
    "user_update_for_team": _member("edited"),
    "user_remove_from_team": _member("removed"),
    "subgroup_create": _subgroup("created"),
    "subgroup_destroy": _subgroup("deleted"),
    "project_create": _project("created"),
    "project_destroy": _project("deleted"),
    "project_rename": _project("renamed"),
    "project_update": _project("edited"),
    "project_transfer": _project("transferred"),
}
"""By ``object_kind``, or by ``event_name`` where there is none. Anything else becomes an event of its own name."""
