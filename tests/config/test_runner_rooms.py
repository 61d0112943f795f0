"""From configuration to runners and repositories: each room is built, and imported, only where something names it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from clock import VirtualClock
from config.wrong_levers import CI, STAGING, TOKEN, WEB

from leverframe.config import Config, load
from leverframe.github.client import GitHub, Token
from leverframe.github.repositories import GitHubRepositories
from leverframe.net import Outbound
from leverframe.runner_rooms import NoRepositories, build_repositories, build_runners
from leverframe.runners.simulated import SimulatedRepositories

EVERY_KIND = f"""\
{TOKEN}
{CI}
[runners.argo]
kind = "argocd"
url = "https://argocd.example.com"
token = "env:TOKEN"

[runners.deployer]
kind = "http"
url = "https://deployer.example.com/deployments"

[runners.idle]
kind = "http"
url = "https://idle.example.com"

{WEB}
[services.web.environments]
a = {{ runner = "simulated" }}
b = {{ runner = "github_actions", workflow = "deploy.yml" }}
c = {{ runner = "repository_dispatch" }}
d = {{ runner = "ci", job = "deploy/web" }}
e = {{ runner = "argo", application = "web" }}
f = {{ runner = "deployer" }}
"""


def read(folder: Path, text: str) -> Config:
    """Write ``text`` as leverframe.toml and load it."""
    path = folder / "leverframe.toml"
    path.write_text(text, "utf-8")
    return load(path, {"TOKEN": "t"})


class Shared:
    """The one client for GitHub, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> GitHub:
        self.asked += 1
        return GitHub(Outbound(), Token(None), VirtualClock())


def test_every_runner_that_is_named_is_built(tmp_path: Path) -> None:
    """Each under its key and as its kind; one that nothing names is not."""
    github = Shared()
    runners = build_runners(read(tmp_path, EVERY_KIND), Outbound(), VirtualClock(), github, guarded=Outbound())
    assert {runner.name: runner.kind for runner in runners.values()} == {
        "simulated": "simulated", "github_actions": "github_actions", "repository_dispatch": "repository_dispatch", "ci": "jenkins",
        "argo": "argocd", "deployer": "http", "answer": "answer", "callback": "callback",
    }  # fmt: skip
    assert list(runners) == ["simulated", "github_actions", "repository_dispatch", "ci", "argo", "deployer", "answer", "callback"], "gates are asked without any"


def test_a_command_names_a_runner_too(tmp_path: Path) -> None:
    """Its runner is built though no environment has it, and GitHub's client is not."""
    github = Shared()
    runners = build_runners(read(tmp_path, "[commands.nightly]\nrunner = 'simulated'\n"), Outbound(), VirtualClock(), github, guarded=Outbound())
    assert (list(runners), github.asked) == (["simulated", "answer", "callback"], 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(WEB + STAGING, SimulatedRepositories, id="simulated, without token"),
        pytest.param(TOKEN + WEB + STAGING, GitHubRepositories, id="simulated, with token and repository"),
        pytest.param(TOKEN + "[services.web]\n" + STAGING, SimulatedRepositories, id="simulated, with token and no repository"),
        pytest.param(WEB + STAGING.replace("simulated", "ci") + "job = 'a'\n" + CI, GitHubRepositories, id="Jenkins, without token"),
    ],
)
def test_where_commits_are_read(tmp_path: Path, text: str, expected: type) -> None:
    """On GitHub, unless the runner is simulated and GitHub cannot be asked; what has no token there refuses with its code."""
    config = read(tmp_path, text)
    environment = config.catalogue.find("web", "staging")
    assert environment is not None
    assert type(build_repositories(config, Shared())(environment)) is expected


@pytest.mark.anyio
async def test_a_command_of_another_runner_than_githubs_has_no_commit(tmp_path: Path) -> None:
    """A Jenkins job that restarts something needs no GitHub, and is told of no made-up commit."""
    config = read(tmp_path, CI + "[commands.restart]\nrunner = 'ci'\njob = 'ops/restart'\n")
    found = build_repositories(config, Shared())(config.catalogue.commands["restart"])
    assert isinstance(found, NoRepositories)
    resolved, shipping, checks = await found.resolve("/restart", None), await found.shipping("/restart", "", ""), await found.checks("/restart", "", ())
    assert (resolved.ref, resolved.sha, shipping.total, checks.state) == ("", "", 0, "none")


def test_only_the_rooms_that_are_named_are_imported(tmp_path: Path) -> None:
    """A demo with the simulated runner loads neither GitHub's client nor Jenkins' room."""
    (tmp_path / "leverframe.toml").write_text(WEB + STAGING)
    program = (
        "import sys; from pathlib import Path; from unittest.mock import Mock; from leverframe.config import load;"
        "from leverframe.runner_rooms import build_repositories, build_runners;"
        "config = load(Path('leverframe.toml'), {}); build_runners(config, None, Mock(), None, guarded=None);"
        "build_repositories(config, None)(config.catalogue.find('web', 'staging'));"
        "print([name for name in sys.modules if name.startswith(('leverframe.runners.', 'leverframe.github'))])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['leverframe.runners.simulated', 'leverframe.runners.answer', 'leverframe.runners.callback']"
