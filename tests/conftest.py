"""What every test may use."""

import pytest
from browser import browser, page  # noqa: F401  fixtures for every test
from postgresql import postgres_server, postgres_url  # noqa: F401


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the hub does."""
    return "asyncio"
