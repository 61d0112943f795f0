"""What ``leverframe doctor`` finds out about a Slack chat."""

from __future__ import annotations

import http.client
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from leverframe.cli.diagnosis import TIMEOUT_S, Finding, State
from leverframe.cli.words import said
from leverframe.core.errors import Locale, Refused, document
from leverframe.core.kept_details import kept

if TYPE_CHECKING:
    from leverframe.config import Config
    from leverframe.ports import Installation

_NOUNS = {"group": "사용자 그룹", "manifest": "매니페스트", "room": "채널", "scope": "권한 범위", "socket": "Socket Mode", "token": "토큰", "webhook": "웹훅"}


async def look(config: Config, name: str) -> list[Finding]:
    """Return what is and what is not in order with ``[chats.NAME]`` of kind slack: as Slack tells it, and as the running hub does."""
    from leverframe.chats.slack.check import diagnose
    from leverframe.chats.slack.manifest import manifest
    from leverframe.chats.slack.members import is_mail
    from leverframe.net import Outbound
    from leverframe.slack_rooms import features, named_members, slack_chats

    settings, locale, what = slack_chats(config)[name], config.hub.locale, f"chats.{name}"
    hears = bool(settings.signing_secrets) or settings.app_token is not None
    findings: list[Finding] = []
    installed: dict[str, str] = {}
    if settings.client_id is not None:
        try:
            installed = {one.team: one.token for one in await _installed(config, name)}
        except Refused as refused:
            told = document(refused, locale)
            shown = f" ({told['detail']})" if "detail" in told else ""
            findings.append(Finding(what=what, state="error", found=told["title"] + shown, remedy=told["remedy"]))
    outbound = Outbound()
    try:
        looked = await diagnose(
            settings, outbound, manifest(config.registry, config.hub.url, features(config, name), locale=locale) if hears else None,
            installed=installed, rooms=rooms_of(config, name), members=[member.partition(":")[2] for member in named_members(config, name) if not is_mail(member)],
        )  # fmt: skip
    finally:
        await outbound.close()
    for one in looked:
        told = document(Refused(one.code, one.detail), locale) if one.code else {"title": one.detail or "ok", "remedy": ""}
        noun, _, rest = one.subject.partition(" ")
        subject = f"{said(locale, noun, _NOUNS.get(noun, noun))} {rest}".rstrip()
        if purpose := one.purpose[locale == "ko"]:
            told["title"] = f"{told['title']} ({purpose})" if one.code else purpose
        state: State = "ok" if one.level == "ok" else "skipped" if one.level == "skipped" else "warning" if one.level == "warning" else "error"
        detail = f" ({kept(one.detail, locale)})" if one.code and one.detail and one.detail != rest else ""
        findings.append(Finding(what=what, state=state, found=f"{subject}: {told['title']}{detail}", remedy=told["remedy"]))
    if settings.app_token is not None:
        findings += _connected(config, name, what, locale)
    return findings


def rooms_of(config: Config, chat: str) -> list[str]:
    """Return the rooms of a chat that the configuration names."""
    named = [room for route in config.routes for room in route.to]
    named += [one.room for environments in config.catalogue.services.values() for one in environments.values() if one.room is not None]
    named += [config.hub.audit_room] if config.hub.audit_room is not None else []
    return list(dict.fromkeys(room.partition(":")[2] for room in named if room.partition(":")[0] == chat))


def _connected(config: Config, chat: str, what: str, locale: Locale) -> Iterator[Finding]:
    """Ask the running hub whether its connection is open; nothing when no hub runs, which is told elsewhere."""
    host = "127.0.0.1" if config.hub.host in ("0.0.0.0", "::") else config.hub.host
    connection = http.client.HTTPConnection(host, config.hub.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()
    found = re.search(rf'^leverframe_slack_connected\{{chat="{re.escape(chat)}"\}} (\S+)$', text, re.MULTILINE)
    if found is None:
        return
    if float(found[1]):
        yield Finding(what=what, state="ok", found=f"Socket Mode: {said(locale, 'connected', '연결됨')}")
        return
    told = document(Refused("slack_socket_closed"), locale)
    yield Finding(what=what, state="error", found=f"Socket Mode: {told['title']}", remedy=told["remedy"])


async def _installed(config: Config, chat: str) -> list[Installation]:
    """Return the installations of a chat that the database keeps. Raises ``Refused``: ``key_file_unusable``, ``secret_not_opened``."""
    from leverframe.secrets.keys import key_file, keys_for
    from leverframe.slack_rooms import TOKENS
    from leverframe.store.installations import read_sealed

    rows = await _sealed(config, chat)
    if not rows:
        return []
    file = config.sqlite_path
    if file is not None and not config.hub.master_keys and not key_file(file).exists():
        raise Refused("key_file_unusable", str(key_file(file)))  # looking makes no new one
    return read_sealed(keys_for(TOKENS, config.hub.master_keys, file), chat, rows)


async def _sealed(config: Config, chat: str) -> list[tuple[str, str]]:
    query = "SELECT team, sealed FROM installations WHERE chat = "
    file = config.sqlite_path
    if file is not None:
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=TIMEOUT_S)) as database:
            try:
                return [(team, sealed) for team, sealed in database.execute(f"{query}?", (chat,))]
            except sqlite3.Error:
                return []  # not made yet, or not to be read: the database's own finding tells
    import asyncpg  # type: ignore[import-untyped]  # an extra; without it the configuration is refused

    try:
        connection: Any = await asyncpg.connect(config.hub.database, timeout=TIMEOUT_S)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return []
    try:
        return [(row["team"], row["sealed"]) for row in await connection.fetch(f"{query}$1", chat)]
    except asyncpg.UndefinedTableError:
        return []
    finally:
        await connection.close()
