"""What somebody wrote about a webhook: a form (both kinds that HTML has) or a JSON object, read liberally and field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from leverframe.core.details import about, detail
from leverframe.core.errors import Refused
from leverframe.core.json_objects import read_object
from leverframe.core.topics import EVERYTHING, TOPICS, read_topic
from leverframe.ports.payloads import Format
from leverframe.web.asking import Asked, span

MOST_FIELDS = 200
_ALIASES = {
    "payload_url": "payloadUrl", "url": "payloadUrl", "webhooktype": "format", "event": "events", "topics": "events", "perSecond": "per_second",
    "webhookType": "format",
}  # fmt: skip
_FORMATS = {
    "0": "text", "simple": "text", "1": "slack", "detail_slack": "slack", "2": "hangout", "detail_hangout_chat": "hangout", "3": "yobi", "json": "yobi",
    "standard-webhooks": "standard_webhooks", "cloudevent": "cloudevents", "google_chat": "hangout", "yona": "yobi",
}  # fmt: skip
"""Other names of formats, among them those of Yona's webhook types."""
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})
_BETWEEN = re.compile(r"[\s,]+")


class Given(msgspec.Struct, frozen=True):
    """The fields that were given, each with all of its values."""

    values: Mapping[str, Sequence[str]]
    is_json: bool

    def __contains__(self, name: str) -> bool:
        """Return whether the field was given at all."""
        return name in self.values

    def text(self, name: str) -> str | None:
        """Return the field's last value without blanks around it; ``None`` when it was not given or is empty."""
        return self.raw(name).strip() or None

    def raw(self, name: str) -> str:
        """Return the field's last value as it is, ``""`` when it was not given. Raises ``Refused("hook_field_invalid")`` for a NUL in it."""
        value = self.values[name][-1] if self.values.get(name) else ""
        if "\0" in value:
            raise Refused("hook_field_invalid", about(name, "holds_nul"))
        return value

    def flag(self, name: str, default: bool) -> bool:
        """Return the field as yes or no; raises ``Refused("hook_field_invalid")`` for neither."""
        if name not in self.values:
            return default
        word = self.raw(name).strip().lower()
        if word not in _YES and word not in _NO:
            raise Refused("hook_field_invalid", about(name, "write_true_or_false"))
        return word in _YES

    def number(self, name: str, default: float) -> float:
        """Return the field as a number; raises ``Refused("hook_field_invalid")`` when it is none."""
        word = self.text(name)
        try:
            return default if word is None else float(word)
        except ValueError:
            raise Refused("hook_field_invalid", about(name, "write_number")) from None

    def whole(self, name: str, default: int) -> int:
        """Return the field as a whole number; raises ``Refused("hook_field_invalid")`` when it is none."""
        word = self.text(name)
        if word is None:
            return default
        if not word.isascii() or not word.isdigit() or len(word) > 9:
            raise Refused("hook_field_invalid", about(name, "write_whole"))
        return int(word)

    def length(self, name: str, default: timedelta) -> timedelta:
        """Return the field as a length of time (``24h``, ``30m``, ``0``); raises ``Refused("hook_field_invalid")`` when it is none."""
        word = self.text(name)
        found = default if word is None else timedelta(0) if word == "0" else span(word)
        if found is None:
            raise Refused("hook_field_invalid", about(name, "write_length"))
        return found

    def topics(self, format: Format) -> tuple[str, ...] | None:
        """Return the topics that were chosen, as far as ``format`` can tell of them, in the order of the table; ``None`` without the field.

        Raises ``Refused("hook_field_invalid")`` for an empty choice, for a word that is no topic, and when the format tells of none of them.
        """
        if "events" not in self.values:
            return None
        words = [word for value in self.values["events"] for word in _BETWEEN.split(value.strip()) if word]
        if not words:
            raise Refused("hook_field_invalid", about("events", "choose_one"))
        found = {read_topic(word) for word in words}
        if None in found:
            unknown = next(word for word in words if read_topic(word) is None)
            raise Refused("hook_field_invalid", about("events", "none_of", met=unknown[:50], known=", ".join(["*", *(topic.name for topic in TOPICS)])))
        return narrowed(tuple(topic for topic in (EVERYTHING, *(one.name for one in TOPICS)) if topic in found), format)

    def format(self, formats: Mapping[str, Format], default: str) -> Format:
        """Return the format that was named, under any of its names; raises ``Refused("hook_field_invalid")`` for one that is not there."""
        word = (self.text("format") or default).lower()
        found = formats.get(_FORMATS.get(word, word))
        if found is None:
            raise Refused("hook_field_invalid", about("format", "none_of", met=word[:50], known=", ".join(formats)))
        return found

    def shown(self) -> Asked:
        """Return the fields for a form that is shown again: never a secret."""
        return Asked({name: " ".join(values) for name, values in self.values.items() if name not in ("secret", "csrf")})


def narrowed(topics: tuple[str, ...], format: Format) -> tuple[str, ...]:
    """Return those of ``topics`` that ``format`` tells of; raises ``Refused("hook_field_invalid")`` when that is none."""
    if format.topics is None:
        return (EVERYTHING,) if EVERYTHING in topics else topics
    found = tuple(topic.name for topic in TOPICS if topic.name in format.topics and (topic.name in topics or EVERYTHING in topics))
    if not found:
        raise Refused("hook_field_invalid", about("events", "format_tells_only", format=format.name, topics=", ".join(sorted(format.topics))))
    return found


async def read_given(request: Request) -> Given:
    """Return what a request's body says. Raises ``Refused``: ``request_invalid``, ``json_invalid``, ``content_type_unsupported``."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == "application/json" or kind.endswith("+json"):
        return Given(_of_json(body), True)
    if kind == "multipart/form-data":
        return Given(_gathered(await _of_parts(request)), False)
    if body.strip() and kind not in ("", "application/x-www-form-urlencoded"):
        raise Refused("content_type_unsupported", detail("json_or_form"))
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused("request_invalid", detail("at_most_fields", most=MOST_FIELDS)) from None
    return Given(_gathered(pairs), False)


def _gathered(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(_ALIASES.get(name, name), []).append(value)
    return found


async def _of_parts(request: Request) -> list[tuple[str, str]]:
    from starlette.formparsers import MultiPartException  # with what it is made of, for the few who send such a form

    try:
        form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    except MultiPartException as error:
        raise Refused("request_invalid", error.message[:200]) from None
    except KeyError:
        raise Refused("request_invalid", detail("no_boundary")) from None
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _of_json(body: bytes) -> dict[str, list[str]]:
    try:
        document = read_object(body) if body.strip() else {}
    except ValueError:
        raise Refused("json_invalid") from None
    found: dict[str, list[str]] = {}
    for name, value in document.items():
        if value is not None:
            found[_ALIASES.get(name, name)] = [_word(name, one) for one in (value if isinstance(value, list) else [value])]
    return found


def _word(name: str, value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case _:
            raise Refused("hook_field_invalid", about(name[:50], "write_value"))
