"""What a deployment tells: its snapshot, its history, its effects as rows."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from core.some_deployment import (
    ANN,
    BOB,
    COMMIT,
    NOW,
    POLICY,
    RUN,
    YES,
    asked,
    called,
    finished,
    later,
    looked,
    played,
    poll,
    resolved,
    running,
    situations,
    start,
    starting,
)
from msgspec.structs import replace

from leverframe.core.deployments import Deployment, Retry, Rules, live, rollback_target, snapshot
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
from leverframe.core.deployments.inputs import GlassBroken, Voted
from leverframe.core.deployments.values import End
from leverframe.core.lanes import Frozen, LaneHeld, Locked
from leverframe.core.runs import Finished, Going, Run, Started
from leverframe.core.shipping import Change, Checks, Resolved, Shipping
from leverframe.core.wording.levers.view import DeploymentView, view

EFFECTS: list[Effect] = [
    Resolve(ticket=1, ref=None), Look(ticket=2, sha="c0ffee", in_s=3), AskApproval(policy=POLICY, digest="d", expires_at=NOW, authors=("octocat",)),
    CloseApproval(digest="d", result="void"), Join(lane="x"), Leave(lane="x"), FreeLane(lane="x"), SeeTurn(lane="x"),
    LockLane(lane="x", owner=None, reason="r"), Call(ticket=3, correlation_id="dep_1"), Find(ticket=4, correlation_id="dep_1"),
    Poll(ticket=5, correlation_id="dep_1"), CancelRun(correlation_id="dep_1"), Wake(at=NOW), Follow(environment="production", commit=COMMIT), Say(),
    Note(what="approved", by=ANN), Alert(what="unknown"), Happened(name="asked"),
]  # fmt: skip


def test_every_effect_is_kept_as_a_row_and_read_as_it_was() -> None:
    """A name and JSON, for each kind there is."""
    assert [type(effect) for effect in EFFECTS] == list(get_args(Effect))
    assert [unpack(*pack(effect)) for effect in EFFECTS] == EFFECTS
    assert [pack(effect)[0] for effect in EFFECTS[:2]] == ["Resolve", "Look"]


@pytest.mark.parametrize("situation", situations())
def test_a_snapshot_is_plain_json_in_every_situation(situation: str) -> None:
    """Of the same names always, so that a card can be made of it at any time."""
    found = snapshot(situations()[situation])
    assert json.loads(json.dumps(found)) == found
    assert set(found) == set(snapshot(asked()))
    assert found["state"] == situation.partition(",")[0]


def test_a_snapshot_shows_what_would_ship_and_who_is_asked() -> None:
    """Commits, checks, votes, roles, and when the question expires."""
    changes = Shipping(changes=(Change(title="Faster", author="octocat", number=7),), total=2, authors=("octocat",), behind=True)
    d = looked(resolved(asked(Rules(policy=POLICY, checks=()), by_name="Ann")), shipping=changes, checks=Checks(state="success"))
    found = snapshot(played(d, Voted(digest=d.digest, votes=(YES,))))
    assert (found["requested_by"], found["ref"], found["sha"], found["from_sha"]) == ("Ann", "main", "c0ffee", "0ld")
    assert found["changes"][0]["number"] == 7 and found["changes_total"] == 2 and found["behind"] is True
    assert found["checks"]["state"] == "success"
    assert (found["approvals_needed"], found["approvers"]) == (2, ["release"])
    assert found["votes"] == [{"name": "Ann", "approves": True, "reason": ""}]
    assert found["expires_at"] == later(POLICY.expires_s).isoformat().replace("+00:00", "Z")


def test_a_snapshot_shows_what_holds_it() -> None:
    """A place, a lock with who waits for it, or a freeze."""
    queued = looked(asked())
    assert snapshot(played(queued, LaneHeld(place=2, by="dep_0")))["place"] == 2
    locked = snapshot(played(queued, Locked(by=BOB, by_name="Bob", reason="migration", until=later(60), waiters=(ANN,))))["lock"]
    assert (locked["by"], locked["reason"], locked["waiting"], locked["environment"]) == ("Bob", "migration", [ANN], "production")
    assert snapshot(played(queued, Frozen(until=later(60), reason="weekend")))["freeze"]["reason"] == "weekend"
    broken = snapshot(played(queued, GlassBroken(by=BOB, reason="the shop is down")))
    assert (broken["break_glass"], broken["reason"]) == (True, "the shop is down")


def test_a_snapshot_shows_the_run_each_try_and_the_end() -> None:
    """Number, link, step, result of former tries, why it failed, and what may be done now."""
    d = running(Rules(retry=Retry(times=1)))
    d = played(d, poll(d, Going(run=RUN, step="build")))
    assert [snapshot(d)[key] for key in ("run_number", "run_url", "step", "try_number", "tries")] == ["#42", RUN.url, "build", 1, 2]
    again = called(finished(d, "failed", detail="tests"))
    again = played(again, start(again, Started(run=Run(id="988", number="#43"))))
    over = snapshot(finished(again, "failed", detail="tests again", log_tail="E 1"))
    assert [(one["run_number"], one["result"], one["detail"]) for one in over["former_tries"]] == [("#42", "failed", "tests")]
    assert [over[key] for key in ("try_number", "code", "detail", "log_tail", "rollback_ref", "can_retry")] == [
        2, "run_failed", "tests again", "E 1", "0ld", True,
    ]  # fmt: skip


@pytest.mark.parametrize("situation", situations())
def test_a_card_reads_the_snapshot(situation: str) -> None:
    """What the sentences are made from finds every one of its fields by its own name."""
    found = snapshot(situations()[situation])
    seen = view(found)
    assert set(DeploymentView.__struct_fields__) <= set(found)
    assert (seen.id, seen.state, seen.service, seen.sha, seen.run_number) == tuple(found[key] for key in ("id", "state", "service", "sha", "run_number"))


def went(sha: str, state: str = "succeeded", *, kind: str = "deploy", base: str | None = None) -> Deployment:
    """Return a deployment of a commit that ran."""
    d = called(starting(looked(asked(commit=Resolved(ref="main", sha=sha), kind=kind), base=base)))
    d = played(d, start(d, Started(run=RUN)))
    return played(d, poll(d, Finished(run=RUN, result=state)))  # type: ignore[arg-type]


NEVER_RAN = asked(commit=Resolved(ref="main", sha="z"))


@pytest.mark.parametrize(
    ("done", "now", "target"),
    [  # the newest first
        ([], None, None),
        ([went("a")], "a", None),
        ([went("b"), went("a")], "b", "a"),
        ([went("a"), went("a")], "a", None),
        ([went("b", "failed"), went("a")], "a", "a"),  # a failure leaves who knows what: back to what was good
        ([NEVER_RAN, went("b"), went("a")], "b", "a"),
        ([went("b", "failed")], None, None),
        ([went("a", kind="rollback", base="b"), went("b"), went("a")], "a", None),  # b was bad
        ([went("b", kind="rollback", base="c"), went("c"), went("b"), went("a")], "b", "a"),
        ([went("c"), went("a", kind="rollback", base="b"), went("b"), went("a")], "c", "a"),
        ([went("c"), went("b"), went("a", kind="rollback", base="b"), went("b"), went("a")], "c", "b"),  # b is good again
        ([went("c"), went("a", kind="rollback", base="a"), went("b", "failed"), went("a")], "c", "a"),
        ([went("a", kind="rollback", base="a"), went("c"), went("a"), went("z")], "a", "z"),  # c still ran when it was taken back
        ([replace(went("b", "failed"), end=End(at=later(9))), replace(went("c"), end=End(at=later(5))), went("a")], "c", "a"),  # b was asked for again, and cancelled
    ],
)
def test_a_rollback_goes_to_the_last_good_commit(done: list[Deployment], now: str | None, target: str | None) -> None:
    """The one before what is live, or what was live before something went wrong; never to what was rolled back since."""
    current, back = live(done), rollback_target(done)
    assert (current.sha if current else None, back.sha if back else None) == (now, target)
    assert rollback_target(done, under_way=True) == current
