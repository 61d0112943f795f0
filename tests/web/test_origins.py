"""When the playground asks nobody who they are, and which pages may write: the rule as a table."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sitting import Doors

from leverframe.web.desk import Desk
from leverframe.web.origins import host_of, origin_matches, playground_is_open
from leverframe.web.refusals import RefusalLog

HERE = "http://127.0.0.1:8080"
HOST = {"host": "127.0.0.1:8080"}
LOCAL = ("127.0.0.1", 50_000)


@pytest.mark.parametrize(
    ("url", "method", "headers", "is_open"),
    [
        (HERE, "GET", HOST, True),
        (HERE, "HEAD", HOST, True),
        ("http://localhost:8080", "GET", {"host": "localhost:8080"}, True),
        ("http://hub.localhost", "GET", {"host": "hub.localhost"}, True),
        ("http://[::1]:8080", "GET", {"host": "[::1]:8080"}, True),
        ("http://127.0.0.9:8080", "GET", {"host": "localhost.:8080"}, True),
        (HERE, "POST", {**HOST, "origin": HERE}, True),
        (HERE, "POST", {"host": "localhost:8080", "origin": "http://localhost:8080"}, True),
        (HERE, "POST", HOST, False),
        (HERE, "POST", {**HOST, "origin": "null"}, False),
        (HERE, "POST", {**HOST, "origin": "https://evil.example"}, False),
        (HERE, "POST", {**HOST, "origin": "http://127.0.0.1:9999"}, False),
        (HERE, "DELETE", {**HOST, "origin": "http://127.0.0.1.evil.example:8080"}, False),
        (HERE, "GET", {"host": "rebound.evil.example:8080"}, False),
        (HERE, "GET", {"host": "127.0.0.1.evil.example"}, False),
        (HERE, "GET", {"host": "0.0.0.0:8080"}, False),
        (HERE, "GET", {"host": "192.168.0.2:8080"}, False),
        (HERE, "GET", {"host": ""}, False),
        (HERE, "GET", {"host": "["}, False),
        (HERE, "GET", {}, False),
        (HERE, "GET", {**HOST, "forwarded": "for=192.0.2.1"}, False),
        (HERE, "GET", {**HOST, "x-forwarded-for": "127.0.0.1"}, False),
        (HERE, "GET", {**HOST, "x-forwarded-host": "hub.example.com"}, False),
        (HERE, "GET", {**HOST, "x-forwarded-proto": ""}, False),
        (HERE, "GET", {**HOST, "x-real-ip": "127.0.0.1"}, False),
        (HERE, "GET", {**HOST, "via": "1.1 proxy"}, False),
        ("https://hub.example.com", "GET", HOST, False),
        ("https://hub.example.com", "POST", {**HOST, "origin": HERE}, False),
        ("http://[", "GET", HOST, False),
        ("", "GET", HOST, False),
    ],
)
def test_the_playground_is_open_only_to_one_person_on_one_machine(url: str, method: str, headers: dict[str, str], is_open: bool) -> None:
    """Asked from here, hub.url and Host are loopback, nobody passed the request on, and a write comes from the hub's own page: else sign in."""
    assert playground_is_open(url=url, method=method, headers=headers, client=LOCAL) is is_open


@pytest.mark.parametrize(("client", "is_open"), [
    (("127.0.0.1", 5), True), (("::1", 5), True), (("::ffff:127.0.0.1", 5), True), (("192.0.2.7", 5), False), (("172.17.0.1", 5), False), (("", 0), False), (None, False)])
def test_whoever_asks_from_elsewhere_may_write_any_host(client: tuple[str, int] | None, is_open: bool) -> None:
    """Bound to 0.0.0.0 without hub.url, the playground was open to everybody who wrote ``Host: 127.0.0.1``: the client must be here too."""
    assert playground_is_open(url=HERE, method="GET", headers=HOST, client=client) is is_open
    assert playground_is_open(url=HERE, method="POST", headers={**HOST, "origin": HERE}, client=client) is is_open


def test_the_host_of_a_header() -> None:
    """Port and brackets are taken off; what is no host is empty."""
    assert [host_of(netloc) for netloc in ("a.example:80", "[::1]:80", "A.Example", "[")] == ["a.example", "::1", "a.example", ""]


def test_behind_a_proxy_the_origin_is_that_of_hub_url() -> None:
    """A proxy may change Host; the browser's Origin is then compared with hub.url."""
    assert origin_matches("https://hub.example.com", url="https://hub.example.com", host="10.0.0.2:8080")
    assert not origin_matches("http://hub.example.com", url="https://hub.example.com", host="10.0.0.2:8080")


@pytest.mark.anyio
async def test_a_playground_that_is_not_open_asks_for_sign_in(doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """On one machine a guest writes; reached otherwise, the same doors need a session and its form token."""
    page = {"origin": HERE}
    assert (await doors.ask("POST", "/playground", headers=page)).json == {"who": "playground:guest"}
    assert (await doors.ask("POST", "/playground")).code == "sign_in_required"
    public = Doors(replace(desk, url="https://hub.example.com"), refusals)
    assert (await public.ask("GET", "/playground")).code == "sign_in_required"
    ann = await public.signed_in()
    assert (await public.ask("GET", "/playground", visitor=ann)).json == {"who": "person:ann"}
    assert (await public.ask("POST", "/playground", visitor=ann, csrf=False)).code == "csrf_invalid"
    assert (await public.ask("POST", "/playground", visitor=ann)).status == 200


@pytest.mark.anyio
async def test_a_guest_of_the_playground_opens_nothing_else(doors: Doors) -> None:
    """Being on the machine is no identity anywhere but in the playground."""
    for path in ("/console", "/api/events", "/console/tokens"):
        assert (await doors.ask("GET", path, headers={"origin": HERE})).code == "sign_in_required"
