"""``leverframe doctor``: look at everything the hub stands on, and say what to do about what is wrong."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import sqlite3
import ssl
import sys
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import msgspec

from leverframe.cli.output import safe, show
from leverframe.cli.serving import report
from leverframe.cli.words import said
from leverframe.config import Config, ConfigErrors, find, load
from leverframe.core.errors import Locale, Refused, document
from leverframe.secrets.keys import key_file

if TYPE_CHECKING:
    from leverframe.ports.content import Storage

State = Literal["ok", "warning", "error", "skipped"]
LOW_SPACE_BYTES = 500_000_000
WRONG_CLOCK_S = 60.0
"""Slack refuses and we refuse requests whose time is five minutes off; a minute is worth a warning."""
TIMEOUT_S = 10.0
MARKS = {"ok": "✓", "warning": "!", "error": "✗", "skipped": "–"}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at."""

    what: str
    """``config``, ``database``, ``disk``, ``audit``, ``clock``, ``url``, ``chats.NAME``, ``sites.NAME`` or ``hooks.OWNER/REPO``; never translated."""
    state: State
    found: str
    remedy: str = ""


def run(config: Path | None, *, as_json: bool) -> int:
    """Look, print, and return the exit status: 1 when anything is an error."""
    path = find(config)
    try:
        loaded = load(path)
    except ConfigErrors as errors:
        if as_json:
            show({"ok": False, "findings": [{"what": "config", "state": "error", "found": finding.sentence(errors.locale), "remedy": finding.remedy(errors.locale)}
                                            for finding in errors.findings]})  # fmt: skip
        else:
            print(report(errors.findings, errors.locale), file=sys.stderr)
        return 1
    findings = []
    for finding in examine(loaded):
        findings.append(finding)
        if not as_json:
            print(f"{MARKS[finding.state]} {finding.what:<12} {safe(finding.found)}", flush=True)
            if finding.remedy and finding.state in ("warning", "error"):
                print(f"    → {safe(finding.remedy)}", flush=True)
    bad = any(finding.state == "error" for finding in findings)
    if as_json:
        show({"ok": not bad, "findings": msgspec.to_builtins(findings)})
    return 1 if bad else 0


def examine(config: Config) -> Iterator[Finding]:
    """Yield a finding for each thing looked at, as soon as it is known."""
    locale = config.hub.locale
    if config.warnings:
        for warning in config.warnings:
            yield Finding(what="config", state="warning", found=f"{warning.file.name}:{warning.line}: {warning.sentence(locale)}", remedy=warning.remedy(locale))
    else:
        yield Finding(what="config", state="ok", found=str(config.path))
    yield from _database(config, locale)
    yield from _audit(config, locale)
    yield from _sites(config, locale)
    yield _clock(config, locale)
    yield _public(config, locale)
    yield from _chats(config, locale)
    yield from _hooks(config, locale)
    for plugin, _ in config.plugins:
        own = said(locale, ", in a process of its own", ", 별도 프로세스") if plugin.isolated else ""
        yield Finding(what=f"plugins.{plugin.name}", state="ok", found=f"{'; '.join(plugin.adds(locale))} ({plugin.where}{own})")


def _database(config: Config, locale: Locale) -> Iterator[Finding]:
    file = config.sqlite_path
    if file is None:
        try:
            version = asyncio.run(_postgres_version(config.hub.database))
        except Refused as refused:
            yield _refused("database", refused, locale)
        else:
            yield _at_version("PostgreSQL", version, locale)
        return
    if not file.parent.is_dir():
        yield Finding(what="database", state="error", found=f"{file.parent}: {said(locale, 'there is no such folder', '폴더가 없습니다')}",
                      remedy=said(locale, "Make the folder, or correct hub.database.", "폴더를 만들거나 hub.database를 고치세요."))  # fmt: skip
        return
    try:
        version = _sqlite_version(file)
    except (sqlite3.Error, OSError) as error:
        yield Finding(what="database", state="error", found=f"{file}: {error}",
                      remedy=said(locale, "Check the owner and permissions of the file and its folder, and that the disk is not full.",
                                   "파일과 폴더의 소유자와 권한, 디스크 여유를 확인하세요."))  # fmt: skip
    else:
        yield _at_version(str(file), version, locale)
    free = shutil.disk_usage(file.parent).free
    shown = f"{free / 1e9:.1f} GB " + said(locale, "free", "남음")
    if free < LOW_SPACE_BYTES:
        yield Finding(what="disk", state="warning", found=shown,
                      remedy=said(locale, "Make room, or shorten [retention]; a full disk makes the hub answer 503.",
                                   "공간을 확보하거나 [retention]을 줄이세요. 디스크가 가득 차면 허브가 503으로 답합니다."))  # fmt: skip
    else:
        yield Finding(what="disk", state="ok", found=shown)


def _audit(config: Config, locale: Locale) -> Iterator[Finding]:
    """Tell what the audit is signed with; that PostgreSQL has no key is a warning of the configuration."""
    if config.hub.master_keys:
        yield Finding(what="audit", state="ok", found=said(locale, "signed with the first of hub.master_keys", "hub.master_keys의 첫 키로 서명합니다"))
    elif (file := config.sqlite_path) is not None:
        key = key_file(file)
        shown = f"{key}: {said(locale, 'the key that signs the audit', '감사 기록에 서명하는 키')}"
        if key.exists() and key.stat().st_mode & 0o077:
            yield Finding(what="audit", state="warning", found=f"{shown}; {said(locale, 'others on this machine can read it', '이 컴퓨터의 다른 사용자도 읽을 수 있습니다')}",
                          remedy=f"chmod 600 {key}")  # fmt: skip
        else:
            yield Finding(what="audit", state="ok", found=shown)


def _sites(config: Config, locale: Locale) -> Iterator[Finding]:
    """List what each site's bucket begins with: it is there, and lets the hub in. A folder of this machine is left alone."""
    for name, settings in config.sites.items():
        kind: str = getattr(settings.storage, "kind", "")
        if kind == "file":
            continue
        from leverframe.ports.content import StorageFailed
        from leverframe.site_rooms import open_storage

        try:
            asyncio.run(_first_page(open_storage(config, name)))
        except StorageFailed as failed:
            yield _refused(f"sites.{name}", Refused(failed.code, failed.reason), locale)
        except Refused as refused:
            yield _refused(f"sites.{name}", refused, locale)
        else:
            yield Finding(what=f"sites.{name}", state="ok", found=f"{kind}: {said(locale, 'the hub can list it', '목록을 읽을 수 있습니다')}")


async def _first_page(storage: Storage) -> None:
    await anext(storage.pages(""), None)


def _sqlite_version(file: Path) -> str | None:
    """Return the schema's version, after making sure that the file can be written; a file that is not there yet is ``None``."""
    if not file.exists():
        probe = file.with_name(file.name + ".probe")
        probe.touch()
        probe.unlink()
        return None
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")  # as the hub does before it writes; nothing is changed
        connection.execute("ROLLBACK")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        found: str | None = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        return found
    finally:
        connection.close()


async def _postgres_version(url: str) -> str | None:
    import asyncpg  # type: ignore[import-untyped]  # an extra; without it the configuration is refused

    from leverframe.store.postgres import sentence

    try:
        connection = await asyncpg.connect(url, timeout=TIMEOUT_S)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Refused("storage_unavailable", sentence(error)) from None
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        version: str = await connection.fetchval("SELECT version_num FROM alembic_version")
        return version
    finally:
        await connection.close()


def _at_version(where: str, version: str | None, locale: Locale) -> Finding:
    from leverframe.store.schema import HEAD

    if version is None:
        return Finding(what="database", state="ok", found=f"{where}: {said(locale, 'new; the first start makes its tables', '새 데이터베이스입니다. 처음 시작할 때 테이블을 만듭니다')}")
    if version > HEAD:
        return _refused("database", Refused("database_newer", f"{version} > {HEAD}"), locale)
    if version < HEAD:
        return Finding(what="database", state="warning", found=f"{where}: {version} < {HEAD}",
                       remedy=said(locale, "The next start of leverframe serve migrates it; make a copy first.", "다음 leverframe serve 시작 때 마이그레이션됩니다. 먼저 백업하세요."))  # fmt: skip
    return Finding(what="database", state="ok", found=f"{where}: {version}")


def _clock(config: Config, locale: Locale) -> Finding:
    """Compare with the Date header (RFC 9110, 6.6.1) of a server that this hub talks to anyway."""
    server = next((str(url) for settings in config.chats.values() if (url := getattr(settings, "api_url", None))), None)
    server = server or (config.github.api_url if config.github.has_credentials else None)
    if server is None:
        return Finding(what="clock", state="skipped", found=said(locale, "no server to compare with is configured", "비교할 서버가 설정되어 있지 않습니다"))
    before = time.time()
    try:
        _, headers = _get(server)
        theirs = parsedate_to_datetime(headers["date"]).timestamp()
    except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
        return Finding(what="clock", state="warning", found=f"{server}: {error}",
                       remedy=said(locale, "Check the network and proxy of this machine.", "이 컴퓨터의 네트워크와 프록시를 확인하세요."))  # fmt: skip
    off_s = (before + time.time()) / 2 - theirs - 0.5  # the header counts whole seconds
    shown = f"{off_s:+.0f} s {said(locale, 'from', '차이:')} {urlsplit(server).netloc}"
    if abs(off_s) > WRONG_CLOCK_S:
        return Finding(what="clock", state="error", found=shown,
                       remedy=said(locale, "Set the clock (timedatectl set-ntp true); signatures carry the time.", "시계를 맞추세요(timedatectl set-ntp true). 서명에 시각이 들어갑니다."))  # fmt: skip
    return Finding(what="clock", state="ok", found=shown)


def _hooks(config: Config, locale: Locale) -> Iterator[Finding]:
    """Compare what hooks at GitHub hear with what the routes need."""
    if not config.github.has_credentials:
        return
    from leverframe.cli.github_doctor import hooks_of
    from leverframe.core.wording.github_doctor import said as worded

    for holder, step in hooks_of(config):
        found, remedy = worded(step.key, step.code, step.detail, step.values, locale)
        yield Finding(what=f"hooks.{holder}", state=step.state, found=found, remedy=remedy)


def _public(config: Config, locale: Locale) -> Finding:
    url = f"{config.hub.url}/healthz"
    try:
        status, _ = _get(url)
    except (OSError, http.client.HTTPException) as error:
        status, reason = 0, str(error) or type(error).__name__
    else:
        reason = f"HTTP {status}"
    if status == 200:
        return Finding(what="url", state="ok", found=f"{url}: {reason}")
    return Finding(what="url", state="error", found=f"{url}: {reason}",
                   remedy=said(locale, "Start leverframe serve; if it runs, let hub.url (DNS, TLS, proxy) lead to hub.bind.",
                                "leverframe serve를 시작하세요. 실행 중이라면 hub.url(DNS, TLS, 프록시)이 hub.bind로 이어지게 하세요."))  # fmt: skip


def _get(url: str) -> tuple[int, dict[str, str]]:
    """Return status and headers (lower-case names) of ``GET url``; redirects are not followed."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_S, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path or "/", headers={"User-Agent": "Leverframe"})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def _refused(what: str, refused: Refused, locale: Locale) -> Finding:
    said = document(refused, locale)
    met = f" ({said['detail']})" if "detail" in said else ""
    return Finding(what=what, state="error", found=f"{said['title']}{met}", remedy=said["remedy"])


def _chats(config: Config, locale: Locale) -> Iterator[Finding]:
    for name, settings in config.chats.items():
        match getattr(settings, "kind", ""):
            case "slack":
                from leverframe.cli.slack_check import look

                yield from asyncio.run(look(config, name))
            case "teams":
                from leverframe.cli.teams_check import look as look_at_teams

                yield from asyncio.run(look_at_teams(config, name))
            case kind:
                yield Finding(what=f"chats.{name}", state="ok", found=kind)
