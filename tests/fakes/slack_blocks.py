"""What Slack accepts in a message, and what it would make of a text: an independent reading of its documentation.

https://docs.slack.dev/reference/block-kit/blocks, …/composition-objects/text-object, …/messaging/formatting-message-text
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

TOTAL_MAX = 13_200


def units(text: str) -> int:
    """Return the UTF-16 units of ``text``: what Slack counts is not documented, and this is the strictest reading."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults(blocks: object) -> list[str]:
    """Return what Slack would say against ``blocks``, each with its place; nothing if it would take them."""
    if not isinstance(blocks, list):
        return ["blocks is not a list"]
    found = [f"{len(blocks)} blocks, at most 50"] if len(blocks) > 50 else []
    ids: set[str] = set()
    for at, block in enumerate(blocks):
        where = f"/blocks/{at}"
        kind = block.get("type") if isinstance(block, dict) else None
        check = _BLOCKS.get(kind) if isinstance(kind, str) else None
        if check is None:
            found.append(f"unsupported block type {kind!r} [{where}]")
            continue
        block_id = block.get("block_id")
        if block_id is not None and (not isinstance(block_id, str) or not 1 <= len(block_id) <= 255 or block_id in ids):
            found.append(f"invalid block_id [{where}]")
        ids.add(str(block_id))
        found += check(block, where)
    return found


def images(blocks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the pictures among ``blocks``: the place, as Slack's answers write it, and the address."""
    return [(f"/blocks/{at}/image_url", block["image_url"]) for at, block in enumerate(blocks) if block["type"] == "image"]


def too_long(blocks: object) -> bool:
    """Tell whether Slack would answer ``msg_blocks_too_long`` (slackapi/bolt-js#2509)."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")) > TOTAL_MAX


def _keys(block: dict[str, Any], where: str, *allowed: str) -> Iterator[str]:
    for key in sorted(set(block) - {"type", "block_id", *allowed}):
        yield f"additional property {key} [{where}]"


def _text(value: object, where: str, limit: int, *kinds: str) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in (kinds or ("mrkdwn", "plain_text")):
        yield f"not a text object of type {' or '.join(kinds) or 'mrkdwn or plain_text'} [{where}]"
        return
    yield from _keys(value, where, "text", "verbatim" if value["type"] == "mrkdwn" else "emoji")
    words = value.get("text")
    if not isinstance(words, str) or not words.strip():
        yield f"must be more than 0 characters [{where}/text]"
    elif units(words) > limit:
        yield f"must be less than {limit + 1} characters [{where}/text]"
    elif value["type"] == "mrkdwn" and (fault := broken_markup(words)):
        yield f"{fault} [{where}/text]"


def _section(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from _keys(block, where, "text", "fields", "accessory", "expand")
    if "text" not in block and "fields" not in block:
        yield f"neither text nor fields [{where}]"
    if "text" in block:
        yield from _text(block["text"], f"{where}/text", 3_000)
    if "fields" in block:
        fields = block["fields"]
        if not isinstance(fields, list) or not 1 <= len(fields) <= 10:
            yield f"must have 1 to 10 items [{where}/fields]"
            return
        for at, field in enumerate(fields):
            yield from _text(field, f"{where}/fields/{at}", 2_000)


def _header(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from _keys(block, where, "text")
    yield from _text(block.get("text"), f"{where}/text", 150, "plain_text")


def _divider(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from _keys(block, where)


def _context(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from _keys(block, where, "elements")
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield f"must have 1 to 10 items [{where}/elements]"
        return
    for at, element in enumerate(elements):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, f"{where}/elements/{at}")
        else:
            yield from _text(element, f"{where}/elements/{at}", 3_000)


def _image(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from _keys(block, where, "image_url", "alt_text", "title")
    if not _web(block.get("image_url"), 3_000) or not block["image_url"].lower().startswith("https://"):
        yield f"invalid image_url [{where}]"
    if not isinstance(block.get("alt_text"), str) or not 1 <= units(block["alt_text"]) <= 2_000:
        yield f"invalid alt_text [{where}]"


def _actions(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from _keys(block, where, "elements")
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield f"must have 1 to 25 items [{where}/elements]"
        return
    ids: set[str] = set()
    for at, element in enumerate(elements):
        yield from _button(element, f"{where}/elements/{at}", ids)


def _button(element: object, where: str, ids: set[str]) -> Iterator[str]:
    if not isinstance(element, dict) or element.get("type") != "button":
        yield f"unsupported element [{where}]"
        return
    yield from _keys(element, where, "text", "action_id", "url", "value", "style", "confirm", "accessibility_label")
    yield from _text(element.get("text"), f"{where}/text", 75, "plain_text")
    action_id = element.get("action_id")
    if action_id is not None:
        if not isinstance(action_id, str) or not 1 <= len(action_id) <= 255:
            yield f"invalid action_id [{where}]"
        elif action_id in ids:
            yield f"`action_id` {action_id} is not unique [{where}]"
        ids.add(str(action_id))
    if "url" in element and not _web(element["url"], 3_000):
        yield f"invalid url [{where}]"
    if "value" in element and (not isinstance(element["value"], str) or units(element["value"]) > 2_000):
        yield f"must be less than 2001 characters [{where}/value]"
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"invalid style [{where}]"


def _web(value: object, limit: int) -> bool:
    return isinstance(value, str) and len(value) <= limit and re.fullmatch(r"(?i)(https?://|mailto:)[^\s<>\"|]+", value) is not None


_BLOCKS: dict[str, Callable[[dict[str, Any], str], Iterator[str]]] = {
    "section": _section, "header": _header, "divider": _divider, "context": _context, "image": _image, "actions": _actions,
}  # fmt: skip

_CONTROL = re.compile(r"<([^<>]*)>")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")


def broken_markup(text: str) -> str | None:
    """Return what is cut or open in a text: half an entity, half a link. Slack would take it and show rubbish."""
    rest = _CONTROL.sub("", text)
    if "<" in rest:
        return "a < that nothing closes"
    return "an & that begins no entity" if _ENTITY.search(text) else None


def mentions(text: str) -> list[str]:
    """Return everybody whom ``text`` calls: ``@U123``, ``!channel``, ``#C123``."""
    return [inner.split("|")[0] for inner in _CONTROL.findall(text) if inner[:1] in "@!#"]


def links(text: str) -> list[tuple[str, str]]:
    """Return (address, label) of every link in ``text``."""
    return [(inner.split("|")[0], inner.partition("|")[2]) for inner in _CONTROL.findall(text) if inner[:1] not in ("@", "!", "#")]


_FORMATS = re.compile(
    r"(?P<mark>[*_~＊＿])(?=\S)(?P<in>[^\n]*?\S)(?P=mark)|`[^`\n]+`|｀[^｀\n]+｀",
)
_QUOTE = re.compile(r"(?m)^[ \t]*(?:>|&gt;|＞)")


def formats(text: str) -> list[str]:
    """Return what Slack would show formatted: bold, italic, struck, code, and the start of each quotation.

    A mark counts where a word begins or ends, not inside a word; a zero-width space is an end of a word.
    """
    found = []
    for match in _FORMATS.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if not before.isalnum() and not after.isalnum():
            found.append(match.group())
    return found + [match.group() for match in _QUOTE.finditer(text)]
