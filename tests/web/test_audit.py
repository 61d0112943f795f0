"""The audit's page and its export: chosen by who, what, code and time, for administrators only."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sitting import NOON, OPERATOR, Clock, Doors

from leverframe.core.audit_chain import Signer
from leverframe.core.audit_lines import records
from leverframe.core.audit_verify import Verified, verify
from leverframe.store import audit
from leverframe.store.database import Database
from leverframe.store.event_pages import first_id_at
from leverframe.web.desk import Desk
from leverframe.web.refusals import RefusalLog
from leverframe.work.audit import ChainKeeper

pytestmark = pytest.mark.anyio
SIGNER = Signer([b"k" * 32])


@pytest.fixture
async def kept(desk: Desk, database: Database, clock: Clock, refusals: RefusalLog) -> Doors:
    """Doors of a hub whose audit holds three entries, an hour apart, linked and signed."""
    for number, code in enumerate(("ok", "not_allowed", "ok")):
        at = NOON - timedelta(hours=3 - number)
        await database.write(audit.append, id=first_id_at(at), at=at, actor=f"person:{'abc'[number]}", act="deploy", target=f"hour-{number}", code=code)
    await ChainKeeper(database, clock, SIGNER).step()
    return Doors(replace(desk, signer=SIGNER), refusals)


async def test_an_export_is_verified_with_what_it_brings(kept: Doors) -> None:
    """JSON lines as a download, whole, with the entry of the export itself."""
    answer = await kept.ask("GET", "/api/audit/export", operator=OPERATOR)
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/jsonl") and "audit.jsonl" in answer.headers["content-disposition"]
    found = verify(records(answer.text.splitlines()))
    assert isinstance(found, Verified) and (found.entries, found.pending, found.keys) == (3, 1, SIGNER.keys)


@pytest.mark.parametrize(
    ("query", "hours"),
    [("code=not_allowed", [1]), ("since=150m", [1, 2]), ("until=150m", [0]), ("since=2026-11-21T10:00:00&until=2026-11-21T11:00:00", [1]), ("actor=person:c", [2]),
     ("act=lock", [])],
)  # fmt: skip
async def test_list_page_and_export_choose_the_same(kept: Doors, query: str, hours: list[int]) -> None:
    """A span of time, in the hub's time zone where none is said; a code; an actor; an act."""
    listed = (await kept.ask("GET", f"/api/audit?{query}", operator=OPERATOR)).json["entries"]
    assert [entry["target"] for entry in reversed(listed) if entry["target"].startswith("hour-")] == [f"hour-{hour}" for hour in hours]
    lines = [json.loads(line) for line in (await kept.ask("GET", f"/api/audit/export?{query}", operator=OPERATOR)).text.splitlines()]
    assert [line["target"] for line in lines if line["kind"] == "entry" and line["act"] != "audit.export"] == [f"hour-{hour}" for hour in hours]
    page = (await kept.ask("GET", f"/console/audit?{query}", visitor=await kept.administrator())).text
    assert [hour for hour in range(3) if f"hour-{hour}" in page] == hours
    assert f'href="/api/audit/export?{query.partition("=")[0]}=' in page


async def test_what_is_no_instant_is_told(kept: Doors) -> None:
    """By its field, on each way."""
    for path in ("/api/audit", "/api/audit/export"):
        answer = await kept.ask("GET", f"{path}?until=soon", operator=OPERATOR)
        assert answer.code == "request_invalid" and "until" in answer.json["detail"]


async def test_only_administrators_export(kept: Doors) -> None:
    """A viewer is refused, and that is in the audit."""
    viewer = await kept.signed_in("vera", "viewer")
    assert (await kept.ask("GET", "/api/audit/export", visitor=viewer)).code == "not_allowed"
    assert (await kept.ask("GET", "/api/audit/export")).code == "sign_in_required"
    browser = await kept.administrator()
    assert (await kept.ask("GET", "/api/audit/export", visitor=browser)).status == 200, "the page's link works with the session"
