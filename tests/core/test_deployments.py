"""The life of a deployment, told: what it waits for, what starts it, how it ends."""

from __future__ import annotations

import pytest
from core.some_deployment import (
    ANN,
    BOB,
    COMMIT,
    NOW,
    PATIENCE,
    POLICY,
    RUN,
    YES,
    asked,
    called,
    cancel_said,
    find,
    finished,
    later,
    looked,
    lost,
    only,
    played,
    poll,
    resolved,
    running,
    situations,
    start,
    starting,
    turn,
    unknown,
    won,
)
from msgspec.structs import replace

from leverframe.core.deployments import Deployment, Retry, Rules, ask, from_json, step, still_wanted, to_json
from leverframe.core.deployments.effects import (
    Alert,
    AskApproval,
    Call,
    CancelRun,
    CloseApproval,
    Find,
    Follow,
    FreeLane,
    Happened,
    Leave,
    LockLane,
    Look,
    Note,
    Poll,
    Resolve,
    SeeTurn,
    Wake,
)
from leverframe.core.deployments.inputs import (
    ApprovalLost,
    ApprovalWon,
    Beginning,
    CancelAsked,
    Changed,
    GlassBroken,
    Hint,
    RefRefused,
    RetryAsked,
    Settled,
    ShippingKnown,
    Tick,
    Voted,
)
from leverframe.core.lanes import Frozen, LaneHeld, Locked
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started, Unreachable
from leverframe.core.shipping import Checks, Resolved, Shipping

GUARDED = Rules(policy=POLICY)


def test_what_was_asked_for_is_resolved_looked_at_and_queued() -> None:
    """Without rules a deployment stands in its lane as soon as its commit and what would ship are known."""
    first = ask(id="dep_1", service="web-app", environment="staging", lane="web-app/staging", ref="main", by=ANN, now=NOW)
    assert only(first.effects, Resolve).ref == "main"
    found = resolved(first.deployment)
    assert (found.commit, found.state) == (COMMIT, "asked")
    ready = looked(found, shipping=Shipping(changes=(), total=3, authors=("octocat",)))
    assert (ready.state, ready.base, ready.queued_at) == ("queued", "0ld", NOW)


def test_a_commit_that_is_known_already_is_not_asked_for() -> None:
    """A rollback, and what follows by itself, go to the commit they were made for."""
    stepped = ask(id="dep_1", service="web-app", environment="production", lane="x", kind="rollback", commit=COMMIT, now=NOW)
    assert only(stepped.effects, Look).sha == COMMIT.sha


def test_a_repository_that_cannot_answer_is_asked_again_and_then_given_up() -> None:
    """Each wait is longer than the last, and not shorter than what was asked for; after some the deployment fails with the reason."""
    d, waits = asked(), []
    while True:
        stepped = step(d, RefRefused(ticket=d.ticket, code="github_unreachable", again=True, after_s=5), now=NOW)
        d = stepped.deployment
        if d.state == "failed":
            break
        waits.append(only(stepped.effects, Resolve).in_s)
    assert waits == [5, 5, 8, 16]
    assert d.end is not None and d.end.code == "github_unreachable"


def test_a_rollback_does_not_need_the_repository() -> None:
    """What would be taken back may stay unknown: the rollback goes on."""
    d = asked(kind="rollback", commit=COMMIT)
    assert played(d, RefRefused(ticket=d.ticket, code="github_unreachable")).state == "queued"


@pytest.mark.parametrize(
    ("checks", "outcome"),
    [
        (Checks(state="success"), "queued"),
        (Checks(state="failure", failing=("unit", "lint")), "failed checks_failing unit, lint"),
        (Checks(state="pending", waiting=("unit",)), "asked"),
        (Checks(state="none"), "asked"),
        (None, "asked"),
    ],
)
def test_checks_that_are_required_must_have_succeeded(checks: Checks | None, outcome: str) -> None:
    """Failed ones end it; those that still run, or have not said anything yet, are waited for."""
    d = looked(asked(Rules(checks=())), checks=checks)
    assert " ".join([d.state, *([d.end.code, d.end.detail] if d.end else [])]) == outcome


@pytest.mark.parametrize(("checks", "code"), [(Checks(state="pending", waiting=("unit",)), "checks_pending"), (Checks(state="none"), "checks_missing")])
def test_checks_are_not_waited_for_without_end(checks: Checks, code: str) -> None:
    """They are looked at again and again, for an hour; a hint looks at once."""
    d = resolved(asked(Rules(checks=())))
    stepped = step(d, ShippingKnown(ticket=d.ticket, base=None, checks=checks), now=NOW)
    assert only(stepped.effects, Look).in_s == PATIENCE.checks_every_s
    d = stepped.deployment
    hinted = step(d, Hint(), now=NOW)
    assert only(hinted.effects, Look).in_s == 0
    d = hinted.deployment
    over = step(d, ShippingKnown(ticket=d.ticket, base=None, checks=checks), now=later(PATIENCE.checks_wait_s)).deployment
    assert over.state == "failed" and over.end is not None and over.end.code == code


@pytest.mark.parametrize(("earlier", "state"), [(COMMIT.sha, "queued"), ("0ther", "failed"), (None, "failed")])
def test_the_environment_before_must_have_the_same_commit(earlier: str | None, state: str) -> None:
    """``after = "staging"``: another commit there, or none, ends the deployment; when its turn comes this is asked again."""
    rules = Rules(after="staging")
    d = looked(asked(rules), earlier=earlier)
    assert d.state == state
    if d.end is not None:
        assert (d.end.code, d.end.detail) == ("deployment_out_of_order", "staging")
    else:
        gone = step(d, turn(d, earlier="0ther"), now=NOW)
        assert gone.deployment.state == "failed" and Leave(lane=d.lane) in gone.effects
        assert step(d, turn(d, earlier=earlier), now=NOW).deployment.state == "starting"


def test_a_rollback_needs_neither_checks_nor_order() -> None:
    """What was good once goes back at once, whatever CI or the environment before say now."""
    d = asked(Rules(after="staging", checks=()), kind="rollback", commit=COMMIT)
    d = looked(d, checks=Checks(state="failure"), earlier="0ther")
    assert starting(d).state == "starting"


def test_approval_is_asked_with_what_it_is_bound_to() -> None:
    """The question names the digest, who wrote what would ship, and when it expires; the clock that ends it is set."""
    d = resolved(asked(GUARDED))
    known = ShippingKnown(ticket=d.ticket, base="0ld", shipping=Shipping(changes=(), total=1, authors=("octocat",)))
    stepped = step(d, known, now=NOW)
    question = only(stepped.effects, AskApproval)
    assert (question.digest, question.authors, question.policy) == (stepped.deployment.digest, ("octocat",), POLICY)
    assert question.expires_at == later(POLICY.expires_s) == only(stepped.effects, Wake).at == stepped.deployment.deadline


def test_votes_are_shown_and_the_last_one_lets_it_go() -> None:
    """A vote that does not decide changes the card; the one that decides puts the deployment into its lane."""
    waiting = looked(asked(GUARDED))
    shown = played(waiting, Voted(digest=waiting.digest, votes=(YES,)))
    assert shown.approval is not None and shown.approval.votes == (YES,)
    assert step(shown, Voted(digest=waiting.digest, votes=(YES,)), now=NOW).ignored == "repeated"
    stepped = step(shown, ApprovalWon(digest=waiting.digest, votes=(YES,)), now=NOW)
    assert stepped.deployment.state == "queued"
    assert only(stepped.effects, Note) == Note(what="approved", by=YES.actor, by_name="Ann")
    assert step(stepped.deployment, ApprovalWon(digest=waiting.digest, votes=(YES,)), now=NOW).ignored == "late"


def test_one_rejection_ends_it() -> None:
    """The card says who rejected and why."""
    waiting = looked(asked(GUARDED))
    lost_ = step(waiting, ApprovalLost(digest=waiting.digest, by=BOB, by_name="Bob", reason="not on a Friday"), now=NOW)
    end = lost_.deployment.end
    assert lost_.deployment.state == "cancelled" and end is not None
    assert (end.code, end.by, end.detail) == ("approval_rejected", BOB, "not on a Friday")
    assert [effect for effect in lost_.effects if isinstance(effect, CloseApproval)] == []


def test_an_answer_to_another_question_does_not_count() -> None:
    """What was approved under another digest is not this."""
    waiting = looked(asked(GUARDED))
    assert step(waiting, ApprovalWon(digest="0" * 64, votes=(YES,)), now=NOW).ignored == "late"


def test_an_approval_and_a_place_in_the_queue_expire() -> None:
    """A tick before the time only sets the clock again; at the time each ends with its own code, and what it held is let go."""
    waiting = looked(asked(GUARDED))
    early = step(waiting, Tick(), now=later(POLICY.expires_s - 1))
    assert (early.deployment, early.effects) == (waiting, (Wake(at=later(POLICY.expires_s)),))
    over = step(waiting, Tick(), now=later(POLICY.expires_s))
    assert over.deployment.state == "expired" and only(over.effects, CloseApproval).result == "expired"
    queued = looked(asked(Rules(queue_expires_s=60)))
    gone = step(queued, Tick(), now=later(60))
    assert gone.deployment.state == "expired" and Leave(lane=queued.lane) in gone.effects
    assert gone.deployment.end is not None and gone.deployment.end.code == "queue_expired"
    assert step(queued, turn(queued), now=later(60)).deployment.state == "expired", "a turn that comes too late is none"


@pytest.mark.parametrize(
    "what",
    [
        {"sha": "m0ved"},
        {"rules": Rules(policy=replace(POLICY, required=3))},
        {"rules": Rules()},
    ],
)
def test_an_approval_is_void_when_what_it_was_for_has_changed_at_the_start(what: dict[str, object]) -> None:
    """A branch that moved, or another policy: the deployment leaves the queue, is looked at anew and asks again."""
    approved = won(looked(asked(GUARDED)))
    stepped = step(approved, turn(approved, **what), now=NOW)
    again = stepped.deployment
    assert (again.state, again.approval, again.tries) == ("asked", None, ())
    assert only(stepped.effects, CloseApproval).result == "void" and only(stepped.effects, Note).what == "approval_void"
    assert Leave(lane=approved.lane) in stepped.effects
    if "sha" in what:
        again = resolved(again, Resolved(ref="main", sha="m0ved"))
    assert looked(again).state == ("waiting" if again.rules.policy else "queued")
    assert step(again, ApprovalWon(digest=approved.digest, votes=(YES,)), now=NOW).ignored == "late"


def test_a_change_that_is_told_while_people_are_asked_closes_the_question() -> None:
    """Nobody approves what is not to be deployed any more."""
    waiting = looked(asked(GUARDED))
    stepped = step(waiting, Changed(what=("policy",), rules=Rules(policy=replace(POLICY, required=1))), now=NOW)
    assert only(stepped.effects, CloseApproval) == CloseApproval(digest=waiting.digest, result="void", reason="policy")
    assert only(stepped.effects, Look).sha == COMMIT.sha


def test_breaking_the_glass_skips_the_approval_and_is_announced() -> None:
    """It is queued at once, the room is alerted with the reason, and a new policy does not make it void; another commit still does."""
    waiting = looked(asked(GUARDED))
    broken = GlassBroken(by=BOB, reason="the shop is down")
    stepped = step(waiting, broken, now=NOW)
    queued = stepped.deployment
    assert queued.state == "queued" and only(stepped.effects, CloseApproval).result == "glass_broken"
    assert only(stepped.effects, Alert) == Alert(what="glass_broken", detail="the shop is down")
    assert step(queued, broken, now=NOW).ignored == "break_glass_repeated"
    assert step(queued, turn(queued, rules=Rules(policy=replace(POLICY, required=3))), now=NOW).deployment.state == "starting"
    assert step(queued, turn(queued, sha="m0ved"), now=NOW).deployment.state == "asked"
    early = played(asked(GUARDED), broken)
    assert looked(early).state == "queued"


def test_what_holds_it_is_shown_and_seen_again_when_it_ends() -> None:
    """A place, a lock or a freeze is shown; when the lock or the freeze is over its turn is looked at again."""
    queued = looked(asked())
    assert played(queued, LaneHeld(place=2, by="dep_0")).held is not None
    for by in (Locked(by=BOB, until=later(60)), Frozen(until=later(60), reason="weekend")):
        stepped = step(queued, by, now=NOW)
        assert only(stepped.effects, Wake).at == later(60)
        assert step(stepped.deployment, by, now=NOW).ignored == "repeated"
        over = step(stepped.deployment, Tick(), now=later(60))
        waits_s = queued.rules.queue_expires_s + (60 if isinstance(by, Frozen) else 0)
        assert over.effects == (SeeTurn(lane=queued.lane), Wake(at=later(waits_s)))
    locked_long, frozen_long = (step(queued, by, now=NOW) for by in (Locked(by=BOB, until=later(10**6)), Frozen(until=later(10**6))))
    assert only(locked_long.effects, Wake).at == queued.deadline, "the queue's own end comes first"
    assert only(frozen_long.effects, Wake).at == later(10**6), "a freeze is waited for, and then others are"
    assert played(frozen_long.deployment, LaneHeld(place=1, by="dep_0")).deadline == later(10**6 + queued.rules.queue_expires_s)


def test_the_runner_is_called_once_the_intent_is_written_down() -> None:
    """Only the first ``Beginning`` says go; whoever comes again did not hear the answer, and looks for the run instead."""
    due = starting(looked(asked()))
    stepped = step(due, Beginning(ticket=due.ticket), now=NOW)
    assert stepped.go and stepped.deployment.last_try is not None and stepped.deployment.last_try.ordered_at == NOW
    again = step(stepped.deployment, Beginning(ticket=due.ticket), now=later(5))
    assert not again.go and only(again.effects, Find).correlation_id == "dep_1"
    assert not step(due, Beginning(ticket=due.ticket - 1), now=NOW).go


def test_a_start_that_surely_did_not_happen_is_made_again_and_not_forever() -> None:
    """The waits grow and are not shorter than what the runner asked for; in the end it fails, and no rollback is offered."""
    d, waits = starting(looked(asked())), []
    while d.state == "starting":
        d = called(d)
        stepped = step(d, start(d, NotStarted(code="runner_unreachable", again=True, after_s=3)), now=NOW)
        d = stepped.deployment
        waits += [effect.in_s for effect in stepped.effects if isinstance(effect, Call)]
    assert waits == [3, 4, 8, 16]
    assert d.state == "failed" and d.last_try is not None and d.last_try.calls == PATIENCE.calls
    assert only(stepped.effects, Alert).rollback is False
    assert {one.correlation_id for one in d.tries} == {"dep_1"}


def test_a_lost_answer_is_looked_for_until_it_is_unknown() -> None:
    """Five looks over two minutes; then people are told, and the lane stays closed."""
    d = called(starting(looked(asked())))
    stepped = step(d, start(d, Lost(code="runner_answer_lost", detail="503")), now=NOW)
    waits = [only(stepped.effects, Find).in_s]
    while stepped.deployment.state == "starting":
        d = stepped.deployment
        stepped = step(d, find(d, Absent(sure=False)), now=later(sum(waits)))
        if stepped.deployment.state == "starting":
            waits.append(only(stepped.effects, Find).in_s)
    assert (len(waits), sum(waits)) == (5, 120)
    assert stepped.deployment.state == "unknown" and only(stepped.effects, Alert).what == "unknown"
    assert FreeLane(lane=d.lane) not in stepped.effects


def test_an_absence_is_not_believed_while_the_call_may_be_on_its_way() -> None:
    """A runner that has nothing ten seconds after the call may have it later; a minute after the call it is called again."""
    d = lost(called(starting(looked(asked()))))
    soon = step(d, find(d, Absent(sure=True)), now=later(10)).deployment
    assert soon.last_try is not None and soon.last_try.phase == "looking"
    stepped = step(soon, find(soon, Absent(sure=True)), now=later(PATIENCE.call_s))
    assert only(stepped.effects, Call).correlation_id == "dep_1"
    second = called(stepped.deployment, now=later(70))
    assert second.last_try is not None and (second.last_try.calls, second.last_try.ordered_at) == (2, NOW)


def test_of_two_calls_only_the_last_one_can_say_that_nothing_happened() -> None:
    """The late no of a first call is not taken for that of the second, which may have pulled the lever."""
    first = called(starting(looked(asked())))
    refused = start(first, NotStarted(code="runner_unreachable", again=True))
    second = called(played(first, refused))
    assert step(second, refused, now=NOW).ignored == "late"
    looking = lost(second)
    assert step(looking, refused, now=NOW).ignored == "late"
    assert step(looking, start(looking, NotStarted(code="x", again=True), ticket=second.ticket), now=NOW).ignored is None


def test_an_old_absence_does_not_count() -> None:
    """What was not there before the second call may be there after it."""
    looking = lost(called(starting(looked(asked()))))
    absent = find(looking, Absent(sure=True))
    again = called(played(looking, absent, now=later(61)), now=later(62))
    assert step(lost(again), absent, now=later(200)).ignored == "late"


def test_a_start_that_was_accepted_without_a_name_is_found_later() -> None:
    """It runs; that its name cannot be found makes it unknown, never started again."""
    d = called(starting(looked(asked())))
    d = played(d, start(d, Started(run=None)))
    assert d.state == "running"
    assert step(d, find(d, Absent(sure=True)), now=later(600)).deployment.state == "running"
    assert played(d, find(d, Found(run=RUN))).last_try.run == RUN  # type: ignore[union-attr]
    assert unknown(d).state == "unknown"


def test_a_run_is_followed_and_its_card_changes_with_it() -> None:
    """A step, a number, a wait over there are shown; the same again is not said again."""
    d = running()
    first = step(d, poll(d, Going(run=replace(RUN, number="#43"), step="build")), now=NOW)
    assert first.deployment.last_try is not None and first.deployment.last_try.step == "build"
    d = first.deployment
    again = step(d, poll(d, Going(run=replace(RUN, number="#43"), step="build")), now=NOW)
    assert again.effects == (Poll(ticket=again.deployment.ticket, correlation_id="dep_1"),)


def test_a_runner_that_does_not_answer_makes_a_run_unknown_after_a_quarter_of_an_hour() -> None:
    """Until then it is asked with growing waits; one answer in between begins the count anew."""
    d = running()
    silence = Unreachable(code="runner_unreachable")
    d = played(d, poll(d, silence), now=NOW)
    d = played(d, poll(d, silence), now=later(PATIENCE.unreachable_s - 1))
    assert d.state == "running"
    d = played(d, poll(d, Going(run=RUN)), now=later(PATIENCE.unreachable_s))
    d = played(d, poll(d, silence), now=later(PATIENCE.unreachable_s + 1))
    assert d.state == "running"
    assert played(d, poll(d, silence), now=later(2 * PATIENCE.unreachable_s + 1)).state == "unknown"


def test_a_run_that_vanished_is_looked_for_by_our_id() -> None:
    """A queue item that the runner forgot has become a build: that is found, or people are told; it is never started again."""
    d = running()
    stepped = step(d, poll(d, Absent(sure=True)), now=NOW)
    gone = stepped.deployment
    assert only(stepped.effects, Find).correlation_id == "dep_1"
    assert played(gone, find(gone, Found(run=Run(id="build/7")))).last_try.run == Run(id="build/7")  # type: ignore[union-attr]
    assert step(gone, find(gone, Absent(sure=True)), now=later(600)).deployment.state == "running"
    assert unknown(gone).state == "unknown"


def test_what_is_unknown_is_looked_for_ever_more_slowly_for_a_day() -> None:
    """After that only a person, or a hint, brings it on."""
    d = unknown(lost(called(starting(looked(asked())))))
    since = d.unknown_since
    assert since is not None
    waits = []
    for _ in range(6):
        stepped = step(d, find(d, Absent(sure=False)), now=later(1, since))
        d = stepped.deployment
        waits.append(only(stepped.effects, Find).in_s)
    assert waits == [60, 120, 240, 480, 900, 900]
    silent = step(d, find(d, Absent(sure=False)), now=later(PATIENCE.unknown_for_s, since))
    assert silent.deployment.state == "unknown" and silent.effects == ()
    assert only(step(silent.deployment, Hint(), now=NOW).effects, Find).in_s == 0


@pytest.mark.parametrize("result", ["succeeded", "failed", "cancelled"])
def test_a_late_answer_of_the_runner_wins_over_not_knowing(result: str) -> None:
    """The run is found, and ends as the runner says; what failed after it was unknown is not tried again by itself."""
    d = unknown(lost(called(starting(looked(asked(Rules(retry=Retry(times=3))))))))
    assert played(d, find(d, Found(run=RUN), ticket=1)).state == "running"
    assert played(d, poll(d, Finished(run=RUN, result=result), ticket=1)).state == result  # type: ignore[arg-type]


def test_what_is_unknown_is_not_started_by_itself() -> None:
    """When it turns out that nothing happened it has failed: people were told, and may have done it by hand."""
    d = unknown(lost(called(starting(looked(asked())))))
    assert step(d, find(d, Absent(sure=True)), now=later(600)).deployment.state == "failed"


@pytest.mark.parametrize(("how", "wished", "state"), [
    ("ran", False, "succeeded"), ("did_not_run", False, "failed"), ("did_not_run", True, "cancelled"), ("ran", True, "succeeded"),
])
def test_a_person_settles_what_nobody_knows(how: str, wished: bool, state: str) -> None:
    """It ends as they say, with their name, and frees the lane; nothing follows by itself from what was only said."""
    d = unknown(lost(called(starting(looked(asked(Rules(follows=("production",))))))))
    d = played(d, CancelAsked(by=ANN)) if wished else d
    stepped = step(d, Settled(how=how, by=BOB), now=NOW)  # type: ignore[arg-type]
    assert stepped.deployment.state == state and stepped.deployment.end is not None and stepped.deployment.end.by == BOB
    assert FreeLane(lane=d.lane) in stepped.effects and not [effect for effect in stepped.effects if isinstance(effect, Follow)]


@pytest.mark.parametrize("situation", ["asked, commit not known", "asked, commit known", "waiting", "queued", "starting, to be called"])
def test_what_has_not_begun_is_cancelled_at_once(situation: str) -> None:
    """Nothing that was put off is done any more."""
    d = situations()[situation]
    stepped = step(d, CancelAsked(by=BOB, by_name="Bob"), now=NOW)
    assert stepped.deployment.state == "cancelled" and stepped.deployment.end is not None and stepped.deployment.end.by_name == "Bob"
    for effect in (Resolve(ticket=d.ticket, ref=None), Call(ticket=d.ticket, correlation_id="dep_1"), Wake(at=NOW)):
        assert not still_wanted(stepped.deployment, effect)
    assert not step(stepped.deployment, Beginning(ticket=d.ticket), now=NOW).go


def test_what_may_have_begun_is_cancelled_once_that_is_known() -> None:
    """The wish is kept: with no run it is cancelled, with a run the runner is told."""
    on_call = called(starting(looked(asked(Rules(retry=Retry(times=3))))))
    wished = played(on_call, CancelAsked(by=BOB))
    assert wished.state == "starting" and step(wished, CancelAsked(by=ANN), now=NOW).ignored == "cancel_repeated"
    assert played(wished, start(wished, NotStarted(code="x", again=True))).state == "cancelled"
    stepped = step(wished, start(wished, Started(run=RUN)), now=NOW)
    assert stepped.deployment.state == "running" and only(stepped.effects, CancelRun).correlation_id == "dep_1"
    looking = lost(wished)
    assert only(step(looking, find(looking, Found(run=RUN)), now=NOW).effects, CancelRun)


@pytest.mark.parametrize("result", ["succeeded", "failed", "cancelled"])
def test_a_run_that_is_to_be_cancelled_ends_as_the_runner_says(result: str) -> None:
    """Too late is too late: what succeeded has; and what failed is not tried again."""
    d = played(running(Rules(retry=Retry(times=3))), CancelAsked(by=BOB))
    d = played(d, cancel_said(d, CancelTaken()))
    ended = finished(d, result)
    assert ended.state == result
    if result == "cancelled":
        assert ended.end is not None and ended.end.by == BOB


def test_a_run_that_vanishes_after_it_was_cancelled_is_cancelled() -> None:
    """A runner that was told, and surely has no such run, has ended it."""
    d = played(running(), CancelAsked(by=BOB))
    d = played(d, cancel_said(d, CancelTaken()))
    d = played(d, poll(d, Absent(sure=True)))
    assert step(d, find(d, Absent(sure=True)), now=later(600)).deployment.state == "cancelled"


@pytest.mark.parametrize("answers", [[CancelRefused(code="run_ended", detail="too late")], [Unreachable(code="runner_unreachable")] * PATIENCE.cancels])
def test_a_runner_that_will_not_cancel_is_told_of(answers: list[CancelRefused | Unreachable]) -> None:
    """The room learns why, how the run stands is asked at once, and the wish may be uttered again."""
    d = played(running(), CancelAsked(by=BOB))
    for answer in answers:
        stepped = step(d, cancel_said(d, answer), now=NOW)
        d = stepped.deployment
    assert only(stepped.effects, Note).what == "cancel_refused" and only(stepped.effects, Poll).in_s == 0
    assert step(d, CancelAsked(by=BOB), now=NOW).ignored is None


def test_a_run_that_failed_is_tried_again_under_an_id_of_its_own() -> None:
    """Each try is kept with its result; the lane is kept between them."""
    d = running(Rules(retry=Retry(times=1, wait_s=60)))
    stepped = step(d, poll(d, Finished(run=RUN, result="failed", detail="tests", log_tail="E 1")), now=NOW)
    call = only(stepped.effects, Call)
    assert (call.correlation_id, call.in_s) == ("dep_1-2", 60) and FreeLane(lane=d.lane) not in stepped.effects
    second = called(stepped.deployment, now=later(60))
    second = played(second, start(second, Started(run=replace(RUN, id="988"))))
    assert step(second, poll(replace_try(second, "dep_1"), Finished(run=RUN, result="succeeded")), now=NOW).ignored == "late"
    over = finished(second, "failed", detail="again")
    assert [(one.correlation_id, one.result, one.detail) for one in over.tries] == [("dep_1", "failed", "tests"), ("dep_1-2", "failed", "again")]


def replace_try(d: Deployment, correlation_id: str) -> Deployment:
    """Return ``d`` as if its last try had another id, to speak of a former one."""
    return replace(d, tries=(*d.tries[:-1], replace(d.tries[-1], correlation_id=correlation_id)))


@pytest.mark.parametrize(("kind", "base", "offered"), [("deploy", "0ld", True), ("deploy", None, False), ("deploy", COMMIT.sha, False), ("rollback", "0ld", False)])
def test_when_the_tries_run_out_the_room_is_alerted_and_a_rollback_offered(kind: str, base: str | None, offered: bool) -> None:
    """There must be something else to go back to, and a rollback that failed is not rolled back."""
    d = called(starting(looked(asked(kind=kind, commit=COMMIT), base=base)))
    d = played(d, start(d, Started(run=RUN)))
    stepped = step(d, poll(d, Finished(run=RUN, result="failed", detail="tests")), now=NOW)
    assert only(stepped.effects, Alert) == Alert(what="failed", detail="tests", rollback=offered)
    assert stepped.deployment.end is not None and stepped.deployment.end.rollback is offered


def test_what_failed_is_tried_again_when_somebody_asks() -> None:
    """It is looked at anew, its approval of exactly this still holds, and its tries go on counting from here."""
    rules = Rules(policy=POLICY, retry=Retry(times=1))
    d = called(starting(won(looked(asked(rules)))))
    d = played(d, start(d, NotStarted(code="runner_refused")))
    again = played(d, RetryAsked(by=BOB))
    assert (again.state, again.end) == ("asked", None)
    queued = looked(again)
    assert queued.state == "queued"
    second = called(starting(queued))
    assert second.last_try is not None and second.last_try.correlation_id == "dep_1-2"
    second = played(second, start(second, Started(run=RUN)))
    assert finished(second, "failed").state == "starting", "the one retry of the rules is still to be had"


def test_an_approval_that_has_expired_is_asked_for_again_before_a_retry() -> None:
    """A yes does not hold for ever, nor does broken glass."""
    failed = played(d := called(starting(won(looked(asked(GUARDED))))), start(d, NotStarted(code="runner_refused")))
    again = played(failed, RetryAsked(by=BOB), now=later(POLICY.expires_s))
    assert played(again, ShippingKnown(ticket=again.ticket, base=None), now=later(POLICY.expires_s)).state == "waiting"
    broken = called(starting(looked(played(asked(GUARDED), GlassBroken(by=BOB, reason="x")))))
    failed = played(broken, start(broken, NotStarted(code="runner_refused")))
    assert looked(played(failed, RetryAsked(by=BOB))).state == "waiting"


def test_success_lets_the_next_environments_follow() -> None:
    """The same commit is asked for there; a rollback is not carried on."""
    d = running(Rules(follows=("production", "demo")))
    stepped = step(d, poll(d, Finished(run=RUN, result="succeeded")), now=NOW)
    assert [effect for effect in stepped.effects if isinstance(effect, Follow)] == [
        Follow(environment="production", commit=COMMIT), Follow(environment="demo", commit=COMMIT),
    ]  # fmt: skip
    assert stepped.effects[-1] == Happened(name="succeeded")
    back = running(Rules(follows=("production",)), kind="rollback")
    assert not [one for one in step(back, poll(back, Finished(run=RUN, result="succeeded")), now=NOW).effects if isinstance(one, Follow)]


def test_a_rollback_locks_the_lane_when_it_starts() -> None:
    """Nothing rolls forward again by itself; the lock is its asker's, with the reason."""
    d = looked(asked(kind="rollback", commit=COMMIT, by_name="Ann", reason="checkout is broken"))
    stepped = step(d, turn(d), now=NOW)
    assert only(stepped.effects, LockLane) == LockLane(lane=d.lane, owner=ANN, owner_name="Ann", reason="checkout is broken")


@pytest.mark.parametrize("situation", situations())
def test_a_deployment_is_kept_as_json_and_read_as_it_was(situation: str) -> None:
    """Every situation comes back the same, also from a document that lacks what a later version adds."""
    d = situations()[situation]
    assert from_json(to_json(d)) == d
    assert b'"former_tries"' in to_json(d)
    assert from_json(to_json(d).replace(b'"former_tries"', b'"was_never_there"')).former_tries == 0
