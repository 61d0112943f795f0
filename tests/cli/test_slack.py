"""``leverframe slack manifest``: what Slack is told of a hub, from its configuration alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Ran, entry_point

from leverframe.cli.slack import yaml

BOT = '[hub]\nurl = "https://hub.example.com"\n[chats.slack]\nbot_token = "env:NOWHERE"\nsigning_secrets = ["env:NOWHERE"]\n'


def manifest(folder: Path, text: str, *options: str) -> Ran:
    """Run the command on a configuration, in an environment without any secret."""
    (folder / "leverframe.toml").write_text(text)
    return entry_point("slack", "manifest", *options, folder=folder)


def made(folder: Path, text: str, *options: str) -> Any:
    """Return the manifest."""
    ran = manifest(folder, text, "--json", *options)
    assert (ran.status, ran.err) == (0, ""), ran
    return ran.document


def test_before_there_is_an_app_there_is_its_manifest(tmp_path: Path) -> None:
    """No hub runs and no secret is set: commands of the configuration too, and where Slack sends them."""
    custom = (
        f'{BOT}[services.web-app.environments.staging]\nrunner = "simulated"\n[commands.purge]\nrunner = "simulated"\nsummary = "Empty the cache."\nexample = "all"\n'
        'top_level = true\narguments = [{ name = "what", kind = "text" }]\nroles = []\n'
    )
    found = made(tmp_path, custom)
    slash = {one["command"]: one for one in found["features"]["slash_commands"]}
    assert {"/lever", "/deploy", "/status", "/rollback", "/purge"} == set(slash)
    assert slash["/purge"] == {
        "command": "/purge", "url": "https://hub.example.com/slack/commands", "description": "Empty the cache.", "usage_hint": "all", "should_escape": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "scope"),
    [
        ('listens = ["mentions"]\n', "app_mentions:read"),
        ('listens = ["threads"]\n', "channels:history"),
        ('[roles.x]\nmembers = ["slack:@admins"]\n', "usergroups:read"),
        ('[roles.x]\nmembers = ["slack:S0123"]\n', "usergroups:read"),
        ('[roles.x]\nmembers = ["mail:ann@example.com"]\n', "users:read.email"),
        ('[sources.github]\nsecrets = ["env:NOWHERE"]\n[[routes]]\nname = "r"\nfrom = "github"\nto = ["slack:#x"]\nicon = ":rocket:"\n', "chat:write.customize"),
    ],
)
def test_what_the_configuration_uses_is_asked_for(tmp_path: Path, more: str, scope: str) -> None:
    """A feature that is on brings its scope; without, nobody is asked to allow it."""
    without, found = (set(made(tmp_path, text)["oauth_config"]["scopes"]["bot"]) for text in (BOT, BOT + more))
    assert scope in found - without


def test_socket_mode_and_installing_follow_from_their_keys(tmp_path: Path) -> None:
    """An app-level token makes Socket Mode, which needs no address; a client id makes the way back from Slack's page."""
    assert made(tmp_path, '[chats.slack]\napp_token = "env:NOWHERE"\n')["settings"]["socket_mode_enabled"] is True
    installed = made(tmp_path, f'{BOT}client_id = "1.2"\nclient_secret = "env:NOWHERE"\n')
    assert installed["oauth_config"]["redirect_urls"] == ["https://hub.example.com/slack/oauth_redirect"]


def test_which_app_is_said_where_there_are_several(tmp_path: Path) -> None:
    """One of two has to be named; a name that is none, and no Slack at all, are told."""
    two = f'{BOT}[chats.other]\nkind = "slack"\napp_token = "env:NOWHERE"\n'
    assert made(tmp_path, two, "--chat", "other")["settings"]["socket_mode_enabled"] is True
    assert made(tmp_path, two, "--chat", "slack")["settings"]["socket_mode_enabled"] is False
    for text, options in ((two, ()), (two, ("--chat", "x")), ("[chats.playground]\n", ())):
        ran = manifest(tmp_path, text, *options)
        assert ran.status == 2 and "request_invalid" in ran.err and ran.out == ""


def test_an_address_that_slack_cannot_call_is_told(tmp_path: Path) -> None:
    """The manifest is printed all the same; what is wrong stands beside it."""
    ran = manifest(tmp_path, '[chats.slack]\nsigning_secrets = ["env:NOWHERE"]\n')
    assert ran.status == 0 and "Slack cannot call it" in ran.err and ran.out.startswith("_metadata:\n")
    korean = manifest(tmp_path, '[hub]\nlocale = "ko"\n[chats.slack]\nsigning_secrets = ["env:NOWHERE"]\n')
    assert "호출할 수 없습니다" in korean.err and "서비스를 환경에 배포합니다." in korean.out
    assert manifest(tmp_path, "[chats.slack]\ntoken = 1\n").status == 1


def test_yaml_says_what_json_says(tmp_path: Path) -> None:
    """Line by line: tables by indentation, text in quotes, so that no word of Slack's is taken for something else."""
    lines = list(yaml({"a": {"b": [], "c": {}, "d": [1, {"e": "yes", "f": ["x: y"]}]}, "g": None, "h": True, "i": '가"\n'}))
    assert lines == [
        "a:", "  b: []", "  c: {}", "  d:", "    - 1", '    - e: "yes"', "      f:", '        - "x: y"', "g: null", "h: true", 'i: "가\\"\\n"',
    ]  # fmt: skip
    ran = manifest(tmp_path, BOT, "--yaml")
    assert json.dumps(made(tmp_path, BOT)["display_information"]["description"]) in ran.out
