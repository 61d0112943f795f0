"""What the engine's tests use."""

from collections.abc import AsyncIterator

import pytest
from databases import clock, database, database_url  # noqa: F401
from fakes.slack import FakeSlack


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """A workspace with a few channels."""
    async with FakeSlack(channels=["dev", "ops", "dead"]) as fake:
        yield fake


@pytest.fixture
def sqlite_url(tmp_path: object) -> str:
    """The address of an empty SQLite store, where the kind does not matter."""
    return f"sqlite:///{tmp_path}/hub.db"
