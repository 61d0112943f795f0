"""Dispatch: start workflows for whoever may ask for it, by the machine that deploys: sent at most once, followed, settled, replayed.

>>> turn = dispatcher.begin(connection, now)                      # in a transaction of your own
>>> taken = dispatcher.ask(turn, Wanted(project="acme/site", event_type="publish", payload={"post": 7}, reason="a post was edited"))
>>> dispatcher.finish(turn)
>>> dispatcher.committed(turn)                                    # after the commit
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core.conversation import Place
from leverframe.core.deployments import Deployment, Rules, may_join
from leverframe.core.deployments.inputs import Joined
from leverframe.core.deployments.values import DAY_S
from leverframe.core.dispatches import EVENT_TYPE, MOST_IN_FLIGHT, Manner, Request, Unfit, is_project, lane_of_project, prepare
from leverframe.core.errors import Refused
from leverframe.core.services import Environment
from leverframe.store import deployments, request_keys
from leverframe.work.interlocking import Interlocking, Turn

WAITS_S = 7 * DAY_S
"""So long one waits for its turn before it is a dead letter."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for."""

    project: str
    """``owner/name`` on GitHub."""
    event_type: str = EVENT_TYPE
    payload: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """The ``client_payload``; nothing of it is changed. The hub adds ``leverframe`` where a key is left."""
    environment: str = ""
    """What the workflow is told that it is for."""
    reason: str = ""
    by: str | None = None
    """Actor who asks; ``None``: the hub itself, see ``cause``."""
    by_name: str = ""
    cause: str = ""
    key: str | None = None
    """A name of the asker's own: what comes again under it is not done again."""
    key_s: float | None = None
    """Seconds for which ``key`` is good; left out, for as long as it is kept."""
    alone: bool = False
    """Whether it is sent at once, joins no other and stands behind none: what somebody decided is not to wait for a build."""
    place: Place | None = None
    """Where its card is shown; left out, in the room of ``[dispatches]``, if any."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    deployment: Deployment
    joined: bool = False
    """Whether somebody had asked for the same before."""
    repeated: bool = False
    """Whether it is the same request, sent again."""


class Dispatcher:
    """Takes dispatches in. All of it is the interlocking's: see there for what a turn is."""

    def __init__(self, interlocking: Interlocking) -> None:
        self._interlocking = interlocking
        self.begin, self.apply, self.finish, self.committed = interlocking.begin, interlocking.apply, interlocking.finish, interlocking.committed

    def ask(self, turn: Turn, wanted: Wanted) -> Taken:
        """Take one in, in a transaction that the caller began with :meth:`begin`; raises ``Refused`` where GitHub would refuse it."""
        if not is_project(wanted.project):
            raise Refused("dispatch_project_invalid", wanted.project[:200])
        if wanted.key is None:
            return self._take(turn, wanted)
        key = request_keys.digest("dispatch", wanted.by, wanted.key)
        content = request_keys.digest(wanted.project, wanted.event_type, wanted.environment, json.dumps(wanted.payload, sort_keys=True), wanted.reason)
        since = None if wanted.key_s is None else turn.now - timedelta(seconds=wanted.key_s)
        known = request_keys.made(turn.connection, key=key, content=content, since=since)
        found = None if known is None else deployments.load(turn.connection, known)
        if found is not None:
            return Taken(deployment=found, repeated=True)
        taken = self._take(turn, wanted)
        if known is None:
            request_keys.keep(turn.connection, key=key, content=content, made=taken.deployment.id, now=turn.now)
        return taken

    def _take(self, turn: Turn, wanted: Wanted) -> Taken:
        manner = self._interlocking.manners.get(wanted.project.lower(), Manner())
        if not self._interlocking.has(manner.runner):
            raise Refused("github_token_missing")
        dispatch = prepare(
            project=wanted.project, event_type=wanted.event_type, payload=wanted.payload, environment=wanted.environment, joins=not wanted.alone,
            followed=manner.followed, request=Request(at=turn.now, by=wanted.by, by_name=wanted.by_name, reason=wanted.reason),
        )  # fmt: skip
        if isinstance(dispatch, Unfit):
            raise Refused(dispatch.code, dispatch.detail)
        lane = lane_of_project(wanted.project)
        for one in () if wanted.alone else deployments.open_in(turn.connection, lane, width=MOST_IN_FLIGHT):
            same = one.dispatch is not None and (one.environment, one.dispatch.environment) == (wanted.event_type, wanted.environment)
            if same and may_join(one):
                return Taken(deployment=self._interlocking.apply(turn, one, Joined(dispatch=dispatch)).deployment, joined=True)
        # Its project is what a service is to deployments, its event type what an environment is: grants are written so.
        environment = Environment(
            service=wanted.project, name=wanted.event_type, runner=manner.runner, repository=wanted.project,
            rules=Rules(starts_for_s=DAY_S, queue_expires_s=WAITS_S),
        )  # fmt: skip
        return Taken(deployment=self._interlocking.ask(
            turn, environment, lane=lane, alone=wanted.alone, dispatch=dispatch, by=wanted.by, by_name=wanted.by_name, cause=wanted.cause,
            not_before=turn.now + timedelta(seconds=manner.window_s) if manner.window_s and not wanted.alone else None,
            place=wanted.place or _place(manner.room),
        ))  # fmt: skip

    def take(self, connection: Connection, wanted: Wanted, now: datetime) -> tuple[Turn, Taken]:
        """Take one in, in a transaction that does nothing else; whoever commits calls :meth:`committed`."""
        turn = self.begin(connection, now)
        taken = self.ask(turn, wanted)
        self.finish(turn)
        return turn, replace(taken, deployment=deployments.load(connection, taken.deployment.id) or taken.deployment)


def _place(room: str | None) -> Place | None:
    chat, _, name = (room or "").partition(":")
    return Place(chat=chat, room=name) if name else None
