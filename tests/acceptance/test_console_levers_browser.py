"""Deploying from the console in a real browser: the pages follow what happens by themselves, and work without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from acceptance.test_playground_browser import PATIENCE_S, Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own."""
    made = Demo(tmp_path_factory.mktemp("console") / "demo")
    made.start()
    yield made
    made.stop()


def sign_in(page: Page, demo: Demo) -> None:
    """Come in as the demo's administrator."""
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{demo.url}/console/deployments")
    page.click("button.primary")  # it is a demo: it lets you in
    page.wait_for_url("**/login?*")
    page.click("button.primary")
    page.wait_for_url("**/console/deployments")


def deploy(page: Page, environment: str) -> str:
    """Fill the form in and send it; return the new deployment's id."""
    page.goto(f"{page.url.partition('/console')[0]}/console/do/deploy?service=web-app&environment={environment}")
    page.fill("[name=ref]", "main")
    page.click("form.command button.primary")
    page.wait_for_url("**/console/deployments/dep_*")
    return page.url.rpartition("/")[2]


def test_a_page_follows_a_deployment_without_a_reload(page: Page, demo: Demo) -> None:
    """From the form to success: the card changes by itself, and so does the board."""
    sign_in(page, demo)
    deploy(page, "staging")
    page.evaluate("window.never_reloaded = true")
    page.wait_for_selector(".headline .state.succeeded")
    assert page.evaluate("window.never_reloaded")
    page.goto(f"{demo.url}/console/deployments")
    page.wait_for_selector(".board a.live")
    assert re.search("main", page.locator(".board a.live").first.inner_text())


def test_what_somebody_writes_is_not_taken_away(page: Page, demo: Demo) -> None:
    """While somebody chooses in a filter the page stays as it is; afterwards it shows what is new."""
    sign_in(page, demo)
    page.focus("select[name=state]")
    id = page.evaluate(
        """async () => {
            const form = new DOMParser().parseFromString(await (await fetch("/console/do/deploy")).text(), "text/html").querySelector("form.command");
            const fields = new URLSearchParams({...Object.fromEntries(new FormData(form)), service: "web-app", environment: "staging"});
            return (await fetch("/console/do/deploy", {method: "POST", body: fields})).url.split("/").pop();
        }"""
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # what has the page look at once
    page.evaluate("fetch('/healthz').then(() => undefined)")  # an answer would have come by now
    assert page.locator(f"a.id:has-text('{id}')").count() == 0
    page.locator("select[name=state]").blur()
    page.wait_for_selector(f"a.id:has-text('{id}')")


def test_everything_works_without_scripts(browser: Browser, demo: Demo) -> None:
    """Form, page, refusal and cancel are plain HTML."""
    context = browser.new_context(java_script_enabled=False, locale="ko-KR")
    page = context.new_page()
    try:
        sign_in(page, demo)
        assert page.locator("h1").inner_text() == "배포"
        deploy(page, "staging")
        page.click(".levers button:has-text('취소')")
        page.wait_for_url("**/console/deployments/dep_*")
        page.goto(f"{demo.url}/console/do/deploy")
        page.select_option("[name=service]", "web-app")
        page.select_option("[name=environment]", "staging")
        page.fill("[name=ref]", "bad..ref")
        page.click("form.command button.primary")
        assert page.locator(".field .bad").inner_text().startswith("브랜치, 태그, 커밋 이름이 될 수 없습니다.")
    finally:
        context.close()
