"""The files that a pull request touches, which no webhook tells.

https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
"""

from __future__ import annotations

import msgspec

from leverframe.core.events import Event
from leverframe.github.client import PAGE, GitHub
from leverframe.github.errors import Trouble

MOST = 3000
"""GitHub lists at most so many files of a pull request."""
PAGE_CAP = 16 * 1024 * 1024
"""Bytes of a page: each file comes with its patch."""


class _File(msgspec.Struct):
    filename: str
    previous_filename: str | None = None


class PullRequestFiles:
    """Asks GitHub's REST API, with a token that may read the repository's pull requests."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def __call__(self, event: Event) -> tuple[str, ...] | Trouble:
        """Return the paths, those that were renamed under both names; the trouble when GitHub does not tell them."""
        if event.repo is None or event.subject is None or event.subject.number is None:
            return Trouble(code="github_not_found", detail="the event names no pull request")
        pages = await self._github.pages(event.repo, f"/pulls/{event.subject.number}/files", list[_File], most=MOST // PAGE, cap=PAGE_CAP)
        if isinstance(pages, Trouble):
            return pages
        return tuple(path for page in pages for file in page for path in (file.filename, file.previous_filename) if path)
