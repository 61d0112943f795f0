"""The bot's side of Teams: its token, its rooms, its threads, and what Teams refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from clock import VirtualClock
from fakes.teams import ANN, APP, BOB, TENANT, FakeTeams

from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.rooms import Rooms
from leverframe.chats.teams.send import TeamsChat
from leverframe.chats.teams.settings import Settings
from leverframe.chats.teams.tokens import Tokens
from leverframe.core.delivery import Delivered, Rejected, Retryable
from leverframe.core.errors import PROBLEMS
from leverframe.core.messages import Button, Buttons, Message, Text
from leverframe.guarded import Guarded, Resolver
from leverframe.net import Outbound
from leverframe.ports import Posting, Reference

pytestmark = pytest.mark.anyio


@dataclass
class Kept:
    """What another process may have learned."""

    every: dict[str, Reference] = field(default_factory=dict)

    async def keep(self, reference: Reference, at: datetime) -> None:
        self.every[reference.conversation] = reference

    async def forget(self, chat: str, conversation: str) -> None:
        self.every.pop(conversation, None)

    async def references(self, chat: str) -> list[Reference]:
        return list(self.every.values())


@dataclass
class Bot:
    teams: FakeTeams
    clock: VirtualClock
    kept: Kept
    tokens: Tokens
    chat: TeamsChat

    async def post(self, room: str, text: str = "Hello", **more: Any) -> Any:
        return await self.chat.post(Posting(id="dlv_1", room=room, message=Message(headline=(Text(text),)), **more))

    def knows(self, conversation: str, room: str, team: str = "Platform") -> None:
        self.kept.every[conversation] = Reference(
            chat="teams", conversation=conversation, service=self.teams.service, tenant=TENANT, kind="channel", room=room, team=team
        )


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with FakeTeams() as teams:
        yield_bot, close = _bot(teams)
        yield yield_bot
        await close()


def _bot(teams: FakeTeams, **more: Any) -> tuple[Bot, Any]:
    outbound, clock, kept = Outbound(), VirtualClock(), Kept()
    settings = Settings.model_validate(teams.settings(**more))
    tokens = Tokens(settings, outbound, clock)
    chat = TeamsChat("teams", settings, outbound, rooms=Rooms("teams", settings, clock, kept), connector=Connector(settings, outbound, clock, tokens))

    async def close() -> None:
        await tokens.close()
        await outbound.close()

    return Bot(teams, clock, kept, tokens, chat), close


async def test_a_room_is_found_by_its_name(bot: Bot) -> None:
    """A channel that the bot was told of is ``#name``, and ``#Team/name`` where two teams have one; what another process learned counts."""
    one, other = bot.teams.channel("one"), bot.teams.channel("two")
    assert (await bot.post("#deploys")).code == "teams_room_unknown"
    bot.knows(one.id, "Deploys")
    await bot.clock.sleep(11)
    told = await bot.post("#deploys")
    assert isinstance(told, Delivered) and told.remote_room == one.id
    bot.knows(other.id, "deploys", team="Mobile")
    await bot.chat._rooms.look()  # type: ignore[union-attr]
    assert (await bot.post("#deploys")).code == "teams_room_ambiguous"
    assert isinstance(await bot.post("#mobile/deploys"), Delivered) and len(bot.teams.said(other.id)) == 1


async def test_a_reply_of_a_channel_is_in_its_thread_and_of_a_chat_is_not(bot: Bot) -> None:
    """Channels have threads; group chats have none, and the reply is a message of its own there."""
    channel, group = bot.teams.channel(), bot.teams.group()
    card = await bot.post(channel.id)
    await bot.post(channel.id, "reply", thread=card.remote_id)
    assert bot.teams.said(channel.id)[-1].thread == card.remote_id
    assert isinstance(await bot.post(group.id, "reply", thread="1700000000000"), Delivered)
    assert bot.teams.said(group.id)[-1].thread is None


async def test_the_token_is_fetched_once_and_renewed_before_its_end(bot: Bot) -> None:
    """Many at once wait for one token; ten minutes before its end it is renewed beside what is said; one that Teams takes back is fetched anew."""
    rooms = [bot.teams.channel(f"r{at}") for at in range(5)]
    assert all(isinstance(one, Delivered) for one in await asyncio.gather(*(bot.post(room.id) for room in rooms)))
    assert bot.teams.token_fetches == 1
    await bot.clock.sleep(3_100)
    assert isinstance(await bot.post(rooms[0].id), Delivered)
    await bot.tokens._fetching  # type: ignore[misc]
    assert bot.teams.token_fetches == 2
    bot.teams.revoke()
    assert isinstance(await bot.post(rooms[0].id), Delivered)
    assert bot.teams.token_fetches == 3


@pytest.mark.parametrize(("change", "code", "after_s"), [
    ({"secret": "another"}, "teams_invalid_auth", 60.0), ({"app_id": APP[::-1]}, "teams_invalid_auth", 60.0), ({"tenant": "other"}, "teams_invalid_auth", 60.0),
    ({"login": "down"}, "teams_unavailable", None),
])  # fmt: skip
async def test_without_a_token_everything_waits(bot: Bot, change: dict[str, Any], code: str, after_s: float | None) -> None:
    """A secret that ended, an app or a tenant that is not known: no message is at fault, so none becomes a dead letter, and no secret is told."""
    channel = bot.teams.channel()
    for name, value in change.items():
        setattr(bot.teams, name, value)
    told = await bot.post(channel.id)
    assert isinstance(told, Retryable) and (told.code, told.after_s) == (code, after_s)
    assert "fake~secret" not in repr(told) and "Trace ID" not in told.detail and "fake~secret" not in repr(bot.chat)


async def test_an_old_multi_tenant_bot_has_its_token_elsewhere() -> None:
    """A registration of before August 2025 asks at ``botframework.com``."""
    async with FakeTeams(tenant="elsewhere") as teams:
        bot, close = _bot(teams, multi_tenant=True, tenant_ids=[TENANT])
        assert isinstance(await bot.post(teams.channel().id), Delivered)
        await close()


@pytest.mark.parametrize(("change", "code"), [({"member": False}, "teams_not_in_room"), ({"blocked": True}, "teams_blocked")])
async def test_what_teams_refuses_is_a_dead_letter_with_a_remedy(bot: Bot, change: dict[str, Any], code: str) -> None:
    """A room that the bot is not in, or that is closed to it."""
    told = await bot.post(bot.teams.channel(**change).id)
    assert isinstance(told, Rejected) and told.code == code and code in PROBLEMS


@pytest.mark.parametrize("mode", ["precondition", "gateway", "down", "limited"])
async def test_trouble_that_passes_is_retried(bot: Bot, mode: Any) -> None:
    """412, 502, 503, 504 and 429, as Microsoft asks; the wait is Teams' own where it names one."""
    channel = bot.teams.channel()
    bot.teams.next_modes.append(mode)
    told = await bot.post(channel.id)
    assert isinstance(told, Retryable) and told.after_s == (1.0 if mode == "limited" else None)
    assert isinstance(await bot.post(channel.id), Delivered)


async def test_teams_pace_is_kept(bot: Bot) -> None:
    """A burst in one room waits a moment for its turn, and where that is long it is told so, with the wait."""
    channel, began = bot.teams.channel(), bot.clock.now()
    told = [await bot.post(channel.id, str(at)) for at in range(9)]
    assert [type(one) for one in told] == [Delivered] * 9 and (bot.clock.now() - began).total_seconds() >= 2.0
    for _ in range(60):
        slow = await bot.post(channel.id)
        if not isinstance(slow, Delivered):
            break
    assert isinstance(slow, Retryable) and slow.code == "teams_throttled" and slow.after_s is not None and slow.after_s > 1.5


async def test_a_person_is_a_room(bot: Bot) -> None:
    """Their object id stands for the chat of the two, made when there is none and remembered; who has not added the app is not reached."""
    assert bot.chat.check_room(ANN) is None
    for _ in range(2):
        told = await bot.post(ANN)
        assert isinstance(told, Delivered) and told.remote_room == bot.teams.personal(ANN).id
    assert len(bot.teams.said(bot.teams.personal(ANN).id)) == 2 and [one.person for one in bot.kept.every.values()] == [ANN]
    assert sum(call.path.endswith("/v3/conversations") for call in bot.teams.calls) == 1
    bot.teams.not_installed_for = {BOB}
    assert (await bot.post(BOB)).code == "teams_not_in_room"


async def test_a_lost_answer_is_told_as_one(bot: Bot) -> None:
    """Teams may have taken it: it is said again, and the operator is told that it may stand there twice."""
    channel = bot.teams.channel()
    await bot.post(channel.id)
    bot.teams.next_modes.append("lost")
    assert (await bot.post(channel.id)).code == "teams_answer_lost"


async def test_a_message_card_goes_where_connectors_went() -> None:
    """With ``format = "messagecard"`` a webhook gets the old cards, and the connectors' ways to fail are understood."""
    async with FakeTeams() as teams:
        outbound = Outbound()
        chat = TeamsChat("teams", Settings.model_validate({"webhooks": {"#old": teams.connector()}, "format": "messagecard"}), outbound)
        message = Message(headline=(Text("Hello"),), blocks=(Buttons((Button("Open", url="https://example.com/"),)),))
        assert isinstance(await chat.post(Posting(id="d", room="#old", message=message)), Delivered)
        assert teams.workflow_posts[0]["potentialAction"][0]["@type"] == "OpenUri"
        assert not chat.has_threads("#old") and "sig" not in repr(chat)
        await outbound.close()


async def test_an_address_that_teams_told_goes_through_the_guard(bot: Bot) -> None:
    """Microsoft's name that leads to the inside is not connected to; an address that is not Microsoft's is not tried at all."""
    inside = Resolver(lambda host: ["10.0.0.5"])
    outbound, clock = Outbound(), VirtualClock()
    settings = Settings.model_validate(bot.teams.settings())
    tokens = Tokens(settings, outbound, clock)
    connector = Connector(settings, outbound, clock, tokens, Guarded(resolver=inside))
    said = {"type": "message", "text": "x"}
    assert (await connector.post("https://smba.trafficmanager.net/amer/", TENANT, "19:x@thread.v2", said)).code == "teams_unreachable"  # type: ignore[union-attr]
    refused = await connector.post("https://evil.example/", TENANT, "19:x@thread.v2", said)
    assert isinstance(refused, Rejected) and refused.code == "teams_service_unknown"
    await tokens.close()
    await outbound.close()
