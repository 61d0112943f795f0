"""Every refusal: one table of code, HTTP status, sentence and remedy, in English and Korean.

The code never changes and is never translated. Raise :class:`Refused` with a code of this table; whatever answers
(door, page, CLI) shows the sentence and the remedy. The rows are in ``hub``, ``levers``, ``hooks``, and a module for each vendor.
"""

from __future__ import annotations

from typing import Any, Literal

from leverframe.core.details import Detail
from leverframe.core.errors import cards, content, git, github, hooks, hub, levers, runners, slack, teams
from leverframe.core.errors.table import PROBLEMS, Problem
from leverframe.core.kept_details import kept

__all__ = ["PROBLEMS", "TABLES", "Locale", "Problem", "Refused", "document"]

Locale = Literal["en", "ko"]
TABLES = (content, hub, levers, cards, hooks, slack, teams, github, runners, git)
"""Where the rows are."""


class Refused(Exception):
    """The hub does not do it; ``code`` is a key of :data:`PROBLEMS`, ``detail`` names what was met (never a secret)."""

    def __init__(self, code: str, detail: str | Detail = "", *, retry_after_s: int | None = None) -> None:
        both = Detail(detail, detail) if isinstance(detail, str) else detail
        super().__init__(f"{code}: {both.en}" if both.en else code)
        self.code, self.detail, self.retry_after_s = code, both.en, retry_after_s
        self.status = PROBLEMS[code].status
        self._both = both

    def detail_in(self, locale: Locale) -> str:
        """Return the detail in a language; ``detail`` is the English, for logs and the audit."""
        said = self._both.said(locale)
        return kept(said, locale) if said == self.detail else said  # text alone may be what was kept of another refusal


def document(refused: Refused, locale: Locale = "en") -> dict[str, Any]:
    """Return the ``application/problem+json`` document (RFC 9457) of a refusal, with ``code`` and ``remedy`` added."""
    problem = PROBLEMS[refused.code]
    title, remedy = problem.ko if locale == "ko" else problem.en
    found: dict[str, Any] = {"type": "about:blank", "title": title, "status": problem.status, "code": refused.code, "remedy": remedy}
    if refused.detail:
        found["detail"] = refused.detail_in(locale)
    return found
