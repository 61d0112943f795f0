"""What every part of the API asks of a request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from leverframe.core.access import Identity
from leverframe.core.errors import PROBLEMS, Locale
from leverframe.web.api.shapes import Word
from leverframe.web.asking import identifier
from leverframe.web.desk import Desk

Asked = Annotated[Word | None, Query()]
Count = Annotated[int, Query(ge=1, le=500)]


async def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


# Operations belong to no desk: FastAPI works a signature out once for all applications (0.2 s), and each application brings its desk.
OurDesk = Annotated[Desk, Depends(_desk)]


def who(request: Request) -> Identity:
    """Return who asks, as the guard found out."""
    found: Identity = request.scope["state"]["identity"]
    return found


def locale_of(request: Request) -> Locale:
    """Return the language of who asks."""
    found: Locale = request.scope["state"]["locale"]
    return found


def remedy_of(code: str | None, locale: Locale) -> str | None:
    """Return what to do about a code; ``None`` for none, and for one that is not the hub's."""
    row = PROBLEMS.get(code or "")
    return None if row is None else (row.ko if locale == "ko" else row.en)[1]


def cursor(prefix: str, before: str | None) -> int | None:
    """Return the number of a cursor; raises ``Refused`` when it is no such id."""
    return None if before is None else identifier(prefix, before)
