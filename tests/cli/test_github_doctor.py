"""``leverframe doctor github``: the first thing that is wrong between the token and the workflow, with its remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.github import FakeGitHub
from fakes.github_answers import PERMISSIONS, Token
from fakes.github_hooks import FakeHook
from fakes.github_repository import Repository
from typer.testing import CliRunner

from leverframe.cli.commands import app
from leverframe.core.wording.github_doctor import WORDS

CLASSIC = "ghp_classic0000"
CONFIG = '[hub]\nurl = "https://hub.example.com"\nlocale = "{locale}"\n[github]\ntoken = "env:GH_TOKEN"\napi_url = "{url}"\n[chats.slack]\nbot_token = "env:NOT_HERE"\n'
SOURCE = '[sources.github]\nsecrets = ["env:NOR_HERE"]\n[[routes]]\nname = "wiki"\nfrom = "github"\nevents = ["gollum", "push"]\nto = ["slack:#dev"]\n'
WEBHOOK = "on:\n  repository_dispatch:\n    types: [webhook]\n"


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeGitHub]:
    with FakeGitHub().in_thread() as fake:
        yield fake


@pytest.fixture
def github(serving: FakeGitHub) -> FakeGitHub:
    """A GitHub with a classic token that may everything, and a repository whose workflow starts with the usual type."""
    serving.tokens = {CLASSIC: Token(scopes=("repo", "admin:repo_hook", "workflow"))}
    serving.repositories.clear()
    serving.calls.clear()
    serving.mode = "ok"
    serving.repository("acme/blog").workflow("build.yml", text=WEBHOOK)
    return serving


def repository(github: FakeGitHub) -> Repository:
    """Return it."""
    return github.repositories["acme/blog"]


def ran(folder: Path, github: FakeGitHub, *arguments: str, token: str | None = CLASSIC, more: str = "", locale: str = "en", url: str | None = None) -> Any:
    """Run it; returns the printed document, or text without --json."""
    (folder / "leverframe.toml").write_text(CONFIG.format(url=url or github.url, locale=locale) + more)
    environ: Mapping[str, str | None] = {"LEVERFRAME_CONFIG": str(folder / "leverframe.toml"), "GH_TOKEN": token}
    done = CliRunner().invoke(app, ["doctor", "github", "acme/blog", *arguments], env=environ)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def first(folder: Path, github: FakeGitHub, *arguments: str, **more: Any) -> dict[str, str] | None:
    """Return the first thing that is wrong."""
    document = ran(folder, github, "--json", *arguments, **more)
    assert document["ok"] is (document["first"] is None)
    wrong: dict[str, str] | None = document["first"]
    return wrong


def test_all_is_well(tmp_path: Path, github: FakeGitHub) -> None:
    """Token, repository, scopes and event type are looked at, with nothing of the configuration but [github]; GitHub is only read."""
    document = ran(tmp_path, github, "--json")
    assert document["ok"] and [one["what"] for one in document["findings"]] == ["token", "expiry", "repository", "scopes", "event_type"]
    assert {call.method for call in github.calls} == {"GET"}


@pytest.mark.parametrize("token", [None, "", "  "])
def test_no_token_is_told_before_github_is_asked(tmp_path: Path, github: FakeGitHub, token: str | None) -> None:
    """A token that is not there or empty is told with the variable that lacks, and GitHub is not asked."""
    wrong = first(tmp_path, github, token=token)
    assert wrong is not None and (wrong["what"], wrong["code"]) == ("token", "github_token_missing") and "env:GH_TOKEN" in wrong["found"]
    assert github.calls == []


def test_a_token_with_a_line_break_is_told(tmp_path: Path, github: FakeGitHub) -> None:
    """What no token can hold is told without showing it."""
    wrong = first(tmp_path, github, token=f"{CLASSIC}\nx")
    assert wrong is not None and "end of a line" in wrong["found"] and CLASSIC not in json.dumps(wrong) and github.calls == []


def change(github: FakeGitHub, what: str) -> None:
    """Make one thing wrong."""
    token, itself = github.tokens[CLASSIC], repository(github)
    workflow = itself.workflows["build.yml"]
    match what:
        case "revoked":
            github.tokens.clear()
        case "other repository":
            token.repositories = []
        case "sso":
            token.sso = True
        case "archived":
            itself.archived = True
        case "scopes":
            token.scopes = ("workflow",)
            itself.private = False
        case "read only":
            itself.may = {"pull": True, "push": False}
        case "disabled":
            workflow.state = "disabled_manually"
        case "another type":
            workflow.text = WEBHOOK.replace("webhook", "publish")
        case "not on the default branch":
            workflow.text = None
        case "no yaml":
            workflow.text = "on: [\n"


@pytest.mark.parametrize(("what", "step", "code"), [
    ("revoked", "token", "github_token_invalid"), ("other repository", "repository", "github_not_found"), ("sso", "repository", "github_sso_required"),
    ("archived", "repository", "github_archived"), ("scopes", "scopes", "scopes_dispatch_missing"), ("read only", "permission", "no_push"),
    ("disabled", "event_type", "github_workflow_disabled"), ("another type", "event_type", "event_type_missing"),
    ("not on the default branch", "event_type", "event_type_missing"), ("no yaml", "event_type", "event_type_missing"),
])  # fmt: skip
def test_the_first_thing_that_is_wrong_is_pointed_at(tmp_path: Path, github: FakeGitHub, what: str, step: str, code: str) -> None:
    """Each thing that may be wrong is told under its own code, with what to do."""
    change(github, what)
    wrong = first(tmp_path, github)
    assert wrong is not None and (wrong["what"], wrong["code"]) == (step, code) and wrong["remedy"]


def test_the_yaml_to_paste_is_printed(tmp_path: Path, github: FakeGitHub) -> None:
    """When no workflow starts with the type, the lines that are missing are printed, in both languages, and where to begin."""
    change(github, "another type")
    out = ran(tmp_path, github)
    assert "those there start with: publish" in out and "      on:\n        repository_dispatch:\n          types: [webhook]" in out and "Begin here: event_type" in out
    assert "여기부터 고치세요: event_type" in ran(tmp_path, github, locale="ko")


def test_named_workflows_and_types_are_looked_at(tmp_path: Path, github: FakeGitHub) -> None:
    """What the command names is asked for: a file that is there, one that cannot be started, one that is not."""
    repository(github).workflow("deploy.yml")
    assert first(tmp_path, github, "--workflow", "deploy.yml") is None
    assert (first(tmp_path, github, "--workflow", "build.yml") or {})["code"] == "workflow_not_by_hand"
    assert (first(tmp_path, github, "--workflow", "gone.yml") or {})["code"] == "workflow_missing"
    assert (first(tmp_path, github, "--event-type", "publish") or {})["code"] == "event_type_missing"


def test_what_is_configured_is_looked_at(tmp_path: Path, github: FakeGitHub) -> None:
    """The workflows of the repository's services are those that are asked for."""
    more = '[services.blog]\nrepository = "acme/blog"\n[services.blog.environments]\na = { runner = "github_actions", workflow = "gone.yml" }\n'
    assert (first(tmp_path, github, more=more) or {})["code"] == "workflow_missing"


def test_a_hook_is_held_against_the_routes(tmp_path: Path, github: FakeGitHub) -> None:
    """A hook made on GitHub's page has only push: the wiki that a route wants is named."""
    hook = FakeHook(id=7, kind="repository", events=["push"], config={"url": "https://hub.example.com/in/github", "secret": "x"})
    assert first(tmp_path, github, more=SOURCE) is None
    repository(github).hooks.append(hook)
    wrong = first(tmp_path, github, more=SOURCE)
    assert wrong is not None and (wrong["code"], wrong["found"]) == ("hook_lacks", "hook 7 does not hear what the routes need: gollum")
    hook.events.append("gollum")
    assert first(tmp_path, github, more=SOURCE) is None
    hook.active = False
    assert (first(tmp_path, github, more=SOURCE) or {})["code"] == "hook_off"


def test_a_fine_grained_token_and_its_end(tmp_path: Path, github: FakeGitHub) -> None:
    """Its kind and end are told; a permission that it lacks with what GitHub would accept."""
    soon = datetime.now(UTC) + timedelta(days=3)
    github.tokens["github_pat_x"] = Token(permissions={**PERMISSIONS, "actions": "none"}, expires_at=soon)
    document = ran(tmp_path, github, "--json", token="github_pat_x")
    by_what = {one["what"]: one for one in document["findings"]}
    assert by_what["token"]["code"] == "token_fine" and (by_what["expiry"]["state"], by_what["expiry"]["code"]) == ("warning", "ends_soon")
    assert document["first"]["code"] == "github_permission_missing" and "needs actions=read" in document["first"]["found"]


@pytest.mark.parametrize("mode", ["garbage", "down", "exhausted"])
def test_what_is_no_github_is_told(tmp_path: Path, github: FakeGitHub, mode: str) -> None:
    """A page in place of an answer, an outage and a limit are told as what they are."""
    github.mode = mode  # type: ignore[assignment]
    expected = {"garbage": "github_host_wrong", "down": "github_unavailable", "exhausted": "github_ratelimited"}[mode]
    assert (first(tmp_path, github) or {})["code"] == expected


def test_what_is_no_repository_is_wrong_usage(tmp_path: Path, github: FakeGitHub) -> None:
    """Without OWNER/REPO nothing is asked."""
    for arguments in (["doctor", "github"], ["doctor", "github", "acme"]):
        assert CliRunner().invoke(app, arguments).exit_code == 2


def test_each_sentence_is_there_in_both_languages() -> None:
    """Found and remedy, with the same fields filled in."""
    import re

    for key, (en, ko) in WORDS.items():
        for one, other in zip(en, ko, strict=True):
            assert bool(one) == bool(other) and set(re.findall(r"{(\w+)}", one)) == set(re.findall(r"{(\w+)}", other)), key


def test_doctor_itself_compares_hooks_with_routes(tmp_path: Path, github: FakeGitHub) -> None:
    """Without a repository named, the hooks that are declared and those of repositories that routes name are compared: a hook of GitHub's page has only push."""
    github.tokens = {CLASSIC: Token(scopes=("repo", "admin:repo_hook", "admin:org_hook"))}
    url = {"url": "https://hub.example.com/in/github", "secret": "x"}
    repository(github).hooks.append(FakeHook(id=7, kind="repository", events=["push"], config=url))
    github.organisations["wide"] = [FakeHook(id=8, kind="organisation", events=["*"], config=url)]
    routes = '[sources.github]\nsecrets = ["env:SECRET"]\n[[routes]]\nname = "wiki"\nfrom = "github"\nrepos = ["acme/blog", "wide/one", "!acme/x", "other/*"]\nevents = ["gollum", "push"]\nto = ["slack:#dev"]\n'
    declared = '[[github.hooks]]\norganisation = "wide"\n[[github.hooks]]\nrepository = "other/one"\n'
    (tmp_path / "leverframe.toml").write_text(CONFIG.format(url=github.url, locale="en") + routes + declared)
    environ = {"LEVERFRAME_CONFIG": str(tmp_path / "leverframe.toml"), "GH_TOKEN": CLASSIC, "SECRET": "x", "NOT_HERE": "xoxb-x"}
    done = CliRunner().invoke(app, ["doctor", "--json"], env=environ)
    found = {one["what"]: one for one in json.loads(done.stdout)["findings"] if one["what"].startswith("hooks.")}
    assert {what: one["state"] for what, one in found.items()} == {"hooks.acme/blog": "error", "hooks.wide": "ok", "hooks.other/one": "warning"}
    assert found["hooks.acme/blog"]["found"] == "hook 7 does not hear what the routes need: gollum" and "hooks sync" in found["hooks.acme/blog"]["remedy"]
