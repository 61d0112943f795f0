"""Microsoft Teams, built from the configuration: what speaks, proves, hears and answers, all of one bot with one token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from leverframe.config import Config
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.chats.teams.connector import Connector
    from leverframe.chats.teams.rooms import Rooms
    from leverframe.chats.teams.settings import Settings
    from leverframe.chats.teams.tokens import Tokens
    from leverframe.guarded import Guarded
    from leverframe.net import Outbound
    from leverframe.observe import AccessLog
    from leverframe.signal_box import SignalBox
    from leverframe.web.refusals import RefusalLog
    from leverframe.web.teams import TeamsDoors


class Bot(msgspec.Struct, frozen=True, kw_only=True):
    """What everything of one bot shares."""

    settings: Settings
    rooms: Rooms
    connector: Connector
    tokens: Tokens
    guarded: Guarded
    """The way to addresses that Teams tells."""


def teams_chats(config: Config) -> dict[str, Settings]:
    """Return the settings of every chat of kind ``teams``, by name."""
    if not any(getattr(settings, "kind", "") == "teams" for settings in config.chats.values()):
        return {}
    from leverframe.chats.teams.settings import Settings

    return {name: settings for name, settings in config.chats.items() if isinstance(settings, Settings)}


async def teams_bots(config: Config, outbound: Outbound, clock: Clock, database: Any) -> Mapping[str, Bot]:
    """Return the bots of the configuration, by the name of their chat; what is kept of their rooms is known. Raises ``Refused("storage_unavailable")``."""
    chats = {name: settings for name, settings in teams_chats(config).items() if settings.is_bot}
    if not chats:
        return {}
    from leverframe.chats.teams.connector import Connector
    from leverframe.chats.teams.rooms import Rooms
    from leverframe.chats.teams.tokens import Tokens
    from leverframe.guarded import Guarded
    from leverframe.store.conversations import Conversations

    found: dict[str, Bot] = {}
    guarded = Guarded(config.outbound.allowed())
    for name, settings in chats.items():
        tokens, rooms = Tokens(settings, outbound, clock), Rooms(name, settings, clock, Conversations(database))
        await rooms.look()
        found[name] = Bot(settings=settings, rooms=rooms, connector=Connector(settings, outbound, clock, tokens, guarded), tokens=tokens, guarded=guarded)
    return found


class TeamsRooms(msgspec.Struct, frozen=True, kw_only=True):
    """The ways in from Teams."""

    doors: TeamsDoors | None = None
    """``None`` when there is neither a bot nor an outgoing webhook, or nobody could be answered."""
    closing: Sequence[Any] = ()
    """What has to let go of something at the end."""

    async def close(self) -> None:
        """End what is under way."""
        for one in self.closing:
            await one.close()


def build_teams(
    config: Config, box: SignalBox | None, bots: Mapping[str, Bot], outbound: Outbound, clock: Clock, *, refusals: RefusalLog, access: AccessLog,
    address_of: Callable[[Any], str],
) -> TeamsRooms:  # fmt: skip
    """Marry the ways in; without ``box`` nobody could be answered."""
    chats, closing = teams_chats(config), [*(bot.tokens for bot in bots.values()), *{bot.guarded for bot in bots.values()}]
    outgoing = [name for name, settings in chats.items() if settings.outgoing]
    if box is None or not (bots or outgoing):
        return TeamsRooms(closing=closing)
    from leverframe.chats.teams.inbound import TeamsInbound
    from leverframe.chats.teams.outgoing import TeamsOutgoing
    from leverframe.issuer_keys import IssuerKeys
    from leverframe.web.teams import TeamsDoors

    keys = {name: IssuerKeys(bot.settings.openid_url, outbound, clock) for name, bot in bots.items()}
    doors = TeamsDoors(
        [TeamsInbound(name, bot.settings, bot.connector, bot.rooms, keys[name], config.hub.locale, box.overhears) for name, bot in bots.items()],
        [TeamsOutgoing(name, chats[name], config.hub.locale) for name in outgoing], box.conversations,
        refusals=refusals, access=access, clock=clock, locale=config.hub.locale, address_of=address_of,
    )  # fmt: skip
    return TeamsRooms(doors=doors, closing=[*closing, *keys.values()])
