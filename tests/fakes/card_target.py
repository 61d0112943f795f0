"""What a button of a card sends to: an Azure Function, a job server's hook. It keeps what it was sent, and answers as it is told.

https://learn.microsoft.com/outlook/actionable-messages/message-card-reference#reporting-an-actions-execution-success-or-failure
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass
class CardTarget:
    """One server. Change what it answers while it runs."""

    status: int = 200
    said: str = ""
    """``CARD-ACTION-STATUS``."""
    card: Any = None
    """The card that stands in the place of the one that was pressed."""
    body: bytes | None = None
    silent: bool = False
    """Whether it takes the request and breaks the connection."""
    held: asyncio.Event | None = None
    """Answers only once this is set."""
    calls: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        runner = web.ServerRunner(web.Server(self._serve), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._runner = runner
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    @contextmanager
    def in_thread(self) -> Iterator[CardTarget]:
        """Run in a thread with a loop of its own, for tests that have none."""
        started, stop = threading.Event(), asyncio.Event()
        loop = asyncio.new_event_loop()

        async def run() -> None:
            async with self:
                started.set()
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
        thread.start()
        started.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.calls.append((request.path_qs, dict(request.headers), await request.read()))
        if self.held is not None:
            await self.held.wait()
        if self.silent:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        headers: dict[str, str] = {}
        if self.said:
            headers["CARD-ACTION-STATUS"] = self.said
        if self.card is not None:
            headers["CARD-UPDATE-IN-BODY"] = "true"
        body = self.body if self.body is not None else json.dumps(self.card).encode() if self.card is not None else b""
        return web.Response(status=self.status, headers=headers, body=body)
