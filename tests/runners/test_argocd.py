"""Argo CD: what a sync looks like over there, when it counts as deployed, and what each refusal says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from clock import VirtualClock
from fakes.argocd import HEAD, TOKEN, App, FakeArgoCd
from msgspec.structs import replace
from pydantic import ValidationError

from leverframe.core.errors import PROBLEMS
from leverframe.net import Outbound
from leverframe.ports import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Order, Run, Started, Unreachable
from leverframe.runners.argocd.runner import DEGRADED_S, ArgoCdRunner
from leverframe.runners.argocd.settings import Settings, Target

pytestmark = pytest.mark.anyio

SHA = "c0ffee" + "0" * 34
ORDER = Order(
    correlation_id="dep_7.1", service="web-app", environment="staging", repository="acme/web-app", ref="main", sha=SHA,
    target={"application": "web-app", "project": "default"}, ordered_at=VirtualClock().now(),
)  # fmt: skip


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def argocd(clock: VirtualClock) -> AsyncIterator[FakeArgoCd]:
    async with FakeArgoCd(now=clock.now) as fake:
        fake.app("web-app")
        yield fake


@pytest.fixture
async def runner(argocd: FakeArgoCd, clock: VirtualClock) -> AsyncIterator[ArgoCdRunner]:
    outbound = Outbound()
    yield ArgoCdRunner("argo", Settings.model_validate({"url": argocd.url, "token": TOKEN}), outbound, clock)
    await outbound.close()


def app(argocd: FakeArgoCd) -> App:
    return argocd.apps["web-app"]


async def started(runner: ArgoCdRunner, order: Order = ORDER) -> Run:
    outcome = await runner.start(order)
    assert isinstance(outcome, Started), outcome
    assert outcome.run is not None
    return outcome.run


def to(**keys: Any) -> Order:
    return replace(ORDER, target={**ORDER.target, **keys})


async def test_a_start_is_a_sync_to_the_exact_commit(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """The commit that was approved is synced, nothing is pruned unless it is said, and the order stands beside the operation."""
    run = await started(runner, replace(ORDER, parameters={"size": "large", "leverframe": "dep_1.1"}))
    [call] = [call for call in argocd.calls if call.method == "POST"]
    assert call.path == "/api/v1/applications/web-app/sync"
    infos = {one["name"]: one["value"] for one in call.body.pop("infos")}
    assert infos == {"size": "large", "service": "web-app", "environment": "staging", "ref": "main", "leverframe": "dep_7.1"}
    assert call.body == {"name": "web-app", "project": "default", "revision": SHA, "prune": False}
    assert run == Run(id=f"dep_7.1@{SHA}", url=f"{argocd.url}/applications/argocd/web-app")


async def test_an_application_of_several_sources_is_synced_at_one_of_them(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """The commit is of the source that the environment names; without one it is not guessed."""
    app(argocd).sources = 3
    refused = await runner.start(ORDER)
    assert isinstance(refused, NotStarted)
    assert refused.code == "argocd_source_missing"
    order = to(source=2, prune=True)
    run = await started(runner, order)
    assert app(argocd).operation is not None
    assert app(argocd).operation["sync"] == {"revisions": [HEAD, SHA, HEAD], "prune": True}
    argocd.end("web-app")
    argocd.reconcile("web-app")
    assert await runner.poll(order, run) == Finished(run=run, result="succeeded")


async def test_an_application_of_another_repository_is_synced_to_what_it_tracks(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """With ``revision = "target"`` Argo CD chooses, which auto-sync allows; that revision is then the one waited for."""
    app(argocd).auto_sync = True
    order = to(revision="target")
    run = await started(runner, order)
    assert run.id == f"dep_7.1@{HEAD}"
    argocd.end("web-app")
    argocd.reconcile("web-app")
    assert await runner.poll(order, run) == Finished(run=run, result="succeeded")


async def test_a_start_that_was_begun_already_is_not_begun_again(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """The operation that carries our id is ours, going on or ended."""
    run = await started(runner)
    assert await started(runner) == run
    argocd.end("web-app")
    assert await started(runner) == run
    assert [call.path for call in argocd.calls if call.method == "POST"] == ["/api/v1/applications/web-app/sync"]


# --- when it is deployed -----------------------------------------------------------------------------------------------------


async def test_deployed_is_synced_and_healthy_since(argocd: FakeArgoCd, runner: ArgoCdRunner, clock: VirtualClock) -> None:
    """It waits for the controller, syncs, and is done when a look after the sync finds it healthy: the health from before proves nothing."""
    argocd.reconcile("web-app")
    run = await started(runner)
    assert await runner.poll(ORDER, run) == Going(run=run, step="Waiting for Argo CD's controller", waiting=True)
    argocd.begin("web-app", "waiting for completion of hook batch/Job/migrate")
    assert await runner.poll(ORDER, run) == Going(run=run, step="waiting for completion of hook batch/Job/migrate", waiting=True)
    argocd.say("web-app", "one or more tasks are running")
    assert await runner.poll(ORDER, run) == Going(run=run, step="one or more tasks are running")
    clock.advance(seconds=5)
    argocd.end("web-app")
    assert await runner.poll(ORDER, run) == Going(run=run, step="Checking health")
    clock.advance(seconds=1)
    argocd.reconcile("web-app", "Progressing", "1 of 3 updated replicas are available")
    assert await runner.poll(ORDER, run) == Going(run=run, step="Progressing: 1 of 3 updated replicas are available")
    argocd.reconcile("web-app", "Suspended", "paused rollout")
    assert await runner.poll(ORDER, run) == Going(run=run, step="Suspended: paused rollout", waiting=True)
    argocd.reconcile("web-app")
    assert await runner.poll(ORDER, run) == Finished(run=run, result="succeeded")


async def test_degraded_is_failed_after_a_while(argocd: FakeArgoCd, runner: ArgoCdRunner, clock: VirtualClock) -> None:
    """What starts anew is often degraded for a moment; what stays so has failed, and says which resources."""
    run = await started(runner)
    argocd.end("web-app")
    argocd.reconcile("web-app", "Degraded")
    app(argocd).resources = [
        {"kind": "Deployment", "name": "web", "status": "Synced", "health": {"status": "Degraded", "message": "exceeded its progress deadline"}},
        {"kind": "Service", "name": "web", "status": "Synced"},
    ]
    clock.advance(seconds=DEGRADED_S - 1)
    assert await runner.poll(ORDER, run) == Going(run=run, step="Degraded")
    clock.advance(seconds=1)
    end = await runner.poll(ORDER, run)
    assert end == Finished(run=run, result="failed", detail="Degraded", log_tail="Deployment/web: exceeded its progress deadline")


async def test_a_sync_that_fails_says_on_what(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """The message and the resources that could not be applied."""
    run = await started(runner)
    resources = [
        {"kind": "Service", "name": "web", "status": "Synced", "message": "service/web unchanged"},
        {"kind": "Ingress", "name": "web", "status": "SyncFailed", "message": "admission webhook denied the request"},
    ]
    argocd.end("web-app", "Failed", "one or more objects failed to apply", resources)
    end = await runner.poll(ORDER, run)
    assert end == Finished(
        run=run, result="failed", detail="one or more objects failed to apply", log_tail="Ingress/web: admission webhook denied the request"
    )


async def test_another_operation_afterwards(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """A sync to the same revision (auto-sync heals so) counts as ours; one to another leaves ours unknown."""
    run = await started(runner)
    argocd.end("web-app")
    argocd.sync_by_somebody("web-app", SHA)
    argocd.reconcile("web-app")
    assert await runner.poll(ORDER, run) == Finished(run=run, result="succeeded")
    assert await runner.find(ORDER) == Absent(sure=False)
    argocd.sync_by_somebody("web-app", HEAD)
    assert await runner.poll(ORDER, run) == Absent(sure=False)
    assert await runner.cancel(ORDER, run) == CancelRefused(code="argocd_operation_unknown", detail=run.id)


async def test_a_sync_to_something_else_is_no_success(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """Succeeded and healthy at another revision than ours is failed."""
    run = await started(runner)
    argocd.end("web-app")
    argocd.reconcile("web-app")
    assert app(argocd).state is not None
    app(argocd).state["syncResult"]["revision"] = HEAD
    end = await runner.poll(ORDER, run)
    assert isinstance(end, Finished)
    assert (end.result, end.detail) == ("failed", f"synced to {HEAD} and not to {SHA}")


# --- refusals ----------------------------------------------------------------------------------------------------------------


def _auto_sync(argocd: FakeArgoCd) -> None:
    app(argocd).auto_sync = True


def _wrong_token(argocd: FakeArgoCd) -> None:
    argocd.token = "another"


def _gone(argocd: FakeArgoCd) -> None:
    argocd.apps.clear()


def _may_not_sync(argocd: FakeArgoCd) -> None:
    argocd.may = ("get",)


def _window(argocd: FakeArgoCd) -> None:
    argocd.in_window = False


REFUSALS = {
    "argocd_auto_sync": (_auto_sync, "auto-sync currently set to main"),
    "argocd_token_refused": (_wrong_token, "invalid session"),
    "argocd_application_unknown": (_gone, "default: web-app"),
    "argocd_permission_missing": (_may_not_sync, "permission denied"),
    "argocd_sync_window": (_window, "blocked by sync window"),
}


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_refusal_says_what_to_do(argocd: FakeArgoCd, runner: ArgoCdRunner, code: str) -> None:
    """What Argo CD refuses surely did not start, is not tried again by itself, and has a remedy of its own."""
    spoil, named = REFUSALS[code]
    spoil(argocd)
    outcome = await runner.start(ORDER)
    assert isinstance(outcome, NotStarted)
    assert (outcome.code, outcome.again) == (code, False)
    assert named in outcome.detail
    assert code in PROBLEMS


async def test_without_a_project_what_is_not_there_looks_forbidden(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """Argo CD tells nobody what exists; the remedy says how to learn it."""
    outcome = await runner.start(replace(ORDER, target={"application": "nothing"}))
    assert isinstance(outcome, NotStarted)
    assert outcome.code == "argocd_permission_missing"
    assert "project" in PROBLEMS[outcome.code].en[1]


async def test_another_operation_is_waited_for(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """An application does one operation at a time: ours surely did not start, and may be tried again."""
    await started(runner, replace(ORDER, correlation_id="dep_1.1"))
    outcome = await runner.start(ORDER)
    assert outcome == NotStarted(code="argocd_operation_in_progress", detail="web-app", again=True)


async def test_another_operation_that_comes_between_is_waited_for(argocd: FakeArgoCd, runner: ArgoCdRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where it began after the application was read."""
    sync = argocd._sync

    def late(found: App, asked: dict[str, Any]) -> dict[str, Any]:
        found.operation = {"sync": {"revision": HEAD}}
        return sync(found, asked)

    monkeypatch.setattr(argocd, "_sync", late)
    outcome = await runner.start(ORDER)
    assert outcome == NotStarted(code="argocd_operation_in_progress", detail="web-app", again=True)


async def test_a_start_that_a_504_hides_is_found(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """A proxy's 504 proves nothing; the operation carries our id, going on and ended."""
    argocd.lever_mode = "failed"
    assert isinstance(await runner.start(ORDER), Lost)
    going = await runner.find(ORDER)
    argocd.end("web-app")
    assert isinstance(going, Found)
    assert going == await runner.find(ORDER)


# --- rolling back ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def rollback(argocd: FakeArgoCd) -> Order:
    """An order back to the first of two entries of the history."""
    argocd.sync_by_somebody("web-app", "0" * 40)
    argocd.sync_by_somebody("web-app", "1" * 40)
    return replace(ORDER, parameters={"history_id": "0"})


async def test_a_rollback_goes_to_an_entry_of_the_history(argocd: FakeArgoCd, runner: ArgoCdRunner, rollback: Order) -> None:
    """The entry is asked for by its id and its revision is the one waited for."""
    run = await started(runner, rollback)
    [call] = [call for call in argocd.calls if call.method == "POST"]
    assert (call.path, call.body["id"]) == ("/api/v1/applications/web-app/rollback", 0)
    assert run.id == f"dep_7.1@{'0' * 40}"
    argocd.end("web-app")
    argocd.reconcile("web-app")
    assert await runner.poll(rollback, run) == Finished(run=run, result="succeeded")


async def test_a_rollback_whose_answer_was_lost_is_found(argocd: FakeArgoCd, runner: ArgoCdRunner, rollback: Order, clock: VirtualClock) -> None:
    """It carries no id, so one to the same revision that began since it was ordered is ours; an older one is not."""
    clock.advance(hours=1)
    rollback = replace(rollback, ordered_at=clock.now())
    assert await runner.find(rollback) == Absent(sure=False)
    argocd.lever_mode = "lost"
    assert isinstance(await runner.start(rollback), Lost)
    found = await runner.find(rollback)
    assert isinstance(found, Found)
    argocd.end("web-app")
    assert await runner.find(rollback) == found
    clock.advance(hours=1)
    assert await runner.find(replace(rollback, ordered_at=clock.now())) == Absent(sure=False)


async def test_a_rollback_under_auto_sync_is_explained(argocd: FakeArgoCd, runner: ArgoCdRunner, rollback: Order) -> None:
    """Argo CD would sync forward again at once, so it refuses; the remedy says what to do instead."""
    _auto_sync(argocd)
    outcome = await runner.start(rollback)
    assert isinstance(outcome, NotStarted)
    assert (outcome.code, outcome.again) == ("argocd_auto_sync", False)


@pytest.mark.parametrize("entry", ["7", "-1", "first", "", "٣", "9" * 5000])
async def test_a_rollback_to_nothing_is_refused_before_it_is_asked_for(argocd: FakeArgoCd, runner: ArgoCdRunner, rollback: Order, entry: str) -> None:
    """Only ids of the history are asked for."""
    outcome = await runner.start(replace(rollback, parameters={"history_id": entry}))
    assert isinstance(outcome, NotStarted)
    assert outcome.code == "argocd_history_unknown"
    assert not any(call.method == "POST" for call in argocd.calls)


# --- ending it ---------------------------------------------------------------------------------------------------------------


async def test_an_operation_is_terminated(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """Terminated is cancelled, not failed; before the controller began it, it is asked again."""
    run = await started(runner)
    early = await runner.cancel(ORDER, run)
    assert isinstance(early, Unreachable)
    assert early.code == "argocd_operation_not_begun"
    argocd.begin("web-app")
    assert isinstance(await runner.cancel(ORDER, run), CancelTaken)
    assert argocd.calls[-1][:2] == ("DELETE", "/api/v1/applications/web-app/operation?project=default")
    assert await runner.poll(ORDER, run) == Finished(run=run, result="cancelled", detail="Operation terminated")


async def test_when_only_health_is_waited_for_there_is_nothing_to_end(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """What was synced stays; a rollback is the way back."""
    run = await started(runner)
    argocd.end("web-app")
    argocd.reconcile("web-app", "Progressing")
    assert await runner.cancel(ORDER, run) == CancelRefused(code="argocd_sync_done", detail="web-app")


async def test_without_the_right_to_sync_it_cannot_be_ended(argocd: FakeArgoCd, runner: ArgoCdRunner) -> None:
    """The refusal has its remedy."""
    run = await started(runner)
    argocd.begin("web-app")
    _may_not_sync(argocd)
    refused = await runner.cancel(ORDER, run)
    assert isinstance(refused, CancelRefused)
    assert refused.code == "argocd_permission_missing"


# --- settings ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", [{}, {"application": "Web"}, {"application": "a/b"}, {"application": "a", "source": 0}, {"application": "a", "revision": "main"}, {"job": "x"}]
)
def test_a_target_that_cannot_work_is_found_at_once(target: dict[str, Any]) -> None:
    """An application has a name of Kubernetes; other keys are known ones."""
    with pytest.raises(ValidationError):
        Target.model_validate(target)


async def test_the_token_is_shown_nowhere(runner: ArgoCdRunner) -> None:
    """Neither the runner nor its settings print it."""
    settings = Settings.model_validate({"url": "https://argo", "token": "very-secret"})
    assert "very-secret" not in repr(settings) + repr(runner) + settings.model_dump_json()
