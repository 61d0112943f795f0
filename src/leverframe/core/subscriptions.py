"""A subscription: an address that a project has told about its events, with what it may take, and how it is doing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.core.ids import read, show

GONE = "hook_gone"
"""The reason of one that said that it is over."""
CHAT = "hooks"
"""Stands where a chat's name stands in a destination: ``hooks:sub_…``. No chat can be called so."""
URL_BYTES, SECRET_BYTES = 2_000, 250
MOST_IN_PROJECT = 2_000
MOST_SECRETS = 5
"""So many secrets sign at once while they are rotated."""
LONGEST_OVERLAP = timedelta(days=7)
CONCURRENCY, MOST_CONCURRENCY = 8, 64
MOST_PER_S = 1_000.0


class Health(StrEnum):
    """How a subscription is doing; the words are stored."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """It does not answer as it should, and is tried with one delivery now and then. What happens is owed to it all the same."""
    DISABLED = "disabled"
    """The hub has switched it off: nothing more is owed to it."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One row. It holds no secret: those are sealed, and opened by whoever signs."""

    id: int
    project: str
    """``owner/name``, as whoever made it wrote it; compared without regard to case."""
    url: str
    events: tuple[str, ...]
    """What it chose: names of topics, or ``*``."""
    format: str
    active: bool = True
    """Whether its events are owed to it. Nothing is kept for one that is not."""
    paused: bool = False
    """While it is, what is owed to it waits."""
    health: Health = Health.HEALTHY
    reason: str | None = None
    """Code of why it is not healthy."""
    health_at: datetime | None = None
    """Since when it is so."""
    failing_at: datetime | None = None
    """When it began to fail, if it has not succeeded since."""
    concurrency: int = CONCURRENCY
    """Requests under way to it at once; of one key always one."""
    per_s: float = 0.0
    """Requests a second; 0 is as many as it takes."""
    notify: str = ""
    """A room (``slack:#dev``) that is told when it degrades, is switched off, and comes back; empty: that of ``[outbound] room``."""
    made_by: str
    made_at: datetime
    version: int = 1
    """Counts what people changed: a change made on an older one is refused."""

    @property
    def shown_id(self) -> str:
        """``sub_…``"""
        return show("sub", self.id)

    @property
    def destination(self) -> str:
        """Where its deliveries go, as they name it."""
        return destination_of(self.id)

    @property
    def over(self) -> str | None:
        """Return the code with which what is owed to it is given up, ``None`` while it is sent to, or waits."""
        if not self.active:
            return "hook_inactive"
        return self.reason if self.health is Health.DISABLED and self.reason == GONE else None

    @property
    def sends(self) -> bool:
        """Whether anything is sent to it now. One that was switched off for failing is tried now and then."""
        return not self.paused and self.over is None

    @property
    def takes(self) -> bool:
        """Whether what happens now is owed to it."""
        return self.active and self.health is not Health.DISABLED


def destination_of(id: int) -> str:
    """Return the destination of the subscription with this id: ``hooks:sub_…``."""
    return f"{CHAT}:{show('sub', id)}"


def subscription_of(destination: str) -> int:
    """Return the id of the subscription that a destination is of; 0 for what is none."""
    try:
        return read("sub", destination.partition(":")[2])
    except ValueError:
        return 0


def project_key(project: str) -> str:
    """Return that by which two names of one project are the same."""
    return project.casefold()


def check(subscription: Subscription) -> None:
    """Raise ``Refused`` for what no subscription can have: ``hook_too_long`` or ``hook_field_invalid``, with the field and its limit.

    Whether anything may be sent to the address is the guard's to say, what can be chosen the formats'.
    """
    size = len(subscription.url.encode("utf-8", "surrogatepass"))
    if not subscription.url:
        raise Refused("hook_field_invalid", about("payloadUrl", "may_not_be_empty"))
    if size > URL_BYTES:
        raise Refused("hook_too_long", about("payloadUrl", "bytes_at_most", size=size, most=URL_BYTES))
    if not subscription.events:
        raise Refused("hook_field_invalid", about("events", "choose_one"))
    if not 1 <= subscription.concurrency <= MOST_CONCURRENCY:
        raise Refused("hook_field_invalid", about("concurrency", "from_to", least=1, most=MOST_CONCURRENCY))
    if not (subscription.per_s == 0 or 0.01 <= subscription.per_s <= MOST_PER_S):  # not a number is neither
        raise Refused("hook_field_invalid", about("per_second", "zero_or", least=0.01, most=f"{MOST_PER_S:.0f}"))


def check_secret(secret: str) -> None:
    """Raise ``Refused("hook_too_long")`` for a secret that is too long, ``hook_field_invalid`` for what no header could carry."""
    size = len(secret.encode("utf-8", "surrogatepass"))
    if size > SECRET_BYTES:
        raise Refused("hook_too_long", about("secret", "bytes_at_most", size=size, most=SECRET_BYTES))
    if any(not letter.isprintable() for letter in secret):
        raise Refused("hook_field_invalid", about("secret", "not_shown"))


class SealedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret as it is kept; ``until`` is when it stops signing, ``None`` for the one in use."""

    sealed: str
    until: datetime | None = None


def live(secrets: Sequence[SealedSecret], now: datetime) -> tuple[SealedSecret, ...]:
    """Return those that sign now, the newest first."""
    return tuple(secret for secret in secrets if secret.until is None or secret.until > now)


def rotated(secrets: Sequence[SealedSecret], new: str | None, *, now: datetime, overlap: timedelta) -> tuple[SealedSecret, ...]:
    """Return the secrets when ``new`` (sealed; ``None``: none) takes over and those that sign now go on for ``overlap`` at most.

    Raises ``Refused("hook_field_invalid")`` for an overlap that is too long.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refused("hook_field_invalid", about("overlap", "at_most_days", most=LONGEST_OVERLAP.days))
    end = now + overlap
    former = [replace(one, until=end if one.until is None else min(one.until, end)) for one in live(secrets, now)]
    first = [] if new is None else [SealedSecret(sealed=new)]
    return live([*first, *former], now)[:MOST_SECRETS]
