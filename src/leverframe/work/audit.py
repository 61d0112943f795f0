"""Audit: give the entries their links, a few seconds after they were written, and hand the whole out to be verified."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog

from leverframe.core import ids
from leverframe.core.audit_chain import Signer
from leverframe.core.audit_verify import Ending, Header, Record
from leverframe.core.errors import Refused
from leverframe.ports import Clock
from leverframe.store import audit_chain
from leverframe.store.audit import Asked
from leverframe.store.audit_chain import BATCH, Extended
from leverframe.store.database import Database

EVERY_S = 3.0
PAGE = 500
log = structlog.get_logger("leverframe.audit")


class ChainKeeper:
    """The loop that links. Each process runs one; the database lets one of them work at a time."""

    def __init__(self, database: Database, clock: Clock, signer: Signer) -> None:
        self._database, self._clock, self._signer = database, clock, signer
        self._looked = False
        self._late: int | None = None

    async def run(self) -> None:
        """Look every few seconds, for ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.step()
            except Refused as error:
                log.warning("audit_chain_put_off", code=error.code)
            except Exception:
                log.exception("audit_chain_failed")  # the next look may not fail

    async def step(self) -> int:
        """Link all that waits; return how many. At first the end of the chain is looked at in any case."""
        done = 0
        while not self._looked or await self._database.read(audit_chain.is_due):
            found = await self._database.write(audit_chain.extend, signer=self._signer, now=self._clock.now(), new_id=self._database.new_id)
            self._looked = True
            self._tell(found)
            done += found.linked
            if found.linked < BATCH:
                break
        return done

    def _tell(self, found: Extended) -> None:
        if found.broken:
            log.error("audit_chain_broken", sequence=found.sequence, remedy="leverframe audit verify")
        if found.resealed:
            log.warning("audit_chain_signed_anew", sequence=found.sequence, key=self._signer.keys[0])
        if found.late is not None and found.late != self._late:
            self._late = found.late
            log.error("audit_entry_out_of_time", id=ids.show("aud", found.late), remedy="leverframe audit verify")
        if found.anchored:
            # Where logs are kept elsewhere, this is what the chain can be held against: leverframe audit verify --head.
            log.info("audit_checkpoint", head=f"{found.sequence}:{found.link.hex()}")


async def export(database: Database, clock: Clock, asked: Asked, keys: tuple[str, ...]) -> AsyncIterator[Record]:
    """Yield the audit as it is now, page by page: header, checkpoints, entries in the order of the chain, then those without a link, ending.

    ``keys`` are the hub's public keys. Entries that get their link meanwhile are among those without one.
    """
    excerpt = asked != Asked()
    yield Header(at=clock.now(), keys=keys, excerpt=excerpt)
    upto, points = await database.read(audit_chain.extent)
    for point in points:
        yield point
    count = after = 0
    while page := await database.read(audit_chain.linked_page, asked, after=after, upto=upto, limit=PAGE):
        if not excerpt and page[0].sequence != after + 1 and (begins := await database.read(audit_chain.begins)) is not None:
            yield begins  # retention may have gone on while we read
        for linked in page:
            yield linked
        after, count = page[-1].sequence, count + len(page)
    newest = 0
    while page := await database.read(audit_chain.unlinked_page, asked, after=newest, upto=upto, limit=PAGE):
        for linked in page:
            yield linked
        newest, count = page[-1].entry.id, count + len(page)
    yield Ending(entries=count)
