"""Every runner keeps the same promises: started once, found by our id, followed to its end, cancelled; bad days never raise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import get_args

import pytest
from contracts.runners import HARNESSES, SURE, WITH_VENDOR, BadDay, Harness, Stage
from msgspec.structs import replace

from leverframe.core.errors import PROBLEMS
from leverframe.ports import (
    Absent,
    CancelRefused,
    CancelTaken,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Order,
    Run,
    Started,
    Unreachable,
)

pytestmark = pytest.mark.anyio

HOSTILE = ["\"'`$(reboot)\n;&|", "../../../etc/passwd", "한글 🚀 값", "a" * 20_000, "%00%0d%0aX: y", "\x00\x1b[31m\u202e", "\ud800", "<script>", "{{ 1 }}", ""]


@pytest.fixture
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with HARNESSES[request.param]() as made:
        yield made


def every(names: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("harness", list(names), indirect=True)  # type: ignore[call-overload]


async def started(harness: Harness, order: Order) -> Run:
    """Start the order and return its run, found by its correlation id where the answer does not name it."""
    outcome = await harness.runner.start(order)
    assert isinstance(outcome, Started)
    if outcome.run is not None:
        return outcome.run
    harness.settle()
    found = await harness.runner.find(order)
    assert isinstance(found, Found)
    return found.run


def known(outcome: object) -> None:
    """Whatever is wrong has a code with a sentence and a remedy."""
    if isinstance(outcome, NotStarted | Lost | Unreachable | CancelRefused):
        assert outcome.code in PROBLEMS


@every(HARNESSES)
async def test_what_is_started_runs_once_and_is_found(harness: Harness) -> None:
    """A start begins one run, which is found again by the order's correlation id."""
    order = harness.order("dep_a.1", "succeeded")
    run = await started(harness, order)
    harness.settle()
    found = await harness.runner.find(order)
    assert isinstance(found, Found)
    assert found.run.id == run.id
    assert harness.pulled("dep_a.1") == 1


@every(HARNESSES)
async def test_orders_are_not_mistaken_for_each_other(harness: Harness) -> None:
    """Two orders have two runs, also where one correlation id begins like the other."""
    one, ten = harness.order("dep_a.1", "succeeded"), harness.order("dep_a.10", "succeeded")
    first = await started(harness, ten)
    harness.clock.advance(seconds=1)
    second = await started(harness, one)
    harness.settle()
    found = [await harness.runner.find(order) for order in (ten, one)]
    assert [answer.run.id for answer in found if isinstance(answer, Found)] == [first.id, second.id]
    assert first.id != second.id


@every(HARNESSES)
async def test_another_process_finds_and_follows_the_run(harness: Harness) -> None:
    """After a restart the run that was started before is found and followed."""
    order = harness.order("dep_a.1", "succeeded")
    run = await started(harness, order)
    harness.settle()
    other = harness.again()
    found = await other.find(order)
    assert isinstance(found, Found)
    assert found.run.id == run.id
    await harness.bring("dep_a.1", "succeeded")
    end = await other.poll(order, run)
    assert isinstance(end, Finished)
    assert end.result == "succeeded"


@every(HARNESSES)
async def test_what_was_never_started_is_absent(harness: Harness) -> None:
    """An order that was never started is absent: for sure where the runner keeps a list that does not lag, else not."""
    order = harness.order("dep_never.1", "succeeded")
    harness.settle()
    outcome = await harness.runner.find(order)
    assert isinstance(outcome, Absent)
    assert outcome.sure is (harness.runner.kind in SURE)


@every(HARNESSES)
async def test_a_run_is_followed_while_it_goes(harness: Harness) -> None:
    """A run waits, then says what it is doing."""
    order = harness.order("dep_a.1", "succeeded")
    run = await started(harness, order)
    await harness.bring("dep_a.1", "waiting")
    waiting = await harness.runner.poll(order, run)
    assert isinstance(waiting, Going)
    assert waiting.waiting
    await harness.bring("dep_a.1", "running")
    going = await harness.runner.poll(order, waiting.run)
    assert isinstance(going, Going)
    assert not going.waiting


@every(HARNESSES)
@pytest.mark.parametrize("end", ["succeeded", "failed"])
async def test_a_run_is_followed_to_its_end(harness: Harness, end: Stage) -> None:
    """A run's end is told as it is, and a failure with why."""
    assert end in ("succeeded", "failed")
    order = harness.order("dep_a.1", end)
    run = await started(harness, order)
    await harness.bring("dep_a.1", "running")
    await harness.bring("dep_a.1", end)
    outcome = await harness.runner.poll(order, run)
    assert isinstance(outcome, Finished)
    assert outcome.result == end
    assert bool(outcome.detail) is (end == "failed")


@every(WITH_VENDOR)
async def test_a_run_that_was_cancelled_over_there_is_cancelled(harness: Harness) -> None:
    """A run that somebody cancelled in the vendor's own pages has ended, and not by failing."""
    order = harness.order("dep_a.1", "succeeded")
    run = await started(harness, order)
    await harness.bring("dep_a.1", "cancelled")
    outcome = await harness.runner.poll(order, run)
    assert isinstance(outcome, Finished)
    assert outcome.result == "cancelled"


@every(HARNESSES)
@pytest.mark.parametrize("stage", ["waiting", "running"])
async def test_a_run_is_cancelled_at_every_stage(harness: Harness, stage: Stage) -> None:
    """A run that waits or goes is cancelled, and then says so."""
    order = harness.order("dep_a.1", "succeeded")
    run = await started(harness, order)
    await harness.bring("dep_a.1", stage)
    assert isinstance(await harness.runner.cancel(order, run), CancelTaken)
    outcome = await harness.runner.poll(order, run)
    assert isinstance(outcome, Finished)
    assert outcome.result == "cancelled"


@every(HARNESSES)
@pytest.mark.parametrize("end", ["succeeded", "failed"])
async def test_what_has_ended_is_not_cancelled(harness: Harness, end: Stage) -> None:
    """To cancel a run that has ended is refused, with a code, and changes nothing."""
    assert end in ("succeeded", "failed")
    order = harness.order("dep_a.1", end)
    run = await started(harness, order)
    await harness.bring("dep_a.1", end)
    refused = await harness.runner.cancel(order, run)
    assert isinstance(refused, CancelRefused)
    assert refused.code in PROBLEMS
    outcome = await harness.runner.poll(order, run)
    assert isinstance(outcome, Finished)
    assert outcome.result == end


@every(WITH_VENDOR)
async def test_the_other_side_is_told_what_to_deploy(harness: Harness) -> None:
    """Service, environment, correlation id and the order's parameters reach the run."""
    await started(harness, harness.order("dep_a.1", "succeeded"))
    assert harness.told is not None
    told = list(harness.told("dep_a.1").values())
    for value in ("web-app", "staging", "dep_a.1", "large"):
        assert value in told


@every(WITH_VENDOR)
async def test_a_lost_answer_is_not_asked_for_again_but_looked_for(harness: Harness) -> None:
    """When the answer to a start is lost, nothing is started a second time: the run is found by our id."""
    assert harness.spoil_lever is not None
    order = harness.order("dep_a.1", "succeeded")
    harness.spoil_lever("lost")
    outcome = await harness.runner.start(order)
    assert isinstance(outcome, Lost)
    known(outcome)
    assert harness.pulled("dep_a.1") == 1
    harness.spoil_lever("ok")
    harness.settle()
    found = await harness.runner.find(order)
    assert isinstance(found, Found)
    assert harness.pulled("dep_a.1") == 1
    await harness.bring("dep_a.1", "succeeded")
    assert isinstance(await harness.runner.poll(order, found.run), Finished)


@every(WITH_VENDOR)
@pytest.mark.parametrize("day", ["down", "garbage", "silent", "half"])
async def test_what_may_have_been_started_is_lost(harness: Harness, day: BadDay) -> None:
    """A 5xx, no answer, half an answer and somebody else's page prove nothing: the start is lost, not refused."""
    assert harness.spoil_lever is not None
    harness.spoil_lever(day)
    outcome = await harness.runner.start(harness.order("dep_a.1", "succeeded"))
    assert isinstance(outcome, Lost)
    known(outcome)
    assert harness.pulled("dep_a.1") <= 1


@every(WITH_VENDOR)
async def test_asked_to_wait_the_start_may_be_tried_again(harness: Harness) -> None:
    """A start that met a rate limit surely did not happen, and says how long to wait."""
    assert harness.spoil_lever is not None
    harness.spoil_lever("limited")
    outcome = await harness.runner.start(harness.order("dep_a.1", "succeeded"))
    assert isinstance(outcome, NotStarted)
    known(outcome)
    assert outcome.again
    assert outcome.after_s is not None
    assert outcome.after_s > 0
    assert harness.pulled("dep_a.1") == 0


@every(WITH_VENDOR)
async def test_a_wrong_token_is_explained_and_not_tried_again(harness: Harness) -> None:
    """A start with a wrong token surely did not happen, and trying again does not help."""
    assert harness.spoil is not None
    await harness.spoil("refused")
    outcome = await harness.runner.start(harness.order("dep_a.1", "succeeded"))
    assert isinstance(outcome, NotStarted)
    known(outcome)
    assert not outcome.again
    assert harness.pulled("dep_a.1") == 0


@every(WITH_VENDOR)
async def test_without_a_connection_the_start_may_be_tried_again(harness: Harness) -> None:
    """A start that reached nobody surely did not happen."""
    assert harness.spoil is not None
    await harness.spoil("away")
    outcome = await harness.runner.start(harness.order("dep_a.1", "succeeded"))
    assert isinstance(outcome, NotStarted)
    known(outcome)
    assert outcome.again


@every(WITH_VENDOR)
@pytest.mark.parametrize("day", get_args(BadDay))
async def test_a_bad_day_never_raises_nor_claims_anything(harness: Harness, day: BadDay) -> None:
    """Whatever the other side answers: nothing raises, nothing is called started, ended, absent for sure or cancelled without it having said so."""
    assert harness.spoil is not None
    order = harness.order("dep_a.1", "succeeded")
    run = await started(harness, order)
    await harness.bring("dep_a.1", "running")
    await harness.spoil(day)
    start = await harness.runner.start(harness.order("dep_b.1", "succeeded"))
    outcomes = [start, await harness.runner.find(order), await harness.runner.poll(order, run)]
    for outcome in outcomes:
        known(outcome)
    if isinstance(start, NotStarted):
        assert harness.pulled("dep_b.1") == 0
    else:
        assert isinstance(start, Lost)
    assert all(isinstance(outcome, Unreachable) for outcome in outcomes[1:])
    cancelled = await harness.runner.cancel(order, run)
    known(cancelled)
    assert isinstance(cancelled, Unreachable | CancelRefused)


@every(HARNESSES)
@pytest.mark.parametrize("words", HOSTILE)
async def test_hostile_words_are_taken_as_words_or_refused(harness: Harness, words: str) -> None:
    """Foreign text in an order never raises, and begins one run if the order was taken and none if it was refused."""
    as_ref = replace(harness.order("dep_a.1", "succeeded"), ref=words)
    as_rest = replace(harness.order("dep_b.1", "succeeded"), service=words, environment=words, parameters={"size": words, words: "x"})
    for order in (as_ref, as_rest):
        outcome = await harness.runner.start(order)
        known(outcome)
        assert isinstance(outcome, Started | NotStarted)
        assert harness.pulled(order.correlation_id) == isinstance(outcome, Started)
        known(await harness.runner.find(order))


@every(HARNESSES)
@pytest.mark.parametrize("id", ["", "nonsense", "../../orgs/acme", "1?x=y", "queue/99999999999999999999", "9" * 400, "\x00\n", "한글", "\ud800"])
async def test_a_run_that_nobody_knows_never_raises(harness: Harness, id: str) -> None:
    """To follow or cancel a run under a name that is none is answered, and claims neither an end nor a cancellation."""
    order, run = harness.order("dep_a.1", "succeeded"), Run(id=id)
    assert isinstance(await harness.runner.poll(order, run), Absent | Unreachable)
    assert isinstance(await harness.runner.cancel(order, run), CancelRefused | Unreachable)


@every(HARNESSES)
async def test_keys_of_another_runner_never_raise(harness: Harness) -> None:
    """An order whose target was written for another runner is answered."""
    order = replace(harness.order("dep_a.1", "succeeded"), target={"something": {"else": 1}}, repository=None)
    for outcome in (
        await harness.runner.start(order), await harness.runner.find(order), await harness.runner.poll(order, Run(id="1")),
        await harness.runner.cancel(order, Run(id="1")),
    ):  # fmt: skip
        known(outcome)
