"""Text for Adaptive Cards in Teams, written so that foreign text stays text.

Cards know a small Markdown: emphasis, lists and links; a backslash before a punctuation mark takes its meaning, and there is no
HTML. ``<at>…</at>`` mentions somebody only where the card lists the same words as an entity.

https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from leverframe.core.messages import Bold, Code, Inline, Link, Person, Rich, Text, one_line

ELLIPSIS = "…"
URL_MAX = 2_000
"""A longer address is not linked; half of one would lead elsewhere."""
# Control characters, those that turn the direction of reading, and lone surrogates, which no encoder takes.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKS = re.compile(r"[\\*_\[\]`~]|&(?=#|\w+;)|(?m:^)([^\S\n]*)(?:[-+>#]|\d{1,9}(?=[.)]))")
_AT = re.compile(r"<(?=/?at\b)", re.IGNORECASE)
_LINES = re.compile(r"\n")
_LINKABLE = re.compile(r"(?:https?://|mailto:)[^\s<>\"\\^`{|}]+", re.IGNORECASE)
_UNSAFE_IN_URL = str.maketrans({"|": "%7C", "<": "%3C", ">": "%3E", '"': "%22", " ": "%20", "\\": "%5C", "^": "%5E", "`": "%60", "{": "%7B", "}": "%7D"})
_PARENTHESES = str.maketrans({"(": "%28", ")": "%29"})
_NOT_IN_NAMES = re.compile(r"[^\w .@-]|_")
_PERSON = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?:29|8):[\w.:-]{3,200}|[^@\s<>]{1,120}@[^@\s<>]{1,120}")


def _show(found: re.Match[str]) -> str:
    mark = found.group()
    if mark[-1].isdigit():
        return mark + "\\"  # before the dot that follows
    return f"{found[1] or ''}\\{mark.lstrip() if found[1] else mark}"


def clean(text: str) -> str:
    """Return ``text`` without characters that cannot be shown or turn the direction of reading."""
    return _UNSHOWABLE.sub("", text)


def escape(text: str) -> str:
    """Return ``text`` as Markdown of a card that shows these words: it mentions nobody, links nothing and formats nothing."""
    return _MARKS.sub(_show, _AT.sub("<\u200b", clean(text)))


def address(url: str) -> str:
    """Return ``url`` so that it fits into a link; nothing if it is no web or mail address, or too long."""
    safe = url.strip().translate(_UNSAFE_IN_URL)
    return safe if len(safe) <= URL_MAX and _LINKABLE.fullmatch(safe) else ""


def link(text: str, url: str) -> str:
    """Return a link that shows ``text`` (or the address, if that is blank); just the text if the address is no web address."""
    label, safe = one_line(text), address(url)
    return f"[{escape(label or safe)}]({safe.translate(_PARENTHESES)})" if safe else escape(label)


def bold(text: str) -> str:
    """Return ``text`` in bold; nothing for blank text."""
    line = escape(one_line(text))
    return f"**{line}**" if line.strip() else ""


def cut(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of ``text``, with an ellipsis where more was said."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip("\u200d\ufe0f \t\n") + ELLIPSIS


class Mentioned:
    """Who may be mentioned in one card, and who was: the entities that the card is to list.

    https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format#mention-support-within-adaptive-cards
    """

    def __init__(self, people: Mapping[str, str]) -> None:
        """``people`` has the id (an Entra object id, a Teams id or a user principal name) of each login that is to be mentioned."""
        self._people = people
        self._names: dict[str, str] = {}

    def say(self, login: str) -> str:
        """Return a mention of the person behind ``login``, or the login in bold if this chat does not know them."""
        person = self._people.get(login)
        if person is None or not _PERSON.fullmatch(person):
            return bold(login)
        name = " ".join(_NOT_IN_NAMES.sub(" ", login).split()) or "?"
        while self._names.setdefault(name, person) != person:
            name += "."
        return f"<at>{name}</at>"

    def entities(self) -> list[dict[str, object]]:
        """Return what the card's ``msteams.entities`` are to be."""
        return [{"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": person, "name": name}} for name, person in self._names.items()]


def rich(content: Rich, mentioned: Mentioned, limit: int) -> str:
    """Return ``content`` as Markdown; of its own characters at most ``limit``, shortened with an ellipsis. Lines are paragraphs."""
    shown, room = [], limit
    for part in content:
        words = part.login if isinstance(part, Person) else part.text
        if room <= 1 and words:
            shown.append(ELLIPSIS)
            break
        if len(words) > room:
            shown.append(_part(_shorter(part, cut(words, room)), mentioned))
            break
        shown.append(_part(part, mentioned))
        room -= len(words)
    # A single line break is a space to some of Teams' clients: https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features
    return _LINES.sub("\n\n", "".join(shown).strip("\n"))


def _shorter(part: Inline, words: str) -> Inline:
    match part:
        case Link(url=url):
            return Link(words, url)
        case Person():
            return Bold(words)  # half a name calls nobody
        case Bold():
            return Bold(words)
        case Text() | Code():
            return Text(words)


def _part(part: Inline, mentioned: Mentioned) -> str:
    match part:
        case Text(text):
            return escape(text)
        case Link(text, url):
            return link(text, url)
        case Code(text):  # cards know no code within a line
            return escape(one_line(text))
        case Bold(text):
            return bold(text)
        case Person(login):
            return mentioned.say(login)
