"""The links of the audit and their signed checkpoints: made in order of seeing, read for an export, and let go of by retention.

One process at a time works on the chain: on SQLite there is one, on PostgreSQL whoever gets the lock, which a dead process loses at
once. Why the order is that of seeing: ``docs/decisions/0006-audit-chain.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.audit_chain import FIRST, Checkpoint, Linked, Signer, next_link
from leverframe.core.audit_verify import horizon
from leverframe.core.errors import Refused
from leverframe.store.audit import Asked, append, chosen, linked
from leverframe.store.event_pages import first_id_at
from leverframe.store.tables import audit, audit_checkpoints

BATCH = 200
"""Entries that get their link in one transaction."""
SWEPT = 500
"""Entries that retention removes in one transaction, or as many as there are to the next checkpoint."""
_LOCK = 0x1E7E2F2C
_HOURLY = "%Y-%m-%dT%H"


class Extended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the chain."""

    linked: int = 0
    sequence: int = 0
    link: bytes = b""
    """Where it ends now."""
    anchored: bool = False
    """Whether the checkpoint is the first one of its hour, and so one that is kept."""
    broken: bool = False
    """Whether the chain did not end where its last checkpoint says. It goes on from the checkpoint; the gap stays for verify to find."""
    resealed: bool = False
    """Whether the chain was signed by nobody, or with a key that is not among ours."""
    late: int | None = None
    """An entry without a link that is too old to have come in the ordinary way."""


def is_due(conn: Connection) -> bool:
    """Return whether an entry waits for its link."""
    return conn.execute(sa.select(audit.c.id).where(audit.c.sequence.is_(None)).limit(1)).first() is not None


def extend(conn: Connection, *, signer: Signer, now: datetime, new_id: Callable[[], int]) -> Extended:
    """Give up to :data:`BATCH` entries their links, and sign the last. Nothing is done while another process is at it."""
    if not _alone(conn):
        return Extended()
    head = conn.execute(sa.select(audit.c.sequence, audit.c.link).where(audit.c.sequence.is_not(None)).order_by(audit.c.sequence.desc()).limit(1)).first()
    base, point = _newest(conn, "retention"), _newest(conn, "head")
    known = max((one for one in (base, point) if one is not None), key=lambda one: one.sequence, default=None)
    at = (head.sequence, bytes(head.link)) if head is not None else (0, FIRST) if base is None else (base.sequence, base.link)
    broken = known is not None and at != (known.sequence, known.link)
    sequence, link = (max(at[0], known.sequence), known.link) if broken and known is not None else at
    resealed = sequence > 0 and (known is None or not signer.made(known))
    if resealed:
        before = "" if known is None else known.key
        append(conn, id=new_id(), at=now, actor="hub", act="audit.sign", target=f"sequence:{sequence}", detail={"signed_before_by": before or "nobody"})
    newest = conn.execute(sa.select(audit.c.id).where(audit.c.sequence.is_not(None)).order_by(audit.c.id.desc()).limit(1)).scalar()
    oldest = 0 if newest is None else horizon(newest)
    waiting = sa.select(audit).where(audit.c.sequence.is_(None))
    rows = conn.execute(waiting.where(audit.c.id >= oldest).order_by(audit.c.id).limit(BATCH)).all()
    late = conn.execute(waiting.with_only_columns(audit.c.id).where(audit.c.id < oldest).limit(1)).scalar()
    values = []
    for row in rows:
        sequence += 1
        link = next_link(link, sequence, linked(row).entry)
        values.append({"row": row.id, "sequence": sequence, "link": link})
    if values:
        conn.execute(audit.update().where(audit.c.id == sa.bindparam("row"), audit.c.sequence.is_(None)), values)
    anchored = _sign(conn, signer, point, base, sequence=sequence, link=link, now=now, keep=broken, resealed=resealed)
    return Extended(
        linked=len(values), sequence=sequence, link=link, anchored=anchored, broken=broken, resealed=resealed, late=late
    )


def _sign(
    conn: Connection, signer: Signer, point: Checkpoint | None, base: Checkpoint | None, *, sequence: int, link: bytes, now: datetime, keep: bool,
    resealed: bool,
) -> bool:
    """Write the checkpoints that are to be; return whether the one of the head is the first of its hour."""
    if base is not None and not signer.is_newest(base) and signer.keys and (resealed or signer.made(base)):
        _forget(conn, base)
        _put(conn, signer.checkpoint("retention", sequence=base.sequence, link=base.link, at=base.at))
    if sequence == 0 or (base is not None and sequence == base.sequence):
        return False
    if point is not None and point.sequence == sequence and signer.is_newest(point):
        return False
    same_hour = point is not None and signer.made(point) and point.at.strftime(_HOURLY) == now.strftime(_HOURLY)
    if point is not None and not keep and (same_hour or point.sequence == sequence):
        _forget(conn, point)  # the newer one vouches for all that this one did
    _put(conn, signer.checkpoint("head", sequence=sequence, link=link, at=now))
    return not same_hour


def extent(conn: Connection) -> tuple[int, list[Checkpoint]]:
    """Return the last sequence that there is, and all checkpoints: where the chain begins, then those of its course."""
    found = sa.select(audit_checkpoints).order_by(audit_checkpoints.c.kind.desc(), audit_checkpoints.c.sequence)
    points = [_checkpoint(row) for row in conn.execute(found)]
    last = conn.execute(sa.select(sa.func.max(audit.c.sequence))).scalar() or 0
    return max(last, *(point.sequence for point in points), 0), points


def begins(conn: Connection) -> Checkpoint | None:
    """Return the checkpoint that retention left, ``None`` when nothing was removed."""
    return _newest(conn, "retention")


def linked_page(conn: Connection, asked: Asked, *, after: int, upto: int, limit: int) -> list[Linked]:
    """Return entries in the order of the chain, after one sequence and up to another."""
    found = sa.select(audit).where(audit.c.sequence > after, audit.c.sequence <= upto, *chosen(asked)).order_by(audit.c.sequence).limit(limit)
    return [linked(row) for row in conn.execute(found)]


def unlinked_page(conn: Connection, asked: Asked, *, after: int, upto: int, limit: int) -> list[Linked]:
    """Return entries, in the order of their ids, after one id: those without a link, or with one after the sequence ``upto``."""
    beyond = sa.or_(audit.c.sequence.is_(None), audit.c.sequence > upto)
    found = sa.select(audit).where(audit.c.id > after, beyond, *chosen(asked)).order_by(audit.c.id).limit(limit)
    return [Linked(entry=linked(row).entry) for row in conn.execute(found)]


def sweep(conn: Connection, *, before: datetime, signer: Signer, now: datetime) -> int:
    """Forget entries made before, up to a checkpoint, and leave a signed one that the chain begins after; return how many.

    What is forgotten is verified first: raises ``Refused("audit_broken")`` for what is not as it was written, which stays.
    """
    if not _alone(conn):
        return 0
    base = _newest(conn, "retention")
    if base is not None and not signer.made(base):
        raise Refused("audit_broken", f"sequence {base.sequence}")
    sequence, link = (0, FIRST) if base is None else (base.sequence, base.link)
    kept = conn.execute(
        sa.select(audit.c.sequence).where(audit.c.sequence > sequence, audit.c.id >= first_id_at(before)).order_by(audit.c.sequence).limit(1)
    ).scalar()
    end = _end(conn, signer, after=sequence, kept=kept)
    if end is None:
        return 0
    began = sequence
    for row in conn.execute(sa.select(audit).where(audit.c.sequence > sequence, audit.c.sequence <= end.sequence).order_by(audit.c.sequence)):
        entry = linked(row)
        sequence += 1
        link = next_link(link, sequence, entry.entry)
        if (entry.sequence, entry.link) != (sequence, link):
            raise Refused("audit_broken", ids.show("aud", row.id))
    if (sequence, link) != (end.sequence, end.link):
        raise Refused("audit_broken", f"sequence {sequence}")
    conn.execute(audit.delete().where(audit.c.sequence <= end.sequence))
    conn.execute(audit_checkpoints.delete().where(audit_checkpoints.c.sequence <= end.sequence))
    _put(conn, signer.checkpoint("retention", sequence=sequence, link=link, at=now))
    return sequence - began


def _end(conn: Connection, signer: Signer, *, after: int, kept: int | None) -> Checkpoint | None:
    """Return the checkpoint to remove up to: the last within a bite, else the next one; before the sequence ``kept``."""
    ours = sa.select(audit_checkpoints).where(audit_checkpoints.c.kind == "head", audit_checkpoints.c.sequence > after)
    if kept is not None:
        ours = ours.where(audit_checkpoints.c.sequence < kept)
    near = ours.where(audit_checkpoints.c.sequence <= after + SWEPT).order_by(audit_checkpoints.c.sequence.desc())
    found = (_checkpoint(row) for query in (near, ours.order_by(audit_checkpoints.c.sequence)) for row in conn.execute(query))
    return next((point for point in found if signer.made(point)), None)


def _alone(conn: Connection) -> bool:
    """Return whether nobody else works on the chain until this transaction ends."""
    if conn.dialect.name != "postgresql":
        return True
    return bool(conn.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))).scalar())


def _newest(conn: Connection, kind: str) -> Checkpoint | None:
    found = sa.select(audit_checkpoints).where(audit_checkpoints.c.kind == kind).order_by(audit_checkpoints.c.sequence.desc()).limit(1)
    row = conn.execute(found).first()
    return None if row is None else _checkpoint(row)


def _checkpoint(row: sa.Row[tuple[object, ...]]) -> Checkpoint:
    return Checkpoint(kind=row.kind, sequence=row.sequence, link=bytes(row.link), at=row.at, key=row.key, signature=bytes(row.signature))


def _put(conn: Connection, point: Checkpoint) -> None:
    conn.execute(audit_checkpoints.insert().values(
        kind=point.kind, sequence=point.sequence, link=point.link, at=point.at, key=point.key, signature=point.signature))


def _forget(conn: Connection, point: Checkpoint) -> None:
    conn.execute(audit_checkpoints.delete().where(audit_checkpoints.c.kind == point.kind, audit_checkpoints.c.sequence == point.sequence))
