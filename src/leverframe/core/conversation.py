"""What people say to the hub from a chat, and what it answers: typed words, clicks and forms, the same for every chat.

A room's ``inbound`` makes these of a vendor's bytes and turns an :class:`Answer` back into them; nothing here knows a vendor.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.discreet import Discreet
from leverframe.core.messages import Message

Door: TypeAlias = Literal["slash", "mention", "thread", "button", "form", "playground", "cli", "api", "overheard"]
"""The way that somebody's words came. ``overheard``: they were said to the room, and a plugin has an answer to them."""


UNPROVEN = "unproven"
"""Stands in the place of a team before who says to be somebody."""


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, as their chat proves it."""

    chat: str
    """The chat's key in the configuration."""
    id: str
    """Who it is there: ``U0123``. A name is never proof."""
    team: str = ""
    """Workspace or tenant, where the chat has several: ``T0123``."""
    name: str = ""
    """For showing only."""
    proven: bool = True
    """Whether the chat proves who it is; who is not may ask and read, and act on nothing."""

    @property
    def actor(self) -> str:
        """The name in audit and policies: ``slack:T0123/U0123``, or ``slack:U0123`` where there is no team."""
        if not self.proven:
            return f"{self.chat}:{UNPROVEN}/{self.id}"
        return f"{self.chat}:{self.team}/{self.id}" if self.team else f"{self.chat}:{self.id}"

    @property
    def names(self) -> tuple[str, ...]:
        """Every way that configuration may write this actor: with the team and without."""
        return (self.actor, f"{self.chat}:{self.id}") if self.team or not self.proven else (self.actor,)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was said: what is answered in public goes there."""

    chat: str
    """Empty for a door of the hub's own (``api``, ``cli``, ``console`` as the room): nothing can be said there later."""
    room: str
    """As the chat addresses it: ``C0123``, ``#ops``."""
    room_name: str = ""
    thread: str | None = None
    """``remote_id`` of the message that heads the thread."""

    @property
    def destination(self) -> str:
        """The place as deliveries name it: ``slack:C0123``; of a door of the hub's own its name alone."""
        return f"{self.chat}:{self.room}" if self.chat else self.room


class Said(Discreet, frozen=True, kw_only=True):
    """Words for the hub: a slash command, a mention, ``!deploy …`` in a thread, a line of the playground, of the CLI or of the API."""

    unshown = frozenset({"answer_to", "opens_forms"})
    key: str
    """The request's own identity: one that comes again is answered as before and does nothing."""
    door: Door
    text: str
    """The whole line without its mark: ``deploy web-app staging``."""
    by: Asker
    at: Place
    said_at: datetime
    answer_to: str | None = None
    """Where a later answer that only the asker sees may go (Slack's ``response_url``): a secret."""
    opens_forms: str | None = None
    """What lets a form be opened for some seconds (Slack's ``trigger_id``)."""


class Clicked(Discreet, frozen=True, kw_only=True):
    """A button or a select of a message."""

    unshown = frozenset({"answer_to", "opens_forms"})
    key: str
    action: str
    """The button's ``action``: ``approve``."""
    value: str
    by: Asker
    at: Place
    said_at: datetime
    message: str | None = None
    """``remote_id`` of the message that holds the button."""
    answer_to: str | None = None
    opens_forms: str | None = None


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was sent."""

    key: str
    form: str
    """The form's ``id``: ``deploy``."""
    context: str
    """What the form was opened with."""
    fields: Mapping[str, str]
    by: Asker
    at: Place
    said_at: datetime


Heard: TypeAlias = Said | Clicked | Submitted


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a field."""

    value: str
    label: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form: a select when it has ``choices``, else a line (or several) of text."""

    name: str
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    value: str = ""
    required: bool = True
    multiline: bool = False
    max_length: int | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a chat shows as a modal, generated from a command's definition."""

    id: str
    title: str
    submit: str
    cancel: str
    fields: tuple[Field, ...]
    context: str = ""
    """Comes back with the answers; people can read it: never a secret."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is said at once to what was heard."""

    message: Message | None = None
    public: bool = False
    """Whether the room sees it, or only the one who asked."""
    form: Form | None = None
    errors: Mapping[str, str] = msgspec.field(default_factory=dict)
    """For a form that is refused: field → what is wrong with it."""
    about: str = ""
    """The deployment that came of it or was acted on (``dep_…``), for who wants to follow it."""


NOTHING = Answer()
"""Heard, and nothing to say."""
LATER = Answer()
"""Taken in, and much waits to be done before it; known by its identity. Whoever asks again is answered when it is done."""
