"""The demo in a real browser: what a newcomer sees, clicks and reads."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from services.ports import free_port

from acceptance.forks import Forked, printed

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

PATIENCE_S = 30


class Demo:
    """``leverframe demo`` as a process of its own, on a port that stays the same when it starts again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: Forked | None = None

    def start(self) -> None:
        with (self._folder.parent / "demo.log").open("ab") as log:
            self.process = Forked(
                "demo", "--port", str(self.port), "--dir", str(self._folder), environ={**os.environ, "TZ": "Asia/Seoul"}, out=log.fileno(), err=log.fileno()
            )
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, self.said()
                time.sleep(0.05)

    def card(self, card: dict[str, object]) -> None:
        """Post a card to ``#dev-team``."""
        issued = printed("hook-tokens", "create", "cards", "--room", "playground:#dev-team", "--json", "--config", str(self._folder / "leverframe.toml"), environ=os.environ)
        address = f"{self.url}/teams/incoming/{json.loads(issued)['token']}"
        with urllib.request.urlopen(urllib.request.Request(address, json.dumps(card).encode(), {"Content-Type": "application/json"}), timeout=PATIENCE_S) as answer:
            assert answer.read() == b"1"

    def stop(self) -> None:
        """Ask it to stop; return when it has."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)

    def said(self) -> str:
        """Return its log."""
        return (self._folder.parent / "demo.log").read_text()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("playground") / "demo")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def live(demo: Demo, page: Page) -> Page:
    """The playground, open and connected."""
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{demo.url}/playground")
    page.wait_for_selector("#link[data-state=live]")
    return page


def send(page: Page, name: str) -> str:
    """Click a sample; return the id of its event as soon as the door has answered."""
    before = page.locator("#answer").inner_text()
    page.click(f'[data-sample="{name}"]')
    page.wait_for_function("before => document.getElementById('answer').innerText !== before", arg=before)
    assert page.locator("#answer .status").inner_text() == "202"
    found = re.search(r"evt_[0-9a-z]{13}", page.locator("#answer").inner_text())
    assert found
    return found[0]


def cards(page: Page, words: str) -> int:
    return page.locator("#rows article", has_text=words).count()


def test_a_click_becomes_a_message_without_a_reload(live: Page) -> None:
    """A sample goes through the signed door into the channel, live, and its answer leads to the event's page."""
    live.evaluate("window.never_reloaded = true")
    event = send(live, "push")
    live.wait_for_selector("#rows article:has-text('쿠폰을 두 장 쓰면')")
    assert live.get_attribute("#answer a", "href") == f"/console/events/{event}"
    assert live.evaluate("window.never_reloaded")


def test_a_card_is_edited_in_place_and_replies_stand_in_its_thread(live: Page) -> None:
    """Opened, reviewed and merged is one card: its words change, its thread grows, and no second card appears."""
    send(live, "pull_request.opened")
    live.wait_for_selector("#rows article:has-text('New PR by') .begin-thread", state="attached")
    number = re.search(r"acme/web-app#(\d+)", live.locator("#rows article", has_text="New PR by").last.inner_text())
    assert number
    send(live, "pull_request_review.approved")
    card = live.locator("#rows article", has_text=number[0])
    card.locator(".open-thread").wait_for()
    card.locator(".open-thread").click()
    live.wait_for_selector("#thread-rows article:has-text('좋습니다')")
    send(live, "pull_request.merged")
    live.wait_for_selector(f"#rows article:has-text('{number[0]}'):has-text('merged') .edited")
    live.wait_for_selector("#thread-rows article:has-text('merged')")
    assert cards(live, number[0]) == 1
    live.keyboard.press("Escape")
    live.wait_for_selector("#thread", state="hidden")
    assert card.locator(".open-thread").evaluate("node => node === document.activeElement")


def test_an_events_link_leads_into_the_console(live: Page, demo: Demo) -> None:
    """The id of a sample's event leads, by one click on the sign-in, to the event's page; after that every link does at once."""
    event = send(live, "star")
    live.click("#answer a")
    live.click("button.primary")
    live.wait_for_url(f"**/console/events/{event}")
    live.wait_for_selector("td:has-text('team')")
    live.goto(f"{demo.url}/playground")
    live.wait_for_selector("#link[data-state=live]")
    live.click(".log-link:has-text('Event log')")
    live.wait_for_url("**/console/events")


def test_the_same_delivery_is_a_duplicate(live: Page) -> None:
    """Delivered again, it is told as a duplicate and nothing is said twice."""
    live.click('[data-room="#security"]')
    event = send(live, "dependabot_alert")
    live.wait_for_selector("#rows article:has-text('quick-templates')")
    live.click("[data-again]")
    live.wait_for_selector("#answer .status.duplicate")
    assert event in live.locator("#answer").inner_text()
    assert cards(live, "quick-templates") == 1


def test_another_channel_counts_what_is_unread(live: Page) -> None:
    """What comes into a channel that is not open is counted there until it is opened; after a click on a sample, the page leads to it."""
    live.click('[data-room="#security"]')
    send(live, "gollum")
    live.wait_for_selector('[data-room="#dev-team"] .count')
    live.click("#pill:has-text('#dev-team')")
    live.wait_for_selector("#rows article:has-text('배포 절차')")
    live.wait_for_selector('[data-room="#dev-team"] .count', state="detached")


def test_the_language_changes_without_a_reload_and_stays(live: Page) -> None:
    """Every word of the page is in the other language at once, and still after coming back."""
    live.click("#languages [data-locale=ko]")
    assert live.locator("#samples-title").inner_text() == "샘플 이벤트 보내기"
    assert live.locator('[data-sample="pull_request.merged"]').inner_text() == "PR 병합"
    assert live.get_attribute("html", "lang") == "ko"
    assert "make run LOCALE=ko" in live.locator("#tongue").inner_text(), "messages keep the hub's language, and the page says so"
    live.reload()
    live.wait_for_selector("#link[data-state=live]:has-text('실시간')")
    assert live.locator("#channels-title").inner_text() == "채널"


def test_what_people_say_is_text(live: Page) -> None:
    """Markup that somebody types is shown as it was typed and does nothing, also in a name."""
    words = '<img src=x onerror="document.title=\'broken\'"><b>굵게</b> javascript:alert(1)'
    live.select_option("#person", "")
    live.fill("#name", "<i>민서</i>")
    live.fill("#text", words)
    live.press("#text", "Enter")
    said = live.locator("#rows article").last
    said.locator(".words", has_text="굵게").wait_for()
    assert said.locator(".words").inner_text() == words
    assert said.locator(".author").inner_text() == "<i>민서</i>"
    assert said.locator("img, b, i").count() == 0
    assert "broken" not in live.title()


def test_links_lead_to_the_web_only(live: Page) -> None:
    """An address that is not http or https is shown as words; the others open apart, without a way back to the page."""
    shown = live.evaluate("""async () => {
        const from = [...document.scripts].find((script) => script.type === 'module').src;
        const { article } = await import(new URL('./build.js', from).href);
        const link = (url) => ({ kind: 'link', text: url, url });
        const headline = ['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'file:///etc/passwd', 'https://example.com/a'].map(link);
        const buttons = [{ text: 'bad', url: 'javascript:alert(1)', action: null, value: '', style: 'danger' }];
        const node = article({ id: 'msg_x', author: 'x', person: false, icon: null, posted_at: '2026-01-01T00:00:00Z', edited_at: null,
            message: { tone: 'good', headline, blocks: [{ kind: 'buttons', buttons }] } });
        return [...node.querySelectorAll('a')].map((a) => [a.href, a.rel, a.target]);
    }""")
    assert shown == [["https://example.com/a", "noopener noreferrer", "_blank"]]


PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 2_000, 3_000, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress((b"\0" + b"\x80" * 2_000) * 3_000)), (b"IEND", b""))
)
"""A grey picture, larger than any page."""


def test_pictures_of_a_card_are_shown_and_tell_nobody_who_looks(live: Page, demo: Demo) -> None:
    """They come from where they are, by https, without a referrer and without cookies; what cannot be shown is a link or its words, and no picture is larger
    than its place."""
    asked: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        asked.append({"url": route.request.url, **route.request.headers})
        if route.request.url.endswith("gone.png"):
            route.fulfill(status=404)
        else:
            route.fulfill(body=PNG, content_type="image/png")

    send(live, "push")
    live.wait_for_selector("#rows article:has-text('쿠폰을 두 장 쓰면')")  # the room is looked at, whichever test came before
    live.route("https://pictures.example/**", answer)
    images = [{"image": f"https://pictures.example/{name}.png", "title": name} for name in ("chart", "gone")]
    hostile = ["http://pictures.example/plain.png", "https://ann:hunter2@pictures.example/b.png", "javascript:alert(1)"]
    card = {"title": "Nightly", "sections": [{"activityImage": "https://pictures.example/face.png", "images": [*images, *({"image": one, "title": "other"} for one in hostile)]}]}
    demo.card(card)
    shown = live.locator("#rows article", has_text="Nightly")
    shown.locator("img[alt=chart]").wait_for()
    live.wait_for_function("document.querySelector('img[alt=chart]').naturalWidth === 2000")
    shown.locator("a.picture", has_text="🖼 gone").wait_for()
    places = {alt: shown.locator(f"img[alt='{alt}']").bounding_box() for alt in ("chart", "Image")}
    assert places["chart"] and places["chart"]["height"] <= 280 and places["Image"] and places["Image"]["height"] == 40
    assert shown.locator("img").count() == 2 and shown.get_by_text("🖼 other").count() == 1
    assert [one.get_attribute("href") for one in shown.locator("a", has_text="🖼 other").all()] == [hostile[0]]
    assert {one["url"] for one in asked} == {f"https://pictures.example/{name}.png" for name in ("chart", "gone", "face")}
    assert not any("referer" in one or "cookie" in one for one in asked) and live.evaluate("crossOriginIsolated")
    assert live.evaluate("(log => log.scrollHeight - log.scrollTop - log.clientHeight)(document.getElementById('log'))") < 90


def test_everything_can_be_done_with_the_keyboard(live: Page) -> None:
    """Arrows move through the bar of samples, Enter sends, and the bar is one stop of the Tab key."""
    live.focus('[data-sample="issues.opened"]')
    live.keyboard.press("End")
    live.keyboard.press("ArrowLeft")
    assert live.evaluate("document.activeElement.dataset.sample") == "star"
    live.keyboard.press("Enter")
    live.wait_for_selector("#answer:has-text('star')")
    live.wait_for_selector("#rows article:has-text('haneul-park')")
    assert live.locator("#chips [tabindex='0']").count() == 1


def test_a_phone_shows_it_without_scrolling_sideways(live: Page) -> None:
    """On a small screen channels, messages and a thread fit the width, and the writing field stays in sight."""
    live.set_viewport_size({"width": 360, "height": 700})
    send(live, "issues.opened")
    live.wait_for_selector("#rows article:has-text('Two coupons')")
    assert live.evaluate("document.documentElement.scrollWidth") == 360
    assert live.locator(".log-link").first.is_visible()
    box = live.locator("#text").bounding_box()
    assert box and box["y"] + box["height"] <= 700


def test_the_page_comes_back_by_itself(live: Page, demo: Demo) -> None:
    """The hub stops at once although a page is open; when it is back, so is the page, with what it missed."""
    demo.stop()
    assert "graceful shutdown exceeded" not in demo.said()  # which is what ends whatever the hub did not end itself, five seconds later
    live.wait_for_selector("#link[data-state=lost]")
    demo.start()
    live.wait_for_selector("#link[data-state=live]")
    send(live, "gollum")
    live.wait_for_selector("#rows article:has-text('배포 절차')")
