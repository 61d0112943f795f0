"""``leverframe audit``: listed, handed out, and verified, at a running hub and from a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import Ran, RunningHub, entry_point, serving
from clock import VirtualClock
from databases import opened

from leverframe.core.audit_chain import Signer
from leverframe.core.audit_lines import line
from leverframe.core.ids import show
from leverframe.store import audit
from leverframe.store.audit import Asked
from leverframe.work.audit import ChainKeeper, export

SIGNER = Signer([b"k" * 32])
HOSTILE = "x\x1b[31mred"


async def _exported(folder: Path, signer: Signer, count: int, asked: Asked) -> list[str]:
    clock = VirtualClock()
    async with opened(f"sqlite:///{folder}/hub.db", clock) as database:
        for _ in range(count):
            await database.write(audit.append, id=database.new_id(), at=clock.now(), actor=HOSTILE, act="deploy", target="웹", detail={"line": "deploy"})
        await ChainKeeper(database, clock, signer).step()
        return [line(record) async for record in export(database, clock, asked, signer.keys)]


def exported(folder: Path, signer: Signer = SIGNER, count: int = 5, asked: Asked = Asked()) -> list[str]:  # noqa: B008
    """Return the lines of the export of a hub with some entries."""
    return asyncio.run(_exported(folder, signer, count, asked))


def verify(folder: Path, lines: list[str], *arguments: str, stdin: bool = False) -> Ran:
    """Verify lines as a file, without any hub or configuration."""
    (folder / "audit.jsonl").write_text("".join(lines))
    if stdin:
        return entry_point("audit", "verify", "--file", "-", *arguments, folder=folder, stdin="".join(lines))
    return entry_point("audit", "verify", "--file", "audit.jsonl", *arguments, folder=folder)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub with one act in its audit."""
    with serving(tmp_path_factory.mktemp("hub")) as running:
        running.run("routes", "test", "team")
        yield running


def test_entries_are_found_by_code_and_time(hub: RunningHub) -> None:
    """Filters narrow the list; what cannot be an instant is wrong usage."""
    hub.run("routes", "test", "nothing")
    assert "routes.test" in hub.run("audit", "--code", "ok", "--since", "1h").out
    assert hub.run("audit", "list", "--until", "1h").out == "–\n"
    assert hub.run("audit", "list", "--code", "lock_held", "--json").document["entries"] == []
    assert hub.run("audit", "list", "--since", "soon").status == 2


def test_the_audit_of_a_running_hub_is_whole(hub: RunningHub) -> None:
    """Verified over the socket: a head to remember, and the key that signed."""
    ran = hub.run("audit", "verify")
    assert (ran.status, ran.err) == (0, "") and "whole" in ran.out and "signed by" in ran.out
    found = hub.run("audit", "verify", "--json").document
    assert found["verified"] and found["signed"] and len(found["keys"]) == 1 and found["entries"] + found["pending"] >= 1


def test_an_export_is_json_lines_and_is_itself_in_the_audit(hub: RunningHub) -> None:
    """Each line a document; the whole of them is verified as it was at the hub; an excerpt is not."""
    ran = hub.run("audit", "export")
    lines = [json.loads(text) for text in ran.out.splitlines()]
    assert (ran.status, lines[0]["kind"], lines[-1]["kind"]) == (0, "audit", "end")
    assert "audit.export" in {one["act"] for one in lines if one["kind"] == "entry"}
    assert verify(hub.folder, ran.out.splitlines(keepends=True)).status == 0
    excerpt = hub.run("audit", "export", "--act", "routes.test").out.splitlines(keepends=True)
    assert {json.loads(text)["act"] for text in excerpt if '"entry"' in text} == {"routes.test"}
    refused = verify(hub.folder, excerpt)
    assert refused.status == 1 and "excerpt" in refused.err


def test_without_the_grant_nothing_is_exported(hub: RunningHub) -> None:
    """A token that may read events may not read the audit; the refusal is the problem's, not half a file."""
    token = hub.run("tokens", "create", "reader", "--grant", "events.read", "--days", "1").out.strip()
    for command in ("export", "verify"):
        ran = hub.run("audit", command, "--url", f"http://127.0.0.1:{hub.port}", "--token", token)
        assert (ran.status, ran.out) == (1, "") and ran.err.startswith("not_allowed: ")


def test_a_file_is_verified_without_a_hub(tmp_path: Path) -> None:
    """By the key that it names, which is said, or by the hub's own; from the standard input too."""
    lines = exported(tmp_path)
    ran = verify(tmp_path, lines)
    assert ran.status == 0 and "5 entries" in ran.out and "--key" in ran.err
    ran = verify(tmp_path, lines, "--key", SIGNER.keys[0], stdin=True)
    assert (ran.status, ran.err) == (0, "")
    head = verify(tmp_path, lines, "--json").document["head"]
    assert verify(tmp_path, lines, "--head", head).status == 0
    assert verify(tmp_path, lines, "--key", Signer([b"o" * 32]).keys[0]).status == 1


@pytest.mark.parametrize(
    ("touched", "why", "sequence"),
    [("change", "changed", 3), ("delete", "missing", 3), ("swap", "missing", 3), ("repeat", "order", 4), ("cut", "cut", 5), ("forget", "unsigned", 1)],
)
def test_a_touched_file_names_its_first_wrong_entry(tmp_path: Path, touched: str, why: str, sequence: int) -> None:
    """With exit status 1, the entry's id and place, and a reason; for programs as JSON."""
    lines = exported(tmp_path)
    at = next(number for number, text in enumerate(lines) if '"sequence": 3' in text and '"entry"' in text)
    third = json.loads(lines[at])["id"]
    match touched:
        case "change":
            lines[at] = lines[at].replace("deploy", "status")
        case "delete":
            del lines[at]
        case "swap":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case "repeat":
            lines.insert(at, lines[at])
        case "cut":
            lines = [*lines[:-2], lines[-1]]
        case _:
            lines = [text for text in lines if '"checkpoint' not in text]
    ran = verify(tmp_path, lines, "--json")
    assert (ran.status, ran.document["verified"], ran.document["why"], ran.document["sequence"]) == (1, False, why, sequence)
    told = verify(tmp_path, lines)
    assert told.status == 1 and told.out == "" and told.err.startswith("audit_broken: ") and f"entry {sequence}" in told.err
    assert (third in told.err) is (touched in ("change", "repeat"))


def test_an_audit_that_nobody_signs_says_so(tmp_path: Path) -> None:
    """It is whole, with a warning; whoever expects a signature does not take it."""
    lines = exported(tmp_path, Signer())
    ran = verify(tmp_path, lines)
    assert ran.status == 0 and "Not signed" in ran.err
    assert verify(tmp_path, lines, "--json").document["signed"] is False
    assert verify(tmp_path, lines, "--key", SIGNER.keys[0]).status == 1


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    """Another file, half a line, a file that is not there: told by line; what no option takes is wrong usage."""
    lines = exported(tmp_path)
    for bad, number in ([["{}\n"], 1], [["[" * 100_000], 1], [[*lines[:2], lines[2][:40]], 3], [[lines[0].replace("audit 1", "audit 9")], 1]):
        ran = verify(tmp_path, bad)
        assert (ran.status, ran.out) == (1, "") and ran.err.startswith("file_unusable: ") and f"line {number}" in ran.err
    assert entry_point("audit", "verify", "--file", "nowhere", folder=tmp_path).err.startswith("file_unusable: ")
    for wrong in (["--key", "abc"], ["--head", "12"]):
        assert verify(tmp_path, lines, *wrong).status == 2


def test_korean_hubs_verify_in_korean(tmp_path: Path) -> None:
    """The configuration's language, also for a file; ids and codes stay."""
    lines = exported(tmp_path)
    (tmp_path / "leverframe.toml").write_text('[hub]\nlocale = "ko"\n')
    assert "항목 5개" in verify(tmp_path, lines).out
    told = verify(tmp_path, [text for text in lines if '"sequence": 3' not in text]).err
    assert told.startswith("audit_broken: 감사 기록이") and "3번 항목: 항목이 없습니다" in told


def test_nothing_untrusted_reaches_the_terminal(tmp_path: Path) -> None:
    """What somebody called themselves stays escaped in an export."""
    lines = exported(tmp_path)
    assert all(text.isascii() and "\x1b" not in text for text in lines) and show("aud", 1) not in "".join(lines)
