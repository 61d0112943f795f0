"""Entries that are JSON objects. What an edit does not change keeps every byte: order, indentation, how numbers and letters are written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from leverframe.core.content.values import Document, Unreadable, Value

_SPACE = re.compile(r"[ \t\n\r]*")


class _Member(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    start: int
    """Where the name's quote is."""
    value_start: int
    end: int
    """Behind the value."""


class JsonEntries:
    """Reads and writes. Satisfies ``ports.content.EntryFormat``."""

    media_type = "application/json"

    def read(self, raw: bytes, *, body: str) -> Document:
        """Return the object's members; raises :class:`Unreadable`. ``body`` is not asked: JSON has no text below."""
        return Document(fields=_load(_text(raw)))

    def write(self, raw: bytes | None, changes: Mapping[str, Value], *, body: str) -> bytes:
        """Return ``raw`` with ``changes``: a new value each, ``None`` takes a member out. Raises :class:`Unreadable`."""
        if raw is None:
            return (json.dumps({name: value for name, value in changes.items() if value is not None}, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")
        text = _text(raw)
        _load(text)
        escaped = text.isascii() and "\\u" in text
        for name, value in changes.items():
            text = _without(text, name) if value is None else _with(text, name, value, escaped)
        return text.encode("utf-8", "replace")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig") if raw.startswith(b"\xef\xbb\xbf") else raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None


def _load(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise Unreadable("it nests too deeply") from None
    except ValueError as error:
        raise Unreadable(f"it is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable("it is not a JSON object")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _members(text: str) -> list[_Member]:
    """Return where the members of the object stand; ``text`` is known to be one."""
    decoder = json.JSONDecoder()
    at = _skip(text, _skip(text, 0) + 1)
    found = []
    while text[at] != "}":
        name, behind = decoder.raw_decode(text, at)
        value_start = _skip(text, _skip(text, behind) + 1)
        _, end = decoder.raw_decode(text, value_start)
        found.append(_Member(name=name, start=at, value_start=value_start, end=end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _with(text: str, name: str, value: Value, escaped: bool) -> str:
    members = _members(text)
    before = _before_first(text, members)
    indent = len(before.rpartition("\n")[2].expandtabs(2)) if "\n" in before else None
    newline = f"\n{before.rpartition(chr(10))[2]}" if "\n" in before else ""
    written = json.dumps(value, ensure_ascii=escaped, indent=indent or None).replace("\n", newline or "\n")
    same = [one for one in members if one.name == name]
    if same:
        return text[: same[-1].value_start] + written + text[same[-1].end :]  # of a name that stands twice, readers take the last
    member = f"{json.dumps(name, ensure_ascii=escaped)}: {written}"
    if not members:
        opening = text.index("{")
        return f"{text[: opening + 1]}\n  {member}\n{text[text.index('}', opening) :]}"
    return f"{text[: members[-1].end]},{before}{member}{text[members[-1].end :]}"


def _before_first(text: str, members: list[_Member]) -> str:
    return text[text.index("{") + 1 : members[0].start] if members else ""


def _without(text: str, name: str) -> str:
    while True:
        members = _members(text)
        at = next((number for number, one in enumerate(members) if one.name == name), None)
        if at is None:
            return text
        if at + 1 < len(members):
            text = text[: members[at].start] + text[members[at + 1].start :]
        elif at:
            text = text[: members[at - 1].end] + text[members[at].end :]
        else:
            text = text[: members[at].start] + text[members[at].end :]
