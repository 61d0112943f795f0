"""Slack's mrkdwn, written so that foreign text stays text.

Slack knows three entities (``&amp; &lt; &gt;``) and has no escape for ``*``, ``_``, ``~``, the backtick and a leading ``>``.
A zero-width space is no help: Slack reads it as the end of a word, which *allows* formatting. So a mark that could open or
close formatting becomes a character that looks like it; inside a word (``snake_case``) Slack ignores marks, and they stay.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from leverframe.core.messages import Bold, Code, Inline, Link, Person, Rich, Text, one_line

ELLIPSIS = "…"
_BOUNDARY = "\u200b"  # zero-width space
URL_MAX = 2_000
"""A longer address is not linked; half of one would lead elsewhere."""

# Control characters; those that turn the direction of reading (a name could read as another); and lone surrogates, which
# a hostile payload's \ud800 leaves in a string and which no encoder takes. All are left out.
_UNSHOWABLE = "\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_SHOWN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "＞": "＞",
          "*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "＊": "﹡", "＿": "⸏", "｀": "ˋ"}  # fmt: skip
TYPED = {seen: mark for mark, seen in _SHOWN.items() if mark in "*_~`"}
"""What people copy from the hub's messages, and the mark that it stands for."""
_MARKS = frozenset("*_~＊＿")
_HOT = re.compile(rf"[&<>＞*_~`＊＿｀{_UNSHOWABLE}]")
_HOT_IN_CODE = re.compile(rf"[&<>`｀{_UNSHOWABLE}]")
_HOT_IN_PLAIN = re.compile(rf"[&<>{_UNSHOWABLE}]")
_CANNOT_BE_SHOWN = re.compile(f"[{_UNSHOWABLE}]")
_LINKABLE = re.compile(rf"(?:https?://|mailto:)[^\s<>|{_UNSHOWABLE}]+", re.IGNORECASE)
_UNSAFE_IN_URL = str.maketrans({"|": "%7C", "<": "%3C", ">": "%3E", '"': "%22", " ": "%20"})
_PERSON = re.compile(r"[UW][A-Z0-9]{2,30}")


def _show(found: re.Match[str]) -> str:
    text = found.group()
    return _SHOWN.get(text, "")


def _show_words(found: re.Match[str]) -> str:
    text, at, whole = found.group(), found.start(), found.string
    if text in _MARKS:
        inside_word = 0 < at < len(whole) - 1 and whole[at - 1].isalnum() and whole[at + 1].isalnum()
        return text if inside_word else _SHOWN[text]
    if text in ">＞" and not whole[whole.rfind("\n", 0, at) + 1 : at].strip():
        # At the start of a line Slack reads even `&gt;` as a quotation, unless an invisible soft hyphen stands before it.
        return "\u00ad" + _SHOWN[text]
    return _SHOWN.get(text, "")


def escape(text: str) -> str:
    """Return ``text`` as mrkdwn that shows these words: it mentions nobody, links nothing and formats nothing."""
    return _HOT.sub(_show_words, text) if _HOT.search(text) else text


def plain(text: str) -> str:
    """Return ``text`` for a ``plain_text`` object, where only the entities count."""
    return _HOT_IN_PLAIN.sub(_show, text)


def unmarked(text: str) -> str:
    """Return ``text`` for a place that knows no mark-up at all, on one line and without what cannot be shown."""
    return _CANNOT_BE_SHOWN.sub("", one_line(text))


def bold(text: str) -> str:
    """Return ``text`` in bold; nothing for blank text."""
    line = escape(one_line(text))
    return f"*{line}*" if line else ""


def code(text: str) -> str:
    """Return ``text`` as code, where all marks but the backtick stay as they are; nothing for blank text."""
    line = _HOT_IN_CODE.sub(_show, one_line(text))
    return f"`{line}`" if line else ""


def address(url: str) -> str:
    """Return ``url`` without what would end a link early; nothing if it is no web or mail address, or too long."""
    if len(url) <= URL_MAX and '"' not in url and _LINKABLE.fullmatch(url):
        return url
    safe = url.strip().translate(_UNSAFE_IN_URL)
    return safe if len(safe) <= URL_MAX and _LINKABLE.fullmatch(safe) else ""


def link(text: str, url: str) -> str:
    """Return a link that shows ``text`` (or the address, if that is blank); just the text if the address is no web address."""
    label, safe = one_line(text), address(url)
    return f"<{safe.replace('&', '&amp;')}|{escape(label or safe)}>" if safe else escape(label)


def mention(login: str, mentions: Mapping[str, str]) -> str:
    """Return a mention of the person behind ``login``, or the login in bold if this chat does not know them."""
    person = mentions.get(login)
    return f"<@{person}>" if person and _PERSON.fullmatch(person) else bold(login)


def length(text: str) -> int:
    """Return how many characters Slack may count: UTF-16 units, the strictest reading of its limits."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def shorten(raw: str, limit: int, show: Callable[[str], str]) -> str:
    """Return ``show(raw)``, or of as much of ``raw`` as fits into ``limit`` with an ellipsis; nothing if that is none of it.

    The raw text is cut, so an entity, a link or a pair of marks never is.
    """
    if len(raw) <= limit and length(shown := show(raw)) <= limit:
        return shown
    low, high = 0, min(len(raw), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if length(show(_cut(raw, middle))) <= limit:
            low = middle
        else:
            high = middle - 1
    return show(_cut(raw, low)) if low else ""


def _cut(raw: str, at: int) -> str:
    return raw[:at].rstrip("\u200d\ufe0f \t\n") + ELLIPSIS


def rich(content: Rich, mentions: Mapping[str, str], limit: int) -> str:
    """Return ``content`` as mrkdwn of at most ``limit`` characters, shortened with an ellipsis."""
    shown = ""
    for part in content:
        if len(part.login if isinstance(part, Person) else part.text) > limit:
            break
        piece = _show_part(part, mentions)
        # Only a mark at the seam needs a look: most seams have none.
        shown = _join(shown, piece) if shown and piece and (piece[0] in "*`" or shown[-1] in "*`") else shown + piece
    else:
        if len(shown) * 2 <= limit or length(shown) <= limit:
            return shown
    return _shortened(content, mentions, limit)


def _shortened(content: Rich, mentions: Mapping[str, str], limit: int) -> str:
    shown = ""
    for at, part in enumerate(content):
        longer = _join(shown, _show_part(part, mentions))
        if length(longer) + (at + 1 < len(content)) > limit:
            gap = 1 if longer[len(shown) : len(shown) + 1] == _BOUNDARY else 0
            piece = _shorten_part(part, mentions, limit - length(shown) - gap)
            if piece == longer[len(shown) + gap :]:
                piece = _shorten_part(part, mentions, limit - length(shown) - gap - 1)  # whole, but no room to say that more follows
            return _join(shown, piece) if piece else shown + ELLIPSIS[: limit - length(shown)]
        shown = longer
    return shown


def _join(before: str, after: str) -> str:
    """Return both, with a zero-width space where a mark touches a word: Slack formats whole words only, as ``*ann*`` is none
    when a Korean particle follows it at once."""
    if before and after:
        left, right = before[-1], after[0]
        if (right in "*`" and (left.isalnum() or left in "*`")) or (left in "*`" and right.isalnum()):
            return f"{before}{_BOUNDARY}{after}"
    return before + after


def _show_part(part: Inline, mentions: Mapping[str, str]) -> str:
    # Not a match statement: this is done twenty times a message.
    if isinstance(part, Text):
        return part.text if not _HOT.search(part.text) else escape(part.text)
    if isinstance(part, Link):
        return link(part.text, part.url)
    if isinstance(part, Code):
        return code(part.text)
    if isinstance(part, Bold):
        return bold(part.text)
    return mention(part.login, mentions)


def _shorten_part(part: Inline, mentions: Mapping[str, str], limit: int) -> str:
    match part:
        case Text(text):
            return shorten(text, limit, escape)
        case Bold(text):
            return shorten(text, limit, bold)
        case Code(text):
            return shorten(text, limit, code)
        case Link(text, url):
            return shorten(text, limit, lambda label: link(label, url))
        case Person(login):
            return shorten(login, limit, lambda name: mention(name, mentions))
