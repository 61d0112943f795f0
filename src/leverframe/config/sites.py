"""What ``[sites.NAME]`` and its collections take; imported only where a site is configured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from leverframe.config.lines import KeyPath
from leverframe.config.reading import NAME, Reading, near
from leverframe.config.section import Section
from leverframe.config.services import Duration
from leverframe.core.commands.values import duration_s
from leverframe.core.content import values
from leverframe.core.content.keys import KeyPattern, PatternInvalid
from leverframe.core.content.values import FILES, Collection, FieldType, Format, Label, Site
from leverframe.core.details import Unusable, detail
from leverframe.core.dispatches import is_project

STORAGES = {kind: f"leverframe.content.{module}" for kind, module in (("file", "local"), ("s3", "s3"), ("gcs", "gcs"), ("azure", "azure"))}
NEEDED = ("obstore", "markdown_it", "nh3", "ruamel.yaml")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
_RESERVED = frozenset({FILES, "upload"})
_Text = Annotated[str, Field(min_length=1, max_length=200)]


class Words(Section):
    """The same in both languages."""

    en: _Text = Field(description="In English.")
    ko: _Text = Field(description="In Korean.")


def _words(value: Any) -> Any:
    return {"en": value, "ko": value} if isinstance(value, str) else value


def _pattern(value: str) -> str:
    try:
        KeyPattern.of(value)
    except PatternInvalid as error:
        raise PydanticCustomError("value_invalid", "{shown}", {"shown": str(error)}) from None
    return value


def _folder(value: str) -> str:
    folder = value.strip("/")
    if not folder or any(part in ("", ".", "..") for part in folder.split("/")) or not folder.isprintable() or "\\" in folder:
        raise Unusable(detail("write_folder"))
    return folder


def _address(value: str) -> str:
    if not re.fullmatch(r"(https?://[^\s/]+)?/?[^\s\"'<>?#\\]*", value) or not value.strip("/"):
        raise Unusable(detail("write_path_or_address"))
    return value.rstrip("/") if value.startswith(("http", "/")) else f"/{value.rstrip('/')}"


def _repository(value: str) -> str:
    if value and not is_project(value):
        raise PydanticCustomError("repository_invalid", "{shown}", {"shown": value})
    return value


def _web(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s\"'<>\\]+", value):
        raise Unusable(detail("write_address"))
    return value.rstrip("/")


Said = Annotated[Words, BeforeValidator(_words)]


class FieldSection(Section):
    """One field of an entry. Fields stand in forms in the order in which they are written here."""

    type: FieldType = Field("text", description="`text`, `slug`, `number`, `boolean`, `date`, `datetime`, `select`, `list` (of words), `markdown`, `image` or `reference`.")
    label: Said | None = Field(None, description="What people read: one string, or `{ en = \"…\", ko = \"…\" }`. Left out, the field's name.")
    hint: Said | None = Field(None, description="A sentence below the field.")
    required: bool = Field(False, description="Whether it must be filled in.")
    choices: list[_Text] = Field([], description="Of a `select`: what may be chosen.")
    collection: str = Field("", description="Of a `reference`: the collection that it refers to.")
    many: bool = Field(False, description="Of a `reference`: whether it names several entries.")

    def field(self, name: str) -> values.Field:
        """Return it as the core's value."""
        return values.Field(
            name=name, type=self.type, label=_label(self.label, name), hint=None if self.hint is None else _label(self.hint, ""), required=self.required,
            choices=tuple(self.choices), collection=self.collection, many=self.many,
        )  # fmt: skip


class CollectionSection(Section):
    """Entries of one kind, an object each."""

    title: Said | None = Field(None, description="What people read: one string, or `{ en = \"…\", ko = \"…\" }`. Left out, the collection's name.")
    key: Annotated[str, AfterValidator(_pattern)] = Field(
        description="The name of an entry's object: `posts/{slug}.md`. What stands for the braces is the entry's id; `{slug*}` may hold slashes."
    )
    format: Format = Field("markdown", description="`markdown`: front matter in YAML and a text below it, which is the first field of type `markdown`. `json`: an object.")


class SiteSection(Section):
    """A static site whose content is kept in object storage, and edited in the console."""

    title: Said | None = Field(None, description="What people read: one string, or `{ en = \"…\", ko = \"…\" }`. Left out, the site's name.")
    repository: Annotated[str, AfterValidator(_repository)] = Field(
        "", description="What is built after a change, by a `repository_dispatch`: `owner/name`. Left out, nothing is built."
    )
    event_type: Annotated[str, Field(min_length=1, max_length=100)] = Field("webhook", description="The event type of that dispatch: what the workflow names in `on.repository_dispatch.types`.")
    url: Annotated[str, AfterValidator(lambda value: _web(value) if value else value)] = Field("", description="Where readers see the site.")
    files: Annotated[str, AfterValidator(_folder)] = Field("uploads", description="The folder of the storage for uploaded files and images.")
    files_url: Annotated[str, AfterValidator(lambda value: _address(value) if value else value)] = Field(
        "", description="How entries name what is in `files`: `/images`. Left out, the folder with a slash before it."
    )
    contact: Annotated[str, Field(max_length=200)] = Field("", description="Whom editors ask when a build fails: `#platform`.")
    refresh: Duration = Field("5m", description="How often the storage is looked through for changes by other programs.")


class SiteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A site, and where its objects are."""

    site: Site
    storage: BaseModel
    """The ``Settings`` of its storage; ``kind`` tells which room they belong to."""


def read_sites(document: Mapping[str, Any], reading: Reading) -> dict[str, SiteSettings]:
    """Return ``[sites]``, without what is wrong: that is noted."""
    found: dict[str, SiteSettings] = {}
    tables = reading.tables("sites", document.get("sites", {}))
    if tables and any(find_spec(name.partition(".")[0]) is None for name in NEEDED):
        reading.found("sites_unavailable", ("sites",))
        return {}
    for name, table in tables.items():
        if not NAME.fullmatch(name):
            reading.found("name_invalid", ("sites", name), name)
        elif (settings := _site(name, table, reading)) is not None:
            found[name] = settings
    return found


def _site(name: str, table: Mapping[str, Any], reading: Reading) -> SiteSettings | None:
    at: KeyPath = ("sites", name)
    ours = {key: value for key, value in table.items() if key not in ("storage", "collections")}
    section = reading.section(SiteSection, ours, at, beside=("storage", "collections"))
    storage = _storage(table.get("storage"), (*at, "storage"), reading)
    collections: dict[str, Collection] = {}
    if "collections" not in table:
        reading.found("key_missing", (*at, "collections"))
    for key, given in reading.tables("collections", table.get("collections", {}), at).items():
        if (collection := _collection(key, given, (*at, "collections", key), reading)) is not None:
            collections[key] = collection
    _check_references(table, collections, at, reading)
    if not isinstance(section, SiteSection) or storage is None:
        return None
    return SiteSettings(
        storage=storage,
        site=Site(
            name=name, title=_label(section.title, name), collections=collections, repository=section.repository, event_type=section.event_type, url=section.url,
            files=section.files, files_url=section.files_url or f"/{section.files}", contact=section.contact, refresh_s=float(duration_s(section.refresh) or 300),
        ),
    )  # fmt: skip


def _storage(value: Any, at: KeyPath, reading: Reading) -> BaseModel | None:
    if value is None:
        reading.found("key_missing", at)
        return None
    table = {"kind": "file", "path": value.partition(":")[2]} if isinstance(value, str) and value.startswith("file:") else value
    if not isinstance(table, dict):
        reading.found("value_invalid", at, 'write "file:./content" or { kind = "s3", bucket = "…" }')
        return None
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in STORAGES:
        reading.found("value_choice", (*at, "kind"), ", ".join(f'"{one}"' for one in STORAGES))
        return None
    model: type[BaseModel] = import_module(STORAGES[kind]).Settings
    return reading.section(model, table, at)


def _collection(name: str, table: Mapping[str, Any], at: KeyPath, reading: Reading) -> Collection | None:
    if not NAME.fullmatch(name) or name in _RESERVED:
        reading.found("name_invalid" if name not in _RESERVED else "name_reserved", at, name)
        return None
    section = reading.section(CollectionSection, {key: value for key, value in table.items() if key != "fields"}, at, beside=("fields",))
    fields: list[values.Field] = []
    for key, given in reading.tables("fields", table.get("fields", {}), at).items():
        here = (*at, "fields", key)
        if not _FIELD.fullmatch(key):
            reading.found("value_invalid", here, "a field is called by letters, digits, - and _")
        elif isinstance(field := reading.section(FieldSection, given, here), FieldSection):
            if field.type == "select" and not field.choices:
                reading.found("key_missing", (*here, "choices"))
            if field.type == "reference" and not field.collection:
                reading.found("key_missing", (*here, "collection"))
            fields.append(field.field(key))
    if not isinstance(section, CollectionSection):
        return None
    pattern = KeyPattern.of(section.key)
    if pattern.name not in {field.name for field in fields}:
        fields.append(values.Field(name=pattern.name, type="slug", label=Label(en="Address", ko="주소")))
    if section.format == "markdown" and not any(field.type == "markdown" for field in fields):
        fields.append(values.Field(name="body", type="markdown", label=Label(en="Text", ko="본문")))
    return Collection(name=name, title=_label(section.title, name), key=pattern, format=section.format, fields=tuple(fields))


def _check_references(table: Mapping[str, Any], collections: Mapping[str, Collection], at: KeyPath, reading: Reading) -> None:
    """Note references that lead nowhere, and collections whose objects could be one another's."""
    declared = table.get("collections") if isinstance(table.get("collections"), dict) else {}
    for name, collection in collections.items():
        for field in collection.references:
            if field.collection and field.collection not in (declared or {}):
                here = (*at, "collections", name, "fields", field.name, "collection")
                reading.found("value_invalid", here, f"there is no collection “{field.collection}”", near(field.collection, declared, '"{}"'))
    patterns = [(str(one.key), name) for name, one in collections.items()]
    for number, (pattern, name) in enumerate(patterns):
        if any(pattern == other for other, _ in patterns[:number]):
            reading.found("value_invalid", (*at, "collections", name, "key"), "another collection has the same")


def _label(words: Words | None, name: str) -> Label:
    return Label(en=name, ko=name) if words is None else Label(en=words.en, ko=words.ko)
