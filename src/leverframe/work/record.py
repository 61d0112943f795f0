"""Record what people did and were refused: in the audit, and in the room where the hub is told to mirror it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from leverframe.core.commands.definitions import Registry
from leverframe.core.conversation import Heard
from leverframe.core.wording.levers import ACT
from leverframe.store import audit
from leverframe.store.deliveries import Role
from leverframe.store.inbox import LIMITED, Outcome
from leverframe.work.tell import Telling, tell


class Record:
    """Writes in the transaction of the act itself."""

    def __init__(self, new_id: Callable[[], int], registry: Callable[[], Registry], audit_room: str | None) -> None:
        """``audit_room`` is where acts are mirrored, if anywhere."""
        self._new_id, self._registry, self._audit_room = new_id, registry, audit_room

    def note(self, connection: Connection, heard: Heard, outcome: Outcome, now: datetime, *, acts: bool = False) -> None:
        """Write acts and refusals into the audit, and mirror acts; questions that were answered are neither. What ``acts`` is one without a command."""
        name = outcome.line.partition(" ")[0]
        command = self._registry().find(name) if name else None
        refused = outcome.code != "ok"
        acts = acts or (command is not None and command.acts)
        if not refused and not acts:
            return
        self.write_down(connection, heard, outcome, now)
        if self._audit_room is not None and self._audit_room != heard.at.destination and acts and outcome.code != LIMITED:  # else a flood is one there too
            tell(
                connection, self._new_id,
                Telling(
                    name=ACT, action="refused" if refused else "done", subject="", role=Role.ALONE, to=[self._audit_room],
                    payload={"by_name": heard.by.name or heard.by.actor, "room": heard.at.room_name or heard.at.room, "line": outcome.line, "code": outcome.code if refused else ""},
                ),
                now=now,
            )  # fmt: skip

    def write_down(self, connection: Connection, heard: Heard, outcome: Outcome, now: datetime) -> None:
        """Write one entry of the audit."""
        detail = {"line": outcome.line, "name": heard.by.name, **({"detail": outcome.detail} if outcome.detail else {})}
        act = outcome.line.partition(" ")[0] or "speak"
        audit.append(
            connection, id=self._new_id(), at=now, actor=heard.by.actor, act=act, target=heard.at.destination, code=outcome.code, detail=detail,
        )  # fmt: skip
