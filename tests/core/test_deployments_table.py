"""Every input in every situation: what a deployment becomes and what must happen, or why nothing does.

A line is ``input: state effects``; a line that begins with ``=`` names the inputs that change nothing, and why. ``go`` is the one
word that lets the runner be called. It is five minutes after the deployment came to be in its situation.
"""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from core.some_deployment import came_to, inputs, later, situations

from leverframe.core.deployments import State, step
from leverframe.core.deployments.inputs import Input

TABLE = """
[asked, commit not known]
RefResolved: asked Look Say
RefRefused again: asked Resolve
RefRefused: failed Say Note Happened
Changed: asked Resolve Say
GlassBroken: asked Note Alert Say
CancelAsked: cancelled Say Note Happened
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered Started, StartAnswered Started unnamed, StartAnswered
    NotStarted again, StartAnswered NotStarted, StartAnswered Lost, FindAnswered Found, FindAnswered Absent sure, FindAnswered Absent,
    FindAnswered Unreachable, PollAnswered Going, PollAnswered Finished succeeded, PollAnswered Finished failed, PollAnswered Finished
    cancelled, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered
    Unreachable
= not_now: LaneFree, LaneHeld, Locked, Frozen, Early, Hint, Tick

[asked, commit known]
RefRefused again: asked Look
RefRefused: failed Say Note Happened
ShippingKnown: waiting AskApproval Wake Say Note Happened
Changed: asked Resolve Say
GlassBroken: asked Note Alert Say
Hint: asked Look
CancelAsked: cancelled Say Note Happened
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    RefResolved, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered Started, StartAnswered Started unnamed, StartAnswered
    NotStarted again, StartAnswered NotStarted, StartAnswered Lost, FindAnswered Found, FindAnswered Absent sure, FindAnswered Absent,
    FindAnswered Unreachable, PollAnswered Going, PollAnswered Finished succeeded, PollAnswered Finished failed, PollAnswered Finished
    cancelled, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered
    Unreachable
= not_now: LaneFree, LaneHeld, Locked, Frozen, Early, Tick

[waiting]
Voted: waiting Say
ApprovalWon: queued Note Happened Join Wake Say
ApprovalLost: cancelled Say Note Happened Happened
Changed: asked Resolve Say CloseApproval Note
GlassBroken: queued CloseApproval Note Alert Join Wake Say
CancelAsked: cancelled CloseApproval Say Note Happened
Tick: waiting Wake
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Beginning, StartAnswered Started, StartAnswered Started unnamed,
    StartAnswered NotStarted again, StartAnswered NotStarted, StartAnswered Lost, FindAnswered Found, FindAnswered Absent sure,
    FindAnswered Absent, FindAnswered Unreachable, PollAnswered Going, PollAnswered Finished succeeded, PollAnswered Finished failed,
    PollAnswered Finished cancelled, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered CancelTaken, CancelAnswered
    CancelRefused, CancelAnswered Unreachable
= not_now: LaneFree, LaneHeld, Locked, Frozen, Early, Hint

[queued]
Changed: asked Resolve Say Leave
GlassBroken: queued Note Alert SeeTurn Say
LaneFree: starting Call Say
LaneHeld: queued Say Wake
Locked: queued Say Wake
Frozen: queued Say Wake
Early: queued Say Wake
CancelAsked: cancelled Leave Say Note Happened
Tick: queued Wake
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered Started,
    StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted, StartAnswered Lost, FindAnswered Found,
    FindAnswered Absent sure, FindAnswered Absent, FindAnswered Unreachable, PollAnswered Going, PollAnswered Finished succeeded,
    PollAnswered Finished failed, PollAnswered Finished cancelled, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered
    CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable
= not_now: Hint

[starting, to be called]
Beginning: starting go
StartAnswered Started: running Poll Say Note Happened
StartAnswered Started unnamed: running Find Say Note Happened
FindAnswered Found: running Poll Say Note Happened
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
CancelAsked: cancelled FreeLane Say Note Happened
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, StartAnswered NotStarted again,
    StartAnswered NotStarted, StartAnswered Lost, FindAnswered Absent sure, FindAnswered Absent, FindAnswered Unreachable, PollAnswered
    Going, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered
    Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Hint, Tick

[starting, called]
Beginning: starting Find Say Note
StartAnswered Started: running Poll Say Note Happened
StartAnswered Started unnamed: running Find Say Note Happened
StartAnswered NotStarted again: starting Call Say Note
StartAnswered NotStarted: failed FreeLane Say Note Alert Happened
StartAnswered Lost: starting Find Say Note
FindAnswered Found: running Poll Say Note Happened
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
CancelAsked: starting Say Note
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, FindAnswered Absent sure, FindAnswered
    Absent, FindAnswered Unreachable, PollAnswered Going, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered CancelTaken,
    CancelAnswered CancelRefused, CancelAnswered Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Hint, Tick

[starting, answer lost]
StartAnswered Started: running Poll Say Note Happened Note
StartAnswered Started unnamed: running Find Say Note Happened
FindAnswered Found: running Poll Say Note Happened Note
FindAnswered Absent sure: starting Call Say Note
FindAnswered Absent: starting Find
FindAnswered Unreachable: starting Find
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
Hint: starting Find
CancelAsked: starting Say Note
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered NotStarted
    again, StartAnswered NotStarted, StartAnswered Lost, PollAnswered Going, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered
    CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Tick

[running]
PollAnswered Going: running Poll Say
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
PollAnswered Absent: running Find Say Note
PollAnswered Unreachable: running Poll Say
Hint: running Poll
CancelAsked: running CancelRun Say Note
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered Started,
    StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted, StartAnswered Lost, FindAnswered Absent sure,
    FindAnswered Absent, FindAnswered Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Tick
= repeated: FindAnswered Found

[running, to be cancelled]
PollAnswered Going: running Poll Say
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
PollAnswered Absent: running Find Say Note
PollAnswered Unreachable: running Poll Say
CancelAnswered CancelTaken: running Poll Say
CancelAnswered CancelRefused: running Poll Say Note
CancelAnswered Unreachable: running CancelRun
Hint: running Poll
= cancel_repeated: CancelAsked
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered Started,
    StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted, StartAnswered Lost, FindAnswered Absent sure,
    FindAnswered Absent, FindAnswered Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Tick
= repeated: FindAnswered Found

[running, run not named]
StartAnswered Started: running Poll Say
FindAnswered Found: running Poll Say
FindAnswered Absent sure: running Find
FindAnswered Absent: running Find
FindAnswered Unreachable: running Find
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
Hint: running Find
CancelAsked: running Say Note
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered NotStarted
    again, StartAnswered NotStarted, StartAnswered Lost, PollAnswered Going, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered
    CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Tick
= repeated: StartAnswered Started unnamed

[unknown]
StartAnswered Started: running Poll Say Note Happened Note
StartAnswered Started unnamed: unknown Say
FindAnswered Found: running Poll Say Note Happened Note
FindAnswered Absent sure: failed FreeLane Say Note Alert Happened
FindAnswered Absent: unknown Find
FindAnswered Unreachable: unknown Find
PollAnswered Going: running Poll Say Note Happened Note
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
Hint: unknown Find
CancelAsked: unknown Say Note
Settled ran: succeeded FreeLane Say Note Happened
Settled did_not_run: failed FreeLane Say Note Happened
= deployment_not_failed: RetryAsked
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered NotStarted
    again, StartAnswered NotStarted, StartAnswered Lost, PollAnswered Absent, PollAnswered Unreachable, CancelAnswered CancelTaken,
    CancelAnswered CancelRefused, CancelAnswered Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Tick

[unknown, run known]
FindAnswered Found: running Poll Say Note
FindAnswered Absent sure: unknown Find
FindAnswered Absent: unknown Find
FindAnswered Unreachable: unknown Find
PollAnswered Going: running Poll Say Note
PollAnswered Finished succeeded: succeeded FreeLane Say Note Happened
PollAnswered Finished failed: failed FreeLane Say Note Alert Happened
PollAnswered Finished cancelled: cancelled FreeLane Say Note Happened
PollAnswered Absent: unknown Find
PollAnswered Unreachable: unknown Find
Hint: unknown Poll
CancelAsked: unknown CancelRun Say Note
Settled ran: succeeded FreeLane Say Note Happened
Settled did_not_run: failed FreeLane Say Note Happened
= deployment_not_failed: RetryAsked
= deployment_under_way: GlassBroken
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Beginning, StartAnswered Started,
    StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted, StartAnswered Lost, CancelAnswered
    CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable
= not_now: Changed, LaneFree, LaneHeld, Locked, Frozen, Early, Tick

[succeeded]
= deployment_ended: GlassBroken, CancelAsked
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Changed, LaneFree, LaneHeld, Locked,
    Frozen, Early, Beginning, StartAnswered Started, StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted,
    StartAnswered Lost, FindAnswered Found, FindAnswered Absent sure, FindAnswered Absent, FindAnswered Unreachable, PollAnswered Going,
    PollAnswered Finished succeeded, PollAnswered Finished failed, PollAnswered Finished cancelled, PollAnswered Absent, PollAnswered
    Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable, Hint, Tick

[failed]
RetryAsked: asked Look Say Note
= deployment_ended: GlassBroken, CancelAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Changed, LaneFree, LaneHeld, Locked,
    Frozen, Early, Beginning, StartAnswered Started, StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted,
    StartAnswered Lost, FindAnswered Found, FindAnswered Absent sure, FindAnswered Absent, FindAnswered Unreachable, PollAnswered Going,
    PollAnswered Finished succeeded, PollAnswered Finished failed, PollAnswered Finished cancelled, PollAnswered Absent, PollAnswered
    Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable, Hint, Tick

[cancelled]
= deployment_ended: GlassBroken, CancelAsked
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Changed, LaneFree, LaneHeld, Locked,
    Frozen, Early, Beginning, StartAnswered Started, StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted,
    StartAnswered Lost, FindAnswered Found, FindAnswered Absent sure, FindAnswered Absent, FindAnswered Unreachable, PollAnswered Going,
    PollAnswered Finished succeeded, PollAnswered Finished failed, PollAnswered Finished cancelled, PollAnswered Absent, PollAnswered
    Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable, Hint, Tick

[expired]
= deployment_ended: GlassBroken, CancelAsked
= deployment_not_failed: RetryAsked
= deployment_not_unknown: Settled ran, Settled did_not_run
= late: Joined,
    RefResolved, RefRefused again, RefRefused, ShippingKnown, Voted, ApprovalWon, ApprovalLost, Changed, LaneFree, LaneHeld, Locked,
    Frozen, Early, Beginning, StartAnswered Started, StartAnswered Started unnamed, StartAnswered NotStarted again, StartAnswered NotStarted,
    StartAnswered Lost, FindAnswered Found, FindAnswered Absent sure, FindAnswered Absent, FindAnswered Unreachable, PollAnswered Going,
    PollAnswered Finished succeeded, PollAnswered Finished failed, PollAnswered Finished cancelled, PollAnswered Absent, PollAnswered
    Unreachable, CancelAnswered CancelTaken, CancelAnswered CancelRefused, CancelAnswered Unreachable, Hint, Tick
"""


def _read(table: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    row: dict[str, str] = {}
    for line in table.strip().replace("\n    ", " ").splitlines():
        left, _, right = line.partition(": ")
        if line.startswith("["):
            row = found.setdefault(line.strip("[]"), {})
        elif line.startswith("="):
            for name in right.split(", "):
                assert name not in row, f"{name} stands twice"
                row[name] = left[2:]
        elif line:
            assert left not in row, f"{left} stands twice"
            row[left] = right
    return found


EXPECTED = _read(TABLE)
SITUATIONS = situations()


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_an_input_brings(situation: str) -> None:
    """The deployment goes on, ends or stays exactly as the table says; staying, it is the very same and nothing happens."""
    deployment = SITUATIONS[situation]
    for name, one in inputs(deployment).items():
        stepped = step(deployment, one, now=later(300))
        assert came_to(stepped) == EXPECTED[situation][name], name
        if stepped.ignored is not None:
            assert (stepped.deployment, stepped.effects, stepped.go) == (deployment, (), False)


def test_no_pair_is_missing() -> None:
    """The table has every state, every kind of input and every answer of a runner, in every combination."""
    names = inputs(SITUATIONS["queued"])
    kinds = {kind.__name__ for kind in get_args(Input)}
    answers = {
        f"{kind.__name__} {answer.__name__}"
        for kind in get_args(Input)
        if "answer" in get_type_hints(kind)
        for answer in get_args(get_type_hints(kind)["answer"])
    }
    assert {name.partition(" ")[0] for name in names} == kinds
    assert {answer for answer in answers if not any(name.startswith(answer) for name in names)} == set()
    assert {deployment.state for deployment in SITUATIONS.values()} == set(get_args(State))
    assert set(EXPECTED) == set(SITUATIONS)
    assert {situation: set(row) ^ set(names) for situation, row in EXPECTED.items() if set(row) != set(names)} == {}


def test_an_input_stands_for_what_it_is_called() -> None:
    """The names of the table are those of the inputs."""
    assert all(type(one).__name__ == name.partition(" ")[0] for name, one in inputs(SITUATIONS["running"]).items())
