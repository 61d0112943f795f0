"""``storage = "file:./content"``: a folder of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal

import obstore
from obstore.store import LocalStore
from pydantic import BaseModel, ConfigDict, Field

from leverframe.content.objects import Objects
from leverframe.ports.content import Changed, Expected, Held, StorageFailed, Stored, Tag

TOTAL_S = 20.0


class Settings(BaseModel):
    """A folder. `storage = "file:./content"` says the same in one word."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1, description="The folder, relative to leverframe.toml; it is made when it is not there.")


def open_storage(settings: Settings, folder: Path) -> LocalFolder:
    """Return the folder's storage; ``folder`` is that of leverframe.toml. Raises ``OSError`` when it cannot be made."""
    root = (folder / Path(settings.path).expanduser()).resolve()
    root.mkdir(parents=True, exist_ok=True)
    return LocalFolder(root)


class LocalFolder(Objects):
    """``ports.content.Storage`` in a folder. Folders write by no condition: here writers take turns, and look just before.

    What a link leads to outside of the folder is not there.
    """

    def __init__(self, root: Path) -> None:
        super().__init__("file", LocalStore(root, automatic_cleanup=True), total_s=TOTAL_S)
        self._root, self._turn = root, asyncio.Lock()

    def _attributes(self, media_type: str) -> None:
        """Return nothing: a file has a name and bytes."""
        return

    async def pages(self, prefix: str) -> AsyncIterator[Sequence[Stored]]:
        """Yield the objects, but not those behind links that lead out, or whose names hide them."""
        async for page in super().pages(prefix):
            kept = await asyncio.to_thread(self._kept, page)
            if kept:
                yield kept

    def _kept(self, page: Sequence[Stored]) -> Sequence[Stored]:
        return [one for one in page if _leads_inside(self._root, one.key)]

    async def head(self, key: str) -> Stored | None:
        """Return the object without what is in it."""
        return await super().head(key) if await self._inside(key) else None

    async def get(self, key: str, *, cap: int) -> Held | None:
        """Return the object with what is in it."""
        return await super().get(key, cap=cap) if await self._inside(key) else None

    async def download(self, key: str) -> tuple[Stored, AsyncIterator[bytes]] | None:
        """Return the object and its pieces."""
        return await super().download(key) if await self._inside(key) else None

    async def _put(self, key: str, body: bytes, media_type: str, expected: Expected) -> None:
        await self._refuse_outside(key)
        async with self._turn:
            found = await self.head(key)
            if (None if expected == "new" else expected) != (None if found is None else found.tag):
                raise Changed
            await self._done(obstore.put_async(self._store, key, body), writes=True)

    async def delete(self, key: str, *, expected: Tag) -> None:
        """Take the object away, if it is as expected."""
        async with self._turn:
            await super().delete(key, expected=expected)

    async def upload(self, key: str, pieces: AsyncIterator[bytes], *, media_type: str) -> Stored:
        """Write a file of any size: beside its place, and moved there in the end."""
        await self._refuse_outside(key)
        return await super().upload(key, pieces, media_type=media_type)

    async def _refuse_outside(self, key: str) -> None:
        if not await self._inside(key):
            raise StorageFailed("content_storage_denied", "a link leads out of the folder", surely=True)

    async def _inside(self, key: str) -> bool:
        return await asyncio.to_thread(_leads_inside, self._root, key)


def _leads_inside(root: Path, key: str) -> bool:
    try:
        return (root / key).resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):
        return False
