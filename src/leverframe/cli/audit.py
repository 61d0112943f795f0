"""``leverframe audit``: who did what and what was refused; the whole of it handed out, and verified."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from leverframe.cli.options import AsJson, Before, ConfigAt, ListByDefault, Token, Url, at_hub, language
from leverframe.cli.words import said
from leverframe.core.details import detail

if TYPE_CHECKING:
    from leverframe.core.audit_verify import Broken, Verified
    from leverframe.core.errors import Locale

app = typer.Typer(cls=ListByDefault, help="Who did what, and what was refused. Without a command: list.")
Actor = Annotated[str | None, typer.Option(help="Only by this actor: person:ann, token:ci.", show_default=False)]
Act = Annotated[str | None, typer.Option(help="Only this act: tokens.issue.", show_default=False)]
Code = Annotated[str | None, typer.Option(help="Only with this code: ok, or a refusal's such as not_allowed.", show_default=False)]
Since = Annotated[str | None, typer.Option(help="Only those since: 2h, 3d, or a time such as 2026-01-31T09:00:00+09:00.", show_default=False)]
Until = Annotated[str | None, typer.Option(help="Only those before: 2h, 3d, or a time.", show_default=False)]
_KEY, _HEAD = re.compile(r"[0-9a-f]{64}"), re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_REASONS = {
    "changed": ("it is not what was written, or its link was changed", "기록된 내용이나 연결값이 바뀌었습니다"),
    "missing": ("it is missing", "항목이 없습니다"),
    "order": ("it stands in the place of another", "다른 항목의 자리에 있습니다"),
    "contradicted": ("up to here the chain was made anew: the signed checkpoint says otherwise", "여기까지의 사슬이 다시 만들어졌습니다. 서명된 확인점과 다릅니다"),
    "cut": ("from here on the rest is missing", "여기부터 나머지가 없습니다"),
    "unsigned": ("no checkpoint that the hub signed vouches for it", "허브가 서명한 확인점이 보증하지 않습니다"),
    "inserted": ("it was put in afterwards: it claims to be older than what stood there before it", "나중에 끼워 넣은 항목입니다. 먼저 기록된 항목보다 오래된 것처럼 되어 있습니다"),
    "unexpected": ("its link is not the one given with --head", "--head로 준 연결값과 다릅니다"),
    "removed": ("retention has removed what --head names, so it cannot be compared", "--head의 항목은 보관 기간이 지나 지워져 비교할 수 없습니다"),
    "excerpt": ("this is an excerpt; export without filters to verify", "일부만 내보낸 파일입니다. 검증하려면 조건 없이 내보내세요"),
}


@app.command("list")
def list_audit(
    actor: Actor = None, act: Act = None, code: Code = None, since: Since = None, until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the newest first.")] = 20,
    before: Before = None, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """List audit entries, the newest first."""
    from leverframe.cli.output import instant, more, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/audit", actor=actor, act=act, code=code, since=since, until=until, limit=limit, before=before)
    if as_json:
        show(answer)
        return
    table(("at", "actor", "act", "target", "code"), ((instant(one["at"]), one["actor"], one["act"], one["target"], one["code"]) for one in answer["entries"]), hub.locale)
    more(answer, limit, hub.locale)


@app.command()
def export(
    actor: Actor = None, act: Act = None, code: Code = None, since: Since = None, until: Until = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Print the audit as JSON lines, the oldest first. With links and signed checkpoints; only the whole of it can be verified."""
    with at_hub(config, url, token, as_json) as hub:
        for line in hub.lines("/api/audit/export", actor=actor, act=act, code=code, since=since, until=until):
            sys.stdout.write(line.decode("ascii", "replace"))


@app.command()
def verify(
    file: Annotated[Path | None, typer.Option(help="An export, in place of the running hub's audit; - reads the standard input.", show_default=False)] = None,
    key: Annotated[list[str] | None, typer.Option(help="With --file: the hub's public key, as verify prints it; may be given several times.", show_default=False)] = None,
    head: Annotated[str | None, typer.Option(help="A head that verify printed or the log told: it must still be so.", show_default=False)] = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Verify that nobody tampered with the audit. No entry was changed, removed, put in or moved; exits 1 and names the first one that was."""
    known = _HEAD.fullmatch(head or "")
    if (head is not None and known is None) or any(not _KEY.fullmatch(one) for one in key or ()):
        _wrong(as_json)
    expected = (int(known[1]), bytes.fromhex(known[2])) if known is not None else None
    if file is None:
        with at_hub(config, url, token, as_json) as hub:
            _judge(hub.lines("/api/audit/export"), frozenset(key) if key else None, expected, hub.locale, as_json=as_json, claimed=False)
        return
    locale = language(config)
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
            _judge(lines, frozenset(key) if key else None, expected, locale, as_json=as_json, claimed=not key)
    except OSError as error:
        _unusable(f"{file} ({error.strerror})", locale, as_json=as_json)


def _judge(
    lines: Iterable[bytes], keys: frozenset[str] | None, head: tuple[int, bytes] | None, locale: Locale, *, as_json: bool, claimed: bool
) -> None:
    """Verify and say what was found; ``claimed``: the keys are only what the file itself says."""
    from leverframe.core.audit_lines import Unreadable, records
    from leverframe.core.audit_verify import Verified, verify

    try:
        found = verify(records(lines), keys=keys, head=head)
    except Unreadable as unreadable:
        _unusable(f"{said(locale, 'line', '줄')} {unreadable.number}", locale, as_json=as_json)
    if isinstance(found, Verified):
        _whole(found, locale, as_json=as_json, claimed=claimed)
    else:
        _broken(found, locale, as_json=as_json)


def _whole(found: Verified, locale: Locale, *, as_json: bool, claimed: bool) -> None:
    from leverframe.cli.output import pairs, show

    head = f"{found.sequence}:{found.link.hex()}"
    if as_json:
        show({
            "verified": True, "entries": found.entries, "pending": found.pending, "removed_up_to": found.since, "head": head,
            "signed": bool(found.keys), "keys": list(found.keys), "keys_from": "file" if claimed else "caller" if found.keys else None,
        })  # fmt: skip
        return
    lines: list[tuple[str, Any]] = [
        (said(locale, "whole", "온전함"), said(locale, f"{found.entries} entries", f"항목 {found.entries}개")),
        (said(locale, "head", "끝"), head),
    ]
    if found.since:
        lines.append((said(locale, "retention", "보관 기간"), said(locale, f"entries 1 to {found.since} are past it, and gone", f"1번부터 {found.since}번까지 지나서 지웠습니다")))
    if found.pending:
        lines.append((said(locale, "pending", "대기"), said(locale, f"{found.pending} more have no link yet", f"{found.pending}개는 아직 연결값이 없습니다")))
    lines += [(said(locale, "signed by", "서명 키"), key) for key in found.keys]
    pairs(lines)
    if not found.keys:
        print(said(locale, "! Not signed: who may write the database could make the whole chain anew. Set hub.master_keys.",
                   "! 서명이 없습니다. 데이터베이스에 쓸 수 있는 사람은 사슬 전체를 다시 만들 수 있습니다. hub.master_keys를 설정하세요."), file=sys.stderr)  # fmt: skip
    elif claimed:
        print(said(locale, "! The file itself names this key. Compare it with the hub's, or give the hub's with --key.",
                   "! 파일에 적힌 키입니다. 허브의 키와 비교하거나 --key로 허브의 키를 주세요."), file=sys.stderr)  # fmt: skip


def _broken(found: Broken, locale: Locale, *, as_json: bool) -> NoReturn:
    from leverframe.cli.output import fail, show
    from leverframe.core import ids
    from leverframe.core.errors import Refused, document

    reason = said(locale, *_REASONS[found.why])
    shown = None if found.id is None else ids.show("aud", found.id)
    if as_json:
        show({"verified": False, "why": found.why, "sequence": found.sequence, "id": shown, "sentence": reason})
        sys.exit(1)
    place = said(locale, f"entry {found.sequence}", f"{found.sequence}번 항목") + (f", {shown}" if shown else "")
    fail(document(Refused("audit_broken", f"{place}: {reason}"), locale), as_json=False, locale=locale)


def _unusable(detail: str, locale: Locale, *, as_json: bool) -> NoReturn:
    from leverframe.cli.output import refuse
    from leverframe.core.errors import Refused

    refuse(Refused("file_unusable", detail), as_json=as_json, locale=locale)


def _wrong(as_json: bool) -> NoReturn:
    from leverframe.cli.output import refuse
    from leverframe.core.errors import Refused

    refuse(Refused("request_invalid", detail("options_of_verify")), as_json=as_json)
