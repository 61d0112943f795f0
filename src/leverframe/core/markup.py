"""The small markup of a route's template, and how a foreign value is kept from speaking it.

The first line is the headline. Below it, lines that begin with ``> `` are a quotation and those that begin with ``- ``
bullets; other lines are paragraphs, divided by blank lines. Within a line: ``**bold**``, ```code```, ``[text](address)``.
What is not closed is shown as it is written.
"""

from __future__ import annotations

import re

from leverframe.core.messages import Block, Bold, Bullets, Code, Inline, Link, Message, Paragraph, Quote, Rich, Text

# Each character that means something is exchanged for one of Unicode's noncharacters, which are set aside for a program's
# own use and stand in no text (https://www.unicode.org/faq/private_use.html#nonchar). Escaping twice changes nothing.
_MEANINGFUL = "*`[]()>-\n"
_FIRST = 0xFDD0
_ESCAPE = {ord(char): chr(_FIRST + at) for at, char in enumerate(_MEANINGFUL)} | {ord("\r"): None}
_UNESCAPE = {_FIRST + at: char for at, char in enumerate(_MEANINGFUL)}
_INLINE = re.compile(r"\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`|\[(?P<text>[^\[\]\n]+)\]\((?P<url>[^()\s]+)\)")
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)


def escape(value: str) -> str:
    """Return ``value`` so that :func:`parse` shows it as it is, whatever it holds; its line breaks end no block."""
    return value.translate(_ESCAPE)


def parse(markup: str) -> Message:
    """Return the message that ``markup`` describes; its headline is empty when nothing is said. Never raises."""
    lines = markup.strip().split("\n")
    headline = _inline(lines[0].strip())
    blocks: list[Block] = []
    kind = ""
    gathered: list[str] = []
    for line in [*lines[1:], ""]:
        its, words = _kind(line)
        if gathered and its != kind:
            blocks.append(_block(kind, gathered))
            gathered = []
        if its:
            gathered.append(words)
        kind = its
    return Message(headline=_headline(headline), blocks=tuple(blocks))


def _kind(line: str) -> tuple[str, str]:
    stripped = line.strip()
    if not stripped:
        return "", ""
    for mark, kind in ((">", "quote"), ("-", "bullets")):
        if stripped == mark or stripped.startswith(f"{mark} "):
            return kind, stripped[1:].strip()
    return "paragraph", stripped


def _block(kind: str, lines: list[str]) -> Block:
    if kind == "bullets":
        return Bullets(tuple(_inline(line) for line in lines))
    content = _inline("\n".join(lines))
    return Quote(content) if kind == "quote" else Paragraph(content)


def _headline(content: Rich) -> Rich:
    return tuple(Text(part.text.replace("\n", " ")) if isinstance(part, Text) else part for part in content)


def _inline(line: str) -> Rich:
    parts: list[Inline] = []
    at = 0
    for found in _INLINE.finditer(line):
        part = _part(found)
        if part is None:
            continue
        if found.start() > at:
            parts.append(Text(_shown(line[at : found.start()])))
        parts.append(part)
        at = found.end()
    if at < len(line):
        parts.append(Text(_shown(line[at:])))
    return tuple(parts)


def _part(found: re.Match[str]) -> Inline | None:
    match found.lastgroup:
        case "bold":
            return Bold(_shown(found["bold"]))
        case "code":
            return Code(_shown(found["code"]))
        case _:
            url = _shown(found["url"])
            # An address that leads nowhere on the web leaves the text as it was written.
            return Link(_shown(found["text"]), url) if _WEB.fullmatch(url) else None


def _shown(words: str) -> str:
    return words.translate(_UNESCAPE)
