"""The one way out: what is surely not sent is told apart from a lost answer, and no answer is trusted with memory or time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter

import pytest
from aiohttp import web
from patience import waiting

from leverframe.net import BODY_CAP, Answer, NotSent, Outbound

pytestmark = pytest.mark.anyio

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer very-secret"}


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/path"
    finally:
        await runner.cleanup()


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    made = Outbound()
    yield made
    await made.close()


@pytest.mark.parametrize(("asked", "said_at", "after_s"), [
    ("120", None, 120.0), ("Wed, 21 Oct 2015 07:30:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 120.0), ("Wednesday, 21-Oct-15 07:30:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 120.0),
    ("Wed Oct 21 07:30:00 2015", "Wed, 21 Oct 2015 07:28:00 GMT", 120.0), ("Wed, 21 Oct 2015 07:30:00 GMT", None, 0.0),
    ("Wed, 21 Oct 2015 07:30:00 GMT", "Wed, 21 Oct 2015 09:00:00 GMT", 0.0), ("soon", None, None), ("-5", None, None), ("Wed, 99 Oct 2015 07:30:00 GMT", None, None), ("", None, None),
])  # fmt: skip
def test_how_long_to_wait_is_said_in_seconds_or_as_a_date(asked: str, said_at: str | None, after_s: float | None) -> None:
    """A date is held against the other side's own clock, in all three of HTTP's ways to write one; one that is over is no wait."""
    headers = {"retry-after": asked} | ({} if said_at is None else {"date": said_at})
    assert Answer(503, headers, b"", 0.1).retry_after_s == after_s


async def test_the_bytes_go_out_and_the_answer_comes_back(outbound: Outbound) -> None:
    """Body and headers are sent as they are; status, headers and body of the answer are told, with the time it took."""
    got: list[tuple[str, bytes, str, str]] = []

    async def handler(request: web.BaseRequest) -> web.Response:
        got.append((request.method, await request.read(), request.headers["Content-Type"], request.headers["Accept-Encoding"]))
        return web.Response(status=418, text="short and stout", headers={"X-Kind": "teapot"})

    async with serving(handler) as url:
        began = perf_counter()
        answer = await outbound.post_json(url, b'{"a": 1}', HEADERS)
        took_s = perf_counter() - began
    assert got == [("POST", b'{"a": 1}', "application/json", "identity")]
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (418, b"short and stout", "teapot")
    assert 0 < answer.elapsed_s < took_s


async def test_connections_are_kept(outbound: Outbound) -> None:
    """Requests one after another share a connection."""
    ports = set()

    async def handler(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.Response(text="ok")

    async with serving(handler) as url:
        for _ in range(5):
            await outbound.post_json(url, b"{}", HEADERS)
    assert len(ports) == 1


async def test_no_redirect_is_followed_and_no_cookie_kept(outbound: Outbound) -> None:
    """A redirect is the answer; what it sets is forgotten."""
    cookies = []

    async def handler(request: web.BaseRequest) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/", "Set-Cookie": "a=b"})

    async with serving(handler) as url:
        assert [(await outbound.post_json(url, b"{}", HEADERS)).status for _ in range(2)] == [302, 302]
    assert cookies == [None, None]


async def test_other_methods_and_every_cookie(outbound: Outbound) -> None:
    """Any method goes out with its body, and of the cookies that an answer sets none is lost."""
    got = []

    async def handler(request: web.BaseRequest) -> web.Response:
        got.append((request.method, await request.read()))
        answer = web.Response(status=204)
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    async with serving(handler) as url:
        answer = await outbound.send("DELETE", url, {})
        await outbound.send("PATCH", url, HEADERS, b"{}")
    assert got == [("DELETE", b""), ("PATCH", b"{}")]
    assert answer.headers["set-cookie"].split("\n") == ["a=1; Path=/", "b=2; Path=/"]


async def test_what_must_not_be_sent_twice_takes_a_fresh_connection(outbound: Outbound) -> None:
    """A kept connection may be closing just then, which would look like a lost answer."""
    ports = []

    async def handler(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        ports.append(request.transport.get_extra_info("peername")[1])
        return web.Response(text="ok")

    async with serving(handler) as url:
        await outbound.get(url, {})
        await outbound.send("POST", url, HEADERS, b"{}", fresh=True)
        await outbound.get(url, {})
    assert len(set(ports)) == 2


async def test_a_long_answer_is_cut(outbound: Outbound) -> None:
    """No more than the cap is kept, however much is sent."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(64):
            await response.write(b"x" * 65_536)
        return response

    async with serving(handler) as url:
        assert len((await outbound.post_json(url, b"{}", HEADERS)).body) == BODY_CAP


NOWHERE = {
    "refused": "http://127.0.0.1:1/",
    "an unknown host": "http://nowhere.invalid/",
    "no address": "not an address",
    "another scheme": "ftp://127.0.0.1/",
}


@pytest.mark.parametrize("url", NOWHERE.values(), ids=NOWHERE)
async def test_what_never_left_is_surely_not_sent(outbound: Outbound, url: str) -> None:
    """Without a connection nothing can have happened over there."""
    with pytest.raises(NotSent) as caught:
        await outbound.post_json(url, b"{}", HEADERS)
    assert caught.value.surely


async def test_signs_of_percent_are_nothing_special(outbound: Outbound) -> None:
    """Neither in the path nor in a header's value; and a header of ours is replaced by that of the caller, whose values differ from time to time."""
    got: list[tuple[str, str, str]] = []

    async def handler(request: web.BaseRequest) -> web.Response:
        got.append((request.raw_path, request.headers["User-Agent"], request.headers["X-Share"]))
        return web.Response()

    async with serving(handler) as url:
        for share in ("50%", "%s%d"):
            await outbound.post_json(f"{url}/a%20b?c=%25s", b"{}", {"User-Agent": "Other", "X-Share": share})
    assert got == [("/path/a%20b?c=%25s", "Other", "50%"), ("/path/a%20b?c=%25s", "Other", "%s%d")]


async def test_a_header_that_http_cannot_carry_is_surely_not_sent(outbound: Outbound) -> None:
    """A token with a line break in it is found before anything leaves."""

    async def handler(request: web.BaseRequest) -> web.Response:
        raise AssertionError("nothing is to arrive")

    async with serving(handler) as url:
        with pytest.raises(NotSent) as caught:
            await outbound.post_json(url, b"{}", {"Authorization": "Bearer very\nsecret"})
    assert caught.value.surely


async def _silent(request: web.BaseRequest) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def _closing(request: web.BaseRequest) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def _half(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.mark.parametrize("handler", [_silent, _closing, _half])
async def test_a_lost_answer_may_have_been_heard(outbound: Outbound, handler: Handler) -> None:
    """Silence, a closed connection and half an answer leave open what happened, and never show the token."""
    waiting(outbound, handler.__name__.strip("_"))
    async with serving(handler) as url:
        with pytest.raises(NotSent) as caught:
            await outbound.post_json(url, b"{}", HEADERS)
    assert not caught.value.surely
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert "very-secret" not in repr(caught.value)
    assert "/path" not in str(caught.value)


async def test_nothing_is_sent_after_the_end() -> None:
    """A hub that stops sends nothing more."""
    outbound = Outbound()
    await outbound.close()
    with pytest.raises(NotSent) as caught:
        await outbound.post_json("http://127.0.0.1:1/", b"{}", HEADERS)
    assert caught.value.surely


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("after", [b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 3\r\n\r\nbad", b"HTTP/1.1 408 Request", b"\x00\x01garbage"])
async def test_an_answer_ends_where_it_ends(outbound: Outbound, after: bytes) -> None:
    """A 200 with a 408 in the same segment was read as a 408 that said "okbad": a message that was taken looked refused, and the
    connection was used again for the next."""
    connections = 0

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await reader.readline() not in (b"\r\n", b""):
            pass
        writer.write(WHOLE + after)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for _ in range(2):
            answer = await outbound.get(url, {})
            assert (answer.status, answer.body) == (200, b"ok")
    assert connections == 2


async def test_a_word_before_the_answer_is_not_the_answer(outbound: Outbound) -> None:
    """100 Continue is read over, also when the answer follows in the same segment, and the connection is kept."""
    connections = 0

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while line := await reader.readline():
            if line == b"\r\n":
                writer.write(b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" + WHOLE)
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for _ in range(2):
            answer = await outbound.get(url, {})
            assert (answer.status, answer.body, "x-early" in answer.headers) == (200, b"ok", False)
        await outbound.close()
    assert connections == 1
