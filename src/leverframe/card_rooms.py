"""Cards that scripts posted, married: what their buttons send goes out through the guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from leverframe.config import Config
from leverframe.core.access import Role
from leverframe.core.cards.pressing import Request
from leverframe.core.conversation import Asker
from leverframe.net import Answer
from leverframe.ports import Clock
from leverframe.sources.teams.source import read_card
from leverframe.work.bell import Bell
from leverframe.work.library import Library
from leverframe.work.press import Presser

if TYPE_CHECKING:
    from leverframe.guarded import Guarded

RELAY_S = 15.0
"""Seconds that a target has for its whole answer."""


class Relay:
    """Sends what a button says, once; the guarded way out is made when the first is pressed."""

    def __init__(self, config: Config) -> None:
        self._allow = config.outbound.allowed
        self._out: Guarded | None = None

    async def __call__(self, request: Request, by: Asker) -> Answer:
        """Send it; raises ``net.NotSent``."""
        if self._out is None:
            from leverframe.guarded import Guarded

            self._out = Guarded(self._allow(), total_s=RELAY_S, connections=16)
        return await self._out.send("POST", request.url, request.headers, request.body, fresh=True)

    async def close(self) -> None:
        """Let go of connections."""
        if self._out is not None:
            await self._out.close()


def build_presser(
    config: Config, database: Any, clock: Clock, library: Library, relay: Relay, *, roles: Mapping[str, Role], zone: ZoneInfo, planned: Bell,
) -> Presser:  # fmt: skip
    """Return what does what buttons of cards say; ``planned`` is rung when a card is to be shown anew."""
    return Presser(
        database, clock, library, boot=lambda: database.boot, roles=roles, locale=config.hub.locale, zone=zone, send=relay, read_card=read_card, told=planned
    )
