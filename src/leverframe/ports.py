"""The Protocols that ``work`` needs. Rooms satisfy them; ``app.py`` marries them. One conformance suite each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from leverframe.core.delivery import Outcome
from leverframe.core.events import Event
from leverframe.core.messages import Message


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
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
    mentions: Mapping[str, str] = field(default_factory=dict)
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

    def check_room(self, room: str) -> str | None:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundMessage:
    """One message of the playground, as it is stored."""

    id: int
    room: str
    thread: int | None
    """The message that it replies to."""
    author: str
    """``playground:NAME`` for a person, else the name that the hub speaks under."""
    icon: str | None
    message: str
    """JSON of ``core.messages.Message``, as ``chats.playground.render`` writes it."""
    posted_at: datetime
    edited_at: datetime | None = None

    @property
    def changed_at(self) -> datetime:
        """When it was last posted or edited."""
        return self.edited_at or self.posted_at


class PlaygroundStore(Protocol):
    """Where the playground keeps its messages. Lists are in the order of ids, oldest first; every method may raise ``Refused("storage_unavailable")``."""

    async def append(self, *, room: str, thread: int | None, author: str, icon: str | None, message: str, at: datetime) -> PlaygroundMessage:
        """Return the new message once it is kept. Raises ``Refused("playground_message_not_found")`` when ``thread`` heads no thread of the room."""
        ...

    async def edit(self, id: int, *, message: str, at: datetime) -> PlaygroundMessage:
        """Return the message with its new words. Raises ``Refused("playground_message_not_found")``."""
        ...

    async def rooms(self) -> tuple[str, ...]:
        """Return the rooms that hold messages, sorted."""
        ...

    async def count(self) -> int:
        """Return how many messages there are."""
        ...

    async def history(self, room: str, *, before: int | None, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return the newest ``limit`` messages of a room that are no replies (older than the id ``before``), with the newest replies to them."""
        ...

    async def thread(self, id: int, *, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return a message and its newest ``limit`` replies; empty when it is unknown."""
        ...

    async def latest(self, *, since: datetime | None, limit: int) -> tuple[PlaygroundMessage, ...]:
        """Return those of the newest ``limit`` messages of all rooms that changed after ``since`` (all, without it)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundChange:
    """One thing for a page that follows the playground."""

    name: Literal["snapshot", "message", "beat"]
    """All that a page begins with, one message (new or edited), or nothing: still alive."""
    cursor: int
    """Where to go on from after a break: microseconds since 1970."""
    data: Mapping[str, Any] = field(default_factory=dict)


class PlaygroundTalk(Protocol):
    """What people see of the playground, and what they say there."""

    async def rooms(self) -> tuple[str, ...]:
        """Return the channels: those configured, in their order, then others that hold messages."""
        ...

    async def count(self) -> int:
        """Return how many messages there are."""
        ...

    async def history(self, room: str, *, before: str | None) -> Mapping[str, Any]:
        """Return ``{"messages": […], "more": bool}``, older than the message ``before``. Raises ``Refused("request_invalid")``."""
        ...

    async def thread(self, id: str) -> Mapping[str, Any]:
        """Return ``{"messages": […]}``, the first being the one that heads the thread. Raises ``Refused("playground_message_not_found")``."""
        ...

    async def say(self, *, room: str, thread: str | None, name: str, text: str) -> Mapping[str, Any]:
        """Keep and show what a person says; return it. Raises ``Refused("request_invalid")``, its detail naming what is wrong."""
        ...

    def follow(self, after: int | None, *, beat_s: float) -> AsyncIterator[PlaygroundChange]:
        """Give what changes from the cursor ``after`` on (``None``: a snapshot first), and a beat after ``beat_s`` of silence.

        Ends when the hub stops or the reader is too slow; a reader who comes back with the last cursor misses nothing.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a runner is to do. Built anew from the store for every call: the same deployment and try give the same order."""

    correlation_id: str
    """One per try of a deployment, ours; the runner keeps it where we find it again."""
    service: str
    environment: str
    repository: str | None
    ref: str
    """Branch or tag as it was asked for (the default branch where none was)."""
    sha: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    """The environment's own keys for its runner (``workflow``, ``job``, ``application`` …), as the room's ``Target`` model read them."""
    ordered_at: datetime | None = None
    """When the first attempt to start it was about to be made: nothing older can be ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as its runner names it. Kept in the store as JSON: plain values only."""

    id: str
    """Whatever :meth:`Runner.poll` needs to find it again: ``queue/12``, ``987654``."""
    number: str | None = None
    """What people call it: ``#42``."""
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The runner has it."""

    run: Run | None
    """``None``: accepted, but its name is only known later, by :meth:`Runner.find`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    """It surely did not happen: no connection was made, or the runner refused (a 4xx, a 429)."""

    code: str
    detail: str = ""
    again: bool = False
    """Whether it may be tried again by itself."""
    after_s: float | None = None
    """What the runner asked for (``Retry-After``), in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The answer was lost, or is a 5xx: it may have happened. :meth:`Runner.find` is asked before anything else is done."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The runner does not have it. ``sure``: nor will it have it later, so that it may be started again."""

    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Nothing is known now; ask again."""

    code: str
    detail: str = ""
    after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """It waits or runs. ``step`` is what it does now, in the runner's words."""

    run: Run
    step: str = ""
    waiting: bool = False
    """Whether it waits for something (a free executor, an approval over there)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    run: Run
    result: Literal["succeeded", "failed", "cancelled"]
    detail: str = ""
    """Why it failed, in the runner's words."""
    log_tail: str = ""
    """The last lines of its log, where the runner gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTaken:
    """The runner was told; :meth:`Runner.poll` says when it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefused:
    """It cannot be cancelled: it has ended, or the runner does not know how."""

    code: str
    detail: str = ""


class Runner(Protocol):
    """What does the work. Never raises for what a vendor does; each call ends within its own time limit."""

    name: str
    kind: str
    poll_every_s: float
    """How often :meth:`poll` is worth asking."""

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Start it: the one call that pulls a lever. The hub has written down that it is about to."""
        ...

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for the run that carries the order's correlation id."""
        ...

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how the run stands."""
        ...

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Ask the runner to end it."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A ref, and the commit that it is now."""

    ref: str
    """The branch or tag; the default branch where none was asked for."""
    sha: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One commit or pull request that would ship."""

    title: str
    author: str
    url: str | None = None
    number: int | None = None
    """A pull request's."""
    sha: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipping:
    """What lies between two commits."""

    changes: tuple[Change, ...]
    """Pull requests, and commits that came by none; newest first, at most fifty."""
    total: int
    """Commits in all."""
    authors: tuple[str, ...]
    """Logins of those who wrote them."""
    url: str | None = None
    behind: bool = False
    """Whether the second lies before the first: a step back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """How continuous integration stands for one commit."""

    state: Literal["success", "failure", "pending", "none"]
    failing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


class Repositories(Protocol):
    """What a deployment has to know of its repository. Each raises ``Refused`` with a code and the remedy, or asks again later by it."""

    async def resolve(self, repository: str, ref: str | None) -> Resolved:
        """Return the commit of a branch, tag or commit; of the default branch for ``None``. Raises ``Refused("ref_unknown")`` and others."""
        ...

    async def shipping(self, repository: str, base: str, head: str) -> Shipping:
        """Return what lies between two commits."""
        ...

    async def checks(self, repository: str, sha: str, required: tuple[str, ...]) -> Checks:
        """Return how CI stands; ``required`` names the checks that count, all when empty."""
        ...
