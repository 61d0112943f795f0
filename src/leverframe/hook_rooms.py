"""Projects' webhooks, married: the formats, the keys that seal their secrets, and the guarded way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leverframe.config import Config
from leverframe.guarded import Guarded
from leverframe.payloads import FORMATS
from leverframe.secrets.keys import keys_for
from leverframe.store.subscriptions import SecretBox
from leverframe.web.webhooks.desk import HookDesk

SECRETS = "webhook secrets"
"""What the keys are for that seal subscriptions' secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRooms:
    """What sends to payload URLs works with, and what their doors work with."""

    guarded: Guarded
    box: SecretBox
    desk: HookDesk


def build_hooks(config: Config, owed: Callable[[], None]) -> HookRooms:
    """Return them; ``owed`` is called when something became due to be sent. Raises ``Refused("key_file_unusable")``."""
    guarded = Guarded(config.outbound.allowed(), total_s=config.outbound.timeout_s)
    box = SecretBox(keys_for(SECRETS, config.hub.master_keys, config.sqlite_path))
    return HookRooms(guarded=guarded, box=box, desk=HookDesk(formats=FORMATS, box=box, check_url=guarded.check, owed=owed))
