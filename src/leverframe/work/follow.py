"""Follow: what happens elsewhere moves deployments. A push starts one where the configuration says so; a run's webhook is a hint to look."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from leverframe.core import payload as reading
from leverframe.core.conversation import Place
from leverframe.core.deployments import inputs as came
from leverframe.core.events import Event
from leverframe.core.globs import Globs
from leverframe.core.services import Environment
from leverframe.core.shipping import Resolved
from leverframe.store import deployments
from leverframe.work.deploy import Deployer
from leverframe.work.interlocking import Turn

HINTS = frozenset({"workflow_run", "check_suite", "check_run", "status"})
"""Events after which runs and checks are worth a look at once. They prove nothing: the truth is read from GitHub."""


_ORDERED = ("repository_dispatch", "workflow_dispatch")
"""What starts the runs that somebody ordered."""


FORGES = frozenset({"bitbucket", "git", "gitea", "github", "gitlab"})
"""Kinds of sources whose pushes start deployments: who may send anything in a service's own words shall not start one by saying "push"."""


class Follower:
    """Moves deployments by events, in the transaction in which an event is routed: once each."""

    def __init__(self, deployer: Deployer) -> None:
        self._deployer = deployer
        self._starts: dict[str, list[tuple[str, Environment]]] = {}
        repositories = set()
        for environments in deployer.catalogue.services.values():
            for one in environments.values():
                if one.repository is None:
                    continue
                repositories.add(one.repository.casefold())
                for when in one.on:
                    self._starts.setdefault(one.repository.casefold(), []).append((when, one))
        self._repositories = frozenset(repositories)

    def wants(self, name: str, repo: str | None) -> bool:
        """Return whether an event of this name may move something."""
        if repo is None or repo.casefold() not in self._repositories:
            return repo is not None and name == "workflow_run"  # dispatches and approvals go wherever they are asked to
        return name in HINTS or (name == "push" and repo.casefold() in self._starts)

    def take(self, connection: Connection, event: Event, *, now: datetime) -> Turn | None:
        """Do what follows from the event; whoever commits calls :meth:`committed` with what is returned."""
        if not self.wants(event.name, event.repo) or event.repo is None or (event.name == "push" and event.kind not in FORGES):
            return None
        if event.repo.casefold() not in self._repositories and reading.text(event.payload, "workflow_run", "event") not in _ORDERED:
            return None
        turn = self._deployer.begin(connection, now)
        if event.name == "push":
            self._pushed(turn, event, event.repo)
        else:
            for one in deployments.open_ones(connection):
                if one.repository is not None and one.repository.casefold() == event.repo.casefold():
                    self._deployer.apply(turn, one, came.Hint())
        self._deployer.finish(turn)
        return turn

    def committed(self, turn: Turn) -> None:
        """Wake whoever has something to do now."""
        self._deployer.committed(turn)

    def _pushed(self, turn: Turn, event: Event, repo: str) -> None:
        for one in reading.refs(event.payload):
            ref, sha = reading.text(one, "ref"), reading.text(one, "after")
            if ref.startswith("refs/heads/") and sha.strip("0") and not reading.flag(one, "deleted"):
                self._branch_pushed(turn, ref.removeprefix("refs/heads/"), sha, reading.web(one, "head_commit", "url"), repo)

    def _branch_pushed(self, turn: Turn, branch: str, sha: str, url: str | None, repo: str) -> None:
        for when, environment in self._starts[repo.casefold()]:
            pattern = when.partition(" ")[2]
            if Globs((pattern,)).holds((branch,)):
                chat, _, room = (environment.room or "").partition(":")
                self._deployer.ask(
                    turn, environment, ref=branch, commit=Resolved(ref=branch, sha=sha, url=url),
                    cause=f"push {branch}", place=Place(chat=chat, room=room) if room else None,
                )  # fmt: skip
