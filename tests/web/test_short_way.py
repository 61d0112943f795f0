"""A whole POST to a source's door, or to Slack's, goes a shorter way than everything else: nobody who sends one can tell."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import pytest
from listening import serving
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from leverframe.app import App, build
from leverframe.config import load
from leverframe.core.errors import Refused
from leverframe.web import inbound
from leverframe.web.connections import HEAD_CAP, Connection
from leverframe.web.inbound import BODY_CAP, SPOOL_BYTES
from leverframe.web.slack import BODY_CAP as SLACK_CAP

pytestmark = pytest.mark.anyio

CONFIG = """
[sources.github]
secrets = ["env:SECRET"]
[chats.slack]
bot_token = "env:TOKEN"
signing_secrets = ["env:SECRET"]
[services.web.environments.staging]
runner = "simulated"
[[routes]]
name = "all"
from = "github"
to = ["slack:#dev"]
"""


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """A hub whose loops stand still."""
    monkeypatch.setenv("SECRET", "s3cret")
    monkeypatch.setenv("TOKEN", "xoxb-1")
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    made = await build(load(tmp_path / "leverframe.toml"), log_to=StringIO())
    yield made
    await made.stop()


@asynccontextmanager
async def listening(app: App, connection: type[HttpToolsProtocol] = Connection) -> AsyncIterator[int]:
    """Serve the hub on a free port of this machine."""
    async with serving(app, http=connection, server_header=False, date_header=False) as server:
        yield server.config.port


def post(body: bytes = b"{}", *, path: str = "/in/github", id: str = "d-1", signed: bool = True, more: bytes = b"", length: int | None = None, version: str = "1.1") -> bytes:
    """Return a request as GitHub sends it."""
    head = f"POST {path} HTTP/{version}\r\nHost: hub\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: {id}\r\n"
    if signed:
        head += f"X-Hub-Signature-256: sha256={hmac.new(b's3cret', body, hashlib.sha256).hexdigest()}\r\n"
    if b"chunked" in more:
        return head.encode() + more + b"\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7)) + b"0\r\n\r\n"
    return head.encode() + b"Content-Length: %d\r\n" % (len(body) if length is None else length) + more + b"\r\n" + body


def slash(text: str = "status", *, signed: bool = True, more: bytes = b"", length: int | None = None) -> bytes:
    """Return a slash command as Slack sends it; every one is of its own."""
    body, now = f"command=%2Flever&text={text}&team_id=T1&channel_id=C1&user_id=U1&trigger_id={next(_TRIGGERS)}".encode(), int(time.time())
    proof = hmac.new(b"s3cret" if signed else b"guess", b"v0:%d:%s" % (now, body), hashlib.sha256).hexdigest()
    head = b"POST /slack/commands HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    head += b"X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: v0=%s\r\n" % (now, proof.encode())
    if b"chunked" in more:
        return head + more + b"\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return head + b"Content-Length: %d\r\n" % (len(body) if length is None else length) + more + b"\r\n" + body


_TRIGGERS = itertools.count()


async def answers(port: int, sent: list[bytes], expected: int = 1) -> list[tuple[int, dict[str, str], bytes]]:
    """Send it over one connection, piece by piece; return the answers, up to as many as are expected."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found: list[tuple[int, dict[str, str], bytes]] = []
    try:
        for piece in sent:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        while len(found) < expected:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            lines = head.decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:-2])}
            if lines[0].split()[1] != "100":
                found.append((int(lines[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # hung up
    except RuntimeError:
        if not writer.is_closing():  # else that is uvloop's word for it, of a connection that was reset between two writes
            raise
    finally:
        writer.close()
    return found


SAME = {
    "signed": (1, [post()]),
    "unsigned": (1, [post(signed=False)]),
    "no object": (1, [post(b"[]")]),
    "no body": (1, [post(b"")]),
    "in chunks": (1, [post(b'{"a": "' + b"x" * 50 + b'"}', more=b"Transfer-Encoding: chunked\r\n")]),
    "in pieces": (1, [post(b'{"a": 1}')[:-4], post(b'{"a": 1}')[-4:]]),
    "announced too large": (1, [post(length=BODY_CAP + 1)]),
    "the last one": (1, [post(more=b"Connection: close\r\n")]),
    "of HTTP/1.0": (1, [post(version="1.0")]),
    "that waits to be asked": (1, [post(more=b"Expect: 100-continue\r\n")]),
    "of another method": (1, [post().replace(b"POST", b"PUT", 1)]),
    "for nobody": (1, [post(path="/in/nobody")]),
    "with a query": (1, [post(path="/in/github?a=b")]),
    "two at once": (2, [post(id="d-2") + post(id="d-3")]),
    "one after the other": (2, [post(id="d-4"), post(id="d-5")]),
    "then a page": (2, [post(id="d-6"), b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"]),
    "a command": (1, [slash()]),
    "a command of nobody": (1, [slash(signed=False)]),
    "a command in pieces": (1, [slash()[:-4], slash()[-4:]]),
    "a command in chunks": (1, [slash(more=b"Transfer-Encoding: chunked\r\n")]),
    "a command announced too large": (1, [slash(length=SLACK_CAP + 1)]),
    "a command that is the last": (1, [slash(more=b"Connection: close\r\n")]),
    "two timestamps": (1, [slash(more=b"X-Slack-Request-Timestamp: 1\r\n")]),
    "Slack looks at the certificate": (1, [b"GET /slack/commands?ssl_check=1 HTTP/1.1\r\nHost: hub\r\n\r\n"]),
    "a command, then a push": (2, [slash(), post(id="d-8")]),
    "nonsense behind it": (1, [post(id="d-7") + b"\x00nonsense\r\n\r\n"]),
}


def nothing_held(app: App) -> bool:
    """Return whether every body that came was let go of, in memory and on disk."""
    return all((budget.held, budget.by_address) == (0, {}) for budget in (app.inbound.memory, app.inbound.disk))


@pytest.mark.parametrize(("expected", "sent"), SAME.values(), ids=SAME.keys())
async def test_both_ways_answer_the_same(app: App, expected: int, sent: list[bytes]) -> None:
    """Whatever comes, the answers have the same statuses, headers and codes as uvicorn's own connections give."""
    async with listening(app) as port:
        short = await answers(port, sent, expected)
    async with listening(app, HttpToolsProtocol) as port:
        # The deliveries' ids are new, or they would be repeats; a command that comes again is answered as before.
        plain = await answers(port, [piece.replace(b"d-", b"e-") for piece in sent], expected)

    def told(found: list[tuple[int, dict[str, str], bytes]]) -> list[object]:
        return [(status, {**headers, "content-length": ""}, json.loads(body).keys() if body.startswith(b"{") else body) for status, headers, body in found]

    assert told(short) == told(plain)
    assert len(short) == expected
    assert nothing_held(app)


async def test_who_hangs_up_half_way_holds_nothing(app: App) -> None:
    """The budget of bodies is given back when a connection ends before its body is whole."""
    async with listening(app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b" " * 1000)[:-500])
        await writer.drain()
        while not app.inbound.memory.held:
            await asyncio.sleep(0)
        writer.close()
        while app.inbound.memory.held:
            await asyncio.sleep(0)
    assert nothing_held(app)


@pytest.mark.parametrize("head", [b"POST /in/github HTTP/1.1\r\nX: ", b"GET /", b"GET /healthz HTTP/1.1\r\nX-Y: 1\r\nX-Z: "], ids=["a header", "an address", "headers"])
async def test_a_head_without_end_is_not_read(app: App, head: bytes) -> None:
    """A request's line and headers were read without limit: 100 MB of them took the hub's memory and held up everybody for seconds."""
    async with listening(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        sent = 0
        try:
            while sent < 50 * HEAD_CAP:
                writer.write(b"x" * 4096)
                sent += 4096
                await writer.drain()
                await asyncio.sleep(0)
        except (ConnectionError, RuntimeError):
            assert writer.is_closing()  # uvloop calls it a RuntimeError when it was reset between two writes
        assert sent < 50 * HEAD_CAP
        with contextlib.suppress(ConnectionError):  # it may have been reset with what was still on its way
            assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
        writer.close()


async def test_what_follows_a_chunked_body_is_not_kept(app: App) -> None:
    """Trailers have no limit in HTTP, and nobody reads them."""
    sent = post(more=b"Transfer-Encoding: chunked\r\n")[: -len(b"\r\n")] + b"".join(b"X-%d: y\r\n" % at for at in range(1000)) + b"\r\n"
    async with listening(app) as port:
        assert [status for status, _, _ in await answers(port, [sent])] == [202]


async def test_one_address_has_a_share(app: App) -> None:
    """Eleven connections of one stranger once held the whole budget, and a signed webhook got a 503, which GitHub does not send again."""
    app.inbound.memory.each = 300
    stranger, other = app.inbound.body(("192.0.2.1", 1)), app.inbound.body(("192.0.2.2", 1))
    stranger.add(b" " * 1000)  # at once: it is taken up in this very moment
    stranger.add(b" " * 300)
    second = app.inbound.body(("192.0.2.1", 2))
    second.add(b" ")
    with pytest.raises(Refused, match="overloaded"):
        second.add(b" ")
    other.add(b" ")
    other.add(b" " * 300)
    for body in (stranger, second, other):
        body.end()
    assert nothing_held(app)


async def test_large_bodies_wait_on_disk(app: App) -> None:
    """Thirty bodies of 2 MB that come slowly and at the same time take disk, not memory; each is taken, and so is what the small one sends between them."""
    large = post(b'{"n":"' + b"x" * 2 * SPOOL_BYTES + b'"}', id="d-large")
    async with listening(app) as port:
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for number, (_, writer) in enumerate(streams):
            writer.write(large.replace(b"d-large", b"d-%05d" % number)[:-1])
            await writer.drain()
        while app.inbound.disk.held < 30 * 2 * SPOOL_BYTES:
            await asyncio.sleep(0)
        assert app.inbound.memory.held == 0
        assert [status for status, _, _ in await answers(port, [post(id="d-small")])] == [202]
        for _, writer in streams[1:]:
            writer.write(b"}")
        for reader, _ in streams[1:]:
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 202 ")
        for _, writer in streams:  # the first one hangs up
            writer.close()
        while app.inbound.disk.held:
            await asyncio.sleep(0)
    assert nothing_held(app)


async def test_a_disk_without_room_for_a_body_is_told(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file cannot be made the sender is asked to come again, and what was held is let go of."""

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(inbound, "TemporaryFile", full)
    body = app.inbound.body(("192.0.2.1", 1))
    body.add(b" ")
    with pytest.raises(Refused, match="storage_unavailable"):
        body.add(b" " * SPOOL_BYTES)
    body.end()
    assert nothing_held(app)
