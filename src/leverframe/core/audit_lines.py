"""An exported audit: JSON lines (https://jsonlines.org), one record a line, which say all that is needed to verify it anywhere."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, assert_never

from leverframe.core import ids
from leverframe.core.audit_chain import Checkpoint, Entry, Linked
from leverframe.core.audit_verify import Ending, Header, Record

FORMAT = "leverframe audit 1"


class Unreadable(ValueError):
    """A line that is none of an exported audit; ``number`` counts from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}")
        self.number = number


def document(linked: Linked) -> dict[str, Any]:
    """Return an entry as people and programs see it: id as ``aud_…``, instant as ISO 8601, link in hexadecimal."""
    entry = linked.entry
    return {
        "sequence": linked.sequence or None, "id": ids.show("aud", entry.id), "at": entry.at.isoformat(), "actor": entry.actor, "act": entry.act,
        "target": entry.target, "code": entry.code, "detail": entry.detail if isinstance(entry.detail, str) else dict(entry.detail),
        "link": linked.link.hex() or None,
    }  # fmt: skip


def line(record: Record) -> str:
    """Return a record as its line, with the newline; ASCII."""
    match record:
        case Header():
            said: dict[str, Any] = {"kind": "audit", "format": FORMAT, "at": record.at.isoformat(), "keys": list(record.keys), "excerpt": record.excerpt}
        case Checkpoint():
            said = {
                "kind": f"checkpoint.{record.kind}", "sequence": record.sequence, "link": record.link.hex(), "at": record.at.isoformat(),
                "key": record.key or None, "signature": b64encode(record.signature).decode() or None,
            }  # fmt: skip
        case Linked():
            said = {"kind": "entry", **document(record)}
        case Ending():
            said = {"kind": "end", "entries": record.entries}
        case _:
            assert_never(record)
    return json.dumps(said, ensure_ascii=True) + "\n"


def records(lines: Iterable[str | bytes]) -> Iterator[Record]:
    """Yield the records of an export's lines. Raises :class:`Unreadable`."""
    for number, text in enumerate(lines, 1):
        try:
            yield _record(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise Unreadable(number) from None


def _record(said: dict[str, Any]) -> Record:
    match said["kind"]:
        case "audit":
            if said["format"] != FORMAT:
                raise ValueError
            return Header(at=_instant(said["at"]), keys=tuple(_text(key) for key in said["keys"]), excerpt=said["excerpt"] is not False)
        case "checkpoint.head" | "checkpoint.retention" as kind:
            return Checkpoint(
                kind="head" if kind == "checkpoint.head" else "retention", sequence=_count(said["sequence"]), link=bytes.fromhex(said["link"]),
                at=_instant(said["at"]), key=said["key"] or "", signature=b64decode(said["signature"] or "", validate=True),
            )  # fmt: skip
        case "entry":
            detail = said["detail"]
            if not isinstance(detail, dict | str):
                raise TypeError
            entry = Entry(
                id=ids.read("aud", said["id"]), at=_instant(said["at"]), actor=_text(said["actor"]), act=_text(said["act"]),
                target=_text(said["target"]), code=_text(said["code"]), detail=detail,
            )  # fmt: skip
            return Linked(entry=entry, sequence=_count(said["sequence"] or 0), link=bytes.fromhex(said["link"] or ""))
        case "end":
            return Ending(entries=_count(said["entries"]))
        case _:
            raise ValueError


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise ValueError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)
