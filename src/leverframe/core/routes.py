"""Routes: which events go where. All keys of a route must hold; the items of a key are alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import time
from typing import Literal, Protocol, TypeAlias

import msgspec

from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.globs import Globs
from leverframe.core.verdicts import Check, Code, listed

POST_BY_DEFAULT = (
    "push", "pull_request", "pull_request_review", "issues", "release", "workflow_run.completed", "deployment_status", "deployment_review",
    "deployment_protection_rule", "dependabot_alert", "secret_scanning_alert", "code_scanning_alert", "repository_advisory",
)  # fmt: skip
"""Events that a route takes when it names none: those that most teams want to see. Items as in ``Route.events``."""


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """Labels of the subject. Each item is a glob; an empty tuple asks for nothing."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """Hours in which messages wait, from ``start`` to ``end`` (the next day where it is not later), by the wall clock."""

    start: time
    end: time
    days: frozenset[int] | None = None
    """Weekdays on which it begins, Monday being 0; ``None`` is every day."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A rule from events to rooms. A key that is ``None`` was left out and tests nothing (``events``: see ``POST_BY_DEFAULT``)."""

    name: str
    source: str | None = None
    repos: tuple[str, ...] | None = None
    events: tuple[str, ...] | None = None
    branches: tuple[str, ...] | None = None
    authors: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    conclusions: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None
    labels: Labels | None = None
    where: str | None = None
    to: tuple[str, ...] = ()
    thread: Literal["subject", "off"] = "subject"
    locale: Locale | None = None
    template: str | None = None
    username: str | None = None
    icon: str | None = None
    quiet: Quiet | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an event at one route; ``checks`` holds every key that the route tests."""

    route: Route
    fired: bool
    checks: tuple[Check, ...]


class FilterFailed(Exception):
    """A filter has no answer for this event; the message says why, for people. The route does not fire."""


Where: TypeAlias = Callable[[str, Event], bool]
"""Answers a route's ``where`` for an event, or raises :class:`FilterFailed`."""


class RouteTable:
    """All routes, ready to be asked. Routes keep the order in which they were given."""

    def __init__(self, routes: Iterable[Route], where: Where | None = None) -> None:
        """Prepare ``routes``. Raises ``ValueError`` when one has a ``where`` and nothing is given to answer it."""
        self._fixed, self._where = tuple(routes), where
        self._more: tuple[Route, ...] = ()
        self._prepare()

    def add(self, more: tuple[Route, ...]) -> None:
        """Ask these too, after those that it was made of, in place of what was added before; whoever shares the table sees them."""
        if more != self._more:
            self._more = more
            self._prepare()

    def _prepare(self) -> None:
        self.routes = (*self._fixed, *self._more)
        rows = [_Row(route, self._where) for route in self.routes]
        names = {name for row in rows for name in row.events.names}
        self._rows = {name: tuple(row for row in rows if row.events.may_take(name)) for name in names}
        self._other_rows = tuple(row for row in rows if row.events.everything)
        self._every_row = tuple(rows)
        self._label_rows = tuple(row for row in rows if row.labels is not None)
        self.with_labels = bool(self._label_rows)
        """Whether any route looks at labels."""

    def hears(self, name: str) -> bool:
        """Return whether any route could take an event of this name: if not, it need not even be read."""
        return name != "ping" and bool(self._rows.get(name, self._other_rows))

    def firing(self, event: Event) -> tuple[Route, ...]:
        """Return the routes that the event reaches."""
        return tuple([row.route for row in self._rows_of(event) if row.holds(event)])

    def explain(self, event: Event) -> tuple[Verdict, ...]:
        """Return what every route says to the event, every key of it, whether or not one before it failed."""
        verdicts = []
        for row in self._every_row:
            checks = row.checks(event)
            verdicts.append(Verdict(route=row.route, fired=all(check.holds for check in checks), checks=checks))
        return tuple(verdicts)

    def needs_paths(self, event: Event) -> bool:
        """Return whether the files of the event's pull request decide about a route, and are not known yet."""
        subject = event.subject
        if event.paths is not None or event.repo is None or subject is None or subject.kind != "pull_request" or subject.number is None:
            return False
        return any(row.route.paths is not None and row.holds(event, but=("paths", "labels", "where")) for row in self._rows_of(event))

    def but_for_labels(self, event: Event) -> tuple[Route, ...]:
        """Return the routes that only the labels of the event's subject keep from firing: a label may still come."""
        if event.subject is None or event.labels is None or not self._label_rows:
            return ()
        rows = (row for row in self._rows_of(event) if row.labels is not None and not row.labels.holds(event))
        return tuple(row.route for row in rows if row.holds(event, but=("labels",)))

    def relabel(self, event: Event) -> tuple[Route, ...]:
        """Return the routes whose labels hold now that one was added, for a subject's latest event that waited for it.

        The other keys were tested on that event (``but_for_labels``), which the caller keeps, once per subject and route.
        """
        if event.action != "labeled" or event.subject is None:
            return ()
        rows = (row for row in self._label_rows if row.labels is not None and row.labels.holds(event) and row.of_source(event))
        return tuple(row.route for row in rows if all(test.holds(event) for test in row.tests if test.key == "repos"))

    def _rows_of(self, event: Event) -> tuple[_Row, ...]:
        return () if event.name == "ping" else self._rows.get(event.name, self._other_rows)


class _Row:
    """A route with everything compiled; the tests that are cheapest come first."""

    __slots__ = ("events", "labels", "route", "source", "tests")

    def __init__(self, route: Route, where: Where | None) -> None:
        self.route, self.source = route, route.source
        self.events = _Events(route.events)
        self.labels = _Labelled(route.labels) if route.labels is not None else None
        self.tests: list[_Test] = [_Matched(key, items, field) for key, field in _FIELDS if (items := getattr(route, key)) is not None]
        if self.labels is not None:
            self.tests.append(self.labels)
        if route.where is not None:
            if where is None:
                raise ValueError(f"route {route.name}: where needs something that answers filters")
            self.tests.append(_Where(route.where, where))

    def of_source(self, event: Event) -> bool:
        return self.route.source is None or self.route.source == event.source

    def holds(self, event: Event, but: tuple[str, ...] = ()) -> bool:
        """Return whether every key holds, those ``but`` not looked at; the first that does not ends it."""
        if not (self.of_source(event) and self.events.holds(event)):
            return False
        for test in self.tests:  # a loop and no generator: this is done for every route and event
            if test.key not in but and not test.holds(event):
                return False
        return True

    def checks(self, event: Event) -> tuple[Check, ...]:
        checks = [self.events.check(event), *(test.check(event) for test in self.tests)]
        if self.route.source is not None:
            same = self.of_source(event)
            checks.insert(0, Check(key="from", holds=same, expected=self.route.source, found=event.source, code="holds" if same else "not_listed"))
        return tuple(checks)


class _Test(Protocol):
    key: str

    def holds(self, event: Event) -> bool: ...

    def check(self, event: Event) -> Check: ...


class _Events:
    """The key ``events``: ``event``, ``event.action``, ``*``, each of them also with ``!``."""

    __slots__ = ("_excluded", "_included", "_items", "everything", "names")

    def __init__(self, items: tuple[str, ...] | None) -> None:
        self._items = items
        items = POST_BY_DEFAULT if items is None else items
        self._included = frozenset(item for item in items if not item.startswith("!"))
        self._excluded = frozenset(item[1:] for item in items if item.startswith("!"))
        self.everything = "*" in self._included or not self._included
        self.names = frozenset(item.partition(".")[0] for item in self._included | self._excluded)

    def may_take(self, name: str) -> bool:
        return self.everything or any(item.partition(".")[0] == name for item in self._included)

    def holds(self, event: Event) -> bool:
        name, full_name = event.name, event.full_name
        if self._excluded and not self._excluded.isdisjoint((name, full_name, "*")):
            return False
        return self.everything or name in self._included or full_name in self._included

    def check(self, event: Event) -> Check:
        holds, found = self.holds(event), event.full_name
        if event.name == "ping":
            return Check(key="events", holds=False, expected=listed(self._items or ()), found=found, code="ping")
        if self._items is None:
            return Check(key="events", holds=holds, expected="", found=found, code="posted_by_default" if holds else "not_posted_by_default")
        excluded = not self._excluded.isdisjoint((event.name, found, "*"))
        return Check(key="events", holds=holds, expected=listed(self._items), found=found, code="holds" if holds else "excluded" if excluded else "not_listed")


class _Matched:
    """A key whose items are globs, against a field of the event; an event without it does not match."""

    __slots__ = ("_expected", "_field", "_globs", "key")

    def __init__(self, key: str, items: Sequence[str], field: Callable[[Event], tuple[str, ...] | None]) -> None:
        self.key, self._field, self._expected = key, field, listed(items)
        if key == "repos":  # a lone star is every repository
            items = [{"*": "**", "!*": "!**"}.get(item, item) for item in items]
        self._globs = Globs(items)

    def holds(self, event: Event) -> bool:
        values = self._field(event)
        return values is not None and self._globs.holds(values)

    def check(self, event: Event) -> Check:
        values = self._field(event)
        if values is None:
            unread = self.key == "paths" and event.subject is not None and event.subject.kind == "pull_request"
            return Check(key=self.key, holds=False, expected=self._expected, found=None, code="paths_not_read" if unread else "no_value")
        code = self._globs.find(values)
        return Check(key=self.key, holds=code == "holds", expected=self._expected, found=listed(values), code=code)


_FIELDS: tuple[tuple[str, Callable[[Event], tuple[str, ...] | None]], ...] = (
    ("repos", lambda event: None if event.repo is None else (event.repo,)),
    ("branches", lambda event: event.branches),
    ("authors", lambda event: None if event.actor is None else (event.actor.login,)),
    ("conclusions", lambda event: None if event.conclusion is None else (event.conclusion,)),
    ("environments", lambda event: None if event.environment is None else (event.environment,)),
    ("paths", lambda event: event.paths),
)


class _Labelled:
    """The key ``labels``."""

    __slots__ = ("_all", "_any", "_every", "_labels", "_none", "key")

    def __init__(self, labels: Labels) -> None:
        self.key, self._labels = "labels", labels
        self._every = labels.any + labels.all + tuple(f"!{item}" for item in labels.none)
        self._any = Globs(labels.any) if labels.any else None
        self._all = tuple(Globs((item,)) for item in labels.all)
        self._none = Globs(labels.none) if labels.none else None

    def holds(self, event: Event) -> bool:
        return self._find(event)[0] == "holds"

    def check(self, event: Event) -> Check:
        code, expected = self._find(event)
        found = None if event.labels is None else listed(event.labels)
        return Check(key="labels", holds=code == "holds", expected=listed(expected), found=found, code=code)

    def _find(self, event: Event) -> tuple[Code, tuple[str, ...]]:
        wanted, found = self._labels, event.labels
        if found is None:
            return "no_value", self._every
        if self._none is not None and self._none.holds(found):
            return "labels_none", wanted.none
        if not all(item.holds(found) for item in self._all):
            return "labels_all", wanted.all
        if self._any is not None and not self._any.holds(found):
            return "labels_any", wanted.any
        return "holds", self._every


class _Where:
    """The key ``where``: an expression for the rest."""

    __slots__ = ("_answer", "_expression", "key")

    def __init__(self, expression: str, answer: Where) -> None:
        self.key, self._expression, self._answer = "where", expression, answer

    def holds(self, event: Event) -> bool:
        try:
            return self._answer(self._expression, event)
        except FilterFailed:
            return False

    def check(self, event: Event) -> Check:
        try:
            holds = self._answer(self._expression, event)
        except FilterFailed as reason:
            return Check(key="where", holds=False, expected=self._expression, found=str(reason), code="filter_failed")
        return Check(key="where", holds=holds, expected=self._expression, found="true" if holds else "false", code="holds" if holds else "filter_false")
