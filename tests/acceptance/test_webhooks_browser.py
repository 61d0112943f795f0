"""A project's webhooks in a real browser that runs no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from acceptance.test_playground_browser import PATIENCE_S, Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ELSEWHERE = "https://93.184.216.34/hook"
"""An address, not a name: a test machine may have no resolver."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own."""
    made = Demo(tmp_path_factory.mktemp("webhooks") / "demo")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def plain(browser: Browser, demo: Demo) -> Iterator[Page]:
    """A page without scripts, with the demo's administrator at it."""
    context = browser.new_context(java_script_enabled=False, locale="ko-KR", viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{demo.url}/console/webhooks")
    page.click("button.primary")  # it is a demo: it lets you in
    page.click("button.primary")
    page.wait_for_url("**/console/webhooks")
    yield page
    context.close()


def test_from_the_form_to_the_list_to_a_new_secret_to_nothing(plain: Page) -> None:
    """Somebody opens a project, writes an address of the inside and is told, corrects it, has a secret made, rotates it, and removes the webhook."""
    plain.fill("[name=project]", "acme/web")
    plain.click("form.filters button")
    plain.wait_for_url("**/acme/web/webhooks")
    plain.fill("[name=payloadUrl]", "http://127.0.0.1:9099/hook")
    plain.fill("[name=secret]", "hush-hush")
    plain.check("[name=format][value=github]")
    plain.check("[name=events][value=issue]")
    plain.click("form.hook button.primary")
    assert "[outbound]" in plain.inner_text("[role=alert]")
    assert plain.input_value("[name=payloadUrl]") == "http://127.0.0.1:9099/hook" and plain.is_checked("[name=events][value=issue]")
    assert plain.input_value("[name=secret]") == "" and "hush-hush" not in plain.content()
    plain.fill("[name=payloadUrl]", ELSEWHERE)
    plain.fill("[name=secret]", "hush-hush")
    plain.click("form.hook button.primary")
    plain.wait_for_url("**/acme/web/webhooks")
    assert ELSEWHERE in plain.inner_text("table") and "issue" in plain.inner_text("table")
    plain.click(f"text={ELSEWHERE}")
    plain.wait_for_url("**/webhooks/sub_*")
    plain.click("details.part:has([value=rotate]) summary")
    plain.click("button[value=rotate]")
    assert plain.input_value("input.secret").startswith("whsec_")
    plain.reload()
    plain.click("details.part:has([value=rotate]) summary")
    plain.check("[name=remove]")
    plain.select_option("[name=overlap]", "0")
    plain.click("button[value=rotate]")
    plain.wait_for_url("**/webhooks/sub_*?done=rotate")
    assert "서명하지 않습니다" in plain.inner_text("dl.facts")
    plain.click("button[value=pause]")
    plain.wait_for_url("**/webhooks/sub_*?done=pause")
    assert plain.locator(".state.paused").count() == 1
    plain.click("details.part:has(button.danger) summary")
    plain.click("button.danger")
    plain.wait_for_url("**/acme/web/webhooks")
    assert ELSEWHERE not in plain.content()
