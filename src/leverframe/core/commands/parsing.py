"""A line to a command and its values, or to what is wrong with it and what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from leverframe.core.commands.assigning import Assigned, Misplaced, assign
from leverframe.core.commands.definitions import Argument, Command, Known, Mark, Registry, Value
from leverframe.core.commands.phrases import alike, at_the_beginning, within
from leverframe.core.commands.values import OFFERED, Wrong, duration_text, read_value
from leverframe.core.commands.words import Unreadable, Word, joined, quoted, split

_FILLERS = frozenset({"to", "on", "in", "into", "at", "from", "for", "the", "please", "->", "→", "=>", "에", "에서", "를", "을", "로", "으로"})
_PARTS = re.compile(r"[/@→]")
_PAIR = re.compile(r"(?:--|—|–)?([^=:]*)([=:].*)", re.DOTALL)
_NOT_LOOSE = re.compile(r"[=:\"“”„«»「」『』'‘’‚]|[^\S ]|--|—|–|  |\A\Z")
"""What the words of a text cannot hold that stands without quotes."""
_SECRET = re.compile(r"pass(?:word|wd|phrase)|secret|token|credential|api[_.-]?key|private[_.-]?key", re.IGNORECASE)
_DEPTH = 3
"""Words of one line that are corrected for a suggestion."""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A command, and what it is to be done with: only what was given, or has a default."""

    command: Command
    values: Mapping[str, Value]
    """By the argument's name; a duration is seconds."""
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Other ``key=value`` words, for the runner."""

    def text(self, name: str) -> str:
        """Return the value of ``name`` as text; empty when it was not given."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else str(value)

    def number(self, name: str) -> int | None:
        """Return the number or the seconds of ``name``; ``None`` when it was not given."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool:
        """Return whether the option ``name`` was given, and not as ``no``."""
        return self.values.get(name) is True

    def line(self, mark: Mark = "") -> str:
        """Return the line that says the same, for the audit and for answers: secrets are ``***``."""
        words = [self._shown(argument) for argument in self.command.arguments if argument.name in self.values]
        for option in self.command.options:
            if option.kind == "flag":
                words += [f"--{option.name}"] if self.flag(option.name) else []
            elif option.name in self.values:
                words += [f"--{option.name}", self._shown(option)]
        words += [f"{key}={'***' if _SECRET.search(key) else quoted(value)}" for key, value in self.parameters.items()]
        return self.command.written(" ".join(words), mark)

    def _shown(self, argument: Argument) -> str:
        if argument.secret:
            return "***"
        value = self.values[argument.name]
        if argument.kind == "duration" and isinstance(value, int):
            return duration_text(value)
        text = str(value)
        return text if argument.rest and not _NOT_LOOSE.search(text) else quoted(text)


class WantsForm(msgspec.Struct, frozen=True, kw_only=True):
    """A command alone, that cannot do without words: its form is asked for."""

    command: Command
    given: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the form begins with, by the field's name."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """The line is not one that the hub can do."""

    code: str
    """A key of ``core.errors.PROBLEMS``."""
    command: Command | None = None
    argument: Argument | None = None
    met: str = ""
    """The word that is wrong; never a secret."""
    suggestions: tuple[str, ...] = ()
    """Whole lines that may have been meant, the likeliest first."""
    offered: tuple[str, ...] = ()
    """Words that could stand in the place of the wrong one."""
    usage: str = ""
    given: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What was understood, for a form that begins with it."""


Result: TypeAlias = Parsed | WantsForm | Mistake


def parse(text: str, registry: Registry, known: Known, *, mark: Mark = "/", marked: bool = True) -> Result:
    """Return what ``text`` (``deploy web-app staging``, without its mark) asks for; never raises.

    ``mark`` is how suggestions and usage are to be written for the place where it was said; ``marked`` is whether Slack's
    mark-up may be in it.
    """
    words = split(text, marked=marked)
    if isinstance(words, Unreadable):
        command = registry.find(text[:80].lstrip("/! ").partition(" ")[0])
        return Mistake(code=words.code, command=command, met=words.met, usage=command.usage(mark) if command is not None else "")
    help_command = registry.find("help")
    if not words:
        return Parsed(command=help_command, values={}) if help_command is not None else Mistake(code="command_unknown")
    name = words[0].text.lstrip("/!")
    command = registry.find(name)
    if command is None:
        return _unknown(name, words, registry, known, mark)
    rest = words[1:]
    if help_command is not None and len(rest) == 1 and _asks_help(rest[0], registry, known):
        return Parsed(command=help_command, values={"command": command.name})
    found = read(command, rest, registry, known)
    match found:
        case Parsed() | WantsForm():
            return found
        case Failed():
            lines = [line for meant, after in at_the_beginning(words, registry, least=2) for line in _lines(meant, after, registry, known, mark)]
            return Mistake(
                code=found.code, command=command, argument=found.argument, met=found.met, offered=found.offered, given=found.given,
                suggestions=tuple(lines) or _suggestions(command, rest, found, registry, known, mark), usage=command.usage(mark),
            )  # fmt: skip


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the words of one command, and with which of them."""

    code: str
    argument: Argument | None = None
    met: str = ""
    offered: tuple[str, ...] = ()
    at: int | None = None
    """The place of the wrong word; ``None`` when one is missing."""
    given: Mapping[str, str] = msgspec.field(default_factory=dict)


def read(command: Command, words: Sequence[Word], registry: Registry, known: Known) -> Parsed | WantsForm | Failed:
    """Return what ``words`` (after the command's name) say. An environment is one of the service before it."""
    placed = assign(command, words)
    if isinstance(placed, Misplaced):
        return Failed(code=placed.code, argument=placed.argument, met=placed.met, at=placed.at, offered=placed.offered)
    values: dict[str, Value] = {}
    given: dict[str, str] = {}
    service = ""
    for argument in (*command.arguments, *command.options):
        found = placed.values.get(argument.name)
        if found is None and not argument.default:
            if not argument.required:
                continue
            if not any(before.name in placed.values for before in command.arguments):
                return WantsForm(command=command, given=_shown(command, placed))
            offered = known.services.get(service, ()) if argument.kind == "environment" else argument.choices
            return Failed(code="command_word_missing", argument=argument, offered=tuple(offered)[: OFFERED * 2], given=given)
        word = Word(argument.default) if found is None else found.word
        value = read_value(argument, word, known, registry, service=service)
        if isinstance(value, Wrong):
            return Failed(
                code=value.code, argument=argument, met=value.met, offered=value.offered, at=found.at if found else None, given=given
            )  # fmt: skip
        values[argument.name] = value
        if not argument.secret:
            given[argument.name] = word.text
        if argument.kind == "service":
            service = str(value)
    return Parsed(command=command, values=values, parameters=placed.parameters)


def _shown(command: Command, placed: Assigned) -> dict[str, str]:
    """Return the words by their argument, without secrets."""
    secret = {argument.name for argument in (*command.arguments, *command.options) if argument.secret}
    return {name: given.word.text for name, given in placed.values.items() if name not in secret}


def _asks_help(word: Word, registry: Registry, known: Known) -> bool:
    if word.text in ("--help", "-h"):
        return True
    found = registry.find(word.text)
    return found is not None and found.name == "help" and word.text not in known.services


def _unknown(name: str, words: Sequence[Word], registry: Registry, known: Known, mark: Mark) -> Mistake:
    """Return what is said of a line whose first word is no command."""
    lines: Sequence[str] = ()
    for command, rest in (*at_the_beginning(words, registry), *within(words, registry)):
        if lines := _lines(command, rest, registry, known, mark):
            break
    if not lines:
        meant = alike(name, registry)
        lines = [line for command in meant for line in _lines(command, words[1:], registry, known, mark) or [command.written("", mark)]]
    return Mistake(code="command_unknown", met=name[:80], suggestions=tuple(dict.fromkeys(line[:200] for line in lines))[:OFFERED])


def _lines(command: Command, words: Sequence[Word], registry: Registry, known: Known, mark: Mark) -> Sequence[str]:
    """Return whole lines that a command with these words may have been meant for; none where the words say nothing to it."""
    if _has_secrets(command):
        return [command.written("", mark)]
    found = read(command, words, registry, known)
    return _suggestions(command, words, found, registry, known, mark) if isinstance(found, Failed) else [command.written(joined(words), mark)]


def _suggestions(command: Command, words: Sequence[Word], failed: Failed, registry: Registry, known: Known, mark: Mark) -> tuple[str, ...]:
    """Return whole lines that work and may have been meant."""
    if _has_secrets(command) or sum(len(word.text) for word in words) > 400:
        return ()
    lines = [line for tried in _rearranged(words, known) if (line := _corrected(command, tried, registry, known, 0)) is not None]
    if lines:
        return tuple(dict.fromkeys(command.written(line, mark) for line in lines))[:OFFERED]
    if failed.at is None:
        lines += [line for offer in failed.offered if (line := _corrected(command, [*words, Word(offer)], registry, known, 0)) is not None]
    else:
        for offer in failed.offered:
            line = _corrected(command, _replaced(words, failed, offer), registry, known, _DEPTH)
            lines += [line] if line is not None else []
        if not lines and not command.acts:  # "status please": without the word it only answers
            line = _corrected(command, [*words[: failed.at], *words[failed.at + 1 :]], registry, known, 0)
            lines += [line] if line is not None else []
    return tuple(dict.fromkeys(command.written(line, mark) for line in lines))[: OFFERED * 2]


def _rearranged(words: Sequence[Word], known: Known) -> list[list[Word]]:
    """Return the words as people who have them in mind may mix them up: two swapped, words between them, two in one, the service left out."""
    found = []
    if len(words) > 1:
        found.append([words[1], words[0], *words[2:]])
    plain = [word for word in words if word.text.casefold() not in _FILLERS]
    if len(plain) < len(words):
        found += [plain, [*plain[1:2], *plain[:1], *plain[2:]], [*plain[1:], *plain[:1]]]
    if len(words) == 3:  # deploy main web-app staging
        found.append([words[1], words[2], words[0]])
    if words and _PARTS.search(words[0].text):
        found.append([*map(Word, filter(None, _PARTS.split(words[0].text, maxsplit=1))), *words[1:]])
    if words and not any(word.text in known.services for word in words):
        services = [service for service, environments in known.services.items() if words[0].text in environments]
        found += [[Word(service), *words] for service in services[:OFFERED]]
    return found


def _corrected(command: Command, words: Sequence[Word], registry: Registry, known: Known, depth: int) -> str | None:
    """Return the words as a line when they work, at most ``depth`` of them replaced by the likeliest name; else ``None``."""
    found = read(command, words, registry, known)
    if isinstance(found, Parsed):
        return joined(words)
    if isinstance(found, Failed) and depth and found.at is not None and found.offered:
        return _corrected(command, _replaced(words, found, found.offered[0]), registry, known, depth - 1)
    return None


def _replaced(words: Sequence[Word], failed: Failed, offer: str) -> list[Word]:
    """Return the words with ``offer`` in the place of the wrong one; an option keeps its other half."""
    at = failed.at or 0
    pair = _PAIR.fullmatch(words[at].text)
    if pair is not None and words[at].bare:
        if failed.code == "command_option_unknown":
            offer = f"{offer}{pair[2]}"
        elif failed.argument is not None and failed.argument.name == pair[1]:
            offer = f"{pair[1]}={offer}"
    return [*words[:at], Word(offer), *words[at + 1 :]]


def _has_secrets(command: Command) -> bool:
    return any(argument.secret for argument in (*command.arguments, *command.options))
