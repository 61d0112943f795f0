"""A bell: wakes a loop that waits, from this process at once, from another through the database."""

from __future__ import annotations

import asyncio


class Bell:
    """Rung any number of times before somebody listens, it is heard once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or the next who will."""
        self._rung.set()

    async def wait(self, timeout_s: float) -> bool:
        """Return ``True`` when rung, ``False`` after ``timeout_s`` seconds of silence."""
        try:
            if not self._rung.is_set():
                async with asyncio.timeout(max(timeout_s, 0.0)):
                    await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True
