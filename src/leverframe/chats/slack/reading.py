"""What Slack sends in, read: slash commands, clicks, forms and events, each to what a person said.

https://docs.slack.dev/interactivity/implementing-slash-commands, …/reference/interaction-payloads, …/apis/events-api
Nothing here looks at the signature: :mod:`leverframe.chats.slack.inbound` has done so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

import msgspec

from leverframe.chats.slack import forms, mrkdwn
from leverframe.core.commands.definitions import SHARED
from leverframe.core.conversation import Asker, Clicked, Door, Heard, Place, Said, Submitted
from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.core.json_objects import read_object
from leverframe.core.payload import at, items, mapping, moment, text
from leverframe.ports import Challenge, Nothing, OptionsWanted

Surface: TypeAlias = Literal["slash", "block_actions", "interactive_message", "view_submission", "block_suggestion", "event"]
"""The way that it came: it decides what Slack shows of an answer's body."""
_FIELDS_MAX = 100
_MENTION = re.compile(r"\s*<@([UW][A-Z0-9]{2,30})(?:\|[^>]*)?>[\s:,]*")
_CONTROL = re.compile(r"<([^<>]*)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_TYPED = str.maketrans({"“": '"', "”": '"', "„": '"', **mrkdwn.TYPED})
_OWN_SUBTYPES = frozenset({"", "file_share", "me_message", "thread_broadcast"})
"""Kinds of ``message`` in which a person says something new."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person said."""

    heard: Heard | OptionsWanted
    surface: Surface
    app: str
    """Id of the app that it was sent to; empty where Slack does not say."""
    team: str
    """Id of the workspace that the app is installed in."""
    view: str | None = None
    """Id of the form that it came from."""


Read: TypeAlias = Reading | Challenge | Nothing


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for everything in one request."""

    chat: str
    now: datetime
    digest: str
    """Stands for the request where the payload holds no id of its own."""
    overhears: Callable[[str], bool] | None = None
    """Whether there is an answer to words that nobody said to the hub."""


def digest(timestamp_s: int, body: bytes) -> str:
    """Return what stands for a request: the same for one that is sent again."""
    return hashlib.sha256(b"%d:" % timestamp_s + body).hexdigest()[:32]


def read_body(letter: Letter, body: bytes) -> Read:
    """Return what a request's body says, whichever of the doors it came by. Raises ``Refused("request_invalid")``."""
    if body.lstrip()[:1] == b"{":
        return read_event(letter, _json(body, "body"))
    try:
        fields = _form(body.decode())
    except ValueError:
        raise Refused("request_invalid", about("body", "neither_json_nor_form")) from None
    if "payload" in fields:
        return read_interaction(letter, _json(fields["payload"].encode(), "payload"))
    if "command" in fields:
        return read_slash(letter, fields)
    if fields.get("ssl_check") == "1":
        return Nothing(reason="ssl_check")
    raise Refused("request_invalid", about("body", "body_empty_of_commands"))


def _form(text: str) -> dict[str, str]:
    """Return the fields of a form, as ``parse_qsl`` does in three times as long: most of Slack's values have nothing to undo."""
    pairs = text.replace("\x00", "\ufffd").split("&")
    if len(pairs) > _FIELDS_MAX:
        raise ValueError("too many fields")
    fields = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if "+" in value:
            value = value.replace("+", " ")
        if "%" in value:
            # What addresses and commands have most of; whatever else there is takes the long way.
            value = value.replace("%2F", "/").replace("%3A", ":")
            if "%" in value:
                value = unquote(value, errors="strict").replace("\x00", "\ufffd")
        if equals or name:
            fields[name if "%" not in name and "+" not in name else unquote(name.replace("+", " "), errors="strict")] = value
    return fields


def read_slash(letter: Letter, fields: Mapping[str, Any]) -> Reading:
    """Return what a slash command says.

    https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
    """
    command = text(fields, "command").strip().removeprefix("/").lower()
    if not command:
        raise Refused("request_invalid", about("command", "missing"))
    words = plain_words(text(fields, "text")).strip()
    team = text(fields, "team_id") or text(fields, "enterprise_id")
    room = _needed(fields, "channel_id")
    said = Said(
        key=_key(letter, team, "slash", text(fields, "trigger_id")),
        door="slash",
        text=words if command == SHARED else f"{command} {words}".rstrip(),
        by=Asker(chat=letter.chat, id=_needed(fields, "user_id"), team=team, name=text(fields, "user_name")),
        at=Place(chat=letter.chat, room=room, room_name=text(fields, "channel_name")),
        said_at=letter.now,
        answer_to=text(fields, "response_url") or None,
        opens_forms=text(fields, "trigger_id") or None,
    )
    return Reading(heard=said, surface="slash", app=text(fields, "api_app_id"), team=team)


def read_interaction(letter: Letter, payload: Mapping[str, Any]) -> Read:
    """Return what a click, a form or a select says. What this version does not know is ``Nothing``.

    https://docs.slack.dev/reference/interaction-payloads
    """
    kind = text(payload, "type")
    match kind:
        case "block_actions":
            return _block_action(letter, payload)
        case "interactive_message":
            return _attachment_action(letter, payload)
        case "view_submission":
            return _submission(letter, payload)
        case "block_suggestion":
            return _options(letter, payload)
        case "":
            raise Refused("request_invalid", about("payload.type", "missing"))
        case _:
            return Nothing(reason=f"{kind[:60]} is nothing for the hub")


def _block_action(letter: Letter, payload: Mapping[str, Any]) -> Reading | Nothing:
    action = _first_action(payload)
    name, _, _ = _needed(action, "action_id").partition("~")  # two buttons of one action differ behind the "~": see render
    if text(action, "type") == "button" and (name == "open" or "url" in action):
        return Nothing(reason="a link was opened")
    view = mapping(payload, "view")
    place = forms.place(letter.chat, text(view, "private_metadata"), text(payload, "user", "id")) if view else _place(letter, payload)
    thread = text(payload, "container", "thread_ts") or text(payload, "message", "thread_ts")
    message = text(payload, "container", "message_ts") or text(payload, "message", "ts")
    if thread and thread != message:
        place = Place(chat=place.chat, room=place.room, room_name=place.room_name, thread=thread)
    return _clicked(letter, payload, "block_actions", name, forms.value(action), place, message)


def _attachment_action(letter: Letter, payload: Mapping[str, Any]) -> Reading:
    """The buttons and menus of attachments, as bots of Hubot's time posted them: https://docs.slack.dev/legacy/legacy-messaging."""
    action = _first_action(payload)
    chosen = items(action, "selected_options")
    value = text(chosen[0], "value") if chosen else text(action, "value")
    message = text(payload, "message_ts")
    return _clicked(letter, payload, "interactive_message", _needed(action, "name"), value, _place(letter, payload), message)


def _clicked(letter: Letter, payload: Mapping[str, Any], surface: Surface, action: str, value: str, place: Place, message: str) -> Reading:
    team, trigger = _team(payload), text(payload, "trigger_id")
    clicked = Clicked(
        key=_key(letter, team, surface, trigger),
        action=action,
        value=value,
        by=_asker(letter, payload),
        at=place,
        said_at=letter.now,
        message=message or None,
        answer_to=text(payload, "response_url") or None,
        opens_forms=trigger or None,
    )
    return Reading(heard=clicked, surface=surface, app=text(payload, "api_app_id"), team=team, view=text(payload, "view", "id") or None)


def _submission(letter: Letter, payload: Mapping[str, Any]) -> Reading:
    view = mapping(payload, "view")
    by, metadata = _asker(letter, payload), text(view, "private_metadata")
    team = _team(payload)
    submitted = Submitted(
        key=_key(letter, team, "view_submission", text(payload, "trigger_id")),
        form=_needed(view, "callback_id"),
        context=forms.context(metadata),
        fields=forms.submitted(mapping(view, "state", "values")),
        by=by,
        at=forms.place(letter.chat, metadata, by.id),
        said_at=letter.now,
    )
    return Reading(heard=submitted, surface="view_submission", app=text(payload, "api_app_id"), team=team, view=text(view, "id") or None)


def _options(letter: Letter, payload: Mapping[str, Any]) -> Reading:
    view = mapping(payload, "view")
    by, metadata = _asker(letter, payload), text(view, "private_metadata")
    place = forms.place(letter.chat, metadata, by.id) if view else _place(letter, payload)
    field, typed = _needed(payload, "action_id"), text(payload, "value")
    wanted = OptionsWanted(form=text(view, "callback_id"), field=field, typed=typed, context=forms.context(metadata), by=by, at=place)
    return Reading(heard=wanted, surface="block_suggestion", app=text(payload, "api_app_id"), team=_team(payload))


def read_event(letter: Letter, payload: Mapping[str, Any]) -> Read:
    """Return what an event says: a mention, a message that begins with ``!``, or one that is overheard. Every other event is ``Nothing``.

    https://docs.slack.dev/apis/events-api, …/reference/events/app_mention, …/reference/events/message
    """
    match text(payload, "type"):
        case "url_verification":
            if not (challenge := text(payload, "challenge")):
                raise Refused("request_invalid", about("challenge", "missing"))
            return Challenge(answer=forms.encode({"challenge": challenge}))
        case "event_callback":
            pass
        case "":
            raise Refused("request_invalid", about("type", "missing"))
        case other:
            return Nothing(reason=f"{other[:60]} is nothing for the hub")
    event, id = mapping(payload, "event"), _needed(payload, "event_id")
    _needed(event, "type")
    bots = [text(one, "user_id") for one in items(payload, "authorizations") if one.get("is_bot") is not False]
    if text(event, "bot_id") or text(event, "bot_profile", "id") or not text(event, "user") or text(event, "user") in bots:
        return Nothing(reason="said by a bot")
    if "edited" in event or text(event, "subtype") not in _OWN_SUBTYPES:
        return Nothing(reason="no new words")
    found = _spoken(event, bots[0] if bots else "", letter.overhears)
    if found is None:
        return Nothing(reason="not said to the hub")
    door, words = found
    team = text(payload, "team_id") or text(event, "team")
    thread = text(event, "thread_ts")
    by = Asker(chat=letter.chat, id=text(event, "user"), team=text(event, "user_team") or text(event, "team") or team)
    said = Said(
        key=_key(letter, team, "event", id),
        door=door,
        text=plain_words(words).strip(),
        by=by,
        at=Place(chat=letter.chat, room=_needed(event, "channel"), thread=thread or None),
        said_at=moment(payload, "event_time") or letter.now,
    )
    return Reading(heard=said, surface="event", app=text(payload, "api_app_id"), team=team)


def _spoken(event: Mapping[str, Any], bot: str, overhears: Callable[[str], bool] | None) -> tuple[Door, str] | None:
    """Return the door and the words of what is said to the hub in a message, or is overheard; else ``None``.

    A mention counts where the message begins with it: Slack sends those that only speak of the bot as well, and a message
    with ``!`` that mentions it comes twice.
    """
    words = text(event, "text")
    if text(event, "type") == "app_mention":
        mention = _MENTION.match(words)
        return ("mention", words[mention.end() :]) if mention and mention[1] == (bot or mention[1]) else None
    if text(event, "type") != "message":
        return None
    if words.lstrip().startswith("!"):
        return "thread", words.lstrip()[1:]
    if overhears is not None and not (bot and f"<@{bot}" in words) and overhears(plain_words(words).strip()):
        return "overheard", words
    return None


def plain_words(words: str) -> str:
    """Return what a person typed: Slack's ``<…>`` and entities undone, the quotation marks of a phone's keyboard made straight.

    A mark that the hub itself showed by a letter that looks like it, so that Slack formats nothing, is that mark again.

    A channel becomes ``#name`` (its id where Slack gives no name), a person ``@U123``, a link its address.
    https://docs.slack.dev/messaging/formatting-message-text#advanced
    """
    if "<" in words:
        words = _CONTROL.sub(_shown, words)
    if "&" in words:
        for entity, letter in _ENTITIES:
            words = words.replace(entity, letter)
    return words.translate(_TYPED)


def _shown(control: re.Match[str]) -> str:
    inner, _, label = control[1].partition("|")
    match inner[:1]:
        case "@":
            return f"@{inner[1:]}"
        case "#":
            return f"#{label}" if label else inner[1:]
        case "!":
            return label if label.startswith("@") else f"@{label or inner[1:].partition('^')[2] or inner[1:]}"
        case _:
            # A bare word that Slack took for an address ("web-app.io") was typed as its label says.
            return label if label and inner.partition("://")[2].rstrip("/") == label.rstrip("/") else inner.removeprefix("mailto:")


def _json(body: bytes, name: str) -> Mapping[str, Any]:
    try:
        return read_object(body)
    except ValueError:
        raise Refused("request_invalid", about(name, "not_an_object")) from None


def _first_action(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    actions = items(payload, "actions")
    if not actions:
        raise Refused("request_invalid", about("payload.actions", "missing"))
    return actions[0]


def _place(letter: Letter, payload: Mapping[str, Any]) -> Place:
    room = text(payload, "channel", "id") or text(payload, "container", "channel_id")
    if not room:
        raise Refused("request_invalid", about("channel.id", "missing"))
    return Place(chat=letter.chat, room=room, room_name=text(payload, "channel", "name"))


def _asker(letter: Letter, payload: Mapping[str, Any]) -> Asker:
    user = mapping(payload, "user")
    team = text(user, "team_id") or _team(payload)
    return Asker(chat=letter.chat, id=_needed(user, "id"), team=team, name=text(user, "username") or text(user, "name"))


def _team(payload: Mapping[str, Any]) -> str:
    """Return the workspace; an app that is installed in a whole organisation may get none, and then its organisation."""
    return text(payload, "team", "id") or text(payload, "enterprise", "id")


def _needed(fields: Mapping[str, Any], name: str) -> str:
    value = at(fields, name)
    if not isinstance(value, str) or not value:
        raise Refused("request_invalid", about(name, "missing"))
    return text(fields, name)


def _key(letter: Letter, team: str, kind: str, id: str) -> str:
    return f"{letter.chat}:{team}:{kind}:{id or letter.digest}"
