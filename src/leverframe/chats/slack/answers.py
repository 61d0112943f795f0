"""What Slack's answers mean for a delivery.

https://docs.slack.dev/reference/methods/chat.postMessage#errors
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.decoding import decoder
from leverframe.net import Answer, NotSent

# Slack's errors and our codes, each of which has its remedy in core/errors/; what is not here is "slack_refused".
_REFUSED = {
    "action_prohibited": "slack_action_prohibited",
    "cant_update_message": "slack_cant_update_message",
    "channel_is_archived": "slack_channel_is_archived",
    "channel_not_found": "slack_channel_not_found",
    "edit_window_closed": "slack_edit_window_closed",
    "exchanged_trigger_id": "slack_form_late",
    "expired_trigger_id": "slack_form_late",
    "invalid_attachments": "slack_invalid_blocks",
    "invalid_blocks": "slack_invalid_blocks",
    "invalid_blocks_format": "slack_invalid_blocks",
    "invalid_payload": "slack_invalid_blocks",
    "invalid_token": "slack_no_service",  # a webhook's; the bot's is invalid_auth
    "invalid_trigger_id": "slack_form_late",
    "is_archived": "slack_is_archived",
    "is_inactive": "slack_is_archived",
    "message_not_found": "slack_message_not_found",
    "msg_blocks_too_long": "slack_msg_blocks_too_long",
    "msg_too_long": "slack_msg_too_long",
    "no_active_hooks": "slack_no_service",
    "no_service": "slack_no_service",
    "no_team": "slack_no_service",
    "not_in_channel": "slack_not_in_channel",
    "restricted_action": "slack_restricted_action",
    "restricted_action_read_only_channel": "slack_restricted_action",
    "restricted_action_thread_only_channel": "slack_restricted_action",
}

# The token, the app or the workspace is not in order: no message of this chat can be sent, so none is at fault. They wait,
# a try a minute, until the operator has put it right, rather than all becoming dead letters.
_WHOLE_CHAT = {
    "access_denied": "slack_restricted_action",
    "accesslimited": "slack_invalid_auth",
    "account_inactive": "slack_account_inactive",
    "ekm_access_denied": "slack_restricted_action",
    "enterprise_is_restricted": "slack_restricted_action",
    "invalid_auth": "slack_invalid_auth",
    "missing_scope": "slack_missing_scope",
    "no_permission": "slack_missing_scope",
    "not_allowed_token_type": "slack_invalid_auth",
    "not_authed": "slack_not_authed",
    "org_login_required": "slack_restricted_action",
    "team_access_not_granted": "slack_restricted_action",
    "team_added_to_org": "slack_restricted_action",
    "token_expired": "slack_token_expired",
    "token_revoked": "slack_token_revoked",
    "two_factor_setup_required": "slack_restricted_action",
}
WHOLE_CHAT_AFTER_S = 60.0

# Slack's own passing troubles, told with HTTP 200.
_PASSING = frozenset({
    "external_channel_migrating", "fatal_error", "internal_error", "request_timeout", "rollup_error", "service_unavailable",
    "streaming_state_conflict", "update_failed",
})  # fmt: skip
_LIMITED = frozenset({"message_limit_exceeded", "rate_limited", "ratelimited"})

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


_decode = decoder(Said)


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
    return _refused(said.error or "", answer, _explained(said))


def _refused(error: str, answer: Answer, detail: str) -> Outcome:
    if error in _LIMITED:
        return limited(answer)
    if error in _PASSING:
        return Retryable(code="slack_unavailable", detail=detail, status=answer.status)
    if error in _WHOLE_CHAT:
        return Retryable(code=_WHOLE_CHAT[error], detail=detail, status=answer.status, after_s=WHOLE_CHAT_AFTER_S)
    return Rejected(code=_REFUSED.get(error, "slack_refused"), detail=detail, status=answer.status)


def webhook_outcome(answer: Answer) -> Outcome:
    """Return what an incoming webhook's answer, a bare word, means. It tells no id: the message cannot be updated."""
    status = answer.status
    word = answer.body[:100].decode("ascii", "replace").strip()
    if status == 200 and word == "ok":
        return Delivered(status=status)
    if status == 429:
        return limited(answer)
    if 400 <= status < 500 and _ERROR.fullmatch(word):
        # The address is this room's alone: even a revoked one says nothing of the other rooms.
        return Rejected(code=_REFUSED.get(word, "slack_refused"), detail=f"the incoming webhook answered {word}", status=status)
    return trouble(answer)


def limited(answer: Answer) -> Retryable:
    """Return the wait that Slack asks for; without a readable one, the schedule's own."""
    return Retryable(code="slack_ratelimited", detail="Slack asks to wait", status=answer.status, after_s=answer.retry_after_s)


def trouble(answer: Answer) -> Retryable:
    """Return the retry after an answer that is not one of Slack's own."""
    if answer.status >= 500:
        return Retryable(code="slack_unavailable", detail=f"HTTP {answer.status}", status=answer.status, after_s=answer.retry_after_s)
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
