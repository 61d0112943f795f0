"""What happens elsewhere moves deployments: a push starts one, a run's webhook has the hub look."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import pytest
from clock import VirtualClock
from msgspec.structs import replace

from leverframe.core.events import Event
from leverframe.core.messages import plain
from leverframe.core.services import Catalogue, Environment
from leverframe.ports import Accepted
from leverframe.sources.github.source import GithubSource
from leverframe.store.tables import lever_effects
from leverframe.work.follow import Follower
from work.box import Box, box

pytestmark = pytest.mark.anyio

STAGING = Environment(service="web-app", name="staging", runner="simulated", repository="acme/web", on=("push main", "push release/*"), room="slack:#deploys")
CATALOGUE = Catalogue(services={"web-app": {"staging": STAGING}})
SHA = "0123456789" * 4


@pytest.fixture
async def hub(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Box]:
    """A box whose staging follows a branch."""
    async with box(sqlite_url, clock, catalogue=CATALOGUE) as made:
        yield made


def event(name: str, payload: Mapping[str, Any], repo: str = "acme/web") -> Event:
    """Return an event of GitHub's."""
    body = msgspec.json.encode({"repository": {"full_name": repo, "html_url": f"https://github.com/{repo}"}, **payload})
    accepted = Accepted(name=name, action=None, delivery_id="d", body=body, repo=repo)
    return GithubSource("github", ["s"]).parse(accepted, id=1, received_at=VirtualClock().now())


async def happens(hub: Box, one: Event) -> int:
    """Have it routed; return how many deployments there are then."""
    follower = Follower(hub.deployer)
    turn = await hub.database.write(follower.take, one, now=hub.clock.now())
    if turn is not None:
        follower.committed(turn)
    return len(await hub.all())


def push(ref: str, **more: Any) -> Event:
    return event("push", {"ref": ref, "after": SHA, "deleted": False, **more})


@pytest.mark.parametrize(
    ("pushed", "starts"),
    [
        (push("refs/heads/main"), 1),
        (push("refs/heads/release/2.1"), 1),
        (push("refs/heads/feature"), 0),
        (push("refs/tags/main"), 0),
        (push("refs/heads/main", after="0" * 40, deleted=True), 0),
        (event("push", {"ref": "refs/heads/main", "after": SHA}, repo="acme/other"), 0),
        (event("push", {"ref": "refs/heads/main", "after": SHA}, repo="Acme/Web"), 1),
    ],
    ids=["the branch", "a glob", "another branch", "a tag", "a deleted branch", "another repository", "GitHub's own letters"],
)
async def test_a_push_starts_what_follows_its_branch(hub: Box, pushed: Event, starts: int) -> None:
    """The deployment is of exactly the commit that was pushed, and says what started it."""
    assert await happens(hub, pushed) == starts
    if starts:
        await hub.run(seconds=60)
        (one,) = await hub.all()
        assert (one.state, one.commit.sha if one.commit else "", one.by) == ("succeeded", SHA, None)
        assert one.cause.startswith("push ")
        assert plain(await hub.told_last("lever_deployment")).startswith("✅ ")


async def test_only_what_git_tells_starts_something(hub: Box) -> None:
    """A push that any other service speaks of in its payload starts nothing; a push of several branches starts those that follow."""
    for kind in ("generic", "cloudevents", "standard_webhooks"):
        assert await happens(hub, replace(push("refs/heads/main"), kind=kind)) == 0
    several = [{"ref": f"refs/heads/{name}", "after": SHA, "deleted": name == "release/1"} for name in ("feature", "release/1", "release/2")]
    assert await happens(hub, replace(push("refs/heads/feature", refs=several), kind="git")) == 1
    (one,) = await hub.all()
    assert one.cause == "push release/2"


async def test_a_runs_webhook_is_a_hint(hub: Box) -> None:
    """It proves nothing and ends nothing: the runner is asked at once, and its answer counts."""
    await happens(hub, push("refs/heads/main"))
    await hub.run()
    hub.clock.advance(seconds=0.2)
    before = await due(hub)
    await happens(hub, event("workflow_run", {"workflow_run": {"id": 1, "conclusion": "success", "status": "completed"}}))
    assert await hub.states() == ["running"]
    assert min(await due(hub)) <= hub.clock.now().timestamp() < min(before)


async def due(hub: Box) -> list[float]:
    rows = await hub.database.read(lambda connection: connection.execute(lever_effects.select()).all())
    return [row.due_at.timestamp() for row in rows]
