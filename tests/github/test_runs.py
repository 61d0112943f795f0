"""Workflow runs: what they are doing, and why they failed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fakes.github_answers import Token
from fakes.github_repository import Run as Run_
from github_world import World, github_world

from leverframe.core.runs import Absent, CancelRefused, Finished, Found, Going, Run, Unreachable
from leverframe.github import runs
from leverframe.github.runs import Runs, shown_log
from leverframe.ports import Order

pytestmark = pytest.mark.anyio
REPO = "acme/web-app"
LOG = """\ufeff2026-11-23T09:00:00.0000001Z ##[group]Run ./deploy
2026-11-23T09:00:01.0000001Z \x1b[36mapplying\x1b[0m
2026-11-23T09:00:02.0000001Z error: no space left on device
2026-11-23T09:00:03.0000001Z ##[error]Process completed with exit code 1.
2026-11-23T09:00:04.0000001Z Post job cleanup.
2026-11-23T09:00:05.0000001Z Cleaning up orphan processes
"""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        made.repository.workflow()
        yield made


async def begun(world: World, correlation_id: str = "dep_a.1") -> tuple[Run_, Run]:
    """Start a run; return the fake's and ours."""
    inputs = {"service": "web-app", "env": "staging", "correlation_id": correlation_id}
    await world.client.post(REPO, "/actions/workflows/deploy.yml/dispatches", {"ref": "main", "inputs": inputs})
    run = list(world.repository.runs.values())[-1]
    return run, Run(id=str(run.id))


def order(world: World, correlation_id: str = "dep_a.1") -> Order:
    return Order(correlation_id=correlation_id, service="web-app", environment="staging", repository=REPO, ref="main", sha="1" * 40, ordered_at=world.clock.now())


async def test_a_run_says_which_step_it_is_at(world: World) -> None:
    """A run that goes tells its job and step; its number and address come with it."""
    theirs, ours = await begun(world)
    theirs.status = "in_progress"
    going = await Runs(world.client, world.clock).poll(REPO, ours, sha=None)
    assert going == Going(run=Run(id=ours.id, number="#1", url=f"https://github.com/{REPO}/actions/runs/{ours.id}"), step="deploy: Deploy")


@pytest.mark.parametrize("status", ["queued", "waiting", "pending", "requested"])
async def test_a_run_that_waits_says_so(world: World, status: str) -> None:
    """Whatever a run waits for (a machine, a review over there, another run), it is said in GitHub's word."""
    theirs, ours = await begun(world)
    theirs.status = status
    going = await Runs(world.client, world.clock).poll(REPO, ours, sha=None)
    assert isinstance(going, Going)
    assert (going.waiting, going.step, going.review) == (True, status, status == "waiting")


@pytest.mark.parametrize(("conclusion", "result"), [
    ("success", "succeeded"), ("cancelled", "cancelled"), ("failure", "failed"), ("timed_out", "failed"), ("startup_failure", "failed"), ("skipped", "failed"),
    ("neutral", "failed"), ("stale", "failed"), ("action_required", "failed"), ("something_new", "failed"),
])  # fmt: skip
async def test_only_success_is_success(world: World, conclusion: str, result: str) -> None:
    """Whatever GitHub calls an end, nothing but its success says that it was deployed."""
    theirs, ours = await begun(world)
    world.fake.finish(theirs, conclusion)
    end = await Runs(world.client, world.clock).poll(REPO, ours, sha=None)
    assert isinstance(end, Finished)
    assert end.result == result
    assert bool(end.detail) is (result == "failed")


async def test_a_failure_says_where_and_why(world: World) -> None:
    """A failed run tells job, step, the annotated reason, and its log up to the error, without colours and time stamps."""
    theirs, ours = await begun(world)
    notes = [{"annotation_level": "warning", "message": "Node 16 is old"}, {"annotation_level": "failure", "message": "Process completed with exit code 1."},
             {"annotation_level": "failure", "message": "no space left on device"}]  # fmt: skip
    world.fake.finish(theirs, "failure", log=LOG, annotations=notes)
    end = await Runs(world.client, world.clock).poll(REPO, ours, sha=None)
    assert isinstance(end, Finished)
    assert end.detail == "deploy: Deploy: no space left on device"
    assert end.log_tail == "Run ./deploy\napplying\nerror: no space left on device\nError: Process completed with exit code 1."


async def test_of_a_long_log_only_the_end_is_fetched(world: World) -> None:
    """A log of many megabytes is not read whole, and its end is shown."""
    theirs, ours = await begun(world)
    world.fake.finish(theirs, "failure", log="x" * 80 + "\n" + ("noise " * 20 + "\n") * 20_000 + "the end\n##[error]broken\n")
    end = await Runs(world.client, world.clock).poll(REPO, ours, sha=None)
    assert isinstance(end, Finished)
    assert end.log_tail.endswith("the end\nError: broken")
    assert len(end.log_tail) <= 2_000


async def test_a_token_that_may_see_little_still_tells_the_end(world: World) -> None:
    """Without leave to read checks a failure has no annotation, and is a failure all the same."""
    world.fake.tokens["little"] = Token(permissions={"metadata": "read", "actions": "read"})
    theirs, ours = await begun(world)
    world.fake.finish(theirs, "failure", log=LOG)
    end = await Runs(world.by("little"), world.clock).poll(REPO, ours, sha=None)
    assert isinstance(end, Finished)
    assert end.detail == "deploy: Deploy"
    assert end.log_tail


async def test_a_run_at_another_commit_has_not_done_what_was_asked(world: World) -> None:
    """A run that succeeded at another commit than the one that was approved is a failure, and says so."""
    theirs, ours = await begun(world)
    world.fake.finish(theirs, "success")
    end = await Runs(world.client, world.clock).poll(REPO, ours, sha="f" * 40)
    assert isinstance(end, Finished)
    assert end.result == "failed"
    assert end.detail == f"it ran at {theirs.head_sha[:7]}, not at fffffff: the branch moved in between"


async def test_a_run_that_was_deleted_is_told_from_one_that_is_hidden(world: World) -> None:
    """A deleted run is absent, but not to be started again; a token that lost its access knows nothing."""
    _, ours = await begun(world)
    world.repository.runs.clear()
    assert await Runs(world.client, world.clock).poll(REPO, ours, sha=None) == Absent(sure=False)
    world.fake.tokens["other"] = Token(repositories=["acme/other"])
    hidden = await Runs(world.by("other"), world.clock).poll(REPO, ours, sha=None)
    assert isinstance(hidden, Unreachable)
    assert hidden.code == "github_not_found"


async def test_a_run_that_is_not_listed_yet_is_not_absent(world: World) -> None:
    """GitHub's lists lag: for two minutes nothing is known, then it is absent, but not for sure; when it is listed it is found."""
    world.fake.lag_s = 40
    asked, our_runs = order(world), Runs(world.client, world.clock)
    _, ours = await begun(world)
    early = await our_runs.find(asked, event="workflow_dispatch", workflow="deploy.yml")
    assert isinstance(early, Unreachable)
    assert (early.code, early.after_s) == ("github_run_not_listed", 5)
    world.clock.advance(seconds=60)
    found = await our_runs.find(asked, event="workflow_dispatch", workflow="deploy.yml")
    assert isinstance(found, Found)
    assert found.run.id == ours.id
    world.clock.advance(seconds=60)
    never = await our_runs.find(order(world, "dep_b.1"), event="workflow_dispatch", workflow="deploy.yml")
    assert isinstance(never, Unreachable)
    old = order(world, "dep_b.1")
    world.clock.advance(seconds=121)
    assert await our_runs.find(old, event="workflow_dispatch", workflow="deploy.yml") == Absent(sure=False)


@pytest.mark.parametrize("name", ["dep_a.10", "xdep_a.1", "dep_a.1-b", "dep_a_1", "dep_b.1 (dep_a.11)"])
async def test_another_id_is_not_ours(world: World, name: str) -> None:
    """A run is ours only if its name holds our whole id."""
    await begun(world, name)
    asked = order(world)
    world.clock.advance(seconds=121)
    assert await Runs(world.client, world.clock).find(asked, event="workflow_dispatch", workflow="deploy.yml") == Absent(sure=False)


async def test_the_first_of_two_runs_is_ours(world: World) -> None:
    """Where somebody started a run again by hand with our id, the first one counts."""
    _, first = await begun(world)
    await begun(world)
    found = await Runs(world.client, world.clock).find(order(world), event="workflow_dispatch", workflow="deploy.yml")
    assert isinstance(found, Found)
    assert found.run.id == first.id


async def test_among_many_runs_ours_is_found(world: World) -> None:
    """Also when 150 others were started since."""
    asked = order(world)
    _, ours = await begun(world)
    for number in range(150):
        await begun(world, f"dep_x{number}.1")
    found = await Runs(world.client, world.clock).find(asked, event="workflow_dispatch", workflow="deploy.yml")
    assert isinstance(found, Found)
    assert found.run.id == ours.id


async def test_without_leave_nothing_is_cancelled(world: World) -> None:
    """A token that may only read cannot cancel, and is told which permission would do."""
    world.fake.tokens["reader"] = Token(permissions={"metadata": "read", "actions": "read"})
    theirs, ours = await begun(world)
    refused = await Runs(world.by("reader"), world.clock).cancel(REPO, ours)
    assert isinstance(refused, CancelRefused)
    assert (refused.code, theirs.status) == ("github_permission_missing", "queued")
    assert "actions=write" in refused.detail


@pytest.mark.parametrize(("log", "shown"), [
    ("", ""), ("no stamp", "no stamp"), ("a\n##[error]one\nb\n##[error]two", "a\nError: one\nb\nError: two"), ("##[error]x\nPost job cleanup.", "Error: x"),
    ("##[group]Run make\n##[endgroup]\n##[command]make", "Run make\nmake"),
])  # fmt: skip
def test_the_end_of_a_log(log: str, shown: str) -> None:
    """A log is shown up to its last error, its marks as words."""
    assert shown_log(log) == shown


def test_the_limits_hang_together() -> None:
    """What is fetched of a long log's end is enough for what is shown."""
    assert runs.TAIL_BYTES <= runs.LOG_CAP
