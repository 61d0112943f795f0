"""Slack, built from the configuration: what proves, hears, answers and connects, all of one app with one set of tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from leverframe.config import Config
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.chats.slack.inbound import SlackInbound
    from leverframe.chats.slack.settings import Settings
    from leverframe.chats.slack.socket_mode import SocketMode
    from leverframe.chats.slack.tokens import Tokens
    from leverframe.net import Outbound
    from leverframe.observe import AccessLog, Metrics
    from leverframe.signal_box import SignalBox
    from leverframe.web.refusals import RefusalLog
    from leverframe.web.slack import SlackDoors

AGAIN_S = 5.0
"""Seconds until what hears is started again after a mistake of ours."""
log = structlog.get_logger("leverframe")


@dataclass(slots=True, kw_only=True)
class SlackRooms:
    """The ways in from Slack; without a Slack chat there are none."""

    doors: SlackDoors | None = None
    """``None`` when no app proves itself by a signing secret, or nobody could be answered."""
    sockets: Mapping[str, SocketMode] = field(default_factory=dict)
    """The connections that the hub opens itself, by chat."""
    _hearing: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Open the connections."""
        for name, socket in self.sockets.items():
            self._hearing.append(asyncio.create_task(_for_ever(f"slack socket {name}", socket.run), name=f"slack socket {name}"))

    async def hang_up(self) -> None:
        """Hear nothing new; return when what was heard is acknowledged."""
        for task in self._hearing:
            task.cancel()
        await asyncio.gather(*self._hearing, return_exceptions=True)


def slack_chats(config: Config) -> dict[str, Settings]:
    """Return the settings of every Slack chat, by name."""
    if not any(getattr(settings, "kind", "") == "slack" for settings in config.chats.values()):
        return {}
    from leverframe.chats.slack.settings import Settings

    return {name: settings for name, settings in config.chats.items() if isinstance(settings, Settings)}


def slack_tokens(config: Config) -> dict[str, Tokens]:
    """Return the tokens of every Slack chat, by name: whatever speaks, hears or installs there shares them."""
    chats = slack_chats(config)
    if not chats:
        return {}
    from leverframe.chats.slack.tokens import Tokens

    return {name: Tokens(name, settings) for name, settings in chats.items()}


def build_slack(
    config: Config, box: SignalBox | None, outbound: Outbound, clock: Clock, metrics: Metrics, *, tokens: Mapping[str, Tokens],
    refusals: RefusalLog, access: AccessLog, address_of: Callable[[Any], str],
) -> SlackRooms:  # fmt: skip
    """Marry the ways in; nothing is opened yet. ``tokens`` are those of :func:`slack_tokens`; without ``box`` nobody could be answered."""
    chats = slack_chats(config)
    if not chats or box is None:
        return SlackRooms()
    from leverframe.chats.slack.inbound import SlackInbound

    heard = {
        name: SlackInbound(name, settings, outbound, config.hub.locale, tokens[name])
        for name, settings in chats.items() if settings.signing_secrets or settings.app_token is not None
    }  # fmt: skip
    return SlackRooms(
        doors=_doors(config, chats, heard, box, refusals, access, clock, address_of), sockets=_sockets(chats, heard, box, outbound, clock, metrics)
    )


def _doors(
    config: Config, chats: Mapping[str, Settings], heard: Mapping[str, SlackInbound], box: SignalBox, refusals: RefusalLog, access: AccessLog, clock: Clock,
    address_of: Callable[[Any], str],
) -> SlackDoors | None:  # fmt: skip
    signed = [heard[name] for name, settings in chats.items() if settings.signing_secrets]
    if not signed:
        return None
    from leverframe.web.slack import SlackDoors

    return SlackDoors(signed, box.conversations, refusals=refusals, access=access, clock=clock, locale=config.hub.locale, address_of=address_of)


def _sockets(
    chats: Mapping[str, Settings], heard: Mapping[str, SlackInbound], box: SignalBox, outbound: Outbound, clock: Clock, metrics: Metrics
) -> dict[str, SocketMode]:
    connected = [(name, settings) for name, settings in chats.items() if settings.app_token is not None]
    if not connected:
        return {}
    from leverframe.chats.slack.socket_mode import SocketMode  # needs an extra, without which the configuration is refused
    from leverframe.web.slack import PATIENCE_S

    sockets = {}
    for name, settings in connected:
        inbound = heard[name]

        async def take(what: Any, inbound: SlackInbound = inbound) -> bytes:
            return await box.conversations.take(inbound, what, within_s=PATIENCE_S)

        sockets[name] = SocketMode(inbound, settings, outbound, clock, take)
        metrics.slack_connected.labels(name).set_function(partial(_is_connected, sockets[name]))
    return sockets


def _is_connected(socket: SocketMode) -> float:
    return float(socket.connected)


async def _for_ever(name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it again when a mistake of ours ended it: a hub that hears nothing looks as if nobody spoke."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("hearing_failed", what=name)
        await asyncio.sleep(AGAIN_S)
