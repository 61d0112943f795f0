"""The back office in a real browser, on the demo: an edit goes from saved over building to live, and two editors meet."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from acceptance.test_playground_browser import PATIENCE_S, Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own."""
    made = Demo(tmp_path_factory.mktemp("sites") / "demo")
    made.start()
    yield made
    made.stop()


def sign_in(page: Page, demo: Demo) -> None:
    """Come in as the demo's administrator, to the sites."""
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{demo.url}/console/sites")
    page.click("button.primary")  # it is a demo: it lets you in
    page.wait_for_url("**/login?*")
    page.click("button.primary")
    page.wait_for_url("**/console/sites")


def test_an_edit_goes_from_saved_to_live(page: Page, demo: Demo) -> None:
    """The preview follows the words, a picture is added in place, and after saving the banner changes by itself until readers see it."""
    sign_in(page, demo)
    page.goto(f"{demo.url}/console/entries/blog/posts/first-week")
    page.wait_for_selector(".rendered strong:has-text('Monday')")
    page.fill("[name='f.title']", "첫 주")
    page.fill("textarea.markdown", "## 다시 쓴 글\n\n<script>document.title = 'broken'</script>")
    page.wait_for_selector(".rendered h2:has-text('다시 쓴 글')")
    page.set_input_files(".type-markdown .add input", {"name": "그림 1.png", "mimeType": "image/png", "buffer": PICTURE})
    page.wait_for_selector(".rendered img[src^='/console/files/blog/images/']")
    page.wait_for_function("[...document.querySelectorAll('.rendered img')].every((one) => one.complete && one.naturalWidth === 1)")
    page.click("[name=save]")
    page.wait_for_selector("h1:has-text('첫 주')")
    page.evaluate("window.never_reloaded = true")
    page.wait_for_selector(".publication.stage-live")
    assert page.evaluate("window.never_reloaded") and "broken" not in page.title()
    written = (demo._folder / "content" / "posts" / "first-week.md").read_text()
    assert "title: 첫 주\n" in written and "layout: post   # what the generator needs, and no form shows" in written and "![](/images/" in written


def test_a_file_that_does_not_arrive_is_told(page: Page, demo: Demo) -> None:
    """Three dots were all that was said where something on the way refused it in its own words; a bracket in a file's name ended its link."""
    sign_in(page, demo)
    page.goto(f"{demo.url}/console/entries/blog/posts/first-week")
    page.fill("textarea.markdown", "")
    where, file = ".type-markdown .add input", {"name": "계획]안[.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    page.route("**/console/upload/**", lambda route: route.fulfill(status=413, content_type="text/html", body="<h1>413</h1>"))
    page.set_input_files(where, file)
    page.wait_for_selector(".type-markdown [role=status]:has-text('smaller'), .type-markdown [role=status]:has-text('더 작은')")
    page.unroute("**/console/upload/**")
    page.set_input_files(where, file)
    page.wait_for_selector(".rendered a[href*='/images/']:has-text('계획]안[.pdf')")


def test_what_was_not_saved_is_not_lost(page: Page, demo: Demo) -> None:
    """A session that is over when somebody saves, or a step to another page, costs nothing of what was written: the form has it again, and it is gone
    once it is saved. Whoever changed the entry meanwhile is not written over."""
    sign_in(page, demo)
    path = f"{demo.url}/console/entries/blog/posts/colours"
    page.goto(path)
    page.fill("[name='f.title']", "Colours, told anew")
    page.fill("textarea.markdown", "one two")
    page.select_option("[name='f.author']", "mina")
    page.evaluate("document.querySelector('textarea.markdown').setSelectionRange(4, 7)")
    page.click(".tools [data-around]")
    page.click(".tools [data-line='- ']")
    assert page.input_value("textarea.markdown") == "- one **two**"
    page.context.clear_cookies()
    page.click("[name=save]")
    page.wait_for_selector("text=sign_in_required")
    sign_in(page, demo)
    elsewhere = page.context.new_page()
    elsewhere.goto(path)
    elsewhere.fill("[name='f.title']", "Of somebody else")
    elsewhere.click("[name=save]")
    elsewhere.wait_for_selector("h1:has-text('Of somebody else')")
    page.goto(path)
    page.wait_for_selector(".note:has-text('did not save')")
    assert page.input_value("[name='f.title']") == "Colours, told anew" and page.input_value("[name='f.author']") == "mina"
    page.wait_for_selector(".rendered li strong:has-text('two')")
    page.click("[name=save]")
    page.wait_for_selector(".conflict:has-text('Of somebody else')")
    page.click("[name=save]")
    page.wait_for_selector("h1:has-text('Colours, told anew')")
    page.goto(path)
    assert page.locator(".note").count() == 0
    page.fill("[name='f.title']", "a whim")
    page.on("dialog", lambda asked: asked.accept())
    page.goto(f"{demo.url}/console/sites/blog/posts")
    page.goto(path)
    page.click(".note:has-text('did not save') button")
    page.wait_for_function("document.querySelector(\"[name='f.title']\").value === 'Colours, told anew'")


def test_two_editors_and_no_scripts(browser: Browser, demo: Demo) -> None:
    """Without scripts everything works: the second editor is shown both versions in Korean, and nothing was overwritten."""
    contexts = [browser.new_context(java_script_enabled=False, locale="ko-KR") for _ in range(2)]
    first, second = (context.new_page() for context in contexts)
    try:
        for page in (first, second):
            sign_in(page, demo)
            page.goto(f"{demo.url}/console/entries/blog/authors/jonas")
        first.fill("[name='f.name']", "Jonas W.")
        first.click("[name=save]")
        first.wait_for_selector(".publication")
        second.fill("[name='f.name']", "J. Weber")
        second.click("[name=save]")
        assert second.locator(".conflict h2").inner_text().startswith("그사이 다른 사람이 고쳤습니다")
        assert second.locator(".versions td").all_inner_texts() == ["Jonas W.", "J. Weber"]
        author = demo._folder / "content" / "authors" / "jonas.json"
        assert "Jonas W." in author.read_text() and second.input_value("[name='f.name']") == "J. Weber"
        second.click("[name=save]")
        second.wait_for_selector("h1:has-text('J. Weber')")
        assert "J. Weber" in author.read_text()
        second.goto(f"{demo.url}/console/delete/blog/authors/jonas")
        second.click("button.danger")
        assert "다음 항목이 참조하고 있어" in second.locator(".note.wrong").inner_text()
        second.goto(f"{demo.url}/console/sites/blog/posts/new")
        second.fill("[name='f.title']", "새 글")
        second.select_option("[name='f.author']", "mina")
        second.fill("textarea.markdown", "본문 **굵게**")
        second.click("[name=preview]")
        assert second.locator("#preview strong").inner_text() == "굵게"
        second.click("[name=save]")
        second.wait_for_selector("h1:has-text('새 글')")
    finally:
        for context in contexts:
            context.close()
