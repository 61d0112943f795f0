"""Fresh numbers for every send, linked as a story is: what is opened first is what is reviewed, merged and closed after."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Ids(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two sends of one sample."""

    at: datetime
    """When it happens; aware."""
    serial: int
    """Unique to this send: ids of comments and reviews, versions of pages."""
    issue: int
    """Number of the story's issue."""
    pull_request: int
    """Number of the story's pull request."""
    run: int
    """Number of the story's workflow run; its id is made of it."""
    run_attempt: int
    """1, or more after the run was run again."""
    deployment: int
    """Number of the story's deployment; its id is made of it."""
    release: int
    """The minor version of the story's release."""


class Story:
    """The numbers in use now. Opening something takes the next number; everything else speaks of the latest.

    Issues and pull requests share one sequence, as on GitHub, so their order tells their numbers. A run that failed is
    run again by the sample that passes.
    """

    def __init__(self, first_number: int) -> None:
        """Begin at ``first_number``: the number of the first thing that is opened (or spoken of unopened)."""
        self._next = first_number
        self._serial = first_number * 1_000
        self._latest: dict[str, int] = {}
        self._told: set[str] = set()
        self._attempt = 1
        self._run_failed = False

    def ids(self, name: str, at: datetime) -> Ids:
        """Return the numbers for one send, at ``at``, of the sample called ``name``."""
        self._serial += 1
        about, opens = _about(name)
        if name == "workflow_run.passed":
            opens = not self._run_failed
        if opens and about in self._told:
            del self._latest[about]
        if about == "run":
            self._attempt = 1 if opens else self._attempt + 1
            self._run_failed = name == "workflow_run.failed"
        self._told.add(about)
        return Ids(
            at=at,
            serial=self._serial,
            issue=self._number("issue"),
            pull_request=self._number("pull_request"),
            run=self._number("run"),
            run_attempt=self._attempt,
            deployment=self._number("deployment"),
            release=self._number("release"),
        )

    def _number(self, what: str) -> int:
        if what not in self._latest:
            shared = what in ("issue", "pull_request")
            self._latest[what] = self._next if shared else self._serial
            self._next += 1 if shared else 0
        return self._latest[what]


def _about(name: str) -> tuple[str, bool]:
    """Return what the sample is about, and whether it begins a new one of it."""
    event, _, what = name.partition(".")
    match event:
        case "issues" | "issue_comment":
            return "issue", what == "opened"
        case "pull_request" | "pull_request_review" | "pull_request_review_comment":
            return "pull_request", what == "opened"
        case "workflow_run":
            return "run", what == "failed"
        case "deployment" | "deployment_status":
            return "deployment", event == "deployment"
        case _:
            return event, event == "release"
