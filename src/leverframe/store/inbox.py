"""What people said to the hub, kept before it is answered: each is taken once, run once, and a repeat hears the same answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.sql.dml import ReturningUpdate

from leverframe.core.conversation import NOTHING, Answer, Clicked, Heard, Said, Submitted
from leverframe.decoding import converted, decoder
from leverframe.store.events import alive
from leverframe.store.rows import insert_rows
from leverframe.store.tables import inbox, processes

LIMITED = "command_rate_limited"
UNFINISHED = "plugin_unfinished"
"""The code of what was begun outside any transaction, until it has ended."""
_COLUMNS = ("id", "key", "actor", "room", "kind", "heard", "received_at", "boot")
_LONGEST = 2_000
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_KINDS: dict[str, type[Heard]] = {"Said": Said, "Clicked": Clicked, "Submitted": Submitted}


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was heard, ready to be kept."""

    id: int
    key: bytes
    heard: Heard
    at: datetime
    row: tuple[Any, ...]

    @classmethod
    def of(cls, heard: Heard, *, key: bytes, id: int, at: datetime) -> Incoming:
        """Return it, to be kept under ``key``; what no text of a database can hold is ``�``. What lets it be answered (an address, a trigger) is a secret and not kept."""
        try:
            kept = _encode(heard)
            unclean = b"\\u0000" in kept
        except UnicodeEncodeError:
            unclean = True
        if unclean:
            heard = _clean(heard)
            kept = _encode(heard)
        return cls(id=id, key=key, heard=heard, at=at, row=(id, key, heard.by.actor, heard.at.destination, type(heard).__name__, kept, at))


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: ``id`` where it is this process's to run, ``outcome`` where it was run before; else another living process runs it."""

    id: int | None = None
    outcome: Outcome | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
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


def _encode(heard: Heard) -> bytes:
    return msgspec.json.encode(heard if isinstance(heard, Submitted) else replace(heard, answer_to=None, opens_forms=None))


def _clean(heard: Heard) -> Heard:
    return converted(_cleaned(msgspec.to_builtins(heard)), type(heard))


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return _NO_TEXT.sub("�", value)
        case dict():
            return {_cleaned(key): _cleaned(one) for key, one in value.items()}
        case _:
            return value


def take_in(connection: Connection, several: Sequence[Incoming], *, boot: int, now: datetime) -> list[Taken]:
    """Keep what is new; return for each what became of it.

    What was taken in before and not run is the caller's now when the process that had it is dead, or is this one: nobody calls
    for what it is at.
    """
    new = set(insert_rows(connection, inbox, _COLUMNS, [(*one.row, boot) for one in several], ignoring_repeats=True, returning="key"))
    return [Taken(id=one.id) if one.key in new else look(connection, one.key, boot=boot, now=now) for one in several]


def look(connection: Connection, key: bytes, *, boot: int, now: datetime) -> Taken:
    """Return what became of what was taken in under ``key``; it is the caller's where nobody else is at it. It must not be at it itself."""
    held = connection.execute(_hold(), {"b_key": key, "b_boot": boot, "b_now": now}).scalar()
    if held is not None:
        return Taken(id=held)
    row = connection.execute(sa.select(inbox).where(inbox.c.key == key)).first()
    if row is None or row.ended_at is None:
        return Taken()
    if row.code == UNFINISHED and row.boot != boot and connection.execute(alive(now).where(processes.c.boot == row.boot)).first() is not None:
        return Taken()  # a plugin is at it there
    return Taken(outcome=Outcome(
        answer=decoder(Answer)(row.answer) if row.answer is not None else NOTHING, line=row.line or "", code=row.code or "ok",
        detail=row.detail or "", words=tuple((row.words or "").split()),
    ))  # fmt: skip


def former(connection: Connection, heard: Heard) -> Heard | None:
    """Return what was said before under the same key; ``None`` when nothing was, or what was is not kept: there may be a secret in it."""
    row = connection.execute(sa.select(inbox.c.kind, inbox.c.heard).where(inbox.c.key == digest(heard))).first()
    return None if row is None or not row.heard else decoder(_KINDS[row.kind])(row.heard)


@cache
def _hold() -> ReturningUpdate[int]:
    boot = sa.bindparam("b_boot", type_=sa.BigInteger)
    free = sa.or_(inbox.c.boot == boot, inbox.c.boot.not_in(alive(sa.bindparam("b_now", type_=inbox.c.received_at.type))))
    return inbox.update().where(inbox.c.key == sa.bindparam("b_key"), inbox.c.ended_at.is_(None), free).values(boot=boot).returning(inbox.c.id)


def left_over(connection: Connection, *, boot: int, now: datetime, mine_before: datetime, limit: int = 200) -> list[Incoming]:
    """Take what processes that died had taken in and not run, the oldest first; and what is this one's since before ``mine_before``."""
    orphaned = sa.or_(inbox.c.boot.not_in(alive(now)), sa.and_(inbox.c.boot == boot, inbox.c.received_at < mine_before))
    lost = sa.select(inbox.c.id).where(inbox.c.ended_at.is_(None), orphaned).order_by(inbox.c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(connection.execute(lost).scalars())
    if not ids:
        return []
    connection.execute(inbox.update().where(inbox.c.id.in_(ids)).values(boot=boot))
    rows = connection.execute(sa.select(*(inbox.c[column] for column in _COLUMNS)).where(inbox.c.id.in_(ids)).order_by(inbox.c.id)).all()
    return [
        Incoming(id=row.id, key=row.key, heard=decoder(_KINDS[row.kind])(row.heard), at=row.received_at, row=tuple(row)[:-1])
        for row in rows
    ]  # fmt: skip


def end(connection: Connection, id: int, outcome: Outcome, *, boot: int, now: datetime) -> bool:
    """Write what came of it, in the transaction that did it; return whether it was still ours to do.

    What was said is forgotten unless it is known to hold no secret: a line that was not understood may hold one.
    """
    return connection.execute(_END, {
        "b_id": id, "b_boot": boot, "b_at": now, "b_line": _kept(outcome.line), "b_code": outcome.code, "b_detail": _kept(outcome.detail),
        "b_words": _kept(" ".join(outcome.words)) or None, "b_answer": msgspec.json.encode(outcome.answer),
        "b_keep": bool(outcome.line) and "***" not in outcome.line,
    }).rowcount == 1  # fmt: skip


_END = (
    inbox.update()
    .where(inbox.c.id == sa.bindparam("b_id"), inbox.c.boot == sa.bindparam("b_boot"), inbox.c.ended_at.is_(None))
    .values(
        ended_at=sa.bindparam("b_at", type_=inbox.c.ended_at.type), line=sa.bindparam("b_line"), code=sa.bindparam("b_code"),
        detail=sa.bindparam("b_detail"), words=sa.bindparam("b_words"), answer=sa.bindparam("b_answer"),
        heard=sa.case((sa.bindparam("b_keep", type_=sa.Boolean), inbox.c.heard), else_=b""),
    )
)  # fmt: skip


def settle(connection: Connection, id: int, outcome: Outcome, *, now: datetime) -> None:
    """Write what came of something in the place of :data:`UNFINISHED`."""
    connection.execute(
        inbox.update().where(inbox.c.id == id, inbox.c.code == UNFINISHED).values(
            ended_at=now, code=outcome.code, detail=_kept(outcome.detail), answer=msgspec.json.encode(outcome.answer)
        )
    )  # fmt: skip


def disown(connection: Connection, ids: Collection[int], outcome: Outcome, *, boot: int, now: datetime) -> None:
    """End, undone, what was taken in although whoever said it was told that it was not."""
    for id in sorted(ids):
        end(connection, id, outcome, boot=boot, now=now)


def free_at(connection: Connection, *, id: int, since: datetime, most: int, actor: str | None = None, room: str | None = None) -> datetime | None:
    """Return when the last but ``most`` of what an actor (or everybody in a room) said since, before ``id``, was said; ``None`` when it was less.

    What was refused because it was too much is not counted: whoever waits as long as they are told to is heard.
    """
    of, who = (_OF_ACTOR, actor) if actor is not None else (_OF_ROOM, room)
    found = connection.execute(of, {"b_who": who, "b_since": since, "b_id": id, "b_most": most}).scalars().all()
    return found[-1] if len(found) == most else None


def _said(which: sa.Column[str]) -> sa.Select[datetime]:
    return (
        sa.select(inbox.c.received_at)
        .where(
            which == sa.bindparam("b_who"), inbox.c.received_at > sa.bindparam("b_since", type_=inbox.c.received_at.type), inbox.c.id < sa.bindparam("b_id"),
            sa.or_(inbox.c.code.is_(None), inbox.c.code != LIMITED),
        )
        .order_by(inbox.c.received_at.desc()).limit(sa.bindparam("b_most", type_=sa.Integer))
    )  # fmt: skip


_OF_ACTOR, _OF_ROOM = _said(inbox.c.actor), _said(inbox.c.room)


def last_refusal(connection: Connection, *, actors: Sequence[str]) -> Any | None:
    """Return line, code, detail, words and ended_at of the last thing that was refused to one of ``actors``."""
    refused = sa.select(inbox.c.line, inbox.c.code, inbox.c.detail, inbox.c.words, inbox.c.ended_at).where(
        inbox.c.actor.in_(list(actors)), inbox.c.code.is_not(None), inbox.c.code != "ok"
    )
    return connection.execute(refused.order_by(inbox.c.id.desc()).limit(1)).first()


def _kept(text: str) -> str:
    """Return what any database takes of people's words."""
    return text.replace("\0", "")[:_LONGEST].encode("utf-8", "replace").decode()
