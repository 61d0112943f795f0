"""Forms as Slack's modals: within its limits, with the place that they were opened from, and read when they come back.

https://docs.slack.dev/reference/views/modal-views, …/reference/block-kit/blocks/input-block,
…/reference/block-kit/block-elements/select-menu-element
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from leverframe.chats.slack.mrkdwn import length, plain, shorten
from leverframe.chats.slack.render import render
from leverframe.core.conversation import Choice, Field, Form, Place
from leverframe.core.errors import PROBLEMS, Locale
from leverframe.core.messages import Button, Buttons, Message, Text
from leverframe.core.payload import at, items, text

TITLE_MAX, ID_MAX, LABEL_MAX, HINT_MAX, INPUT_MAX = 24, 255, 2_000, 2_000, 3_000
OPTIONS_MAX, GROUPS_MAX, OPTION_LABEL_MAX, OPTION_VALUE_MAX = 100, 100, 75, 150
_WORDS: Mapping[Locale, Mapping[str, str]] = {
    "en": {"title": "One moment", "loading": "Loading…", "close": "Close", "done": "Done.", "working": "Working on it…", "open": "Open the form", "offered": "{title}: there is a form for it."},
    "ko": {"title": "잠시만요", "loading": "불러오는 중…", "close": "닫기", "done": "완료했습니다.", "working": "처리 중…", "open": "양식 열기", "offered": "{title}: 양식을 열어 입력하세요."},
}
encode = msgspec.json.Encoder().encode


def view(form: Form, place: Place) -> dict[str, Any]:
    """Return ``form`` as a view; ``place`` travels with it and comes back with the answers.

    Up to 100 choices are a select, up to 10,000 a select in groups, more are asked for while somebody types; choices that
    Slack could not carry (a value of more than 150 characters) become a line of text.
    """
    return {
        "type": "modal",
        "callback_id": form.id[:ID_MAX],
        "title": _plain(form.title, TITLE_MAX),
        "submit": _plain(form.submit, TITLE_MAX),
        "close": _plain(form.cancel, TITLE_MAX),
        "private_metadata": _metadata(place, form.context),
        "blocks": [_input(field) for field in form.fields],
    }


def loading(locale: Locale) -> dict[str, Any]:
    """Return the view that is shown until the form is ready: a trigger lives three seconds."""
    words = _WORDS[locale]
    return _shown(words["title"], words["close"], [{"type": "section", "text": _plain(f"⏳ {words['loading']}", OPTIONS_MAX)}])


def told(message: Message | None, locale: Locale, mentions: Mapping[str, str]) -> dict[str, Any]:
    """Return a view that says ``message`` where a form was: a view cannot be closed from outside."""
    words = _WORDS[locale]
    blocks = render(message, mentions).blocks if message is not None else [{"type": "section", "text": _plain(words["done"], OPTIONS_MAX)}]
    return _shown("Leverframe", words["close"], blocks)


def working(locale: Locale) -> Message:
    """Return what is said while an answer takes longer than Slack waits."""
    return Message(headline=(Text(f"⏳ {_WORDS[locale]['working']}"),), tone="progress")


def offered(form: Form, locale: Locale, *, late: bool = False) -> Message:
    """Return a button that opens ``form``: only who clicks or types a slash command lets Slack open one, and for three seconds (else it is ``late``)."""
    problem, button = PROBLEMS["slack_form_late"], Button(_WORDS[locale]["open"], action="run", value=form.id, style="primary")
    words = " ".join(problem.ko if locale == "ko" else problem.en) if late else _WORDS[locale]["offered"].format(title=form.title)
    return Message(headline=(Text(words),), blocks=(Buttons((button,)),), tone="warning" if late else "neutral")


def options(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """Return the first hundred choices as options; what Slack could not carry is left out."""
    return [_option(choice) for choice in choices if _fits(choice)][:OPTIONS_MAX]


def submitted(values: Mapping[str, Any]) -> dict[str, str]:
    """Return field → value of a submitted view's ``state.values``; fields left empty are ``""``."""
    found = {}
    for block_id, elements in values.items():
        if isinstance(elements, Mapping):
            for element in elements.values():
                found[block_id] = value(element)
    return found


def value(element: object) -> str:
    """Return what somebody chose or typed in an element of any kind; several choices are joined by commas."""
    for name in ("selected_option", "initial_option"):
        if chosen := text(element, name, "value"):
            return chosen
    for name in ("value", "selected_user", "selected_channel", "selected_conversation", "selected_date", "selected_time"):
        if chosen := text(element, name):
            return chosen
    several = [text(option, "value") for option in items(element, "selected_options")]
    for name in ("selected_users", "selected_channels", "selected_conversations"):
        ids = at(element, name)
        several += [id for id in ids if isinstance(id, str)] if isinstance(ids, list) else []
    return ",".join(several)


def place(chat: str, metadata: str, user: str) -> Place:
    """Return where the form was opened; for a view that says nothing of it, the room of ``user`` alone."""
    kept = _kept(metadata)
    room = text(kept, "room")
    if not room:
        return Place(chat=chat, room=user)
    return Place(chat=chat, room=room, room_name=text(kept, "room_name"), thread=text(kept, "thread") or None)


def context(metadata: str) -> str:
    """Return what the form was opened with."""
    return text(_kept(metadata), "context")


def _metadata(place: Place, context: str) -> str:
    kept = {"context": context, "room": place.room, "room_name": place.room_name[:80], "thread": place.thread or ""}
    return encode({name: value for name, value in kept.items() if value}).decode()


def _kept(metadata: str) -> object:
    try:
        return msgspec.json.decode(metadata)
    except (ValueError, RecursionError):
        return None


def _shown(title: str, close: str, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "modal", "title": _plain(title, TITLE_MAX), "close": _plain(close, TITLE_MAX), "blocks": blocks}


def _plain(words: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shorten(words.strip(), limit, plain) or "…", "emoji": True}


def _input(field: Field) -> dict[str, Any]:
    name = field.name[:ID_MAX]
    block: dict[str, Any] = {
        "type": "input",
        "block_id": name,
        "label": _plain(field.label, LABEL_MAX),
        "element": {"action_id": name} | (_select(field) if field.choices and all(map(_fits, field.choices)) else _line(field)),
        "optional": not field.required,
    }
    if field.hint.strip():
        block["hint"] = _plain(field.hint, HINT_MAX)
    return block


def _line(field: Field) -> dict[str, Any]:
    longest = min(field.max_length or INPUT_MAX, INPUT_MAX)
    element: dict[str, Any] = {"type": "plain_text_input", "multiline": field.multiline, "max_length": longest}
    if field.value:
        element["initial_value"] = field.value[:longest]
    return element


def _select(field: Field) -> dict[str, Any]:
    every = [_option(choice) for choice in field.choices]
    element: dict[str, Any]
    if len(every) <= OPTIONS_MAX:
        element = {"type": "static_select", "options": every}
    elif len(every) <= OPTIONS_MAX * GROUPS_MAX:
        starts = range(0, len(every), OPTIONS_MAX)
        groups = [{"label": _span(field.choices[at : at + OPTIONS_MAX]), "options": every[at : at + OPTIONS_MAX]} for at in starts]
        element = {"type": "static_select", "option_groups": groups}
    else:
        element = {"type": "external_select", "min_query_length": 0}
    chosen = next((option for option in every if option["value"] == field.value), None)
    if chosen is not None:
        element["initial_option"] = chosen
    return element


def _span(part: Sequence[Choice]) -> dict[str, Any]:
    """Return what a group is called: its first and its last option."""
    half = OPTION_LABEL_MAX // 2 - 3
    first, last = (words if len(words) <= half else f"{words[:half]}…" for words in (part[0].label, part[-1].label))
    return _plain(f"{first} – {last}", OPTION_LABEL_MAX)


def _option(choice: Choice) -> dict[str, Any]:
    return {"text": _plain(choice.label or choice.value, OPTION_LABEL_MAX), "value": choice.value}


def _fits(choice: Choice) -> bool:
    return 0 < length(choice.value) <= OPTION_VALUE_MAX
