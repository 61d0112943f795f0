"""The JSON of Yobi, NAVER's project hosting: one object for a push, with all of its refs.

https://github.com/naver/yobi/blob/next/docs/ko/technical/webhook-server-internal.md

What Yobi does and this does not, each of which its receivers can only gain by: hours went from 1 to 12 (here 0 to 23), addresses of the
project were paths without a host (here whole where they are known), a commit's address lacked the owner, the secret was kept and never sent
(here as Yona, its successor, sends it, and beside it signatures), nothing was tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from leverframe.core.json_objects import written
from leverframe.core.payload import at, flag, items, mapping, moment, number, text
from leverframe.core.projects import Project, pusher_of
from leverframe.core.signing import standard_headers, token_header
from leverframe.ports.payloads import Ignored, Occasion, Payload, Sending

HEADERS = {"Content-Type": "application/json", "User-Agent": "Yobi-Hookshot"}


class Yobi:
    """``{"ref": […], "commits": […], "head_commit": …, "sender": …, "pusher": …, "repository": …}``. Satisfies ``ports.payloads.Format``."""

    name = "yobi"
    topics: frozenset[str] | None = frozenset({"push"})
    sends = ("Yobi's JSON: all refs of a push and its commits, the newest first", "Yobi의 JSON: 푸시의 모든 ref와 커밋(최신 순)")

    def render(self, occasion: Occasion) -> Payload | Ignored:
        """Return a push; Yobi tells of nothing else."""
        if occasion.event.name != "push":
            return Ignored("the format yobi sends pushes only")
        given, project = occasion.event.payload, occasion.project
        commits = [_commit(one, project) for one in _commits(given)]
        head = mapping(given, "head_commit")
        sender, pusher = _people(occasion)
        body = written({
            "ref": _refs(given),
            "commits": commits,
            "head_commit": _commit(head, project) if head else next(iter(commits), None),
            "sender": sender,
            "pusher": pusher,
            "repository": _repository(given, project),
        })  # fmt: skip
        return Payload(body=body, headers=HEADERS)

    def sign(self, payload: Payload, sending: Sending) -> dict[str, str]:
        """Return the headers of one try; the newest secret is sent as Yona sends it, which keeps it from nobody on the way without TLS."""
        proof = standard_headers(sending.secrets, sending.delivery_id, sending.attempt_at, payload.body)
        return {**payload.headers, **proof, **token_header(sending.secrets)}


def _refs(given: Mapping[str, Any]) -> list[str]:
    """Return the refs of the push: those of ``refs``, which a source names that hears them together, else the one of ``ref``."""
    named = at(given, "refs")
    several = [one if isinstance(one, str) else text(one, "ref") for one in named] if isinstance(named, list) else []
    return [ref for ref in several if ref] or [ref for ref in [text(given, "ref")] if ref]


def _commits(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the commits of the push, the newest first: of several refs those of the first ref first, and none twice."""
    by_ref = [items(one, "commits") for one in items(given, "refs")] or [items(given, "commits")]
    found: dict[str, Mapping[str, Any]] = {}
    for commits in by_ref:
        for commit in reversed(commits):
            found.setdefault(text(commit, "id"), commit)
    return list(found.values())


def _commit(commit: Mapping[str, Any], project: Project) -> dict[str, Any]:
    id = text(commit, "id")
    return {
        "id": id,
        "message": text(commit, "message"),
        "timestamp": _time(commit),
        "url": text(commit, "url") or project.commit(id) or f"/{project.name}/commit/{id}",
        "author": _person(commit, "author"),
        "committer": _person(commit, "committer"),
    }


def _person(commit: Mapping[str, Any], which: str) -> dict[str, str]:
    return {"name": text(commit, which, "name"), "email": text(commit, which, "email")}


def _time(commit: Mapping[str, Any]) -> str:
    """Return a commit's moment as Yobi writes it (``2015-06-12T04:41:21+0900``), in the offset that the source gave."""
    given = text(commit, "timestamp")
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        found = moment(commit, "timestamp") or datetime.fromtimestamp(0, UTC)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%S%z")


def _people(occasion: Occasion) -> tuple[dict[str, Any], dict[str, str]]:
    """Return sender and pusher, who with Yobi are the same person, from the payload and what the map of pushers knows of them."""
    given = occasion.event.payload
    login, email = text(given, "sender", "login") or text(given, "pusher", "name"), text(given, "pusher", "email")
    known = pusher_of(occasion.pushers, login, email, text(given, "pusher", "name"))
    its_id = known.id if known.id is not None else number(given, "sender", "id")
    sender = {
        "login": known.login or login,
        "id": its_id or 0,
        "avatar_url": known.avatar or text(given, "sender", "avatar_url"),
        "type": text(given, "sender", "type") or "User",
        "site_admin": flag(given, "sender", "site_admin"),
    }
    return sender, {"name": known.name or text(given, "pusher", "name") or login, "email": known.email or email}


def _repository(given: Mapping[str, Any], project: Project) -> dict[str, Any]:
    told = number(given, "repository", "id")
    return {
        "id": project.number if project.id is not None or told is None else told,
        "name": project.short_name,
        "owner": project.owner,
        "html_url": project.web or text(given, "repository", "html_url") or f"/{project.name}",
        "overview": text(given, "repository", "description") if project.overview is None else project.overview,
        "private": flag(given, "repository", "private") if project.private is None else project.private,
    }
