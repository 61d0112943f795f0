"""Dispatches before anything is sent: what GitHub takes, what the hub adds, and how several become one."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import UTC, datetime
from typing import Any

import pytest

from leverframe.core.dispatches import MOST_BYTES, Dispatch, Request, Unfit, is_lane, is_project, joined, lane_of_project, outgoing, prepare

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PROJECT = "acme/site"


def made(payload: Any = None, event_type: str = "webhook", **more: Any) -> Dispatch | Unfit:
    """Prepare one."""
    return prepare(project=PROJECT, event_type=event_type, payload=payload if payload is not None else {}, request=Request(at=AT, reason="why"), **more)


def fit(payload: Any = None, **more: Any) -> Dispatch:
    """Prepare one that is all right."""
    found = made(payload, **more)
    assert isinstance(found, Dispatch), found
    return found


@pytest.mark.parametrize(
    ("event_type", "code"),
    [("webhook", None), ("x" * 100, None), ("사이트 발행", None), ("a b/c:d", None), ("", "dispatch_type_invalid"), ("x" * 101, "dispatch_type_invalid"),
     ("a\nb", "dispatch_type_invalid"), (" a", "dispatch_type_invalid")],
)  # fmt: skip
def test_any_text_of_githubs_length_is_an_event_type(event_type: str, code: str | None) -> None:
    """One to a hundred characters, whatever they are; nothing that cannot be seen."""
    found = made(event_type=event_type)
    assert (found.code if isinstance(found, Unfit) else None) == code


def test_nothing_of_a_payload_is_changed() -> None:
    """Any object, however deep: what goes out is what came in, with one key of ours beside it."""
    payload = {"unit": False, "nested": {"list": [1, 2.5, None, {"a": "가🎉\u0000"}], "leverframe": 1, "big": 12345678901234567890123456789012345}}
    sent = outgoing(fit(payload, environment="production"), project=PROJECT, correlation_id="dep_1")
    assert sent == {**payload, "leverframe": {"id": "dep_1", "project": PROJECT, "event_type": "webhook", "environment": "production"}}
    assert outgoing(fit({}), project=PROJECT, correlation_id="dep_1")["leverframe"] == {"id": "dep_1", "project": PROJECT, "event_type": "webhook"}


def test_ten_keys_leave_no_room_for_ours() -> None:
    """They are sent as they are, and the run is not looked for; eleven are more than GitHub takes."""
    ten = {f"k{number}": number for number in range(10)}
    full = fit(ten)
    assert (full.followed, outgoing(full, project=PROJECT, correlation_id="dep_1")) == (False, ten)
    assert fit({f"k{number}": number for number in range(9)}).followed
    assert made({**ten, "k10": 10}) == Unfit(code="dispatch_keys_too_many", detail="11")


def test_the_key_of_ours_is_ours() -> None:
    """Overwriting it would change what somebody sent."""
    assert made({"leverframe": {"id": "mine"}}) == Unfit(code="dispatch_key_taken", detail="leverframe")


@pytest.mark.parametrize("payload", [{"a": float("nan")}, {"a": [float("inf")]}, {"a": "\ud800"}, {"\udfff": 1}])
def test_what_is_no_json_is_refused(payload: Any) -> None:
    """GitHub would answer 400, or read something else."""
    assert made(payload) == Unfit(code="dispatch_payload_invalid")


@pytest.mark.parametrize("letter", ["x", "가", "🎉", "\\"])
def test_the_size_is_that_of_what_is_sent(letter: str) -> None:
    """Bytes, with what the hub adds, whatever the letters: the largest that is taken is at most 64 KB less one."""
    def sent(number: int) -> int:
        whole = {"notes": letter * number, "leverframe": {"id": "dep_00000000000000-9999", "project": PROJECT, "event_type": "webhook"}}
        return len(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())

    most = bisect_right(range(65_536), MOST_BYTES, key=sent) - 1
    assert isinstance(made({"notes": letter * most}), Dispatch)
    assert made({"notes": letter * (most + 1)}) == Unfit(code="dispatch_too_large", detail=f"{sent(most + 1):,}")


def test_several_become_one() -> None:
    """The latest payload, everybody's reasons in the order of asking; beyond what is listed they only count."""
    first = prepare(project=PROJECT, event_type="webhook", payload={"n": 1}, request=Request(at=AT, by="person:ann", reason="a title"), joins=True)
    assert isinstance(first, Dispatch)
    both = joined(first, fit({"n": 2}, joins=True))
    assert (json.loads(both.payload), [one.reason for one in both.requests], both.joined, both.joins) == ({"n": 2}, ["a title", "why"], 2, True)
    many = first
    for _ in range(700):
        many = joined(many, first)
    assert (many.joined, len(many.requests)) == (701, 500)


def test_projects_and_their_lanes() -> None:
    """GitHub does not tell names apart by their case; nothing else can be called as a lane of dispatches is."""
    assert lane_of_project("Acme/Site") == lane_of_project("acme/site") and is_lane(lane_of_project("a/b"))
    assert [is_project(name) for name in ("acme/site", "a.b/c_d", "acme", "acme/site/x", "../x", "acme/..", "", "a b/c")] == [True, True, *[False] * 6]
