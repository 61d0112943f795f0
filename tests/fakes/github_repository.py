"""What a fake GitHub keeps of a repository: its commits, branches, pull requests, checks, workflows and runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakes.github_hooks import FakeHook

QUEUED = "queued"


@dataclass
class Commit:
    """One commit; ``login`` is ``None`` where GitHub knows no account of the author's address."""

    sha: str
    message: str
    login: str | None
    parents: tuple[str, ...]
    number: int
    committer: str = "ann"
    """``web-flow`` for what was made on GitHub's own pages."""


@dataclass
class Pull:
    """A merged pull request and its commits."""

    number: int
    title: str
    login: str
    commits: tuple[str, ...]


@dataclass
class Workflow:
    """One workflow file: the inputs that it takes (name → whether it is required) and how it names its runs."""

    id: int
    file: str
    inputs: dict[str, bool]
    run_name: str = "Deploy {service} to {env} ({correlation_id})"
    trigger: bool = True
    state: str = "active"
    options: dict[str, list[str]] = field(default_factory=dict)
    on_dispatch: str | None = None
    """The ``event_type`` of a repository_dispatch that starts it."""
    text: str | None = "on: workflow_dispatch\n"
    """The file on the default branch."""


@dataclass
class Run:
    """One run of a workflow, with one job ``deploy`` of the steps ``Set up job``, ``Deploy`` and ``Complete job``."""

    id: int
    number: int
    workflow: Workflow
    event: str
    ref: str
    head_sha: str
    title: str
    inputs: dict[str, Any]
    created_at: datetime
    status: str = QUEUED
    conclusion: str | None = None
    log: str = ""
    annotations: list[dict[str, str]] = field(default_factory=list)

    @property
    def job_id(self) -> int:
        """The id of its job, which is its check run's too."""
        return self.id * 10


@dataclass
class Repository:
    """One repository. Change anything while it is served."""

    name: str
    private: bool = True
    default_branch: str = "main"
    archived: bool = False
    moved: bool = False
    may: dict[str, bool] = field(default_factory=lambda: {"admin": True, "push": True, "pull": True})
    """What the account of any token may here."""
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    pulls: list[Pull] = field(default_factory=list)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    check_runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hooks: list[FakeHook] = field(default_factory=list)
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What pull requests touch, by number."""

    def commit(self, message: str, login: str | None = "ann", *, branch: str = "main", parents: tuple[str, ...] | None = None, committer: str = "ann") -> str:
        """Add a commit to a branch (made from the default branch if it is new) and return its sha."""
        number = len(self.commits) + 1
        if parents is None:
            tip = self.branches.get(branch) or self.branches.get(self.default_branch)
            parents = (tip,) if tip else ()
        sha = sha1(f"{self.name} {number} {message}".encode()).hexdigest()
        self.commits[sha] = Commit(sha, message, login, parents, number, committer)
        self.branches[branch] = sha
        return sha

    def merge(self, number: int, title: str, login: str, branch: str) -> str:
        """Merge a branch into the default one by a pull request, with a merge commit as GitHub writes it; return that commit's sha."""
        tip, base = self.branches[branch], self.branches[self.default_branch]
        inner = [commit.sha for commit in self.between(base, tip)]
        sha = self.commit(f"Merge pull request #{number} from acme/{branch}\n\n{title}", login, parents=(base, tip), committer="web-flow")
        self.pulls.append(Pull(number, title, login, (*inner, sha)))
        return sha

    def squash(self, number: int, title: str, login: str) -> str:
        """Add a pull request that was squashed into one commit; return its sha."""
        sha = self.commit(f"{title} (#{number})\n\nwhat it does", login, committer="web-flow")
        self.pulls.append(Pull(number, title, login, (sha,)))
        return sha

    def find(self, ref: str) -> str | None:
        """Return the sha of a branch, a tag, a full or a short sha (of seven letters at least)."""
        for prefix, names in (("heads/", self.branches), ("tags/", self.tags), ("refs/heads/", self.branches), ("refs/tags/", self.tags)):
            if ref.startswith(prefix) and ref.removeprefix(prefix) in names:
                return names[ref.removeprefix(prefix)]
        if ref in self.branches or ref in self.tags:
            return self.branches.get(ref) or self.tags[ref]
        found = [sha for sha in self.commits if len(ref) >= 7 and sha.startswith(ref.lower())]
        return found[0] if len(found) == 1 else None

    def before(self, sha: str) -> set[str]:
        """Return a commit and all before it."""
        seen: set[str] = set()
        todo = [sha]
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo += self.commits[at].parents
        return seen

    def between(self, base: str, head: str) -> list[Commit]:
        """Return what ``head`` has and ``base`` has not, oldest first."""
        return sorted((self.commits[sha] for sha in self.before(head) - self.before(base)), key=lambda commit: commit.number)

    def workflow(self, file: str = "deploy.yml", inputs: dict[str, bool] | None = None, **more: Any) -> Workflow:
        """Add a workflow; without ``inputs`` it takes ``service``, ``env``, ``size`` and ``correlation_id``."""
        taken = {"service": True, "env": True, "size": False, "correlation_id": False} if inputs is None else inputs
        self.workflows[file] = Workflow(id=1000 + len(self.workflows), file=file, inputs=taken, **more)
        return self.workflows[file]

    def check(self, sha: str, name: str, conclusion: str | None, *, suite: int = 1) -> None:
        """Add a check run to a commit; without a conclusion it still goes."""
        listed = self.check_runs.setdefault(sha, [])
        status = "completed" if conclusion else "in_progress"
        listed.append({"id": len(listed) + 1, "name": name, "status": status, "conclusion": conclusion, "check_suite": {"id": suite}})

    def status(self, sha: str, context: str, state: str) -> None:
        """Add a commit status: ``success``, ``failure``, ``error`` or ``pending``."""
        self.statuses.setdefault(sha, []).append({"context": context, "state": state})

    def runs_of(self, correlation_id: str) -> Iterator[Run]:
        """Give the runs that were started with this correlation id, however the workflow calls it."""
        for run in self.runs.values():
            if correlation_id in run.inputs.values():
                yield run
