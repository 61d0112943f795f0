"""What other programs change in the bucket comes into the index and is published, once; what the hub writes is not taken for another's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock
from content_world import BLOG, POST, POSTS, Blog
from databases import clock, database, database_url  # noqa: F401
from fakes.gcs import google_server

from leverframe.core.errors import Refused
from leverframe.ports.content import StorageFailed
from leverframe.store import content, content_changes
from leverframe.work.content.shelf import ENTRY_BYTES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def blog(database: Any, clock: VirtualClock, tmp_path: Path) -> Blog:  # noqa: F811
    """A blog with one post."""
    made = Blog(database, clock, tmp_path)
    made.write("posts/hello.md", POST)
    await made.run()
    return made


async def test_what_is_there_at_first_is_no_news(blog: Blog) -> None:
    """A bucket that is new to the hub is indexed, and nothing is built for it."""
    assert blog.published == [] and await blog.database.read(content.count, "blog") == {"posts": 1}


async def test_a_notification_publishes_once(blog: Blog) -> None:
    """However often it is told, a change by another program is one build; what is deleted there goes from the index."""
    blog.write("posts/other.md", "---\ntitle: Other\nauthor: ann\n---\n")
    for _ in range(3):
        await blog.office.noticed(BLOG, ["posts/other.md", "not/ours.txt"], actor="source:bucket")
    await blog.run()
    await blog.office.noticed(BLOG, ["posts/other.md"], actor="source:bucket")
    await blog.run()
    assert blog.published == ["posts/other written by source:bucket"]
    assert await blog.database.read(content.referring, "blog", "authors", "ann", limit=9) == [("posts", "hello", "Hello: world"), ("posts", "other", "Other")]
    os.remove(blog.folder / "posts" / "other.md")
    await blog.office.noticed(BLOG, ["posts/other.md"], actor="source:bucket")
    await blog.run()
    assert blog.published == ["posts/other deleted by source:bucket"] and await blog.database.read(content.count, "blog") == {"posts": 1}


async def test_the_hubs_own_writes_are_recognised(blog: Blog) -> None:
    """The bucket tells of everything, of what the hub wrote too: that is built once, for the editor."""
    made = await blog.editor.create("person:ann", BLOG, POSTS, "mine", {"title": "Mine"})
    await blog.office.noticed(BLOG, ["posts/mine.md"], actor="source:bucket")
    await blog.run(seconds=BLOG.refresh_s * 3)
    assert blog.published == ["create posts/mine by person:ann"]
    await blog.editor.delete("person:ann", BLOG, POSTS, "mine", expected=made.tag)
    await blog.office.noticed(BLOG, ["posts/mine.md"], actor="source:bucket")
    await blog.run(seconds=BLOG.refresh_s * 3)
    assert blog.published == ["delete posts/mine by person:ann"]


async def test_changes_that_nobody_told_of_are_found(blog: Blog) -> None:
    """Without notifications the bucket is looked through; many changes at once are few builds."""
    for number in range(150):
        blog.write(f"posts/p{number}.md", f"---\ntitle: Post {number}\n---\n")
    os.remove(blog.folder / "posts" / "hello.md")
    await blog.run(seconds=BLOG.refresh_s + 10)
    assert len(blog.published) == 4 and await blog.database.read(content.count, "blog") == {"posts": 150}
    await blog.run(seconds=BLOG.refresh_s + 10)
    assert blog.published == []


async def test_in_a_bucket_of_google_only_what_changed_is_read(database: Any, clock: VirtualClock, tmp_path: Path) -> None:  # noqa: F811
    """A list tells no generations. All entries looked changed by that, and the whole bucket was read again every five minutes, each read paid for."""
    with google_server() as google:
        google.write("posts/hello.md", POST)
        google.write("posts/huge.md", b"x" * (ENTRY_BYTES + 1))
        blog = Blog(database, clock, tmp_path, storage=google.storage())
        await blog.run()
        made = await blog.editor.create("person:ann", BLOG, POSTS, "mine", {"title": "Mine"})
        await blog.editor.update("person:ann", BLOG, POSTS, "mine", {"title": "Mine, again"}, expected=made.tag, partly=True)
        assert blog.published == ["create posts/mine by person:ann", "update posts/mine by person:ann"]
        google.asked.clear()
        await blog.office.noticed(BLOG, ["posts/huge.md", "posts/mine.md"], actor="source:bucket")
        await blog.run(seconds=BLOG.refresh_s * 3)
        assert set(google.asked) == {"GET /", "HEAD posts/huge.md", "HEAD posts/mine.md"} and blog.published == []
        google.write("posts/hello.md", POST.replace(b"First", b"Last"))
        await blog.run(seconds=BLOG.refresh_s + 10)
        assert blog.published == ["posts/hello written by hub"] and google.asked.count("GET posts/hello.md") == 1


async def test_a_bucket_that_cannot_be_looked_through_is_told(blog: Blog) -> None:
    """The site's page says why; nothing is taken out of the index for it, and it is tried again."""

    def away(what: str, key: str) -> None:
        raise StorageFailed("content_storage_away", "status 500", surely=True)

    blog.bucket.before = away
    await blog.run(seconds=BLOG.refresh_s + 10)
    scans = await blog.database.read(content_changes.scans, "blog")
    assert scans["posts"].problem == "content_storage_away status 500" and await blog.database.read(content.count, "blog") == {"posts": 1}
    with pytest.raises(Refused):
        await blog.office.opened(BLOG, POSTS, "hello")
    blog.bucket.before = lambda what, key: None
    await blog.run(seconds=60)
    assert (await blog.database.read(content_changes.scans, "blog"))["posts"].problem == "" and blog.published == []


async def test_what_is_no_entry_is_left_alone(blog: Blog) -> None:
    """Other files in the folder are not entries; one that is too large is listed and not read."""
    blog.write("posts/readme.txt", "x")
    blog.write("posts/2026/deep.md", "---\ntitle: Deep\n---\n")
    blog.write("posts/huge.md", b"x" * (ENTRY_BYTES + 1))
    blog.write("posts/binary.md", b"\xff\xfe\x00")
    await blog.run(seconds=BLOG.refresh_s + 10)
    rows = (await blog.office.page(BLOG, POSTS, search="", after=None, limit=10)).rows
    assert {row.entry: row.problem for row in rows} == {"hello": "", "huge": "entry_too_large", "binary": "it is not UTF-8"}
    with pytest.raises(Refused) as told:
        await blog.office.opened(BLOG, POSTS, "huge")
    assert told.value.code == "entry_too_large"


async def test_lists_go_on_where_they_ended(blog: Blog) -> None:
    """Pages hold every entry once, the newest first by its own date, whatever comes meanwhile."""
    for number in range(25):
        blog.write(f"posts/p{number:02}.md", f"---\ntitle: 글 {number}\ndate: 2026-01-{number + 1:02}\n---\n")
    await blog.run(seconds=BLOG.refresh_s + 10)
    seen: list[str] = []
    after = None
    while True:
        page = await blog.office.page(BLOG, POSTS, search="", after=after, limit=7)
        seen += [row.entry for row in page.rows]
        after = page.next
        if after is None:
            break
    assert seen == [*(f"p{number:02}" for number in reversed(range(25))), "hello"]
    assert [row.entry for row in (await blog.office.page(BLOG, POSTS, search="글 2026-01-25", after=None, limit=7)).rows] == ["p24"]
    assert (await blog.office.page(BLOG, POSTS, search="100%_", after=None, limit=7)).rows == []


async def test_a_search_looks_through_the_newest_and_then_through_all(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is found where, the pages of a search hold every hit once, in the order of the list; every word must be there."""
    monkeypatch.setattr(content, "LOOKED_AT_FIRST", 5)
    for number in range(30):
        words = "배포 이야기" if number % 3 == 0 else "other"
        blog.write(f"posts/p{number:02}.md", f"---\ntitle: 글 {number}\ndate: 2026-01-{number + 1:02}\n---\n\n{words} 100%_\n")
    blog.write("authors/p00.json", '{"name": "배포 이야기"}')
    await blog.run(seconds=BLOG.refresh_s + 10)
    for asked, wanted in (("배포", 3), ("이야기 배포", 3), ("%_", 1), ("배포 글 27", 3)):
        seen: list[str] = []
        after = None
        while True:
            page = await blog.office.page(BLOG, POSTS, search=asked, after=after, limit=4)
            seen += [row.entry for row in page.rows]
            after = page.next
            if after is None:
                break
        hits = [number for number in reversed(range(30)) if number % wanted == 0 and (not asked.endswith("27") or number == 27)]
        assert seen == [f"p{number:02}" for number in hits], asked
