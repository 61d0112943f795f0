"""Who of a project's subscribers is owed an event: what is owed to them is written in the transaction that routes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from leverframe.core.events import Event
from leverframe.core.subscribers import order_key
from leverframe.core.subscriptions import Subscription, project_key
from leverframe.core.topics import chosen, topic_of
from leverframe.ports.payloads import Format
from leverframe.store import events, subscriptions
from leverframe.store.deliveries import Planned, Role, State
from leverframe.store.events import StoredEvent


class Audience:
    """Finds subscriptions. ``formats`` are by name."""

    def __init__(self, new_id: Callable[[], int], formats: Mapping[str, Format]) -> None:
        self._new_id, self._formats = new_id, formats

    def projects(self, connection: Connection, ids: Sequence[int]) -> set[str]:
        """Return those projects (folded) of stored events that have any subscription to which something may be owed."""
        return set() if subscriptions.is_empty(connection) else subscriptions.any_of(connection, events.repos(connection, ids))

    def wants(self, projects: set[str], stored: StoredEvent) -> bool:
        """Return whether an event may be owed to somebody: it is of one of ``projects``, and came by a door that proves its sender."""
        accepted = stored.accepted
        return bool(projects) and stored.carried is None and accepted.repo is not None and not accepted.is_ping and project_key(accepted.repo) in projects

    def plan(self, connection: Connection, heard: Sequence[Event], now: datetime) -> tuple[list[Planned], set[str]]:
        """Return what subscribers are owed for events, and the destinations of those who are paused."""
        of: dict[str, list[Subscription]] = {}
        for one in subscriptions.subscribed(connection, {event.repo for event in heard if event.repo is not None}):
            of.setdefault(project_key(one.project), []).append(one)
        planned, asleep = [], set()
        for event in heard:
            key = order_key(event)
            for one in of.get(project_key(event.repo or ""), ()):
                if self.takes(one, event.name):
                    planned.append(Planned(
                        id=self._new_id(), event_id=event.id, destination=one.destination, order_key=key, role=Role.ALONE, route="", state=State.OWED,
                        scheduled_at=now,
                    ))  # fmt: skip
                    if one.paused:
                        asleep.add(one.destination)
        return planned, asleep

    def takes(self, subscription: Subscription, name: str) -> bool:
        """Return whether a subscription chose events of this name, and its format can tell of them."""
        format = self._formats.get(subscription.format)
        told = format is None or format.topics is None or topic_of(name) in format.topics
        return told and chosen(subscription.events, name)
