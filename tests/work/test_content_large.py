"""A collection of 20,000 posts: a page of its list is there at once, a search costs little, and looking through its bucket holds little."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from clock import VirtualClock
from content_world import BLOG, POSTS, Blog
from databases import opened

from leverframe.ports.content import Stored
from leverframe.store import content
from leverframe.store.content import Fresh, Indexed

pytestmark = pytest.mark.anyio
POSTS_THERE = 20_000
NOW = datetime(2026, 11, 29, tzinfo=UTC)
WORDS = ["배포", "자동화", "채팅", "블로그", "회사", "팀", "개발", "문화", "회의", "코드", "리뷰", "서버", "장애", "로그", "데이터", "분석", "디자인", "색상", "온보딩", "release", "pipeline", "culture"]


def stored(number: int) -> Stored:
    """Return a post as its bucket lists it."""
    return Stored(key=f"posts/post-{number}.md", tag=f"tag-{number}", size=5_000, modified_at=NOW - timedelta(minutes=number))


class Large:
    """A bucket that lists them, and has nothing read."""

    kind = "large"

    async def pages(self, prefix: str) -> AsyncIterator[Sequence[Stored]]:
        for start in range(0, POSTS_THERE, 500):
            yield [stored(number) for number in range(start, start + 500)]

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nothing changed, so nothing is to be read: {name}")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all of them in the index, a thousand letters of each: filled once, and copied for each test."""
    path, chance = tmp_path_factory.mktemp("large") / "hub.db", Random(6)

    async def fill() -> None:
        async with opened(f"sqlite:///{path}", VirtualClock(NOW)) as database:
            for start in range(0, POSTS_THERE, 1_000):
                fresh = []
                for number in range(start, start + 1_000):
                    one, text = stored(number), " ".join(chance.choices(WORDS, k=400))
                    row = Indexed(
                        site="blog", collection="posts", entry=f"post-{number}", key=one.key, tag=one.tag, size=one.size, modified_at=one.modified_at, title=f"글 {number}",
                        dated=f"20{number % 26:02}-{number % 12 + 1:02}-01", seen=database.new_id(),
                    )  # fmt: skip
                    fresh.append(Fresh(row=row, search=f"post-{number}\n{text}"[:1_000], targets=frozenset({("authors", "ann")})))
                await database.write(content.put, fresh)

    with ThreadPoolExecutor(1) as beside:  # a loop may be running here
        beside.submit(asyncio.run, fill()).result()
    return path


@pytest.fixture
async def blog(index: Path, tmp_path: Path) -> AsyncIterator[Blog]:
    """The blog with that index."""
    clock = VirtualClock(NOW)
    shutil.copy(index, tmp_path / "hub.db")
    async with opened(f"sqlite:///{tmp_path}/hub.db", clock) as database:
        yield Blog(database, clock, tmp_path, storage=Large())


async def spent(blog: Blog, search: str, found: int) -> tuple[float, float]:
    """Return the seconds that a page takes by the clock and of the processor, at the median."""
    clock, processor = [], []
    for _ in range(7):
        began, worked = time.perf_counter(), time.process_time()
        page = await blog.office.page(BLOG, POSTS, search=search, after=None, limit=50)
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - worked)
        assert len(page.rows) == found
    return statistics.median(clock), statistics.median(processor)


async def test_twenty_thousand_posts_are_listed_and_searched_at_once(blog: Blog) -> None:
    """A page within 300 ms by the clock, also on a busy machine; a search within half a second of the processor's time, also where nothing is
    found and the processor is a slow one (it takes a tenth to a fifth on a usual one)."""
    listed, _ = await spent(blog, "", 50)
    assert listed < 0.3
    for search, found in (("배포", 50), ("없는말임", 0), ("post-19999 release", 1), ("~", 0), (f"{' '.join(WORDS[:7])} zzz", 0)):
        _, worked = await spent(blog, search, found)
        assert worked < 0.5, search


async def test_looking_through_a_large_bucket_holds_little(blog: Blog) -> None:
    """Nothing changed: no object is read, nothing is published, and a few megabytes are held at most."""
    tracemalloc.start()
    try:
        assert await blog.looker.through(BLOG, POSTS, first=False, actor="hub") == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000 and blog.published == []
