"""Deliveries of GitHub's that never came in, and the watches by which they are found: each held by one process at a time."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.recovery import Gap
from leverframe.decoding import decoder
from leverframe.store.events import alive
from leverframe.store.rows import insert_rows
from leverframe.store.tables import events, hook_watches, processes, recoveries

BITE = 200
"""Rows changed in one transaction."""


class State(enum.IntEnum):
    """What became of a delivery that had not come in."""

    OWED = 0
    RECOVERED = 1
    LOST = 2


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a hook's log is read."""

    read_to: datetime | None = None
    """Everything that was tried before is known."""
    cursor: str | None = None
    """Where a reading goes on that was cut off."""
    began_at: datetime | None = None
    """When that reading began."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one holder between two looks."""

    hooks: list[dict[str, Any]] = []
    """Its hooks that lead here, as GitHub told them."""
    progress: dict[str, Progress] = {}
    """By the hook's id."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """One holder and how the last look went."""

    holder: str
    watched: Watched
    looked_at: datetime | None
    code: str | None
    detail: str


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery that had not come in."""

    id: int
    digest: bytes
    source: str
    guid: str
    holder: str
    hook: int
    delivery: int
    event: str
    action: str
    first_at: datetime
    status: str
    state: State
    tries: int
    next_at: datetime
    event_id: int | None
    ended_at: datetime | None
    code: str | None


class NotOurs(Exception):
    """Another process has the watch: it took this one for dead."""


_EMPTY = msgspec.json.encode(Watched())
_decode = decoder(Watched)


# --- watches


def claim(connection: Connection, holders: Sequence[str], *, boot: int, now: datetime) -> Watch | None:
    """Take the watch that is due the longest and that no living process has, for the process ``boot``; ``None`` when none is due.

    ``holders`` are watched in any case; see :func:`watch` for the others.
    """
    watch(connection, holders, now=now)
    free = sa.or_(hook_watches.c.boot.is_(None), hook_watches.c.boot.not_in(alive(now).where(processes.c.boot != boot)))
    due = sa.select(hook_watches).where(hook_watches.c.next_at <= now, free).order_by(hook_watches.c.next_at, hook_watches.c.holder)
    row = connection.execute(due.limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    connection.execute(hook_watches.update().where(hook_watches.c.holder == row.holder).values(boot=boot))
    return _watch(row)


def watch(connection: Connection, holders: Sequence[str], *, now: datetime, most: int | None = None) -> None:
    """Begin to watch holders; of those that are not watched yet, as many as leave it at ``most``."""
    rows = [(holder, now, "", _EMPTY) for holder in holders]
    if most is not None:
        known = set(connection.execute(sa.select(hook_watches.c.holder)).scalars())
        rows = [row for row in rows if row[0] not in known][: max(most - len(known), 0)]
    insert_rows(connection, hook_watches, ("holder", "next_at", "detail", "document"), rows, ignoring_repeats=True)


def forget(connection: Connection, holder: str, *, boot: int) -> None:
    """End a watch that this process has, if nothing is owed to it."""
    owed = sa.exists().where(recoveries.c.holder == hook_watches.c.holder, recoveries.c.state == sa.literal_column("0"))
    connection.execute(hook_watches.delete().where(hook_watches.c.holder == holder, hook_watches.c.boot == boot, ~owed))


def heard(connection: Connection, sources: Sequence[str], *, after: int) -> list[tuple[str, str | None, int]]:
    """Return by source and repository the latest event since ``after`` (an id) that came by the source's own door."""
    wanted = sa.select(events.c.source, events.c.repo, sa.func.max(events.c.id).label("latest")).where(
        events.c.id > after, events.c.source.in_(sources), events.c.carried.is_(None)
    )
    return [(row.source, row.repo, row.latest) for row in connection.execute(wanted.group_by(events.c.source, events.c.repo))]


def release(
    connection: Connection, holder: str, *, boot: int, next_at: datetime, looked_at: datetime | None, code: str | None, detail: str
) -> None:
    """Let go of a watch until ``next_at``; ``looked_at`` is when GitHub told of it, ``code`` why it did not."""
    values: dict[str, Any] = {"boot": None, "next_at": next_at, "code": code, "detail": detail[:500]}
    if looked_at is not None:
        values["looked_at"] = looked_at
    connection.execute(hook_watches.update().where(hook_watches.c.holder == holder, hook_watches.c.boot == boot).values(values))


def next_look(connection: Connection) -> datetime | None:
    """Return when the next watch that nobody has is due."""
    found: datetime | None = connection.execute(sa.select(sa.func.min(hook_watches.c.next_at)).where(hook_watches.c.boot.is_(None))).scalar()
    return found


def count(connection: Connection) -> int:
    """Return how many holders are watched."""
    return connection.execute(sa.select(sa.func.count()).select_from(hook_watches)).scalar_one()


def keep(connection: Connection, holder: str, watched: Watched, *, boot: int) -> None:
    """Write how far the logs are read; raises :class:`NotOurs`, and then nothing is written."""
    ours = hook_watches.update().where(hook_watches.c.holder == holder, hook_watches.c.boot == boot)
    if connection.execute(ours.values(document=msgspec.json.encode(watched))).rowcount != 1:
        raise NotOurs


def watches(connection: Connection, holders: Sequence[str] | None = None) -> list[Watch]:
    """Return the watches, of ``holders`` or all."""
    found = sa.select(hook_watches).order_by(hook_watches.c.holder)
    return [_watch(row) for row in connection.execute(found if holders is None else found.where(hook_watches.c.holder.in_(holders)))]


def _watch(row: Any) -> Watch:
    try:
        watched = _decode(row.document)
    except msgspec.DecodeError:
        watched = Watched()  # of another version: the logs are read anew
    return Watch(holder=row.holder, watched=watched, looked_at=row.looked_at, code=row.code, detail=row.detail)


# --- recoveries


def present(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    """Return which of these deliveries came in: the digest and the event's id."""
    found: dict[bytes, int] = {}
    for start in range(0, len(digests), 200):
        rows = connection.execute(sa.select(events.c.dedupe, events.c.id).where(events.c.dedupe.in_(digests[start : start + 200])))
        found |= {bytes(row.dedupe): row.id for row in rows}
    return found


def note(
    connection: Connection, gaps: Mapping[bytes, tuple[int, Gap]], *, holder: str, hook: int, source: str, watched: Watched, boot: int, now: datetime
) -> int:
    """Write down deliveries that have not come in (by digest: a fresh id, and what GitHub says), together with how far the log is read.

    Returns how many were not known. One that is known keeps its state: it is only told from which attempt to send it again.
    """
    keep(connection, holder, watched, boot=boot)
    known = {
        bytes(row.digest): row
        for row in connection.execute(sa.select(recoveries.c.digest, recoveries.c.delivery, recoveries.c.state).where(recoveries.c.digest.in_(list(gaps))))
    } if gaps else {}  # fmt: skip
    for digest, row in known.items():
        gap = gaps[digest][1]
        if row.state == State.OWED and gap.delivery > row.delivery:
            connection.execute(recoveries.update().where(recoveries.c.digest == digest).values(delivery=gap.delivery, status=gap.status))
    fresh = {digest: pair for digest, pair in gaps.items() if digest not in known}
    insert_rows(
        connection, recoveries,
        ("id", "digest", "source", "guid", "holder", "hook", "delivery", "event", "action", "first_at", "status", "state", "next_at"),
        [
            (id, digest, source, gap.guid, holder, hook, gap.delivery, gap.event, gap.action, gap.first_at, gap.status, State.OWED, now)
            for digest, (id, gap) in fresh.items()
        ],
        ignoring_repeats=True,
    )  # fmt: skip
    return len(fresh)


def settle(connection: Connection, holder: str) -> dict[str, int]:
    """Mark as recovered up to :data:`BITE` that are owed and have come in meanwhile; return how many of each source."""
    rows = connection.execute(
        sa.select(recoveries.c.id, recoveries.c.source, events.c.id.label("event_id"), events.c.received_at)
        .join(events, events.c.dedupe == recoveries.c.digest)
        .where(recoveries.c.holder == holder, recoveries.c.state == sa.literal_column("0"))
        .limit(BITE)
    ).all()
    found: dict[str, int] = {}
    for row in rows:
        ended = recoveries.update().where(recoveries.c.id == row.id, recoveries.c.state == State.OWED)
        found[row.source] = found.get(row.source, 0) + connection.execute(ended.values(state=State.RECOVERED, event_id=row.event_id, ended_at=row.received_at)).rowcount
    return found


def due(connection: Connection, holder: str, *, now: datetime, limit: int) -> list[Recovery]:
    """Return what is owed to a holder and is to be asked for now, the oldest first."""
    found = sa.select(recoveries).where(recoveries.c.holder == holder, recoveries.c.state == sa.literal_column("0"), recoveries.c.next_at <= now)
    return [_recovery(row) for row in connection.execute(found.order_by(recoveries.c.first_at, recoveries.c.id).limit(limit))]


def asked(connection: Connection, id: int, *, holder: str, boot: int, tries: int, next_at: datetime) -> bool:
    """Write down that GitHub is about to be asked for the ``tries``-th time; ``False`` where it was asked already, or has come in.

    Raises :class:`NotOurs`.
    """
    mine = sa.select(hook_watches.c.holder).where(hook_watches.c.holder == holder, hook_watches.c.boot == boot).with_for_update()
    if connection.execute(mine).first() is None:
        raise NotOurs
    still = recoveries.update().where(recoveries.c.id == id, recoveries.c.state == State.OWED, recoveries.c.tries == tries - 1)
    return connection.execute(still.values(tries=tries, next_at=next_at)).rowcount == 1


def unasked(connection: Connection, id: int, *, tries: int, next_at: datetime) -> None:
    """Take an asking back that surely did not happen."""
    connection.execute(
        recoveries.update().where(recoveries.c.id == id, recoveries.c.state == State.OWED, recoveries.c.tries == tries).values(tries=tries - 1, next_at=next_at)
    )


def lose(connection: Connection, id: int, *, code: str, now: datetime) -> bool:
    """Give a delivery up; return whether it was still owed."""
    ended = recoveries.update().where(recoveries.c.id == id, recoveries.c.state == State.OWED)
    return connection.execute(ended.values(state=State.LOST, code=code, ended_at=now)).rowcount == 1


def next_due(connection: Connection, holder: str) -> datetime | None:
    """Return when something that is owed to a holder is to be asked for."""
    found: datetime | None = connection.execute(
        sa.select(sa.func.min(recoveries.c.next_at)).where(recoveries.c.holder == holder, recoveries.c.state == sa.literal_column("0"))
    ).scalar()
    return found


def of_events(connection: Connection, ids: Sequence[int]) -> dict[int, Recovery]:
    """Return, of these events, which had not come in when GitHub tried first; also one that came in just now."""
    if not ids:
        return {}
    rows = connection.execute(sa.select(recoveries, events.c.id.label("came")).join(events, events.c.dedupe == recoveries.c.digest).where(events.c.id.in_(list(ids))))
    return {row.came: _recovery(row) for row in rows}


def summed(connection: Connection) -> tuple[int, int]:
    """Return how many deliveries have not come in yet, and how many were lost."""
    rows = connection.execute(sa.select(recoveries.c.state, sa.func.count()).where(recoveries.c.state != State.RECOVERED).group_by(recoveries.c.state))
    found: dict[int, int] = {state: count for state, count in rows}
    return found.get(State.OWED, 0), found.get(State.LOST, 0)


def page(connection: Connection, *, state: State | None = None, holder: str | None = None, before: int | None = None, limit: int = 50) -> list[Recovery]:
    """Return recoveries, the newest first, older than ``before``."""
    found = sa.select(recoveries)
    for column, value in ((recoveries.c.state, state), (recoveries.c.holder, holder)):
        if value is not None:
            found = found.where(column == value)
    if before is not None:
        found = found.where(recoveries.c.id < before)
    return [_recovery(row) for row in connection.execute(found.order_by(recoveries.c.id.desc()).limit(limit))]


def _recovery(row: Any) -> Recovery:
    return Recovery(
        id=row.id, digest=bytes(row.digest), source=row.source, guid=row.guid, holder=row.holder, hook=row.hook, delivery=row.delivery, event=row.event, action=row.action,
        first_at=row.first_at, status=row.status, state=State(row.state), tries=row.tries, next_at=row.next_at, event_id=row.event_id, ended_at=row.ended_at, code=row.code,
    )  # fmt: skip
