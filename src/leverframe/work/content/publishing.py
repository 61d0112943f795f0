"""What publishes a site after a change: a dispatch, owed in the transaction that says that the change is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

import msgspec
from sqlalchemy import Connection

from leverframe.core.content.values import Site

Stage: TypeAlias = Literal["waiting", "building", "live", "handed", "failed"]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a publication has come."""

    stage: Stage
    id: str = ""
    url: str = ""
    """Where its run is seen."""
    code: str = ""
    """Why it failed, or what it waits for."""
    detail: str = ""
    at: datetime | None = None
    """When it came there."""


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A publication that is owed once the transaction is committed."""

    id: str
    committed: Callable[[], None]
    """To be called after the commit."""


class Publisher(Protocol):
    """Publishes sites. What it is told in a transaction happens if, and only if, that is committed."""

    def publish(self, connection: Connection, site: Site, *, reason: str, actor: str, now: datetime) -> Owed | None:
        """Owe the site a publication, which may be shared with others; return ``None`` where nothing publishes the site."""
        ...

    def standing(self, connection: Connection, id: str) -> Standing | None:
        """Return how far a publication has come; ``None`` when it is forgotten."""
        ...


class Nothing:
    """Publishes nothing: a site without a repository is what its bucket holds. Satisfies :class:`Publisher`."""

    def publish(self, connection: Connection, site: Site, *, reason: str, actor: str, now: datetime) -> Owed | None:
        """Return ``None``."""
        return None

    def standing(self, connection: Connection, id: str) -> Standing | None:
        """Return ``None``."""
        return None
