"""Subscribers that mean harm, or are broken: each is what a connection is answered after the request has come."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Subscriber = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say 200 and never end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()


async def ten_gigabytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Announce 10 GB, and send as much of them as is taken."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a megabyte of zeros that is a kilobyte on the wire."""
    body = gzip.compress(bytes(1_000_000))
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


async def too_short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Announce more than is sent."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nless")
    writer.close()


async def too_long(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Announce less than is sent: the rest looks like another answer."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")


async def two_lengths(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Announce both a length and chunks."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok")


async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a letter now and then, for ever."""
    for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000:
        writer.write(bytes([letter]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing."""
    await asyncio.sleep(60)


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection in the middle of the answer."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    await writer.drain()
    writer.transport.abort()


async def heads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send headers that do not end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Header: " + b"x" * 8_000 + b"\r\n")
        await writer.drain()


async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak another protocol."""
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def redirecting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lead to the metadata of a cloud."""
    writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n")


_ENDED_GENTLY = (bomb, too_long, redirecting)


@asynccontextmanager
async def hostile(subscriber: Subscriber, ending: bytes = b"{}") -> AsyncIterator[int]:
    """Serve one of them on this machine; yields the port. A request is whole when it ends with ``ending``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(ending)
            await subscriber(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled when the test has ended: a stream's own callback would complain of it
        except RuntimeError:
            if not writer.is_closing():  # else the other side is gone, which uvloop says of a write in this way
                raise
        finally:
            writer.close() if subscriber in _ENDED_GENTLY else writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
