"""A line cut into words, whatever keyboard and chat it came through: quotes of every shape, wide blanks, Slack's mark-up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

LONGEST = 4_000
"""Characters of a line; no command needs more, and a chat's own limit is far above."""
_DOUBLE, _SINGLE = "\"“”„«»「」『』", "'‘’‚"
_CLOSES = {
    **dict.fromkeys(_DOUBLE, re.compile(rf"[{_DOUBLE}](?=\s|\Z)")),
    **dict.fromkeys(_SINGLE, re.compile(rf"[{_SINGLE}](?=\s|\Z)")),
}
# Slack's mark-up: https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
_MARKUP = re.compile(r"<([@#!]|https?://|mailto:)([^<>|]{0,3000})(?:\|([^<>]{0,3000}))?>")
_ENTITY = re.compile("&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_NOT_SEEN = dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF])
"""Soft hyphen and blanks without width, which come along when something is copied from a page."""
_HIDING = frozenset(map(chr, [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
"""Marks that turn the direction of writing: with them a line can look like another one."""
_QUOTED = re.compile(rf"[\s=:{_DOUBLE}{_SINGLE}]|--|[—–]|\A\Z")


class Word(msgspec.Struct, frozen=True):
    """One word of a line."""

    text: str
    bare: int = 10_000
    """How many of its first characters stood outside quotes: only those can make it an option."""
    id: str = ""
    """What mark-up names by its id: ``U1`` of ``<@U1|ann>``, ``C1`` of ``<#C1|ops>``."""

    def after(self, start: int) -> Word:
        """Return what is left of the word from the character ``start`` on."""
        return Word(self.text[start:], max(0, self.bare - start), self.id)


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """The line cannot be cut into words; ``code`` says why."""

    code: str
    met: str


def split(line: str, *, marked: bool = True) -> tuple[Word, ...] | Unreadable:
    """Return the words of ``line``. ``marked`` is whether Slack's mark-up (``<@U1|ann>``, ``&amp;``) may be in it."""
    cleaned = clean(line)
    if isinstance(cleaned, Unreadable):
        return cleaned
    line = cleaned
    found: list[Word] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word = _word(line, at, marked)
        if isinstance(word, Unreadable):
            return word
        found.append(word[0])
        at = word[1]
    return tuple(found)


def clean(text: str) -> str | Unreadable:
    """Return ``text`` in composed characters and without blanks that have no width, unless it is too long or hides something."""
    if len(text) > LONGEST:
        return Unreadable(code="command_too_long", met=str(len(text)))
    text = unicodedata.normalize("NFC", text.translate(_NOT_SEEN))  # macOS sends Hangul in pieces
    hidden = next((sign for sign in text if _is_hidden(sign)), None)
    return text if hidden is None else Unreadable(code="command_character_invalid", met=f"U+{ord(hidden):04X}")


def joined(words: Sequence[Word]) -> str:
    """Return the line again, words with blanks in straight quotes."""
    return " ".join(quoted(word.text) if word.bare < len(word.text) else word.text for word in words)


def quoted(text: str) -> str:
    """Return ``text`` as one word of a line, in quotes where it would not be one without: in single ones where it holds double ones."""
    if not _QUOTED.search(text):
        return text
    return f"'{text}'" if _CLOSES['"'].search(text) else f'"{text}"'


def _is_hidden(sign: str) -> bool:
    # U+FFFD stands for what could not be read: nobody knows what was said.
    return sign in _HIDING or sign == "\ufffd" or "\ud800" <= sign <= "\udfff" or (unicodedata.category(sign) == "Cc" and not sign.isspace())


def _word(line: str, start: int, marked: bool) -> tuple[Word, int] | Unreadable:
    """Return the word that begins at ``start`` and where it ends."""
    text, id, at = "", "", start
    while at < len(line) and not line[at].isspace():
        sign = line[at]
        if sign in _CLOSES and (at == start or line[at - 1] in "=:"):
            closing = _CLOSES[sign].search(line, at + 1)
            if closing is not None:
                return Word(text + (_read(line[at + 1 : closing.start()]) if marked else line[at + 1 : closing.start()]), len(text)), closing.end()
            if sign in _DOUBLE:
                return Unreadable(code="command_quote_open", met=line[at : at + 40])
        found = _MARKUP.match(line, at) if marked and sign == "<" else None
        entity = _ENTITY.match(line, at) if marked and sign == "&" else None
        if found is not None:
            text, id, at = text + _shown(found), _id(found), found.end()
        elif entity is not None:
            text, at = text + _ENTITIES[entity[1]], entity.end()
        else:
            text, at = text + sign, at + 1
    return Word(text, len(text), id), at


def _read(marked: str) -> str:
    """Return what mark-up shows to people, with the three characters that Slack escapes."""
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], _MARKUP.sub(_shown, marked))


def _shown(found: re.Match[str]) -> str:
    sign, name, label = found[1], found[2], found[3] or ""
    match sign:
        case "@" | "#":
            return sign + (label or name).removeprefix(sign)
        case "!":  # <!here>, <!subteam^S1|@ops>, <!date^1392734382^{date}|18 February>
            return label or "@" + name
        case "mailto:":
            return label or name
        case _:  # Slack makes links of what looks like a host: <http://shop.io|shop.io>
            return label if label and (sign + name).endswith(label) else sign + name


def _id(found: re.Match[str]) -> str:
    name = found[2]
    if found[1] == "!" and name.startswith("subteam^"):
        return name.removeprefix("subteam^")
    return name if found[1] in ("@", "#") else ""
