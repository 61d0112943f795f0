"""Pulling levers on the playground's page, in a real browser: commands, answers that one person sees, forms, buttons, a second person."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from services.ports import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

PATIENCE_S = 30
TESTS = Path(__file__).parents[1]


@contextmanager
def hub(folder: Path, locale: str) -> Iterator[str]:
    """A hub with one lever as a process of its own; gives its address."""
    port = free_port()
    with (folder / "hub.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "acceptance.small_lever_hub", str(port), str(folder), locale],
            stdout=log, stderr=log, cwd=TESTS, env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)])},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/playground", timeout=2):
                    break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (folder / "hub.log").read_text()
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with hub(tmp_path_factory.mktemp("levers"), "en") as url:
        yield url


@pytest.fixture(scope="module")
def korean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with hub(tmp_path_factory.mktemp("levers"), "ko") as url:
        yield url


def opened(page: Page, url: str, person: str = "ann") -> Page:
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{url}/playground")
    page.wait_for_selector("#link[data-state=live]")
    page.select_option("#person", person)
    page.wait_for_selector("#link[data-state=live]")
    return page


@pytest.fixture
def live(english: str, page: Page) -> Page:
    """The page of ann."""
    return opened(page, english)


@pytest.fixture
def second(english: str, browser: Browser) -> Iterator[Page]:
    """The page of bob, in a browser of his own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    yield opened(context.new_page(), english, "bob")
    context.close()


def say(page: Page, line: str) -> None:
    page.fill("#text", line)
    page.press("#text", "Enter")
    page.wait_for_selector(f"#rows article .words:has-text({line!r})")


def test_what_is_answered_to_one_person_is_seen_by_nobody_else(live: Page, second: Page) -> None:
    """The line stands in the channel for everybody; a refusal is shown below it to who wrote it, as text, until it is dismissed."""
    say(live, "/frobnicate now")
    whisper = live.locator("#rows article.whisper", has_text="There is no command frobnicate now <b>here</b>")
    whisper.wait_for()
    assert "Only you see this" in whisper.inner_text()
    assert live.locator("#rows article").last.get_attribute("class").startswith("message whisper")  # type: ignore[union-attr]
    second.wait_for_selector("#rows article:has-text('/frobnicate now')")
    say(second, "did you see that?")
    live.wait_for_selector("#rows article:has-text('did you see that?')")
    assert second.locator("article.whisper").count() == 0
    whisper.locator("[data-dismiss]").click()
    whisper.wait_for(state="detached")


def test_what_is_too_long_is_refused_whole_and_stays(live: Page) -> None:
    """Of 20,000 characters the first 4,000 were once taken, and the rest was gone without a word: half a command is another command."""
    live.fill("#text", f"/deploy web-app staging {'x' * 20_000}")
    live.press("#text", "Enter")
    live.wait_for_selector("[role=alert]:has-text('1 to 4000 characters')")
    assert len(live.input_value("#text")) == 20_024
    assert live.locator("#rows article", has_text="xxxx").count() == 0
    live.fill("#text", "")


def test_an_act_is_answered_for_everybody(live: Page, second: Page) -> None:
    """What the hub says in public is a message of the channel, on every page at once; talk is answered with nothing."""
    say(live, "what about /deploy?")
    say(live, "!deploy web-app staging")
    for page in (live, second):
        page.wait_for_selector("#rows article:has-text('🚀 web-app → staging by ann')")
    assert live.locator("article.whisper").count() == 0


def test_a_thread_is_answered_in_the_thread(live: Page) -> None:
    """A command in a thread is answered there, in public and for one alone; the channel counts only what everybody sees."""
    say(live, "a thread about the api")
    live.locator("#rows article", has_text="a thread about the api").locator(".begin-thread").click()
    live.fill("#reply-text", "!deploy api staging")
    live.press("#reply-text", "Enter")
    live.wait_for_selector("#thread-rows article:has-text('api → staging by ann')")
    live.fill("#reply-text", "@leverframe nonsense")
    live.press("#reply-text", "Enter")
    live.wait_for_selector("#thread-rows article.whisper:has-text('There is no command nonsense')")
    live.wait_for_selector("#rows article:has-text('a thread about the api') .open-thread:has-text('3 replies')")
    assert live.locator("#rows article.whisper").count() == 0


def test_a_form_is_filled_in_corrected_and_sent(live: Page, second: Page) -> None:
    """The command alone opens its form; what is wrong stands at its field, and what comes of it is said to everybody."""
    say(live, "/deploy")
    dialog = live.locator("dialog.form")
    dialog.wait_for()
    assert dialog.locator("h2").inner_text() == "Deploy"
    assert dialog.locator("#field-service option").all_inner_texts() == ["Choose…", "web-app", "api"]
    dialog.locator(".primary").click()
    assert live.evaluate("document.querySelector('#field-service').matches(':invalid') && document.querySelector('dialog').open")
    live.select_option("#field-service", "web-app")
    live.select_option("#field-environment", "staging")
    live.fill("#field-ref", "x")
    dialog.locator(".primary").click()
    dialog.locator("#field-ref-error", has_text="There is no such branch <i>x</i>").wait_for()
    assert dialog.locator(".wrong").inner_text() == "and something else"
    assert live.evaluate("document.activeElement.id") == "field-ref"
    live.fill("#field-ref", "main")
    live.press("#field-ref", "Enter")
    dialog.wait_for(state="detached")
    second.locator("#rows article", has_text="🚀 web-app → staging by ann").last.wait_for()


def test_a_form_can_be_left(live: Page) -> None:
    """Escape closes the form and nothing is asked; the thread beside it stays open."""
    say(live, "a thread that stays")
    live.locator("#rows article", has_text="a thread that stays").locator(".begin-thread").click()
    live.fill("#reply-text", "!deploy")
    live.press("#reply-text", "Enter")
    live.wait_for_selector("dialog.form")
    live.keyboard.press("Escape")
    live.wait_for_selector("dialog.form", state="detached")
    assert live.locator("#thread").is_visible()


def test_a_second_person_approves_and_the_card_changes_for_both(live: Page, second: Page) -> None:
    """Who asked is refused, for their eyes only; somebody else's click edits the card on every page, and its buttons are gone."""
    say(live, "/deploy web-app production")
    for page in (live, second):
        page.wait_for_selector("#rows article:has-text('web-app → production needs approval') [data-action=approve]")
    assert live.locator("#rows article a.action", has_text="The run").get_attribute("href") == "https://ci.example.com/1"
    live.click("[data-action=approve]")
    live.wait_for_selector("article.whisper:has-text('You asked for it yourself')")
    assert live.locator("[data-action=approve]").is_enabled()
    second.dblclick("[data-action=approve]")
    for page in (live, second):
        page.wait_for_selector("#rows article:has-text('👍 web-app → production approved by bob, 1 vote') .edited")
        assert page.locator("#rows article", has_text="approved by bob").locator(".action").count() == 0
    assert second.locator("article.whisper").count() == 0


def test_one_person_can_be_two(live: Page) -> None:
    """With one page alone a newcomer asks as ann and approves as bob; what ann was told is not shown to bob."""
    say(live, "/deploy web-app production")
    live.locator("#rows article", has_text="needs approval").last.locator("[data-action=approve]").click()
    live.wait_for_selector("article.whisper")
    live.select_option("#person", "bob")
    live.wait_for_selector("article.whisper", state="detached")
    live.locator("#rows article", has_text="needs approval").last.locator("[data-action=approve]").click()
    live.locator("#rows article", has_text="approved by bob").last.wait_for()
    live.reload()
    assert live.locator("#person").input_value() == "bob"


def test_the_hub_can_say_something_to_one_person_later(live: Page, second: Page) -> None:
    """A word to bob shows on bob's open page and on nobody else's."""
    say(live, "/tell bob your build is green")
    second.wait_for_selector("article.whisper:has-text('your build is green')")
    say(live, "and now?")
    assert live.locator("article.whisper").count() == 0


def test_the_box_completes_commands(live: Page) -> None:
    """A slash lists the commands with usage and summary; arrows, Tab and Enter fill in the words, and a finished line is sent."""
    live.locator("#text").press_sequentially("/dep")
    offered = live.locator("#text-menu [role=option]")
    offered.first.wait_for()
    assert "/deploy SERVICE ENV [REF]" in offered.first.inner_text() and "Deploy a service" in offered.first.inner_text()
    live.press("#text", "Tab")
    assert live.input_value("#text") == "/deploy "
    offered.nth(1).wait_for()
    assert offered.all_inner_texts() == ["web-app", "api"]
    live.press("#text", "ArrowDown")
    live.press("#text", "ArrowDown")
    assert live.locator("#text-menu [aria-selected=true]").inner_text() == "api"
    assert live.get_attribute("#text", "aria-activedescendant") == "text-menu-1"
    live.press("#text", "Enter")
    assert live.input_value("#text") == "/deploy api "
    offered.first.wait_for()
    live.keyboard.type("staging")
    live.press("#text", "Enter")
    live.wait_for_selector("#rows article:has-text('🚀 api → staging by ann')")
    assert live.input_value("#text") == ""


def test_tab_may_come_before_the_offers_for_the_last_letters(live: Page) -> None:
    """Who types on and presses Tab at once means what is still offered: on a slow machine Tab left the box with half a word in it."""
    live.locator("#text").press_sequentially("/d")
    live.locator("#text-menu [role=option]").first.wait_for()
    held: list[Route] = []
    live.route("**/playground/completions?*", lambda route: held.append(route))
    live.keyboard.type("ep")
    live.press("#text", "Tab")
    assert live.input_value("#text") == "/deploy "
    live.keyboard.type("w")
    live.press("#text", "Tab")  # there is no list any more: the key is the browser's
    assert live.input_value("#text") == "/deploy w"
    for one in held:
        one.abort()
    live.unroute_all()


def test_what_would_complete_a_line_comes_too_late_when_it_is_sent(live: Page) -> None:
    """The list asked for just before Enter arrived while the line was being sent, opened, and lay over the buttons from then on."""
    held: list[Route] = []
    live.route("**/playground/completions?*", lambda route: held.append(route))
    live.route("**/playground/messages", lambda route: held.append(route))
    for act, count in ((lambda: live.fill("#text", "/status web-app"), 1), (lambda: live.press("#text", "Enter"), 2)):
        act()
        deadline = time.monotonic() + PATIENCE_S
        while len(held) < count:
            assert time.monotonic() < deadline
            live.wait_for_timeout(20)
    with live.expect_response("**/playground/completions?*"):
        held[0].continue_()
    live.wait_for_timeout(50)
    held[1].continue_()
    live.unroute_all()
    live.wait_for_selector("#text:placeholder-shown")
    live.wait_for_timeout(100)
    assert live.locator("#text-menu").is_hidden()


def test_the_arrow_brings_back_the_last_line(live: Page) -> None:
    """Up goes back through what was sent, down comes forth again; a line that is being written is left alone."""
    say(live, "first line")
    say(live, "second line")
    live.press("#text", "ArrowUp")
    assert live.input_value("#text") == "second line"
    live.press("#text", "ArrowUp")
    assert live.input_value("#text") == "first line"
    live.press("#text", "ArrowDown")
    live.press("#text", "ArrowDown")
    assert live.input_value("#text") == ""
    live.fill("#text", "third")
    live.press("#text", "ArrowUp")
    assert live.input_value("#text") == "third"


def test_the_page_says_what_to_try_and_speaks_korean(korean: str, page: Page) -> None:
    """A newcomer finds a line to send; form, completion and the words around an answer are in Korean."""
    opened(page, korean)
    page.click("[data-try='/deploy web-app staging']")
    assert page.input_value("#text") == "/deploy web-app staging"
    page.fill("#text", "/배포")
    page.locator("#text-menu").wait_for(state="hidden")
    page.fill("#text", "/sta")
    page.wait_for_selector("#text-menu [role=option]:has-text('어디에 무엇이')")
    say(page, "/없는명령 하나")
    page.wait_for_selector("article.whisper:has-text('나에게만 보입니다')")
    say(page, "/deploy")
    page.wait_for_selector("dialog.form h2:has-text('배포')")
    assert page.locator("#field-ref + small").inner_text() == "비워 두면 기본 브랜치를 배포합니다."


def test_a_phone_shows_forms_and_the_menu_without_scrolling_sideways(live: Page) -> None:
    """On a small screen the menu, the person's choice and a form fit the width."""
    live.set_viewport_size({"width": 360, "height": 700})
    live.locator("#text").press_sequentially("/")
    live.wait_for_selector("#text-menu [role=option]")
    menu = live.locator("#text-menu").bounding_box()
    assert menu and menu["x"] >= 0 and menu["x"] + menu["width"] <= 360 and menu["y"] >= 0
    assert live.locator("#person").is_visible()
    live.press("#text", "Escape")
    say(live, "/deploy")
    form = live.locator("dialog.form").bounding_box()
    assert form and form["x"] >= 0 and form["x"] + form["width"] <= 360
    assert live.evaluate("document.documentElement.scrollWidth") == 360
