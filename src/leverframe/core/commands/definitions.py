"""What a command is: its name, its arguments and options with their kinds, who may use it, and how people write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.errors import Locale

Kind: TypeAlias = Literal[
    "service", "environment", "ref", "deployment", "id", "command", "person", "room", "route", "repository",
    "choice", "number", "duration", "flag", "text",
]  # fmt: skip
"""``deployment`` is the id of one (``dep_…``), ``id`` any id of the hub's, ``flag`` is given or not; ``text`` is people's own words."""
Permission: TypeAlias = Literal["free", "words", "deployment"]
"""``free``: nobody needs a grant. ``words``: a grant for the command's name and its arguments. ``deployment``: a grant for the name and
the service and environment of the deployment that is named, so it is decided once that is known."""
Mark: TypeAlias = Literal["/", "!", ""]
"""What stands before a line: a slash command, ``!`` in threads, nothing where the hub is spoken to anyway (mention, playground, CLI)."""
Value: TypeAlias = str | int | bool

SHARED = "lever"
"""The one slash command that takes every other as its first word."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_ARGUMENT = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_PLACEHOLDERS: Mapping[str, str] = {"environment": "ENV", "deployment": "ID", "repository": "REPO"}


class Bilingual(msgspec.Struct, frozen=True):
    """The same words in each language that the hub speaks."""

    en: str
    ko: str

    def of(self, locale: Locale) -> str:
        """Return the words in ``locale``."""
        return self.ko if locale == "ko" else self.en


UNSAID = Bilingual("", "")


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a command takes: a word at its place, or an option (``--for 2h``, ``for=2h``, ``for:2h``)."""

    name: str
    kind: Kind
    label: Bilingual
    """Over the field of a form: ``Service``."""
    hint: Bilingual = UNSAID
    """Below the field: what may be written."""
    required: bool = True
    choices: tuple[str, ...] = ()
    """Of the kind ``choice``: what may be written."""
    default: str = ""
    """Taken, as if it had been written, when it is left out."""
    rest: bool = False
    """Takes all words that are left; an option: all words up to the next option."""
    secret: bool = False
    """Never shown again: ``***`` in the audit and in answers. No grant asks for it."""
    most: int = 1_000
    """Characters at most."""

    def __post_init__(self) -> None:
        """Raise ``ValueError`` when the definition cannot work."""
        if not _ARGUMENT.fullmatch(self.name):
            raise ValueError(f"an argument cannot be called {self.name!r}: lower-case letters, digits, - and _")
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.name}: choices go with the kind choice, and only with it")
        if self.default and self.choices and self.default not in self.choices:
            raise ValueError(f"{self.name}: the default {self.default!r} is none of its choices")

    @property
    def in_grants(self) -> bool:
        """Whether a grant has a word for it: people's own words and secrets are not matched."""
        return self.kind not in ("text", "flag") and not self.secret

    @property
    def placeholder(self) -> str:
        """How usage lines show it: ``SERVICE``, ``[REF]``, ``ran|did-not-run``, ``[REASON…]``."""
        name = "|".join(self.choices) if self.choices else _PLACEHOLDERS.get(self.kind, self.name.upper())
        name += "…" if self.rest else ""
        return name if self.required else f"[{name}]"

    @property
    def option_placeholder(self) -> str:
        """How usage lines show it as an option: ``[--for DURATION]``, ``[--dm]``."""
        value = "|".join(self.choices) if self.choices else self.kind.upper()
        shown = f"--{self.name}" if self.kind == "flag" else f"--{self.name} {value}"
        return shown if self.required else f"[{shown}]"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a command is about once it is known: where a deployment goes. Grants of ``approve``, ``cancel`` … are written by it."""

    service: str
    environment: str
    title: str = ""
    """For a choice in a form: ``web-app → production main``."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What exists, for checking names and offering them."""

    services: Mapping[str, tuple[str, ...]]
    """Service → its environments, in the order of the configuration."""
    deployments: Mapping[str, Subject] | None = None
    """Open deployments by id (``dep_…``), where they have been read."""
    routes: tuple[str, ...] = ()


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command, whoever defines it: the hub, ``[commands]`` or a plugin."""

    name: str
    title: Bilingual
    """A noun for a form's head and its button: ``Deploy``; at most 24 characters, as Slack takes them."""
    summary: Bilingual
    """One sentence for help and Slack's list of commands."""
    arguments: tuple[Argument, ...] = ()
    options: tuple[Argument, ...] = ()
    parameters: bool = False
    """Whether other ``key=value`` words are taken too, and given to the runner."""
    example: str = ""
    """Words after the name: ``web-app staging``."""
    acts: bool = True
    """Whether it does something (said in the room, for everybody) or only answers (to the one who asked)."""
    permission: Permission = "words"
    top_level: bool = False
    """Whether it is a slash command of its own; every command is also a word of ``/lever``."""
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` when the definition cannot work."""
        if not _NAME.fullmatch(self.name) or self.name == SHARED:
            raise ValueError(f"a command cannot be called {self.name!r}: lower-case letters, digits and -, and not {SHARED}")
        names = [argument.name for argument in (*self.arguments, *self.options)]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.name}: two arguments have one name")
        optional = False
        for place, argument in enumerate(self.arguments, 1):
            if argument.required and optional:
                raise ValueError(f"{self.name}: {argument.name} is required, and comes after one that is not")
            if argument.rest and place != len(self.arguments):
                raise ValueError(f"{self.name}: only the last argument can take all words that are left")
            if argument.kind == "environment" and not any(before.kind == "service" for before in self.arguments[: place - 1]):
                raise ValueError(f"{self.name}: {argument.name} needs a service before it")
            if argument.kind == "flag":
                raise ValueError(f"{self.name}: {argument.name} can only be an option")
            optional = optional or not argument.required
        if self.permission == "deployment" and not any(argument.kind == "deployment" for argument in self.arguments):
            raise ValueError(f"{self.name}: nothing says which deployment's grant it takes")

    @property
    def needs_grant(self) -> bool:
        """Whether somebody without any grant is refused."""
        return self.permission != "free"

    def argument(self, name: str) -> Argument | None:
        """Return the argument or option of this name."""
        return next((found for found in (*self.arguments, *self.options) if found.name == name), None)

    def written(self, words: str = "", mark: Mark = "/") -> str:
        """Return the line as people write it: ``/deploy web-app staging``, ``/lever queue``, ``!queue``."""
        head = f"/{SHARED} {self.name}" if mark == "/" and not self.top_level else f"{mark}{self.name}"
        return f"{head} {words}".rstrip()

    def usage(self, mark: Mark = "/") -> str:
        """Return ``/deploy SERVICE ENV [REF] [--reason TEXT] [--dm] [KEY=VALUE…]``."""
        parts = [argument.placeholder for argument in self.arguments]
        parts += [option.option_placeholder for option in self.options]
        parts += ["[KEY=VALUE…]"] if self.parameters else []
        return self.written(" ".join(parts), mark)

    def hint(self) -> str:
        """Return the hint that Slack shows while somebody types the command: its example, else its arguments."""
        return self.example or " ".join(argument.placeholder for argument in self.arguments)


class CommandTaken(ValueError):
    """Two commands want one name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there are two commands called {name}")
        self.name = name


class Registry:
    """The commands of a hub, in the order in which help shows them."""

    __slots__ = ("_by_word", "commands")

    def __init__(self, commands: Iterable[Command]) -> None:
        """Take the commands. Raises :class:`CommandTaken` when two have one name or alias."""
        self.commands = tuple(commands)
        self._by_word: dict[str, Command] = {}
        for command in self.commands:
            for word in (command.name, *command.aliases):
                if word.casefold() in self._by_word:
                    raise CommandTaken(word)
                self._by_word[word.casefold()] = command

    def __iter__(self) -> Iterator[Command]:
        return iter(self.commands)

    def find(self, word: str) -> Command | None:
        """Return the command of this name or alias, whatever the case of its letters."""
        return self._by_word.get(word.casefold())

    def joined(self, more: Iterable[Command]) -> Registry:
        """Return a registry that holds ``more`` too. Raises :class:`CommandTaken`."""
        return Registry((*self.commands, *more))

    @property
    def words(self) -> tuple[str, ...]:
        """Every name and alias."""
        return tuple(self._by_word)

    @property
    def top_level(self) -> tuple[Command, ...]:
        """The commands that are slash commands of their own."""
        return tuple(command for command in self.commands if command.top_level)

    @property
    def verbs(self) -> tuple[str, ...]:
        """The first words that grants for these commands have."""
        return tuple(sorted(command.name for command in self.commands if command.needs_grant))
