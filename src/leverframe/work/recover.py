"""Recover: GitHub tries to deliver once and never again, so the hub reads its hooks' delivery logs and has redelivered what never came in.

Its hooks are those that the configuration declares, the app's, and whichever something signed has come by: each delivery says whose hook sent it.

A watch (who has hooks that lead here) is held by one process at a time, and a delivery is asked for under the watch: so it is asked for
once at a time, however many processes there are. What is asked for is written down before GitHub is asked; a redelivery has the same GUID
(docs/decisions/0001-github-shapes.md), so one too many is a duplicate and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.core.github_hooks import APP, Holder, Hook, read_holder
from leverframe.core.ids import first_at
from leverframe.core.json_objects import read_object
from leverframe.core.recovery import OVERLAP, WINDOW, again_at, gaps, holder_of, is_lost
from leverframe.github.errors import Trouble
from leverframe.github.hooks import Hooks
from leverframe.ports import Clock
from leverframe.store import events, recoveries
from leverframe.store.database import Database
from leverframe.store.recoveries import NotOurs, Progress, Recovery, Watched
from leverframe.work.receive import dedupe_digest

PAGES = 30
"""Pages of a hundred lines that one look reads of a hook's log; the next look goes on there."""
BATCH = 30
"""Deliveries that one look asks for: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api counts five for each."""
PROBE = 2
"""As many where what was asked for before did not come in either."""
PACE_S = 1.0
"""Between two askings."""
SOON = timedelta(seconds=30)
"""The earliest next look where something is owed."""
STORAGE_PAUSE_S = 30.0
MOST_WATCHES = 500
"""Holders that are watched without being declared; a team with more of them declares the organisation's hook."""
SPARING_S = 7.2
"""Seconds between two looks at holders that are not declared: of two questions each, a fifth of the 5,000 an hour that a token has."""
FAR = timedelta(hours=6)
"""The next look at such a holder where GitHub does not let the token see its hooks."""
LATE = timedelta(minutes=1)
"""So long after its id was given an event may be committed."""
READ_TOGETHER = 20
MOST_HEARD = 20_000
"""Repositories that are remembered as looked at."""
log = structlog.get_logger("leverframe.recover")


class Counting(Protocol):
    """Metrics of recovering."""

    def __call__(self, source: str, result: str, count: int = 1) -> None:
        """Count ``found``, ``asked``, ``recovered`` or ``lost`` deliveries of a source."""
        ...


class _Look(msgspec.Struct):
    """One look at a holder: what is known as it goes on."""

    holder: Holder
    watched: Watched
    now: datetime
    trouble: Trouble | None = None


class Recoverer:
    """The loop that looks. Each process may run one; the database gives every watch to one of them."""

    def __init__(
        self, database: Database, clock: Clock, hooks: Callable[[], Hooks], *, boot: Callable[[], int], holders: Collection[Holder],
        sources: Collection[str], source_of: Callable[[Hook], str | None], every: timedelta, counting: Counting, window: timedelta = WINDOW, kept: timedelta = timedelta(days=90),
    ) -> None:  # fmt: skip
        """``holders`` are declared, ``sources`` are those of GitHub; ``source_of`` tells which of them a hook leads to; ``window`` is how long GitHub redelivers, ``kept`` how long events are known."""
        self._database, self._clock, self._hooks, self._boot = database, clock, hooks, boot
        self._names = [str(holder) for holder in holders]
        self._source_of, self._every, self._counting, self._window = source_of, every, counting, window
        self._reach = min(window, kept - timedelta(hours=1))
        self._sources, self._heard, self._heard_to = list(sources), set[tuple[str, str | None]](), clock.now() - self._reach
        self._listens_at = clock.now()

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            try:
                while await self.step():
                    pass
                due = await self._database.read(recoveries.next_look)
                wait_s = self._every.total_seconds() if due is None else (due - self._clock.now()).total_seconds()
            except Refused as error:
                log.warning("recovering_put_off", code=error.code)
                wait_s = STORAGE_PAUSE_S
            except Exception:
                log.exception("recovering_failed")  # the next look may not fail
                wait_s = STORAGE_PAUSE_S
            # Another process may have the watch, and die with it.
            await self._clock.sleep(min(max(wait_s, 1.0), max(self._every.total_seconds(), 1.0)))

    async def step(self) -> bool:
        """Look at the holder that is due the longest; return whether one was."""
        now = self._clock.now()
        await self._listen(now)
        watch = await self._database.write(recoveries.claim, self._names, boot=self._boot(), now=now)
        if watch is None:
            return False
        holder = read_holder(watch.holder)
        assert holder is not None
        look = _Look(holder, watch.watched, now)
        next_at = now + self._every
        try:
            await self._look(look)
        except NotOurs:
            return True
        except BaseException:
            look.trouble = look.trouble or Trouble(code="internal")
            raise
        finally:
            # Whatever broke: the watch is let go of, so that it is looked at again.
            owed = await self._database.read(recoveries.next_due, watch.holder)
            if watch.holder not in self._names:
                next_at = max(next_at, now + timedelta(seconds=SPARING_S * await self._database.read(recoveries.count)))
            next_at = self._next(look, next_at, owed)
            trouble = look.trouble
            await self._database.write(
                recoveries.release, watch.holder, boot=self._boot(), next_at=next_at, looked_at=now if trouble is None else None,
                code=None if trouble is None else trouble.code, detail="" if trouble is None else trouble.detail,
            )  # fmt: skip
        return True

    def _next(self, look: _Look, usual: datetime, owed: datetime | None) -> datetime:
        now = self._clock.now()
        if look.trouble is not None:
            if str(look.holder) not in self._names and not look.trouble.again:
                return now + FAR
            # GitHub says how long to wait; otherwise as usual, for asking sooner helps nobody.
            return max(usual, now + timedelta(seconds=look.trouble.after_s or 0))
        if any(progress.cursor is not None for progress in look.watched.progress.values()):
            return now + timedelta(seconds=1)
        return usual if owed is None else min(usual, max(owed, now + SOON))

    async def _listen(self, now: datetime) -> None:
        """Begin to watch whose hooks something has come by since the last time."""
        if now < self._listens_at:
            return
        self._listens_at = now + self._every
        found = await self._database.read(recoveries.heard, self._sources, after=first_at(self._heard_to))
        self._heard_to = now - LATE
        fresh = [(source, repo, id) for source, repo, id in found if (source, repo) not in self._heard]
        for start in range(0, len(fresh), READ_TOGETHER):
            some = fresh[start : start + READ_TOGETHER]
            holders = await self._database.read(self._holders, [id for _, _, id in some])
            if holders:
                await self._database.write(recoveries.watch, holders, now=now, most=MOST_WATCHES)
            if len(self._heard) > MOST_HEARD:
                self._heard.clear()
            self._heard.update((source, repo) for source, repo, _ in some)

    def _holders(self, connection: Connection, ids: Sequence[int]) -> list[str]:
        """Return by whose hooks these events came, but for what is declared anyway."""
        headers, found, declared = events.headers(connection, ids), dict[str, None](), {name.casefold() for name in self._names}
        for id, stored in events.load(connection, ids).items():
            try:
                holder = holder_of(headers.get(id, {}), read_object(stored.accepted.body))
            except ValueError:
                continue
            if holder is not None and holder != APP and str(holder).casefold() not in declared:
                found[str(holder)] = None
        return list(found)

    async def _look(self, look: _Look) -> None:
        found = await self._hooks().all(look.holder)
        if isinstance(found, Trouble):
            look.trouble = found
            return
        ours = [(hook, source) for hook in found if (source := self._source_of(hook)) is not None]
        if not ours and str(look.holder) not in self._names:
            await self._database.write(recoveries.forget, str(look.holder), boot=self._boot())
        look.watched = Watched(hooks=[dict(hook.whole) for hook, _ in ours], progress={str(hook.id): look.watched.progress.get(str(hook.id), Progress()) for hook, _ in ours})
        await self._database.write(recoveries.keep, str(look.holder), look.watched, boot=self._boot())
        for hook, source in ours:
            await self._read(look, hook, source)
            if look.trouble is not None:
                return
        await self._settle(look)
        await self._ask(look)

    # --- the log

    async def _read(self, look: _Look, hook: Hook, source: str) -> None:
        """Read a hook's log back to what is known already, and write down what is not here."""
        progress = look.watched.progress[str(hook.id)]
        began_at = progress.began_at or look.now
        since = max(progress.read_to - OVERLAP if progress.read_to is not None else datetime.min.replace(tzinfo=look.now.tzinfo), look.now - self._reach)
        cursor = progress.cursor
        for _ in range(PAGES):
            page = await self._hooks().log(look.holder, hook.id, cursor=cursor)
            if isinstance(page, Trouble):
                if cursor is not None and page.status in (404, 422):
                    # The cursor is too old: the log is read from its beginning the next time.
                    await self._keep(look, hook, Progress(read_to=progress.read_to))
                look.trouble = page
                return
            digests = {line.guid: dedupe_digest(source, line.guid) for line in page.lines}
            here = await self._database.read(recoveries.present, list(digests.values()))
            known = {guid for guid, digest in digests.items() if digest in here}
            fresh = gaps((line for line in page.lines if line.delivered_at >= since), known, look.now)
            over = page.cursor is None or page.cursor == cursor or any(line.delivered_at < since for line in page.lines)
            cursor = page.cursor
            done = Progress(read_to=began_at) if over else Progress(read_to=progress.read_to, cursor=cursor, began_at=began_at)
            look.watched = self._with(look, hook, done)
            count = await self._database.write(
                recoveries.note, {digests[gap.guid]: (self._database.new_id(), gap) for gap in fresh}, holder=str(look.holder), hook=hook.id, source=source,
                watched=look.watched, boot=self._boot(), now=look.now,
            )  # fmt: skip
            if count:
                self._counting(source, "found", count)
                log.warning("deliveries_missing", holder=str(look.holder), hook=hook.id, count=count)
            if over:
                return

    def _with(self, look: _Look, hook: Hook, progress: Progress) -> Watched:
        return Watched(hooks=look.watched.hooks, progress={**look.watched.progress, str(hook.id): progress})

    async def _keep(self, look: _Look, hook: Hook, progress: Progress) -> None:
        look.watched = self._with(look, hook, progress)
        await self._database.write(recoveries.keep, str(look.holder), look.watched, boot=self._boot())

    # --- asking

    async def _settle(self, look: _Look) -> None:
        """Mark what has come in since."""
        while True:
            by_source = await self._database.write(recoveries.settle, str(look.holder))
            for source, count in by_source.items():
                self._counting(source, "recovered", count)
                log.info("deliveries_recovered", holder=str(look.holder), source=source, count=count)
            if sum(by_source.values()) < recoveries.BITE:
                return

    async def _ask(self, look: _Look) -> None:
        """Have GitHub send again what is due, the oldest first."""
        due = await self._database.read(recoveries.due, str(look.holder), now=look.now, limit=BATCH)
        if any(one.tries for one in due):
            # What was asked for before has not come in: something stands in the way, and a few are enough to see when it is gone.
            due = due[:PROBE]
        for number, one in enumerate(due):
            if number:
                await self._clock.sleep(PACE_S)
            now = self._clock.now()
            if is_lost(one.first_at, now, self._window):
                await self._lose(one, "github_window_over", now)
                continue
            tries, next_at = one.tries + 1, again_at(one.tries + 1, now)
            if not await self._database.write(recoveries.asked, one.id, holder=str(look.holder), boot=self._boot(), tries=tries, next_at=next_at):
                continue
            trouble = await self._hooks().redeliver(look.holder, one.hook, one.delivery)
            if trouble is None:
                self._counting(one.source, "asked")
            elif trouble.status in (404, 410, 422):
                await self._lose(one, trouble.code, now)
            else:
                if trouble.surely_not:
                    await self._database.write(recoveries.unasked, one.id, tries=tries, next_at=now)
                look.trouble = trouble
                return

    async def _lose(self, one: Recovery, code: str, now: datetime) -> None:
        if await self._database.write(recoveries.lose, one.id, code=code, now=now):
            self._counting(one.source, "lost")
            log.error("delivery_lost", holder=one.holder, guid=one.guid, name=one.event, tries=one.tries, code=code)
