"""What a subscription would have received: stored events of its project, judged as they would be now, whether it is saved or only thought of."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.subscriptions import Subscription
from leverframe.ports.payloads import Ignored
from leverframe.store import event_pages
from leverframe.store.database import Database
from leverframe.store.event_pages import EventRow
from leverframe.work.audience import Audience
from leverframe.work.payloads import Payloads

MOST = 200
"""Events that are looked at together."""
Reason: TypeAlias = Literal["received", "not_chosen", "not_told", "own_routing", "body_expired"]


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """One event: whether it would have been sent, and the reason."""

    event: EventRow
    reason: Reason
    """``not_chosen`` by its events, ``not_told`` of by its format, ``own_routing`` came by an address that proves no project."""
    detail: str = ""

    @property
    def would(self) -> bool:
        """Whether it would have been sent."""
        return self.reason == "received"


class Foresight:
    """Answers people who ask what a subscription would have received."""

    def __init__(self, database: Database, audience: Audience, payloads: Payloads) -> None:
        self._database, self._audience, self._payloads = database, audience, payloads

    async def would_receive(self, subscription: Subscription, *, since: datetime | None = None, before: int | None = None, limit: int = 50) -> list[Foreseen]:
        """Return up to ``limit`` (:data:`MOST`) events of the subscription's project, the newest first, each with what would have become of it."""
        rows = await self._database.read(event_pages.of_project, subscription.project, since=since, before=before, limit=min(limit, MOST))
        format = self._payloads.formats.get(subscription.format)
        reasons: dict[int, Reason] = {}
        for row, carried in rows:
            if carried or row.name == "ping":
                reasons[row.id] = "own_routing" if carried else "not_chosen"
            elif not self._audience.takes(subscription, row.name):
                reasons[row.id] = "not_chosen"
        open_ones = [row.id for row, _ in rows if row.id not in reasons]
        made = await self._payloads.get(open_ones, format) if format is not None else {}
        found = []
        for row, _ in rows:
            reason, detail = reasons.get(row.id, "received"), ""
            if row.id not in reasons:
                match made.get(row.id):
                    case None:
                        reason = "body_expired"
                    case Ignored(reason=detail):
                        reason = "not_told"
            found.append(Foreseen(event=row, reason=reason, detail=detail))
        return found
