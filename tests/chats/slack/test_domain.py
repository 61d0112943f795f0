"""A workspace's name in its address: of the configuration, else of Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from clock import VirtualClock
from fakes.slack import TOKEN, FakeSlack

from leverframe.chats.slack.domain import AGAIN, Domain
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.net import Outbound
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio


@dataclass
class Hub:
    slack: FakeSlack
    outbound: Outbound
    clock: VirtualClock = field(default_factory=VirtualClock)

    def domain(self, **settings: Any) -> Domain:
        """Return the names of a chat's workspaces."""
        made = Settings.model_validate({"bot_token": Secret(TOKEN), "api_url": self.slack.url, **settings})
        return Domain(made, self.outbound, self.clock, Tokens("slack", made))

    @property
    def asked(self) -> int:
        """How many times Slack was asked."""
        return [call.method for call in self.slack.calls].count("auth.test")


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    outbound = Outbound()
    async with FakeSlack() as slack:
        yield Hub(slack, outbound)
        await outbound.close()


async def test_slack_tells_the_name_once(hub: Hub) -> None:
    """However many ask at once, in whatever case; a wrong name is one, and costs Slack at most a call a minute."""
    domain = hub.domain()
    found = []

    async def ask(name: str) -> None:
        found.append(await domain.is_called(name))

    async with anyio.create_task_group() as group:
        for name in ("fake", "Fake", "FAKE"):
            group.start_soon(ask, name)
    assert found == [True, True, True] and hub.asked == 1
    assert [await domain.is_called("other") for _ in range(3)] == [False, False, False] and hub.asked == 1
    hub.clock.advance(seconds=AGAIN.total_seconds())
    assert await domain.is_called("other") is False and hub.asked == 2


async def test_the_configuration_goes_before_slack(hub: Hub) -> None:
    """Where it names one, nothing is asked."""
    domain = hub.domain(subdomain="acme")
    assert (await domain.is_called("Acme"), await domain.is_called("fake"), hub.asked) == (True, False, 0)


@pytest.mark.parametrize("mode", ["down", "garbage"])
async def test_nobody_can_tell_while_slack_is_away(hub: Hub, mode: str) -> None:
    """That is neither yes nor no; what is known stays known, and a later ask learns it."""
    domain = hub.domain()
    hub.slack.mode = mode  # type: ignore[assignment]
    assert await domain.is_called("fake") is None
    hub.slack.mode = "ok"
    assert await domain.is_called("fake") is None, "not again at once"
    hub.clock.advance(seconds=AGAIN.total_seconds())
    assert await domain.is_called("fake") is True
    hub.slack.mode = mode  # type: ignore[assignment]
    hub.clock.advance(seconds=AGAIN.total_seconds())
    assert (await domain.is_called("fake"), await domain.is_called("other")) == (True, None)


async def test_incoming_webhooks_tell_no_name(hub: Hub) -> None:
    """Without a token there is nobody to ask."""
    assert await hub.domain(bot_token=None).is_called("fake") is None and hub.asked == 0
