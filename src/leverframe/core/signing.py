"""Signatures of webhooks, over the bytes as they came."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
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


def standard_webhook_key(secret: str) -> bytes:
    """Return the key behind a secret: base64 after ``whsec_``, as Standard Webhooks writes it, else the text itself.

    Raises ``ValueError`` for a ``whsec_`` that is no base64.
    """
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("after whsec_ comes base64") from None


def sign_standard_webhook(key: bytes, id: str, at_s: int, body: bytes) -> dict[str, str]:
    """Return the headers that prove a message: its id, the moment (seconds since 1970) and the signature over both and ``body``.

    ``id`` holds no full stop: what is signed is divided by them.
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    signature = hmac.digest(key, f"{id}.{at_s}.".encode() + body, "sha256")
    return {"webhook-id": id, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{b64encode(signature).decode()}"}
