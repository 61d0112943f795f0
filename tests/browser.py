"""Fixtures of a real Chromium.

They use Playwright's synchronous interface, which holds the thread's event loop while the browser is open: a module that uses them has no
async tests. Start what is to be looked at as a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from services import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, one for the module."""
    from playwright.sync_api import sync_playwright  # here, so that tests without a browser do not pay for the import

    path = chromium.find()
    assert path is not None, "No Chromium that runs was found; make test installs one, or says how"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*chromium.FLAGS, *root])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page with its own cookies; what its scripts throw, or its content security policy refuses, fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US", timezone_id="Asia/Seoul")
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))

    def refused(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            errors.append(message.text)

    opened.on("console", refused)
    yield opened
    context.close()
    assert errors == []
