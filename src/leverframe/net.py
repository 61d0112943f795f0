"""Outbound HTTP: the one way out, with limits on time and size, and one kind of error.

Addresses written in ``leverframe.toml`` are the operator's: they are called as they are. No redirect is ever followed, no
cookie is kept, no proxy is taken from the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import NamedTuple

import aiohttp

BODY_CAP = 262_144
"""Bytes of an answer that are read; the rest is not waited for. Slack repeats a message in its answer, at up to six bytes a
character: a lower cap would make a message that was taken look as if it was not."""

# Compressed answers are not asked for: what is small on the wire could be large in memory.
_HEADERS = {"User-Agent": "Leverframe", "Accept": "*/*", "Accept-Encoding": "identity"}


class Answer(NamedTuple):
    """What the other side said, with any status."""

    status: int
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes
    """At most :data:`BODY_CAP` bytes."""
    elapsed_s: float


class NotSent(Exception):
    """No answer came. With ``surely`` nothing can have been done over there; without, it may have been: the answer is lost.

    ``reason`` never holds the address, whose path may be a secret.
    """

    def __init__(self, reason: str, *, surely: bool) -> None:
        super().__init__(reason)
        self.reason, self.surely = reason, surely


class Outbound:
    """One pool of connections for the whole process; opened at the first request, inside the running loop."""

    def __init__(self, *, total_s: float = 15.0, connect_s: float = 5.0, connections: int = 256) -> None:
        """``total_s`` bounds a request with its answer, ``connect_s`` the connecting, ``connections`` those open at once."""
        self._timeout = aiohttp.ClientTimeout(total=total_s, sock_connect=connect_s)
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def post_json(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send ``body`` to ``url`` and return the answer, whatever its status.

        ``headers`` are sent as they are, so they carry the content type. Raises :class:`NotSent` when no answer came.
        """
        return await self._ask("POST", url, body, headers)

    async def get(self, url: str, headers: Mapping[str, str], *, cap: int = BODY_CAP) -> Answer:
        """Ask for ``url`` and return the answer, whatever its status, with up to ``cap`` bytes of body. Raises :class:`NotSent` when no answer came."""
        return await self._ask("GET", url, None, headers, cap)

    async def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], cap: int = BODY_CAP) -> Answer:
        session = self._session or self._open()
        started_s = perf_counter()
        try:
            async with session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
                said = await _read(response, cap)
                return Answer(response.status, response.headers, said, perf_counter() - started_s)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Not chained: aiohttp's errors carry the request's headers, and so the token, into any traceback printed.
            raise _not_sent(error) from None

    async def close(self) -> None:
        """Close every connection; what is sent afterwards is refused as surely not sent."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise NotSent("the hub is stopping", surely=True)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections),
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            auto_decompress=False,
            trust_env=False,
        )
        return self._session


async def _read(response: aiohttp.ClientResponse, cap: int) -> bytes:
    """Return the body up to the cap; a longer one costs the connection, which cannot be used again."""
    content = response.content
    first = await content.readany()
    if content.at_eof():
        return first[:cap]
    parts, size = [first], len(first)
    while size < cap:
        part = await content.readany()
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    response.close()
    return b"".join(parts)[:cap]


def _not_sent(error: Exception) -> NotSent:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return NotSent("the host's name is not known", surely=True)
        case aiohttp.ClientConnectorCertificateError():
            return NotSent("the host's certificate is not trusted", surely=True)
        case aiohttp.ClientConnectorError():
            return NotSent(f"no connection ({error.os_error.strerror or type(error.os_error).__name__})", surely=True)
        case aiohttp.ConnectionTimeoutError():
            return NotSent("no connection in time", surely=True)
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return NotSent("the address is not one of HTTP", surely=True)
        case TimeoutError():
            return NotSent("no answer in time", surely=False)
        case ValueError():
            return NotSent("a header holds what HTTP cannot carry", surely=True)
        case _:
            return NotSent(f"the connection broke ({type(error).__name__})", surely=False)
