"""Microsoft's side of trust: keys that sign what Teams sends, told by a metadata document, and rotated; all of it real RS256.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://api.botframework.com"


@cache
def _pair(number: int) -> rsa.RSAPrivateKey:
    """Return a key; they are made once for the whole run, as making one takes long."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


class Keys:
    """The keys of now. ``rotate`` puts a new one in the place of the oldest."""

    def __init__(self) -> None:
        self._numbers = [1, 2]
        self.endorsements = ["msteams", "webchat"]

    @property
    def newest(self) -> str:
        """The id of the key that signs."""
        return f"key-{self._numbers[-1]}"

    def rotate(self) -> None:
        """Sign with a new key from now on; the oldest is not told any more."""
        self._numbers = [*self._numbers[1:], self._numbers[-1] + 1]

    def document(self) -> dict[str, Any]:
        """Return the JSON Web Key Set."""
        found = []
        for number in self._numbers:
            public = _pair(number).public_key().public_numbers()
            found.append({
                "kty": "RSA", "use": "sig", "kid": f"key-{number}", "x5t": f"key-{number}", "n": _number(public.n), "e": _number(public.e),
                "endorsements": self.endorsements,
            })  # fmt: skip
        return {"keys": found}

    def sign(self, claims: dict[str, Any], *, kid: str | None = None, algorithm: str = "RS256", key: Any = None) -> str:
        """Return a token; another ``key`` or ``algorithm`` is a forgery."""
        kid = kid or self.newest
        number = int(kid.rpartition("-")[2]) if kid.startswith("key-") else 0
        if algorithm == "none":
            head = {"alg": "none", "typ": "JWT", "kid": kid}
            return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, claims)), ""])
        return jwt.encode(claims, key or _pair(number), algorithm=algorithm, headers={"kid": kid, "x5t": kid})

    def public_pem(self, kid: str) -> bytes:
        """Return a key's public half, with which somebody may try to sign by HMAC."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return _pair(int(kid.rpartition("-")[2])).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def stranger() -> rsa.RSAPrivateKey:
    """Return a key that is not Microsoft's."""
    return _pair(1_000_000)


def _number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()
