"""A site, its collections and their fields, as ``[sites.NAME]`` declares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from leverframe.core.content.keys import KeyPattern
from leverframe.core.errors import Locale

FieldType: TypeAlias = Literal["text", "slug", "number", "boolean", "date", "datetime", "select", "list", "markdown", "image", "reference"]
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)
Format: TypeAlias = Literal["json", "markdown"]
Value: TypeAlias = Any
"""What JSON can say: a string, a number, a boolean, ``None``, a list, an object. Dates are strings (ISO 8601)."""


class DateText(str):
    """A date or an instant (ISO 8601) that is one, and not text that looks alike: formats that know dates write it as such."""

    __slots__ = ()


FILES = "files"
"""Stands for a site's uploads where a collection's name does; no collection has it."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What something is called, in both languages."""

    en: str
    ko: str

    def of(self, locale: Locale) -> str:
        """Return it in ``locale``."""
        return self.ko if locale == "ko" else self.en


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One member of an entry."""

    name: str
    type: FieldType
    label: Label
    hint: Label | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    """Of a ``select``."""
    collection: str = ""
    """Of a ``reference``: where its target is."""
    many: bool = False
    """Of a ``reference``: whether it names several."""


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of one kind, an object each."""

    name: str
    title: Label
    key: KeyPattern
    format: Format
    fields: tuple[Field, ...]

    @property
    def body(self) -> str:
        """The field that is the text below the front matter; empty where the format has none."""
        return next((one.name for one in self.fields if one.type == "markdown"), "") if self.format == "markdown" else ""

    @property
    def headline(self) -> str:
        """The field by which people know an entry: the first of text; empty where there is none."""
        return next((one.name for one in self.fields if one.type == "text"), "")

    @property
    def dated(self) -> str:
        """The field that says when an entry is from; empty where there is none."""
        return next((one.name for one in self.fields if one.type in ("date", "datetime")), "")

    @property
    def references(self) -> tuple[Field, ...]:
        """The fields that refer to other collections."""
        return tuple(one for one in self.fields if one.type == "reference")

    def field(self, name: str) -> Field | None:
        """Return the field of this name."""
        return next((one for one in self.fields if one.name == name), None)


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What ``[sites.NAME]`` says, without where its objects are."""

    name: str
    title: Label
    collections: Mapping[str, Collection]
    repository: str = ""
    """What is built after a change: ``owner/name``; empty: nothing is."""
    event_type: str = "webhook"
    url: str = ""
    """Where its readers see it."""
    files: str = "uploads"
    """The folder of uploads, without slashes at its ends."""
    files_url: str = "/uploads"
    """What entries write before the name of an upload, without a slash at the end."""
    contact: str = ""
    """Whom editors ask when a build fails."""
    refresh_s: float = 300.0
    """How often the bucket is looked through for changes by others."""

    def collection_of(self, key: str) -> tuple[Collection, str] | None:
        """Return the collection that the object ``key`` belongs to, and its entry's id."""
        for one in self.collections.values():
            if (id := one.key.id_of(key)) is not None:
                return one, id
        return None

    def referring_to(self, collection: str) -> tuple[Collection, ...]:
        """Return the collections with a field that refers to ``collection``."""
        return tuple(one for one in self.collections.values() if any(field.collection == collection for field in one.references))

    def address_of(self, file: str) -> str:
        """Return how an entry names the upload ``file`` (a key)."""
        return f"{self.files_url}/{file.removeprefix(self.files + '/')}"

    def file_at(self, address: str) -> str | None:
        """Return the key of the upload that an entry names by ``address``; ``None`` for an address elsewhere."""
        inside = address.partition("?")[0].partition("#")[0]
        if not inside.startswith(f"{self.files_url}/"):
            return None
        rest = inside.removeprefix(f"{self.files_url}/")
        parts = rest.split("/")
        return None if not rest or any(part in ("", ".", "..") for part in parts) else f"{self.files}/{rest}"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it was read: every member of its file, known or not."""

    fields: Mapping[str, Value] = msgspec.field(default_factory=dict)

    def value(self, name: str) -> Value:
        """Return a member; ``None`` when it is not there."""
        return self.fields.get(name)


class Unreadable(ValueError):
    """The object is no entry of its collection's format: ``args[0]`` says why, in English, for people."""
