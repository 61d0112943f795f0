"""What a deployment has to know of its repository: refs, what would ship, how the checks stand. Satisfies ``ports.Repositories``.

https://docs.github.com/en/rest/commits/commits, …/checks/runs, …/commits/statuses
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.core.shipping import Change, Checks, Resolved, Shipping
from leverframe.github.client import LONG_CAP, PAGE, GitHub, quoted
from leverframe.github.errors import Trouble
from leverframe.github.runs import Listed

SHOWN = 50
"""Changes that are named; the total is always told."""
ASKED = 20
"""Commits for which GitHub is asked which pull request they came by: one request each."""
COMPARE_PAGES = 25
"""Pages of a hundred commits whose authors are read."""
CHECK_PAGES = 10
COMPARE_CAP = 16 * 1024 * 1024
"""Bytes of a comparison's page: the first comes with patches."""
SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHORT_SHA = re.compile(r"[0-9a-f]{7,64}")
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]|\.\.|@\{|//|/\.|\.lock(?:/|$)|^[/.-]|[/.]$|^@$|^$")  # git-check-ref-format(1)
_MERGE = re.compile(r"Merge pull request #(\d{1,9}) from \S+\n\n(.+)")
_SQUASH = re.compile(r"(.+) \(#(\d{1,9})\)$")
_CO_AUTHOR = re.compile(r"(?im)^co-authored-by:.*<(?:\d+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com>\s*$")
_PASSED = frozenset({"success", "neutral", "skipped"})
_LEVERS = frozenset({"workflow_dispatch", "repository_dispatch", "deployment", "deployment_status"})
"""What starts a run that is no integration of a commit: deployments, ours among them."""

Page = TypeVar("Page")


class _Repository(msgspec.Struct):
    default_branch: str


class _Person(msgspec.Struct):
    login: str = ""


class _Written(msgspec.Struct):
    class By(msgspec.Struct):
        name: str | None = None

    message: str = ""
    author: By | None = None


class _Commit(msgspec.Struct):
    sha: str
    commit: _Written
    html_url: str | None = None
    author: _Person | None = None
    committer: _Person | None = None

    @property
    def title(self) -> str:
        return self.commit.message.strip().partition("\n")[0]

    @property
    def by(self) -> str:
        if self.author is not None and self.author.login:
            return self.author.login
        return (self.commit.author.name if self.commit.author else None) or ""


class _Comparison(msgspec.Struct):
    status: str
    total_commits: int
    page: list[_Commit] = msgspec.field(name="commits")
    html_url: str | None = None
    behind_by: int = 0


class _Pull(msgspec.Struct):
    number: int
    title: str = ""
    html_url: str | None = None
    user: _Person | None = None
    merged_at: str | None = None


class _Suite(msgspec.Struct):
    id: int


class _CheckRun(msgspec.Struct):
    name: str
    status: str = ""
    conclusion: str | None = None
    check_suite: _Suite | None = None


class _CheckRuns(msgspec.Struct):
    page: list[_CheckRun] = msgspec.field(name="check_runs")


class _Status(msgspec.Struct):
    context: str
    state: str


class _Statuses(msgspec.Struct):
    page: list[_Status] = msgspec.field(name="statuses")


class GitHubRepositories:
    """Asks one GitHub. Every method raises ``Refused`` with a code of GitHub's trouble; with ``retry_after_s`` where it asks to wait."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def resolve(self, repository: str, ref: str | None) -> Resolved:
        """Return the commit of a branch, tag or commit (short or whole); of the default branch for ``None``.

        A commit's ``ref`` is its whole sha. Raises ``Refused("ref_unknown")`` and GitHub's troubles.
        """
        if ref is None:
            ref = await self.default_branch(repository)
        sha = _sure(await self.commit(repository, ref))
        named = sha if _SHORT_SHA.fullmatch(ref.lower()) and sha.startswith(ref.lower()) else ref
        return Resolved(ref=named, sha=sha, url=f"{self._github.web_url}/{repository}/commit/{sha}")

    async def commit(self, repository: str, ref: str) -> str | Trouble:
        """Return the sha of a branch, tag or commit."""
        unknown = Trouble(code="ref_unknown", detail=f"{repository}: {ref[:100]}")
        if _BAD_REF.search(ref) or len(ref) > 255:
            return unknown
        answer = await self._github.text(repository, f"/commits{quoted(ref)}", "application/vnd.github.sha")
        if isinstance(answer, Trouble):
            return unknown if answer.code == "ref_unknown" else answer
        return sha if SHA.fullmatch(sha := answer.strip()) else Trouble(code="github_answer_invalid", detail="it tells no commit", again=True)

    async def default_branch(self, repository: str) -> str:
        """Return the name of the default branch. Raises GitHub's troubles."""
        return _sure(await self.head(repository))

    async def head(self, repository: str) -> str | Trouble:
        """Return the name of the default branch."""
        found = await self._github.get(repository, "", _Repository)
        return found if isinstance(found, Trouble) else found.default_branch

    async def shipping(self, repository: str, base: str, head: str) -> Shipping:
        """Return the pull requests and commits between two commits; for a step back, what it takes away.

        ``authors`` are all logins, co-authors among them, of the newest 2,500 commits. Raises ``Refused("ref_unknown")``
        when one of the commits is not there (any more), and GitHub's troubles.
        """
        first = await self._compare(repository, base, head, 1)
        behind = first.status == "behind"
        url = first.html_url
        if behind:
            base, head = head, base
            first = await self._compare(repository, base, head, 1)
        last = -(-first.total_commits // PAGE)
        wanted = range(max(2, last - COMPARE_PAGES + 1), last + 1)
        commits = list(first.page) if last <= COMPARE_PAGES else []
        for page in wanted:
            commits += (await self._compare(repository, base, head, page)).page
        commits.reverse()  # GitHub tells the oldest first
        changes = await self._changes(repository, commits[:SHOWN])
        return Shipping(changes=changes, total=first.total_commits, authors=_authors(commits), url=url, behind=behind)

    async def checks(self, repository: str, sha: str, required: tuple[str, ...]) -> Checks:
        """Return how check runs and commit statuses of a commit stand.

        Where ``required`` names checks, only they count, and one that has not reported yet is waited for. Where it does not,
        all count but those of deployments: a deployment that failed must not keep the next one from the same commit.
        Raises GitHub's troubles.
        """
        commit = f"/commits{quoted(sha)}"
        runs = _sure(await self._github.pages(repository, f"{commit}/check-runs", _CheckRuns, {"filter": "latest"}, most=CHECK_PAGES))
        found = [run for listed in runs for run in listed.page]
        statuses = _sure(await self._github.pages(repository, f"{commit}/status", _Statuses, most=CHECK_PAGES))
        if not required and any(_state(run) != "success" for run in found):
            levers = await self._levers(repository, sha)
            found = [run for run in found if run.check_suite is None or run.check_suite.id not in levers]
        states: dict[str, set[str]] = {name: set() for name in required}
        for name, state in [*((run.name, _state(run)) for run in found), *((status.context, status.state) for listed in statuses for status in listed.page)]:
            if not required or name in states:
                states.setdefault(name, set()).add(state)
        failing = tuple(sorted(name for name, known in states.items() if known & {"failure", "error"}))
        waiting = tuple(sorted(name for name, known in states.items() if name not in failing and (not known or "pending" in known)))
        return Checks(state="failure" if failing else "pending" if waiting else "success" if states else "none", failing=failing, waiting=waiting)

    async def _levers(self, repository: str, sha: str) -> set[int]:
        """Return the check suites of runs that somebody started, rather than a push. Without leave to see runs, none is known."""
        listed = await self._github.pages(repository, "/actions/runs", Listed, {"head_sha": sha}, most=2)
        if isinstance(listed, Trouble):
            if listed.code == "github_permission_missing":
                return set()
            raise listed.refused()
        return {run.check_suite_id for page in listed for run in page.page if run.event in _LEVERS and run.check_suite_id is not None}

    async def _compare(self, repository: str, base: str, head: str, page: int) -> _Comparison:
        path = f"/compare{quoted(base)}...{quoted(head)[1:]}"
        found = await self._github.get(repository, path, _Comparison, {"per_page": PAGE, "page": page}, cap=COMPARE_CAP if page == 1 else LONG_CAP)
        if isinstance(found, Trouble) and found.status == 404:
            await self.default_branch(repository)  # raises when it is the repository that is not to be seen
            raise Refused("ref_unknown", about(repository, "either", one=base[:40], other=head[:40]))
        return _sure(found)

    async def _changes(self, repository: str, commits: Sequence[_Commit]) -> tuple[Change, ...]:
        """Return the commits as changes, newest first, a pull request's commits as the one pull request."""
        pulls: dict[str, _Pull] = {}
        for commit in commits:
            if (pull := _told(commit)) is not None:
                pulls[commit.sha] = pull
        asked = [commit for commit in commits if commit.sha not in pulls][:ASKED]
        for commit, answer in zip(asked, await asyncio.gather(*(self._pull(repository, commit.sha) for commit in asked)), strict=True):
            if answer is not None:
                pulls[commit.sha] = answer
        told = {pull.number: pull for pull in sorted(pulls.values(), key=lambda pull: pull.merged_at is not None)}
        changes: dict[object, Change] = {}
        for commit in commits:
            if commit.sha in pulls:
                pull = told[pulls[commit.sha].number]
                by = pull.user.login if pull.user else commit.by
                url = pull.html_url or f"{self._github.web_url}/{repository}/pull/{pull.number}"
                changes.setdefault(pull.number, Change(title=pull.title, author=by, url=url, number=pull.number, sha=commit.sha))
            else:
                changes[commit.sha] = Change(title=commit.title, author=commit.by, url=commit.html_url, sha=commit.sha)
        return tuple(changes.values())

    async def _pull(self, repository: str, sha: str) -> _Pull | None:
        """Return the merged pull request that a commit came by. What cannot be asked leaves a commit, which is true too."""
        found = await self._github.get(repository, f"/commits{quoted(sha)}/pulls", list[_Pull], cap=LONG_CAP)
        return None if isinstance(found, Trouble) else next((pull for pull in found if pull.merged_at), None)


def _sure(answer: Page | Trouble) -> Page:
    if isinstance(answer, Trouble):
        raise answer.refused()
    return answer


def _told(commit: _Commit) -> _Pull | None:
    """Return the pull request that GitHub itself wrote into a commit's message when it was merged on its pages."""
    if commit.committer is None or commit.committer.login != "web-flow":
        return None
    if merged := _MERGE.match(commit.commit.message):
        return _Pull(number=int(merged[1]), title=merged[2])  # who merged it is not who wrote it: the inner commits tell
    if squashed := _SQUASH.fullmatch(commit.title):
        return _Pull(number=int(squashed[2]), title=squashed[1], user=_Person(login=commit.by))
    return None


def _authors(commits: Iterable[_Commit]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for commit in commits:
        if commit.author is not None and commit.author.login:
            found[commit.author.login] = None
        found.update(dict.fromkeys(_CO_AUTHOR.findall(commit.commit.message)))
    return tuple(found)


def _state(run: _CheckRun) -> str:
    if run.status != "completed":
        return "pending"
    return "success" if run.conclusion in _PASSED else "failure"
