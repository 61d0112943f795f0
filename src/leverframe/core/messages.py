"""A message: what to say, without knowing where. Each chat room renders it and escapes every text for its own format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

Tone: TypeAlias = Literal["neutral", "good", "bad", "warning", "progress"]


class Text(msgspec.Struct, frozen=True, tag=True):
    """Plain words; escaped by the room."""

    text: str


class Bold(msgspec.Struct, frozen=True, tag=True):
    text: str


class Code(msgspec.Struct, frozen=True, tag=True):
    text: str


class Link(msgspec.Struct, frozen=True, tag=True):
    text: str
    url: str


class Person(msgspec.Struct, frozen=True, tag=True):
    """Somebody of the source, by login. A room that knows them mentions them; otherwise the login is shown, in bold."""

    login: str


Inline: TypeAlias = Text | Bold | Code | Link | Person
Rich: TypeAlias = tuple[Inline, ...]


class Paragraph(msgspec.Struct, frozen=True, tag=True):
    content: Rich


class Quote(msgspec.Struct, frozen=True, tag=True):
    """Somebody's own words (a title, a comment, a commit message): shown as a quotation, cut by the room's limits."""

    content: Rich


class Bullets(msgspec.Struct, frozen=True, tag=True):
    items: tuple[Rich, ...]


class Fields(msgspec.Struct, frozen=True, tag=True):
    """Label and value pairs, shown side by side where the room can."""

    pairs: tuple[tuple[str, Rich], ...]


class Footer(msgspec.Struct, frozen=True, tag=True):
    """Small print: repository, branch, time."""

    content: Rich


class Button(msgspec.Struct, frozen=True):
    """A link (``url``) or an action of the hub's (``action`` and ``value``)."""

    text: str
    url: str | None = None
    action: str | None = None
    value: str = ""
    style: Literal["default", "primary", "danger"] = "default"


class Buttons(msgspec.Struct, frozen=True, tag=True):
    buttons: tuple[Button, ...]


class Image(msgspec.Struct, frozen=True, tag=True):
    """A picture at an address of the web. A room that cannot show it links to it (:func:`linked`)."""

    url: str
    alt: str
    """What is seen on it, in words."""
    small: bool = False
    """Whether it is a face or an emblem beside the words, no picture of its own."""


Block: TypeAlias = Paragraph | Quote | Bullets | Fields | Footer | Buttons | Image


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What to say. ``headline`` stands alone; ``blocks`` add to it."""

    headline: Rich
    blocks: tuple[Block, ...] = ()
    tone: Tone = "neutral"


def people(message: Message) -> Iterator[str]:
    """Give the login of each person whom ``message`` names, as often as it does."""
    for content in texts(message):
        for part in content:
            if isinstance(part, Person):
                yield part.login


def texts(message: Message) -> Iterator[Rich]:
    """Give each piece of text that ``message`` has: the headline, then those of its blocks."""
    yield message.headline
    for block in message.blocks:
        match block:
            case Paragraph(content) | Quote(content) | Footer(content):
                yield content
            case Bullets(items):
                yield from items
            case Fields(pairs):
                yield from (value for _, value in pairs)
            case Buttons() | Image():
                pass


def one_line(text: str) -> str:
    """Return ``text`` without line breaks, which end any formatting in a chat, and without space at its ends, which prevents it."""
    return " ".join(line for part in text.split("\n") if (line := part.strip()))


def image_link(image: Image) -> Rich:
    """Return what stands in place of a picture."""
    return (Link(f"🖼 {image.alt}".strip(), image.url),)


def linked(message: Message) -> Message:
    """Return ``message`` with links in place of its pictures."""
    blocks = tuple(Paragraph(image_link(block)) if isinstance(block, Image) else block for block in message.blocks)
    return msgspec.structs.replace(message, blocks=blocks)


def plain_inline(content: Rich) -> str:
    """Return ``content`` as plain words; a link is its text followed by its address, unless both are the same."""
    words = []
    for part in content:
        match part:
            case Link(text, url):
                words.append(text if text == url else f"{text} ({url})")
            case Person(login):
                words.append(login)
            case Text(text) | Bold(text) | Code(text):
                words.append(text)
    return "".join(words)


def plain(message: Message) -> str:
    """Return everything that ``message`` says as plain text: for notifications, logs, screen readers and e-mail."""
    lines = [plain_inline(message.headline)]
    for block in message.blocks:
        match block:
            case Paragraph(content) | Footer(content):
                lines.append(plain_inline(content))
            case Quote(content):
                lines.extend(f"> {line}" for line in plain_inline(content).splitlines())
            case Bullets(items):
                lines.extend(f"• {plain_inline(item)}" for item in items)
            case Fields(pairs):
                lines.extend(f"{label}: {plain_inline(value)}" for label, value in pairs)
            case Buttons(buttons):
                lines.extend(f"[{button.text}]" + (f" {button.url}" if button.url else "") for button in buttons)
            case Image():
                lines.append(plain_inline(image_link(block)))
    return "\n".join(line for line in lines if line)
