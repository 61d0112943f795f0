"""A message as Slack's Block Kit, within Slack's limits.

https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from leverframe.chats.slack.mrkdwn import ELLIPSIS, address, escape, length, link, plain, rich, shorten, unmarked
from leverframe.core.messages import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Fields,
    Footer,
    Image,
    Message,
    Paragraph,
    Quote,
    Rich,
    Text,
    image_link,
)
from leverframe.core.payload import is_picture

TEXT_MAX = 4_000
"""Slack recommends no more; it cuts at 40,000."""
BLOCKS_MAX = 50
SECTION_MAX, FIELD_MAX, FIELDS_MAX = 3_000, 2_000, 10
BUTTONS_MAX, BUTTON_TEXT_MAX, BUTTON_VALUE_MAX, ACTION_MAX = 25, 75, 2_000, 250
ALT_MAX = 2_000
TOTAL_MAX = 13_000
"""Bytes of all blocks as JSON. Slack documents no total, but answers ``msg_blocks_too_long`` from some 13,170 characters
(https://github.com/slackapi/bolt-js/issues/2509); counting bytes is the strictest reading."""

_TONES = {"good": "🟢 ", "bad": "🔴 ", "warning": "🟡 ", "progress": "🔵 ", "neutral": ""}
_encode = msgspec.json.Encoder().encode


class Rendered(msgspec.Struct, frozen=True):
    """What goes to Slack: ``text`` (notifications, screen readers, search) says the same as ``blocks``."""

    text: str
    blocks: list[dict[str, Any]]


class _Piece(NamedTuple):
    block: dict[str, Any]
    text: str
    """What the block says, for the message's ``text``."""
    content: Rich | None = None
    """What the block is made of where it can be shortened."""
    quoted: bool = False


def render(message: Message, mentions: Mapping[str, str]) -> Rendered:
    """Return ``message`` for Slack; never raises, and nothing in it can mention, link or format what the message does not.

    ``mentions`` has the Slack user id of each login that is to be mentioned. What is too long is shortened with "…", the
    middle of a message before its headline, its buttons and its footer. A button that Slack could not carry (an address
    that is no web address, a value that is too long) is left out.
    """
    pieces = [_section(_headline(message), mentions)]
    for block in message.blocks:
        match block:
            case Paragraph(content):
                pieces.append(_section(content, mentions))
            case Quote(content):
                pieces.append(_section(content, mentions, quoted=True))
            case Bullets(items):
                pieces.extend(_bullets(items, mentions))
            case Fields(pairs):
                pieces.extend(_fields(pairs, mentions))
            case Footer(content):
                shown = rich(content, mentions, FIELD_MAX)
                pieces.append(_Piece({"type": "context", "elements": [_text(shown)]}, shown))
            case Buttons(buttons):
                pieces.extend(_buttons(buttons))
            case Image():
                pieces.append(_image(block, mentions))
    pieces = [piece for piece in pieces if piece.text.strip()]
    if not pieces:
        pieces = [_said(ELLIPSIS)]
    if len(pieces) > BLOCKS_MAX or not _surely_fits(pieces):
        pieces = _squeeze(pieces, mentions)
    return Rendered(_whole(pieces, mentions), [piece.block for piece in pieces])


def _headline(message: Message) -> Rich:
    dot = _TONES[message.tone]
    if not dot or not message.headline:
        return message.headline
    first = message.headline[0]
    if isinstance(first, Text) and first.text and unicodedata.category(first.text[0]) == "So":
        return message.headline  # it begins with a sign of its own
    return (Text(dot), *message.headline)


def _text(shown: str) -> dict[str, Any]:
    # Verbatim: Slack would otherwise turn #names, @here and addresses within foreign text into links and mentions.
    return {"type": "mrkdwn", "text": shown, "verbatim": True}


def _said(shown: str, content: Rich | None = None, *, quoted: bool = False) -> _Piece:
    return _Piece({"type": "section", "text": _text(shown)}, shown, content, quoted)


def _section(content: Rich, mentions: Mapping[str, str], limit: int = SECTION_MAX, *, quoted: bool = False) -> _Piece:
    return _said(_quote(content, mentions, limit) if quoted else rich(content, mentions, limit), content, quoted=quoted)


def _quote(content: Rich, mentions: Mapping[str, str], limit: int) -> str:
    shown = rich(content, mentions, limit).strip("\n")
    if not shown.strip():
        return ""
    quoted = ">" + shown.replace("\n", "\n>")
    if len(quoted) * 2 <= limit or length(quoted) <= limit:
        return quoted
    # Every line costs one character more; at worst every second character is a line's end.
    fewer = max(limit - 1 - shown.count("\n"), limit // 2 - 1)
    return ">" + rich(content, mentions, fewer).strip("\n").replace("\n", "\n>")


def _bullets(items: Iterable[Rich], mentions: Mapping[str, str]) -> Iterable[_Piece]:
    lines: list[str] = []
    size = 0
    for item in items:
        shown = rich(item, mentions, SECTION_MAX - 2).strip()
        if not shown:
            continue
        line = "• " + shown.replace("\n", " ")
        line_size = length(line) + 1
        if lines and size + line_size > SECTION_MAX:
            yield _said("\n".join(lines))
            lines, size = [], 0
        lines.append(line)
        size += line_size
    if lines:
        yield _said("\n".join(lines))


def _fields(pairs: Iterable[tuple[str, Rich]], mentions: Mapping[str, str]) -> Iterable[_Piece]:
    shown: list[tuple[str, str]] = []
    for label, value in pairs:
        title, words = rich((Bold(label),), mentions, FIELD_MAX // 2), rich(value, mentions, FIELD_MAX // 2 - 1)
        if title.strip() or words.strip():
            shown.append((f"{title}\n{words}", f"{title}: {words}"))
    for start in range(0, len(shown), FIELDS_MAX):
        part = shown[start : start + FIELDS_MAX]
        yield _Piece({"type": "section", "fields": [_text(field) for field, _ in part]}, "\n".join(line for _, line in part))


def _buttons(buttons: Iterable[Button]) -> Iterable[_Piece]:
    elements: list[dict[str, Any]] = []
    words: list[str] = []
    for button in buttons:
        shown, url = shorten(button.text.strip(), BUTTON_TEXT_MAX, plain), address(button.url or "")
        by_click = button.url is None and button.action and length(button.value) <= BUTTON_VALUE_MAX and len(button.action) <= ACTION_MAX
        if not shown or not (url or by_click):
            continue
        # An id must be unique within its block: two buttons of one action differ behind the "~".
        element: dict[str, Any] = {"type": "button", "action_id": f"{'open' if url else button.action}~{len(elements)}",
                                   "text": {"type": "plain_text", "text": shown, "emoji": True}}  # fmt: skip
        if url:
            element["url"] = url
        elif button.value:
            element["value"] = button.value
        if button.style != "default":
            element["style"] = button.style
        elements.append(element)
        name = shorten(button.text.strip(), BUTTON_TEXT_MAX, escape)
        words.append(link(button.text.strip()[:BUTTON_TEXT_MAX], url) if url else f"[{name}]")
    for start in range(0, len(elements), BUTTONS_MAX):
        end = start + BUTTONS_MAX
        yield _Piece({"type": "actions", "elements": elements[start:end]}, " ".join(words[start:end]))


def _image(image: Image, mentions: Mapping[str, str]) -> _Piece:
    """Return the picture; a link where Slack would refuse the address. Slack fetches what it shows, and only by https.

    https://docs.slack.dev/reference/block-kit/blocks/image-block, …/block-elements/image-element
    """
    url, said = address(image.url), image_link(image)
    if not is_picture(url):
        return _section(said, mentions)
    shown = {"type": "image", "image_url": url, "alt_text": shorten(image.alt, ALT_MAX, unmarked).strip() or ELLIPSIS}
    return _Piece({"type": "context", "elements": [shown]} if image.small else shown, rich(said, mentions, SECTION_MAX), said)


def has_images(blocks: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether there are pictures among ``blocks``."""
    return any(one["type"] == "image" for block in blocks for one in (block, *block.get("elements", ())))


def _surely_fits(pieces: Iterable[_Piece]) -> bool:
    """Tell from lengths alone that the blocks are below the total: no character takes more than four bytes."""
    estimate = 0
    for piece in pieces:
        estimate += len(_encode(piece.block)) if piece.block["type"] in ("actions", "image", "context") else 200 + 4 * len(piece.text)
    return estimate <= TOTAL_MAX


def _squeeze(pieces: list[_Piece], mentions: Mapping[str, str]) -> list[_Piece]:
    """Return as many of ``pieces`` as fit: headline, buttons and footers first, then the rest in order."""
    marker = _said(ELLIPSIS)
    room, places = TOTAL_MAX - len(_encode(marker.block)) - 2, BLOCKS_MAX - 1
    kept: dict[int, _Piece] = {}
    dropped: int | None = None
    first = [0, *(at for at, piece in enumerate(pieces) if at and piece.block["type"] in ("actions", "context"))]
    for at in [*first, *(at for at in range(len(pieces)) if at not in set(first))]:
        piece = pieces[at]
        size = len(_encode(piece.block)) + 1
        if size > room and piece.content is not None and room > 400 and places:
            # Four bytes a character at most, and as much again for the block around it.
            piece = _section(piece.content, mentions, (room - 200) // 4, quoted=piece.quoted)
            size = len(_encode(piece.block)) + 1
        if size > room or not places or not piece.text.strip():
            dropped = at if dropped is None else dropped
            continue
        kept[at] = piece
        room -= size
        places -= 1
    if dropped is not None:
        kept[dropped] = marker
    return [kept[at] for at in sorted(kept)]


def _whole(pieces: list[_Piece], mentions: Mapping[str, str]) -> str:
    whole = "\n".join([piece.text for piece in pieces])
    if len(whole) * 2 <= TEXT_MAX or length(whole) <= TEXT_MAX:
        return whole
    lines: list[str] = []
    room = TEXT_MAX - 2
    for piece in pieces:
        size = length(piece.text) + 1
        if size > room:
            cut = _section(piece.content, mentions, room - 1, quoted=piece.quoted).text if piece.content is not None and room > 40 else ""
            lines.append(cut or ELLIPSIS)
            break
        lines.append(piece.text)
        room -= size
    return "\n".join(lines)
