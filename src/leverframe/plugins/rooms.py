"""Runners and chats of plugins, contained: what raises or takes too long is an answer like any other.

A class is made with ``(name, settings)``: the key in the configuration, and its keys as its own ``Settings`` (a pydantic model)
read them; without one they are attributes as they stand. A runner may have a ``Target``, for its keys of an environment. Its
methods are those of ``leverframe.ports.Runner`` and ``leverframe.ports.Chat``; they may be plain functions, which run in threads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict

from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.core.runs import (
    Absent,
    CancelRefused,
    CancelTaken,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Run,
    Started,
    Unreachable,
)
from leverframe.plugins.running import Failed
from leverframe.ports import Order, Posting

Limited = Callable[[str, Callable[..., Any], dict[str, Any], tuple[type, ...]], Awaitable[Any]]
"""Calls a method within its plugin's limits: its name, it, its arguments, what it may return. Raises :class:`Failed`, which it has told of."""


class Keys(BaseModel):
    """Settings or target of a class that does not say which keys it has: all of them."""

    model_config = ConfigDict(extra="allow", frozen=True)


def model_of(made: type, which: str) -> type[BaseModel]:
    """Return the model of a class's ``Settings`` or ``Target``."""
    found = getattr(made, which, Keys)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise TypeError(f"{made.__name__}.{which} is no pydantic model")
    return found


class ContainedRunner:
    """Satisfies ``ports.Runner`` whatever the class inside does. A start that fails is *lost*: the runner is asked what became of it."""

    def __init__(self, name: str, kind: str, inner: Any, limited: Limited) -> None:
        self.name, self.kind, self._inner, self._limited = name, kind, inner, limited
        self.poll_every_s = float(getattr(inner, "poll_every_s", 10.0))

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Start it; ``Lost`` when the plugin fails, for it may have."""
        try:
            found: Started | NotStarted | Lost = await self._call("start", (Started, NotStarted, Lost), order=order)
        except Failed as failed:
            return Lost(code=failed.code, detail=failed.detail)
        return found

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for the run."""
        try:
            found: Found | Absent | Unreachable = await self._call("find", (Found, Absent, Unreachable), order=order)
        except Failed as failed:
            return Unreachable(code=failed.code, detail=failed.detail)
        return found

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how the run stands."""
        try:
            found: Going | Finished | Absent | Unreachable = await self._call("poll", (Going, Finished, Absent, Unreachable), order=order, run=run)
        except Failed as failed:
            return Unreachable(code=failed.code, detail=failed.detail)
        return found

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Ask the runner to end it."""
        try:
            found: CancelTaken | CancelRefused | Unreachable = await self._call("cancel", (CancelTaken, CancelRefused, Unreachable), order=order, run=run)
        except Failed as failed:
            return Unreachable(code=failed.code, detail=failed.detail)
        return found

    async def close(self) -> None:
        """Let go of connections, if the class holds any."""
        await _close(self._inner, self._limited)

    async def _call(self, method: str, kinds: tuple[type, ...], **given: Any) -> Any:
        return await self._limited(method, getattr(self._inner, method), given, kinds)


class ContainedChat:
    """Satisfies ``ports.Chat`` whatever the class inside does. A message that fails is tried again."""

    def __init__(self, name: str, kind: str, inner: Any, limited: Limited) -> None:
        self.name, self.kind, self._inner, self._limited = name, kind, inner, limited
        self.posts_per_second = float(getattr(inner, "posts_per_second", 1.0))
        self.card_gone = frozenset[str](getattr(inner, "card_gone", ()))

    def has_threads(self, room: str) -> bool:
        """Return whether messages can be updated and replied to: where the class has ``update``."""
        return hasattr(self._inner, "update")

    def check_room(self, room: str) -> None:
        """Return ``None``: a class tells by ``Rejected`` what cannot be a room."""
        return

    async def post(self, posting: Posting) -> Outcome:
        """Say it."""
        return await self._call("post", posting=posting)

    async def update(self, posting: Posting, remote_id: str) -> Outcome:
        """Replace what a message says."""
        return await self._call("update", posting=posting, remote_id=remote_id)

    async def close(self) -> None:
        """Let go of connections, if the class holds any."""
        await _close(self._inner, self._limited)

    async def _call(self, method: str, **given: Any) -> Outcome:
        try:
            found: Outcome = await self._limited(method, getattr(self._inner, method), given, (Delivered, Retryable, Rejected))
        except Failed as failed:
            return Retryable(code=failed.code, detail=failed.detail)
        return found


async def _close(inner: Any, limited: Limited) -> None:
    close = getattr(inner, "close", None)
    if close is not None:
        try:
            await limited("close", close, {}, (object,))
        except Failed:
            return  # it is told
