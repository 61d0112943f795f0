"""Slack, built from the configuration: what proves, hears, answers and connects, all of one app with one set of tokens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from leverframe.config import Config
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.chats.slack.inbound import SlackInbound
    from leverframe.chats.slack.manifest import Features
    from leverframe.chats.slack.members import SlackMembers
    from leverframe.chats.slack.oauth import SlackInstall
    from leverframe.chats.slack.settings import Settings
    from leverframe.chats.slack.socket_mode import SocketMode
    from leverframe.chats.slack.tokens import Tokens
    from leverframe.net import Outbound
    from leverframe.observe import AccessLog, Metrics
    from leverframe.signal_box import SignalBox
    from leverframe.web.desk import Desk
    from leverframe.web.doors import Door
    from leverframe.web.refusals import RefusalLog
    from leverframe.web.slack import SlackDoors

AGAIN_S = 5.0
"""Seconds until what hears is started again after a mistake of ours."""
TOKENS = "tokens of installations"
"""What the keys are for that seal them."""
log = structlog.get_logger("leverframe")


class SlackRooms(msgspec.Struct, kw_only=True):
    """The ways in from Slack, and to install the app; without a Slack chat there are none."""

    doors: SlackDoors | None = None
    """``None`` when no app proves itself by a signing secret, or nobody could be answered."""
    sockets: Mapping[str, SocketMode] = msgspec.field(default_factory=dict)
    """The connections that the hub opens itself, by chat."""
    install_doors: Sequence[Door] = ()
    installs: Sequence[SlackInstall] = ()
    members: Sequence[SlackMembers] = ()
    _hearing: list[asyncio.Task[None]] = msgspec.field(default_factory=list)

    @property
    def loops(self) -> Sequence[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]:
        """What looks after tokens of installations, and after who members of roles are, for ever."""
        running = [(f"slack tokens {install.name}", install.run) for install in self.installs]
        running += [(f"slack members {members.name}", members.run) for members in self.members]
        return [(name, partial(_for_ever, name, run)) for name, run in running]

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


def slack_members(config: Config, outbound: Outbound, clock: Clock, tokens: Mapping[str, Tokens]) -> tuple[SlackMembers, ...]:
    """Return what knows the user groups and the e-mail addresses that roles name, for every Slack chat."""
    found = []
    for name, settings in slack_chats(config).items():
        if wanted := named_members(config, name):
            from leverframe.chats.slack.members import SlackMembers

            found.append(SlackMembers(settings, outbound, clock, tokens[name], wanted))
    return tuple(found)


def named_members(config: Config, chat: str) -> list[str]:
    """Return the members of roles that a Slack chat has to be asked about: its user groups (``slack:S0123``, ``slack:@admins``), and addresses
    (``mail:ann@example.com``)."""
    members = {member for role in config.roles.values() for member in role.members}
    asked = re.compile(rf"{re.escape(chat)}:(@\S+|S[A-Z0-9]{{2,}})|mail:\S+", re.IGNORECASE)
    return sorted(member for member in members if asked.fullmatch(member))


async def build_slack(
    config: Config, box: SignalBox | None, desk: Desk, outbound: Outbound, clock: Clock, metrics: Metrics, *, tokens: Mapping[str, Tokens],
    members: Sequence[SlackMembers], refusals: RefusalLog, access: AccessLog, address_of: Callable[[Any], str],
) -> SlackRooms:  # fmt: skip
    """Marry the ways in; nothing is opened yet, but the tokens of former installations are in use.

    ``tokens`` are those of :func:`slack_tokens`, ``members`` those of :func:`slack_members`; without ``box`` nobody could be answered. Raises ``Refused``: ``key_file_unusable``,
    ``storage_unavailable``.
    """
    chats = slack_chats(config)
    if not chats:
        return SlackRooms()
    installs, install_doors = await _installs(config, chats, desk, outbound, clock, tokens)
    if box is None:
        return SlackRooms(installs=installs, install_doors=install_doors)
    from leverframe.chats.slack.inbound import SlackInbound

    heard = {
        name: SlackInbound(name, settings, outbound, config.hub.locale, tokens[name], box.overhears)
        for name, settings in chats.items() if settings.signing_secrets or settings.app_token is not None
    }  # fmt: skip
    return SlackRooms(
        doors=_doors(config, chats, heard, box, refusals, access, clock, address_of), sockets=_sockets(chats, heard, box, outbound, clock, metrics),
        installs=installs, install_doors=install_doors, members=members,
    )  # fmt: skip


def features(config: Config, chat: str) -> Features:
    """Return what the app of a Slack chat is used for: what its manifest asks Slack for beyond commands and buttons."""
    from leverframe.chats.slack.manifest import Features
    from leverframe.chats.slack.members import is_mail

    settings = slack_chats(config)[chat]
    routes = [route for route in config.routes if any(room.partition(":")[0] == chat for room in route.to)]
    return Features(
        socket_mode=settings.app_token is not None,
        mentions="mentions" in settings.listens,
        threads="threads" in settings.listens,
        user_groups=any(not is_mail(member) for member in named_members(config, chat)),
        mails=any(is_mail(member) for member in named_members(config, chat)),
        names_and_icons=any(route.username or route.icon for route in routes),
        install=settings.client_id is not None,
    )


async def _installs(
    config: Config, chats: Mapping[str, Settings], desk: Desk, outbound: Outbound, clock: Clock, tokens: Mapping[str, Tokens]
) -> tuple[Sequence[SlackInstall], Sequence[Door]]:
    """Return what installs the apps that have a client id, with its doors; what was installed before is in use."""
    installed = [(name, settings) for name, settings in chats.items() if settings.client_id is not None]
    if not installed:
        return (), ()
    from leverframe.chats.slack.oauth import SlackInstall
    from leverframe.secrets.keys import keys_for
    from leverframe.store.installations import Installations
    from leverframe.web.slack_install import SlackInstallDoors

    vault = Installations(desk.database, keys_for(TOKENS, config.hub.master_keys, config.sqlite_path))
    installs = [
        SlackInstall(settings, outbound, clock, vault, tokens[name], url=config.hub.url, features=features(config, name)) for name, settings in installed
    ]
    for install in installs:
        await vault.reseal(install.name)
        await install.load()
    return installs, SlackInstallDoors(desk, installs, vault).doors()


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
