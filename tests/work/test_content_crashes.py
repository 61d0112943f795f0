"""The process ends, or the bucket loses its answer, between any two steps: what is in the bucket is published, once, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock
from content_world import BLOG, POST, POSTS, Blog, Interrupted
from databases import clock, database, database_url  # noqa: F401

from leverframe.core.errors import Refused
from leverframe.ports.content import StorageFailed
from leverframe.store import audit, content, content_changes
from leverframe.work.content import settling

pytestmark = pytest.mark.anyio
ANN = "person:ann"


@pytest.fixture
async def blog(database: Any, clock: VirtualClock, tmp_path: Path) -> Blog:  # noqa: F811
    """A blog with one post."""
    made = Blog(database, clock, tmp_path)
    made.write("posts/hello.md", POST)
    await made.run()
    return made


def restarted(blog: Blog) -> Blog:
    """Return the back office of a process that starts anew; what the dead one held is free."""
    return Blog(blog.database, blog.clock, blog.folder.parent)


async def save(blog: Blog, title: str = "New") -> Any:
    """Change the post's title."""
    one = await blog.office.opened(BLOG, POSTS, "hello")
    return await blog.editor.update(ANN, BLOG, POSTS, "hello", {"title": title}, expected=one.stored.tag, partly=True)


def end_at(blog: Blog, when: str, what: str) -> None:
    """Have the process end just before or after the bucket is asked for ``what``."""

    def stop(asked: str, key: str) -> None:
        if asked == what:
            raise Interrupted

    setattr(blog.bucket, when, stop)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_around_the_write_publishes_what_is_stored_once(blog: Blog, when: str) -> None:
    """A change that is in the bucket is published by the next process, exactly once; one that never got there is not, and can be saved again."""
    end_at(blog, when, "put")
    with pytest.raises(Interrupted):
        await save(blog)
    assert blog.published == []
    after = restarted(blog)
    await after.run(seconds=200)
    stored = when == "after"
    assert after.published == (["update posts/hello by person:ann"] if stored else [])
    assert [entry.code for entry in await after.database.read(audit.entries, act="sites.update")] == ["ok" if stored else "change_not_stored"]
    row = await after.database.read(content.one, "blog", "posts", "hello")
    assert row is not None and row.title == ("New" if stored else "Hello: world")
    await after.run(seconds=BLOG.refresh_s * 2)
    assert after.published == []
    await save(after, "Newer")
    assert after.published == ["update posts/hello by person:ann"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_around_a_deletion(blog: Blog, when: str) -> None:
    """The same holds for what is deleted."""
    end_at(blog, when, "delete")
    with pytest.raises(Interrupted):
        await blog.editor.delete(ANN, BLOG, POSTS, "hello", expected="*")
    after = restarted(blog)
    await after.run(seconds=200)
    assert len(after.published) == (when == "after")
    assert (await after.database.read(content.one, "blog", "posts", "hello") is None) == (when == "after")


async def test_a_crash_while_the_store_is_written_publishes(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object is there, and the transaction that says so never was: the next process makes up for it."""

    def broken(*args: Any, **kwargs: Any) -> None:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(settling.audit, "append", broken)
        with pytest.raises(Interrupted):
            await save(blog)
    assert blog.published == []
    after = restarted(blog)
    await after.run()
    assert after.published == ["update posts/hello by person:ann"]


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_answer_is_found_out(blog: Blog, arrived: bool) -> None:
    """The bucket broke off: whether the change is there is looked up, and told; it is never sent again by itself."""

    def lost(what: str, key: str) -> None:
        if what == "put":
            raise StorageFailed("content_storage_away", "timed out", surely=False)

    setattr(blog.bucket, "after" if arrived else "before", lost)
    if arrived:
        assert (await save(blog)).changed
        assert blog.published == ["update posts/hello by person:ann"]
        return
    with pytest.raises(Refused) as told:
        await save(blog)
    assert told.value.code == "change_unknown" and blog.published == []
    blog.bucket.before = lambda what, key: None
    await save(blog, "Again")  # whoever tries again does not wait for what did not come
    assert blog.published == ["update posts/hello by person:ann"] and "Again" in blog.read("posts/hello.md")


async def test_a_bucket_that_is_away_is_asked_later(blog: Blog) -> None:
    """The answer was lost and nothing can be looked up for a while: then what was written is published, once."""

    def away(what: str, key: str) -> None:
        raise StorageFailed("content_storage_away", "status 500", surely=False)

    def written_then_away(what: str, key: str) -> None:
        blog.bucket.before = blog.bucket.after = away
        away(what, key)

    blog.bucket.after = written_then_away
    with pytest.raises(Refused) as told:
        await save(blog)
    assert told.value.code == "change_unknown"
    await blog.run(seconds=300)
    assert blog.published == []
    with pytest.raises(Refused):
        await save(blog, "other")
    blog.bucket.before = blog.bucket.after = lambda what, key: None
    await blog.run(seconds=60)
    assert blog.published == ["update posts/hello by person:ann"] and await blog.database.read(content_changes.all_under_way, "blog") == []


async def test_somebody_elses_words_over_an_interrupted_change_are_published_as_theirs(blog: Blog) -> None:
    """The process ended before the write, and another program wrote meanwhile: ours is told as not stored, theirs is published."""
    end_at(blog, "before", "put")
    with pytest.raises(Interrupted):
        await save(blog)
    blog.write("posts/hello.md", POST.replace(b"First", b"Other"))
    after = restarted(blog)
    await after.run(seconds=30)
    assert after.published == ["posts/hello written by hub"]
    codes = {entry.act: entry.code for entry in await after.database.read(audit.entries)}
    assert codes == {"sites.update": "change_not_stored", "sites.outside": "ok"}


async def test_an_upload_that_ended_with_the_process(blog: Blog) -> None:
    """A file that is whole in the bucket is published; one that is not is none."""

    async def pieces() -> Any:
        yield b"x" * 10

    end_at(blog, "after", "upload")
    with pytest.raises(Interrupted):
        await blog.office.uploader.upload(ANN, BLOG, "a.png", pieces())
    end_at(blog, "before", "upload")
    with pytest.raises(Interrupted):
        await blog.office.uploader.upload(ANN, BLOG, "b.png", pieces())
    assert len(blog.published) <= 1
