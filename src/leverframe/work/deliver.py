"""Deliver: hold the destinations that are due, send what each is owed, in order, paced, again until it is taken or dead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec
import structlog

from leverframe.core.delivery import Again, Dead, Delivered, Done, Rejected, Retryable, Schedule, decide
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.ports import Chat, Clock
from leverframe.store import deliveries
from leverframe.store.database import Database
from leverframe.store.deliveries import Card, Ended, Owed, Role, Round, State
from leverframe.work.bell import Bell
from leverframe.work.crowd import Crowd
from leverframe.work.holding import Holder, Told
from leverframe.work.library import Library
from leverframe.work.send import Sender

WINDOW = 128
"""Owed deliveries of one destination looked at together."""
AT_ONCE = 16
"""Messages under way to one room that is not paced; of one thread always one."""
RECORD_S = 1.0
"""After so long what was sent is written down before more is sent: a crash says no more than this twice."""
_OUTCOME = {Delivered: 0, Retryable: 1, Rejected: 2}
log = structlog.get_logger("leverframe.deliver")


class _Held(msgspec.Struct):
    """A destination while this process holds it."""

    name: str
    failures: int
    cards: dict[str, Card | None] = msgspec.field(default_factory=dict)
    stop_until_s: float | None = None
    """Seconds from now after which to go on, when a retryable failure stopped it."""
    error: str | None = None
    next_send_at: datetime | None = None
    """Before that a paced room gets nothing more."""
    ended: list[Ended] = msgspec.field(default_factory=list)
    """What attempts came to, until it is on disk."""
    leaving: bool = False
    record_at: datetime | None = None
    """When what was sent is to be written down."""


class Deliverer(Holder[_Held, Round, Sequence[Owed]]):
    """The loop that delivers to chats."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        boot: Callable[[], int],
        chats: Mapping[str, Chat],
        library: Library,
        sender: Sender,
        chance: Callable[[], float],
        bell: Bell,
        told: Told,
        schedule: Schedule | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        """``crowd`` is shared by all that is done later."""
        super().__init__(database, clock, boot=boot, bell=bell)
        self._chats, self._library, self._sender = chats, library, sender
        self._chance, self._told = chance, told
        self._schedule, self._crowd = schedule or Schedule(), crowd or Crowd(clock)

    async def _take(self, limit: int, holding: Collection[str] | None) -> Sequence[tuple[_Held, Sequence[Owed]]]:
        taken = await self._database.write(
            deliveries.take, boot=self._boot(), now=self._clock.now(), limit=limit, window=WINDOW, holding=holding)
        return [(_Held(one.name, one.failures, next_send_at=one.next_send_at), one.owed) for one in taken]

    async def _next_due_s(self) -> float | None:
        due = await self._database.read(deliveries.next_due_at, boot=self._boot(), now=self._clock.now())
        return None if due is None else (due - self._clock.now()).total_seconds()

    async def _write(self, rounds: Sequence[Round]) -> Mapping[str, Sequence[Owed]]:
        return await self._database.write(deliveries.settle, rounds=rounds, boot=self._boot(), now=self._clock.now(), window=WINDOW)

    async def _drain(self, held: _Held, first: Sequence[Owed] | None) -> None:
        """Send what is owed, and then what is owed next, until that is nothing; ``None``: it is to be looked at first."""
        owed = first
        while True:
            try:
                if owed:
                    await self._send_window(held, owed)
            except asyncio.CancelledError:
                held.leaving = True
            except Refused as error:  # the database is away: what is to be said could not be read
                log.warning("destination_put_off", destination=held.name, code=error.code)
                held.stop_until_s, held.error = 1.0, error.code
            except Exception as error:
                log.exception("destination_failed", destination=held.name, error=str(error))
                held.stop_until_s, held.error = 30.0, f"internal: {type(error).__name__}"
            try:
                full = owed is None or len(owed) == WINDOW or self._time_to_record(held)
                owed = await asyncio.shield(self._settle(held, self._round(held, full=full)))
            except Exception as error:  # noqa: BLE001 - the destination is ours until this is written
                # Mostly: the database is away. What was sent is written down before anything else is sent here.
                log.warning("deliveries_not_recorded", destination=held.name, error=str(error))
                await self._clock.sleep(1.0)
                owed = ()
                continue
            if not owed:
                self.bell.ring()
                return

    def _round(self, held: _Held, *, full: bool) -> Round:
        now = self._clock.now()
        return Round(
            name=held.name, ended=list(held.ended), failures=held.failures, error=held.error, full=full, leaving=held.leaving or self._stopping,
            next_send_at=held.next_send_at,
            stop_until=None if held.stop_until_s is None else now + timedelta(seconds=held.stop_until_s),
        )  # fmt: skip

    async def _send_window(self, held: _Held, owed: Sequence[Owed]) -> None:
        chat = self._chats.get(held.name.partition(":")[0])
        paced = chat is not None and chat.posts_per_second > 0
        held.record_at = self._clock.now() + timedelta(seconds=RECORD_S)
        events = {} if paced else await self._library.get(one.event_id for one in owed)
        for one in owed:
            held.cards.setdefault(one.order_key, one.card)
        by_key: dict[str, list[Owed]] = {}
        for one in owed:
            by_key.setdefault(one.order_key or f"alone {one.id}", []).append(one)
        if paced or len(by_key) == 1:
            # The order in which it happened.
            for position, one in enumerate(owed):
                if self._stopped(held):
                    break
                if paced:  # few of them are sent before the next look
                    events = await self._library.get([one.event_id])
                later = [other for other in owed[position + 1 :] if one.order_key and other.order_key == one.order_key]
                await self._send_one(held, chat, one, events.get(one.event_id), later)
        else:
            threads = iter(by_key.values())

            async def some_threads() -> None:
                for thread in threads:
                    for position, one in enumerate(thread):
                        if self._stopped(held):
                            return
                        await self._send_one(held, chat, one, events.get(one.event_id), thread[position + 1 :])

            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(by_key))):
                    group.create_task(some_threads())
        held.cards.clear()

    def _stopped(self, held: _Held) -> bool:
        return held.stop_until_s is not None or self._stopping or self._time_to_record(held)

    def _time_to_record(self, held: _Held) -> bool:
        return held.record_at is not None and self._clock.now() >= held.record_at

    async def _pace(self, held: _Held, chat: Chat | None) -> None:
        """Return when the room may have one more message."""
        if chat is not None and chat.posts_per_second > 0:
            every_s = 1 / chat.posts_per_second
            wait_s = (held.next_send_at - self._clock.now()).total_seconds() if held.next_send_at is not None else 0.0
            if wait_s > 0:
                await self._clock.sleep(min(wait_s, every_s))  # a clock that was set back stops nobody
            held.next_send_at = self._clock.now() + timedelta(seconds=every_s)

    async def _send_one(self, held: _Held, chat: Chat | None, one: Owed, event: Event | None, later: Sequence[Owed]) -> None:
        if self._crowd.presses:
            await self._crowd.pass_by()
        card = held.cards.get(one.order_key) if one.order_key else None
        # A card shows how its subject stands: what is older than that, sent again, would turn it back in time.
        if one.role is Role.CARD and card is not None and not card.anchor_only and (
            one.id < card.delivery_id or any(other.role is Role.CARD for other in later)
        ):
            coalesced = Ended(delivery_id=one.id, attempt=one.attempt, state=State.COALESCED, code=None, started_at=self._clock.now(),
                              duration_ms=0, outcome=-1, status=None, detail="")  # fmt: skip
            held.ended.append(coalesced)
            return
        started = self._clock.now()
        sent = await self._sender.send(chat, one, event, card, partial(self._pace, held, chat))
        outcome = sent.outcome
        took_s = (self._clock.now() - started).total_seconds()
        self._told(held.name.partition(":")[0], outcome, took_s)
        first = held.stop_until_s is None  # messages under way together fail together: that is one failure of the destination
        decision = decide(
            outcome,
            attempt=held.failures + first,
            age_s=(started - one.scheduled_at).total_seconds(),
            schedule=self._schedule,
            chance=self._chance(),
        )
        state, dead, stands = State.OWED, None, sent.card
        match decision:
            case Done():
                state = State.SENT
            case Dead(reason):
                state, dead = State.DEAD, reason
                if one.role is Role.CARD and card is None:
                    stands = Card(remote_id="", remote_room=None, anchor_only=True, delivery_id=one.id)
            case Again(in_s):
                held.failures += first
                held.stop_until_s = max(held.stop_until_s or 0.0, in_s)
                held.error = getattr(outcome, "code", None)
        if held.stop_until_s is None and not isinstance(outcome, Retryable):
            held.failures = 0  # it answers again; what was under way beside a failure does not undo that
        if stands is not None:
            held.cards[one.order_key] = stands
        ended = Ended(
            delivery_id=one.id, attempt=one.attempt, state=state, code=dead or getattr(outcome, "code", None), started_at=started, duration_ms=round(took_s * 1000),
            outcome=_OUTCOME[type(outcome)], status=outcome.status, detail=outcome.detail,
            card=(held.name, one.order_key, stands) if stands is not None else None,
        )  # fmt: skip
        held.ended.append(ended)
