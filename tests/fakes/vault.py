"""Installations kept where a test can look at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leverframe.core.errors import Refused
from leverframe.ports import Installation


class Vault:
    """Satisfies ``ports.TokenVault``."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Installation] = {}
        self.states: dict[str, datetime] = {}
        self.full = False

    async def keep(self, installation: Installation) -> None:
        if self.full:
            raise Refused("storage_unavailable")
        self.kept[installation.chat, installation.team] = installation

    async def installations(self, chat: str) -> Sequence[Installation]:
        return [made for made in reversed(self.kept.values()) if made.chat == chat]

    async def begin(self, state: str, until: datetime) -> None:
        self.states[state] = until

    async def finish(self, state: str, now: datetime) -> bool:
        until = self.states.pop(state, None)
        return until is not None and now < until
