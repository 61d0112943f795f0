"""What people said to the hub, kept before it is answered: each is taken once, run once, and a repeat hears the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.conversation import Answer, Clicked, Heard, Said, Submitted
from leverframe.store.events import alive
from leverframe.store.rows import upsert
from leverframe.store.tables import inbox

_KINDS: dict[str, type[Heard]] = {"Said": Said, "Clicked": Clicked, "Submitted": Submitted}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: ``code`` is ``ok`` or a refusal's, ``line`` the command as it was understood, secrets redacted."""

    answer: Answer
    line: str = ""
    code: str = "ok"
    detail: str = ""
    words: tuple[str, ...] = ()
    """The words that no grant covered."""
    wait_s: int | None = None
    """Seconds until it may be said again, for who said too much; not kept."""


def digest(heard: Heard) -> bytes:
    """Return the 16 bytes under which a repeat is recognised."""
    return hashlib.blake2b(f"{heard.by.chat}\0{heard.key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def take_in(connection: Connection, heard: Heard, *, id: int, boot: int, now: datetime) -> bool:
    """Keep it; return whether it is new. What lets it be answered (an address, a trigger) is a secret and not kept."""
    kept = heard if isinstance(heard, Submitted) else replace(heard, answer_to=None, opens_forms=None)
    insert = upsert(connection.dialect.name)(inbox).values(
        id=id, key=digest(heard), actor=heard.by.actor, room=heard.at.destination, kind=type(heard).__name__, heard=msgspec.json.encode(kept),
        received_at=now, boot=boot,
    )  # fmt: skip
    return connection.execute(insert.on_conflict_do_nothing(index_elements=["key"])).rowcount == 1


def former_outcome(connection: Connection, heard: Heard) -> Outcome | None:
    """Return what came of it when it was said before; ``None`` while that is not known."""
    row = connection.execute(sa.select(inbox).where(inbox.c.key == digest(heard), inbox.c.answer.is_not(None))).first()
    if row is None:
        return None
    return Outcome(
        answer=msgspec.json.decode(row.answer, type=Answer), line=row.line or "", code=row.code or "ok", detail=row.detail or "",
        words=tuple((row.words or "").split()),
    )  # fmt: skip


def former(connection: Connection, heard: Heard) -> Heard | None:
    """Return what was said before under the same key, ``None`` when nothing was."""
    row = connection.execute(sa.select(inbox.c.kind, inbox.c.heard).where(inbox.c.key == digest(heard))).first()
    return None if row is None else msgspec.json.decode(row.heard, type=_KINDS[row.kind])


def left_over(connection: Connection, *, boot: int, now: datetime, limit: int = 100) -> list[tuple[int, Heard]]:
    """Take what processes that died had taken in and not run."""
    lost = sa.select(inbox.c.id).where(inbox.c.ended_at.is_(None), inbox.c.boot != boot, inbox.c.boot.not_in(alive(now))).order_by(inbox.c.id).limit(limit)
    taken = connection.execute(inbox.update().where(inbox.c.id.in_(lost)).values(boot=boot).returning(inbox.c.id, inbox.c.kind, inbox.c.heard)).all()
    return [(id, msgspec.json.decode(heard, type=_KINDS[kind])) for id, kind, heard in sorted(taken)]


def end(connection: Connection, id: int, outcome: Outcome, *, boot: int, now: datetime) -> bool:
    """Write what came of it, in the transaction that did it; return whether it was still ours to do."""
    return connection.execute(
        inbox.update().where(inbox.c.id == id, inbox.c.boot == boot, inbox.c.ended_at.is_(None)).values(
            ended_at=now, line=_kept(outcome.line), code=outcome.code, detail=_kept(outcome.detail), words=" ".join(outcome.words) or None,
            answer=msgspec.json.encode(outcome.answer),
        )
    ).rowcount == 1  # fmt: skip


def count(connection: Connection, *, since: datetime, actor: str | None = None, room: str | None = None) -> int:
    """Return how much an actor, or everybody in a room, has said since."""
    which = inbox.c.actor == actor if actor is not None else inbox.c.room == room
    return connection.execute(sa.select(sa.func.count()).select_from(inbox).where(which, inbox.c.received_at > since)).scalar_one()


def oldest_since(connection: Connection, *, since: datetime, actor: str | None = None, room: str | None = None) -> datetime | None:
    """Return when the first of these was said."""
    which = inbox.c.actor == actor if actor is not None else inbox.c.room == room
    found: datetime | None = connection.execute(sa.select(sa.func.min(inbox.c.received_at)).where(which, inbox.c.received_at > since)).scalar()
    return found


def last_refusal(connection: Connection, *, actors: Sequence[str]) -> Any | None:
    """Return line, code, detail, words and ended_at of the last thing that was refused to one of ``actors``."""
    refused = sa.select(inbox.c.line, inbox.c.code, inbox.c.detail, inbox.c.words, inbox.c.ended_at).where(
        inbox.c.actor.in_(list(actors)), inbox.c.code.is_not(None), inbox.c.code != "ok"
    )
    return connection.execute(refused.order_by(inbox.c.id.desc()).limit(1)).first()


def _kept(text: str) -> str:
    """Return what any database takes of people's words."""
    return text.replace("\0", "")[:2_000].encode("utf-8", "replace").decode()
