"""What pages and API share about the audit: which entries are asked for, and how a detail is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leverframe.store.audit import Asked
from leverframe.web.asking import moment
from leverframe.web.desk import Desk


def asked_for(desk: Desk, *, actor: str | None, act: str | None, code: str | None, since: str | None, until: str | None) -> Asked:
    """Return which entries a query asks for; raises ``Refused("request_invalid")`` for an instant that is none."""
    now = desk.clock.now()
    return Asked(
        actor=actor, act=act, code=code,
        since=moment("since", since, now=now, ahead=False, timezone=desk.timezone) if since else None,
        until=moment("until", until, now=now, ahead=False, timezone=desk.timezone) if until else None,
    )  # fmt: skip


def shown_detail(detail: Mapping[str, Any] | str) -> dict[str, Any]:
    """Return a detail as an object, whatever stands in the database."""
    return {"detail": detail} if isinstance(detail, str) else dict(detail)
