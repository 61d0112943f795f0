"""GitHub Apps of a fake GitHub: statements whose signature and times are looked at, installations, and tokens that last an hour.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/about-authentication-with-a-github-app
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fakes import github_hooks
from fakes.github_answers import PERMISSIONS, Refusal, Token, json_answer
from fakes.github_hooks import FakeHook

if TYPE_CHECKING:
    from fakes.github import FakeGitHub


@cache
def app_key() -> rsa.RSAPrivateKey:
    """Return one private key for all tests; making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def app_pem() -> str:
    """Return it as GitHub gives it to download."""
    return app_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass
class Installation:
    """One installation: for which account, what the app may there and which repositories it has (all, if ``None``)."""

    id: int
    account: str
    suspended: bool = False
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    repositories: list[str] | None = None


@dataclass
class App:
    """One app, which GitHub knows by its client id and its number."""

    ids: tuple[str, ...] = ("Iv23fake", "4711")
    installations: list[Installation] = field(default_factory=list)
    hook: FakeHook = field(default_factory=lambda: FakeHook(id=0, kind="app", events=["push"], config={"url": "https://hub.example.com/in/github", "content_type": "json"}))
    issued: list[str] = field(default_factory=list)
    """Every token, in the order in which they were made."""

    def install(self, account: str, **more: Any) -> Installation:
        """Install it for an account."""
        made = Installation(id=100 + len(self.installations), account=account, **more)
        self.installations.append(made)
        return made


def speaks(github: FakeGitHub, written: str) -> App:
    """Return the app whose statement this is, or refuse it as GitHub does."""
    try:
        head, body, signature = written.split(".")
        claims: dict[str, Any] = json.loads(_raw(body))
        alg = json.loads(_raw(head))["alg"]
        app = next(app for app in github.apps if claims["iss"] in app.ids)
        app_key().public_key().verify(_raw(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    except (ValueError, KeyError, StopIteration, InvalidSignature):
        raise Refusal(401, "A JSON web token could not be decoded") from None
    now = github.now().timestamp()
    if alg != "RS256":
        raise Refusal(401, "A JSON web token could not be decoded")
    if not isinstance(claims.get("iat"), int) or claims["iat"] > now:
        raise Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
    if claims["exp"] > now + 600:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if claims["exp"] <= now:
        raise Refusal(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
    return app


def _raw(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def answered(github: FakeGitHub, app: App, method: str, segments: list[str], said: dict[str, Any], query: dict[str, str]) -> web.Response:
    """Answer an app that speaks for itself."""
    match [method, *segments]:
        case ["GET", "app"]:
            return json_answer({"id": int(app.ids[1]), "client_id": app.ids[0], "slug": "leverframe", "permissions": PERMISSIONS, "events": app.hook.events})
        case [_, "app", "hook", *rest]:
            return github_hooks.of_hook(github, app.hook, method, rest, f"{github.url}/app/hook", said, query)
        case ["GET", "repos", owner, name, "installation"]:
            found = _installed(app, lambda one: one.account == owner and (one.repositories is None or f"{owner}/{name}" in one.repositories))
            return json_answer({"id": found.id, "account": {"login": found.account}, "permissions": found.permissions})
        case ["GET", "orgs", owner, "installation"]:
            found = _installed(app, lambda one: one.account == owner)
            return json_answer({"id": found.id, "account": {"login": found.account}, "permissions": found.permissions})
        case ["POST", "app", "installations", id, "access_tokens"]:
            found = _installed(app, lambda one: str(one.id) == id)
            if found.suspended:
                raise Refusal(403, "This installation has been suspended")
            token = f"ghs_fake_{len(app.issued)}"
            app.issued.append(token)
            ends = github.now() + timedelta(hours=1)
            github.tokens[token] = Token(permissions=dict(found.permissions), repositories=found.repositories, owner=found.account, ends_at=ends, integration=True)
            return json_answer({"token": token, "expires_at": _instant(ends), "permissions": found.permissions, "repository_selection": "all"}, status=201)
        case _:
            raise Refusal(401, "A JSON web token could not be decoded")


def _installed(app: App, fits: Callable[[Installation], bool]) -> Installation:
    found = next((one for one in app.installations if fits(one)), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
