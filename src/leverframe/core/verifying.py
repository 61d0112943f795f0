"""Who sent a request: tokens and signatures, over the bytes as they came, against every secret, in constant time."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Literal

from leverframe.core.errors import Refused

TOLERANCE_S = 300
"""How far a signed moment may be from the hub's clock, either way."""
_SECONDS = re.compile(rb"[0-9]{1,12}")


def live_secrets(source: str, secrets: Sequence[str]) -> tuple[bytes, ...]:
    """Return the secrets of a source as bytes; raises ``ValueError`` when there is none or one is empty: anybody could sign with it."""
    if not secrets or not all(secrets):
        raise ValueError(f"source {source}: secrets must hold at least one secret, and no empty one")
    return tuple(secret.encode() for secret in secrets)


def verify_token(secrets: Sequence[bytes], token: bytes | None) -> None:
    """Return when ``token`` is one of ``secrets``.

    Raises ``Refused`` with ``signature_missing`` or ``signature_invalid``. An empty secret proves nothing.
    """
    if not token:
        raise Refused("signature_missing")
    proven = False
    for secret in secrets:
        proven |= hmac.compare_digest(secret, token) and bool(secret)
    if not proven:
        raise Refused("signature_invalid")


def verify_hmac(
    secrets: Sequence[bytes], content: bytes, signature: bytes | None, *, algorithm: str = "sha256",
    encoding: Literal["hex", "base64"] = "hex", prefix: bytes = b"",
) -> None:  # fmt: skip
    """Return when ``signature`` is ``prefix`` and the HMAC of ``content`` with one of ``secrets``, written exactly so: small hexadecimal
    digits, or base64 with its padding. Raises ``Refused`` as :func:`verify_token` does.
    """
    if not signature:
        raise Refused("signature_missing")
    proven = False
    for secret in secrets:
        computed = hmac.digest(secret, content, algorithm)
        expected = prefix + (computed.hex().encode() if encoding == "hex" else b64encode(computed))
        proven |= hmac.compare_digest(expected, signature) and bool(secret)
    if not proven:
        raise Refused("signature_invalid")


def check_moment(value: bytes | None, now_s: float, tolerance_s: float = TOLERANCE_S) -> None:
    """Return when ``value``, seconds since 1970 that a signature covers, is near enough to ``now_s``.

    Raises ``Refused``: ``signature_invalid`` when it is no such number, ``timestamp_stale`` when it is too far off.
    """
    if value is None or not _SECONDS.fullmatch(value):
        raise Refused("signature_invalid")
    if abs(int(value) - now_s) > tolerance_s:
        raise Refused("timestamp_stale")


def verify_standard_webhook(keys: Sequence[bytes], headers: Mapping[bytes, bytes], body: bytes, now_s: float) -> None:
    """Return when a message is signed with one of ``keys`` in the way of Standard Webhooks, within five minutes of ``now_s``.

    Of several signatures one must be right; versions other than ``v1`` are passed over. Raises ``Refused``: ``signature_missing``,
    ``signature_invalid`` or ``timestamp_stale``, the last only for what is signed rightly.
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    given = headers.get(b"webhook-signature")
    if not given:
        raise Refused("signature_missing")
    at = headers.get(b"webhook-timestamp", b"")
    content = headers.get(b"webhook-id", b"") + b"." + at + b"." + body
    proven = False
    signatures = given.split(b" ", 16)[:16]
    for key in keys:
        expected = b"v1," + b64encode(hmac.digest(key, content, "sha256"))
        for signature in signatures:
            proven |= hmac.compare_digest(expected, signature) and bool(key)
    if not proven or not all(signatures):
        raise Refused("signature_invalid")
    check_moment(at, now_s)
