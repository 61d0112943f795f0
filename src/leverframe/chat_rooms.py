"""The chats, married: each room is imported only when it is configured; the playground brings its doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from leverframe.config import Config
from leverframe.net import Outbound
from leverframe.plugin_rooms import plugin_chat
from leverframe.ports import Chat, Clock
from leverframe.signal_box import SignalBox
from leverframe.slack_rooms import slack_chats
from leverframe.teams_rooms import Bot
from leverframe.web.doors import Door, Limit
from leverframe.web.hook import Workspace

if TYPE_CHECKING:
    from leverframe.plugins.host import Host

PLAYGROUND = Limit(rate="600/minute", per="address")


def build_chats(
    config: Config, outbound: Outbound, database: Any, clock: Clock, demo: bool, endings: list[Callable[[], None]], box: SignalBox | None,
    tokens: Mapping[str, Any], bots: Mapping[str, Bot], presses: Mapping[str, Any], host: Host | None,
) -> tuple[dict[str, Chat], Callable[[], Sequence[Door]]]:
    """Return the chats, each room imported only when it is configured, and what makes the playground's doors.

    ``endings`` gets what ends streams that would stay open by themselves.
    """
    chats: dict[str, Chat] = {}
    doors: Callable[[], Sequence[Door]] = tuple
    for name, settings in config.chats.items():
        if (added := plugin_chat(config, host, name, settings)) is not None:
            chats[name] = added
        elif settings.kind == "slack":  # type: ignore[attr-defined]
            from leverframe.chats.slack.send import SlackChat

            chats[name] = SlackChat(name, settings, outbound, tokens[name])  # type: ignore[arg-type]
        elif settings.kind == "teams":  # type: ignore[attr-defined]
            from leverframe.chats.teams.send import TeamsChat

            bot = bots.get(name)
            chats[name] = TeamsChat(name, settings, outbound, rooms=bot.rooms if bot else None, connector=bot.connector if bot else None, presses=presses.get(name))  # type: ignore[arg-type]
        else:
            from leverframe.chats.playground.feed import Feed
            from leverframe.chats.playground.inbound import Talk
            from leverframe.chats.playground.send import PlaygroundChat
            from leverframe.store.playground import PlaygroundMessages

            store, feed = PlaygroundMessages(database), Feed()
            chats[name] = PlaygroundChat(name, settings, store, feed, clock)  # type: ignore[arg-type]
            endings.append(feed.close)
            rooms = [room.partition(":")[2] for route in config.routes for room in route.to if room.startswith(f"{name}:")]
            talk = Talk(store, feed, clock, rooms=rooms, name=name, overhears=box.overhears if box is not None else None)
            doors = partial(_playground, config, outbound, talk, clock, demo, box)
    return chats, doors


def _playground(config: Config, outbound: Outbound, talk: Any, clock: Clock, demo: bool, box: SignalBox | None) -> list[Door]:
    from leverframe.web.playground import Playground, Samples, doors

    samples = None
    if demo:
        name, settings = next(iter(config.sources.items()))
        samples = Samples(post=outbound, url=f"http://127.0.0.1:{config.hub.port}", source=name, secret=settings.secrets[0])  # type: ignore[attr-defined]
    page = Playground(
        talk=talk, clock=clock, locale=config.hub.locale, timezone=config.hub.timezone, samples=samples, commands=config.registry,
        conversations=box.conversations if box is not None else None, complete=box.complete if box is not None else None,
    )  # fmt: skip
    return [
        Door(method=method, path=path, permission="playground", limit=PLAYGROUND, body_cap=64 * 1024 if method == "POST" else 0, handler=handler)
        for method, path, handler in doors(page)
    ]


def workspaces(config: Config, chats: Mapping[str, Chat], outbound: Outbound, clock: Clock, tokens: Mapping[str, Any]) -> tuple[Workspace, ...]:
    """Return where /hook may write: the Slack workspaces; where there is none, the other chats, which have no subdomain that could be wrong."""
    found = []
    for name, settings in slack_chats(config).items():
        from leverframe.chats.slack.domain import Domain

        found.append(Workspace(chat=name, is_called=Domain(settings, outbound, clock, tokens[name]).is_called, check_room=chats[name].check_room))
    return tuple(found) or tuple(Workspace(chat=name, is_called=_is_any, check_room=chat.check_room) for name, chat in chats.items())


async def _is_any(subdomain: str) -> bool:
    return True
