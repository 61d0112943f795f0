"""Deliver: hold the destinations that are due, send what each is owed, in order, paced, again until it is taken or dead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from leverframe.core.cards import as_card
from leverframe.core.delivery import Again, Dead, Delivered, Done, Outcome, Rejected, Retryable, Schedule, decide
from leverframe.core.events import Event
from leverframe.core.ids import show
from leverframe.core.messages import Message
from leverframe.core.routes import Route
from leverframe.ports import Chat, Clock, Posting
from leverframe.store import deliveries
from leverframe.store.database import Database
from leverframe.store.deliveries import Card, Ended, Owed, Role, State
from leverframe.work.bell import Bell
from leverframe.work.library import Library

WINDOW = 128
"""Owed deliveries of one destination looked at together."""
HELD = 1024
"""Destinations that one process sends to at once."""
AT_ONCE = 16
"""Messages under way to one room that is not paced; of one thread always one."""
SCAN_S = 5.0
CARD_GONE = frozenset({"slack_message_not_found", "slack_cant_update_message", "slack_edit_window_closed", "playground_message_not_found"})
"""A card that cannot be edited any more is posted anew."""
_OUTCOME = {Delivered: 0, Retryable: 1, Rejected: 2}
log = structlog.get_logger("leverframe.deliver")


class Words(Protocol):
    """Makes the message of an event, as its route wants it worded."""

    def __call__(self, event: Event, route: Route | None) -> Message:
        """Return the message; raises ``TemplateFailed``-like errors with a ``code`` when the route's template does."""
        ...


class Told(Protocol):
    """Hears of every attempt: metrics and log."""

    def __call__(self, chat: str, outcome: Outcome, duration_s: float, delivery: Owed) -> None: ...


@dataclass(slots=True)
class _Held:
    """A destination while this process holds it."""

    name: str
    failures: int
    cards: dict[str, Card | None] = field(default_factory=dict)
    stop_until_s: float | None = None
    """Seconds from now after which to go on, when a retryable failure stopped it."""
    error: str | None = None
    last_sent: float = float("-inf")
    notes: list[asyncio.Future[None]] = field(default_factory=list)
    """Attempts on their way to the disk; the next window is read when they are there."""


class Deliverer:
    """The loop that delivers."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        boot: Callable[[], int],
        chats: Mapping[str, Chat],
        routes: Mapping[str, Route],
        library: Library,
        words: Words,
        mentions: Callable[[str, str], Mapping[str, str]],
        chance: Callable[[], float],
        bell: Bell,
        told: Told,
        schedule: Schedule | None = None,
    ) -> None:
        self._database, self._clock, self._boot = database, clock, boot
        self._chats, self._routes, self._library, self._words = chats, routes, library, words
        self._mentions, self._chance, self._told = mentions, chance, told
        self._schedule = schedule or Schedule()
        self.bell = bell
        self._holding: dict[str, asyncio.Task[None]] = {}
        self._ended: list[tuple[Ended, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._stopping = False

    async def run(self) -> None:
        """Deliver whatever is due, until :meth:`stop`."""
        while not self._stopping:
            try:
                if not await self.step():
                    await self.bell.wait(await self._idle_s())
            except Exception as error:
                log.warning("delivering_failed", error=str(error) or type(error).__name__)
                await self._clock.sleep(1.0)

    async def stop(self, patience_s: float) -> None:
        """Begin nothing new; let what is under way come to its end for up to ``patience_s`` seconds, then break it off."""
        self._stopping = True
        self.bell.ring()
        held = list(self._holding.values())
        if held:
            _, late = await asyncio.wait(held, timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def step(self) -> int:
        """Take the destinations that are due and begin sending to them; return how many were taken."""
        free = HELD - len(self._holding)
        if free <= 0:
            await self.bell.wait(0.05)
            return 0
        taken = await self._database.write(deliveries.claim, boot=self._boot(), now=self._clock.now(), limit=free)
        for name, failures in taken:
            if name not in self._holding:
                self._holding[name] = asyncio.create_task(self._drain(_Held(name, failures)), name=f"deliver {name}")
        return len(taken)

    async def settle(self) -> None:
        """Return when nothing is under way (for tests and an orderly end)."""
        while self._holding:
            await asyncio.gather(*list(self._holding.values()), return_exceptions=True)

    async def _idle_s(self) -> float:
        due = await self._database.read(deliveries.next_due_at, boot=self._boot())
        if due is None:
            return SCAN_S
        return min(max((due - self._clock.now()).total_seconds(), 0.0), SCAN_S)

    async def _drain(self, held: _Held) -> None:
        boot = self._boot()
        try:
            while held.stop_until_s is None and not self._stopping:
                owed = await self._database.read(deliveries.owed, destination=held.name, now=self._clock.now(), limit=WINDOW)
                if not owed:
                    break
                await self._send_window(held, owed)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("destination_failed", destination=held.name, error=str(error))
            held.stop_until_s, held.error = 30.0, f"internal: {type(error).__name__}"
        finally:
            await asyncio.shield(self._release(held, boot))
            self._holding.pop(held.name, None)
            self.bell.ring()

    async def _release(self, held: _Held, boot: int) -> None:
        now = self._clock.now()
        due_at = None if held.stop_until_s is None else now + timedelta(seconds=held.stop_until_s)
        await self._database.write(
            deliveries.release, name=held.name, boot=boot, now=now, due_at=due_at, failures=held.failures, error=held.error
        )

    async def _send_window(self, held: _Held, owed: Sequence[Owed]) -> None:
        chat_name, _, room = held.name.partition(":")
        chat = self._chats.get(chat_name)
        events = await self._library.get(one.event_id for one in owed)
        for one in owed:
            held.cards.setdefault(one.order_key, one.card)
        by_key: dict[str, list[Owed]] = {}
        for one in owed:
            by_key.setdefault(one.order_key or f"alone {one.id}", []).append(one)
        paced = chat is not None and chat.posts_per_second > 0
        gate = asyncio.Semaphore(1 if paced else AT_ONCE)

        async def in_order(thread: list[Owed]) -> None:
            for position, one in enumerate(thread):
                async with gate:
                    if held.stop_until_s is not None or self._stopping:
                        return
                    await self._send_one(held, chat, room, one, events.get(one.event_id), thread[position + 1 :])

        if paced or len(by_key) == 1:
            # The order in which it happened; a thread's later updates have already been folded into the first.
            for position, one in enumerate(owed):
                if held.stop_until_s is not None or self._stopping:
                    break
                await self._send_one(held, chat, room, one, events.get(one.event_id), [later for later in owed[position + 1 :] if later.order_key == one.order_key])
        else:
            async with asyncio.TaskGroup() as group:
                for thread in by_key.values():
                    group.create_task(in_order(thread))
        await asyncio.gather(*held.notes)
        held.notes.clear()
        held.cards.clear()

    async def _send_one(self, held: _Held, chat: Chat | None, room: str, one: Owed, event: Event | None, later: Sequence[Owed]) -> None:
        card = held.cards.get(one.order_key) if one.order_key else None
        updates = one.role is Role.CARD and card is not None and not card.anchor_only
        if updates and any(other.role is Role.CARD for other in later):
            coalesced = Ended(delivery_id=one.id, attempt=one.attempt, state=State.COALESCED, code=None, started_at=self._clock.now(),
                              duration_ms=0, outcome=-1, status=None, detail="")  # fmt: skip
            held.notes.append(self._note(coalesced))
            return
        if chat is not None and chat.posts_per_second > 0:
            wait_s = held.last_sent + 1 / chat.posts_per_second - self._clock.now().timestamp()
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            held.last_sent = self._clock.now().timestamp()
        started = self._clock.now()
        outcome = await self._attempt(chat, room, one, event, card, updates)
        took_s = (self._clock.now() - started).total_seconds()
        self._told(held.name.partition(":")[0], outcome, took_s, one)
        decision = decide(
            outcome,
            attempt=held.failures + 1,
            age_s=(started - one.scheduled_at).total_seconds(),
            schedule=self._schedule,
            chance=self._chance(),
        )
        state, dead = State.OWED, None
        stands: tuple[str, str, Card] | None = None
        match decision:
            case Done():
                state, held.failures, held.error = State.SENT, 0, None
                if one.order_key and isinstance(outcome, Delivered) and outcome.remote_id and (one.role is Role.CARD or card is None):
                    now_stands = Card(remote_id=outcome.remote_id, remote_room=outcome.remote_room or (card.remote_room if card else None),
                                      anchor_only=one.role is not Role.CARD)  # fmt: skip
                    held.cards[one.order_key] = now_stands
                    stands = (held.name, one.order_key, now_stands)
            case Dead(reason):
                state, dead = State.DEAD, reason
            case Again(in_s):
                # Messages under way together fail together: that is one failure of the destination.
                held.failures += held.stop_until_s is None
                held.stop_until_s = max(held.stop_until_s or 0.0, in_s)
                held.error = getattr(outcome, "code", None)
        ended = Ended(
            delivery_id=one.id, attempt=one.attempt, state=state, code=dead or getattr(outcome, "code", None), started_at=started, duration_ms=round(took_s * 1000),
            outcome=_OUTCOME[type(outcome)], status=outcome.status, detail=outcome.detail, card=stands,
        )  # fmt: skip
        held.notes.append(self._note(ended))

    async def _attempt(self, chat: Chat | None, room: str, one: Owed, event: Event | None, card: Card | None, updates: bool) -> Outcome:
        if chat is None:
            return Rejected(code="chat_unknown", detail=f"no [chats.{one.destination.partition(':')[0]}] in the configuration")
        if event is None:
            return Rejected(code="body_expired", detail="the event's body is past its retention")
        route = self._routes.get(one.route)
        try:
            message = self._words(as_card(event) if one.role is Role.CARD else event, route)
        except Exception as error:
            return Rejected(code=getattr(error, "code", "wording_failed"), detail=str(error))
        posting = Posting(
            id=show("dlv", one.id),
            room=room,
            message=message,
            thread=card.remote_id if card is not None and one.role is Role.REPLY else None,
            remote_room=card.remote_room if card is not None else None,
            username=route.username if route else None,
            icon=route.icon if route else None,
            mentions=self._mentions(event.kind, chat.name),
        )
        if updates and card is not None:
            outcome = await chat.update(posting, card.remote_id)
            if not (isinstance(outcome, Rejected) and outcome.code in CARD_GONE):
                return outcome
        return await chat.post(posting)

    def _note(self, ended: Ended) -> asyncio.Future[None]:
        """Return what is done when the attempt is on disk; attempts that end together share the write."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended.append((ended, done))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush(), name="deliver record")
        return done

    async def _flush(self) -> None:
        await asyncio.sleep(0)
        while self._ended:
            batch, self._ended = self._ended, []
            try:
                await self._database.write(deliveries.record, ended=[ended for ended, _ in batch], now=self._clock.now())
            except Exception as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
        self._flushing = None
