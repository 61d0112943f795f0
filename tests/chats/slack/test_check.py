"""What ``leverframe doctor`` finds out about a Slack, without saying a word in any room."""

from __future__ import annotations

import pytest
from fakes.slack import SCOPES, TOKEN, FakeSlack

from leverframe.chats.slack.check import Finding, diagnose
from leverframe.chats.slack.settings import Settings
from leverframe.core.errors import PROBLEMS
from leverframe.net import Outbound

pytestmark = pytest.mark.anyio


async def look(fake: FakeSlack, **settings: object) -> dict[str, Finding]:
    outbound = Outbound(total_s=2)
    found = await diagnose(Settings.model_validate({"api_url": fake.url, **settings}), outbound)
    await outbound.close()
    assert fake.messages("#dev") == []
    assert all(finding.code in PROBLEMS for finding in found if finding.level != "ok")
    return {finding.subject: finding for finding in found}


async def test_all_is_well() -> None:
    """A good token says who it is and where; every scope is there."""
    async with FakeSlack(scopes=SCOPES) as fake:
        found = await look(fake, bot_token=TOKEN)
    assert {finding.level for finding in found.values()} == {"ok"}
    assert found["token"].detail == "leverframe (Fake)"


async def test_a_missing_scope_is_named() -> None:
    """Without chat:write nothing works; without the others something optional does not."""
    async with FakeSlack(scopes=("commands",)) as fake:
        found = await look(fake, bot_token=TOKEN)
    levels = {subject: finding.level for subject, finding in found.items()}
    assert levels == {"token": "ok", "scope chat:write": "error", "scope chat:write.public": "warning", "scope chat:write.customize": "warning"}


async def test_a_wrong_token_is_found() -> None:
    """The code tells which remedy to show."""
    async with FakeSlack() as fake:
        found = await look(fake, bot_token="xoxb-wrong")
    assert found["token"].code == "slack_invalid_auth"


async def test_a_slack_that_is_not_there_is_found() -> None:
    """No connection is told apart from a wrong token."""
    async with FakeSlack() as fake:
        found = await look(fake, bot_token=TOKEN, api_url="http://127.0.0.1:1/api/")
    assert found["token"].code == "slack_unreachable"


async def test_webhooks_are_tried_without_a_message() -> None:
    """A live webhook refuses an empty message, a revoked one does not know it."""
    async with FakeSlack(channels=["dev"]) as fake:
        found = await look(fake, webhooks={"#dev": fake.webhook("#dev"), "#gone": fake.url.replace("/api/", "/services/T0/B0/gone")})
    assert (found["webhook #dev"].level, found["webhook #gone"].code) == ("ok", "slack_no_service")


async def test_nothing_configured_is_found() -> None:
    """A chat without token and webhooks can reach nobody."""
    async with FakeSlack() as fake:
        found = await look(fake)
    assert found["token"].code == "slack_not_authed"
