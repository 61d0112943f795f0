"""Many hands on one lever: double clicks, clicks that come too late, two people at once, strange words; one outcome each, and a clear answer to everybody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from msgspec.structs import replace

from leverframe.core import ids
from leverframe.core.approvals import Policy
from leverframe.core.conversation import LATER
from leverframe.core.deployments import Deployment, Rules
from leverframe.core.errors import Refused
from leverframe.core.services import Catalogue, Environment
from leverframe.core.wording.levers import ACT
from leverframe.ports import Absent, Lost
from leverframe.store import approvals, deployments, inbox
from leverframe.store.tables import audit, events, lever_effects
from leverframe.store.tables import inbox as inbox_table
from leverframe.work.converse import BATCH
from work.box import HERE, Box, box, buttons, text
from work.works import Works, WorksRunner

pytestmark = pytest.mark.anyio
OPEN = Environment(service="web-app", name="preview", runner="works")
ONE = Environment(service="web-app", name="staging", runner="works", rules=Rules(policy=Policy(required=1)))
TWO = Environment(service="web-app", name="production", runner="works", rules=Rules(policy=Policy(required=2, from_roles=("release",))))
CATALOGUE = Catalogue(services={"web-app": {one.name: one for one in (OPEN, ONE, TWO)}})


@pytest.fixture
def works() -> Works:
    """What the runner works in."""
    return Works()


@pytest.fixture
async def hub(database_url: str, clock: VirtualClock, works: Works) -> AsyncIterator[Box]:
    """A box with one environment that is open, one behind one approval, and one behind two."""
    async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(works)}) as made:
        yield made


async def waiting(hub: Box, environment: str = "staging") -> Deployment:
    """Return a deployment that waits for approval."""
    await hub.say("ann", f"deploy web-app {environment}")
    await hub.run()
    made = (await hub.all())[-1]
    assert made.state == "waiting"
    return made


async def asked(hub: Box, environment: str = "preview") -> Deployment:
    """Return a deployment that was just asked for."""
    await hub.say("ann", f"deploy web-app {environment}")
    return (await hub.all())[-1]


async def now(hub: Box, made: Deployment) -> Deployment:
    """Return the deployment as it is now."""
    return next(one for one in await hub.all() if one.id == made.id)


async def test_a_double_click_is_one_vote(hub: Box, works: Works) -> None:
    """Both clicks are answered; the second changes nothing."""
    made = await waiting(hub, "production")
    first, second = await asyncio.gather(hub.click("bob", "approve", made.id), hub.click("bob", "approve", made.id))
    assert text(first).startswith("👍 Approved") and first.public
    assert "before" in text(second) and not second.public
    approval = (await now(hub, made)).approval
    assert approval is not None and [vote.actor for vote in approval.votes] == ["slack:BOB"]
    assert (await now(hub, made)).state == "waiting"
    await hub.click("cat", "approve", made.id)
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == "succeeded" and list(works.starts.values()) == [1]


async def test_two_people_approve_at_once(hub: Box, works: Works) -> None:
    """One is enough: the first vote decides, the other is told so, and one run is started."""
    made = await waiting(hub)
    first, second = await asyncio.gather(hub.click("bob", "approve", made.id), hub.click("cat", "approve", made.id))
    assert first.public and text(first).startswith("👍")
    assert not second.public and "too late" in text(second)
    await hub.run(seconds=60)
    assert list(works.starts.values()) == [1] and not works.twice


async def test_the_same_click_sent_twice_is_answered_twice_alike(hub: Box) -> None:
    """A chat that sends again what it thinks was not heard gets the same words, at the same moment or later."""
    made = await waiting(hub)
    at_once = await asyncio.gather(*(hub.click("bob", "approve", made.id, key="one") for _ in range(5)))
    later = await hub.click("bob", "approve", made.id, key="one")
    assert len({text(answer) for answer in (*at_once, later)}) == 1 and all(answer.public for answer in at_once)
    assert await hub.rows(sa.select(inbox_table.c.code).where(inbox_table.c.kind == "Clicked")) == [("ok",)]


async def test_one_approves_while_the_other_cancels(hub: Box, works: Works) -> None:
    """Whoever comes first is done; the second is done after it, or told that it is too late."""
    made = await waiting(hub)
    yes, no = await asyncio.gather(hub.click("bob", "approve", made.id), hub.click("cat", "cancel", made.id))
    assert text(yes).startswith("👍") and text(no).startswith("👌")
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == "cancelled" and not works.starts
    made = await waiting(hub)
    no, yes = await asyncio.gather(hub.click("cat", "cancel", made.id), hub.click("bob", "approve", made.id))
    assert text(no).startswith("👌") and "too late" in text(yes)
    assert (await now(hub, made)).state == "cancelled"


async def test_one_approves_while_the_other_rejects(hub: Box, works: Works) -> None:
    """There is one outcome, and it is the first."""
    made = await waiting(hub)
    no, yes = await asyncio.gather(hub.click("bob", "reject", made.id), hub.click("cat", "approve", made.id))
    assert text(no).startswith("👌") and "too late" in text(yes)
    await hub.run(seconds=60)
    ended = await now(hub, made)
    assert ended.state == "cancelled" and ended.end is not None and ended.end.code == "approval_rejected" and not works.starts


@pytest.mark.parametrize("action", ["approve", "reject", "cancel", "settle_ran", "retry"])
async def test_a_click_on_a_card_that_is_over(hub: Box, clock: VirtualClock, works: Works, action: str) -> None:
    """Expired or cancelled: whoever clicks is told, alone, and nothing happens."""
    expired = await waiting(hub)
    await hub.run(seconds=5 * 3600)
    assert (await now(hub, expired)).state == "expired"
    cancelled = await waiting(hub)
    await hub.click("ann", "cancel", cancelled.id)
    for made in (expired, cancelled):
        answer = await hub.click("bob", action, made.id)
        assert not answer.public and text(answer), made.state
    await hub.run(seconds=60)
    assert await hub.states() == ["expired", "cancelled"] and not works.starts


async def test_a_click_in_the_moment_of_expiry(hub: Box, clock: VirtualClock) -> None:
    """The time is over, though nobody has looked yet: the vote is refused as late."""
    made = await waiting(hub)
    clock.advance(hours=4)
    answer = await hub.click("bob", "approve", made.id)
    assert "approval_expired" in text(answer) and not answer.public
    await hub.run()
    assert (await now(hub, made)).state == "expired"


VALUES = ["", "dep_0000000000000", "dep_zzzz", "x" * 20_000, "dep_\x00\x00", "\ud800\udfff", "dep_" + "０" * 13, "web-app", "../../etc/passwd", "' OR 1=1 --"]


@pytest.mark.parametrize("action", ["approve", "cancel", "rollback", "settle_not"])
async def test_a_click_on_an_unknown_card(hub: Box, action: str) -> None:
    """Whatever a button says, there is an answer that only who clicked sees."""
    for value in VALUES:
        answer = await hub.click("bob", action, value)
        assert not answer.public and len(text(answer)) < 1_000, value
    rows = await hub.rows(sa.select(inbox_table.c.code, inbox_table.c.ended_at))
    assert len(rows) == len(VALUES) and all(row.ended_at is not None and row.code in ("deployment_unknown", "ok") for row in rows)


async def test_an_action_that_nobody_knows_is_heard_and_nothing(hub: Box) -> None:
    """A button of another app or version is no mistake of the person's."""
    assert text(await hub.click("bob", "open_link\x00", "x")) == ""
    assert await hub.submit("bob", "nobody's form", {"a": "b"}) is not None


LINES = [
    "deploy web-app preview " + "x" * 20_000, "deploy " + "y" * 20_000, "x" * 20_000, "lock web-app preview " + "z " * 10_000,
    "deploy web-app pre\x00view", "deploy web-app preview \ud800", "reject dep_0000000000000 \x00", "lock web-app preview \x1b[2J",
    "deploy web-app preview key=\x00", "\x00", "\udfff\ud800", "who-can " + "deploy " * 3_000, "why " + "é" * 20_000,
]  # fmt: skip


async def test_strange_words(hub: Box) -> None:
    """Endless, or with characters that no database and no chat can hold: refused with a reason, and what is asked after it is done."""
    for line in LINES:
        answer = await hub.say("ann", line)
        assert not answer.public and text(answer) and len(text(answer)) < 3_000, line[:50]
    rows = await hub.rows(sa.select(inbox_table.c.code, inbox_table.c.ended_at))
    assert len(rows) == len(LINES) and all(row.ended_at is not None and row.code not in ("ok", "internal") for row in rows)
    assert await hub.all() == []
    assert (await hub.say("ann", "deploy web-app preview")).public


async def test_strange_people_and_places(hub: Box) -> None:
    """Names that no database can hold are kept with a mark in place of what cannot be kept."""
    answer = await hub.say("a\x00nn\ud800", "deploy web-app preview", at=replace(HERE, room="#\x00\udfff"))
    assert "may not" in text(answer)
    (row,) = await hub.rows(sa.select(inbox_table.c.actor, inbox_table.c.room))
    assert tuple(row) == ("slack:A�NN�", "slack:#��")


async def test_strange_fields_of_a_form(hub: Box) -> None:
    """A form with words that cannot be: its field says what is wrong."""
    fields = {"service": "web-app", "environment": "preview", "ref": "ma\x00in", "parameters": "x" * 20_000}
    answer = await hub.submit("ann", "deploy", fields)
    assert set(answer.errors) == {"ref", "parameters"}
    assert await hub.all() == []


@pytest.mark.parametrize("stage", ["asked", "waiting", "queued", "due", "called", "looking", "running", "unknown"])
async def test_it_is_cancelled_wherever_it_is(database_url: str, clock: VirtualClock, works: Works, stage: str) -> None:
    """At every stage somebody can stop it; it ends as cancelled, nothing more is started, and the next in the lane goes."""
    works.endless = {"preview", "staging"}
    runner = WorksRunner(works)
    async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": runner}) as hub:
        environment = "staging" if stage == "waiting" else "preview"
        first = await asked(hub, environment) if stage == "queued" else None
        if stage == "queued":
            await hub.run(seconds=10)
        if stage == "unknown":
            runner.before = lambda what, order: {"start": Lost(code="runner_answer_lost"), "find": Absent(sure=False)}.get(what)
        made = await asked(hub, environment)
        if stage in ("waiting", "queued"):
            await hub.run()
        elif stage == "due":
            while (await now(hub, made)).state != "starting":
                await hub.deployer.step()
                await hub.deployer.settle()
        elif stage == "called":
            gate = asyncio.Event()
            runner.after = lambda what, order: _none(gate) if what == "start" else None
            while "start" not in runner.calls:
                await hub.deployer.step()
                await asyncio.sleep(0)
        elif stage == "looking":
            runner.after = lambda what, order: Lost(code="runner_answer_lost") if what == "start" else None
            while not (tries := (await now(hub, made)).tries) or tries[-1].phase != "looking":
                await hub.deployer.step()
                await hub.deployer.settle()
        elif stage == "running":
            await hub.run(seconds=10)
        elif stage == "unknown":
            await hub.run(seconds=400)
        before = await now(hub, made)
        answer = await hub.click("cat", "cancel", made.id)
        assert answer.public and text(answer).startswith("👌"), text(answer)
        again = await hub.click("bob", "cancel", made.id)
        assert not again.public
        if stage == "called":
            gate.set()
        if stage == "unknown":
            assert before.state == "unknown"
            await hub.click("cat", "settle_not", made.id)
        await hub.run(seconds=300)
        ended = await now(hub, made)
        assert ended.state == "cancelled" and ended.end is not None
        assert works.starts[made.id] == (stage in ("called", "looking", "running"))
        if first is not None:
            await hub.click("cat", "cancel", first.id)
        works.endless, runner.before = set(), lambda what, order: None
        after = await asked(hub)
        await hub.run(seconds=60)
        assert (await now(hub, after)).state == "succeeded"
        assert not works.twice


async def _none(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_an_approval_is_void_when_the_policy_changes(database_url: str, clock: VirtualClock, works: Works) -> None:
    """Approved, and held by a lock while the hub is restarted with a stricter policy: it is asked for anew, and the old yes counts no more."""
    async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(works)}) as hub:
        made = await waiting(hub)
        await hub.say("cat", "lock web-app staging a demo")
        await hub.click("bob", "approve", made.id)
        await hub.run()
        assert (await now(hub, made)).state == "queued"
    clock.advance(seconds=60)
    stricter = Catalogue(services={"web-app": {"preview": OPEN, "staging": replace(ONE, rules=Rules(policy=Policy(required=2)))}})
    async with box(database_url, clock, catalogue=stricter, runners={"works": WorksRunner(works)}) as hub:
        await hub.say("cat", "unlock web-app staging")
        await hub.run(seconds=60)
        fresh = await now(hub, made)
        assert fresh.state == "waiting" and not works.starts
        old = await hub.database.read(approvals.latest, made.id, digest=made.digest)
        assert old is not None and old.result == "void"
        await hub.click("bob", "approve", made.id)
        assert (await now(hub, made)).state == "waiting"
        await hub.click("cat", "approve", made.id)
        await hub.run(seconds=60)
        assert (await now(hub, made)).state == "succeeded" and works.starts == {made.id: 1}


async def test_too_much_in_a_minute(database_url: str, clock: VirtualClock) -> None:
    """A person who says too much is told how long to wait, and who waits so long is heard, however often they tried meanwhile.

    The audit has what they tried; the room where acts are mirrored is not flooded with it.
    """
    async with box(database_url, clock, per_person=3, audit_room="slack:#audit") as hub:
        for second in range(3):
            assert (await hub.say("ann", "deploy web-app staging")).public, second
            clock.advance(seconds=10)
        for _ in range(5):
            answer = await hub.say("ann", "status")
            assert "Wait 30" in text(answer) and "command_rate_limited" in text(answer)
        assert "Wait 30" in text(await hub.say("ann", "unlock web-app staging"))
        refused = [json.loads(row.detail)["line"] for row in await hub.database.read(lambda connection: connection.execute(sa.select(audit.c.detail).where(audit.c.code == inbox.LIMITED)).all())]
        assert refused == ["status"] * 5 + ["unlock web-app staging"]
        assert await hub.database.read(lambda connection: connection.execute(sa.select(sa.func.count()).where(events.c.name == ACT)).scalar()) == 3
        assert text(await hub.say("bob", "status"))[0] == "🚦"
        clock.advance(seconds=30)
        assert text(await hub.say("ann", "status"))[0] == "🚦"
        assert "Wait 10" in text(await hub.say("ann", "status"))


async def test_too_much_at_once(database_url: str, clock: VirtualClock) -> None:
    """Of a burst, as many are done as are allowed, the first ones."""
    async with box(database_url, clock, per_room=4) as hub:
        answers = await asyncio.gather(*(hub.say(("ann", "bob", "cat")[number % 3], "lock web-app staging x --steal") for number in range(10)))
        assert [answer.public for answer in answers] == [True] * 4 + [False] * 6
        assert "Wait 1 min" in text(answers[-1])
        assert text(await hub.say("ann", "status", at=replace(HERE, room="#elsewhere")))[0] == "🚦"


async def test_nobody_waits_long_when_many_speak(hub: Box) -> None:
    """When much waits to be done, somebody is told that the answer comes later, also who came before there was so much; asked for again, it is what
    came of it. A few were once left to wait for turns that are rare in a crowd, for more than a second."""
    lines = [asyncio.create_task(hub.say("ann", "deploy web-app preview", key=f"many-{number}")) for number in range(60)]
    answers = await asyncio.gather(*lines)
    assert sum(answer is LATER for answer in answers) >= 60 - BATCH
    again = await asyncio.gather(*(hub.say("ann", "deploy web-app preview", key=f"many-{number}") for number in range(60)))
    assert all(answer.public for answer in again)
    assert len(await hub.all()) == 60


async def test_whoever_asked_may_go_away(hub: Box) -> None:
    """A connection that ends while its words are being written: they are done all the same."""
    speaking = asyncio.create_task(hub.say("ann", "deploy web-app preview", key="gone"))
    while not hub.converser._intake.at:
        await asyncio.sleep(0)
    speaking.cancel()
    await asyncio.wait([speaking])
    await hub.converser.settled()
    assert len(await hub.all()) == 1
    assert (await hub.say("ann", "deploy web-app preview", key="gone")).public


async def test_who_was_told_no_is_not_done_later(hub: Box) -> None:
    """The answer of a commit is lost: whoever asked is told that nothing is done, and nothing is, unless they say it again."""
    write = hub.database.write

    async def unanswered(work: object, *args: object, **kwargs: object) -> object:
        done = await write(work, *args, **kwargs)
        if work is inbox.take_in:
            raise Refused("storage_unavailable")
        return done

    hub.database.write_first = unanswered
    for key in ("a", "b"):
        with pytest.raises(Refused, match="storage_unavailable"):
            await hub.say("ann", "deploy web-app preview", key=key)
    hub.database.write_first = write
    assert (await hub.say("ann", "deploy web-app preview", key="a")).public
    await hub.converser.recover()
    await hub.converser.settled()
    assert len(await hub.all()) == 1
    rows = await hub.rows(sa.select(inbox_table.c.code).order_by(inbox_table.c.id))
    assert [row.code for row in rows] == ["ok", "storage_unavailable"]


async def test_a_command_that_breaks_is_told_and_does_not_stop_the_others(hub: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of the hub's own: whoever asked is told, the audit has it, and those who spoke at the same moment are served."""
    deploy = hub.converser._levers._does["deploy"]
    monkeypatch.setitem(hub.converser._levers._does, "deploy", lambda asked: 1 / 0 if asked.name == "bob" else deploy(asked))
    answers = await asyncio.gather(*(hub.say(who, "deploy web-app preview") for who in ("ann", "bob", "cat")))
    assert [answer.public for answer in answers] == [True, False, True] and "internal" in text(answers[1])
    rows = await hub.rows(sa.select(audit.c.actor, audit.c.code).order_by(audit.c.actor))
    assert [tuple(row) for row in rows] == [("slack:ANN", "ok"), ("slack:BOB", "internal"), ("slack:CAT", "ok")]
    assert not hub.converser._intake.at


async def test_a_listener_that_breaks_stops_nothing(hub: Box, works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """What plugins and metrics do with what they hear is their own affair."""
    monkeypatch.setattr(hub.deployer, "_happened", lambda what, deployment: 1 / 0)
    assert (await hub.say("ann", "deploy web-app preview")).public
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded"] and list(works.starts.values()) == [1]


async def test_old_cards_name_a_service(hub: Box) -> None:
    """A button of an old message says the service only: it means the one deployment of it that waits."""
    made = await waiting(hub)
    assert (await hub.click("bob", "approve", "web-app")).public
    assert (await now(hub, made)).state != "waiting"
    assert buttons((await hub.told("lever_deployment"))[0]) is not None


async def test_an_effect_of_a_later_version_holds_up_nobody(hub: Box, works: Works) -> None:
    """A row that this version cannot read is left for one that can; everything else goes on."""
    made = await asked(hub)
    rows = [
        {"id": number, "deployment_id": ids.read("dep", made.id), "name": name, "document": document, "due_at": hub.clock.now()}
        for number, (name, document) in enumerate([("Levitate", b"{}"), ("Poll", b"[]")], 1)
    ]  # fmt: skip
    await hub.database.write(lambda connection: connection.execute(lever_effects.insert(), rows))
    await hub.run(seconds=1)
    assert works.starts == {made.id: 1}
    unread = await hub.rows(sa.select(lever_effects.c.id, lever_effects.c.boot).where(lever_effects.c.id < 3).order_by(lever_effects.c.id))
    assert (1, None) in [tuple(row) for row in unread]  # the other made way for a poll that can be read
    await hub.run(seconds=60)
    assert (await now(hub, made)).state == "succeeded"


async def test_an_effect_that_failed_while_the_database_was_away_is_done_again(database_url: str, clock: VirtualClock, works: Works) -> None:
    """The runner's room makes a mistake, and that it is to be tried again cannot be written down at once: it is tried again all the same."""
    runner = WorksRunner(works)
    async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": runner}) as hub:
        made = await asked(hub)
        mistakes, away = [1], [1, 1, 1]
        runner.before = lambda what, order: mistakes.pop() / 0 if what == "poll" and mistakes else None
        write = hub.database.write

        async def unsteady(work: object, *args: object, **kwargs: object) -> object:
            if work is deployments.put_off and away:
                away.pop()
                raise Refused("storage_unavailable")
            return await write(work, *args, **kwargs)

        hub.database.write = unsteady
        await hub.run(seconds=60)
        assert not away and not mistakes
        assert (await now(hub, made)).state == "succeeded" and not works.twice
