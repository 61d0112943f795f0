"""What the doors of projects' webhooks work with, beside the desk of all doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from leverframe.ports.payloads import Format
from leverframe.store.subscriptions import SecretBox
from leverframe.work.foresight import Foresight


class HookDesk(msgspec.Struct, frozen=True, kw_only=True):
    """The formats, what seals secrets, and the guard of addresses."""

    formats: Mapping[str, Format]
    """By name, in the order in which they are offered."""
    box: SecretBox
    check_url: Callable[[str], Awaitable[None]]
    """Raises ``Refused`` for an address that the hub would not send to."""
    owed: Callable[[], None]
    """Is called when something became due to be sent."""
    foresight: Foresight
    """What a webhook would have received."""
