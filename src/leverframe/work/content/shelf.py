"""The sites with their buckets and formats: entries are opened here, and made into rows of the index."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from leverframe.core.content.keys import id_problem
from leverframe.core.content.validating import targets
from leverframe.core.content.values import Collection, Document, Format, Site, Unreadable, Value
from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.ports import Clock
from leverframe.ports.content import EntryFormat, Held, Storage, StorageFailed, Stored, TooLarge
from leverframe.store.content import Fresh, Indexed
from leverframe.store.database import Database
from leverframe.work.content.publishing import Publisher

ENTRY_BYTES = 1024 * 1024
"""More is no text that somebody edits in a form."""
SEARCHED = 1_000
"""Characters of an entry that a search looks through."""
AGAIN_S = 5


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is in its bucket now."""

    site: Site
    collection: Collection
    id: str
    stored: Stored
    raw: bytes
    document: Document
    """Without members when it cannot be read."""
    problem: str = ""
    """Why it cannot be read."""

    @property
    def title(self) -> str:
        """What people know it by."""
        return title_of(self.collection, self.id, self.document)


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the parts of the back office share."""

    database: Database
    clock: Clock
    boot: Callable[[], int]
    sites: Mapping[str, Site]
    storages: Mapping[str, Storage]
    formats: Mapping[Format, EntryFormat]
    publisher: Publisher

    def site(self, name: str) -> Site:
        """Return a site; raises ``Refused("site_unknown")``."""
        found = self.sites.get(name)
        if found is None:
            raise Refused("site_unknown", name[:80])
        return found

    def find(self, site: str, collection: str) -> tuple[Site, Collection]:
        """Return a site and a collection of it; raises ``Refused``: ``site_unknown``, ``collection_unknown``."""
        found = self.site(site)
        if collection not in found.collections:
            raise Refused("collection_unknown", f"{site}/{collection}"[:160])
        return found, found.collections[collection]

    def key_of(self, collection: Collection, id: str) -> str:
        """Return the object's name; raises ``Refused("entry_unknown")`` for what can be no id."""
        if id_problem(id, deep=collection.key.deep) is not None:
            raise Refused("entry_unknown", id[:200])
        return collection.key.key_of(id)

    async def open(self, site: Site, collection: Collection, id: str) -> Opened | None:
        """Return an entry as it is now, readable or not; ``None`` when there is none. Raises ``Refused``, of the storage or ``entry_too_large``."""
        try:
            held = await self.storages[site.name].get(self.key_of(collection, id), cap=ENTRY_BYTES)
        except TooLarge:
            raise Refused("entry_too_large", about(f"{collection.name}/{id}", "more_than", size=f"{ENTRY_BYTES // 1024} KB")) from None
        except StorageFailed as failed:
            raise refused(failed) from None
        return None if held is None else self.opened(site, collection, id, held)

    def opened(self, site: Site, collection: Collection, id: str, held: Held) -> Opened:
        """Return an object as an entry."""
        document, problem = Document(), ""
        try:
            document = self.formats[collection.format].read(held.body, body=collection.body)
        except Unreadable as error:
            problem = str(error)
        return Opened(site=site, collection=collection, id=id, stored=held.stored, raw=held.body, document=document, problem=problem)


def refused(failed: StorageFailed) -> Refused:
    """Return a failure of the storage as people are told of it."""
    return Refused(failed.code, failed.reason, retry_after_s=AGAIN_S if failed.code == "content_storage_away" else None)


def fresh(opened: Opened, *, seen: int) -> Fresh:
    """Return the row of the index for an entry."""
    collection, document = opened.collection, opened.document
    dated = document.value(collection.dated) if collection.dated else None
    row = Indexed(
        site=opened.site.name, collection=collection.name, entry=opened.id, key=opened.stored.key, tag=opened.stored.tag, size=opened.stored.size,
        modified_at=opened.stored.modified_at, title=stored_text(opened.title[:300]), dated=stored_text(dated[:40]) if isinstance(dated, str) else "",
        problem=stored_text(opened.problem[:500]), seen=seen,
    )  # fmt: skip
    found = frozenset((there, stored_text(target[:500])) for _, there, target in targets(collection, document))
    return Fresh(row=row, search=_searched(opened), targets=found)


def unread(site: Site, collection: Collection, id: str, stored: Stored, *, problem: str, seen: int) -> Fresh:
    """Return the row of an object that is not read."""
    row = Indexed(
        site=site.name, collection=collection.name, entry=id, key=stored.key, tag=stored.tag, size=stored.size, modified_at=stored.modified_at, title=id[:300],
        problem=problem, seen=seen,
    )  # fmt: skip
    return Fresh(row=row, search=folded(id), targets=frozenset())


def title_of(collection: Collection, id: str, document: Document) -> str:
    """Return what people know an entry by: its headline, else its id."""
    found = document.value(collection.headline) if collection.headline else None
    return found if isinstance(found, str) and found.strip() else id


def folded(text: str) -> str:
    """Return ``text`` as searches compare it."""
    return stored_text(unicodedata.normalize("NFC", text).casefold())


def stored_text(text: str) -> str:
    """Return what any database takes of a stranger's text."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _searched(opened: Opened) -> str:
    parts, left = [opened.id], SEARCHED
    for field in sorted(opened.collection.fields, key=lambda one: one.type == "markdown"):
        parts.extend(_words(opened.document.value(field.name)))
    return folded("\n".join(parts)[:left])


def _words(value: Value) -> list[str]:
    items: Any = value if isinstance(value, list | tuple) else (value,)
    return [item[:SEARCHED] for item in items if isinstance(item, str)]


def change_target(site: str, collection: str, entry: str) -> str:
    """Return how the audit names an entry."""
    return f"{site}/{collection}/{entry}"

