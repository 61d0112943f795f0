"""Sentences with blanks: ``phrase("{who} opened issue {it}", who=…, it=…)``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from leverframe.core.messages import Inline, Rich, Text

Slot: TypeAlias = Rich | Inline | str

_BLANK = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[Text | str, ...]:
    """Return the template cut at its blanks: ``Text`` for words, a plain string for the name of a blank."""
    cut = _BLANK.split(template)
    return tuple(piece if index % 2 else Text(piece) for index, piece in enumerate(cut) if piece)


def phrase(template: str, **slots: Slot) -> Rich:
    """Return ``template`` with each ``{blank}`` replaced by its slot; an empty slot leaves nothing.

    Templates are constants of the language modules, never made from what a payload says. Raises ``KeyError`` when a
    blank has no slot.
    """
    found: list[Inline] = []
    for piece in _pieces(template):
        if not isinstance(piece, str):
            found.append(piece)
            continue
        slot = slots[piece]
        if isinstance(slot, tuple):
            found.extend(slot)
        elif not isinstance(slot, str):
            found.append(slot)
        elif slot:
            found.append(Text(slot))
    return tuple(found)
