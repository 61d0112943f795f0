"""Who of a project's subscribers is owed an event: what is owed to them is written in the transaction that routes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from leverframe.core.deployments import Deployment, snapshot
from leverframe.core.deployments.effects import Happening
from leverframe.core.events import Event
from leverframe.core.subscribers import order_key
from leverframe.core.subscriptions import Subscription, project_key
from leverframe.core.topics import chosen, topic_of
from leverframe.core.wording.levers import LEVER
from leverframe.ports.payloads import Format
from leverframe.store import events, subscriptions
from leverframe.store.deliveries import Planned, Role, State
from leverframe.store.events import StoredEvent
from leverframe.work.bell import Bell
from leverframe.work.tell import Telling


class Audience:
    """Finds subscriptions. ``formats`` are by name; ``owed`` is rung, by whoever commits, when something is owed to them."""

    def __init__(self, new_id: Callable[[], int], formats: Mapping[str, Format], owed: Bell) -> None:
        self._new_id, self._formats, self.owed = new_id, formats, owed

    def projects(self, connection: Connection, ids: Sequence[int]) -> set[str]:
        """Return those projects (folded) of stored events that have any subscription to which something may be owed."""
        return set() if subscriptions.is_empty(connection) else subscriptions.any_of(connection, events.repos(connection, ids))

    def wants(self, projects: set[str], stored: StoredEvent) -> bool:
        """Return whether an event may be owed to somebody: it is of one of ``projects``, and came by a door that proves its sender."""
        accepted = stored.accepted
        return bool(projects) and stored.carried is None and accepted.repo is not None and not accepted.is_ping and project_key(accepted.repo) in projects

    def plan(self, connection: Connection, heard: Sequence[Event], now: datetime) -> tuple[list[Planned], set[str]]:
        """Return what subscribers are owed for events, and the destinations of those who are paused."""
        of = _subscribed(connection, {event.repo for event in heard if event.repo is not None})
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

    def happened(self, connection: Connection, happened: Sequence[tuple[Happening, Deployment]]) -> list[Telling]:
        """Return what is to be told of deployments to subscribers of their projects, in the transaction in which it happens."""
        # What a gate has done on an answer is no deployment to anybody else.
        told = [(name, one, one.repository) for name, one in happened if one.repository is not None and not (one.gate is not None and one.gate.of)]
        if not told or subscriptions.is_empty(connection):
            return []
        of = _subscribed(connection, {project for _, _, project in told})
        return [
            Telling(
                name=LEVER, action=name, subject=one.id, payload=_payload(name, one, project), to=(), role=Role.ALONE, repo=project,
                alone=[each.destination for each in of.get(project_key(project), ()) if self.takes(each, LEVER)],
            )
            for name, one, project in told
        ]  # fmt: skip

    def takes(self, subscription: Subscription, name: str) -> bool:
        """Return whether a subscription chose events of this name, and its format can tell of them."""
        format = self._formats.get(subscription.format)
        told = format is None or format.topics is None or topic_of(name) in format.topics
        return told and chosen(subscription.events, name)


def _subscribed(connection: Connection, projects: set[str]) -> dict[str, list[Subscription]]:
    of: dict[str, list[Subscription]] = {}
    for one in subscriptions.subscribed(connection, projects):
        of.setdefault(project_key(one.project), []).append(one)
    return of


def _payload(name: Happening, deployment: Deployment, project: str) -> dict[str, Any]:
    """Return GitHub's frame around the deployment, without the end of its log: that is for the rooms of who may see it."""
    owner, _, short = project.rpartition("/")
    about = {key: value for key, value in snapshot(deployment).items() if key != "log_tail"}
    return {"action": name, "deployment": about, "repository": {"full_name": project, "name": short, "owner": {"login": owner}}}
