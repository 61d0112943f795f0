"""The keys that Teams signs with: fetched without holding up anybody, kept for a day, and looked for again when a new one signs.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#step-3-get-the-list-of-valid-signing-keys
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from leverframe.chats.teams.settings import Settings
from leverframe.core.errors import Refused
from leverframe.core.payload import items, text
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock

log = logging.getLogger(__name__)
OLD = timedelta(hours=24)
"""After so long the keys are fetched anew, while the old ones still serve."""
AGAIN = timedelta(seconds=60)
"""A key that is not known is looked for once in so long: strangers can make names of keys up."""
AGAIN_FAILED = timedelta(seconds=10)
_CAP = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Key:
    """One key, and for which channels it may speak; empty: for all."""

    public: Any
    endorsements: frozenset[str]


class Keys:
    """The keys of one issuer."""

    def __init__(self, settings: Settings, outbound: Outbound, clock: Clock) -> None:
        self._url, self._outbound, self._clock = settings.openid_url, outbound, clock
        self._keys: Mapping[str, Key] = {}
        self._fetched_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def of(self, kid: str) -> Key | None:
        """Return the key of this name; ``None`` when there surely is none. Raises ``Refused("teams_keys_unavailable")`` when that cannot be told now."""
        now = self._clock.now()
        found = self._keys.get(kid)
        if found is not None:
            if self._fetched_at is None or now - self._fetched_at > OLD:
                self._fetch(now)
            return found
        if self._fetched_at is None or now - self._fetched_at >= AGAIN:
            fetching = self._fetch(now)
            if fetching is None:
                raise Refused("teams_keys_unavailable", retry_after_s=int(AGAIN_FAILED.total_seconds()))
            await asyncio.shield(fetching)
            if self._failed_at is not None:
                raise Refused("teams_keys_unavailable", retry_after_s=int(AGAIN_FAILED.total_seconds()))
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
            self._fetching = asyncio.get_running_loop().create_task(self._fetch_all(), name="teams keys")
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
            log.warning("the keys of Teams are not known: %s", error)
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
    import jwt  # an extra, without which the configuration is refused

    found = {}
    for one in items(document, "keys"):
        kid = text(one, "kid")
        if not kid or text(one, "kty") != "RSA" or text(one, "use") not in ("", "sig"):
            continue
        try:
            public = jwt.PyJWK(dict(one), algorithm="RS256").key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        endorsements = one.get("endorsements")
        found[kid] = Key(public, frozenset(map(str, endorsements)) if isinstance(endorsements, list) else frozenset())
    return found
