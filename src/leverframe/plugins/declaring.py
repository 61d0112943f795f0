"""Decorators for plugin authors: a function stays what it is, and carries what it adds to the hub."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from leverframe.core.commands.definitions import UNSAID, Argument, Bilingual, Command, Kind
from leverframe.core.deployments.effects import Happening as HappeningName
from leverframe.core.events import Event
from leverframe.plugins.values import Asked, Happening, Hub, Spoken

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)
MARK = "__leverframe__"
"""The attribute that holds what a function or class adds."""
Words: TypeAlias = str | Mapping[str, str]
"""One string for both languages, or ``{"en": …, "ko": …}``."""


class Is(msgspec.Struct, frozen=True):
    """In ``Annotated``: what kind of word an argument is."""

    kind: Kind = "text"
    rest: bool = False
    secret: bool = False


class Label(msgspec.Struct, frozen=True):
    """In ``Annotated``: what stands over an argument's field in a form, and below it."""

    en: str
    ko: str = ""
    hint: Words = ""


Service = Annotated[str, Is("service")]
"""A service of the configuration; forms offer those that somebody may use."""
Environment = Annotated[str, Is("environment")]
"""An environment of the service before it."""
Ref = Annotated[str, Is("ref")]
Repository = Annotated[str, Is("repository")]
PersonId = Annotated[str, Is("person")]
"""Somebody, as their chat identifies them."""
RoomId = Annotated[str, Is("room")]
Rest = Annotated[str, Is("text", rest=True)]
"""All words that are left."""
Secret = Annotated[str, Is("text", secret=True)]
"""Never shown again, in no audit, no answer and no log of the hub's."""

GIVEN = (Asked, Spoken, Event, Happening, Hub)
"""Parameters of these types are given by the hub, wherever they stand."""


class CommandOf(msgspec.Struct, frozen=True, kw_only=True):
    """A function that does a command."""

    function: str
    command: Command


class MessageOf(msgspec.Struct, frozen=True, kw_only=True):
    """A function that answers words."""

    function: str
    pattern: str
    flags: int
    anywhere: bool = False


class EventOf(msgspec.Struct, frozen=True, kw_only=True):
    """A function that hears events."""

    function: str
    events: tuple[str, ...]


class HappeningOf(msgspec.Struct, frozen=True, kw_only=True):
    """A function that hears what happens to deployments."""

    function: str
    happenings: tuple[str, ...]


class RoomOf(msgspec.Struct, frozen=True, kw_only=True):
    """A class that is a runner or a chat."""

    function: str
    family: Literal["runners", "chats"]
    kind: str


Declared: TypeAlias = CommandOf | MessageOf | EventOf | HappeningOf | RoomOf


def command(
    name: str = "", *, summary: Words = "", title: Words = "", example: str = "", acts: bool = True, free: bool = False, top_level: bool = False,
    aliases: Sequence[str] = (),
) -> Callable[[F], F]:  # fmt: skip
    """Make a function a command. Its parameters are the command's arguments, by their annotations; those after ``*`` and every ``bool`` are options.

    ``name`` is the function's, if left out, ``summary`` the first line of its docstring. What ``acts`` is said in the room for
    everybody, else only to who asks. Nobody may use it without a grant for its name, unless it is ``free``, which what acts cannot
    be. ``top_level`` makes it a slash command of its own, else it is a word of ``/lever``. Raises ``ValueError`` or ``TypeError``
    for what cannot work.
    """

    def declare(function: F) -> F:
        if acts and free:
            raise ValueError(f"{function.__name__}: what acts needs a grant; acts=False is for what only answers")
        own = name or function.__name__.replace("_", "-")
        arguments, options = _arguments(function)
        told = _bilingual(summary or (inspect.getdoc(function) or "").partition("\n")[0] or own)
        _add(function, CommandOf(function=function.__name__, command=Command(
            name=own, title=_bilingual(title or own[:24]), summary=told, arguments=arguments, options=options, example=example, acts=acts,
            permission="free" if free else "words", top_level=top_level, aliases=tuple(aliases),
        )))  # fmt: skip
        return function

    return declare


def on_message(pattern: str, flags: int = re.IGNORECASE, *, anywhere: bool = False) -> Callable[[F], F]:
    """Have a function answer what is said to the hub and is no command: a mention, ``!`` in a channel, in the playground either. With
    ``anywhere`` also what is said in a room that the hub is in, to nobody.

    ``pattern`` is a regular expression that is looked for in the words; named groups are given to parameters of their names. Nobody
    needs a grant for an answer: what acts is a command.
    """
    compiled = re.compile(pattern, flags)

    def declare(function: F) -> F:
        extra = {one.name for one in _parameters(function) if one.default is inspect.Parameter.empty} - set(compiled.groupindex)
        if extra:
            raise TypeError(f"{function.__name__}: the pattern has no group called {min(extra)}")
        _add(function, MessageOf(function=function.__name__, pattern=pattern, flags=flags, anywhere=anywhere))
        return function

    return declare


def on_event(*events: str) -> Callable[[F], F]:
    """Have a function hear events of sources: ``"push"``, ``"pull_request.opened"``, or ``"*"`` for all. At least once each; see the docs."""
    if not events:
        raise ValueError('name the events: @on_event("push"), or "*" for all')

    def declare(function: F) -> F:
        _only_given(function)
        _add(function, EventOf(function=function.__name__, events=events))
        return function

    return declare


def on_happening(*happenings: str) -> Callable[[F], F]:
    """Have a function hear what happens to deployments: ``asked``, ``approval_needed``, ``approved``, ``rejected``, ``started``,
    ``succeeded``, ``failed``, ``cancelled``, ``expired``, ``unknown``; all of them when none is named. At least once each.
    """
    known = get_args(HappeningName)
    if unknown := sorted(set(happenings) - set(known)):
        raise ValueError(f"nothing that happens is called {unknown[0]}; there are {', '.join(known)}")

    def declare(function: F) -> F:
        _only_given(function)
        _add(function, HappeningOf(function=function.__name__, happenings=happenings or known))
        return function

    return declare


def runner(kind: str) -> Callable[[C], C]:
    """Make a class a runner: ``[runners.NAME] kind = "KIND"``. See ``leverframe.plugins.rooms`` for what it is made with."""
    return _room("runners", kind, ("start", "find", "poll", "cancel"))


def chat(kind: str) -> Callable[[C], C]:
    """Make a class a chat: ``[chats.NAME] kind = "KIND"``. See ``leverframe.plugins.rooms`` for what it is made with."""
    return _room("chats", kind, ("post",))


def _room(family: Literal["runners", "chats"], kind: str, needed: tuple[str, ...]) -> Callable[[C], C]:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", kind):
        raise ValueError(f"a kind cannot be called {kind!r}: lower-case letters, digits, - and _")

    def declare(made: C) -> C:
        if lacking := [name for name in needed if not callable(getattr(made, name, None))]:
            raise TypeError(f"{made.__name__} has no {lacking[0]}()")
        _add(made, RoomOf(function=made.__name__, family=family, kind=kind))
        return made

    return declare


def declared(thing: Any) -> tuple[Declared, ...]:
    """Return what a function or a class adds, as its decorators say."""
    found = vars(thing).get(MARK, ()) if isinstance(thing, type) else getattr(thing, MARK, ())
    return tuple(found)


def given_to(function: Callable[..., Any]) -> dict[str, type]:
    """Return the parameters that the hub gives, with their types."""
    hints = get_type_hints(function)
    return {name: hints[name] for name in inspect.signature(function).parameters if hints.get(name) in GIVEN}


def _add(thing: Any, what: Declared) -> None:
    setattr(thing, MARK, (*declared(thing), what))


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that are no gift of the hub's."""
    given = given_to(function)
    found = [one for name, one in inspect.signature(function).parameters.items() if name not in given]
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY) for one in found):
        raise TypeError(f"{function.__name__}: *args, **kwargs and positional-only parameters mean nothing here")
    return found


def _only_given(function: Callable[..., Any]) -> None:
    if needed := [one.name for one in _parameters(function) if one.default is inspect.Parameter.empty]:
        raise TypeError(f"{function.__name__}: nothing is given for {needed[0]}; annotate it with Event, Happening or Hub")


def _arguments(function: Callable[..., Any]) -> tuple[tuple[Argument, ...], tuple[Argument, ...]]:
    hints = get_type_hints(function, include_extras=True)
    arguments: list[Argument] = []
    options: list[Argument] = []
    for parameter in _parameters(function):
        one = _argument(function.__name__, parameter, hints.get(parameter.name, str))
        (options if parameter.kind is parameter.KEYWORD_ONLY or one.kind == "flag" else arguments).append(one)
    return tuple(arguments), tuple(options)


def _argument(function: str, parameter: inspect.Parameter, hint: Any) -> Argument:
    hint, notes = _plain(hint)
    if get_origin(hint) in (Union, UnionType):
        hint, more = _plain(next(part for part in get_args(hint) if part is not NoneType))
        notes = (*notes, *more)
    marked = next((note for note in notes if isinstance(note, Is)), None)
    label = next((note for note in notes if isinstance(note, Label)), Label(parameter.name))
    choices: tuple[str, ...] = ()
    kind: Kind
    match hint:
        case _ if marked is not None:
            kind = marked.kind
        case _ if get_origin(hint) is Literal:
            kind, choices = "choice", tuple(str(choice) for choice in get_args(hint))
        case _ if hint is bool:
            kind = "flag"
        case _ if hint is int:
            kind = "number"
        case _ if hint is timedelta:
            kind = "duration"
        case _ if hint is str:
            kind = "text"
        case _:
            raise TypeError(f"{function}: {parameter.name} is annotated with {hint}; write str, int, bool, timedelta, Literal[…], Service, Environment …")
    return Argument(
        name=parameter.name, kind=kind, label=Bilingual(label.en, label.ko or label.en), hint=_bilingual(label.hint) if label.hint else UNSAID,
        required=parameter.default is inspect.Parameter.empty and kind != "flag", choices=choices,
        rest=marked is not None and marked.rest, secret=marked is not None and marked.secret,
    )  # fmt: skip


def _plain(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a type without ``Annotated``, and what was noted there."""
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return inner, tuple(notes)
    return hint, ()


def _bilingual(words: Words) -> Bilingual:
    if isinstance(words, str):
        return Bilingual(words, words)
    return Bilingual(words.get("en", words.get("ko", "")), words.get("ko", words.get("en", "")))
