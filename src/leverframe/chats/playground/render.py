"""A message as JSON, for storing and for the page. Pure.

The page builds its elements from these values as text, so nothing is escaped here; an address that is not ``http`` or
``https`` is dropped by the page, whatever is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, assert_never

from leverframe.core import ids
from leverframe.core.errors import Refused
from leverframe.core.messages import (
    Block,
    Bold,
    Bullets,
    Button,
    Buttons,
    Code,
    Fields,
    Footer,
    Image,
    Inline,
    Link,
    Message,
    Paragraph,
    Person,
    Quote,
    Rich,
    Text,
)
from leverframe.ports import PlaygroundMessage

Json = dict[str, Any]
PERSON = "playground:"
"""What the author of a person's message begins with."""
NAME_CAP = 40
"""Characters of a person's name at most."""


def to_json(message: Message, mentions: Mapping[str, str] | None = None) -> Json:
    """Return ``message`` as JSON values; ``mentions`` gives the people of this chat by their login at the source."""
    known = mentions or {}
    return {
        "tone": message.tone,
        "headline": _rich(message.headline, known),
        "blocks": [_block(block, known) for block in message.blocks],
    }


def dump(message: Message, mentions: Mapping[str, str] | None = None) -> str:
    """Return ``message`` as JSON text to store. A lone surrogate, which no database and no page could take, becomes ``?``."""
    return json.dumps(to_json(message, mentions), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()


def for_page(row: PlaygroundMessage) -> Json:
    """Return a stored message as the page takes it."""
    return {
        "id": ids.show("msg", row.id),
        "room": row.room,
        "thread": None if row.thread is None else ids.show("msg", row.thread),
        "author": row.author.removeprefix(PERSON),
        "person": row.author.startswith(PERSON),
        "icon": row.icon,
        "posted_at": row.posted_at.isoformat(),
        "edited_at": row.edited_at.isoformat() if row.edited_at else None,
        "message": json.loads(row.message),
    }


def read_id(shown: str) -> int:
    """Return the number behind a message's id. Raises ``Refused("playground_message_not_found")`` when it is none."""
    try:
        return ids.read("msg", shown)
    except ValueError as error:
        raise Refused("playground_message_not_found", str(error)) from error


def _rich(content: Rich, mentions: Mapping[str, str]) -> list[Json]:
    return [_inline(part, mentions) for part in content]


def _inline(part: Inline, mentions: Mapping[str, str]) -> Json:
    match part:
        case Text(text):
            return {"kind": "text", "text": text}
        case Bold(text):
            return {"kind": "bold", "text": text}
        case Code(text):
            return {"kind": "code", "text": text}
        case Link(text, url):
            return {"kind": "link", "text": text, "url": url}
        case Person(login):
            known = mentions.get(login)
            return {"kind": "person", "text": login} | ({"mention": known.removeprefix(PERSON)} if known else {})
        case _:
            assert_never(part)


def _block(block: Block, mentions: Mapping[str, str]) -> Json:
    match block:
        case Paragraph(content):
            return {"kind": "paragraph", "content": _rich(content, mentions)}
        case Quote(content):
            return {"kind": "quote", "content": _rich(content, mentions)}
        case Footer(content):
            return {"kind": "footer", "content": _rich(content, mentions)}
        case Bullets(items):
            return {"kind": "bullets", "items": [_rich(item, mentions) for item in items]}
        case Fields(pairs):
            return {"kind": "fields", "pairs": [{"label": label, "value": _rich(value, mentions)} for label, value in pairs]}
        case Buttons(buttons):
            return {"kind": "buttons", "buttons": [_button(button) for button in buttons]}
        case Image(url, alt, small):
            return {"kind": "image", "url": url, "alt": alt, "small": small}
        case _:
            assert_never(block)


def _button(button: Button) -> Json:
    return {"text": button.text, "url": button.url, "action": button.action, "value": button.value, "style": button.style}
