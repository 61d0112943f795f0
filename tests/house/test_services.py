"""The tests' own servers: a PostgreSQL that comes back with what it committed, a Chromium that shows Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from services.postgres import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_killed_postgres_comes_back_with_what_it_committed() -> None:
    """A test of durability can trust the server: what was committed survives its death."""
    with Server() as server:
        assert server.sql("SHOW fsync") == "on"
        server.sql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
        server.kill()
        with pytest.raises(RuntimeError, match=r"psql"):
            server.sql("SELECT 1")
        server.start()
        assert server.sql("SELECT n FROM kept") == "42"


def test_every_module_gets_an_empty_database(postgres_server: Server, postgres_url: str) -> None:
    """Modules do not see each other's tables."""
    name = postgres_url.rpartition("/")[2]
    assert postgres_server.sql("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'", name) == "0"


def test_a_page_shows_korean(page: Page) -> None:
    """The browser that was found runs scripts and lays out Hangul."""
    page.set_content("<p id=a>위키</p>")
    page.evaluate("document.getElementById('a').append('!')")
    assert page.inner_text("#a") == "위키!"
