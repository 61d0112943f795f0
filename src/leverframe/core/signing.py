"""Signatures of webhooks, over the bytes as they came."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from leverframe.core.errors import Refused


def verify_github(secrets: Sequence[bytes], body: bytes, signature: bytes | None) -> None:
    """Return when ``signature`` (the header ``X-Hub-Signature-256``) was made of ``body`` with one of ``secrets``.

    Every secret is tried, in constant time, so that a rotation needs no pause and tells nothing. GitHub writes
    ``sha256=`` and 64 lower-case hexadecimal digits; nothing else is taken. An empty secret proves nothing.
    Raises ``Refused`` with ``signature_missing`` or ``signature_invalid``.
    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    if not signature:
        raise Refused("signature_missing")
    proven = False
    for secret in secrets:
        expected = b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode()
        proven |= hmac.compare_digest(expected, signature) and bool(secret)
    if not proven:
        raise Refused("signature_invalid")
