"""Services, runners and commands of leverframe.toml: what they mean, and every way in which they can be wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from config.wrong_levers import PRODUCTION, RELEASE, STAGING, WEB, WRONG_LEVERS

from leverframe.config import Config, ConfigErrors, load
from leverframe.config.problems import SENTENCES
from leverframe.core.access import BUILT_IN as ACCESS
from leverframe.core.approvals import Policy
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.configured import ARGUMENT_KEYS, KEYS
from leverframe.core.deployments import Retry
from leverframe.core.freezes import Freeze
from leverframe.samples.services import SERVICES

ENVIRON = {"TOKEN": "xoxb-1"}
GOOD = """\
[hub]
audit_room = "slack:#audit"
commands_per_minute = { person = 5 }

[chats.slack]
bot_token = "env:TOKEN"

[github]
token = "env:TOKEN"

[runners.ci]
kind = "jenkins"
url = "https://ci.example.com"
user = "hub"
token = "env:TOKEN"

[services.web-app]
repository = "acme/web-app"
lane = "service"
checks = ["build", "test"]
room = "slack:#deploys"

[services.web-app.environments.staging]
runner = "github_actions"
workflow = "deploy.yml"
inputs = { sha = "commit" }
on = "push main"

[services.web-app.environments.production]
runner = "ci"
job = "deploy/web-app"
after = "staging"
follow = true
approvals = { required = 2, from = ["release"], authors = false, expires = "1d", break_glass = ["admin"] }
freeze = [{ cron = "0 18 * * FRI", hours = 62, reason = "weekend" }]
retry = { times = 2, wait = "5m" }

[people.ann]
identities = ["slack:U0123", "github:ann"]

[roles.release]
members = ["slack:@admins", "github:acme/release", "mail:ann@example.com"]
allow = ["deploy web-app *", "approve web-app production", "lock *"]

[commands.restart]
runner = "ci"
job = "ops/restart"
roles = ["release", "viewer"]
arguments = [{ name = "service", kind = "service" }]
"""


def read(folder: Path, text: str) -> Config:
    """Write ``text`` as leverframe.toml and load it."""
    path = folder / "leverframe.toml"
    path.write_text(text, "utf-8")
    return load(path, ENVIRON)


def test_services_become_the_catalogue(tmp_path: Path) -> None:
    """Everything that is written about an environment is there as the core speaks of it, and nothing is warned of."""
    config = read(tmp_path, GOOD)
    assert config.warnings == ()
    staging, production = config.catalogue.services["web-app"].values()
    assert (staging.service, staging.name, staging.runner, staging.repository) == ("web-app", "staging", "github_actions", "acme/web-app")
    assert (staging.lane, production.lane) == ("web-app", "web-app")
    assert (staging.on, production.on, staging.room) == (("push main",), (), "slack:#deploys")
    assert staging.rules.checks == production.rules.checks == ("build", "test")
    assert (staging.rules.after, staging.rules.follows, staging.rules.policy, staging.rules.retry) == (None, ("production",), None, Retry())
    assert (production.rules.after, production.rules.follows, production.rules.retry) == ("staging", (), Retry(times=2, wait_s=300.0))
    assert production.rules.policy == Policy(
        required=2, from_roles=("release",), allow_self=False, allow_authors=False, expires_s=86_400.0, break_glass=("admin",)
    )
    assert production.freezes == (Freeze(cron="0 18 * * FRI", hours=62, reason="weekend"),)


def test_the_keys_of_a_runner_are_read_by_its_room(tmp_path: Path) -> None:
    """They stand beside the hub's own; the room fills in what is left out."""
    config = read(tmp_path, GOOD)
    staging, production = config.catalogue.services["web-app"].values()
    assert staging.target["workflow"] == "deploy.yml"
    assert (staging.target["inputs"]["sha"], staging.target["inputs"]["env"]) == ("commit", "env")
    assert (production.target["job"], production.target["parameters"]["ref"]) == ("deploy/web-app", "REF")


def test_a_runner_that_needs_no_section_is_there_when_it_is_named(tmp_path: Path) -> None:
    """Its settings are the room's own defaults; a section of that name has them otherwise."""
    assert sorted(read(tmp_path, GOOD).runners) == ["ci", "github_actions"]
    named = read(tmp_path, WEB + STAGING).runners["simulated"]
    set_up = read(tmp_path, WEB + STAGING + "[runners.simulated]\nseconds = 1\n").runners["simulated"]
    assert (named.seconds, set_up.seconds) == (12.0, 1.0)  # type: ignore[attr-defined]


def test_commands_join_the_built_in_ones(tmp_path: Path) -> None:
    """A command of the configuration is in the registry, with what does its work, and the roles that it names hold its grant."""
    config = read(tmp_path, GOOD)
    assert config.registry.find("restart") is config.configured["restart"].command
    assert set(BUILT_IN.words) < set(config.registry.words)
    assert config.configured["restart"].runner == "ci"
    assert config.configured["restart"].target == {
        "job": "ops/restart", "parameters": {"service": "", "env": "", "ref": "", "sha": "SHA", "correlation_id": "LEVERFRAME_ID"},
    }, "its arguments have names of their own, and it has no environment to tell"  # fmt: skip
    restart = config.catalogue.commands["restart"]
    assert (restart.runner, restart.target, restart.lane) == ("ci", config.configured["restart"].target, "/restart/ci")
    assert config.catalogue.find("/restart", "ci") is restart
    assert list(config.catalogue.known().services) == ["web-app"], "it is nothing that people deploy"
    assert config.roles["release"].allow[-1] == "restart"
    assert config.roles["viewer"].allow == [*ACCESS["viewer"].allow, "restart"], "and it keeps what it has by itself"


def test_people_are_known_by_all_their_accounts(tmp_path: Path) -> None:
    """Votes count people: the accounts of ``[people]`` are one."""
    people = read(tmp_path, GOOD).people
    assert people.same("slack:T1/U0123", "github:ann")
    assert not people.same("slack:U0124", "github:ann")


def test_limits_and_the_audit_room_have_defaults(tmp_path: Path) -> None:
    """Twenty commands a minute of a person, sixty in a room, and no audit room, unless it is said."""
    hub, left_out = read(tmp_path, GOOD).hub, read(tmp_path, "").hub
    assert (hub.audit_room, hub.commands_per_minute.person, hub.commands_per_minute.room) == ("slack:#audit", 5, 60)
    assert (left_out.audit_room, left_out.commands_per_minute.person, left_out.commands_per_minute.room) == (None, 20, 60)


def test_delivery_and_deployment_are_one_line_apart(tmp_path: Path) -> None:
    """``follow`` starts production by itself; ``approvals`` is the one line that has it wait for people."""
    deployed = WEB + STAGING + 'on = "push main"\n' + PRODUCTION + 'after = "staging"\nfollow = true\n'
    delivered = deployed + "approvals = {}\n"
    for text, waits in ((deployed, False), (delivered, True)):
        staging, production = read(tmp_path, text).catalogue.services["web"].values()
        assert staging.rules.follows == ("production",)
        assert (production.rules.policy is not None) is waits


def test_checks_may_be_all_some_or_none(tmp_path: Path) -> None:
    """``true`` is every check of the commit, a list is these, ``false`` is as if it were left out."""
    said = {"checks = true\n": (), "checks = ['build']\n": ("build",), "checks = false\n": None, "": None}
    for written, meant in said.items():
        [staging] = read(tmp_path, WEB + written + STAGING).catalogue.services["web"].values()
        assert staging.rules.checks == meant


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in WRONG_LEVERS], ids=[case[0] for case in WRONG_LEVERS])
def test_what_is_wrong_is_told_with_line_key_and_code(tmp_path: Path, text: str, expected: list[tuple[int, str, str]]) -> None:
    """Each mistake is found once, where it stands, under its code."""
    try:
        found = read(tmp_path, text).warnings
    except ConfigErrors as errors:
        found = errors.findings
    assert [(finding.line, finding.key, finding.code) for finding in found] == expected
    for finding in found:
        assert not any(field in finding.sentence(locale) + finding.remedy(locale) for locale in ("en", "ko") for field in ("{key}", "{detail}", "(으)로"))
        if finding.code in SENTENCES:  # it was English inside the Korean sentence
            said = finding.detail if isinstance(finding.detail, str) else finding.detail.en
            assert said.removesuffix(".") not in finding.sentence("ko"), finding


@pytest.mark.parametrize(
    ("text", "near"),
    [
        (f"{WEB}{STAGING}outcom = 'fail'\n", "outcome"),
        (f"{WEB}{STAGING}aproval = {{}}\n", "approvals"),
        (f"{WEB}{STAGING}approvals = {{ requierd = 2 }}\n", "required"),
        (f"{WEB}{STAGING}freeze = [{{ cron = '0 18 * * FRI', hour = 1, hours = 1 }}]\n", "hours"),
        (f"{WEB}repositry = 'acme/web'\n{STAGING}", "repository"),
        (WEB + STAGING.replace("simulated", "simulatd"), '"simulated"'),
        (f"{WEB}{STAGING}{PRODUCTION}after = 'stagging'\n", '"staging"'),
        (f"{WEB}{STAGING}approvals = {{ from = ['releas'] }}\n{RELEASE}", '"release"'),
        ("[runners.ci]\nkind = 'jenkin'\n", 'kind = "jenkins"'),
        ("[commands.restart]\nrunner = 'simulated'\nsumary = 'x'\n", "summary"),
        ("[commands.restart]\nrunner = 'simulated'\narguments = [{ name = 'b', knd = 'text' }]\n", "kind"),
        ("[roles.x]\nallow = ['deplou web *']\n", '"deploy web *"'),
    ],
)
def test_what_was_meant_is_guessed(tmp_path: Path, text: str, near: str) -> None:
    """A name close to a known one is answered with that one as the remedy."""
    try:
        (finding,) = read(tmp_path, text).warnings
    except ConfigErrors as errors:
        (finding,) = errors.findings
    assert finding.near == near and near in finding.remedy("en") and near in finding.remedy("ko")


def test_the_demo_has_something_to_deploy(tmp_path: Path) -> None:
    """Staging at once, production after it and with somebody else's approval; everybody in the playground holds the grants."""
    config = read(tmp_path, "[chats.playground]\n" + SERVICES)
    assert config.warnings == ()
    staging, production = config.catalogue.services["web-app"].values()
    assert (staging.runner, production.runner, production.rules.after) == ("simulated", "simulated", "staging")
    assert production.rules.policy is not None and not production.rules.policy.allow_self
    granted = {grant.split()[0] for grant in config.roles["playground"].allow}
    assert granted == {*config.registry.verbs, "relay"}, "and no command is forgotten, nor what buttons of posted cards send"


def test_the_reference_has_every_key_of_a_command() -> None:
    """A command is read by the core and not by a model, so its rows are written by hand: none is forgotten, none invented."""
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    keys = re.findall(r"^\| `([a-z_.]+)` \|", page.partition("## `[commands.NAME]`")[2], re.MULTILINE)
    assert sorted(keys) == sorted([*KEYS, *(f"arguments.{key}" for key in ARGUMENT_KEYS)])


def test_nothing_is_imported_that_is_not_configured(tmp_path: Path) -> None:
    """A hub without services pays for none: no room of a runner, no models of services, no reader of cron's lines."""
    (tmp_path / "leverframe.toml").write_text("")
    program = (
        "import sys; from pathlib import Path; from leverframe.config import load; load(Path('leverframe.toml'), {});"
        "print([name for name in sys.modules if name.startswith(('leverframe.runners', 'leverframe.github', 'leverframe.config.services', 'cronsim'))])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
