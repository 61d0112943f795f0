"""A project's webhooks hear what the hub does for the project: what is owed to them is written in the transaction in which it happens."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from clock import VirtualClock
from fakes.subscriber import FakeSubscribers

from leverframe.core.approvals import Policy
from leverframe.core.deployments import Rules
from leverframe.core.gates import Act
from leverframe.core.services import Catalogue, Environment
from leverframe.core.subscriptions import Health, Subscription
from leverframe.core.wording.levers import LEVER
from leverframe.store import event_pages, schema, subscriptions
from leverframe.store import events as stored
from leverframe.store.tables import deliveries, events
from work.box import Box, box
from work.gates import SECRET
from work.gates import hub as gates_hub
from work.hooks import hook_engine
from work.trouble import Trouble, forget, insist, lived
from work.works import Works, WorksRunner

pytestmark = pytest.mark.anyio
CATALOGUE = Catalogue(services={
    "web-app": {
        "staging": Environment(service="web-app", name="staging", runner="works", repository="Acme/Web"),
        "production": Environment(service="web-app", name="production", runner="works", repository="Acme/Web", rules=Rules(policy=Policy(required=1))),
    },
    "worker": {"staging": Environment(service="worker", name="staging", runner="works")},
})  # fmt: skip
APPROVED = ["asked", "approval_needed", "approved", "started", "succeeded"]


async def subscribe(hub: Box, project: str = "acme/web", **over: Any) -> Subscription:
    """Register a webhook."""
    given: dict[str, Any] = {"url": "https://ci.example.com/hook", "events": ("lever",), "format": "github", "made_by": "person:ann", "made_at": hub.clock.now()}
    made = Subscription(id=hub.database.new_id(), project=project, **given | over)
    await hub.database.write(subscriptions.add, made, [])
    return made


async def owed(hub: Box, one: Subscription) -> list[Any]:
    """Return what is owed to it, in the order in which it is sent."""
    found = sa.select(events.c.id, events.c.name, events.c.action, events.c.repo, deliveries.c.order_key).join(events, events.c.id == deliveries.c.event_id)
    return list(await hub.rows(found.where(deliveries.c.destination == one.destination).order_by(deliveries.c.id)))


async def approved(hub: Box) -> None:
    """A deployment waits for somebody else, who says yes."""
    await insist(lambda: hub.say("ann", "deploy web-app production main", key="1"))
    await hub.run(seconds=10)
    (waits,) = await hub.all()
    await insist(lambda: hub.click("bob", "approve", waits.id, key="2"))
    await hub.run(seconds=200)


async def test_who_chose_it_hears_from_asked_to_the_end(database_url: str, clock: VirtualClock) -> None:
    """Of their own project, whatever the case of its name, in order; not those of other topics, of a format without it, who are switched off, or of another project."""
    async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(Works())}) as hub:
        chose, paused = await subscribe(hub), await subscribe(hub, events=("*",), paused=True)
        others = [
            await subscribe(hub, events=("deployment", "push")), await subscribe(hub, events=("*",), format="yobi"), await subscribe(hub, active=False),
            await subscribe(hub, health=Health.DISABLED), await subscribe(hub, project="acme/other"),
        ]  # fmt: skip
        await approved(hub)
        await hub.say("ann", "deploy worker staging")  # of no project
        await hub.run(seconds=200)
        done = (await hub.all())[0]
        assert [await owed(hub, one) for one in others] == [[]] * len(others)
        heard = await owed(hub, chose)
        assert [(row.name, row.action) for row in heard] == [(LEVER, action) for action in APPROVED]
        assert {(row.repo, row.order_key) for row in heard} == {("Acme/Web", f"hub:{done.id}")}
        assert [row.id for row in await owed(hub, paused)] == [row.id for row in heard]  # one event, whoever hears of it
        bodies = {id: json.loads(one.accepted.body) for id, one in (await hub.database.read(stored.load, ids=[row.id for row in heard])).items()}
        last = bodies[heard[-1].id]
        assert (last["action"], last["deployment"]["state"], last["deployment"]["votes"][0]["name"]) == ("succeeded", "succeeded", "bob")
        assert last["repository"] == {"full_name": "Acme/Web", "name": "Web", "owner": {"login": "Acme"}} and "log_tail" not in last["deployment"]


async def test_what_a_receiver_does_not_take_comes_again_under_its_id_and_before_what_follows(database_url: str, clock: VirtualClock) -> None:
    """Also when the process that sent it is gone: at least once, and in order."""
    async with FakeSubscribers() as sink:
        async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(Works())}) as hub:
            await subscribe(hub, url=sink.url("ci"), format="standard_webhooks")
            await approved(hub)
        sink.answers["ci"] = lambda got: web.Response(status=500 if len(sink.got) in (2, 3) else 200)
        for _ in range(3):  # each time another process
            async with hook_engine(database_url, clock, sink) as engine:
                await engine.settle()
                await engine.settle()
            clock.advance(hours=1)
        heard = [(json.loads(one.body)["type"].removeprefix("lever."), one.id) for one in sink.of("ci")]
        assert [what for what, _ in heard] == [APPROVED[0], *[APPROVED[1]] * 3, *APPROVED[2:]]
        assert len({id for _, id in heard}) == len(APPROVED)


async def test_what_would_have_been_received_is_what_is_told_to_webhooks(sqlite_url: str, clock: VirtualClock) -> None:
    """Cards and notes for rooms are events of the project in the store, and were listed as if a webhook of everything got them."""
    async with box(sqlite_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(Works())}) as hub:
        await subscribe(hub)
        await approved(hub)
        found = await hub.database.read(event_pages.of_project, "acme/web")
        assert [row.action for row, _ in reversed(found)] == APPROVED and {row.name for row, _ in found} == {LEVER}


async def test_an_approval_for_a_pipeline_is_heard_without_what_the_hub_does_on_a_no(sqlite_url: str, clock: VirtualClock) -> None:
    """The callback after a no is the hub's own affair."""
    async with gates_hub(sqlite_url, clock) as hub:
        one = await subscribe(hub.box)
        gate = await hub.ask(reject=Act(deed="callback", url=hub.receiver.url, secret=SECRET))
        await hub.box.click("bob", "reject", gate.id)
        await hub.box.run(seconds=90)
        assert [row.action for row in await owed(hub.box, one)] == ["asked", "approval_needed", "rejected", "cancelled"]
        assert hub.receiver.heard


async def test_trouble_at_any_step_loses_and_repeats_nothing(database_url: str, clock: VirtualClock) -> None:
    """A process dies before any commit or call: another goes on, and each thing that happened is owed once; on PostgreSQL every third step."""
    steps, stride = [], 1 if database_url.startswith("sqlite") else 3
    for number in range(1, 100, stride):
        works = Works()
        clock.advance(hours=1)
        trouble, runner = Trouble(number, "dies"), WorksRunner(works)
        async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": runner}) as hub:
            await hub.database.write(forget)
            one = await subscribe(hub)
            trouble.enter(hub, runner)
            ended = await lived(trouble, approved(hub))
            if ended:
                assert [row.action for row in await owed(hub, one)] == APPROVED
        if ended:
            break
        clock.advance(seconds=schema.LEASE_S + 1)
        async with box(database_url, clock, catalogue=CATALOGUE, runners={"works": WorksRunner(works)}) as hub:
            await hub.converser.recover()
            await hub.converser.settled()
            await hub.run(seconds=4)
            await approved(hub)
            heard = await owed(hub, one)
            assert [row.action for row in heard] == APPROVED, (number, trouble.step)
        steps.append(trouble.step)
    assert number > 10
    assert stride > 1 or {"start", "write take_in", "write execute_all", "write beginning"} <= set(steps)
