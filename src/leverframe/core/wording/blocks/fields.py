"""Fields, and the pieces that several of them are made of. A field without a value is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leverframe.core import payload as reading
from leverframe.core.messages import Block, Code, Fields, Quote, Rich, Text
from leverframe.core.wording.quoting import excerpt, first_line, one_line, spans
from leverframe.core.wording.told import Told
from leverframe.core.wording.voice import Voice

_LISTED = 10


def fields(voice: Voice, *pairs: tuple[str, Rich | str]) -> list[Block]:
    """Return one block of the pairs (key of the label's word, value) that have a value; none when all are empty."""
    kept = [(voice.word(key), (Text(value),) if isinstance(value, str) else value) for key, value in pairs if value]
    return [Fields(tuple(kept))] if kept else []


def quote(told: Told, *path: str) -> list[Block]:
    """Return what somebody wrote at ``path``, shortened, as a quotation; none when they wrote nothing."""
    words = excerpt(reading.text(told.payload, *path))
    return [Quote(spans(words))] if words else []


def listed(values: Iterable[str]) -> str:
    """Return names with commas between them, at most ten."""
    kept = [value for value in values if value]
    shown = ", ".join(one_line(value) for value in kept[:_LISTED])
    return f"{shown}, +{len(kept) - _LISTED}" if len(kept) > _LISTED else shown


def names(value: Mapping[str, Any], key: str, field: str) -> str:
    """Return ``field`` of every object in the list ``key``: ``names(issue, "labels", "name")``."""
    return listed(reading.text(item, field) for item in reading.items(value, key))


def arrow(before: str, after: str) -> Rich:
    """Return ``before → after``; empty unless both are known."""
    return (Code(before), Text(" → "), Code(after)) if before and after else ()


def commit_line(link: Rich, message: str) -> Rich:
    """Return a commit: its short name as a link, and its first line."""
    line = first_line(message)
    return (*link, *spans(f" {line}")) if line else link
