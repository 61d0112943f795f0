"""Routes that look at the files of pull requests, and a GitHub that is slow, away or does not tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack

from leverframe.core.errors import PROBLEMS, Locale
from leverframe.core.events import Event
from leverframe.core.routes import Route, RouteTable
from leverframe.github.errors import Trouble
from leverframe.store import audit
from leverframe.store.deliveries import State
from leverframe.store.tables import bodies, deliveries, events, routing
from leverframe.work import paths as asking
from leverframe.work.explain import Explainer
from leverframe.work.fanout import ATTEMPTS
from leverframe.work.paths import Answer, Paths
from work.engine import Engine, engine
from work.github import ANN, push

pytestmark = pytest.mark.anyio
WEB = Route(name="web", events=("pull_request",), paths=("services/web/**",), to=("slack:#dev",))
ALL = Route(name="all", events=("push", "issue_comment"), to=("slack:#dev",))
LIMITED = Trouble(code="github_ratelimited", again=True)
FORBIDDEN = Trouble(code="github_permission_missing")


def opened(number: int = 1, repo: str = "acme/web") -> dict[str, Any]:
    """A pull request."""
    url = f"https://github.com/{repo}/pull/{number}"
    pull = {"number": number, "title": "Faster", "html_url": url, "user": ANN, "state": "open", "labels": [], "base": {"ref": "main"}, "head": {"ref": "faster"}}
    return {"action": "opened", "number": number, "pull_request": pull, "repository": {"full_name": repo, "name": "web", "owner": {"login": "acme"}}, "sender": ANN}


def remark(number: int = 1) -> dict[str, Any]:
    """A comment on the pull request."""
    url = f"https://github.com/acme/web/pull/{number}"
    issue = {"number": number, "title": "Faster", "html_url": url, "user": ANN, "state": "open", "labels": [], "pull_request": {"html_url": url}}
    return {**opened(number), "action": "created", "issue": issue, "comment": {"body": "Nice", "html_url": url, "user": ANN}}


def elsewhere(payload: dict[str, Any]) -> dict[str, Any]:
    """The same in another repository."""
    return {**payload, "repository": {**payload["repository"], "full_name": "acme/api", "name": "api"}}


class GitHub:
    """Answers when it is let."""

    def __init__(self, answer: Callable[[Event], Answer] = lambda event: ("services/web/a.py",)) -> None:
        self.answer, self.asked = answer, 0
        self.awake = asyncio.Event()

    async def __call__(self, event: Event) -> Answer:
        """Answer as a GitHub does."""
        self.asked += 1
        await self.awake.wait()
        return self.answer(event)


async def waiting(hub: Engine) -> int:
    """How many events are not routed yet."""
    return len(await hub.rows(sa.select(routing.c.event_id)))


async def test_a_slow_github_holds_up_nobody_else(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Every event waited behind one pull request whose files GitHub did not tell: now it alone waits, and is said when they come."""
    github = GitHub()
    async with engine(database_url, clock, slack, WEB, ALL, paths=Paths(github, clock, patience_s=0.01)) as hub:
        await hub.receive("pull_request", opened())
        await hub.receive("push", elsewhere(push()))
        await hub.settle()
        assert len(slack.messages("#dev")) == 1 and await waiting(hub) == 1
        github.awake.set()
        clock.advance(seconds=5)
        await hub.settle()
        assert len(slack.messages("#dev")) == 2 and await waiting(hub) == 0
        assert github.asked == 1  # the answer that came late was kept


async def test_nobody_waits_while_github_is_known_to_be_slow(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Once an answer did not come in time, a minute long no batch waits for another one."""
    paths = Paths(GitHub(), clock, patience_s=0.01)
    async with engine(sqlite_url, clock, slack, WEB, ALL, paths=paths) as hub:
        await hub.receive("pull_request", opened())
        await hub.settle()
        paths._patience_s = 600
        await hub.receive("pull_request", opened(2))
        await hub.receive("push", elsewhere(push()))
        async with asyncio.timeout(60):
            await hub.settle()
        assert len(slack.messages("#dev")) == 1 and await waiting(hub) == 2


async def test_what_is_said_of_a_pull_request_stays_behind_it(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Its files are asked for first: a comment that came with it does not overtake it."""
    github = GitHub()
    github.awake.set()
    async with engine(database_url, clock, slack, WEB, ALL, paths=Paths(github, clock)) as hub:
        await hub.receive("pull_request", opened())
        await hub.receive("issue_comment", remark())
        await hub.settle()
        rows = await hub.rows(sa.select(events.c.name).join(deliveries, deliveries.c.event_id == events.c.id).order_by(deliveries.c.id))
        assert [row.name for row in rows] == ["pull_request", "issue_comment"]
        card, reply = slack.messages("#dev")
        assert reply.thread_ts == card.ts and not card.edits


async def test_what_github_will_never_tell_is_not_waited_for(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A token that may not read pull requests: routes without paths speak at once."""
    github = GitHub(lambda event: FORBIDDEN)
    github.awake.set()
    routes = WEB, Route(name="every pull request", events=("pull_request",), to=("slack:#ops",))
    async with engine(sqlite_url, clock, slack, *routes, paths=Paths(github, clock)) as hub:
        await hub.receive("pull_request", opened())
        await hub.settle()
        assert (len(slack.messages("#dev")), len(slack.messages("#ops"))) == (0, 1)
        assert await waiting(hub) == 0


async def test_a_github_that_never_answers_is_given_up_and_the_audit_tells(database_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """It was asked every minute for ever. After a day and a half the event is routed without its files, and an entry says so."""
    github = GitHub(lambda event: LIMITED)
    github.awake.set()
    routes = WEB, Route(name="every pull request", events=("pull_request",), to=("slack:#ops",))
    async with engine(database_url, clock, slack, *routes, paths=Paths(github, clock)) as hub:
        receipt = await hub.receive("pull_request", opened())
        began, rounds = clock.now(), 0
        while await waiting(hub) and rounds < 2 * ATTEMPTS:
            rounds += 1
            await hub.settle()
            clock.advance(hours=1)
        assert rounds == ATTEMPTS
        assert (len(slack.messages("#dev")), len(slack.messages("#ops"))) == (0, 1)
        (entry,) = await hub.database.read(audit.entries)
        assert (entry.actor, entry.act, entry.target, entry.code) == ("hub", "events.route", receipt.shown_id, "github_ratelimited")
        assert (clock.now() - began).days == 1


async def test_an_event_that_can_never_be_routed_is_given_up_and_the_audit_tells(
    sqlite_url: str, clock: VirtualClock, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its attempts were counted and nobody looked at the count. Its body stays, and the others go on."""
    async with engine(sqlite_url, clock, slack, ALL) as hub:
        receipt = await hub.receive("push", push())
        parse = hub.fanout._library.parse
        monkeypatch.setattr(hub.fanout._library, "parse", lambda stored: 1 / 0 if stored.id == receipt.id else parse(stored))
        for _ in range(ATTEMPTS):
            assert await waiting(hub) == 1
            await hub.settle()
            clock.advance(hours=1)
        assert await waiting(hub) == 0
        (entry,) = await hub.database.read(audit.entries)
        assert (entry.target, entry.code, entry.detail) == (receipt.shown_id, "routing_failed", {"detail": "ZeroDivisionError: division by zero"})
        assert entry.code in PROBLEMS
        assert len(await hub.rows(sa.select(bodies.c.event_id))) == 1
        await hub.receive("push", push())
        await hub.settle()
        assert await hub.states() == [State.SENT]


async def test_a_flood_of_pull_requests_is_not_held_in_memory(sqlite_url: str, clock: VirtualClock, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many are asked about at a time; the others are put off, and asked about when their turn comes."""
    monkeypatch.setattr(asking, "ASKED", 3)
    github = GitHub()
    paths = Paths(github, clock, patience_s=0.01)
    async with engine(sqlite_url, clock, slack, WEB, paths=paths) as hub:
        for number in range(1, 9):
            await hub.receive("pull_request", opened(number))
        await hub.settle()
        assert github.asked == 3 and await waiting(hub) == 8
        github.awake.set()
        for _ in range(6):
            clock.advance(minutes=2)
            await hub.settle()
        assert len(slack.messages("#dev")) == 8


DOCS = Route(name="docs", events=("pull_request",), paths=("docs/**",), to=("slack:#dev",))
PUSHES = Route(name="pushes", events=("push",), paths=("docs/**",), to=("slack:#dev",))


async def explained(hub: Engine, paths: Paths | None, event_id: int, locale: Locale = "en") -> dict[str, tuple[bool, str]]:
    """What people are told, by route."""
    explainer = Explainer(
        hub.database, hub.clock, table=RouteTable((WEB, DOCS, PUSHES)), routes=(), sources={"github": hub.source},
        parse=lambda stored: hub.source.parse(stored.accepted, id=stored.id, received_at=stored.received_at), accepted=lambda: None, paths=paths,
    )  # fmt: skip
    return {one.route: (one.fired, one.reason) for one in await explainer.explain_stored(event_id, locale)}


async def test_explaining_knows_the_files_too(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """A route fired for what a pull request touches, and its explanation said that the files are not known and a token is missing."""
    github = GitHub()
    github.awake.set()
    paths = Paths(github, clock)
    async with engine(sqlite_url, clock, slack, WEB, DOCS, paths=paths) as hub:
        receipt = await hub.receive("pull_request", opened())
        await hub.settle()
        told = await explained(hub, paths, receipt.id)
        assert told["web"] == (True, told["web"][1]) and "paths: services/web/a.py matches services/web/**." in told["web"][1]
        assert told["docs"] == (False, "paths: services/web/a.py is not in docs/**.")
        assert github.asked == 1
        assert (await explained(hub, Paths(github, clock), receipt.id))["web"][0]  # as after a restart: GitHub is asked again
        assert "[github] token" in (await explained(hub, None, receipt.id))["web"][1]


async def test_explaining_says_why_the_files_are_not_known(sqlite_url: str, clock: VirtualClock, slack: FakeSlack) -> None:
    """Refused, not answered yet, and not asked because nothing depended on it are three things, in both languages."""
    github = GitHub(lambda event: FORBIDDEN)
    paths = Paths(github, clock, patience_s=0.01)
    async with engine(sqlite_url, clock, slack, paths=paths) as hub:
        receipt = await hub.receive("pull_request", opened())
        told = await explained(hub, paths, receipt.id)
        why = " ".join(PROBLEMS["github_unavailable"].en).removesuffix(".")
        assert told["web"] == (False, f"paths: services/web/** does not match, because GitHub does not tell which files the pull request touches ({why}).")
        assert "paths: GitHub was not asked" not in told["web"][1]
        github.awake.set()
        await asyncio.sleep(0)
        korean = await explained(hub, paths, receipt.id, "ko")
        assert PROBLEMS["github_permission_missing"].ko[0] in korean["web"][1]
        labelled = await hub.receive("issue_comment", remark())
        told = await explained(hub, paths, labelled.id)
        assert "GitHub was not asked which files the pull request touches, so docs/** is left open." in told["docs"][1]
