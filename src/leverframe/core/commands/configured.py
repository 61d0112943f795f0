"""``[commands.NAME]``: a command without code, made of typed arguments and a runner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from leverframe.core.commands.definitions import UNSAID, Argument, Bilingual, Command, Kind, Known, Registry
from leverframe.core.commands.values import Wrong, read_value
from leverframe.core.commands.words import Word

KEYS = frozenset({"title", "summary", "arguments", "options", "example", "roles", "runner", "top_level"})
"""What is the command's; whatever else stands there is its runner's."""
ARGUMENT_KEYS = frozenset({"name", "kind", "label", "hint", "required", "choices", "default", "rest", "secret"})


class CommandInvalid(ValueError):
    """A command of the configuration cannot be used; ``key`` names the place within it: ``arguments.0.kind``."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(f"{key}: {what}" if key else what)
        self.key, self.what = key, what


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """A command, and what does its work."""

    command: Command
    runner: str
    """A key of ``[runners]``, or a kind that needs none."""
    target: Mapping[str, Any]
    """The runner's own keys (``workflow``, ``job``, ``url`` …), as they stand."""
    roles: tuple[str, ...] = ()
    """Roles that hold a grant for it by being named here: ``NAME`` with any arguments."""


def command_of(name: str, table: Mapping[str, Any]) -> Configured:
    """Return the command that ``[commands.NAME]`` describes. Raises :class:`CommandInvalid`.

    ``runner`` is needed. ``arguments`` and ``options`` are lists of tables with ``name`` and ``kind``; texts are one string, or
    ``{ en = …, ko = … }``. Keys that are not the command's are the runner's. Nobody may use it without a grant.
    """
    runner = table.get("runner")
    if not isinstance(runner, str) or not runner:
        raise CommandInvalid("runner", "name a runner: a key of [runners], or a kind that needs none")
    arguments = _arguments(table, "arguments", required=True)
    options = _arguments(table, "options", required=False)
    summary = _bilingual(table, "summary", "", Bilingual(f"Run {name}.", f"{name} 실행"))
    try:
        command = Command(
            name=name, title=_bilingual(table, "title", "", Bilingual(name, name)), summary=summary, arguments=arguments, options=options,
            example=_text(table, "example", ""), top_level=_flag(table, "top_level", "", default=False),
        )  # fmt: skip
    except CommandInvalid:
        raise
    except ValueError as error:
        raise CommandInvalid("", str(error)) from error
    roles = table.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(role, str) and role for role in roles):
        raise CommandInvalid("roles", "a list of names of roles")
    return Configured(
        command=command, runner=runner, target={key: value for key, value in table.items() if key not in KEYS}, roles=tuple(roles)
    )  # fmt: skip


def _arguments(table: Mapping[str, Any], key: str, *, required: bool) -> tuple[Argument, ...]:
    given = table.get(key, [])
    if not isinstance(given, list):
        raise CommandInvalid(key, "a list of tables: { name = \"service\", kind = \"service\" }")
    return tuple(_argument(one, f"{key}.{place}", required=required) for place, one in enumerate(given))


def _argument(given: object, key: str, *, required: bool) -> Argument:
    if not isinstance(given, Mapping):
        raise CommandInvalid(key, "a table: { name = \"service\", kind = \"service\" }")
    if unknown := sorted(set(map(str, given)) - ARGUMENT_KEYS):
        raise CommandInvalid(f"{key}.{unknown[0]}", f"no such key; there are {', '.join(sorted(ARGUMENT_KEYS))}")
    kind = next((known for known in get_args(Kind) if known == given.get("kind", "text")), None)
    if kind is None:
        raise CommandInvalid(f"{key}.kind", f"one of {', '.join(get_args(Kind))}")
    choices = given.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(choice, str) and choice for choice in choices):
        raise CommandInvalid(f"{key}.choices", "a list of words")
    name = _text(given, "name", key)
    try:
        argument = Argument(
            name=name, kind=kind, label=_bilingual(given, "label", key, Bilingual(name, name)), hint=_bilingual(given, "hint", key, UNSAID),
            required=_flag(given, "required", key, default=required and "default" not in given), choices=tuple(choices),
            default=_text(given, "default", key), rest=_flag(given, "rest", key, default=False), secret=_flag(given, "secret", key, default=False),
        )  # fmt: skip
    except CommandInvalid:
        raise
    except ValueError as error:
        raise CommandInvalid(key, str(error)) from error
    if argument.default and argument.kind in ("number", "duration", "flag", "ref"):
        read = read_value(argument, Word(argument.default), Known(services={}), Registry(()))
        if isinstance(read, Wrong):
            raise CommandInvalid(f"{key}.default", f"{argument.default!r} is no {argument.kind}")
    return argument


def _at(within: str, key: str) -> str:
    return f"{within}.{key}" if within else key


def _text(table: Mapping[str, Any], key: str, within: str) -> str:
    value = table.get(key, "")
    if isinstance(value, str):
        return value
    raise CommandInvalid(_at(within, key), "a string")


def _flag(table: Mapping[str, Any], key: str, within: str, *, default: bool) -> bool:
    value = table.get(key, default)
    if isinstance(value, bool):
        return value
    raise CommandInvalid(_at(within, key), "true or false")


def _bilingual(table: Mapping[str, Any], key: str, within: str, default: Bilingual) -> Bilingual:
    """Return a text that is one string for both languages, or a table with ``en`` and ``ko``, of which one is enough."""
    value = table.get(key)
    if value is None:
        return default
    if isinstance(value, str) and value:
        return Bilingual(value, value)
    if isinstance(value, Mapping) and value and set(value) <= {"en", "ko"} and all(isinstance(one, str) and one for one in value.values()):
        return Bilingual(value.get("en", value.get("ko", "")), value.get("ko", value.get("en", "")))
    raise CommandInvalid(_at(within, key), "a string, or { en = \"…\", ko = \"…\" }")
