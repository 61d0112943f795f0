"""The one way to the database: ``read`` and ``write`` take a plain function of a connection.

The same function runs on SQLite (in the writer's thread, several sharing one commit) and on PostgreSQL (on a pooled
connection), so every query is written once, in the module of its aggregate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

P = ParamSpec("P")
T = TypeVar("T")


class Database(Protocol):
    """A store that is open."""

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)``, run in a read-only transaction."""
        ...

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``work(connection, …)`` once it is committed.

        Raises what ``work`` raises (then nothing of it is kept), or ``Refused("storage_unavailable")``.
        """
        ...

    async def write_first(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write as :meth:`write` does, before everything else that waits: for whom somebody at a door waits."""
        ...

    def new_id(self) -> int:
        """Return a fresh identifier, greater than all that this process gave before."""
        ...
