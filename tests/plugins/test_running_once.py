"""A command of a plugin runs at most once, whatever becomes of the hub meanwhile; its handlers hear at least once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leverframe.store.tables import audit, plugin_calls
from leverframe.testing import Hub, signing
from leverframe.work import extend

pytestmark = pytest.mark.anyio
Write = Callable[..., Path]
PULL = """
import asyncio
from pathlib import Path

@command()
async def pull(ask: Asked, hub: Hub) -> str:
    "Pull."
    with open(hub.settings["ledger"], "a") as ledger:
        ledger.write("pulled\\n")
    await asyncio.sleep(float(hub.settings["takes"]))
    return "pulled"
"""


async def acts(hub: Hub) -> list[tuple[str, str]]:
    """Return act and code of every entry of the audit."""
    rows = await hub.app.database.read(lambda connection: connection.execute(sa.select(audit.c.act, audit.c.code).order_by(audit.c.id)).all())
    return [(row.act, row.code) for row in rows]


async def test_a_hub_that_stops_in_between_does_not_pull_again(plugin: Write, tmp_path: Path) -> None:
    """That it begins is committed first: a repeat of the same request hears that nobody knows how it ended, and pulls nothing."""
    ledger, folder = tmp_path / "ledger", tmp_path / "hub"
    request = signing.slash("/lever pull", user="U1", room="#ops", trigger="1.1.a", answer_to="https://hooks.slack.com/x")
    path = plugin(PULL)
    async with Hub(path, folder=folder, settings={"sample": {"ledger": str(ledger), "takes": 30}}) as hub:
        sending = asyncio.create_task(hub.send(request))
        while not ledger.exists():
            await asyncio.sleep(0.01)
        assert hub.app.box is not None
        await hub.app.box.converser.stop(0)  # as a hub that is killed: nothing more is written
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    async with Hub(path, folder=folder, settings={"sample": {"ledger": str(ledger), "takes": 0}}) as hub:
        _, body = await hub.send(request)
        assert b"plugin_unfinished" in body
        assert ledger.read_text() == "pulled\n"
        assert ("pull", "begun") in await acts(hub)


async def test_a_repeat_hears_what_came_of_it(plugin: Write, tmp_path: Path) -> None:
    """Slack may send a request twice: it is pulled once, and both are answered alike."""
    ledger = tmp_path / "ledger"
    request = signing.slash("/lever pull", user="U1", room="#ops", trigger="1.1.a", answer_to="https://hooks.slack.com/x")
    async with Hub(plugin(PULL), settings={"sample": {"ledger": str(ledger), "takes": 0.05}}) as hub:
        first, second = await asyncio.gather(hub.send(request), hub.send(request))
        third = await hub.send(request)
        assert first == second == third
        assert ledger.read_text() == "pulled\n"
        assert await acts(hub) == [("pull", "begun"), ("pull", "ok")]


async def test_a_slow_command_is_answered_later(plugin: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's request is answered in time; what came of it is said by the address that came with it."""
    monkeypatch.setattr(extend, "SOON_S", 0.2)
    async with Hub(plugin(PULL), settings={"sample": {"ledger": str(tmp_path / "ledger"), "takes": 0.5}}) as hub:
        reply = await hub.slash("/lever pull")
        assert [one.text for one in reply.messages] == ["⏳ Working on it…", "pulled"]
        assert reply.public


async def test_an_answer_that_cannot_be_kept_is_told_as_such(plugin: Write) -> None:
    """Half a character is no text of any database: whoever asked hears that it went wrong, and nobody waits for ever."""
    async with Hub(plugin('@command()\ndef mumble(ask: Asked) -> str:\n    "Mumble."\n    return "\\ud800"\n')) as hub:
        assert "internal" in (await hub.slash("/lever mumble")).text
        assert await acts(hub) == [("mumble", "begun"), ("mumble", "internal")]


async def test_nobody_pulls_without_a_grant(plugin: Write, tmp_path: Path) -> None:
    """A command of a plugin takes a grant for its name, like every other; the refusal is audited."""
    ledger = tmp_path / "ledger"
    async with Hub(plugin(PULL), grants={"U2": ["pull"]}, settings={"sample": {"ledger": str(ledger), "takes": 0}}) as hub:
        refused = await hub.slash("/lever pull", user="U1")
        assert "You may not do this" in refused.text
        assert not refused.public
        assert not ledger.exists()
        assert (await hub.slash("/lever pull", user="U2")).text == "pulled"
        assert await acts(hub) == [("pull", "not_allowed"), ("pull", "begun"), ("pull", "ok")]
        assert "pull" in (await hub.slash("/lever help", user="U2")).text
        assert "/lever pull" in (await hub.slash("/lever pul", user="U2")).text, "did you mean"


HEARS = """
@on_event("star.created")
async def starred(event: Event, hub: Hub) -> Post:
    tries = await hub.memory.get("tries", 0) + 1
    await hub.memory.put("tries", tries)
    if tries < 2:
        raise OSError("not now")
    return post("slack:#stars", f"{escape(event.repo)} has a star, after {tries} tries")

@on_event("star.created")
def in_a_thread(event: Event) -> list[Post]:
    return [post("slack:#stars", "once"), post("slack:#log", "logged")]
"""


async def test_a_handler_that_fails_hears_it_again(plugin: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """One handler's mistake costs nobody else anything, and it is called again until it has heard; what it says is said once."""
    monkeypatch.setattr("leverframe.work.hearing.FIRST_WAIT_S", 0.05)
    async with Hub(plugin(HEARS)) as hub:
        assert await hub.github("star") == 202
        assert (await hub.message("#stars", "after")).text == "acme/web-app has a star, after 2 tries"
        await hub.settled()
        assert sorted(one.text for one in hub.messages("#stars")) == ["acme/web-app has a star, after 2 tries", "once"]
        assert hub.metric("leverframe_plugin_failures_total", plugin="sample", hook="event") == 1


async def test_a_handler_that_always_fails_is_given_up(plugin: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten tries the audit says so, and nothing waits any more."""
    monkeypatch.setattr("leverframe.work.hearing.FIRST_WAIT_S", 0.0)
    code = """
    @on_event("*")
    def never(event: Event) -> None:
        raise OSError("never")
    """
    async with Hub(plugin(code)) as hub:
        await hub.github("star")
        await hub.settled(within_s=60)
        assert ("plugins.handle", "plugin_failed") in await acts(hub)
        assert hub.metric("leverframe_plugin_failures_total", plugin="sample", hook="event") == 10


def _begun(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(plugin_calls.c.id).where(plugin_calls.c.boot.is_not(None))).first() is not None


async def test_what_was_not_heard_is_heard_after_a_restart(plugin: Write, tmp_path: Path) -> None:
    """What a handler is to hear is written with the event: a hub that stops before it did has it hear afterwards."""
    slow = """
    import time

    @on_event("star")
    def starred(event: Event, hub: Hub) -> Post:
        time.sleep(hub.settings["takes"])
        return post("slack:#stars", "heard")
    """
    path = plugin(slow)
    async with Hub(path, folder=tmp_path / "hub", settings={"sample": {"takes": 60, "timeout": 60}}) as hub:
        await hub.github("star")
        while not await hub.app.database.read(_begun):
            await asyncio.sleep(0.01)
    async with Hub(path, folder=tmp_path / "hub", settings={"sample": {"takes": 0}}) as hub:
        assert (await hub.message("#stars")).text == "heard"


DEPLOYS = """
@on_happening()
def told(what: Happening) -> Post:
    return post("slack:#told", f"{what.name} {what.service} {what.environment} by {escape(what.deployment['requested_by'])}")
"""
SERVICES = """
[runners.fast]
kind = "simulated"
seconds = 0
[services.web-app]
[services.web-app.environments.production]
runner = "fast"
approvals = { required = 1, self = true }
[roles.approver]
members = ["slack:U1"]
allow = ["approve *"]
"""


async def test_what_happens_to_deployments_is_heard(plugin: Write) -> None:
    """Asked, approval needed, approved, started and how it ended, in this order, each with the deployment as it was."""
    async with Hub(plugin(DEPLOYS), config=SERVICES) as hub:
        await hub.slash("/deploy web-app production")
        card = await hub.message("#ops", "production")
        await hub.message("#told", "approval_needed")
        await hub.settled()
        waiting = [one for one in hub.messages("#ops") if one.buttons][-1]
        await hub.click(waiting.button("Approve"))
        await hub.message("#told", "succeeded", within_s=20)
        names = [one.text.partition(" ")[0] for one in hub.messages("#told")]
        assert names == ["asked", "approval_needed", "approved", "started", "succeeded"]
        assert all(one.text.endswith("web-app production by name-of-U1") for one in hub.messages("#told"))
        assert card.room == "#ops"
