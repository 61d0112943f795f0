"""Lanes: one at a time, in order, behind locks, freezes and other environments; and what is told of it in Slack, on one card each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from fakes.slack import FakeSlack, Message
from msgspec.structs import replace

from leverframe.core.access import Role
from leverframe.core.approvals import Policy
from leverframe.core.deployments import Deployment, Retry, Rules
from leverframe.core.freezes import Freeze
from leverframe.core.services import Catalogue, Environment
from leverframe.ports import Absent, Finished, Found, Lost, NotStarted, Run
from leverframe.store import locks
from leverframe.store.tables import lever_effects
from work.box import HERE, ROLES, Box, box, text
from work.works import Works, WorksRunner

pytestmark = pytest.mark.anyio
FREE = Environment(service="web-app", name="preview", runner="works")
STAGING = Environment(service="web-app", name="staging", runner="works", rules=Rules(follows=("production",)))
PRODUCTION = Environment(service="web-app", name="production", runner="works", rules=Rules(after="staging", policy=Policy(required=1, break_glass=("release",))))
FROZEN = Environment(service="api", name="production", runner="works", rules=Rules(policy=Policy(break_glass=("release",))), freezes=(Freeze(cron="0 18 * * MON", hours=1, reason="review"),))
RETRIED = Environment(service="api", name="staging", runner="works", rules=Rules(retry=Retry(times=2, wait_s=60)))
BLUE, GREEN = (Environment(service="shop", name=name, runner="works", whole_service=True) for name in ("blue", "green"))
ALL = (FREE, STAGING, PRODUCTION, FROZEN, RETRIED, BLUE, GREEN)
CATALOGUE = Catalogue(services={service: {one.name: one for one in ALL if one.service == service} for service in ("web-app", "api", "shop")})


@pytest.fixture
def works() -> Works:
    """What the runner works in."""
    return Works()


@pytest.fixture
def runner(works: Works) -> WorksRunner:
    """The way to the works."""
    return WorksRunner(works)


@pytest.fixture
async def hub(sqlite_url: str, clock: VirtualClock, runner: WorksRunner, slack: FakeSlack) -> AsyncIterator[Box]:
    """A box with many lanes, whose Slack has the room of everybody, that of the audit, and people."""
    for name in ("deploys", "audit", "ANN", "BOB", "CAT"):
        slack.channel(name)
    async with box(sqlite_url, clock, catalogue=CATALOGUE, runners={"works": runner}, slack=slack, audit_room="slack:#audit") as made:
        yield made


async def asked(hub: Box, line: str, who: str = "ann") -> Deployment:
    """Return the deployment that a line makes."""
    assert (await hub.say(who, line)).public, line
    made = (await hub.all())[-1]
    while (await now(hub, made)).state == "asked" and await hub.deployer.step():  # who is asked first stands first in line
        await hub.deployer.settle()
    return made


async def now(hub: Box, made: Deployment) -> Deployment:
    """Return the deployment as it is now."""
    return next(one for one in await hub.all() if one.id == made.id)


def said(slack: FakeSlack, room: str) -> list[str]:
    """Return what stands in a room, whole messages, in order."""
    return [shown(message) for message in slack.messages(f"#{room}")]


def shown(message: Message) -> str:
    """Return a message's words."""
    words: list[str] = []

    def read(value: Any) -> None:
        match value:
            case {"text": str(found)}:
                words.append(found)
            case dict():
                for one in value.values():
                    read(one)
            case list():
                for one in value:
                    read(one)

    read(message.blocks)
    return " ".join([message.text, *words])


async def test_one_card_tells_it_all(hub: Box, slack: FakeSlack) -> None:
    """From the asking to the end there is one message, edited in place, with every other line in its thread."""
    await asked(hub, "deploy web-app preview")
    await hub.deliver()
    for _ in range(4):
        await hub.run(seconds=2)
        await hub.deliver()
    await hub.run(seconds=60)
    await hub.deliver()
    heads = [message for message in slack.messages("#deploys") if message.thread_ts is None]
    assert len(heads) == 1 and heads[0].edits > 1
    assert "✅ Deployment succeeded: *web-app* → *preview*" in shown(heads[0])
    replies = [message for message in slack.messages("#deploys") if message.thread_ts is not None]
    assert {message.thread_ts for message in replies} == {heads[0].ts}
    assert ["Started" in replies[0].text, "Succeeded" in replies[-1].text] == [True, True]


async def test_the_card_comes_before_what_is_said_below_it(hub: Box, slack: FakeSlack) -> None:
    """Asked for and gone ahead without approval in one breath: the card heads the thread, and the room is alerted."""
    await asked(hub, "deploy api production --reason the shop is down")
    await hub.deliver()
    (note,) = [message for message in slack.messages("#deploys") if message.thread_ts]
    (card,) = [message for message in slack.messages("#deploys") if message.ts == note.thread_ts]  # the alert goes beside it, in no order
    (alert,) = [message for message in slack.messages("#deploys") if not message.thread_ts and message is not card]
    assert "Deployment requested" in card.text
    assert alert.text.startswith("🚨 *ann* goes ahead without approval") and "the shop is down" in shown(alert)


@pytest.mark.parametrize("end", ["expired", "cancelled", "rejected", "failed", "unknown"])
async def test_the_card_is_right_on_every_path(hub: Box, slack: FakeSlack, works: Works, runner: WorksRunner, end: str) -> None:
    """However it ends, the one card says so, and has only the buttons that still do something."""
    works.fails = lambda order: True
    if end == "unknown":
        runner.before = lambda what, order: {"start": Lost(code="runner_answer_lost"), "find": Absent(sure=False)}.get(what)
    made = await asked(hub, "deploy web-app preview" if end in ("failed", "unknown") else "deploy api production")
    await hub.run()
    await hub.deliver()
    if end == "cancelled":
        await hub.click("bob", "cancel", made.id)
    elif end == "rejected":
        await hub.click("bob", "reject", made.id)
    await hub.run(seconds=5 * 3600 if end == "expired" else 600)
    await hub.deliver()
    (card,) = [message for message in slack.messages("#deploys") if message.thread_ts is None and "🚨" not in message.text]
    marks = {"expired": "⌛", "cancelled": "🚫", "rejected": "🚫", "failed": "❌", "unknown": "❓"}
    assert card.text.startswith(marks[end]) and card.edits
    actions = {element["action_id"] for block in card.blocks if block["type"] == "actions" for element in block["elements"]}
    assert not {action for action in actions if "approve" in action or "cancel" in action} - ({"cancel"} if end == "unknown" else set()), actions


async def test_the_others_wait_with_their_place(hub: Box, works: Works) -> None:
    """One runs in a lane, the rest stand in line in the order of asking, and move up; each starts when its turn comes."""
    works.endless = {"preview"}
    line = [await asked(hub, f"deploy web-app preview v{number}") for number in range(4)]
    await hub.run(seconds=10)
    assert await hub.states() == ["running", "queued", "queued", "queued"]
    held = [(await now(hub, one)).held for one in line[1:]]
    assert [one.lane.place for one in held if one is not None and one.lane is not None] == [1, 2, 3]
    answer = text(await hub.say("bob", "queue web-app preview"))
    assert [answer.index(f"v{number}") for number in range(1, 4)] == sorted(answer.index(f"v{number}") for number in range(1, 4))
    await hub.click("bob", "cancel", line[1].id)
    held = [(await now(hub, one)).held for one in line[2:]]
    assert [one.lane.place for one in held if one is not None and one.lane is not None] == [1, 2]
    works.endless = set()
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded", "cancelled", "succeeded", "succeeded"]
    assert list(works.starts) == [line[0].id, line[2].id, line[3].id] and not works.twice


async def test_a_service_may_have_one_lane(hub: Box, works: Works) -> None:
    """With ``lane = "service"`` one environment waits for the other, and a lock of one closes both."""
    works.endless = {"blue"}
    blue, green = await asked(hub, "deploy shop blue"), await asked(hub, "deploy shop green", "bob")
    await hub.run(seconds=10)
    assert await hub.states() == ["running", "queued"]
    await hub.say("cat", "lock shop green stocktaking")
    works.endless = set()
    await hub.run(seconds=30)
    assert await hub.states() == ["succeeded", "queued"]
    assert "stocktaking" in text(await hub.say("bob", "deploy shop blue"))
    await hub.say("cat", "unlock shop blue")
    await hub.run(seconds=30)
    assert (await now(hub, green)).state == "succeeded" and list(works.starts) == [blue.id, green.id]


async def test_a_lock_and_who_waits_for_it(hub: Box, slack: FakeSlack, clock: VirtualClock) -> None:
    """Whoever has it may deploy, others are refused with its reason; those who wait are told when it frees, once, and who had it when it is taken over."""
    assert (await hub.say("ann", "lock web-app preview database migration --for 2h")).public
    assert "database migration" in text(await hub.say("bob", "deploy web-app preview"))
    assert (await hub.say("ann", "deploy web-app preview")).public
    waits = await hub.say("bob", "lock web-app preview --wait")
    assert not waits.public and "1st in the queue" in text(waits)
    assert "2nd in the queue" in text(await hub.say("cat", "lock web-app preview --wait"))
    assert "1st in the queue" in text(await hub.say("bob", "lock web-app preview --wait"))
    assert "--steal" in text(await hub.say("bob", "lock web-app preview mine now"))
    assert "bob" not in text(await hub.say("bob", "unlock web-app preview"))
    taken = await hub.say("bob", "lock web-app preview mine now --steal --for 1h")
    assert taken.public and "mine now" in text(taken)
    await hub.run(seconds=30)
    await hub.deliver()
    assert len(said(slack, "ANN")) == 1 and "took over" in said(slack, "ANN")[0]
    assert said(slack, "CAT") == []
    await hub.run(seconds=3600)
    clock.advance(seconds=1)
    await hub.run()
    await hub.deliver()
    assert len(said(slack, "CAT")) == 1 and "is free" in said(slack, "CAT")[0]
    assert said(slack, "BOB") == []
    await hub.run(seconds=3600)
    assert "lock_none" in text(await hub.say("ann", "unlock web-app preview"))
    await hub.deliver()
    assert len(said(slack, "CAT")) == 1


async def test_who_waited_is_mentioned(sqlite_url: str, clock: VirtualClock, runner: WorksRunner, slack: FakeSlack) -> None:
    """Who is told of a lock is named as people are there, also with the workspace before the id; it was once "slack:T1/U0BOB"."""
    roles = {"release": Role(allow=("lock *", "unlock *"), members=("slack:U0ANN", "slack:U0BOB"))}
    for name in ("deploys", "U0ANN", "U0BOB"):
        slack.channel(name)
    async with box(sqlite_url, clock, catalogue=CATALOGUE, runners={"works": runner}, slack=slack, roles=roles) as hub:
        await hub.say("u0ann", "lock web-app preview")
        await hub.say("u0bob", "lock web-app preview --wait")
        await hub.say("u0ann", "unlock web-app preview")
        await hub.say("u0ann", "lock web-app preview")
        await hub.say("u0bob", "lock web-app preview --steal")
        await hub.deliver()
        assert said(slack, "U0BOB")[0].startswith("🔓 <@U0BOB> *web-app* → *preview* is free.")
        assert "<@U0ANN>" in said(slack, "U0ANN")[0]


async def test_a_lock_that_is_over_frees_who_stands_in_line(hub: Box, clock: VirtualClock, works: Works) -> None:
    """Nobody has to unlock: what waited starts by itself when the lock's time is over, or when it is unlocked before."""
    for before_its_end in (False, True):
        works.endless = {"preview"}
        first, second = await asked(hub, "deploy web-app preview"), await asked(hub, "deploy web-app preview next", "bob")
        await hub.run(seconds=10)
        await hub.say("ann", "lock web-app preview --for 30m")
        works.endless = set()
        await hub.run(seconds=60)
        waits = await now(hub, second)
        assert (await now(hub, first)).state == "succeeded" and waits.state == "queued"
        assert waits.held is not None and waits.held.lock is not None and waits.held.lock.by_name == "ann"
        if before_its_end:
            await hub.say("ann", "unlock web-app preview")
            await hub.run(seconds=60)
        else:
            clock.advance(minutes=30)
            await hub.run(seconds=60)
        assert (await now(hub, second)).state == "succeeded"


async def test_somebody_takes_the_lock_in_the_moment_it_ends(hub: Box, clock: VirtualClock, slack: FakeSlack) -> None:
    """Those who waited for it are told that it ended, though somebody else was quicker."""
    await hub.say("ann", "lock web-app preview --for 1h")
    await hub.say("bob", "lock web-app preview --wait")
    clock.advance(hours=1)
    assert (await hub.say("cat", "lock web-app preview mine")).public
    await hub.run()
    await hub.deliver()
    assert len(said(slack, "BOB")) == 1
    lock = await hub.database.read(locks.load, "web-app/preview")
    assert lock is not None and lock.owner_name == "cat"


async def test_a_freeze_holds_until_its_end(hub: Box, works: Works) -> None:
    """Approved in a freeze, it waits and says until when, then starts by itself; with a reason, who may goes ahead, and everybody is told."""
    made = await asked(hub, "deploy api production")
    await hub.run()
    await hub.click("bob", "approve", made.id)
    await hub.run(seconds=3000)
    waits = await now(hub, made)
    assert waits.state == "queued" and waits.held is not None and waits.held.freeze is not None and waits.held.freeze.reason == "review"
    urgent = await asked(hub, "deploy api production hotfix --reason \"the shop is down\"", "cat")
    await hub.run(seconds=60)
    assert (await now(hub, urgent)).state == "succeeded" and (await now(hub, made)).state == "queued"
    await hub.run(seconds=600)
    assert (await now(hub, made)).state == "succeeded" and list(works.starts) == [urgent.id, made.id]


async def test_only_who_may_breaks_the_glass(sqlite_url: str, clock: VirtualClock, runner: WorksRunner) -> None:
    """Without the role that the policy names, and where there is no policy, a reason opens nothing; which of the two it is, is said.

    Where nobody may, people were once sent to the members of roles that were not named.
    """
    roles = {**ROLES, "guests": Role(allow=("deploy *",), members=("slack:GUEST",))}
    async with box(sqlite_url, clock, catalogue=CATALOGUE, runners={"works": runner}, roles=roles) as hub:
        assert "break_glass_off" in text(await hub.say("ann", "deploy web-app staging --reason urgent"))
        refused = text(await hub.say("guest", "deploy web-app production --reason urgent"))
        assert "break_glass_role_missing" in refused and "release" in refused
        assert await hub.all() == []


async def test_environments_come_in_their_order(hub: Box, works: Works) -> None:
    """A commit that is not live in the environment before is refused; after a success the next one is asked for by itself, behind its approval."""
    early = await asked(hub, "deploy web-app production other")
    await hub.run()
    ended = await now(hub, early)
    assert ended.state == "failed" and ended.end is not None and ended.end.code == "deployment_out_of_order" and not works.starts
    first = await asked(hub, "deploy web-app staging main")
    await hub.run(seconds=60)
    follows = (await hub.all())[-1]
    assert (await now(hub, first)).state == "succeeded" and follows.environment == "production" and follows.state == "waiting"
    assert follows.cause == "after staging" and follows.by is None and follows.place == HERE
    # A newer commit is on staging before anybody approves the older one for production.
    await asked(hub, "deploy web-app staging newer")
    await hub.run(seconds=60)
    await hub.click("bob", "approve", follows.id)
    await hub.run(seconds=60)
    ended = await now(hub, follows)
    assert ended.state == "failed" and ended.end is not None and ended.end.code == "deployment_out_of_order"
    newest = (await hub.all())[-1]
    await hub.click("bob", "approve", newest.id)
    await hub.run(seconds=60)
    assert (await now(hub, newest)).state == "succeeded" and not works.twice


async def test_a_failed_run_is_run_again_and_then_the_room_is_alerted(hub: Box, works: Works, slack: FakeSlack) -> None:
    """``retry = { times = 2, wait = "1m" }``: three runs under three ids, a minute apart, then an alert that offers the last good one."""
    good = await asked(hub, "deploy api staging good")
    await hub.run(seconds=60)
    works.fails = lambda order: order.ref == "bad"
    bad = await asked(hub, "deploy api staging bad")
    await hub.run(seconds=50)
    assert [one.correlation_id for one in (await now(hub, bad)).tries] == [bad.id, f"{bad.id}-2"]
    assert works.starts[f"{bad.id}-2"] == 0
    await hub.run(seconds=200)
    assert list(works.starts) == [good.id, bad.id, f"{bad.id}-2", f"{bad.id}-3"] and not works.twice
    assert (await now(hub, bad)).state == "failed"
    await hub.deliver()
    alert = next(message for message in slack.messages("#deploys") if message.text.startswith("🚨"))
    (button,) = [element for block in alert.blocks if block["type"] == "actions" for element in block["elements"]]
    answer = await hub.click("bob", button["action_id"].partition("~")[0], button["value"])
    assert answer.public and "Rollback requested" in text(answer)
    await hub.run(seconds=60)
    back = (await hub.all())[-1]
    assert back.kind == "rollback" and back.state == "succeeded" and back.commit is not None and back.commit.ref == "good"
    lock = await hub.database.read(locks.load, "api/staging")
    assert lock is not None and lock.owner_name == "bob"
    assert not (await hub.say("ann", "deploy api staging")).public


async def test_who_asks_again_after_a_failure(hub: Box, works: Works) -> None:
    """The button of a failed card: the same deployment goes on under another id; a second click is too late."""
    works.fails = lambda order: "-" not in order.correlation_id
    made = await asked(hub, "deploy web-app preview")
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == "failed"
    assert (await hub.click("bob", "retry", made.id)).public
    assert not (await hub.click("cat", "retry", made.id)).public
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == "succeeded" and list(works.starts) == [made.id, f"{made.id}-2"]


async def test_a_start_that_surely_did_not_happen_is_made_again(hub: Box, works: Works, runner: WorksRunner) -> None:
    """A runner that is down, or has too much to do, is asked again under the same id, after as long as it said; it starts once."""
    refusals = [NotStarted(code="runner_unavailable", again=True), NotStarted(code="runner_rate_limited", again=True, after_s=90)]
    runner.before = lambda what, order: refusals.pop(0) if what == "start" and refusals else None
    made = await asked(hub, "deploy web-app preview")
    await hub.run(seconds=60)
    assert not works.starts and (await now(hub, made)).state == "starting"
    await hub.run(seconds=120)
    assert works.starts == {made.id: 1} and (await now(hub, made)).state == "succeeded"


@pytest.mark.parametrize(("how", "state"), [("settle_ran", "succeeded"), ("settle_not", "failed")])
async def test_what_nobody_knows_is_settled_by_a_person(hub: Box, works: Works, runner: WorksRunner, slack: FakeSlack, how: str, state: str) -> None:
    """Neither the answer nor the run is found: the room is alerted, the lane stays closed, nothing is started again until somebody says how it was."""
    runner.after = lambda what, order: Lost(code="runner_answer_lost") if what == "start" else None
    runner.before = lambda what, order: Absent(sure=False) if what == "find" else None
    made = await asked(hub, "deploy web-app preview")
    after = await asked(hub, "deploy web-app preview next")
    await hub.run(seconds=600)
    assert await hub.states() == ["unknown", "queued"] and works.starts == {made.id: 1}
    await hub.deliver()
    assert any(message.text.startswith("🚨") for message in slack.messages("#deploys"))
    runner.after = runner.before = lambda what, order: None
    assert (await hub.click("bob", how, made.id)).public
    assert not (await hub.click("cat", "settle_ran", made.id)).public
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == state and (await now(hub, after)).state == "succeeded" and not works.twice


async def test_what_was_unknown_is_found_late(hub: Box, works: Works, runner: WorksRunner) -> None:
    """The runner tells it after all, before any person does: it ends as the runner says."""
    runner.after = lambda what, order: Lost(code="runner_answer_lost") if what == "start" else None
    runner.before = lambda what, order: Absent(sure=False) if what == "find" else None
    made = await asked(hub, "deploy web-app preview")
    await hub.run(seconds=300)
    assert (await now(hub, made)).state == "unknown"
    runner.before = lambda what, order: Found(run=Run(id="7", number="#7")) if what == "find" else Finished(run=Run(id="7"), result="succeeded") if what == "poll" else None
    await hub.run(seconds=1200)
    assert (await now(hub, made)).state == "succeeded" and works.starts == {made.id: 1}


async def test_who_stands_in_line_too_long_is_sent_home(hub: Box, works: Works, clock: VirtualClock) -> None:
    """After a day in the queue it expires, also when the hub was down that day and a thousand stand there."""
    works.endless = {"preview"}
    await asked(hub, "deploy web-app preview")
    await hub.run(seconds=10)
    for _ in range(60):
        await asked(hub, "deploy web-app preview")
    await hub.run()
    clock.advance(hours=25)
    works.endless = set()
    await hub.run(seconds=60)
    states = await hub.states()
    assert states == ["succeeded"] + ["expired"] * 60 and len(works.starts) == 1
    assert await hub.rows(sa.select(lever_effects)) == []


async def test_progress_by_direct_message(hub: Box, slack: FakeSlack) -> None:
    """With ``--dm`` whoever asked is told of every step in a room of their own too."""
    await asked(hub, "deploy web-app preview --dm")
    await hub.run(seconds=60)
    await hub.deliver()
    assert ["Started" in line or "Succeeded" in line for line in said(slack, "ANN")] == [True, True]
    assert said(slack, "BOB") == []


async def test_the_audit_room_sees_every_act(hub: Box, slack: FakeSlack) -> None:
    """What people do and what they are refused is mirrored, with who and where; what they only ask is not."""
    await asked(hub, "deploy web-app preview")
    await hub.say("dan", "deploy web-app production")
    await hub.say("ann", "status")
    await hub.run(seconds=60)
    await hub.deliver()
    lines = said(slack, "audit")
    assert any("*ann* in deploys" in line and "deploy web-app preview" in line for line in lines)
    assert any("*dan* in deploys, refused" in line and "not_allowed" in line for line in lines)
    assert not any("status" in line for line in lines)
    assert sum("Started" in line for line in lines) == 1 and sum("Succeeded" in line for line in lines) == 1
    assert not any(message.thread_ts for message in slack.messages("#audit"))


async def test_an_environment_that_left_the_configuration(sqlite_url: str, clock: VirtualClock, works: Works) -> None:
    """What runs there is followed to its end, what waits there ends too: nothing stays for ever."""
    works.endless = {"preview"}
    async with box(sqlite_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(works)}) as hub:
        await asked(hub, "deploy web-app preview")
        await asked(hub, "deploy web-app preview next")
        await hub.run(seconds=10)
    clock.advance(seconds=60)
    works.endless = set()
    async with box(sqlite_url, clock, catalogue=Catalogue(services={"api": {"staging": replace(RETRIED)}}), runners={"works": WorksRunner(works)}) as hub:
        await hub.run(seconds=120)
        assert await hub.states() == ["succeeded", "succeeded"] and not works.twice


async def test_what_runs_is_what_ran_last_not_what_was_asked_for_last(hub: Box, works: Works) -> None:
    """A failed deployment was tried again after a later one had succeeded: status, order of environments and rollback took the later one for what runs."""
    works.fails = lambda order: order.ref == "second" and "-" not in order.correlation_id
    await asked(hub, "deploy web-app preview first")
    await hub.run(seconds=60)
    second = await asked(hub, "deploy web-app preview second")
    await hub.run(seconds=60)
    await asked(hub, "deploy web-app preview third")
    await hub.run(seconds=60)
    await hub.click("ann", "retry", second.id)
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded"] * 3
    assert "second" in text(await hub.say("ann", "status web-app preview"))
    back = await asked(hub, "rollback web-app preview")
    assert back.commit is not None and back.commit.ref == "third"


async def test_a_rollback_in_the_middle_of_a_run_goes_to_what_was_good_before_it(hub: Box, works: Works) -> None:
    """A run that looked bad was to be taken back while it still went on: the rollback went one too far, for only what had ended was looked at."""
    for ref in ("first", "second"):
        await asked(hub, f"deploy web-app preview {ref}")
        await hub.run(seconds=60)
    works.endless = {"preview"}
    await asked(hub, "deploy web-app preview third")
    await hub.run(seconds=10)
    works.endless = set()
    back = await asked(hub, "rollback web-app preview")
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded"] * 4 and back.commit is not None and back.commit.ref == "second"
    further = await asked(hub, "rollback web-app preview")
    assert further.commit is not None and further.commit.ref == "first"


async def test_who_asks_again_does_not_approve_it_and_minds_the_lock(hub: Box, works: Works) -> None:
    """Ann's deployment had failed. Bob had it tried again, and could approve that himself; and her lock, which let her own deployments through, let his retry through."""
    works.fails = lambda order: order.environment == "production"
    await asked(hub, "deploy web-app staging")
    await hub.run(seconds=60)
    made = (await hub.all())[-1]  # production follows
    assert made.environment == "production" and (await hub.click("cat", "approve", made.id)).public
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == "failed"
    await hub.run(seconds=5 * 3600)  # the approval is over
    works.fails = lambda order: False
    await hub.click("bob", "retry", made.id)
    await hub.run(seconds=10)
    assert (await now(hub, made)).state == "waiting" and "approval_own" in text(await hub.click("bob", "approve", made.id))
    assert (await hub.click("cat", "approve", made.id)).public
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == "succeeded"

    works.fails = lambda order: True
    hers = await asked(hub, "deploy web-app preview")
    await hub.run(seconds=60)
    await hub.say("ann", "lock web-app preview mine")
    await hub.click("bob", "retry", hers.id)
    await hub.run(seconds=60)
    assert (await now(hub, hers)).state == "queued" and works.starts[f"{hers.id}-2"] == 0
    await hub.say("ann", "unlock web-app preview")
    await hub.run(seconds=60)
    assert works.starts[f"{hers.id}-2"] == 1


async def test_two_people_press_roll_back(hub: Box, works: Works) -> None:
    """The second click was a rollback of its own: it waited behind the first one's lock and undid what came after, or went back one further."""
    for ref in ("first", "second"):
        await asked(hub, f"deploy web-app preview {ref}")
        await hub.run(seconds=60)
    works.fails = lambda order: order.ref == "third"
    bad = await asked(hub, "deploy web-app preview third")
    await hub.run(seconds=60)
    assert (await hub.click("bob", "rollback", bad.id)).public
    back = (await hub.all())[-1]
    refused = await hub.click("cat", "rollback", bad.id)
    assert "rollback_under_way" in text(refused) and back.id in text(refused)
    await hub.run(seconds=60)
    late = await hub.click("ann", "rollback", bad.id)
    assert "rollback_late" in text(late) and not late.public
    assert await hub.states() == ["succeeded", "succeeded", "failed", "succeeded"]
    assert back.commit is not None and back.commit.ref == "second"
    assert (await asked(hub, "rollback web-app preview")).commit != back.commit  # said in words it is meant


async def test_a_freeze_may_be_longer_than_a_day(sqlite_url: str, clock: VirtualClock, works: Works) -> None:
    """What was asked for on Friday evening starts on Monday: it was sent home after a day in the queue, in the middle of the freeze."""
    weekend = replace(FREE, freezes=(Freeze(cron="0 18 * * MON", hours=62, reason="weekend"),))
    catalogue = Catalogue(services={"web-app": {"preview": weekend}})
    async with box(sqlite_url, clock, catalogue=catalogue, runners={"works": WorksRunner(works)}) as hub:
        for _ in range(2):
            await asked(hub, "deploy web-app preview")
        await hub.run(seconds=61 * 3600)
        assert await hub.states() == ["queued", "queued"]
        works.endless = {"preview"}
        await hub.run(seconds=3600 + 60)
        assert await hub.states() == ["running", "queued"]
        clock.advance(hours=24)
        works.endless = set()
        await hub.run(seconds=60)
        assert await hub.states() == ["succeeded", "expired"]
