"""What every test may use."""

import pytest
from browser import browser, page  # noqa: F401  fixtures for every test
from hypothesis import settings
from postgresql import postgres_server, postgres_template, postgres_url  # noqa: F401

# A property is about what is right; how long an example takes on a busy machine is no part of it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the hub does."""
    return "asyncio"
