"""An issuer as GitHub Actions' is: its discovery document, its keys, and the tokens that it signs for jobs; real RS256, over real HTTP.

https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256


@cache
def key(name: str) -> RSAPrivateKey:
    """Return a key of 2048 bits; the same for the same name, for they take long to make."""
    return generate_private_key(public_exponent=65_537, key_size=2_048)


def part(value: Any) -> str:
    """Return JSON as a token holds it."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


@dataclass
class FakeIssuer:
    """Change any attribute while it serves."""

    url: str = ""
    kids: list[str] = field(default_factory=lambda: ["one"])
    """The keys that it shows now; the last one signs."""
    down: bool = False
    asked: list[str] = field(default_factory=list)
    jwks_at: str | None = None
    claims: dict[str, Any] = field(default_factory=lambda: {
        "repository": "acme/web", "repository_owner": "acme", "ref": "refs/heads/main", "event_name": "push", "actor": "octocat", "environment": "production",
        "sub": "repo:acme/web:environment:production", "run_id": "42",
    })  # fmt: skip
    secret: str = "job-secret"

    def sign(self, *, audience: Any, now: float | None = None, kid: str | None = None, by: str | None = None, head: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a token; ``by`` is the key that signs in truth."""
        now = time.time() if now is None else now
        kid = kid or self.kids[-1]
        said = {"iss": self.url, "aud": audience, "iat": int(now), "nbf": int(now) - 300, "exp": int(now) + 300, **self.claims, **claims}
        signed = f"{part({'alg': 'RS256', 'typ': 'JWT', 'kid': kid, **(head or {})})}.{part({k: v for k, v in said.items() if v is not None})}"
        return f"{signed}.{urlsafe_b64encode(key(by or kid).sign(signed.encode(), PKCS1v15(), SHA256())).rstrip(b'=').decode()}"

    def answer(self, path: str, authorization: str) -> tuple[int, Any]:
        """Return status and JSON of a request."""
        place = urlsplit(path)
        self.asked.append(place.path)
        if self.down:
            return 503, {"message": "down"}
        match place.path:
            case "/.well-known/openid-configuration":
                return 200, {"issuer": self.url, "jwks_uri": self.jwks_at or f"{self.url}/.well-known/jwks"}
            case "/.well-known/jwks":
                numbers = [(kid, key(kid).public_key().public_numbers()) for kid in self.kids]
                return 200, {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": _number(one.n), "e": _number(one.e)} for kid, one in numbers]}
            case "/token":
                if authorization != f"Bearer {self.secret}":
                    return 401, {"message": "who are you?"}
                [audience] = parse_qs(place.query)["audience"]
                return 200, {"count": 1, "value": self.sign(audience=audience)}
            case _:
                return 404, {}


@contextmanager
def issuing() -> Iterator[FakeIssuer]:
    """Serve one from a thread of its own."""
    issuer = FakeIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = issuer.answer(self.path, self.headers.get("Authorization", ""))
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
