"""What GitHub's refusals mean, each under a code of ``core/errors/`` that has its remedy.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import math
from datetime import datetime

import msgspec

from leverframe.core.errors import Refused
from leverframe.core.runs import Lost, NotStarted, Unreachable
from leverframe.decoding import decoder
from leverframe.net import Answer, NotSent

SECONDARY_WAIT_S = 60.0
"""What GitHub asks to wait where a secondary limit comes without ``Retry-After``."""
_DETAIL_MAX = 300

# GitHub's own words (in lower case, some part of them) where one status means several things.
_FORBIDDEN = (
    ("saml enforcement", "github_sso_required"),
    ("personal access token (classic)", "github_token_policy"),
    ("fine-grained personal access token", "github_token_policy"),
    ("must have admin rights", "github_admin_needed"),
    ("archived", "github_archived"),
    ("ip allow list", "github_ip_refused"),
)
_UNPROCESSABLE = (
    ("no commit found for sha", "ref_unknown"),
    ("no ref found for", "ref_unknown"),
    ("'workflow_dispatch' trigger", "github_trigger_missing"),
    ("disabled workflow", "github_workflow_disabled"),
    ("unexpected inputs", "github_inputs_refused"),
    ("required input", "github_inputs_refused"),
    ("provided value", "github_inputs_refused"),
    ("properties are allowed", "github_inputs_too_many"),
    ("too large", "github_payload_too_large"),
    ("hook already exists", "github_hook_exists"),
    ("cannot have more than", "github_hooks_too_many"),
    ("reachable over the public internet", "github_hook_url_private"),
    ("missing a scheme", "github_hook_url_invalid"),
    ("must contain url", "github_hook_url_invalid"),
    ("you've entered is not valid", "github_hook_url_invalid"),
    ("hook events", "github_hook_events_refused"),
)


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """GitHub did not say what was asked."""

    code: str
    detail: str = ""
    status: int | None = None
    surely_not: bool = True
    """Whether what was asked surely did not happen: no connection, a 4xx. Without, it may have."""
    again: bool = False
    """Whether the same may be asked again by itself."""
    after_s: float | None = None

    def refused(self) -> Refused:
        """Return it for who called by a method that raises."""
        return Refused(self.code, self.detail, retry_after_s=None if self.after_s is None else math.ceil(self.after_s))

    def not_started(self) -> NotStarted | Lost:
        """Return what it means for a start."""
        if self.surely_not:
            return NotStarted(code=self.code, detail=self.detail, again=self.again, after_s=self.after_s)
        return Lost(code=self.code, detail=self.detail)

    def unreachable(self) -> Unreachable:
        """Return what it means for a question."""
        return Unreachable(code=self.code, detail=self.detail, after_s=self.after_s)


class _Error(msgspec.Struct):
    message: str
    errors: list[object] | None = None


_decode = decoder(_Error)


def unsent(error: NotSent) -> Trouble:
    """Return what no answer means."""
    if error.surely:
        return Trouble(code="github_unreachable", detail=error.reason, again=True)
    return Trouble(code="github_answer_lost", detail=error.reason, surely_not=False, again=True)


def invalid(answer: Answer) -> Trouble:
    """Return what an answer means that is not GitHub's: with a 2xx, what was asked may have happened."""
    return Trouble(
        code="github_answer_invalid", detail=f"HTTP {answer.status}, not an answer of GitHub's", status=answer.status, surely_not=300 <= answer.status < 500,
    )  # fmt: skip


def read(answer: Answer, now: datetime) -> Trouble:
    """Return what an answer means that is not a 2xx; ``now`` is compared with the end of a rate limit."""
    status, headers = answer.status, answer.headers
    if status >= 500:
        return Trouble(code="github_unavailable", detail=f"HTTP {status}", status=status, surely_not=False, again=True)
    if status in (301, 302, 307, 308):
        # The pages of an Enterprise Server lead to where people sign in; its API leads to what was renamed.
        code = "github_host_wrong" if "/login" in headers.get("location", "") else "github_moved"
        return Trouble(code=code, detail=f"HTTP {status}", status=status)
    try:
        said = _decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    if status == 429 or (status == 403 and ("retry-after" in headers or (said is not None and _is_limit(said.message)))):
        words = said.message if said else f"HTTP {status}"
        return Trouble(code="github_ratelimited", detail=words[:_DETAIL_MAX], status=status, again=True, after_s=_wait_s(answer, now))
    if said is None and status in (404, 406, 422) and "html" in headers.get("content-type", ""):
        return Trouble(code="github_host_wrong", detail=f"HTTP {status}, a page", status=status)
    if said is None:
        return invalid(answer)
    return Trouble(code=_code(status, said), detail=_detail(status, said, answer), status=status)


def _is_limit(message: str) -> bool:
    return "rate limit" in message.lower() or "abuse detection" in message.lower()


def _wait_s(answer: Answer, now: datetime) -> float:
    if answer.retry_after_s is not None:
        return max(answer.retry_after_s, 1.0)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdecimal() and len(reset) < 12:
        return min(max(int(reset) - now.timestamp(), 1.0), 3_600.0)
    return SECONDARY_WAIT_S


def _code(status: int, said: _Error) -> str:
    words = _words(said).lower()
    match status:
        case 401:
            # "Requires authentication": no Authorization header arrived, where "Bad credentials" has looked at one.
            return "github_token_not_seen" if "requires authentication" in words else "github_token_invalid"
        case 403:
            return next((code for part, code in _FORBIDDEN if part in words), "github_permission_missing")
        case 404:
            return "github_not_found"
        case 409:
            return "github_conflict"
        case 410:
            return "github_gone"
        case 422:
            return next((code for part, code in _UNPROCESSABLE if part in words), "github_refused")
        case _:
            return "github_refused"


def _words(said: _Error) -> str:
    """Return all that GitHub says: with 422 the reason is among ``errors``, in words or as field and code."""
    words = " ".join(said.message.split())
    for error in said.errors or ():
        if isinstance(error, dict):
            words += f"; {' '.join(str(error[key]) for key in ('resource', 'field', 'code', 'value', 'message') if error.get(key))}"
        elif isinstance(error, str):
            words += f"; {error}"
    return words


def _detail(status: int, said: _Error, answer: Answer) -> str:
    words = _words(said)[:_DETAIL_MAX]
    if status in (403, 404):
        # GitHub says with every answer which permissions would do: "," is and, ";" is or.
        needed = answer.headers.get("x-accepted-github-permissions", "")
        scopes, held = answer.headers.get("x-accepted-oauth-scopes", ""), answer.headers.get("x-oauth-scopes", "")
        if needed:
            words += f" (needs {needed[:100]})"
        elif scopes:
            words += f" (needs the scope {scopes[:100]}; the token has {held[:100] or 'none'})"
        if answer.headers.get("x-github-sso", "").startswith("required"):
            words += f" ({answer.headers['x-github-sso'][:200]})"
    return words
