"""The console's pages: what they show, in both languages, and that foreign text stays text."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import zstandard
from sitting import NOON, OPERATOR, Doors, store_delivery, store_destination, store_event

from leverframe.core import ids
from leverframe.store import audit, mutes
from leverframe.store.deliveries import State
from leverframe.store.event_pages import first_id_at

pytestmark = pytest.mark.anyio
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\u202e"
EVENT, DELIVERY = first_id_at(NOON) + 1, first_id_at(NOON) + 2
KOREAN = {"accept-language": "ko-KR,ko;q=0.9,en;q=0.5", "accept": "text/html"}
ENGLISH = {"accept-language": "en-US", "accept": "text/html"}
VOID = {"meta", "link", "input", "img", "br", "hr"}


class Reader(HTMLParser):
    """Checks that tags close in order, and gathers what a policy without inline code forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img" and not dict(attrs)["src"].startswith("/static/"):
            self.wrong.append("img")
        if tag not in VOID:
            self.open.append(tag)
        self.wrong.extend(name for name, _ in attrs if name.startswith("on") or name == "style")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")


def checked(html: str) -> str:
    """Return a page that is well formed and holds neither script nor inline handler."""
    reader = Reader()
    reader.feed(html)
    assert not reader.open and not reader.wrong, (reader.open, reader.wrong)
    assert not reader.tags & {"script", "iframe", "object", "style"}, reader.tags
    assert "onerror=alert(2)>" not in html and "<b>because</b>" not in html
    return html


async def hostile_rows(doors: Doors) -> None:
    """Fill every table that pages show with text that would like to be more."""
    write = doors.desk.database.write
    body = zstandard.ZstdCompressor().compress(json.dumps({"title": HOSTILE, "half": "\ud800"}).encode())
    await write(store_event, id=EVENT, name="push", action=HOSTILE, repo=HOSTILE, source=HOSTILE, body=body, codec=1,
                headers=[("x-github-event", HOSTILE), ("x-hub-signature-256", "sha256=5ec3e7"), ("authorization", "Basic 5ec3e7")])
    await write(store_delivery, id=DELIVERY, event_id=EVENT, destination=f"slack:{HOSTILE}", route=HOSTILE, state=State.DEAD, code="not_found", detail=HOSTILE)
    await write(store_destination, name=f"slack:{HOSTILE}", failures=3, due_at=NOON, last_error=HOSTILE)
    await write(mutes.mute, target=f"room:{HOSTILE}", until=NOON + timedelta(hours=1), reason=HOSTILE, by=HOSTILE)
    await write(audit.append, id=DELIVERY + 5, at=NOON, actor=HOSTILE, act=HOSTILE, target=HOSTILE, code="ok", detail={HOSTILE: HOSTILE})


PAGES = (
    "/console", "/console/events", f"/console/events/{ids.show('evt', EVENT)}", "/console/deliveries", "/console/deliveries?state=dead",
    f"/console/deliveries/{ids.show('dlv', DELIVERY)}", "/console/mutes", "/console/people", "/console/tokens", "/console/audit", "/api/docs")


@pytest.mark.parametrize("path", PAGES)
async def test_pages_render_in_both_languages_with_foreign_text_escaped(doors: Doors, path: str) -> None:
    """Every page is well formed, holds no script, and shows hostile text as text, in English and in Korean."""
    await hostile_rows(doors)
    admin = await doors.administrator()
    english = await doors.ask("GET", path, visitor=admin, headers=ENGLISH)
    korean = await doors.ask("GET", path, visitor=admin, headers=KOREAN)
    assert english.status == korean.status == 200
    assert '<html lang="en">' in checked(english.text) and '<html lang="ko">' in checked(korean.text)
    assert re.search("[가-힣]", korean.text.partition("<main")[2]) and not re.search("[가-힣]", english.text)
    assert "5ec3e7" not in english.text + korean.text


async def test_an_event_page_shows_what_came_in_and_why_each_route_fired(doors: Doors) -> None:
    """Facts, payload (unpacked and indented), headers without signatures, every route with its reason, the deliveries."""
    await hostile_rows(doors)
    shown = (await doors.ask("GET", PAGES[2], visitor=await doors.administrator(), headers=ENGLISH)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown and "&#34;half&#34;" in shown
    assert "&lt;b&gt;because&lt;/b&gt;" in shown and "not fired" in shown and "slack:#quiet" in shown
    assert "x-github-event" in shown and "x-hub-signature-256" not in shown
    assert ids.show("dlv", DELIVERY) in shown
    assert '<time datetime="2026-11-21T03:00:00.000Z" title="2026-11-21T12:00:00.000+09:00">2026-11-21 12:00:00</time>' in shown


async def test_a_body_that_retention_removed_is_said_to_be_gone(doors: Doors) -> None:
    """The event's facts stay; its page does not fail."""
    import sqlalchemy as sa

    from leverframe.store.tables import bodies

    await hostile_rows(doors)
    await doors.desk.database.write(lambda conn: conn.execute(sa.delete(bodies)).rowcount)
    shown = await doors.ask("GET", PAGES[2], visitor=await doors.administrator(), headers=ENGLISH)
    assert shown.status == 200 and "retention removed it" in shown.text


async def test_a_large_payload_is_shown_in_part(doors: Doors) -> None:
    """A page shows at most 256 KB and says how much there is."""
    await doors.desk.database.write(store_event, id=EVENT, body=b'{"a":"' + b"x" * 400_000 + b'"}')
    shown = await doors.ask("GET", PAGES[2], visitor=await doors.administrator(), headers=ENGLISH)
    assert "256 KB of 390 KB" in shown.text and len(shown.body) < 280_000


async def test_the_list_of_events_is_paged_and_filtered(doors: Doors) -> None:
    """50 a page, newest first, older by cursor; source, event, action and repository narrow it."""
    for number in range(60):
        await doors.desk.database.write(
            store_event, id=EVENT + number, name="issues" if number % 2 else "push", action="opened" if number % 2 else None, repo=f"acme/{number % 3}")
    admin = await doors.administrator()
    first = (await doors.ask("GET", "/console/events", visitor=admin, headers=ENGLISH)).text
    rows = re.findall(r"evt_[0-9a-z]{13}(?=</a>)", first)
    assert rows == [ids.show("evt", EVENT + number) for number in range(59, 9, -1)]
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None
    second = (await doors.ask("GET", older[1].replace("&amp;", "&"), visitor=admin, headers=ENGLISH)).text
    assert re.findall(r"evt_[0-9a-z]{13}(?=</a>)", second) == [ids.show("evt", EVENT + number) for number in range(9, -1, -1)]
    assert "Newest" in second and 'rel="next"' not in second
    narrowed = (await doors.ask("GET", "/console/events?event=issues.opened&repo=acme/0&source=github", visitor=admin, headers=ENGLISH)).text
    assert len(re.findall(r"evt_[0-9a-z]{13}(?=</a>)", narrowed)) == 10
    assert 'value="issues.opened"' in narrowed


async def test_one_dead_delivery_is_sent_again_by_its_button(doors: Doors) -> None:
    """The button is there for who may, owes the delivery again, and the act is in the audit."""
    await hostile_rows(doors)
    viewer, retrier = await doors.signed_in("vera", "viewer"), await doors.signed_in("ray", "retrier")
    path = PAGES[5]
    assert "<button" not in (await doors.ask("GET", path, visitor=viewer, headers=ENGLISH)).text.partition("<main")[2]
    assert f'action="{path}/retry"' in (await doors.ask("GET", path, visitor=retrier, headers=ENGLISH)).text
    assert (await doors.ask("POST", f"{path}/retry", visitor=viewer, form={})).status == 403
    answer = await doors.ask("POST", f"{path}/retry", visitor=retrier, form={})
    assert (answer.status, answer.headers["location"]) == (303, f"{path}?retried=1")
    shown = (await doors.ask("GET", answer.headers["location"], visitor=retrier, headers=ENGLISH)).text
    assert "owed" in shown and "Sent again: see the newest attempt" in shown
    entries = await doors.desk.database.read(audit.entries, actor="person:ray", act="deliveries.retry")
    assert [(entry.target, dict(entry.detail)) for entry in entries] == [(ids.show("dlv", DELIVERY), {"count": 1})]


async def test_a_query_is_counted_before_it_is_sent_again(doors: Doors) -> None:
    """The first POST only counts; the confirmed one owes exactly the dead ones that match."""
    await doors.desk.database.write(store_event, id=EVENT)
    for number in range(5):
        await doors.desk.database.write(
            store_delivery, id=DELIVERY + number, event_id=EVENT, destination="slack:#dev" if number < 3 else "slack:#ops",
            state=State.DEAD if number != 1 else State.SENT, code="not_found")
    admin = await doors.administrator()
    asked = {"state": "dead", "destination": "slack:#dev"}
    counted = await doors.ask("POST", "/console/deliveries/retry", visitor=admin, form=asked, headers=ENGLISH)
    assert counted.status == 200 and "Retry 2" in checked(counted.text)
    assert (await doors.ask("GET", "/api/deliveries?state=dead", visitor=admin)).json["deliveries"].__len__() == 4
    done = await doors.ask("POST", "/console/deliveries/retry", visitor=admin, form={**asked, "confirmed": "yes"})
    assert done.headers["location"] == "/console/deliveries?retried=2"
    assert "2 deliveries are owed again" in (await doors.ask("GET", done.headers["location"], visitor=admin, headers=ENGLISH)).text
    assert [one["destination"] for one in (await doors.ask("GET", "/api/deliveries?state=dead", visitor=admin)).json["deliveries"]] == ["slack:#ops"] * 2
    wrong = await doors.ask("POST", "/console/deliveries/retry", visitor=admin, form={"state": "done"})
    assert wrong.code == "request_invalid"


async def test_a_route_is_muted_until_a_moment_and_let_speak_again(doors: Doors) -> None:
    """A length or a time (in the hub's time zone) ends it; a past one and an unknown route are refused."""
    admin = await doors.administrator()
    set_ = await doors.ask("POST", "/console/mutes", visitor=admin, form={"target": "route:pushes", "until": "2026-11-21 13:30", "reason": "noise"})
    assert set_.status == 303
    assert "2026-11-21 13:30:00" in (await doors.ask("GET", "/console/mutes", visitor=admin, headers=ENGLISH)).text
    room = await doors.ask("POST", "/console/mutes", visitor=admin, form={"target": "room:slack:#dev", "until": "2h"})
    assert room.status == 303
    await doors.desk.database.write(store_destination, name="slack:#dev")
    assert "muted until" in (await doors.ask("GET", "/console", visitor=admin, headers=ENGLISH)).text
    for wrong in ({"target": "route:none", "until": "2h"}, {"target": "slack", "until": "2h"}, {"target": "route:pushes", "until": "2020-01-01"},
                  {"target": "route:pushes", "until": "soon"}, {"target": "route:pushes"}, {"target": "route:pushes", "until": "999999w"}):
        assert (await doors.ask("POST", "/console/mutes", visitor=admin, form=wrong)).code == ("route_unknown" if wrong["target"] == "route:none" else "request_invalid"), wrong
    assert (await doors.ask("POST", "/console/mutes", visitor=admin, form={"target": "route:pushes", "end": "yes"})).status == 303
    assert [mute["target"] for mute in (await doors.ask("GET", "/api/mutes", visitor=admin)).json["mutes"]] == ["room:slack:#dev"]


async def test_the_overview_counts_events_by_the_hour(doors: Doors) -> None:
    """24 bars; what is over is counted once, the present hour each time."""
    await doors.desk.database.write(store_event, id=first_id_at(NOON - timedelta(hours=3)) + 1)
    admin = await doors.administrator()
    assert "1 events from 09:00" in (await doors.ask("GET", "/console", visitor=admin, headers=ENGLISH)).text
    await doors.desk.database.write(store_event, id=first_id_at(NOON) + 7)
    shown = (await doors.ask("GET", "/console", visitor=admin, headers=ENGLISH)).text
    assert "1 events from 12:00" in shown and shown.count("<title>") == 25


async def test_the_overview_shows_how_each_destination_is_doing(doors: Doors) -> None:
    """Owed and dead counts, and when one that fails is tried next."""
    await doors.desk.database.write(store_event, id=EVENT)
    for number, state in enumerate((State.OWED, State.OWED, State.DEAD)):
        await doors.desk.database.write(store_delivery, id=DELIVERY + number, event_id=EVENT, state=state)
    await doors.desk.database.write(store_destination, name="slack:#dev", failures=4, due_at=NOON + timedelta(minutes=8), last_error="ratelimited")
    shown = (await doors.ask("GET", "/console", visitor=await doors.administrator(), headers=ENGLISH)).text
    assert "4 failures in a row" in shown and "ratelimited" in shown and "2026-11-21 12:08:00" in shown
    assert "/console/deliveries?destination=slack%3A%23dev&amp;state=dead" in shown


async def test_secrets_are_on_the_page_that_answers_and_on_no_other(doors: Doors) -> None:
    """A token's secret and an invitation's link are shown once."""
    admin = await doors.administrator()
    issued = await doors.ask("POST", "/console/tokens", visitor=admin, form={"name": "ci", "grants": "events.read\nroutes.read", "days": "7"}, headers=ENGLISH)
    secret = re.search(r'value="(lf_[^"]+)"', checked(issued.text))
    hook = await doors.ask("POST", "/console/hook-tokens", visitor=admin, form={"name": "github", "rooms": "slack:#dev-*"}, headers=ENGLISH)
    hook_secret = re.search(r'value="(lfh_[^"]+)"', checked(hook.text))
    invited = await doors.ask("POST", "/console/people", visitor=admin, form={"name": "민지", "role": "viewer"}, headers=ENGLISH)
    link = re.search(r'value="http://127.0.0.1:8080/login\?token=([^"]+)"', checked(invited.text))
    assert secret and hook_secret and link
    assert (await doors.ask("GET", "/api/events", headers={"authorization": f"Bearer {secret[1]}"})).status == 200
    assert (await doors.enter(link[1])).status == 303
    for path in ("/console/tokens", "/console/people", "/console/audit"):
        shown = (await doors.ask("GET", path, visitor=admin, headers=ENGLISH)).text
        assert not any(found[1] in shown for found in (secret, hook_secret, link)), path
    for form in ({"revoke": "ci"},):
        assert (await doors.ask("POST", "/console/tokens", visitor=admin, form=form)).status == 303
    assert (await doors.ask("POST", "/console/hook-tokens", visitor=admin, form={"revoke": "github"})).status == 303
    assert (await doors.ask("GET", "/api/events", headers={"authorization": f"Bearer {secret[1]}"})).code == "token_invalid"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/console/tokens", {"name": "", "grants": "admin"}), ("/console/tokens", {"name": "a b", "grants": "admin"}), ("/console/tokens", {"name": "a", "grants": " "}),
        ("/console/tokens", {"name": "a", "grants": "admin", "days": "0"}), ("/console/tokens", {"name": "a", "grants": "admin", "days": "９"}),
        ("/console/tokens", {"name": "a", "grants": "admin", "days": "367"}), ("/console/tokens", {"name": "a", "grants": "a\0"}),
        ("/console/hook-tokens", {"name": "a" * 65, "rooms": "slack:#x"}), ("/console/people", {"name": "bo"}), ("/console/people", {"name": "bo", "role": "king"}),
        ("/console/people", {"name": "-bo", "role": "admin"}), ("/console/people", {"name": "b\0o", "role": "admin"})])
async def test_what_a_form_may_not_hold_is_named(doors: Doors, path: str, form: dict[str, str]) -> None:
    """A wrong field is a 400 that names it, and nothing is kept."""
    admin = await doors.administrator()
    answer = await doors.ask("POST", path, visitor=admin, form=form)
    assert answer.code == "request_invalid" and answer.json["detail"]


@pytest.mark.parametrize("path", ["/console/events?before=x", "/console/events/evt_x", "/console/events/dlv_0000000000001", "/console/deliveries/evt_0000000000001",
                                  "/console/events/evt_zzzzzzzzzzzzz", "/console/deliveries?state=x", "/console/deliveries?since=x", "/console/events?source=%00",
                                  "/console/events/%00", "/console/audit?before=%F0", "/console/events?source=" + "x" * 600])
async def test_hostile_addresses_are_a_4xx(doors: Doors, path: str) -> None:
    """What is no id, state or time is refused, never an error."""
    assert (await doors.ask("GET", path, visitor=await doors.administrator())).code in ("event_unknown", "delivery_unknown", "not_found", "request_invalid")


async def test_a_browser_gets_refusals_as_pages(doors: Doors) -> None:
    """Sentence, remedy and code, in the browser's language; programs get the problem document."""
    english = await doors.ask("GET", "/console", headers=ENGLISH)
    korean = await doors.ask("GET", "/console", headers=KOREAN)
    assert english.status == korean.status == 401
    assert "This needs a sign-in." in checked(english.text) and "sign_in_required" in english.text
    assert "로그인이 필요합니다." in checked(korean.text)
    found = await doors.ask("GET", "/console", headers={"accept": "application/json, text/html", "accept-language": "ko"})
    assert found.code == "sign_in_required" and found.json["title"] == "로그인이 필요합니다."


async def test_the_menu_shows_what_somebody_may_open(doors: Doors) -> None:
    """A viewer sees no administration; the doors decide all the same."""
    viewer = (await doors.ask("GET", "/console", visitor=await doors.signed_in("vera", "viewer"), headers=ENGLISH)).text
    admin = (await doors.ask("GET", "/console", visitor=await doors.signed_in("ann", "admin"), headers=ENGLISH)).text
    assert "/console/people" not in viewer and "/console/people" in admin and OPERATOR.actor == "operator"


async def test_style_sheets_are_kept_by_browsers(doors: Doors) -> None:
    """The address of a page's style sheet carries its digest, and may be kept for a year; another one is asked for again."""
    page = (await doors.ask("GET", "/login", headers=ENGLISH)).text
    found = re.search(r'href="(/static/console\.css\?v=[^"]+)"', page)
    assert found is not None
    answer = await doors.ask("GET", found[1])
    assert answer.headers["content-type"].startswith("text/css") and "immutable" in answer.headers["cache-control"]
    plain = await doors.ask("GET", "/static/console.css")
    assert plain.headers["cache-control"] == "no-cache"
    assert (await doors.ask("GET", "/static/console.css", headers={"if-none-match": plain.headers["etag"]})).status == 304
