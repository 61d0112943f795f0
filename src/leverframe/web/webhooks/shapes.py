"""A webhook and its deliveries as the doors show them: to templates as values, to programs as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.errors import Locale
from leverframe.core.kept_details import kept
from leverframe.core.subscriptions import Health, SealedSecret, Subscription, live
from leverframe.store import delivery_pages, subscriptions
from leverframe.store.deliveries import State
from leverframe.store.delivery_pages import AttemptRow, DeliveryRow, Filter, Wait

PAGE = 30


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with what is known about it, and no secret."""

    hook: Subscription
    secrets: int
    """How many sign now; none is shown."""
    overlap_until: datetime | None
    """Until when a former secret signs too."""
    owed: int
    dead: int

    @property
    def standing(self) -> str:
        """One word for how it is: ``healthy``, ``degraded``, ``disabled``, ``inactive`` or ``paused``."""
        if self.hook.health is Health.DISABLED:
            return str(Health.DISABLED)
        if not self.hook.active:
            return "inactive"
        return "paused" if self.hook.paused else str(self.hook.health)

    @property
    def path(self) -> str:
        """Its address in the hub."""
        return f"{home(self.hook.project)}/{self.hook.shown_id}"

    def document(self) -> dict[str, Any]:
        """Return it as JSON says it."""
        hook = self.hook
        return {
            "id": hook.shown_id, "project": hook.project, "payloadUrl": hook.url, "events": list(hook.events), "format": hook.format, "active": hook.active,
            "paused": hook.paused, "standing": self.standing, "health": str(hook.health), "reason": hook.reason, "health_at": instant(hook.health_at),
            "has_secret": self.secrets > 0, "secrets": self.secrets, "overlap_until": instant(self.overlap_until), "concurrency": hook.concurrency,
            "per_second": hook.per_s, "notify": hook.notify, "owed": self.owed, "dead": self.dead, "made_by": hook.made_by,
            "made_at": instant(hook.made_at), "version": hook.version, "path": self.path,
        }  # fmt: skip


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery with its attempts, and why it waits."""

    row: DeliveryRow
    attempts: Sequence[AttemptRow]
    wait: Wait | None

    def document(self, locale: Locale) -> dict[str, Any]:
        """Return it as JSON says it to a reader of ``locale``."""
        row, wait = self.row, self.wait
        return {
            "id": ids.show("dlv", row.id), "event_id": ids.show("evt", row.event_id), "event": row.event, "state": row.state.name.lower(), "code": row.code,
            "created_at": instant(row.created_at), "ended_at": instant(row.ended_at), "next_at": instant(wait.next_at) if wait is not None else None,
            "attempts": [
                {"number": one.number, "started_at": instant(one.started_at), "duration_ms": one.duration_ms, "outcome": OUTCOMES[one.outcome],
                 "status": one.status, "code": one.code, "detail": kept(one.detail, locale)} for one in self.attempts],
        }  # fmt: skip


OUTCOMES = ("delivered", "retry", "rejected")


def home(project: str) -> str:
    """Return the address of a project's list."""
    return f"/{quote(project)}/webhooks"


def instant(at: datetime | None) -> str | None:
    """Return a moment as JSON says it."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(connection: Connection, hooks: Sequence[Subscription], now: datetime) -> list[Shown]:
    """Return each of ``hooks`` with what is known about it."""
    kept = subscriptions.secrets_of(connection, [hook.id for hook in hooks])
    where = [hook.destination for hook in hooks]
    owed, dead = (delivery_pages.counts_of(connection, where, state) for state in (State.OWED, State.DEAD))
    return [_shown(hook, live(kept.get(hook.id, ()), now), owed.get(hook.destination, 0), dead.get(hook.destination, 0)) for hook in hooks]


def _shown(hook: Subscription, signing: Sequence[SealedSecret], owed: int, dead: int) -> Shown:
    over = [one.until for one in signing if one.until is not None]
    return Shown(hook=hook, secrets=len(signing), overlap_until=max(over, default=None), owed=owed, dead=dead)


def of_project(connection: Connection, project: str, now: datetime) -> list[Shown]:
    """Return a project's webhooks, the oldest first."""
    return shown(connection, subscriptions.of_project(connection, project), now)


def past(connection: Connection, hook: Subscription, now: datetime, before: int | None) -> tuple[list[Past], int | None]:
    """Return a webhook's deliveries, the newest first, older than ``before``; and the id to go on from when there are more."""
    rows = delivery_pages.page(connection, Filter(destination=hook.destination), before=before, limit=PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    waits = delivery_pages.waits(connection, rows, now)
    found = [Past(row=row, attempts=delivery_pages.tries(connection, row.id), wait=waits.get(row.id)) for row in rows]
    return found, rows[-1].id if more else None
