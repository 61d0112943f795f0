"""The back office as pages and API see it: every part of it, and what is asked of several."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from leverframe.core.content.values import Collection, Site
from leverframe.core.errors import Refused
from leverframe.ports.content import Renderer, StorageFailed
from leverframe.store import content, content_changes
from leverframe.store.content import Cursor, Indexed
from leverframe.store.content_changes import Change
from leverframe.work.content.editing import Editor, Saved
from leverframe.work.content.looking import Looker
from leverframe.work.content.publishing import Standing
from leverframe.work.content.settling import Settler
from leverframe.work.content.shelf import Opened, Shelf, folded, refused
from leverframe.work.content.uploading import Uploader

MOST_WORDS = 8
PREVIEWED = 100_000
"""Characters of a text that a preview shows."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries of a collection."""

    rows: Sequence[Indexed]
    next: Cursor | None


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """How a site stands."""

    site: Site
    counts: Mapping[str, int]
    problems: Mapping[str, str]
    """Codes of why collections could not be looked through, by collection; after a blank, what else is known of it."""
    unseen: frozenset[str]
    """Collections that were not looked through yet."""
    last: Change | None
    """The newest change."""
    standing: Standing | None
    """How far its publication has come."""


class Office:
    """One for the process."""

    def __init__(self, shelf: Shelf, renderer: Renderer) -> None:
        self.shelf, self.renderer = shelf, renderer
        self.settler = Settler(shelf)
        self.editor = Editor(shelf, self.settler)
        self.uploader = Uploader(shelf, self.settler)
        self.looker = Looker(shelf, self.settler)
        self._rendering = asyncio.Lock()

    async def opened(self, site: Site, collection: Collection, id: str) -> Opened:
        """Return an entry as it is now; raises ``Refused("entry_unknown")``. What another program changed is noted by the way."""
        found = await self.shelf.open(site, collection, id)
        row = await self.shelf.database.read(content.one, site.name, collection.name, id)
        if (None if found is None else found.stored.tag) != (None if row is None else row.tag):
            await self.noticed(site, [collection.key.key_of(id)], actor="hub")
        if found is None:
            raise Refused("entry_unknown", f"{collection.name}/{id}"[:200])
        return found

    async def noticed(self, site: Site, keys: Sequence[str], *, actor: str) -> None:
        """Have objects looked at that may have changed."""
        await self.shelf.database.write(content_changes.look, site.name, keys, actor=actor, due_at=self.shelf.clock.now())
        self.looker.bell.ring()

    async def page(self, site: Site, collection: Collection, *, search: str, after: Cursor | None, limit: int) -> Page:
        """Return entries, newest first, in which all words of ``search`` are."""
        words = folded(search).split()[:MOST_WORDS]
        rows = await self.shelf.database.read(content.page, site.name, collection.name, search=words, after=after, limit=limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        return Page(rows=rows, next=Cursor(rows[-1].dated, rows[-1].modified_at, rows[-1].entry) if more else None)

    async def preview(self, text: str, *, images: Mapping[str, str]) -> str:
        """Return a text as HTML. One is made at a time, beside the loop: where mark stands on mark, a page of them takes seconds."""
        async with self._rendering:
            return await asyncio.to_thread(self.renderer.render, text[:PREVIEWED], images=images)

    async def delete(self, actor: str, site: Site, collection: Collection, id: str, *, expected: str) -> Saved:
        """Take an entry away, once it is sure that nothing refers to it: what may refer to it is looked through before."""
        for other in site.referring_to(collection.name):
            try:
                await self.looker.refreshed(site, other)
            except StorageFailed as failed:
                raise refused(failed) from None
        return await self.editor.delete(actor, site, collection, id, expected=expected)

    def view(self, connection: Connection, site: Site) -> SiteView:
        """Return how a site stands."""
        scans = content_changes.scans(connection, site.name)
        last, standing = self.latest(connection, site)
        return SiteView(
            site=site, counts=content.count(connection, site.name), problems={name: scan.problem for name, scan in scans.items() if scan.problem},
            unseen=frozenset(name for name in site.collections if name not in scans or scans[name].looked_at is None), last=last, standing=standing,
        )  # fmt: skip

    def latest(self, connection: Connection, site: Site, collection: str | None = None, entry: str | None = None) -> tuple[Change | None, Standing | None]:
        """Return the newest change to a site, or to one entry, and how far its publication has come."""
        last = content_changes.newest(connection, site.name, collection=collection, entry=entry)
        standing = self.shelf.publisher.standing(connection, last.dispatch) if last is not None and last.dispatch is not None else None
        return last, standing
