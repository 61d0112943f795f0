"""A door: one method and path, who may pass, how often, and how large. All but the signed doors, which stand in front, are in one table
(``site.build_site``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
Permission: TypeAlias = str
"""``open``, ``playground`` (a token: ``playground.use``), ``session`` (anybody signed in), ``person``
(somebody signed in; a token: ``admin``), or a grant's words: ``events.read``, ``hooks.manage {owner}/{project}`` with what the path holds."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How often: ``rate`` as the library limits writes it (``30/minute``), counted per what.

    ``address`` counts every request of an address, ``identity`` every request of somebody signed in (and, before that, failures).
    """

    rate: str
    per: Literal["address", "identity"]


SIGNED_FAILURES = "60/minute"
"""How often an address may fail at the signed doors; it limits only further failures: what verifies always passes."""
OPEN = Limit(rate="600/minute", per="address")
LOGIN = Limit(rate="20/minute", per="address")
SIGNED_IN = Limit(rate="600/minute", per="identity")

KB = 1024
FORM_CAP = 64 * KB


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table. ``handler`` takes a request; ``app`` instead is a bare ASGI callable (the inbound path, the API)."""

    method: str
    path: str
    """As Starlette writes it: ``/in/{source}``."""
    permission: Permission
    limit: Limit
    body_cap: int = 0
    """Bytes of body that it takes; they are counted before the handler is called."""
    handler: Handler | None = None
    app: ASGIApp | None = None
    streams: bool = False
    """Whether the handler reads the body itself, piece by piece. Then it proves the form's token itself too, before it reads further:
    ``request.scope["state"]["prove"](token)``."""
    exists: Callable[[Mapping[str, Any]], bool] | None = None
    """Whether there is such a place at all, by what the path holds; where it is not, nobody is told more than that."""

    def __post_init__(self) -> None:
        if (self.handler is None) == (self.app is None):
            raise ValueError(f"{self.method} {self.path}: give handler or app")
