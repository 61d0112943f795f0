"""Is this Slack in order? For ``leverframe doctor``: says nothing in any room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from leverframe.chats.slack import answers
from leverframe.chats.slack.manifest import compare, differences
from leverframe.chats.slack.members import fetch
from leverframe.chats.slack.settings import Settings
from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.core.findings import Finding
from leverframe.decoding import decoder
from leverframe.net import NotSent, Outbound

NEEDED = {
    "chat:write": ("to post at all", "메시지를 올리려면 꼭 필요합니다"),
}
HELPFUL = {
    "chat:write.public": ("to post to public channels that the bot has not joined", "봇이 들어가지 않은 공개 채널에 올릴 때 필요합니다"),
    "chat:write.customize": ("for username and icon on a route", "라우트의 username과 icon에 필요합니다"),
}
_NOT_COMPARED = (
    "commands and addresses were not compared with the app at Slack; for that set config_token (api.slack.com/apps → Your App Configuration Tokens)",
    "명령과 주소는 Slack의 앱과 비교하지 않았습니다. 비교하려면 config_token을 설정하세요(api.slack.com/apps → Your App Configuration Tokens)",
)
_SAME = ("the app at Slack is as the manifest says", "Slack의 앱이 매니페스트와 같습니다")
# https://docs.slack.dev/reference/methods/apps.manifest.export#errors: of this token and this method, so not those of answers.py
_NOT_EXPORTED = {
    "account_inactive": "slack_config_token_invalid",
    "app_not_eligible": "slack_manifest_app_not_eligible",
    "app_not_found": "slack_manifest_app_not_found",
    "app_not_owned_by_manager_app": "slack_manifest_app_not_eligible",
    "invalid_app_id": "slack_manifest_app_not_found",
    "invalid_auth": "slack_config_token_invalid",
    "not_allowed_token_type": "slack_config_token_invalid",
    "not_authed": "slack_config_token_invalid",
    "token_expired": "slack_config_token_expired",
    "token_revoked": "slack_config_token_invalid",
}
_PAGES = 20
"""Of a thousand channels each, as many as Slack gives a minute."""
_CAP = 4 * 1024 * 1024


class _Identity(msgspec.Struct):
    ok: bool
    team: str = ""
    user: str = ""
    bot_id: str = ""


class _Ok(msgspec.Struct):
    ok: bool
    error: str | None = None


class _Channel(msgspec.Struct):
    id: str
    name: str = ""
    is_member: bool = False
    is_archived: bool = False


class _More(msgspec.Struct):
    next_cursor: str = ""


class _Channels(msgspec.Struct):
    channels: list[_Channel] = []
    response_metadata: _More = msgspec.field(default_factory=_More)


class _Shown(msgspec.Struct):
    channel: _Channel


class _Bot(msgspec.Struct):
    app_id: str = ""


class _OfBot(msgspec.Struct):
    bot: _Bot


class _Exported(msgspec.Struct):
    ok: bool
    error: str = ""
    manifest: dict[str, Any] = {}


async def diagnose(
    settings: Settings, outbound: Outbound, manifest: Mapping[str, Any] | None = None, *, installed: Mapping[str, str] | None = None,
    rooms: Sequence[str] = (), members: Sequence[str] = (),
) -> list[Finding]:  # fmt: skip
    """Return what is and what is not in order with tokens, their scopes, the webhooks and what the configuration names; never raises.

    With ``manifest`` (see :func:`leverframe.chats.slack.manifest.manifest`) all scopes that it asks for are looked for, else
    those that posting needs; and with ``config_token`` it is compared with what Slack has of the app. ``installed`` are tokens of workspaces that installed the app, ``rooms`` are looked for in the
    workspace, and ``members`` (``S0123``, ``@admins``) among its user groups.

    Asks ``auth.test`` (https://docs.slack.dev/reference/methods/auth.test), whose answer tells the token's scopes in the
    header ``x-oauth-scopes``; a webhook is sent an empty message, which a live one refuses and a revoked one does not know.
    """
    findings: list[Finding] = []
    tokens = {"": settings.bot_token.reveal()} if settings.bot_token is not None else {}
    tokens.update(installed or {})
    if not tokens and not settings.webhooks:
        findings.append(Finding(level="error", subject="token", code="slack_not_authed"))
    app_id = settings.app_id or ""
    for place, (team, token) in enumerate(tokens.items()):
        found, scopes, bot = await _token(f"token {team}".rstrip(), settings, token, outbound, manifest)
        findings += found
        if bot and not app_id and manifest is not None and settings.config_token is not None:
            told = await _read(settings, token, outbound, "bots.info", _OfBot, bot=bot)
            app_id = "" if isinstance(told, str) else told.bot.app_id
        if scopes and place == 0:
            findings += await _rooms(settings, token, outbound, [room for room in rooms if room not in settings.webhooks], scopes)
            findings += await _groups(settings, token, outbound, members, scopes)
    if manifest is not None:
        findings += await _manifest(settings, outbound, manifest, app_id)
    if settings.app_token is not None:
        findings.append(await _socket(settings, settings.app_token.reveal(), outbound))
    for room, url in settings.webhooks.items():
        findings.append(await _webhook(room, url.reveal(), outbound))
    return findings


async def _token(
    subject: str, settings: Settings, token: str, outbound: Outbound, manifest: Mapping[str, Any] | None
) -> tuple[list[Finding], frozenset[str], str]:
    """Return what is found of a token, its scopes, and the id of its bot."""
    url = f"{settings.api_url.rstrip('/')}/auth.test"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
    try:
        answer = await outbound.post_json(url, b"{}", headers)
    except NotSent as error:
        return [_wrong(subject, answers.unsent(error))], frozenset(), ""
    result = answers.outcome(answer, answers.read(answer))
    if not isinstance(result, Delivered):
        return [_wrong(subject, result)], frozenset(), ""
    who = decoder(_Identity)(answer.body)
    findings = [Finding(level="ok", subject=subject, detail=f"{who.user} ({who.team})")]
    scopes = answers.scopes(answer.headers)
    if manifest is not None:
        return findings + compare(manifest, scopes), scopes, who.bot_id
    for wanted, level in ((NEEDED, "error"), (HELPFUL, "warning")):
        for scope, purpose in wanted.items():
            missing = scope not in scopes
            code, detail = ("slack_missing_scope", scope) if missing else ("", "")
            findings.append(Finding(level=level if missing else "ok", subject=f"scope {scope}", code=code, detail=detail, purpose=purpose))
    return findings, scopes, who.bot_id


async def _manifest(settings: Settings, outbound: Outbound, manifest: Mapping[str, Any], app_id: str) -> list[Finding]:
    """Compare with the app as Slack has it. What keeps that from being asked is a warning: the hub serves without."""
    if settings.config_token is None:
        return [Finding(level="skipped", subject="manifest", purpose=_NOT_COMPARED)]
    if not app_id:
        return [Finding(level="warning", subject="manifest", code="slack_manifest_app_not_found")]
    url = f"{settings.api_url.rstrip('/')}/apps.manifest.export"
    headers = {"Authorization": f"Bearer {settings.config_token.reveal()}", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = await outbound.send("POST", url, headers, urlencode({"app_id": app_id}).encode(), cap=_CAP)
    except NotSent as error:
        return [Finding(level="warning", subject="manifest", code=answers.unsent(error).code)]
    try:
        told = decoder(_Exported)(answer.body)
    except msgspec.DecodeError:
        return [Finding(level="warning", subject="manifest", code=answers.trouble(answer).code)]
    if told.ok:
        return differences(manifest, told.manifest) or [Finding(level="ok", subject="manifest", detail=app_id, purpose=_SAME)]
    result = answers.outcome(answer, answers.Said(ok=False, error=told.error))
    code = _NOT_EXPORTED.get(told.error) or (result.code if isinstance(result, Retryable) else "slack_manifest_refused")
    return [Finding(level="warning", subject="manifest", code=code, detail=f"{app_id}, {told.error[:60]}")]


async def _rooms(settings: Settings, token: str, outbound: Outbound, rooms: Sequence[str], scopes: Collection[str]) -> list[Finding]:
    """Look for channels by name or id; people are not looked for. Without the scopes to see channels nothing is known of them."""
    names = {room.removeprefix("#"): room for room in rooms if room.startswith("#") or not room[:1].isupper()}
    ids = [room for room in rooms if room[:1] in ("C", "G") and room.isupper()]
    kinds = [kind for kind, scope in (("public_channel", "channels:read"), ("private_channel", "groups:read")) if scope in scopes]
    if not kinds or not (names or ids):
        return []
    found: dict[str, _Channel] = {}
    cursor, complete = "", False
    for _ in range(_PAGES):
        if complete or not names.keys() - found.keys():
            break
        page = await _read(settings, token, outbound, "conversations.list", _Channels, types=",".join(kinds), limit="999", cursor=cursor)
        if isinstance(page, str):
            return [Finding(level="warning", subject="room", code=page)]
        found.update({channel.name: channel for channel in page.channels if channel.name in names})
        cursor = page.response_metadata.next_cursor
        complete = not cursor
    findings = [_channel(names[name], channel, scopes) for name, channel in found.items()]
    if complete:
        findings += [Finding(level="error", subject=f"room {names[name]}", code="slack_channel_not_found") for name in names if name not in found]
    for id in ids:
        shown = await _read(settings, token, outbound, "conversations.info", _Shown, channel=id)
        findings.append(Finding(level="error", subject=f"room {id}", code=shown) if isinstance(shown, str) else _channel(id, shown.channel, scopes))
    return findings


def _channel(room: str, channel: _Channel, scopes: Collection[str]) -> Finding:
    subject = f"room {room}"
    if channel.is_archived:
        return Finding(level="error", subject=subject, code="slack_is_archived")
    if not channel.is_member and "chat:write.public" not in scopes:
        return Finding(level="error", subject=subject, code="slack_not_in_channel")
    return Finding(level="ok", subject=subject, detail=channel.id)


async def _groups(settings: Settings, token: str, outbound: Outbound, members: Sequence[str], scopes: Collection[str]) -> list[Finding]:
    if not members or "usergroups:read" not in scopes:
        return []
    known = await fetch(settings, outbound, token)
    if isinstance(known, str):
        return [Finding(level="warning", subject="group", code=known)]
    names = {name.casefold(): len(group.users) for group in known for name in (group.id, f"@{group.handle}")}
    return [
        Finding(level="ok", subject=f"group {member}", detail=str(names[member.casefold()])) if member.casefold() in names
        else Finding(level="warning", subject=f"group {member}", code="slack_group_unknown")
        for member in members
    ]  # fmt: skip


async def _socket(settings: Settings, token: str, outbound: Outbound) -> Finding:
    """Ask for a connection that is never opened: https://docs.slack.dev/reference/methods/apps.connections.open."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = await outbound.post_json(f"{settings.api_url.rstrip('/')}/apps.connections.open", b"", headers)
    except NotSent as error:
        return _wrong("socket", answers.unsent(error))
    return _wrong("socket", answers.outcome(answer, answers.read(answer)))


async def _read(settings: Settings, token: str, outbound: Outbound, method: str, shape: type[Any], **asked: str) -> Any | str:
    """Return the answer to a method that reads, as ``shape``; the code of what is wrong as text."""
    query = urlencode({key: value for key, value in asked.items() if value})
    try:
        answer = await outbound.get(f"{settings.api_url.rstrip('/')}/{method}?{query}", {"Authorization": f"Bearer {token}"}, cap=_CAP)
    except NotSent as error:
        return answers.unsent(error).code
    try:
        # Not by answers.read: the channel of conversations.info is a table.
        said = decoder(_Ok)(answer.body)
        told = answers.outcome(answer, answers.Said(ok=said.ok, error=said.error))
        return told.code if isinstance(told, Rejected | Retryable) else decoder(shape)(answer.body)
    except msgspec.DecodeError:
        return answers.trouble(answer).code


async def _webhook(room: str, url: str, outbound: Outbound) -> Finding:
    subject = f"webhook {room}"
    try:
        answer = await outbound.post_json(url, b"{}", {"Content-Type": "application/json"})
    except NotSent as error:
        return _wrong(subject, answers.unsent(error))
    result = answers.webhook_outcome(answer)
    if isinstance(result, Rejected) and result.status == 400:
        return Finding(level="ok", subject=subject)  # it is there, and finds nothing to say
    return _wrong(subject, result)


def _wrong(subject: str, result: Outcome) -> Finding:
    if isinstance(result, Rejected | Retryable):
        return Finding(level="error", subject=subject, code=result.code, detail=result.detail)
    return Finding(level="ok", subject=subject)
