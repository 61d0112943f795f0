"""Which events a route takes, and what it says about it."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from core.some_event import event
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core.events import Actor, Event
from leverframe.core.routes import POST_BY_DEFAULT, FilterFailed, Labels, Route, RouteTable
from leverframe.core.verdicts import Check, Code, say

YES, NO = True, False


def fires(keys: dict[str, Any], happened: Event) -> bool:
    """Return whether a route with ``keys`` fires; what it explains must say the same."""
    keys.setdefault("events", ("*",))
    table = RouteTable([Route(name="a route", **keys)], where=lambda expression, event: expression == "true")
    fired = bool(table.firing(happened))
    [verdict] = table.explain(happened)
    assert verdict.fired == fired
    return fired


@pytest.mark.parametrize(
    ("items", "happened", "fired"),
    [
        (("pull_request",), "pull_request.opened", YES),
        (("pull_request",), "pull_request_review.submitted", NO),
        (("pull_request.opened",), "pull_request.opened", YES),
        (("pull_request.opened",), "pull_request.closed", NO),
        (("pull_request.opened",), "pull_request", NO),
        (("gollum", "pull_request.closed"), "gollum", YES),
        (("*",), "tea_break.started", YES),
        (("*", "!star"), "star.created", NO),
        (("*", "!star.deleted"), "star.created", YES),
        (("*", "!star.deleted"), "star.deleted", NO),
        (("!star",), "push", YES),
        (("!star",), "star.created", NO),
        (("!pull_request.labeled",), "pull_request.opened", YES),
        (("pull_request", "!pull_request.labeled"), "pull_request.labeled", NO),
        (("pull_request", "!pull_request.labeled"), "issues.opened", NO),
        (("repository_dispatch.sample.collected",), "repository_dispatch.sample.collected", YES),
        (("Push",), "push", NO),
        (("*",), "ping", NO),
        (("ping",), "ping", NO),
        (None, "push", YES),
        (None, "pull_request.labeled", YES),
        (None, "workflow_run.completed", YES),
        (None, "workflow_run.requested", NO),
        (None, "issue_comment.created", NO),
        (None, "gollum", NO),
        (POST_BY_DEFAULT + ("gollum",), "gollum", YES),
        (POST_BY_DEFAULT + ("gollum",), "issues.opened", YES),
    ],
)
def test_events(items: tuple[str, ...] | None, happened: str, fired: bool) -> None:
    """``event``, ``event.action`` or ``*``, then ``!``; left out, what is posted by default; a ping reaches nobody."""
    assert fires({"events": items}, event(happened)) is fired


@pytest.mark.parametrize(
    ("keys", "changes", "fired"),
    [
        ({}, {}, YES),
        ({"source": "github"}, {}, YES),
        ({"source": "gitlab"}, {}, NO),
        ({"repos": ("acme/*",)}, {}, YES),
        ({"repos": ("acme/*", "!acme/web")}, {}, NO),
        ({"repos": ("!acme/secret",)}, {}, YES),
        ({"repos": ("Acme/*",)}, {}, NO),
        ({"repos": ("*",)}, {}, YES),
        ({"repos": ("*", "!acme/*")}, {}, NO),
        ({"repos": ("*/web",)}, {}, YES),
        ({"repos": ("*",)}, {"repo": None}, NO),
        ({"repos": ("!acme/secret",)}, {"repo": None}, NO),
        ({"branches": ("main", "release/*")}, {}, YES),
        ({"branches": ("main", "release/*")}, {"branches": ("release/1",)}, YES),
        ({"branches": ("main", "release/*")}, {"branches": ("release/1/2",)}, NO),
        ({"branches": ("main",)}, {"branches": ("dev", "main")}, YES),
        ({"branches": ("!dev",)}, {"branches": None}, NO),
        ({"authors": ("!dependabot[[]bot]",)}, {}, YES),
        ({"authors": ("!dependabot[[]bot]",)}, {"actor": Actor(login="dependabot[bot]", is_bot=True)}, NO),
        ({"authors": ("!*[[]bot]",)}, {"actor": Actor(login="renovate[bot]", is_bot=True)}, NO),
        ({"authors": ("ann", "bob")}, {"actor": None}, NO),
        ({"paths": ("services/web/**",)}, {"paths": ("README.md", "services/web/a.py")}, YES),
        ({"paths": ("services/web/**",)}, {"paths": ("services/api/a.py",)}, NO),
        ({"paths": ("!docs/**",)}, {"paths": ("docs/a.md",)}, NO),
        ({"paths": ("!docs/**",)}, {"paths": ()}, NO),
        ({"paths": ("**",)}, {"paths": None}, NO),
        ({"conclusions": ("failure",)}, {"conclusion": "failure"}, YES),
        ({"conclusions": ("failure",)}, {"conclusion": "success"}, NO),
        ({"conclusions": ("!success",)}, {"conclusion": None}, NO),
        ({"environments": ("production",)}, {"environment": "production"}, YES),
        ({"environments": ("prod*",)}, {"environment": None}, NO),
        ({"labels": Labels(any=("bug", "urgent"))}, {"labels": ("bug", "ui")}, YES),
        ({"labels": Labels(any=("bug", "urgent"))}, {"labels": ("ui",)}, NO),
        ({"labels": Labels(any=("area/*",))}, {"labels": ("area/web",)}, YES),
        ({"labels": Labels(all=("bug", "area/*"))}, {"labels": ("bug", "area/web", "x")}, YES),
        ({"labels": Labels(all=("bug", "area/*"))}, {"labels": ("bug",)}, NO),
        ({"labels": Labels(none=("wip",))}, {"labels": ()}, YES),
        ({"labels": Labels(none=("wip",))}, {"labels": ("bug", "wip")}, NO),
        ({"labels": Labels(none=("wip",))}, {"labels": None}, NO),
        ({"labels": Labels(any=("bug",), none=("wip",))}, {"labels": ("bug", "wip")}, NO),
        ({"where": "true"}, {}, YES),
        ({"where": "false"}, {}, NO),
        ({"repos": ("acme/*",), "branches": ("main",), "labels": Labels(any=("bug",)), "where": "true"}, {"labels": ("bug",)}, YES),
        ({"repos": ("acme/*",), "branches": ("dev",), "labels": Labels(any=("bug",)), "where": "true"}, {"labels": ("bug",)}, NO),
    ],
)
def test_keys(keys: dict[str, Any], changes: dict[str, Any], fired: bool) -> None:
    """All keys must hold; the items of one are alternatives; an event without the tested field does not match."""
    assert fires(dict(keys), event(**changes)) is fired


def test_routes_fire_in_their_order() -> None:
    """Routes come out in the order of the configuration, whichever way they name the event."""
    table = RouteTable([
        Route(name="1", events=("*",)), Route(name="2", events=("pull_request.opened",)), Route(name="3", events=("push",)), Route(name="4"),
        Route(name="5", events=("!push",)),
    ])  # fmt: skip
    assert [route.name for route in table.firing(event("pull_request.opened"))] == ["1", "2", "4", "5"]
    assert [route.name for route in table.firing(event("push"))] == ["1", "3", "4"]
    assert [route.name for route in table.firing(event("tea_break"))] == ["1", "5"]


def test_explain_tests_every_key() -> None:
    """Nothing is cut short: a person sees every key that does not hold, not only the first."""
    route = Route(name="r", source="gitlab", repos=("other/*",), events=("push",), branches=("dev",), labels=Labels(any=("bug",)), paths=("a/**",))
    [verdict] = RouteTable([route]).explain(event())
    assert [(check.key, check.holds, check.code, check.found) for check in verdict.checks] == [
        ("from", False, "not_listed", "github"),
        ("events", False, "not_listed", "pull_request.opened"),
        ("repos", False, "not_listed", "acme/web"),
        ("branches", False, "not_listed", "main"),
        ("paths", False, "paths_not_read", None),
        ("labels", False, "labels_any", ""),
    ]


def test_explain_tells_what_the_sentence_needs() -> None:
    """A sentence names what the event has and what the route wants, in English and in Korean."""
    route = Route(name="r", events=("*",), branches=("main", "release/*"), conclusions=("failure",))
    [verdict] = RouteTable([route]).explain(event(branches=("dev",)))
    assert [say(check) for check in verdict.checks] == [
        "events: pull_request.opened matches *.",
        "branches: dev is not in main, release/*.",
        "conclusions: the route asks for failure, and this event has no conclusions.",
    ]
    assert say(verdict.checks[1], "ko") == "branches: dev 값이 main, release/* 목록에 없습니다."


@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize("code", get_args(Code))
def test_every_code_has_its_sentence(code: Code, locale: Any) -> None:
    """Whatever comes out can be said in both languages, also with nothing found."""
    assert say(Check(key="labels", holds=False, expected="", found=None, code=code), locale).endswith(("." if locale == "en" else "다.", "요.", "없음.", "없음"))


def test_a_long_list_is_cut_in_the_sentence() -> None:
    """A push of a thousand files is explained with the first five and the number of the others."""
    [verdict] = RouteTable([Route(name="r", events=("*",), paths=("docs/**",))]).explain(event(paths=tuple(f"src/{n}" for n in range(1000))))
    assert verdict.checks[-1].found == "src/0, src/1, src/2, src/3, src/4 … (+995)"


def test_a_filter_without_an_answer_does_not_fire_and_says_why() -> None:
    """An expression that fails on this payload keeps its route still; explain shows the reason."""

    def fails(expression: str, event: Event) -> bool:
        raise FilterFailed("there is no additions")

    table = RouteTable([Route(name="r", events=("*",), where="payload.additions > 1")], where=fails)
    assert table.firing(event()) == ()
    check = table.explain(event())[0].checks[-1]
    assert (check.code, check.found, check.holds) == ("filter_failed", "there is no additions", False)


def test_a_filter_is_asked_last() -> None:
    """A filter costs more than the other keys together, so it is only asked where they hold."""
    asked: list[str] = []
    table = RouteTable([Route(name="r", events=("*",), repos=("other/*",), where="x")], where=lambda expression, event: bool(asked.append(expression)))
    table.firing(event())
    assert asked == []


def test_a_table_with_filters_needs_something_that_answers() -> None:
    """A filter that nobody evaluates is an error when the table is made, not a route that silently never fires."""
    with pytest.raises(ValueError, match="filters"):
        RouteTable([Route(name="r", where="true")])


BUGS = Route(name="bugs", events=("pull_request.opened",), repos=("acme/*",), labels=Labels(any=("bug",), none=("wip",)))


@pytest.mark.parametrize(
    ("happened", "waits"),
    [
        (event(), YES),
        (event(labels=("wip",)), YES),
        (event(labels=("bug",)), NO),
        (event("pull_request.closed"), NO),
        (event(repo="other/web"), NO),
        (event(labels=None), NO),
        (event(subject=None), NO),
    ],
)
def test_an_event_waits_for_its_label(happened: Event, waits: bool) -> None:
    """An event that only its labels keep from a route waits there for a label to come."""
    table = RouteTable([BUGS])
    assert table.with_labels
    assert table.but_for_labels(happened) == ((BUGS,) if waits else ())


@pytest.mark.parametrize(
    ("happened", "fired"),
    [
        (event("pull_request.labeled", labels=("bug",)), YES),
        (event("pull_request.labeled", labels=("bug", "wip")), NO),
        (event("pull_request.labeled", labels=("ui",)), NO),
        (event("pull_request.unlabeled", labels=("bug",)), NO),
        (event("pull_request.labeled", labels=("bug",), repo="other/web"), NO),
        (event("pull_request.labeled", labels=("bug",), subject=None), NO),
    ],
)
def test_a_label_that_comes_fires_what_waited(happened: Event, fired: bool) -> None:
    """When a label is added, the routes whose labels hold now are those whose waiting event is to be said."""
    assert RouteTable([BUGS]).relabel(happened) == ((BUGS,) if fired else ())


def test_routes_without_labels_never_wait() -> None:
    """Where no route looks at labels there is nothing to keep."""
    table = RouteTable([Route(name="r", events=("push",))])
    assert not table.with_labels
    assert table.but_for_labels(event()) == table.relabel(event("pull_request.labeled", labels=("bug",))) == ()


@pytest.mark.parametrize(
    ("keys", "changes", "needed"),
    [
        ({"paths": ("src/**",)}, {}, YES),
        ({"paths": ("src/**",), "labels": Labels(any=("bug",))}, {}, YES),
        ({"paths": ("src/**",)}, {"paths": ()}, NO),
        ({"paths": ("src/**",), "repos": ("other/*",)}, {}, NO),
        ({"paths": ("src/**",), "events": ("push",)}, {}, NO),
        ({"paths": ("src/**",), "source": "gitlab"}, {}, NO),
        ({}, {}, NO),
        ({"paths": ("src/**",)}, {"subject": None}, NO),
    ],
)
def test_paths_are_asked_for_only_where_they_decide(keys: dict[str, Any], changes: dict[str, Any], needed: bool) -> None:
    """GitHub is asked for a pull request's files when nothing but them (and labels, which may still come) is open."""
    assert RouteTable([Route(name="r", **keys)]).needs_paths(event(**changes)) is needed


NAMES = st.lists(st.sampled_from(["main", "dev", "*", "**", "!main", "!dev", "!d*", "m?in"]), max_size=3).map(tuple)
VALUES = st.none() | st.lists(st.sampled_from(["main", "dev", "a/main"]), max_size=2).map(tuple)
ROUTES = st.builds(
    Route,
    name=st.just("r"),
    events=st.none() | st.lists(st.sampled_from(["*", "push", "pull_request", "!push", "issues.opened", "!issues.opened"]), max_size=3).map(tuple),
    branches=st.none() | NAMES,
    paths=st.none() | NAMES,
    labels=st.none() | st.builds(Labels, any=NAMES, all=NAMES, none=NAMES),
    where=st.none() | st.sampled_from(["true", "false"]),
)
EVENTS = st.builds(event, st.sampled_from(["push", "pull_request.opened", "issues.opened", "issues.closed", "star", "ping"]), branches=VALUES, paths=VALUES, labels=VALUES)


@given(st.lists(ROUTES, max_size=4), EVENTS)
def test_what_fires_is_what_is_explained(routes: list[Route], happened: Event) -> None:
    """The fast way and the telling way never disagree, and a route that waits for a label is one that did not fire."""
    table = RouteTable(routes, where=lambda expression, event: expression == "true")
    assert table.firing(happened) == tuple(verdict.route for verdict in table.explain(happened) if verdict.fired)
    waiting = [id(route) for route in table.but_for_labels(happened)]
    assert not set(waiting) & {id(verdict.route) for verdict in table.explain(happened) if verdict.fired}


@pytest.mark.parametrize(
    ("check", "en", "ko"),
    [
        (Check(key="labels", holds=False, expected="bug", found="", code="labels_any"),
         "labels: the route asks for one of bug; the labels here: none.", "labels: 라우트는 bug 가운데 하나를 찾습니다. 지금 붙은 레이블: 없음."),
        (Check(key="labels", holds=False, expected="bug, !wip", found=None, code="no_value"),
         "labels: the route asks for bug, !wip, and this event has no labels.", "labels: 라우트는 bug, !wip 조건을 두었는데, 이 이벤트에는 해당 값이 없습니다."),
        (Check(key="where", holds=False, expected="payload.x", found="there is no pull_request", code="filter_failed"),
         "where: payload.x has no answer: there is no pull_request.", "where: payload.x 식을 계산하지 못했습니다. 이유: pull_request가 없음."),
    ],
)  # fmt: skip
def test_a_verdict_is_understood_at_first_reading(check: Check, en: str, ko: str) -> None:
    """What the route asks for comes first, then what the event has; in Korean the reason is Korean too."""
    assert (say(check, "en"), say(check, "ko")) == (en, ko)
