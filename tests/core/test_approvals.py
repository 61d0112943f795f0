"""Approvals: who counts, what decides, and that it is decided once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from leverframe.core.approvals import (
    AlreadyDecided,
    AlreadyVoted,
    Approval,
    Counted,
    NotCounted,
    Policy,
    ask,
    break_glass,
    close,
    digest,
    from_json,
    to_json,
    vote,
)
from leverframe.core.people import People

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
ANN, BOB, CAN, DEE = "slack:T1/U1", "slack:T1/U2", "slack:T1/U3", "slack:T1/U4"
PEOPLE = People(identities={"ann": (ANN, "teams:ann", "github:ann"), "bob": (BOB, "teams:bob"), "eve": ("teams:eve", "slack:T1/U5")})
STRANGER = "teams:nobody-knows"


def question(policy: Policy | None = None, requester: str | None = ANN, authors: tuple[str, ...] = ()) -> Approval:
    """Return an open question that Ann asked."""
    return ask(id="apr_1", deployment="dep_1", digest="d" * 64, policy=policy or Policy(), requester=requester, authors=authors, now=NOW)


def cast(approval: Approval, actor: str, *, approves: bool = True, roles: tuple[str, ...] = (), now: datetime = NOW, reason: str = "") -> object:
    """Return what comes of a vote."""
    return vote(approval, actor=actor, roles=roles, approves=approves, people=PEOPLE, now=now, reason=reason)


def after(approval: Approval, *actors: str) -> Approval:
    """Return the question after approvals that all count."""
    for actor in actors:
        counted = cast(approval, actor)
        assert isinstance(counted, Counted), counted
        approval = counted.approval
    return approval


def test_so_many_approvals_as_the_policy_wants_decide_yes() -> None:
    """Each vote is kept with its time; the last one decides."""
    two = question(Policy(required=2))
    first = after(two, BOB)
    assert (first.result, first.version, [one.actor for one in first.votes]) == ("open", 2, [BOB])
    second = after(first, CAN)
    assert (second.result, second.decided_by, second.decided_at, second.version) == ("won", CAN, NOW, 3)


def test_one_rejection_decides_no() -> None:
    """Also after an approval, and with the reason; who approved may still reject."""
    two = after(question(Policy(required=2)), BOB)
    for actor in (BOB, CAN):
        counted = cast(two, actor, approves=False, reason="not on a Friday")
        assert isinstance(counted, Counted)
        assert (counted.approval.result, counted.approval.decided_by, counted.approval.reason) == ("lost", actor, "not on a Friday")
    counted = cast(question(Policy(required=1)), BOB, approves=False)
    assert isinstance(counted, Counted) and counted.approval.result == "lost"


def test_a_double_click_changes_nothing() -> None:
    """The same person, from whatever account of theirs, counts once."""
    two = after(question(Policy(required=2)), BOB)
    assert isinstance(cast(two, BOB), AlreadyVoted)
    assert isinstance(cast(two, "teams:bob"), AlreadyVoted)


def test_what_is_decided_stays_decided() -> None:
    """A later click is told how it was decided, and by whom."""
    won = after(question(), BOB)
    late = cast(won, CAN, approves=False)
    assert isinstance(late, AlreadyDecided) and late.approval == won


def test_of_two_clicks_at_once_the_second_is_decided_on_what_the_first_left() -> None:
    """Both read version 1; only one is written, and the other, read again, finds it decided."""
    open_ = question()
    one, other = cast(open_, BOB), cast(open_, CAN, approves=False)
    assert isinstance(one, Counted) and isinstance(other, Counted)
    assert one.approval.version == other.approval.version == open_.version + 1
    assert isinstance(cast(one.approval, CAN, approves=False), AlreadyDecided)


@pytest.mark.parametrize(
    ("policy", "requester", "authors", "actor", "code"),
    [
        (Policy(), ANN, (), ANN, "approval_own"),
        (Policy(), ANN, (), "teams:ann", "approval_own"),
        (Policy(allow_self=True), ANN, (), ANN, None),
        (Policy(), ANN, (), BOB, None),
        (Policy(), ANN, (), CAN, None),  # not linked, of the requester's platform: surely another person
        (Policy(), ANN, (), STRANGER, "approval_unlinked"),  # might be Ann
        (Policy(), ANN, (), "teams:bob", None),
        (Policy(), CAN, (), "teams:bob", None),  # Bob is another one in Slack
        (Policy(), "github:someone", (), "teams:bob", "approval_unlinked"),  # might be Bob on GitHub
        (Policy(allow_self=True), ANN, (), STRANGER, None),  # one is enough, and anybody will do
        (Policy(allow_self=True, required=2), ANN, (), STRANGER, "approval_unlinked"),  # two people are wanted
        (Policy(), None, (), STRANGER, None),  # the hub asked by itself
        (Policy(allow_authors=False), BOB, ("github:Ann",), ANN, "approval_author"),
        (Policy(allow_authors=False), BOB, ("github:ann",), CAN, None),  # Ann is another one in Slack
        (Policy(allow_authors=False), BOB, ("github:octocat",), CAN, "approval_unlinked"),  # might have written it
        (Policy(allow_authors=False), BOB, ("github:octocat",), ANN, None),  # Ann is another one on GitHub
        (Policy(), BOB, ("github:ann",), ANN, None),
    ],
)
def test_who_may_not_approve_is_told_why(policy: Policy, requester: str | None, authors: tuple[str, ...], actor: str, code: str | None) -> None:
    """Oneself and authors where the policy says so, and whoever might be one of them without anybody knowing."""
    result = cast(question(policy, requester, authors), actor)
    assert (result.code if isinstance(result, NotCounted) else None) == code


def test_two_approvers_must_surely_be_two_people() -> None:
    """An account of another platform that is not linked might be that of somebody who counts already."""
    two = after(question(Policy(required=2, allow_self=True), requester=None), CAN)
    assert cast(two, STRANGER) == NotCounted(code="approval_unlinked", detail=STRANGER)
    assert after(two, "teams:bob").result == "won"


def test_only_members_of_the_roles_count() -> None:
    """The refusal names the roles; it holds for rejections too."""
    asked = question(Policy(from_roles=("release", "oncall")))
    for approves in (True, False):
        assert cast(asked, BOB, approves=approves, roles=("dev",)) == NotCounted(code="approval_role_missing", detail="release, oncall")
    assert isinstance(cast(asked, BOB, roles=("oncall", "dev")), Counted)


def test_who_may_not_approve_may_reject() -> None:
    """Taking back one's own request, or warning of one's own commit, harms nobody."""
    asked = question(Policy(allow_authors=False), authors=("github:ann",))
    for actor in (ANN, STRANGER):
        counted = cast(asked, actor, approves=False)
        assert isinstance(counted, Counted) and counted.approval.result == "lost"


def test_a_question_expires() -> None:
    """From its time on no vote counts, also before anybody has closed it."""
    asked = question(Policy(expires_s=60))
    assert isinstance(cast(asked, BOB, now=NOW + timedelta(seconds=59)), Counted)
    assert cast(asked, BOB, now=NOW + timedelta(seconds=60)) == NotCounted(code="approval_expired")


def test_a_question_is_closed_once() -> None:
    """A closed one stays as it is; only what was won may still become void."""
    asked = question()
    expired = close(asked, "expired", by="", now=NOW)
    assert (expired.result, expired.version) == ("expired", 2)
    assert close(expired, "void", by="", now=NOW) is expired
    won = after(asked, BOB)
    assert close(won, "cancelled", by=ANN, now=NOW) is won
    assert close(won, "void", by="", reason="commit", now=NOW).result == "void"


@pytest.mark.parametrize(
    ("policy", "roles", "reason", "code"),
    [
        (Policy(break_glass=("oncall",)), ("oncall",), "the shop is down", None),
        (Policy(break_glass=("oncall",)), ("oncall",), "  ", "break_glass_reason_missing"),
        (Policy(break_glass=("oncall",)), ("release",), "the shop is down", "break_glass_role_missing"),
        (Policy(), ("release",), "the shop is down", "break_glass_off"),
        (None, ("release",), "the shop is down", "break_glass_off"),
    ],
)
def test_glass_is_broken_by_those_who_may_and_say_why(policy: Policy | None, roles: tuple[str, ...], reason: str, code: str | None) -> None:
    """Without roles for it nobody may."""
    result = break_glass(policy, roles=roles, reason=reason)
    assert (result.code if result is not None else None) == code


def test_the_digest_changes_with_everything_that_was_shown() -> None:
    """Service, environment, commit, parameters and policy: none can change unseen, and none can pass for another."""
    bound = {"service": "web", "environment": "production", "sha": "c0ffee", "parameters": {"a": "1", "b": "2"}, "policy": Policy()}
    others = [
        bound | {"service": "webproduction", "environment": ""}, bound | {"environment": "staging"}, bound | {"sha": "c0ffef"},
        bound | {"parameters": {"a": "1"}}, bound | {"parameters": {"a": "1,b:2"}}, bound | {"policy": None}, bound | {"policy": Policy(required=2)},
        bound | {"policy": Policy(expires_s=60)},
    ]  # fmt: skip
    assert len({digest(**one) for one in [bound, *others]}) == len(others) + 1  # type: ignore[arg-type]
    assert digest(**bound) == digest(**(bound | {"parameters": {"b": "2", "a": "1"}}))  # type: ignore[arg-type]


def test_the_digest_is_the_same_everywhere() -> None:
    """What was approved before an update of the hub is still approved after it: this value is never to change."""
    found = digest(service="web", environment="production", sha="c0ffee", parameters={"배포": "예"}, policy=Policy(required=2, from_roles=("release",)))
    assert found == "362c1a0e8eda1611aca2de2bb0cff47f05c6b231a00cf341aadb6879f695b0d0"


def test_the_digest_is_that_of_what_is_read_back() -> None:
    """A policy whose expiry was a whole number came back from the store with a fraction, and the approval that had just been given was void."""
    policy = Policy(expires_s=3600)  # as whoever makes one by hand may write it
    kept = msgspec.json.decode(msgspec.json.encode(policy), type=Policy)
    bound = {"service": "web", "environment": "production", "sha": "c0ffee", "parameters": {}}
    assert digest(**bound, policy=policy) == digest(**bound, policy=kept) == digest(**bound, policy=Policy(expires_s=3600.0))  # type: ignore[arg-type]


ACTORS = [ANN, BOB, CAN, DEE, "teams:ann", "teams:bob", "teams:eve", STRANGER, "github:ann"]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(ACTORS), st.booleans()), max_size=12), st.integers(1, 3), st.booleans())
def test_whatever_is_clicked_the_outcome_is_right(clicks: list[tuple[str, bool]], required: int, allow_self: bool) -> None:
    """It is won with just so many different people, lost with the first rejection, and nothing changes after it is decided."""
    approval = question(Policy(required=required, allow_self=allow_self))
    for actor, approves in clicks:
        before = approval
        match cast(from_json(to_json(approval)), actor, approves=approves):
            case Counted(approval=approval):
                assert before.result == "open" and approval.version == before.version + 1
            case AlreadyDecided():
                assert before.result != "open"
            case _:
                assert before.result == "open"
        people = {PEOPLE.person(one.actor) for one in approval.votes if one.approves}
        assert len(people) == len([one for one in approval.votes if one.approves])
        assert (approval.result == "won") == (len(people) >= required)
        assert (approval.result == "lost") == any(not one.approves for one in approval.votes)
        assert allow_self or PEOPLE.person(ANN) not in people


def test_an_approval_is_kept_as_json_and_read_as_it_was() -> None:
    """With its votes, its policy and its end."""
    decided = replace(after(question(Policy(from_roles=(), break_glass=("oncall",))), BOB), authors=("github:ann",))
    assert from_json(to_json(decided)) == decided
