"""Answers to what people say: in the request's own answer, and later by its address, in a form, in the room or directly.

https://docs.slack.dev/interactivity/handling-user-interaction#responses
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Any, assert_never
from urllib.parse import urlsplit

import msgspec

from leverframe.chats.slack import answers, forms
from leverframe.chats.slack.reading import Surface
from leverframe.chats.slack.render import render
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.conversation import Answer, Asker, Clicked, Form, Heard, Place, Said, Submitted
from leverframe.core.delivery import Delivered, Outcome, Rejected
from leverframe.core.errors import Locale
from leverframe.core.messages import Message, Text
from leverframe.decoding import decoder
from leverframe.net import NotSent, Outbound

_JSON = "application/json; charset=utf-8"
_TEAMS = 1_000
"""So many workspaces are remembered."""
_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})


class _View(msgspec.Struct):
    id: str = ""


class _Opened(msgspec.Struct):
    view: _View = msgspec.field(default_factory=_View)


class Voice:
    """The hub's own voice in one chat: whispers, direct messages, forms. Never raises for what Slack does."""

    def __init__(self, settings: Settings, outbound: Outbound, locale: Locale, tokens: Tokens) -> None:
        """Speak in the workspace that the configuration means; :meth:`within` speaks in another one."""
        self.name, self.locale = tokens.name, locale
        self._outbound, self._tokens, self._team = outbound, tokens, ""
        self._api = settings.api_url.rstrip("/")
        self._api_parts = urlsplit(self._api)
        self._usual = ("https://hooks.slack.com/", f"{self._api_parts.scheme}://{self._api_parts.netloc}/")
        self._of_team: dict[str, Voice] = {}

    def within(self, team: str) -> Voice:
        """Return the voice in a workspace where the app is installed."""
        voice = self._of_team.get(team)
        if voice is None:
            voice = copy(self)
            voice._team = team
            if len(self._of_team) < _TEAMS:
                self._of_team[team] = voice
        return voice

    def may_call(self, address: str) -> bool:
        """Return whether ``address`` may be called: it came by request, and only Slack's own (or ``api_url``'s host) is."""
        if address.startswith(self._usual) and "\\" not in address:
            return True  # as all of them do; the rest is looked at closely
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return False
        if "@" in parts.netloc or "\\" in address:
            return False
        if parts.scheme == "https" and parts.hostname in _HOSTS and port in (None, 443):
            return True
        return (parts.scheme, parts.netloc) == (self._api_parts.scheme, self._api_parts.netloc)

    def mentions(self, by: Asker) -> Mapping[str, str]:
        """Return the names under which a message may speak of ``by``, each with the id that Slack mentions."""
        return dict.fromkeys((*by.names, by.id), by.id)

    async def respond(self, address: str, said: Mapping[str, Any]) -> Outcome:
        """Say it by a ``response_url``, which takes five answers in half an hour; another address is ``Rejected``."""
        if not self.may_call(address):
            return Rejected(code="slack_refused", detail="the answer's address is not Slack's")
        try:
            answer = await self._outbound.post_json(address, forms.encode(said), {"Content-Type": _JSON})
        except NotSent as error:
            return answers.unsent(error)
        read = answers.read(answer)
        return answers.outcome(answer, read) if read is not None else answers.webhook_outcome(answer)

    async def whisper(self, by: Asker, at: Place, message: Message, *, answer_to: str | None = None) -> Outcome:
        """Say it where only ``by`` sees it: by ``answer_to``, else ephemerally in the room, else directly."""
        rendered = render(message, self.mentions(by))
        said: dict[str, Any] = {"text": rendered.text, "blocks": rendered.blocks}
        if at.thread:
            said["thread_ts"] = at.thread
        if answer_to is not None:
            told = await self.respond(answer_to, {"response_type": "ephemeral", "replace_original": False, **said})
            if isinstance(told, Delivered):
                return told
        if at.room == by.id:
            return await self.direct(by, message)
        told, _ = await self._call("chat.postEphemeral", {"channel": at.room, "user": by.id, **said})
        return await self.direct(by, message) if isinstance(told, Rejected) else told

    async def direct(self, by: Asker, message: Message) -> Outcome:
        """Say it to ``by`` in a direct message: a person's id stands for the room of the two."""
        return await self.post(Place(chat=self.name, room=by.id), message, by)

    async def post(self, at: Place, message: Message, by: Asker) -> Outcome:
        """Say it in the room (in its thread)."""
        rendered = render(message, self.mentions(by))
        said: dict[str, Any] = {"channel": at.room, "text": rendered.text, "blocks": rendered.blocks, "unfurl_links": False, "unfurl_media": False}
        if at.thread:
            said["thread_ts"] = at.thread
        told, _ = await self._call("chat.postMessage", said)
        return told

    async def open_view(self, trigger: str, view: Mapping[str, Any]) -> tuple[Outcome, str | None]:
        """Open a modal; returns its id with the outcome. A trigger is good for three seconds and for one view."""
        told, body = await self._call("views.open", {"trigger_id": trigger, "view": view})
        if not isinstance(told, Delivered):
            return told, None
        try:
            return told, decoder(_Opened)(body).view.id or None
        except msgspec.DecodeError:
            return told, None

    async def update_view(self, id: str, view: Mapping[str, Any]) -> Outcome:
        """Show ``view`` in place of the modal ``id``, if somebody still has it open."""
        told, _ = await self._call("views.update", {"view_id": id, "view": view})
        return told

    async def _call(self, method: str, fields: Mapping[str, Any]) -> tuple[Outcome, bytes]:
        token = self._tokens.of(self._team)
        if token is None:
            return Rejected(code="slack_not_authed", detail=method), b""
        headers = {"Content-Type": _JSON, "Authorization": f"Bearer {token}"}
        try:
            answer = await self._outbound.post_json(f"{self._api}/{method}", forms.encode(fields), headers)
        except NotSent as error:
            return answers.unsent(error), b""
        return answers.outcome(answer, answers.read(answer)), answer.body


@cache
def _working(locale: Locale) -> bytes:
    """Return what a slash command is answered with when there is a crowd: to everybody the same."""
    rendered = render(forms.working(locale), {})
    return forms.encode({"response_type": "ephemeral", "text": rendered.text, "blocks": rendered.blocks})


class SlackExchange:
    """One thing that was said in Slack, and the ways back. Satisfies ``ports.Exchange``."""

    def __init__(self, heard: Heard, surface: Surface, view: str | None, voice: Voice) -> None:
        """``view`` is the id of the form that it was said in, if it was one."""
        self._heard, self._surface, self._voice = heard, surface, voice
        self._view, self._waiting = view, False

    @property
    def heard(self) -> Heard:
        """What was said."""
        return self._heard

    def body(self, answer: Answer) -> bytes:
        """Return the JSON that Slack shows at once: the message of a slash command, what becomes of a form, or nothing."""
        match self._surface:
            case "slash" | "interactive_message":
                return self._message_body(answer)
            case "block_actions":
                # Slack shows nothing of this body; without an address to answer to it is all there is.
                return b"" if self._address() is not None else self._message_body(answer)
            case "view_submission":
                return forms.encode(self._becomes_of_form(answer))
            case "event" | "block_suggestion":
                return b""
            case other:
                assert_never(other)

    def working(self) -> bytes:
        """Return what is shown while the answer takes longer than Slack waits; a form stays open and becomes the answer."""
        if self._surface == "view_submission":
            self._waiting = self._view is not None
        if self._surface == "slash" and self._heard.at.thread is None:
            return _working(self._voice.locale)
        return self.body(Answer(message=forms.working(self._voice.locale)))

    async def prepare(self) -> None:
        """Open the view that waits for the form."""
        trigger = self._trigger()
        if trigger is None or self._waiting:
            return
        _, self._view = await self._voice.open_view(trigger, forms.loading(self._voice.locale))
        self._waiting = self._view is not None

    async def say(self, answer: Answer, *, answered: bool) -> Outcome | None:
        """Say what :meth:`body` could not, or all of it; returns the last outcome."""
        told: Outcome | None = None
        message = answer.message
        if message is None and answer.errors and not answered:
            message = Message(headline=(Text(" ".join(answer.errors.values())),), tone="warning")
        if answer.form is not None and not (answered and self._surface == "view_submission"):
            told = await self._show_form(answer.form)
        elif self._waiting and self._view is not None:
            by = self._heard.by
            told = await self._voice.update_view(self._view, forms.told(message, self._voice.locale, self._voice.mentions(by)))
            if isinstance(told, Delivered) and not answer.public:
                return told
        if message is None or (answered and self._carried(answer)):
            return told
        return await self._say_message(message, public=answer.public)

    async def _show_form(self, form: Form) -> Outcome:
        view = forms.view(form, self._heard.at)
        if self._view is not None:
            return await self._voice.update_view(self._view, view)
        trigger = self._trigger()
        if trigger is None and not isinstance(self._heard, Submitted):
            return await self._say_message(forms.offered(form, self._voice.locale), public=False)
        if trigger is None:
            told: Outcome = Rejected(code="slack_form_late", detail="nothing lets a form be opened here")
        else:
            told, self._view = await self._voice.open_view(trigger, view)
        if not isinstance(told, Delivered):
            await self._say_message(forms.offered(form, self._voice.locale, late=True), public=False)
        return told

    async def _say_message(self, message: Message, *, public: bool) -> Outcome:
        heard, address = self._heard, self._address()
        if not public:
            return await self._voice.whisper(heard.by, heard.at, message, answer_to=address)
        if address is not None:
            told = await self._voice.respond(address, self._said(message, public=True))
            if isinstance(told, Delivered):
                return told
        return await self._voice.post(heard.at, message, heard.by)

    def _message_body(self, answer: Answer) -> bytes:
        return forms.encode(self._said(answer.message, public=answer.public)) if answer.message is not None else b""

    def _said(self, message: Message, *, public: bool) -> dict[str, Any]:
        rendered = render(message, self._voice.mentions(self._heard.by))
        said: dict[str, Any] = {"response_type": "in_channel" if public else "ephemeral", "text": rendered.text, "blocks": rendered.blocks}
        if self._surface != "slash":
            said["replace_original"] = False  # the card is the hub's to change, by its own delivery
        thread = self._heard.at.thread
        if thread is not None:
            said["thread_ts"] = thread
        return said

    def _becomes_of_form(self, answer: Answer) -> dict[str, Any]:
        fields = self._heard.fields if isinstance(self._heard, Submitted) else {}
        # Slack takes errors of fields that the view has, and would otherwise tell nobody anything.
        errors = {name: words for name, words in answer.errors.items() if name in fields and words}
        if errors:
            return {"response_action": "errors", "errors": errors}
        if answer.form is not None:
            return {"response_action": "update", "view": forms.view(answer.form, self._heard.at)}
        message = answer.message
        if answer.errors and message is None:
            message = Message(headline=(Text(" ".join(answer.errors.values())),), tone="warning")
        if message is not None and not answer.public:
            return {"response_action": "update", "view": forms.told(message, self._voice.locale, self._voice.mentions(self._heard.by))}
        return {"response_action": "clear"}

    def _carried(self, answer: Answer) -> bool:
        """Return whether :meth:`body` held the message."""
        match self._surface:
            case "slash" | "interactive_message":
                return True
            case "block_actions":
                return self._address() is None
            case "view_submission":
                return not answer.public and answer.form is None and not answer.errors
            case "event" | "block_suggestion":
                return False
            case other:
                assert_never(other)

    def _address(self) -> str | None:
        match self._heard:
            case Said() | Clicked():
                return self._heard.answer_to
            case Submitted():
                return None

    def _trigger(self) -> str | None:
        match self._heard:
            case Said() | Clicked():
                return self._heard.opens_forms
            case Submitted():
                return None
