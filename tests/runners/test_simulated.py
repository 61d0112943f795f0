"""The simulated runner and repositories: progress by the clock, every outcome, and a restart in between."""

from __future__ import annotations

from typing import Any

import pytest
from clock import VirtualClock
from pydantic import ValidationError

from leverframe.core.errors import Refused
from leverframe.core.runs import Absent, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started
from leverframe.ports import Order
from leverframe.runners.simulated import Settings, SimulatedRepositories, SimulatedRunner

pytestmark = pytest.mark.anyio


def order(clock: VirtualClock, **target: Any) -> Order:
    return Order(correlation_id="dep_a.1", service="web-app", environment="staging", repository=None, ref="main", sha="1" * 40, target=target, ordered_at=clock.now())


async def started(runner: SimulatedRunner, asked: Order) -> Run:
    outcome = await runner.start(asked)
    assert isinstance(outcome, Started)
    assert outcome.run is not None
    return outcome.run


async def test_progress_is_seen() -> None:
    """A run waits, goes through its steps and ends, all by the clock."""
    clock = VirtualClock()
    runner = SimulatedRunner("simulated", Settings(seconds=20), clock)
    asked = order(clock)
    run = await started(runner, asked)
    seen = []
    for _ in range(25):
        state = await runner.poll(asked, run)
        words = state.step if isinstance(state, Going) else state.result if isinstance(state, Finished) else ""
        if words not in seen:
            seen.append(words)
        clock.advance(seconds=1)
    assert seen == ["Waiting for a machine", "Building", "Rolling out", "Checking health", "succeeded"]


@pytest.mark.parametrize(("outcome", "result"), [("success", "succeeded"), ("fail", "failed"), ("hang", None)])
async def test_a_run_ends_as_it_is_told(outcome: str, result: str | None) -> None:
    """Success, failure with a reason and a log, or no end until it is cancelled."""
    clock = VirtualClock()
    runner = SimulatedRunner("simulated", Settings(seconds=5), clock)
    asked = order(clock, outcome=outcome)
    run = await started(runner, asked)
    clock.advance(days=1)
    state = await runner.poll(asked, run)
    if result is None:
        assert isinstance(state, Going)
        assert isinstance(await runner.cancel(asked, run), CancelTaken)
        state = await runner.poll(asked, run)
        result = "cancelled"
    assert isinstance(state, Finished)
    assert state.result == result
    assert bool(state.detail and state.log_tail) is (result == "failed")


async def test_a_start_may_be_refused_or_its_answer_lost() -> None:
    """Both can be tried: what was refused is absent, what was lost is found."""
    clock = VirtualClock()
    runner = SimulatedRunner("simulated", Settings(), clock)
    refused = await runner.start(order(clock, outcome="refuse"))
    assert isinstance(refused, NotStarted)
    assert await runner.find(order(clock, outcome="refuse")) == Absent(sure=True)
    assert isinstance(await runner.start(order(clock, outcome="lost")), Lost)
    assert isinstance(await runner.find(order(clock, outcome="lost")), Found)


async def test_a_second_start_is_the_same_run() -> None:
    """The same correlation id never begins twice."""
    clock = VirtualClock()
    runner = SimulatedRunner("simulated", Settings(), clock)
    asked = order(clock)
    first = await started(runner, asked)
    clock.advance(seconds=3)
    assert await started(runner, asked) == first


async def test_what_was_ordered_before_a_restart_is_found() -> None:
    """A start that was under way when the hub ended counts as begun, so that it is not begun again."""
    clock = VirtualClock()
    asked = order(clock)
    clock.advance(seconds=2)
    later = SimulatedRunner("simulated", Settings(seconds=10), clock)
    found = await later.find(asked)
    assert isinstance(found, Found)
    assert isinstance(await later.poll(asked, found.run), Going)
    clock.advance(seconds=10)
    assert isinstance(await later.poll(asked, found.run), Finished)


async def test_a_cancelled_run_stays_cancelled_over_a_restart() -> None:
    """The run that the next look brings is known as cancelled by every process."""
    clock = VirtualClock()
    runner = SimulatedRunner("simulated", Settings(), clock)
    asked = order(clock)
    run = await started(runner, asked)
    assert isinstance(await runner.cancel(asked, run), CancelTaken)
    end = await runner.poll(asked, run)
    assert isinstance(end, Finished)
    again = await SimulatedRunner("simulated", Settings(), clock).poll(asked, end.run)
    assert isinstance(again, Finished)
    assert again.result == "cancelled"


async def test_refs_are_stable_and_need_no_network() -> None:
    """The same ref is the same commit for ever, another ref another one; a commit is itself."""
    world = SimulatedRepositories()
    main = await world.resolve("acme/web-app", None)
    assert (main.ref, main.sha) == ("main", (await world.resolve("acme/web-app", "main")).sha)
    assert len(main.sha) == 40
    other = await world.resolve("acme/web-app", "release/1")
    assert other.sha not in (main.sha, (await world.resolve("acme/api", "release/1")).sha)
    assert (await world.resolve("acme/web-app", main.sha)).sha == main.sha
    assert (await world.checks("acme/web-app", main.sha, ("test",))).state == "success"


@pytest.mark.parametrize("ref", ["no-such-branch", "", "a b", "../x", "-rf", "x\n"])
async def test_a_ref_that_cannot_be_is_refused(ref: str) -> None:
    """Refusing a ref can be tried too, and what cannot be one is refused."""
    with pytest.raises(Refused) as refused:
        await SimulatedRepositories().resolve("acme/web-app", ref)
    assert refused.value.code == "ref_unknown"


async def test_made_up_changes_ship() -> None:
    """Between two commits lies something to show, between equal ones nothing."""
    world = SimulatedRepositories()
    shipping = await world.shipping("acme/web-app", "1" * 40, "2" * 40)
    assert shipping.changes[0].number is not None
    assert shipping == await world.shipping("acme/web-app", "1" * 40, "2" * 40)
    assert (await world.shipping("acme/web-app", "1" * 40, "1" * 40)).total == 0


@pytest.mark.parametrize("settings", [{"seconds": -1}, {"outcome": "explode"}, {"steps": []}, {"colour": "red"}])
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    """The runner's keys are checked."""
    with pytest.raises(ValidationError):
        Settings.model_validate(settings)
