"""What the answers of Teams mean for a delivery.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/conversation-messages#status-code-responses
https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#errors
"""

from __future__ import annotations

import re

import msgspec

from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable
from leverframe.decoding import decoder
from leverframe.net import Answer, NotSent

# Microsoft's codes and ours, each of which has its remedy in core/errors/; what is not here is "teams_refused".
_REFUSED = {
    "activitynotfoundinconversation": "teams_message_not_found",
    "botnotinconversationroster": "teams_not_in_room",
    "botdisabledbyadmin": "teams_bot_disabled",
    "conversationblockedbyuser": "teams_blocked",
    "conversationnotfound": "teams_room_not_found",
    "forbiddenoperationexception": "teams_not_in_room",
    "messagesizetoobig": "teams_too_big",
    "notenoughpermissions": "teams_not_in_room",
    "teamnotfound": "teams_room_not_found",
    "userblockedconversation": "teams_blocked",
}
# Troubles that pass: https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit#status-codes-retry-guidance
_PASSING = frozenset({412, 500, 502, 503, 504})
WHOLE_CHAT_AFTER_S = 60.0
"""The secret or the registration is not in order: nothing can be said, so no message is at fault; a try a minute until it is put right."""
_DETAIL_MAX = 300
_CONNECTOR_FAILED = re.compile(rb"endpoint returned HTTP error (\d{3})")


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Told(msgspec.Struct):
    id: str | None = None
    error: _Error | None = None
    message: str = ""


def outcome(answer: Answer) -> Outcome:
    """Return what an answer of the Bot Connector means for the message that it answers; ``remote_id`` is the activity's."""
    status, told = answer.status, _read(answer)
    if status == 429:
        return limited(answer)
    if told is None or status in _PASSING or status >= 500:
        return trouble(answer)
    if 200 <= status < 300:
        return Delivered(remote_id=told.id, status=status)
    code = told.error.code if told.error is not None else ""
    detail = f"Teams answered {status} {code}: {told.error.message if told.error is not None else told.message}"[:_DETAIL_MAX]
    if status == 401:
        return Retryable(code="teams_invalid_auth", detail=detail, status=status, after_s=WHOLE_CHAT_AFTER_S)
    found = _REFUSED.get(code.casefold().replace(" ", ""))
    if found is None:
        found = {403: "teams_not_in_room", 404: "teams_room_not_found", 413: "teams_too_big"}.get(status, "teams_refused")
    if found == "teams_bot_disabled":
        return Retryable(code=found, detail=detail, status=status, after_s=WHOLE_CHAT_AFTER_S)
    return Rejected(code=found, detail=detail, status=status)


def webhook_outcome(answer: Answer) -> Outcome:
    """Return what the answer of a Workflow means, or of what took the place of a connector. It tells no id: the message cannot be updated.

    A Workflow answers 202 with nothing. A connector answered 200 with ``1``, and told of a message that it could not hand on with
    200 and a sentence.
    """
    status, body = answer.status, answer.body[:400].strip()
    if status == 429:
        return limited(answer)
    if failed := _CONNECTOR_FAILED.search(body):
        return limited(answer) if failed[1] == b"429" else Retryable(code="teams_unavailable", detail=body.decode("utf-8", "replace")[:_DETAIL_MAX], status=status)
    if status == 202 or (200 <= status < 300 and (body in (b"", b"1") or body[:1] in b"{[")):
        return Delivered(status=status)
    if status in (401, 403):
        return Rejected(code="teams_webhook_forbidden", detail=_explained(answer), status=status)
    if status in (404, 410):
        return Rejected(code="teams_webhook_gone", detail=_explained(answer), status=status)
    if status == 413:
        return Rejected(code="teams_too_big", detail=_explained(answer), status=status)
    if 400 <= status < 500 and status not in (408, 412, 425):
        return Rejected(code="teams_refused", detail=_explained(answer), status=status)
    return trouble(answer)


def limited(answer: Answer) -> Retryable:
    """Return the wait that Teams asks for, in seconds; without a readable one, the schedule's own."""
    return Retryable(code="teams_throttled", detail="Teams asks to wait", status=answer.status, after_s=answer.retry_after_s)


def trouble(answer: Answer) -> Retryable:
    """Return the retry after trouble that passes, or an answer that is not one of Teams' own."""
    if answer.status in _PASSING or answer.status >= 500:
        return Retryable(code="teams_unavailable", detail=f"HTTP {answer.status}", status=answer.status, after_s=answer.retry_after_s)
    return Retryable(code="teams_answer_invalid", detail=f"HTTP {answer.status}, not an answer of Teams'", status=answer.status)


def unsent(error: NotSent) -> Retryable:
    """Return the retry after no answer. Where it may have been sent, Teams may show the message twice."""
    return Retryable(code="teams_unreachable" if error.surely else "teams_answer_lost", detail=error.reason)


def _read(answer: Answer) -> _Told | None:
    """Return what Teams said, or ``None`` when it is no answer of its: a proxy's page, half a body."""
    if not answer.body.strip():
        return _Told() if answer.status < 500 else None
    try:
        return decoder(_Told)(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _explained(answer: Answer) -> str:
    told = _read(answer)
    code = told.error.code if told is not None and told.error is not None else ""
    return f"the address of the webhook answered {answer.status} {code}".strip()[:_DETAIL_MAX]
