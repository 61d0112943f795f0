"""Webhooks: names of events, what the routes would hear, and the plan that makes a hook what is declared."""

from __future__ import annotations

from typing import Any

import pytest

from leverframe.core.github_hooks import (
    APP,
    Declared,
    Holder,
    Hook,
    Kind,
    Unfit,
    missing,
    plan,
    read_holder,
    read_hook,
    same_address,
    unfit,
    wanted,
)
from leverframe.core.routes import Route
from leverframe.core.services import Catalogue, Environment

REPO, ORG = Holder("repository", "acme/web"), Holder("organisation", "acme")
URL = "https://hub.example.com/in/github"


def hook(**more: Any) -> Hook:
    """Return a hook as a healthy one is told by GitHub, but for what is given."""
    config = {"url": URL, "content_type": "json", "insecure_ssl": "0", "secret": "********", **more.pop("config", {})}
    return read_hook({"id": 7, "events": ["push"], "active": True, "last_response": {"code": 202, "status": "active", "message": "OK"}, **more, "config": config})


def declared(*events: str, from_routes: bool = True, **more: Any) -> Declared:
    """Return a declaration for the repository."""
    return Declared(holder=REPO, source="github", url=URL, events=events, from_routes=from_routes, **more)


@pytest.mark.parametrize(("written", "holder"), [
    ("acme/web", REPO), ("acme", ORG), ("@app", APP), ("", None), ("acme/", None), ("/web", None), ("acme/web/x", None), ("acme/..", None), ("a b", None), ("acme/웹", None),
])  # fmt: skip
def test_holders_are_read(written: str, holder: Holder | None) -> None:
    """A repository, an organisation and the app are told apart; nothing else is any of them."""
    assert read_holder(written) == holder
    assert holder is None or str(holder) == written


@pytest.mark.parametrize(("whole", "health"), [
    ({"active": False}, "off"), ({}, "ok"), ({"last_response": {"code": None, "status": "unused", "message": None}}, "silent"), ({"last_response": None}, "silent"),
    ({"last_response": {"code": 504, "status": "timeout", "message": "Service Timeout"}}, "failing"),
])  # fmt: skip
def test_health_follows_the_last_delivery(whole: dict[str, Any], health: str) -> None:
    """How a hook does is told by its last delivery, unless it is switched off or has none."""
    assert hook(**whole).health == health


def test_any_object_is_read() -> None:
    """A hook of another shape than today's is read as far as it goes, and kept whole."""
    odd = {"id": "x", "config": None, "events": "push", "last_response": 3}
    found = read_hook(odd)
    assert (found.id, found.url, found.events, found.has_secret, found.content_type, found.health) == (0, "", (), False, "form", "silent")
    assert found.whole is odd


@pytest.mark.parametrize(("name", "kind", "expected"), [
    ("issue", "repository", Unfit("issue", "unknown", "issues")), ("gollums", "repository", Unfit("gollums", "unknown", "gollum")),
    ("pull_request.opened", "repository", Unfit("pull_request.opened", "unknown", "pull_request")), ("zzz", "repository", Unfit("zzz", "unknown")),
    ("ping", "repository", Unfit("ping", "unknown")), ("workflow_dispatch", "repository", Unfit("workflow_dispatch", "never")),
    ("team", "repository", Unfit("team", "never")), ("team", "organisation", None), ("deployment_review", "app", None), ("*", "repository", None), ("push", "organisation", None),
])  # fmt: skip
def test_names_are_looked_at_before_they_are_sent(name: str, kind: Kind, expected: Unfit | None) -> None:
    """A name that GitHub would refuse, or never send by such a hook, is told with the near one."""
    assert unfit([name], kind) == (() if expected is None else (expected,))


ROUTES = [
    Route(name="wiki", source="github", repos=("acme/web",), events=("gollum", "issues.opened", "!issues.labeled")),
    Route(name="other repository", source="github", repos=("acme/api",), events=("watch",)),
    Route(name="other source", source="ghe", events=("fork",)),
    Route(name="all but one", source="github", repos=("!acme/web",), events=("star",)),
    Route(name="another owner", source="github", repos=("other/*",), events=("label",)),
    Route(name="any owner", source="github", repos=("*/web",), events=("milestone",)),
    Route(name="everywhere", source="github", repos=("*",), events=("create",)),
]


def test_the_routes_of_a_repository_are_what_its_hook_shall_hear() -> None:
    """Names without their actions, of the routes that may fire for this repository from this source."""
    assert wanted(ROUTES, Catalogue(), "github", REPO) == ("create", "gollum", "issues", "milestone")


def test_an_organisation_hears_what_any_of_its_repositories_needs() -> None:
    """For an organisation every route counts that may fire for one of its repositories."""
    assert wanted(ROUTES, Catalogue(), "github", ORG) == ("create", "gollum", "issues", "milestone", "star", "watch")
    assert wanted([Route(name="not this one", source="github", repos=("!acme/*",), events=("push",))], Catalogue(), "github", ORG) == ()


def test_the_default_events_leave_out_what_such_a_hook_never_hears() -> None:
    """A route without events asks for those by default, as far as this kind of hook can hear them."""
    found = wanted([Route(name="default", source="github")], Catalogue(), "github", REPO)
    assert "push" in found and "deployment_review" not in found
    assert "deployment_review" in wanted([Route(name="default", source="github")], Catalogue(), "github", APP)


@pytest.mark.parametrize("events", [("*",), ("!push",), ("gollum", "*")])
def test_a_route_to_everything_wants_everything(events: tuple[str, ...]) -> None:
    """A route that takes any event needs a hook that hears all."""
    assert wanted([*ROUTES, Route(name="all", source="github", events=events)], Catalogue(), "github", REPO) == ("*",)


def test_deployments_that_follow_pushes_want_pushes() -> None:
    """An environment that a push deploys needs the hook to hear it, without any route."""
    services = {"web": {"staging": Environment(service="web", name="staging", runner="ci", repository="Acme/Web", on=("push main",))}}
    assert wanted([], Catalogue(services=services), "github", REPO) == wanted([], Catalogue(services=services), "github", ORG) == ("push",)
    assert wanted([], Catalogue(services=services), "github", Holder("repository", "acme/api")) == ()


def test_missing_events_are_named() -> None:
    """A hook made on GitHub's page has only push; one that hears everything misses nothing."""
    assert missing(hook(), ("gollum", "push")) == ("gollum",)
    assert missing(hook(events=["*"]), ("gollum", "push")) == ()


def test_a_hook_that_is_not_there_is_made() -> None:
    """Without a hook at the address the plan is a new one, shown without its secret."""
    made = plan(declared("gollum", "push"), [hook(config={"url": "https://other.example.com/"})])
    assert made.hook is None and not made.is_done
    assert made.lines()[:3] == (f"+ acme/web: {URL}", "+   events: gollum", "+   events: push")
    assert "+   secret: ***" in made.lines()


def test_events_of_routes_are_added_and_none_is_taken_away() -> None:
    """What somebody added by hand stays when the events come from the routes."""
    made = plan(declared("gollum"), [hook(events=["push"])])
    assert (made.add, made.remove, made.extra) == (("gollum",), (), ("push",))
    assert made.lines() == (f"~ acme/web: {URL} (hook 7)", "+   events: gollum", "    events: push")


def test_events_that_are_written_down_are_all() -> None:
    """A list in the file is the whole of what the hook hears."""
    made = plan(declared("gollum", from_routes=False), [hook(events=["push"])])
    assert (made.add, made.remove) == (("gollum",), ("push",))
    made = plan(declared("gollum", from_routes=False), [hook(events=["*"])])
    assert (made.add, made.remove) == (("gollum",), ("*",))


@pytest.mark.parametrize("url", ["https://HUB.example.com:443/in/github/", " https://hub.example.com/in/github"])
def test_a_hook_is_found_by_its_address(url: str) -> None:
    """However its address is written, the hook is the same; when it is as declared, nothing is done."""
    made = plan(declared("push"), [hook(config={"url": url})])
    assert made.is_done and made.lines()[0].startswith("  acme/web")


def test_an_alias_of_the_door_is_the_same_hook() -> None:
    """A hook at another address of the same door is not doubled."""
    made = plan(declared("push", aliases=("https://hub.example.com/hubot/github",)), [hook(config={"url": "https://hub.example.com/hubot/github"})])
    assert made.is_done


def test_settings_are_compared() -> None:
    """Content type, certificate check, being active and having a secret are as declared, or changed."""
    made = plan(declared("push"), [hook(active=False, config={"content_type": "form", "insecure_ssl": "1", "secret": None})])
    assert made.configure == {"content_type": "json", "insecure_ssl": "0", "secret": ""} and made.active is True
    assert made.lines() == (
        f"~ acme/web: {URL} (hook 7)", "-   content_type: form", "+   content_type: json", "-   insecure_ssl: 1", "+   insecure_ssl: 0", "+   secret: ***",
        "-   active: false", "+   active: true",
    )  # fmt: skip
    assert plan(declared("push"), [hook()], secret=True).configure == {"secret": ""}


def test_two_hooks_of_one_address_are_told() -> None:
    """The active one is taken, and the others, by which everything comes twice, are named."""
    made = plan(declared("push"), [hook(id=5, active=False), hook(id=6)])
    assert made.hook is not None and made.hook.id == 6 and made.twins == (5,)


def test_what_cannot_be_heard_is_told_and_left_out() -> None:
    """A name that such a hook never hears does not stop the others."""
    made = plan(declared("gollum", "workflow_dispatch"), [hook(events=["gollum"])])
    assert made.is_done and made.unfit == (Unfit("workflow_dispatch", "never"),)


@pytest.mark.parametrize(("one", "other", "same"), [
    ("https://a/x", "https://a/x/", True), ("http://a:80/x", "http://A/x", True), ("https://a/x?b=1", "https://a/x", False), ("https://a/X", "https://a/x", False),
    ("notifier.example.com", "notifier.example.com", True), ("https://[x", "https://[x", True), ("https://a:99999/", "https://a:99999/", True),
])  # fmt: skip
def test_addresses_are_compared(one: str, other: str, same: bool) -> None:
    """What differs only in how it is written leads to the same place; a broken address is only itself."""
    assert (same_address(one) == same_address(other)) is same
