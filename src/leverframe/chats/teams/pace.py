"""How fast Teams lets a bot speak: so many messages in so long, in one conversation and in one tenant.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

IN_CONVERSATION = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
"""(messages, seconds) of one bot in one conversation."""
IN_TENANT = ((30, 1.0),)
"""(requests, seconds) of one app in one tenant: Microsoft names 50 elsewhere, and this is the strictest reading."""
_MARGIN_S = 0.05
_KEPT = 2_000


class Pace:
    """What one process has said lately. Several processes share the limits: what they exceed together, Teams refuses with a 429."""

    def __init__(self) -> None:
        self._said: dict[str, deque[float]] = {}

    def wait_s(self, conversation: str, tenant: str, now_s: float) -> float:
        """Return how many seconds the next message has to wait; 0.0 when it may go, and then it counts as said."""
        windows: tuple[tuple[str, Sequence[tuple[int, float]]], ...] = ((f"c {conversation}", IN_CONVERSATION), (f"t {tenant}", IN_TENANT))
        wait = max((_wait(self._said.get(key), limits, now_s) for key, limits in windows), default=0.0)
        if wait > 0:
            return wait + _MARGIN_S
        if len(self._said) > _KEPT:
            self._forget(now_s)
        for key, limits in windows:
            said = self._said.setdefault(key, deque(maxlen=max(most for most, _ in limits)))
            said.append(now_s)
        return 0.0

    def _forget(self, now_s: float) -> None:
        for key in [key for key, said in self._said.items() if now_s - said[-1] > IN_CONVERSATION[-1][1]]:
            del self._said[key]


def _wait(said: deque[float] | None, limits: Sequence[tuple[int, float]], now_s: float) -> float:
    """Return the seconds until every window has room: the message that is ``most`` back must have left it."""
    if not said:
        return 0.0
    if now_s < said[-1]:
        said.clear()  # the clock was set back
        return 0.0
    return max((said[-most] + within_s - now_s for most, within_s in limits if len(said) >= most), default=0.0)
