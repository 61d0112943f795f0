"""Cards, married: what buttons of posted cards send goes out through the guard, and MessageCards' buttons come back signed."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from leverframe.config import Config
from leverframe.core import button_tokens
from leverframe.core.access import Role
from leverframe.core.button_tokens import Signed
from leverframe.core.cards.pressing import Request
from leverframe.core.conversation import Asker
from leverframe.core.events import Event
from leverframe.core.messages import Button, Message
from leverframe.guarded import Guarded
from leverframe.net import Answer, Outbound
from leverframe.ports import Clock
from leverframe.secrets.keys import keys_for
from leverframe.sources.teams.source import read_card
from leverframe.web.doors import Door
from leverframe.work.bell import Bell
from leverframe.work.library import Library
from leverframe.work.press import Presser

if TYPE_CHECKING:
    from starlette.responses import Response

    from leverframe.chats.teams.presses import CardPresses
    from leverframe.web.desk import Desk
    from leverframe.web.refusals import RefusalLog

ACTIONS = "/teams/actions"
BUTTONS = "buttons of cards"
"""What the keys are for that sign buttons."""
Own = Callable[[Mapping[str, str], Mapping[str, str], bytes, Asker], Awaitable["Response"]]
"""The hub's own door for such buttons: query, headers, body, and who pressed."""


class Relay:
    """Sends what a button says, once. What points at the hub's own door goes there without leaving the house."""

    def __init__(self, guarded: Guarded, url: str) -> None:
        self._guarded, self._url = guarded, urlsplit(url)
        self.own: Own | None = None

    async def __call__(self, request: Request, by: Asker) -> Answer:
        """Send it; raises ``net.NotSent``."""
        there = urlsplit(request.url)
        if self.own is not None and (there.scheme, there.netloc, there.path) == (self._url.scheme, self._url.netloc, ACTIONS):
            response = await self.own(dict(parse_qsl(there.query)), request.headers, request.body, by)
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.raw_headers}
            return Answer(response.status_code, headers, bytes(response.body), 0.0)
        return await self._guarded.send("POST", request.url, request.headers, request.body, fresh=True)


def build_presser(
    config: Config, database: Any, clock: Clock, library: Library, relay: Relay, *, roles: Mapping[str, Role], zone: ZoneInfo, planned: Bell,
) -> Presser:  # fmt: skip
    """Return what does what buttons of cards say; ``planned`` is rung when a card is to be shown anew."""
    return Presser(
        database, clock, library, boot=lambda: database.boot, roles=roles, locale=config.hub.locale, zone=zone, send=relay, read_card=read_card, told=planned
    )


def button_keys(config: Config) -> tuple[bytes, ...]:
    """Return the keys that buttons are signed with, the one in use first. Raises ``Refused("key_file_unusable")``."""
    return keys_for(BUTTONS, config.hub.master_keys, config.sqlite_path)


def build_presses(config: Config, outbound: Outbound, clock: Clock) -> dict[str, CardPresses]:
    """Return the chats whose rooms get MessageCards, with what makes their buttons and proves who presses them. Raises as :func:`button_keys`."""
    named = [name for name, chat in config.chats.items() if getattr(chat, "kind", "") == "teams" and getattr(chat, "format", "") == "messagecard"]
    if not named:
        return {}
    from leverframe.chats.teams.presses import CardPresses
    from leverframe.chats.teams.settings import Settings
    from leverframe.issuer_keys import IssuerKeys

    keys, found = button_keys(config), {}
    for name in named:
        settings = config.chats[name]
        assert isinstance(settings, Settings)

        def sign(button: Button, delivery: str, chat: str = name) -> str | None:
            if not keys or not button.action:
                return None
            ends = int(clock.now().timestamp()) + button_tokens.LIFE_S
            return button_tokens.sign(
                Signed(action=button.action, value=button.value, chat=chat, card=delivery, ends=ends, nonce=secrets.token_urlsafe(12)), keys[0]
            )

        keys_of_issuer = IssuerKeys(settings.card_openid_url, outbound, clock)
        found[name] = CardPresses(name, settings, keys_of_issuer, clock, url=config.hub.url, target=config.hub.url.rstrip("/") + ACTIONS, sign=sign)
    return found


def build_actions(
    config: Config, desk: Desk, refusals: RefusalLog, relay: Relay, presses: Mapping[str, Any], library: Library, words: Callable[[Event, str], Message]
) -> Sequence[Door]:
    """Return the door of MessageCards' buttons; there is none where nothing could be done."""
    if desk.levers is None:
        return ()
    from leverframe.web.teams_actions import TeamsActions

    async def event(id: int) -> Event | None:
        return (await library.get([id])).get(id)

    made = TeamsActions(desk, refusals, keys=button_keys(config) if presses else (), rooms=presses, event=event, words=words)
    relay.own = made.relayed
    return made.doors()
