"""Projects' webhooks: who is owed what, in which order, and what a failure stops."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from clock import VirtualClock
from fakes.subscriber import FakeSubscribers, Got
from msgspec.structs import replace
from standardwebhooks import Webhook

from leverframe.core.subscribers import FAILING, KEY_PARKED, hub_id
from leverframe.core.subscriptions import GONE, Health
from leverframe.store import subscriptions
from leverframe.store.deliveries import State
from leverframe.store.tables import attempts, audit, bodies, deliveries, destinations, events, parked_keys
from leverframe.work.subscribers import AT_ONCE_SLOW
from work.hooks import HUB_URL, HookEngine, hook_engine, numbers

pytestmark = pytest.mark.anyio
SENT, OWED, DEAD, MUTED = State.SENT, State.OWED, State.DEAD, State.MUTED


@pytest.fixture
async def sink() -> Any:
    """Subscribers that answer as a test wants."""
    async with FakeSubscribers() as fake:
        yield fake


@pytest.fixture
async def engine(database_url: str, clock: VirtualClock, sink: FakeSubscribers) -> Any:
    """An engine on each kind of store."""
    async with hook_engine(database_url, clock, sink, room="slack:#ops") as made:
        yield made


@pytest.fixture
async def small(sqlite_url: str, clock: VirtualClock, sink: FakeSubscribers) -> Any:
    """An engine where the kind of store does not matter."""
    async with hook_engine(sqlite_url, clock, sink, room="slack:#ops") as made:
        yield made


async def test_an_event_fires_its_own_projects_subscriptions_and_no_others(engine: HookEngine, sink: FakeSubscribers) -> None:
    """Letters' case does not matter; what was not chosen, what is inactive, and what came without a proven sender is owed to nobody."""
    hears = [await engine.subscribe("a", "ACME/Web"), await engine.subscribe("b", events=("push", "issue")), await engine.subscribe("p", format="yobi")]
    deaf = [
        await engine.subscribe("c", "acme/api"), await engine.subscribe("d", events=("issue",)), await engine.subscribe("e", active=False),
        await engine.subscribe("f", health=Health.DISABLED, reason=GONE),
    ]  # fmt: skip
    await engine.push()
    await engine.settle()
    assert [len(sink.of(name)) for name in "abpcdef"] == [1, 1, 1, 0, 0, 0, 0]
    assert [await engine.states(one) for one in hears] == [[SENT]] * 3
    assert [await engine.states(one) for one in deaf] == [[]] * 4
    await engine.receive("star", {"action": "created", "repository": {"full_name": "acme/web"}})
    await engine.settle()
    assert [len(sink.of(name)) for name in "abp"] == [2, 1, 1]


async def test_a_delivery_carries_its_id_and_proof_and_the_way_it_came(small: HookEngine, sink: FakeSubscribers) -> None:
    """The official verifier accepts it; the id is the same at every try, and every subscriber has another."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    await small.subscribe("a", secret=secret)
    await small.subscribe("b", secret=secret)
    sink.answers["a"] = 500
    await small.push(headers={"Leverframe-Trail": "0123456789ab"})
    await small.settle()
    sink.answers["a"] = 204
    small.clock.advance(seconds=7)
    await small.settle()
    first, second = sink.of("a")
    assert first.id == second.id != sink.of("b")[0].id and first.id.startswith("dlv_")
    assert second.headers["leverframe-trail"] == f"0123456789ab,{hub_id(HUB_URL)}"
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    expected = Webhook(secret).sign(second.id, small.clock.now().replace(microsecond=0), second.body.decode())
    assert second.headers["webhook-signature"] == expected


async def test_order_is_kept_within_a_key_and_a_poisoned_one_is_parked_while_the_others_go_on(engine: HookEngine, sink: FakeSubscribers) -> None:
    """The first of a key that fails waits, and what is behind it; once it went through, the rest follows in order."""
    one = await engine.subscribe("a")
    sink.answers["a"] = lambda got: web.Response(status=500 if b"poison" in got.body else 200)
    for ref in ("main", "poison", "main", "poison", "dev", "poison", "main"):
        await engine.push(f"refs/heads/{ref}")
    await engine.settle()
    assert await engine.states(one) == [SENT, OWED, SENT, OWED, SENT, OWED, SENT]
    assert numbers(sink.of("a")).count(1) == 1 and 3 not in numbers(sink.of("a"))
    for _ in range(3):
        await engine.push("refs/heads/poison")
        await engine.push("refs/heads/main")
        await engine.settle()
    engine.clock.advance(seconds=6)
    await engine.settle()  # the second try: then it waits five minutes
    tried = [n for n in numbers(sink.of("a")) if n in (1, 3, 5, 7, 9, 11)]
    assert tried == [1, 1]
    sink.answers["a"] = 200
    engine.clock.advance(minutes=6)
    await engine.settle()
    assert set(await engine.states(one)) == {SENT}
    assert [n for n in numbers(sink.of("a")) if n in (1, 3, 5, 7, 9, 11)] == [1, 1, 1, 3, 5, 7, 9, 11]
    assert await engine.rows(sa.select(parked_keys)) == []
    assert (await engine.look(one)).health is Health.HEALTHY


async def test_when_several_keys_fail_the_subscriber_waits_and_is_tried_with_one_at_a_time(engine: HookEngine, sink: FakeSubscribers) -> None:
    """Half-open: the first that goes through opens it again, and everything that waited follows."""
    one = await engine.subscribe("a", concurrency=1)
    sink.answers["a"] = 500
    for ref in range(20):
        await engine.push(f"refs/heads/b{ref}")
    await engine.settle()
    assert len(sink.of("a")) == 3
    for wait_s in (6, 11, 21):
        engine.clock.advance(seconds=wait_s)
        before = len(sink.of("a"))
        await engine.settle()
        assert len(sink.of("a")) == before + 1
    assert (await engine.look(one)).health is Health.HEALTHY
    for wait_s in (41, 81):
        engine.clock.advance(seconds=wait_s)
        await engine.settle()
    assert ((await engine.look(one)).health, (await engine.look(one)).reason) == (Health.DEGRADED, "hook_refused")
    sink.answers["a"] = 200
    engine.clock.advance(hours=1)
    await engine.settle()
    assert set(await engine.states(one)) == {SENT}
    assert (await engine.look(one)).health is Health.HEALTHY and (await engine.look(one)).failing_at is None


async def test_the_owner_is_told_when_it_degrades_and_when_it_comes_back(small: HookEngine, sink: FakeSubscribers) -> None:
    """By an event of the hub's own to the room that the subscription names, else the hub's; the audit has it too."""
    one, other = await small.subscribe("a", notify="slack:#dev"), await small.subscribe("b")
    sink.answers |= {"a": 503, "b": 503}
    for ref in range(8):
        await small.push(f"refs/heads/b{ref}")
    for _ in range(6):
        await small.settle()
        small.clock.advance(minutes=4)
    sink.answers.clear()
    small.clock.advance(hours=1)
    await small.settle()
    told = await small.rows(
        sa.select(events.c.action, deliveries.c.destination).join(deliveries, deliveries.c.event_id == events.c.id)
        .where(events.c.name == "webhook_health").order_by(events.c.id))
    assert sorted(told) == [("degraded", "slack:#dev"), ("degraded", "slack:#ops"), ("recovered", "slack:#dev"), ("recovered", "slack:#ops")]
    kept = await small.rows(sa.select(audit.c.act, audit.c.target).where(audit.c.actor == "hub").order_by(audit.c.id))
    assert {(row.act, row.target) for row in kept} == {
        (act, f"acme/web {each.shown_id}") for act in ("hooks.degraded", "hooks.recovered") for each in (one, other)}


async def test_one_that_fails_for_three_days_is_switched_off_and_comes_back_by_itself(engine: HookEngine, sink: FakeSubscribers) -> None:
    """What was owed becomes dead letters but for one, with which it is tried four times a day; then everything is owed again that happens."""
    one = await engine.subscribe("a")
    sink.answers["a"] = 500
    for ref in range(5):
        await engine.push(f"refs/heads/b{ref}")
    for _ in range(12):
        await engine.settle()
        engine.clock.advance(hours=7)
    now = await engine.look(one)
    assert (now.health, now.reason) == (Health.DISABLED, FAILING)
    assert (await engine.states(one)).count(OWED) == 1
    await engine.push("refs/heads/later")
    await engine.settle()
    assert len(await engine.states(one)) == 5
    sink.answers["a"] = 200
    engine.clock.advance(hours=9)
    await engine.settle()
    assert (await engine.look(one)).health is Health.HEALTHY
    assert (await engine.states(one)).count(SENT) == 1
    await engine.push("refs/heads/later")
    await engine.settle()
    assert (await engine.states(one))[-1] is SENT
    dead = await engine.rows(sa.select(deliveries.c.id).where(deliveries.c.state == int(DEAD)))
    assert await engine.redrive.retry([row.id for row in dead]) == len(dead) == 4
    await engine.settle()
    assert set(await engine.states(one)) == {SENT}


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "21600"}], ids=["its key waits", "all of it waits"])
async def test_one_that_was_owed_a_single_delivery_comes_back_by_itself_too(engine: HookEngine, sink: FakeSubscribers, headers: dict[str, str]) -> None:
    """That one was given up on in the moment in which the subscriber was switched off: nothing was left to try it with, and it stayed off for ever."""
    one = await engine.subscribe("a")
    sink.answers["a"] = lambda got: web.Response(status=503, headers=headers)
    await engine.push()
    for _ in range(14):
        await engine.settle()
        engine.clock.advance(hours=7)
    assert (await engine.look(one)).health is Health.DISABLED
    assert await engine.states(one) == [OWED]
    tried = len(sink.got)
    sink.answers["a"] = 200
    engine.clock.advance(hours=9)
    await engine.settle()
    assert ((await engine.look(one)).health, await engine.states(one), len(sink.got)) == (Health.HEALTHY, [SENT], tried + 1)


async def test_410_ends_the_subscription(engine: HookEngine, sink: FakeSubscribers) -> None:
    """What is owed becomes dead letters at once, nothing more is owed, and it does not come back by itself; a person can have it back."""
    one = await engine.subscribe("a", concurrency=1)
    sink.answers["a"] = 410
    for ref in range(4):
        await engine.push(f"refs/heads/b{ref}")
    await engine.settle()
    assert len(sink.of("a")) == 1 and await engine.states(one) == [DEAD] * 4
    now = await engine.look(one)
    assert (now.health, now.reason) == (Health.DISABLED, GONE)
    await engine.push()
    engine.clock.advance(days=2)
    await engine.settle()
    assert len(sink.of("a")) == 1 and len(await engine.states(one)) == 4
    sink.answers["a"] = 200
    await engine.database.write(
        subscriptions.change, "acme/web", one.id, to=lambda was: replace(was, health=Health.HEALTHY, reason=None), now=engine.clock.now())
    await engine.push()
    await engine.settle()
    assert await engine.states(one) == [DEAD] * 4 + [SENT]


async def test_what_is_paused_waits_and_goes_in_order_afterwards(engine: HookEngine, sink: FakeSubscribers) -> None:
    """Deliveries queue up; none is tried, and the pause counts towards nothing."""
    one = await engine.subscribe("a", paused=True)
    for _ in range(5):
        await engine.push()
    await engine.settle()
    engine.clock.advance(days=5)
    await engine.settle()
    assert sink.got == [] and await engine.states(one) == [OWED] * 5
    sink.answers["a"] = 502  # just when it goes on: five days old is not tried for five days
    await engine.database.write(subscriptions.change, "acme/web", one.id, to=lambda was: replace(was, paused=False), now=engine.clock.now())
    await engine.settle()
    assert numbers(sink.of("a")) == [0] and await engine.states(one) == [OWED] * 5
    sink.answers["a"] = 200
    engine.clock.advance(minutes=1)
    await engine.settle()
    assert numbers(sink.of("a")) == [0, 0, 1, 2, 3, 4]


@pytest.mark.parametrize(("end", "code"), [("remove", "hook_removed"), ("inactive", "hook_inactive")])
async def test_what_is_owed_to_one_that_is_over_becomes_dead_letters(engine: HookEngine, sink: FakeSubscribers, end: str, code: str) -> None:
    """Removed or made inactive: its deliveries say so, and what waited behind a key does too."""
    one = await engine.subscribe("a")
    sink.answers["a"] = 500
    for _ in range(4):
        await engine.push()
    await engine.settle()
    if end == "remove":
        await engine.database.write(subscriptions.remove, "acme/web", one.id, now=engine.clock.now())
    else:
        await engine.database.write(subscriptions.change, "acme/web", one.id, to=lambda was: replace(was, active=False), now=engine.clock.now())
    await engine.settle()
    assert await engine.states(one) == [DEAD] * 4
    assert {row.code for row in await engine.rows(sa.select(deliveries.c.code))} == {code}
    assert await engine.rows(sa.select(parked_keys)) == []
    assert await engine.rows(sa.select(destinations.c.due_at).where(destinations.c.due_at.is_not(None))) == []


@pytest.mark.parametrize(("status", "headers", "becomes", "code"), [
    (200, {}, SENT, None), (201, {}, SENT, None), (299, {}, SENT, None), (301, {"Location": "http://169.254.169.254/"}, OWED, "hook_redirected"),
    (304, {}, OWED, "hook_redirected"), (400, {}, OWED, "hook_refused"), (404, {}, OWED, "hook_refused"), (429, {"Retry-After": "100"}, OWED, "hook_busy"),
    (429, {}, OWED, "hook_refused"), (503, {"Retry-After": "100"}, OWED, "hook_busy"), (500, {}, OWED, "hook_refused"), (508, {}, OWED, "hook_refused"),
    (503, {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}, OWED, "hook_busy"), (404, {"Retry-After": "100"}, OWED, "hook_refused"),
])  # fmt: skip
async def test_2xx_alone_is_success(small: HookEngine, sink: FakeSubscribers, status: int, headers: dict[str, str], becomes: State, code: str | None) -> None:
    """Every other answer is tried again, but for those that say never; the attempt tells which it was."""
    one = await small.subscribe("a")
    sink.answers["a"] = lambda got: web.Response(status=status, headers=headers)
    await small.push()
    await small.settle()
    assert await small.states(one) == [becomes]
    (row,) = await small.rows(sa.select(attempts.c.status, attempts.c.code))
    assert (row.status, row.code) == (status, code)
    assert len(sink.got) == 1


async def test_a_receiver_that_says_the_secret_back_shows_it_to_nobody(small: HookEngine, sink: FakeSubscribers) -> None:
    """A page of a failing framework lists the request's headers, and the secret of ``Authorization: token …`` stood on the webhook's page."""
    await small.subscribe("a", secret="hunter2 열려라", format="text")
    sink.answers["a"] = lambda got: web.Response(status=500, text=" " * 291 + got.headers["authorization"] + ", and what was wrong")
    await small.push()
    await small.settle()
    (row,) = await small.rows(sa.select(attempts.c.detail))
    assert row.detail == "token ***"


@pytest.mark.parametrize(("body", "becomes"), [
    ('{"code": "event_looped"}', DEAD), ("<h1>508 Resource Limit Is Reached</h1>", OWED), ('{"code": "busy"}', OWED), ("[]", OWED), ("", OWED),
])  # fmt: skip
async def test_only_a_hub_says_that_it_is_a_loop(small: HookEngine, sink: FakeSubscribers, body: str, becomes: State) -> None:
    """Web hosts answer 508 too, while they are short of something: everything that they were owed then was dead at once."""
    one = await small.subscribe("a")
    sink.answers["a"] = lambda got: web.Response(status=508, text=body)
    await small.push()
    await small.settle()
    assert await small.states(one) == [becomes]


async def test_retry_after_is_waited_for_and_not_for_ever(small: HookEngine, sink: FakeSubscribers) -> None:
    """It holds the whole subscriber; a day is the longest that anybody is waited for."""
    await small.subscribe("a")
    sink.answers["a"] = lambda got: web.Response(status=429, headers={"Retry-After": "600"})
    await small.push("refs/heads/a")
    await small.settle()
    await small.push("refs/heads/b")
    small.clock.advance(seconds=599)
    await small.settle()
    assert len(sink.got) == 1
    sink.answers["a"] = lambda got: web.Response(status=429, headers={"Retry-After": "999999999"})
    small.clock.advance(seconds=2)
    await small.settle()
    assert len(sink.got) == 2
    sink.answers["a"] = 200
    small.clock.advance(days=1, seconds=1)
    await small.settle()
    assert len(sink.got) == 4


async def test_only_so_many_are_under_way_to_a_subscriber_at_once(small: HookEngine, sink: FakeSubscribers) -> None:
    """Its concurrency holds over keys; of one key there is always one."""
    await small.subscribe("a", concurrency=3)
    await small.subscribe("b", concurrency=9)
    for number in range(30):
        await small.push(f"refs/heads/b{number}")
        await small.receive("push", {"ref": "refs/heads/main", "repository": {"full_name": "acme/api"}, "n": number})
    await small.subscribe("c", "acme/api", concurrency=9)
    await small.settle()
    assert sink.most["a"] <= 3 and sink.most["b"] <= 9 and sink.most["c"] <= 1
    assert (len(sink.of("a")), len(sink.of("b")), len(sink.of("c"))) == (30, 30, 30)


async def two_under_way(sink: FakeSubscribers) -> None:
    """Return when ``a`` has been asked as often at once as one may be that has not answered."""
    async with asyncio.timeout(60):
        while sink.most["a"] < AT_ONCE_SLOW:
            await asyncio.sleep(0.01)


async def test_one_that_has_not_answered_yet_gets_two_at_once(small: HookEngine, sink: FakeSubscribers) -> None:
    """Silent subscribers, each with all that it may have at once, took every connection from the others until their time was over."""
    sink.holding["a"] = never = asyncio.Event()
    await small.subscribe("a", concurrency=8)
    for number in range(9):
        await small.push(f"refs/heads/b{number}")
    await small.fanout.step()
    await small.loop.step()
    await two_under_way(sink)
    await asyncio.sleep(0.1)
    assert sink.most["a"] == AT_ONCE_SLOW
    never.set()
    await small.settle()
    assert len(sink.of("a")) == 9


async def test_one_that_answers_gets_the_others_at_once(small: HookEngine, sink: FakeSubscribers) -> None:
    """It need not come to the end of what was looked at first: after one answer all go out that may go out together."""
    together, waiting = asyncio.Event(), 0

    async def answer(got: Got) -> web.Response:
        nonlocal waiting
        if json.loads(got.body)["n"]:
            waiting += 1
            if waiting == 8:
                together.set()
            await together.wait()
        return web.Response()

    await small.subscribe("a", concurrency=8)
    sink.answers["a"] = answer
    for number in range(9):
        await small.push(f"refs/heads/b{number}")
    await small.settle()
    assert small.sent == 9 and waiting == 8 and await small.tried() == 9


async def test_what_is_not_sent_is_no_answer(small: HookEngine, sink: FakeSubscribers) -> None:
    """The oldest that was owed had lost its body: a subscriber that never answers then got all at once."""
    sink.holding["a"] = never = asyncio.Event()
    await small.subscribe("a", concurrency=8)
    for number in range(9):
        await small.push(f"refs/heads/b{number}")
    await small.fanout.step()
    await small.database.write(lambda connection: connection.execute(bodies.delete().where(bodies.c.event_id == sa.select(sa.func.min(bodies.c.event_id)).scalar_subquery())))
    await small.loop.step()
    await two_under_way(sink)
    await asyncio.sleep(0.1)
    assert sink.most["a"] == AT_ONCE_SLOW
    never.set()
    await small.settle()
    assert len(sink.of("a")) == 8


async def test_a_first_answer_goes_on_with_what_was_read_since(small: HookEngine, sink: FakeSubscribers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner corrected the address while the first tries waited: what was let go by their end went to the old one."""
    monkeypatch.setattr("leverframe.work.subscribers.RECORD_S", 0.05)
    sink.holding["a"] = slow = asyncio.Event()
    serve, read = small.loop._serve, asyncio.Event()

    async def serving(held: Any, window: Any) -> None:
        if window.subscription.url == sink.url("b"):
            read.set()
        await serve(held, window)

    monkeypatch.setattr(small.loop, "_serve", serving)
    one = await small.subscribe("a", concurrency=8)
    for number in range(9):
        await small.push(f"refs/heads/b{number}")
    await small.fanout.step()
    await small.loop.step()
    await two_under_way(sink)
    await small.database.write(subscriptions.change, "acme/web", one.id, to=lambda was: replace(was, url=sink.url("b")), now=small.clock.now())
    small.clock.advance(seconds=0.1)
    async with asyncio.timeout(60):
        await read.wait()
    slow.set()
    await small.settle()
    assert (len(sink.of("a")), len(sink.of("b"))) == (2, 7)


async def test_a_subscriber_gets_no_more_a_second_than_it_wants(small: HookEngine, sink: FakeSubscribers) -> None:
    """Its rate holds over rounds and in whatever process; the others are not slowed."""
    await small.subscribe("a", per_s=2.0)
    began = small.clock.now()
    for number in range(10):
        await small.push(f"refs/heads/b{number}")
    await small.settle()
    while len(sink.of("a")) < 10:
        small.clock.advance(seconds=0.5)
        await small.settle()
    assert (small.clock.now() - began).total_seconds() >= 4.5


@pytest.mark.parametrize("per_s", [1.0, 2.0, 5.0])
async def test_a_subscriber_gets_as_many_a_second_as_it_wants(small: HookEngine, sink: FakeSubscribers, per_s: float) -> None:
    """Also when it is owed more than that: what had its moment was let go with what had not yet, and of five a second there came one in two."""
    came: list[datetime] = []

    def taken(_: Got) -> web.Response:
        came.append(small.clock.now())
        return web.Response()

    sink.answers["a"] = taken
    await small.subscribe("a", per_s=per_s)
    for number in range(30):
        await small.push(f"refs/heads/b{number}")
    while len(came) < 30:
        await small.settle()
        small.clock.advance(seconds=0.05)
    assert (came[-1] - came[0]).total_seconds() == pytest.approx(29 / per_s, rel=0.1)


async def test_a_slow_key_holds_up_no_other(small: HookEngine, sink: FakeSubscribers) -> None:
    """While one answer is waited for, what else is owed to the same subscriber is sent and written down."""
    one = await small.subscribe("a")
    never = asyncio.Event()
    slow = sink.url("a").replace("/a", "/slow")
    other = await small.subscribe("slow", url=slow)
    sink.holding["slow"] = never
    await small.push()
    await small.fanout.step()
    await small.loop.step()
    async with asyncio.timeout(60):
        while await small.states(one) != [SENT]:
            await asyncio.sleep(0.01)
    assert await small.states(other) == [OWED]
    never.set()
    await small.settle()
    assert await small.states(other) == [SENT]


async def test_what_is_looked_at_again_while_an_answer_is_waited_for_is_sent_once(small: HookEngine, sink: FakeSubscribers) -> None:
    """One answer came after what else was sent had been written down and the rest read anew: whoever had waited for it went on with the rest
    that it still knew of, and so did those who had it now. Subscribers that are slow now and then got much of a backlog twice.
    """
    slow = asyncio.Event()

    async def answer(got: Got) -> web.Response:
        match json.loads(got.body)["ref"]:
            case "refs/heads/0":
                await slow.wait()
            case "refs/heads/1":
                small.clock.advance(seconds=2)  # time to write down what was sent
            case "refs/heads/2":  # of the next window
                slow.set()
                await asyncio.sleep(0.2)
        return web.Response()

    await small.subscribe("a", concurrency=2)
    sink.answers["a"] = answer
    for branch in range(6):
        await small.push(f"refs/heads/{branch}")
    await small.settle()
    assert sorted(numbers(sink.of("a"))) == list(range(6))


async def test_what_a_format_does_not_tell_of_is_not_sent_and_says_why(small: HookEngine, sink: FakeSubscribers) -> None:
    """The delivery is kept with the reason, and is no failure."""
    one = await small.subscribe("a", format="yobi", events=("push",))
    await small.receive("push", {"ref": "refs/heads/x", "repository": {"full_name": "acme/web"}, "commits": []})
    await small.settle()
    assert await small.states(one) == [SENT]
    await small.database.write(subscriptions.change, "acme/web", one.id, to=lambda was: replace(was, format="nothing"), now=small.clock.now())
    await small.push()
    await small.settle()
    (row,) = await small.rows(sa.select(deliveries.c.code, deliveries.c.state).where(deliveries.c.state != int(SENT)))
    assert (row.state, row.code) == (int(DEAD), "hook_format_unknown")


async def test_a_poisoned_key_of_long_ago_degrades_the_subscriber_and_its_cure_heals_it(small: HookEngine, sink: FakeSubscribers) -> None:
    """The owner hears of it although the other keys go on; after three days its first delivery is given up on, and the next gets its turn."""
    one = await small.subscribe("a")
    sink.answers["a"] = lambda got: web.Response(status=500 if b"poison" in got.body else 200)
    await small.push("refs/heads/poison")
    await small.settle()
    for hours in (0.1, 1, 3):
        small.clock.advance(hours=hours)
        await small.push("refs/heads/main")
        await small.settle()
    assert ((await small.look(one)).health, (await small.look(one)).reason) == (Health.DEGRADED, KEY_PARKED)
    for count in range(9):
        small.clock.advance(hours=15)
        await small.push("refs/heads/poison" if count == 5 else "refs/heads/main")
        await small.settle()
    assert (await small.states(one))[0] is DEAD
    sink.answers["a"] = 200
    small.clock.advance(days=1)
    await small.settle()
    assert (await small.states(one)).count(DEAD) == 1 and (await small.states(one)).count(OWED) == 0
    assert (await small.look(one)).health is Health.HEALTHY


async def test_an_address_that_turns_out_to_be_of_the_inside_is_not_sent_to(small: HookEngine, sink: FakeSubscribers) -> None:
    """The guard stands at the sending too: the attempt says so, nothing went out, and it is tried again as when nobody answers."""
    one = await small.subscribe("a", url=f"http://127.0.0.2:{sink.port}/a")
    await small.push()
    await small.settle()
    (row,) = await small.rows(sa.select(attempts.c.code))
    assert row.code == "url_forbidden" and await small.states(one) == [OWED] and sink.got == []
