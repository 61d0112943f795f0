"""Microsoft Teams, built from the configuration: what speaks, proves, hears and answers, all of one bot with one token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leverframe.config import Config
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.chats.teams.connector import Connector
    from leverframe.chats.teams.rooms import Rooms
    from leverframe.chats.teams.settings import Settings
    from leverframe.chats.teams.tokens import Tokens
    from leverframe.net import Outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """What everything of one bot shares."""

    settings: Settings
    rooms: Rooms
    connector: Connector
    tokens: Tokens


def teams_chats(config: Config) -> dict[str, Settings]:
    """Return the settings of every chat of kind ``teams``, by name."""
    if not any(getattr(settings, "kind", "") == "teams" for settings in config.chats.values()):
        return {}
    from leverframe.chats.teams.settings import Settings

    return {name: settings for name, settings in config.chats.items() if isinstance(settings, Settings)}


async def teams_bots(config: Config, outbound: Outbound, clock: Clock, database: Any) -> Mapping[str, Bot]:
    """Return the bots of the configuration, by the name of their chat; what is kept of their rooms is known. Raises ``Refused("storage_unavailable")``."""
    found: dict[str, Bot] = {}
    for name, settings in teams_chats(config).items():
        if settings.is_bot:
            from leverframe.chats.teams.connector import Connector
            from leverframe.chats.teams.rooms import Rooms
            from leverframe.chats.teams.tokens import Tokens
            from leverframe.store.conversations import Conversations

            tokens, rooms = Tokens(settings, outbound, clock), Rooms(name, settings, clock, Conversations(database))
            await rooms.look()
            found[name] = Bot(settings=settings, rooms=rooms, connector=Connector(settings, outbound, clock, tokens), tokens=tokens)
    return found
