"""What editors and programs give, held against the fields of a collection."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

import msgspec

from leverframe.core.content.keys import id_problem
from leverframe.core.content.values import Collection, DateText, Document, Field, Value

LONGEST_TEXT = 2_000
LONGEST_BODY = 800_000
MOST_ITEMS = 200
PROBLEMS = (
    "field_unknown", "id_character", "id_from_title", "id_part", "id_slash", "list_needed", "not_a_boolean", "not_a_choice", "not_a_date", "not_a_datetime", "not_a_number",
    "not_an_address", "reference_unknown", "required", "text_needed", "too_long", "too_many",
)  # fmt: skip
"""What can be wrong with a field; the words of pages say each."""
_YES = frozenset({"on", "true", "yes"})
"""Texts that a form sends for a box that is ticked, and that generators with YAML 1.1 take for true: https://yaml.org/type/bool.html"""
_ADDRESS = re.compile(r"(https?://|/)[^\s\"'<>\\]*", re.IGNORECASE)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One field that cannot be taken."""

    field: str
    code: str
    """One of :data:`PROBLEMS`."""
    detail: str = ""


def from_form(field: Field, text: str, *, current: Value, zone: tzinfo) -> Value:
    """Return what was written into a form as the field's value; what cannot be read stays text, and :func:`check` says so.

    ``current`` is what the entry has now, and stays as it is, of whatever type, where the form shows the same as before.
    """
    said = text.replace("\r\n", "\n")
    before = _lines(shown(field, current, zone))
    if field.type == "boolean":
        checked = said.strip() in _YES
        return current if checked == (before == "true") else checked
    if current is not None and (said == before if field.type == "markdown" else said.strip() == before.strip()):
        return current
    match field.type:
        case "number":
            return _number(said.strip())
        case "list":
            return [line.strip() for line in said.split("\n") if line.strip()]
        case "reference" if field.many:
            return [line.strip() for line in said.split("\n") if line.strip()]
        case "datetime":
            return _instant(said.strip(), zone)
        case "markdown":
            return said
        case _:
            return said.strip()


def _lines(text: str) -> str:
    """Return ``text`` with the ends of lines that a form gives back."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _number(text: str) -> Value:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        found = float(text)
    except ValueError:
        return text
    return found if math.isfinite(found) else text


def _instant(text: str, zone: tzinfo) -> Value:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (found if found.tzinfo else found.replace(tzinfo=zone)).isoformat()


def _local(value: str, zone: tzinfo) -> str:
    try:
        found = datetime.fromisoformat(value)
        return (found.astimezone(zone) if found.tzinfo else found).strftime("%Y-%m-%dT%H:%M")
    except (ValueError, OverflowError):
        return value


def shown(field: Field, value: Value, zone: tzinfo) -> str:
    """Return a value as a form's field holds it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return "\n".join(_plain(item) for item in value)
        case str() if field.type == "boolean" and value.lower() in _YES:
            return "true"
        case str() if field.type == "datetime":
            return _local(value, zone)
        case str() if field.type == "date":
            return value[:10] if re.match(r"\d{4}-\d\d-\d\d[T ]", value) else value
        case _:
            return _plain(value)


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def empty(value: Value) -> bool:
    """Return whether there is nothing in ``value``."""
    return value is None or (isinstance(value, str | list | tuple) and not len(value))


def check(collection: Collection, given: Mapping[str, Value], *, before: Document | None = None) -> list[Problem]:
    """Return what is wrong with ``given``, which holds every field that is to be set.

    Where ``before`` has the very same value, nothing is wrong with it: what was there already opens, and saves, as it is.
    """
    problems = []
    for name, value in given.items():
        field = collection.field(name)
        if field is None:
            problems.append(Problem(field=name, code="field_unknown"))
        elif before is not None and name in before.fields and before.fields[name] == value:
            continue
        elif name == collection.key.name and (before is None or name not in before.fields):
            continue  # it is in the object's name alone
        elif (found := _wrong(field, value)) is not None:
            problems.append(Problem(field=name, code=found[0], detail=found[1]))
    for field in collection.fields:
        if field.required and field.type != "boolean" and field.name != collection.key.name and empty(given.get(field.name)):
            problems.append(Problem(field=field.name, code="required"))
    return problems


def _wrong(field: Field, value: Value) -> tuple[str, str] | None:
    if empty(value):
        return None
    match field.type:
        case "boolean":
            return None if isinstance(value, bool) else ("not_a_boolean", "")
        case "number":
            return None if _is_number(value) else ("not_a_number", "")
        case "list":
            return _wrong_list(value)
        case "reference" if field.many:
            return _wrong_list(value)
    if not isinstance(value, str):
        return "text_needed", ""
    if "\0" in value or len(value) > (LONGEST_BODY if field.type == "markdown" else LONGEST_TEXT):
        return "too_long", str(LONGEST_BODY if field.type == "markdown" else LONGEST_TEXT)
    return _wrong_text(field, value)


def _wrong_text(field: Field, value: str) -> tuple[str, str] | None:
    match field.type:
        case "date" if not _is(date.fromisoformat, value):
            return "not_a_date", ""
        case "datetime" if not _is(datetime.fromisoformat, value):
            return "not_a_datetime", ""
        case "select" if value not in field.choices:
            return "not_a_choice", ", ".join(field.choices)
        case "slug" if (problem := id_problem(value, deep=False)) is not None:
            return problem, ""
        case "image" if not _ADDRESS.fullmatch(value) or value.startswith("//"):
            return "not_an_address", ""
    return None


def _wrong_list(value: Value) -> tuple[str, str] | None:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str | bool) or _is_number(item) for item in value):
        return "list_needed", ""
    if len(value) > MOST_ITEMS:
        return "too_many", str(MOST_ITEMS)
    return ("too_long", str(LONGEST_TEXT)) if any(len(str(item)) > LONGEST_TEXT for item in value) else None


def _is_number(value: Value) -> bool:
    """Return whether ``value`` is a number that JSON can write: Python's reader also takes NaN and Infinity."""
    return isinstance(value, int | float) and not isinstance(value, bool) and (isinstance(value, int) or math.isfinite(value))


def _is(read: Any, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def changes(collection: Collection, before: Document, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return what ``given`` changes: the new value of each field, ``None`` for one that goes. What says the same is not touched."""
    found: dict[str, Value] = {}
    for name, value in given.items():
        if name == collection.key.name and name not in before.fields:
            continue  # it is in the object's name
        had = before.fields.get(name)
        if name not in before.fields and (empty(value) or value is False):
            continue
        if had == value and type(had) is type(value):
            continue
        if empty(value) and empty(had) and not (name == collection.body and had != value):
            continue
        found[name] = ("" if name == collection.body else None) if empty(value) else _typed(collection.field(name), value)
    return found


def _typed(field: Field | None, value: Value) -> Value:
    if isinstance(value, tuple):
        return list(value)
    return DateText(value) if field is not None and field.type in ("date", "datetime") and isinstance(value, str) else value


def targets(collection: Collection, document: Document) -> list[tuple[str, str, str]]:
    """Return (field, collection, id) of everything that an entry refers to."""
    found: list[tuple[str, str, str]] = []
    for field in collection.references:
        value = document.value(field.name)
        items: Sequence[Any] = value if isinstance(value, list | tuple) else (value,)
        ids = (str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in items)  # YAML reads an id of digits as a number
        found.extend((field.name, field.collection, id) for id in ids if isinstance(id, str) and id)
    return found
