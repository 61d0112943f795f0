"""Connections that never come to the point are ended; those that do are left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from listening import serving
from starlette.types import Receive, Scope, Send

from leverframe.web.connections import REQUEST_S, Connection, Patience

pytestmark = pytest.mark.anyio


class Hearing:
    """An application that tells when it has a request, and answers when it may."""

    def __init__(self) -> None:
        self.heard, self.may_answer = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        self.heard.set()
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def listening(app: Hearing) -> AsyncIterator[uvicorn.Server]:
    """Serve ``app`` on a free port."""
    async with serving(app, http=Connection) as server:
        yield server
        app.may_answer.set()


async def connected(server: uvicorn.Server, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection over which ``sent`` has come to the server."""
    before = len(server.server_state.connections)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.config.port)
    writer.write(sent)
    while len(server.server_state.connections) == before or (sent and not all(getattr(each, "url", b"") for each in server.server_state.connections)):
        await asyncio.sleep(0)
    return reader, writer


@pytest.mark.parametrize("sent", [b"", b"POST /in/gi", b"POST /in/github HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\n{"], ids=["nothing", "half a head", "half a body"])
async def test_a_request_that_does_not_come_is_not_waited_for(sent: bytes) -> None:
    """After a minute without the rest the connection is ended, and not before."""
    patience = Patience()
    async with listening(Hearing()) as server:
        reader, writer = await connected(server, sent)
        connections = server.server_state.connections
        assert [patience.look(connections, now) for now in (0.0, REQUEST_S - 1, REQUEST_S)] == [0, 0, 1]
        assert await reader.read() == b""
        writer.close()


async def test_a_whole_request_is_not_hurried() -> None:
    """While the hub works on a request, and between two requests of one connection, nobody is sent away."""
    patience, app = Patience(), Hearing()
    async with listening(app) as server:
        reader, writer = await connected(server, b"POST /in/github HTTP/1.1\r\nHost: hub\r\nContent-Length: 2\r\n\r\n{}")
        await app.heard.wait()
        connections = server.server_state.connections
        assert [patience.look(connections, now) for now in (0.0, 100.0)] == [0, 0]
        app.may_answer.set()
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        assert [patience.look(connections, now) for now in (200.0, 300.0)] == [0, 0]
        writer.close()
