"""Files and images: from whoever sends them to the bucket, piece by piece."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import msgspec

from leverframe.core.content.keys import file_name
from leverframe.core.content.values import FILES, Site
from leverframe.core.errors import Refused
from leverframe.ports.content import StorageFailed, Stored
from leverframe.store import content_changes
from leverframe.store.content_changes import Change
from leverframe.work.content.settling import Settler
from leverframe.work.content.shelf import Shelf, refused

UPLOAD_BYTES = 200 * 1024 * 1024
MEDIA = {
    "avif": "image/avif", "csv": "text/csv; charset=utf-8", "gif": "image/gif", "ico": "image/x-icon", "jpeg": "image/jpeg", "jpg": "image/jpeg", "json": "application/json",
    "m4a": "audio/mp4", "mp3": "audio/mpeg", "mp4": "video/mp4", "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8",
    "webm": "video/webm", "webp": "image/webp", "zip": "application/zip",
}  # fmt: skip
SHOWN = frozenset({"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp", "image/x-icon"})
"""What the console shows as a picture: nothing in these is a script."""
_SPREAD = 4
"""Bytes of chance in a name: nobody writes over another's file, and nobody guesses it before it is published."""


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """A file in the bucket."""

    key: str
    address: str
    """How entries name it."""
    size: int
    dispatch: str | None


class Uploader:
    """Takes files in."""

    def __init__(self, shelf: Shelf, settler: Settler) -> None:
        self._shelf, self._settler = shelf, settler

    async def upload(self, actor: str, site: Site, given_name: str, pieces: AsyncIterator[bytes]) -> Uploaded:
        """Store what ``pieces`` give under a name of its own, made of ``given_name``.

        Raises what ``pieces`` raises (nothing is stored then), ``Refused("upload_empty")``, or what the storage refuses.
        """
        shelf, now = self._shelf, self._shelf.clock.now()
        name = file_name(given_name)
        stem, dot, ending = name.rpartition(".")
        mark = secrets.token_hex(_SPREAD)
        unique = f"{stem}-{mark}.{ending}" if dot else f"{name}-{mark}"
        key = f"{site.files}/{now:%Y}/{now:%m}/{unique}"
        change = Change(
            id=shelf.database.new_id(), site=site.name, collection=FILES, entry=key.removeprefix(f"{site.files}/"), key=key, act="upload", actor=actor, at=now,
            document={"title": unique}, due_at=now, boot=shelf.boot(),
        )  # fmt: skip
        self._settler.holding.add(change.id)
        try:
            await shelf.database.write_first(content_changes.begin, change)
            try:
                stored = await self._sent(site, key, pieces, media_of(unique))
            except StorageFailed as failed:
                await self._settler.end(change, stored=False)
                raise refused(failed) from None
            except BaseException:
                await self._settler.end(change, stored=False)
                raise
            dispatch = await self._settler.end(change, stored=True, site=site)
            return Uploaded(key=key, address=site.address_of(key), size=stored.size, dispatch=dispatch)
        finally:
            self._settler.holding.discard(change.id)

    async def _sent(self, site: Site, key: str, pieces: AsyncIterator[bytes], media_type: str) -> Stored:
        first = b""
        async for first in pieces:
            if first:
                break
        if not first:
            raise Refused("upload_empty")

        async def all_of_it() -> AsyncIterator[bytes]:
            yield first
            async for piece in pieces:
                yield piece

        return await self._shelf.storages[site.name].upload(key, all_of_it(), media_type=media_type)


def media_of(name: str) -> str:
    """Return the media type that a file's ending tells; what is unknown is bytes."""
    return MEDIA.get(name.rpartition(".")[2].lower(), "application/octet-stream")
