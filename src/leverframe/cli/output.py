"""What commands print: tables for people, JSON for programs, refusals on stderr. Nothing untrusted reaches the terminal raw."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NoReturn

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leverframe.cli.words import heading, label, said
from leverframe.core.errors import PROBLEMS, Locale, Refused, document

_ZONE: ContextVar[tzinfo | None] = ContextVar("zone", default=None)
WRONG_USAGE = frozenset({"grant_unknown", "request_invalid", "room_unknown"})
"""What the hub refuses because an option or argument was given something that it does not take."""


def safe(value: Any) -> str:
    """Return ``value`` as text without control characters: a title from GitHub cannot move the cursor or recolour the screen.

    Besides the C0 and C1 controls these are the characters that reorder text (Unicode's Bidi_Control) and all that has no shape.
    """
    text = "" if value is None else value if isinstance(value, str) else str(value)
    return "".join(character if character.isprintable() else " " if character in "\t\r\n" else "�" for character in text)


def show(value: Any) -> None:
    """Print ``value`` as JSON; ASCII, so that neither an encoding nor a control character can harm."""
    print(json.dumps(value, indent=2, ensure_ascii=True))


def say(*parts: Any) -> None:
    """Print one line for people."""
    print(*(safe(part) for part in parts))


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], locale: Locale = "en") -> None:
    """Print rows under headings; without a terminal as wide as they need, so that they can be cut and searched."""
    grid = Table(*(heading(word, locale) for word in headings), box=None, header_style="bold", pad_edge=False)
    for column in grid.columns:
        column.overflow = "fold"
    for row in rows:
        grid.add_row(*(Text(safe(cell)) for cell in row))
    if not grid.row_count:
        print("–")
        return
    console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 10_000)
    with console.capture() as captured:
        console.print(grid)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def pairs(items: Iterable[tuple[str, Any]], locale: Locale = "en") -> None:
    """Print label and value, one pair a line; the labels that are ours in ``locale``."""
    shown = [(label(word, locale), safe(value)) for word, value in items]
    width = max((cell_len(word) for word, _ in shown), default=0)
    for word, value in shown:
        print(f"{word}{' ' * (width - cell_len(word))}  {value}".rstrip())


def more(answer: Any, limit: int, locale: Locale) -> None:
    """Say on stderr how to go on where a list has more than was asked for."""
    if answer["next"]:
        print(f"… {said(locale, 'more', '더 보기')}: --before {safe(answer['next'])} --limit {limit}", file=sys.stderr)


def printed_json(value: Any) -> str:
    """Return ``value`` as indented JSON for people: letters of every script, no control characters."""
    return "\n".join(safe(line) for line in json.dumps(value, indent=2, ensure_ascii=False).splitlines())


def show_times_in(zone: tzinfo | None) -> None:
    """Have times shown in ``zone``, the hub's; without one, which a hub elsewhere does not tell, in the terminal's own."""
    _ZONE.set(zone)


def zone() -> tzinfo:
    """Return the time zone in which times are shown."""
    found = _ZONE.get() or datetime.now().astimezone().tzinfo
    assert found is not None
    return found


def instant(value: Any) -> str:
    """Return an instant of the API (ISO 8601) in the hub's time zone, to the second and with its offset; anything else as it is."""
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return at.astimezone(zone()).isoformat(" ", "seconds")
    return safe(value)


def refuse(refused: Refused, *, as_json: bool, locale: Locale = "en") -> NoReturn:
    """Say why it was not done, on stderr, with code and remedy, and exit 1."""
    fail(document(refused, locale), as_json=as_json, locale=locale)


def fail(problem: dict[str, Any], *, as_json: bool, locale: Locale = "en") -> NoReturn:
    """Print a problem document of the hub's, or of our own making, on stderr and exit 1; 2 when the command was given what cannot be used."""
    if as_json:
        print(json.dumps(problem, indent=2, ensure_ascii=True), file=sys.stderr)
    else:
        row = PROBLEMS.get(str(problem.get("code")))
        title, remedy = (row.ko if locale == "ko" else row.en) if row is not None else (problem.get("title"), problem.get("remedy"))
        detail = f" ({safe(problem['detail'])})" if problem.get("detail") else ""
        print(f"{safe(problem.get('code'))}: {safe(title)}{detail}", file=sys.stderr)
        if remedy:
            print(f"    → {safe(remedy)}", file=sys.stderr)
    sys.exit(2 if problem.get("code") in WRONG_USAGE else 1)


def instant_of(text: str | None) -> str | None:
    """Return a length such as ``2h`` as the instant that long ago, so that it stays the same while we look; else ``text`` as it is."""
    found = re.fullmatch(r"(\d{1,6})\s*([smhdw])", text or "")
    if found is None:
        return text
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[found[2]]
    try:
        return (datetime.now(UTC) - timedelta(**{unit: int(found[1])})).isoformat()
    except OverflowError:
        return text
