"""Follow: what happens elsewhere moves deployments. A push starts one where the configuration says so; a run's webhook is a hint to look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from leverframe.core import payload as reading
from leverframe.core.conversation import Place
from leverframe.core.deployments import inputs as came
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.gates import Act, Reference, Rule
from leverframe.core.globs import Globs
from leverframe.core.services import Environment
from leverframe.core.shipping import Resolved
from leverframe.store import deployments
from leverframe.work.approve import Approver, Question
from leverframe.work.deploy import Deployer
from leverframe.work.interlocking import Turn

HINTS = frozenset({"workflow_run", "check_suite", "check_run", "status"})
"""Events after which runs and checks are worth a look at once. They prove nothing: the truth is read from GitHub."""


RULE = "deployment_protection_rule"
log = structlog.get_logger("leverframe.follow")
_ORDERED = ("repository_dispatch", "workflow_dispatch")
"""What starts the runs that somebody ordered."""


FORGES = frozenset({"bitbucket", "git", "gitea", "github", "gitlab"})
"""Kinds of sources whose pushes start deployments: who may send anything in a service's own words shall not start one by saying "push"."""


class Follower:
    """Moves deployments by events, in the transaction in which an event is routed: once each."""

    def __init__(self, deployer: Deployer, *, rules: Sequence[Rule] = (), api_url: str = "https://api.github.com") -> None:
        """``rules`` are who is asked when an environment of GitHub's (at ``api_url``) waits for the hub's app."""
        self._deployer, self._rules, self._approver, self._api_url = deployer, rules, Approver(deployer), api_url.rstrip("/")
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
        if name == RULE:
            return bool(self._rules) and repo is not None
        if repo is None or repo.casefold() not in self._repositories:
            return repo is not None and name == "workflow_run"  # dispatches and approvals go wherever they are asked to
        return name in HINTS or (name == "push" and repo.casefold() in self._starts)

    def take(self, connection: Connection, event: Event, *, now: datetime) -> Turn | None:
        """Do what follows from the event; whoever commits calls :meth:`committed` with what is returned."""
        if not self.wants(event.name, event.repo) or event.repo is None:
            return None
        if (event.name == "push" and event.kind not in FORGES) or (event.name == RULE and event.kind != "github"):
            return None
        if event.name == RULE:
            return self._asked_by_github(connection, event, event.repo, now)
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

    def _asked_by_github(self, connection: Connection, event: Event, repo: str, now: datetime) -> Turn | None:
        """Ask people for a deployment protection rule that waits; GitHub hears that they are asked.

        An answer is for a run and an environment, so while they are asked for these nobody is asked again. A later job of the run, and a run that
        is started again, wait anew under the same address, each for a deployment of its own.
        """
        environment, url = reading.text(event.payload, "environment"), reading.text(event.payload, "deployment_callback_url")
        rule = next((
            one for one in self._rules
            if Globs(one.repositories).holds((repo,)) and (one.environments is None or Globs(one.environments).holds((environment,)))
        ), None)  # fmt: skip
        if event.action != "requested" or rule is None or not environment or not url.startswith(f"{self._api_url}/repos/"):
            return None
        ref, sha, sender = (reading.text(event.payload, *path) for path in (("deployment", "ref"), ("deployment", "sha"), ("sender", "login")))
        act, web = Act(deed="github_rule", url=url), reading.web(event.payload, "repository", "html_url")
        run = url.rpartition("/deployment_protection_rule")[0].rpartition("/")[2]
        turn = self._deployer.begin(connection, now)
        if any(
            one.gate is not None and (one.gate.approve, one.gate.environment) == (act, environment) and one.state in ("asked", "waiting")
            for one in deployments.open_ones(connection, service=repo, environment=environment)
        ):
            return turn
        try:
            opened = self._approver.ask(turn, Question(
                project=repo, environment=environment, title=f"{repo} → {environment} {ref}".strip()[:200], text=sha[:40], policy=rule.policy, approve=act, reject=act,
                links=(Reference(label=f"#{run}", url=f"{web}/actions/runs/{run}"),) if web is not None else (),
                places=[Place(chat=room.partition(":")[0], room=room.partition(":")[2]) for room in rule.rooms], requester=f"github:{sender}" if sender else None,
                by=sender, owner="github", key=f"{url} {environment} {reading.number(event.payload, 'deployment', 'id')}",
            ))  # fmt: skip
        except Refused as refused:
            log.warning("protection_rule_not_asked", repo=repo, code=refused.code)
        else:
            if not opened.repeated:
                self._deployer.report(turn, opened.deployment, act)
        self._deployer.finish(turn)
        return turn

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
