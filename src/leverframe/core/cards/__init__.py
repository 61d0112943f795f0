"""A card that a script or an action posts to a chat, whichever vendor's JSON it was: what it shows, and what its buttons do.

``sources/teams`` makes these of a MessageCard or an Adaptive Card; ``core/wording/cards`` words them for every chat. They are kept as
JSON: what a button does is read from here when somebody presses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.messages import Tone

Weight: TypeAlias = Literal["plain", "heading", "subtle"]
PictureForm: TypeAlias = Literal["picture", "small", "link"]
"""How it is shown: ``small`` is a face or an emblem, ``link`` what is no picture (a film)."""
InputKind: TypeAlias = Literal["text", "date", "choice"]


class Words(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Text. ``formatted``: it is the basic markdown that cards may hold (``core.cards.markdown``), else it is shown as it is."""

    text: str
    weight: Weight = "plain"
    formatted: bool = True


class Facts(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Names and values."""

    pairs: tuple[tuple[str, str], ...]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """An image, by its address; without one (it was none that may stand behind a link), by its title alone."""

    url: str
    title: str = ""
    form: PictureForm = "picture"


class Pictures(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Images."""

    pictures: tuple[Picture, ...]


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be filled in before a button is pressed; ``{{id.value}}`` stands for it in what the button sends."""

    id: str
    kind: InputKind = "text"
    title: str = ""
    value: str = ""
    required: bool = False
    multiline: bool = False
    max_length: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    """(value, what is shown), of the kind ``choice``."""
    several: bool = False
    """Whether several choices may be made at once; chats without such a select let one be made."""


class Open(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A link."""

    name: str
    url: str


class Post(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A button that has the hub send a request to ``target``."""

    id: str
    """Of this card: ``p1``."""
    name: str
    target: str
    body: str = ""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Input, ...] = ()
    """Asked for first."""


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A button that asks for ``inputs`` and then does one of ``posts``."""

    id: str
    name: str
    posts: tuple[Post, ...]
    inputs: tuple[Input, ...] = ()


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A button that only does something where its card came from: a bot's own action."""

    name: str


Action: TypeAlias = Open | Post | Ask | Elsewhere


class Actions(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Buttons."""

    actions: tuple[Action, ...]


Part: TypeAlias = Words | Facts | Pictures | Actions


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What was posted. ``summary`` is what is said of it where it is not shown itself."""

    title: str = ""
    summary: str = ""
    tone: Tone = "neutral"
    parts: tuple[Part, ...] = ()

    def pressable(self, id: str) -> Post | Ask | None:
        """Return the button of this id; ``None`` when the card has none (any more)."""
        return next((one for one in self.actions() if isinstance(one, Post | Ask) and one.id == id), None)

    def actions(self) -> Iterator[Action]:
        """Return every button, in the order in which they stand."""
        for part in self.parts:
            if isinstance(part, Actions):
                yield from part.actions


PressState: TypeAlias = Literal["done", "refused", "unknown"]
Wrong: TypeAlias = Literal["missing", "date", "choice", "long"]
"""What is wrong with a field that was filled in."""


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a button, as its card shows it. ``unknown``: the request may have been carried out, its answer is lost."""

    action: str
    """The button's name."""
    by: str
    """Who pressed it, for showing."""
    at: str
    """The instant, in ISO 8601."""
    state: PressState
    said: str = ""
    """What the target answered for people: ``CARD-ACTION-STATUS``; else why it was not sent, or the status."""


TEAMS = "teams"
"""Source and kind of the events that carry cards."""
CARD_EVENT = "card"
"""The event's name: something posted a card."""
POSTED, CHANGED = "posted", "changed"
"""Its actions: by the door, and by the hub when a press changed what the card shows."""
