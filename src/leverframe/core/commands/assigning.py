"""Which word goes to which argument: words by their place, options wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from leverframe.core.commands.definitions import Argument, Command
from leverframe.core.commands.values import close, duration_s
from leverframe.core.commands.words import Word

_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_LONGEST_PARAMETER = 1_000
_DASHES = re.compile(r"(?:--|—|–)(?=\w)")
"""macOS and phones make one long dash of two."""
_NEXT = re.compile(r"[=:]")


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The word, or words, of one argument."""

    word: Word
    at: int
    """The place of the first of them in the line."""


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """Every word has its place."""

    values: Mapping[str, Given]
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)


class Misplaced(msgspec.Struct, frozen=True, kw_only=True):
    """One word has none."""

    code: str
    met: str
    at: int | None = None
    argument: Argument | None = None
    offered: tuple[str, ...] = ()


def assign(command: Command, words: Sequence[Word]) -> Assigned | Misplaced:
    """Return the words by the argument that they are for.

    ``--key value``, ``key=value`` and ``key:value`` are options wherever they stand, unless quoted; other ``key=value`` words are
    parameters where the command takes them. After a lone ``--`` every word is taken as it stands.
    """
    values: dict[str, Given] = {}
    parameters: dict[str, str] = {}
    plain: list[Given] = []
    at = 0
    while at < len(words):
        word = words[at]
        dashes = _DASHES.match(word.text) if word.bare else None
        if word.text == "--" and word.bare == 2:
            plain += [Given(word=words[later], at=later) for later in range(at + 1, len(words))]
            break
        if dashes is not None:
            taken = _option(command, words, at, dashes.end())
            if isinstance(taken, Misplaced):
                return taken
            option, given, at = taken
            if option.name in values:
                return Misplaced(code="command_option_twice", met=f"--{option.name}", at=given.at, argument=option)
            values[option.name] = given
            continue
        key, value = _pair(word)
        option_named = next((option for option in command.options if option.name == key), None)
        if option_named is not None and value is not None and value.text and option_named.name not in values:
            values[option_named.name] = Given(word=value, at=at)
        elif command.parameters and value is not None and word.text[len(key)] == "=" and _PARAMETER.fullmatch(key):
            if len(value.text) > _LONGEST_PARAMETER:
                return Misplaced(code="command_value_long", met=key, at=at)
            parameters[key] = value.text
        else:
            plain.append(Given(word=word, at=at))
        at += 1
    return _placed(command, plain, values, parameters)


def parameter(text: str) -> tuple[str, str] | None:
    """Return key and value of ``key=value``, a parameter for the runner; ``None`` when it is none."""
    key, sign, value = text.partition("=")
    key, value = key.strip(), value.strip()
    return (key, value) if sign and _PARAMETER.fullmatch(key) and len(value) <= _LONGEST_PARAMETER else None


def _placed(command: Command, plain: Sequence[Given], values: dict[str, Given], parameters: dict[str, str]) -> Assigned | Misplaced:
    """Return the values with the words that are no options put at their places."""
    for place, argument in enumerate(command.arguments):
        if place >= len(plain):
            break
        if argument.rest:
            values[argument.name] = _together(plain[place:])
            return Assigned(values=values, parameters=parameters)
        values[argument.name] = plain[place]
    if len(plain) > len(command.arguments):
        extra = plain[len(command.arguments)]
        secret = any(argument.secret for argument in command.arguments)
        return Misplaced(code="command_word_extra", met="***" if secret else extra.word.text[:80], at=extra.at)
    return Assigned(values=values, parameters=parameters)


def _option(command: Command, words: Sequence[Word], at: int, dashes: int) -> tuple[Argument, Given, int] | Misplaced:
    """Return the option that the word at ``at`` names, its value, and where to go on."""
    key, value = _pair(words[at].after(dashes))
    option = next((option for option in command.options if option.name == key.casefold()), None)
    if option is None:
        names = [option.name for option in command.options]
        return Misplaced(code="command_option_unknown", met=f"--{key[:80]}", at=at, offered=tuple(f"--{name}" for name in close(key, names)))
    if value is not None:
        if not value.text:
            return Misplaced(code="command_option_empty", met=f"--{option.name}", at=at, argument=option)
        return option, Given(word=value, at=at), at + 1
    if option.kind == "flag":
        return option, Given(word=Word("yes"), at=at), at + 1
    end = at + 1
    while end < len(words) and (end == at + 1 or _goes_on(option, words[at + 1 : end], words[end])) and not _begins_option(command, words[end]):
        end += 1
    if end == at + 1:
        return Misplaced(code="command_option_empty", met=f"--{option.name}", at=at, argument=option)
    return option, _together([Given(word=words[later], at=later) for later in range(at + 1, end)]), end


def _goes_on(option: Argument, so_far: Sequence[Word], word: Word) -> bool:
    """Return whether ``word`` belongs to the value as well: all that follows of a text, ``30m`` after ``2h``, and ``시간`` after ``2``."""
    if option.kind == "duration":
        begun = "".join(one.text for one in so_far)
        is_part = duration_s(begun) is not None or not word.text[:1].isdigit()
        return bool(word.bare) and is_part and duration_s(begun + word.text) is not None
    return option.rest and bool(so_far[0].bare)


def _begins_option(command: Command, word: Word) -> bool:
    if _DASHES.match(word.text) and word.bare:
        return True
    key, value = _pair(word)
    return value is not None and (any(option.name == key for option in command.options) or (command.parameters and word.text[len(key)] == "="))


def _pair(word: Word) -> tuple[str, Word | None]:
    """Return ``key`` and the value of ``key=value`` or ``key:value``; ``None`` for a word that is no pair, or that was quoted there."""
    found = _NEXT.search(word.text)
    if found is None or found.start() >= word.bare:
        return word.text, None
    return word.text[: found.start()], word.after(found.end())


def _together(given: Sequence[Given]) -> Given:
    """Return the words as one, blanks between them; mark-up's id is only kept when there is one word."""
    if len(given) == 1:
        return given[0]
    return Given(word=Word(" ".join(one.word.text for one in given)), at=given[0].at)
