"""From text to sections: every error of the file at once, each with its line.

Sections are validated one by one, so that a mistake in one hides nothing in the others; ``checking`` then looks across them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from leverframe.config.lines import KeyPath, line_of
from leverframe.config.problems import Finding
from leverframe.core.details import Detail, of_field
from leverframe.secrets import LITERAL, Secret

RESERVED = {"chats": frozenset({"hooks", "mail", "operator", "person", "token"}), "sources": frozenset({"hook", "hub", "teams"})}
"""Names that the hub has taken: the sources of what comes to /hook, and of what it tells itself; what stands before a name where it
knows somebody itself (``person:ann``), which nobody in a chat may be taken for."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
NOT_BUILT_SECTIONS = frozenset({"content", "windows"})
NOT_BUILT_KEYS: dict[KeyPath, frozenset[str]] = {}
"""Planned keys of sections that are built."""
KINDS: dict[str, dict[str, str]] = {
    "sources": {
        kind: f"leverframe.sources.{kind}.settings"
        for kind in (
            "github", "gitlab", "gitea", "git", "bitbucket", "bucket", "alertmanager", "argocd_notifications", "cloudevents", "generic", "jenkins", "standard_webhooks",
        )
    },
    "chats": {
        "slack": "leverframe.chats.slack.settings", "teams": "leverframe.chats.teams.settings",
        "playground": "leverframe.chats.playground.settings",
    },
    "runners": {
        "simulated": "leverframe.runners.simulated", "github_actions": "leverframe.runners.github_actions",
        "repository_dispatch": "leverframe.runners.repository_dispatch", "jenkins": "leverframe.runners.jenkins.settings",
        "argocd": "leverframe.runners.argocd.settings", "http": "leverframe.runners.http",
    },
}  # fmt: skip
"""The rooms that are built, and the module of their ``Settings``; only what is configured is imported."""
NOT_BUILT_KINDS = {
    "sources": frozenset[str](),
    "chats": frozenset[str](),
    "runners": frozenset[str](),
}
_CODES = {"missing": "key_missing", "too_short": "list_empty"}
_TYPES = {
    "string_type": "string", "secret_type": "string", "list_type": "list", "tuple_type": "list", "dict_type": "table", "model_type": "table",
    "model_attributes_type": "table", "int_type": "whole", "int_parsing": "whole", "int_from_float": "whole", "float_type": "number",
    "float_parsing": "number", "bool_type": "boolean", "bool_parsing": "boolean",
}  # fmt: skip


class Reading(msgspec.Struct):
    """One file as it is read: its text's lines, what is found wrong, and where references are resolved."""

    file: Path
    lines: dict[KeyPath, int]
    environ: Mapping[str, str]
    findings: list[Finding] = msgspec.field(default_factory=list)
    kinds: dict[str, dict[str, type]] = msgspec.field(default_factory=dict)
    """Kinds of rooms that plugins add, by family: the class that is one."""
    placeholder: str = ""
    """What stands for secrets that are not there yet; empty where they are needed."""
    locale: str = ""
    """The language that a file asks for that is no TOML."""

    def found(self, code: str, path: KeyPath, detail: str | Detail = "", near: str | None = None) -> None:
        """Note an error or a warning at ``path``."""
        self.findings.append(Finding(file=self.file, line=line_of(self.lines, path), key=show_key(path), code=code, detail=detail, near=near))

    def section(self, model: type[BaseModel], value: Any, path: KeyPath, beside: Collection[str] = ()) -> BaseModel | None:
        """Return ``value`` as ``model``, or note what is wrong with it and return ``None``. ``beside``: other keys that may stand there."""
        try:
            read = model.model_validate(value, context={"folder": self.file.parent, "environ": self.environ, "placeholder": self.placeholder})
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                self.refused(model, detail, path, beside)
            return None
        for inner in _literals(read):
            self.found("secret_literal", (*path, *inner))
        return read

    def refused(self, model: type[BaseModel], error: ErrorDetails, path: KeyPath, beside: Collection[str] = ()) -> None:
        """Note one error of pydantic's in our own words."""
        kind, here = error["type"], (*path, *error["loc"])
        context = error.get("ctx", {})
        if kind in _TYPES:
            self.found("value_type", here, _TYPES[kind])
        elif kind == "extra_forbidden":
            key = str(here[-1])
            if key in NOT_BUILT_KEYS.get(path, ()):
                self.found("key_not_built", here)
            else:
                inside = error["loc"][:-1]
                self.found("key_unknown", here, near=near(key, [*_keys(model, inside), *(() if inside else beside)]))
        elif kind == "literal_error":
            self.found("value_choice", here, str(context["expected"]).replace("'", '"').replace(" or ", ", "))
        elif kind in _CODES:
            self.found(_CODES[kind], here)
        elif "shown" in context or "subject" in context:  # our own validators raise our own codes
            self.found(kind, here, error["msg"])
        else:
            said = of_field(kind, error["msg"].removeprefix("Value error, "), context)
            self.found("value_invalid", here, Detail(_lower(said.en), said.ko))

    def rooms(self, family: str, tables: Any) -> dict[str, BaseModel | None]:
        """Return the settings of every ``[sources.NAME]``, ``[chats.NAME]`` or ``[runners.NAME]`` by name; ``None`` for one that is wrong."""
        found: dict[str, BaseModel | None] = {}
        for name, table in self.tables(family, tables).items():
            found[name] = None
            if not NAME.fullmatch(name):
                self.found("name_invalid", (family, name), name)
            elif name in RESERVED.get(family, ()):
                self.found("name_reserved", (family, name), name)
            kind = table.get("kind", name)
            at: KeyPath = (family, name, "kind") if "kind" in table else (family, name)
            if not isinstance(kind, str):
                self.found("value_type", at, "string")
            elif kind in NOT_BUILT_KINDS[family]:
                self.found("kind_not_built", at, kind)
            elif kind in self.kinds.get(family, {}):
                found[name] = self.section(self.model(family, kind, "Settings"), {**table, "kind": kind}, (family, name))
            elif kind not in KINDS[family]:
                self.found("kind_unknown", at, kind, near=near(kind, [*KINDS[family], *self.kinds.get(family, ())], 'kind = "{}"'))
            else:
                found[name] = self.section(self.model(family, kind, "Settings"), {**table, "kind": kind}, (family, name))
        return found

    def model(self, family: str, kind: str, which: str) -> type[BaseModel]:
        """Return the ``Settings`` or the ``Target`` of a kind of rooms; only what is configured is imported."""
        if kind in self.kinds.get(family, {}):
            from leverframe.plugins.rooms import model_of

            return model_of(self.kinds[family][kind], which)
        model: type[BaseModel] = getattr(import_module(KINDS[family][kind]), which)
        return model

    def named(self, model: type[BaseModel], family: str, tables: Any) -> dict[str, Any]:
        """Return every ``[family.NAME]`` that is right, as ``model``."""
        read = {name: self.section(model, table, (family, name)) for name, table in self.tables(family, tables).items()}
        return {name: section for name, section in read.items() if section is not None}

    def tables(self, family: str, value: Any, within: KeyPath = ()) -> dict[str, dict[str, Any]]:
        """Return the tables inside ``value``, which is ``family`` of ``within``; whatever else is there is noted."""
        if not isinstance(value, dict):
            self.found("value_type", (*within, family), "table")
            return {}
        for name, table in value.items():
            if not isinstance(table, dict):
                self.found("value_type", (*within, family, name), "table")
        return {name: table for name, table in value.items() if isinstance(table, dict)}


def near(word: str, known: Any, form: str = "{}") -> str | None:
    """Return the known word that is most like ``word``, put into ``form``; ``None`` when none is alike."""
    closest = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return form.format(closest[0]) if closest else None


def show_key(path: KeyPath) -> str:
    """Return ``path`` as it is written in TOML: ``rooms."slack:#dev".quiet``, ``routes[0].to[1]``."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            quoted = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
            shown += f".{quoted}" if shown else quoted
    return shown


def _keys(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the table at ``path`` inside ``model`` takes."""
    found: Any = model
    for part in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            info = next((info for name, info in found.model_fields.items() if part in (name, info.alias)), None)
            found = _table(info.annotation) if info is not None else None
        elif get_origin(found) in (list, dict, tuple):
            found = _table(get_args(found)[-1])
    if isinstance(found, type) and issubclass(found, BaseModel):
        return [info.alias or name for name, info in found.model_fields.items()]
    return []


def _table(annotation: Any) -> Any:
    """Return the model, list or dict in ``annotation``, without ``| None`` and ``Annotated``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(iter(part for part in get_args(annotation) if part is not type(None)))
        else:
            return annotation


def _literals(value: Any) -> list[KeyPath]:
    """Return where ``value`` holds secrets that are written down."""
    match value:
        case Secret(reference=reference):
            return [()] if reference == LITERAL else []
        case BaseModel():
            pairs: Any = ((info.alias or name, getattr(value, name)) for name, info in type(value).model_fields.items())
        case dict():
            pairs = value.items()
        case list() | tuple():
            pairs = enumerate(value)
        case _:
            return []
    return [(key, *inner) for key, item in pairs for inner in _literals(item)]


def _lower(text: str) -> str:
    """Return ``text`` as the middle of a sentence."""
    return text[:1].lower() + text[1:].removesuffix(".")
