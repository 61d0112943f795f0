"""The table of refusals, empty: the modules beside this one fill it, a row each by :func:`row`."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One row: ``en`` and ``ko`` are (what is wrong, what to do)."""

    status: int
    en: tuple[str, str]
    ko: tuple[str, str]


PROBLEMS: dict[str, Problem] = {}


def row(code: str, status: int, en: tuple[str, str], ko: tuple[str, str]) -> None:
    """Add a row: the code, its HTTP status, and (what is wrong, what to do) in each language."""
    PROBLEMS[code] = Problem(status=status, en=en, ko=ko)
