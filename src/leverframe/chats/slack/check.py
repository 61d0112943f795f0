"""Is this Slack in order? For ``leverframe doctor``: says nothing in any room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from leverframe.chats.slack import answers
from leverframe.chats.slack.findings import Finding
from leverframe.chats.slack.manifest import compare
from leverframe.chats.slack.settings import Settings
from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.net import NotSent, Outbound

NEEDED = {
    "chat:write": ("to post at all", "메시지를 올리려면 꼭 필요합니다"),
}
HELPFUL = {
    "chat:write.public": ("to post to public channels that the bot has not joined", "봇이 들어가지 않은 공개 채널에 올릴 때 필요합니다"),
    "chat:write.customize": ("for username and icon on a route", "라우트의 username과 icon에 필요합니다"),
}


class _Identity(msgspec.Struct):
    ok: bool
    team: str = ""
    user: str = ""


async def diagnose(settings: Settings, outbound: Outbound, manifest: Mapping[str, Any] | None = None) -> list[Finding]:
    """Return what is and what is not in order with the token, its scopes and the webhooks; never raises.

    With ``manifest`` (see :func:`leverframe.chats.slack.manifest.manifest`) all scopes that it asks for are looked for, else
    those that posting needs.

    Asks ``auth.test`` (https://docs.slack.dev/reference/methods/auth.test), whose answer tells the token's scopes in the
    header ``x-oauth-scopes``; a webhook is sent an empty message, which a live one refuses and a revoked one does not know.
    """
    findings = []
    if settings.bot_token is not None:
        findings += await _token(settings, settings.bot_token.reveal(), outbound, manifest)
    elif not settings.webhooks:
        findings.append(Finding(level="error", subject="token", code="slack_not_authed"))
    for room, url in settings.webhooks.items():
        findings.append(await _webhook(room, url.reveal(), outbound))
    return findings


async def _token(settings: Settings, token: str, outbound: Outbound, manifest: Mapping[str, Any] | None) -> list[Finding]:
    url = f"{settings.api_url.rstrip('/')}/auth.test"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
    try:
        answer = await outbound.post_json(url, b"{}", headers)
    except NotSent as error:
        return [_wrong("token", answers.unsent(error))]
    result = answers.outcome(answer, answers.read(answer))
    if not isinstance(result, Delivered):
        return [_wrong("token", result)]
    who = msgspec.json.decode(answer.body, type=_Identity)
    findings = [Finding(level="ok", subject="token", detail=f"{who.user} ({who.team})")]
    scopes = answers.scopes(answer.headers)
    if manifest is not None:
        return findings + compare(manifest, scopes)
    for wanted, level in ((NEEDED, "error"), (HELPFUL, "warning")):
        for scope, purpose in wanted.items():
            missing = scope not in scopes
            code, detail = ("slack_missing_scope", scope) if missing else ("", "")
            findings.append(Finding(level=level if missing else "ok", subject=f"scope {scope}", code=code, detail=detail, purpose=purpose))
    return findings


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
