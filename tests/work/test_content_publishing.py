"""Saving leads to a build by the real dispatcher and a strict GitHub: one for what comes together, also after GitHub was away for an hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock
from content_world import BLOG, POST, POSTS, Blog
from databases import clock, database_url  # noqa: F401
from fakes.github import TOKEN, FakeGitHub

from leverframe.core.dispatches import Manner
from leverframe.github.client import GitHub, Token
from leverframe.net import Outbound
from leverframe.runners.repository_dispatch import RepositoryDispatch
from leverframe.secrets import Secret
from leverframe.work.content.dispatching import Dispatches
from leverframe.work.dispatch import Dispatcher
from work.box import box

pytestmark = pytest.mark.anyio


async def standing(blog: Blog) -> Any:
    """Return how the newest change stands."""
    _, found = await blog.database.read(blog.office.latest, BLOG)
    return found


async def save(blog: Blog, title: str) -> None:
    """Save the post under another title."""
    one = await blog.office.opened(BLOG, POSTS, "hello")
    await blog.editor.update("person:ann", BLOG, POSTS, "hello", {"title": title}, expected=one.stored.tag, partly=True)


async def test_ten_edits_while_github_is_down_are_one_build_when_it_is_back(database_url: str, clock: VirtualClock, tmp_path: Path) -> None:  # noqa: F811
    """Nothing is lost, the editor sees that it waits; then one event is sent, and it goes from building to live."""
    outbound = Outbound()
    async with FakeGitHub(now=clock.now) as fake:
        site = fake.repository("acme/blog")
        site.workflow(on_dispatch="webhook", run_name="Build ({leverframe.id})")
        github = GitHub(outbound, Token(Secret(TOKEN)), clock, api_url=fake.url)
        runner = RepositoryDispatch("repository_dispatch", github, clock)
        async with box(database_url, clock, runners={"repository_dispatch": runner}, manners={"acme/blog": Manner(window_s=30.0)}) as made:
            blog = Blog(made.database, clock, tmp_path, publisher=Dispatches(Dispatcher(made.deployer)))
            blog.write("authors/ann.json", '{"name": "Ann"}')
            blog.write("posts/hello.md", POST)
            await blog.run()
            await fake.leave()
            for number in range(10):
                await save(blog, f"edit {number}")
                await made.run(seconds=360)
            assert fake.dispatched == [] and (await standing(blog)).stage == "waiting"
            await fake.__aenter__()
            await made.run(seconds=900)
            [sent] = fake.dispatched
            assert sent["event_type"] == "webhook" and sent["client_payload"]["site"] == "blog"
            assert (await standing(blog)).stage == "building"
            for run in site.runs.values():
                fake.finish(run, "success")
            await made.run(seconds=120)
            found = await standing(blog)
            assert found.stage == "live" and found.url and len(fake.dispatched) == 1
            await save(blog, "after")
            await made.run(seconds=120)
            for run in site.runs.values():
                if run.conclusion is None:
                    fake.finish(run, "failure")
            await made.run(seconds=120)
            found = await standing(blog)
            assert found.stage == "failed" and found.code and len(fake.dispatched) == 2
    await outbound.close()
