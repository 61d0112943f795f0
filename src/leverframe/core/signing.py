"""Signatures of webhooks, over the bytes as they came."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

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


def sign_standard_webhook(keys: Sequence[bytes], id: str, at_s: int, body: bytes) -> dict[str, str]:
    """Return the headers that prove a message: its id, the moment (seconds since 1970) and a signature with each of ``keys`` over both and
    ``body``. Without a key the message has its id and moment all the same, and no signature.

    ``id`` holds no full stop: what is signed is divided by them.
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    headers = {"webhook-id": id, "webhook-timestamp": str(at_s)}
    if not keys:
        return headers
    signed = b"%b.%d." % (id.encode(), at_s)
    signatures = [b64encode(_digest(key, signed, body)).decode() for key in keys if key]
    if signatures:
        headers["webhook-signature"] = " ".join(f"v1,{signature}" for signature in signatures)
    return headers


def standard_headers(secrets: Sequence[str], id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return :func:`sign_standard_webhook`'s headers for secrets as people write them; one that only looks like base64 is taken as its text."""
    return sign_standard_webhook([_key(secret) for secret in secrets] if secrets else (), id, int(at.timestamp()), body)


def _key(secret: str) -> bytes:
    try:
        return standard_webhook_key(secret)
    except ValueError:
        return secret.encode()


def token_header(secrets: Sequence[str]) -> dict[str, str]:
    """Return the header in which Yona sends the newest secret itself; none without one. What is not Latin-1 goes as the bytes of UTF-8."""
    return {"Authorization": f"token {secrets[0]}".encode().decode("latin-1")} if secrets else {}


def sign_github(secret: str, body: bytes) -> dict[str, str]:
    """Return the two headers with which GitHub proves a delivery: SHA-256, and SHA-1 for receivers from before.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    key = secret.encode()
    return {
        "X-Hub-Signature": f"sha1={hmac.digest(key, body, 'sha1').hex()}",
        "X-Hub-Signature-256": f"sha256={hmac.digest(key, body, 'sha256').hex()}",
    }


def _digest(key: bytes, head: bytes, body: bytes) -> bytes:
    found = hmac.new(key, head, "sha256")
    found.update(body)  # apart, so that a large body is not copied
    return found.digest()
