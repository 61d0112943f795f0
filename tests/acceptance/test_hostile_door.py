"""Ten thousand hostile requests over real sockets: no error of the hub's own, memory flat, and a good request is still taken."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest
import uvloop

from acceptance.hostile import Hostile, Maker, request
from acceptance.processes import SOURCE, Hub, arrivals, mark, push, until

COUNT, WARM, AT_ONCE, SEED = 10_000, 4_000, 16, 20261121
CAP = 25 * 1024 * 1024
GROWTH = 20_000_000
ROUTES = '[[routes]]\nname = "all"\nfrom = "github"\nevents = ["*"]\nrepos = ["*/*"]\nto = ["slack:#r0"]\n'


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that says all it hears of a repository in one room."""
    with arrivals() as noted, Hub(tmp_path_factory.mktemp("door"), api_url=noted.slack.url, routes=ROUTES) as made:
        yield made


def hook_token(hub: Hub) -> str:
    """Have a hook token issued, as an operator does."""
    program = [sys.executable, "-c", "from leverframe.cli.main import main; main()", "hook-tokens", "create", "fuzz", "--room", "slack:#r*", "--config", str(hub.config)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(SOURCE), **hub.environ})
    return done.stdout.strip()


async def answers(port: int, hostile: Hostile) -> list[int]:
    """Send it on a connection of its own; return the statuses of the answers until the hub hangs up or has nothing more to say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(hostile.sent)
        await writer.drain()
        found = []
        while True:
            try:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10 if hostile.whole and not found else 0.01)
            except asyncio.IncompleteReadError:
                return found  # hung up
            except TimeoutError:
                if writer.transport.is_closing():
                    return found
                assert not hostile.whole or found, f"no answer to {hostile.kind}: {hostile.sent[:300]!r}"
                return found
            found.append(int(head.split(b" ", 2)[1]))
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:") and not hostile.sent.startswith(b"HEAD"):
                    await asyncio.wait_for(reader.readexactly(int(line.split(b":")[1])), 10)
            if hostile.whole:
                return found
    except (ConnectionError, asyncio.IncompleteReadError):
        return []
    finally:
        writer.transport.abort()


async def offer(hub: Hub, requests: Iterator[Hostile]) -> Counter[int]:
    """Send all of them over a few connections at once; return the statuses."""
    seen: Counter[int] = Counter()

    async def some() -> None:
        for hostile in requests:
            statuses = await answers(hub.port, hostile)
            assert all(status < 500 for status in statuses), (statuses, hostile.kind, hostile.sent[:1000])
            seen.update(statuses or [0])

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())
    return seen


def test_ten_thousand_hostile_requests(hub: Hub) -> None:
    """None is an error of the hub's, neither at the door nor in what follows, memory stays where it was, and a good request is taken."""
    requests = iter(Maker(SEED, hook_token(hub)))
    seen = uvloop.run(offer(hub, islice(requests, WARM)))
    warm = hub.rss_bytes()
    seen += uvloop.run(offer(hub, islice(requests, COUNT - WARM)))
    assert hub.take("push", push(mark())).status == 202
    assert hub.rss_bytes() - warm < GROWTH, f"{(hub.rss_bytes() - warm) / 1e6:.1f} MB more"
    assert hub.complaints() == []
    assert seen[202] > 500 and seen[400] > 500, seen  # it did reach what lies behind the door


def test_a_body_above_the_cap_is_cut_off(hub: Hub) -> None:
    """Announced or in chunks, more than 25 MB is a 413, and what comes after it is not read into memory."""

    async def chunked() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(request(b"", Content_Length=None, Transfer_Encoding=b"chunked"))
        chunk = b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20))
        answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        for _ in range(200):
            writer.write(chunk)
            try:
                await writer.drain()
            except ConnectionError:
                break
            if answer.done():
                break
        head = await asyncio.wait_for(answer, 10)
        writer.transport.abort()
        return int(head.split()[1])

    before = hub.rss_bytes()
    assert asyncio.run(chunked()) == 413
    announced = asyncio.run(answers(hub.port, Hostile("announced", request(Content_Length=b"%d" % (CAP + 1)))))
    assert announced == [413]
    assert hub.rss_bytes() - before < 60_000_000
    assert hub.take("push", push(mark())).status == 202


def test_half_sent_bodies_do_not_stop_the_door(hub: Hub) -> None:
    """A thousand connections that began a request and say no more: others are answered as before."""

    async def crowd() -> None:
        begun = request(b'{"a":"' + b"x" * 5000 + b'"}')
        writers = []
        for n in range(1000):
            _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
            writer.write(begun[: [20, 200, 3000][n % 3]])
            writers.append(writer)
        answer = await asyncio.to_thread(hub.take, "push", push(mark()))
        assert answer.status == 202
        for writer in writers:
            writer.transport.abort()

    asyncio.run(crowd())
    until(lambda: hub.ask("GET", "/readyz").status == 200, 30, hub.said)
