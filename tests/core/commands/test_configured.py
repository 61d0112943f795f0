"""``[commands.NAME]``: a command without code."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from core.commands.team import ADMIN, KNOWN

from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.configured import CommandInvalid, command_of
from leverframe.core.commands.forms import form_for
from leverframe.core.commands.parsing import Parsed, parse
from leverframe.core.commands.permission import grant_words

RESTART = tomllib.loads("""
summary = { en = "Restart a service.", ko = "서비스를 다시 시작합니다." }
runner = "ci"
job = "ops/restart"
example = "web-app staging 3"
roles = ["ops"]
arguments = [
  { name = "service", kind = "service" },
  { name = "environment", kind = "environment" },
  { name = "count", kind = "number", default = "1", label = { en = "How many", ko = "개수" } },
  { name = "note", rest = true, required = false },
]
options = [{ name = "mode", kind = "choice", choices = ["fast", "slow"], default = "slow" }, { name = "pin", kind = "number", secret = true }]
""")


def test_a_table_is_a_command_like_any_other() -> None:
    """It is typed, has a form, takes a grant, and what is not the command's is the runner's."""
    restart = command_of("restart", RESTART)
    registry = BUILT_IN.joined([restart.command])
    found = parse("restart web-app staging 3 after the migration --pin 1234", registry, KNOWN)
    assert isinstance(found, Parsed)
    assert dict(found.values) == {"service": "web-app", "environment": "staging", "count": 3, "note": "after the migration", "mode": "slow", "pin": 1234}
    assert found.line() == "restart web-app staging 3 after the migration --mode slow --pin ***"
    assert grant_words(found.command, found.values) == ("restart", "web-app", "staging", "3")
    assert (restart.runner, restart.target, restart.roles) == ("ci", {"job": "ops/restart"}, ("ops",))
    assert restart.command.usage() == "/lever restart SERVICE ENV [COUNT] [NOTE…] [--mode fast|slow] [--pin NUMBER]"
    assert [field.label for field in form_for(restart.command, registry, KNOWN, ADMIN, "ko").fields][:3] == ["service", "environment", "개수"]


def test_a_default_is_taken_when_nothing_is_said() -> None:
    """And with a default, an argument may be left out."""
    registry = BUILT_IN.joined([command_of("restart", RESTART).command])
    found = parse("restart web-app staging", registry, KNOWN)
    assert isinstance(found, Parsed) and found.number("count") == 1


def test_the_shortest_table_is_a_runner() -> None:
    """A command without arguments is told by its name."""
    found = command_of("nightly", {"runner": "simulated"}).command
    assert (found.summary.en, found.summary.ko, found.needs_grant, found.acts) == ("Run nightly.", "nightly 실행", True, True)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({}, "runner"),
        ({"runner": 3}, "runner"),
        ({"runner": "ci", "summary": 3}, "summary"),
        ({"runner": "ci", "summary": {"fr": "x"}}, "summary"),
        ({"runner": "ci", "roles": "ops"}, "roles"),
        ({"runner": "ci", "top_level": "yes"}, "top_level"),
        ({"runner": "ci", "arguments": {}}, "arguments"),
        ({"runner": "ci", "arguments": ["service"]}, "arguments.0"),
        ({"runner": "ci", "arguments": [{"kind": "service"}]}, "arguments.0"),
        ({"runner": "ci", "arguments": [{"name": "a", "kind": "colour"}]}, "arguments.0.kind"),
        ({"runner": "ci", "arguments": [{"name": "a", "kin": "text"}]}, "arguments.0.kin"),
        ({"runner": "ci", "arguments": [{"name": "a", "kind": "choice", "choices": "x"}]}, "arguments.0.choices"),
        ({"runner": "ci", "arguments": [{"name": "a", "kind": "number", "default": "many"}]}, "arguments.0.default"),
        ({"runner": "ci", "arguments": [{"name": "a", "kind": "environment"}]}, ""),
        ({"runner": "ci", "options": [{"name": "a", "required": "yes"}]}, "options.0.required"),
    ],
)
def test_what_cannot_be_used_is_named(table: dict[str, Any], key: str) -> None:
    """The place within the table is told, so that ``check`` can point at it."""
    with pytest.raises(CommandInvalid) as refused:
        command_of("x", table)
    assert refused.value.key == key and refused.value.what


def test_a_name_that_is_taken_or_none_is_refused() -> None:
    """A command of the configuration cannot take the place of a built-in one."""
    with pytest.raises(CommandInvalid):
        command_of("Not a name", {"runner": "ci"})
    with pytest.raises(ValueError, match="deploy"):
        BUILT_IN.joined([command_of("deploy", {"runner": "ci"}).command])
