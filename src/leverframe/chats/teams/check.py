"""Is this Teams in order? For ``leverframe doctor``: says nothing in any room."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.rooms import ID
from leverframe.chats.teams.settings import Settings
from leverframe.chats.teams.tokens import Tokens
from leverframe.core.delivery import Delivered, Retryable
from leverframe.core.findings import Finding
from leverframe.issuer_keys import IssuerKeys, KeysAway
from leverframe.net import Outbound
from leverframe.ports import Clock


async def diagnose(settings: Settings, outbound: Outbound, clock: Clock, rooms: Sequence[str] = ()) -> list[Finding]:
    """Return what is and what is not in order with the bot's secret, the keys of Teams and the rooms that have an id; never raises.

    A Workflow cannot be asked anything without posting: of its address only the host is told.
    """
    findings = [Finding(level="ok", subject=f"webhook {room}", detail=urlsplit(url.reveal()).hostname or "") for room, url in settings.webhooks.items()]
    if settings.is_bot:
        findings += await _bot(settings, outbound, clock, rooms)
    return findings


async def _bot(settings: Settings, outbound: Outbound, clock: Clock, rooms: Sequence[str]) -> list[Finding]:
    tokens, keys = Tokens(settings, outbound, clock), IssuerKeys(settings.openid_url, outbound, clock)
    try:
        return [*await _spoken(settings, Connector(settings, outbound, clock, tokens), tokens, rooms), await _heard(keys)]
    finally:
        await tokens.close()
        await keys.close()


async def _spoken(settings: Settings, connector: Connector, tokens: Tokens, rooms: Sequence[str]) -> list[Finding]:
    token = await tokens.get()
    if isinstance(token, Retryable):
        return [Finding(level="error", subject="token", code=token.code, detail=token.detail)]
    findings = [Finding(level="ok", subject="token", detail=settings.app_id or "")]
    named = {room: settings.rooms.get(room, room) for room in (*settings.rooms, *rooms)}
    for room, id in named.items():
        if ID.fullmatch(id):
            told = await connector.is_in(settings.service_url, id)
            wrong = not isinstance(told, Delivered)
            findings.append(Finding(level="error" if wrong else "ok", subject=f"room {room}", code=told.code if not isinstance(told, Delivered) else "", detail=told.detail))
    return findings


async def _heard(keys: IssuerKeys) -> Finding:
    try:
        await keys.of("")  # no key has this name; looking for it fetches them
    except KeysAway:
        return Finding(level="error", subject="keys", code="teams_keys_unavailable")
    return Finding(level="ok", subject="keys")
