"""Answers to plain words: to what is said to the hub, and, where a plugin asks for it, to what is said to nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from databases import opened

from leverframe.chats.playground.feed import Feed
from leverframe.chats.playground.inbound import Talk
from leverframe.core.conversation import Said
from leverframe.store.playground import PlaygroundMessages
from leverframe.store.tables import inbox
from leverframe.testing import Hub

pytestmark = pytest.mark.anyio
Write = Callable[..., Path]
CODE = """
@on_message(r"badger", anywhere=True)
async def badgers(words: Spoken) -> str:
    return f"Badgers? In {words.at.room}?"

@on_message(r"^(?P<count>\\d+) coffees?(?: for (?P<who>.+))?$")
def coffee(count: str, who: str | None) -> str:
    return f"{count} for {who or 'you'}"
"""


async def test_said_to_the_hub(plugin: Write) -> None:
    """A mention and a line with ! are; a command comes before every pattern, and "did you mean" after."""
    async with Hub(plugin(CODE)) as hub:
        assert (await hub.mention("2 coffees for the team's cat", user="U9")).text == "2 for the team's cat"
        assert (await hub.say("!1 coffee", user="U9")).text == "1 for you"
        assert (await hub.say("1 coffee", user="U9")).messages == []
        assert "badger" not in (await hub.mention("help", user="U9")).text
        assert "status" in (await hub.mention("statsu", user="U9")).text


async def test_overheard(plugin: Write) -> None:
    """It is answered in the room or in its thread, once, and what matches nothing is not even kept."""
    async with Hub(plugin(CODE)) as hub:
        reply = await hub.say("have you seen the badger?", user="U9", room="#zoo", thread="1700000000.000001")
        assert (reply.text, reply.public, reply.messages[0].thread) == ("Badgers? In #zoo?", True, "1700000000.000001")
        assert (await hub.say("nothing of that kind", user="U9")).messages == []
        assert (await hub.say("<@U0BOT> a badger", user="U9")).messages == [], "that comes as a mention too"
        kept = await hub.app.database.read(lambda connection: connection.execute(sa.select(sa.func.count()).select_from(inbox)).scalar_one())
        assert kept == 1


async def test_overheard_in_the_playground(tmp_path: Path) -> None:
    """Talk stays talk there, but for what a plugin listens to."""
    clock = VirtualClock()
    async with opened(f"sqlite:///{tmp_path}/hub.db", clock) as database:
        talk = Talk(PlaygroundMessages(database), Feed(), clock, rooms=["#zoo"], overhears=lambda text: "badger" in text)
        said = await talk.say(room="#zoo", thread=None, name="ann", text="a badger!")
        assert said.exchange is not None
        heard = said.exchange.heard
        assert isinstance(heard, Said)
        assert (heard.door, heard.text) == ("overheard", "a badger!")
        assert (await talk.say(room="#zoo", thread=None, name="ann", text="hello")).exchange is None
