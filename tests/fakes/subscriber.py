"""Subscribers: payload URLs on this machine, each path one of them, that answer as a test wants and remember what they were sent."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The delivery's id."""
        return self.headers["webhook-id"]


Answering = Callable[[Got], web.Response | Awaitable[web.Response]]


@dataclass
class FakeSubscribers:
    """Any number of them, at ``url(name)``."""

    got: list[Got] = field(default_factory=list)
    """Every request, in order."""
    answers: dict[str, int | Answering] = field(default_factory=dict)
    """By name: a status, or what makes the answer; 200 where nothing is said."""
    holding: dict[str, asyncio.Event] = field(default_factory=dict)
    """By name: what is waited for before the answer."""
    under_way: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By name: requests at once, at most."""

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for event in self.holding.values():
            event.set()
        await self._runner.cleanup()

    def url(self, name: str) -> str:
        """Return a subscriber's address."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def of(self, name: str) -> list[Got]:
        """Return what one of them was sent."""
        return [one for one in self.got if one.path == f"/{name}"]

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        got = Got(path=request.path, headers={name.lower(): value for name, value in request.headers.items()}, body=await request.read())
        name = request.path[1:]
        self.got.append(got)
        self.under_way[name] += 1
        self.most[name] = max(self.most[name], self.under_way[name])
        try:
            if (event := self.holding.get(name)) is not None:
                await event.wait()
            await asyncio.sleep(0)
            answer = self.answers.get(name, 200)
            if not callable(answer):
                return web.Response(status=answer)
            said = answer(got)
            return said if isinstance(said, web.Response) else await said
        finally:
            self.under_way[name] -= 1
