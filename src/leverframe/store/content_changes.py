"""Changes to the buckets: opened before an object is written, closed with what publishes it; and what is to be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.store.event_pages import first_id_at
from leverframe.store.events import alive
from leverframe.store.retention import BITE
from leverframe.store.rows import upsert
from leverframe.store.tables import audit, content_looks, processes
from leverframe.store.tables import content_changes as table

State: TypeAlias = Literal["storing", "stored", "failed"]
Act: TypeAlias = Literal["create", "update", "delete", "upload", "outside"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change to one object."""

    id: int
    site: str
    collection: str
    entry: str
    key: str
    act: Act
    actor: str
    at: datetime
    state: State = "storing"
    expected: str = ""
    """The tag that the object had; empty when there was none."""
    digest: bytes | None = None
    """SHA-256 of what is written; ``None`` of a deletion and of an upload."""
    document: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """``title``, and ``targets``: what the entry refers to."""
    dispatch: str | None = None
    audit_id: int | None = None
    due_at: datetime
    boot: int | None = None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """An object, or a whole collection, to compare with the index."""

    site: str
    key: str
    actor: str
    asked: int = 1
    looked_at: datetime | None = None
    problem: str = ""

    @property
    def collection(self) -> str | None:
        """The collection that is to be looked through; ``None`` of one object."""
        return self.key[1:] if self.key.startswith("/") else None


def begin(connection: Connection, change: Change) -> bool:
    """Write that an object is about to change; ``False`` when a change to it is under way."""
    values = {name: getattr(change, name) for name in Change.__struct_fields__}
    values["document"] = msgspec.json.encode(change.document)
    return connection.execute(upsert(connection.dialect.name)(table).values(**values).on_conflict_do_nothing()).rowcount == 1


def end(connection: Connection, id: int, *, state: State, dispatch: str | None = None, audit_id: int | None = None) -> bool:
    """Write what became of a change; ``False`` when somebody else has done so."""
    values = {"state": state, "dispatch": dispatch, "audit_id": audit_id, "boot": None}
    return connection.execute(table.update().where(table.c.id == id, table.c.state == "storing").values(**values)).rowcount == 1


def put_off(connection: Connection, id: int, *, due_at: datetime) -> None:
    """Find out later what became of a change; nobody is at it until then."""
    connection.execute(table.update().where(table.c.id == id, table.c.state == "storing").values(due_at=due_at, boot=None))


def alone(connection: Connection, site: str) -> None:
    """Decide on a site's changes alone until this transaction ends (SQLite has one writer anyway)."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x1E7E2F2C, sa.func.hashtext(site))))


def under_way(connection: Connection, site: str, key: str) -> Change | None:
    """Return the change to an object that is under way."""
    row = connection.execute(sa.select(table).where(table.c.site == site, table.c.key == key, table.c.state == "storing")).one_or_none()
    return None if row is None else _change(row)


def all_under_way(connection: Connection, site: str) -> list[Change]:
    """Return the changes to a site that are under way."""
    return [_change(row) for row in connection.execute(sa.select(table).where(table.c.site == site, table.c.state == "storing").order_by(table.c.id))]


def take(connection: Connection, *, boot: int, now: datetime, limit: int, holding: Collection[int]) -> list[Change]:
    """Take changes whose end nobody living is waiting for, and that are due or were a dead process's; ``holding`` are those at hand here."""
    dead = sa.and_(table.c.boot.is_not(None), table.c.boot.not_in(alive(now)))
    mine = table.c.boot == boot
    which = sa.and_(table.c.state == "storing", table.c.id.not_in(sorted(holding)), sa.or_(dead, sa.and_(sa.or_(table.c.boot.is_(None), mine), table.c.due_at <= now)))
    ids = connection.execute(sa.select(table.c.id).where(which).order_by(table.c.id).limit(limit).with_for_update(skip_locked=True)).scalars().all()
    if not ids:
        return []
    connection.execute(table.update().where(table.c.id.in_(ids)).values(boot=boot))
    return [_change(row) for row in connection.execute(sa.select(table).where(table.c.id.in_(ids)).order_by(table.c.id))]


def newest(connection: Connection, site: str, *, collection: str | None = None, entry: str | None = None, published: bool = False) -> Change | None:
    """Return the newest change to a site, or to an entry of it; ``published``: of those that something publishes."""
    wanted = sa.select(table).where(table.c.site == site)
    if collection is not None:
        wanted = wanted.where(table.c.collection == collection, table.c.entry == entry)
    if published:
        wanted = wanted.where(table.c.dispatch.is_not(None))
    row = connection.execute(wanted.order_by(table.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _change(row)


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the audit about one entry of a collection."""

    at: datetime
    actor: str
    act: str
    code: str
    detail: str
    dispatch: str | None


def history(connection: Connection, site: str, collection: str, entry: str, *, limit: int) -> list[Past]:
    """Return what the audit tells of one entry, newest first."""
    wanted = (
        sa.select(audit.c.at, audit.c.actor, audit.c.act, audit.c.code, audit.c.detail, table.c.dispatch)
        .select_from(table.join(audit, audit.c.id == table.c.audit_id))
        .where(table.c.site == site, table.c.collection == collection, table.c.entry == entry).order_by(table.c.id.desc()).limit(limit)
    )  # fmt: skip
    return [Past(**row._mapping) for row in connection.execute(wanted)]


def _change(row: sa.Row[Any]) -> Change:
    values = dict(row._mapping)
    values["document"] = msgspec.json.decode(values["document"])
    return Change(**values)


def sweep(connection: Connection, *, before: datetime) -> int:
    """Forget up to :data:`BITE` changes that ended, and were made before; return how many. Their audit entries go their own way."""
    old = sa.select(table.c.id).where(table.c.id < first_id_at(before), table.c.state != "storing").order_by(table.c.id).limit(BITE)
    return connection.execute(table.delete().where(table.c.id.in_(old.scalar_subquery()))).rowcount


# What is to be looked at.


def look(connection: Connection, site: str, keys: Sequence[str], *, actor: str, due_at: datetime) -> None:
    """Have objects looked at, at the latest at ``due_at``; ``/NAME`` is the whole collection NAME."""
    insert = upsert(connection.dialect.name)(content_looks)
    for key in sorted(set(keys)):
        sooner = sa.case((content_looks.c.due_at < insert.excluded.due_at, content_looks.c.due_at), else_=insert.excluded.due_at)
        changed = {"due_at": sooner, "actor": insert.excluded.actor, "asked": content_looks.c.asked + 1}
        connection.execute(insert.values(site=site, key=key, actor=actor, due_at=due_at, problem="").on_conflict_do_update(index_elements=["site", "key"], set_=changed))


def begin_scans(connection: Connection, site: str, collections: Sequence[str], *, now: datetime) -> None:
    """Have collections that were never looked through looked through, and every one at the latest as its time comes."""
    for name in collections:
        connection.execute(upsert(connection.dialect.name)(content_looks).values(site=site, key=f"/{name}", actor="hub", due_at=now, problem="").on_conflict_do_nothing())


def take_looks(connection: Connection, *, boot: int, now: datetime, limit: int, sites: Collection[str], holding: Collection[tuple[str, str]]) -> list[Look]:
    """Take what is due to be looked at and that no living process is at; of the sites that are configured."""
    free = sa.or_(content_looks.c.boot.is_(None), content_looks.c.boot.not_in(alive(now).where(processes.c.boot != boot)))
    which = sa.and_(content_looks.c.due_at <= now, free, content_looks.c.site.in_(sorted(sites)))
    wanted = sa.select(content_looks).where(which).order_by(content_looks.c.due_at).limit(limit + len(holding)).with_for_update(skip_locked=True)
    found = [_look(row) for row in connection.execute(wanted)]
    found = [one for one in found if (one.site, one.key) not in holding][:limit]
    for one in found:
        connection.execute(content_looks.update().where(content_looks.c.site == one.site, content_looks.c.key == one.key).values(boot=boot))
    return found


def looked(connection: Connection, one: Look, *, now: datetime, again_at: datetime | None, problem: str = "") -> None:
    """Write that something was looked at; it is again at ``again_at``, and at once when that was asked for meanwhile."""
    which = sa.and_(content_looks.c.site == one.site, content_looks.c.key == one.key)
    unasked = content_looks.c.asked == one.asked
    if again_at is None:
        if not connection.execute(content_looks.delete().where(which, unasked)).rowcount:
            connection.execute(content_looks.update().where(which).values(boot=None))
        return
    values: dict[str, Any] = {"boot": None, "problem": problem, "due_at": sa.case((unasked, sa.literal(again_at, content_looks.c.due_at.type)), else_=content_looks.c.due_at)}
    if not problem:
        values["looked_at"] = now
    connection.execute(content_looks.update().where(which).values(**values))


def _look(row: sa.Row[Any]) -> Look:
    return Look(site=row.site, key=row.key, actor=row.actor, asked=row.asked, looked_at=row.looked_at, problem=row.problem)


def next_due_at(connection: Connection) -> datetime | None:
    """Return when something is next to be found out or looked at."""
    waiting = connection.execute(sa.select(sa.func.min(table.c.due_at)).where(table.c.state == "storing", table.c.boot.is_(None))).scalar()
    looks = connection.execute(sa.select(sa.func.min(content_looks.c.due_at)).where(content_looks.c.boot.is_(None))).scalar()
    return min((one for one in (waiting, looks) if one is not None), default=None)


def scans(connection: Connection, site: str) -> Mapping[str, Look]:
    """Return when each collection of a site was looked through, and why that failed."""
    rows = connection.execute(sa.select(content_looks).where(content_looks.c.site == site, content_looks.c.key.like("/%")))
    return {row.key[1:]: _look(row) for row in rows}
