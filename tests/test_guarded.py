"""The way out for addresses that others named: the address that was judged is the address that is used, and no answer is trusted."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes.hostile import (
    Subscriber,
    bomb,
    endless,
    heads,
    hostile,
    noise,
    resetting,
    silent,
    slow,
    ten_gigabytes,
    too_long,
    too_short,
    two_lengths,
)

from leverframe import guarded
from leverframe.core.addresses import Allowed
from leverframe.core.errors import Refused
from leverframe.guarded import Forbidden, Guarded, Resolver
from leverframe.net import NotSent

pytestmark = pytest.mark.anyio
HEADERS = {"Content-Type": "application/json"}


class Names:
    """A resolver whose answers are written down: each name has a list of answers, of which the last stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(said) for name, said in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        """Return the next answer; called in a thread, as the system's is."""
        assert threading.current_thread() is not threading.main_thread()
        self.asked.append(host)
        if host not in self.answers:
            raise OSError("no such name")
        said = self.answers[host]
        return said.pop(0) if len(said) > 1 else said[0]


@asynccontextmanager
async def going_out(names: Callable[[str], Sequence[str]], *allow: str, total_s: float = 15.0) -> AsyncIterator[Guarded]:
    """Open a guarded way out."""
    made = Guarded(Allowed.of(allow), resolver=Resolver(names), total_s=total_s, connect_s=10.0)
    yield made
    await made.close()


@asynccontextmanager
async def listening(host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[tuple[str, str]]]]:
    """Serve at one address; yields the port and what was asked for: host header and path."""
    asked: list[tuple[str, str]] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        asked.append((request.headers["Host"], request.path))
        if request.path == "/away":
            return web.Response(status=307, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
        return web.Response(text="ok")

    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, host, port, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1], asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "fd00::1", "fe80::1", "0.0.0.0", "::",
])  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
async def test_no_address_but_the_open_internets_is_sent_to(address: str, named: bool) -> None:
    """Whether the URL says the address or a name leads to it: saving is refused, and sending is, by one code."""
    names = Names(hook_example=[[address]])
    url = "http://hook.example:8080/x" if named else f"http://[{address}]:8080/x" if ":" in address else f"http://{address}:8080/x"
    async with going_out(names) as out:
        with pytest.raises(Refused, match="url_forbidden"):
            await out.check(url)
        with pytest.raises(Forbidden) as refused:
            await out.post_json(url, b"{}", HEADERS)
    assert refused.value.code == "url_forbidden" and refused.value.surely
    assert not named or address not in refused.value.detail  # nobody maps the inside with the hub's resolver


async def test_an_address_that_cannot_be_read_is_not_sent_to() -> None:
    """Sending says what saving says."""
    async with going_out(Names()) as out:
        for url in ("http://0x7f000001/", "http://user@example.com/", "ftp://example.com/"):
            with pytest.raises(Refused, match="url_invalid"):
                await out.check(url)
            with pytest.raises(Forbidden) as refused:
                await out.post_json(url, b"{}", HEADERS)
            assert refused.value.code == "url_invalid"


async def test_a_name_that_leads_nowhere_is_told_when_it_is_saved_and_tried_again_when_it_is_sent() -> None:
    """A resolver that is away for a while ends no delivery."""
    async with going_out(Names(empty_example=[[]])) as out:
        for url in ("http://nowhere.example/", "http://empty.example/"):
            with pytest.raises(Refused, match="host_unknown"):
                await out.check(url)
            with pytest.raises(NotSent) as refused:
                await out.post_json(url, b"{}", HEADERS)
            assert refused.value.surely and not isinstance(refused.value, Forbidden)


async def test_of_mixed_answers_the_good_are_used() -> None:
    """Beside an address of the inside a name may have one of the open internet: only that one is connected to."""
    async with listening() as (port, asked), listening("127.0.0.2", port) as (_, inside):
        names = Names(hook_example=[["10.0.0.1", "127.0.0.2", "::ffff:127.0.0.2", "127.0.0.1"]])
        async with going_out(names, "127.0.0.1") as out:
            await out.check(f"http://hook.example:{port}/x")
            assert (await out.post_json(f"http://hook.example:{port}/x", b"{}", HEADERS)).status == 200
    assert asked == [(f"hook.example:{port}", "/x")] and inside == []


async def test_a_name_whose_answer_changes_between_check_and_connection_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request asks for the name once and connects to what it judged; the next one judges what the name says then."""
    monkeypatch.setattr(guarded, "KEPT_S", 0.0)
    async with listening() as (port, asked), listening("127.0.0.2", port) as (_, inside):
        names = Names(hook_example=[["127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]])
        url = f"http://hook.example:{port}/x"
        async with going_out(names, "127.0.0.1") as out:
            await out.check(url)
            assert (await out.send("POST", url, HEADERS, b"{}", fresh=True)).status == 200
            assert len(names.asked) == 2
            with pytest.raises(Forbidden, match="loopback"):
                await out.send("POST", url, HEADERS, b"{}", fresh=True)
    assert asked == [(f"hook.example:{port}", "/x")] and inside == []


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    """Of several addresses the first that takes the connection is used, within the time of one connection."""
    async with listening() as (port, asked), going_out(Names(hook_example=[["127.0.0.3", "127.0.0.1"]]), "127.0.0.0/8") as out:
        assert (await out.post_json(f"http://hook.example:{port}/", b"{}", HEADERS)).status == 200
    assert len(asked) == 1


async def test_a_redirect_to_the_metadata_of_a_cloud_is_an_answer_and_nothing_more() -> None:
    """It is told with its status; nothing is asked for there."""
    async with listening() as (port, asked), going_out(Names(), "127.0.0.1") as out:
        assert (await out.post_json(f"http://127.0.0.1:{port}/away", b"{}", HEADERS)).status == 307
    assert asked == [(f"127.0.0.1:{port}", "/away")]


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve the name itself, where nobody judges."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    async with listening() as (port, asked), going_out(Names(), "127.0.0.1") as out:
        assert (await out.post_json(f"http://127.0.0.1:{port}/", b"{}", HEADERS)).status == 200
    assert len(asked) == 1


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate that is its own authority, and its key."""
    key, who = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(1).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1)).add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


async def test_the_certificate_is_looked_at_for_the_name_although_the_address_is_connected_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name goes into the handshake and into Host; another name at the same address is not trusted."""
    cert, key = certificate(tmp_path, "hook.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    seen: list[str | None] = []
    tls.sni_callback = lambda connection, name, context: seen.append(name)  # type: ignore[assignment]
    async with listening(tls=tls) as (port, asked), going_out(Names(hook_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]]), "127.0.0.1") as out:
        assert (await out.post_json(f"https://hook.example:{port}/x", b"{}", HEADERS)).status == 200
        with pytest.raises(NotSent, match="certificate"):
            await out.post_json(f"https://other.example:{port}/x", b"{}", HEADERS)
    assert asked == [(f"hook.example:{port}", "/x")] and seen == ["hook.example", "other.example"]


@pytest.mark.parametrize(("subscriber", "becomes"), [
    (endless, 200), (ten_gigabytes, 200), (bomb, 200), (too_long, 200), (too_short, "broke"), (two_lengths, "not HTTP"), (slow, "in time"), (silent, "in time"),
    (resetting, "broke"), (heads, "too long"), (noise, "not HTTP"),
])  # fmt: skip
async def test_a_hostile_subscriber_costs_a_bounded_time_and_no_memory(subscriber: Subscriber, becomes: int | str) -> None:
    """What is answered is a status with at most the bytes that were asked for, or a reason; the next subscriber gets a connection of its own."""

    async with hostile(subscriber) as port, going_out(Names(), "127.0.0.1", total_s=0.4 if becomes == "in time" else 15.0) as out:
        url = f"http://127.0.0.1:{port}/"
        if isinstance(becomes, int):
            answer = await out.send("POST", url, HEADERS, b"{}", cap=4_096)
            assert answer.status == becomes and len(answer.body) <= 4_096
        else:
            with pytest.raises(NotSent, match=becomes) as lost:
                await out.send("POST", url, HEADERS, b"{}", cap=4_096)
            assert not lost.value.surely


async def test_many_deliveries_to_one_host_ask_for_its_name_once() -> None:
    """Those that come together wait for one answer."""
    async with listening() as (port, asked), going_out(names := Names(hook_example=[["127.0.0.1"]]), "127.0.0.1") as out:
        await asyncio.gather(*(out.send("POST", f"http://hook.example:{port}/{count}", HEADERS, b"{}", fresh=True) for count in range(20)))
    assert names.asked == ["hook.example"] and len(asked) == 20


async def test_a_resolver_that_does_not_answer_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name fails in time, and others are asked for meanwhile; the loop is never blocked."""
    monkeypatch.setattr(guarded, "LOOKUP_S", 0.1)
    asked, never = threading.Event(), threading.Event()

    def names(host: str) -> Sequence[str]:
        if host == "slow.example":
            asked.set()
            never.wait(30)
        return ["127.0.0.1"]

    async with listening() as (port, _), going_out(names, "127.0.0.1") as out:
        lost = asyncio.create_task(out.post_json(f"http://slow.example:{port}/", b"{}", HEADERS))
        assert await asyncio.to_thread(asked.wait, 30)
        monkeypatch.setattr(guarded, "LOOKUP_S", 30.0)  # the others have the time that a busy machine needs
        assert (await out.post_json(f"http://hook.example:{port}/", b"{}", HEADERS)).status == 200
        with pytest.raises(NotSent, match="not known"):
            await lost
        never.set()
