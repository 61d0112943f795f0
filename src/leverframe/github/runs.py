"""Workflow runs: found by our id in their names, followed, cancelled, and why they failed.

https://docs.github.com/en/rest/actions/workflow-runs, …/workflow-jobs
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

import msgspec

from leverframe.core.log_tails import tail
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Run, Unreachable
from leverframe.github.client import LONG_CAP, PAGE, GitHub, quoted
from leverframe.github.errors import Trouble
from leverframe.net import Answer
from leverframe.ports import Clock, Order

LISTED_AFTER_S = 120.0
"""GitHub's lists lag: only after so long is a run that is not listed likely not there. It is never certain."""
LOOK_AGAIN_S = 5.0
LOOK_BACK = timedelta(minutes=5)
"""How far GitHub's clock may be behind ours."""
PAGES = 5
LOG_CAP = 1_048_576
TAIL_BYTES = 65_536
_ID = re.compile(r"[1-9][0-9]{0,19}")
_STAMP = re.compile(r"(?m)^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ")
_MARK = re.compile(r"(?m)^##\[(\w+)\]")
_FAILED = frozenset({"failure", "timed_out", "cancelled", "startup_failure"})


class Job(msgspec.Struct):
    """A job of a run, and its steps."""

    class Step(msgspec.Struct):
        """One step of a job."""

        name: str = ""
        status: str = ""
        conclusion: str | None = None

    id: int
    name: str = ""
    status: str = ""
    conclusion: str | None = None
    steps: list[Step] | None = None


class Jobs(msgspec.Struct):
    """The jobs of a run."""

    jobs: list[Job]


class Seen(msgspec.Struct):
    """A run, as far as it matters."""

    id: int
    status: str | None = None
    conclusion: str | None = None
    html_url: str | None = None
    run_number: int | None = None
    display_title: str | None = None
    name: str | None = None
    head_sha: str | None = None
    event: str | None = None
    check_suite_id: int | None = None

    @property
    def run(self) -> Run:
        """It, as the hub keeps it."""
        return Run(id=str(self.id), number=None if self.run_number is None else f"#{self.run_number}", url=self.html_url)


class Listed(msgspec.Struct):
    """A page of runs."""

    page: list[Seen] = msgspec.field(name="workflow_runs")


class _Annotation(msgspec.Struct):
    message: str | None = None
    annotation_level: str | None = None


class Runs:
    """The runs of one GitHub. Never raises for what GitHub does."""

    def __init__(self, github: GitHub, clock: Clock) -> None:
        self._github, self._clock = github, clock

    async def find(self, order: Order, *, event: Literal["workflow_dispatch", "repository_dispatch"], workflow: str | None) -> Found | Absent | Unreachable:
        """Return the run whose name (``run-name``) holds the order's correlation id, the first if there are several.

        Within :data:`LISTED_AFTER_S` of the order one that is not listed is not known to be absent, and after that not for sure.
        """
        path = quoted("actions", "workflows", workflow, "runs") if workflow else "/actions/runs"
        query: dict[str, str | int] = {"event": event}
        if order.ordered_at is not None:
            query["created"] = f">={order.ordered_at - LOOK_BACK:%Y-%m-%dT%H:%M:%S}Z"
        pages = await self._github.pages(order.repository or "", path, Listed, query, most=PAGES)
        if isinstance(pages, Trouble):
            return pages.unreachable()
        named = _named(order.correlation_id)
        found = [seen for listed in pages for seen in listed.page if named.search(seen.display_title or "") or named.search(seen.name or "")]
        if found:
            return Found(run=min(found, key=lambda seen: seen.id).run)
        if order.ordered_at is not None and self._clock.now() < order.ordered_at + timedelta(seconds=LISTED_AFTER_S):
            return Unreachable(code="github_run_not_listed", detail=f"no run is named “… {order.correlation_id}” yet", after_s=LOOK_AGAIN_S)
        return Absent(sure=False)

    async def poll(self, repository: str, run: Run, *, sha: str | None) -> Going | Finished | Absent | Unreachable:
        """Return how the run stands. One that succeeded at another commit than ``sha`` (``None``: any) has failed to do what was asked."""
        if not _ID.fullmatch(run.id):
            return Absent(sure=False)
        seen = await self._github.get(repository, quoted("actions", "runs", run.id), Seen)
        if isinstance(seen, Trouble):
            return await self._gone(repository, seen)
        if seen.status == "completed" and seen.conclusion:
            return await self._ended(repository, seen, sha)
        if seen.status != "in_progress":
            return Going(run=seen.run, step=(seen.status or "").replace("_", " "), waiting=True, review=seen.status == "waiting")
        jobs = await self._github.get(repository, quoted("actions", "runs", run.id, "jobs"), Jobs, {"per_page": PAGE}, cap=LONG_CAP)
        # Without its jobs the run still goes; only what it is doing is not known.
        return Going(run=seen.run, step="" if isinstance(jobs, Trouble) else _step(jobs.jobs))

    async def cancel(self, repository: str, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Ask GitHub to cancel the run."""
        if not _ID.fullmatch(run.id):
            return CancelRefused(code="github_not_found", detail="not the id of a run")
        answer = await self._github.post(repository, quoted("actions", "runs", run.id, "cancel"))
        if isinstance(answer, Answer):
            return CancelTaken() if answer.status == 202 else Unreachable(code="github_answer_invalid", detail=f"HTTP {answer.status}")
        if answer.code == "github_conflict":
            return CancelRefused(code="run_ended" if "completed" in answer.detail else answer.code, detail=answer.detail)
        if answer.again or not answer.surely_not:
            return answer.unreachable()
        return CancelRefused(code=answer.code, detail=answer.detail)

    async def _gone(self, repository: str, trouble: Trouble) -> Absent | Unreachable:
        """Tell a run that was deleted from a token that lost its access: both are a 404."""
        if trouble.status == 404 and not isinstance(await self._github.get(repository, "", dict[str, object]), Trouble):
            return Absent(sure=False)  # it was there, so it is not to be started again
        return trouble.unreachable()

    async def _ended(self, repository: str, seen: Seen, sha: str | None) -> Finished:
        if seen.conclusion == "cancelled":
            return Finished(run=seen.run, result="cancelled")
        if seen.conclusion != "success":
            return await self._failed(repository, seen)
        if sha and seen.head_sha and seen.head_sha != sha:
            detail = f"it ran at {seen.head_sha[:7]}, not at {sha[:7]}: the branch moved in between"
            return Finished(run=seen.run, result="failed", detail=detail)
        return Finished(run=seen.run, result="succeeded")

    async def _failed(self, repository: str, seen: Seen) -> Finished:
        detail, log_tail = (seen.conclusion or "failed").replace("_", " "), ""
        jobs = await self._github.get(repository, quoted("actions", "runs", str(seen.id), "jobs"), Jobs, {"per_page": PAGE}, cap=LONG_CAP)
        job = None if isinstance(jobs, Trouble) else next((job for job in jobs.jobs if job.conclusion in _FAILED), None)
        if job is not None:
            step = next((step.name for step in job.steps or () if step.conclusion in _FAILED), "")
            detail = f"{job.name}: {step}" if step else job.name or detail
            said = await self._annotation(repository, job.id)
            detail += f": {said}" if said else ""
            log_tail = await self._log(repository, job.id)
        return Finished(run=seen.run, result="failed", detail=detail[:500], log_tail=log_tail)

    async def _annotation(self, repository: str, job: int) -> str:
        """Return the first failure that the job annotated, "" where the token may not read checks."""
        found = await self._github.get(repository, quoted("check-runs", str(job), "annotations"), list[_Annotation])
        if isinstance(found, Trouble):
            return ""
        said = [" ".join((note.message or "").split()) for note in found if note.annotation_level == "failure"]
        return next(iter(sorted(filter(None, said), key=lambda words: words.startswith("Process completed with exit code"))), "")[:300]

    async def _log(self, repository: str, job: int) -> str:
        """Return the last lines of a job's log up to its error, "" where it cannot be had."""
        url = await self._github.redirection(repository, quoted("actions", "jobs", str(job), "logs"))
        if isinstance(url, Trouble):
            return ""
        answer = await self._github.elsewhere(url, {}, cap=LOG_CAP)
        if isinstance(answer, Trouble) or answer.status != 200:
            return ""
        length = answer.headers.get("content-length", "")
        if len(answer.body) >= LOG_CAP and length.isascii() and length.isdecimal() and int(length) > LOG_CAP:
            size = int(length)
            end = await self._github.elsewhere(url, {"Range": f"bytes={size - TAIL_BYTES}-{size - 1}"}, cap=TAIL_BYTES)
            if isinstance(end, Trouble) or end.status != 206:
                return ""
            answer = end
        return shown_log(answer.body.decode("utf-8", "replace"))


def shown_log(log: str) -> str:
    """Return the end of a job's log without its time stamps: up to the last error, for after that comes only cleaning up."""
    lines = _STAMP.sub("", log)
    error = lines.rfind("##[error]")
    if error >= 0:
        lines = lines[: lines.find("\n", error)] if "\n" in lines[error:] else lines
    return tail(_MARK.sub(lambda match: "Error: " if match[1] == "error" else "", lines))


def _named(correlation_id: str) -> re.Pattern[str]:
    """Return what finds the id in a run's name, but not as the beginning or the end of another."""
    return re.compile(rf"(?<![\w.-]){re.escape(correlation_id)}(?![\w-]|\.\w)")


def _step(jobs: list[Job]) -> str:
    for job in jobs:
        if job.status == "in_progress":
            step = next((step.name for step in job.steps or () if step.status == "in_progress"), "")
            return f"{job.name}: {step}" if step else job.name
    return ""
