"""Publishing by dispatch: a site's repository is told to build, once for all changes that come together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from leverframe.core.content.values import Site
from leverframe.core.deployments.dispatching import Status, status
from leverframe.core.deployments.values import ENDED
from leverframe.core.errors import Refused
from leverframe.store import deployments
from leverframe.work.content.publishing import Owed, Stage, Standing
from leverframe.work.dispatch import Dispatcher, Wanted

_REFUSED = "refused:"
"""Stands before the code where a dispatch should be: the change is stored all the same."""
_STAGES: dict[Status, Stage] = {
    "accepted": "waiting", "sent": "building", "run_found": "building", "succeeded": "live", "failed": "failed", "cancelled": "failed", "unknown": "failed", "dead": "failed",
}  # fmt: skip


class Dispatches:
    """Satisfies ``work.content.publishing.Publisher``."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def publish(self, connection: Connection, site: Site, *, reason: str, actor: str, now: datetime) -> Owed | None:
        """Owe the site's repository a dispatch, or join one that was not sent yet; where none can be asked for, the reason is kept in its place."""
        if not site.repository:
            return None
        turn = self._dispatcher.begin(connection, now)
        wanted = Wanted(project=site.repository, event_type=site.event_type, payload={"site": site.name}, reason=reason, by=actor, by_name=actor.partition(":")[2])
        try:
            taken = self._dispatcher.ask(turn, wanted)
        except Refused as refused:
            return Owed(id=f"{_REFUSED}{refused.code}", committed=_nothing)
        self._dispatcher.finish(turn)
        return Owed(id=taken.deployment.id, committed=lambda: self._dispatcher.committed(turn))

    def standing(self, connection: Connection, id: str) -> Standing | None:
        """Return how far a dispatch has come."""
        if id.startswith(_REFUSED):
            return Standing(stage="failed", code=id.removeprefix(_REFUSED))
        found = deployments.load(connection, id)
        if found is None:
            return None
        last, end = found.last_try, found.end
        run = last.run if last is not None else None
        told = status(found)
        stage: Stage = "handed" if told == "sent" and found.state in ENDED else _STAGES[told]
        code = end.code if end is not None else last.trouble if last is not None else ""
        detail = end.detail if end is not None and end.detail else last.detail if last is not None else ""
        return Standing(stage=stage, id=found.id, url=run.url or "" if run is not None else "", code=code, detail=detail, at=found.changed_at)


def _nothing() -> None:
    """There is nothing to wake."""
