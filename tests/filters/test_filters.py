"""A route's where: CEL with a budget, in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core.events import Actor, Event
from leverframe.core.routes import FilterFailed, Route, RouteTable
from leverframe.filters import FilterInvalid, Filters, _only, _reads

PAYLOAD = {"number": 12, "pull_request": {"additions": 11, "title": "Faster", "user": {"login": "ann"}, "labels": [{"name": "bug"}]}, "commits": []}


def event(payload: dict[str, Any] | None = None, **changes: Any) -> Event:
    """Return an opened pull request with ``payload``."""
    fields: dict[str, Any] = {
        "id": 1, "source": "github", "kind": "github", "name": "pull_request", "action": "opened", "delivery_id": "d-1",
        "received_at": datetime(2026, 5, 1, tzinfo=UTC), "repo": "acme/web", "actor": Actor(login="ann"), "subject": None, "branches": ("main",),
        "labels": ("bug",), "paths": None, "conclusion": None, "environment": None, "url": None, "payload": PAYLOAD if payload is None else payload,
    }  # fmt: skip
    return Event(**(fields | changes))


@pytest.fixture(scope="module")
def filters() -> Iterator[Filters]:
    """One process answers all of these tests."""
    with Filters() as made:
        yield made


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("true", True),
        ("payload.pull_request.additions > 10", True),
        ("payload.pull_request.additions > 11", False),
        ("payload['pull_request'].additions == 11", True),
        ("payload.pull_request.title.startsWith('Fast') && payload.number == 12", True),
        ("payload.pull_request.labels.exists(l, l.name == 'bug')", True),
        ("has(payload.pull_request.draft) && payload.pull_request.draft", False),
        ("has(payload.pull_request) && !has(payload.issue)", True),
        ("payload.size() == 3", True),
        ("payload.pull_request.user.login.matches('^a')", True),
        ("event.name == 'pull_request' && event.action == 'opened'", True),
        ("event.full_name == 'pull_request.opened' && event.repo == 'acme/web'", True),
        ("event.actor.login == 'ann' && !event.actor.is_bot", True),
        ("event.branches.exists(b, b == 'main') && 'bug' in event.labels", True),
        ("event.conclusion == 'failure' || event.subject == null", True),
    ],
)
def test_a_filter_sees_payload_and_event(filters: Filters, expression: str, holds: bool) -> None:
    """``payload`` is what came, ``event`` what the hub made of it, null where the event has no such thing."""
    filters.compile(expression)
    assert filters.where(expression, event()) is holds


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("payload.additions > 1", "there is no additions"),
        ("payload.pull_request.title > 1", "not defined|Unsupported|compared"),
        ("payload.number", "it gives a value of type int, neither true nor false"),
        ("payload.number / 0 == 1", "division by zero"),
        ("payload.nothing.at.all == 1", "there is no nothing"),
        ("strange(payload.number)", "strange"),
        ("payload.pull_request.title.matches('(')", "regex"),
    ],
)
def test_a_filter_without_an_answer_says_why(filters: Filters, expression: str, reason: str) -> None:
    """A missing field or a wrong type is a reason that a person can read, and the next filter is answered as before."""
    with pytest.raises(FilterFailed, match=reason):
        filters.where(expression, event())
    assert filters.where("true", event())


@pytest.mark.parametrize(
    ("expression", "reason", "line", "column"),
    [
        ("payload.a >", "it ends too early", 1, 12),
        ("payload.a\n  == ]", "“]” cannot stand here", 2, 6),
        ("", "it ends too early", 1, 1),
        ("payload.", "“.” cannot stand here", 1, 9),
        ("1 +* 2", "“*” cannot stand here", 1, 4),
        ("'abc", "“'abc” cannot stand here", 1, 1),
        ("'\ud800'", "surrogates", 0, 0),
        ("pull_request.draft", "there is no pull_request; a filter sees payload and event", 0, 0),
        ("payload.commits.exists(c, d.id == '1')", "there is no d", 0, 0),
        ("payload.a" * 200, "at most 1000 characters, this one has 1800", 0, 0),
        ("(" * 300 + "1" + ")" * 300, "Recursion limit", 0, 0),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_expression_that_is_none_is_found_before_it_is_used(filters: Filters, expression: str, reason: str, line: int, column: int) -> None:
    """The configuration's check can point at the place."""
    with pytest.raises(FilterInvalid) as invalid:
        filters.compile(expression)
    assert reason in invalid.value.reason and "expecting" not in invalid.value.reason
    assert (invalid.value.line, invalid.value.column) == (line, column)


def test_a_filter_that_takes_too_long_is_stopped() -> None:
    """An expression that would hold the hub for a minute costs its budget, fails with a reason, and harms no other."""
    many = event(paths=tuple(f"services/web/{number}" for number in range(30_000)))
    with Filters(budget_s=0.2) as filters:
        started = time.process_time()
        with pytest.raises(FilterFailed, match="more than 0.2 s of processor time"):
            filters.where("event.paths.filter(p, p.contains('web')).size() > 0", many)
        assert time.process_time() - started < 5
        assert filters.where("event.paths.exists(p, p.endsWith('/29999'))", many)


def test_a_filter_that_takes_too_much_memory_is_stopped() -> None:
    """An expression that multiplies a long text fails, and not by taking the machine's memory."""
    greedy = event({"text": "x" * 3_000_000, "list": list(range(400))})
    with Filters(budget_s=20) as filters:
        with pytest.raises(FilterFailed, match="memory"):
            filters.where("payload.list.map(n, payload.text + payload.text).size() > 0", greedy)
        assert filters.where("true", greedy)


def test_a_process_that_is_killed_is_started_again() -> None:
    """Somebody who kills the process costs nothing: the filter is asked again."""
    with Filters() as filters:
        assert filters.where("true", event())
        assert filters._process is not None
        os.kill(filters._process.pid, signal.SIGKILL)
        assert filters.where("payload.number == 12", event())


def test_no_process_before_the_first_filter_and_none_after_the_last() -> None:
    """A hub without filters pays nothing for them, and one that ends leaves nothing behind."""
    filters = Filters()
    assert filters._process is None
    filters.compile("true")
    process = filters._process
    assert process is not None
    filters.close()
    assert process.returncode is not None
    filters.close()


def test_routes_ask_filters(filters: Filters) -> None:
    """A route with a filter fires when it holds, and explain tells when it had no answer."""
    table = RouteTable([Route(name="big", where="payload.pull_request.additions > 10")], where=filters.where)
    assert [route.name for route in table.firing(event())] == ["big"]
    assert table.firing(event({"pull_request": {"additions": 1}})) == ()
    assert table.explain(event({}))[0].checks[-1].found == "there is no pull_request"


KEYS = st.sampled_from(["a", "b", "payload", "size"])
VALUES = st.recursive(st.none() | st.integers(0, 9) | st.just("text"), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3))
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(lambda path: "payload." + ".".join(path))
TERMS = PATHS.flatmap(lambda path: st.sampled_from([
    f"{path} == 1", f"has({path})", f"{path}.size() == 1", f"{path}.exists(x, x == 'a')", f"'payload' in {path}", f"{path}[0] == payload.a", f"{path}['b'] == 1",
    f"payload . a == {path}", f"{path} == 'payload.b'", f"payload.size() == 2 && {path} == null",
]))  # fmt: skip


@given(st.lists(TERMS, min_size=1, max_size=3).map(" || ".join), st.dictionaries(KEYS, VALUES, max_size=3))
def test_a_filter_is_only_given_what_it_reads(expression: str, payload: dict[str, Any]) -> None:
    """Leaving out what an expression does not read, which makes it fast, never changes its answer or its reason."""

    def answered(variables: dict[str, Any]) -> object:
        try:
            return cel.compile(expression).execute(variables)
        except (ValueError, TypeError, RuntimeError, LookupError) as error:
            return type(error)

    assert answered({"payload": _only(payload, _reads(expression, "payload"))}) == answered({"payload": payload})


def test_a_filter_reads_one_field_of_a_large_payload() -> None:
    """Of a pull request's 24 KB, a filter about its size is given one number."""
    assert _only(PAYLOAD, _reads("payload.pull_request.additions > 10", "payload")) == {"pull_request": {"additions": 11}}
    assert _only(PAYLOAD, _reads("payload.pull_request.title.size() > payload.number", "payload")) == {"pull_request": {"title": "Faster"}, "number": 12}
