"""Whatever happens in whatever order, with answers lost, late and doubled and processes dying: what always holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from core.some_deployment import COMMIT, NOW, PATIENCE, POLICY, QUESTIONS, RUN, YES
from hypothesis import given, settings
from hypothesis import strategies as st

from leverframe.core.deployments import ENDED, HOLDING, Deployment, Retry, Rules, Stepped, ask, from_json, step, still_wanted, to_json
from leverframe.core.deployments.effects import (
    Alert,
    AskApproval,
    Call,
    CancelRun,
    CloseApproval,
    Effect,
    Find,
    Follow,
    FreeLane,
    Happened,
    Join,
    Leave,
    LockLane,
    Look,
    Note,
    Poll,
    Resolve,
    Say,
    SeeTurn,
    Wake,
    pack,
    unpack,
)
from leverframe.core.deployments.inputs import (
    ApprovalLost,
    ApprovalWon,
    Beginning,
    CancelAnswered,
    CancelAsked,
    Changed,
    FindAnswered,
    GlassBroken,
    Hint,
    Input,
    LaneFree,
    PollAnswered,
    RefRefused,
    RefResolved,
    RetryAsked,
    Settled,
    ShippingKnown,
    StartAnswered,
    Tick,
    Voted,
)
from leverframe.core.lanes import Frozen, LaneHeld, Locked
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Started, Unreachable

OLD = "0ld"


class World:
    """A runner with a truth of its own, people, a store of rows, and a process that dies now and then."""

    def __init__(self, rules: Rules) -> None:
        self.tape: Iterator[int] = iter(())
        self.rules, self.now = rules, NOW
        self.rows: list[Effect] = []
        self.heard: list[Input] = []
        self.on_its_way: list[tuple[datetime, str]] = []
        """Calls that reach the runner later than their caller lives."""
        self.late: list[Input] = []
        self.pulled: Counter[str] = Counter()
        self.may_call: set[str] = set()
        self.counts: Counter[str] = Counter()
        first = ask(
            id="dep_1", service="web-app", environment="production", lane="web-app/production", by="slack:U1", rules=rules, now=NOW
        )
        self.deployment = first.deployment
        self._write(first.effects)

    def chance(self, sides: int) -> int:
        """Return a number below ``sides``; 0, the smooth way, when the tape is over."""
        return next(self.tape, 0) % sides

    def hear(self, one: Input) -> Stepped:
        """Step the deployment, which was only just read from the store, and hold it to everything that must always be so."""
        before = self.deployment
        stepped = step(before, one, now=self.now)
        assert step(from_json(to_json(before)), one, now=self.now) == stepped, "a process that knows only the store decides the same"
        after = stepped.deployment
        if stepped.ignored is not None:
            assert (after, stepped.effects, stepped.go) == (before, (), False)
        if after == before:
            assert isinstance(one, Tick) or not stepped.effects
        else:
            assert after.version == before.version + 1
        if after.state != before.state:
            assert Say() in stepped.effects, "the card follows every change of state"
            assert before.state not in ENDED or (before.state == "failed" and isinstance(one, RetryAsked)), "an end is not undone"
        self._count(before, after, stepped, one)
        self.deployment = after
        self.heard.append(one)
        self._write(stepped.effects)
        return stepped

    def _count(self, before: Deployment, after: Deployment, stepped: Stepped, one: Input) -> None:
        kinds = Counter(type(effect) for effect in stepped.effects)
        self.counts["standing"] += kinds[Join] - kinds[Leave] - kinds[FreeLane]
        assert self.counts["standing"] == (after.state == "queued" or after.state in HOLDING), "a lane is left once by whoever joined it"
        assert kinds[FreeLane] == (before.state in HOLDING and after.state in ENDED), "who has the lane frees it, once"
        assert kinds[Say] <= 1
        for effect in stepped.effects:
            if isinstance(effect, Call):
                self.may_call.add(effect.correlation_id)
        if stepped.go:
            assert isinstance(one, Beginning) and after.last_try is not None
            assert after.last_try.correlation_id in self.may_call, "a second call needs to be told that the first did not happen"
            self.may_call.remove(after.last_try.correlation_id)

    def _write(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Wake):
                self.rows = [row for row in self.rows if not isinstance(row, Wake)]
            kept = unpack(*pack(effect))
            assert kept == effect
            self.rows.append(kept)

    def nothing_is_forgotten(self) -> None:
        """Somebody will always do what is next: one question is open, or there is a time to wake at, or people know."""
        open_questions = [row for row in self.rows if isinstance(row, QUESTIONS) and still_wanted(self.deployment, row)]
        match self.deployment.state:
            case "asked" | "starting" | "running":
                assert len(open_questions) == 1
            case "unknown":
                assert len(open_questions) <= 1
            case "waiting" | "queued":
                assert open_questions == []
                assert any(isinstance(row, Wake) and still_wanted(self.deployment, row) for row in self.rows)
            case _:
                assert open_questions == []

    def pull(self, correlation_id: str) -> None:
        """The lever moves, really."""
        self.pulled[correlation_id] += 1
        assert self.pulled[correlation_id] == 1, "a lever is pulled at most once"

    def pass_time(self, seconds: float) -> None:
        """Let calls that are on their way arrive."""
        self.now += timedelta(seconds=seconds)
        arrived = [one for one in self.on_its_way if one[0] <= self.now]
        self.on_its_way = [one for one in self.on_its_way if one[0] > self.now]
        for _, correlation_id in arrived:
            self.pull(correlation_id)

    def work(self, row: Effect) -> None:
        """Do what a row says; ``row`` is gone only if what came of it was written."""
        if not still_wanted(self.deployment, row):
            self.rows.remove(row)
            return
        answer = self._do(row)
        if answer is None:
            if not isinstance(row, Call | Wake):  # a call that nobody lived to answer is done again, a wake comes at its time
                self.rows.remove(row)
            return
        match self.chance(6):
            case 4:  # the process dies before it writes: the row is done again
                return
            case 5:  # its lease is lost: the row is done again, and its answer comes late
                self.late.append(answer)
                return
        if row in self.rows:
            self.rows.remove(row)
        self.hear(answer)

    def _do(self, row: Effect) -> Input | None:
        state = self.deployment
        match row:
            case Resolve(ticket=ticket):
                return [RefResolved(ticket=ticket, commit=COMMIT), RefRefused(ticket=ticket, code="github_unreachable", again=True)][self.chance(2)]
            case Look(ticket=ticket):
                return [ShippingKnown(ticket=ticket, base=OLD), RefRefused(ticket=ticket, code="github_unreachable", again=True)][self.chance(2)]
            case AskApproval(digest=digest):
                return [
                    ApprovalWon(digest=digest, votes=(YES,)), Voted(digest=digest, votes=(YES,)), ApprovalLost(digest=digest, by="slack:U2"),
                ][self.chance(3)]  # fmt: skip
            case Join() | Leave() | FreeLane() | SeeTurn():
                return self._turn(self.chance(5)) if state.state == "queued" else None
            case Wake(at=at):
                return None if self.now < at else Tick()
            case Call(ticket=ticket, correlation_id=correlation_id):
                return self._call(ticket, correlation_id) if self.hear(Beginning(ticket=ticket)).go else None
            case Find(ticket=ticket, correlation_id=correlation_id):
                there = self.pulled[correlation_id] > 0
                answers = [Found(run=RUN) if there else Absent(sure=True), Absent(sure=False), Unreachable(code="runner_unreachable")]
                return FindAnswered(ticket=ticket, correlation_id=correlation_id, answer=answers[self.chance(3)])
            case Poll(ticket=ticket, correlation_id=correlation_id):
                stands = [
                    Finished(run=RUN, result="succeeded"), Finished(run=RUN, result="failed"), Finished(run=RUN, result="cancelled"),
                    Going(run=RUN, step="build"), Absent(sure=False), Unreachable(code="runner_unreachable"),
                ]  # fmt: skip
                return PollAnswered(ticket=ticket, correlation_id=correlation_id, answer=stands[self.chance(6)])
            case CancelRun(correlation_id=correlation_id):
                taken = [CancelTaken(), CancelRefused(code="run_ended"), Unreachable(code="runner_unreachable")]
                return CancelAnswered(correlation_id=correlation_id, answer=taken[self.chance(3)])
            case CloseApproval() | LockLane() | Follow() | Say() | Note() | Alert() | Happened():
                return None

    def _turn(self, which: int) -> Input:
        return [
            LaneFree(sha=COMMIT.sha, rules=self.rules), LaneHeld(place=1, by="dep_0"), Locked(by="slack:U2", until=self.now + timedelta(hours=1)),
            Frozen(until=self.now + timedelta(hours=2)), LaneFree(sha="m0ved", rules=self.rules),
        ][which]  # fmt: skip

    def _call(self, ticket: int, correlation_id: str) -> Input | None:
        """Call the runner. The row of the call stays where nobody lives to write the answer."""
        def told(answer: Started | NotStarted | Lost) -> StartAnswered:
            return StartAnswered(ticket=ticket, correlation_id=correlation_id, answer=answer)

        match self.chance(9):
            case 0:
                self.pull(correlation_id)
                return told(Started(run=RUN))
            case 1:
                self.pull(correlation_id)
                return told(Started(run=None))
            case 2:
                self.pull(correlation_id)
                return told(Lost(code="runner_answer_lost"))
            case 3:
                self.pull(correlation_id)
                return None
            case 4:
                return told(NotStarted(code="runner_unreachable", again=True))
            case 5:
                return told(NotStarted(code="runner_refused"))
            case 6:
                return told(Lost(code="runner_answer_lost"))
            case 7:  # its lease is lost, and another does the row again before this is told
                self.late.append(told(NotStarted(code="runner_unreachable", again=True)))
                return None
            case _:
                self.on_its_way.append((self.now + timedelta(seconds=PATIENCE.call_s - 1), correlation_id))
                self.late.append(told(Started(run=None)))
                return told(Lost(code="runner_answer_lost"))

    def go_on(self) -> None:
        """Let what is next happen."""
        questions = [row for row in self.rows if isinstance(row, QUESTIONS) and still_wanted(self.deployment, row)]
        if self.deployment.state == "waiting":
            self.hear(ApprovalWon(digest=self.deployment.digest, votes=(YES,)))
        elif self.deployment.state == "queued":
            self.hear(self._turn(0))
        elif questions:
            self.work(questions[0])
        else:
            self.hear(Settled(how="did_not_run", by="slack:U2"))

    def people(self) -> None:
        """Somebody does something, whether it makes sense or not."""
        acts: list[Input] = [
            Hint(), CancelAsked(by="slack:U2"), Settled(how="ran", by="slack:U2"), Settled(how="did_not_run", by="slack:U2"), RetryAsked(by="slack:U2"),
            GlassBroken(by="slack:U2", reason="the shop is down"), Tick(), Changed(what=("commit",), rules=self.rules),
            ApprovalWon(digest=self.deployment.digest, votes=(YES,)),
        ]  # fmt: skip
        self.hear(acts[self.chance(len(acts))])


@settings(max_examples=60)
@given(
    tape=st.binary(min_size=120, max_size=250),
    policy=st.booleans(),
    times=st.integers(0, 2),
    begins=st.sampled_from(["asked", "starting"]),
)
def test_a_lever_is_pulled_at_most_once_and_nothing_is_forgotten(tape: bytes, policy: bool, times: int, begins: str) -> None:
    """Through any storm every rule of the world holds; when it is over, the deployment comes to an end, with its lane free."""
    world = World(Rules(policy=POLICY if policy else None, retry=Retry(times=times, wait_s=10), follows=("next",)))
    while world.deployment.state != begins:
        world.go_on()
    numbers = world.tape = iter(tape)
    for number in numbers:
        match number % 20:
            case 0:
                world.people()
            case 1:
                if world.late:
                    world.hear(world.late.pop(world.chance(len(world.late))))
            case 2:
                world.hear(world.heard[world.chance(len(world.heard))] if world.heard else Hint())
            case 3:
                world.pass_time([1.0, 30.0, 61.0, 3_600.0, 90_000.0][world.chance(5)])
            case _:
                world.rows = [row for row in world.rows if still_wanted(world.deployment, row)]
                if world.rows:
                    world.work(world.rows[number % len(world.rows)])
        world.nothing_is_forgotten()
    for _ in range(400):  # the storm is over: every answer is prompt and smooth
        if world.deployment.state in ENDED:
            break
        world.pass_time(61)
        world.go_on()
        world.nothing_is_forgotten()
    assert world.deployment.state in ENDED
    assert world.counts["standing"] == 0
    assert all(count <= 1 for count in world.pulled.values())
