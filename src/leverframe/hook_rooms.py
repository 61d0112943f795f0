"""Projects' webhooks, married: the formats, the keys that seal their secrets, the guarded way out, and the loop that delivers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from leverframe.config import Config
from leverframe.core.delivery import DAY_S
from leverframe.core.events import Event
from leverframe.core.subscribers import hub_id
from leverframe.guarded import Guarded
from leverframe.payloads import FORMATS
from leverframe.ports import Clock
from leverframe.secrets.keys import keys_for
from leverframe.store.events import StoredEvent
from leverframe.store.subscriptions import SecretBox
from leverframe.web.webhooks.desk import HookDesk
from leverframe.work.audience import Audience
from leverframe.work.bell import Bell
from leverframe.work.foresight import Foresight
from leverframe.work.holding import Told
from leverframe.work.payloads import Payloads
from leverframe.work.subscribers import Subscribers

SECRETS = "webhook secrets"
"""What the keys are for that seal subscriptions' secrets."""


class HookRooms(msgspec.Struct, frozen=True, kw_only=True):
    """What sends to payload URLs works with, and what their doors work with."""

    guarded: Guarded
    box: SecretBox
    audience: Audience
    loop: Subscribers
    owed: Bell
    """Rung when something became due to be sent."""
    desk: HookDesk


def build_hooks(config: Config, database: Any, clock: Clock, parse: Callable[[StoredEvent], Event], *, told: Told, planned: Bell) -> HookRooms:
    """Return them; ``planned`` is rung when rooms are owed a message. Raises ``Refused("key_file_unusable")``."""
    guarded = Guarded(config.outbound.allowed(), total_s=config.outbound.timeout_s)
    box = SecretBox(keys_for(SECRETS, config.hub.master_keys, config.sqlite_path))
    owed = Bell()
    payloads = Payloads(
        database, parse, FORMATS, projects=config.projects, pushers=config.pushers, hub_url=config.hub.url, hub_id=hub_id(config.hub.url),
        locale=config.hub.locale, zone=ZoneInfo(config.hub.timezone),
    )  # fmt: skip
    loop = Subscribers(
        database, clock, boot=lambda: database.boot, payloads=payloads, post=guarded, box=box, chance=random.random, bell=owed, told=told,
        owed_elsewhere=planned.ring, room=config.outbound.room, give_up_s=config.outbound.retry_days * DAY_S,
    )  # fmt: skip
    audience = Audience(database.new_id, FORMATS, owed)
    return HookRooms(
        guarded=guarded, box=box, audience=audience, loop=loop, owed=owed,
        desk=HookDesk(formats=FORMATS, box=box, check_url=guarded.check, owed=owed.ring, foresight=Foresight(database, audience, payloads)),
    )  # fmt: skip
