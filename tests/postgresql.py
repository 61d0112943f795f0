"""Fixtures of a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from services.postgres import Server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One PostgreSQL for the whole run, started by the first test that asks. A test that kills it makes a ``Server`` of its own."""
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of an empty database, fresh for this module."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)
