"""What English sentences are made of."""

from __future__ import annotations

from leverframe.core.messages import Rich, Text
from leverframe.core.wording.told import Told

_SOMEBODY: Rich = (Text("Someone"),)


def subject(told: Told) -> Rich:
    """Return who did it, as the beginning of a sentence."""
    return told.who or _SOMEBODY


def inside(told: Told, joint: str = " in ") -> str:
    """Return where it happened, with the preposition before it; nothing when that is unknown."""
    return joint + told.repo if told.repo else ""


def count(number: int, noun: str) -> str:
    """Return ``3 commits``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: int) -> str:
    """Return seconds as ``1 h 2 min`` or ``2 min 5 s``."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"
    if minutes:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    return f"{left} s"


def earlier(number: int) -> str:
    """Return how many commits came before those listed."""
    return f"… {count(number, 'earlier commit')}"


def addressed(person: Rich) -> Rich:
    """Return somebody as a sentence names them, also when nobody is named."""
    return person or (Text("somebody"),)


def files(number: int) -> str:
    """Return how many files changed."""
    return count(number, "file")
