"""What every chat is held to, and how a chat takes part.

A harness starts a chat with everything behind it and shows what a reader of its room sees. To add one, write an async
context manager that yields a :class:`Harness` and name it in :data:`HARNESSES`; with ``misbehave`` it is also held to what
a vendor's bad days ask of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from databases import open_new_sqlite
from fakes import slack_blocks, teams_cards
from fakes.slack import TOKEN, FakeSlack, Message
from fakes.teams import BOB, FakeTeams
from patience import waiting

from leverframe.app import SystemClock
from leverframe.chats.playground.feed import Feed
from leverframe.chats.playground.render import for_page
from leverframe.chats.playground.send import PlaygroundChat
from leverframe.chats.playground.settings import Settings as PlaygroundSettings
from leverframe.chats.slack.send import SlackChat
from leverframe.chats.slack.settings import Settings
from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.rooms import Rooms
from leverframe.chats.teams.send import TeamsChat
from leverframe.chats.teams.settings import Settings as TeamsSettings
from leverframe.chats.teams.tokens import Tokens
from leverframe.net import Outbound
from leverframe.ports import Chat
from leverframe.store.playground import PlaygroundMessages

BadDay = Literal["limited", "down", "garbage", "silent", "half"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One message as a reader sees it."""

    id: str | None
    text: str
    """All its words, entities and escapes resolved."""
    thread: str | None = None
    edited: bool = False
    calls: list[str] = field(default_factory=list)
    """Everybody whom it mentions."""
    links: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """Address of each, and what is said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """One chat under test."""

    chat: Chat
    room: str
    no_room: str
    """A room that this chat does not have, or cannot have."""
    seen: Callable[[], Awaitable[list[Seen]]]
    """What stands in ``room``, oldest first."""
    person: str = "U024BE7LH"
    """The id of a person of this chat."""
    misbehave: Callable[[BadDay | Literal["ok"]], None] | None = None
    """Have the vendor answer so from now on; ``None`` for a chat without a vendor."""


def spoiling(fake: FakeSlack | FakeTeams, outbound: Outbound) -> Callable[[BadDay | Literal["ok"]], None]:
    """Return what has ``fake`` answer so, and ``outbound`` wait for it."""

    def spoil(day: BadDay | Literal["ok"]) -> None:
        fake.mode = day
        waiting(outbound, day)

    return spoil


def _said(message: Message) -> Seen:
    texts = [text for block in message.blocks for text in _texts(block)]
    return Seen(
        id=message.ts, thread=message.thread_ts, edited=bool(message.edits),
        text="\n".join(_shown(text) for text in texts), calls=[who.removeprefix("@") for text in texts for who in slack_blocks.mentions(text)],
        links=[address.replace("&amp;", "&") for text in texts for address, _ in slack_blocks.links(text)]
        + [element["url"] for block in message.blocks for element in block.get("elements", []) if "url" in element],
        pictures=[
            (one["image_url"], one["alt_text"]) for block in message.blocks for one in (block, *block.get("elements", [])) if one["type"] == "image"
        ],
    )  # fmt: skip


def _texts(block: dict[str, object]) -> list[str]:
    found = []
    for value in block.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                text = item.get("text")
                found += [text] if isinstance(text, str) else _texts(item)
    return found


def _shown(text: str) -> str:
    for address, label in slack_blocks.links(text):
        text = text.replace(f"<{address}|{label}>", label)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u200b", "").replace("\u00ad", "")


@asynccontextmanager
async def slack_bot() -> AsyncIterator[Harness]:
    """Slack, by a bot token."""
    async with FakeSlack(channels=["dev"]) as fake:
        outbound = Outbound()
        settings = Settings.model_validate({"bot_token": TOKEN, "api_url": fake.url})
        chat = SlackChat("slack", settings, outbound)

        async def seen() -> list[Seen]:
            return [_said(message) for message in fake.messages("#dev")]

        yield Harness(chat=chat, room="#dev", no_room="#nowhere", seen=seen, misbehave=spoiling(fake, outbound))
        await chat.close()
        await outbound.close()


@asynccontextmanager
async def slack_webhook() -> AsyncIterator[Harness]:
    """Slack, by an incoming webhook and without a token."""
    async with FakeSlack(channels=["dev"]) as fake:
        outbound = Outbound()
        chat = SlackChat("slack", Settings.model_validate({"webhooks": {"#dev": fake.webhook("#dev")}}), outbound)

        async def seen() -> list[Seen]:
            return [_said(message) for message in fake.messages("#dev")]

        yield Harness(chat=chat, room="#dev", no_room="#nowhere", seen=seen, misbehave=spoiling(fake, outbound))
        await chat.close()
        await outbound.close()


@asynccontextmanager
async def playground() -> AsyncIterator[Harness]:
    """The playground, over a database of its own."""
    with TemporaryDirectory() as folder:
        database = await open_new_sqlite(Path(folder) / "hub.db", SystemClock())
        store = PlaygroundMessages(database)
        chat = PlaygroundChat("playground", PlaygroundSettings(), store, Feed(), SystemClock())

        async def seen() -> list[Seen]:
            rows = [for_page(row) for row in await store.history("#dev", before=None, limit=100)]
            return [_on_page(row) for row in rows]

        yield Harness(chat=chat, room="#dev", no_room="#no room", seen=seen, person="playground:Ann")
        await chat.close()
        await database.close()


def _on_page(row: dict[str, Any]) -> Seen:
    """Return a message as the page shows it: every text is text, and only a link or a button leads anywhere."""
    words, calls, links, pictures = [], [], [], []

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict) and value.get("kind") == "image":
            pictures.append((value["url"], value["alt"]))
        elif isinstance(value, dict):
            words.extend(value[key] for key in ("text", "label") if key in value)
            calls.extend(f"playground:{value[key]}" for key in ("mention",) if key in value)
            links.extend(value[key] for key in ("url",) if value.get(key))
            walk([inner for inner in value.values() if isinstance(inner, list | dict)])

    walk(row["message"])
    return Seen(id=row["id"], thread=row["thread"], edited=row["edited_at"] is not None, text="".join(words), calls=calls, links=links, pictures=pictures)


@asynccontextmanager
async def teams_bot() -> AsyncIterator[Harness]:
    """Teams, by a bot."""
    async with FakeTeams() as fake:
        outbound, clock, channel = Outbound(), SystemClock(), fake.channel("dev")
        settings = TeamsSettings.model_validate(fake.settings(rooms={"#dev": channel.id, "#nowhere": "19:nowhere@thread.tacv2"}))
        tokens = Tokens(settings, outbound, clock)
        chat = TeamsChat("teams", settings, outbound, rooms=Rooms("teams", settings, clock), connector=Connector(settings, outbound, clock, tokens))

        async def seen() -> list[Seen]:
            return [
                Seen(
                    id=one.id, text=one.text, thread=one.thread, edited=bool(one.edits), calls=teams_cards.mentions(one.card),
                    links=teams_cards.urls(one.card), pictures=teams_cards.pictures(one.card),
                )
                for one in fake.said(channel.id)
            ]

        yield Harness(chat=chat, room="#dev", no_room="#nowhere", seen=seen, person=BOB, misbehave=spoiling(fake, outbound))
        await chat.close()
        await tokens.close()
        await outbound.close()


@asynccontextmanager
async def teams_workflow() -> AsyncIterator[Harness]:
    """Teams, by the address of a Workflow and without a bot."""
    async with FakeTeams() as fake:
        outbound = Outbound()
        chat = TeamsChat("teams", TeamsSettings.model_validate({"webhooks": {"#dev": fake.workflow()}}), outbound)

        async def seen() -> list[Seen]:
            return [
                Seen(id=None, text=teams_cards.words(one), calls=teams_cards.mentions(one), links=teams_cards.urls(one), pictures=teams_cards.pictures(one))
                for one in fake.workflow_posts
            ]

        yield Harness(chat=chat, room="#dev", no_room="#nowhere", seen=seen, person=BOB, misbehave=spoiling(fake, outbound))
        await chat.close()
        await outbound.close()


HARNESSES: dict[str, Callable[[], AbstractAsyncContextManager[Harness]]] = {
    "slack-bot": slack_bot, "slack-webhook": slack_webhook, "playground": playground, "teams-bot": teams_bot, "teams-workflow": teams_workflow,
}  # fmt: skip
WITH_IDS = [name for name in HARNESSES if name not in ("slack-webhook", "teams-workflow")]
"""Those that tell a message's id, so that it can be updated and replied to."""
WITH_VENDOR = [name for name in HARNESSES if name.startswith(("slack", "teams"))]
"""Those that can have a bad day."""
