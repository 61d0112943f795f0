"""Buttons of cards that a script posted: what they send is sent at most once, by who may, and the card shows what came of it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa
from clock import VirtualClock
from databases import opened
from fakes.card_target import CardTarget

from leverframe.core.access import Role
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.conversation import Answer, Asker, Clicked, Place, Submitted
from leverframe.core.errors import Locale
from leverframe.core.messages import Button, Buttons, Message, plain
from leverframe.core.people import People
from leverframe.core.routes import RouteTable
from leverframe.core.services import Catalogue
from leverframe.core.wording import compose
from leverframe.net import NotSent, Outbound
from leverframe.sources.teams.source import TeamsSource, read_card
from leverframe.store import events
from leverframe.store.tables import audit, card_presses, deliveries
from leverframe.work.bell import Bell
from leverframe.work.converse import Converser
from leverframe.work.deploy import Deployer
from leverframe.work.fanout import Carried, Fanout
from leverframe.work.levers import Levers
from leverframe.work.library import Library
from leverframe.work.press import Presser
from leverframe.work.receive import Receiver, Recent
from leverframe.work.standing import Standings

pytestmark = pytest.mark.anyio
ROLES = {"release": Role(allow=("relay pipeline",), members=("slack:ANN", "slack:BOB")), "other": Role(allow=("relay another",), members=("slack:DAN",))}
SOURCE = TeamsSource()
ZONE = ZoneInfo("Asia/Seoul")
ROOMS = ("slack:#dev", "playground:#release")
_KEYS = itertools.count()


@dataclass
class World:
    """A hub with cards, as far as their buttons go."""

    database: Any
    clock: VirtualClock
    converser: Converser
    presser: Presser
    fanout: Fanout
    receiver: Receiver
    log: list[str] = field(default_factory=list)

    async def post(self, card: Mapping[str, Any]) -> str:
        """Post a card; return its id."""
        carried = msgspec.json.encode(Carried(name="cards pipeline", to=ROOMS, events=("card",))).decode()
        receipt, _ = await self.receiver.receive(SOURCE, {}, json.dumps(card).encode(), carried=carried)
        await self.fanout.step()
        return receipt.shown_id

    async def click(self, value: str, who: str = "ann", *, key: str | None = None) -> Answer:
        """Press a button."""
        by = Asker(chat="slack", id=who.upper(), name=who)
        at = Place(chat="slack", room="C1", room_name="dev")
        return await self.converser(Clicked(key=key or f"k{next(_KEYS)}", action="card", value=value, by=by, at=at, said_at=self.clock.now()))

    async def submit(self, value: str, fields: Mapping[str, str], who: str = "ann") -> Answer:
        """Send the form of a button."""
        by = Asker(chat="slack", id=who.upper(), name=who)
        at = Place(chat="slack", room="C1")
        return await self.converser(Submitted(key=f"k{next(_KEYS)}", form="card", context=value, fields=fields, by=by, at=at, said_at=self.clock.now()))

    async def shown(self, room: str = "slack:#dev", locale: Locale = "en") -> list[Message]:
        """Return what a room was owed, in order."""
        query = sa.select(deliveries.c.event_id, deliveries.c.order_key, deliveries.c.role).where(deliveries.c.destination == room).order_by(deliveries.c.id)
        rows = await self.rows(query)
        assert len({row.order_key for row in rows}) == 1 and {row.role for row in rows} == {1}, "all of it is one card"
        stored = await self.database.read(events.load, ids=[row.event_id for row in rows])
        return [compose(SOURCE.parse(stored[row.event_id].accepted, id=row.event_id, received_at=self.clock.now()), locale, ZONE) for row in rows]

    async def rows(self, query: Any) -> Any:
        """Return what the store holds."""
        return await self.database.read(lambda connection: connection.execute(query).all())


@asynccontextmanager
async def world(url: str, clock: VirtualClock, *, locale: Locale = "en", send: Any = None) -> AsyncIterator[World]:
    """Open one."""
    async with opened(url, clock) as database:
        outbound = Outbound(total_s=5.0)

        async def relay(request: Any, by: Asker) -> Any:
            return await outbound.send("POST", request.url, request.headers, request.body, fresh=True)

        library = Library(database, lambda one: SOURCE.parse(one.accepted, id=one.id, received_at=one.received_at))
        deployer = Deployer(
            database, clock, boot=lambda: database.boot, catalogue=Catalogue(services={}), people=People(), zone=ZONE, told=Bell(), runners={},
            repositories=lambda deployment: None, happened=lambda what, deployment: None, audit_room=None, seal=str, unseal=str,  # type: ignore[arg-type,return-value]
        )  # fmt: skip
        presser = Presser(
            database, clock, library, boot=lambda: database.boot, roles=ROLES, locale=locale, zone=ZONE, send=send or relay, read_card=read_card, told=Bell()
        )
        converser = Converser(
            database, clock, Levers(deployer, registry=BUILT_IN, roles=ROLES, locale=locale, zone=ZONE), Standings(ROLES, People()),
            boot=lambda: database.boot, locale=locale, per_person=0, per_room=0, counts=lambda *told, **where: None, presser=presser,
        )  # fmt: skip
        recent = Recent()
        fanout = Fanout(
            database, clock, boot=lambda: database.boot, table=RouteTable(()), library=library, recent=recent, zone=ZONE, room_quiet={}, paths=None,
            bell=Bell(), planned=Bell(),
        )  # fmt: skip
        try:
            yield World(database, clock, converser, presser, fanout, Receiver(database, clock, recent, lambda: None, lambda: None))
        finally:
            await converser.settled()
            await outbound.close()


def card(url: str, **more: Any) -> dict[str, Any]:
    """Return the card of the old blog: one button that sends a repository_dispatch."""
    post = {"@type": "HttpPOST", "name": "Approve", "target": f"{url}/approve?code=x", "body": '{"event_type":"release"}', "headers": [{"name": "X-Team", "value": "web"}], **more}
    return {"@type": "MessageCard", "title": "Release?", "text": "v1", "potentialAction": [post]}


def values(message: Message) -> dict[str, str]:
    """Return the buttons of a message with their values."""
    found: list[Button] = [button for block in message.blocks if isinstance(block, Buttons) for button in block.buttons]
    return {button.text: button.value for button in found}


@pytest.fixture
async def target() -> AsyncIterator[CardTarget]:
    """What the buttons send to."""
    async with CardTarget() as made:
        yield made


@pytest.fixture
async def hub(database_url: str, clock: VirtualClock) -> AsyncIterator[World]:
    """A hub."""
    async with world(database_url, clock) as made:
        yield made


async def test_a_press_sends_what_the_button_says_and_the_card_keeps_what_came_of_it(hub: World, target: CardTarget) -> None:
    """Once, with its body and headers; who pressed hears what the target said, and every room's card shows it."""
    target.said = "Approved, deploying."
    key = await hub.post(card(target.url))
    [first] = await hub.shown()
    answer = await hub.click(values(first)["Approve"])
    assert answer.message is not None and plain(answer.message) == "Approved, deploying." and not answer.public
    [(path, headers, body)] = target.calls
    assert path == "/approve?code=x" and body == b'{"event_type":"release"}' and headers["X-Team"] == "web" and headers["Content-Type"] == "application/json"
    for room in ROOMS:
        _, after = await hub.shown(room)
        assert "✅ Approve (ann, " in plain(after) and plain(after).splitlines()[-1].endswith(": Approved, deploying.")
        assert values(after) == {"Approve": f"{key}~p1~0"}
    assert [(row.act, row.actor, row.code) for row in await hub.rows(sa.select(audit).order_by(audit.c.id))] == [
        ("relay", "slack:ANN", "begun"), ("relay", "slack:ANN", "ok"),
    ]  # fmt: skip


async def test_a_click_that_comes_again_sends_nothing(hub: World, target: CardTarget) -> None:
    """It hears the same answer."""
    target.said = "Done."
    key = await hub.post(card(target.url))
    for _ in range(3):
        answer = await hub.click(f"{key}~p1~0", key="one")
        assert answer.message is not None and plain(answer.message) == "Done."
    assert len(target.calls) == 1


async def test_who_holds_no_grant_is_told_who_could(hub: World, target: CardTarget) -> None:
    """Nothing is sent; the refusal is in the audit."""
    key = await hub.post(card(target.url))
    for who in ("dan", "eve"):
        answer = await hub.click(f"{key}~p1~0", who)
        assert answer.message is not None and "relay pipeline" in plain(answer.message) and "release" in plain(answer.message)
    assert not target.calls
    assert [row.code for row in await hub.rows(sa.select(audit))] == ["not_allowed"] * 2


async def test_who_may_press_is_known_before(hub: World, target: CardTarget) -> None:
    """For cards that show each person what they may press; a value of no card is nobody's."""
    key, standings = await hub.post(card(target.url)), Standings(ROLES, People())

    def may(connection: Any, who: str, value: str) -> bool:
        return hub.presser.may_press(connection, standings.of(Asker(chat="slack", id=who, name=who)), value)

    for who, value, expected in (("ANN", f"{key}~p1~0", True), ("DAN", f"{key}~p1~0", False), ("ANN", "evt_0000000000001~p1~0", False), ("ANN", "x", False)):
        assert await hub.database.read(may, who, value) is expected


ANSWERS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "nothing said": ({}, "Sent to 127.0.0.1:", "done", "✅"),
    "a no": ({"status": 403, "said": "Not you."}, "Not you.", "refused", "❌"),
    "a no without words": ({"status": 404}, "press_refused", "refused", "❌"),
    "a failure that speaks": ({"status": 500, "said": "GitHub said 422."}, "GitHub said 422.", "refused", "❌"),
    "a failure without words": ({"status": 502}, "press_unknown", "unknown", "❓"),
    "a redirect": ({"status": 302}, "press_refused", "refused", "❌"),
    "no answer": ({"silent": True}, "press_unknown", "unknown", "❓"),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS.values(), ids=list(ANSWERS))
async def test_whatever_the_target_answers_is_told(sqlite_url: str, clock: VirtualClock, target: CardTarget, case: tuple[dict[str, Any], str, str, str]) -> None:
    """It is sent once; a lost answer is unknown, and shown so."""
    behaves, words, state, sign = case
    for name, value in behaves.items():
        setattr(target, name, value)
    async with world(sqlite_url, clock) as hub:
        key = await hub.post(card(target.url))
        answer = await hub.click(f"{key}~p1~0")
        assert answer.message is not None and words in plain(answer.message)
        assert len(target.calls) == 1
        [row] = await hub.rows(sa.select(card_presses))
        assert row.state == state
        assert plain((await hub.shown())[-1]).splitlines()[-1].startswith(sign)


async def test_what_cannot_be_sent_has_not_happened(sqlite_url: str, clock: VirtualClock) -> None:
    """The guard, or a server that is away: it is told why, and the button may be pressed again."""
    tried = []

    async def forbidden(request: Any, by: Asker) -> Any:
        tried.append(by.id)
        raise NotSent("10.0.0.1 is a private address", surely=True)

    async with world(sqlite_url, clock, send=forbidden, locale="ko") as hub:
        key = await hub.post(card("http://10.0.0.1"))
        for _ in range(2):
            answer = await hub.click(f"{key}~p1~0")
            assert answer.message is not None and "press_not_sent" in plain(answer.message) and "private address" in plain(answer.message)
        assert tried == ["ANN", "ANN"]
        assert "❌ Approve (ann" in plain((await hub.shown(locale="ko"))[-1])


async def test_the_targets_card_takes_the_place_of_this_one(hub: World, target: CardTarget) -> None:
    """Everywhere; a button of the old one is refused, one of the new does what the new one says."""
    target.said, target.card = "Rejected.", {"title": "Rejected by ann", "themeColor": "FF0000", "text": "x", "potentialAction": card(target.url)["potentialAction"]}
    key = await hub.post(card(target.url))
    await hub.click(f"{key}~p1~0")
    for room in ROOMS:
        _, after = await hub.shown(room)
        assert plain(after).startswith("Rejected by ann") and after.tone == "bad" and values(after) == {"Approve": f"{key}~p1~1"}
    stale = await hub.click(f"{key}~p1~0", "bob")
    assert stale.message is not None and "card_replaced" in plain(stale.message) and len(target.calls) == 1
    await hub.click(f"{key}~p1~1", "bob")
    assert len(target.calls) == 2


@pytest.mark.parametrize("body", [b"<html>", b'{"sections": 3}', b"\xff" * 10])
async def test_a_card_that_cannot_be_shown_is_told_and_changes_nothing(sqlite_url: str, clock: VirtualClock, target: CardTarget, body: bytes) -> None:
    """The press stands all the same."""
    target.card, target.body = {}, body
    async with world(sqlite_url, clock) as hub:
        key = await hub.post(card(target.url))
        answer = await hub.click(f"{key}~p1~0")
        assert answer.message is not None and "cannot be shown" in plain(answer.message)
        assert plain((await hub.shown())[-1]).startswith("Release?")


ASK = {
    "@type": "ActionCard", "name": "Comment",
    "inputs": [
        {"@type": "TextInput", "id": "why", "title": "Why", "isRequired": True, "maxLength": 40},
        {"@type": "DateInput", "id": "day"},
        {"@type": "MultichoiceInput", "id": "who", "choices": [{"display": "Ann", "value": "a"}, {"display": "Bob", "value": "b"}]},
    ],
}  # fmt: skip


async def test_what_a_button_asks_for_is_asked_in_a_form(hub: World, target: CardTarget) -> None:
    """And filled in as text that ends nothing: neither the JSON nor the address."""
    post = {"@type": "HttpPOST", "name": "Send", "target": f"{target.url}/c?day={{{{day.value}}}}&x={{{{who.value}}}}", "body": '{"why":"{{why.value}}","other":"{{nope.value}}"}'}
    key = await hub.post({"title": "t", "potentialAction": [{**ASK, "actions": [post]}]})
    value = f"{key}~p2~0"
    form = (await hub.click(value)).form
    assert form is not None and (form.id, form.title, form.submit, form.context) == ("card", "Comment", "Send", value)
    assert [(one.name, one.label, one.required, len(one.choices)) for one in form.fields] == [("i0", "Why", True, 0), ("i1", "day", False, 0), ("i2", "who", False, 2)]
    wrong = await hub.submit(value, {"i0": "", "i1": "tomorrow", "i2": "c"})
    assert set(wrong.errors) == {"i0", "i1", "i2"} and not target.calls
    await hub.submit(value, {"i0": 'she said "no"\\', "i1": "2026-11-30", "i2": "a&b"} | {"i2": "b"})
    [(path, _, body)] = target.calls
    assert path == "/c?day=2026-11-30&x=b" and json.loads(body) == {"why": 'she said "no"\\', "other": "{{nope.value}}"}


async def test_one_of_several_requests_is_chosen_in_the_form(hub: World, target: CardTarget) -> None:
    """By name; a form that names none is told so."""
    posts = [{"@type": "HttpPOST", "name": name, "target": f"{target.url}/{name}", "body": "a={{why.value}}", "bodyContentType": "application/x-www-form-urlencoded"} for name in ("yes", "no")]
    key = await hub.post({"title": "t", "potentialAction": [{**ASK, "inputs": ASK["inputs"][:1], "actions": posts}]})  # type: ignore[index]
    value = f"{key}~p3~0"
    form = (await hub.click(value)).form
    assert form is not None and [one.label for one in form.fields[-1].choices] == ["yes", "no"]
    assert set((await hub.submit(value, {"i0": "x"})).errors) == {"button"}
    await hub.submit(value, {"i0": "a&b=c", "button": form.fields[-1].choices[1].value})
    assert [(path, body) for path, _, body in target.calls] == [("/no", b"a=a%26b%3Dc")]


async def test_a_form_cannot_be_sent_without_the_grant(hub: World, target: CardTarget) -> None:
    """What comes back is no proof that a form was shown."""
    post = {"@type": "HttpPOST", "name": "Send", "target": target.url}
    key = await hub.post({"title": "t", "potentialAction": [{**ASK, "actions": [post]}]})
    answer = await hub.submit(f"{key}~p2~0", {"i0": "x"}, "eve")
    assert answer.message is not None and "relay pipeline" in plain(answer.message) and not target.calls


@pytest.mark.parametrize("value", ["", "x", "evt_x~p1~0", "evt_0000000000000~p1~0", "~~", "evt_0000000000000~p1~99999999999", "\0~p~1"])
async def test_buttons_of_no_card(sqlite_url: str, clock: VirtualClock, value: str) -> None:
    """Made up, or past their retention."""
    async with world(sqlite_url, clock) as hub:
        answer = await hub.click(value)
        assert answer.message is not None and "card_unknown" in plain(answer.message)


async def test_two_who_press_at_once_send_it_once(hub: World, target: CardTarget) -> None:
    """The second is told that it is under way; afterwards the button may be pressed again."""
    target.held = asyncio.Event()
    key = await hub.post(card(target.url))
    first = asyncio.ensure_future(hub.click(f"{key}~p1~0", "ann"))
    while not target.calls:
        await asyncio.sleep(0.01)
    second = await hub.click(f"{key}~p1~0", "bob")
    assert second.message is not None and "press_under_way" in plain(second.message)
    target.held.set()
    await first
    assert len(target.calls) == 1
    await hub.click(f"{key}~p1~0", "bob")
    assert len(target.calls) == 2


async def test_a_press_whose_process_died_is_unknown_and_never_sent_again(database_url: str, clock: VirtualClock, target: CardTarget) -> None:
    """The card says so, and so hears who clicks the same again."""
    target.held = asyncio.Event()
    async with world(database_url, clock) as first:
        key = await first.post(card(target.url))
        pressing = asyncio.ensure_future(first.click(f"{key}~p1~0", key="one"))
        while not target.calls:
            await asyncio.sleep(0.01)
        assert await first.presser.recover() == 0, "it is at it"
        await first.converser.stop(0.0)
        pressing.cancel()
    clock.advance(seconds=60)
    async with world(database_url, clock) as hub:
        assert await hub.presser.recover() == 1
        assert await hub.presser.recover() == 0
        assert "❓ Approve (ann" in plain((await hub.shown())[-1])
        again = await hub.click(f"{key}~p1~0", key="one")
        assert again.message is not None and "press_unknown" in plain(again.message)
        assert len(target.calls) == 1
        assert [row.code for row in await hub.rows(sa.select(audit).order_by(audit.c.id))] == ["begun", "press_unknown"]
    target.held.set()


async def test_a_card_shows_the_last_presses_only(sqlite_url: str, clock: VirtualClock, target: CardTarget) -> None:
    """Five of them."""
    async with world(sqlite_url, clock) as hub:
        key = await hub.post(card(target.url))
        for count in range(7):
            target.said = f"no. {count}"
            await hub.click(f"{key}~p1~0")
        last = plain((await hub.shown())[-1])
        assert "no. 1" not in last and all(f"no. {count}" in last for count in range(2, 7))

