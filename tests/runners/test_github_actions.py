"""GitHub Actions: what is sent, what is checked before, and what becomes of a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes.github_answers import Token
from fakes.github_repository import Workflow
from github_world import World, github_world
from msgspec.structs import replace
from patience import waiting
from pydantic import ValidationError

from leverframe.core.runs import Finished, Found, Lost, NotStarted, Run, Started
from leverframe.ports import Order
from leverframe.runners.github_actions import GitHubActions, Settings, Target

pytestmark = pytest.mark.anyio
REPO = "acme/web-app"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        yield made


def order(world: World, **changes: Any) -> Order:
    made = Order(
        correlation_id="dep_a.1", service="web-app", environment="staging", repository=REPO, ref="main", sha=world.repository.branches["main"],
        target={"workflow": "deploy.yml"}, ordered_at=world.clock.now(),
    )  # fmt: skip
    return replace(made, **changes)


def runner(world: World, token: str | None = None) -> GitHubActions:
    return GitHubActions("github_actions", world.client if token is None else world.by(token), world.clock)


def dispatches(world: World) -> list[Any]:
    return [call.body for call in world.fake.calls if call.method == "POST"]


async def refused(world: World, asked: Order, token: str | None = None) -> NotStarted:
    """Start what is refused, and nothing begins."""
    outcome = await runner(world, token).start(asked)
    assert isinstance(outcome, NotStarted)
    assert world.repository.runs == {}
    return outcome


async def test_what_is_sent(world: World) -> None:
    """The workflow is dispatched at the order's branch with service, env and correlation id, and GitHub is asked to name the run."""
    world.repository.workflow()
    outcome = await runner(world).start(order(world))
    inputs = {"service": "web-app", "env": "staging", "correlation_id": "dep_a.1"}
    assert dispatches(world) == [{"ref": "main", "inputs": inputs, "return_run_details": True}]
    assert outcome == Started(run=Run(id="987651", url=f"https://github.com/{REPO}/actions/runs/987651"))


async def test_inputs_are_renamed_left_out_and_added(world: World) -> None:
    """The workflow may call its inputs what it likes, do without some, and be told ref and commit; parameters keep their names."""
    world.repository.workflow(inputs={"app": True, "commit": True, "branch": True, "size": False, "env": False})
    target = {"workflow": "deploy.yml", "inputs": {"service": "app", "env": "", "sha": "commit", "ref": "branch", "correlation_id": ""}}
    asked = order(world, target=target, parameters={"size": "large"})
    assert isinstance(await runner(world).start(asked), Started)
    assert dispatches(world)[0]["inputs"] == {"app": "web-app", "commit": asked.sha, "branch": "main", "size": "large"}


async def test_a_workflow_without_a_correlation_id_is_started_where_github_names_the_run(world: World) -> None:
    """A plain workflow with service and env works: GitHub refuses our id for certain, and the answer to the second try names the run."""
    world.repository.workflow(inputs={"service": True, "env": True})
    outcome = await runner(world).start(order(world))
    assert isinstance(outcome, Started)
    assert outcome.run is not None
    assert [set(sent["inputs"]) for sent in dispatches(world)] == [{"service", "env", "correlation_id"}, {"service", "env"}]
    assert len(world.repository.runs) == 1


async def test_a_workflow_without_a_correlation_id_is_not_started_where_nothing_would_name_its_run(world: World) -> None:
    """An Enterprise Server names no run, so a workflow must take our id: it is not started blindly."""
    world.fake.enterprise = True
    world.repository.workflow(inputs={"service": True, "env": True})
    outcome = await refused(world, order(world))
    assert (outcome.code, outcome.again) == ("github_inputs_refused", False)
    assert "correlation_id" in outcome.detail


async def test_an_enterprise_server_is_asked_once_for_what_it_does_not_know(world: World) -> None:
    """That a server does not name runs is remembered; the run is found by its name."""
    world.fake.enterprise = True
    world.repository.workflow()
    hub = runner(world)
    assert await hub.start(order(world)) == Started(run=None)
    found = await hub.find(order(world))
    assert isinstance(found, Found)
    assert await hub.start(order(world, correlation_id="dep_b.1")) == Started(run=None)
    assert ["return_run_details" in sent for sent in dispatches(world)] == [True, False, False]
    assert len(world.repository.runs) == 2


async def test_a_branch_that_moved_is_not_deployed(world: World) -> None:
    """What was approved is a commit: when the branch has gone on, nothing is started."""
    world.repository.workflow()
    asked = order(world)
    world.repository.commit("Something new")
    outcome = await refused(world, asked)
    assert (outcome.code, outcome.again) == ("github_branch_moved", False)
    assert asked.sha[:7] in outcome.detail
    assert dispatches(world) == []


async def test_a_branch_that_moves_in_between_is_seen_in_the_end(world: World) -> None:
    """Between our look and GitHub's start a branch can still move: then the run has not deployed what was asked."""
    world.repository.workflow()
    asked = order(world)
    started = await runner(world).start(asked)
    assert isinstance(started, Started)
    assert started.run is not None
    (theirs,) = world.repository.runs.values()
    theirs.head_sha = world.repository.commit("Something new")
    world.fake.finish(theirs, "success")
    end = await runner(world).poll(asked, started.run)
    assert isinstance(end, Finished)
    assert end.result == "failed"


async def test_a_commit_needs_a_place_to_be_told(world: World) -> None:
    """GitHub starts no workflow at a commit: it takes an input for it, and then the default branch's workflow runs."""
    world.repository.workflow(inputs={"service": True, "env": True, "correlation_id": False, "commit": True})
    old = world.repository.branches["main"]
    world.repository.commit("Something new")
    asked = order(world, ref=old, sha=old)
    assert (await refused(world, asked)).code == "github_commit_needs_input"
    told = replace(asked, target={"workflow": "deploy.yml", "inputs": {"sha": "commit"}})
    started = await runner(world).start(told)
    assert isinstance(started, Started)
    assert dispatches(world)[-1]["ref"] == "main"
    assert dispatches(world)[-1]["inputs"]["commit"] == old
    assert started.run is not None
    (theirs,) = world.repository.runs.values()
    world.fake.finish(theirs, "success")
    end = await runner(world).poll(told, started.run)
    assert isinstance(end, Finished)
    assert end.result == "succeeded"


@pytest.mark.parametrize(("change", "code"), [
    (lambda workflow: setattr(workflow, "file", "other.yml"), "github_workflow_unknown"),
    (lambda workflow: setattr(workflow, "trigger", False), "github_trigger_missing"),
    (lambda workflow: setattr(workflow, "state", "disabled_manually"), "github_workflow_disabled"),
    (lambda workflow: workflow.inputs.pop("env"), "github_inputs_refused"),
    (lambda workflow: workflow.inputs.update(region=True), "github_inputs_refused"),
    (lambda workflow: workflow.options.update(env=["prod"]), "github_inputs_refused"),
])  # fmt: skip
async def test_what_is_wrong_with_a_workflow_is_named(world: World, change: Any, code: str) -> None:
    """Each of GitHub's refusals of a workflow has a code of its own, and is not tried again by itself."""
    workflow: Workflow = world.repository.workflow()
    change(workflow)
    outcome = await refused(world, order(world))
    assert (outcome.code, outcome.again) == (code, False)
    assert outcome.detail


@pytest.mark.parametrize(("token", "code"), [
    (Token(permissions={"metadata": "read", "contents": "read", "actions": "read"}), "github_permission_missing"),
    (Token(permissions={"metadata": "read", "actions": "write"}), "github_permission_missing"),
    (Token(repositories=["acme/other"]), "github_not_found"),
    (Token(sso=True), "github_sso_required"),
])  # fmt: skip
async def test_what_is_wrong_with_a_token_is_named(world: World, token: Token, code: str) -> None:
    """A token that may not is told what is missing."""
    world.repository.workflow()
    world.fake.tokens["that"] = token
    outcome = await refused(world, order(world), "that")
    assert (outcome.code, outcome.again) == (code, False)


async def test_a_branch_that_is_gone_is_named(world: World) -> None:
    """A branch that was deleted since is an unknown ref, also where the workflow is told the commit."""
    world.repository.workflow(inputs={"service": True, "env": True, "correlation_id": False, "sha": True})
    assert (await refused(world, order(world, ref="gone"))).code == "ref_unknown"
    told = {"workflow": "deploy.yml", "inputs": {"sha": "sha"}}
    assert (await refused(world, order(world, ref="gone", target=told))).code == "ref_unknown"


async def test_inputs_are_counted_before_anything_is_sent(world: World) -> None:
    """More than 25 inputs, or more than 65,535 characters of them, are refused without asking GitHub."""
    many = await refused(world, order(world, parameters={f"p{number}": "x" for number in range(23)}))
    assert (many.code, many.detail) == ("github_inputs_too_many", "26 of 25")
    assert (await refused(world, order(world, parameters={"p": "x" * 65_536}))).code == "github_payload_too_large"
    assert world.fake.calls == []


async def test_an_enterprise_server_takes_fewer_inputs(world: World) -> None:
    """What only the server knows is told in its words."""
    world.fake.enterprise = True
    world.repository.workflow()
    outcome = await refused(world, order(world, parameters={f"p{number}": "x" for number in range(10)}))
    assert outcome.code == "github_inputs_too_many"


@pytest.mark.parametrize("day", ["down", "silent", "half"])
async def test_while_github_is_away_before_the_start_it_is_tried_again(world: World, day: Any) -> None:
    """A look at the branch that got no answer started nothing: it may be tried again."""
    waiting(world.outbound, day)
    world.repository.workflow()
    world.fake.next_modes.append(day)
    outcome = await refused(world, order(world))
    assert outcome.again
    assert dispatches(world) == []


async def test_a_502_after_the_run_began_is_lost_and_found(world: World) -> None:
    """GitHub may answer 502 and have started the run all the same: it is lost, then found, and not started twice."""
    world.repository.workflow()
    world.fake.lever_mode = "broken"
    hub = runner(world)
    outcome = await hub.start(order(world))
    assert outcome == Lost(code="github_unavailable", detail="HTTP 502")
    found = await hub.find(order(world))
    assert isinstance(found, Found)
    assert len(world.repository.runs) == 1


async def test_a_service_without_a_repository_is_named(world: World) -> None:
    """A service must say where its workflow is."""
    assert (await refused(world, order(world, repository=None))).code == "github_repository_missing"


@pytest.mark.parametrize("target", [{}, {"workflow": "../x.yml"}, {"workflow": "deploy"}, {"workflow": "a/b.yml"}, {"workflow": "d.yml", "inputs": {"serivce": "x"}}])
def test_a_target_that_cannot_be_is_refused(target: dict[str, Any]) -> None:
    """The environment's keys are checked where they are read."""
    with pytest.raises(ValidationError):
        Target.model_validate(target)


@pytest.mark.parametrize("workflow", ["deploy.yml", "deploy.yaml", "deploy-web.app.yml", "배포.yml", "12345"])
def test_a_workflow_is_a_file_or_an_id(workflow: str) -> None:
    """A workflow is named by its file or its number."""
    assert Target(workflow=workflow).workflow == workflow
    assert Settings().kind == GitHubActions.kind
