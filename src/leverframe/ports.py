"""The Protocols that ``work`` needs. Rooms satisfy them; ``app.py`` marries them. One conformance suite each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from leverframe.core.conversation import Answer, Asker, Choice, Heard, Place
from leverframe.core.delivery import Outcome
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

__all__ = [  # values of the core that these Protocols speak in
    "Absent", "CancelRefused", "CancelTaken", "Change", "Checks", "Finished", "Found", "Going",
    "Lost", "NotStarted", "Resolved", "Run", "Shipping", "Started", "Unreachable",
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

    name: Literal["snapshot", "message", "answer", "beat"]
    """All that a page begins with, one message (new or edited), what only its reader is told, or nothing: still alive."""
    cursor: int
    """Where to go on from after a break: microseconds since 1970."""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundSaid:
    """What a person said."""

    shown: Mapping[str, Any]
    """The message, as the page shows it."""
    exchange: Exchange | None
    """What it asks of the hub; ``None`` when it is talk."""


class PlaygroundTalk(Protocol):
    """What people see of the playground, and what they say and click there. ``name`` is who does, as the door knows them."""

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

    async def say(self, *, room: str, thread: str | None, name: str, text: str) -> PlaygroundSaid:
        """Keep and show what a person says; return it. Raises ``Refused("request_invalid")``, its detail naming what is wrong."""
        ...

    async def click(
        self, *, name: str, room: str, thread: str | None, message: str | None, rendering: str, attempt: int, action: str, value: str
    ) -> Exchange:
        """Return what a click on a button asks for.

        ``message`` holds the button (``None``: it stands in an answer that only ``name`` sees), ``rendering`` is which of its states,
        and ``attempt`` counts what was answered to clicks on it there: with the same of all these it is the same click.
        Raises ``Refused``: ``request_invalid``, ``playground_message_not_found``.
        """
        ...

    async def submit(
        self, *, name: str, room: str, thread: str | None, form: str, context: str, opening: str, attempt: int, fields: Mapping[str, str]
    ) -> Exchange:
        """Return what a form asks for that was sent; ``opening`` is what it was shown with. Raises like :meth:`click`."""
        ...

    def begun(self, *, name: str, text: str) -> tuple[Asker, str] | None:
        """Return who types a line for the hub, and its words so far; ``None`` when it is talk. Raises ``Refused("request_invalid")``."""
        ...

    def follow(self, after: int | None, *, beat_s: float, name: str | None = None) -> AsyncIterator[PlaygroundChange]:
        """Give what changes from the cursor ``after`` on (``None``: a snapshot first), and a beat after ``beat_s`` of silence. Something
        comes at once, or ``Refused("overloaded")`` when too many follow.

        ``name`` is who reads: what only they are told comes too.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The chat asks whether this address is the hub's."""

    answer: bytes
    """JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing that is for the hub: it is only to be told that it arrived."""

    reason: str
    """For the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsWanted:
    """Somebody types into a select whose choices the hub knows."""

    form: str
    field: str
    typed: str
    context: str
    by: Asker
    at: Place


class Exchange(Protocol):
    """One thing that was heard, and the ways back to who said it."""

    @property
    def heard(self) -> Heard:
        """What was said."""
        ...

    def body(self, answer: Answer) -> bytes:
        """Return what the request itself is answered with (JSON, or nothing): as much of ``answer`` as the chat shows from there."""
        ...

    def working(self) -> bytes:
        """Return what the request is answered with while :meth:`say` has yet to say everything."""
        ...

    async def prepare(self) -> None:
        """Show at once that a form is coming; what lets it be opened lasts only seconds. Never raises: :meth:`say` does without."""
        ...

    async def say(self, answer: Answer, *, answered: bool) -> Outcome | None:
        """Say the rest; ``None`` when there is none.

        ``answered`` tells that the request was answered with :meth:`body` of this same answer; else all of it is said. Never raises.
        """
        ...


ChatHeard: TypeAlias = Challenge | Nothing | OptionsWanted | Exchange


class ChatInbound(Protocol):
    """One configured chat that people speak to: proves that it is the chat, reads what they say, and answers them."""

    name: str
    kind: str

    def hear(self, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, now: datetime) -> ChatHeard:
        """Return what a request says.

        ``headers`` have lower-case names. Raises ``core.errors.Refused`` with a 4xx code when it is not proven to be this
        chat's, or cannot be read. Hostile bytes never raise anything else.
        """
        ...

    def options(self, choices: Sequence[Choice]) -> bytes:
        """Return the answer (JSON) to :class:`OptionsWanted`."""
        ...

    async def whisper(self, by: Asker, at: Place, message: Message, *, answer_to: str | None = None) -> Outcome:
        """Say it where only ``by`` sees it; ``answer_to`` is that of what they said, if it is still young. Never raises."""
        ...

    async def direct(self, by: Asker, message: Message) -> Outcome:
        """Say it to ``by`` alone, in a room of their own. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a workspace gave when the app was installed there."""

    chat: str
    team: str
    token: str = field(repr=False)
    scopes: tuple[str, ...]
    installed_at: datetime
    team_name: str = ""
    app: str = ""
    bot_user: str = ""
    by: str = ""
    """Who installed it, as the chat names them."""
    refresh_token: str | None = field(default=None, repr=False)
    """Good for once: what renews :attr:`token` where tokens are rotated."""
    expires_at: datetime | None = None


class TokenVault(Protocol):
    """Keeps the tokens of installations, encrypted at rest. Every method may raise ``Refused("storage_unavailable")``."""

    async def keep(self, installation: Installation) -> None:
        """Keep it, in place of a former one of the same chat and team; returns once it is committed."""
        ...

    async def installations(self, chat: str) -> Sequence[Installation]:
        """Return those of a chat, the newest first."""
        ...

    async def begin(self, state: str, until: datetime) -> None:
        """Note that an installation was begun; ``state`` is a digest, never what the browser holds."""
        ...

    async def finish(self, state: str, now: datetime) -> bool:
        """Return whether it was begun and not finished before, nor too late; it is finished now, for every process."""
        ...


class ChatInstall(Protocol):
    """Lets a workspace install the app."""

    name: str

    def authorize(self, state: str) -> str:
        """Return the address of the chat's own page on which somebody allows it."""
        ...

    async def exchange(self, code: str) -> Installation:
        """Return what the chat gives for the code that its page brought, and use it from now on. Raises ``Refused``."""
        ...


class Memory(Protocol):
    """What a plugin remembers, by key. Every method may raise ``Refused("storage_unavailable")``."""

    async def get(self, key: str, default: Any = None) -> Any:
        """Return what is kept under ``key``, else ``default``."""
        ...

    async def put(self, key: str, value: Any) -> None:
        """Keep ``value`` (plain JSON) in place of what was there; returns once it is committed."""
        ...

    async def forget(self, key: str) -> None:
        """Keep nothing under ``key`` any more."""
        ...

    async def keys(self) -> Sequence[str]:
        """Return every key, sorted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Something to say in a room: it is delivered like every other message."""

    room: str
    """``slack:#ops``."""
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """What a plugin said to somebody."""

    message: Message | None = None
    public: bool = False
    posts: tuple[Post, ...] = ()
    code: str = "ok"
    """``ok``, or a key of ``core.errors.PROBLEMS``."""
    detail: str = ""


class Plugins(Protocol):
    """What plugins add to conversations and hear of events. Nothing here raises for what a plugin does, but :meth:`handle`."""

    def does(self, command: str) -> bool:
        """Return whether a plugin does the command of this name."""
        ...

    def answers(self, text: str) -> bool:
        """Return whether a plugin has an answer to the words, said to the hub."""
        ...

    async def do(self, command: str, values: Mapping[str, Any], line: str, by: Asker, at: Place) -> Extended:
        """Do a command, within its plugin's limits. ``values`` are by the argument's name."""
        ...

    async def answer(self, text: str, by: Asker, at: Place) -> Extended:
        """Answer words that :meth:`answers` is true of."""
        ...

    def wants(self, name: str) -> bool:
        """Return whether a handler may hear events of this name, whatever their action."""
        ...

    def hear(self, event: Event) -> Sequence[str]:
        """Return the handlers that hear the event, by name."""
        ...

    def notice(self, happening: str) -> Sequence[str]:
        """Return the handlers that hear what happened to a deployment, by name."""
        ...

    async def handle(self, handler: str, what: Event | Mapping[str, Any]) -> Sequence[Post]:
        """Have an event, or what happened as JSON, handled; return what is to be said. Raises ``Refused``: ``plugin_failed``, ``plugin_timeout``, ``plugin_gone``."""
        ...
