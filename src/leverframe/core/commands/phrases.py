"""Commands in what people write who do not know how one is called: ``who can deploy``, ``roll back``, ``잠금 해제``, ``배포해줘``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from leverframe.core.commands.definitions import Command, Registry
from leverframe.core.commands.values import close
from leverframe.core.commands.words import Word

Meant: TypeAlias = tuple[Command, Sequence[Word]]
"""A command that may have been meant, and its words."""
_LONGEST = 4
"""Words that together name a command: ``누가 할 수 있나``."""
_STEM = 3
"""Letters that a command's name needs to be known at the beginning of a longer word."""


def at_the_beginning(words: Sequence[Word], registry: Registry, *, least: int = 1) -> list[Meant]:
    """Return the command that the first words name together, ``least`` of them or more: its name, an alias or its title, however it is cut."""
    named = {_one(name): command for command in registry for name in (command.title.en, command.title.ko, *command.aliases, command.name)}
    for count in range(min(_LONGEST, len(words)), least - 1, -1):
        command = named.get(_one("".join(word.text for word in words[:count])))
        if command is not None:
            return [(command, words[count:])]
    return []


def within(words: Sequence[Word], registry: Registry) -> list[Meant]:
    """Return the first command that is named among the words: with those after it, and, as Korean puts it, with those before it."""
    for at, word in enumerate(words):
        command = registry.find(word.text) or _inflected(word.text, registry)
        if command is not None:
            found: list[Meant] = [(command, words[at + 1 :])] if at + 1 < len(words) or not at else []
            return [*found, *([(command, words[:at]), (command, ())] if at else [])]
    return []


def alike(name: str, registry: Registry) -> list[Command]:
    """Return the commands that a word is nearly the name of: first those whose name it begins, or that it begins with."""
    folded = name.casefold()
    longer = [word for word in registry.words if len(folded) > 1 and word.startswith(folded)]
    shorter = [word for word in registry.words if len(word) >= _STEM and folded.startswith(word)]
    found = [registry.find(word) for word in longer or shorter or close(name, registry.words)]
    return list(dict.fromkeys(command for command in found if command is not None))


def _inflected(word: str, registry: Registry) -> Command | None:
    """Return the command of a Korean word with something after it: ``배포해줘``, ``롤백을``."""
    stem = next((known for known in registry.words if len(known) > 1 and not known.isascii() and word.startswith(known)), None)
    return None if stem is None else registry.find(stem)


def _one(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
