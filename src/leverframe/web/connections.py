"""Connections of strangers: one that ends early is no error of the hub's, and one that never comes to the point is ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_S = 60.0
"""Seconds in which a request must have come, head and body; GitHub itself gives up after 10."""


class Connection(HttpToolsProtocol):
    """uvicorn's, but an answer to somebody who has hung up is dropped without a word."""

    def connection_made(self, transport: Any) -> None:
        """Begin to listen; called by the event loop."""
        super().connection_made(_Forgiving(transport))  # type: ignore[arg-type]


class _Forgiving:
    """uvloop raises when a closed transport is written to, asyncio does not.

    It happens when a connection sends a request and nonsense after it: the nonsense closes it before the request is answered.
    """

    __slots__ = ("_transport", "close", "get_extra_info", "is_closing", "pause_reading", "resume_reading")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.close, self.get_extra_info, self.is_closing = transport.close, transport.get_extra_info, transport.is_closing
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading

    def write(self, data: bytes) -> None:
        if not self.is_closing():
            self._transport.write(data)


class Patience:
    """Ends connections whose request does not come whole: many that only begin one would leave no room for others."""

    def __init__(self) -> None:
        self._waiting: dict[Any, tuple[Any, float]] = {}

    def look(self, connections: Iterable[Any], now_s: float) -> int:
        """Look at a server's connections, every few seconds; return how many were ended. ``now_s`` is of any steady clock."""
        before, self._waiting, ended = self._waiting, {}, 0
        for connection in list(connections):
            cycle = connection.cycle
            if cycle is None or cycle.response_complete:
                if connection.timeout_keep_alive_task is not None:
                    continue  # between two requests
            elif not cycle.more_body:
                continue  # the request is whole: it is the hub that takes its time
            since = before.get(connection)
            if since is None or since[0] is not cycle:
                self._waiting[connection] = cycle, now_s
            elif now_s - since[1] < REQUEST_S:
                self._waiting[connection] = since
            else:
                connection.transport.close()
                ended += 1
        return ended
