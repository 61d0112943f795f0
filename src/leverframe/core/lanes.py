"""Lanes: one deployment at a time for a service and environment; the order in which the others wait; locks that close a lane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from leverframe.core.people import People
from leverframe.decoding import decoder


def lane_key(service: str, environment: str, *, whole_service: bool = False) -> str:
    """Return the lane's key: ``web-app/production``, or ``web-app`` when the service has one lane (``lane = "service"``)."""
    return service if whole_service else f"{service}/{environment}"


def slot(lane: str, number: int) -> str:
    """Return where the ``number``-th (from 1) that runs in a lane at once stands, in a lane that lets several run: each is held by one."""
    return lane if number == 1 else f"{lane}#{number}"


def lane_of(slot: str) -> str:
    """Return the lane of a :func:`slot`. No other lane has such a mark: neither service nor environment may be called so."""
    return slot.partition("#")[0]


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A closed lane. Kept in the store as JSON; ``version`` grows by one with every change."""

    lane: str
    owner: str
    """Actor: whoever is the same person may still deploy."""
    owner_name: str = ""
    reason: str = ""
    since: datetime
    until: datetime | None = None
    """``None``: until somebody unlocks it."""
    waiters: tuple[str, ...] = ()
    """Actors who asked to be told when it frees, in the order of asking."""
    version: int = 1


class LockTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The lane is locked, or the owner's own lock now says something else."""

    lock: Lock


class LockHeld(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else has it; stealing is an act of its own."""

    lock: Lock
    code: Literal["lock_held"] = "lock_held"


class LockStolen(msgspec.Struct, frozen=True, kw_only=True):
    """The lane is the thief's now; ``former`` is to be told."""

    lock: Lock
    former: str


class LockFreed(msgspec.Struct, frozen=True, kw_only=True):
    """The lane is open; each of ``tell`` gets a notice, in this order."""

    tell: tuple[str, ...]


def lock_ended(lock: Lock | None, now: datetime) -> bool:
    """Return whether there is no lock, or it is over."""
    return lock is None or (lock.until is not None and lock.until <= now)


def take_lock(
    lock: Lock | None, *, lane: str, owner: str, owner_name: str = "", reason: str, until: datetime | None, people: People, now: datetime
) -> LockTaken | LockHeld:
    """Return the lock on ``lane``. ``lock`` is the one that is kept of it, if any; one that is over is replaced, its waiters forgotten.

    Who has it already may change its end, and its reason by giving another one.
    """
    if lock is None or lock_ended(lock, now):
        version = 1 if lock is None else lock.version + 1
        return LockTaken(lock=Lock(lane=lane, owner=owner, owner_name=owner_name, reason=reason, since=now, until=until, version=version))
    if people.same(lock.owner, owner):
        return LockTaken(lock=replace(lock, reason=reason or lock.reason, until=until, version=lock.version + 1))
    return LockHeld(lock=lock)


def steal_lock(lock: Lock, *, owner: str, owner_name: str = "", reason: str, until: datetime | None, now: datetime) -> LockStolen:
    """Return the lock in the hands of ``owner``; those who wait for it keep waiting."""
    waiters = tuple(one for one in lock.waiters if one != owner)
    taken = replace(
        lock, owner=owner, owner_name=owner_name, reason=reason, since=now, until=until, waiters=waiters, version=lock.version + 1
    )  # fmt: skip
    return LockStolen(lock=taken, former=lock.owner)


def wait_for_lock(lock: Lock, actor: str, people: People) -> Lock:
    """Return the lock with ``actor`` among those who are told when it frees; nobody waits twice, nor for their own."""
    if any(people.same(actor, one) for one in (lock.owner, *lock.waiters)):
        return lock
    return replace(lock, waiters=(*lock.waiters, actor), version=lock.version + 1)


def free_lock(lock: Lock, *, by: str, people: People, now: datetime) -> LockFreed | LockHeld:
    """Return who is to be told. Only the owner unlocks, or anybody once it is over; others steal it first."""
    if lock_ended(lock, now) or people.same(lock.owner, by):
        return LockFreed(tell=lock.waiters)
    return LockHeld(lock=lock)


def lock_to_json(lock: Lock) -> bytes:
    """Return the lock as the store keeps it."""
    return msgspec.json.encode(lock)


def lock_from_json(kept: bytes | str) -> Lock:
    """Return the lock that :func:`lock_to_json` wrote. Raises ``msgspec.ValidationError`` when it is none."""
    return decoder(Lock)(kept)


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """A closed window of time."""

    until: datetime
    reason: str = ""


class Early(msgspec.Struct, frozen=True, kw_only=True):
    """It begins no sooner: others may join it until then."""

    until: datetime


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """The lane is closed to this deployment."""

    by: str
    by_name: str = ""
    reason: str = ""
    until: datetime | None = None
    waiters: tuple[str, ...] = ()


class LaneHeld(msgspec.Struct, frozen=True, kw_only=True):
    """Others go first."""

    place: int
    """Its place in the queue, from 1."""
    by: str
    """The deployment that runs, or is next."""


class Next(msgspec.Struct, frozen=True):
    """It is this one's turn."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment that stands in the lane."""

    id: str
    asked_at: datetime
    by: str | None
    """Actor who asked; ``None`` for the hub itself."""
    kind: str = "deploy"
    not_before: datetime | None = None
    frozen: Frozen | None = None
    """The window that closes its environment now."""
    broke_glass: bool = False
    """Whether it may pass a freeze."""


Turn: TypeAlias = Next | LaneHeld | Locked | Frozen | Early


def turns(waiting: Sequence[Waiting], *, running: str | None, lock: Lock | None, people: People, now: datetime) -> dict[str, Turn]:
    """Return for every deployment that waits in one lane what it waits for; at most one is :class:`Next`.

    ``running`` is the deployment that has the lane: one that starts, runs, or of which nobody knows whether it runs. Those
    whom neither lock nor freeze stops go by order of asking, a rollback before all others.
    """
    open_lock = None if lock_ended(lock, now) else lock
    found: dict[str, Turn] = {}
    place, ahead = 0, running
    for one in in_order(waiting):
        if open_lock is not None and not (one.by is not None and people.same(open_lock.owner, one.by)):
            found[one.id] = Locked(
                by=open_lock.owner, by_name=open_lock.owner_name, reason=open_lock.reason, until=open_lock.until, waiters=open_lock.waiters
            )
        elif one.frozen is not None and one.frozen.until > now and not one.broke_glass:
            found[one.id] = one.frozen
        elif one.not_before is not None and one.not_before > now:
            found[one.id] = Early(until=one.not_before)
        elif ahead is None:
            found[one.id] = Next()
            ahead = one.id
        else:
            place += 1
            found[one.id] = LaneHeld(place=place, by=ahead)
    return found


def in_order(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return who waits, first come first: rollbacks, then the order of asking."""
    return sorted(waiting, key=lambda one: (one.kind != "rollback", one.asked_at, one.id))
