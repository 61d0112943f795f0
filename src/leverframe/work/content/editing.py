"""What editors do to entries: create, change, delete. The bucket is written by condition: nobody writes over what they have not seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import Connection

from leverframe.core.content.keys import id_problem, slug_of
from leverframe.core.content.validating import Problem, changes, check, empty, targets
from leverframe.core.content.values import Collection, Document, Site, Unreadable, Value
from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.ports.content import Changed, Held, StorageFailed, Stored, Tag
from leverframe.store import content, content_changes
from leverframe.store.content_changes import Act, Change
from leverframe.work.content.settling import LOOK_S, Settler
from leverframe.work.content.shelf import ENTRY_BYTES, Opened, Shelf, refused, title_of

SHOWN_REFERENCES = 20


class EntryInvalid(Refused):
    """Fields that cannot be taken; ``problems`` says which, and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("entry_invalid", ", ".join(f"{one.field}: {one.code}" for one in problems)[:300])
        self.problems = tuple(problems)


class EntryChanged(Refused):
    """Somebody has changed the entry since it was opened; ``current`` is what it says now, ``None`` when it is gone."""

    def __init__(self, current: Opened | None) -> None:
        super().__init__("entry_changed", "" if current is None else f"{current.collection.name}/{current.id}"[:200])
        self.current = current


class EntryReferred(Refused):
    """Others refer to the entry; ``by`` are (collection, id, title), not all when there are many."""

    def __init__(self, by: Sequence[tuple[str, str, str]]) -> None:
        super().__init__("entry_referred", "; ".join(f"{collection}/{id}" for collection, id, _ in by)[:400])
        self.by = tuple(by)


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """An entry is in its bucket."""

    id: str
    tag: Tag
    changed: bool
    """Whether anything had to be written."""
    dispatch: str | None = None
    """What publishes it."""


class Editor:
    """Changes entries, one change to an object at a time, whichever process."""

    def __init__(self, shelf: Shelf, settler: Settler) -> None:
        self._shelf, self._settler = shelf, settler

    async def create(self, actor: str, site: Site, collection: Collection, id: str, given: Mapping[str, Value]) -> Saved:
        """Make an entry; without ``id`` it gets one that is made of its headline, and is free.

        Raises :class:`EntryInvalid`, ``Refused``: ``entry_exists``, ``entry_busy``, ``change_unknown``, or what the storage refuses.
        """
        problems = check(collection, given)
        made = not id
        headline = given.get(collection.headline)
        id = id or slug_of(headline if isinstance(headline, str) else "")
        if not id and collection.headline in {one.field for one in problems}:
            pass  # it comes with the headline, which is asked for already
        elif (problem := "id_from_title" if not id and not empty(headline) else id_problem(id, deep=collection.key.deep)) is not None:
            problems.append(Problem(field=collection.key.name, code=problem))
        if problems:
            raise EntryInvalid(problems)
        written = self._written(collection, None, changes(collection, Document(), given))
        for number in range(2, 30):
            try:
                return await self._store(actor, site, collection, id, "create", written, given=given, before=None)
            except EntryChanged:
                if not made:
                    raise Refused("entry_exists", f"{collection.name}/{id}"[:200]) from None
                id = f"{id.rpartition('-')[0] if number > 2 else id}-{number}"
        raise Refused("entry_exists", f"{collection.name}/{id}"[:200])

    async def update(self, actor: str, site: Site, collection: Collection, id: str, given: Mapping[str, Value], *, expected: Tag, partly: bool = False) -> Saved:
        """Change an entry that is as ``expected`` (``*``: whatever it is). ``given`` are all fields, or ``partly`` those to change.

        Raises :class:`EntryInvalid`, :class:`EntryChanged`, and ``Refused`` as :meth:`create` does.
        """
        before = await self._shelf.open(site, collection, id)
        if before is None:
            if expected == "*":
                raise Refused("entry_unknown", f"{collection.name}/{id}"[:200])
            raise EntryChanged(None)
        if before.problem:
            raise Refused("entry_unreadable", before.problem[:300])
        wanted = dict(given)
        if partly:
            wanted = {**{field.name: before.document.value(field.name) for field in collection.fields}, **wanted}
        if problems := check(collection, wanted, before=before.document):
            raise EntryInvalid(problems)
        if expected not in ("*", before.stored.tag):
            raise EntryChanged(before)
        changed = changes(collection, before.document, wanted)
        written = self._written(collection, before.raw, changed) if changed else before.raw
        if written == before.raw:
            return Saved(id=id, tag=before.stored.tag, changed=False)
        return await self._store(actor, site, collection, id, "update", written, given=wanted, before=before, fields=sorted(changed))

    def _written(self, collection: Collection, raw: bytes | None, changed: Mapping[str, Value]) -> bytes:
        try:
            written = self._shelf.formats[collection.format].write(raw, changed, body=collection.body)
        except Unreadable as error:
            raise Refused("entry_unreadable", str(error)[:300]) from None
        if len(written) > ENTRY_BYTES:
            raise Refused("entry_too_large", detail("more_than", size=f"{ENTRY_BYTES // 1024} KB"))
        return written

    async def _store(
        self, actor: str, site: Site, collection: Collection, id: str, act: Act, written: bytes, *, given: Mapping[str, Value], before: Opened | None,
        fields: Sequence[str] = (),
    ) -> Saved:  # fmt: skip
        shelf = self._shelf
        named = targets(collection, Document(fields=given))
        had = {one[1:] for one in targets(collection, before.document)} if before is not None else set()
        change = self._change(
            actor, site, collection, id, act, before, digest=hashlib.sha256(written).digest(),
            document={"title": title_of(collection, id, Document(fields=given))[:200], "fields": list(fields), "targets": [list(one[1:]) for one in named]},
        )  # fmt: skip
        await self._begin(change, lambda connection: self._check_targets(connection, site, [one for one in named if one[1:] not in had]))
        try:
            try:
                stored = await shelf.storages[site.name].put(
                    change.key, written, media_type=shelf.formats[collection.format].media_type, expected=before.stored.tag if before is not None else "new"
                )
            except Changed:
                await self._settler.end(change, stored=False)
                raise EntryChanged(await shelf.open(site, collection, id)) from None
            except StorageFailed as failed:
                return await self._unsure(change, failed, id)
            return await self._finish(change, site, id, stored, written)
        finally:
            self._settler.holding.discard(change.id)

    async def delete(self, actor: str, site: Site, collection: Collection, id: str, *, expected: Tag) -> Saved:
        """Take an entry away that is as ``expected`` (``*``: whatever it is).

        Raises :class:`EntryChanged`, :class:`EntryReferred`, ``Refused``: ``entry_unknown``, and what the storage refuses.
        """
        shelf = self._shelf
        key, storage = shelf.key_of(collection, id), shelf.storages[site.name]
        try:
            there = await storage.head(key)
        except StorageFailed as failed:
            raise refused(failed) from None
        if there is None:
            raise Refused("entry_unknown", f"{collection.name}/{id}"[:200])
        if expected not in ("*", there.tag):
            raise EntryChanged(await shelf.open(site, collection, id))
        row = await shelf.database.read(content.one, site.name, collection.name, id)
        change = self._change(actor, site, collection, id, "delete", None, expected=there.tag, document={"title": row.title if row is not None else id[:200]})
        await self._begin(change, lambda connection: self._check_unreferred(connection, site, collection, id))
        try:
            try:
                await storage.delete(key, expected=there.tag)
            except Changed:
                await self._settler.end(change, stored=False)
                raise EntryChanged(await shelf.open(site, collection, id)) from None
            except StorageFailed as failed:
                return await self._unsure(change, failed, id)
            dispatch = await self._settler.end(change, stored=True, site=site)
            return Saved(id=id, tag="", changed=True, dispatch=dispatch)
        finally:
            self._settler.holding.discard(change.id)

    def _change(
        self, actor: str, site: Site, collection: Collection, id: str, act: Act, before: Opened | None, *, document: Mapping[str, object],
        digest: bytes | None = None, expected: str = "",
    ) -> Change:  # fmt: skip
        now = self._shelf.clock.now()
        return Change(
            id=self._shelf.database.new_id(), site=site.name, collection=collection.name, entry=id, key=collection.key.key_of(id), act=act, actor=actor, at=now,
            expected=before.stored.tag if before is not None else expected, digest=digest, document=document, due_at=now,
            boot=self._shelf.boot(),
        )  # fmt: skip

    async def _begin(self, change: Change, allowed: Callable[[Connection], None]) -> None:
        def begun(connection: Connection) -> None:
            content_changes.alone(connection, change.site)
            allowed(connection)
            if not content_changes.begin(connection, change):
                raise Refused("entry_busy", f"{change.collection}/{change.entry}"[:200], retry_after_s=3)

        self._settler.holding.add(change.id)
        try:
            try:
                await self._shelf.database.write_first(begun)
            except Refused as refusal:
                if refusal.code != "entry_busy" or not await self._let_go(change):
                    raise
                await self._shelf.database.write_first(begun)
        except BaseException:
            self._settler.holding.discard(change.id)
            raise

    async def _let_go(self, change: Change) -> bool:
        """End a change to the same object that nobody is at any more. Should it still come, it finds another state than it expects, or is
        found as somebody else's."""
        left = await self._shelf.database.read(content_changes.under_way, change.site, change.key)
        if left is None:
            return True
        if left.boot is not None:
            return False
        await self._settler.settle(left, give_up=True)
        return True

    def _check_targets(self, connection: Connection, site: Site, named: Sequence[tuple[str, str, str]]) -> None:
        going = {(one.collection, one.entry) for one in content_changes.all_under_way(connection, site.name) if one.act == "delete"} if named else set()
        problems = []
        for field, collection, id in named:
            if id not in content.known(connection, site.name, collection, [id]) or (collection, id) in going:
                problems.append(Problem(field=field, code="reference_unknown", detail=id[:100]))
        if problems:
            raise EntryInvalid(problems)

    def _check_unreferred(self, connection: Connection, site: Site, collection: Collection, id: str) -> None:
        by = content.referring(connection, site.name, collection.name, id, limit=SHOWN_REFERENCES)
        for one in content_changes.all_under_way(connection, site.name):
            if one.act != "delete" and [collection.name, id] in one.document.get("targets", ()):
                by.append((one.collection, one.entry, str(one.document.get("title", one.entry))))
        by = [one for one in by if one[:2] != (collection.name, id)]
        if by:
            raise EntryReferred(by)

    async def _finish(self, change: Change, site: Site, id: str, stored: Stored, written: bytes) -> Saved:
        dispatch = await self._settler.end(change, stored=True, site=site, held=Held(stored=stored, body=written))
        return Saved(id=id, tag=stored.tag, changed=True, dispatch=dispatch)

    async def _unsure(self, change: Change, failed: StorageFailed, id: str) -> Saved:
        """Find out whether what the storage has no answer to is there all the same; raises ``Refused`` when it is not, or not known."""
        if failed.surely:
            await self._settler.end(change, stored=False)
            raise refused(failed) from None
        try:
            settled = await self._settler.settle(change)
        except Refused:
            await self._shelf.database.write(content_changes.put_off, change.id, due_at=self._shelf.clock.now() + timedelta(seconds=LOOK_S))
            settled = None
        if settled:
            there = await self._shelf.database.read(content.one, change.site, change.collection, id)
            return Saved(id=id, tag=there.tag if there is not None else "", changed=True)
        raise Refused("change_unknown" if settled is None else "content_storage_away", failed.reason, retry_after_s=int(LOOK_S)) from None

