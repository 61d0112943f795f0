"""Find plugins and read what they add: files of a folder, and installed packages that the configuration names."""

from __future__ import annotations

import importlib.util
import linecache
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from leverframe.core.discreet import Discreet
from leverframe.core.errors import Locale
from leverframe.plugins.declaring import CommandOf, Declared, EventOf, HappeningOf, MessageOf, RoomOf, declared

GROUP = "leverframe.plugins"
"""Entry points of installed packages."""
NAME = re.compile(r"[a-z][a-z0-9_-]*")


_WORDS: Mapping[Locale, Mapping[str, str]] = {
    "en": {"command": "command", "answers": "answers", "hears": "hears", "deployments": "hears of deployments", "runners": "runner", "chats": "chat"},
    "ko": {"command": "명령", "answers": "응답", "hears": "이벤트", "deployments": "배포 소식", "runners": "러너", "chats": "채팅"},
}


class Broken(Exception):
    """A plugin cannot be read; the words say what is wrong with it, and where."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin that is there, not read yet."""

    name: str
    path: Path | None = None
    """Its file (``__init__.py`` of a folder); ``None`` for an installed package."""
    entry: EntryPoint | None = None

    @property
    def where(self) -> str:
        """Where it is, for people: a file, or a module."""
        return str(self.path) if self.path is not None else self.entry.value if self.entry is not None else ""


class Plugin(Discreet, frozen=True, kw_only=True):
    """A plugin that was read."""

    unshown = frozenset({"settings", "functions"})
    name: str
    where: str
    timeout_s: float
    isolated: bool
    settings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """Its own keys."""
    declared: tuple[Declared, ...] = ()
    functions: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """What it declared, by name; empty for one that has a process of its own."""

    def of(self, kind: type[Any]) -> list[Any]:
        """Return what it declares of one kind."""
        return [one for one in self.declared if isinstance(one, kind)]

    def adds(self, locale: Locale = "en") -> list[str]:
        """Return what it adds, for people: ``command oncall``, ``answers /coffee/``, ``hears push``, ``runner spinnaker``."""
        words = _WORDS[locale]
        told = []
        for one in self.declared:
            match one:
                case CommandOf():
                    told.append(f"{words['command']} {one.command.usage('')}")
                case MessageOf():
                    told.append(f"{words['answers']} /{one.pattern}/")
                case EventOf():
                    told.append(f"{words['hears']} {', '.join(one.events)}")
                case HappeningOf():
                    told.append(f"{words['deployments']} {', '.join(one.happenings)}")
                case RoomOf():
                    told.append(f"{words[one.family]} {one.kind}")
        return told


def in_folder(folder: Path) -> Iterator[Found]:
    """Yield the plugins of a folder, by name: ``NAME.py``, and folders with an ``__init__.py``; what begins with ``_`` or ``.`` is none.

    Raises ``OSError``.
    """
    for path in sorted(folder.iterdir()):
        inside = path / "__init__.py"
        if path.name[0] not in "_." and (path.suffix == ".py" or inside.is_file()):
            yield Found(name=path.stem, path=inside if path.is_dir() else path)


def installed() -> dict[str, Found]:
    """Return the plugins of installed packages, by name."""
    return {entry.name: Found(name=entry.name, entry=entry) for entry in entry_points(group=GROUP)}


def read(found: Found) -> tuple[tuple[Declared, ...], dict[str, Any]]:
    """Import a plugin; return what it declares, and the functions and classes by name. Raises :class:`Broken`."""
    try:
        module = _imported(found)
    except Exception as error:
        raise Broken(explained(error, found.path)) from error
    except SystemExit as error:
        raise Broken("it ends the program when it is imported") from error
    things = {name: thing for name, thing in vars(module).items() if declared(thing)}
    functions = {thing.__name__: thing for thing in things.values()}
    return tuple(dict.fromkeys(one for thing in things.values() for one in declared(thing))), functions


def explained(error: BaseException, path: Path | None = None) -> str:
    """Return an exception as one line, with the line of the plugin's file where it came up."""
    said = " ".join(str(error).split())[:300]
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    if line is None and path is not None:
        line = next((frame.lineno for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename == str(path)), None)
    return f"{type(error).__name__}: {said}" + (f" (line {line})" if line is not None else "")


def _imported(found: Found) -> ModuleType:
    if found.entry is not None:
        loaded = found.entry.load()
        return loaded if isinstance(loaded, ModuleType) else _holding(found.name, loaded)
    assert found.path is not None
    name = f"leverframe_plugins.{found.name.replace('-', '_')}"
    inside = [str(found.path.parent)] if found.path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, found.path, submodule_search_locations=inside)
    assert spec is not None
    assert spec.loader is not None
    linecache.checkcache(str(found.path))
    module = importlib.util.module_from_spec(spec)
    # Its own imports, and the types that its annotations name, are looked for under its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _holding(name: str, thing: Callable[..., Any]) -> ModuleType:
    """Return a module that holds the one thing that an entry point names."""
    module = ModuleType(name)
    setattr(module, getattr(thing, "__name__", name), thing)
    return module
