"""What a plugin's functions are given, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from leverframe.core.conversation import Asker, Place
from leverframe.core.deployments.effects import Happening as HappeningName
from leverframe.core.discreet import Discreet
from leverframe.core.markup import escape, parse
from leverframe.core.messages import Button, Buttons, Message, Text, Tone
from leverframe.ports import Memory, Post

RUN = "run"
"""The action of a button that says a line for whoever presses it."""
Style: TypeAlias = Literal["default", "primary", "danger"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command that somebody gave and may give."""

    command: str
    line: str
    """As it was understood, secrets as ``***``."""
    by: Asker
    """Who gave it: ``by.id``, ``by.name``, ``by.actor`` (``slack:T1/U1``)."""
    at: Place
    """Where: ``at.room``, ``at.thread``, ``at.destination`` (``slack:C0123``)."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """Words that somebody said to the hub and that are no command."""

    text: str
    by: Asker
    at: Place
    match: re.Match[str]
    """How the pattern matched."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a deployment."""

    name: HappeningName
    deployment: Mapping[str, Any]
    """Its snapshot: ``id``, ``service``, ``environment``, ``state``, ``ref``, ``sha``, ``requested_by``, ``run_url`` …"""

    @property
    def service(self) -> str:
        """What is deployed."""
        return str(self.deployment["service"])

    @property
    def environment(self) -> str:
        """Where it goes."""
        return str(self.deployment["environment"])


class Hub(Discreet, frozen=True, kw_only=True):
    """What the hub has for one plugin."""

    unshown = frozenset({"settings", "memory"})
    plugin: str
    settings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """The plugin's own keys of ``[plugins.NAME]``; ``env:`` and ``file:`` are resolved."""
    memory: Memory
    """What the plugin remembers, in the hub's database."""


class Refuse(Exception):
    """Raise it to refuse: only who asked sees the words, and the audit has them."""


def say(text: str, *, buttons: Iterable[Button] = (), tone: Tone = "neutral") -> Message:
    """Return a message. ``text`` is as in templates: the first line stands alone, ``**bold**``, ```code```, ``[text](address)``,
    lines with ``- `` and ``> ``. Foreign text belongs through :func:`escape`.
    """
    message = parse(text)
    row = tuple(buttons)
    blocks = (*message.blocks, *([Buttons(row)] if row else []))
    return Message(headline=message.headline or (Text(text.strip() or " "),), blocks=blocks, tone=tone)


def post(room: str, text: str | Message, *, buttons: Iterable[Button] = (), tone: Tone = "neutral") -> Post:
    """Return what is to be said in ``room`` (``slack:#ops``). Return it from a function: the hub delivers it, with retries and in order."""
    return Post(room=room, message=text if isinstance(text, Message) else say(text, buttons=buttons, tone=tone))


def button(text: str, line: str, *, style: Style = "default") -> Button:
    """Return a button that says ``line`` (``oncall take web``) for whoever presses it: with their grants, in their name."""
    return Button(text=text, action=RUN, value=line, style=style)


def link(text: str, url: str) -> Button:
    """Return a button that opens a page."""
    return Button(text=text, url=url)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a function came to."""

    message: Message | None = None
    posts: tuple[Post, ...] = ()


Returned: TypeAlias = str | Message | Post | Sequence["str | Message | Post"] | None
"""What a plugin's function may return."""


def read_returned(returned: Any, *, answers: bool) -> Said:
    """Return what a function's result says. Raises ``TypeError`` for anything else, and for an answer where nobody asked."""
    message: Message | None = None
    posts: list[Post] = []
    for one in returned if isinstance(returned, list | tuple) else [returned]:
        match one:
            case None:
                pass
            case Post():
                posts.append(one)
            case str() | Message() if not answers:
                raise TypeError("nobody asked, so there is nobody to answer: return post(room, text)")
            case str() | Message() if message is not None:
                raise TypeError("there are two answers; say the second with post(room, text)")
            case str():
                message = say(one) if one.strip() else None
            case Message():
                message = one
            case _:
                raise TypeError(f"return a string, say(…), post(…), a list of these or nothing, not {type(one).__name__}")
    return Said(message=message, posts=tuple(posts))


__all__ = ["Asked", "Happening", "Hub", "Post", "Refuse", "Said", "Spoken", "button", "escape", "link", "post", "read_returned", "say"]
