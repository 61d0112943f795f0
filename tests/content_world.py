"""A team's blog, its bucket, and the back office over a real store, without a hub around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from leverframe.content import local
from leverframe.content.front_matter import FrontMatter
from leverframe.content.markdown import Markdown
from leverframe.core.content.json_entries import JsonEntries
from leverframe.core.content.keys import KeyPattern
from leverframe.core.content.values import Collection, Field, Label, Site
from leverframe.ports.content import Expected, Held, Stored, Tag
from leverframe.store import content_changes
from leverframe.work.content.office import Office
from leverframe.work.content.publishing import Owed, Publisher, Standing
from leverframe.work.content.shelf import Shelf


def _field(name: str, type: Any, ko: str, **more: Any) -> Field:
    return Field(name=name, type=type, label=Label(en=name.capitalize(), ko=ko), **more)


AUTHORS = Collection(
    name="authors", title=Label(en="Authors", ko="작성자"), key=KeyPattern.of("authors/{slug}.json"), format="json",
    fields=(_field("name", "text", "이름", required=True), _field("active", "boolean", "활동"), _field("slug", "slug", "주소")),
)  # fmt: skip
POSTS = Collection(
    name="posts", title=Label(en="Posts", ko="글"), key=KeyPattern.of("posts/{slug}.md"), format="markdown",
    fields=(
        _field("title", "text", "제목", required=True), _field("date", "date", "날짜"), _field("author", "reference", "작성자", collection="authors"),
        _field("thanks", "reference", "도움", collection="authors", many=True),
        _field("kind", "select", "분류", choices=("news", "story")), _field("tags", "list", "태그"), _field("draft", "boolean", "초안"), _field("weight", "number", "순서"),
        _field("at", "datetime", "시각"), _field("cover", "image", "표지"), _field("slug", "slug", "주소"), _field("body", "markdown", "본문"),
    ),
)  # fmt: skip
BLOG = Site(
    name="blog", title=Label(en="Team blog", ko="팀 블로그"), collections={"posts": POSTS, "authors": AUTHORS}, repository="acme/blog", url="https://blog.example.com",
    files="images", files_url="/images", contact="#platform",
)  # fmt: skip
POST = b"""---
# written by hand
title:   'Hello: world'
layout: post  # unknown here
author: ann
tags: [a,   b]
---
First words.
"""


@dataclass
class Publications:
    """Notes what was committed to be published: one build for all that came since the last began."""

    committed: list[str] = field(default_factory=list)
    stage: Any = "waiting"

    def publish(self, connection: Connection, site: Site, *, reason: str, actor: str, now: datetime) -> Owed | None:
        return Owed(id=f"dep_{reason}", committed=lambda: self.committed.append(reason))

    def standing(self, connection: Connection, id: str) -> Standing | None:
        return Standing(stage=self.stage, id=id, url="https://github.com/acme/blog/actions/runs/1")


class Interrupted(Exception):
    """The process ends here."""


class Bucket:
    """A storage at which a test can stand: ``before`` and ``after`` are called with each write's name, and may raise."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.kind = inner, inner.kind
        self.before: Callable[[str, str], Any] = lambda what, key: None
        self.after: Callable[[str, str], Any] = lambda what, key: None

    async def pages(self, prefix: str) -> AsyncIterator[Sequence[Stored]]:
        self.before("list", prefix)
        async for page in self.inner.pages(prefix):
            yield page

    async def head(self, key: str) -> Stored | None:
        self.before("head", key)
        found: Stored | None = await self.inner.head(key)
        return found

    async def get(self, key: str, *, cap: int) -> Held | None:
        self.before("get", key)
        found: Held | None = await self.inner.get(key, cap=cap)
        return found

    async def put(self, key: str, body: bytes, *, media_type: str, expected: Expected) -> Stored:
        self.before("put", key)
        stored: Stored = await self.inner.put(key, body, media_type=media_type, expected=expected)
        self.after("put", key)
        return stored

    async def delete(self, key: str, *, expected: Tag) -> None:
        self.before("delete", key)
        await self.inner.delete(key, expected=expected)
        self.after("delete", key)

    async def upload(self, key: str, pieces: AsyncIterator[bytes], *, media_type: str) -> Stored:
        self.before("upload", key)
        stored: Stored = await self.inner.upload(key, pieces, media_type=media_type)
        self.after("upload", key)
        return stored

    async def download(self, key: str) -> Any:
        return await self.inner.download(key)


class Blog:
    """The back office of the blog; another one over the same store and bucket is what a process that starts anew has."""

    def __init__(self, database: Any, clock: Any, folder: Path, *, publisher: Publisher | None = None, storage: Any = None, site: Site = BLOG) -> None:
        self.folder = folder / "content"
        self.database, self.clock = database, clock
        self.publications = Publications()
        self.bucket = Bucket(storage or local.open_storage(local.Settings(path="content"), folder))
        shelf = Shelf(
            database=database, clock=clock, boot=lambda: database.boot, sites={site.name: site}, storages={site.name: self.bucket},
            formats={"json": JsonEntries(), "markdown": FrontMatter()}, publisher=publisher or self.publications,
        )  # fmt: skip
        self.site, self.office = site, Office(shelf, Markdown())
        self.editor, self.looker, self.settler = self.office.editor, self.office.looker, self.office.settler

    def write(self, key: str, body: bytes | str) -> None:
        """Put a file there as another program does."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode() if isinstance(body, str) else body)

    def read(self, key: str) -> str:
        """Return what a file says."""
        return (self.folder / key).read_bytes().decode()

    async def run(self, *, seconds: float = 0.0) -> None:
        """Do what is due now, and what becomes due in so many seconds."""
        end = self.clock.now().timestamp() + seconds
        while True:
            while await self.looker.step():
                await self.looker.settled()
            await self.looker.settled()
            due = await self.database.read(content_changes.next_due_at)
            if due is None or due.timestamp() > end:
                await self.clock.sleep(max(0.0, end - self.clock.now().timestamp()))
                return
            await self.clock.sleep(max(1.0, (due - self.clock.now()).total_seconds()))

    @property
    def published(self) -> list[str]:
        """Why the blog was published, since this was asked last."""
        found, self.publications.committed = self.publications.committed, []
        return found
