"""A button of a card that was pressed: what it asks for, the request that it means, and what the answer says for people.

https://learn.microsoft.com/outlook/actionable-messages/message-card-reference#httppost-action, …#input-value-substitution,
…#reporting-an-actions-execution-success-or-failure
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal
from urllib.parse import quote, quote_plus

import msgspec

from leverframe.core.cards import Ask, Input, Post, Wrong
from leverframe.core.conversation import Choice, Field, Form
from leverframe.core.wording.quoting import one_line

STATUS, REPLACES = "card-action-status", "card-update-in-body"
"""Headers of the answer: a sentence for people; whether the body is the card that stands in the place of this one."""
SENTENCE = 300
BUTTON = "button"
"""The field that asks which of several requests is meant."""
_VALUE = re.compile(r"\{\{\s*([^{}]{1,120}?)\.value\s*\}\}")
_SAFE = "%/:?#[]@!$&'()*+,;=~-._"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A POST, ready to be sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the target said. ``state``: it did it, it did not, or nobody knows."""

    state: Literal["done", "refused", "unknown"]
    said: str = ""
    """For people: ``CARD-ACTION-STATUS``."""
    status: int | None = None
    replacement: bytes | None = None
    """JSON of the card that stands in the place of the one that was pressed."""


def posts_of(button: Post | Ask) -> tuple[Post, ...]:
    """Return the requests of which one is sent."""
    return (button,) if isinstance(button, Post) else button.posts


def asks(button: Post | Ask) -> bool:
    """Return whether somebody has to say more before anything can be sent."""
    return bool(button.inputs) or len(posts_of(button)) > 1


def form_for(button: Post | Ask, *, id: str, context: str, cancel: str, which: str, date_hint: str) -> Form:
    """Return the form of a button; its fields are named by their place, for ids of inputs may be anything."""
    posts, fields = posts_of(button), []
    for at, one in enumerate(button.inputs):
        known = dict(one.choices)
        fields.append(Field(
            name=f"i{at}", label=one_line(one.title) or one_line(one.id), hint=date_hint if one.kind == "date" else "", value=one.value if not known or one.value in known else "",
            choices=tuple(Choice(value=value, label=one_line(label, 75)) for value, label in one.choices), required=one.required, multiline=one.multiline,
            max_length=one.max_length,
        ))  # fmt: skip
    if len(posts) > 1:
        fields.append(Field(name=BUTTON, label=which, choices=tuple(Choice(value=one.id, label=one_line(one.name, 75)) for one in posts)))
    submit = one_line(posts[0].name, 24) if len(posts) == 1 else one_line(button.name, 24)
    return Form(id=id, title=one_line(button.name, 24), submit=submit, cancel=cancel, fields=tuple(fields), context=context)


def read_form(button: Post | Ask, fields: Mapping[str, str]) -> tuple[Post, dict[str, str]] | dict[str, Wrong]:
    """Return the request that is meant and the values by the ids of inputs, or what is wrong, field by field."""
    wrong: dict[str, Wrong] = {}
    values: dict[str, str] = {}
    for at, one in enumerate(button.inputs):
        value = fields.get(f"i{at}", "").strip()
        if (found := _wrong(one, value)) is not None:
            wrong[f"i{at}"] = found
        values[one.id] = value
    posts = posts_of(button)
    chosen = posts[0] if len(posts) == 1 else next((one for one in posts if one.id == fields.get(BUTTON)), None)
    if chosen is None:
        wrong[BUTTON] = "choice" if fields.get(BUTTON) else "missing"
    return wrong if wrong or chosen is None else (chosen, values)


def _wrong(one: Input, value: str) -> Wrong | None:
    if not value:
        return "missing" if one.required else None
    if one.max_length is not None and len(value) > one.max_length:
        return "long"
    if one.choices and value not in dict(one.choices):
        return "choice"
    if one.kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            return "date"
    return None


def fill(post: Post, values: Mapping[str, str]) -> Request:
    """Return the request with ``{{id.value}}`` filled in: in the body as its content type writes text, in the address as addresses do.

    A value so never ends the text that it stands in. What is no input of this button's stays as it is written.
    """
    is_form = post.content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
    body = _filled(post.body, values, quote_plus if is_form else _in_json)
    url = _filled(post.target, values, lambda value: quote(value, safe=""))
    return Request(
        url=quote(url, safe=_SAFE), headers={**dict(post.headers), "Content-Type": post.content_type}, body=body.encode("utf-8", "replace"),
    )  # fmt: skip


def _filled(template: str, values: Mapping[str, str], written: Callable[[str], str]) -> str:
    return _VALUE.sub(lambda found: written(values[found[1]]) if found[1] in values else found[0], template)


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def read_reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Return what an answer says. A 4xx is a no, and so is a 5xx that says something for people; any other may have been carried out."""
    said = one_line(_words(headers.get(STATUS, "")), SENTENCE)
    replaces = headers.get(REPLACES, "").strip().lower() == "true"
    if 200 <= status < 300:
        return Reply(state="done", said=said, status=status, replacement=body if replaces and body.strip() else None)
    if status >= 500 and not said:
        return Reply(state="unknown", status=status)
    return Reply(state="refused", said=said, status=status, replacement=body if replaces and body.strip() else None)


def _words(header: str) -> str:
    """Return a header's words: UTF-8 that was read as Latin-1, as most servers send other letters, else as they are."""
    try:
        return header.encode("latin-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return header


def host_of(url: str) -> str:
    """Return whom a request goes to, as it may be shown: the rest of an address may be a secret."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2][:100]
