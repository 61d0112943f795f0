"""Editors at work: what they save is in the bucket and owed a build; nobody writes over what they have not seen; references hold."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock
from content_world import AUTHORS, BLOG, POST, POSTS, Blog
from databases import clock, database, database_url  # noqa: F401

from leverframe.core.errors import Refused
from leverframe.ports.content import StorageFailed
from leverframe.store import audit, content, content_changes
from leverframe.work.content.editing import EntryChanged, EntryInvalid, EntryReferred
from leverframe.work.content.shelf import Opened

pytestmark = pytest.mark.anyio
ANN = "person:ann"


@pytest.fixture
async def blog(database: Any, clock: VirtualClock, tmp_path: Path) -> Blog:  # noqa: F811
    """A blog with an author, and one post that somebody wrote by hand, looked through once."""
    made = Blog(database, clock, tmp_path)
    made.write("authors/ann.json", '{"name": "Ann", "slack": "U1"}\n')
    made.write("posts/hello.md", POST)
    await made.run()
    assert made.published == []
    return made


async def opened(blog: Blog, id: str = "hello", collection: Any = POSTS) -> Opened:
    """Open an entry, as a page does."""
    return await blog.office.opened(BLOG, collection, id)


def given(one: Opened, **changes: Any) -> dict[str, Any]:
    """Return all fields of an entry with some changed, as a form sends them."""
    return {**{field.name: one.document.value(field.name) for field in one.collection.fields if field.name != "slug"}, **changes}


async def test_an_edit_keeps_what_it_does_not_touch(blog: Blog) -> None:
    """One title is changed: comment, unknown member, quotes and spacing of the others stay byte for byte, and one build is owed."""
    one = await opened(blog)
    saved = await blog.editor.update(ANN, BLOG, POSTS, "hello", given(one, title="안녕"), expected=one.stored.tag)
    assert blog.read("posts/hello.md") == POST.decode().replace("title:   'Hello: world'", "title: '안녕'")
    assert saved.changed and blog.published == ["update posts/hello by person:ann"] and saved.dispatch
    assert (await opened(blog)).stored.tag == saved.tag
    [row] = (await blog.office.page(BLOG, POSTS, search="안녕 words", after=None, limit=10)).rows
    assert (row.entry, row.title) == ("hello", "안녕")
    [entry] = await blog.database.read(audit.entries, act="sites.update")
    assert (entry.actor, entry.target, entry.code) == (ANN, "blog/posts/hello", "ok") and entry.detail == {"title": "안녕", "fields": ["title"]}


async def test_saving_without_a_change_is_no_change(blog: Blog) -> None:
    """The same fields again write nothing, and nothing is built."""
    one = await opened(blog)
    saved = await blog.editor.update(ANN, BLOG, POSTS, "hello", given(one), expected=one.stored.tag)
    assert not saved.changed and saved.tag == one.stored.tag and blog.published == [] and blog.read("posts/hello.md") == POST.decode()


async def test_the_second_of_two_editors_is_shown_both(blog: Blog) -> None:
    """Whoever saves later, on what is over, is told what stands there now; nothing is overwritten, and one build is owed."""
    one, other = await opened(blog), await opened(blog)
    await blog.editor.update(ANN, BLOG, POSTS, "hello", given(one, title="Of Ann"), expected=one.stored.tag)
    with pytest.raises(EntryChanged) as told:
        await blog.editor.update("person:bob", BLOG, POSTS, "hello", given(other, title="Of Bob"), expected=other.stored.tag)
    assert told.value.current is not None and told.value.current.document.value("title") == "Of Ann"
    assert "Of Ann" in blog.read("posts/hello.md") and len(blog.published) == 1
    mended = told.value.current
    await blog.editor.update("person:bob", BLOG, POSTS, "hello", given(mended, title="Both"), expected=mended.stored.tag)
    assert "title: 'Both'" in blog.read("posts/hello.md")


async def test_many_who_save_at_once_are_one_after_the_other(blog: Blog) -> None:
    """Of twenty who save the same state, one does, and the others are told: nothing is written twice or lost."""
    one = await opened(blog)
    answers = await asyncio.gather(
        *(blog.editor.update(f"person:p{n}", BLOG, POSTS, "hello", given(one, title=f"t{n}"), expected=one.stored.tag) for n in range(20)), return_exceptions=True
    )
    saved = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(saved) == 1 and all(isinstance(answer, EntryChanged) or getattr(answer, "code", "") == "entry_busy" for answer in answers if answer not in saved)
    assert len(blog.published) == 1


async def test_a_change_by_another_program_in_the_meantime_is_a_conflict_too(blog: Blog) -> None:
    """What the index does not know yet is found in the bucket itself."""
    one = await opened(blog)
    blog.write("posts/hello.md", POST.replace(b"First", b"Other"))
    with pytest.raises(EntryChanged):
        await blog.editor.update(ANN, BLOG, POSTS, "hello", given(one, title="x"), expected=one.stored.tag)
    assert "Other words." in blog.read("posts/hello.md")


async def test_an_entry_is_made_with_a_name_of_its_title(blog: Blog) -> None:
    """A Korean title is a Korean name; the second of the same title gets a number; a name that is given is taken or refused."""
    for number, name in enumerate(("새-글", "새-글-2", "새-글-3"), 1):
        assert (await blog.editor.create(ANN, BLOG, POSTS, "", {"title": "새 글!", "body": f"본문 {number}"})).id == name
    assert blog.read("posts/새-글.md") == "---\ntitle: 새 글!\n---\n\n본문 1\n"
    with pytest.raises(Refused) as told:
        await blog.editor.create(ANN, BLOG, POSTS, "새-글", {"title": "x"})
    assert told.value.code == "entry_exists" and len(blog.published) == 3
    await blog.editor.create(ANN, BLOG, AUTHORS, "🎉.v2..한글", {"name": "Party", "active": True})
    assert blog.read("authors/🎉.v2..한글.json") == '{\n  "name": "Party",\n  "active": true\n}\n'


@pytest.mark.parametrize("id", ["../x", "a/b", "..", "a\\b", "a\nb", " a", "x" * 201, "\u202ea"])
async def test_names_that_are_none_are_refused(blog: Blog, id: str) -> None:
    """What climbs, hides or is too long is told at the field, and nothing is written."""
    with pytest.raises(EntryInvalid) as told:
        await blog.editor.create(ANN, BLOG, POSTS, id, {"title": "x"})
    assert [one.field for one in told.value.problems] == ["slug"] and blog.published == []


async def test_what_is_wrong_is_told_of_every_field(blog: Blog) -> None:
    """All problems at once, by field and code; nothing is written."""
    wrong = {
        "title": " ".strip(), "date": "yesterday", "author": "nobody", "kind": "poem", "tags": "no list", "draft": "no", "weight": "heavy", "at": "noon",
        "cover": "javascript:alert(1)", "body": 7, "evil": "x",
    }  # fmt: skip
    with pytest.raises(EntryInvalid) as told:
        await blog.editor.create(ANN, BLOG, POSTS, "x", wrong)
    assert {(one.field, one.code) for one in told.value.problems} == {
        ("title", "required"), ("date", "not_a_date"), ("kind", "not_a_choice"), ("tags", "list_needed"), ("draft", "not_a_boolean"), ("weight", "not_a_number"),
        ("at", "not_a_datetime"), ("cover", "not_an_address"), ("body", "text_needed"), ("evil", "field_unknown"),
    }  # fmt: skip
    with pytest.raises(EntryInvalid) as told:
        await blog.editor.create(ANN, BLOG, POSTS, "x", {"title": "x", "author": "nobody"})
    assert [(one.field, one.code) for one in told.value.problems] == [("author", "reference_unknown")]


async def test_what_was_there_already_saves_as_it_is(blog: Blog) -> None:
    """A value that no field would take stays where nobody touches it."""
    blog.write("posts/old.md", "---\ntitle: Old\nkind: poem\nauthor: gone\nextra: {deep: [1, 2]}\n---\nx\n")
    one = await opened(blog, "old")
    await blog.editor.update(ANN, BLOG, POSTS, "old", given(one, title="New"), expected=one.stored.tag)
    assert blog.read("posts/old.md") == "---\ntitle: New\nkind: poem\nauthor: gone\nextra: {deep: [1, 2]}\n---\nx\n"


async def test_an_author_who_has_posts_is_not_deleted(blog: Blog) -> None:
    """The refusal names the posts; once none refers to the author, it goes."""
    author = await opened(blog, "ann", AUTHORS)
    with pytest.raises(EntryReferred) as told:
        await blog.office.delete(ANN, BLOG, AUTHORS, "ann", expected=author.stored.tag)
    assert told.value.by == (("posts", "hello", "Hello: world"),) and (blog.folder / "authors" / "ann.json").exists()
    post = await opened(blog)
    await blog.office.delete(ANN, BLOG, POSTS, "hello", expected=post.stored.tag)
    await blog.office.delete(ANN, BLOG, AUTHORS, "ann", expected=author.stored.tag)
    assert not (blog.folder / "authors" / "ann.json").exists() and len(blog.published) == 2
    assert [one.act for one in await blog.database.read(audit.entries) if one.code == "ok"] == ["sites.delete", "sites.delete"]


async def test_a_post_that_another_program_has_just_written_keeps_its_author(blog: Blog) -> None:
    """Before an author goes, what refers to authors is looked through."""
    await blog.office.delete(ANN, BLOG, POSTS, "hello", expected="*")
    blog.write("posts/fresh.md", "---\ntitle: Fresh\nauthor: ann\n---\n")
    with pytest.raises(EntryReferred):
        await blog.office.delete(ANN, BLOG, AUTHORS, "ann", expected="*")


async def test_an_author_is_not_deleted_while_a_post_about_them_is_saved(blog: Blog) -> None:
    """Of the two, whoever begins first wins, also between the transaction and the bucket."""
    await blog.office.delete(ANN, BLOG, POSTS, "hello", expected="*")
    started, go = asyncio.Event(), asyncio.Event()
    inner = blog.bucket.inner.put

    async def slow(*args: Any, **kwargs: Any) -> Any:
        started.set()
        await go.wait()
        return await inner(*args, **kwargs)

    blog.bucket.inner.put = slow
    saving = asyncio.create_task(blog.editor.create(ANN, BLOG, POSTS, "new", {"title": "x", "author": "ann"}))
    await started.wait()
    with pytest.raises(EntryReferred):
        await blog.editor.delete("person:bob", BLOG, AUTHORS, "ann", expected="*")
    go.set()
    assert (await saving).changed


async def test_an_entry_that_cannot_be_read_says_why(blog: Blog) -> None:
    """It is in the list with its reason, opens as such, and is neither changed nor lost."""
    blog.write("posts/broken.md", "---\ntitle: [unclosed\n---\nx")
    await blog.run(seconds=BLOG.refresh_s + 10)
    row = await blog.database.read(content.one, "blog", "posts", "broken")
    assert row is not None and "not YAML" in row.problem
    one = await opened(blog, "broken")
    with pytest.raises(Refused) as told:
        await blog.editor.update(ANN, BLOG, POSTS, "broken", {"title": "x"}, expected=one.stored.tag)
    assert told.value.code == "entry_unreadable" and blog.read("posts/broken.md").startswith("---\ntitle: [")


async def test_a_bucket_that_refuses_is_told_and_can_be_tried_again(blog: Blog) -> None:
    """What surely was not written leaves nothing behind: the editor may save again at once."""
    one = await opened(blog)

    def refuse(what: str, key: str) -> None:
        if what == "put":
            raise StorageFailed("content_storage_denied", "status 403", surely=True)

    blog.bucket.before = refuse
    with pytest.raises(Refused) as told:
        await blog.editor.update(ANN, BLOG, POSTS, "hello", given(one, title="x"), expected=one.stored.tag)
    assert told.value.code == "content_storage_denied" and blog.published == []
    blog.bucket.before = lambda what, key: None
    await blog.editor.update(ANN, BLOG, POSTS, "hello", given(one, title="x"), expected=one.stored.tag)
    assert len(blog.published) == 1 and await blog.database.read(content_changes.all_under_way, "blog") == []


async def test_history_is_what_the_audit_tells(blog: Blog) -> None:
    """Who did what to one entry, newest first, also what another program did."""
    one = await opened(blog)
    saved = await blog.editor.update(ANN, BLOG, POSTS, "hello", given(one, title="x"), expected=one.stored.tag)
    blog.write("posts/hello.md", POST)
    await blog.office.noticed(BLOG, ["posts/hello.md"], actor="source:bucket")
    await blog.run()
    past = await blog.database.read(content_changes.history, "blog", "posts", "hello", limit=10)
    assert [(row.act, row.actor) for row in past] == [("sites.outside", "source:bucket"), ("sites.update", ANN)] and past[1].dispatch == saved.dispatch


async def test_old_changes_are_forgotten_and_open_ones_are_not(blog: Blog, clock: VirtualClock) -> None:  # noqa: F811
    """What is past its retention goes, but for what nobody knows the end of."""
    await blog.editor.create(ANN, BLOG, POSTS, "old", {"title": "x"})
    clock.advance(days=500)
    await blog.editor.create(ANN, BLOG, POSTS, "new", {"title": "x"})
    assert await blog.database.write(content_changes.sweep, before=clock.now() - timedelta(days=400)) == 1
    newest = await blog.database.read(content_changes.newest, "blog")
    assert newest is not None and newest.entry == "new"
