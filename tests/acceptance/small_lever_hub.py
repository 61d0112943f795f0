"""A process with a playground whose answers are those of a hub with one lever: ``python -m acceptance.small_lever_hub PORT FOLDER LOCALE``.

The doors, the guard, the store and the page are the real ones; only what becomes of a command is decided here, in a few lines that a test
can read.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from databases import open_new_sqlite
from sitting import Routes

from leverframe.chats.playground.feed import Feed
from leverframe.chats.playground.inbound import Talk
from leverframe.chats.playground.send import PlaygroundChat
from leverframe.chats.playground.settings import Settings
from leverframe.core.access import Identity
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.definitions import Known
from leverframe.core.commands.forms import form_for
from leverframe.core.commands.helping import complete
from leverframe.core.conversation import NOTHING, Answer, Asker, Clicked, Heard, Place, Said, Submitted
from leverframe.core.delivery import Delivered
from leverframe.core.errors import Locale
from leverframe.core.messages import Block, Button, Buttons, Fields, Message, Text
from leverframe.net import Outbound
from leverframe.observe import Metrics
from leverframe.ports import Posting
from leverframe.store.playground import PlaygroundMessages
from leverframe.web import assets
from leverframe.web.conversations import Conversations
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door
from leverframe.web.guard import Guard
from leverframe.web.playground import Playground, Samples
from leverframe.web.playground import doors as playground_doors
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site
from leverframe.work.bell import Bell
from leverframe.work.redrive import Redriver

KNOWN = Known(services={"web-app": ("staging", "production"), "api": ("staging",)})
EVERYTHING = Identity(kind="person", name="ann", grants=("*",))


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Lever:
    """Production waits for somebody else's approval; staging is deployed at once. Nothing is said twice under one key."""

    def __init__(self, chat: PlaygroundChat, talk: Talk, locale: Locale) -> None:
        self.chat, self.talk, self.locale = chat, talk, locale
        self.waiting: dict[str, tuple[str, Place, str]] = {}
        self.former: dict[str, Answer] = {}
        self.votes = 0

    async def converse(self, heard: Heard) -> Answer:
        if heard.key not in self.former:
            self.former[heard.key] = await self._answer(heard)
        return self.former[heard.key]

    async def _answer(self, heard: Heard) -> Answer:
        match heard:
            case Said(text="deploy"):
                return Answer(form=form_for(BUILT_IN.commands[0], BUILT_IN, KNOWN, EVERYTHING, self.locale, context="opened by a line"))
            case Said(text=text) if text.startswith("deploy "):
                return await self._deploy(text, heard.by, heard.at)
            case Said(text=text) if text.startswith("tell "):
                _, name, words = text.split(" ", 2)
                await self.talk.whisper(Asker(chat="playground", id=name, name=name), heard.at, message(words))
                return NOTHING
            case Said(text=text):
                return Answer(message=message(f"There is no command {text} <b>here</b>", tone="warning"))
            case Clicked(action="approve", value=value):
                by, _, card = self.waiting[value]
                if heard.by.id == by:
                    return Answer(message=message("You asked for it yourself", tone="warning"))
                self.votes += 1
                await self.chat.update(posting(heard.at, message(f"👍 {value} approved by {heard.by.name}, {self.votes} vote", tone="good")), card)
                return NOTHING
            case Clicked(action=action):
                return Answer(message=message(f"no {action}"))
            case Submitted(fields=fields):
                if "x" in fields["ref"]:
                    return Answer(errors={"ref": "There is no such branch <i>x</i>", "nowhere": "and something else"})
                return await self._deploy(f"deploy {fields['service']} {fields['environment']} {fields['ref']}".rstrip(), heard.by, heard.at)

    async def _deploy(self, line: str, by: Asker, at: Place) -> Answer:
        _, service, environment, *_ = line.split()
        what = f"{service} → {environment}"
        if environment == "staging":
            return Answer(message=message(f"🚀 {what} by {by.name}", tone="progress"), public=True)
        buttons = (Button(text="Approve", action="approve", value=what, style="primary"), Button(text="The run", url="https://ci.example.com/1"))
        asked = message(f"{what} needs approval", Fields(pairs=(("Asked by", (Text(by.name),)),)), Buttons(buttons=buttons), tone="warning")
        posted = await self.chat.post(posting(at, asked))
        assert isinstance(posted, Delivered) and posted.remote_id
        self.waiting[what] = (by.id, at, posted.remote_id)
        return NOTHING


def message(words: str, *blocks: Block, tone: str = "neutral") -> Message:
    return Message(headline=(Text(words),), blocks=blocks, tone=tone)  # type: ignore[arg-type]


def posting(at: Place, said: Message) -> Posting:
    return Posting(id="card", room=at.room, thread=at.thread, message=said)


async def serve(port: int, folder: Path, locale: Locale) -> None:
    """Serve until the process is told to stop."""
    clock = SystemClock()
    database = await open_new_sqlite(folder / "hub.db", clock)
    store, feed, outbound = PlaygroundMessages(database), Feed(), Outbound()
    chat = PlaygroundChat("playground", Settings(), store, feed, clock)
    talk = Talk(store, feed, clock, rooms=["#dev-team", "#deploys"])
    page = Playground(
        talk=talk, clock=clock, locale=locale, timezone="Asia/Seoul", conversations=Conversations(Lever(chat, talk, locale).converse, locale=locale),
        commands=BUILT_IN, complete=lambda by, text: complete(text, BUILT_IN, KNOWN, EVERYTHING),
        samples=Samples(post=outbound, url=f"http://127.0.0.1:{port}", source="github", secret="s"),
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    desk = Desk(
        database=database, clock=clock, url=url, locale=locale, timezone=ZoneInfo("Asia/Seoul"), roles={}, redrive=Redriver(database, clock, Bell()),
        routes=Routes(), chats={},
    )  # fmt: skip
    table = [
        Door(method=method, path=path, permission="playground", limit=SIGNED_IN, body_cap=65536 if method == "POST" else 0, handler=handler)
        for method, path, handler in playground_doors(page)
    ]
    site = build_site([*table, *assets.doors()], Guard(desk, RefusalLog(desk, Metrics())))
    server = uvicorn.Server(uvicorn.Config(site, port=port, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    try:
        await server.serve()
    finally:
        feed.close()
        await outbound.close()
        await database.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))  # type: ignore[arg-type]
