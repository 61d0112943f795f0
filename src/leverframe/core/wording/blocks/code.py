"""Below the headline: commits, wiki pages, release notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leverframe.core import payload as reading
from leverframe.core.messages import Block, Bullets, Link, Rich, Text
from leverframe.core.wording.blocks.fields import fields, quote
from leverframe.core.wording.quoting import first_line, one_line, spans
from leverframe.core.wording.told import Told, linked
from leverframe.core.wording.voice import Voice
from leverframe.core.wording.wiki import read_page_list

_COMMITS = 5


def push(told: Told, voice: Voice) -> list[Block]:
    """The newest five commits, oldest first, and how many came before them."""
    commits = reading.items(told.payload, "commits")
    shown = [_commit(commit) for commit in commits[-_COMMITS:]]
    if not shown:
        return []
    earlier = max(len(commits), reading.number(told.payload, "size") or 0) - len(shown)
    if earlier > 0:
        shown.insert(0, linked(voice.earlier(earlier), reading.web(told.payload, "compare")))
    return [Bullets(tuple(shown))]


def _commit(commit: Mapping[str, Any]) -> Rich:
    sha = one_line(reading.text(commit, "id"))[:7] or "?"
    url = reading.web(commit, "url")
    author = one_line(reading.text(commit, "author", "username") or reading.text(commit, "author", "name"))
    words = first_line(reading.text(commit, "message"))
    tail = f" {words} — {author}" if author else f" {words}"
    return (Link(sha, url) if url else Text(sha), *spans(tail))


def create(told: Told, voice: Voice) -> list[Block]:
    """What a new repository says of itself; a branch or tag carries the repository's description, which is no news."""
    return quote(told, "description") if told.text("ref_type") == "repository" else []


def commit_comment(told: Told, voice: Voice) -> list[Block]:
    """The comment, and the file that it stands at."""
    path, line = told.text("comment", "path"), reading.number(told.payload, "comment", "line")
    place = f"{path}:{line}" if path and line is not None else path
    return [*quote(told, "comment", "body"), *fields(voice, ("file", place))]


def gollum(told: Told, voice: Voice) -> list[Block]:
    """Every page with what was done to it, when there are several or somebody wrote a summary."""
    pages = read_page_list(told)
    if len(pages) < 2 and not any(page.summary for page in pages):
        return []
    rows = []
    for page in pages:
        done = voice.word("page.created" if page.is_new else "page.deleted" if page.is_gone else "page.edited")
        rows.append((*page.link, Text(f" — {done}: {page.summary}" if page.summary else f" — {done}")))
    return [Bullets(tuple(rows))]


def release(told: Told, voice: Voice) -> list[Block]:
    """The release notes."""
    return [] if told.action in ("deleted", "unpublished") else quote(told, "release", "body")
