"""Secrets that people type into a chat are not in the audit, in whatever way the line was understood, or was not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from clock import VirtualClock

from leverframe.store import tables
from work.box import Box, box

pytestmark = pytest.mark.anyio
BODY = "0123456789abcdefABCDEF"
SECRETS = ["".join(parts) + BODY for parts in (("xox", "b-12345678-"), ("gh", "p_"), ("wh", "sec_"), ("github", "_pat_"))]


@pytest.fixture
async def hub(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Box]:
    """A box with web-app on staging and production."""
    async with box(sqlite_url, clock) as made:
        yield made


@pytest.mark.parametrize("secret", [*SECRETS, f"-----BEGIN RSA PRIVATE KEY-----{BODY}-----END RSA PRIVATE KEY-----", f"password={BODY}"])
@pytest.mark.parametrize("line", ["deploy web-app staging {}", "deploy {} staging", "lock web-app staging 1h {}", "{}", 'approve dep_1 reason="{}"', "deploi {}"])
async def test_no_secret_of_a_line_is_in_the_audit(hub: Box, line: str, secret: str) -> None:
    """As an argument, as a reason, as a command that there is not: acts and refusals alike."""
    await hub.say("ann", line.format(secret))
    await hub.say("dan", line.format(secret))
    await hub.run(seconds=60)
    assert BODY not in str(await hub.rows(sa.select(tables.audit)))
