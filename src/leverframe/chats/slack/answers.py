"""What Slack's answers mean for a delivery.

https://docs.slack.dev/reference/methods/chat.postMessage#errors
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.net import Answer, NotSent

# The token, the app or the workspace is not in order: no message of this chat can be sent, so none is at fault. They wait,
# a try a minute, until the operator has put it right, rather than all becoming dead letters.
WHOLE_CHAT = frozenset({
    "access_denied", "accesslimited", "account_inactive", "ekm_access_denied", "enterprise_is_restricted", "invalid_auth",
    "missing_scope", "no_permission", "not_allowed_token_type", "not_authed", "org_login_required", "team_access_not_granted",
    "team_added_to_org", "token_expired", "token_revoked", "two_factor_setup_required",
})  # fmt: skip
WHOLE_CHAT_AFTER_S = 60.0

# Slack's own passing troubles, told with HTTP 200.
PASSING = frozenset({
    "external_channel_migrating", "fatal_error", "internal_error", "message_limit_exceeded", "request_timeout", "rollup_error",
    "service_unavailable", "streaming_state_conflict", "update_failed",
})  # fmt: skip
LIMITED = frozenset({"rate_limited", "ratelimited"})

_ERROR = re.compile(r"[a-z0-9_]{1,60}")
_DETAIL_MAX = 300


class Said(msgspec.Struct):
    """Slack's JSON answer, as far as it matters for sending."""

    ok: bool
    error: str | None = None
    needed: str | None = None
    ts: str | None = None
    channel: str | None = None
    errors: list[str] | None = None


_decode = msgspec.json.Decoder(Said).decode


def read(answer: Answer) -> Said | None:
    """Return what Slack's Web API said, or ``None`` when it is no answer of Slack's: a proxy's page, half a body."""
    try:
        said = _decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not said.ok and not _ERROR.fullmatch(said.error or ""):
        return None
    return said


def outcome(answer: Answer, said: Said | None) -> Outcome:
    """Return what an answer of the Web API means for the message that it answers."""
    status = answer.status
    if status == 429:
        return limited(answer)
    if said is None or status >= 500 or (said.ok and status >= 300):
        return trouble(answer)
    if said.ok:
        return Delivered(remote_id=said.ts, remote_room=said.channel, status=status)
    error = said.error or ""
    if error in LIMITED:
        return limited(answer)
    return refused(error, status, _explained(said))


def refused(error: str, status: int, detail: str) -> Outcome:
    """Return what Slack's error means: the message's own fault, the chat's, or a passing trouble."""
    code = f"slack_{error}"
    if error in WHOLE_CHAT:
        return Retryable(code=code, detail=detail, status=status, after_s=WHOLE_CHAT_AFTER_S)
    if error in PASSING:
        return Retryable(code=code, detail=detail, status=status)
    return Rejected(code=code, detail=detail, status=status)


def webhook_outcome(answer: Answer) -> Outcome:
    """Return what an incoming webhook's answer, a bare word, means. It tells no id: the message cannot be updated."""
    status = answer.status
    word = answer.body[:100].decode("ascii", "replace").strip()
    if status == 200 and word == "ok":
        return Delivered(status=status)
    if status == 429 or word in LIMITED:
        return limited(answer)
    if 400 <= status < 500 and _ERROR.fullmatch(word):
        # The address is this room's alone: even a revoked one says nothing of the other rooms.
        return Rejected(code=f"slack_{word}", detail=f"the incoming webhook answered {word}", status=status)
    return trouble(answer)


def limited(answer: Answer) -> Retryable:
    """Return the wait that Slack asks for, in whole seconds; without a readable one, the schedule's own."""
    asked = answer.headers.get("Retry-After", "")
    after_s = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
    return Retryable(code="slack_ratelimited", detail="Slack asks to wait", status=answer.status, after_s=after_s)


def trouble(answer: Answer) -> Retryable:
    """Return the retry after an answer that is not one of Slack's own."""
    if answer.status >= 500:
        return Retryable(code="slack_unavailable", detail=f"HTTP {answer.status}", status=answer.status)
    return Retryable(code="slack_answer_invalid", detail=f"HTTP {answer.status}, not an answer of Slack's", status=answer.status)


def unsent(error: NotSent) -> Retryable:
    """Return the retry after no answer. Where it may have been sent, Slack may show the message twice."""
    return Retryable(code="slack_unreachable" if error.surely else "slack_answer_lost", detail=error.reason)


def _explained(said: Said) -> str:
    words = f"Slack answered {said.error}"
    if said.needed:
        words += f", needed: {said.needed}"
    if said.errors:
        words += f": {'; '.join(said.errors)}"
    return words[:_DETAIL_MAX]


def scopes(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the scopes that the token has, as Slack tells them with every answer."""
    return frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip())
