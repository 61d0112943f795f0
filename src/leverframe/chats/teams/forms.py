"""Forms as Adaptive Cards: written with the place they were opened from, sealed for who asked, and read when they come back.

https://adaptivecards.io/explorer/Input.Text.html, …/Input.ChoiceSet.html
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from leverframe.chats.teams.markdown import clean, cut, escape
from leverframe.chats.teams.render import CARD_MAX, block, encode, execute, whole
from leverframe.core.conversation import Field, Form, Place
from leverframe.core.errors import Locale
from leverframe.core.messages import one_line
from leverframe.core.payload import text

VERB = "form"
_INPUT = "field."
_LABEL_MAX, _CHOICES_MAX, _INPUT_MAX = 200, 500, 3_000
_FILTERED_FROM = 8
"""So many choices are found by typing."""
_WORDS: Mapping[Locale, Mapping[str, str]] = {
    "en": {"working": "⏳ Working on it…", "done": "Done.", "nothing": "There is nothing to do here any more.", "needed": "Needed", "sent": "Sent to you as a form."},
    "ko": {"working": "⏳ 처리 중…", "done": "완료했습니다.", "nothing": "여기서 더 할 일이 없습니다.", "needed": "필수 항목입니다", "sent": "양식을 보내 드렸습니다."},
}


def said(word: str, locale: Locale) -> str:
    """Return one of the few words that are the room's own."""
    return _WORDS[locale][word]


class Seal:
    """Keeps what travels with a form from being changed on the way: people's clients send it back."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"leverframe teams forms", "sha256")

    def data(self, form: str, context: str, place: Place, person: str, by: str) -> dict[str, Any]:
        """Return what travels: the form, what it was opened with and where, for ``person``, and ``by`` which way it is sent."""
        kept = {"form": form, "context": context, "room": place.room, "name": cut(place.room_name, 80), "thread": place.thread or "", "by": by}
        return {**kept, "seal": self._of(kept, person)}

    def opened(self, data: Mapping[str, Any], person: str) -> bool:
        """Return whether ``data`` came back as it was given to ``person``."""
        kept = {name: text(data, name) for name in ("form", "context", "room", "name", "thread", "by")}
        return hmac.compare_digest(self._of(kept, person).encode(), text(data, "seal").encode("utf-8", "replace"))

    def _of(self, kept: Mapping[str, str], person: str) -> str:
        return hmac.digest(self._key, msgspec.json.encode([person.casefold(), *(kept[name] for name in sorted(kept))]), "sha256").hex()


def card(form: Form, data: Mapping[str, Any], locale: Locale) -> dict[str, Any]:
    """Return ``form`` as a card; ``data`` (of :meth:`Seal.data`) comes back with the answers.

    Choices that would not fit into a card become a line of text, the most numerous first.
    """
    plain: set[str] = {field.name for field in form.fields if len(field.choices) > _CHOICES_MAX}
    while True:
        body = [block(escape(one_line(form.title)) or "…", size="medium", weight="bolder"), *(_input(field, locale, as_text=field.name in plain) for field in form.fields)]
        body.append({"type": "ActionSet", "actions": [execute(form.submit, VERB, data, "positive")]})
        made = whole(body, [])
        left = [field for field in form.fields if field.choices and field.name not in plain]
        if len(encode(made)) <= CARD_MAX or not left:
            return made
        plain.add(max(left, key=lambda field: len(encode([choice.value + choice.label for choice in field.choices]))).name)


def fields(data: Mapping[str, Any]) -> dict[str, str]:
    """Return field → value of a form that was sent; fields left empty may be missing."""
    return {name.removeprefix(_INPUT): value for name, value in data.items() if name.startswith(_INPUT) and isinstance(value, str)}


def _input(field: Field, locale: Locale, *, as_text: bool) -> dict[str, Any]:
    label = cut(one_line(clean(field.label)), _LABEL_MAX) or field.name
    found: dict[str, Any] = {"id": f"{_INPUT}{field.name}", "label": label, "isRequired": field.required}
    if field.required:
        found["errorMessage"] = said("needed", locale)
    if field.choices and not as_text:
        found |= {"type": "Input.ChoiceSet", "style": "filtered" if len(field.choices) >= _FILTERED_FROM else "compact",
                  "choices": [{"title": cut(one_line(clean(one.label or one.value)), _LABEL_MAX) or "…", "value": one.value} for one in field.choices]}  # fmt: skip
        value = field.value if any(one.value == field.value for one in field.choices) else ""
    else:
        longest = min(field.max_length or _INPUT_MAX, _INPUT_MAX)
        found |= {"type": "Input.Text", "isMultiline": field.multiline, "maxLength": longest}
        value = field.value[:longest]
    if field.hint.strip():
        found["placeholder"] = cut(one_line(clean(field.hint)), _LABEL_MAX)
    if value:
        found["value"] = value
    return found
