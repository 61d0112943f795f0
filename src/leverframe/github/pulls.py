"""The files that a pull request touches, which no webhook tells.

https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import structlog

from leverframe.core.events import Event
from leverframe.net import NotSent, Outbound

PAGE = 100
MOST = 3000
"""GitHub lists at most so many files of a pull request."""
PAGE_CAP = 16 * 1024 * 1024
"""Bytes of a page: each file comes with its patch."""
log = structlog.get_logger("leverframe.github")


class PathsUnknown(Exception):
    """GitHub could not be asked just now: the event is routed again later."""


class PullRequestFiles:
    """Asks GitHub's REST API, with a token that may read the repository's pull requests."""

    def __init__(self, outbound: Outbound, api_url: str, token: str) -> None:
        self._outbound, self._api = outbound, api_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}

    async def __call__(self, event: Event) -> tuple[str, ...] | None:
        """Return the paths; ``None`` when GitHub does not let the token see them.

        Raises :class:`PathsUnknown` when GitHub is away or asks to wait.
        """
        if event.repo is None or event.subject is None or event.subject.number is None:
            return None
        found: list[str] = []
        for page in range(1, MOST // PAGE + 1):
            url = f"{self._api}/repos/{quote(event.repo)}/pulls/{event.subject.number}/files?per_page={PAGE}&page={page}"
            try:
                answer = await self._outbound.get(url, self._headers, cap=PAGE_CAP)
            except NotSent as error:
                raise PathsUnknown(error.reason) from None
            if answer.status in (401, 404, 410) or (answer.status == 403 and answer.headers.get("x-ratelimit-remaining") != "0"):
                log.warning("pull_request_files_refused", repo=event.repo, status=answer.status)
                return None
            if answer.status != 200:
                raise PathsUnknown(f"GitHub answered {answer.status}")
            files = msgspec.json.decode(answer.body, type=list[Mapping[str, Any]])
            for file in files:
                found.append(str(file.get("filename", "")))
                if isinstance(before := file.get("previous_filename"), str):
                    found.append(before)
            if len(files) < PAGE:
                break
        return tuple(path for path in found if path)
