"""The objects that GitHub's payloads are made of, with every field that GitHub sends.

Shapes: https://docs.github.com/en/webhooks/webhook-events-and-payloads, compared with the examples of
``@octokit/webhooks-examples``. People, repository and texts are made up.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any

API, SITE = "https://api.github.com", "https://github.com"
OWNER, REPO = "acme", "acme/web-app"
REPO_API, REPO_SITE = f"{API}/repos/{REPO}", f"{SITE}/{REPO}"
SEOUL = timezone(timedelta(hours=9))

Json = dict[str, Any]

NAMES = {
    "minseo-kim": ("김민서", 41_010_001),
    "jiho-lee": ("이지호", 41_010_002),
    "haneul-park": ("박하늘", 41_010_003),
    "dana-whitfield": ("Dana Whitfield", 41_010_004),
    "tom-becker": ("Tom Becker", 41_010_005),
    "github-actions[bot]": ("GitHub Actions", 41_898_282),
    "dependabot[bot]": ("Dependabot", 49_699_333),
    "acme": ("Acme", 9_040_000),
}


def stamp(at: datetime) -> str:
    """Return ``at`` as GitHub writes an instant: ``2026-11-21T07:20:41Z``."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def local_stamp(at: datetime) -> str:
    """Return ``at`` as git writes it in a commit, with the author's offset (here Seoul's)."""
    return at.astimezone(SEOUL).isoformat(timespec="seconds")


def sha(of: str) -> str:
    """Return forty hexadecimal digits, the same for the same words."""
    return hashlib.sha1(of.encode(), usedforsecurity=False).hexdigest()


def node(kind: str, number: int) -> str:
    """Return a node id in the style of GitHub's older ones."""
    return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def user(login: str) -> Json:
    """Return the account of somebody in :data:`NAMES`; a login that ends in ``[bot]`` is an app's."""
    number = NAMES[login][1]
    slug = login.replace("[", "%5B").replace("]", "%5D")
    api = f"{API}/users/{slug}"
    is_bot = login.endswith("[bot]")
    return {
        "login": login, "id": number, "node_id": node("User", number),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4", "gravatar_id": "", "url": api,
        "html_url": f"{SITE}/apps/{login.removesuffix('[bot]')}" if is_bot else f"{SITE}/{login}",
        "followers_url": f"{api}/followers", "following_url": f"{api}/following{{/other_user}}", "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}", "subscriptions_url": f"{api}/subscriptions", "organizations_url": f"{api}/orgs",
        "repos_url": f"{api}/repos", "events_url": f"{api}/events{{/privacy}}", "received_events_url": f"{api}/received_events",
        "type": "Bot" if is_bot else "Organization" if login == OWNER else "User", "user_view_type": "public", "site_admin": False,
    }  # fmt: skip


def organization() -> Json:
    """Return the organisation that owns the repository."""
    api = f"{API}/orgs/{OWNER}"
    number = NAMES[OWNER][1]
    return {
        "login": OWNER, "id": number, "node_id": node("Organization", number), "url": api, "repos_url": f"{api}/repos",
        "events_url": f"{api}/events", "hooks_url": f"{api}/hooks", "issues_url": f"{api}/issues", "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}", "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "description": "A shop that sells everything",
    }  # fmt: skip


_SUFFIXES = {
    "forks_url": "forks", "keys_url": "keys{/key_id}", "collaborators_url": "collaborators{/collaborator}", "teams_url": "teams", "hooks_url": "hooks",
    "issue_events_url": "issues/events{/number}", "events_url": "events", "assignees_url": "assignees{/user}", "branches_url": "branches{/branch}",
    "tags_url": "tags", "blobs_url": "git/blobs{/sha}", "git_tags_url": "git/tags{/sha}", "git_refs_url": "git/refs{/sha}",
    "trees_url": "git/trees{/sha}", "statuses_url": "statuses/{sha}", "languages_url": "languages", "stargazers_url": "stargazers",
    "contributors_url": "contributors", "subscribers_url": "subscribers", "subscription_url": "subscription", "commits_url": "commits{/sha}",
    "git_commits_url": "git/commits{/sha}", "comments_url": "comments{/number}", "issue_comment_url": "issues/comments{/number}",
    "contents_url": "contents/{+path}", "compare_url": "compare/{base}...{head}", "merges_url": "merges", "archive_url": "{archive_format}{/ref}",
    "downloads_url": "downloads", "issues_url": "issues{/number}", "pulls_url": "pulls{/number}", "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}", "labels_url": "labels{/name}", "releases_url": "releases{/id}",
    "deployments_url": "deployments",
}  # fmt: skip


def repository(at: datetime, *, stars: int = 128) -> Json:
    """Return ``acme/web-app`` as it stands at ``at``."""
    return {
        "id": 870_440_021, "node_id": node("Repository", 870_440_021), "name": "web-app", "full_name": REPO, "private": False, "owner": user(OWNER),
        "html_url": REPO_SITE, "description": "The shop that customers see", "fork": False, "url": REPO_API,
        **{key: f"{REPO_API}/{suffix}" for key, suffix in _SUFFIXES.items()},
        "created_at": "2023-03-02T01:10:09Z", "updated_at": stamp(at), "pushed_at": stamp(at), "git_url": f"git://github.com/{REPO}.git",
        "ssh_url": f"git@github.com:{REPO}.git", "clone_url": f"{REPO_SITE}.git", "svn_url": REPO_SITE, "homepage": "https://shop.acme.example",
        "size": 48_213, "stargazers_count": stars, "watchers_count": stars, "language": "TypeScript", "has_issues": True, "has_projects": True,
        "has_downloads": True, "has_wiki": True, "has_pages": False, "has_discussions": False, "forks_count": 14, "mirror_url": None, "archived": False,
        "disabled": False, "open_issues_count": 23,
        "license": {"key": "mit", "name": "MIT License", "spdx_id": "MIT", "url": f"{API}/licenses/mit", "node_id": node("License", 13)},
        "allow_forking": True, "is_template": False, "web_commit_signoff_required": False, "topics": ["shop", "typescript"], "visibility": "public",
        "forks": 14, "open_issues": 23, "watchers": stars, "default_branch": "main", "custom_properties": {},
    }  # fmt: skip


def git_person(login: str) -> Json:
    """Return somebody as a commit names them."""
    name, number = NAMES[login]
    return {"name": name, "email": f"{number}+{login}@users.noreply.github.com", "username": login}


def commit(of: str, login: str, message: str, at: datetime, *, added: list[str], removed: list[str], modified: list[str]) -> Json:
    """Return one commit of a push; ``of`` makes its hash."""
    return {
        "id": sha(of), "tree_id": sha(f"tree {of}"), "distinct": True, "message": message, "timestamp": local_stamp(at),
        "url": f"{REPO_SITE}/commit/{sha(of)}", "author": git_person(login), "committer": git_person(login),
        "added": added, "removed": removed, "modified": modified,
    }  # fmt: skip


def label(name: str, color: str, description: str) -> Json:
    """Return a label."""
    number = 5_500_000_000 + sum(name.encode())
    return {
        "id": number, "node_id": node("Label", number), "url": f"{REPO_API}/labels/{name}", "name": name, "color": color, "default": name == "bug",
        "description": description,
    }  # fmt: skip


def reactions(of: str) -> Json:
    """Return an empty tally of reactions to the object at the address ``of``."""
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{of}/reactions", "total_count": 0, **dict.fromkeys(kinds, 0)}
