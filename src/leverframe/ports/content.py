"""What the back office asks of object storage, and of the formats that entries are written in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

import msgspec

from leverframe.core.content.values import Document, Value

Tag: TypeAlias = str
"""Names one state of an object: it changes when the object does. What is in it is the storage's own: ``VERSION|ETAG``, of which either may be empty."""


def alike(one: Tag, other: Tag) -> bool:
    """Return whether two tags can be of one state: lists tell no versions (Google's generations, and those of S3 and Azure where they are kept)."""
    (version, _, etag), (other_version, _, other_etag) = one.partition("|"), other.partition("|")
    return etag.strip('"') == other_etag.strip('"') and (version == other_version or not version or not other_version)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An object, without what is in it."""

    key: str
    tag: Tag
    size: int
    modified_at: datetime


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An object with what is in it."""

    stored: Stored
    body: bytes


class Changed(Exception):
    """The object is not in the state that was expected; nothing was written."""


class TooLarge(Exception):
    """The object holds more than was asked for at most."""


class StorageFailed(Exception):
    """The storage did not do it. With ``surely`` nothing was written; without, it may have been.

    ``code`` is one of ``content_storage_away``, ``content_storage_denied``, ``content_storage_missing`` and ``content_name_unreadable``; ``reason``
    tells an operator more, without addresses that hold a secret.
    """

    def __init__(self, code: str, reason: str, *, surely: bool) -> None:
        super().__init__(f"{code}: {reason}")
        self.code, self.reason, self.surely = code, reason, surely


Expected: TypeAlias = Tag | Literal["new"]
"""``new``: there must be no object yet."""


class Storage(Protocol):
    """One bucket or folder. Every method may raise :class:`StorageFailed`, within the time that its settings give."""

    kind: str

    def pages(self, prefix: str) -> AsyncIterator[Sequence[Stored]]:
        """Yield all objects whose names begin with ``prefix`` (a folder with its slash, or empty), some at a time, in no order."""
        ...

    async def head(self, key: str) -> Stored | None:
        """Return the object without what is in it; ``None`` when there is none."""
        ...

    async def get(self, key: str, *, cap: int) -> Held | None:
        """Return the object; ``None`` when there is none. Raises :class:`TooLarge` above ``cap`` bytes."""
        ...

    async def put(self, key: str, body: bytes, *, media_type: str, expected: Expected) -> Stored:
        """Write the object whole, if it is as ``expected``; raises :class:`Changed` when not. What is there already byte for byte is written."""
        ...

    async def delete(self, key: str, *, expected: Tag) -> None:
        """Take the object away, if it is as ``expected``; raises :class:`Changed` when not. One that is gone already is taken away."""
        ...

    async def upload(self, key: str, pieces: AsyncIterator[bytes], *, media_type: str) -> Stored:
        """Write an object of any size piece by piece; nobody sees half of it, and what ``pieces`` raises is raised and leaves nothing."""
        ...

    async def download(self, key: str) -> tuple[Stored, AsyncIterator[bytes]] | None:
        """Return the object and its pieces; ``None`` when there is none."""
        ...


class EntryFormat(Protocol):
    """How entries are written down. ``body`` is the field of the text below front matter, where there is one."""

    media_type: str

    def read(self, raw: bytes, *, body: str) -> Document:
        """Return what the file says; raises ``core.content.values.Unreadable``."""
        ...

    def write(self, raw: bytes | None, changes: Mapping[str, Value], *, body: str) -> bytes:
        """Return the file ``raw`` (``None``: a new one) with ``changes``, ``None`` taking a member out; all else stays as it is, unknown members too."""
        ...


class Renderer(Protocol):
    """Markdown as people see it before it is published."""

    def render(self, text: str, *, images: Mapping[str, str]) -> str:
        """Return harmless HTML of ``text``. ``images``: beginnings of addresses that pictures have on the site, and where they are seen here."""
        ...
