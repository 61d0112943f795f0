"""The Protocols that ``work`` needs. Rooms satisfy them; ``app.py`` marries them. One conformance suite each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from leverframe.core.delivery import Outcome
from leverframe.core.details import Detail
from leverframe.core.events import Event
from leverframe.core.messages import Message
from leverframe.core.runs import (
    Absent,
    CancelRefused,
    CancelTaken,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Run,
    Started,
    Unreachable,
)
from leverframe.core.shipping import Change, Checks, Resolved, Shipping
from leverframe.ports.conversations import (
    Challenge,
    ChatHeard,
    ChatInbound,
    ChatInstall,
    Exchange,
    Installation,
    Looked,
    Nothing,
    OptionsWanted,
    Reference,
    References,
    TokenVault,
)
from leverframe.ports.playground import PlaygroundChange, PlaygroundMessage, PlaygroundSaid, PlaygroundStore, PlaygroundTalk
from leverframe.ports.plugins import Extended, Memory, Plugins, Post
from leverframe.ports.runners import Order, Repositories, Runner, Telling

__all__ = [
    "Absent",
    "Accepted",
    "Batches",
    "CancelRefused",
    "CancelTaken",
    "Challenge",
    "Change",
    "Chat",
    "ChatHeard",
    "ChatInbound",
    "ChatInstall",
    "Checks",
    "Clock",
    "Exchange",
    "Extended",
    "Finished",
    "Found",
    "Going",
    "Greeting",
    "Greets",
    "Installation",
    "Looked",
    "Lost",
    "Memory",
    "NotStarted",
    "Nothing",
    "OptionsWanted",
    "Order",
    "PlaygroundChange",
    "PlaygroundMessage",
    "PlaygroundSaid",
    "PlaygroundStore",
    "PlaygroundTalk",
    "Plugins",
    "Post",
    "Posting",
    "Reference",
    "References",
    "Repositories",
    "Resolved",
    "Run",
    "Runner",
    "Shipping",
    "Source",
    "Started",
    "Telling",
    "TokenVault",
    "Unreachable",
]  # fmt: skip


class Clock(Protocol):
    """Time, so that tests can turn it."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        ...


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What a source read in a verified request, before anything is stored. (A struct: one is made for every request.)"""

    name: str
    action: str | None
    delivery_id: str
    body: bytes
    """The JSON that the event is made of (a form's ``payload`` is unwrapped)."""
    repo: str | None = None
    is_ping: bool = False
    unkept: bytes = b""
    """The header that proved it, where the configuration says which one that is: it is not kept."""


class Source(Protocol):
    """One configured source: proves who is speaking and reads what they say."""

    name: str
    kind: str

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what the request says.

        ``headers`` have lower-case names. Raises ``core.errors.Refused`` with a 4xx code when the signature, the
        content type, a header or the JSON is not right. Hostile bytes never raise anything else.
        """
        ...

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises: what is not understood stays in the payload."""
        ...


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender is answered who asks whether it may send: 200 with these."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@runtime_checkable
class Greets(Protocol):
    """A source whose senders ask first."""

    def greet(self, method: str, headers: Mapping[bytes, bytes], body: bytes) -> Greeting | None:
        """Return the answer to a handshake (``OPTIONS`` or ``POST``), ``None`` for a request that is none; raises ``Refused``."""
        ...


@runtime_checkable
class Batches(Source, Protocol):
    """A source whose requests may hold several events."""

    def accept_all(self, headers: Mapping[bytes, bytes], body: bytes) -> Sequence[Accepted]:
        """Return each of them, at least one; raises ``Refused`` as ``Source.accept`` does, for all of them."""
        ...


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one room."""

    id: str
    """Stable over every attempt: a destination that deduplicates can use it."""
    room: str
    message: Message
    thread: str | None = None
    """``remote_id`` of the card to reply to."""
    remote_room: str | None = None
    """The room's own id, when a former answer told it."""
    username: str | None = None
    icon: str | None = None
    mentions: Mapping[str, str] = {}
    """Login of the source → id of the person in this chat."""


class Chat(Protocol):
    """One configured chat: renders messages into its own format and sends them. Never raises for what a vendor does."""

    name: str
    kind: str
    posts_per_second: float
    """Pacing per room; 0 is none."""
    card_gone: frozenset[str]
    """Codes with which :meth:`update` says that the message will never change again: it is to be posted anew."""

    def has_threads(self, room: str) -> bool:
        """Return whether messages of the room can be updated and replied to."""
        ...

    def check_room(self, room: str) -> Detail | None:
        """Return a sentence with the remedy when ``room`` cannot be a room of this chat, else ``None``."""
        ...

    async def post(self, posting: Posting) -> Outcome:
        """Say it, as a new message or as a reply."""
        ...

    async def update(self, posting: Posting, remote_id: str) -> Outcome:
        """Replace what the message ``remote_id`` says."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
