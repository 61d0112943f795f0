"""Globs over names and paths: ``*`` and ``?`` cross no ``/``, ``**`` does, ``[abc]`` is one of these (``[[]`` a bracket).

Case matters. ``**/`` at the beginning of a part also stands for nothing, so that ``**/README.md`` is in every folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

Finding: TypeAlias = Literal["holds", "not_listed", "excluded"]

_STARS = {"*": "[^/]*", "**": ".*", "**/": "(?:.*/)?"}


def translate(glob: str) -> str:
    """Return the regular expression that matches what ``glob`` does, to be used with ``fullmatch`` and ``re.DOTALL``.

    Where one star follows another, the first takes the shortest match and never tries again (an atomic group), so that no
    name, however long, is looked at more often than it has letters. That is only right when the next star reaches as far.
    """
    parts = _parts(glob)
    stars = [position for position, part in enumerate(parts) if part in _STARS]
    written = [_STARS.get(part, part) for part in parts]
    for star, following in pairwise(stars):
        if parts[star] == "*" or (parts[star] == "**" and parts[following] == "**"):
            written[star] = "(?>" + written[star] + "?"
            written[following - 1] += ")"
    return "".join(written)


def _parts(glob: str) -> list[str]:
    """Return the keys of ``_STARS`` and, between them, regular expressions for one character each."""
    parts: list[str] = []
    position = 0
    while position < len(glob):
        letter = glob[position]
        position += 1
        if letter == "*":
            end = position
            while glob[end : end + 1] == "*":
                end += 1
            at_a_part = position == 1 or glob[position - 2] == "/"
            if end == position:
                parts.append("*")
            elif at_a_part and glob[end : end + 1] == "/":
                parts.append("**/")
                end += 1
            else:
                parts.append("**")
            position = end
        elif letter == "?":
            parts.append("[^/]")
        elif letter == "[" and (end := glob.find("]", position + (2 if glob[position : position + 1] == "!" else 1))) >= 0:
            parts.append(_one_of(glob[position:end]))
            position = end + 1
        else:
            parts.append(re.escape(letter))
    return parts


def _one_of(letters: str) -> str:
    negated = letters.startswith("!")
    letters = letters.removeprefix("!")
    found, position = "", 0
    while position < len(letters):
        if letters[position + 1 : position + 2] == "-" and position + 2 < len(letters):
            first, last = letters[position], letters[position + 2]
            found += f"{re.escape(first)}-{re.escape(last)}" if first <= last else ""
            position += 3
        else:
            found += re.escape(letters[position])
            position += 1
    if negated:
        return f"[^/{found}]"
    return f"(?!/)[{found}]" if found else "(?!)"


class Globs:
    """A list of globs: one of them must match, then those that begin with ``!`` exclude; a list of only ``!`` starts from all."""

    __slots__ = ("_excluded", "_included", "_words")

    def __init__(self, items: Sequence[str]) -> None:
        included = [item for item in items if not item.startswith("!")]
        excluded = [item[1:] for item in items if item.startswith("!")]
        self._words = frozenset(included) if included and not excluded and all(re.fullmatch(r"[^*?\[]*", item) for item in included) else None
        self._included, self._excluded = _compiled(included), _compiled(excluded)

    def holds(self, values: Iterable[str]) -> bool:
        """Return whether at least one of ``values`` is matched and not excluded."""
        if self._words is not None:
            return not self._words.isdisjoint(values)
        included, excluded = self._included, self._excluded
        for value in values:
            if (included is None or included.fullmatch(value)) and not (excluded is not None and excluded.fullmatch(value)):
                return True
        return False

    def find(self, values: Iterable[str]) -> Finding:
        """Return ``holds``, or why none of ``values`` does: ``excluded`` when one would but for a ``!``."""
        values = tuple(values)
        if self.holds(values):
            return "holds"
        return "excluded" if any(self._included is None or self._included.fullmatch(value) for value in values) else "not_listed"


def _compiled(globs: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{translate(glob)})" for glob in globs), re.DOTALL) if globs else None
