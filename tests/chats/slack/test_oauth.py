"""Installing the app and renewing its tokens, over HTTP with a strict Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from clock import VirtualClock
from databases import clock, database, database_url  # noqa: F401
from fakes.slack import FakeSlack
from fakes.slack_apps import Installation as Given

from leverframe.chats.slack.manifest import Features
from leverframe.chats.slack.oauth import SlackInstall
from leverframe.chats.slack.send import SlackChat
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.delivery import Delivered, Retryable
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.net import Outbound
from leverframe.ports import Installation, Posting
from leverframe.secrets import Secret
from leverframe.store.installations import Installations

pytestmark = pytest.mark.anyio

POSTING = Posting(id="1", room="#dev", message=Message(headline=(Text("hi"),)))


@dataclass
class Hub:
    slack: FakeSlack
    outbound: Outbound
    clock: VirtualClock
    database: Any
    vault: Installations

    async def kept(self) -> Installation:
        """Return the one installation that is kept."""
        [kept] = await self.vault.installations("slack")
        return kept

    def settings(self, **changed: Any) -> Settings:
        return Settings(**({"client_id": "1.2", "client_secret": Secret("client-secret"), "api_url": self.slack.url} | changed))

    def install(self, tokens: Tokens | None = None, **changed: Any) -> tuple[SlackInstall, Tokens]:
        settings = self.settings(**changed)
        tokens = tokens or Tokens("slack", settings)
        return SlackInstall(settings, self.outbound, self.clock, self.vault, tokens, url="https://hub.example.com", features=Features(mentions=True)), tokens


@pytest.fixture
async def hub(database: Any, clock: VirtualClock) -> AsyncIterator[Hub]:  # noqa: F811
    outbound = Outbound()
    async with FakeSlack(channels=["dev"]) as slack:
        yield Hub(slack, outbound, clock, database, Installations(database, [b"k" * 32]))
        await outbound.close()


async def test_the_way_to_slack_asks_for_what_the_manifest_asks_for(hub: Hub) -> None:
    """Client, scopes, redirect and state; the workspace where one is configured."""
    install, _ = hub.install(team_id="T1")
    parts = urlsplit(install.authorize("state"))
    asked = {name: value for name, [value] in parse_qs(parts.query).items()}
    assert parts.path == "/oauth/v2/authorize" and "client-secret" not in parts.query
    assert (asked["client_id"], asked["state"], asked["team"]) == ("1.2", "state", "T1")
    assert asked["redirect_uri"] == "https://hub.example.com/slack/oauth_redirect"
    assert {"commands", "chat:write", "app_mentions:read", "incoming-webhook"} <= set(asked["scope"].split(","))


async def test_a_code_becomes_a_token_that_is_kept_and_used(hub: Hub) -> None:
    """Before, messages wait; after, the bot speaks; a hub that starts again knows it."""
    hub.slack.installations["code-1"] = Given(token=hub.slack.token)
    install, tokens = hub.install()
    chat = SlackChat("slack", hub.settings(), hub.outbound, tokens)
    assert chat.check_room("#dev") is None
    assert isinstance(await chat.post(POSTING), Retryable)
    made = await install.exchange("code-1")
    assert (made.team, made.app, made.bot_user, made.by, made.expires_at) == ("T1", "A1", "U0BOT", "U1", None)
    assert "chat:write" in made.scopes and hub.slack.token not in repr(made)
    assert isinstance(await chat.post(POSTING), Delivered)
    again, tokens = hub.install()
    await again.load()
    assert tokens.of("T1") == tokens.of() == hub.slack.token and hub.slack.token not in repr(tokens)


@pytest.mark.parametrize(
    ("changed", "code", "detail"),
    [
        ({}, "slack_install_failed", "invalid_code"),
        ({"client_secret": Secret("wrong")}, "slack_install_failed", "bad_client_secret"),
        ({"client_id": "9"}, "slack_install_failed", "invalid_client_id"),
    ],
)
async def test_what_slack_refuses_is_told(hub: Hub, changed: dict[str, Any], code: str, detail: str) -> None:
    """With Slack's own word, and nothing kept."""
    install, _ = hub.install(**changed)
    with pytest.raises(Refused) as refused:
        await install.exchange("nope")
    assert refused.value.code == code and detail in refused.value.detail
    assert await hub.vault.installations("slack") == []


async def test_another_workspace_or_app_is_not_taken(hub: Hub) -> None:
    """Where team_id or app_id is set, an installation elsewhere gives the hub nothing."""
    for changed, code in (({"team_id": "T2"}, "slack_team_unknown"), ({"app_id": "A2"}, "slack_app_unknown")):
        hub.slack.installations["code"] = Given()
        install, tokens = hub.install(**changed)
        with pytest.raises(Refused) as refused:
            await install.exchange("code")
        assert refused.value.code == code and tokens.of() is None and await hub.vault.installations("slack") == []


@pytest.mark.parametrize("mode", ["down", "garbage", "lost", "half", "limited"])
async def test_slacks_troubles_are_told(hub: Hub, mode: Any) -> None:
    """Nothing else than a refusal comes of them."""
    hub.slack.mode = mode
    install, _ = hub.install()
    with pytest.raises(Refused, match="slack_install_failed"):
        await install.exchange("code")


async def test_tokens_that_end_are_renewed_in_time(hub: Hub) -> None:
    """Two hours before, with the refresh token that is good for once; the new one is kept and used."""
    hub.slack.installations["code"] = Given(token="xoxe.xoxb-first", rotating=True)
    install, tokens = hub.install()
    await install.exchange("code")
    await install.renew()
    assert tokens.of() == "xoxe.xoxb-first"
    await hub.clock.sleep(timedelta(hours=10, seconds=1).total_seconds())
    await install.renew()
    second = tokens.of()
    assert second not in (None, "xoxe.xoxb-first") and (await hub.kept()).token == second
    assert (await hub.kept()).by == "U1"
    await install.renew()
    assert tokens.of() == second


async def test_a_token_that_cannot_be_renewed_is_tried_again(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """Slack being away costs nothing while the token lives; the log says so."""
    hub.slack.installations["code"] = Given(rotating=True)
    install, tokens = hub.install()
    await install.exchange("code")
    first = tokens.of()
    await hub.clock.sleep(timedelta(hours=11).total_seconds())
    hub.slack.mode = "down"
    await install.renew()
    assert tokens.of() == first and "was not renewed" in caplog.text and str(first) not in caplog.text
    hub.slack.mode = "ok"
    await install.renew()
    assert tokens.of() != first


async def test_a_renewed_token_that_is_not_kept_yet_is_kept_later(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack has made the former one void: the new one is used, and kept as soon as it can be."""
    hub.slack.installations["code"] = Given(rotating=True)
    install, tokens = hub.install()
    await install.exchange("code")
    await hub.clock.sleep(timedelta(hours=11).total_seconds())
    monkeypatch.setattr(hub.database, "write", away)
    with pytest.raises(Refused, match="storage_unavailable"):
        await install.renew()
    second = tokens.of()
    assert (await hub.kept()).token != second
    await install.load()
    assert tokens.of() == second, "what is kept is older than what is used"
    monkeypatch.undo()
    await install.renew()
    assert (await hub.kept()).token == second == tokens.of()


async def away(*args: object, **kwargs: object) -> None:
    """Stand in for a database that takes nothing."""
    raise Refused("storage_unavailable")


async def test_another_process_may_have_renewed_it(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """The one that comes second finds the refresh token used, and takes what the first one kept."""
    hub.slack.installations["code"] = Given(rotating=True)
    first, tokens = hub.install()
    await first.exchange("code")
    second, others = hub.install()
    await second.load()
    await hub.clock.sleep(timedelta(hours=11).total_seconds())
    await first.renew()
    await second.renew()
    assert tokens.of() == others.of() and "was not renewed" not in caplog.text


async def test_each_workspace_has_its_own_token() -> None:
    """The configured one serves where nothing was installed."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    tokens = Tokens("slack", Settings(bot_token=Secret("xoxb-configured")))
    tokens.use(Installation(chat="slack", team="T2", token="xoxb-two", scopes=(), installed_at=now))
    assert (tokens.of(), tokens.of("T1"), tokens.of("T2")) == ("xoxb-configured", "xoxb-configured", "xoxb-two")
    several = Tokens("slack", Settings(team_id="T3"))
    for team in ("T2", "T3"):
        several.use(Installation(chat="slack", team=team, token=f"xoxb-{team}", scopes=(), installed_at=now))
    assert (several.of(), several.of("T2"), several.of("T9")) == ("xoxb-T3", "xoxb-T2", None)
