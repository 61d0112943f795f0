"""Answers to what people say: in the request's own answer, to them alone in the conversation or directly, or in the room.

https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#response-format
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from leverframe.chats.teams import forms
from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.meeting import with_person
from leverframe.chats.teams.reading import Origin, Reading
from leverframe.chats.teams.render import CARD, activity, card, encode, refreshed, summary, words
from leverframe.chats.teams.rooms import Found, Rooms
from leverframe.chats.teams.send import THREADED
from leverframe.core.conversation import Answer, Asker, Clicked, Form, Heard, Place, Said, Submitted
from leverframe.core.delivery import Delivered, Outcome, Rejected
from leverframe.core.errors import PROBLEMS, Locale
from leverframe.core.messages import Message, Text

TOAST_MAX = 600
"""Characters that are shown below a card; what is longer is whispered as well."""
PATIENCE_S = 6.0
"""Seconds that an answer waits for its turn at Teams' pace."""
MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"


class Voice:
    """The hub's own voice in one chat: whispers, direct messages, forms. Never raises for what Teams does."""

    def __init__(self, name: str, connector: Connector, rooms: Rooms, locale: Locale, seal: forms.Seal) -> None:
        """``name`` is the chat's key in the configuration."""
        self.name, self.locale, self.seal = name, locale, seal
        self._connector, self._rooms = connector, rooms

    def mentions(self, by: Asker) -> Mapping[str, str]:
        """Return the names under which a message may speak of ``by``, each with the id that Teams mentions."""
        return dict.fromkeys((*by.names, by.id), by.id)

    def said(self, message: Message, by: Asker) -> dict[str, Any]:
        """Return ``message`` as the bot says it to ``by``."""
        return activity(message, self.mentions(by))

    def shown(self, message: Message | None, by: Asker, delivery: str) -> bytes:
        """Return the answer to a look at a card: how ``by`` sees it, or that it stays as it is."""
        if message is None:
            return encode({"statusCode": 404, "type": ERROR, "value": {"code": "NotFound", "message": forms.said("nothing", self.locale)}})
        return encode({"statusCode": 200, "type": CARD, "value": refreshed(card(message, self.mentions(by), clicks=True), delivery)})

    async def whisper(self, by: Asker, at: Place, message: Message, *, person: str | None = None) -> Outcome:
        """Say it where only ``by`` (in Teams ``person``) sees it: as a targeted message in the conversation, else directly.

        Where neither can be, the conversation is told that they cannot be reached; what was to be said is not.
        """
        told, _ = await self.privately(by, at, lambda way: self.said(message, by), person=person)
        if isinstance(told, Rejected) and at.room:
            problem = PROBLEMS["teams_not_private"]
            title, remedy = problem.ko if self.locale == "ko" else problem.en
            await self.post(at, Message(headline=(Text(f"{title} {remedy}"),), tone="warning"), by)
        return told

    async def privately(self, by: Asker, at: Place, said: Callable[[str], Mapping[str, Any]], *, person: str | None) -> tuple[Outcome, str]:
        """Say what ``said`` makes of each way (``targeted``, ``direct``); return the last outcome and its way."""
        found = await self._rooms.find(at.room) if at.room else "teams_room_unknown"
        known = self._rooms.known(at.room)
        if isinstance(found, Found) and known is not None and known.kind == "personal":
            return await self._connector.post(found.service, found.tenant, found.conversation, said("direct"), patience_s=PATIENCE_S), "direct"
        if isinstance(found, Found) and person is not None:
            told = await self._connector.whisper(found.service, found.tenant, _thread(found.conversation, at.thread), person, said("targeted"))
            if not isinstance(told, Rejected):
                return told, "targeted"
        return await self._directly(by, said("direct"), person), "direct"

    async def direct(self, by: Asker, message: Message, *, person: str | None = None) -> Outcome:
        """Say it to ``by`` in the chat of the two."""
        return await self._directly(by, self.said(message, by), person)

    async def _directly(self, by: Asker, said: Mapping[str, Any], person: str | None) -> Outcome:
        found = await with_person(self._rooms, self._connector, by.id, tenant=by.team, person=person)
        if not isinstance(found, Found):
            return found
        return await self._connector.post(found.service, found.tenant, found.conversation, said, patience_s=PATIENCE_S)

    async def post(self, at: Place, message: Message, by: Asker) -> Outcome:
        """Say it in the room (in its thread)."""
        found = await self._rooms.find(at.room)
        if isinstance(found, str):
            return Rejected(code=found, detail=at.room)
        return await self._connector.post(found.service, found.tenant, _thread(found.conversation, at.thread), self.said(message, by), patience_s=PATIENCE_S)

    async def replace(self, origin: Origin, message: Message, by: Asker, *, targeted: bool) -> Outcome:
        """Say it in place of the card whose button was pressed."""
        return await self._connector.update(
            origin.service, origin.tenant, origin.conversation, origin.card or "", self.said(message, by), targeted=targeted, patience_s=PATIENCE_S
        )


class TeamsExchange:
    """One thing that was said in Teams, and the ways back. Satisfies ``ports.Exchange``."""

    def __init__(self, reading: Reading, voice: Voice) -> None:
        self._heard, self._surface, self._origin, self._sent_by = reading.heard, reading.surface, reading.origin, reading.sent_by
        self._voice = voice

    @property
    def heard(self) -> Heard:
        """What was said."""
        return self._heard

    def body(self, answer: Answer) -> bytes:
        """Return what a button shows at once: words below its card, or what the form has become; a message is answered by messages."""
        if self._surface != "invoke":
            return b""
        if answer.form is not None:
            return _toast(forms.said("sent", self._voice.locale))
        if answer.errors:
            return _toast(" ".join(answer.errors.values()))
        if isinstance(self._heard, Submitted):
            made = card(_of_form(answer, self._voice.locale), self._voice.mentions(self._heard.by), clicks=True)
            return encode({"statusCode": 200, "type": CARD, "value": made})
        if answer.message is None:
            return _toast(forms.said("nothing", self._voice.locale))
        return _toast(summary(answer.message) if answer.public else words(answer.message, TOAST_MAX))

    def working(self) -> bytes:
        """Return what is shown while the answer takes longer than Teams waits."""
        return _toast(forms.said("working", self._voice.locale)) if self._surface == "invoke" else b""

    async def prepare(self) -> None:
        """Do nothing: a form is a card, and may come whenever it is made."""

    async def say(self, answer: Answer, *, answered: bool) -> Outcome | None:
        """Say what :meth:`body` could not, or all of it; returns the last outcome."""
        told: Outcome | None = None
        heard, voice, message = self._heard, self._voice, answer.message
        answered = answered and self._surface == "invoke"
        if answer.form is not None:
            return await self._show_form(answer.form)
        if answer.errors:
            if message is None and not answered:
                message = Message(headline=(Text(" ".join(answer.errors.values())),), tone="warning")
        elif isinstance(heard, Submitted) and self._origin.card is not None and self._sent_by:
            # The form was answered: it is not to be sent a second time.
            told = await voice.replace(self._origin, _of_form(answer, voice.locale), heard.by, targeted=self._sent_by == "targeted")
            if isinstance(told, Delivered) and not answer.public:
                return told
        if message is None or (answered and self._carried(answer)):
            return told
        if answer.public:
            return await voice.post(heard.at, message, heard.by)
        return await voice.whisper(heard.by, heard.at, message, person=self._person)

    async def _show_form(self, form: Form) -> Outcome:
        heard, voice = self._heard, self._voice

        def made(way: str) -> dict[str, Any]:
            data = voice.seal.data(form.id, form.context, heard.at, heard.by.id, way)
            return {"type": "message", "summary": form.title or "…", "attachments": [{"contentType": CARD, "content": forms.card(form, data, voice.locale)}]}

        told, _ = await voice.privately(heard.by, heard.at, made, person=self._person)
        if isinstance(told, Rejected):
            problem = PROBLEMS["teams_not_private"]
            title, remedy = problem.ko if voice.locale == "ko" else problem.en
            await voice.post(heard.at, Message(headline=(Text(f"{title} {remedy}"),), tone="warning"), heard.by)
        return told

    @property
    def _person(self) -> str | None:
        match self._heard:
            case Said() | Clicked():
                return self._heard.answer_to
            case Submitted():
                return self._origin.person or None

    def _carried(self, answer: Answer) -> bool:
        """Return whether :meth:`body` held the whole message, and whoever it is for has seen it."""
        if answer.public or answer.message is None:
            return False
        return isinstance(self._heard, Submitted) or len(words(answer.message, 2 * TOAST_MAX)) <= TOAST_MAX


def _of_form(answer: Answer, locale: Locale) -> Message:
    """Return what stands in the place of a form that was sent."""
    return answer.message or Message(headline=(Text(forms.said("done", locale)),), tone="good")


def _toast(shown: str) -> bytes:
    return encode({"statusCode": 200, "type": MESSAGE, "value": shown or "…"})


def _thread(conversation: str, thread: str | None) -> str:
    return f"{conversation};messageid={thread}" if thread and conversation.endswith(THREADED) else conversation
