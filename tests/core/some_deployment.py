"""Deployments in every situation, and every input that can meet them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from leverframe.core.approvals import Policy, Vote
from leverframe.core.deployments import Deployment, Patience, Rules, Stepped, ask, from_json, step, to_json
from leverframe.core.deployments.effects import Call, Find, Look, Poll, Resolve
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
    Joined,
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
from leverframe.core.dispatches import Dispatch
from leverframe.core.lanes import Early, Frozen, LaneHeld, Locked
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started, Unreachable
from leverframe.core.shipping import Checks, Resolved, Shipping

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)  # a Friday
COMMIT = Resolved(ref="main", sha="c0ffee", url="https://github.com/acme/web-app/commit/c0ffee")
RUN = Run(id="987", number="#42", url="https://ci.example.com/42")
POLICY = Policy(required=2, from_roles=("release",), break_glass=("oncall",))
YES = Vote(actor="slack:U1", person="slack:u1", approves=True, at=NOW, name="Ann")
ANN, BOB = "slack:U1", "slack:U2"
PATIENCE = Patience()


def later(seconds: float, since: datetime = NOW) -> datetime:
    """Return the instant ``seconds`` after ``since``."""
    return since + timedelta(seconds=seconds)


def asked(rules: Rules | None = None, **changes: Any) -> Deployment:
    """Return a deployment that was just asked for."""
    fields: dict[str, Any] = {"id": "dep_1", "service": "web-app", "environment": "production", "lane": "web-app/production", "by": ANN, "now": NOW}
    return ask(**(fields | {"rules": rules or Rules()} | changes)).deployment


def played(deployment: Deployment, *inputs: Input, now: datetime = NOW) -> Deployment:
    """Return the deployment after inputs that must all be taken in."""
    for one in inputs:
        stepped = step(deployment, one, now=now)
        assert stepped.ignored is None, (one, stepped.ignored)
        deployment = from_json(to_json(stepped.deployment))
    return deployment


def resolved(d: Deployment, commit: Resolved = COMMIT) -> Deployment:
    """Return ``d`` with its commit known."""
    return played(d, RefResolved(ticket=d.ticket, commit=commit))


def looked(d: Deployment, **known: Any) -> Deployment:
    """Return ``d`` after what would ship is known: it waits, or is queued."""
    d = resolved(d) if d.commit is None else d
    return played(d, ShippingKnown(**({"ticket": d.ticket, "base": "0ld"} | known)))


def won(d: Deployment, now: datetime = NOW) -> Deployment:
    """Return ``d``, which waits, approved."""
    return played(d, ApprovalWon(digest=d.digest, votes=(YES,)), now=now)


def turn(d: Deployment, **changes: Any) -> LaneFree:
    """Return that it is the deployment's turn, and all is as it was."""
    assert d.commit is not None
    return LaneFree(**({"sha": d.commit.sha, "rules": d.rules} | changes))


def starting(d: Deployment, now: datetime = NOW) -> Deployment:
    """Return ``d``, which is queued, with its turn come."""
    return played(d, turn(d), now=now)


def called(d: Deployment, now: datetime = NOW) -> Deployment:
    """Return ``d``, which is to be started, with its runner called."""
    return played(d, Beginning(ticket=d.ticket), now=now)


def start(d: Deployment, answer: Started | NotStarted | Lost, ticket: int | None = None) -> StartAnswered:
    """Return what the runner said to the call."""
    assert d.last_try is not None
    return StartAnswered(ticket=d.ticket if ticket is None else ticket, correlation_id=d.last_try.correlation_id, answer=answer)


def find(d: Deployment, answer: Found | Absent | Unreachable, ticket: int | None = None) -> FindAnswered:
    """Return what the runner said when it was asked for the run."""
    assert d.last_try is not None
    return FindAnswered(ticket=d.ticket if ticket is None else ticket, correlation_id=d.last_try.correlation_id, answer=answer)


def poll(d: Deployment, answer: Going | Finished | Absent | Unreachable, ticket: int | None = None) -> PollAnswered:
    """Return what the runner said when it was asked how the run stands."""
    assert d.last_try is not None
    return PollAnswered(ticket=d.ticket if ticket is None else ticket, correlation_id=d.last_try.correlation_id, answer=answer)


def cancel_said(d: Deployment, answer: CancelTaken | CancelRefused | Unreachable) -> CancelAnswered:
    """Return what the runner said when it was asked to end the run."""
    assert d.last_try is not None
    return CancelAnswered(correlation_id=d.last_try.correlation_id, answer=answer)


def running(rules: Rules | None = None, **changes: Any) -> Deployment:
    """Return a deployment that runs."""
    d = called(starting(looked(asked(rules, **changes))))
    return played(d, start(d, Started(run=RUN)))


def lost(d: Deployment) -> Deployment:
    """Return ``d``, whose runner was called, with the answer lost."""
    return played(d, start(d, Lost(code="runner_answer_lost")))


def unknown(d: Deployment) -> Deployment:
    """Return ``d``, whose run is looked for, after it was looked for in vain."""
    while d.state != "unknown":
        d = played(d, find(d, Absent(sure=False)), now=later(120))
    return d


def finished(d: Deployment, result: Any, **more: Any) -> Deployment:
    """Return ``d`` after its run ended."""
    return played(d, poll(d, Finished(run=RUN, result=result, **more)))


def situations() -> dict[str, Deployment]:
    """Return a deployment for every state, and for each that a state may hide."""
    ruled = Rules(policy=POLICY)
    waiting = looked(asked(ruled))
    queued = looked(asked())
    due = starting(queued)
    on_call = called(due)
    unnamed = played(on_call, start(on_call, Started(run=None)))
    return {
        "asked, commit not known": asked(ruled),
        "asked, commit known": resolved(asked(ruled)),
        "waiting": waiting,
        "queued": queued,
        "starting, to be called": due,
        "starting, called": on_call,
        "starting, answer lost": lost(on_call),
        "running": running(),
        "running, to be cancelled": played(running(), CancelAsked(by=BOB)),
        "running, run not named": unnamed,
        "unknown": unknown(lost(on_call)),
        "unknown, run known": _unknown_run(),
        "succeeded": finished(running(), "succeeded"),
        "failed": finished(running(), "failed"),
        "cancelled": played(queued, CancelAsked(by=BOB)),
        "expired": played(waiting, Tick(), now=later(POLICY.expires_s)),
    }


def _unknown_run() -> Deployment:
    d = running()
    return unknown(played(d, poll(d, Absent(sure=False))))


def inputs(d: Deployment) -> dict[str, Input]:
    """Return one input of every kind, each of them the answer to the question that is open."""
    last = d.last_try.correlation_id if d.last_try is not None else d.id
    ticket, known = d.ticket, {"ticket": d.ticket, "correlation_id": last}
    return {
        "RefResolved": RefResolved(ticket=ticket, commit=COMMIT),
        "RefRefused again": RefRefused(ticket=ticket, code="github_unreachable", again=True),
        "RefRefused": RefRefused(ticket=ticket, code="ref_unknown"),
        "ShippingKnown": ShippingKnown(ticket=ticket, base="0ld", shipping=Shipping(changes=(), total=0, authors=()), checks=Checks(state="none")),
        "Voted": Voted(digest=d.digest, votes=(YES,)),
        "ApprovalWon": ApprovalWon(digest=d.digest, votes=(YES,)),
        "ApprovalLost": ApprovalLost(digest=d.digest, by=BOB),
        "Changed": Changed(what=("commit",), rules=replace(d.rules, queue_expires_s=1.0)),
        "GlassBroken": GlassBroken(by=BOB, reason="the shop is down"),
        "Joined": Joined(dispatch=Dispatch(event_type="webhook", payload="{}")),
        "LaneFree": LaneFree(sha=COMMIT.sha, rules=d.rules),
        "LaneHeld": LaneHeld(place=1, by="dep_0"),
        "Locked": Locked(by=BOB),
        "Frozen": Frozen(until=later(600)),
        "Early": Early(until=later(600)),
        "Beginning": Beginning(ticket=ticket),
        "StartAnswered Started": StartAnswered(**known, answer=Started(run=RUN)),
        "StartAnswered Started unnamed": StartAnswered(**known, answer=Started(run=None)),
        "StartAnswered NotStarted again": StartAnswered(**known, answer=NotStarted(code="runner_unreachable", again=True)),
        "StartAnswered NotStarted": StartAnswered(**known, answer=NotStarted(code="runner_refused")),
        "StartAnswered Lost": StartAnswered(**known, answer=Lost(code="runner_answer_lost")),
        "FindAnswered Found": FindAnswered(**known, answer=Found(run=RUN)),
        "FindAnswered Absent sure": FindAnswered(**known, answer=Absent(sure=True)),
        "FindAnswered Absent": FindAnswered(**known, answer=Absent(sure=False)),
        "FindAnswered Unreachable": FindAnswered(**known, answer=Unreachable(code="runner_unreachable")),
        "PollAnswered Going": PollAnswered(**known, answer=Going(run=RUN, step="build")),
        "PollAnswered Finished succeeded": PollAnswered(**known, answer=Finished(run=RUN, result="succeeded")),
        "PollAnswered Finished failed": PollAnswered(**known, answer=Finished(run=RUN, result="failed")),
        "PollAnswered Finished cancelled": PollAnswered(**known, answer=Finished(run=RUN, result="cancelled")),
        "PollAnswered Absent": PollAnswered(**known, answer=Absent(sure=True)),
        "PollAnswered Unreachable": PollAnswered(**known, answer=Unreachable(code="runner_unreachable")),
        "CancelAnswered CancelTaken": CancelAnswered(correlation_id=last, answer=CancelTaken()),
        "CancelAnswered CancelRefused": CancelAnswered(correlation_id=last, answer=CancelRefused(code="run_ended")),
        "CancelAnswered Unreachable": CancelAnswered(correlation_id=last, answer=Unreachable(code="runner_unreachable")),
        "Hint": Hint(),
        "CancelAsked": CancelAsked(by=BOB),
        "RetryAsked": RetryAsked(by=BOB),
        "Settled ran": Settled(how="ran", by=BOB),
        "Settled did_not_run": Settled(how="did_not_run", by=BOB),
        "Tick": Tick(),
    }


def came_to(stepped: Stepped) -> str:
    """Return in one line what an input brought: the state and the effects, or why nothing."""
    if stepped.ignored is not None:
        return stepped.ignored
    return " ".join([stepped.deployment.state, *(["go"] if stepped.go else []), *(type(effect).__name__ for effect in stepped.effects)])


def only(effects: Sequence[object], kind: type[Any]) -> Any:
    """Return the one effect of a kind."""
    (found,) = [effect for effect in effects if isinstance(effect, kind)]
    return found


QUESTIONS = (Resolve, Look, Call, Find, Poll)
