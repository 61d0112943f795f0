"""The audit in the API: a list for people, and the whole with its links, to be verified elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from leverframe.core import ids
from leverframe.core.audit_lines import line
from leverframe.store import audit
from leverframe.web.api import shapes
from leverframe.web.api.asked import Asked, Count, OurDesk, cursor, who
from leverframe.web.audits import asked_for, shown_detail
from leverframe.web.desk import Desk
from leverframe.work.audit import export

router = APIRouter()
_CHUNK = 64
"""Lines that are sent at once."""


class JsonLines(StreamingResponse):
    """One JSON document a line."""

    media_type = "application/jsonl"


@router.get("/api/audit", response_model=shapes.AuditList)
async def list_entries(
    desk: OurDesk, actor: Asked = None, act: Asked = None, code: Asked = None, since: Asked = None, until: Asked = None, before: Asked = None, limit: Count = 50
) -> Any:
    """Who did what and what was refused, newest first."""
    asked = asked_for(desk, actor=actor, act=act, code=code, since=since, until=until)
    found = await desk.database.read(audit.entries, asked, before=cursor("aud", before), limit=limit + 1)
    rows = found[:limit]
    return {"entries": [{"id": ids.show("aud", row.id), "at": row.at, "actor": row.actor, "act": row.act, "target": row.target,
                         "code": row.code, "detail": shown_detail(row.detail)} for row in rows],
            "next": ids.show("aud", rows[-1].id) if len(found) > limit else None}


@router.get("/api/audit/export", response_class=JsonLines)
async def export_entries(
    desk: OurDesk, request: Request, actor: Asked = None, act: Asked = None, code: Asked = None, since: Asked = None, until: Asked = None
) -> JsonLines:
    """The audit with its links and checkpoints, oldest first, as JSON lines."""
    asked = asked_for(desk, actor=actor, act=act, code=code, since=since, until=until)
    await desk.record(who(request).actor, "audit.export", "audit")
    return JsonLines(_chunks(desk, asked), headers={"content-disposition": 'attachment; filename="audit.jsonl"'})


async def _chunks(desk: Desk, asked: audit.Asked) -> AsyncIterator[str]:
    lines: list[str] = []
    async for record in export(desk.database, desk.clock, asked, desk.signer.keys):
        lines.append(line(record))
        if len(lines) == _CHUNK:
            yield "".join(lines)
            lines = []
    yield "".join(lines)
