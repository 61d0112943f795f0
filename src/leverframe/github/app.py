"""Who the hub is as a GitHub App: a signed statement of its own, and from it a token for each account that installed it.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
"""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec.structs import replace

from leverframe.core.discreet import Discreet
from leverframe.decoding import decoder
from leverframe.github.errors import Trouble, invalid, read, unsent
from leverframe.github.headers import API_VERSION, JSON
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock
from leverframe.secrets import Secret

BEHIND_S = 60
"""How long ago a statement says that it was made, as GitHub advises: the two clocks may differ."""
STATEMENT_S = 540
"""How long a statement holds; GitHub takes ten minutes at most."""
RENEW_BEFORE = timedelta(minutes=5)
"""A token (it holds for an hour) is renewed so long before its end, so that none ends on the way."""

Shape = TypeVar("Shape")


class KeyInvalid(ValueError):
    """What is there is not the private key of a GitHub App."""


def read_key(pem: str) -> RSAPrivateKey:
    """Return the private key as GitHub gives it to download; line ends may be written ``\\n``, as variables often have them.

    Raises :class:`KeyInvalid`.
    """
    try:
        key = load_pem_private_key(pem.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it asks for a password
        raise KeyInvalid("it is not an unencrypted private key in PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise KeyInvalid("it is not an RSA key")
    return key


def statement(key: RSAPrivateKey, id: str, now: datetime) -> str:
    """Return the JSON web token (RS256, RFC 7519) by which the app ``id`` speaks for itself for nine minutes from ``now``."""
    at = int(now.timestamp())
    signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part({'iat': at - BEHIND_S, 'exp': at + STATEMENT_S, 'iss': id})}"
    return f"{signed}.{_base64(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class _Installation(msgspec.Struct):
    id: int


class _Issued(Discreet, frozen=True):
    unshown = frozenset({"token"})
    token: str
    expires_at: datetime


class _Held(Discreet, frozen=True, kw_only=True):
    unshown = frozenset({"authorization"})
    authorization: str
    until: datetime


class App:
    """Speaks as an app: with a token of the account that the request is about, got once an hour. Satisfies ``client.Credentials``."""

    kind = "app"

    def __init__(
        self, outbound: Outbound, clock: Clock, *, id: str, key: Secret, installation: int | None = None, api_url: str = "https://api.github.com"
    ) -> None:
        """``id`` is the app's client id or number; ``installation`` the one to use for every account, looked up for each if left out.

        Raises :class:`KeyInvalid`.
        """
        self._outbound, self._clock, self._id, self._installation = outbound, clock, id, installation
        self._key, self._api = read_key(key.reveal()), api_url.rstrip("/")
        self._held: dict[str, _Held] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def authorization(self, about: str) -> str | Trouble:
        """Return the header for requests about ``owner/name`` or an ``owner``; about nobody (an empty text) the app speaks for itself."""
        if not about:
            return f"Bearer {statement(self._key, self._id, self._clock.now())}"
        account = self._account(about)
        async with self._asking.setdefault(account, asyncio.Lock()):  # whoever comes meanwhile finds the token there
            held = self._held.get(account)
            if held is None or held.until - RENEW_BEFORE <= self._clock.now():
                issued = await self._issue(about)
                if isinstance(issued, Trouble):
                    return issued
                held = self._held[account] = issued
        return held.authorization

    def rejected(self, about: str, authorization: str) -> bool:
        """Forget a token that GitHub no longer takes (somebody revoked it early); return whether another may be had."""
        held = self._held.get(self._account(about)) if about else None
        if held is None or held.authorization != authorization:
            return False
        del self._held[self._account(about)]
        return True

    def _account(self, about: str) -> str:
        return "" if self._installation is not None else about.partition("/")[0].lower()

    async def _issue(self, about: str) -> _Held | Trouble:
        installation = self._installation
        if installation is None:
            of = f"/repos/{about}" if "/" in about else f"/orgs/{about}"
            found = await self._ask("GET", f"{of}/installation", _Installation)
            if isinstance(found, Trouble):
                return replace(found, code="github_app_not_installed", detail=about) if found.status == 404 else found
            installation = found.id
        issued = await self._ask("POST", f"/app/installations/{installation}/access_tokens", _Issued)
        if isinstance(issued, Trouble):
            return replace(issued, code="github_app_not_installed", detail=f"installation {installation}") if issued.status == 404 else issued
        return _Held(authorization=f"Bearer {issued.token}", until=issued.expires_at)

    async def _ask(self, method: str, path: str, shape: type[Shape]) -> Shape | Trouble:
        """Ask as the app itself. What went wrong here surely did nothing: a token that nobody uses is nobody's."""
        headers = {"Authorization": f"Bearer {statement(self._key, self._id, self._clock.now())}", "Accept": JSON, "X-GitHub-Api-Version": API_VERSION}
        try:
            if method == "GET":
                answer = await self._outbound.get(f"{self._api}{path}", headers)
            else:
                answer = await self._outbound.send(method, f"{self._api}{path}", headers)
        except NotSent as error:
            return replace(unsent(error), surely_not=True)
        if not 200 <= answer.status < 300:
            trouble = replace(read(answer, self._clock.now()), surely_not=True)
            if trouble.status == 401:
                return replace(trouble, code="github_app_refused")
            return replace(trouble, code="github_app_suspended") if "suspended" in trouble.detail.lower() else trouble
        try:
            return decoder(shape)(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return replace(invalid(answer), surely_not=True)
