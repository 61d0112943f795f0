"""Who is speaking: Slack's signature over the bytes as they came.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from leverframe.core.details import detail
from leverframe.core.errors import Refused

WINDOW_S = 300
"""Seconds that a request may be old, or before our clock: what is older may have been recorded and sent again."""
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")


def verify(secrets: Sequence[bytes], headers: Sequence[tuple[bytes, bytes]], body: bytes, now: datetime) -> int:
    """Return the request's time (Unix seconds) when one of ``secrets`` signed ``body`` within the last five minutes.

    ``headers`` have lower-case names. Every secret is tried, in constant time, so that a rotation needs no pause and tells
    nothing; an empty secret proves nothing. Raises ``Refused``: ``slack_signature_missing``, ``slack_signature_invalid``,
    ``slack_request_stale`` and ``slack_signing_secret_missing`` (401), ``header_invalid`` (400) for a header that is no
    number or stands there twice.
    """
    if not any(secrets):
        raise Refused("slack_signing_secret_missing")
    signature, timestamp = _only(headers, b"x-slack-signature"), _only(headers, b"x-slack-request-timestamp")
    if not signature or not timestamp:
        raise Refused("slack_signature_missing")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Refused("header_invalid", "X-Slack-Request-Timestamp")
    signed, proven = b"v0:" + timestamp + b":" + body, False
    for secret in secrets:
        expected = b"v0=" + hmac.digest(secret, signed, "sha256").hex().encode()
        proven |= hmac.compare_digest(expected, signature) and bool(secret)
    if not proven:
        raise Refused("slack_signature_invalid")
    sent_s = int(timestamp)
    if abs(now.timestamp() - sent_s) > WINDOW_S:
        raise Refused("slack_request_stale", detail("clock_off", seconds=f"{sent_s - now.timestamp():+.0f}"))
    return sent_s


def sign(secret: bytes, timestamp_s: int, body: bytes) -> bytes:
    """Return the header ``X-Slack-Signature`` that Slack would send with ``body``."""
    return b"v0=" + hmac.digest(secret, b"v0:%d:" % timestamp_s + body, "sha256").hex().encode()


def _only(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    found = [value for key, value in headers if key == name]
    if len(found) > 1:
        # Which of them a proxy on the way looked at is not known.
        raise Refused("header_invalid", detail("twice", name=name.decode()))
    return found[0] if found else None
