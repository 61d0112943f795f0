"""The runners of a configuration, and where its deployments read commits: each room is imported only when something uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from leverframe.config import Config
from leverframe.core.dispatches import Manner
from leverframe.core.shipping import Checks, Resolved, Shipping
from leverframe.plugin_rooms import plugin_runner
from leverframe.ports import Clock, Repositories, Runner

GITHUB_KINDS = ("github_actions", "repository_dispatch")
"""Kinds that start something at a commit of a repository, whatever they are asked for."""

if TYPE_CHECKING:
    from leverframe.github.client import GitHub
    from leverframe.net import Outbound
    from leverframe.plugins.host import Host


class Work(Protocol):
    """What is to be done: a deployment, or the environment it goes to."""

    @property
    def service(self) -> str:
        """What it is about; begins with ``/`` for a command of ``[commands]``."""
        ...

    @property
    def runner(self) -> str:
        """The runner's key in the configuration."""
        ...

    @property
    def repository(self) -> str | None:
        """``owner/name``; ``None`` where it is about none."""
        ...


def build_runners(
    config: Config, outbound: Outbound, clock: Clock, github: Callable[[], GitHub], host: Host | None = None, *, guarded: Outbound
) -> Mapping[str, Runner]:
    """Return the runners that an environment or a command names, and those that send dispatches, by their keys.

    ``github`` gives the one client that everything shares; it is only called for a runner that needs it. ``host`` has the runners of plugins. ``outbound`` stays its
    owner's to close.
    """
    environments = (one for service in config.catalogue.services.values() for one in service.values())
    named = dict.fromkeys([*(one.runner for one in environments), *(command.runner for command in config.configured.values())])
    found = {
        name: plugin_runner(config, host, name, config.runners[name]) or _runner(name, config.runners[name], outbound, clock, github) for name in named
    }
    sending = [manner.runner for manner in config.manners.values()] + ([Manner().runner] if config.github.has_credentials else [])
    for name in dict.fromkeys(sending):
        if name not in found:
            found[name] = _runner(name, config.runners.get(name) or _settings(name), outbound, clock, github)
    from leverframe.runners.answer import Answering
    from leverframe.runners.callback import Callback

    found |= {"answer": Answering(), "callback": Callback(guarded, clock)}
    if config.github.app is not None:
        from leverframe.runners.github_rule import GitHubRule

        found["github_rule"] = GitHubRule(github(), config.github.api_url)
    if config.github.has_credentials and "github_actions" not in found:
        from leverframe.runners.github_actions import GitHubActions

        found["github_actions"] = GitHubActions("github_actions", github(), clock)
    return found


def _settings(kind: str) -> Any:
    """Return the settings of a runner that needs none."""
    if kind == "simulated":
        from leverframe.runners import simulated

        return simulated.Settings.model_validate({})
    from leverframe.runners import repository_dispatch

    return repository_dispatch.Settings()


def _runner(name: str, settings: Any, outbound: Outbound, clock: Clock, github: Callable[[], GitHub]) -> Runner:
    match settings.kind:
        case "simulated":
            from leverframe.runners.simulated import SimulatedRunner

            return SimulatedRunner(name, settings, clock)
        case "github_actions":
            from leverframe.runners.github_actions import GitHubActions

            return GitHubActions(name, github(), clock)
        case "repository_dispatch":
            from leverframe.runners.repository_dispatch import RepositoryDispatch

            return RepositoryDispatch(name, github(), clock)
        case "jenkins":
            from leverframe.runners.jenkins.runner import JenkinsRunner

            return JenkinsRunner(name, settings, outbound)
        case "argocd":
            from leverframe.runners.argocd.runner import ArgoCdRunner

            return ArgoCdRunner(name, settings, outbound, clock)
        case "http":
            from leverframe.runners.http import HttpRunner

            return HttpRunner(name, settings, outbound, clock)
        case kind:
            raise ValueError(f"no room is there for runners of kind {kind}")


def build_repositories(config: Config, github: Callable[[], GitHub]) -> Callable[[Work], Repositories]:
    """Return what tells where the commits of some work are read: on GitHub; nowhere, for a command whose runner is not GitHub's; or they are
    made up, where the runner is simulated and GitHub cannot be asked. ``github`` is as in :func:`build_runners`.
    """
    kinds: dict[str, str] = {name: settings.kind for name, settings in config.runners.items()}  # type: ignore[attr-defined]
    made: dict[str, Repositories] = {}

    def of(work: Work) -> Repositories:
        kind = kinds.get(work.runner)
        if work.service.startswith("/") and kind not in GITHUB_KINDS:
            return made.setdefault("none", NoRepositories())
        if kind == "simulated" and (work.repository is None or not config.github.has_credentials):
            if "simulated" not in made:
                from leverframe.runners.simulated import SimulatedRepositories

                made["simulated"] = SimulatedRepositories()
            return made["simulated"]
        if "github" not in made:
            from leverframe.github.repositories import GitHubRepositories

            made["github"] = GitHubRepositories(github())
        return made["github"]

    return of


class NoRepositories:
    """For commands that deploy no commit: nothing ships, and nothing is checked. Satisfies ``ports.Repositories``."""

    async def resolve(self, repository: str, ref: str | None) -> Resolved:
        """Return the ref without a commit."""
        return Resolved(ref=ref or "", sha="")

    async def shipping(self, repository: str, base: str, head: str) -> Shipping:
        """Return that nothing ships."""
        return Shipping(changes=(), total=0, authors=())

    async def checks(self, repository: str, sha: str, required: tuple[str, ...]) -> Checks:
        """Return that there are none."""
        return Checks(state="none")
