"""What a command may be, and what every hub has."""

from __future__ import annotations

import re
from typing import Any

import pytest
from core.commands.team import KNOWN, OPEN

from leverframe.core.commands.builtin import APPROVE, BUILT_IN, DEPLOY, QUEUE
from leverframe.core.commands.definitions import UNSAID, Argument, Bilingual, Command, CommandTaken, Registry
from leverframe.core.commands.parsing import Parsed, parse

LABEL = Bilingual("x", "가")


def _argument(name: str, kind: Any = "text", **more: Any) -> Argument:
    return Argument(name=name, kind=kind, label=LABEL, **more)


def _command(name: str, *arguments: Argument, **more: Any) -> Command:
    return Command(name=name, title=LABEL, summary=LABEL, arguments=arguments, **more)


@pytest.mark.parametrize("command", list(BUILT_IN), ids=lambda command: command.name)
def test_a_built_in_command_is_told_in_both_languages(command: Command) -> None:
    """Title, summary and every label are Korean in Korean; a title fits over Slack's form."""
    texts = [command.title, command.summary, *(text for one in (*command.arguments, *command.options) for text in (one.label, one.hint) if text != UNSAID)]
    assert all(re.search("[가-힣]", text.ko) or text.ko == "ID" for text in texts)
    assert all(text.en and not re.search("[가-힣]", text.en) for text in texts)
    assert len(command.title.en) <= 24 and len(command.title.ko) <= 24


@pytest.mark.parametrize("command", [command for command in BUILT_IN if command.example], ids=lambda command: command.name)
def test_the_example_of_a_built_in_command_works(command: Command) -> None:
    """The hint that Slack shows is a line that the hub understands."""
    assert isinstance(parse(f"{command.name} {command.example.replace('dep_…', OPEN)}", BUILT_IN, KNOWN), Parsed)


def test_the_built_in_commands_are_these() -> None:
    """Three are slash commands of their own; acts take a grant, questions are free but for the one about webhooks."""
    assert [command.name for command in BUILT_IN.top_level] == ["deploy", "status", "rollback"]
    assert [command.name for command in BUILT_IN if not command.needs_grant] == ["status", "queue", "history", "who-can", "why", "help"]
    assert [command.name for command in BUILT_IN if command.acts != command.needs_grant] == ["hooks"]
    assert BUILT_IN.verbs == (
        "approve", "cancel", "deploy", "hooks", "lock", "reject", "retry", "rollback", "settle", "subscribe", "unlock", "unsubscribe",
    )  # fmt: skip


def test_usage_is_written_for_the_place() -> None:
    """A command that is no slash command of its own is a word of the one that takes all."""
    assert DEPLOY.usage() == "/deploy SERVICE ENV [REF] [--reason TEXT] [--dm] [KEY=VALUE…]"
    assert QUEUE.usage() == "/lever queue [SERVICE] [ENV]"
    assert APPROVE.usage("!") == "!approve ID"
    assert QUEUE.usage("") == "queue [SERVICE] [ENV]"
    assert DEPLOY.hint() == "web-app staging"


def test_a_name_belongs_to_one_command() -> None:
    """A second command of the same name or alias is refused by its name."""
    for name, aliases in (("deploy", ()), ("ship", ("배포",)), ("ship", ("Deploy",))):
        with pytest.raises(CommandTaken) as refused:
            BUILT_IN.joined([_command(name, aliases=aliases)])
        assert refused.value.name.casefold() in ("deploy", "배포")
    assert BUILT_IN.joined([_command("restart")]).find("RESTART") is not None


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda: _command("lever"), "cannot be called"),
        (lambda: _command("De ploy"), "cannot be called"),
        (lambda: _argument("A b"), "cannot be called"),
        (lambda: _argument("a", "choice"), "choices"),
        (lambda: _argument("a", "text", choices=("x",)), "choices"),
        (lambda: _argument("a", "choice", choices=("x",), default="y"), "default"),
        (lambda: _command("x", _argument("a"), _argument("a")), "one name"),
        (lambda: _command("x", _argument("a"), options=(_argument("a"),)), "one name"),
        (lambda: _command("x", _argument("a", required=False), _argument("b")), "is required"),
        (lambda: _command("x", _argument("a", rest=True), _argument("b")), "only the last"),
        (lambda: _command("x", _argument("a", "environment")), "needs a service"),
        (lambda: _command("x", _argument("a", "flag")), "only be an option"),
        (lambda: _command("x", permission="deployment"), "which deployment"),
    ],
)
def test_a_definition_that_cannot_work_is_refused(build: Any, why: str) -> None:
    """A mistake in a definition is found when it is made, not when somebody types the command."""
    with pytest.raises(ValueError, match=why):
        build()


def test_a_registry_is_read_by_any_case() -> None:
    """Phones begin a line with a capital letter."""
    assert Registry([DEPLOY]).find("Deploy") is DEPLOY
    assert Registry([DEPLOY]).find("nothing") is None
