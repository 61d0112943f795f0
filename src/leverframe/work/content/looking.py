"""Following the buckets: what another program changes there comes into the index, into the audit, and is published.

Collections are looked through from time to time, objects when a notification or an editor says that they may have changed. The hub's own
writes are in the index with their tags before anybody hears of them, so they are never taken for another's.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from leverframe.core.content.values import Collection, Site
from leverframe.core.errors import Refused
from leverframe.ports.content import StorageFailed, Stored, TooLarge, alike
from leverframe.store import audit, content, content_changes
from leverframe.store.content import Fresh
from leverframe.store.content_changes import Change, Look
from leverframe.work.bell import Bell
from leverframe.work.content.publishing import Owed
from leverframe.work.content.settling import Settler
from leverframe.work.content.shelf import ENTRY_BYTES, Shelf, change_target, fresh, refused, unread

BATCH = 64
SCAN_S = 5.0
AFTER_FAILURE_S = 30.0
BUSY_S = 3.0
AT_ONCE = 8
"""Objects that are read at once while a collection is looked through."""
TOGETHER = 64
"""Entries that are put into the index, and published, by one transaction."""
log = structlog.get_logger("leverframe.sites")


class Looker:
    """The loop of the back office: settles changes, and looks at what may have changed."""

    def __init__(self, shelf: Shelf, settler: Settler) -> None:
        self._shelf, self._settler = shelf, settler
        self.bell = Bell()
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Go on for ever."""
        try:
            while True:
                try:
                    if not await self.step():
                        await self.bell.wait(await self._idle_s())
                except Refused as failed:
                    log.warning("sites_put_off", code=failed.code)
                    await self._shelf.clock.sleep(1.0)
                except Exception:
                    log.exception("sites_failed")
                    await self._shelf.clock.sleep(1.0)
        finally:
            looks = list(self._busy.values())
            for task in looks:
                task.cancel()
            await asyncio.gather(*looks, return_exceptions=True)

    async def _idle_s(self) -> float:
        due = await self._shelf.database.read(content_changes.next_due_at)
        return SCAN_S if due is None else min(max((due - self._shelf.clock.now()).total_seconds(), 0.05), SCAN_S)

    async def step(self) -> int:
        """Settle what is due and begin to look at what is; return how much there was."""
        shelf, now = self._shelf, self._shelf.clock.now()
        settled = await self._settler.step()

        def taken(connection: Connection) -> list[Look]:
            for site in shelf.sites.values():
                content_changes.begin_scans(connection, site.name, tuple(site.collections), now=now)
            return content_changes.take_looks(connection, boot=shelf.boot(), now=now, limit=BATCH, sites=tuple(shelf.sites), holding=set(self._busy))

        looks = await shelf.database.write(taken)
        for look in looks:
            self._busy[look.site, look.key] = asyncio.create_task(self._look(look), name=f"look {look.site}{look.key}")
        return settled + len(looks)

    async def settled(self) -> None:
        """Return when nothing is being looked at."""
        while self._busy:
            await asyncio.wait(self._busy.values())

    async def _look(self, look: Look) -> None:
        shelf = self._shelf
        again: timedelta | None = None
        problem = ""
        try:
            site = shelf.sites[look.site]
            if look.collection is None:
                again = await self._at_object(site, look)
            else:
                again = timedelta(seconds=site.refresh_s)
                if (collection := site.collections.get(look.collection)) is not None:
                    await self.through(site, collection, first=look.looked_at is None, actor=look.actor)
                else:
                    again = None  # it has left the configuration
        except (Refused, StorageFailed) as failed:
            log.warning("look_put_off", site=look.site, key=look.key, code=failed.code)
            why = failed.reason if isinstance(failed, StorageFailed) else failed.detail
            again, problem = timedelta(seconds=AFTER_FAILURE_S), f"{failed.code} {why}".strip()[:500]
        except Exception:
            log.exception("look_failed", site=look.site, key=look.key)
            again, problem = timedelta(seconds=AFTER_FAILURE_S), "internal"
        try:
            now = shelf.clock.now()
            await shelf.database.write(content_changes.looked, look, now=now, again_at=None if again is None else now + again, problem=problem)
        except Refused as failed:
            log.warning("look_put_off", site=look.site, key=look.key, code=failed.code)
        finally:
            self._busy.pop((look.site, look.key), None)
            self.bell.ring()

    async def _at_object(self, site: Site, look: Look) -> timedelta | None:
        """Compare one object with the index; return when it is to be looked at again."""
        shelf, began = self._shelf, self._shelf.database.new_id()
        if await shelf.database.read(content_changes.under_way, site.name, look.key) is not None:
            return timedelta(seconds=BUSY_S)  # the hub's own: what becomes of it is told by its end
        found = site.collection_of(look.key)
        if found is None:
            return None
        collection, id = found
        row = (await shelf.database.read(content.known, site.name, collection.name, [id])).get(id)
        there = await shelf.storages[site.name].head(look.key)
        if there is None if row is None else there is not None and alike(row[0], there.tag):
            return None
        if there is None:
            await self._apply(self._remove, site=site, collection=collection, gone=[id], began=began, actor=look.actor)
        else:
            read = [await self._read(site, collection, id, there)]
            await self._apply(self._put, site=site, collection=collection, fresh=read, began=began, actor=look.actor)
        return None

    async def through(self, site: Site, collection: Collection, *, first: bool, actor: str) -> int:
        """Compare a whole collection with the index, page by page; return how many entries differed. On the ``first`` look nothing is news."""
        shelf, began = self._shelf, self._shelf.database.new_id()
        there: set[int] = set()
        who = None if first else actor
        count = 0
        async for page in shelf.storages[site.name].pages(collection.key.prefix):
            entries = {id: stored for stored in page if (id := collection.key.id_of(stored.key)) is not None}
            there.update(map(_short, entries))
            known = await shelf.database.read(content.known, site.name, collection.name, entries)
            differs = [id for id, stored in entries.items() if id not in known or (not alike(known[id][0], stored.tag) and known[id][1] < began)]
            for start in range(0, len(differs), TOGETHER):
                read = await self._read_all(site, collection, differs[start : start + TOGETHER], entries)
                count += await self._apply(self._put, site=site, collection=collection, fresh=read, began=began, actor=who)
        count += await self._remove_gone(site, collection, there, began, who)
        return count

    async def _apply(self, work: Callable[..., tuple[int, Owed | None]], **given: Any) -> int:
        count, owed = await self._shelf.database.write(work, **given)
        if owed is not None:
            owed.committed()
        return count

    async def _read_all(self, site: Site, collection: Collection, ids: Sequence[str], entries: dict[str, Stored]) -> list[Fresh]:
        free = asyncio.Semaphore(AT_ONCE)

        async def one(id: str) -> Fresh:
            async with free:
                return await self._read(site, collection, id, entries[id])

        return list(await asyncio.gather(*(one(id) for id in ids)))

    async def _read(self, site: Site, collection: Collection, id: str, stored: Stored) -> Fresh:
        shelf = self._shelf
        try:
            held = await shelf.storages[site.name].get(stored.key, cap=ENTRY_BYTES) if stored.size <= ENTRY_BYTES else None
        except TooLarge:
            held = None
        if held is None:
            problem = "entry_too_large" if stored.size > ENTRY_BYTES else ""
            return unread(site, collection, id, stored, problem=problem, seen=shelf.database.new_id())
        return fresh(shelf.opened(site, collection, id, held), seen=shelf.database.new_id())

    def _put(self, connection: Connection, *, site: Site, collection: Collection, fresh: Sequence[Fresh], began: int, actor: str | None) -> tuple[int, Owed | None]:
        """Put what was read into the index, but for what the hub itself is writing, or has written since ``began``; return how much it was.

        ``actor`` is who is said to have changed it; ``None``: it is no news.
        """
        known = content.known(connection, site.name, collection.name, [one.row.entry for one in fresh])
        busy = {one.key for one in content_changes.all_under_way(connection, site.name)}
        kept = [one for one in fresh if (had := known.get(one.row.entry, ("", 0)))[1] < began and had[0] != one.row.tag and one.row.key not in busy]
        content.put(connection, kept)
        return len(kept), self._news(connection, site, collection, "written", [one.row.entry for one in kept], actor)

    async def _remove_gone(self, site: Site, collection: Collection, there: set[int], began: int, actor: str | None) -> int:
        after, count = "", 0
        while some := await self._shelf.database.read(content.all_ids, site.name, collection.name, after=after, limit=TOGETHER * 8):
            after = some[-1][0]
            gone = [id for id, seen in some if seen < began and _short(id) not in there]
            for start in range(0, len(gone), TOGETHER):
                count += await self._apply(self._remove, site=site, collection=collection, gone=gone[start : start + TOGETHER], began=began, actor=actor)
        return count

    def _remove(self, connection: Connection, *, site: Site, collection: Collection, gone: Sequence[str], began: int, actor: str | None) -> tuple[int, Owed | None]:
        busy = {one.key for one in content_changes.all_under_way(connection, site.name)}
        known = content.known(connection, site.name, collection.name, gone)
        removed = [id for id, (_, seen) in known.items() if seen < began and collection.key.key_of(id) not in busy]
        content.remove(connection, site.name, collection.name, removed)
        return len(removed), self._news(connection, site, collection, "deleted", removed, actor)

    def _news(self, connection: Connection, site: Site, collection: Collection, how: str, ids: Sequence[str], actor: str | None) -> Owed | None:
        """Write down that somebody else has changed entries, with what publishes them: in the transaction in which the index learns of it."""
        if actor is None or not ids:
            return None
        shelf, now, new_id = self._shelf, self._shelf.clock.now(), self._shelf.database.new_id
        what = f"{collection.name}/{ids[0]}" if len(ids) == 1 else f"{len(ids)} of {collection.name}"
        owed = shelf.publisher.publish(connection, site, reason=f"{what} {how} by {actor}", actor=actor, now=now)
        audit_id = new_id()
        audit.append(
            connection, id=audit_id, at=now, actor=actor, act="sites.outside", target=change_target(site.name, collection.name, ids[0] if len(ids) == 1 else ""),
            detail={"count": len(ids), how: list(ids)},
        )  # fmt: skip
        for id in ids:
            change = Change(
                id=new_id(), site=site.name, collection=collection.name, entry=id, key=collection.key.key_of(id), act="outside", actor=actor, at=now, state="stored",
                document={"how": how}, dispatch=None if owed is None else owed.id, audit_id=audit_id, due_at=now,
            )  # fmt: skip
            content_changes.begin(connection, change)
        return owed

    async def refreshed(self, site: Site, collection: Collection) -> None:
        """Look through a collection now; raises ``Refused`` when the bucket does not answer."""
        scan = (await self._shelf.database.read(content_changes.scans, site.name)).get(collection.name)
        try:
            await self.through(site, collection, first=scan is None or scan.looked_at is None, actor="hub")
        except StorageFailed as failed:
            raise refused(failed) from None


def _short(id: str) -> int:
    """Return what stands for an id in memory: eight bytes, of which no two of a million are alike but once in thirty million collections."""
    return int.from_bytes(hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest())
