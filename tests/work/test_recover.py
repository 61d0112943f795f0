"""What GitHub could not deliver comes in all the same: found in the delivery log, asked for once at a time, and told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from databases import opened
from fakes.github_hooks import FakeHook, settled
from github_world import World, github_world
from services.postgres import Server

from leverframe.core.github_hooks import Holder, Hook
from leverframe.github.hooks import Hooks
from leverframe.sources.github.source import GithubSource
from leverframe.store import event_pages, recoveries, schema
from leverframe.store.recoveries import Recovery, State
from leverframe.work.receive import Receiver, Recent
from leverframe.work.recover import BATCH, Recoverer

pytestmark = pytest.mark.anyio
URL = "https://hub.example.com/in/github"
REPO = Holder("repository", "acme/web-app")


@dataclass(slots=True, kw_only=True)
class Hub:
    """A hub's way in and its loop, over one database."""

    world: World
    database: Any
    hook: FakeHook
    receiver: Receiver
    counts: Counter[str] = field(default_factory=Counter)
    refuses: int = 0
    """A status that the hub answers with in place of taking anything; 0: it takes what is signed."""
    late: bool = False
    """Whether its answers come too late for GitHub, though it took what came."""

    def recoverer(self, database: Any = None, **more: Any) -> Recoverer:
        """Return the loop, on this process's database or another's."""
        at = database or self.database

        def counting(source: str, result: str, count: int = 1) -> None:
            self.counts[result] += count

        def source_of(hook: Hook) -> str | None:
            return "github" if hook.url == URL else None

        hooks = Hooks(self.world.client)
        return Recoverer(
            at, self.world.clock, lambda: hooks, boot=lambda: at.boot, holders=more.pop("holders", [REPO]), sources=["github"], source_of=source_of, every=timedelta(minutes=5), counting=counting, **more
        )  # fmt: skip

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Take what GitHub sends."""
        if self.refuses:
            return self.refuses
        await self.receiver.receive(GithubSource("github", ["s3cret"]), {name.lower().encode(): value.encode() for name, value in headers.items()}, body)
        if self.late:
            raise TimeoutError
        return 202

    async def happen(self, count: int = 1, *, event: str = "push", unsent: str | None = None) -> list[str]:
        """Have something happen at GitHub; returns the GUIDs."""
        return [await self.world.fake.deliveries.event([self.hook], event, {"number": number}, unsent=unsent) for number in range(count)]

    async def look(self, loop: Recoverer | None = None) -> None:
        """Look once at everything that is due, and let GitHub send what it was asked for."""
        loop = loop or self.recoverer()
        while await loop.step():
            await settled(self.world.fake)
        await settled(self.world.fake)

    async def arrived(self) -> list[str]:
        """Return the GUIDs that are here, the oldest first."""
        return [row.delivery_id for row in reversed(await self.database.read(event_pages.page, limit=500))]

    async def states(self) -> dict[str, State]:
        """Return by GUID what became of what was missing."""
        return {one.guid: one.state for one in await self.recoveries()}

    async def recoveries(self) -> list[Recovery]:
        """Return everything that was missing."""
        found: list[Recovery] = await self.database.read(recoveries.page, limit=500)
        return found


@asynccontextmanager
async def a_hub(url: str) -> AsyncIterator[Hub]:
    async with github_world() as world, opened(url, world.clock) as database:
        hook = FakeHook(id=7, kind="repository", events=["push", "gollum"], config={"url": URL, "content_type": "json", "secret": "s3cret"})
        world.repository.hooks.append(hook)
        receiver = Receiver(database, world.clock, Recent(), lambda: None, lambda: None)
        hub = Hub(world=world, database=database, hook=hook, receiver=receiver)
        world.fake.deliveries.send = hub.send
        world.clock.advance(minutes=1)
        yield hub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """On SQLite; what the store does is tried on both in tests/store."""
    async with a_hub(f"sqlite:///{tmp_path}/hub.db") as made:
        yield made


@pytest.mark.parametrize("unsent", ["timed out", "failed to connect to host", "Invalid HTTP Response: 503"])
async def test_what_failed_is_recovered(hub: Hub, unsent: str) -> None:
    """Timeouts and lost connections too, which GitHub's own filter for failures leaves out; under the same GUID, and told as recovered."""
    before = await hub.happen(2)
    gone = await hub.happen(3, unsent=unsent)
    hub.world.clock.advance(minutes=1)
    await hub.look()
    assert await hub.arrived() == [*before, *gone]
    hub.world.clock.advance(minutes=5)
    await hub.look()
    assert await hub.states() == dict.fromkeys(gone, State.RECOVERED)
    assert hub.counts == {"found": 3, "asked": 3, "recovered": 3}
    (first, *_) = await hub.database.read(event_pages.page, limit=1)
    recovered = (await hub.database.read(recoveries.of_events, [first.id]))[first.id]
    assert (recovered.status, recovered.tries, recovered.ended_at) == (unsent, 1, first.received_at)


async def test_what_is_here_is_not_asked_for(hub: Hub) -> None:
    """A delivery whose answer came too late failed for GitHub, and is here: nothing is asked for."""
    hub.late = True
    (guid,) = await hub.happen()
    assert hub.hook.attempts[-1].status == "timed out"
    hub.world.clock.advance(minutes=1)
    await hub.look()
    assert (await hub.arrived(), await hub.states(), hub.counts) == ([guid], {}, {})
    assert not any(call.path.endswith("/attempts") for call in hub.world.fake.calls)


async def test_what_github_calls_delivered_and_is_not_here_is_recovered(hub: Hub) -> None:
    """A database that was put back to yesterday's lacks what GitHub had delivered since."""
    (guid,) = await hub.happen(unsent="OK")
    hub.hook.attempts[-1].code = 202
    hub.world.clock.advance(minutes=1)
    await hub.look()
    assert await hub.arrived() == [guid]


async def test_what_was_tried_a_moment_ago_may_still_come(hub: Hub) -> None:
    """A delivery of this moment is looked at the next time, and then found."""
    (guid,) = await hub.happen(unsent="timed out")
    await hub.look()
    assert await hub.states() == {}
    hub.world.clock.advance(minutes=5)
    await hub.look()
    assert await hub.arrived() == [guid]


async def test_pings_and_other_hooks_are_left_alone(hub: Hub) -> None:
    """A ping is no news, and what another address did not get is not ours."""
    other = FakeHook(id=8, kind="repository", events=["push"], config={"url": "https://ci.example.com/", "secret": "x"})
    hub.world.repository.hooks.append(other)
    await hub.world.fake.deliveries.event([other], "push", {}, unsent="timed out")
    await hub.world.fake.deliveries.attempt(hub.hook, "ping-guid", "ping", {}, unsent="timed out")
    hub.world.clock.advance(minutes=1)
    await hub.look()
    assert await hub.states() == {}


async def test_a_log_is_read_on_where_it_was_read_to(hub: Hub) -> None:
    """The next look reads only what is new; an hour's silence of the hub itself is made up for."""
    await hub.happen(250)
    hub.world.clock.advance(minutes=30)
    await hub.look()
    hub.world.fake.calls.clear()
    gone = await hub.happen(3, unsent="failed to connect to host")
    hub.world.clock.advance(hours=1)
    await hub.look()
    pages = [call for call in hub.world.fake.calls if call.path.endswith("/deliveries")]
    assert len(pages) == 1 and set(gone) <= set(await hub.arrived())


async def test_a_long_log_is_read_in_parts(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look reads so many pages at most, remembers where it was, and the next one goes on: also in another process."""
    monkeypatch.setattr("leverframe.work.recover.PAGES", 2)
    gone = await hub.happen(1, unsent="timed out")
    await hub.happen(450)
    hub.world.clock.advance(minutes=30)
    await hub.look()
    assert not set(gone) & set(await hub.arrived())
    for _ in range(3):
        hub.world.clock.advance(seconds=2)
        await hub.look(hub.recoverer())
    assert set(gone) <= set(await hub.arrived())


async def test_a_cursor_that_is_too_old_begins_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """When GitHub no longer takes the cursor, the log is read from its beginning."""
    monkeypatch.setattr("leverframe.work.recover.PAGES", 1)
    gone = await hub.happen(1, unsent="timed out")
    await hub.happen(120)
    hub.world.clock.advance(minutes=30)
    await hub.look()
    (watch,) = await hub.database.read(recoveries.watches)
    stale = recoveries.Watched(hooks=watch.watched.hooks, progress={"7": recoveries.Progress(cursor="v0_gone", began_at=hub.world.clock.now())})
    await hub.database.write(recoveries.claim, ["acme/web-app"], boot=hub.database.boot, now=hub.world.clock.now() + timedelta(seconds=5))
    await hub.database.write(recoveries.keep, "acme/web-app", stale, boot=hub.database.boot)
    for _ in range(4):
        hub.world.clock.advance(minutes=6)
        await hub.look()
    assert set(gone) <= set(await hub.arrived())


async def sent(hub: Hub, hook: FakeHook, payload: dict[str, Any], *, unsent: str | None = None) -> str:
    """Have a push happen that ``hook`` hears."""
    return await hub.world.fake.deliveries.event([hook], "push", payload, unsent=unsent)


async def test_a_hook_that_nobody_declared_is_watched_once_something_came_by_it(hub: Hub) -> None:
    """Each delivery says whose hook sent it: a repository's and an organisation's made by hand are read like the declared ones, in every process."""
    wide = FakeHook(id=9, kind="organisation", events=["push"], config={"url": URL, "content_type": "json", "secret": "s3cret"})
    hub.world.fake.organisations["acme"] = [wide]
    loop = hub.recoverer(holders=[])
    await hub.look(loop)
    assert await hub.database.read(recoveries.watches) == [] and not hub.world.fake.calls
    of_repo = {"repository": {"full_name": "acme/web-app"}}
    await sent(hub, hub.hook, of_repo)
    await sent(hub, wide, {"repository": {"full_name": "acme/other"}, "organization": {"login": "acme"}})
    hub.world.clock.advance(minutes=5)
    await hub.look(loop)
    assert [watch.holder for watch in await hub.database.read(recoveries.watches)] == ["acme", "acme/web-app"]
    gone = [await sent(hub, hub.hook, of_repo, unsent="timed out"), await sent(hub, wide, {}, unsent="failed to connect to host")]
    hub.world.clock.advance(minutes=6)
    await hub.look(hub.recoverer(holders=[]))
    assert set(gone) <= set(await hub.arrived())


async def test_an_undeclared_hook_that_cannot_be_seen_costs_little(hub: Hub) -> None:
    """Where the token may not see a repository's hooks it is asked a few times a day, and told why."""
    await sent(hub, hub.hook, {"repository": {"full_name": "acme/secret"}})
    loop = hub.recoverer(holders=[])
    for _ in range(24):
        hub.world.clock.advance(minutes=30)
        await hub.look(loop)
    (watch,) = await hub.database.read(recoveries.watches)
    assert watch.code == "github_not_found" and len(hub.world.fake.calls) <= 3


async def test_a_hook_that_leads_elsewhere_now_is_watched_no_more(hub: Hub) -> None:
    """An undeclared hook that was deleted, or given another address, is forgotten with its repository."""
    loop = hub.recoverer(holders=[])
    await sent(hub, hub.hook, {"repository": {"full_name": "acme/web-app"}})
    hub.world.clock.advance(minutes=1)
    await hub.look(loop)
    assert len(await hub.database.read(recoveries.watches)) == 1
    hub.hook.config["url"] = "https://elsewhere.example.com/"
    hub.world.clock.advance(hours=1)
    await hub.look(loop)
    assert await hub.database.read(recoveries.watches) == []


async def test_while_the_hub_refuses_github_is_asked_a_few_times_only(hub: Hub) -> None:
    """A wrong secret fails every redelivery: a few are tried, later and later, until it is mended; then all of it comes."""
    gone = await hub.happen(20, unsent="Invalid HTTP Response: 401")
    hub.refuses = 401
    for _ in range(12):
        hub.world.clock.advance(minutes=5)
        await hub.look()
    asked = sum(call.path.endswith("/attempts") for call in hub.world.fake.calls)
    assert 20 <= asked <= 45
    hub.refuses = 0
    for _ in range(40):
        hub.world.clock.advance(minutes=30)
        await hub.look()
    assert set(await hub.states()) == set(gone) and set((await hub.states()).values()) == {State.RECOVERED}


async def test_after_githubs_window_a_delivery_is_lost_and_told(hub: Hub) -> None:
    """What could not be had within three days is given up, with a code, and GitHub is not asked any more."""
    (guid,) = await hub.happen(unsent="timed out")
    hub.refuses = 503
    for _ in range(80):
        hub.world.clock.advance(hours=1)
        await hub.look()
    (one,) = await hub.recoveries()
    assert (one.guid, one.state, one.code) == (guid, State.LOST, "github_window_over") and one.tries <= 17
    assert hub.counts["lost"] == 1


async def test_a_rate_limit_is_kept(hub: Hub) -> None:
    """When GitHub asks to wait, nothing is asked until then, and what was not asked is asked afterwards, counted once."""
    gone = await hub.happen(2, unsent="timed out")
    hub.world.clock.advance(minutes=1)
    hub.world.fake.retry_after_s = 1200
    hub.world.fake.next_modes.extend(["ok", "ok", "ok", "limited"])
    await hub.look()
    (watch,) = await hub.database.read(recoveries.watches)
    assert (watch.code, len(await hub.arrived())) == ("github_ratelimited", 1)
    calls = len(hub.world.fake.calls)
    hub.world.clock.advance(minutes=15)
    await hub.look()
    assert len(hub.world.fake.calls) == calls
    hub.world.clock.advance(minutes=6)
    await hub.look()
    assert set(await hub.arrived()) == set(gone) and hub.counts["asked"] == 2
    assert {one.tries for one in await hub.recoveries()} == {1}


@pytest.mark.parametrize("mode", ["down", "garbage", "lost"])
async def test_while_github_is_away_nothing_is_lost(hub: Hub, mode: str) -> None:
    """GitHub's own troubles are noted and waited out."""
    gone = await hub.happen(3, unsent="timed out")
    hub.world.fake.mode = mode  # type: ignore[assignment]
    for _ in range(3):
        hub.world.clock.advance(minutes=5)
        await hub.look()
    (watch,) = await hub.database.read(recoveries.watches)
    assert watch.code is not None and watch.looked_at is None
    hub.world.fake.mode = "ok"
    hub.world.clock.advance(minutes=5)
    await hub.look()
    assert set(await hub.arrived()) == set(gone)


@pytest.mark.parametrize("broken", ["lost", "broken"])
async def test_an_answer_that_was_lost_asks_twice_at_most_and_tells_once(hub: Hub, broken: str) -> None:
    """Whether GitHub took the asking is not known: it counts, and the event comes once whatever is asked again."""
    (guid,) = await hub.happen(unsent="timed out")
    hub.world.clock.advance(minutes=1)
    hub.world.fake.next_modes.extend(["ok", "ok", broken])  # type: ignore[list-item]
    await hub.look()
    assert await hub.arrived() == [guid]
    hub.world.clock.advance(minutes=6)
    await hub.look()
    assert await hub.states() == {guid: State.RECOVERED} and await hub.arrived() == [guid]
    assert sum(call.path.endswith("/attempts") for call in hub.world.fake.calls) == 1


async def test_many_are_asked_for_in_turn(hub: Hub) -> None:
    """After a long outage the oldest come first, so many a look, a second apart."""
    gone = await hub.happen(BATCH + 5, unsent="failed to connect to host")
    hub.world.clock.advance(minutes=1)
    began = hub.world.clock.now()
    await hub.look()
    assert hub.world.clock.now() - began >= timedelta(seconds=BATCH - 1)
    assert await hub.arrived() == gone[:BATCH]
    hub.world.clock.advance(minutes=1)
    await hub.look()
    assert await hub.arrived() == gone


async def test_a_hook_that_is_gone_loses_what_it_owed(hub: Hub) -> None:
    """Of a deleted hook nothing can be redelivered: that is told, not tried for ever."""
    hub.refuses = 503
    (guid,) = await hub.happen(unsent="timed out")
    hub.world.clock.advance(minutes=1)
    await hub.look()
    hub.world.repository.hooks.clear()
    hub.world.clock.advance(hours=1)
    await hub.look()
    (one,) = await hub.recoveries()
    assert (one.guid, one.state, one.code) == (guid, State.LOST, "github_not_found")


async def test_a_crash_between_writing_and_asking_asks_again(hub: Hub) -> None:
    """What was written down as asked, and was not, is asked for after its wait by whoever comes next."""
    (guid,) = await hub.happen(unsent="timed out")
    hub.world.clock.advance(minutes=1)
    loop = hub.recoverer()

    async def dies(holder: Holder, id: int, delivery: int) -> None:
        raise asyncio.CancelledError

    hooks = Hooks(hub.world.client)
    hooks.redeliver = dies  # type: ignore[method-assign]
    loop._hooks = lambda: hooks
    with pytest.raises(asyncio.CancelledError):
        await loop.step()
    hub.world.clock.advance(minutes=6)
    await hub.look()
    assert await hub.arrived() == [guid]
    assert [one.tries for one in await hub.recoveries()] == [2]


async def test_events_that_retention_forgot_are_not_missing(hub: Hub) -> None:
    """A log reaches back three days; where events are kept for one, what is older is not looked at."""
    await hub.happen(unsent="timed out")
    hub.world.clock.advance(days=2)
    await hub.look(hub.recoverer(kept=timedelta(days=1)))
    assert await hub.states() == {}


async def test_two_processes_ask_once(postgres_server: Server) -> None:
    """Several processes on one PostgreSQL hold each watch in turn, and each delivery is asked for once."""
    url = postgres_server.create_database()
    async with a_hub(url) as hub, opened(url, hub.world.clock) as second, opened(url, hub.world.clock) as third:
        gone = await hub.happen(12, unsent="timed out")
        hub.world.clock.advance(minutes=1)
        for process in (hub.database, second, third):  # they live: whoever is silent for so long is taken for dead
            assert await process.write(schema.heartbeat, boot=process.boot, now=hub.world.clock.now())
        await asyncio.gather(*(hub.recoverer(process).step() for process in (hub.database, second, third)))
        await settled(hub.world.fake)
        assert sum(call.path.endswith("/attempts") for call in hub.world.fake.calls) == 12
        assert set(await hub.arrived()) == set(gone)
    postgres_server.drop_database(url)


async def test_a_watch_of_a_dead_process_is_taken_over(hub: Hub) -> None:
    """What a process held when it died is looked at by the next; a late one writes nothing any more."""
    boot, now = hub.database.boot, hub.world.clock.now()
    assert await hub.database.write(recoveries.claim, ["acme/web-app"], boot=boot - 1, now=now) is not None
    assert await hub.recoverer().step()
    with pytest.raises(recoveries.NotOurs):
        await hub.database.write(recoveries.keep, "acme/web-app", recoveries.Watched(), boot=boot - 1)
    await hub.database.write(recoveries.release, "acme/web-app", boot=boot - 1, next_at=now + timedelta(days=9), looked_at=None, code="x", detail="")
    (watch,) = await hub.database.read(recoveries.watches)
    assert watch.code is None
