"""The way in: the root, a demo's door from the playground into its console, and where a sign-in leads."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace
from sitting import Doors

from leverframe.store import audit
from leverframe.web.asking import local_path
from leverframe.web.desk import Desk
from leverframe.web.refusals import RefusalLog

pytestmark = pytest.mark.anyio
OWN_PAGE = {"origin": "http://127.0.0.1:8080", "accept": "text/html", "accept-language": "en"}
BROWSER = {"accept": "text/html", "accept-language": "en"}
EVENT = "/console/events/evt_0000000000001"


@pytest.fixture
def demo(desk: Desk, refusals: RefusalLog) -> Doors:
    """A demo's doors."""
    return Doors(replace(desk, demo=True), refusals)


async def test_the_root_leads_to_what_there_is_to_see(doors: Doors, demo: Doors) -> None:
    """A demo's root is its playground, another hub's its console."""
    assert [(await one.ask("GET", "/")).headers["location"] for one in (demo, doors)] == ["/playground", "/console"]


async def test_a_demos_playground_leads_into_its_console(demo: Doors) -> None:
    """One click makes the administrator's one-time link; using it leads where the click wanted to go, and the act is in the audit."""
    led = await demo.ask("POST", "/playground/console", headers=OWN_PAGE, form={"next": EVENT})
    assert led.status == 303 and led.headers["location"].startswith("/login?token=")
    page = await demo.ask("GET", led.headers["location"], headers=BROWSER)
    assert page.status == 200 and f'name="next" value="{EVENT}"' in page.text
    token = parse_qs(urlsplit(led.headers["location"]).query)["token"][0]
    entered = await demo.ask("POST", "/login", form={"token": token, "next": EVENT})
    assert (entered.status, entered.headers["location"]) == (303, EVENT)
    visitor = await demo.visitor(entered)
    again = await demo.ask("POST", "/playground/console", headers=OWN_PAGE, form={"next": EVENT}, visitor=visitor, csrf=False)
    assert again.headers["location"] == EVENT, "who is signed in goes there at once"
    entries = await demo.desk.database.read(audit.entries, act="people.invite")
    assert [(entry.actor, entry.target) for entry in entries] == [("playground:guest", "admin as admin")]


@pytest.mark.parametrize("headers", [
    {}, {"origin": "https://evil.example"}, {"origin": "null"}, {**OWN_PAGE, "x-forwarded-for": "203.0.113.9"},
    {**OWN_PAGE, "host": "rebound.example"}, {**OWN_PAGE, "host": "rebound.example", "origin": "http://rebound.example"}])
async def test_only_the_open_playground_leads_in(demo: Doors, headers: dict[str, str]) -> None:
    """Another site's page, a rebound name, a proxied request and a program without an origin get nothing; nor does anybody on another machine."""
    answer = await demo.ask("POST", "/playground/console", headers={**headers, "accept": "*/*"}, form={"next": EVENT})
    assert answer.status in (401, 403) and "token" not in answer.headers.get("location", "")
    assert (await demo.ask("POST", "/playground/console", headers=OWN_PAGE, form={"next": EVENT}, client="192.0.2.1")).status == 401
    assert await demo.desk.database.read(audit.entries, act="people.invite") == []


async def test_a_token_does_not_become_an_administrator(demo: Doors) -> None:
    """Who is let into a closed playground by a token of few grants gets no link."""
    admin = await demo.administrator()
    token = (await demo.ask("POST", "/api/tokens", visitor=admin, document={"name": "ci", "grants": ["playground.use"]})).json["token"]
    answer = await demo.ask("POST", "/playground/console", headers={"authorization": f"Bearer {token}", "x-forwarded-for": "203.0.113.9"}, form={})
    assert answer.code == "sign_in_required"


async def test_no_other_hub_has_this_door(doors: Doors) -> None:
    """A hub that is no demo leads nobody in, and its pages offer no button that would."""
    assert (await doors.ask("POST", "/playground/console", headers={"origin": "http://127.0.0.1:8080"}, form={})).code == "not_found"
    for path in ("/console", "/login"):
        assert "/playground/console" not in (await doors.ask("GET", path, headers=BROWSER)).text


async def test_a_demos_refusal_offers_the_way_in(demo: Doors) -> None:
    """Who opens a page of the console, or a link that was used, gets a button that leads there; a proxied visitor does not."""
    refused = await demo.ask("GET", f"{EVENT}?a=b%26c", headers=BROWSER)
    assert refused.status == 401 and 'action="/playground/console"' in refused.text and f'value="{EVENT}?a=b%26c"' in refused.text
    used = await demo.ask("GET", "/login?token=used", headers=BROWSER)
    assert used.status == 410 and 'value="/console"' in used.text
    assert 'value="/console"' in (await demo.ask("GET", "/login", headers=BROWSER)).text
    proxied = await demo.ask("GET", EVENT, headers={**BROWSER, "x-forwarded-for": "203.0.113.9"})
    assert "/playground/console" not in proxied.text and "one-time link" in proxied.text


@pytest.mark.parametrize("path", ["/", "/console", "/console/deliveries?destination=slack%3A%23dev&state=dead"])
def test_a_path_of_the_hub_may_follow_a_sign_in(path: str) -> None:
    """A path, with or without a query, is kept."""
    assert local_path(path) == path


@pytest.mark.parametrize("path", [
    None, "", "console", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "https://evil.example",
    "javascript:alert(1)", " /console", "/console\r\nset-cookie: a=b", "/콘솔", "/" + "x" * 600])
def test_nothing_else_may_follow_a_sign_in(path: str | None) -> None:
    """Other hosts, in whatever disguise a browser would read them, are not led to."""
    assert local_path(path) is None


async def test_a_sign_in_leads_to_no_other_host(doors: Doors) -> None:
    """A link that somebody adorned with another address leads into the console."""
    secret = await doors.invited("bo", "viewer")
    assert "evil" not in (await doors.ask("GET", f"/login?token={secret}&next=//evil.example")).text
    entered = await doors.ask("POST", "/login", form={"token": secret, "next": "//evil.example"})
    assert entered.headers["location"] == "/console"
