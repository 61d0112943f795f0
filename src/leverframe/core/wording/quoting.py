"""People's own words, made fit to show: on one line, or as a short excerpt. Nothing here escapes; the rooms do."""

from __future__ import annotations

import re

from leverframe.core.messages import Code, Rich, Text

LINE = 160
EXCERPT = 300
_LOOKED_AT = 20_000
"""Longer than any template's comment; what lies behind it is not read."""

# Controls, and the marks that turn the direction of writing: a title must not rearrange the sentence that holds it.
_UNSEEN = {
    code: None for code in [*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
}
_UNSEEN_IN_LINES = {code: None for code in _UNSEEN if code != 0x0A}
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,400}\)|<img\b[^>]{0,600}>", re.IGNORECASE)
_CODE = re.compile(r"(?<!`)`([^`\n]{1,200})`(?!`)")
_BLANK_LINES = re.compile(r"\n\s*\n+")


def one_line(words: str, limit: int = LINE) -> str:
    """Return ``words`` on one line of at most ``limit`` characters, without controls, cut between words with ``…``."""
    if len(words) <= limit and words.isprintable():
        return words.strip()
    return _cut(" ".join(words[: limit * 4].encode("utf-8", "replace").decode().split()).translate(_UNSEEN), limit)


def first_line(words: str, limit: int = LINE) -> str:
    """Return the first line of ``words`` that says something, as :func:`one_line` does: a commit's title."""
    return one_line(words[:_LOOKED_AT].lstrip().partition("\n")[0], limit)


def excerpt(words: str, limit: int = EXCERPT) -> str:
    """Return the beginning of what somebody wrote, cut between words, several lines kept.

    HTML comments (templates leave them behind) and images, which a chat cannot show inside a text, are left out.
    """
    kept = _COMMENT.sub("", words[:_LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n"))[: limit * 6]
    kept = _IMAGE.sub("", kept).replace("\t", " ").translate(_UNSEEN_IN_LINES)
    return _cut(_BLANK_LINES.sub("\n", kept).strip(), limit)


def spans(words: str) -> Rich:
    """Return ``words`` with what stands between two backticks on one line as code; a fence, or one that is not closed, stays as it is.

    https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#quoting-code
    """
    pieces = _CODE.split(words)
    return tuple(Code(piece) if at % 2 else Text(piece) for at, piece in enumerate(pieces) if piece)


def _cut(words: str, limit: int) -> str:
    """Return ``words`` in at most ``limit`` characters; a word is broken only when it alone fills half of them."""
    if len(words) <= limit:
        return words
    kept = words[: limit - 1]
    if not words[limit - 1].isspace():
        blank = max(kept.rfind(" "), kept.rfind("\n"))
        kept = kept[:blank] if blank >= limit // 2 else kept
    return kept.rstrip() + "…"
