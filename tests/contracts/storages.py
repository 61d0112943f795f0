"""The conformance suite of ``ports.content.Storage``: what every storage does, whatever it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from leverframe.ports.content import Changed, Storage, StorageFailed, Stored, TooLarge, alike

MB = 1024 * 1024
NAMES = (
    "posts/안녕하세요.md", "posts/a b.md", "posts/v1.2..3.md", "posts/🎉👩‍💻.md", "posts/[draft] 50%#1?.md", "posts/.hidden.md", "posts/2026/11/deep.md", "posts/a+b&c=d.md",
    "posts/%2e%2e%2f.md", "posts/~x|y.md",
)  # fmt: skip
"""Names that addresses, shells and file systems read as something else."""


async def names(storage: Storage, prefix: str) -> list[str]:
    """Return all names below ``prefix``."""
    return sorted([one.key async for page in storage.pages(prefix) for one in page])


async def listed(storage: Storage) -> list[Stored]:
    """Return all objects, as a list tells of them."""
    return [one async for page in storage.pages("") for one in page]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """Give parts of an upload."""
    for part in parts:
        yield part


class StorageContract:
    """Inherit with a fixture ``storage`` that is empty."""

    async def test_what_is_put_is_there(self, storage: Storage) -> None:
        """A new object is found by name, with its bytes, its size and a tag; what is not there is nothing, not an error."""
        assert await storage.get("posts/a.md", cap=MB) is None and await storage.head("posts/a.md") is None
        assert await storage.download("posts/a.md") is None and await names(storage, "") == []
        put = await storage.put("posts/a.md", "안녕".encode(), media_type="text/markdown; charset=utf-8", expected="new")
        held = await storage.get("posts/a.md", cap=MB)
        assert held is not None and held.body.decode() == "안녕" and held.stored == put == await storage.head("posts/a.md")
        assert put.tag and put.size == 6 and put.modified_at.tzinfo is not None

    async def test_nobody_writes_over_what_they_have_not_seen(self, storage: Storage) -> None:
        """A second "new", and a change to a state that is over, are refused, and what is there stays."""
        first = await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")
        with pytest.raises(Changed):
            await storage.put("posts/a.md", b"other", media_type="text/plain", expected="new")
        second = await storage.put("posts/a.md", b"two!", media_type="text/plain", expected=first.tag)
        assert second.tag != first.tag
        with pytest.raises(Changed):
            await storage.put("posts/a.md", b"late", media_type="text/plain", expected=first.tag)
        with pytest.raises(Changed):
            await storage.put("posts/gone.md", b"late", media_type="text/plain", expected=first.tag)
        held = await storage.get("posts/a.md", cap=MB)
        assert held is not None and held.body == b"two!" and await storage.head("posts/gone.md") is None

    async def test_a_write_that_is_repeated_is_written(self, storage: Storage) -> None:
        """Whoever lost the answer asks again, and is told that it is there."""
        first = await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")
        assert (await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")).tag == first.tag
        second = await storage.put("posts/a.md", b"two!", media_type="text/plain", expected=first.tag)
        assert (await storage.put("posts/a.md", b"two!", media_type="text/plain", expected=first.tag)).tag == second.tag

    async def test_deleting_is_by_condition_too(self, storage: Storage) -> None:
        """What has changed is not deleted; what is gone is deleted."""
        first = await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")
        second = await storage.put("posts/a.md", b"two!", media_type="text/plain", expected=first.tag)
        with pytest.raises(Changed):
            await storage.delete("posts/a.md", expected=first.tag)
        await storage.delete("posts/a.md", expected=second.tag)
        await storage.delete("posts/a.md", expected=second.tag)
        assert await storage.head("posts/a.md") is None

    async def test_names_of_every_kind(self, storage: Storage) -> None:
        """Korean, emoji, blanks, dots and signs come back as they were given."""
        for name in NAMES:
            await storage.put(name, name.encode(), media_type="text/plain", expected="new")
        assert await names(storage, "posts/") == sorted(NAMES)
        for name in NAMES:
            held = await storage.get(name, cap=MB)
            assert held is not None and held.body == name.encode() and held.stored.key == name

    @pytest.mark.parametrize("name", ["../out.md", "posts/../../out.md", "posts//a.md", "posts/./a.md"])
    async def test_names_that_climb_are_refused(self, storage: Storage, name: str) -> None:
        """Nothing is read or written outside, and the refusal says what is wrong with the name."""
        with pytest.raises(StorageFailed) as told:
            await storage.put(name, b"x", media_type="text/plain", expected="new")
        assert told.value.surely and told.value.code in ("content_name_unreadable", "content_storage_denied")

    async def test_only_what_is_in_the_folder_is_listed(self, storage: Storage) -> None:
        """A folder is its name with the slash, not what begins alike."""
        for name in ("posts/a.md", "posts-old/b.md", "authors/ann.json", "top.md"):
            await storage.put(name, b"x", media_type="text/plain", expected="new")
        assert await names(storage, "posts/") == ["posts/a.md"]
        assert await names(storage, "") == ["authors/ann.json", "posts-old/b.md", "posts/a.md", "top.md"]

    async def test_a_list_tells_the_state_that_was_written(self, storage: Storage) -> None:
        """Who has an object's tag sees in a list whether it has changed since, without reading it.

        Lists tell no generations; by equal tags nothing in a bucket of Google's was ever unchanged, and all of it was read again every five minutes.
        """
        first = await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")
        assert [alike(first.tag, one.tag) for one in await listed(storage)] == [True]
        second = await storage.put("posts/a.md", b"two!", media_type="text/plain", expected=first.tag)
        assert [(alike(first.tag, one.tag), alike(second.tag, one.tag)) for one in await listed(storage)] == [(False, True)]
        sent = await storage.upload("posts/a.md", pieces(b"three"), media_type="text/plain")
        assert [(alike(second.tag, one.tag), alike(sent.tag, one.tag)) for one in await listed(storage)] == [(False, True)]

    async def test_a_file_with_nothing_in_it(self, storage: Storage) -> None:
        """An upload without a piece is an empty object."""
        assert (await storage.upload("uploads/empty.txt", pieces(), media_type="text/plain")).size == 0
        got = await storage.download("uploads/empty.txt")
        assert got is not None and b"".join([piece async for piece in got[1]]) == b""

    async def test_more_than_was_asked_for_is_not_read(self, storage: Storage) -> None:
        """An object above the cap is refused before it is in memory."""
        await storage.put("posts/a.md", b"x" * 1001, media_type="text/plain", expected="new")
        with pytest.raises(TooLarge):
            await storage.get("posts/a.md", cap=1000)

    async def test_a_file_goes_in_and_out_in_pieces(self, storage: Storage) -> None:
        """An upload of several parts is whole, and comes back in pieces."""
        stored = await storage.upload("uploads/a.bin", pieces(*(bytes([n]) * MB for n in range(12))), media_type="application/zip")
        assert stored.size == 12 * MB
        got = await storage.download("uploads/a.bin")
        assert got is not None and got[0] == stored
        sizes: list[int] = []
        ends: Sequence[int] = [0, 11]
        first = last = b""
        async for piece in got[1]:
            sizes.append(len(piece))
            first, last = first or piece[:1], piece[-1:]
        assert sum(sizes) == 12 * MB and max(sizes) < 12 * MB and [first[0], last[0]] == ends

    async def test_an_upload_that_breaks_leaves_nothing(self, storage: Storage) -> None:
        """Nobody sees half of a file, and whoever sent it is told what they did."""

        class Gone(Exception):
            pass

        async def broken() -> AsyncIterator[bytes]:
            yield b"x" * MB
            raise Gone

        with pytest.raises(Gone):
            await storage.upload("uploads/half.bin", broken(), media_type="application/zip")
        assert await storage.head("uploads/half.bin") is None and await names(storage, "uploads/") == []
