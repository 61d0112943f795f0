"""What the guard, the pages and the API work with; ``app.py`` fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection

from leverframe.core.access import VERBS, Identity, Role
from leverframe.core.audit_chain import Signer
from leverframe.core.details import Detail
from leverframe.core.errors import Locale
from leverframe.ports import Clock
from leverframe.store import audit
from leverframe.store.database import Database
from leverframe.work.explain import Explained, Listed

if TYPE_CHECKING:
    from leverframe.web.levers import LeverDesk
    from leverframe.web.pipelines import Pipelines
    from leverframe.work.content.office import Office
    from leverframe.work.github_hooks import HookKeeper

P = ParamSpec("P")
T = TypeVar("T")


class Redrive(Protocol):
    """Makes dead and waiting deliveries due again, with the full schedule."""

    async def retry(self, ids: Sequence[int]) -> int:
        """Return how many of these deliveries are owed again."""
        ...

    async def retry_matching(
        self, *, state: str, destination: str | None, since: datetime | None, until: datetime | None, route: str | None,
        rate_per_s: float | None,
    ) -> int:
        """Return how many deliveries that match are owed again, spread at ``rate_per_s`` where given."""
        ...


class Routes(Protocol):
    """The configured routes, for people who ask about them."""

    def listed(self) -> Sequence[Listed]:
        """Return all routes in the order of the configuration."""
        ...

    async def explain_stored(self, event_id: int, locale: Locale) -> Sequence[Explained]:
        """Return what every route says of a stored event. Raises ``Refused("event_unknown")`` when its body is gone."""
        ...

    async def explain_given(self, *, source: str | None, event: str, payload: Mapping[str, Any], locale: Locale) -> Sequence[Explained]:
        """Return what every route would say of an event as GitHub would send it (``event`` is its X-GitHub-Event)."""
        ...

    async def test(self, route: str) -> Sequence[str]:
        """Send a sample through a route; returns the destinations. Raises ``Refused("route_unknown")`` for an unknown one."""
        ...


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The hub as the doors see it. ``url`` is ``hub.url``; ``roles`` are the built-in ones and those of the configuration."""

    database: Database
    clock: Clock
    url: str
    locale: Locale
    timezone: tzinfo
    roles: Mapping[str, Role]
    redrive: Redrive
    routes: Routes
    chats: Mapping[str, Callable[[str], Detail | None]]
    """By name, what says why a chat cannot have such a room (``None`` when it can)."""
    demo: bool = False
    """Whether this is a demo, whose open playground leads into the console."""
    signer: Signer = msgspec.field(default_factory=Signer)
    """Whose signatures the audit has."""
    sites: Office | None = None
    """The back office; without sites those pages and addresses do not exist."""
    github: HookKeeper | None = None
    """Webhooks at GitHub; without a token or an app those addresses do not exist."""
    pipelines: Pipelines | None = None
    """Who signs in with tokens of others; ``None`` where the configuration names nobody."""
    levers: LeverDesk | None = None
    """What is deployed and commanded; without it those pages and addresses do not exist."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """The first words that a grant can have: those of pages and API, and of commands."""
        return tuple(sorted({*VERBS, *(self.levers.registry.verbs if self.levers is not None else ())}))

    async def act(
        self, identity: Identity, act: str, target: str, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return ``work(connection, …)``, committed together with its audit entry."""
        entry_id, now = self.database.new_id(), self.clock.now()

        def both(conn: Connection) -> T:
            done = work(conn, *args, **kwargs)
            audit.append(conn, id=entry_id, at=now, actor=identity.actor, act=act, target=target)
            return done

        return await self.database.write(both)

    async def record(self, actor: str, act: str, target: str, *, code: str = "ok", detail: Mapping[str, Any] | None = None) -> None:
        """Add an audit entry of its own."""
        await self.database.write(
            audit.append, id=self.database.new_id(), at=self.clock.now(), actor=actor, act=act, target=target, code=code, detail=detail)
