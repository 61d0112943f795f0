"""Tokens that an OpenID Connect issuer signs for machines: read strictly, proven by the issuer's keys.

https://datatracker.ietf.org/doc/html/rfc7519
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.issuer_keys import IssuerKeys, KeysAway
from leverframe.net import Outbound
from leverframe.ports import Clock

LEEWAY_S = 60
LONGEST = 16 * 1024


class Issuer:
    """One issuer and its keys. Only RS256 is taken, whatever a token's head says."""

    def __init__(self, outbound: Outbound, clock: Clock, *, issuer: str, audience: str) -> None:
        """``outbound`` is shared and stays its owner's to close."""
        self._clock = clock
        self.issuer, self._audience = issuer.rstrip("/"), audience
        self._keys = IssuerKeys(f"{self.issuer}/.well-known/openid-configuration", outbound, clock)

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return what a token says, once it is proven: signed by the issuer, for this hub, and in its time.

        Raises ``Refused``: ``oidc_token_invalid``, or ``oidc_keys_unavailable`` where it cannot be told now.
        """
        head, said, signed, signature = _read(token)
        kid = head.get("kid")
        if head.get("alg") != "RS256" or not isinstance(kid, str) or "crit" in head:
            raise _invalid("token_not_rs256")
        if said.get("iss") != self.issuer:
            raise _invalid("token_of_other_issuer")
        key = await self._key(kid)
        try:
            key.verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise _invalid("token_signature") from None
        audience = said.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise _invalid("token_audience")
        now = self._clock.now().timestamp()
        ends, begins = _instant(said, "exp"), _instant(said, "nbf")
        if ends is None or ends + LEEWAY_S <= now:
            raise _invalid("token_expired")
        if begins is not None and begins - LEEWAY_S > now:
            raise _invalid("token_early")
        return said

    async def _key(self, kid: str) -> RSAPublicKey:
        try:
            found = await self._keys.of(kid)
        except KeysAway as away:
            raise Refused("oidc_keys_unavailable", self.issuer, retry_after_s=away.retry_after_s) from None
        if found is None:
            raise _invalid("token_key")
        return found.public

    async def close(self) -> None:
        """End what is under way."""
        await self._keys.close()


def issuer_of(token: str) -> str:
    """Return who says to have signed a token, without any proof: to choose whose keys are asked. Raises ``Refused``."""
    found = _read(token)[1].get("iss")
    return found.rstrip("/") if isinstance(found, str) else ""


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    if len(token) > LONGEST or not token.isascii() or token.count(".") != 2:
        raise _invalid("token_no_jwt")
    head, said, signature = token.split(".")
    return _object(head), _object(said), f"{head}.{said}".encode(), _bytes(signature)


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise _invalid("token_part_no_json") from None
    if not isinstance(found, dict):
        raise _invalid("token_part_no_object")
    return found


def _bytes(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise _invalid("token_part_no_base64") from None


def _instant(said: Mapping[str, Any], name: str) -> float | None:
    found = said.get(name)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e12 else None


def _invalid(why: str) -> Refused:
    return Refused("oidc_token_invalid", detail(why))
