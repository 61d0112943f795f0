"""Identifiers: a 63-bit number that grows with time, shown to people as ``evt_`` and thirteen letters.

The number is the primary key, so an identifier needs no index of its own and new rows land at the end of the tree.
Layout, from the high end: 43 bits of milliseconds since 2024-01-01 (278 years), 8 bits of node, 12 bits of counter.
"""

from __future__ import annotations

from datetime import datetime

EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
NODE_BITS, COUNTER_BITS = 8, 12
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_TRIPLES = [high + pair for high in _ALPHABET[:8] for pair in _PAIRS]
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}


def following(previous: int, now_ms: int, node: int) -> int:
    """Return the identifier that comes after ``previous`` on this node at ``now_ms`` (Unix milliseconds).

    Always greater than ``previous``, also when the clock stands still or steps back: then the counter runs on, and
    carries into the milliseconds when it is full.
    """
    started = (max(now_ms - EPOCH_MS, 0) << (NODE_BITS + COUNTER_BITS)) | (node << COUNTER_BITS)
    if started > previous:
        return started
    counter = (previous & ((1 << COUNTER_BITS) - 1)) + 1
    if counter >> COUNTER_BITS:
        return (((previous >> (NODE_BITS + COUNTER_BITS)) + 1) << (NODE_BITS + COUNTER_BITS)) | (node << COUNTER_BITS)
    return previous + 1


def first_at(at: datetime) -> int:
    """Return an identifier that all given from ``at`` on are greater than, on any node."""
    return (max(int(at.timestamp() * 1000) - EPOCH_MS, 0) << (NODE_BITS + COUNTER_BITS)) - 1


def show(prefix: str, number: int) -> str:
    """Return ``number`` as people see it: ``show("evt", 1)`` is ``evt_0000000000001``."""
    return (
        f"{prefix}_{_TRIPLES[number >> 50]}{_PAIRS[number >> 40 & 1023]}{_PAIRS[number >> 30 & 1023]}{_PAIRS[number >> 20 & 1023]}"
        f"{_PAIRS[number >> 10 & 1023]}{_PAIRS[number & 1023]}"
    )


def read(prefix: str, shown: str) -> int:
    """Return the number behind ``shown``.

    Raises ``ValueError`` when it is not an identifier with this prefix; case does not matter.
    """
    head, _, tail = shown.strip().lower().partition("_")
    if head != prefix or len(tail) != 13 or any(letter not in _VALUES for letter in tail):
        raise ValueError(f"{shown!r} is not an id that begins with {prefix}_")
    number = 0
    for letter in tail:
        number = number << 5 | _VALUES[letter]
    if number >> 63:
        raise ValueError(f"{shown!r} is too large for an id")
    return number
