"""Deliver to payload URLs: several at once to each subscriber, in order within a key; what fails waits, and nothing else with it.

A subscriber's destination is held as a room is (``work.holding``). What differs is what a failure stops: its key, or when several keys
fail the subscriber, which is then tried with one delivery at a time until it takes one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.delivery import DAY_S, Delivered, Outcome, Rejected, Retryable
from leverframe.core.errors import Refused
from leverframe.core.ids import show
from leverframe.core.json_objects import read_object
from leverframe.core.redaction import MASK
from leverframe.core.subscribers import DISABLED_S, FAILING, LOOP, WELL, Standing, Verdict, health_after, judge, trying_s
from leverframe.core.subscriptions import CHAT, GONE, Health, SealedSecret, Subscription, live
from leverframe.core.wording.webhooks import HEALTH
from leverframe.net import Answer, NotSent
from leverframe.ports import Clock
from leverframe.ports.payloads import Ignored, Payload, Sending
from leverframe.store import audit, deliveries, subscribers
from leverframe.store.database import Database
from leverframe.store.deliveries import Ended, Owed, Role, State
from leverframe.store.parking import Park
from leverframe.store.subscribers import Round, Window
from leverframe.store.subscriptions import SecretBox
from leverframe.work.bell import Bell
from leverframe.work.holding import Holder, Told
from leverframe.work.payloads import Payloads
from leverframe.work.tell import Telling, tell

WINDOW, LEAST = 128, 16
"""Owed deliveries of one subscriber looked at together, at most and at least."""
TAKEN = 256
"""Subscribers taken in one transaction."""
RECORD_S = 1.0
"""After so long what was sent is written down before more is sent, also while something is still under way."""
SLOW_S = 2.0
"""A subscriber that takes so long to answer gets fewer at once: many slow ones must not take every connection."""
AT_ONCE_SLOW = 2
ANSWER_CAP = 16_384
"""Bytes of an answer that are read."""
TOLD_BYTES = 300
"""Of an answer that is not 2xx, so much is kept for whoever looks for the reason."""
_PASSING = frozenset({429, 502, 503, 504})
"""Statuses that are of the subscriber as a whole when they say when to come back.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability"""
_OUTCOME = {Delivered: 0, Retryable: 1, Rejected: 2}
log = structlog.get_logger("leverframe.subscribers")


class Post(Protocol):
    """Sends to an address that somebody named; behind a guard."""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, cap: int = ..., fresh: bool = False
    ) -> Answer:
        """Return the answer, whatever its status. Raises ``net.NotSent``, with a ``code`` where the guard refused."""
        ...


class _Held(msgspec.Struct):
    """A subscriber while this process holds it."""

    name: str
    standing: Standing
    next_send_at: datetime | None
    subscription: Subscription | None = None
    """As the store has it, but for ``turning``."""
    turning: Subscription | None = None
    """How it is doing now, until that is on disk."""
    turned: bool = False
    """Whether that is to be told."""
    secrets: tuple[SealedSecret, ...] = ()
    key_failures: dict[str, int] = msgspec.field(default_factory=dict)
    """Of keys that have waited and are tried again."""
    ended: list[Ended] = msgspec.field(default_factory=list)
    parks: dict[str, Park] = msgspec.field(default_factory=dict)
    unparks: set[str] = msgspec.field(default_factory=set)
    flying: dict[int, Owed] = msgspec.field(default_factory=dict)
    """Under way now, and perhaps still when a round ends."""
    tasks: set[asyncio.Task[None]] = msgspec.field(default_factory=set)
    stop_until_s: float | None = None
    paced_until: datetime | None = None
    """Until when no more is begun, as its rate says; what has its moment before that is sent."""
    error: str | None = None
    took: bool = False
    failed: str | None = None
    over: bool = False
    slow: bool = False
    answered: bool = False
    """Whether it has since it is held: until then it gets as few at once as a slow one, as it may be one that never answers."""
    leaving: bool = False
    record_at: datetime | None = None
    late: bool = False
    """Whether it is time to write down what was sent, as the last to end saw."""
    threads: deque[list[Owed]] = msgspec.field(default_factory=deque)
    """What is still to be sent of the window, by key. Who began with an earlier window takes nothing more of that: this one has it too."""
    window: int = WINDOW
    """So many are looked at together next time: about as many as can be sent before it is time to write that down."""


class Subscribers(Holder[_Held, Round, Window]):
    """The loop that delivers to payload URLs."""

    most = 2048

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        boot: Callable[[], int],
        payloads: Payloads,
        post: Post,
        box: SecretBox,
        chance: Callable[[], float],
        bell: Bell,
        told: Told,
        owed_elsewhere: Callable[[], None],
        room: str | None = None,
        give_up_s: float = 3 * DAY_S,
    ) -> None:
        """``owed_elsewhere`` is called when rooms are owed a message; ``room`` is told of health where a subscription names none."""
        super().__init__(database, clock, boot=boot, bell=bell)
        self._payloads, self._post, self._box = payloads, post, box
        self._chance, self._told, self._rooms_owed = chance, told, owed_elsewhere
        self._room, self._give_up_s = room, give_up_s

    async def _take(self, limit: int, holding: Collection[str] | None) -> Sequence[tuple[_Held, Window]]:
        taken = await self._database.write(
            subscribers.take, boot=self._boot(), now=self._clock.now(), limit=min(limit, TAKEN), window=WINDOW, holding=holding)
        return [(_Held(one.name, Standing(failures=one.failures), one.next_send_at), one.window) for one in taken]

    async def _next_due_s(self) -> float | None:
        due = await self._database.read(deliveries.next_due_at, boot=self._boot(), now=self._clock.now(), hooks=True)
        return None if due is None else (due - self._clock.now()).total_seconds()

    async def _write(self, rounds: Sequence[Round]) -> Mapping[str, Window]:
        now = self._clock.now()

        def write(connection: Connection) -> tuple[dict[str, Window], bool]:
            going_on, turned = subscribers.settle(connection, rounds=rounds, boot=self._boot(), now=now)
            for one in turned:
                telling = self._telling(one)
                tell(connection, self._database.new_id, telling, now=now)
                audit.append(
                    connection, id=self._database.new_id(), at=now, actor="hub", act=f"hooks.{telling.action}", target=f"{one.project} {one.shown_id}",
                    detail={"reason": one.reason})
            return going_on, bool(turned)

        going_on, told = await self._database.write(write)
        if told:
            self._rooms_owed()
        return going_on

    def _telling(self, now: Subscription) -> Telling:
        room = now.notify or self._room
        hook = {"id": now.shown_id, "project": now.project, "health": str(now.health), "reason": now.reason, "format": now.format}
        action = {Health.HEALTHY: "recovered", Health.DEGRADED: "degraded", Health.DISABLED: "disabled"}[now.health]
        return Telling(
            name=HEALTH, action=action, subject=now.shown_id, payload={"hook": hook}, to=(), alone=(room,) if room else (), role=Role.ALONE, repo=now.project)

    async def _drain(self, held: _Held, first: Window | None) -> None:
        """Send what is owed, and then what is owed next, until that is nothing; ``None``: it is to be looked at first."""
        window = first
        while True:
            try:
                if window is not None:
                    await self._serve(held, window)
            except asyncio.CancelledError:
                held.leaving = True
                for task in held.tasks:
                    task.cancel()
                await asyncio.gather(*held.tasks, return_exceptions=True)
                held.flying.clear()
            except Refused as error:  # the database is away
                log.warning("subscriber_put_off", destination=held.name, code=error.code)
                held.stop_until_s, held.error = max(held.stop_until_s or 0.0, 1.0), error.code
            except Exception as error:
                log.exception("subscriber_failed", destination=held.name, error=str(error))
                held.stop_until_s, held.error = max(held.stop_until_s or 0.0, 30.0), f"internal: {type(error).__name__}"
            try:
                late = self._is_late(held, self._clock.now())
                held.window = max(min(len(held.ended), WINDOW), LEAST) if late else min(held.window * 5 // 4, WINDOW)
                done = self._round(held, full=window is None or window.full or late)
                window = await asyncio.shield(self._settle(held, done))
            except Exception as error:  # noqa: BLE001 - the destination is ours until this is written
                log.warning("deliveries_not_recorded", destination=held.name, error=str(error))
                await self._clock.sleep(1.0)
                window = Window(subscription=held.subscription, secrets=held.secrets)
                continue
            for park in done.parks:
                held.parks.pop(park.key, None)
            held.unparks.difference_update(done.unparks)
            held.turning, held.turned = None, False
            if window is None:
                self.bell.ring()
                return

    def _round(self, held: _Held, *, full: bool) -> Round:
        now, was = self._clock.now(), held.turning or held.subscription
        if was is not None:
            after = health_after(
                was, took=held.took, failed=held.failed, failures=held.standing.failures,
                key_failures=max((park.failures for park in held.parks.values()), default=0), freed=bool(held.unparks), over=held.over, now=now,
                give_up=timedelta(seconds=self._give_up_s))
            if after != was:
                held.turned |= after.health is not was.health
                held.turning = after
                if after.health is Health.DISABLED is not was.health:
                    full, held.stop_until_s, held.paced_until = True, None, None  # what is owed to it is given up next
                    _keep_one(held)
        held.took, held.failed = False, None
        stop_until = held.paced_until if held.stop_until_s is None else now + timedelta(seconds=held.stop_until_s)
        return Round(
            name=held.name, ended=list(held.ended), failures=held.standing.failures, error=held.error, next_send_at=held.next_send_at,
            stop_until=stop_until, parks=tuple(held.parks.values()),
            unparks=tuple(held.unparks), window=held.window, full=full or bool(held.unparks), busy=bool(held.flying), leaving=held.leaving or self._stopping,
            health=held.turning, turned=held.turned)

    async def _serve(self, held: _Held, window: Window) -> None:
        """Send a window; return when it is sent, or it is time to write down what was."""
        held.subscription, held.secrets = window.subscription, window.secrets
        if window.over is not None:
            await self._bury(held, window.over)
        if window.subscription is None or not window.subscription.sends:
            await self._wait(held)
            return
        if window.subscription.health is Health.DISABLED and await self._bury(held, FAILING, but_newest=True):
            held.stop_until_s = DISABLED_S
        now = self._clock.now()
        held.record_at, held.late = now + timedelta(seconds=RECORD_S), False
        if held.paced_until is not None and held.paced_until <= now:
            held.paced_until = None
        flying = {one.order_key for one in held.flying.values()}
        done = {one.delivery_id for one in held.ended}
        threads: dict[str, list[Owed]] = {}
        for one, failures in window.again:
            if one.order_key not in flying and one.id not in done and one.order_key not in held.parks:
                held.key_failures[one.order_key] = failures
                threads[one.order_key] = [one]
        for one in window.owed:
            if one.order_key not in flying and one.id not in done and one.order_key not in held.parks and one.order_key not in held.key_failures:
                threads.setdefault(one.order_key or f"alone {one.id}", []).append(one)
        if threads and not self._stopped(held):
            held.threads = deque(threads.values())
            self._begin(held, window.subscription)
        await self._wait(held)

    async def _wait(self, held: _Held) -> None:
        if held.tasks:
            await asyncio.wait(held.tasks, timeout=RECORD_S)

    def _begin(self, held: _Held, subscription: Subscription) -> None:
        at_once = 1 if held.standing.failures else min(subscription.concurrency, AT_ONCE_SLOW) if held.slow or not held.answered else subscription.concurrency
        for _ in range(min(at_once - len(held.tasks), len(held.threads))):
            task = asyncio.create_task(self._some(held, subscription), name=f"deliver {held.name}")
            held.tasks.add(task)
            task.add_done_callback(held.tasks.discard)

    async def _some(self, held: _Held, subscription: Subscription) -> None:
        threads = held.threads
        while threads and threads is held.threads and not self._stopped(held):
            for one in threads.popleft():
                if self._stopped(held) or one.order_key in held.parks:
                    break
                held.flying[one.id] = one
                try:
                    await self._send(held, subscription, one)
                except Refused as error:  # the database is away: what is to be sent could not be read
                    log.warning("subscriber_put_off", destination=held.name, code=error.code)
                    held.stop_until_s, held.error = max(held.stop_until_s or 0.0, 1.0), error.code
                except Exception as error:
                    # A mistake of the hub's about this one: it waits with its key, and the others go on.
                    log.exception("delivery_failed", destination=held.name, delivery=show("dlv", one.id))
                    now = self._clock.now()
                    self._follow(held, subscription, one, Retryable(code="internal", detail=type(error).__name__), now, now, 0.0)
                finally:
                    held.flying.pop(one.id, None)

    def _stopped(self, held: _Held) -> bool:
        return held.stop_until_s is not None or held.paced_until is not None or held.late or held.over or held.leaving or self._stopping

    @staticmethod
    def _is_late(held: _Held, now: datetime) -> bool:
        return held.record_at is not None and now >= held.record_at

    async def _send(self, held: _Held, subscription: Subscription, one: Owed) -> None:
        made = self._payloads.kept(one.event_id, subscription.format) or await self._made(subscription, one)
        if isinstance(made, Ignored):
            now = self._clock.now()
            held.ended.append(Ended(delivery_id=one.id, attempt=one.attempt, state=State.MUTED, code="hook_ignored", started_at=now, duration_ms=0, outcome=-1,
                                    status=None, detail=made.reason))  # fmt: skip
            held.late = self._is_late(held, now)
            self._free(held, one)
            return
        if subscription.per_s and not await self._pace(held, subscription):
            return
        if held.stop_until_s is not None:
            return  # by what was under way beside it, while it was paced
        started, answered = self._clock.now(), held.answered
        if isinstance(made, Payload):
            try:
                secrets = self._secrets(held, subscription, started) if held.secrets else ()
                headers = self._payloads.formats[subscription.format].sign(made, Sending(delivery_id=show("dlv", one.id), attempt_at=started, secrets=secrets))
                outcome = outcome_of(await self._post.send("POST", subscription.url, headers, made.body, cap=ANSWER_CAP), secrets)
                held.answered = True
            except NotSent as error:
                code = getattr(error, "code", None) or ("hook_unreachable" if error.surely else "hook_answer_lost")
                outcome = Retryable(code=code, detail=error.reason)
            except Refused as error:  # a secret that no key opens
                outcome = Retryable(code=error.code)
        else:
            outcome = made
        ended = self._clock.now()
        took_s = (ended - started).total_seconds()
        held.slow, held.late = took_s >= SLOW_S, self._is_late(held, ended)
        self._told(CHAT, outcome, took_s)
        self._follow(held, subscription, one, outcome, started, ended, took_s)
        if held.answered and not answered and not self._stopped(held) and held.subscription is not None and held.subscription.sends:
            self._begin(held, held.subscription)  # as it was last read, which may be after this try began

    async def _made(self, subscription: Subscription, one: Owed) -> Payload | Ignored | Rejected:
        format = self._payloads.formats.get(subscription.format)
        if format is None:
            return Rejected(code="hook_format_unknown", detail=subscription.format)
        made = (await self._payloads.get([one.event_id], format))[one.event_id]
        return Rejected(code="body_expired", detail="the event's body is past its retention") if made is None else made

    async def _pace(self, held: _Held, subscription: Subscription) -> bool:
        """Return whether it may be sent to now, waiting a moment for that; where the wait is longer no more is begun until then."""
        now = self._clock.now()
        at = max(held.next_send_at or now, now)
        wait_s = min((at - now).total_seconds(), subscription.concurrency / subscription.per_s)  # a clock that was set back stops nobody
        if wait_s > RECORD_S:
            held.paced_until = now + timedelta(seconds=wait_s)
            return False
        held.next_send_at = at + timedelta(seconds=1 / subscription.per_s)
        if wait_s > 0:
            await self._clock.sleep(wait_s)
        return True

    def _secrets(self, held: _Held, subscription: Subscription, now: datetime) -> tuple[str, ...]:
        return tuple(self._box.open(subscription.id, secret.sealed) for secret in live(held.secrets, now))

    def _follow(
        self, held: _Held, subscription: Subscription, one: Owed, outcome: Outcome, started: datetime, now: datetime, took_s: float
    ) -> None:
        """Note what a try came to, and what follows."""
        state, code = State.SENT, None
        if isinstance(outcome, Delivered):
            held.took, held.error = True, None
            if held.standing is not WELL:
                self._judge(held, subscription, one, outcome, started, now)
            if held.key_failures:
                self._free(held, one)
        else:
            verdict = self._judge(held, subscription, one, outcome, started, now)
            state, code = (State.OWED, outcome.code) if verdict.dead is None else (State.DEAD, verdict.dead)
            if verdict.park_s is None and verdict.dead is not None:
                self._free(held, one)
        held.ended.append(Ended(
            delivery_id=one.id, attempt=one.attempt, state=state, code=code, started_at=started, duration_ms=round(took_s * 1000),
            outcome=_OUTCOME[type(outcome)], status=outcome.status, detail=outcome.detail))

    def _judge(self, held: _Held, subscription: Subscription, one: Owed, outcome: Outcome, started: datetime, now: datetime) -> Verdict:
        """Return what follows, and stop what is to be stopped."""
        before, tried_s = held.key_failures.get(one.order_key, 0), 0.0
        if isinstance(outcome, Retryable):
            held.failed = held.error = outcome.code
            since = (held.turning or subscription).failing_at
            tried_s = trying_s((started - one.scheduled_at).total_seconds(), before, 0.0 if since is None else (started - since).total_seconds())
        held.standing, verdict = judge(
            held.standing, outcome, key=one.order_key, key_failures=before, tried_s=tried_s, give_up_s=self._give_up_s, disabled=subscription.health is Health.DISABLED, stopped=held.stop_until_s is not None, chance=self._chance())
        if verdict.over:
            held.over = True
        if verdict.stop_s is not None:
            held.stop_until_s = max(held.stop_until_s or 0.0, verdict.stop_s)
        if verdict.park_s is not None:
            due_at, code = now + timedelta(seconds=verdict.park_s), getattr(outcome, "code", None)
            held.parks[one.order_key] = Park(key=one.order_key, head=one.id, due_at=due_at, failures=before + 1, code=code)
        return verdict

    def _free(self, held: _Held, one: Owed) -> None:
        if one.order_key in held.key_failures:
            del held.key_failures[one.order_key]
            held.unparks.add(one.order_key)

    async def _bury(self, held: _Held, code: str, *, but_newest: bool = False) -> int:
        """Give up on what is owed to a subscription that is over; return how many deliveries that were."""
        total = 0
        while True:
            gone = await self._database.write(
                subscribers.bury, destination=held.name, code=code, boot=self._boot(), now=self._clock.now(), but_newest=but_newest)
            total += gone
            if gone < subscribers.BITE:
                return total


def _keep_one(held: _Held) -> None:
    """Have the delivery that was given up on last be owed on, as its subscriber is switched off: where it was the only one, nothing would be
    left to try that with.
    """
    for place in reversed(range(len(held.ended))):
        one = held.ended[place]
        if one.state is State.DEAD and one.outcome == _OUTCOME[Retryable]:
            held.ended[place] = replace(one, state=State.OWED)
            return


def outcome_of(answer: Answer, secrets: Sequence[str] = ()) -> Outcome:
    """Return what an answer comes to: 2xx is success and nothing else is; 410 says that the subscription is over.

    What is kept of it holds none of ``secrets``: some receivers say which headers came, and four formats send the secret in one.
    """
    status = answer.status
    if 200 <= status < 300:
        return Delivered(status=status)
    if status == 410:
        return Rejected(code=GONE, status=status)
    if status == 508 and _is_looped(answer.body):
        return Rejected(code=LOOP, status=status)
    body = answer.body
    for secret in secrets:
        body = body.replace(secret.encode(), MASK.encode())
    said = " ".join(body[:TOLD_BYTES].decode("utf-8", "replace").split())
    if 300 <= status < 400:
        return Retryable(code="hook_redirected", status=status)
    if status in _PASSING and answer.retry_after_s is not None:
        return Retryable(code="hook_busy", status=status, detail=said, after_s=answer.retry_after_s)
    return Retryable(code="hook_refused", status=status, detail=said)


def _is_looped(body: bytes) -> bool:
    """Return whether it is a hub that says 508: web hosts say it too when they are short of something, and are well again soon."""
    try:
        return read_object(body).get("code") == "event_looped"
    except ValueError:
        return False
