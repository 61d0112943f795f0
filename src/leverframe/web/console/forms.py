"""A form that was refused is shown again with what was written into it, and what to correct."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.requests import Request

from leverframe.core.errors import Locale, Refused, document
from leverframe.web import problems
from leverframe.web.asking import Asked

_CORRECTED_HERE = (400, 409)
"""Statuses of what whoever filled the form in can correct; what they may not do is the guard's to answer and to note."""


class Refilled(msgspec.Struct, frozen=True, kw_only=True):
    """The form ``name`` of a page, as it was sent, with what is wrong; ``name`` is empty before anything was."""

    name: str = ""
    given: Mapping[str, str] = msgspec.field(default_factory=dict)
    status: int = 200
    title: str = ""
    remedy: str = ""
    detail: str = ""

    def value(self, name: str, field: str, default: str = "") -> str:
        """Return what stands in ``field`` of the form ``name``."""
        return self.given.get(field, default) if name == self.name else default


EMPTY = Refilled()


def refill(request: Request, name: str, form: Asked, refused: Refused, locale: Locale) -> Refilled:
    """Return the form to show again; raises ``refused`` where a program is asking, or where it is not to be corrected in the form."""
    if refused.status not in _CORRECTED_HERE or not problems.prefers_html(request.headers.get("accept")):
        raise refused
    told = document(refused, locale)
    # The detail names the field; that a door does not understand a request is nothing to tell a person.
    title, remedy = ("", "") if refused.code == "request_invalid" else (told["title"], told["remedy"])
    return Refilled(name=name, given=form.fields, status=refused.status, title=title, remedy=remedy, detail=told.get("detail", ""))
