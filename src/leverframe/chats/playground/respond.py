"""Answers to what people say and click: in the room for everybody, or on the pages of the one who asked.

What is answered to the request itself and what an open page is told later have one shape, which the page takes either way::

    {"whisper": {"id": …, "room": …, "thread": …, "at": …, "message": …} or null, "form": … or null, "errors": {field: words}, "working": false}
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from leverframe.chats.playground.feed import Feed
from leverframe.chats.playground.render import PERSON
from leverframe.chats.playground.send import post, whispered
from leverframe.core.conversation import Answer, Asker, Form, Heard, Place
from leverframe.core.delivery import Delivered, Outcome
from leverframe.core.messages import Message, Text
from leverframe.ports import Clock, PlaygroundStore, Posting


class Voice:
    """The hub's own voice in the playground: what it says to one person, and in the room. Never raises."""

    def __init__(self, store: PlaygroundStore, feed: Feed, clock: Clock) -> None:
        self._store, self._feed, self._clock = store, feed, clock

    async def whisper(self, by: Asker, at: Place, message: Message, *, answer_to: str | None = None) -> Outcome:
        """Say it on the open pages of ``by``; like an ephemeral message elsewhere, it is not kept for who has none."""
        return self.tell(by, self.shown(Answer(message=message), by, at))

    async def direct(self, by: Asker, message: Message) -> Outcome:
        """Say it to ``by`` alone: there are no rooms of two here, so it shows in the one that they look at."""
        return self.tell(by, self.shown(Answer(message=message), by, None))

    async def post(self, by: Asker, at: Place, message: Message, id: str) -> Outcome:
        """Say it in the room, in its thread if it has one."""
        posting = Posting(id=id, room=at.room, thread=at.thread, message=message, mentions=_mentions(by))
        return await post(posting, self._store, self._feed, self._clock)

    def tell(self, by: Asker, shown: Mapping[str, Any]) -> Outcome:
        """Give an answer to every page of ``by``."""
        return Delivered(detail=f"shown on {self._feed.tell(by.id, shown)} pages")

    def shown(self, answer: Answer, by: Asker, at: Place | None) -> dict[str, Any]:
        """Return as much of ``answer`` as only ``by`` sees."""
        whisper = None
        if answer.message is not None and not answer.public:
            whisper = whispered(answer.message, _mentions(by), at, self._clock.now())
        form = None if answer.form is None else _form(answer.form)
        return {"whisper": whisper, "form": form, "errors": dict(answer.errors), "working": False}


class PlaygroundExchange:
    """One thing that was said, clicked or sent. Satisfies ``ports.Exchange``."""

    def __init__(self, heard: Heard, voice: Voice) -> None:
        self._heard, self._voice = heard, voice

    @property
    def heard(self) -> Heard:
        """What was said."""
        return self._heard

    def body(self, answer: Answer) -> bytes:
        """Return what the page shows at once to the one who asked."""
        return _encode(self._voice.shown(answer, self._heard.by, self._heard.at))

    def working(self) -> bytes:
        """Return what tells the page that the answer comes later, by its stream."""
        return _encode(self._voice.shown(Answer(), self._heard.by, self._heard.at) | {"working": True})

    async def prepare(self) -> None:
        """Do nothing: a page opens a form whenever it comes."""

    async def say(self, answer: Answer, *, answered: bool) -> Outcome | None:
        """Say in the room what is for everybody; on the asker's pages what the request was not answered with."""
        told: Outcome | None = None
        heard = self._heard
        if not answered:
            late = answer
            if answer.errors and answer.message is None:  # the form that they belong to may be closed by now
                late = Answer(message=Message(headline=(Text(" ".join(answer.errors.values())),), tone="warning"))
            if late.form is not None or (late.message is not None and not late.public):
                told = self._voice.tell(heard.by, self._voice.shown(late, heard.by, heard.at))
        if answer.message is not None and answer.public:
            told = await self._voice.post(heard.by, heard.at, answer.message, heard.key)
        return told


def _form(form: Form) -> dict[str, Any]:
    return {
        "id": form.id,
        "title": form.title,
        "submit": form.submit,
        "cancel": form.cancel,
        "context": form.context,
        "opening": secrets.token_hex(8),  # two dialogs of one form are not one
        "fields": [
            {
                "name": field.name,
                "label": field.label,
                "hint": field.hint,
                "choices": [{"value": choice.value, "label": choice.label} for choice in field.choices],
                "value": field.value,
                "required": field.required,
                "multiline": field.multiline,
                "max_length": field.max_length,
            }
            for field in form.fields
        ],
    }


def _mentions(by: Asker) -> Mapping[str, str]:
    """Return the names under which a message may speak of ``by``, each with who that is here."""
    return dict.fromkeys((*by.names, by.id), PERSON + by.id)


def _encode(shown: Mapping[str, Any]) -> bytes:
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
