"""The basic markdown (and the few HTML tags) that cards hold, as blocks of a message.

https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format#format-text-in-connector-cards
and https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features: bold, italic, code, links, lists, headings, quotations.
What is not closed is shown as it is written; every other tag and every image's address is left out. Never raises.
"""

from __future__ import annotations

import html
import re

from leverframe.core.messages import Block, Bold, Bullets, Code, Inline, Link, Paragraph, Quote, Rich, Text
from leverframe.core.payload import is_web

LONGEST = 20_000
"""Characters of one text that are read."""
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/h[1-6])\s*/?>", re.IGNORECASE)
_ITEM = re.compile(r"<li[^<>]{0,200}>", re.IGNORECASE)
_LINK = re.compile(r"<a\s[^<>]{0,600}?href\s*=\s*[\"']([^\"'<>]{1,2000})[\"'][^<>]{0,200}>([^<>]{0,500})</a>", re.IGNORECASE)
_BOLD = re.compile(r"</?(?:b|strong)>", re.IGNORECASE)
_CODE = re.compile(r"</?code>", re.IGNORECASE)
_AT = re.compile(r"<at(?:\s[^<>]{0,200})?>([^<>]{0,200})</at>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:p|div|span|i|em|u|s|strike|ul|ol|li|pre|blockquote|h[1-6]|table|thead|tbody|tr|td|th|img|hr|font)(?:\s[^<>]{0,600})?/?>", re.IGNORECASE)
_DATE = re.compile(r"\{\{(DATE|TIME)\(\s*(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)[^,)]{0,20})?\s*(?:,[^)]{0,20})?\)\}\}")
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|!?\[(?P<text>[^\[\]\n]{1,500})\]\((?P<url>[^()\s]{1,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,500})?)\)"
    r"|\*\*(?P<bold>[^*\n]+)\*\*|(?<!\w)__(?P<bold2>[^_\n]+)__(?!\w)"
    r"|~~(?P<struck>[^~\n]+)~~"
    r"|(?<![\w*])\*(?P<italic>[^*\s][^*\n]*)\*(?![\w*])|(?<!\w)_(?P<italic2>[^_\s][^_\n]*)_(?!\w)"
    r"|(?P<bare>https?://[^\s<>()\[\]]{3,2000})"
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~>|])")
_BULLET = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+(.*)")
_HEADING = re.compile(r"\s*#{1,6}\s+(.*)")
_END = ".,;:!?'\""


def blocks(text: str) -> list[Block]:
    """Return the paragraphs, lists and quotations that ``text`` describes."""
    found: list[Block] = []
    kind, gathered = "", list[str]()
    for line in [*_without_html(text).split("\n"), ""]:
        its, words = _kind(line)
        if gathered and (its != kind or its == "heading"):
            found.append(_block(kind, gathered))
            gathered = []
        if its:
            gathered.append(words)
        kind = its
    return found


def inline(text: str) -> Rich:
    """Return ``text`` on one line: a title, a fact's value."""
    return _inline(" ".join(_without_html(text).split()))


def _without_html(text: str) -> str:
    text = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    if "{{" in text:
        text = _DATE.sub(lambda found: found[2] if found[1] == "DATE" or not found[3] else found[3], text)
    if "<" in text:
        text = _LINK.sub(lambda found: f"[{found[2] or found[1]}]({html.unescape(found[1])})", text)
        text = _AT.sub(r"@\1", text)
        for pattern, instead in ((_BREAK, "\n"), (_ITEM, "\n- "), (_BOLD, "**"), (_CODE, "`"), (_TAG, "")):
            text = pattern.sub(instead, text)
    return html.unescape(text).replace("\xa0", " ") if "&" in text else text


def _kind(line: str) -> tuple[str, str]:
    stripped = line.strip()
    if not stripped or set(stripped) <= {"-", "_", "*", " "} and len(stripped) >= 3:
        return "", ""
    if (heading := _HEADING.match(line)) is not None:
        return "heading", heading[1].rstrip().rstrip("#")
    if (bullet := _BULLET.match(line)) is not None:
        return "bullets", bullet[1]
    if stripped.startswith(">"):
        return "quote", stripped[1:].strip()
    return "paragraph", stripped


def _block(kind: str, lines: list[str]) -> Block:
    match kind:
        case "bullets":
            return Bullets(tuple(_inline(line) for line in lines))
        case "quote":
            return Quote(_inline("\n".join(lines)))
        case "heading":
            return Paragraph((Bold(_plain(" ".join(lines))),))
        case _:
            return Paragraph(_inline("\n".join(lines)))


def _inline(line: str) -> Rich:
    parts: list[Inline] = []
    at = 0
    for found in _INLINE.finditer(line):
        if found.start() > 0 and line[found.start() - 1] == "\\":
            continue
        part, end = _part(found)
        if part is None:
            continue
        if found.start() > at:
            parts.append(Text(_unescaped(line[at : found.start()])))
        parts.append(part)
        at = end
    if at < len(line):
        parts.append(Text(_unescaped(line[at:])))
    return tuple(parts)


def _part(found: re.Match[str]) -> tuple[Inline | None, int]:
    end = found.end()
    match found.lastgroup:
        case "code":
            return Code(found["code"]), end
        case "url":
            text, url = _plain(found["text"]), found["url"]
            # An address that leads nowhere on the web leaves its text.
            return (Link(text, url) if is_web(url) else Text(text)), end
        case "bold" | "bold2":
            words = found["bold"] or found["bold2"]
            inner = _INLINE.fullmatch(words)
            if inner is not None and inner.lastgroup == "url":
                return _part(inner)[0], end
            return Bold(_plain(words)), end
        case "bare":
            url = found["bare"].rstrip(_END)
            return (Link(url, url), found.start() + len(url)) if is_web(url) else (None, end)
        case _:
            return Text(_plain(found["struck"] or found["italic"] or found["italic2"])), end


def _plain(words: str) -> str:
    """Return what stands within a mark without marks of its own."""
    return _unescaped(re.sub(r"\*\*|__|~~|`", "", words)).strip() or words


def _unescaped(words: str) -> str:
    return _ESCAPED.sub(r"\1", words) if "\\" in words else words
