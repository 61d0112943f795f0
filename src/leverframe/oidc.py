"""Tokens that an OpenID Connect issuer signs for machines: read strictly, proven by the issuer's keys, which are fetched beside what waits.

https://openid.net/specs/openid-connect-discovery-1_0.html, https://datatracker.ietf.org/doc/html/rfc7519, …/rfc7517
"""

from __future__ import annotations

import asyncio
import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from leverframe.core.errors import Refused
from leverframe.core.payload import items, text
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock

OLD = timedelta(hours=12)
"""Keys are fetched anew after so long, while the old ones still serve."""
AGAIN = timedelta(seconds=30)
"""A key that is not known, or keys that could not be had, are looked for once in so long: strangers can make names of keys up."""
LEEWAY_S = 60
LONGEST = 16 * 1024
_CAP = 1024 * 1024
_LEAST_BITS = 2_048
log = structlog.get_logger("leverframe.oidc")


class Issuer:
    """One issuer and its keys. Only RS256 is taken, whatever a token's head says."""

    def __init__(self, outbound: Outbound, clock: Clock, *, issuer: str, audience: str) -> None:
        """``outbound`` is shared and stays its owner's to close."""
        self._outbound, self._clock = outbound, clock
        self.issuer, self._audience = issuer.rstrip("/"), audience
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return what a token says, once it is proven: signed by the issuer, for this hub, and in its time.

        Raises ``Refused``: ``oidc_token_invalid``, or ``oidc_keys_unavailable`` where it cannot be told now.
        """
        head, said, signed, signature = _read(token)
        kid = head.get("kid")
        if head.get("alg") != "RS256" or not isinstance(kid, str) or "crit" in head:
            raise _invalid("it is not signed by RS256 with a named key")
        if said.get("iss") != self.issuer:
            raise _invalid("another issuer signed it")
        key = await self._key(kid)
        try:
            key.verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise _invalid("its signature is not the issuer's") from None
        audience = said.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise _invalid("it is for another audience")
        now = self._clock.now().timestamp()
        ends, begins = _instant(said, "exp"), _instant(said, "nbf")
        if ends is None or ends + LEEWAY_S <= now:
            raise _invalid("it has expired")
        if begins is not None and begins - LEEWAY_S > now:
            raise _invalid("its time has not begun")
        return said

    async def _key(self, kid: str) -> RSAPublicKey:
        now = self._clock.now()
        found = self._keys.get(kid)
        if found is not None:
            if self._fetched_at is None or now - self._fetched_at > OLD:
                self._fetch(now)  # beside: the old keys still serve
            return found
        fetching = self._fetch(now)
        if fetching is not None:
            await asyncio.shield(fetching)
        found = self._keys.get(kid)
        if found is None and self._fetched_at is None:
            raise Refused("oidc_keys_unavailable", self.issuer, retry_after_s=int(AGAIN.total_seconds()))
        if found is None:
            raise _invalid("the issuer has no such key")
        return found

    def _fetch(self, now: datetime) -> asyncio.Task[None] | None:
        """Return the one fetch that is under way; ``None`` where the last was just now."""
        if self._fetching is None or self._fetching.done():
            if self._tried_at is not None and timedelta() <= now - self._tried_at < AGAIN:
                return None
            self._tried_at = now
            self._fetching = asyncio.get_running_loop().create_task(self._fetch_all(), name="oidc keys")
        return self._fetching

    async def _fetch_all(self) -> None:
        try:
            where = text(await self._document(f"{self.issuer}/.well-known/openid-configuration"), "jwks_uri")
            ours, theirs = urlsplit(self.issuer), urlsplit(where)
            if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
                raise ValueError("the keys are said to be at another host")
            found = _keys(await self._document(where))
            if not found:
                raise ValueError("there is no key")
        except (NotSent, ValueError) as error:
            log.warning("oidc_keys_unavailable", issuer=self.issuer, error=str(error))
            return
        self._keys, self._fetched_at = found, self._clock.now()

    async def _document(self, url: str) -> object:
        answer = await self._outbound.get(url, {"Accept": "application/json"}, cap=_CAP)
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status}")
        try:
            return json.loads(answer.body)
        except RecursionError:
            raise ValueError("the JSON nests too deeply") from None

    async def close(self) -> None:
        """End what is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)


def issuer_of(token: str) -> str:
    """Return who says to have signed a token, without any proof: to choose whose keys are asked. Raises ``Refused``."""
    found = _read(token)[1].get("iss")
    return found.rstrip("/") if isinstance(found, str) else ""


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    if len(token) > LONGEST or not token.isascii() or token.count(".") != 2:
        raise _invalid("it is no JSON web token")
    head, said, signature = token.split(".")
    return _object(head), _object(said), f"{head}.{said}".encode(), _bytes(signature)


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise _invalid("a part of it is no JSON") from None
    if not isinstance(found, dict):
        raise _invalid("a part of it is no JSON object")
    return found


def _bytes(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise _invalid("a part of it is no base64") from None


def _instant(said: Mapping[str, Any], name: str) -> float | None:
    found = said.get(name)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e12 else None


def _keys(document: object) -> dict[str, RSAPublicKey]:
    found = {}
    for one in items(document, "keys"):
        kid = text(one, "kid")
        if not kid or text(one, "kty") != "RSA" or text(one, "use") not in ("", "sig") or text(one, "alg") not in ("", "RS256"):
            continue
        try:
            n, e = (int.from_bytes(_bytes(text(one, name)), "big") for name in ("n", "e"))
            public = RSAPublicNumbers(e, n).public_key()
        except (Refused, ValueError):
            continue
        if public.key_size >= _LEAST_BITS:
            found[kid] = public
    return found


def _invalid(why: str) -> Refused:
    return Refused("oidc_token_invalid", why)
