"""The keys that an issuer of tokens signs with: fetched beside what waits, kept for half a day, and looked for again when a new one signs.

https://openid.net/specs/openid-connect-discovery-1_0.html, https://datatracker.ietf.org/doc/html/rfc7517
"""

from __future__ import annotations

import asyncio
import binascii
import json
import logging
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from leverframe.core.payload import items, text
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock

OLD = timedelta(hours=12)
"""After so long the keys are fetched anew, while the old ones still serve."""
AGAIN = timedelta(seconds=30)
"""A key that is not known is looked for once in so long: strangers can make names of keys up."""
AGAIN_FAILED = timedelta(seconds=10)
_CAP = 1024 * 1024
_LEAST_BITS = 2_048
log = logging.getLogger(__name__)


class KeysAway(Exception):
    """The keys cannot be had now: whether there is such a key cannot be told. ``retry_after_s`` is when to come again."""

    retry_after_s = int(AGAIN_FAILED.total_seconds())


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key, and for which channels Microsoft lets it speak; empty: for all."""

    public: RSAPublicKey
    endorsements: frozenset[str] = frozenset()


class IssuerKeys:
    """The keys of one issuer, all of RSA."""

    def __init__(self, url: str, outbound: Outbound, clock: Clock) -> None:
        """``url`` is the issuer's metadata document, which tells where the keys are; ``outbound`` is shared and stays its owner's to close."""
        self._url, self._outbound, self._clock = url, outbound, clock
        self._keys: Mapping[str, Key] = {}
        self._fetched_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def of(self, kid: str) -> Key | None:
        """Return the key of this name; ``None`` when there surely is none. Raises :class:`KeysAway` when that cannot be told now."""
        now = self._clock.now()
        found = self._keys.get(kid)
        if found is not None:
            if self._fetched_at is None or now - self._fetched_at > OLD:
                self._fetch(now)
            return found
        if self._fetched_at is None or now - self._fetched_at >= AGAIN:
            fetching = self._fetch(now)
            if fetching is None:
                raise KeysAway
            await asyncio.shield(fetching)
            if self._failed_at is not None:
                raise KeysAway
        return self._keys.get(kid)

    async def close(self) -> None:
        """End what is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _fetch(self, now: datetime) -> asyncio.Task[None] | None:
        """Return the one fetch that is under way; ``None`` where the last failed just now."""
        if self._fetching is None or self._fetching.done():
            if self._failed_at is not None and timedelta() <= now - self._failed_at < AGAIN_FAILED:
                return None
            self._fetching = asyncio.get_running_loop().create_task(self._fetch_all(), name="issuer keys")
        return self._fetching

    async def _fetch_all(self) -> None:
        try:
            where = text(await self._document(self._url), "jwks_uri")
            ours, theirs = urlsplit(self._url), urlsplit(where)
            if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
                raise ValueError("the keys are said to be at another host")
            found = _read(await self._document(where))
            if not found:
                raise ValueError("there is no key")
        except (NotSent, ValueError) as error:
            log.warning("the keys of %s are not known: %s", urlsplit(self._url).hostname, error)
            self._failed_at = self._clock.now()
            return
        self._keys, self._fetched_at, self._failed_at = found, self._clock.now(), None

    async def _document(self, url: str) -> object:
        answer = await self._outbound.get(url, {"Accept": "application/json"}, cap=_CAP)
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status}")
        try:
            return json.loads(answer.body)
        except RecursionError:
            raise ValueError("the JSON nests too deeply") from None


def _read(document: object) -> dict[str, Key]:
    found = {}
    for one in items(document, "keys"):
        kid = text(one, "kid")
        if not kid or text(one, "kty") != "RSA" or text(one, "use") not in ("", "sig") or text(one, "alg") not in ("", "RS256"):
            continue
        try:
            public = RSAPublicNumbers(_number(text(one, "e")), _number(text(one, "n"))).public_key()
        except ValueError:
            continue
        endorsements = one.get("endorsements")
        if public.key_size >= _LEAST_BITS:
            found[kid] = Key(public=public, endorsements=frozenset(map(str, endorsements)) if isinstance(endorsements, list) else frozenset())
    return found


def _number(part: str) -> int:
    try:
        return int.from_bytes(urlsafe_b64decode(part + "=" * (-len(part) % 4)), "big")
    except binascii.Error:
        raise ValueError("no base64") from None
