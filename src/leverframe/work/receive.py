"""Accept an event: verified by its source, on disk before anybody is told so, and only once."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from leverframe.core.errors import Refused
from leverframe.core.headers import is_secret
from leverframe.core.ids import show
from leverframe.core.subscribers import HEADER, loops, read_trail
from leverframe.ports import Accepted, Batches, Clock, Source
from leverframe.store import deliveries
from leverframe.store.database import Database
from leverframe.store.events import StoredEvent
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import to_us

_TRAIL = HEADER.lower().encode()
_encode_headers = msgspec.json.Encoder().encode


class Ingesting(Database, Protocol):
    """A database with the fast way in."""

    async def ingest(self, event: NewEvent) -> int:
        """Return the id of the event, or of the one that it repeats, once it is on disk."""
        ...


class Receipt(msgspec.Struct, frozen=True):
    """What the sender is told: 202 with these."""

    id: int
    duplicate: bool
    revived: int = 0
    """Dead deliveries of the repeated event that are owed again."""

    @property
    def shown_id(self) -> str:
        """``evt_…``"""
        return show("evt", self.id)


class Recent:
    """The events accepted last, so that routing them need not read them back: a cache, bounded in bytes."""

    def __init__(self, capacity_bytes: int = 16_000_000) -> None:
        self._capacity, self._held = capacity_bytes, 0
        self._events: OrderedDict[int, StoredEvent] = OrderedDict()

    def put(self, event: StoredEvent) -> None:
        """Keep it, letting the oldest go."""
        self._events[event.id] = event
        self._held += len(event.accepted.body)
        while self._held > self._capacity:
            _, gone = self._events.popitem(last=False)
            self._held -= len(gone.accepted.body)

    def take(self, ids: Iterable[int]) -> dict[int, StoredEvent]:
        """Return, and forget, those of ``ids`` that are still here."""
        found = {id: event for id in ids if (event := self._events.pop(id, None)) is not None}
        self._held -= sum(len(event.accepted.body) for event in found.values())
        return found


def dedupe_digest(*parts: str) -> bytes:
    """Return the 16 bytes under which a repeat is recognised; ``parts`` are told apart whatever they hold."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Receiver:
    """Turns verified requests into stored events.

    ``accepted`` is called after each commit that brought a new one, ``owed`` after one that made dead deliveries owed again.
    """

    def __init__(self, database: Ingesting, clock: Clock, recent: Recent, accepted: Callable[[], None], owed: Callable[[], None], hub_id: str = "") -> None:
        """``hub_id`` is what other hubs know this one by: what has been here before is refused."""
        self._hub_id = hub_id
        self._database, self._clock, self._recent, self._accepted, self._owed = database, clock, recent, accepted, owed

    async def receive(
        self, source: Source, headers: Mapping[bytes, bytes], body: bytes, *, carried: str | None = None, scope: tuple[str, ...] | None = None
    ) -> tuple[Receipt, Accepted]:
        """Verify and store one request; return once it is on disk.

        ``carried`` is the routing that the request's own address holds (JSON), ``scope`` replaces the source's name in
        what makes a repeat. Raises ``Refused``: a 4xx of the source, ``event_looped``, or ``storage_unavailable``.
        """
        accepted = source.accept(headers, body)
        return await self._keep(source, headers, accepted, carried, scope), accepted

    async def receive_all(self, source: Batches, headers: Mapping[bytes, bytes], body: bytes) -> list[tuple[Receipt, Accepted]]:
        """Verify one request and store every event that it holds; return once all are on disk.

        When one cannot be stored the request is refused; whoever sends it again repeats those that were. Raises ``Refused``.
        """
        found = source.accept_all(headers, body)
        receipts = await asyncio.gather(*(self._keep(source, headers, one, None, None) for one in found))
        return list(zip(receipts, found, strict=True))

    async def _keep(
        self, source: Source, headers: Mapping[bytes, bytes], accepted: Accepted, carried: str | None, scope: tuple[str, ...] | None
    ) -> Receipt:
        """Store one event; ``Refused`` as :meth:`receive` says."""
        if (came := headers.get(_TRAIL)) is not None and loops(read_trail(came.decode("latin-1")), self._hub_id):
            raise Refused("event_looped")
        id = self._database.new_id()
        now = self._clock.now()
        event = NewEvent(
            id=id,
            dedupe=dedupe_digest(*(scope or (source.name,)), accepted.delivery_id),
            source=source.name,
            delivery_id=accepted.delivery_id,
            name=accepted.name,
            action=accepted.action,
            repo=accepted.repo,
            carried=carried,
            received_us=to_us(now),
            headers=_encode_headers([(name, v.decode("latin-1")) for k, v in headers.items() if k != accepted.unkept and not is_secret(name := k.decode("latin-1"))]),
            body=accepted.body,
        )
        stored = await self._database.ingest(event)
        if stored == id:
            self._recent.put(StoredEvent(id=id, source=source.name, carried=carried, received_at=now, accepted=accepted))
            self._accepted()
            return Receipt(id, False)
        revived = 0
        if await self._database.read(deliveries.has_dead, event_id=stored):
            revived = await self._database.write(deliveries.revive, event_id=stored, now=self._clock.now())
            self._owed()
        return Receipt(stored, True, revived)
