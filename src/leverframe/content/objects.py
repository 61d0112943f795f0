"""What all storages share: obstore's calls, and its errors in our own words.

obstore is a client of S3, Google, Azure and folders over Rust's object_store: https://developmentseed.org/obstore/latest/
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from leverframe.ports.content import Changed, Expected, Held, StorageFailed, Stored, Tag, TooLarge

T = TypeVar("T")
PAGE = 500
PIECE_BYTES = 8 * 1024 * 1024
"""Of a part of a large upload; S3 takes 10,000 parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
AT_ONCE = 2
"""Parts of one upload that are under way at once, and so in memory."""
TRIES = 3
_STATUS = re.compile(r"status code: (\d{3})")
_NAMED = re.compile(r'Path "([^"\n]+)"')
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
"""The name of an error, in all three languages: S3's, Google's and Azure's documents of errors have it."""
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_INSIDE = re.compile(r"request failed for key [^\n]*\(code: (\w{1,60})\)")
"""S3 and Azure delete in batches, and refuse inside of an answer that is good: S3 by a name (``AccessDenied``), Azure by a status."""
_DENIED = ("401", "403", "AccessDenied", "ExpiredToken", "InvalidToken")
"""S3 says 400 of a session token that is over: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
_MACHINE = re.compile(r"https?://[^/\s]+/(computeMetadata/|latest/(api/token|meta-data/)|metadata/identity/)")
"""Where the machine's own account is asked: of Google, of Amazon, of Azure."""
_LOST = ("error sending request", "connection", "timed out", "timeout", "dns")


def retries(total_s: float) -> dict[str, Any]:
    """Return how obstore tries again by itself: server errors and lost connections, twice, within ``total_s``."""
    return {"max_retries": TRIES - 1, "retry_timeout": timedelta(seconds=total_s), "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=2), "base": 2}}


def client(timeout_s: float, *, allow_http: bool) -> dict[str, Any]:
    """Return how obstore speaks HTTP: ``timeout_s`` bounds one request with its answer."""
    return {"timeout": timedelta(seconds=timeout_s), "connect_timeout": timedelta(seconds=min(5.0, timeout_s)), "allow_http": allow_http, "user_agent": "Leverframe"}


class Objects:
    """``ports.content.Storage`` over a store of obstore that writes by condition (``If-Match``) itself."""

    def __init__(self, kind: str, store: Any, *, total_s: float) -> None:
        """``total_s`` bounds every call but those that move large files; there it bounds the wait for the next piece."""
        self.kind, self._store, self._total_s = kind, store, total_s

    def _attributes(self, media_type: str) -> Any:
        """Return what is kept beside the bytes."""
        return {"Content-Type": media_type}

    async def pages(self, prefix: str) -> AsyncIterator[Sequence[Stored]]:
        """Yield all objects below ``prefix``; see ``ports.content.Storage``."""
        found = obstore.list(self._store, prefix=prefix.rstrip("/") or None, chunk_size=PAGE)
        while True:
            try:
                page = await self._done(anext(found), writes=False)
            except StopAsyncIteration:
                return
            kept = [_stored(one) for one in page if one["path"].startswith(prefix)]
            if kept:
                yield kept

    async def head(self, key: str) -> Stored | None:
        """Return the object without what is in it."""
        try:
            return _stored(await self._done(obstore.head_async(self._store, _name(key)), writes=False))
        except FileNotFoundError:
            return None

    async def get(self, key: str, *, cap: int) -> Held | None:
        """Return the object with what is in it."""

        async def whole() -> Held:
            got = await obstore.get_async(self._store, _name(key))
            stored = _stored(got.meta)
            if stored.size > cap:
                raise TooLarge
            return Held(stored=stored, body=bytes(await got.bytes_async()))

        try:
            got: Held = await self._done(whole(), writes=False)
        except FileNotFoundError:
            return None
        return got

    async def put(self, key: str, body: bytes, *, media_type: str, expected: Expected) -> Stored:
        """Write the object whole, if it is as expected."""
        try:
            await self._put(key, body, media_type, expected)
        except Changed:
            # The try before this one may have written it, and its answer was lost: then what is there is what we wanted.
            found = await self._same(key, body)
            if found is None:
                raise
            return found
        return await self._known(key)

    async def _put(self, key: str, body: bytes, media_type: str, expected: Expected) -> None:
        mode: Any = "create" if expected == "new" else _version(expected)
        try:
            await self._done(obstore.put_async(self._store, _name(key), body, mode=mode, attributes=self._attributes(media_type)), writes=True)
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            raise Changed from None

    async def _same(self, key: str, body: bytes) -> Stored | None:
        try:
            found = await self.get(key, cap=len(body))
        except TooLarge:
            return None
        except StorageFailed as failed:
            raise _unsure(failed) from None
        return found.stored if found is not None and found.body == body else None

    async def _known(self, key: str, size: int | None = None) -> Stored:
        try:
            found = await self.head(key)
        except StorageFailed as failed:
            raise _unsure(failed) from None
        if found is None or size not in (None, found.size):
            raise StorageFailed("content_storage_away", "what was written is not there", surely=False)
        return found

    async def delete(self, key: str, *, expected: Tag) -> None:
        """Take the object away, if it is as expected. Storages do not delete by condition: it is looked at just before."""
        found = await self.head(key)
        if found is None:
            return
        if found.tag != expected:
            raise Changed
        try:
            await self._done(obstore.delete_async(self._store, _name(key)), writes=True)
        except FileNotFoundError:
            return

    async def upload(self, key: str, pieces: AsyncIterator[bytes], *, media_type: str) -> Stored:
        """Write an object of any size, in parts; parts without an end are never an object."""
        broke: list[BaseException] = []
        size = 0

        async def passed() -> AsyncIterator[bytes]:
            nonlocal size
            try:
                async for piece in pieces:
                    size += len(piece)
                    yield piece
            except BaseException as error:
                broke.append(error)
                raise

        try:
            await _translated(
                obstore.put_async(
                    self._store, _name(key), passed(), use_multipart=True, chunk_size=PIECE_BYTES, max_concurrency=AT_ONCE, attributes=self._attributes(media_type)
                ),
                writes=True,
            )
        except Exception as error:
            if broke:  # obstore tells of it in words of its own
                raise broke[0] from None
            if not isinstance(error, FileNotFoundError):
                raise
            # The parts are gone: the try before this one put them together, and its answer was lost.
            return await self._known(key, size)
        return await self._known(key)

    async def download(self, key: str) -> tuple[Stored, AsyncIterator[bytes]] | None:
        """Return the object and its pieces."""
        try:
            got = await self._done(obstore.get_async(self._store, _name(key)), writes=False)
        except FileNotFoundError:
            return None
        return _stored(got.meta), self._pieces(got)

    async def _pieces(self, got: Any) -> AsyncIterator[bytes]:
        stream = got.stream(min_chunk_size=256 * 1024)
        while True:
            try:
                yield bytes(await self._done(anext(stream), writes=False))
            except StopAsyncIteration:
                return

    async def _done(self, call: Any, *, writes: bool) -> Any:
        async def waited() -> Any:
            return await call  # obstore's own awaitables are no coroutines

        try:
            async with asyncio.timeout(self._total_s):
                return await _translated(waited(), writes=writes)
        except TimeoutError:
            raise StorageFailed("content_storage_away", f"no answer in {self._total_s:g} s", surely=not writes) from None


async def _translated(call: Coroutine[Any, Any, T] | Any, *, writes: bool) -> T:
    """Return what ``call`` gives; raises ``FileNotFoundError``, obstore's errors of conditions, or :class:`StorageFailed`."""
    try:
        return await call
    except (FileNotFoundError, NotFoundError) as error:
        if any(name in str(error) for name in _NO_BUCKET):
            raise StorageFailed("content_storage_missing", "there is no such bucket", surely=True) from None
        raise FileNotFoundError from None
    except (AlreadyExistsError, PreconditionError):
        raise
    except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
        raise StorageFailed("content_storage_denied", _reason(error), surely=True) from None
    except InvalidPathError as error:
        named = _NAMED.search(str(error))
        raise StorageFailed("content_name_unreadable", named[1][:300] if named is not None else "", surely=True) from None
    except (BaseError, OSError, ValueError) as error:
        raise _failed(error, writes) from None


def _name(key: str) -> str:
    """Return ``key`` when it can be a name of an object; raises :class:`StorageFailed`."""
    if any(part in ("", ".", "..") for part in key.split("/")) or "\0" in key:
        raise StorageFailed("content_name_unreadable", "a name has an empty part, . or ..", surely=True)
    return key


def _unsure(failed: StorageFailed) -> StorageFailed:
    """Return what is told where a look after a write failed: to look writes nothing, but the write before it may be there."""
    return StorageFailed(failed.code, failed.reason, surely=False)


def _failed(error: Exception, writes: bool) -> StorageFailed:
    text = str(error)
    if _MACHINE.search(text):
        return StorageFailed("content_storage_denied", "no key is set, and this machine has no account of its own", surely=True)
    status, code = _told(text)
    if status in _DENIED or code in _DENIED:
        return StorageFailed("content_storage_denied", _reason(error), surely=True)
    if any(name in text for name in _NO_BUCKET):
        return StorageFailed("content_storage_missing", "there is no such bucket", surely=True)
    surely = not writes or status.startswith("4") or "Connection refused" in text
    return StorageFailed("content_storage_away", _reason(error), surely=surely)


def _told(text: str) -> tuple[str, str]:
    """Return the status of an answer and what the storage calls the error; empty where there is none."""
    status, code = _STATUS.search(text), _CODE.search(text)
    if status is None and (inside := _INSIDE.search(text)) is not None:
        return (inside[1], "") if inside[1].isdecimal() else ("", inside[1])
    return "" if status is None else status[1], "" if code is None else code[1]


def _reason(error: Exception) -> str:
    """Return what went wrong without the address, which may hold a signature: of an answer its status, and what the storage calls the error."""
    text = str(error)
    status, code = _told(text)
    if status or code:
        return " ".join(part for part in (f"status {status}" if status else "", code) if part)
    lower = text.lower()
    if found := next((word for word in _LOST if word in lower), None):
        return found
    return type(error).__name__ if isinstance(error, BaseError) else (getattr(error, "strerror", None) or type(error).__name__)


def _stored(meta: Any) -> Stored:
    tag = f"{meta.get('version') or ''}|{meta.get('e_tag') or ''}"
    # Google has two names of a state: its generation, which conditions take, and its ETag, which is all that lists tell.
    # A size and an instant stand in for storages that give no ETag at all.
    if tag == "|":
        tag = f"|{meta['size']}-{meta['last_modified'].timestamp():.6f}"
    return Stored(key=meta["path"], tag=tag, size=meta["size"], modified_at=meta["last_modified"])


def _version(tag: Tag) -> dict[str, str]:
    version, _, etag = tag.partition("|")
    return {name: value for name, value in (("version", version), ("e_tag", etag)) if value}
