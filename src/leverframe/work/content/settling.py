"""Finding out what became of a change: the one who made it was interrupted, or the bucket's answer was lost.

The row was there before the object. When the object is as it was to become, the change is stored, and what publishes it is owed in the
transaction that says so: nothing that is in the bucket stays unpublished.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from leverframe.core.content.values import Site
from leverframe.core.errors import Refused
from leverframe.ports.content import Held, StorageFailed, Stored, TooLarge
from leverframe.store import audit, content, content_changes
from leverframe.store.content_changes import Change
from leverframe.work.content.publishing import Owed
from leverframe.work.content.shelf import ENTRY_BYTES, Shelf, change_target, fresh

LOOK_S = 10.0
GIVEN_UP = timedelta(minutes=2)
"""So long after it began a write that is not there is taken for one that never came: no request lasts so long."""
BATCH = 32
log = structlog.get_logger("leverframe.sites")


class Settler:
    """Ends changes, as those who made them do, or in their place."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.holding: set[int] = set()
        """Changes that somebody here is at."""

    async def step(self) -> int:
        """Settle what is due; return how many changes were looked after."""
        shelf = self._shelf
        taken = await shelf.database.write(content_changes.take, boot=shelf.boot(), now=shelf.clock.now(), limit=BATCH, holding=set(self.holding))
        for change in taken:
            try:
                await self.settle(change)
            except Refused as failed:
                log.warning("change_not_settled", site=change.site, key=change.key, code=failed.code)
                await shelf.database.write(content_changes.put_off, change.id, due_at=shelf.clock.now() + timedelta(seconds=LOOK_S))
        return len(taken)

    async def settle(self, change: Change, *, give_up: bool = False) -> bool | None:
        """Return whether the change is in the bucket; ``None`` when that is not known yet, which with ``give_up`` is no longer waited for.

        Raises ``Refused`` when the bucket does not answer.
        """
        site = self._shelf.sites.get(change.site)
        if site is None:
            await self.end(change, stored=False)
            return False
        now = self._shelf.clock.now()
        try:
            held, there = await self._there(site, change)
        except StorageFailed as failed:
            raise Refused(failed.code, failed.reason) from None
        if self._is_done(change, held, there):
            await self.end(change, stored=True, site=site, held=held)
            return True
        unchanged = there is None if not change.expected else there is not None and there.tag == change.expected
        if unchanged and not give_up and now - change.at < GIVEN_UP:
            await self._shelf.database.write(content_changes.put_off, change.id, due_at=now + timedelta(seconds=LOOK_S))
            return None
        await self.end(change, stored=False)
        if not unchanged:  # somebody else's words are there now, and are to be published as such
            await self._shelf.database.write(content_changes.look, change.site, [change.key], actor="hub", due_at=now)
        return False

    async def _there(self, site: Site, change: Change) -> tuple[Held | None, Stored | None]:
        storage = self._shelf.storages[site.name]
        if change.digest is None:
            return None, await storage.head(change.key)
        try:
            held = await storage.get(change.key, cap=ENTRY_BYTES)
        except TooLarge:
            return None, await storage.head(change.key)
        return held, held.stored if held is not None else None

    def _is_done(self, change: Change, held: Held | None, there: Stored | None) -> bool:
        if change.act == "delete":
            return there is None
        if change.act == "upload":
            return there is not None
        return held is not None and hashlib.sha256(held.body).digest() == change.digest

    async def end(self, change: Change, *, stored: bool, site: Site | None = None, held: Held | None = None) -> str | None:
        """Write what became of a change, with its audit entry and what publishes it; return the publication's id."""
        try:
            owed = await self._shelf.database.write(self._ended, change=change, stored=stored, site=site, held=held)
        except _Settled:
            return None
        if owed is not None:
            owed.committed()
        return None if owed is None else owed.id

    def _ended(self, connection: Connection, *, change: Change, stored: bool, site: Site | None, held: Held | None) -> Owed | None:
        shelf, now = self._shelf, self._shelf.clock.now()
        audit_id = shelf.database.new_id()
        owed: Owed | None = None
        if stored and site is not None:
            owed = shelf.publisher.publish(connection, site, reason=reason(change), actor=change.actor, now=now)
        if not content_changes.end(connection, change.id, state="stored" if stored else "failed", dispatch=None if owed is None else owed.id, audit_id=audit_id):
            raise _Settled
        if stored and site is not None:
            self._index(connection, site, change, held)
        detail = {name: change.document[name] for name in ("title", "fields") if change.document.get(name)}
        audit.append(
            connection, id=audit_id, at=now, actor=change.actor, act=f"sites.{change.act}", target=change_target(change.site, change.collection, change.entry),
            code="ok" if stored else "change_not_stored", detail=detail,
        )  # fmt: skip
        return owed

    def _index(self, connection: Connection, site: Site, change: Change, held: Held | None) -> None:
        collection = site.collections.get(change.collection)
        if collection is None:
            return
        if change.act == "delete":
            content.remove(connection, change.site, change.collection, [change.entry])
        elif held is not None:
            content.put(connection, [fresh(self._shelf.opened(site, collection, change.entry, held), seen=self._shelf.database.new_id())])


class _Settled(Refused):
    """Somebody else has ended this change: nothing of this end is kept."""

    def __init__(self) -> None:
        super().__init__("entry_busy", "it was settled already")


def reason(change: Change) -> str:
    """Return why a site is published, as whoever looks at the build reads it."""
    return f"{change.act} {change.collection}/{change.entry} by {change.actor}"
