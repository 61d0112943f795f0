"""The doors behind a real server: bodies in chunks, bytes that no header may hold, and answers that end the connection."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import listening
import pytest
from sitting import Doors

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def serving(doors: Doors) -> AsyncIterator[tuple[str, int]]:
    """Serve the doors on a free port of this machine."""
    async with listening.serving(doors.app) as server:
        yield f"http://127.0.0.1:{server.config.port}", server.config.port


async def test_a_body_without_end_is_cut_off(doors: Doors) -> None:
    """Chunks are counted as they come: past the cap the answer is 413, and the rest is not read."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 4096
            await asyncio.sleep(0)

    admin = await doors.administrator()
    async with serving(doors) as (url, _), aiohttp.ClientSession() as client:
        for path in ("/open", "/login", "/api/mutes"):
            headers = {"Cookie": f"leverframe_session={admin.cookie}", "X-CSRF-Token": admin.csrf}
            try:
                async with client.post(url + path, data=endless(), headers=headers) as response:
                    assert response.status == 413
            except aiohttp.ClientConnectionError:
                # The hub closed the connection while the client was still writing: it took no more either.
                pass


async def test_a_body_in_chunks_is_read_whole(doors: Doors) -> None:
    """What is within the cap arrives as it was sent."""
    body = b"x" * 1000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    async with serving(doors) as (url, _), aiohttp.ClientSession() as client:
        response = await client.post(f"{url}/open", data=pieces())
        assert (response.status, await response.json()) == (202, {"bytes": 1000})


async def test_raw_bytes_never_make_an_error_of_the_hub(doors: Doors) -> None:
    """Headers, paths and queries of any bytes are answered below 500, or the connection is closed."""
    hostile = [
        b"GET /console HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
        b"GET /console HTTP/1.1\r\nHost: a\r\nCookie: leverframe_session=\xc3\x28\r\nAccept: \xff\r\nAccept-Language: \xff;q=\xff\r\n\r\n",
        b"GET /console/events?source=\xff%ff%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%ff%fe/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //evil.example/..;/console HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n\xff=%ff&",
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /open HTTP/1.1\r\nHost: a\r\nX-Signature: \xff\xc3\x28\r\nContent-Length: 2\r\n\r\n{}",
        b"GET /api/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\xff\r\n\r\n",
        b"BREW /console HTTP/1.1\r\nHost: a\r\n\r\n",
    ]
    async with serving(doors) as (_, port):
        for request in hostile:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            writer.write_eof()
            answer = await reader.read(65536)
            assert not answer or 400 <= int(answer.split()[1]) < 500 or answer.split()[1] in (b"200", b"202"), (request, answer[:200])
            writer.close()
            await writer.wait_closed()


def test_a_hub_that_is_not_asked_for_its_api_does_not_import_it() -> None:
    """FastAPI and Jinja2 cost time and memory: building the doors imports neither."""
    code = (
        "import sys; import leverframe.web.api, leverframe.web.console, leverframe.web.identity, leverframe.web.site, leverframe.web.refusals; "
        "print([name for name in ('fastapi', 'jinja2', 'pydantic') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
