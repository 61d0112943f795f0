"""Chats that people speak in: what is heard, and the ways back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

import msgspec

from leverframe.core.conversation import Answer, Asker, Choice, Heard, Place
from leverframe.core.delivery import Outcome
from leverframe.core.discreet import Discreet
from leverframe.core.messages import Message


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """The chat asks whether this address is the hub's."""

    answer: bytes
    """JSON."""


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing that is for the hub: it is only to be told that it arrived."""

    reason: str
    """For the log."""


class OptionsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody types into a select whose choices the hub knows."""

    form: str
    field: str
    typed: str
    context: str
    by: Asker
    at: Place


class Looked(Discreet, frozen=True, kw_only=True):
    """Somebody looks at a card of the hub's: it may be shown to them with the buttons that they may press."""

    unshown = frozenset({"body"})
    by: Asker
    at: Place
    message: str
    """``remote_id`` of the card."""
    delivery: str
    """The delivery (``dlv_…``) that it was posted or updated by, as the client says."""
    body: Callable[[Message | None], bytes]
    """Makes the answer; without a message the card stays as it is."""


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


ChatHeard: TypeAlias = Challenge | Nothing | OptionsWanted | Looked | Exchange


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


class Installation(Discreet, frozen=True, kw_only=True):
    """What a workspace gave when the app was installed there."""

    unshown = frozenset({"token", "refresh_token"})
    chat: str
    team: str
    token: str
    scopes: tuple[str, ...]
    installed_at: datetime
    team_name: str = ""
    app: str = ""
    bot_user: str = ""
    by: str = ""
    """Who installed it, as the chat names them."""
    refresh_token: str | None = None
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


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that a bot was told of: what it needs to speak there by itself."""

    chat: str
    conversation: str
    """The chat's own id of it."""
    service: str
    """The address that it is posted to."""
    tenant: str = ""
    kind: str = ""
    """``channel``, ``group`` or ``personal``."""
    room: str = ""
    """A channel's name."""
    team: str = ""
    """The name of the team that the channel is of."""
    person: str = ""
    """Who the bot talks to there, of a personal one: their id as :class:`Asker` has it."""


class References(Protocol):
    """Keeps the conversations of a bot. Every method may raise ``Refused("storage_unavailable")``."""

    async def keep(self, reference: Reference, at: datetime) -> None:
        """Keep it, in place of a former one of the same conversation; returns once it is committed."""
        ...

    async def forget(self, chat: str, conversation: str) -> None:
        """Forget it."""
        ...

    async def references(self, chat: str) -> Sequence[Reference]:
        """Return those of a chat."""
        ...
