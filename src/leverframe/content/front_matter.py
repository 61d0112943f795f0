"""Entries that are Markdown with front matter in YAML between lines of ``---``: https://jekyllrb.com/docs/front-matter/

Only the lines of members that change are written anew; comments, order and quotes of the others stay byte for byte.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from leverframe.core.content.values import DateText, Document, Unreadable, Value

HEAD_BYTES = 65_536
"""Of front matter; more is data."""
MOST_VALUES = 20_000
"""Values that are read of one front matter: aliases of aliases could be billions."""
DEEPEST = 100
"""Brackets within brackets: the reader, which gives up at some hundreds, looks at all of a thousand again with each of them, for seconds."""
_FENCE = re.compile(r"---[ \t]*(?:\r?\n|$)")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_TOML = re.compile(r"\+\+\+[ \t]*\r?\n(?:.*\n)*?\+\+\+[ \t]*(?:\r?\n|\Z)")
_BRACKET = re.compile(r"[\[\]{}]")
_BLANK = re.compile(r"(?:[ \t]*\r?\n)+")
# What only double quotes can write: what nobody sees, ends of lines other than \n, and empty lines at the end, which a block hands on to what follows it.
_QUOTED = re.compile(r"[^\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|(?:\A|\n)\n\Z")
_ENDING = re.compile(r"^\.\.\.\n\Z", re.MULTILINE)
# What YAML 1.1, which many generators read, takes for something else than text: https://yaml.org/type/bool.html
_AMBIGUOUS = re.compile(r"(?i)(y|n|yes|no|on|off|true|false|null|~|[-+]?\.?\d[\d.:_eox+-]*|\d{4}-\d\d?-\d\d?.*|[-+]?\.(inf|nan)|=|<<)?")


class FrontMatter:
    """Reads and writes. Satisfies ``ports.content.EntryFormat``."""

    media_type = "text/markdown; charset=utf-8"

    def read(self, raw: bytes, *, body: str) -> Document:
        """Return front matter and, as ``body``, the text below without the blank lines between them; raises ``Unreadable``."""
        head, below = _parts(raw)
        fields = dict(_plain_members(_load(head))) if head is not None else {}
        return Document(fields={**fields, body: below if head is None else below[_blank(below) :]} if body else fields)

    def write(self, raw: bytes | None, changes: Mapping[str, Value], *, body: str) -> bytes:
        """Return the file with ``changes``; raises ``Unreadable``."""
        mark = "\ufeff" if raw is not None and raw.startswith(b"\xef\xbb\xbf") else ""
        head, below = (None, "") if raw is None else _parts(raw)
        newline = "\r\n" if (head is not None and "\r\n" in head) or (head is None and "\r\n" in below) else "\n"
        if body in changes:
            text = str(changes[body] or "")
            if head is not None and text:
                # The blank lines above, and the end of the last line, are the file's and not the text's.
                text = below[: _blank(below)] + text[_blank(text) :]
                text += "\n" if below.endswith("\n") and not text.endswith("\n") else ""
            below = text if newline == "\n" else text.replace("\r\n", "\n").replace("\n", newline)
        members = {name: value for name, value in changes.items() if name != body}
        if not members and head is None and raw is not None:
            return (mark + below).encode("utf-8", "replace")
        kept = (head or "").replace("\r\n", "\n")
        for name, value in members.items():
            kept = _changed(kept, name, value)
        kept = kept if not kept or kept.endswith("\n") else f"{kept}\n"
        if head is None and below and not below.startswith(("\n", "\r\n")):
            below = newline + below
        if below and raw is None and not below.endswith("\n"):
            below += newline
        return f"{mark}---\n{kept}---\n".replace("\n", newline).encode("utf-8", "replace") + below.encode("utf-8", "replace")


def _parts(raw: bytes) -> tuple[str | None, str]:
    """Return front matter (``None`` without any) and what is below it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    opening = _FENCE.match(text)
    if opening is None:
        if _TOML.match(text):
            raise Unreadable("its front matter is TOML (between lines of +++), and only YAML is read")
        return None, text
    ending = _END.search(text, opening.end())
    if ending is None:
        return None, text
    head = text[opening.end() : ending.start()]
    if len(head.encode()) > HEAD_BYTES:
        raise Unreadable(f"its front matter is larger than {HEAD_BYTES // 1024} KB")
    return head, text[ending.end() :]


def _blank(text: str) -> int:
    """Return how many letters of blank lines ``text`` begins with."""
    found = _BLANK.match(text)
    return found.end() if found is not None else 0


def _yaml() -> YAML:
    made = YAML(typ="rt")
    made.preserve_quotes = True
    made.width = 1_000_000
    made.allow_unicode = True
    made.allow_duplicate_keys = True
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def _load(head: str) -> Any:
    if _depth(head) > DEEPEST:
        raise Unreadable("its front matter nests too deeply")
    try:
        found = _yaml().load(head)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark is not None else ""
        raise Unreadable(f"its front matter is not YAML: {getattr(error, 'problem', None) or type(error).__name__}{where}") from None
    except (ValueError, RecursionError, AttributeError, LookupError, TypeError, NotImplementedError) as error:
        raise Unreadable(f"its front matter is not YAML: {type(error).__name__}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Unreadable("its front matter is no list of names with values")
    return found


def _depth(head: str) -> int:
    """Return how many brackets stand within each other at most, those of texts as well."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(head):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _plain_members(found: Mapping[Any, Any]) -> list[tuple[str, Value]]:
    budget = [MOST_VALUES]
    try:
        return [(str(name), _plain(value, budget)) for name, value in found.items()]
    except RecursionError:
        raise Unreadable("its front matter nests too deeply") from None


def _plain(value: Any, budget: list[int]) -> Value:
    budget[0] -= 1
    if budget[0] < 0:
        raise Unreadable("its front matter holds too much")
    match value:
        case None:
            return None
        case bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else str(value)
        case str():
            return str(value)
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case dict():
            return {str(name): _plain(item, budget) for name, item in value.items()}
        case list() | tuple() | set():
            return [_plain(item, budget) for item in value]
        case _:
            # ruamel has a class of its own for true and false that have an anchor, and for what has a tag.
            return bool(value) if type(value).__name__ == "ScalarBoolean" else str(getattr(value, "value", value))


def _instant(value: datetime) -> str:
    offset = getattr(value, "_yaml", {}).get("delta") if hasattr(value, "_yaml") else None
    zone = getattr(value, "_yaml", {}).get("tz") if hasattr(value, "_yaml") else None
    if value.tzinfo is None and offset is not None:  # ruamel keeps the instant in UTC, and the offset beside it
        local = value + offset
        total = int(offset.total_seconds()) // 60
        return f"{local.replace(tzinfo=None).isoformat()}{'+' if total >= 0 else '-'}{abs(total) // 60:02}:{abs(total) % 60:02}"
    if value.tzinfo is None and zone:
        return f"{value.isoformat()}+00:00"
    return value.isoformat()


def _changed(head: str, name: str, value: Value) -> str:
    """Return front matter in which ``name`` is ``value``, or is gone."""
    found = _load(head)
    if name not in found:
        return head if value is None else f"{head if not head or head.endswith(chr(10)) else head + chr(10)}{_written(name, value)}"
    lines = head.splitlines(keepends=True)
    span = _span(found, name, lines)
    if span is None:
        return _anew(found, name, value)
    end = _last_of_value(lines, *span)
    if value is None:
        return "".join((*lines[: span[0]], *lines[end:]))
    chunk = "".join(lines[span[0] : end])
    member = _load(chunk)
    if set(member) != {name} or _shared(chunk, head):
        return _anew(found, name, value)
    return "".join((*lines[: span[0]], _anew(member, name, value), *lines[end:]))


def _span(found: Any, name: str, lines: list[str]) -> tuple[int, int] | None:
    """Return the lines of a member of a block mapping, with what follows it up to the next one; ``None`` where members share lines."""
    try:
        if found.fa.flow_style():
            return None
        starts = sorted(found.lc.key(key)[0] for key in found)
        at = found.lc.key(name)[0]
    except (AttributeError, KeyError, TypeError):
        return None
    if len(set(starts)) != len(found) or found.lc.key(name)[1] != 0 or at >= len(lines):
        return None
    return at, next((start for start in starts if start > at), len(lines))


def _last_of_value(lines: list[str], start: int, end: int) -> int:
    """Return where the blank lines and comments begin that stand before the next member, and so belong to it."""
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _shared(chunk: str, head: str) -> bool:
    return bool(re.search(r"(^|[\s\[{,:-])[&*]\w", chunk)) and "&" in head


def _anew(found: Any, name: str, value: Value) -> str:
    if value is None:
        del found[name]
        if not found:
            return ""
    else:
        found[name] = _yaml_value(value)
    return _dumped(found)


def _written(name: str, value: Value) -> str:
    return _dumped({_yaml_value(name) if _AMBIGUOUS.fullmatch(name) else name: _yaml_value(value)})


def _dumped(found: Any) -> str:
    out = StringIO()
    _yaml().dump(found, out)
    return _ENDING.sub("", out.getvalue())  # the end of a document, which ruamel writes below a block that keeps its empty lines


def _yaml_value(value: Value) -> Any:
    match value:
        case DateText():
            return _Timestamp(value)
        case str() if _AMBIGUOUS.fullmatch(value) or _QUOTED.search(value):
            return DoubleQuotedScalarString(value)
        case list() | tuple():
            return [_yaml_value(item) for item in value]
        case dict():
            return {name: _yaml_value(item) for name, item in value.items()}
        case _:
            return value


class _Timestamp(str):
    """A date as YAML's own, without quotes, as generators expect it."""

    __slots__ = ()


def _represented(representer: Any, value: _Timestamp) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:timestamp", str(value))


RoundTripRepresenter.add_representer(_Timestamp, _represented)
