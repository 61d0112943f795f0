"""Lanes: whose turn it is, who waits for what, and locks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leverframe.core.lanes import (
    Frozen,
    LaneHeld,
    Lock,
    Locked,
    LockFreed,
    LockHeld,
    LockStolen,
    LockTaken,
    Next,
    Waiting,
    free_lock,
    lane_key,
    lock_ended,
    lock_from_json,
    lock_to_json,
    steal_lock,
    take_lock,
    turns,
    wait_for_lock,
)
from leverframe.core.people import People

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
ANN, BOB, CAN = "slack:T1/U1", "slack:T1/U2", "slack:T1/U3"
PEOPLE = People(identities={"ann": (ANN, "teams:ann")})
LANE = "web-app/production"
FREEZE = Frozen(until=NOW + timedelta(hours=1), reason="weekend")


def waits(number: int, by: str | None = BOB, **more: object) -> Waiting:
    """Return a deployment that was asked for ``number`` minutes after nine."""
    return Waiting(id=f"dep_{number}", asked_at=NOW + timedelta(minutes=number), by=by, **more)  # type: ignore[arg-type]


def lock(**more: object) -> Lock:
    """Return Ann's lock."""
    return Lock(**({"lane": LANE, "owner": ANN, "reason": "migration", "since": NOW} | more))  # type: ignore[arg-type]


def seen(waiting: list[Waiting], running: str | None = None, lock: Lock | None = None) -> dict[str, object]:
    """Return what everybody waits for."""
    return dict(turns(waiting, running=running, lock=lock, people=PEOPLE, now=NOW))


def test_a_lane_is_an_environment_or_a_whole_service() -> None:
    """``lane = "service"`` lets one deployment of the service run at a time, wherever it goes."""
    assert lane_key("web-app", "production") == LANE
    assert lane_key("web-app", "production", whole_service=True) == lane_key("web-app", "staging", whole_service=True) == "web-app"


def test_first_come_first_served() -> None:
    """One goes, the others see their place and who is before them."""
    assert seen([waits(3), waits(1), waits(2)]) == {
        "dep_1": Next(), "dep_2": LaneHeld(place=1, by="dep_1"), "dep_3": LaneHeld(place=2, by="dep_1"),
    }  # fmt: skip


def test_one_runs_at_a_time() -> None:
    """While one has the lane nobody's turn comes."""
    assert seen([waits(1), waits(2)], running="dep_0") == {"dep_1": LaneHeld(place=1, by="dep_0"), "dep_2": LaneHeld(place=2, by="dep_0")}


def test_a_rollback_goes_first() -> None:
    """What is broken is mended before anything new."""
    found = seen([waits(1), waits(2, kind="rollback")])
    assert found == {"dep_2": Next(), "dep_1": LaneHeld(place=1, by="dep_2")}


def test_a_lock_lets_its_owner_through() -> None:
    """Whatever account the owner speaks from; all others wait for the lock, and what the hub started by itself too."""
    found = seen([waits(1), waits(2, by=None), waits(3, by="teams:ann")], lock=lock(owner_name="Ann", waiters=(CAN,)))
    held = Locked(by=ANN, by_name="Ann", reason="migration", waiters=(CAN,))
    assert found == {"dep_1": held, "dep_2": held, "dep_3": Next()}


@pytest.mark.parametrize(("until", "next_"), [(NOW + timedelta(seconds=1), False), (NOW, True)])
def test_a_lock_ends_at_its_time(until: datetime, next_: bool) -> None:
    """From then on it stops nobody."""
    assert (seen([waits(1)], lock=lock(until=until))["dep_1"] == Next()) is next_


def test_a_freeze_stops_those_it_is_for() -> None:
    """In a lane of a whole service another environment goes on; who broke the glass goes too; a freeze that is over stops nobody."""
    over = Frozen(until=NOW)
    assert seen([waits(1, frozen=FREEZE), waits(2)]) == {"dep_1": FREEZE, "dep_2": Next()}
    assert seen([waits(1, frozen=FREEZE, broke_glass=True)]) == {"dep_1": Next()}
    assert seen([waits(1, frozen=over)]) == {"dep_1": Next()}
    assert seen([waits(1, frozen=FREEZE, by=ANN)], lock=lock()) == {"dep_1": FREEZE}


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            waits, st.integers(0, 60), st.sampled_from([ANN, BOB, None]), kind=st.sampled_from(["deploy", "rollback"]),
            frozen=st.sampled_from([None, FREEZE]), broke_glass=st.booleans(),
        ),
        unique_by=lambda one: one.id,
    ),
    st.sampled_from([None, "dep_99"]),
    st.sampled_from([None, lock()]),
)  # fmt: skip
def test_at_most_one_is_next(waiting: list[Waiting], running: str | None, held: Lock | None) -> None:
    """Everybody gets an answer, nobody's turn comes while one runs, somebody's does when they can, and places have no gaps."""
    found = turns(waiting, running=running, lock=held, people=PEOPLE, now=NOW)
    assert set(found) == {one.id for one in waiting}
    next_ = [one for one in found.values() if isinstance(one, Next)]
    places = sorted(one.place for one in found.values() if isinstance(one, LaneHeld))
    assert places == list(range(1, len(places) + 1))
    assert len(next_) <= (0 if running else 1)
    if running is None:
        assert next_ or not places


def test_a_lock_is_taken_and_kept_by_its_owner() -> None:
    """The owner may say something else, from any account; somebody else may not; one that is over is anybody's."""
    taken = take_lock(None, lane=LANE, owner=ANN, reason="migration", until=None, people=PEOPLE, now=NOW)
    assert isinstance(taken, LockTaken) and taken.lock == lock()
    again = take_lock(taken.lock, lane=LANE, owner="teams:ann", reason="longer", until=NOW + timedelta(hours=1), people=PEOPLE, now=NOW)
    assert isinstance(again, LockTaken) and (again.lock.owner, again.lock.reason, again.lock.version) == (ANN, "longer", 2)
    shorter = take_lock(again.lock, lane=LANE, owner=ANN, reason="", until=NOW + timedelta(minutes=5), people=PEOPLE, now=NOW)
    assert isinstance(shorter, LockTaken) and (shorter.lock.reason, shorter.lock.until) == ("longer", NOW + timedelta(minutes=5))  # it was once forgotten
    assert take_lock(again.lock, lane=LANE, owner=BOB, reason="", until=None, people=PEOPLE, now=NOW) == LockHeld(lock=again.lock)
    late = take_lock(again.lock, lane=LANE, owner=BOB, reason="", until=None, people=PEOPLE, now=NOW + timedelta(hours=1))
    assert isinstance(late, LockTaken) and (late.lock.owner, late.lock.version) == (BOB, 3)


def test_stealing_is_an_act_of_its_own() -> None:
    """The former owner is to be told, and those who wait keep waiting, but for the thief."""
    stolen = steal_lock(lock(waiters=(BOB, CAN)), owner=BOB, reason="hotfix", until=None, now=NOW)
    assert isinstance(stolen, LockStolen) and stolen.former == ANN
    assert (stolen.lock.owner, stolen.lock.reason, stolen.lock.waiters, stolen.lock.version) == (BOB, "hotfix", (CAN,), 2)


def test_who_waits_for_a_lock_is_told_when_it_frees() -> None:
    """In the order of asking, each once, and not the owner."""
    held = lock()
    for actor in (BOB, CAN, BOB, "teams:ann"):
        held = wait_for_lock(held, actor, PEOPLE)
    assert held.waiters == (BOB, CAN)
    assert free_lock(held, by=BOB, people=PEOPLE, now=NOW) == LockHeld(lock=held)
    assert free_lock(held, by="teams:ann", people=PEOPLE, now=NOW) == LockFreed(tell=(BOB, CAN))


def test_a_lock_that_is_over_is_freed_by_anybody() -> None:
    """A lock without an end is not over by itself."""
    assert not lock_ended(lock(), NOW + timedelta(days=999)) and lock_ended(None, NOW)
    assert free_lock(lock(until=NOW, waiters=(CAN,)), by=BOB, people=PEOPLE, now=NOW) == LockFreed(tell=(CAN,))


def test_a_lock_is_kept_as_json_and_read_as_it_was() -> None:
    """With its end and its waiters."""
    held = lock(until=NOW, waiters=(BOB,), version=7)
    assert lock_from_json(lock_to_json(held)) == held
