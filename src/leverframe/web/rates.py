"""How often an address or a person may ask, counted in memory by the library limits (https://limits.readthedocs.io)."""

from __future__ import annotations

import ipaddress
import math
import time
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import FixedWindowRateLimiter


@lru_cache(maxsize=64)
def _item(rate: str) -> RateLimitItem:
    from limits import parse

    return parse(rate)


class Rates:
    """Fixed windows; one process counts for itself."""

    @cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        # Here, not above: the library brings every store that it can count in, and a signed event is not counted at all.
        from limits.storage import MemoryStorage
        from limits.strategies import FixedWindowRateLimiter

        return FixedWindowRateLimiter(MemoryStorage())

    def wait_s(self, rate: str, *key: str) -> int | None:
        """Count one more for ``key``; returns ``None`` within ``rate`` (``30/minute``), else the seconds to wait."""
        item = _item(rate)
        if self._limiter.hit(item, *key):
            return None
        return max(1, math.ceil(self._limiter.get_window_stats(item, *key).reset_time - time.time()))


def peer_of(client: tuple[str, int] | None) -> str:
    """Return who asked, as the log names them: the whole address, ``local`` on the unix socket."""
    return client[0] if client is not None and client[0] else "local"


def address_of(client: tuple[str, int] | None) -> str:
    """Return what counts as one address: IPv4 as it is, IPv6 by its /64 (one subscriber holds all of it)."""
    if client is None or not client[0]:
        return "local"
    if ":" not in client[0]:
        return client[0]
    try:
        address = ipaddress.IPv6Address(client[0].split("%")[0])
    except ValueError:
        return client[0]
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))
