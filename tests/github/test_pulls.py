"""The files of a pull request, as GitHub tells them page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from core.some_event import PULL_REQUEST, event
from fakes.github import Mode
from github_world import World, github_world
from msgspec.structs import replace

from leverframe.core.events import Event
from leverframe.github.errors import Trouble
from leverframe.github.pulls import PullRequestFiles
from leverframe.work.paths import is_final

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        yield made


def opened(number: int = 12) -> Event:
    """A pull request of the fake's repository."""
    return event(repo="acme/web-app", subject=replace(PULL_REQUEST, number=number))


async def test_every_page_is_read(world: World) -> None:
    """More than a hundred files are several pages, and a renamed file counts under both names."""
    names = [f"src/{number}.py" for number in range(230)]
    world.repository.files["12"] = [{"filename": name, "status": "modified", "patch": "@@"} for name in names]
    world.repository.files["12"][0]["previous_filename"] = "old/0.py"
    found = await PullRequestFiles(world.client)(opened())
    assert found == ("src/0.py", "old/0.py", *names[1:])
    assert [call.query["page"] for call in world.fake.calls] == ["1", "2", "3"]


async def test_a_pull_request_of_no_files_is_known_to_have_none(world: World) -> None:
    """An empty list is an answer."""
    world.repository.files["12"] = []
    assert await PullRequestFiles(world.client)(opened()) == ()


@pytest.mark.parametrize(
    ("mode", "code", "final"),
    [
        ("limited", "github_ratelimited", False), ("exhausted", "github_ratelimited", False), ("down", "github_unavailable", False),
        ("garbage", "github_answer_invalid", False), ("half", "github_answer_lost", False), ("ok", "github_not_found", True),
    ],
)  # fmt: skip
async def test_a_limit_is_no_refusal(world: World, mode: Mode, code: str, final: bool) -> None:
    """The secondary rate limit is a 403 too: it was taken for "not allowed", and the route with paths never fired."""
    world.fake.mode = mode
    found = await PullRequestFiles(world.client)(opened())
    assert isinstance(found, Trouble)
    assert (found.code, is_final(found)) == (code, final)


async def test_a_token_that_may_not_read_pull_requests_is_told_so(world: World) -> None:
    """Without the permission asking again would come to the same."""
    world.fake.tokens["weak"] = type(world.fake.tokens[next(iter(world.fake.tokens))])(permissions={"metadata": "read"})
    found = await PullRequestFiles(world.by("weak"))(opened())
    assert isinstance(found, Trouble)
    assert found.code == "github_permission_missing" and is_final(found)
