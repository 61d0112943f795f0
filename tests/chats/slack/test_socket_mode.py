"""Socket Mode over a real websocket: heard, committed, acknowledged, and never silently dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.slack import TOKEN, FakeSlack
from fakes.slack_app import SlackApp
from fakes.slack_apps import APP_TOKEN

from leverframe.chats.slack.inbound import SlackInbound
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.socket_mode import SocketMode
from leverframe.core.conversation import Answer
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.net import Outbound
from leverframe.ports import ChatHeard, Exchange
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio

OK = Answer(message=Message(headline=(Text("ok"),)))


class Turning:
    """A clock whose sleeping turns it, so that nothing waits; connections are as old as it says."""

    def __init__(self) -> None:
        self.at, self.slept = datetime(2026, 11, 21, tzinfo=UTC), [0.0]

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class Hub:
    """A hub that listens by Socket Mode."""

    slack: FakeSlack
    app: SlackApp
    clock: Turning
    mode: SocketMode
    heard: list[Any] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    refusing: Refused | None = None

    async def take(self, heard: ChatHeard) -> bytes:
        """Note what was heard, and answer once it may go."""
        exchange: Exchange = heard  # type: ignore[assignment]
        self.heard.append(exchange.heard)
        await self.go.wait()
        if self.refusing is not None:
            raise self.refusing
        return exchange.body(OK)

    def be_patient(self) -> None:
        """Wait from the next connection on as long as a busy machine needs: what is well must not look dead."""
        self.mode._ping_s = self.mode._pong_s = self.mode._hello_s = 20.0


@asynccontextmanager
async def listening(slack: FakeSlack, *, running: bool = True, **limits: float) -> AsyncIterator[Hub]:
    """Start a hub that listens; ended as the hub ends it."""
    made: list[Hub] = []

    async def take(heard: ChatHeard) -> bytes:
        return await made[0].take(heard)

    outbound, clock = Outbound(), Turning()
    settings = Settings(bot_token=Secret(TOKEN), app_token=Secret(slack.app_token), api_url=slack.url)
    mode = SocketMode(SlackInbound("slack", settings, outbound, "en"), settings, outbound, clock, take, **limits)
    made.append(Hub(slack, SlackApp(slack), clock, mode))
    made[0].go.set()
    task = asyncio.create_task(mode.run())
    try:
        if running:
            async with asyncio.timeout(20):
                await slack.connected()
        yield made[0]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await outbound.close()


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(channels=["dev"]) as fake:
        yield fake


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    """No test of this file waits longer than a busy machine needs."""
    async with asyncio.timeout(30):
        yield


async def test_a_command_is_acknowledged_with_its_answer(slack: FakeSlack) -> None:
    """What an HTTP answer would hold goes with the acknowledgement."""
    async with listening(slack) as hub:
        id = await slack.envelope("slash_commands", hub.app.slash_fields("/deploy web-app staging"))
        payload = await slack.acknowledgement(id)
        assert payload is not None and (payload["text"], payload["response_type"]) == ("ok", "ephemeral")
        assert hub.heard[0].text == "deploy web-app staging"
        assert hub.mode.connected


@pytest.mark.parametrize("kind", ["events_api", "interactive"])
async def test_events_and_clicks_are_acknowledged_bare(slack: FakeSlack, kind: str) -> None:
    """Their answers go another way."""
    async with listening(slack) as hub:
        payload = hub.app.event_fields(hub.app.mention("<@U0BOT> status")) if kind == "events_api" else hub.app.clicked("approve", "apr_1")
        assert await slack.acknowledgement(await slack.envelope(kind, payload)) is None
        assert len(hub.heard) == 1


async def test_nothing_is_acknowledged_before_it_is_committed(slack: FakeSlack) -> None:
    """The acknowledgement is sent when the hub has taken it, not when it came; others need not wait for it."""
    async with listening(slack) as hub:
        hub.go.clear()
        first = await slack.envelope("slash_commands", hub.app.slash_fields("/deploy web-app staging"))
        while not hub.heard:
            await asyncio.sleep(0)
        assert first not in slack.acknowledged
        ping = await slack.envelope("interactive", {"type": "shortcut", "team": {"id": "T1"}, "user": {"id": "U1"}})
        await slack.acknowledgement(ping)
        assert first not in slack.acknowledged
        hub.go.set()
        await slack.acknowledgement(first)


async def test_what_was_not_taken_is_not_acknowledged(slack: FakeSlack) -> None:
    """When nothing can be written Slack is to send it again; with the same key."""
    async with listening(slack) as hub:
        hub.refusing = Refused("storage_unavailable")
        payload = hub.app.event_fields(hub.app.mention("<@U0BOT> status"))
        first = await slack.envelope("events_api", payload)
        while not hub.heard:
            await asyncio.sleep(0)
        hub.refusing = None
        again = await slack.envelope("events_api", payload, retry=1)
        await slack.acknowledgement(again)
        assert first not in slack.acknowledged and [heard.key for heard in hub.heard] == [f"slack:T1:event:{payload['event_id']}"] * 2


@pytest.mark.parametrize("payload", [{}, {"type": "block_actions"}, {"command": "/deploy"}, {"type": "event_callback", "event_id": 7}])
@pytest.mark.parametrize("kind", ["slash_commands", "interactive", "events_api", "something_new"])
async def test_what_cannot_be_read_is_acknowledged(slack: FakeSlack, kind: str, payload: dict[str, Any]) -> None:
    """It would not get better by coming again; the connection lives on."""
    async with listening(slack) as hub:
        await slack.acknowledgement(await slack.envelope(kind, payload))
        assert hub.heard == [] and hub.mode.connected


@pytest.mark.parametrize("message", ["", "{", "[]", "null", '{"type":"slash_commands"}', "\x00", '{"envelope_id":7}'])
async def test_rubbish_breaks_nothing(slack: FakeSlack, message: str) -> None:
    """A message that is no envelope is passed over."""
    async with listening(slack) as hub:
        await slack.sockets[-1].send_str(message)
        await slack.sockets[-1].send_bytes(message.encode())
        await slack.acknowledgement(await slack.envelope("slash_commands", hub.app.slash_fields("/status")))


async def test_a_connection_that_slack_will_end_has_a_successor_first(slack: FakeSlack) -> None:
    """On Slack's warning a new connection is opened, and the old one is heard on until it is closed: nothing falls between."""
    async with listening(slack) as hub:
        old = slack.sockets[0]
        await slack.warn()
        await slack.connected(2)
        await old.send_json({"envelope_id": "late", "type": "slash_commands", "payload": hub.app.slash_fields("/status"), "accepts_response_payload": True})
        await slack.acknowledgement("late")
        await old.close()
        await slack.connected(1)
        await slack.acknowledgement(await slack.envelope("slash_commands", hub.app.slash_fields("/status")))


@pytest.mark.parametrize("reason", ["too_many_websockets", "link_disabled"])
async def test_a_connection_that_slack_refuses_is_not_hammered(slack: FakeSlack, reason: str) -> None:
    """Half a minute at least, then again."""
    async with listening(slack) as hub:
        first = slack.sockets[0]
        await slack.warn(reason)
        while slack.sockets in ([], [first]):
            await asyncio.sleep(0)
        assert max(hub.clock.slept) >= 30


async def test_a_broken_connection_is_opened_again(slack: FakeSlack) -> None:
    """Closed without a word, or cut off: the next one is there at once, and it is heard."""
    async with listening(slack) as hub:
        for _ in range(3):
            hub.clock.at += timedelta(minutes=1)
            old = slack.sockets[0]
            await old.close()
            while slack.sockets in ([], [old]):
                await asyncio.sleep(0)
        await slack.acknowledgement(await slack.envelope("slash_commands", hub.app.slash_fields("/status")))
        assert sum(hub.clock.slept) == 0


async def test_a_silent_connection_is_dead(slack: FakeSlack) -> None:
    """No hello in time, and no answer to a ping: hung up and opened again, until Slack speaks."""
    slack.deaf = True
    async with listening(slack, ping_s=0.05, pong_s=0.05, hello_s=0.2) as hub:
        first = slack.sockets[0]
        while slack.sockets in ([], [first]):
            await asyncio.sleep(0.01)
        assert not hub.mode.connected
        hub.be_patient()
        slack.deaf = False
        while not hub.mode.connected:
            await asyncio.sleep(0.01)
        await slack.acknowledgement(await slack.envelope("slash_commands", hub.app.slash_fields("/status")))


async def test_a_connection_that_answers_no_ping_is_dead(slack: FakeSlack) -> None:
    """It said hello and looks open; without a pong it is hung up, and the next one is heard."""
    slack.pongs = False
    async with listening(slack, ping_s=0.05, pong_s=0.05) as hub:
        first = slack.sockets[0]
        hub.be_patient()
        slack.pongs = True
        while slack.sockets in ([], [first]):
            await asyncio.sleep(0.01)
        await slack.acknowledgement(await slack.envelope("slash_commands", hub.app.slash_fields("/status")))


@pytest.mark.parametrize("mode", ["down", "limited", "garbage", "lost", "half"])
async def test_slacks_troubles_are_waited_out(slack: FakeSlack, mode: Any) -> None:
    """No address for a connection: waited for, longer each time, and then connected."""
    slack.next_modes.extend([mode] * 6)
    async with listening(slack) as hub:
        assert sum(hub.clock.slept) > 5
        await slack.acknowledgement(await slack.envelope("slash_commands", hub.app.slash_fields("/status")))


async def test_a_wrong_token_is_not_hammered(slack: FakeSlack, caplog: pytest.LogCaptureFixture) -> None:
    """A minute between tries, and the log says what is wrong, without the token."""
    slack.app_token = TOKEN
    async with listening(slack, running=False) as hub:
        slack.app_token = APP_TOKEN
        while len(hub.clock.slept) < 4:
            await asyncio.sleep(0)
        assert min(hub.clock.slept[1:]) >= 60 and "slack_invalid_auth" in caplog.text and TOKEN not in caplog.text


async def test_an_unencrypted_connection_elsewhere_is_not_used(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """ws:// is taken only from a fake on the host that api_url names."""
    monkeypatch.setattr(slack, "_apps_connections_open", lambda fields: (None, {"url": "ws://elsewhere.example.com/link"}))
    async with listening(slack, running=False) as hub:
        while len(hub.clock.slept) < 3:
            await asyncio.sleep(0)
        assert slack.sockets == []


async def test_other_connections_of_the_app_are_told_of(slack: FakeSlack, caplog: pytest.LogCaptureFixture) -> None:
    """Slack gives each envelope to one connection only: a second hub with the same token takes half of them."""
    async with listening(slack), listening(slack, running=False):
        await slack.connected(2)
        while "other connections" not in caplog.text:
            await asyncio.sleep(0)


async def test_what_was_heard_is_finished_when_the_hub_ends(slack: FakeSlack) -> None:
    """A command that is under way is acknowledged before the connection is hung up."""
    async with listening(slack) as hub:
        hub.go.clear()
        id = await slack.envelope("slash_commands", hub.app.slash_fields("/deploy web-app staging"))
        while not hub.heard:
            await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.01, hub.go.set)
    await slack.acknowledgement(id)
    await slack.connected(0)
