"""What Teams sends in, read: messages, buttons and forms, each to what a person said; and what it tells of conversations.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#activity-object
Nothing here looks at the token: :mod:`leverframe.chats.teams.inbound` has done so.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from leverframe.chats.teams import forms
from leverframe.chats.teams.render import LOOK
from leverframe.core.conversation import Asker, Clicked, Door, Heard, Place, Said, Submitted
from leverframe.core.details import about, detail
from leverframe.core.errors import Refused
from leverframe.core.payload import at, items, mapping, text
from leverframe.ports import Nothing, Reference

Surface: TypeAlias = Literal["message", "submit", "invoke"]
"""The way that it came: only an invoke shows something of the request's own answer."""
KINDS = {"channel": "channel", "groupChat": "group", "personal": "personal"}
_TAG = re.compile(r"<at(?:\s[^<>]{0,200})?>([^<>]{0,300})</at>", re.IGNORECASE)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "\xa0": " ", "\r": None})


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where something came from, as far as an answer needs it."""

    service: str
    tenant: str
    conversation: str
    """With ``;messageid=…`` where it is of a thread."""
    person: str
    """The one who spoke, by their id in Teams (``29:…``)."""
    kind: str
    id: str
    """The activity's."""
    card: str | None = None
    """Id of the message whose button was pressed."""
    private: bool = False
    """Whether nobody else saw what was said."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person said."""

    heard: Heard
    surface: Surface
    origin: Origin
    sent_by: str = ""
    """Of a form: the way that it had been sent to who filled it in."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something that Teams tells of a conversation: the bot is in it (``team``: of a team, whose channels can be asked for), or not any more."""

    gone: tuple[str, ...] = ()
    team: str = ""
    team_name: str = ""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looks at a card."""

    by: Asker
    at: Place
    message: str
    delivery: str


Read: TypeAlias = Reading | Told | Look | Nothing


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for everything in one request."""

    chat: str
    now: datetime
    several: bool
    """Whether people of several tenants are heard: then their names have the tenant."""
    seal: forms.Seal
    overhears: Callable[[str], bool] | None = None
    proven: bool = True


def tenant_of(activity: Mapping[str, Any]) -> str:
    """Return the tenant that an activity is of. Raises ``Refused("request_invalid")`` when it names two."""
    found = {id.lower() for id in (text(activity, "conversation", "tenantId"), text(activity, "channelData", "tenant", "id")) if id}
    if len(found) > 1:
        raise Refused("request_invalid", detail("two_tenants"))
    return found.pop() if found else ""


def reference_of(chat: str, activity: Mapping[str, Any], tenant: str) -> Reference | None:
    """Return the conversation that an activity is of, and all that it tells of it."""
    conversation, kind = text(activity, "conversation", "id").partition(";")[0], KINDS.get(text(activity, "conversation", "conversationType"), "")
    if not conversation or not kind or len(conversation) > 300:
        return None
    data = mapping(activity, "channelData")
    is_channel = kind == "channel"
    return Reference(
        chat=chat, conversation=conversation, service=text(activity, "serviceUrl"), tenant=tenant, kind=kind,
        room=text(data, "channel", "name")[:200] if is_channel else "", team=text(data, "team", "name")[:200] if is_channel else "",
        person=text(activity, "from", "aadObjectId").lower() if kind == "personal" else "",
    )  # fmt: skip


def read(letter: Letter, activity: Mapping[str, Any]) -> Read:
    """Return what an activity says. What this version does not know is ``Nothing``. Raises ``Refused("request_invalid")``."""
    kind = text(activity, "type")
    match kind:
        case "message":
            return _message(letter, activity)
        case "invoke":
            return _invoke(letter, activity)
        case "conversationUpdate" | "installationUpdate":
            return _update(activity)
        case "":
            raise Refused("request_invalid", about("type", "missing"))
        case _:
            return Nothing(reason=f"{kind[:60]} is nothing for the hub")


def read_outgoing(letter: Letter, activity: Mapping[str, Any]) -> Reading | Nothing:
    """Return what somebody said to an outgoing webhook: it is always meant, whatever it is called in that team."""
    if text(activity, "type") != "message":
        return Nothing(reason="no message")
    by = _asker(letter, activity)
    if by is None:
        return Nothing(reason="said by nobody who is known")
    words = plain_words(_TAG.sub("", text(activity, "text"), count=1)).strip()
    return _said(letter, activity, by, "mention", words)


def _message(letter: Letter, activity: Mapping[str, Any]) -> Reading | Nothing:
    by = _asker(letter, activity)
    if by is None:
        return Nothing(reason="said by nobody who is known")
    value = at(activity, "value")
    if isinstance(value, dict) and value and not text(activity, "text").strip():
        return _pressed(letter, activity, by, value, "submit")
    found = _spoken(activity, letter.overhears)
    if found is None:
        return Nothing(reason="not said to the hub")
    return _said(letter, activity, by, *found)


def _said(letter: Letter, activity: Mapping[str, Any], by: Asker, door: Door, words: str) -> Reading:
    origin = _origin(activity)
    said = Said(
        key=_key(activity), door=door, text=words, by=by, at=_place(letter, activity), said_at=letter.now, answer_to=origin.person or None,
    )  # fmt: skip
    return Reading(heard=said, surface="message", origin=origin)


def _invoke(letter: Letter, activity: Mapping[str, Any]) -> Reading | Look | Nothing:
    """https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#request-format"""
    name = text(activity, "name")
    if name != "adaptiveCard/action":
        return Nothing(reason=f"{name[:60]} is nothing for the hub")
    action = mapping(activity, "value", "action")
    by = _asker(letter, activity)
    if by is None:
        return Nothing(reason="said by nobody who is known")
    if text(action, "data", "action") == LOOK:
        return Look(by=by, at=_place(letter, activity), message=text(activity, "replyToId"), delivery=text(action, "data", "delivery"))
    if text(activity, "value", "trigger") == "automatic":
        return Nothing(reason="a card that is not the hub's is looked at")
    data = dict(mapping(action, "data"))
    data.setdefault("action", text(action, "verb"))
    return _pressed(letter, activity, by, data, "invoke")


def _pressed(letter: Letter, activity: Mapping[str, Any], by: Asker, data: Mapping[str, Any], surface: Surface) -> Reading:
    origin = _origin(activity)
    if form := text(data, "form"):
        if not letter.seal.opened(data, by.id):
            raise Refused("request_invalid", detail("form_of_somebody_else"))
        room = text(data, "room")
        submitted = Submitted(
            key=_key(activity), form=form, context=text(data, "context"), fields=forms.fields(data), by=by, said_at=letter.now,
            at=Place(chat=letter.chat, room=room, room_name=text(data, "name"), thread=text(data, "thread") or None) if room else _place(letter, activity),
        )  # fmt: skip
        return Reading(heard=submitted, surface=surface, origin=origin, sent_by=text(data, "by"))
    action = text(data, "action")
    if not action:
        raise Refused("request_invalid", about("value.action", "missing"))
    clicked = Clicked(
        key=_key(activity), action=action, value=text(data, "value"), by=by, at=_place(letter, activity), said_at=letter.now, message=origin.card,
        answer_to=origin.person or None,
    )  # fmt: skip
    return Reading(heard=clicked, surface=surface, origin=origin)


def _update(activity: Mapping[str, Any]) -> Told | Nothing:
    """https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events"""
    bot = text(activity, "recipient", "id")
    event = text(activity, "channelData", "eventType")
    conversation = text(activity, "conversation", "id").partition(";")[0]
    if text(activity, "type") == "installationUpdate" and text(activity, "action").startswith("remove"):
        return Told(gone=(conversation,))
    if bot and any(text(one, "id") == bot for one in items(activity, "membersRemoved")):
        return Told(gone=(conversation,))
    if event in ("channelDeleted", "teamDeleted", "channelUnshared"):
        return Told(gone=(text(activity, "channelData", "channel", "id") or conversation,))
    team = text(activity, "channelData", "team", "id")
    return Told(team=team, team_name=text(activity, "channelData", "team", "name")[:200])


def _spoken(activity: Mapping[str, Any], overhears: Callable[[str], bool] | None) -> tuple[Door, str] | None:
    """Return the door and the words of what is said to the hub in a message, or is overheard; else ``None``.

    A mention counts where the message begins with it; in a chat of two everything is for the hub.
    """
    words, bot = text(activity, "text"), text(activity, "recipient", "id")
    own = {text(one, "text") for one in items(activity, "entities") if text(one, "type") == "mention" and text(one, "mentioned", "id") == bot and bot}
    mention = next((name for name in own if name and words.lstrip().startswith(name)), None)
    rest = plain_words(words.lstrip()[len(mention) :] if mention else words).strip()
    if at(activity, "recipient", "isTargeted") is True:
        return "slash", rest
    if mention is not None or text(activity, "conversation", "conversationType") == "personal":
        return "mention", rest.removeprefix("!").removeprefix("/").strip()
    if rest.startswith("!"):
        return "thread", rest[1:]
    if overhears is not None and not own and overhears(rest):
        return "overheard", rest
    return None


def plain_words(words: str) -> str:
    """Return what a person typed: mentions as ``@name``, entities undone, the quotation marks of a phone's keyboard made straight."""
    return html.unescape(_TAG.sub(lambda found: f"@{found[1]}", words)).translate(_QUOTES)


def _asker(letter: Letter, activity: Mapping[str, Any]) -> Asker | None:
    """Return who speaks; bots, and people without an account in Entra, are nobody."""
    person, id = text(activity, "from", "aadObjectId").lower(), text(activity, "from", "id")
    if not person or id.startswith("28:") or text(activity, "from", "role") == "bot":
        return None
    return Asker(chat=letter.chat, id=person[:100], team=tenant_of(activity) if letter.several else "", name=text(activity, "from", "name")[:200], proven=letter.proven)


def _place(letter: Letter, activity: Mapping[str, Any]) -> Place:
    room, _, thread = _conversation(activity).partition(";messageid=")
    return Place(chat=letter.chat, room=room, room_name=text(activity, "channelData", "channel", "name")[:200], thread=thread or None)


def _origin(activity: Mapping[str, Any]) -> Origin:
    return Origin(
        service=text(activity, "serviceUrl"), tenant=tenant_of(activity), conversation=_conversation(activity), person=text(activity, "from", "id")[:300],
        kind=KINDS.get(text(activity, "conversation", "conversationType"), ""), id=text(activity, "id"), card=text(activity, "replyToId") or None,
        private=at(activity, "recipient", "isTargeted") is True,
    )  # fmt: skip


def _conversation(activity: Mapping[str, Any]) -> str:
    found = text(activity, "conversation", "id")
    if not found or len(found) > 500:
        raise Refused("request_invalid", about("conversation.id", "missing"))
    return found


def _key(activity: Mapping[str, Any]) -> str:
    """The request's own identity. Ids of activities are moments in their conversation: two conversations may have the same."""
    id = text(activity, "id")
    if not id or len(id) > 300:
        raise Refused("request_invalid", about("id", "missing"))
    return f"{tenant_of(activity)}/{_conversation(activity).partition(';')[0]}/{id}"
