"""Who is speaking: the token that Teams sends with everything, and the signature of an outgoing webhook.

The token says that Teams speaks to this bot, not which person does: who it is stands in the body, which Teams vouches for.
https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#connector-to-bot
https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook#2-create-a-method-to-verify-the-outgoing-webhook-hmac-token
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeGuard

from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.core.payload import text
from leverframe.issuer_keys import IssuerKeys, Key, KeysAway

SKEW_S = 300
"""Seconds that the two clocks may differ."""
_TOKEN_MAX = 8_192


async def verify_token(keys: IssuerKeys, headers: Sequence[tuple[bytes, bytes]], *, app_id: str, issuer: str, now: datetime) -> tuple[Mapping[str, Any], Key]:
    """Return the claims of the token that is Teams' own and for this bot, and the key that signed it.

    Raises ``Refused``: ``teams_token_missing``, ``teams_token_invalid`` and ``teams_token_expired`` (401), ``header_invalid`` (400)
    and ``teams_keys_unavailable`` (503).
    """
    import jwt  # an extra, without which the configuration is refused

    kind, _, token = _authorization(headers).partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refused("teams_token_missing")
    if len(token) > _TOKEN_MAX:
        raise Refused("teams_token_invalid", detail("too_long"))
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Refused("teams_token_invalid", detail("token_is_none")) from None
    if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
        raise Refused("teams_token_invalid", "algorithm")
    try:
        key = await keys.of(header["kid"])
    except KeysAway as away:
        raise Refused("teams_keys_unavailable", retry_after_s=away.retry_after_s) from None
    if key is None:
        raise Refused("teams_token_invalid", "key")
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token, key.public, algorithms=["RS256"], audience=app_id, issuer=issuer,
            options={"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )  # fmt: skip
    except jwt.InvalidAudienceError:
        raise Refused("teams_token_invalid", "audience") from None
    except jwt.InvalidIssuerError:
        raise Refused("teams_token_invalid", "issuer") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise Refused("teams_token_invalid", "signature") from None
    # By the hub's own clock, which a test turns.
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not _is_number(expires) or not _is_number(begins):
        raise Refused("teams_token_invalid", "time")
    if expires + SKEW_S <= now.timestamp() or begins - SKEW_S > now.timestamp():
        raise Refused("teams_token_expired")
    return claims, key


def vouches_for(claims: Mapping[str, Any], key: Key, activity: Mapping[str, Any]) -> None:
    """Return when the token is for what the body says. Raises ``Refused("teams_token_invalid")``: else a token of one service could speak for another."""
    service = claims.get("serviceurl", claims.get("serviceUrl"))
    said = text(activity, "serviceUrl")
    if not isinstance(service, str) or not said or service.rstrip("/") != said.rstrip("/"):
        raise Refused("teams_token_invalid", "serviceUrl")
    if key.endorsements and text(activity, "channelId") not in key.endorsements:
        raise Refused("teams_token_invalid", "channelId")


def verify_hmac(secrets: Sequence[bytes], headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
    """Return when one of ``secrets`` (as Teams shows them, in Base64) signed ``body``. Raises ``Refused``: ``teams_signature_missing``,
    ``teams_signature_invalid`` (401), ``header_invalid`` (400)."""
    kind, _, signature = _authorization(headers).partition(" ")
    if kind.lower() != "hmac" or not signature:
        raise Refused("teams_signature_missing")
    proven = False
    for secret in secrets:
        try:
            key = base64.b64decode(secret, validate=True)
        except (binascii.Error, ValueError):
            continue
        expected = base64.b64encode(hmac.digest(key, body, "sha256"))
        proven |= hmac.compare_digest(expected, signature.strip().encode("utf-8", "replace")) and bool(key)
    if not proven:
        raise Refused("teams_signature_invalid")


def _authorization(headers: Sequence[tuple[bytes, bytes]]) -> str:
    found = [value for name, value in headers if name == b"authorization"]
    if len(found) > 1:
        # Which of them a proxy on the way looked at is not known.
        raise Refused("header_invalid", detail("twice", name="Authorization"))
    return found[0].decode("latin-1").strip() if found else ""


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
